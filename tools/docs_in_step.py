"""
Keeps docs/commands.md equal to `--help`: every command has a block there with the text that its help prints.

A block is a comment and the fenced text below it:

    <!-- help: aws-mfa setup -->
    ```text
    usage: aws-mfa setup ...
    ```

It compares the words, not the layout: Python 3.13 and later fold lines elsewhere and no longer repeat an option's
value after each of its names. The sections of commands are in the order of `aws-mfa --help`. `--write` puts the
program's help into the blocks that differ, adds missing blocks, and brings the sections into that order.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor

DOCUMENT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs", "commands.md")
PROGRAM = os.path.join(sysconfig.get_path("scripts"), "aws-mfa")
BLOCK = re.compile(r"^<!-- help: (?P<command>.+?) -->\n+```text\n(?P<help>.*?)^```$", re.MULTILINE | re.DOTALL)
REPEATED_VALUE = re.compile(r"(--?[\w-]+) (\S+)(?=, --?[\w-]+ \2)")


def main() -> int:
    """Return 0 if document and commands agree, or `--write` made them agree; else print what differs and return 1."""
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    commands = ["aws-mfa", *(f"aws-mfa {name}" for name in subcommands())]
    written = {match["command"]: match["help"] for match in BLOCK.finditer(text)}
    with ThreadPoolExecutor(2) as pool:
        spoken = dict(zip(commands, pool.map(help_of, commands), strict=True))
    wrong = [command for command in commands if words(written.get(command, "")) != words(spoken[command])]
    stale = [command for command in written if command not in spoken]
    if "--write" in sys.argv[1:]:
        with open(DOCUMENT, "w", encoding="utf-8", newline="\n") as file:
            text = in_order(with_blocks(text, {command: spoken[command] for command in wrong}), commands)
            file.write(text)
        wrong = []
    for command in wrong:
        print(f"docs/commands.md: the help of `{command}` differs from the program's; fix it with: make format")
    for command in stale:
        print(f"docs/commands.md: there is no command `{command}` any more; take its block out")
    is_ordered = text == in_order(text, commands)
    if not is_ordered:
        print("docs/commands.md: its commands are not in the order of `aws-mfa --help`; fix it with: make format")
    return 1 if wrong or stale or not is_ordered else 0


def subcommands() -> list[str]:
    """The names of the subcommands, that the command line accepts, as `aws-mfa --help` lists them."""
    return list(importlib.import_module("aws_mfa.cli.main").COMMANDS)


def help_of(command: str) -> str:
    """What `command --help` prints on a terminal of 80 columns, without colours."""
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [PROGRAM, *command.split()[1:], "--help"],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def words(text: str) -> str:
    """The text without its layout: equal for every Python from 3.10 on."""
    return "".join(REPEATED_VALUE.sub(r"\1", text).split())


def with_blocks(text: str, helps: dict[str, str]) -> str:
    """The document with `helps` in their blocks; a command without a block gets one at the end."""
    for command, spoken in helps.items():
        block = f"<!-- help: {command} -->\n```text\n{spoken.rstrip()}\n```"
        found = next((match for match in BLOCK.finditer(text) if match["command"] == command), None)
        if found:
            text = text[: found.start()] + block + text[found.end() :]
        else:
            text = f"{text.rstrip()}\n\n## {command}\n\n{block}\n"
    return text


def in_order(text: str, commands: list[str]) -> str:
    """The document with the sections of `commands` in that order, behind all other sections."""
    rank = {f"## {command}": number for number, command in enumerate(commands, 1)}
    head, *sections = re.split(r"^(?=## )", f"{text.rstrip()}\n\n", flags=re.MULTILINE)
    sections.sort(key=lambda section: rank.get(section.partition("\n")[0], 0))
    return f"{''.join([head, *sections]).rstrip()}\n"


if __name__ == "__main__":
    sys.exit(main())
