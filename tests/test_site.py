"""The documentation site: dead links are found, its search has the pages, and it loads nothing from other hosts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from needs import ROOT, built

# What a page loads by itself; a link that a reader follows is not among it.
LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?([^"'\s>]+)|<link\b[^>]*\bhref=["']?([^"'\s>]+)"""
)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A copy of what the site is made of."""
    shutil.copy(os.path.join(ROOT, "mkdocs.yml"), tmp_path)
    shutil.copytree(os.path.join(ROOT, "docs"), tmp_path / "docs")
    return tmp_path


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    zensical = built("site", "bin", "zensical")
    return subprocess.run(
        [zensical, "build", "--strict"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.real
def test_the_site_builds_searches_every_page_and_loads_nothing_from_elsewhere(pages: Path) -> None:
    done = build(pages)
    assert done.returncode == 0, done.stdout + done.stderr
    names = {path.stem for path in (pages / "docs").glob("*.md")}
    site = pages / "site"
    assert {path.stem for path in site.glob("*.html")} >= names
    searched = {
        item["location"].partition(".html")[0] for item in json.loads((site / "search.json").read_text())["items"]
    }
    assert searched >= names - {"index"}
    loaded = [
        link for page in site.glob("*.html") for pair in LOADED.findall(page.read_text()) for link in pair if link
    ]
    assert loaded
    assert [link for link in loaded if re.match(r"(\w+:)?//", link)] == []
    fetched = [path for path in site.rglob("*.css") if re.search(r"url\(\s*[\"']?https?:", path.read_text())]
    assert fetched == []


@pytest.mark.real
@pytest.mark.parametrize("target", ["commands.md#no-such-heading", "no-such-page.md"])
def test_a_dead_link_fails_the_build(pages: Path, target: str) -> None:
    with (pages / "docs" / "team.md").open("a", encoding="utf-8") as page:
        page.write(f"\n[somewhere]({target})\n")
    assert build(pages).returncode != 0


def test_every_page_is_in_the_navigation() -> None:
    text = Path(ROOT, "mkdocs.yml").read_text(encoding="utf-8")
    listed = re.findall(r"^  - .*: (\S+\.md)$", text, re.MULTILINE)
    assert sorted(listed) == sorted(name for name in os.listdir(os.path.join(ROOT, "docs")) if name.endswith(".md"))
