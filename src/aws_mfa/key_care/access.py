"""
The IAM calls of a profile's user, signed with one MFA session of that user: a command asks for one code at most.

A stored MFA session is enough. A role's profile stands for the user at the beginning of its chain. Refuses a profile
whose own session is a role's, because IAM would answer about the role. `key_access` is for calls about devices: there
may be none yet that could get a session, so the long-term keys sign.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import is_fido
from aws_mfa.aws_values.iam_users import user_name_of
from aws_mfa.config.chains import chain_of
from aws_mfa.errors import BadInput, RefusedByAws
from aws_mfa.handover.hand_over import hand_over, tell
from aws_mfa.renewal.make_plan import check_keys_may_change
from aws_mfa.renewal.users import Users
from aws_mfa.vaults.lookup import KnownProfiles, QuietVault

if TYPE_CHECKING:
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.interfaces import Iam, Interfaces, Sts
    from aws_mfa.model import Identity, LongTermKeys, Session
    from aws_mfa.renewal.request import RenewalRequest
    from aws_mfa.renewal.steps import SourceUser


@dataclass(frozen=True)
class IamAccess:
    """A user, the MFA session that signs their calls, whose it is; `users` reads the long-term keys if one asks."""

    user: SourceUser
    session: Session
    identity: Identity
    iam: Iam
    sts: Sts
    users: Users


@dataclass(frozen=True)
class KeyAccess:
    """
    A user, and who signs their calls: the long-term keys at first. `user.device` is what files or notes name, or "".

    `devices` are all that IAM lists, None if it refuses to; `old` is the one in use, or to be replaced.
    """

    user: SourceUser
    signer: LongTermKeys | Session
    identity: Identity
    iam: Iam
    devices: list[str] | None
    old: str | None = None

    @property
    def name(self) -> str:
        return user_name_of(self.identity.arn)

    @property
    def with_codes(self) -> list[str]:
        """The user's devices that show codes; the known one if IAM lists none."""
        known = [self.user.device] if self.user.device else []
        return known if self.devices is None else [one for one in self.devices if not is_fido(one)]


def user_of_keys(profile: str, request: RenewalRequest, interfaces: Interfaces) -> tuple[SourceUser, Users]:
    """The user at the beginning of the profile's chain; calls no AWS, which may refuse the keys."""
    known, found = KnownProfiles(interfaces), dict[str, "str | AwsMfaError"]()
    known.check()
    for file in (interfaces.config, interfaces.credentials):
        file.check_trusted()
    users = Users(interfaces, known, replace(request, devices=found))
    in_vault = users.quiet_vault.has_keys
    chain = chain_of(profile, known.profiles, keys_stored=known.has_noted_keys, in_vault=in_vault)
    chain = chain_of(chain.user.name, known.profiles, keys_stored=known.has_noted_keys, in_vault=in_vault)
    check_keys_may_change((profile, users.section_of(chain.user)), interfaces)
    found[users.section_of(chain.user)] = ""  # so that none is looked up
    return users.user_of(chain), users


def key_access(profile: str, request: RenewalRequest, interfaces: Interfaces) -> KeyAccess:
    """The user by the long-term keys: needs no code and no device."""
    user, users = user_of_keys(profile, request, interfaces)
    keys = users.keys_of(user.section)
    tell(users.notices, interfaces)
    identity = interfaces.sts(user.region, user.endpoints).get_caller_identity(keys)
    iam, devices = interfaces.iam(user.region, user.endpoints), None
    with suppress(RefusedByAws):
        devices = iam.list_mfa_devices(keys)
    return KeyAccess(user, keys, identity, iam, devices)


def iam_access(profile: str, request: RenewalRequest, interfaces: Interfaces) -> IamAccess:
    """Get the user's MFA session, asking for a code if none is stored; raises what `hand_over` raises."""
    known = KnownProfiles(interfaces)
    in_vault = QuietVault(interfaces, request.vault, use_keychain=request.use_keychain).has_keys
    name = chain_of(profile, known.profiles, keys_stored=known.has_noted_keys, in_vault=in_vault).user.name
    check_keys_may_change((profile, name), interfaces)
    session, plan = hand_over(replace(request, profiles=[name]), interfaces)
    if plan.chains[name].role_chain:
        raise BadInput(
            f"{name} has a role and keys of its own: its session is the role's, not the user's",
            "give the keys a profile of their own, and name it in source_profile",
        )
    user = plan.of_profile[name].user
    sts, iam = interfaces.sts(user.region, user.endpoints), interfaces.iam(user.region, user.endpoints)
    return IamAccess(user, session, sts.get_caller_identity(session), iam, sts, plan.users)
