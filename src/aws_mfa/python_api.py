"""
Credentials and boto3 sessions for Python programs.

    import aws_mfa

    s3 = aws_mfa.boto3_session("work").client("s3")

Each renewal takes the same steps as `aws-mfa exec`: a stored session is used while it is valid. A question goes to the
terminal, a dialog or `aws-mfa code`, never to the program's standard input. Failures are those of `aws_mfa.errors`; a
programmer sees them in a traceback, so their text includes the hints.

botocore's own mechanism renews the credentials, with its lock for threads. Only the moment changes for a session that
lasts less than 30 minutes: botocore would renew it before every request, and so ask the user each time.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from botocore.credentials import CredentialResolver, RefreshableCredentials
from botocore.session import Session as BotocoreSession  # the base of a boto3 session

from aws_mfa.aws.query import keep_tokens_out_of_logs
from aws_mfa.aws_values.narrowing import Overlay, checked_overlay
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.config.sections import profile_in_force
from aws_mfa.errors import AwsMfaError, NeedsHuman
from aws_mfa.handover.environment import child_environment
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.prompt.providers import COMMANDS
from aws_mfa.prompt.terminal import FunctionProvider
from aws_mfa.renewal.request import RenewalRequest, source_of_roles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from boto3.session import Session as Boto3Session

    from aws_mfa.model import Session


keep_tokens_out_of_logs()

_METHOD = "aws-mfa"
# botocore/credentials.py: `_DEFAULT_ADVISORY_REFRESH_TIMEOUT`.
_ADVISORY_S = 900
# The session must not read AWS_PROFILE, which may name a profile that does not exist.
_PROFILE_OF_NO_VARIABLE = {"profile": (None, None, None, None)}
# Only one thread of a program gets a session at a time: two questions on one screen cannot be told apart, and the
# threads that wait find what the first one got, a session or a cancellation. Reentrant: `ask` may need a session, too.
_one_at_a_time = threading.RLock()


def credentials(
    profile: str | None = None,
    *,
    ask: Callable[[str], str] | None = None,
    read_only: bool = False,
    allow: Sequence[str] | None = None,
    policy: str | None = None,
    policy_arns: Sequence[str] = (),
    duration_s: int | None = None,
    source_profile: str | None = None,
    agent: str | None = None,
) -> ProfileCredentials:
    """
    Return the profile's session as `botocore.credentials.RefreshableCredentials`.

    If a code is needed, this call asks for it, so you see the question. Later botocore renews the credentials when 15
    minutes are left (half the time of a session of less than 30), without a question while the MFA session is valid.

    - `profile`: by default the one in `AWS_PROFILE`, else `default`. A role's ARN is assumed from `source_profile`, by
      default the one in `AWS_PROFILE`.
    - `ask`: a function that gets the question and returns the code, instead of terminal, dialog and `aws-mfa code`. In
      a notebook: `ask=input`.
    - `read_only`, `allow` (actions, such as `"s3:List*"`), `policy` (JSON) narrow the session, `policy_arns` a role's.
    - `duration_s`: how many seconds each session lasts, instead of the profile's `duration_seconds`.
    - `agent`: the name of the coding agent that it is for, by default found by the variables that agents set.

    Safe for threads. Raises `aws_mfa.errors.AwsMfaError`: `NeedsHuman` if no one can be asked, `RefusedByAws`, ...
    """
    narrower = _Narrower(read_only, allow, policy, tuple(policy_arns))
    return ProfileCredentials(_SessionOf(profile, ask, narrower, duration_s, source_profile, agent))


def boto3_session(
    profile: str | None = None,
    *,
    region: str | None = None,
    ask: Callable[[str], str] | None = None,
    read_only: bool = False,
    allow: Sequence[str] | None = None,
    policy: str | None = None,
    policy_arns: Sequence[str] = (),
    duration_s: int | None = None,
    source_profile: str | None = None,
    agent: str | None = None,
) -> Boto3Session:
    """
    Return a boto3 session with the profile's credentials, region and other settings.

    Takes the same arguments as `credentials`, and `region`: by default the one in `AWS_REGION`, then in
    `AWS_DEFAULT_REGION`, then the profile's, or the nearest one of its role chain.

    Raises as `credentials`, and `ModuleNotFoundError` if boto3 is not installed: it is an extra, `[boto3]`.
    """
    try:
        import boto3
    except ModuleNotFoundError as error:
        if error.name != "boto3":
            raise
        message = "aws_mfa.boto3_session needs boto3, which is not installed: pip install 'boto3>=1.35'"
        raise ModuleNotFoundError(message, name=error.name) from None
    narrower = _Narrower(read_only, allow, policy, tuple(policy_arns))
    sessions = _SessionOf(profile, ask, narrower, duration_s, source_profile, agent)
    session = open_botocore_session(ProfileCredentials(sessions), sessions.profile)
    return boto3.session.Session(botocore_session=session, region_name=region or sessions.region)


@dataclass(frozen=True)
class _Narrower:
    """What narrows the session, as it was given; checked with each session, where errors get their text."""

    read_only: bool
    allow: Sequence[str] | None
    policy: str | None
    policy_arns: tuple[str, ...]

    def checked(self) -> Overlay:
        allow = (
            ",".join([self.allow] if isinstance(self.allow, str) else self.allow) if self.allow is not None else None
        )
        policy = (self.policy, "policy") if self.policy is not None else None
        arns = list(self.policy_arns)
        return checked_overlay(read_only=self.read_only, allow=allow, policy=policy, arns=arns, flag="allow")


@dataclass
class _SessionOf:
    """Gets the profile's session, each time with new interfaces, so that no key is kept between two renewals."""

    given_profile: str | None
    ask: Callable[[str], str] | None
    narrower: _Narrower
    duration_s: int | None
    source_profile: str | None
    agent: str | None
    region: str | None = None

    def __post_init__(self) -> None:
        self.profile = profile_in_force(self.given_profile, RealInterfaces().environ)

    def __call__(self) -> Session:
        """Return the session, and set `region` to the profile's."""
        interfaces = RealInterfaces(reads_pipe=False, asks_on_stdout=False, given_agent=self.agent, command="python")
        interfaces = interfaces.replaced(came_at=interfaces.now())
        try:
            if self.ask is not None:
                commands = [one for one in interfaces.code_providers if one.name in COMMANDS]
                interfaces = interfaces.replaced(code_providers=[*commands, FunctionProvider(self.ask)])
            with _one_at_a_time:
                overlay = self.narrower.checked()
                source = source_of_roles([self.profile], self.source_profile, interfaces.environ, "source_profile")
                request = RenewalRequest([self.profile], overlay, for_sdk=True, duration_s=self.duration_s)
                request = replace(request, source=source)
                session, plan = hand_over(request, interfaces)
        except AwsMfaError as error:
            if self.ask is None and isinstance(error, NeedsHuman):
                error.hints = (*error.hints[:2], "or have your program ask for it: ask=input")
            # A traceback shows `args`, not hints. It is cut here, because frames further in hold keys.
            error.args = ("\n".join(error.lines),)
            raise error.with_traceback(None) from None
        finally:
            interfaces.close()
        own, region = plan.child_regions(self.profile, interfaces.environ)
        as_a_child = child_environment(own, {}, region, self.profile)
        self.region = as_a_child.get("AWS_REGION") or None
        return session


