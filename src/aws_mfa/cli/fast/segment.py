"""
`aws-mfa status --prompt`: the profile in force and how long its session is still good, for a shell's prompt.

Looks at the variables of this shell, then at the profile's section of the credentials file, then at what is no secret
of the sessions stored under the profile's labels. Prints nothing if there is none, or in any trouble: an error would
spoil each prompt. Plans nothing, so it may show a session that new settings no longer fit. On the hot path: each place
loads its own modules.
"""

from __future__ import annotations

import os
import time

from aws_mfa.aws_values.text import parse_moment, shown_text
from aws_mfa.errors import AwsMfaError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHUNK = 64 * 1024
_MARK_LENGTH = 12  # of the hash at the end of a stored name


def segment(environ: Mapping[str, str]) -> str:
    """`prod 3h12m`, `prod 45m`, `prod <1m`, `prod expired`; `prod` beside an endpoint; "" without a session."""
    profile = environ.get("AWS_MFA_PROFILE") or environ.get("AWS_PROFILE")
    if not profile:
        return ""
    try:
        ends_at = _end(profile, environ)
    except (AwsMfaError, OSError, ValueError, MemoryError):
        return ""
    if ends_at is None:
        return shown_text(profile) if environ.get("AWS_MFA_PROFILE") else ""
    left_s = ends_at - time.time()
    hours, minutes = divmod(int(left_s) // 60, 60)
    left = f"{hours}h{minutes:02d}m" if hours else f"{minutes}m" if minutes else "<1m"
    return f"{shown_text(profile)} {left if left_s > 0 else 'expired'}"


def _end(profile: str, environ: Mapping[str, str]) -> float | None:
    if environ.get("AWS_MFA_PROFILE"):
        return parse_moment(environ.get("AWS_CREDENTIAL_EXPIRATION", ""))
    in_file = _in_file(profile, os.path.expanduser(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"))
    if in_file is not None and in_file > time.time():
        return in_file
    return max(_in_stores(profile, environ), default=in_file)


def _in_file(profile: str, path: str) -> float | None:
    """When the session in the profile's section ends; reads to the end of that section, and keeps nothing else."""
    from aws_mfa.config.ini import section_values

    header, data = f"\n[{profile}]".encode(), b"\n"
    try:
        with open(path, "rb", buffering=0) as file:
            while (start := data.find(header)) < 0 or data.find(b"\n[", start + 1) < 0:
                chunk = file.read(_CHUNK)
                if not chunk:
                    break
                data = (data[-len(header) :] if start < 0 else data[start:]) + chunk
    except FileNotFoundError:
        return None
    if start < 0:
        return None
    text = data[start + 1 :].partition(b"\n[")[0].decode()
    return parse_moment((section_values(text, profile) or {}).get("expiration", ""))


def _in_stores(profile: str, environ: Mapping[str, str]) -> Iterator[float]:
    """When the sessions stored under the profile's labels end."""
    from aws_mfa.config.sections import default_long_term
    from aws_mfa.sessions.entry import head_in
    from aws_mfa.sessions.fast_lookup import stores_to_read
    from aws_mfa.sessions.places import file_name, mfa_label, shortened
    from aws_mfa.system.ownership import private_folder, read_private

    labels = (profile, mfa_label(default_long_term(profile)), mfa_label(profile))
    beginnings = [file_name(f"{shortened(label)}~", "") for label in labels]
    for folder, suffix in stores_to_read(environ):
        status, more = private_folder(folder), _MARK_LENGTH + len(suffix)
        for name in os.listdir(folder) if status else ():
            if status and any(name.startswith(one) and len(name) == len(one) + more for one in beginnings):
                head = head_in(read_private(f"{folder}{os.sep}{name}", status) or b"")
                if head is not None and head.expires_at is not None:
                    yield head.expires_at
