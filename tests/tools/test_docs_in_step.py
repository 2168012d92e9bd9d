"""The document of commands: its sections are brought into the order of the help, and nothing of them is lost."""

from __future__ import annotations

import importlib.util
import os
from types import ModuleType

import pytest

from needs import ROOT

COMMANDS = ["aws-mfa", "aws-mfa renew", "aws-mfa demo"]
TEXT = """# Commands

Words.

## aws-mfa demo

### Its parts

## aws-mfa

All.

## Exit codes

## aws-mfa renew

Its end.
"""


@pytest.fixture
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_in_step", os.path.join(ROOT, "tools", "docs_in_step.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_come_first_then_commands_as_the_help_lists_them(tool: ModuleType) -> None:
    ordered = tool.in_order(TEXT, COMMANDS)
    titles = [line for line in ordered.splitlines() if line.startswith("#")]
    assert titles == [
        "# Commands", "## Exit codes", "## aws-mfa", "## aws-mfa renew", "## aws-mfa demo", "### Its parts",
    ]  # fmt: skip
    assert sorted(ordered.split()) == sorted(TEXT.split())
    assert tool.in_order(ordered, COMMANDS) == ordered


def test_a_command_without_a_section_gets_one_in_its_place(tool: ModuleType) -> None:
    ordered = tool.in_order(tool.with_blocks(TEXT, {"aws-mfa renew-all": "usage: aws-mfa renew-all\n"}), [
        "aws-mfa renew-all", *COMMANDS,
    ])  # fmt: skip
    assert "<!-- help: aws-mfa renew-all -->\n```text\nusage: aws-mfa renew-all\n```\n\n## aws-mfa\n" in ordered
