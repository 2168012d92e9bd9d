"""
The renewal of the classic form: ask, send, write; on a terminal a code that did not do is asked again.

Where several terminals need the same session at once, one asks and the others wait for it. A code in the argument or
in a pipe is there already: nobody is asked, so nobody waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.cli import classic_messages as messages
from aws_mfa.errors import (
    AnswerLost,
    AwsFailed,
    BadCode,
    BadInput,
    Cancelled,
    CodeAlreadyUsed,
    NobodyAnswered,
    RefusedByAws,
    Throttled,
    WrongCode,
)
from aws_mfa.rules.code_providers import CodeQuestion
from aws_mfa.rules.code_windows import checked_code
from aws_mfa.rules.endpoints import given_sts_url
from aws_mfa.rules.freshness import Fresh, judge
from aws_mfa.rules.ini_text import section_values
from aws_mfa.workflows.ask_code import ask_code, is_ours_too
from aws_mfa.workflows.codes import PATIENCE_S
from aws_mfa.workflows.renew import Renewal, obtain_session, write_session

if TYPE_CHECKING:
    from aws_mfa.cli.classic_log import ClassicLog
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.workflows.outside import Outside

_QUESTIONS_PER_RUN = 3
_CURED_BY_NEXT_CODE = (WrongCode, BadCode, AwsFailed, AnswerLost, Throttled)
_NOT_FOR_ALL = (CodeAlreadyUsed, Throttled)


def renew(renewal: Renewal, token: str | None, key_id: str | None, outside: Outside, log: ClassicLog) -> None:
    """Put a new session into its section, where `key_id` stands now; a session that another terminal got will do."""
    if token is not None or not outside.terminal.has_human:
        _renew(renewal, token, outside, log)
        return
    question = _question_for_all(renewal, outside)
    with outside.turns.turn(renewal.request.device, patience_s=PATIENCE_S, gives_up_quietly=False) as turn:
        other = _of_another_terminal(renewal, key_id, outside)
        if other is not None:
            log.lines([messages.still_valid(other)])
            return
        failure = turn.told(question)
        if failure is not None and is_ours_too(failure, outside):
            raise failure
        try:
            _renew(renewal, None, outside, log)
        except (Cancelled, RefusedByAws, NobodyAnswered) as error:
            if not isinstance(error, _NOT_FOR_ALL):
                turn.tell(question, error)
            raise


def _question_for_all(renewal: Renewal, outside: Outside) -> str:
    """Equal for terminals that want the same of AWS with the same keys, for the same place."""
    request = renewal.request
    return "\n".join(
        [
            f"[{renewal.section}] of {outside.credentials.path}",
            f"{renewal.keys.access_key_id} in {renewal.region}",
            f"{request.role_arn} {request.role_session_name} {request.external_id} {request.duration_s}",
            given_sts_url(outside.environ, renewal.endpoints) or "",
        ]
    )


def end_line_of_question(outside: Outside) -> None:
    """A piped answer leaves the cursor behind its question: an ERROR line begins a line of its own."""
    if not outside.terminal.has_human:
        outside.terminal.say("")


def _of_another_terminal(renewal: Renewal, key_id: str | None, outside: Outside) -> Fresh | None:
    """The verdict on the session that another terminal has put there since `key_id` was read."""
    values = section_values(outside.credentials.read(), renewal.section, where=outside.credentials.path)
    if values is None or values.get("aws_access_key_id") == key_id:
        return None
    verdict = judge(values, role_arn=renewal.request.role_arn, now=outside.now())
    return verdict if isinstance(verdict, Fresh) else None


def _renew(renewal: Renewal, token: str | None, outside: Outside, log: ClassicLog) -> None:
    for attempt in range(1, _QUESTIONS_PER_RUN + 1):
        try:
            _renew_once(renewal, token, outside, log, first=attempt == 1)
        except _CURED_BY_NEXT_CODE as error:
            if token is not None or attempt == _QUESTIONS_PER_RUN or not outside.terminal.has_human:
                raise
            _say_why_again(error, outside)
        else:
            return


def _renew_once(renewal: Renewal, token: str | None, outside: Outside, log: ClassicLog, *, first: bool) -> None:
    code = token or _asked(renewal, outside, first=first)
    log.lines([messages.calling(renewal.request, renewal.section)])
    session = obtain_session(renewal, code, outside)
    write_session(renewal, session, code, outside)
    log.lines([messages.success(session, renewal.request, outside.now())])


def _asked(renewal: Renewal, outside: Outside, *, first: bool) -> str:
    question = CodeQuestion(messages.question(renewal.request), renewal.request.device, renewal.mfa_process)
    try:
        return checked_code(ask_code(renewal, question, outside, checks_keys=first).text)
    except BadInput:
        end_line_of_question(outside)
        raise


def _say_why_again(error: AwsMfaError, outside: Outside) -> None:
    """Where the question stands: the log may be silenced, or go to a file."""
    for line in (f"WARNING - {error.message}", *error.hint_lines):
        outside.terminal.say(line)
