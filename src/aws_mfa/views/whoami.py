"""Whose session a profile's is: one GetCallerIdentity signed with it, and the account's alias if IAM names it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa.aws.endpoints import NO_SETTINGS, settings_of_chain
from aws_mfa.aws_values.regions import REGION_VARIABLES, choose_region
from aws_mfa.aws_values.text import parse_moment
from aws_mfa.config.chains import chain_of
from aws_mfa.errors import AwsMfaError, BadProfile
from aws_mfa.handover.environment import SESSION
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.model import Secret, Session
from aws_mfa.vaults.lookup import KnownProfiles

if TYPE_CHECKING:
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.renewal.request import RenewalRequest


@dataclass(frozen=True)
class WhoAmI:
    """`identity` is an ARN, `expires_at` in seconds since the epoch; `role_chain`: a user's profile, ARNs of roles."""

    profile: str
    identity: str
    account: str
    alias: str | None
    expires_at: float | None
    role_chain: tuple[str, ...]


def who_am_i(request: RenewalRequest, interfaces: Interfaces, *, in_shell: bool) -> WhoAmI:
    """`in_shell`: the session of this shell of `exec` or `env`, if it has one, else the request's profile's."""
    environ, endpoints, chain = interfaces.environ, NO_SETTINGS, None
    key_id, secret, token, ends = (environ.get(variable, "") for variable in SESSION)
    if in_shell and token:
        expires_at = parse_moment(ends)
        session = Session(key_id, Secret(secret), Secret(token), expires_at or 0.0)
        with suppress(BadProfile):  # a role's ARN, or a profile that is gone
            known = KnownProfiles(interfaces)
            chain = chain_of(request.profile, known.profiles, keys_stored=known.has_noted_keys)
            endpoints = settings_of_chain(chain)
        region = choose_region([(name, environ.get(name)) for name in REGION_VARIABLES], partition=None).name
    else:
        session, plan = hand_over(request, interfaces)
        chain, user = plan.chains[request.profile], plan.of_profile[request.profile].user
        region, endpoints, expires_at = user.region, user.endpoints, session.expires_at
    identity, alias = interfaces.sts(region, endpoints).get_caller_identity(session), None
    with suppress(AwsMfaError):
        alias = interfaces.iam(region, endpoints).account_alias(session)
    role_chain = (chain.user.name, *(role.role_arn or "" for role in chain.role_chain)) if chain else ()
    return WhoAmI(request.profile, identity.arn, identity.account, alias, expires_at, role_chain)
