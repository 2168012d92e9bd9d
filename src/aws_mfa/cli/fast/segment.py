"""
`aws-mfa status --prompt`: the profile in force and how long its session is still good, for a shell's prompt.

Looks at this shell's variables, the profile's section of the credentials file, the clear parts of sessions stored under
the profile's labels. Prints nothing in any trouble: it would spoil each prompt. Plans nothing, so it may show a session
that new settings no longer fit. On the hot path: each place loads its own modules.
"""

from __future__ import annotations

import os
import time

from aws_mfa.aws_values.text import parse_moment, shown_text
from aws_mfa.errors import AwsMfaError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHUNK, _LARGEST_SECTION = 64 * 1024, 1024 * 1024
_MARK_LENGTH = 12  # of the hash at the end of a stored name


def segment(environ: Mapping[str, str]) -> str:
    """`prod 3h12m`, `prod 45m`, `prod <1m`, `prod expired`; `prod` beside an endpoint; "" without a session."""
    of_shell, now = environ.get("AWS_MFA_PROFILE"), time.time()
    profile = of_shell or environ.get("AWS_PROFILE")
    if not profile:
        return ""
    try:
        if of_shell:
            ends_at = parse_moment(environ.get("AWS_CREDENTIAL_EXPIRATION", ""))
        else:
            ends_at = _in_file(profile, environ)
            if ends_at is None or ends_at <= now:
                ends_at = max(_in_stores(profile, environ), default=ends_at)
    except (AwsMfaError, OSError, ValueError, MemoryError):
        return ""
    if ends_at is None:
        return shown_text(profile) if of_shell else ""
    hours, minutes = divmod(int(ends_at - now) // 60, 60)
    left = f"{hours}h{minutes:02d}m" if hours else f"{minutes}m" if minutes else "<1m"
    return f"{shown_text(profile)} {left if ends_at > now else 'expired'}"


def _in_file(profile: str, environ: Mapping[str, str]) -> float | None:
    """
    When the session in the profile's section ends; reads to the end of that section, and keeps nothing else.

    None too for a section that is larger than any session's: each prompt would wait until it is parsed.
    """
    from aws_mfa.config.ini import section_values

    path = os.path.expanduser(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")
    header, data, start = f"\n[{profile}]".encode(), b"\n", -1
    with open(path if os.path.isfile(path) else os.devnull, "rb", buffering=0) as file:
        while len(data) < _LARGEST_SECTION:
            chunk = file.read(_CHUNK)
            data += chunk
            start = data.find(header)
            data = data[start:] if start >= 0 else data[-len(header) :]
            if not chunk or (start >= 0 and b"\n[" in data[1:]):
                break
        else:
            return None
    text = data[1:].partition(b"\n[")[0].decode() if start >= 0 else ""
    return parse_moment((section_values(text, profile) or {}).get("expiration", ""))


def _in_stores(profile: str, environ: Mapping[str, str]) -> Iterator[float]:
    from aws_mfa.config.sections import default_long_term
    from aws_mfa.sessions.entry import head_in
    from aws_mfa.sessions.places import file_name, mfa_label, shortened, stores_to_read
    from aws_mfa.system.ownership import Unfit, private_folder, read_private, runtime_folder

    labels = (profile, mfa_label(default_long_term(profile)), mfa_label(profile))
    beginnings = [file_name(f"{shortened(label)}~", "") for label in labels]
    for folder, suffix in stores_to_read(environ, os.path.expanduser("~"), runtime_folder(environ)):
        status, more = private_folder(folder), _MARK_LENGTH + len(suffix)
        for name in os.listdir(folder) if status else ():
            if status and any(name.startswith(one) and len(name) == len(one) + more for one in beginnings):
                try:
                    head = head_in(read_private(f"{folder}{os.sep}{name}", status) or b"")
                except Unfit:
                    head = None
                is_an_agents = head is not None and "\nagent = " in head.inputs_text
                if head is not None and head.expires_at is not None and not is_an_agents:
                    yield head.expires_at
