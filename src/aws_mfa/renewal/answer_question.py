"""
Answer the oldest question that another process of this user has left open: an IDE, a job in a remote shell.

The code is the one given, else it is asked for here, as that process would ask. It goes to that process and nowhere
else; what that process then says about it is passed on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws_values.codes import checked_code
from aws_mfa.errors import HINT, NeedsHuman, RefusedByAws
from aws_mfa.system.cancel import Cancellation

if TYPE_CHECKING:
    from aws_mfa.interfaces import Interfaces


def answer_question(given: str | None, interfaces: Interfaces) -> str:
    """
    Answer, and return one line that says whose question it was.

    Raises `BadCode` (the question stays open), `NeedsHuman` where no question is waiting or it has ended meanwhile,
    `RefusedByAws` where the process says that the code did not do.
    """
    code = checked_code(given) if given is not None else None
    terminal = interfaces.terminal
    with interfaces.open_questions.oldest() as question:
        if question is None:
            raise NeedsHuman(
                "no question is waiting", "start what needs a code first, and run this while it waits: aws-mfa code"
            )
        if code is None:
            cancellation = Cancellation()
            if terminal.has_human:
                terminal.say(f"pid {question.pid} waits for a code of {question.device}")
                interfaces.beside(question.wait_for_end, cancellation.cancel)
            code = checked_code(terminal.ask(question.text, cancellation))
        said = question.answer(code)
    if said:
        hints = [line.removeprefix(HINT) for line in said[1:] if line.startswith(HINT)]
        raise RefusedByAws(
            f"pid {question.pid} says: {said[0]}", *hints, "answer again when it asks again: aws-mfa code"
        )
    return f"answered the question of pid {question.pid}"
