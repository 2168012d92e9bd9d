"""CONTRIBUTING.md describes this tree: its packages, in the order of their imports, and the modules it names."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from cli.test_hot_path import (
    OUR_MODULES,
    OUR_MODULES_FOR_NAMES,
    OUR_MODULES_FOR_THE_PROMPT,
    OUR_MODULES_TO_ASK_A_SOCKET,
    OUR_MODULES_TO_HAND_OVER,
)
from needs import ROOT

PACKAGE = Path(ROOT, "src", "aws_mfa")
TEXT = Path(ROOT, "CONTRIBUTING.md").read_text(encoding="utf-8")
PACKAGES, _, BESIDE = TEXT.partition("```\nsrc/aws_mfa/\n")[2].partition("\n```")[0].partition("\nsrc/")
LISTED = re.findall(r"^  (\w+(?:\.py|/)) +\S", PACKAGES, re.MULTILINE)
NAMED = sorted(set(re.findall(r"`([\w./]+)`", TEXT.replace(PACKAGES, ""))))
# Left out of the list: they hold no code of their own.
FRAME = {"__init__.py", "__main__.py", "_version.py", "py.typed"}


def exists(name: str) -> bool:
    """Whether it is a path of this project, or a module or package below `src/aws_mfa`."""
    return any(path.exists() for path in (Path(ROOT, name), PACKAGE / name, PACKAGE / f"{name}.py"))


def test_the_list_of_packages_is_the_tree() -> None:
    found = {path.name + "/" if path.is_dir() else path.name for path in PACKAGE.iterdir() if has_source(path)}
    assert sorted(LISTED) == sorted(found - FRAME)


def has_source(path: Path) -> bool:
    """Whether it is a file, or a folder with source in it (not what an older checkout left: compiled files)."""
    return path.is_file() or any(path.rglob("*.py"))


def test_the_list_has_the_order_that_the_import_contract_checks() -> None:
    contract = Path(ROOT, "pyproject.toml").read_text(encoding="utf-8").partition("layers = [")[2].partition("]")[0]
    layers = [line.split(" | ") for line in re.findall(r'"(.*)"', contract)]
    in_order = [name.removeprefix("aws_mfa.") for layer in reversed(layers) for name in layer]
    assert [re.sub(r"\.py|/", "", name) for name in LISTED] == in_order


def test_what_is_listed_beside_the_packages_is_there() -> None:
    for line in f"src/{BESIDE}".splitlines():
        name, shown = line.split(maxsplit=1)
        assert os.path.isdir(os.path.join(ROOT, name)), name
        for file in re.findall(r"\w+/(?= )", shown):
            assert os.path.isdir(os.path.join(ROOT, name, file)), file


@pytest.mark.parametrize("name", [name for name in NAMED if "/" in name or name.endswith((".py", ".md", ".toml"))])
def test_every_path_and_every_module_in_backticks_is_there(name: str) -> None:
    assert exists(name)


@pytest.mark.parametrize("name", [name for name in NAMED if re.match(r"[a-z_]+\.[A-Z]", name)])
def test_every_class_of_a_module_in_backticks_is_there(name: str) -> None:
    module, _, attribute = name.partition(".")
    assert f"class {attribute}" in (PACKAGE / f"{module}.py").read_text(encoding="utf-8")


def test_whatever_claims_to_be_on_the_hot_path_is_loaded_by_it() -> None:
    claims = set()
    for path in PACKAGE.rglob("*.py"):
        words = " ".join(path.read_text(encoding="utf-8").replace("#", " ").split())
        if re.search(r"\bon the hot path\b", words, re.IGNORECASE):
            claims.add(".".join(("aws_mfa", *path.relative_to(PACKAGE).with_suffix("").parts)))
    assert claims
    to_hand_over = OUR_MODULES_TO_HAND_OVER | OUR_MODULES_TO_ASK_A_SOCKET
    assert claims <= OUR_MODULES | to_hand_over | OUR_MODULES_FOR_NAMES | OUR_MODULES_FOR_THE_PROMPT
