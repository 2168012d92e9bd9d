"""
The text of a stored session: the inputs of its request, and the finished answer of `credential_process`.

    aws-mfa session 1
    expires = 2026-11-22T06:03:19Z
    role = arn:aws:iam::123456789012:role/Admin
    access_key_id = AKIA...                         the inputs of the request, one a line, sorted by name
    <an empty line>
    {"Version": 1, "AccessKeyId": ..., ...}

A sealed file has two facts in clear, before the sealed entry, for views that open no keychain: when the session
expires, and whether a policy narrows it. Anyone who can write the file can deceive those views, and nothing else: a
session is used by what is sealed.

On the hot path: only `str` methods. Inputs are compared as text, not by a hash. Refuses text that differs from this
form in a single byte, and values that JSON would have to escape, because AWS has none.
"""

from __future__ import annotations

from aws_mfa.aws_values.text import parse_moment, rfc3339_text
from aws_mfa.model import Secret, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_FORMAT = "aws-mfa session 1"
_SEALED = "aws-mfa sealed session 1"
_DOCUMENT = '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s", "SessionToken": "%s", "Expiration": "%s"}'
# The places of the values when the document is split at its quotation marks.
_KEY_ID, _SECRET, _TOKEN, _EXPIRATION, _PARTS = 5, 9, 13, 17, 19
_HEAD_LINES = 3
_LEFT_FOR_SDKS_S = 900
"""SDKs refresh at once if less is left: botocore/credentials.py, `_advisory_refresh_timeout`; other SDKs are alike."""


def needed_by_sdks(inputs: Mapping[str, str]) -> float:
    """How many seconds must be left of a stored session of these inputs; of a short session, half its duration."""
    duration = inputs.get("duration_s", "")
    return min(_LEFT_FOR_SDKS_S, int(duration) / 2) if duration.isdigit() else _LEFT_FOR_SDKS_S


class Entry:
    """A stored session. `document` is one line of JSON, and secret; `name` is what it is stored under, if known."""

    __slots__ = ("_role", "document", "expires_at", "inputs_text", "name")

    def __init__(self, inputs_text: str, role: str, expires_at: float, document: str) -> None:
        self.inputs_text = inputs_text
        self._role = role
        self.expires_at = expires_at
        self.document = document
        self.name = ""

    @property
    def inputs(self) -> dict[str, str]:
        """The inputs by name."""
        lines = self.inputs_text.split("\n") if self.inputs_text else []
        pairs = (line.partition(" = ") for line in lines)
        return {_unescaped(name): _unescaped(value) for name, _, value in pairs}

    def session(self) -> Session:
        """The session in the document."""
        parts = self.document.split('"')
        role = _unescaped(self._role) or None
        return Session(parts[_KEY_ID], Secret(parts[_SECRET]), Secret(parts[_TOKEN]), self.expires_at, role)


class Head:
    """
    What is no secret of a stored session; label and `place` (its store) are of its file.

    A sealed one names neither role nor inputs, and one that an older version sealed has no `expires_at` either.
    """

    __slots__ = ("expires_at", "inputs_text", "label", "place", "role_arn")

    def __init__(self, expires_at: float | None, role_arn: str = "", inputs_text: str = "") -> None:
        self.expires_at = expires_at
        self.role_arn = role_arn
        self.inputs_text = inputs_text
        self.label = self.place = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether a policy narrows it, or an agent got it: others use it only if it is the profile's policy."""
        text = f"\n{self.inputs_text}"
        return "\npolic" in text or "\nscoped_" in text or "\nagent = " in text


def entry_text(inputs: Mapping[str, str], session: Session) -> str:
    """The text of an entry; raises `ValueError`, without a value in it, for a session that AWS cannot have made."""
    expires, document = rfc3339_text(session.expires_at), document_of(session)
    return _text(expires, _escaped(session.assumed_role_arn or ""), text_of_inputs(inputs), document)


def document_of(session: Session) -> str:
    """The answer of `credential_process`: one line of JSON, secret; raises `ValueError` as `entry_text` does."""
    expires = rfc3339_text(session.expires_at)
    values = (session.access_key_id, session.secret_access_key.reveal(), session.session_token.reveal(), expires)
    document = _DOCUMENT % values
    if not all(values) or not _is_document(document, expires):
        raise ValueError("the session holds characters that AWS never uses")
    return document


def text_of_inputs(inputs: Mapping[str, str]) -> str:
    """The text of these inputs; different inputs have different texts."""
    return "\n".join([_escaped(name).replace("=", "\\e") + f" = {_escaped(inputs[name])}" for name in sorted(inputs)])


def parse_entry(text: str) -> Entry | None:
    """The entry in `text`, None for anything else: cut short, of another version, changed by hand."""
    head, _, rest = text.partition("\n\n")
    lines = head.split("\n", _HEAD_LINES)
    if len(lines) < _HEAD_LINES:
        return None
    expires, role = lines[1].removeprefix("expires = "), lines[2].removeprefix("role = ")
    inputs_text = lines[_HEAD_LINES] if len(lines) > _HEAD_LINES else ""
    document, expires_at = rest[:-1], parse_moment(expires)
    if expires_at is None or not _is_document(document, expires):
        return None
    is_whole = text == _text(expires, role, inputs_text, document)
    return Entry(inputs_text, role, expires_at, document) if is_whole else None


def with_clear_head(entry: bytes, sealed: bytes) -> bytes:
    """The bytes of a sealed file; `sealed` is the sealed entry."""
    head, expires = head_in(entry), entry.split(b"\n", 2)[1].decode()
    narrowed = "policy = yes\n" if head is not None and head.is_narrowed else ""
    return f"{_SEALED}\n{expires}\nrole = \n{narrowed}\n".encode() + sealed


def sealed_part(data: bytes) -> bytes:
    """The sealed entry in a sealed file; a file of an older version is nothing else."""
    return data.partition(b"\n\n")[2] if data.startswith(_SEALED.encode()) else data


def head_in(data: bytes) -> Head | None:
    """The head of an entry or of a sealed file; None if it has none, or a damaged one."""
    lines = data.partition(b"\n\n")[0].decode(errors="replace").split("\n", _HEAD_LINES)
    expires_at = parse_moment(lines[1].removeprefix("expires = ")) if len(lines) >= _HEAD_LINES else None
    if expires_at is None or lines[0] not in (_FORMAT, _SEALED):
        return None
    return Head(expires_at, _unescaped(lines[2].removeprefix("role = ")), "".join(lines[_HEAD_LINES:]))


def _text(expires: str, role: str, inputs_text: str, document: str) -> str:
    head = f"{_FORMAT}\nexpires = {expires}\nrole = {role}\n"
    return f"{head}{inputs_text}\n\n{document}\n" if inputs_text else f"{head}\n{document}\n"


def _is_document(document: str, expires: str) -> bool:
    """Whether `document` is `_DOCUMENT` with four values, the last of them `expires`."""
    parts = document.split('"')
    if len(parts) != _PARTS or parts[_EXPIRATION] != expires or "\\" in document:
        return False
    again = _DOCUMENT % (parts[_KEY_ID], parts[_SECRET], parts[_TOKEN], expires)
    return document == again and document.isascii() and document.isprintable()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _unescaped(text: str) -> str:
    pieces = (piece.replace("\\n", "\n").replace("\\r", "\r").replace("\\e", "=") for piece in text.split("\\\\"))
    return "\\".join(pieces)
