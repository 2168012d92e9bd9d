"""
Accounts: users, roles, devices. Tests set them up; nothing here answers requests.

There is no policy language: a role trusts the principals it was created with.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_mfa_practice.keys import LongTermKeys, invent_id
from aws_mfa_practice.partitions import IAM_REGIONS
from aws_mfa_practice.totp import Device, FidoDevice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_mfa_practice.moments import Clock

# Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
SHORTEST_MAX_SESSION_S = 3600
LONGEST_MAX_SESSION_S = 43200


@dataclass(eq=False)
class User:
    """
    An IAM user, or root; a new user has one pair of long-term keys and no device.

    IAM denies them the operations in `denied` (`iam:CreateAccessKey`), and without MFA those in `needs_mfa`.
    """

    account: Account = field(repr=False)
    name: str
    arn: str
    user_id: str
    is_root: bool = False
    may_list_devices: bool = True
    may_federate: bool = True
    denied: set[str] = field(default_factory=set)
    needs_mfa: set[str] = field(default_factory=set)
    created_at: float = 0.0
    all_keys: list[LongTermKeys] = field(default_factory=list)
    devices: list[Device | FidoDevice] = field(default_factory=list)

    @property
    def keys(self) -> LongTermKeys:
        """The first pair of long-term keys."""
        return self.all_keys[0]

    def add_keys(self) -> LongTermKeys:
        """Add a pair of long-term keys that works at once, and return it; IAM allows two."""
        keys = LongTermKeys(self, created_at=self.account.clock())
        self.all_keys.append(keys)
        return keys

    def add_device(self, serial: str | None = None) -> Device:
        """A phone (its ARN is made up), or a device with the serial given: an ARN or a hardware token's number."""
        if serial is None:
            path = "root-account-mfa-device" if self.is_root else self.name
            ordinal = f"-{len(self.devices) + 1}" if self.devices else ""
            serial = self.account.arn(f"mfa/{path}{ordinal}")
        device = Device(serial, self.account.clock, self.account.clock())
        self.devices.append(device)
        return device

    def add_fido_device(self) -> FidoDevice:
        """A security key or passkey: only IAM's list shows it."""
        owner = "root-account" if self.is_root else f"user/{self.name}"
        device = FidoDevice(self.account.arn(f"u2f/{owner}/{invent_id('KEY-')}"), self.account.clock())
        self.devices.append(device)
        return device


@dataclass(eq=False)
class Role:
    """
    A role, and the parts of its trust policy that matter to MFA tools.

    `needs_tags` are keys without which it cannot be assumed, in the case given; with `takes_tags` or
    `takes_source_identity` off, its trust policy lacks `sts:TagSession` or `sts:SetSourceIdentity`. With
    `max_mfa_age_s` it demands a proof of MFA younger than that (`aws:MultiFactorAuthAge`).
    """

    account: Account = field(repr=False)
    name: str
    arn: str
    trusts: tuple[User | Role | Account, ...] = field(repr=False)
    mfa: bool
    external_id: str | None
    max_session_s: int
    needs_tags: tuple[str, ...] = ()
    needs_source_identity: bool = False
    takes_tags: bool = True
    takes_source_identity: bool = True
    max_mfa_age_s: float | None = None
    role_id: str = field(default_factory=lambda: invent_id("AROA"))


@dataclass(frozen=True)
class AssumedRole:
    """The principal of a role session."""

    role: Role
    session_name: str

    @property
    def account(self) -> Account:
        """The role's account."""
        return self.role.account

    @property
    def arn(self) -> str:
        """The ARN that `GetCallerIdentity` shows; a role's path is not part of it."""
        return self.account.arn(f"assumed-role/{self.role.name}/{self.session_name}", service="sts")

    @property
    def user_id(self) -> str:
        """The role's id and the session's name."""
        return f"{self.role.role_id}:{self.session_name}"


@dataclass(eq=False)
class Account:
    """One AWS account; add a region's name to `disabled_regions` to switch STS off there."""

    clock: Clock
    partition: str = "aws"
    account_id: str = field(default_factory=lambda: f"{secrets.randbelow(10**12):012d}")
    users: list[User] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    disabled_regions: set[str] = field(default_factory=set)
    aliases: list[str] = field(default_factory=list)
    # Virtual devices that were created and are enabled for no user yet.
    unassigned_devices: list[Device] = field(default_factory=list)
    # How long keys that CreateAccessKey made are unknown to every service.
    new_keys_unknown_s: float = 0.0
    # AWS does not say whether a session of GetScopedCredentials still proves MFA.
    scoped_sessions_prove_mfa: bool = True

    def __post_init__(self) -> None:
        if self.partition not in IAM_REGIONS:
            raise ValueError(f"no such partition: {self.partition!r} (there are {', '.join(IAM_REGIONS)})")

    def arn(self, resource: str, service: str = "iam") -> str:
        """The ARN of a resource of this account."""
        return f"arn:{self.partition}:{service}::{self.account_id}:{resource}"

    def add_user(self, name: str, *, path: str = "/") -> User:
        """A new user with one pair of long-term keys."""
        return self._add(User(self, name, self.arn(f"user{path}{name}"), invent_id("AIDA")))

    def add_root(self) -> User:
        """The account's root user with long-term keys of its own."""
        return self._add(User(self, "root", self.arn("root"), self.account_id, is_root=True))

    def add_role(
        self,
        name: str,
        *,
        trusts: User | Role | Account | Iterable[User | Role | Account],
        mfa: bool = False,
        external_id: str | None = None,
        max_session_s: int = SHORTEST_MAX_SESSION_S,
        path: str = "/",
        needs_tags: Iterable[str] = (),
        needs_source_identity: bool = False,
        takes_tags: bool = True,
        takes_source_identity: bool = True,
        max_mfa_age_s: float | None = None,
    ) -> Role:
        """A new role; `trusts` are those who may assume it (an account: all its users and roles)."""
        if not SHORTEST_MAX_SESSION_S <= max_session_s <= LONGEST_MAX_SESSION_S:
            raise ValueError(f"max_session_s is {SHORTEST_MAX_SESSION_S} to {LONGEST_MAX_SESSION_S}")
        trusted = (trusts,) if isinstance(trusts, (User, Role, Account)) else tuple(trusts)
        role = Role(
            self,
            name,
            self.arn(f"role{path}{name}"),
            trusted,
            mfa,
            external_id,
            max_session_s,
            needs_tags=tuple(needs_tags),
            needs_source_identity=needs_source_identity,
            takes_tags=takes_tags,
            takes_source_identity=takes_source_identity,
            max_mfa_age_s=max_mfa_age_s,
        )
        self.roles.append(role)
        return role

    def _add(self, user: User) -> User:
        if any(other.name == user.name for other in self.users):
            raise ValueError(f"there is a user {user.name!r} already")
        user.created_at = self.clock()
        user.add_keys()
        self.users.append(user)
        return user
