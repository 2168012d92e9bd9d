"""
STS, version 2011-06-15: GetSessionToken, AssumeRole, GetFederationToken, GetScopedCredentials, GetCallerIdentity.

A code is checked, and spent, before trust and duration are: a bad request with a good code loses the code.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_mfa_practice import parameters as limits
from aws_mfa_practice import refusals
from aws_mfa_practice.account import AssumedRole, User
from aws_mfa_practice.federated_user import FederatedUser
from aws_mfa_practice.keys import Session, invent_id, invent_secret, invent_session_token
from aws_mfa_practice.moments import expiration
from aws_mfa_practice.session_policies import layer_of
from aws_mfa_practice.session_terms import NO_TERMS, Terms, inherited, read_policy, read_terms, require_policies_of
from aws_mfa_practice.totp import Device

if TYPE_CHECKING:
    from aws_mfa_practice.account import Role
    from aws_mfa_practice.answers import Result
    from aws_mfa_practice.calls import Call
    from aws_mfa_practice.keys import Principal

# Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html, API_AssumeRole.html
# and API_GetFederationToken.html
SESSION_DEFAULT_S = 43200
ROOT_SESSION_LIMIT_S = 3600
ROLE_DEFAULT_S = 3600
CHAINING_LIMIT_S = 3600
MOST_SCOPED_LAYERS = 3

_ROLE_ARN = re.compile(r"arn:[\w-]+:iam::\d{12}:role/\S+")


def get_session_token(call: Call) -> Result:
    """A session of the caller; it carries the proof of MFA when a code came with the call."""
    limits.check(call.parameters, limits.SESSION_DURATION, limits.SERIAL_NUMBER, limits.TOKEN_CODE)
    if call.caller.session is not None:
        raise refusals.access_denied(refusals.SESSION_ASKS_SESSION)
    has_mfa = _code_was_good(call)
    duration_s = _user_duration_s(call, call.caller.principal)
    session = Session(call.caller.principal, int(call.now) + duration_s, has_mfa, issued_at=call.now)
    return {"Credentials": _credentials(call.world.issue(session))}


def assume_role(call: Call) -> Result:
    """A role session, if the role trusts the caller."""
    limits.check(
        call.parameters,
        limits.ROLE_ARN,
        limits.ROLE_SESSION_NAME,
        limits.ROLE_DURATION,
        limits.EXTERNAL_ID,
        limits.SOURCE_IDENTITY,
        limits.TAGS,
        limits.TRANSITIVE_TAG_KEYS,
        limits.POLICY,
        limits.POLICY_ARNS,
        limits.SERIAL_NUMBER,
        limits.TOKEN_CODE,
    )
    terms = read_terms(call.parameters)
    arn = call.parameters["RoleArn"]
    if not _ROLE_ARN.fullmatch(arn):
        raise refusals.invalid(f"{arn} is invalid")
    if isinstance(call.caller.principal, User) and call.caller.principal.is_root:
        raise refusals.access_denied(refusals.ROOT_ASKS_ROLE)
    if isinstance(call.caller.principal, FederatedUser):
        raise refusals.not_authorized(call.caller.principal.arn, "sts:AssumeRole", arn)
    mfa_age_s = 0.0 if _code_was_good(call) else _mfa_age_s(call)
    role = call.world.role(arn)
    if role is None or not _trusts(role, call, terms, mfa_age_s):
        raise refusals.not_authorized(call.caller.principal.arn, "sts:AssumeRole", arn)
    terms = _terms_in_force(role, call, terms)
    principal = AssumedRole(role, call.parameters["RoleSessionName"])
    # A role session carries no proof of MFA, even if a code was sent for it.
    expires_at = int(call.now) + _role_duration_s(call, role)
    session = Session(principal, expires_at, False, terms, call.caller, layers=layer_of(terms))
    return _role_answer(principal, call.world.issue(session))


def get_federation_token(call: Call) -> Result:
    """A session of a federated user, only for long-term keys; no proof of MFA, and no permission without a policy."""
    limits.check(
        call.parameters,
        limits.FEDERATED_NAME,
        limits.SESSION_DURATION,
        limits.TAGS,
        limits.POLICY,
        limits.POLICY_ARNS,
    )
    terms = read_terms(call.parameters)
    user = call.caller.principal
    if call.caller.session is not None or not isinstance(user, User):
        raise refusals.access_denied(refusals.SESSION_ASKS_FEDERATION)
    principal = FederatedUser(user, call.parameters["Name"])
    if not user.may_federate:
        raise refusals.not_authorized(user.arn, "sts:GetFederationToken", principal.arn)
    require_policies_of(user.account, terms)
    terms.require_space()
    expires_at = int(call.now) + _user_duration_s(call, user)
    session = Session(principal, expires_at, False, terms, call.caller, layers=layer_of(terms))
    return {
        "Credentials": _credentials(call.world.issue(session)),
        "FederatedUser": {"FederatedUserId": principal.user_id, "Arn": principal.arn},
        "PackedPolicySize": str(terms.packed_size),
    }


def get_scoped_credentials(call: Call) -> Result:
    """A session of the same identity, narrowed by one more layer of policy, or shorter; never longer."""
    limits.check(call.parameters, limits.POLICY, limits.SCOPED_DURATION, limits.SCOPED_DESCRIPTION)
    session, policy, duration = (
        call.caller.session,
        read_policy(call.parameters),
        call.parameters.get("DurationSeconds"),
    )
    if session is None:
        raise refusals.invalid_subject()
    if policy is None and duration is None:
        raise refusals.invalid("At least one of Policy and DurationSeconds must be specified.")
    expires_at = session.expires_at if duration is None else int(call.now) + int(duration)
    if expires_at > session.expires_at:
        raise refusals.insufficient_lifetime()
    if policy is not None and session.scoped_count == MOST_SCOPED_LAYERS:
        raise refusals.access_denied(f"The session has {MOST_SCOPED_LAYERS} scope-down policies already.")
    Terms(policy=policy).require_space()
    scoped = replace(
        session,
        expires_at=expires_at,
        has_mfa=session.has_mfa and session.principal.account.scoped_sessions_prove_mfa,
        layers=session.layers if policy is None else (*session.layers, (policy,)),
        scoped_count=session.scoped_count + (policy is not None),
        access_key_id=invent_id("ASIA"),
        secret_access_key=invent_secret(),
        session_token=invent_session_token(),
    )
    answer: dict[str, str | Result] = {
        "Credentials": _credentials(call.world.issue(scoped)),
        "SessionInfo": {"ScopedSessionId": scoped.principal.user_id, "Arn": scoped.principal.arn},
        "ScopedPoliciesCount": str(scoped.scoped_count),
    }
    source = {"SourceIdentity": scoped.terms.source_identity} if scoped.terms.source_identity else {}
    return {**answer, **source}


def get_caller_identity(call: Call) -> Result:
    """Who signed."""
    principal = call.caller.principal
    return {"Arn": principal.arn, "UserId": principal.user_id, "Account": principal.account.account_id}


def _user_duration_s(call: Call, principal: Principal) -> int:
    duration_s = int(call.parameters.get("DurationSeconds", SESSION_DEFAULT_S))
    is_root = isinstance(principal, User) and principal.is_root
    return min(duration_s, ROOT_SESSION_LIMIT_S) if is_root else duration_s


def _code_was_good(call: Call) -> bool:
    """Whether a good code came with the call (it is spent then); False without any; a refusal for a bad one."""
    serial, code = call.parameters.get("SerialNumber"), call.parameters.get("TokenCode")
    if serial is None and code is None:
        return False
    if serial is None or code is None:
        raise refusals.access_denied(refusals.HALF_MFA)
    principal = call.caller.principal
    devices = principal.devices if isinstance(principal, User) else []
    device = next((device for device in devices if device.serial == serial), None)
    if not isinstance(device, Device):
        raise refusals.access_denied(refusals.WRONG_DEVICE)
    if not device.accept(code, call.now):
        raise refusals.access_denied(refusals.WRONG_CODE)
    return True


def _mfa_age_s(call: Call) -> float | None:
    """How old the proof of MFA in the caller's session is; None without one."""
    session = call.caller.session
    return call.now - session.issued_at if session is not None and session.has_mfa else None


