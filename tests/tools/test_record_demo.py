"""The picture in the README: it loads nothing, and the script records it as it is described."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from needs import ROOT, built, needs
from programs import output_of

PICTURE = Path(ROOT, "docs", "demo.svg")
SHOWN = ("aws-mfa setup --profile work", "MFA code for", "assumed-role/Admin", "assumed-role/Developer", "valid until")


def check(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")
    assert len(text) < 60_000
    assert set(re.findall(r"\w+://[^\"' )]*", text)) == {"http://www.w3.org/2000/svg"}
    assert [word for word in SHOWN if word not in text.replace("&#160;", " ")] == []


def test_the_picture_shows_the_session_and_loads_nothing() -> None:
    check(PICTURE)
    assert "/main/docs/demo.svg)" in Path(ROOT, "README.md").read_text(encoding="utf-8")


@pytest.mark.real
def test_the_picture_can_be_recorded_again(tmp_path: Path) -> None:
    needs("tmux", "gnome-keyring-daemon", "/dev/shm")
    built("aws-cli-1", "bin", "aws")
    output_of([sys.executable, os.path.join(ROOT, "tools", "record_demo.py"), str(tmp_path / "demo.svg")], os.environ)
    check(tmp_path / "demo.svg")
