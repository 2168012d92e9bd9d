"""
Prints the names of profiles for a shell that completes one, without the heavy modules. On the hot path.

The names are found by the functions of the full path, which answers in any doubt.
"""

from __future__ import annotations

import os

from aws_mfa.config.index import SectionIndex
from aws_mfa.config.profile_names import known_names, profile_headers
from aws_mfa.errors import AwsMfaError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def fast_names(environ: Mapping[str, str]) -> str | None:
    """Return the names, one a line, None in any doubt."""
    try:
        config = SectionIndex(_text(environ.get("AWS_CONFIG_FILE") or "~/.aws/config"), "")
        credentials = SectionIndex(_text(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"), "")
        return lines_of(known_names(profile_headers(config.headers()), credentials))
    except (AwsMfaError, OSError, ValueError, MemoryError):
        return None


def lines_of(names: Iterable[str]) -> str:
    """Names that a terminal can show, one a line."""
    return "".join(f"{name}\n" for name in names if name.isprintable())


def _text(path: str) -> str:
    """The text of an AWS file, "" if there is none; `OSError` or `ValueError` for what only the full path reads."""
    path = os.path.expanduser(path)
    if "$" in path or "%" in path or (os.path.lexists(path) and not os.path.isfile(path)):
        raise ValueError
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read().decode()
    except FileNotFoundError:
        return ""
