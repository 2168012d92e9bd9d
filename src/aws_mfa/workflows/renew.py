"""
Renew one session with a code in hand: one call, one write of the file.

A code is sent once. What is known to be refused (a used code, permanent keys in the way) is refused before it is sent.
"""

from __future__ import annotations

from contextlib import suppress
from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import AnswerLost, AwsFailed, AwsMfaError, CodeAlreadyUsed, PermanentKeysInTheWay
from aws_mfa.rules.code_windows import seconds_to_next
from aws_mfa.rules.endpoints import NO_SETTINGS
from aws_mfa.rules.ini_edit import with_changes
from aws_mfa.rules.ini_text import section_values
from aws_mfa.rules.kinds import LONG_TERM_KEYS, kind_of
from aws_mfa.rules.session_section import section_of
from aws_mfa.rules.vault_choice import with_origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.model import LongTermKeys, Session, SessionRequest
    from aws_mfa.rules.endpoints import EndpointSettings
    from aws_mfa.workflows.outside import Outside


class Renewal:
    """
    Everything that is needed besides the code: keys, request, region, and the section to be written.

    `endpoints` is what the profile says of the way to AWS, `mfa_process` the command that it names as giving the code.
    """

    __slots__ = ("endpoints", "keys", "mfa_process", "region", "request", "section")

    def __init__(
        self,
        keys: LongTermKeys,
        request: SessionRequest,
        region: str,
        section: str,
        *,
        endpoints: EndpointSettings = NO_SETTINGS,
        mfa_process: str | None = None,
    ) -> None:
        self.keys = keys
        self.request = request
        self.region = region
        self.section = section
        self.endpoints = endpoints
        self.mfa_process = mfa_process


def obtain_session(renewal: Renewal, code: str, outside: Outside) -> Session:
    """Send the six digits, once, and return the session; nothing is written."""
    request = renewal.request
    now = outside.now()
    if outside.ledger.is_used(request.device, code, now):
        raise CodeAlreadyUsed(
            f"this code was used before, and AWS takes each code once; the next one in {seconds_to_next(now)} s",
            "wait for the next code on your device",
        )
    sts = outside.sts(renewal.region, renewal.endpoints)
    try:
        session = (sts.assume_role if request.role_arn else sts.get_session_token)(renewal.keys, request, code)
    except (AwsFailed, AnswerLost, KeyboardInterrupt):
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
    if kind_of(values) != LONG_TERM_KEYS:
        return
    if not (values or {}).get("aws_access_key_id"):
        raise PermanentKeysInTheWay(
            f"section [{section}] of {path} holds a secret access key without its id: it is not overwritten",
            "add its aws_access_key_id there, or take that line away",
        )
    raise PermanentKeysInTheWay(
        f"section [{section}] of {path} holds long-term keys: they are not overwritten",
        f"move them to the vault first: aws-mfa import --profile {quote(section)}",
        f"or leave them there: aws-mfa --profile {quote(section)} --long-term-suffix none --short-term-suffix mfa",
    )
