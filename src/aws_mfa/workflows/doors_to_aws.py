"""The doors to AWS, as Protocols: STS, IAM and the console's sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aws_mfa.rules.endpoints import NO_SETTINGS

if TYPE_CHECKING:
    from aws_mfa.model import Identity, LongTermKeys, Secret, Session, SessionRequest
    from aws_mfa.rules.endpoints import EndpointSettings


class Sts(Protocol):
    """AWS STS for one region: a refusal is a `RefusedByAws`, no answer `AwsUnreachable`; no code is sent twice."""

    def get_session_token(self, keys: LongTermKeys, request: SessionRequest, code: str) -> Session:
        """Call `GetSessionToken`: an MFA session."""

    def assume_role(self, keys: LongTermKeys | Session, request: SessionRequest, code: str | None) -> Session:
        """Call `AssumeRole`: with the long-term keys and a code, or with a session, which needs none."""

    def get_federation_token(
        self, keys: LongTermKeys, name: str, duration_s: int, *, policy: str | None, policy_arns: tuple[str, ...]
    ) -> Session:
        """Call `GetFederationToken`: the user's own permissions narrowed by the policies, without proof of MFA."""

    def get_caller_identity(self, keys: LongTermKeys | Session) -> Identity:
        """Who these keys belong to; needs no permission, so it checks keys, clock and network."""


class Iam(Protocol):
    """AWS IAM, as far as a user may ask about himself."""

    def list_mfa_devices(self, keys: LongTermKeys) -> list[str]:
        """Serial numbers (ARNs) of the caller's own MFA devices, FIDO and passkeys included."""


class SignIn(Protocol):
    """The sign-in of the AWS console in one region."""

    def token(self, session: Session) -> Secret:
        """Exchange a session, which must not be an MFA session, for a token that signs in within 15 minutes."""


class Aws(Protocol):
    """AWS, region by region."""

    def sts(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> Sts:
        """
        STS in the region; the same one each time, with its connections kept.

        `endpoints` is what the config file says; variables come before it, here and below.
        """

    def iam(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> Iam:
        """IAM of the region's partition."""

    def sign_in(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> SignIn:
        """The console's sign-in in the region."""
