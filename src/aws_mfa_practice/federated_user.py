"""The principal of a session of `GetFederationToken`: a user's own permissions, narrowed, under a name of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_mfa_practice.account import Account, User


@dataclass(frozen=True)
class FederatedUser:
    """The principal that a user created under `name`."""

    user: User
    name: str

    @property
    def account(self) -> Account:
        """The user's account."""
        return self.user.account

    @property
    def arn(self) -> str:
        """The ARN that `GetCallerIdentity` shows."""
        return self.account.arn(f"federated-user/{self.name}", service="sts")

    @property
    def user_id(self) -> str:
        """The account and the name."""
        return f"{self.account.account_id}:{self.name}"
