"""
Opens the providers of codes: a part of `cli/wiring.py` that is loaded only when a code is needed.

Decides which class each name means, and which questions another terminal may answer too.
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
    Return the providers in the order in which they are tried; the sockets of open questions are in `folder`.

    `hands_over`: a program wants the session, so a question may wait for `aws-mfa code` if it can be shown nowhere.
    `never_asks`: only the terminal, which refuses. Raises `BadInput` for an unknown name.
    """
    names = choose_providers(environ)
    if never_asks:
        return [TerminalProvider(terminal)]
    is_chosen = bool(environ.get(VARIABLE))
    is_ci = environ.get("CI", "").lower() not in ("", "0", "false")
    if not is_chosen and isinstance(terminal, PipedAnswers):
        # A piped code comes before the profile's command, which is tried too: the pipe may be empty by accident.
        names = (TERMINAL, MFA_PROCESS)
    elif not is_chosen:
        useless = {*(() if hands_over else (CODE,)), *((DIALOG,) if is_ci else ())}
        names = tuple(name for name in names if name not in useless)

    def opened(name: str) -> CodeProvider:
        if name == MFA_PROCESS:
            return MfaProcessProvider(environ)
        if name == YKMAN:
            return YkmanProvider(environ)
        if name == CODE:
            return WaitingProvider(folder, announce=_announcement(terminal, say), has_reader=is_chosen or not is_ci)
        provider = TerminalProvider(terminal) if name == TERMINAL else DialogProvider(environ)
        # Without a person here (a pipe, no terminal) the question ends at once: there is no time to answer elsewhere.
        return AnsweredElsewhere(provider, folder, say) if provider.has_human else provider

    return [opened(name) for name in names]


def _announcement(terminal: Terminal, say: Callable[[str], None]) -> Callable[[str], None]:
    """Print on stderr; on the terminal too if stderr goes elsewhere: writing works even from the background."""

    def announce(text: str) -> None:
        say(text)
        if terminal.has_human and not sys.stderr.isatty():
            with contextlib.suppress(NeedsHuman):  # the terminal is gone
                terminal.say(text)

    return announce
