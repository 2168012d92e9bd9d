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
from typing import TYPE_CHECKING

from aws_mfa.aws_values.regions import region_of_child
from aws_mfa.botocore_credentials import ProfileCredentials, open_botocore_session
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.config.section_names import profile_in_force
from aws_mfa.errors import HINT, AwsMfaError, NeedsHuman
from aws_mfa.prompt.providers import COMMANDS
from aws_mfa.prompt.terminal import AskedCaller
from aws_mfa.rules.child_environment import child_environment
from aws_mfa.rules.renewal_request import RenewalRequest
from aws_mfa.rules.session_policies import Overlay, check_policy_arns
from aws_mfa.workflows.hand_over import hand_over

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from boto3.session import Session as Boto3Session

    from aws_mfa.model import Session
    from aws_mfa.rules.session_steps import Plan

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
                commands = [way for way in interfaces.code_providers if way.name in COMMANDS]
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