def _trusts(role: Role, call: Call, terms: Terms, mfa_age_s: float | None) -> bool:
    principal = call.caller.principal
    identity = principal.role if isinstance(principal, AssumedRole) else principal
    if identity not in role.trusts and identity.account not in role.trusts:
        return False
    if role.mfa and mfa_age_s is None:
        return False
    if role.max_mfa_age_s is not None and (mfa_age_s is None or mfa_age_s >= role.max_mfa_age_s):
        return False
    if role.external_id not in (None, call.parameters.get("ExternalId")):
        return False
    calling = call.caller.session.terms if call.caller.session else NO_TERMS
    if role.needs_source_identity and not (terms.source_identity or calling.source_identity):
        return False
    return all(terms.has_tag(key) for key in role.needs_tags)


def _terms_in_force(role: Role, call: Call, terms: Terms) -> Terms:
    """The terms, with those inherited from the calling session, if the role accepts them and they fit."""
    require_policies_of(role.account, terms)
    if call.caller.session is not None:
        terms = inherited(terms, call.caller.session.terms)
    if terms.tags and not role.takes_tags:
        raise refusals.not_authorized(call.caller.principal.arn, "sts:TagSession", role.arn)
    if terms.source_identity and not role.takes_source_identity:
        raise refusals.not_authorized(call.caller.principal.arn, "sts:SetSourceIdentity", role.arn)
    terms.require_space()
    return terms


def _role_duration_s(call: Call, role: Role) -> int:
    duration_s = int(call.parameters.get("DurationSeconds", ROLE_DEFAULT_S))
    if call.caller.session is not None and duration_s > CHAINING_LIMIT_S:
        raise refusals.invalid(refusals.ABOVE_CHAINING_LIMIT)
    if duration_s > role.max_session_s:
        raise refusals.invalid(refusals.ABOVE_ROLE_MAXIMUM)
    return duration_s


def _role_answer(principal: AssumedRole, session: Session) -> Result:
    answer: dict[str, str | Result | list[Result]] = {
        "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
        "Credentials": _credentials(session),
    }
    if session.terms.source_identity:
        answer["SourceIdentity"] = session.terms.source_identity
    if session.terms.packed_size:
        answer["PackedPolicySize"] = str(session.terms.packed_size)
    return answer


def _credentials(session: Session) -> Result:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": expiration(session.expires_at),
    }
