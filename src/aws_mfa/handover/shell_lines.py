"""
Variables as lines that a shell or a program takes: sh, fish, powershell, cmd, dotenv, json.

Owns the quoting. What a form cannot carry unchanged is refused with `BadInput`, never bent: a value goes through as it
is or not at all. Refuses to know what the variables mean.

The lines of sh and fish end in `;`, so that they survive an `eval` without quotation marks, which joins them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aws_mfa.handover.environment import Change

SH, FISH, POWERSHELL, CMD, DOTENV, JSON = "sh", "fish", "powershell", "cmd", "dotenv", "json"
FORMS = (SH, FISH, POWERSHELL, CMD, DOTENV, JSON)

_FORM_OF_PROGRAM = {
    **dict.fromkeys(("sh", "ash", "bash", "dash", "ksh", "ksh93", "mksh", "busybox", "zsh"), SH),
    "fish": FISH,
    **dict.fromkeys(("pwsh", "powershell"), POWERSHELL),
    "cmd": CMD,
}
_OTHER_SHELLS = ("csh", "tcsh", "elvish", "nu", "xonsh")
# A PowerShell puts the user's folder of modules before the two of the machine.
_MODULE_FOLDERS_IN_POWERSHELL = 3
# PowerShell takes each of these for a single quotation mark.
_QUOTES_OF_POWERSHELL = "'\u2018\u2019\u201a\u201b"
_NOT_FOR_CMD = '%"!^'
# `docker run --env-file` takes a value as it stands, quotation marks and all.
_PLAIN_IN_DOTENV = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=/:.,@%")
_NOT_FOR_DOTENV = "'\\$"


def lines_of(change: Change, form: str) -> str:
    """Return the text that makes the change in that form; `BadInput` for what the form cannot say."""
    return _WRITERS[form](change)


def failure_line(exit_code: int, form: str) -> str:
    """
    Return the text that fails with the exit code in the shell that takes it over.

    To take over nothing succeeds, and what stands behind `&&` would work with the session of the profile before. cmd,
    which takes over line by line, and what programs read get nothing.
    """
    return _FAILURES[form].format(exit_code) if form in _FAILURES else ""


def form_for(callers: Iterable[str], environ: Mapping[str, str], *, on_windows: bool) -> str:
    """
    Return the form of the shell that called us: the nearest of our `callers` (names of programs) that is one.

    Where none is known: `SHELL`, else sh; on Windows PowerShell or cmd, as far as its variables tell. `BadInput` for a
    shell whose lines we do not write.
    """
    for name in (*callers, environ.get("SHELL", "")):
        program = name.replace("\\", "/").rpartition("/")[2].lower().removeprefix("-").removesuffix(".exe")
        if program in _FORM_OF_PROGRAM:
            return _FORM_OF_PROGRAM[program]
        if program in _OTHER_SHELLS:
            raise BadInput(
                f"{program} is no shell that we write lines for", "let it read: aws-mfa env PROFILE --shell json"
            )
    if not on_windows:
        return SH
    folders = environ.get("PSModulePath") or environ.get("PSMODULEPATH") or ""
    return POWERSHELL if len(folders.split(";")) >= _MODULE_FOLDERS_IN_POWERSHELL else CMD


def _sh(change: Change) -> str:
    removal = [f"unset {' '.join(change.removed)};"] if change.removed else []
    return _text([*removal, *(f"export {name}={_sh_quoted(value)};" for name, value in change.set.items())])


def _sh_quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


def _fish(change: Change) -> str:
    removal = [f"set -e {' '.join(change.removed)};"] if change.removed else []
    setting = (f"set -gx {name} {_fish_quoted(value)};" for name, value in change.set.items())
    # To erase what is not there fails, and to set keeps the status: without an end of its own all of it would fail.
    return _text([*removal, *setting, "true;"])


def _fish_quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell(change: Change) -> str:
    removal = (f"$Env:{name} = $null" for name in change.removed)
    return _text([*removal, *(f"$Env:{name} = {_powershell_quoted(value)}" for name, value in change.set.items())])


def _powershell_quoted(value: str) -> str:
    return "'" + "".join(char * 2 if char in _QUOTES_OF_POWERSHELL else char for char in value) + "'"


def _cmd(change: Change) -> str:
    """Neither a batch file nor `for /f` changes a value between these quotation marks."""
    _refuse(change, lambda value: not value.isprintable() or any(char in value for char in _NOT_FOR_CMD), CMD)
    pairs = [*((name, "") for name in change.removed), *change.set.items()]
    return _text(f'set "{name}={value}"' for name, value in pairs)


def _dotenv(change: Change) -> str:
    """
    Plain where it can be, and then for `docker run --env-file` too; else quoted, for docker compose and python-dotenv.

    A removal cannot be said: a file that is read into a new environment needs none.
    """
    if not change.set:
        raise BadInput("a dotenv file cannot remove a variable", "remove the file, or name a shell: --shell sh")
    _refuse(change, lambda value: not value.isprintable() or any(char in value for char in _NOT_FOR_DOTENV), DOTENV)
    return _text(f"{name}={_dotenv_quoted(value)}" for name, value in change.set.items())


def _dotenv_quoted(value: str) -> str:
    return value if _PLAIN_IN_DOTENV.issuperset(value) else f"'{value}'"


def _json(change: Change) -> str:
    """One object: names and values; where nothing is set, the names to remove and null."""
    return _text([json.dumps(change.set or dict.fromkeys(change.removed), indent=2)])


def _refuse(change: Change, is_unsayable: Callable[[str], bool], form: str) -> None:
    """Name the variable, never the value."""
    for name, value in change.set.items():
        if is_unsayable(value):
            raise BadInput(f"{form} has no sure way to quote what {name} holds", "name another form: --shell json")


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


_WRITERS: Mapping[str, Callable[[Change], str]] = {
    SH: _sh,
    FISH: _fish,
    POWERSHELL: _powershell,
    CMD: _cmd,
    DOTENV: _dotenv,
    JSON: _json,
}

_FAILURES = {
    SH: "(exit {});\n",
    FISH: "sh -c 'exit {}';\n",
    POWERSHELL: "throw 'aws-mfa env failed with exit code {}'\n",
}
