"""
A session as botocore's own credentials, which renew themselves: the only place that builds them.

Renewal is botocore's mechanism, with its lock for threads. What is changed is when it begins for a session that came
with little left: botocore would ask anew before every request, and so would a person be.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from botocore.credentials import CredentialResolver, RefreshableCredentials  # noqa: TID251  # its own kind
from botocore.session import Session as BotocoreSession  # noqa: TID251  # what boto3 is built on

from aws_mfa.aws.query import keep_tokens_out_of_logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.model import Session

keep_tokens_out_of_logs()

_METHOD = "aws-mfa"
# botocore/credentials.py: `_DEFAULT_ADVISORY_REFRESH_TIMEOUT`.
_ADVISORY_S = 900
# AWS_PROFILE may name a profile that does not exist: this session has the one that was given.
_PROFILE_OF_NO_VARIABLE = {"profile": (None, None, None, None)}


class ProfileCredentials(RefreshableCredentials):  # type: ignore[misc]  # botocore has no types
    """
    `RefreshableCredentials` of the session that `obtain` returns, at once and again whenever a renewal is due.

    Due is one when 15 minutes are left, or half of what the session came with, if that is less.
    """

    def __init__(self, obtain: Callable[[], Session], now: Callable[[], float] = time.time) -> None:
        self._obtain = obtain
        self._now = now
        self._patience_s = 0.0
        session = obtain()
        self._note(session)
        super().__init__(
            session.access_key_id,
            session.secret_access_key.reveal(),
            session.session_token.reveal(),
            _moment(session.expires_at),
            refresh_using=self._renewed,
            method=_METHOD,
            time_fetcher=lambda: _moment(now()),
        )

    def refresh_needed(self, refresh_in: float | None = None) -> bool:
        """Whether a renewal is due, as botocore asks itself before each request."""
        within_s = min(_ADVISORY_S if refresh_in is None else refresh_in, self._patience_s)
        return bool(super().refresh_needed(within_s))

    def _renewed(self) -> dict[str, str]:
        session = self._obtain()
        self._note(session)
        return {
            "access_key": session.access_key_id,
            "secret_key": session.secret_access_key.reveal(),
            "token": session.session_token.reveal(),
            "expiry_time": _moment(session.expires_at).isoformat(),
        }

    def _note(self, session: Session) -> None:
        self._patience_s = max(0.0, session.expires_at - self._now()) / 2


def open_botocore_session(credentials: ProfileCredentials, profile: str) -> BotocoreSession:
    """Return botocore's session with these credentials and the profile's settings, where the AWS files have it."""
    session = BotocoreSession(session_vars=_PROFILE_OF_NO_VARIABLE)
    if profile in session.available_profiles:
        session = BotocoreSession(session_vars=_PROFILE_OF_NO_VARIABLE, profile=profile)
    session.register_component("credential_provider", CredentialResolver([_Provider(credentials)]))
    return session


class _Provider:
    """The one provider of the resolver: no other place is searched for keys."""

    METHOD = _METHOD
    CANONICAL_NAME = None

    def __init__(self, credentials: ProfileCredentials) -> None:
        self._credentials = credentials

    def load(self) -> ProfileCredentials:
        """Return the credentials."""
        return self._credentials


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, timezone.utc)
