"""
The calls of STS at one endpoint.

Every refusal is raised as one of our errors, a missing answer as `AwsUnreachable`. Refuses a session that is already
over, that lasts much longer than requested, whose id is not a session's, or that no file could hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws.query import AwsQuery, Call, text_of
from aws_mfa.aws_values.text import parse_moment
from aws_mfa.errors import NotAuthorized
from aws_mfa.model import Identity, Secret, Session
from aws_mfa.sessions.file_section import can_be_stored

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

    from aws_mfa.aws.endpoints import Endpoint
    from aws_mfa.aws.http import AwsHttp
    from aws_mfa.model import LongTermKeys, SessionRequest

_VERSION = "2011-06-15"
_EARLIER_S = 5  # so much must a narrowed session end before the one that signs, by a clock that may differ
_SLACK_S = 900.0  # how far the clocks of AWS and an answer without a date may differ: AWS allows 15 minutes


class AwsSts:
    """STS at one endpoint; safe for threads."""

    def __init__(self, endpoint: Endpoint, http: AwsHttp) -> None:
        self._query = AwsQuery(endpoint, _VERSION, http)

    def get_session_token(self, keys: LongTermKeys, request: SessionRequest, code: str) -> Session:
        return self._session(keys, Call("GetSessionToken", _device_and_code(request, code)))

    def assume_role(self, keys: LongTermKeys | Session, request: SessionRequest, code: str | None) -> Session:
        """The request names role and role session name; its device is sent only together with a code."""
        parameters = {"RoleArn": request.role_arn or "", "RoleSessionName": request.role_session_name or ""}
        if code is None:
            parameters["DurationSeconds"] = str(request.duration_s)
        else:
            parameters |= _device_and_code(request, code)
        for number, (key, value) in enumerate(request.tags, 1):
            parameters[f"Tags.member.{number}.Key"] = key
            parameters[f"Tags.member.{number}.Value"] = value
        for number, key in enumerate(request.transitive_tag_keys, 1):
            parameters[f"TransitiveTagKeys.member.{number}"] = key
        for name, text in (("ExternalId", request.external_id), ("SourceIdentity", request.source_identity)):
            if text:
                parameters[name] = text
        parameters |= _policies(request.policy, request.policy_arns)
        try:
            return self._session(keys, Call("AssumeRole", parameters), request.role_arn)
        except NotAuthorized as refused:
            if request.agent is not None:  # the user alone would have had another name, and perhaps no tags
                named = f"for {request.agent} the role session name is {request.role_session_name}"
                hint = f"{named}: if the trust policy demands another one, the profile can set role_session_name"
                refused.hints = (hint, *refused.hints)
            raise

    def get_scoped_credentials(self, keys: Session, request: SessionRequest, *, left_s: int) -> Session:
        """A session of the same identity as `keys`, of which `left_s` seconds are left: AWS refuses a longer one."""
        parameters = {"ScopedSessionDescription": request.description or "", **_policies(request.policy, ())}
        if not request.is_usual_duration:
            parameters["DurationSeconds"] = str(max(1, min(request.duration_s, left_s - _EARLIER_S)))
        call = Call("GetScopedCredentials", parameters)
        answer, _ = answered = self._query.call(call, keys)
        session = self._session_in(answered, call, request.role_arn, lasts_s=left_s)
        is_other = session.access_key_id != keys.access_key_id and session.expires_at <= keys.expires_at + _EARLIER_S
        if not is_other or (request.policy and text_of(answer, "ScopedPoliciesCount") == "0"):
            raise self._query.unreadable(call)  # it is not narrower than what it was made of
        return session

    def get_federation_token(
        self, keys: LongTermKeys, name: str, duration_s: int, *, policy: str | None, policy_arns: tuple[str, ...]
    ) -> Session:
        parameters = {"Name": name, "DurationSeconds": str(duration_s), **_policies(policy, policy_arns)}
        return self._session(keys, Call("GetFederationToken", parameters))

    def get_caller_identity(self, keys: LongTermKeys | Session) -> Identity:
        call = Call("GetCallerIdentity", {})
        answer, _ = self._query.call(call, keys)
        arn, account, user_id = (text_of(answer, name) for name in ("Arn", "Account", "UserId"))
        if not (arn and account):
            raise self._query.unreadable(call)
        return Identity(arn, account, user_id)

    def clock_ahead_s(self) -> float:
        """By the `Date` of AWS's refusal of a request that is not signed."""
        return self._query.clock_ahead_s(Call("GetCallerIdentity", {}))

    def _session(self, keys: LongTermKeys | Session, call: Call, role_arn: str | None = None) -> Session:
        return self._session_in(self._query.call(call, keys), call, role_arn)

    def _session_in(
        self, answered: tuple[ET.Element, float], call: Call, role_arn: str | None, *, lasts_s: int = 0
    ) -> Session:
        answer, answered_at = answered
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
        key_id, secret, token, expiration = (text_of(answer, name) for name in names)
        expires_at, lasts_s = parse_moment(expiration), int(call.parameters.get("DurationSeconds", lasts_s))
        is_in_time = expires_at is not None and answered_at < expires_at <= answered_at + lasts_s + _SLACK_S
        is_session = key_id.startswith("ASIA") and all(map(can_be_stored, (key_id, secret, token)))
        if expires_at is None or not (is_in_time and is_session):
            raise self._query.unreadable(call)
        return Session(key_id, Secret(secret), Secret(token), expires_at, role_arn)


def _policies(policy: str | None, policy_arns: tuple[str, ...]) -> dict[str, str]:
    parameters = {f"PolicyArns.member.{number}.arn": arn for number, arn in enumerate(policy_arns, 1)}
    return {**parameters, "Policy": policy} if policy else parameters


def _device_and_code(request: SessionRequest, code: str) -> dict[str, str]:
    return {"DurationSeconds": str(request.duration_s), "SerialNumber": request.device, "TokenCode": code}
