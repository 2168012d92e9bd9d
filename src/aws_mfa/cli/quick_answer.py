"""
"The session is still good", answered without the heavy rooms: most runs end here.

Knows the commonest spellings of the classic flags and nothing else; uses the same rules as the full path, and in any
doubt answers None, so that the full path speaks. Reads two files, writes none, sends nothing, asks nobody.
"""

from __future__ import annotations

import os
import time

from aws_mfa.cli.classic_messages import LEVELS, shown, still_valid, validating
from aws_mfa.errors import AwsMfaError
from aws_mfa.rules.classic_settings import role_in_force
from aws_mfa.rules.freshness import Fresh, judge
from aws_mfa.rules.ini_text import check_if_small, section_values
from aws_mfa.rules.section_names import profile_in_force, section_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_READ_WHOLE = 256 * 1024
_CHUNK = 32 * 1024
_VAULTS = ("keychain", "age", "file")

# Spelling -> name; an abbreviation is a doubt.
_WITH_VALUE = {
    "--device": "device",
    "--duration": "duration",
    "--profile": "profile",
    "--long-term-suffix": "long_suffix",
    "--long-suffix": "long_suffix",
    "--short-term-suffix": "short_suffix",
    "--short-suffix": "short_suffix",
    "--assume-role": "role",
    "--assume": "role",
    "--role-session-name": "session_name",
    "--log-level": "log_level",
    "--vault": "vault",
}


def quick_answer(argv: list[str], environ: Mapping[str, str]) -> str | None:
    """Return the lines of the classic form where its session is still good, None in any doubt."""
    flags = _flags(argv)
    if flags is None or not _settings_are_plain(flags, environ):
        return None
    try:
        return _answer(flags, environ)
    except (AwsMfaError, OSError, UnicodeError, ValueError):
        return None


def _answer(flags: dict[str, str], environ: Mapping[str, str]) -> str | None:
    profile = profile_in_force(flags.get("profile"), environ)
    long_name, short_name = section_names(profile, flags.get("long_suffix"), flags.get("short_suffix"))
    text = _credentials_text(environ, (long_name, short_name))
    if text is None or "[DEFAULT]" in text:
        return None
    long_term = section_values(text, long_name) or {}
    if not _has_keys(long_term) and not _are_noted(long_name, flags, environ):
        return None
    role = role_in_force(flags.get("role"), environ, long_term, long_name)
    role_arn = role.value if role else None
    verdict = judge(section_values(text, short_name), role_arn=role_arn, now=time.time())
    if not isinstance(verdict, Fresh):
        return None
    lines = [*validating(profile, short_name, role_arn), still_valid(verdict)]
    return shown(lines, flags.get("log_level", "DEBUG"))


def _flags(argv: list[str]) -> dict[str, str] | None:
    flags: dict[str, str] = {}
    words = iter(argv)
    for word in words:
        if word == "--no-keychain":
            flags["no_keychain"] = "file"
            continue
        spelling, equals, value = word.partition("=")
        name = _WITH_VALUE.get(spelling)
        if name is None:
            return None
        if not equals:
            value = next(words, "-")
            if value.startswith("-"):
                return None
        flags[name] = value
    return flags


def _settings_are_plain(flags: dict[str, str], environ: Mapping[str, str]) -> bool:
    """Whether nothing here could be a usage error."""
    numbers = (flags.get("duration", "0"), environ.get("MFA_STS_DURATION") or "0")
    vault = flags.get("vault", "file")
    return (
        all(number.isdigit() and number.isascii() for number in numbers)
        and flags.get("log_level", "INFO") in LEVELS
        and vault in _VAULTS
        and (environ.get("AWS_MFA_VAULT") or "file") in _VAULTS
        and not ("no_keychain" in flags and vault != "file")
    )


def _credentials_text(environ: Mapping[str, str], names: tuple[str, str]) -> str | None:
    """Return the file's text, of a large one the parts that matter; None where its mode must be repaired."""
    path = os.path.expanduser(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")
    with open(path, "rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if os.name == "posix" and status.st_mode & 0o077:
            return None
        if status.st_size <= _READ_WHOLE:
            text = file.read().decode()
            check_if_small(text)
            return text
        headers = [f"[{name}]".encode() for name in (*names, "DEFAULT")]
        return _excerpt(iter(lambda: file.read(_CHUNK), b""), headers).decode()


def _excerpt(chunks: Iterator[bytes], headers: list[bytes]) -> bytes:
    """Whole lines around each mention of a header, and as many behind: the memory of a chunk, not of the file."""
    kept: list[bytes] = []
    rest, keep_next = b"", False
    for chunk in chunks:
        lines_end = chunk.rfind(b"\n") + 1
        lines, rest = rest + chunk[:lines_end], chunk[lines_end:] if lines_end else rest + chunk
        found = any(header in lines for header in headers)
        if found or keep_next:
            kept.append(lines)
        keep_next = found
    return b"".join((*kept, rest))


def _has_keys(long_term: Mapping[str, str]) -> bool:
    return bool(long_term.get("aws_access_key_id") and long_term.get("aws_secret_access_key"))


def _are_noted(long_name: str, flags: dict[str, str], environ: Mapping[str, str]) -> bool:
    """Whether set-up or import noted that a vault holds the keys, so that it need not be asked."""
    if "vault" in flags or "no_keychain" in flags or environ.get("AWS_MFA_VAULT"):
        return False
    with open(os.path.expanduser("~/.aws/mfa/known-keys"), "rb", buffering=0) as file:
        return bool(section_values(file.read().decode(), long_name))
