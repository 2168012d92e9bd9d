"""The world: all accounts and all sessions ever issued; the only place where keys and roles are looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_mfa_practice.account import Account, Role
    from aws_mfa_practice.keys import LongTermKeys, Session
    from aws_mfa_practice.sign_in import SignInToken


@dataclass
class World:
    """The state that all services share; each service finds the signer of a request here."""

    accounts: list[Account] = field(default_factory=list)
    sessions: dict[str, Session] = field(default_factory=dict)
    sign_in_tokens: dict[str, SignInToken] = field(default_factory=dict)

    def keys(self, access_key_id: str) -> LongTermKeys | Session | None:
        """The keys or session with this key id."""
        users = (user for account in self.accounts for user in account.users)
        long_term = (keys for user in users for keys in user.all_keys if keys.access_key_id == access_key_id)
        return self.sessions.get(access_key_id) or next(long_term, None)

    def role(self, arn: str) -> Role | None:
        """The role of this ARN, in any account."""
        return next((role for account in self.accounts for role in account.roles if role.arn == arn), None)

    def issue(self, session: Session) -> Session:
        """Record a session."""
        self.sessions[session.access_key_id] = session
        return session
