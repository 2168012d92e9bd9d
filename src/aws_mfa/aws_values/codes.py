"""
MFA codes: their shape, and the 30-second windows that they are valid in (RFC 6238, with the step of AWS's devices).

Also what a secret access key and an access key id look like, for one pasted in the other's place. Only AWS can say
whether a code or a key is right.
"""

from __future__ import annotations

from aws_mfa.errors import BadCode

STEP_S = 30
_DASHES = tuple("-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d")  # hyphens, dashes, minus signs
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
