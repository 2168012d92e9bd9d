"""`aws-mfa completion`: scripts that let a shell complete commands, flags and profiles; printed, or put in place."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from aws_mfa.cli.fast.names import lines_of
from aws_mfa.cli.output import escaped, print_lines
from aws_mfa.cli.shells import AFTER, BASH, BEFORE, COMMANDS, FISH, POWERSHELL, PROFILES, SHELLS, ZSH
from aws_mfa.command_lines import command, quote
from aws_mfa.errors import BadInput, NotSetUp
from aws_mfa.system.private_files import ensure_private_folder, not_written, read_regular, replace_privately
from aws_mfa.vaults.lookup import KnownProfiles

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from aws_mfa.interfaces import Interfaces

HELP = """\
Print a script that lets the shell complete commands, flags and the names of
profiles, or put it where the shell looks for it (--install).

`aws-mfa completion profiles` prints the names that the script offers."""

_NAMES, _PRINT = "profiles", "aws-mfa completion bash"
_OURS = b"_shtab_aws_mfa"  # in every script that this command writes
_DATA, _CONFIG = ("XDG_DATA_HOME", "~/.local/share"), ("XDG_CONFIG_HOME", "~/.config")
# Shell -> the folder (a variable, and what counts without it), and the file in it.
_PLACES = {
    BASH: (_DATA, "bash-completion/completions/aws-mfa"),
    ZSH: (_DATA, "zsh/site-functions/_aws-mfa"),
    FISH: (_CONFIG, "fish/completions/aws-mfa.fish"),
    POWERSHELL: (_CONFIG, "powershell/completions/aws-mfa.ps1"),
}
_CONDITIONS = {  # for the shell to load it
    BASH: " if the package bash-completion is installed; if not, add to ~/.bashrc:\n  source {path}",
    ZSH: " if ~/.zshrc has these lines:\n  fpath=({folder} $fpath)\n  autoload -Uz compinit && compinit",
    FISH: "",
    POWERSHELL: " if the file that $PROFILE names has this line:\n  . {path}",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    choices = (*SHELLS, _NAMES)
    parser.add_argument("shell", nargs="?", choices=choices, metavar="SHELL", help=f"{', '.join(SHELLS)}; or {_NAMES}")
    parser.add_argument("--install", action="store_true", help="write the script (default: for the shell in SHELL)")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    if args.shell == _NAMES:
        names = KnownProfiles(interfaces).profiles.known_names
        sys.stdout.write(lines_of(name for name in names if escaped(name) == name))
    elif args.install:
        print_lines(_install(args.shell or _shell_in_use(interfaces.environ), interfaces.environ))
    elif args.shell:
        sys.stdout.write(script_for(args.shell))
    else:
        raise BadInput("for which shell?", "aws-mfa completion --install", f"or one of {', '.join(SHELLS)}: {_PRINT}")
    return 0


def script_for(shell: str) -> str:
    """The script for a shell, made from all parsers."""
    import shtab

    from aws_mfa.cli.main import whole_parser

    parser = whole_parser(is_brief=True)
    _mark(parser, {**shtab.FILE, BASH: ":"})  # bash itself completes files where nothing is offered
    script = shtab.complete(parser, shell, preamble=BEFORE[shell])
    if shell == ZSH:  # all of several words, not only the first; names after `--`; `source` and `eval`; `--flag=value`
        script = script.replace('"(*)::', '"*:').replace("_arguments -C", "_arguments -S -C")
        script = script.replace("== eval", "== (eval|file)")
        script = re.sub(r'^(  "\*?--[\w-]+)(\[.+\]:)', r"\1=\2", script, flags=re.MULTILINE)
    return script + AFTER if shell == BASH else script


def _mark(parser: argparse.ArgumentParser, files: Mapping[str, object]) -> None:
    """Tell shtab what completes each argument of a parser and of its subparsers."""
    for action in parser._actions:  # noqa: SLF001  # argparse has no other list of what was declared
        for child in action.choices.values() if isinstance(action.choices, dict) else ():
            _mark(child, files)
        if action.dest in ("profile", "profiles", "source_profile"):
            action.complete = PROFILES  # type: ignore[attr-defined]
            action.help = action.help if action.option_strings else "profile"  # fish shows it beside each name
        elif action.metavar in ("FILE", "PATH"):
            action.complete = files  # type: ignore[attr-defined]
        elif action.nargs == "...":
            action.complete = COMMANDS  # type: ignore[attr-defined]


def _shell_in_use(environ: Mapping[str, str]) -> str:
    given = os.path.basename(environ.get("SHELL") or ("pwsh" if os.name == "nt" else "")).removesuffix(".exe")
    shell = POWERSHELL if given == "pwsh" else given
    if shell not in SHELLS:
        what = f"SHELL is {given}, which has no completion here" if given else "SHELL is not set"
        raise BadInput(what, f"name one of {', '.join(SHELLS)}: aws-mfa completion --install bash")
    return shell


def _install(shell: str, environ: Mapping[str, str]) -> list[str]:
    """Write the script; return what was written and what is left to do. `NotSetUp` for a file of another program."""
    (variable, default), name = _PLACES[shell]
    path = os.path.join(os.path.expanduser(environ.get(variable) or default), *name.split("/"))
    try:
        is_free = not os.path.exists(path) or _OURS in read_regular(path)
    except OSError as error:
        raise not_written(path, error) from None
    if not is_free:
        raise NotSetUp(f"{path} is not from aws-mfa, and was not changed", f"remove it: {command('remove', path)}")
    ensure_private_folder(os.path.dirname(path))
    replace_privately(path, script_for(shell).encode())
    condition = _CONDITIONS[shell].format(path=quote(path), folder=quote(os.path.dirname(path)))
    return [f"wrote {path}", *f"new shells load it{condition}".split("\n")]
