"""The documents: links that lead somewhere, blocks that can be pasted, plain words."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from aws_mfa_practice.__main__ import LINES, ROLE
from needs import ROOT, needs
from programs import run_program

DOCUMENTS = [
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md",
    *(f"docs/{name}" for name in sorted(os.listdir(os.path.join(ROOT, "docs"))) if name.endswith(".md")),
]  # fmt: skip
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(#[^)\s]*)?\)")
# Words that hide who does what, or that are pictures; code and quoted messages are not looked at.
AVOIDED = re.compile(
    r"\b(nobody|whoever|somebody|he|his|him|she|hers?|of ours|doors?|twins?|thief|mend)\b", re.IGNORECASE
)
OURS = "https://github.com/aws-mfa/aws-mfa/blob/main/"
# What zsh takes for a pattern or a comment where it is not in quotes.
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"", re.DOTALL)
STUBS = [
    "age",
    "code",
    "git",
    "op",
    "pipx",
    "aws-vault",
    "aws",
    "aws-mfa",
    "bwrap",
    "docker",
    "keyring",
    "pass",
    "pip",
    "rclone",
    "rm",
    "ssh",
    "sudo",
    ".venv/bin/python",
    "node",
    "ykman",
]


def text_of(document: str) -> str:
    """The whole document."""
    with open(os.path.join(ROOT, document), encoding="utf-8") as file:
        return file.read()


def shell_blocks() -> list[tuple[str, str]]:
    """Every block that is meant to be pasted, with its document."""
    return [(name, match[2]) for name in DOCUMENTS for match in BLOCK.finditer(text_of(name)) if match[1] == "sh"]


def practice_lines() -> str:
    """What the practice AWS prints to be pasted."""
    values = dict.fromkeys(("url", "programs", "key_id", "secret", "device", "seed"), "example")
    printed = LINES.format(config=ROLE.format(name="dev", role_arn="example"), **values)
    return printed[printed.index("\nunset") + 1 : printed.index("\nEND\n") + len("\nEND")]


def anchors(document: str) -> set[str]:
    """The headings of a document, as the links to them are written."""
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", text_of(document)), re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short() -> None:
    assert len(text_of("README.md").split()) <= 1200


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_between_documents_leads_to_a_file_and_a_heading(document: str) -> None:
    for path, anchor in LINK.findall(text_of(document).replace(f"]({OURS}", "](/")):
        target = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
        target = path[1:] if path.startswith("/") else target
        assert os.path.exists(os.path.join(ROOT, target)), f"{document}: {path}"
        assert not anchor or anchor in anchors(target), f"{document}: {path}{anchor}"


def test_the_readme_is_also_a_package_page_which_has_no_files_beside_it() -> None:
    assert LINK.findall(text_of("README.md")) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_prose_says_who_does_what(document: str) -> None:
    prose = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", text_of(document)))
    assert [match[0] for match in AVOIDED.finditer(prose)] == []


@pytest.mark.parametrize(("document", "block"), shell_blocks())
def test_a_block_to_paste_has_nothing_that_a_shell_would_take_for_something_else(document: str, block: str) -> None:
    bare = QUOTED.sub("", block)
    assert not re.search(r"[#?*\[\]]", bare), f"{document}: a comment or a pattern"
    assert not re.search(r"<[A-Za-z]", bare), f"{document}: a placeholder"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_in_tables_have_no_comments_and_no_placeholders(document: str) -> None:
    for command in re.findall(r"`((?:aws-mfa|aws|pipx|uv|uvx|export|eval|keyring) [^`]*)`", text_of(document)):
        assert not re.search(r" #|<[A-Za-z]+>", command), f"{document}: {command}"


@pytest.mark.real
@pytest.mark.parametrize("shell", [["bash", "--norc", "-i"], ["zsh", "-f", "-i"]], ids=["bash", "zsh"])
def test_a_pasted_block_runs_the_same_commands_as_in_a_script(shell: list[str], tmp_path: Path) -> None:
    needs("bash", shell[0])
    for number, (document, block) in enumerate([*shell_blocks(), ("the practice AWS", practice_lines())]):
        pasted = commands_run(shell, block, tmp_path / f"{number}")
        assert pasted, f"{document}: {block}"
        assert pasted == commands_run(["sh"], block, tmp_path / f"{number}-sh"), f"{document}: {block}"


def commands_run(shell: list[str], block: str, folder: Path) -> str:
    """Type the block into a shell where each program is a stub; what the stubs and the variables were given."""
    folder.mkdir()
    log = folder / "log"
    log.touch()
    (folder / "aws-session").touch()
    for name in STUBS:
        stub = folder / name
        stub.parent.mkdir(parents=True, exist_ok=True)
        # One write: two stubs of a pipe log at the same time.
        line = '"$(printf "<%s>" "${0##*/}" "$@")"'
        stub.write_text(f'#!/bin/sh\nprintf "%s\\n" {line} >> "{log}"\n', encoding="utf-8")
        stub.chmod(0o755)
    run_program(
        shell,
        {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C.UTF-8"},
        cwd=folder,
        timeout_s=30,
        stdin=f'{block}\nenv | grep -e ^AWS -e ^HTTPS >> "{log}"\nexit\n',
    )
    lines = log.read_text(encoding="utf-8").replace(str(folder), "~").splitlines(keepends=True)
    return "".join(sorted(lines))
