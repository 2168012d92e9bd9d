"""The man page of the wheel: every command is in it, and a strict reader finds nothing wrong."""

from __future__ import annotations

import os
import re

import pytest

from aws_mfa.cli.main import COMMANDS
from needs import ROOT, needs
from programs import output_of

PAGE = os.path.join(ROOT, "docs", "aws-mfa.1")


@pytest.mark.real
def test_the_page_is_shown_with_every_command_and_without_a_warning() -> None:
    needs("mandoc")
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    assert output_of(["mandoc", "-T", "lint", "-W", "warning", PAGE], environment) == ""
    shown = output_of(["mandoc", "-T", "utf8", "-O", "width=80", PAGE], environment)
    plain = re.sub(".\b", "", shown)
    assert [name for name in COMMANDS if f"\n   aws-mfa {name}\n" not in plain] == []
    assert "\n       aws-mfa [flags]\n       aws-mfa COMMAND [arguments]\n" in plain
    assert "\nDESCRIPTION\n       Type an MFA code once, " in plain
    # As in `--help`: further lines begin below the first word behind the command.
    assert "\n       aws-mfa setup [-h] " in plain
    assert re.search(r"^ {21}\[--region REGION\] \[--yes\] ", plain, re.MULTILINE)
    for section, row in {
        "EXIT STATUS": r" 1 +aws-mfa \[flags\]: every error\n +aws-mfa COMMAND: the answer is no: ",
        "ENVIRONMENT": r" AWS_MFA_VAULT\n +keychain, age or file\n",
        "FILES": r" ~/\.aws/mfa/keys\.age\n +long-term keys in the age vault",
        "EXAMPLES": r" aws-mfa --profile work\n",
    }.items():
        assert re.search(row, plain.partition(f"\n{section}\n")[2]), section
