"""0.0.12 itself against the practice AWS: the ground that the proofs of compatibility stand on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from aws_mfa.practice import PracticeAws

if TYPE_CHECKING:
    from collections.abc import Callable

    from old_tool import OldTool


@pytest.mark.real
def test_old_tool_renews_once_and_then_finds_its_session_valid(old_tool: Callable[[str], OldTool], home: str) -> None:
    with PracticeAws() as aws:
        ann = aws.account.add_user("ann")
        phone = ann.add_device()
        os.mkdir(os.path.join(home, ".aws"))
        with open(os.path.join(home, ".aws", "credentials"), "w", encoding="utf-8") as file:
            file.write(
                f"[default-long-term]\n"
                f"aws_access_key_id = {ann.keys.access_key_id}\n"
                f"aws_secret_access_key = {ann.keys.secret_access_key}\n"
                f"aws_mfa_device = {phone.serial}\n"
            )
        tool = old_tool(aws.url)
        first = tool.run(typed=f"{phone.code()}\n")
        again = tool.run()
    assert first.returncode == 0, first.stderr
    assert "Success! Your credentials will expire in 43200 seconds" in first.stderr + first.stdout
    assert "Your credentials are still valid for" in again.stderr + again.stdout
