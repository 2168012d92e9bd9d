"""The container images of CI get the digests that docker names, all of them or none."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from needs import ROOT

TEXT = "matrix:\n  image:\n    - python:3.10-bookworm\n    - python:3.13-alpine@sha256:{old}\n"


@pytest.fixture
def tool(tmp_path: Path) -> dict[str, Any]:
    """The script's functions, on another folder of workflows."""
    main = runpy.run_path(f"{ROOT}/tools/pin_images.py")["main"]
    (tmp_path / "ci.yml").write_text(TEXT.format(old="0" * 64))
    main.__globals__["WORKFLOWS"] = str(tmp_path)
    found: dict[str, Any] = main.__globals__
    return found


def test_every_image_is_pinned_to_what_its_tag_names_now(tool: dict[str, Any], tmp_path: Path) -> None:
    tool["digest_of"] = lambda tag: f"sha256:{'a' * 64 if 'alpine' in tag else 'b' * 64}"
    assert tool["main"]() == 0
    wanted = TEXT.format(old="a" * 64).replace("-bookworm", f"-bookworm@sha256:{'b' * 64}")
    assert (tmp_path / "ci.yml").read_text() == wanted


def test_one_image_that_cannot_be_looked_up_leaves_all_as_they_are(
    tool: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # there is no docker
    assert tool["main"]() == 1
    assert "python:3.10-bookworm cannot be looked up" in capsys.readouterr().out
    assert (tmp_path / "ci.yml").read_text() == TEXT.format(old="0" * 64)
