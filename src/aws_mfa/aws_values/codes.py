"""
MFA codes: their shape, and the 30-second windows that they are valid in (RFC 6238, with the step of AWS's devices).

And the shape of access keys, which are checked when they are typed or read, before they are stored or sent. No message
quotes a code or a key; only AWS can say whether it is right.

Limits: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html
"""

from __future__ import annotations

from string import ascii_letters, digits
from typing import TYPE_CHECKING

from aws_mfa.errors import BadCode

if TYPE_CHECKING:
    from aws_mfa.model import Secret

STEP_S = 30
_DASHES = tuple("-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d")  # hyphens, dashes, minus signs
_SHORTEST_KEY_ID, _USUAL_KEY_ID, _USUAL_SECRET = 16, 20, 40
_OF_A_SECRET = frozenset(ascii_letters + digits + "/+=")
_SECRET_LENGTHS = range(36, 45)  # AWS makes 40 characters of base64; a paste may lose some


def window_of(moment: float) -> int:
    """Number of the window that the moment is in."""
    return int(moment // STEP_S)


def seconds_to_next(now: float) -> int:
    """Whole seconds, 1 to 30, until devices show the next code."""
    return STEP_S - int(now % STEP_S)


def checked_code(text: str) -> str:
    """
    The six digits; `BadCode`, which does not quote, for anything else.

    Left out are blanks (phones show `123 456`), a dash in the middle and a BOM (PowerShell's pipe writes one). Decimal
    digits of any script count.
    """
    code = "".join(text.removeprefix("\ufeff").split())
    if code[3:4] in _DASHES:
        code = code[:3] + code[4:]
    code = "".join(str(int(digit)) if digit.isdecimal() else digit for digit in code)
    if len(code) != 6 or not (code.isascii() and code.isdigit()):  # noqa: PLR2004  # AWS: six digits
        raise BadCode(
            "an MFA code is six digits",
            "type the six digits your device shows now; FIDO keys and passkeys have none: use aws login",
        )
    return code


def looks_like_secret(text: str) -> bool:
    """Whether this may be a secret access key: never send or show it as a key id. Key ids are upper case."""
    return len(text) in _SECRET_LENGTHS and text not in (text.upper(), text.lower())


def looks_like_key_id(text: str) -> bool:
    """Whether this is an access key id (`AKIA...`, `ASIA...`): no secret looks like that."""
    return text.startswith(("AKIA", "ASIA")) and text.isalnum() and text.isupper()


def trouble_with_key_id(access_key_id: str) -> str | None:
    """Why this cannot be a long-term access key id; None if it can."""
    if access_key_id.startswith("ASIA"):
        return "an access key id that begins with ASIA is a session's: STS accepts long-term keys only"
    if looks_like_secret(access_key_id):
        return "this looks like a secret access key, not like an access key id (not shown)"
    if len(access_key_id) < _SHORTEST_KEY_ID or not (access_key_id.isascii() and access_key_id.isalnum()):
        return f"an access key id has at least {_SHORTEST_KEY_ID} letters and digits, and nothing else"
    return None


def trouble_with_secret(secret: Secret) -> str | None:
    """Why this cannot be a secret access key; None if it can."""
    text = secret.reveal()
    if looks_like_key_id(text):
        return "this is an access key id, not a secret access key"
    if not text or not (text.isascii() and text.isprintable()) or " " in text:
        return "the secret access key holds characters that no key has"
    return None


def trouble_in_file(key: str, value: str) -> tuple[str, str] | None:
    """Why the value of this key in an AWS file cannot sign, and a hint; None if it may, for not all keys are AWS's."""
    if key == "aws_access_key_id" and (value.startswith("ASIA") or looks_like_secret(value)):
        hint = "write the id of an IAM user's keys there: long-term keys begin with AKIA"
        return trouble_with_key_id(value) or "", hint
    if not value.isascii() or " " in value:
        return "it holds characters that no key has", "copy it again from where it was made"
    return None


def doubt_about_key_id(access_key_id: str) -> str | None:
    """What is unusual about an id: AWS documents 16 to 128 characters, so it is used all the same."""
    usual = len(access_key_id) == _USUAL_KEY_ID and access_key_id.isalnum() and access_key_id == access_key_id.upper()
    return None if usual else f"the access key id is unusual: AWS's have {_USUAL_KEY_ID} capital letters and digits"


def has_odd_characters(secret: Secret) -> bool:
    """Whether a secret has other characters than AWS's, such as those of a remark in its place."""
    return not set(secret.reveal()) <= _OF_A_SECRET


def doubt_about_secret(secret: Secret) -> str | None:
    """What is unusual about a secret: AWS documents no length, so it is used all the same."""
    usual = len(secret.reveal()) == _USUAL_SECRET and not has_odd_characters(secret)
    return None if usual else f"the secret access key is unusual: AWS's have {_USUAL_SECRET} letters, digits, / and +"
