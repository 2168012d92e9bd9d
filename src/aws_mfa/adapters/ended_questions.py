"""
How the last question for a code of a device ended, if badly: a file beside the lock of its turn.

Who waited for exactly this question shares its end, and who asks the same again minutes later. The file holds no code
and no secret, and of the question its digest alone. A courtesy: what cannot be read or written is as never told.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets

from aws_mfa.adapters.private_files import read_regular, replace_privately
from aws_mfa.errors import AwsFailed, AwsMfaError, Cancelled, NeedsHuman, NobodyAnswered, RefusedByAws

_CANCELLED, _UNANSWERED, _FAILED, _REFUSED = "cancelled", "unanswered", "failed", "refused"
_CLASSES = {_CANCELLED: Cancelled, _UNANSWERED: NobodyAnswered, _FAILED: AwsFailed, _REFUSED: RefusedByAws}


class EndedQuestion:
    """What `write_ended` wrote, `at` so many seconds since the epoch; `mark` is another for each."""

    def __init__(self, values: dict[str, object]) -> None:
        self.mark = str(values["mark"])
        self.at = float(str(values["at"]))
        self._question = values["question"]
        self._kind = str(values["kind"])
        self._who = process_name(str(values["pid"]))
        self._message = str(values["message"])
        hints = values["hints"]
        self._hints = tuple(map(str, hints)) if isinstance(hints, list) else ()

    def failure_of(self, question: str) -> AwsMfaError | None:
        """The failure, if the question was this one."""
        if self._question != _digest(question):
            return None
        end = "the question was cancelled" if self._kind == _CANCELLED else self._message
        return _CLASSES.get(self._kind, RefusedByAws)(f"{self._who} asked for a code, and {end}", *self._hints)


def read_ended(path: str) -> EndedQuestion | None:
    """The one at `path`; None where there is none, or another version's."""
    try:
        return EndedQuestion(json.loads(read_regular(path)))
    except (OSError, AwsMfaError, ValueError, KeyError, TypeError):
        return None


def write_ended(path: str, question: str, failure: AwsMfaError, *, at: float) -> None:
    """Replace the one at `path`; where that cannot be, each asks for himself."""
    ended = {
        "mark": secrets.token_hex(8),
        "at": at,
        "pid": os.getpid(),
        "question": _digest(question),
        "kind": _kind_of(failure),
        "message": failure.message,
        "hints": list(failure.hints),
    }
    try:
        replace_privately(path, json.dumps(ended).encode())
    except AwsMfaError:
        return


def process_name(pid: str) -> str:
    """A process for a message; `pid` is "" where it is not known."""
    return f"pid {pid}" if pid else "another aws-mfa"


def _kind_of(failure: AwsMfaError) -> str:
    if isinstance(failure, Cancelled):
        return _CANCELLED
    if isinstance(failure, NeedsHuman):
        return _UNANSWERED
    return _FAILED if isinstance(failure, AwsFailed) else _REFUSED


def _digest(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()
