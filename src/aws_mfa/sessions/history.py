"""
The history of hand-overs, `~/.aws/mfa/history`: one line of JSON for each, appended in one write. On the hot path.

A line says who took which session, from where and until when; no secret. It has less than 4096 bytes, and the kernel
puts each write at the file's end: lines of many processes never mix. Whatever fails (a full disk, no folder, a file
that is not this user's), the line is lost and the hand-over goes on.
"""

from __future__ import annotations

import os
import stat

from aws_mfa.aws_values.text import rfc3339_text
from aws_mfa.errors import AwsMfaError
from aws_mfa.system.ownership import OWNER_ONLY, is_own, private_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.model import Session

NAME, OLDER = "history", "history.1"
MOST_BYTES = 1 << 20  # a larger file becomes `OLDER`; processes that opened it before write there, so no line is lost
COMMANDS = ("exec", "env", "credential-process", "serve", "console", "python")  # others only use a session themselves
FIELDS = ("at", "profile", "agent", "command", "program", "folder", "narrowed", "expires_at", "access_key_id")
_MOST = {"profile": 600, "folder": 2000}  # bytes; the other values: 128
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
_NO_LINK_NO_WAIT = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_KINDS = {"policies": "policy", "scoped_policy": "policy", "policy_arns": "policy-arns"}
_READ_ONLY = ('"Sid":"AwsMfaReadOnly"', ":policy/ReadOnlyAccess")  # of users, of roles
_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\')


def note(folder: str, now: float, profile: str, session: Session, inputs: Mapping[str, str], **about: str) -> int:
    """Append a line to the history in `folder`; return the file's size then, 0 if it failed. `about`: who took it."""
    try:
        here = os.getcwd()
    except OSError:
        here = ""
    about |= {"at": rfc3339_text(now), "profile": profile, "folder": here, "narrowed": narrowing(inputs)}
    about |= {"expires_at": rfc3339_text(session.expires_at), "access_key_id": session.access_key_id}
    try:
        found = private_folder(folder)
        if found is None or not is_own(found):  # root leaves no file in a user's folder
            return 0
        fd = os.open(f"{folder}/{NAME}", _FLAGS | _NO_LINK_NO_WAIT, OWNER_ONLY)
        try:
            found = os.fstat(fd)
            is_ours = (
                stat.S_ISREG(found.st_mode) and is_own(found) and found.st_nlink == 1
            )  # not a name of another file
            return found.st_size + os.write(fd, line_of(about)) if is_ours else 0
        finally:
            os.close(fd)
    except (AwsMfaError, OSError):
        return 0


def line_of(values: Mapping[str, str]) -> bytes:
    """The line with these values, "" for those that are missing; a value that is too long ends in `...`."""
    pairs = []
    for name in FIELDS:
        text, most = values.get(name, ""), _MOST.get(name, 128)
        while len(data := _in_json(text)) > most:
            text = f"{text[: len(text) * most // len(data) - len('...')]}..."
        pairs.append(f'"{name}": "{data}"')
    return f"{{{', '.join(pairs)}}}\n".encode("ascii")


def _in_json(text: str) -> str:
    """What is between the quotation marks: ASCII, so that a line that was cut short is still text."""
    units = memoryview(text.encode("utf-16", "surrogatepass")).cast("H")[1:]  # without the byte order mark
    return "".join([chr(unit) if unit in _PLAIN else f"\\u{unit:04x}" for unit in units])


def narrowing(inputs: Mapping[str, str]) -> str:
    """How the session of these inputs is narrowed: `read-only`, `policy`, `policy-arns`, joined by `+`; "" if not."""
    found = [(kind, value) for name, value in inputs.items() if (kind := _KINDS.get(name.partition(" ")[0]))]
    return "+".join({"read-only" if any(mark in value for mark in _READ_ONLY) else kind: None for kind, value in found})


def parent() -> str:
    """The name of the program that started this one, "" where the system has no /proc."""
    try:
        with open(f"/proc/{os.getppid()}/comm", "rb", buffering=0) as file:
            return file.read(64)[:-1].decode("utf-8", "surrogateescape")
    except OSError:
        return ""