class ProfileCredentials(RefreshableCredentials):  # type: ignore[misc]  # botocore has no types
    """`RefreshableCredentials` of what `obtain` returns, renewed at 15 minutes left, or half its time if less."""

    def __init__(self, obtain: Callable[[], Session], now: Callable[[], float] = time.time) -> None:
        self._obtain = obtain
        self._now = now
        self._half_s = 0.0
        first = self._renewed()
        super().__init__(
            first["access_key"],
            first["secret_key"],
            first["token"],
            datetime.fromisoformat(first["expiry_time"]),
            refresh_using=self._renewed,
            method=_METHOD,
            time_fetcher=lambda: datetime.fromtimestamp(now(), timezone.utc),
        )

    def refresh_needed(self, refresh_in: float | None = None) -> bool:
        """Whether a renewal is due; botocore calls this before each request."""
        within_s = min(_ADVISORY_S if refresh_in is None else refresh_in, self._half_s)
        return bool(super().refresh_needed(within_s))

    def _renewed(self) -> dict[str, str]:
        session = self._obtain()
        self._half_s = max(0.0, session.expires_at - self._now()) / 2
        return {
            "access_key": session.access_key_id,
            "secret_key": session.secret_access_key.reveal(),
            "token": session.session_token.reveal(),
            "expiry_time": datetime.fromtimestamp(session.expires_at, timezone.utc).isoformat(),
        }


def open_botocore_session(credentials: ProfileCredentials, profile: str) -> BotocoreSession:
    """Return botocore's session with these credentials, and with the profile's settings if the AWS files have it."""
    session = BotocoreSession(session_vars=_PROFILE_OF_NO_VARIABLE)
    if profile in session.available_profiles:
        session = BotocoreSession(session_vars=_PROFILE_OF_NO_VARIABLE, profile=profile)
    session.register_component("credential_provider", CredentialResolver([_Provider(credentials)]))
    return session


class _Provider:
    """The only provider of the session's resolver, so that no other place is searched for keys."""

    METHOD = _METHOD
    CANONICAL_NAME = None

    def __init__(self, credentials: ProfileCredentials) -> None:
        self._credentials = credentials

    def load(self) -> ProfileCredentials:
        return self._credentials
