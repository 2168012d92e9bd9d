"""
Opens the providers of codes: which adapter stands for which name, and beside which another terminal may answer.

A part of `wiring.py`, kept apart because none of it is loaded until a code is needed.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from aws_mfa.errors import NeedsHuman
from aws_mfa.prompt.code_programs import MfaProcessProvider, YkmanProvider
from aws_mfa.prompt.dialog import DialogProvider
from aws_mfa.prompt.elsewhere.server import AnsweredElsewhere, WaitingProvider
from aws_mfa.prompt.providers import CODE, DIALOG, MFA_PROCESS, TERMINAL, VARIABLE, YKMAN, choose_providers
from aws_mfa.prompt.terminal import PipedAnswers, TerminalProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_mfa.prompt.providers import CodeProvider, Terminal


def open_code_providers(
    environ: Mapping[str, str],
    terminal: Terminal,
    folder: str,
    *,
    say: Callable[[str], None],
    hands_over: bool,
    never_asks: bool,
) -> list[CodeProvider]:
    """
    The providers in the order in which they are tried; the sockets of questions lie in `folder`.

    `hands_over`: a session is wanted by a program, so a question may wait where there is no place to put it.
    `never_asks`: the terminal, which refuses, is all there is. Raises `BadInput` for a name that is none of them.
    """
    names = choose_providers(environ)
    if never_asks:
        return [TerminalProvider(terminal)]
    is_chosen = bool(environ.get(VARIABLE))
    if not is_chosen:
        names = _sensible(names, environ, terminal, hands_over=hands_over)

    def waiting() -> CodeProvider:
        announce = _announcement(terminal, say)
        return WaitingProvider(folder, announce=announce, is_manned=is_chosen or not _is_ci(environ))

    makers: dict[str, Callable[[], CodeProvider]] = {
        MFA_PROCESS: lambda: MfaProcessProvider(environ),
        YKMAN: lambda: YkmanProvider(environ),
        TERMINAL: lambda: _answered_elsewhere_too(TerminalProvider(terminal), folder),
        DIALOG: lambda: _answered_elsewhere_too(DialogProvider(environ), folder),
        CODE: waiting,
    }
    return [makers[name]() for name in names]


def _sensible(
    names: tuple[str, ...], environ: Mapping[str, str], terminal: Terminal, *, hands_over: bool
) -> tuple[str, ...]:
    """Of the providers that nobody has chosen, those that make sense for this run."""
    if isinstance(terminal, PipedAnswers):
        # Somebody gave the code along: what is wished for this run comes before what is set up for all. A pipe that
        # ends without one may have come about by itself, and a command disturbs nobody.
        return (TERMINAL, MFA_PROCESS)
    closed = [] if hands_over else [CODE]
    if _is_ci(environ):
        closed.append(DIALOG)  # a display there has nobody in front of it
    return tuple(name for name in names if name not in closed)


def _answered_elsewhere_too(provider: CodeProvider, folder: str) -> CodeProvider:
    """A pipe needs no second place to answer, and where nobody is the question would be gone at once."""
    return AnsweredElsewhere(provider, folder) if provider.has_human else provider


def _announcement(terminal: Terminal, say: Callable[[str], None]) -> Callable[[str], None]:
    """stderr, and the terminal too where stderr leads elsewhere: it may be another's now, but can be written to."""

    def announce(text: str) -> None:
        say(text)
        if terminal.has_human and not sys.stderr.isatty():
            with contextlib.suppress(NeedsHuman):  # it is gone
                terminal.say(text)

    return announce


def _is_ci(environ: Mapping[str, str]) -> bool:
    return environ.get("CI", "").lower() not in ("", "0", "false")
