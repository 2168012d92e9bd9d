"""
The settings of a profile that are read, and under which keys.

Every key may be written with `aws_mfa_` before it, so that SDKs, which would assume the role themselves and ask for a
code each time, do not see it. Only the keys listed here are taken out of a file: no secret is among them. What a value
must look like is for `profile_values`.
"""

from __future__ import annotations

from aws_mfa.config.profile_names import shell_words
from aws_mfa.config.settings import Given

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN = "aws_mfa_"
"""Before a standard key: we read it, SDKs do not."""

OF_THE_ROLE = frozenset(
    [
        "role_arn",
        "source_profile",
        "credential_source",
        "web_identity_token_file",
        "mfa_serial",
        "external_id",
        "role_session_name",
        "duration_seconds",
        "session_tags",
        "transitive_session_tags",
        "source_identity",
    ]
)
KEYS = OF_THE_ROLE | frozenset(
    [
        "region",
        "sts_regional_endpoints",
        "ca_bundle",
        "endpoint_url",
        "services",
        "ignore_configured_endpoint_urls",
        "use_fips_endpoint",
        "use_dualstack_endpoint",
        "include_profile",
        "mfa_process",
        "sso_session",
        "sso_start_url",
    ]
)
CREDENTIAL_PROCESS = "credential_process"
"""Addressed to SDKs: it cannot be hidden."""

NOT_INHERITED = frozenset(("include_profile", CREDENTIAL_PROCESS))
_CLASSIC_DEVICE = "aws_mfa_device"


def settings_of(*sections: tuple[Mapping[str, str], str]) -> dict[str, Given]:
    """
    Take the settings out of a profile's sections, each with its place for messages (`~/.aws/config [profile work]`).

    A later section wins, a hidden key wins over a plain one of any section. Plain keys may be empty, as in the file.
    """
    plain: dict[str, Given] = {}
    hidden: dict[str, Given] = {}
    for values, place in sections:
        for key, value in values.items():
            if key in KEYS or key == CREDENTIAL_PROCESS:
                plain[key] = Given(value, f"{key} in {place}")
            elif value and key.startswith(HIDDEN) and key[len(HIDDEN) :] in KEYS:
                hidden[key[len(HIDDEN) :]] = Given(value, f"{key} in {place}")
    plain.update(hidden)
    return plain


def classic_device(values: Mapping[str, str], place: str) -> Given | None:
    """`aws_mfa_device` of the classic form: a device where no `mfa_serial` is given."""
    device = values.get(_CLASSIC_DEVICE)
    return Given(device, f"{_CLASSIC_DEVICE} in {place}") if device else None


def is_our_credential_process(command: str, profile: str) -> bool:
    """Whether the command is `aws-mfa credential-process PROFILE` for this very profile, with or without a path."""
    words = shell_words(command.replace("\\", "/") if _is_windows_path(command) else command) or []
    program = words[0].rpartition("/")[2] if words else ""
    rest = [word for word in words[2:] if word not in ("--no-input", "--")]
    is_ours = program.removesuffix(".exe") == "aws-mfa" and words[1:2] == ["credential-process"]
    return is_ours and rest == [profile]


def _is_windows_path(command: str) -> bool:
    return ":\\" in command[:4] or ".exe" in command


def nested_block(value: str) -> dict[str, str] | None:
    """Keys and values of an indented block as botocore reads it; None for what is none."""
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    if not value.startswith("\n") or not all("=" in line for line in lines):
        return None
    parts = (line.partition("=") for line in lines)
    return {key.strip(): text.strip() for key, _, text in parts}
