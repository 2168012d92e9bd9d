"""What `aws-mfa adopt` says, and its exit codes."""

from __future__ import annotations

import pytest

from aws_mfa.cli.commands import adopt
from aws_mfa.errors import BadInput
from cli.commands.running import run_command
from fakes import DEVICE, FakeInterfaces

KEYS = "[work-long-term]\naws_access_key_id = AKIAINVENTEDANNSKEY1\naws_secret_access_key = invented/secret+of+ann\n"
PROD = f"[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = work\nmfa_serial = {DEVICE}\n"
FOREIGN = PROD.replace("prod", "test") + "credential_process = other\n"


def test_each_profile_has_its_line_and_one_that_is_left_its_reason_and_hint() -> None:
    interfaces = FakeInterfaces(KEYS, PROD + FOREIGN)
    assert run_command(adopt, interfaces, "test", "prod") == 3
    assert interfaces.terminal.said == [
        "prod: adopted",
        "test not changed: [profile test] of ~/.aws/config has another credential_process",
        "hint: remove that line if you no longer use it",
    ]


def test_what_all_cannot_adopt_is_no_failure() -> None:
    assert run_command(adopt, FakeInterfaces(KEYS, PROD + FOREIGN), "--all") == 0


def test_dry_run_says_what_would_be_and_shows_the_difference(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = FakeInterfaces(KEYS, PROD)
    assert run_command(adopt, interfaces, "--all", "--dry-run") == 0
    assert interfaces.terminal.said == ["prod: would be adopted"]
    assert interfaces.config.text == PROD
    shown = capsys.readouterr().out.splitlines()
    assert shown[:4] == ["--- ~/.aws/config", "+++ ~/.aws/config", "@@ [profile prod] @@", " [profile prod]"]
    assert "+credential_process = aws-mfa credential-process prod" in shown


def test_undo_says_what_was_restored_and_what_was_not_adopted() -> None:
    interfaces = FakeInterfaces(KEYS, PROD)
    for flags in ([], ["--undo"], ["--undo", "--dry-run"]):
        run_command(adopt, interfaces, "prod", *flags)
    assert interfaces.terminal.said == ["prod: adopted", "prod: restored", "prod: not adopted, nothing to undo"]
    assert interfaces.config.text == PROD


@pytest.mark.parametrize("argv", [(), ("prod", "--all")])
def test_either_names_or_all(argv: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="which profiles"):
        run_command(adopt, FakeInterfaces(KEYS, PROD), *argv)
