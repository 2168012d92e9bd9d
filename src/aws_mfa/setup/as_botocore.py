"""
How botocore would get credentials for a profile of two AWS files, given as texts: so that an edit can be compared.

Follows botocore's order: a role, then keys in the credentials file, a `credential_process`, keys in the config file;
SSO and web identity count as ways to sign in. Sends nothing, and cannot tell whether AWS would accept the credentials.

Source: botocore's `credentials.py` (`create_credential_resolver`, `AssumeRoleProvider`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.config.index import SectionIndex
from aws_mfa.config.profile_names import profile_headers
from aws_mfa.config.profile_settings import CREDENTIAL_PROCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS, PROCESS, OTHER_SIGN_IN = "keys", "credential_process", "another sign-in"
_KEY_ID, _SECRET = "aws_access_key_id", "aws_secret_access_key"
_OTHER_SIGN_INS = ("web_identity_token_file", "sso_session", "sso_start_url", "login_session")


class AsBotocore:
    """The profiles of both texts as botocore merges them."""

    def __init__(self, config: str, credentials: str) -> None:
        self._config = SectionIndex(config, "config")
        self._credentials = SectionIndex(credentials, "credentials")
        self._headers = profile_headers(self._config.headers())

    def roles(self) -> list[str]:
        """The profiles for which botocore assumes a role."""
        names = dict.fromkeys((*self._headers, *self._credentials.headers()))
        return [name for name in names if "role_arn" in (self._values(name) or {})]

    def signer(self, name: str, *, children: tuple[str, ...] = ()) -> str | None:
        """
        What signs for the profile in the end: one of the constants above; None if botocore would find nothing.

        `children` are the roles that led here by their `source_profile`.
        """
        values = self._values(name)
        if values is None:
            return None
        has_keys = _KEY_ID in values or _SECRET in values
        is_role = "role_arn" in values and "web_identity_token_file" not in values
        if not is_role or (children and has_keys):
            return self._own_signer(name, values)
        source = values.get("source_profile")
        if "credential_source" in values:
            return OTHER_SIGN_IN if source is None else None
        if source == name and has_keys:
            return self._own_signer(name, values)
        if source is None or source in (name, *children):
            return None
        return self.signer(source, children=(*children, name))

    def sources(self, name: str) -> list[str]:
        """The profiles that `source_profile` leads to, the nearest first."""
        found: list[str] = []
        while (source := (self._values(name) or {}).get("source_profile")) and source not in found:
            found.append(source)
            name = source
        return found

    def _own_signer(self, name: str, values: Mapping[str, str]) -> str | None:
        if any(key in values for key in _OTHER_SIGN_INS):
            return OTHER_SIGN_IN
        of_config = self._config.values(self._headers.get(name, "")) or {}
        for keys in (self._credentials.values(name) or {}, of_config):
            if keys is of_config and CREDENTIAL_PROCESS in values:
                return PROCESS
            if _KEY_ID in keys:
                return KEYS if _SECRET in keys else None
        return None

    def _values(self, name: str) -> dict[str, str] | None:
        of_config = self._config.values(self._headers[name]) if name in self._headers else None
        of_credentials = self._credentials.values(name)
        if of_config is None and of_credentials is None:
            return None
        return {**(of_config or {}), **(of_credentials or {})}


def roles_lost(before: AsBotocore, after: AsBotocore) -> list[str]:
    """The profiles with a role that botocore could get before and cannot get after."""
    return [name for name in before.roles() if before.signer(name) and not after.signer(name)]
