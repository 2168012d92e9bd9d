"""What a real test needs beside Python: skipped with the reason where it is absent; a failure in CI (conftest.py)."""

from __future__ import annotations

import os
import shutil

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, ".build")


def needs(*programs: str) -> None:
    """Skip the test unless each of `programs` is there: a name on the path, or the path of a file."""
    absent = [name for name in programs if not (shutil.which(name) or os.path.exists(name))]
    if absent:
        pytest.skip(f"not there: {', '.join(absent)} (`make real-parts` installs what it can)")


def built(*parts: str) -> str:
    """The path of something that `make real-parts` built under .build; the test is skipped where it did not."""
    path = os.path.join(BUILD, *parts)
    needs(path)
    return path
