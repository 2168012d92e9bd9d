"""
Under which circumstances a stored session was the answer: the text by which it is the answer again, without a plan.

    aws-mfa witness 1 of 1.0.0
    user = 1000
    profile = work
    HOME = /home/ann                                  the variables that a plan reads, those that are set
    credentials = 2 8126 33152 1000 310 1795... 1795... /home/ann/.aws/credentials
    config = none /home/ann/.aws/config
    known-keys = ...
    session = work~3f2a9c1b0d4e                       from here on: what was found
    region = eu-west-1
    <an empty line>
    access_key_id = AKIA...                           the inputs of the request, as in the entry

A plan follows from these variables and files alone, so while each of them is as it was, so is the plan. They are
compared as text, and a witness that differs in anything is none. Holds no secret, nor a variable that may hold one; the
session itself stays in its entry, and what that entry says of its inputs must be what stands here. On the hot path.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

_ENDPOINTS = ("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL")
VARIABLES = (
    *("HOME", "USERPROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),  # where the files are
    *("AWS_REGION", "AWS_DEFAULT_REGION", *_ENDPOINTS, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),  # where STS is asked
    "AWS_MFA_VAULT",  # whose key id counts
    *("LOGNAME", "USER", "LNAME", "USERNAME"),  # the session name of roles, where the profile gives none
)
"""Every variable that the plan of one profile's session depends on."""

_FORMAT = "aws-mfa witness 1 of "
_ABSENT = "none"
_FOUND_LINES = 2
_NS = 1_000_000_000
# What a file was last changed at is counted in ticks: some milliseconds where the file system keeps fractions of a
# second, up to two seconds (FAT) where it does not. A second change within the tick would not show.
_TICK_NS, _COARSE_TICK_NS = _NS // 10, 2 * _NS


class Witnessed:
    """Name and inputs (as text) of the stored session, and the region for a child."""

    __slots__ = ("inputs_text", "name", "region")

    def __init__(self, name: str, inputs_text: str, region: str | None) -> None:
        self.name = name
        self.inputs_text = inputs_text
        self.region = region


def circumstances(
    profile: str, environ: Mapping[str, str], files: Sequence[tuple[str, str, str]], *, version: str, user_id: int
) -> str | None:
    """
    Return the first part of a witness; `files` are (name, path, state), in an order that is always the same.

    None where a value has no unmistakable text (a line's end, bytes that are no text), and for the address of an
    endpoint that could hold a password.
    """
    values = [(name, environ[name]) for name in VARIABLES if name in environ]
    states = [(name, f"{state} {path}") for name, path, state in files]
    pairs = [("user", str(user_id)), ("profile", profile), *values, *states]
    if not all(value.isprintable() for _, value in pairs) or any(map(_may_hold_secret, values)):
        return None
    return "".join([f"{_FORMAT}{version}\n", *[f"{name} = {value}\n" for name, value in pairs]])


def witness_text(circumstances: str, found: Witnessed) -> str:
    """Return the whole witness."""
    head = f"{circumstances}session = {found.name}\nregion = {found.region or ''}\n"
    return f"{head}\n{found.inputs_text}\n"


def witnessed_in(text: str, circumstances: str) -> Witnessed | None:
    """Return what was found, if `text` is a whole witness of exactly these circumstances."""
    if not text.startswith(circumstances):
        return None
    head, _, inputs_text = text[len(circumstances) :].partition("\n\n")
    lines = head.split("\n")
    if len(lines) != _FOUND_LINES or inputs_text[:-1].startswith("\n"):
        return None
    name, region = [line.partition(" = ")[2] for line in lines]
    found = Witnessed(name, inputs_text[:-1], region or None)
    return found if text == witness_text(circumstances, found) else None


def _may_hold_secret(variable: tuple[str, str]) -> bool:
    name, value = variable
    return name in _ENDPOINTS and any(mark in value for mark in "@?#")


def state_of(status: os.stat_result | None, *, is_windows: bool) -> str:
    """
    Return what changes when the file does: place, mode, owner, size, moments of change; `none` where there is no file.

    On Windows ctime is the moment of creation.
    """
    if status is None:
        return _ABSENT
    changed_ns = 0 if is_windows else status.st_ctime_ns
    place = f"{status.st_dev} {status.st_ino} {status.st_mode} {status.st_uid}"
    return f"{place} {status.st_size} {status.st_mtime_ns} {changed_ns}"


def is_settled(status: os.stat_result | None, now_ns: int) -> bool:
    """Whether the last change before `now_ns` is so long ago that any later one shows in the state."""
    if status is None:
        return True
    tick_ns = _TICK_NS if status.st_mtime_ns % _NS else _COARSE_TICK_NS
    return max(status.st_mtime_ns, status.st_ctime_ns) < now_ns - tick_ns
