"""
A stored session that is still good, handed over without the heavy modules: to an SDK, or to a command.

Knows `credential-process PROFILE` and `exec PROFILE [--] COMMAND...` without any flag, and nothing else. Answers where
the profile's witness says that the full path would hand over this very session, and in any doubt not at all.
"""

from __future__ import annotations

from aws_mfa.cli.fast.quick_wiring import become, quick_session
from aws_mfa.errors import AwsMfaError
from aws_mfa.handover.environment import child_environment, chosen_by_the_user, session_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.sessions.entry import Entry
    from aws_mfa.sessions.fingerprint import Witnessed

_COMMAND, _PROFILE, _NEXT = range(3)


def quick_document(argv: list[str], environ: Mapping[str, str]) -> str | None:
    """Return what `credential-process PROFILE` prints, None in any doubt."""
    if len(argv) != _NEXT or argv[_COMMAND] != "credential-process":
        return None
    found = _found(argv[_PROFILE], environ)
    return f"{found[0].document}\n" if found else None


def become_command(argv: list[str], environ: Mapping[str, str]) -> None:
    """Become the command of `exec PROFILE [--] COMMAND...`; return in any doubt."""
    command = _command(argv)
    found = _found(argv[_PROFILE], environ) if command else None
    if found is None:
        return
    entry, witnessed = found
    # What there was to say about the profile was said when the session was planned.
    variables = session_variables(entry.session())
    become(command, child_environment(environ, variables, witnessed.region, argv[_PROFILE]))


def _command(argv: list[str]) -> list[str]:
    """Return the words behind PROFILE; [] where there are none, and where a flag stands there."""
    words = argv[_NEXT:]
    if words[:1] == ["--"]:
        return words[1:]
    return words if words and not words[0].startswith("-") else []


def _found(profile: str, environ: Mapping[str, str]) -> tuple[Entry, Witnessed] | None:
    if not profile or profile.startswith("-"):
        return None
    try:
        return quick_session(profile, chosen_by_the_user(environ))
    except (AwsMfaError, OSError, UnicodeError, ValueError):
        return None
