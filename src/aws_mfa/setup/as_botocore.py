"""
How botocore would get credentials for a profile of two AWS files, given as texts; sends nothing.

Source: botocore's `credentials.py` (`create_credential_resolver`, `AssumeRoleProvider`).
"""

from __future__ import annotations

from aws_mfa.config.index import SectionIndex
from aws_mfa.config.profile_names import profile_headers
from aws_mfa.config.profile_settings import CREDENTIAL_PROCESS

KEYS, PROCESS, OTHER_SIGN_IN = "keys", "credential_process", "another sign-in"
_KEY_ID, _SECRET = "aws_access_key_id", "aws_secret_access_key"
_OTHER_SIGN_INS = ("web_identity_token_file", "sso_session", "sso_start_url", "login_session")


class AsBotocore:
    """The profiles of both texts as botocore merges them."""

    def __init__(self, config: str, credentials: str) -> None:
        of_config, of_credentials = SectionIndex(config, "config"), SectionIndex(credentials, "credentials")
        headers = profile_headers(of_config.headers())
        self._config = {name: of_config.values(header) or {} for name, header in headers.items()}
        self._credentials = {name: of_credentials.values(name) or {} for name in of_credentials.headers()}
        names = dict.fromkeys((*self._config, *self._credentials))
        self._merged = {name: {**self._config.get(name, {}), **self._credentials.get(name, {})} for name in names}

    def roles(self) -> list[str]:
        """The profiles for which botocore assumes a role."""
        return [name for name, values in self._merged.items() if "role_arn" in values]

    def signer(self, name: str, *, children: tuple[str, ...] = ()) -> str | None:
        """What signs for the profile: a constant above, or None; `children`: the roles that led here."""
        values = self._merged.get(name, {})
        has_keys = _KEY_ID in values or _SECRET in values
        is_role = "role_arn" in values and "web_identity_token_file" not in values
        source = values.get("source_profile")
        is_own_source = source == name and has_keys and "credential_source" not in values
        if not is_role or (children and has_keys) or is_own_source:
            return self._own_signer(name)
        if "credential_source" in values:
            return OTHER_SIGN_IN if source is None else None
        if source is None or source in (name, *children):
            return None
        return self.signer(source, children=(*children, name))

    def sources(self, name: str) -> list[str]:
        """The profiles that `source_profile` leads to, the nearest first."""
        found: list[str] = []
        while (source := self._merged.get(name, {}).get("source_profile")) and source not in found:
            found.append(source)
            name = source
        return found

    def _own_signer(self, name: str) -> str | None:
        values, of_credentials = self._merged.get(name, {}), self._credentials.get(name, {})
        if any(key in values for key in _OTHER_SIGN_INS):
            return OTHER_SIGN_IN
        if CREDENTIAL_PROCESS in values and _KEY_ID not in of_credentials:
            return PROCESS
        keys = of_credentials if _KEY_ID in of_credentials else self._config.get(name, {})
        return KEYS if _KEY_ID in keys and _SECRET in keys else None


def roles_lost(before: AsBotocore, after: AsBotocore) -> list[str]:
    """The profiles with a role that botocore could get before and cannot get after."""
    return [name for name in before.roles() if before.signer(name) and not after.signer(name)]
