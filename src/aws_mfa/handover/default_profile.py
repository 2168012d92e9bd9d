"""
Whether the profile `default` would be taken for credentials before an endpoint is asked.

SDKs look for a container endpoint last: after the section `default` of either file, whatever the environment says of
the endpoint. A child that is to use it must not see such a file. Order: botocore/credentials.py
`create_credential_resolver`; the SDKs for Go and JavaScript have the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.config.ini import section_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CREDENTIALS_FILE, CONFIG_FILE = "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"
_SECTIONS = ("default", "profile default")
_GIVE_CREDENTIALS = (
    "aws_access_key_id",
    "role_arn",
    "credential_process",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "sso_account_id",
    "login_session",
)


def files_in_the_way(credentials_text: str, config_text: str) -> list[str]:
    """Return the variables that name a file whose `default` gives credentials."""
    texts = {CREDENTIALS_FILE: credentials_text, CONFIG_FILE: config_text}
    return [name for name, text in texts.items() if any(_gives_credentials(found) for found in _defaults(text))]


def _defaults(text: str) -> Iterator[Mapping[str, str]]:
    for name in _SECTIONS:
        yield section_values(text, name) or {}


def _gives_credentials(section: Mapping[str, str]) -> bool:
    return any(section.get(key) for key in _GIVE_CREDENTIALS)
