"""
For Python programs: a profile's session as credentials of botocore, or as a session of boto3.

    import aws_mfa

    s3 = aws_mfa.boto3_session("work").client("s3")

Beside `cli`, and through the same workflow: the stored session is used while it is good, and a question goes to the
terminal, a dialog or `aws-mfa code`, never to the program's standard input. Failures are those of `aws_mfa.errors`;
the program's author sees them in a traceback, so their text holds the hints.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from botocore.credentials import (
    CredentialResolver,  # its own kind
    RefreshableCredentials,  # its own kind
)
from botocore.session import Session as BotocoreSession  # what boto3 is built on

from aws_mfa.aws.query import keep_tokens_out_of_logs
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.config.chains import region_of_child
from aws_mfa.config.section_names import profile_in_force
from aws_mfa.errors import HINT, AwsMfaError, NeedsHuman
from aws_mfa.handover.environment import child_environment
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.prompt.providers import COMMANDS
from aws_mfa.prompt.terminal import AskedCaller
from aws_mfa.renewal.policies import check_policy_arns
from aws_mfa.renewal.request import Overlay, RenewalRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from boto3.session import Session as Boto3Session

    from aws_mfa.model import Session
    from aws_mfa.renewal.plan import Plan


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


# Of one program's threads one is handed a session at a time: two questions on one screen cannot be told apart, and who
# waits finds what the other got, be it a session or a no. Reentrant: the function `ask` may itself need a session.
_one_at_a_time = threading.RLock()


def credentials(
    profile: str | None = None,
    *,
    ask: Callable[[str], str] | None = None,
    read_only: bool = False,
    policy_arns: Sequence[str] = (),
) -> ProfileCredentials:
    """
    Return the profile's session as `botocore.credentials.RefreshableCredentials`.

    `profile`: without one `AWS_PROFILE` counts, else `default`. A code that is needed is asked for here and now, so
    that it is asked where somebody looks. Later botocore asks for new credentials when 15 minutes are left (of a
    session that came with less than 30: when half is left): without a question while the MFA session is good.

    `ask`: called with the question, returns the code; instead of terminal, dialog and `aws-mfa code`. In a notebook:
    `ask=input`. `read_only` and `policy_arns` narrow the session of a role. Safe for threads.

    Raises `aws_mfa.errors.AwsMfaError`: `NeedsHuman` where nobody can be asked, `RefusedByAws`, `Unreachable`, ...
    """
    return ProfileCredentials(_SessionOf(profile, ask, read_only=read_only, policy_arns=policy_arns))


def boto3_session(
    profile: str | None = None,
    *,
    region: str | None = None,
    ask: Callable[[str], str] | None = None,
    read_only: bool = False,
    policy_arns: Sequence[str] = (),
) -> Boto3Session:
    """
    Return a session of boto3 with the profile's credentials, region and other settings.

    As `credentials`, which see. `region`: without one `AWS_REGION` counts, then `AWS_DEFAULT_REGION`, then the
    profile's, or the nearest one of its chain. `ModuleNotFoundError` where boto3 is not installed: it is an extra.
    """
    try:
        import boto3
    except ModuleNotFoundError as error:
        if error.name != "boto3":
            raise
        message = "aws_mfa.boto3_session needs boto3, which is not installed: pip install 'aws-mfa[boto3]'"
        raise ModuleNotFoundError(message, name=error.name) from None
    sessions = _SessionOf(profile, ask, read_only=read_only, policy_arns=policy_arns)
    session = open_botocore_session(ProfileCredentials(sessions), sessions.profile)
    return boto3.session.Session(botocore_session=session, region_name=region or sessions.region)


class _SessionOf:
    """Hands the profile's session over, each time with interfaces of its own: no key is kept between two renewals."""

    def __init__(
        self,
        profile: str | None,
        ask: Callable[[str], str] | None,
        *,
        read_only: bool,
        policy_arns: Sequence[str],
    ) -> None:
        self.profile = profile_in_force(profile, RealInterfaces().environ)
        self.region: str | None = None
        self._ask = ask
        self._read_only = read_only
        self._policy_arns = list(policy_arns)

    def __call__(self) -> Session:
        """Return the session; on the way the profile's region is learnt."""
        interfaces = RealInterfaces(reads_pipe=False, asks_on_stdout=False)
        interfaces = interfaces.replaced(came_at=interfaces.now())
        try:
            if self._ask is not None:
                commands = [one for one in interfaces.code_providers if one.name in COMMANDS]
                interfaces = interfaces.replaced(code_providers=[*commands, AskedCaller(self._ask)])
            with _one_at_a_time:
                session, plan = self._handed(interfaces)
        except AwsMfaError as error:
            # A traceback shows `args`, not hints; and frames that held keys are nobody's business.
            error.args = ("\n".join([error.message, *(f"{HINT}{hint}" for hint in self._hints_of(error))]),)
            raise error.with_traceback(None) from None
        finally:
            interfaces.close()
        as_a_child = child_environment(interfaces.environ, {}, region_of_child(plan.chains[self.profile]), self.profile)
        self.region = as_a_child.get("AWS_REGION") or None
        return session

    def _hints_of(self, error: AwsMfaError) -> tuple[str, ...]:
        if self._ask is None and isinstance(error, NeedsHuman):
            return (*error.hints, "or have your program ask for it: ask=input")
        return error.hints

    def _handed(self, interfaces: RealInterfaces) -> tuple[Session, Plan]:
        arns = check_policy_arns(self._policy_arns, read_only=self._read_only)
        overlay = Overlay(None, arns, self._read_only)
        return hand_over(RenewalRequest([self.profile], overlay, for_sdk=True), interfaces)
