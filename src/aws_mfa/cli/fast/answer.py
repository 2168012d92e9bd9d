"""
Prints "your credentials are still valid" without loading the heavy modules: most runs end here. On the hot path.

Knows the commonest spellings of the classic flags and nothing else; uses the same rules as the full path, and returns
None in any doubt, so that the full path answers. Reads two files; writes, sends and asks nothing.
"""

from __future__ import annotations

import os
import stat
import time

from aws_mfa.cli.classic.messages import LEVELS, shown, still_valid, validating
from aws_mfa.cli.start import AGENT_VARIABLES
from aws_mfa.config.ini import check_if_small, section_values
from aws_mfa.config.sections import profile_in_force, section_names
from aws_mfa.config.settings import Sections, duration_in_force, role_in_force
from aws_mfa.errors import AwsMfaError
from aws_mfa.sessions.freshness import Fresh, judge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_READ_WHOLE = 256 * 1024
_CHUNK = 32 * 1024
_BOM = "\ufeff"
_VAULTS = ("keychain", "age", "file")

# Spelling -> name; abbreviations are left to the full path.
_WITH_VALUE = {
    **{f"--{name}": name for name in ("device", "duration", "profile", "role-session-name", "log-level", "vault")},
    **dict.fromkeys(("--long-term-suffix", "--long-suffix"), "long-suffix"),
    **dict.fromkeys(("--short-term-suffix", "--short-suffix"), "short-suffix"),
    **dict.fromkeys(("--assume-role", "--assume"), "role"),
}


def fast_answer(argv: list[str], environ: Mapping[str, str]) -> str | None:
    """Return the lines of the classic form if its session is still good, None in any doubt."""
    flags = _flags(argv)
    if flags is None or any(map(environ.get, AGENT_VARIABLES)) or not _settings_are_plain(flags, environ):
        return None
    try:
        return _answer(flags, environ)
    except (AwsMfaError, OSError, ValueError, MemoryError):
        return None


def _answer(flags: dict[str, str], environ: Mapping[str, str]) -> str | None:
    profile = profile_in_force(flags.get("profile"), environ)
    long_name, short_name = section_names(profile, flags.get("long-suffix"), flags.get("short-suffix"))
    text = _credentials_text(environ, (long_name, short_name))
    if text is None or "[DEFAULT]" in text:
        return None
    long_term = section_values(text, long_name) or {}
    has_keys = long_term.get("aws_access_key_id") and long_term.get("aws_secret_access_key")
    if not has_keys and not _are_noted(long_name, flags, environ):
        return None
    role = role_in_force(flags.get("role"), environ, long_term, long_name)
    role_arn = role.value if role else None
    # Called for what it raises: a bad duration is an error even if nothing is renewed.
    duration_in_force(int(flags.get("duration", 0)), environ, Sections(long_name, long_term, profile, {}), role)
    verdict = judge(section_values(text, short_name), role_arn=role_arn, now=time.time())
    if not isinstance(verdict, Fresh):
        return None
    lines = [*validating(profile, short_name, role_arn, environ), still_valid(verdict)]
    return shown(lines, flags.get("log-level", "DEBUG"))


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
    """Whether none of these can be a usage error."""
    numbers = (flags.get("duration", "0"), environ.get("MFA_STS_DURATION") or "0")
    vault = flags.get("vault", "file")
    return (
        all(number.isdigit() and number.isascii() for number in numbers)
        and flags.get("log-level", "INFO") in LEVELS
        and vault in _VAULTS
        and (environ.get("AWS_MFA_VAULT") or "file") in _VAULTS
        and not ("no_keychain" in flags and vault != "file")
    )


def _credentials_text(environ: Mapping[str, str], names: tuple[str, str]) -> str | None:
    """Return the file's text, of a large one the parts that matter; None in doubt, and if its mode needs repair."""
    path = os.path.expanduser(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")
    if "$" in path or "%" in path:
        return None  # perhaps a variable, which the full path expands
    with open(path, "rb", buffering=0, opener=_open_nonblocking) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or (os.name == "posix" and status.st_mode & 0o077):
            return None
        if status.st_size > _READ_WHOLE:
            return _excerpt(iter(lambda: file.read(_CHUNK), b""), names)
        text = file.read().decode()
    check_if_small(text)
    return None if text.startswith(_BOM) else text


def _open_nonblocking(path: str, flags: int) -> int:
    """Opening a named pipe without a writer would block."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _excerpt(chunks: Iterator[bytes], names: tuple[str, str]) -> str | None:
    """
    Return the file's first chunk, and each chunk that mentions a header with the chunk after it, cut at line ends.

    It takes the memory of some chunks, not of the file. None if a header is mentioned twice or inside a longer line:
    then the lines left out would have to be read too. `UnicodeError` for bytes that are not UTF-8.
    """
    headers = [f"[{name}]" for name in (*names, "DEFAULT")]
    needles = [header.encode() for header in headers]
    # Nearly always one name begins with the other: a search for that one rules out both headers in most chunks.
    long_name, short_name = names
    beginning = f"[{short_name if long_name.startswith(short_name) else ''}".encode()
    kept: list[str] = []
    rest, keep = b"", True
    for chunk in chunks:
        data = rest + chunk
        lines_end = data.rfind(b"\n") + 1
        lines, rest = data[:lines_end], data[lines_end:]
        found = (beginning in lines or needles[-1] in lines) and any(needle in lines for needle in needles)
        if found or keep:
            kept.append(lines.decode())
        elif not lines.isascii():
            lines.decode()
        keep = found
    text = "".join((*kept, rest.decode()))
    is_plain = not text.startswith(_BOM) and all(_is_own_line(header, text) for header in headers)
    return text if is_plain else None


def _is_own_line(header: str, text: str) -> bool:
    """Whether the header is not in the text, or once, in a line of its own."""
    before, mention, behind = text.partition(header)
    if not mention:
        return True
    starts_line = not before or before.endswith("\n")
    return starts_line and not behind.partition("\n")[0].strip() and header not in behind


def _are_noted(long_name: str, flags: dict[str, str], environ: Mapping[str, str]) -> bool:
    """Whether setup or import noted that a vault has the keys, so that the vault need not be opened."""
    if "vault" in flags or "no_keychain" in flags or environ.get("AWS_MFA_VAULT"):
        return False
    path = os.path.expanduser("~/.aws/mfa/known-keys")
    with open(path, "rb", buffering=0, opener=_open_nonblocking) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return False
        note = section_values(file.read().decode(), long_name) or {}
    return note.get("vault") in ("keychain", "age")
