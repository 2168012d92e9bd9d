"""
Callers: finds the principal that signed a request.

Order of the checks: scope and moment of the signature, the key, the signature itself, the session token,
the partition, the region. So a wrong key id is reported before a wrong secret, as AWS does.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa_practice.keys import LastUse, LongTermKeys, Session
from aws_mfa_practice.partitions import IAM_REGIONS, partition_of
from aws_mfa_practice.refusals import bad_signature, expired_token, region_disabled, unknown_token
from aws_mfa_practice.signatures import check_moment, check_scope, check_signature

if TYPE_CHECKING:
    from aws_mfa_practice.account import Account
    from aws_mfa_practice.keys import Principal
    from aws_mfa_practice.received import Received
    from aws_mfa_practice.signatures import Claim
    from aws_mfa_practice.world import World


@dataclass(frozen=True)
class Caller:
    """The principal that signed, and with what: `session` is None for long-term keys."""

    principal: Principal
    session: Session | None

    @property
    def has_mfa(self) -> bool:
        """Whether the credentials themselves carry the proof of MFA."""
        return self.session is not None and self.session.has_mfa


def authenticate(world: World, received: Received, claim: Claim, service: str, now: float) -> Caller:
    """The signer of a request to `service` at the moment `now`, or a `Refusal`."""
    check_scope(claim, service)
    check_moment(claim, now)
    keys = world.keys(claim.access_key_id)
    if keys is None or (isinstance(keys, LongTermKeys) and not (keys.active and keys.works_from <= now)):
        raise unknown_token()
    check_signature(received, claim, keys.secret_access_key)
    if isinstance(keys, LongTermKeys):
        keys.last_used = LastUse(now, service, claim.region)
    caller = _caller(keys, claim.session_token, now)
    _check_region(caller.principal.account, claim.region, service)
    return caller


def _caller(keys: LongTermKeys | Session, session_token: str | None, now: float) -> Caller:
    if isinstance(keys, LongTermKeys):
        if session_token is not None:
            raise unknown_token()
        return Caller(keys.owner, None)
    if session_token is None or not hmac.compare_digest(session_token.encode(), keys.session_token.encode()):
        raise unknown_token()
    if now >= keys.expires_at:
        raise expired_token()
    return Caller(keys.principal, keys)


def _check_region(account: Account, region: str, service: str) -> None:
    partition = partition_of(region)
    if partition is None:
        raise bad_signature("Credential should be scoped to a valid region.")
    if partition != account.partition:
        # Keys of one partition are unknown in the others.
        raise unknown_token()
    if service == "iam" and region != IAM_REGIONS[partition]:
        raise bad_signature("Credential should be scoped to a valid region.")
    if region in account.disabled_regions:
        raise region_disabled(account.account_id)
