"""
The fingerprint of everything that decides a profile's session: while it is the same, so is the session.

    aws-mfa fingerprint 1 of 1.0.0rc1
    user = 1000
    profile = work
    wish = agent claude-code                          only of an agent, or with --read-only
    HOME = /home/ann                                  the variables that a plan reads, those that are set
    credentials = 2 8126 33152 1000 310 1795... 1795... /home/ann/.aws/credentials
    config = none /home/ann/.aws/config
    known-keys = ...
    session = work~3f2a9c1b0d4e                       from here on: the session that the plan found
    region = eu-west-1
    policy = 2 8130 ... /home/ann/.aws/policy.json    the state of each file of a policy, as of the files above
    <an empty line>
    access_key_id = AKIA...                           the inputs of the request, as in the entry

A plan depends only on these variables and files. So the hot path compares the fingerprint, the text up to `session`,
with a new one; if they are equal, it uses the session without a plan. A plan that follows a rule the hot path does not
know must leave no fingerprint (`handover/hand_over`). Holds no secret, and no variable that may hold one: the session
itself is in its own file, and must have the same inputs. On the hot path.
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
    "AWS_MFA_VAULT",  # which vault's key id counts
    "AWS_MFA_AGENT_ACCESS",  # what agents get of profiles that do not say it
    *("LOGNAME", "USER", "LNAME", "USERNAME"),  # the session name of roles, if the profile gives none
)
"""Every variable that the plan of one profile's session depends on."""

_FORMAT = "aws-mfa fingerprint 1 of "
_SESSION_LINES = 2
_NS = 1_000_000_000
# File systems record the time of a change in ticks: a few milliseconds if they keep fractions of a second, up to two
# seconds (FAT) if not. A second change within the same tick would not show.
_TICK_NS, _COARSE_TICK_NS = _NS // 10, 2 * _NS


class FingerprintedSession:
    """Name and inputs (as text) of the stored session, the region for a command, policies as `line_of` writes them."""

    __slots__ = ("files", "inputs_text", "name", "region")

    def __init__(self, name: str, inputs_text: str, region: str | None, files: tuple[str, ...] = ()) -> None:
        self.name = name
        self.inputs_text = inputs_text
        self.region = region
        self.files = files


def wish_of(agent: str | None, *, read_only: bool) -> str:
    """What tells a request for a profile's session from that of a person for all of it: "" for that one."""
    return " ".join([*(["agent", agent] if agent else []), *(["read-only"] if read_only else [])])


def fingerprint(
    profile: str,
    environ: Mapping[str, str],
    files: Sequence[tuple[str, str, str]],
    *,
    version: str,
    user_id: int,
    wish: str = "",
) -> str | None:
    """Return the fingerprint; None for a value that can be mistaken for another, and a URL that can hold a password."""
    values = [(name, environ[name]) for name in VARIABLES if name in environ]
    states = [(name, f"{state} {path}") for name, path, state in files]
    asked = [("profile", profile), *([("wish", wish)] if wish else [])]
    pairs = [("user", str(user_id)), *asked, *values, *states]
    urls = [value for name, value in values if name in _ENDPOINTS]
    if not all(value.isprintable() for _, value in pairs) or any(mark in url for url in urls for mark in "@?#"):
        return None
    return "".join([f"{_FORMAT}{version}\n", *[f"{name} = {value}\n" for name, value in pairs]])


def fingerprint_file(fingerprint: str, session: FingerprintedSession) -> str:
    """Return the text of the file: the fingerprint, and the session that belongs to it."""
    files = "".join([f"policy = {line}\n" for line in session.files])
    head = f"{fingerprint}session = {session.name}\nregion = {session.region or ''}\n{files}"
    return f"{head}\n{session.inputs_text}\n"


def session_in(text: str, fingerprint: str) -> FingerprintedSession | None:
    """Return the session, if `text` is a whole file with exactly this fingerprint."""
    if not text.startswith(fingerprint):
        return None
    head, _, inputs_text = text[len(fingerprint) :].partition("\n\n")
    lines = head.split("\n")
    if len(lines) < _SESSION_LINES or inputs_text[:-1].startswith("\n"):
        return None
    name, region, *files = [line.partition(" = ")[2] for line in lines]
    session = FingerprintedSession(name, inputs_text[:-1], region or None, tuple(files))
    return session if text == fingerprint_file(fingerprint, session) else None


def state_of(status: os.stat_result | None, *, is_windows: bool) -> str:
    """What changes when the file does, `none` without one; on Windows ctime is that of creation, and left out."""
    if status is None:
        return "none"
    changed_ns = 0 if is_windows else status.st_ctime_ns
    place = f"{status.st_dev} {status.st_ino} {status.st_mode} {status.st_uid}"
    return f"{place} {status.st_size} {status.st_mtime_ns} {changed_ns}"


def is_settled(status: os.stat_result | None, now_ns: int) -> bool:
    """Whether the last change before `now_ns` is so long ago that a later one would show in the state."""
    if status is None:
        return True
    tick_ns = _TICK_NS if status.st_mtime_ns % _NS else _COARSE_TICK_NS
    return max(status.st_mtime_ns, status.st_ctime_ns) < now_ns - tick_ns
