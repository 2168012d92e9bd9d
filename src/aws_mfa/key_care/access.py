"""
The IAM calls of a profile's user, signed with one MFA session of that user: a command asks for one code at most.

A stored MFA session is enough. A role's profile stands for the user at the beginning of its chain. Refuses a profile
whose own session is a role's, because IAM would answer about the role.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aws_mfa.config.chains import chain_of
from aws_mfa.errors import BadInput
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.vaults.lookup import KnownProfiles, QuietVault

if TYPE_CHECKING:
    from aws_mfa.interfaces import Iam, Interfaces, Sts
    from aws_mfa.model import Identity, LongTermKeys, Session
    from aws_mfa.renewal.request import RenewalRequest
    from aws_mfa.renewal.steps import SourceUser
    from aws_mfa.renewal.users import Users


@dataclass(frozen=True)
class IamAccess:
    """A user, the MFA session that signs the user's calls, whose it is, and the services of their partition."""

    user: SourceUser
    session: Session
    identity: Identity
    iam: Iam
    sts: Sts
    users: Users

    def keys(self) -> LongTermKeys:
        """The long-term keys, read when they are needed: a keychain may have to be unlocked."""
        return self.users.keys_of(self.user.section)


def user_profile_of(profile: str, request: RenewalRequest, interfaces: Interfaces) -> str:
    """The profile of the user at the beginning of the chain: the profile itself if it has no role."""
    known = KnownProfiles(interfaces)
    in_vault = QuietVault(interfaces, request.vault, use_keychain=request.use_keychain).has_keys
    return chain_of(profile, known.profiles, keys_stored=known.has_noted_keys, in_vault=in_vault).user.name


def iam_access(profile: str, request: RenewalRequest, interfaces: Interfaces) -> IamAccess:
    """Get the user's MFA session, asking for a code if none is stored; raises what `hand_over` raises."""
    name = user_profile_of(profile, request, interfaces)
    session, plan = hand_over(replace(request, profiles=[name]), interfaces)
    if plan.chains[name].role_chain:
        raise BadInput(
            f"{name} has a role and keys of its own: its session is the role's, not the user's",
            "give the keys a profile of their own, and name it in source_profile",
        )
    user = plan.of_profile[name].user
    sts, iam = interfaces.sts(user.region, user.endpoints), interfaces.iam(user.region, user.endpoints)
    return IamAccess(user, session, sts.get_caller_identity(session), iam, sts, plan.users)
