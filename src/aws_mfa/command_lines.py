"""Command lines of this system: quoted, joined, split (Windows: `CommandLineToArgvW`); the commands of hints."""

from __future__ import annotations

import os
import re
import shlex
from subprocess import list2cmdline
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WINDOWS = os.name == "nt"
_IN_CMD = "PROMPT" in os.environ  # cmd sets it, PowerShell does not
_BACKSLASH = "\\"
_PLAIN_ON_WINDOWS = re.compile(r"[\w.:/\\+=,@-]+")
# What a hint advises: (elsewhere, on Windows).
_COMMANDS = {
    "look at": ("ls -ld", "icacls"),
    "look behind": ("ls -lL", "icacls"),
    "see free space": ("df -h", "dir"),
    "make private folder": ("mkdir -p -m 700", "mkdir"),
    "remove": ("rm", "del"),
    "end process": ("kill", "taskkill /F /PID"),
}


def command(task: str, *words: str) -> str:
    """The command for a task of the table, with its words quoted."""
    return " ".join([_COMMANDS[task][_WINDOWS], *map(quote, words)])


def set_variables(**variables: str) -> str:
    """The command that sets variables in the shell that the hint is read in."""
    if not _WINDOWS:
        return f"export {' '.join(f'{name}={quote(value)}' for name, value in variables.items())}"
    if _IN_CMD:
        return " && ".join(f'set "{name}={value}"' for name, value in variables.items())
    return "; ".join(f"$env:{name}='{value}'" for name, value in variables.items())


def unset_variable(name: str) -> str:
    if not _WINDOWS:
        return f"unset {name}"
    return f"set {name}=" if _IN_CMD else f"Remove-Item Env:{name}"


def quote(word: str) -> str:
    """The word as it is typed into this system's shell."""
    if not _WINDOWS:
        return shlex.quote(word)
    if _PLAIN_ON_WINDOWS.fullmatch(word):
        return word
    quoted = list2cmdline([word])
    return quoted if quoted.startswith('"') else f'"{quoted}{quoted[len(quoted.rstrip(_BACKSLASH)) :]}"'


def joined(words: Sequence[str]) -> str:
    """One line that `split` and this system take apart into the same words."""
    return list2cmdline(words) if _WINDOWS else shlex.join(words)


def split(line: str) -> list[str]:
    """The words of a line; `ValueError`, whose text may quote it, if a quote is not closed."""
    if not _WINDOWS:
        return shlex.split(line)
    words: list[str] = []
    word, is_quoted = None, False
    for slashes, mark in re.findall(r"(\\*)(.?)", line, re.DOTALL):
        if mark == '"':
            word = (word or "") + "\\" * (len(slashes) // 2) + '"' * (len(slashes) % 2)
            is_quoted ^= len(slashes) % 2 == 0
        elif mark.strip(" \t") or (is_quoted and mark) or slashes:
            word = (word or "") + slashes + (mark if is_quoted else mark.strip(" \t"))
        if word is not None and not is_quoted and mark in ("", " ", "\t"):
            words.append(word)
            word = None
    if is_quoted:
        raise ValueError("a quote is not closed")
    return words
