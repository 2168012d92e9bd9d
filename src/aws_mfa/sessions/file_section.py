"""
A session <-> the keys of its section in the credentials file (docs/compatibility.md, section 5).

The order is the old tool's; keys that it does not know come last. `x_aws_mfa_inputs` is a hash of the request's inputs,
so that a session narrowed by a policy, or with other tags, is not taken for another one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import parse_moment, rfc3339_text, utc_text
from aws_mfa.command_lines import quote
from aws_mfa.config.sections import LONG_TERM_KEYS, OUR_SESSION, kind_of
from aws_mfa.errors import AwsFailed, PermanentKeysInTheWay
from aws_mfa.model import Secret, Session
from aws_mfa.sessions.freshness import REQUIRED_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    # Key ids of the session and of the long-term keys, and the device.
    Origin = tuple[str | None, str | None, str | None]


_MARK = "x_aws_mfa_inputs"
_CREDENTIALS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
SESSION_KEYS = (*REQUIRED_KEYS, "assumed_role_arn", "x_security_token_expires", _MARK)


def section_of(session: Session, inputs: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Key -> value for `with_changes`, where None removes a key: `assumed_role_arn` without a role."""
    token = _one_line(session.session_token.reveal())
    return {
        "assumed_role": str(session.assumed_role_arn is not None),
        "assumed_role_arn": session.assumed_role_arn,
        "aws_access_key_id": _one_line(session.access_key_id),
        "aws_secret_access_key": _one_line(session.secret_access_key.reveal()),
        "aws_session_token": token,
        "aws_security_token": token,
        "expiration": utc_text(session.expires_at),
        "x_security_token_expires": rfc3339_text(session.expires_at),
        _MARK: None if inputs is None else _mark(inputs, session.access_key_id),
    }


def was_asked_with(values: Mapping[str, str], inputs: Mapping[str, str], origin: Callable[[], Origin | None]) -> bool:
    """
    Whether the session in the section was requested with these inputs.

    The classic form writes no mark: its MFA session counts if `origin()`, noted when it was written, names the same
    long-term keys and device. Without mark and note the session's origin is unknown, and the answer is no.
    """
    key_id = values.get("aws_access_key_id", "")
    if values.get(_MARK):
        return values[_MARK] == _mark(inputs, key_id)
    asked = (key_id, inputs.get("access_key_id"), inputs.get("device"))
    return "role_chain 1" not in inputs and origin() == asked


def is_of_other_keys(values: Mapping[str, str], access_key_id: str, origin: Origin | None) -> bool:
    """Whether the mark, or else `origin`, says that other long-term keys than these got the session."""
    if mark := values.get(_MARK):
        return mark.partition("-")[2] not in ("", _hash(access_key_id)[:8])
    return origin is not None and origin[0] == values.get("aws_access_key_id") and origin[1] != access_key_id


def session_in(values: Mapping[str, str] | None) -> Session | None:
    """Return the session in a section that aws-mfa wrote; None for anything else."""
    if not values or kind_of(values) != OUR_SESSION or not all(values.get(key) for key in REQUIRED_KEYS):
        return None
    moment = parse_moment(values["expiration"])
    if moment is None or not all(can_be_stored(values[key]) for key in _CREDENTIALS):
        return None
    secret, token = Secret(values["aws_secret_access_key"]), Secret(values["aws_session_token"])
    return Session(values["aws_access_key_id"], secret, token, moment, values.get("assumed_role_arn") or None)


def refuse_permanent_keys(values: Mapping[str, str] | None, section: str, path: str) -> None:
    """Raise `PermanentKeysInTheWay` if the section that a session is to be written into holds long-term keys."""
    if kind_of(values) != LONG_TERM_KEYS:
        return
    if not (values or {}).get("aws_access_key_id"):
        raise PermanentKeysInTheWay(
            f"section [{section}] of {path} holds a secret access key without its id: it is not overwritten",
            "add its aws_access_key_id there, or remove that line",
        )
    raise PermanentKeysInTheWay(
        f"section [{section}] of {path} holds long-term keys: they are not overwritten",
        f"move them to the vault first: aws-mfa import --profile {quote(section)}",
        f"or leave them there: aws-mfa --profile {quote(section)} --long-term-suffix none --short-term-suffix mfa",
        f"or give the session to one program: aws-mfa exec {quote(section)}",
    )


def can_be_stored(value: str) -> bool:
    """Whether a key id, secret or token is like AWS's: nothing that would break a line of a file or a JSON document."""
    return bool(value) and value.isascii() and value.isprintable() and not any(mark in value for mark in ' "\\')


def _mark(inputs: Mapping[str, str], access_key_id: str) -> str:
    """The session's key id is part of it: the old tool replaces a session and keeps the mark, which must not count."""
    text = "\0".join((access_key_id, *(f"{name}\0{inputs[name]}" for name in sorted(inputs))))
    return f"{_hash(text)[:32]}-{_hash(inputs.get('access_key_id', ''))[:8]}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _one_line(value: str) -> str:
    """The value; `AwsFailed` for one that no session of AWS has."""
    if not can_be_stored(value):
        raise AwsFailed("AWS answered with a session that no credentials file can hold", "take the next code")
    return value
