"""
A way to a code with a time limit: a server's question is taken back when nobody answers.

While it is open, no other process of this user asks for a code of that device: a terminal that nobody looks at must
not stand in everybody's way.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from aws_mfa.cancel import Cancellation, passed_on
from aws_mfa.errors import NeedsHuman
from aws_mfa.rules.code_ways import AsAnotherWay

if TYPE_CHECKING:
    from aws_mfa.rules.code_ways import CodeQuestion, CodeWay


class PatientWay(AsAnotherWay):
    """Fulfils the Protocol `CodeWay` with another way, and waits `limit_s` seconds for its answer."""

    def __init__(self, way: CodeWay, limit_s: float) -> None:
        super().__init__(way)
        self._limit_s = limit_s

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """What was answered; `NeedsHuman` when the time is over, so that the next way is tried."""
        ours = Cancellation()
        nobody = NeedsHuman(f"nobody answered within {self._limit_s:g} s")
        timer = threading.Timer(self._limit_s, ours.cancel, [nobody])
        timer.daemon = True
        timer.start()
        try:
            with passed_on(cancellation, ours):
                return super().ask(question, ours)
        finally:
            timer.cancel()
