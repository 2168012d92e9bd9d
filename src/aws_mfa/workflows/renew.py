"""
Renew one profile's session: check beside the question, ask for the code, one call, one write.

A code is sent once. What is known to be refused (a used code, keys of another account, permanent keys in the way)
is refused before it is sent.
"""

from __future__ import annotations

from contextlib import suppress
from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import (
    AnswerLost,
    AwsFailed,
    AwsMfaError,
    AwsUnreachable,
    BadInput,
    ClockSkew,
    CodeAlreadyUsed,
    NotAuthorized,
    PermanentKeysInTheWay,
    RegionDisabled,
    SessionKeysGiven,
    UnknownDevice,
    UnknownKey,
    WrongSecret,
)
from aws_mfa.rules.arns import account_of
from aws_mfa.rules.code_windows import checked_code, seconds_to_next
from aws_mfa.rules.durations import check_duration
from aws_mfa.rules.freshness import holds_permanent_keys
from aws_mfa.rules.ini_edit import with_changes
from aws_mfa.rules.ini_text import section_values
from aws_mfa.rules.session_section import section_of
from aws_mfa.rules.vault_choice import with_origin
from aws_mfa.withdrawal import Withdrawal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.model import Identity, LongTermKeys, Session, SessionRequest
    from aws_mfa.workflows.outside import Outside

# What the check beside the question may end it for; anything else is left to the call itself to say.
_DEFINITE = (
    AwsUnreachable,
    ClockSkew,
    RegionDisabled,
    SessionKeysGiven,
    UnknownDevice,
    UnknownKey,
    WrongSecret,
    BadInput,
)


class Renewal:
    """Everything that is needed besides the code: keys, request, region, and the section to be written."""

    __slots__ = ("endpoint_url", "keys", "region", "request", "section")

    def __init__(
        self,
        keys: LongTermKeys,
        request: SessionRequest,
        region: str,
        section: str,
        *,
        endpoint_url: str | None = None,
    ) -> None:
        self.keys = keys
        self.request = request
        self.region = region
        self.section = section
        self.endpoint_url = endpoint_url


def ask_code(renewal: Renewal, question: str, outside: Outside, *, first: bool) -> str:
    """
    Ask for the code; beside the first question AWS is asked who the keys belong to.

    So the connection stands when Enter is pressed, and a wrong key, a skewed clock or a dead network ends the
    question before a code is spent.
    """
    if not (first and outside.terminal.has_human):
        return checked_code(outside.terminal.ask(question))
    withdrawal = Withdrawal()
    check = outside.beside(lambda: check_keys(renewal, outside), withdrawal.withdraw)
    code = outside.terminal.ask(question, withdrawal)
    check.wait()
    return checked_code(code)


def check_keys(renewal: Renewal, outside: Outside) -> None:
    """Raise what AWS says for sure about the keys, this clock and the network; stay silent in doubt."""
    try:
        identity = outside.sts(renewal.region, renewal.endpoint_url).get_caller_identity(renewal.keys)
    except _DEFINITE:
        raise
    except AwsMfaError:
        return
    _check_identity(identity, renewal.request)


def obtain_session(renewal: Renewal, code: str, outside: Outside) -> Session:
    """Send the six digits, once, and return the session; nothing is written."""
    request = renewal.request
    now = outside.now()
    if outside.ledger.is_used(request.device, code, now):
        raise CodeAlreadyUsed(
            f"this code was used before, and AWS takes each code once; the next one in {seconds_to_next(now)} s",
            "wait for the next code on your device",
        )
    sts = outside.sts(renewal.region, renewal.endpoint_url)
    try:
        session = (sts.assume_role if request.role_arn else sts.get_session_token)(renewal.keys, request, code)
    except (AwsFailed, AnswerLost):
        outside.ledger.note_used(request.device, code, now)
        raise
    return session


def write_session(renewal: Renewal, session: Session, code: str, outside: Outside) -> None:
    """Put the session into its section of the credentials file, then note the code as used."""
    path = outside.credentials.path

    def edit(text: str) -> str:
        refuse_permanent_keys(text, renewal.section, path)
        return with_changes(text, renewal.section, section_of(session), where=path)

    try:
        outside.credentials.update(edit)
    finally:
        outside.ledger.note_used(renewal.request.device, code, outside.now())
    if not renewal.request.role_arn:
        _note_origin(renewal, session, outside)


def _note_origin(renewal: Renewal, session: Session, outside: Outside) -> None:
    """Note whose MFA session stands there, so that roles may be assumed with it; a courtesy, as the ledger is."""
    own, device = renewal.keys.access_key_id, renewal.request.device
    with suppress(AwsMfaError):
        outside.known_keys.update(lambda text: with_origin(text, renewal.section, session.access_key_id, own, device))


def refuse_permanent_keys(text: str, section: str, path: str) -> None:
    """Raise `PermanentKeysInTheWay` where the section to be written holds long-term keys."""
    refuse_permanent_values(section_values(text, section, where=path), section, path)


def refuse_permanent_values(values: Mapping[str, str] | None, section: str, path: str) -> None:
    """As `refuse_permanent_keys`, for a section that is read already."""
    if holds_permanent_keys(values or {}):
        raise PermanentKeysInTheWay(
            f"section [{section}] of {path} holds long-term keys: they are not overwritten",
            f"move them to the vault first: aws-mfa import --profile {quote(section)}",
            f"or leave them there: aws-mfa --profile {quote(section)} --long-term-suffix none --short-term-suffix mfa",
        )


def _check_identity(identity: Identity, request: SessionRequest) -> None:
    of_device = account_of(request.device)
    if of_device and identity.account and of_device != identity.account:
        raise UnknownDevice(
            f"the device is of account {of_device}, the long-term keys are of {identity.arn}",
            "list the devices of that user with: aws iam list-mfa-devices",
        )
    if not identity.arn.endswith(":root"):
        return
    if request.role_arn:
        raise NotAuthorized("the long-term keys are the root user's, who may assume no role", "use an IAM user's keys")
    check_duration(request.duration_s, "for root", role=False, root=True)
