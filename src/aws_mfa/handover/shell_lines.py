"""
Variables as lines that a shell or a program reads: sh, fish, powershell, cmd, dotenv, json.

Owns the quoting. A value is written unchanged or not at all: what a form cannot quote is refused with `BadInput`, which
names the variable and never the value. Knows nothing of what the variables mean.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_mfa.handover.environment import Change

SH, FISH, POWERSHELL, CMD, DOTENV, JSON = "sh", "fish", "powershell", "cmd", "dotenv", "json"
FORMS = (SH, FISH, POWERSHELL, CMD, DOTENV, JSON)

_FORM_OF_PROGRAM = {
    **dict.fromkeys(("sh", "ash", "bash", "dash", "ksh", "ksh93", "mksh", "busybox", "zsh"), SH),
    "fish": FISH,
    **dict.fromkeys(("pwsh", "powershell"), POWERSHELL),
    "cmd": CMD,
}
NAMED = {**_FORM_OF_PROGRAM, **{form: form for form in FORMS}}
_OTHER_SHELLS = ("csh", "tcsh", "elvish", "nu", "xonsh")
# PowerShell puts the user's folder of modules before the two of the machine.
_MODULE_FOLDERS_IN_POWERSHELL = 3
# How a character is written inside single quotation marks. PowerShell takes each of these five for such a mark.
_ESCAPES = {
    SH: str.maketrans({"'": "'\\''"}),
    FISH: str.maketrans({"\\": "\\\\", "'": "\\'"}),
    POWERSHELL: str.maketrans({char: char * 2 for char in "'\u2018\u2019\u201a\u201b"}),
}
# What cannot be quoted. In cmd, all other printable characters are safe inside double quotation marks.
_NOT_QUOTABLE = {CMD: '%"!^', DOTENV: "'\\$"}
# `docker run --env-file` takes a value literally, quotation marks included: so these values get none.
_PLAIN_IN_DOTENV = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=/:.,@%")

_FAILURES = {
    SH: "(exit {});\n",
    FISH: "sh -c 'exit {}';\n",
    POWERSHELL: "throw 'aws-mfa env failed with exit code {}'\n",
}


def lines_of(change: Change, form: str) -> str:
    """
    Return the text that makes the change in that form; `BadInput` for what the form cannot express.

    The lines of sh and fish end in `;`, so that they survive an `eval` without quotation marks, which joins them. json
    is one object: the values, or if nothing is set the names to remove, each with null.
    """
    removed = change.removed
    given = {name: _quoted(name, value, form) for name, value in change.set.items()}
    if form == SH:
        lines = [f"unset {' '.join(removed)};"] if removed else []
        lines += [f"export {name}={value};" for name, value in given.items()]
    elif form == FISH:
        lines = [f"set -e {' '.join(removed)};"] if removed else []
        # Erasing an unset variable fails, and setting another keeps that status: `true` makes the whole succeed.
        lines += [*(f"set -gx {name} {value};" for name, value in given.items()), "true;"]
    elif form == POWERSHELL:
        lines = [f"$Env:{name} = {value}" for name, value in [*((name, "$null") for name in removed), *given.items()]]
    elif form == CMD:
        lines = [f'set "{name}={value}"' for name, value in [*((name, "") for name in removed), *given.items()]]
    elif form == DOTENV:
        # Removals are left out: such a file is read into a new environment.
        if not given:
            raise BadInput("a dotenv file cannot remove a variable", "remove the file, or name a shell: --shell sh")
        lines = [f"{name}={value}" for name, value in given.items()]
    else:
        lines = [json.dumps(given or dict.fromkeys(removed), indent=2)]
    return "".join(f"{line}\n" for line in lines)


def _quoted(name: str, value: str, form: str) -> str:
    """The value, quoted for this form."""
    if form in _NOT_QUOTABLE and (not value.isprintable() or any(char in value for char in _NOT_QUOTABLE[form])):
        raise BadInput(f"{form} has no safe way to quote the value of {name}", "name another form: --shell json")
    if form in _ESCAPES:
        return f"'{value.translate(_ESCAPES[form])}'"
    return f"'{value}'" if form == DOTENV and not _PLAIN_IN_DOTENV.issuperset(value) else value


def failure_line(exit_code: int, form: str) -> str:
    """Return text that fails with the exit code: `eval` of nothing succeeds, and `&&` would run with old variables."""
    return _FAILURES[form].format(exit_code) if form in _FAILURES else ""


def form_for(callers: Iterable[str], environ: Mapping[str, str], *, on_windows: bool) -> str:
    """Return the form of the nearest of our `callers` that is a shell, else of `SHELL`, else the system's."""
    for name in (*callers, environ.get("SHELL", "")):
        program = name.replace("\\", "/").rpartition("/")[2].lower().removeprefix("-").removesuffix(".exe")
        if program in _FORM_OF_PROGRAM:
            return _FORM_OF_PROGRAM[program]
        if program in _OTHER_SHELLS:
            hint = "let it read: aws-mfa env PROFILE --shell json"
            raise BadInput(f"{program} is not a shell this command can write for", hint)
    if not on_windows:
        return SH
    folders = environ.get("PSModulePath") or environ.get("PSMODULEPATH") or ""
    return POWERSHELL if len(folders.split(";")) >= _MODULE_FOLDERS_IN_POWERSHELL else CMD
