"""docs/compatibility.md has what source and tests cite of it, and its flags are those of the parser."""

from __future__ import annotations

import re
from pathlib import Path

from aws_mfa.cli.classic import flags as classic_flags
from needs import ROOT

TEXT = Path(ROOT, "docs", "compatibility.md").read_text(encoding="utf-8")
CITED = re.compile(r"docs/compatibility\.md, ((?:sections? |and |to |, |\d+)+)")


def test_every_section_that_is_cited_is_there() -> None:
    there = set(re.findall(r"^## (\d+)\. ", TEXT, re.MULTILINE))
    cited: set[str] = set()
    for folder in ("src", "tests"):
        for path in Path(ROOT, folder).rglob("*.py"):
            for sections in CITED.findall(path.read_text(encoding="utf-8")):
                cited.update(re.findall(r"\d+", sections))
    assert cited
    assert cited <= there


def test_the_flags_are_those_of_the_parser() -> None:
    rows = TEXT.partition("## 1. Flags")[2].partition("\n## ")[0].splitlines()
    named = [tuple(re.findall(r"`(--[a-z-]+)`", row)) for row in rows if row.startswith("| `--")]
    assert {*named, ("--help",)} == set(classic_flags._SPELLINGS)
