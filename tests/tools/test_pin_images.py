"""The container images of CI get the digests that docker names, all of them or none."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from needs import ROOT

TEXT = "matrix:\n  image:\n    - python:3.10-bookworm\n    - python:3.13-alpine@sha256:{old}\n"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("pin_images", os.path.join(ROOT, "tools", "pin_images.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "WORKFLOWS", str(tmp_path))
    (tmp_path / "ci.yml").write_text(TEXT.format(old="0" * 64))
    return module


def test_every_image_is_pinned_to_what_its_tag_names_now(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool, "digest_of", lambda tag: f"sha256:{'a' * 64 if 'alpine' in tag else 'b' * 64}")
    assert tool.main() == 0
    wanted = TEXT.format(old="a" * 64).replace("-bookworm", f"-bookworm@sha256:{'b' * 64}")
    assert (tmp_path / "ci.yml").read_text() == wanted


def test_one_image_that_cannot_be_looked_up_leaves_all_as_they_are(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # there is no docker
    assert tool.main() == 1
    assert "python:3.10-bookworm cannot be looked up" in capsys.readouterr().out
    assert (tmp_path / "ci.yml").read_text() == TEXT.format(old="0" * 64)
