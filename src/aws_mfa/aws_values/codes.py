"""
MFA codes: their shape, and the 30-second windows that they are valid in (RFC 6238, with the step of AWS's devices).

Only AWS can say whether a code is right.
"""

from __future__ import annotations

from aws_mfa.errors import BadCode

STEP_S = 30


def window_of(moment: float) -> int:
    """Number of the window that the moment is in."""
    return int(moment // STEP_S)


def seconds_to_next(now: float) -> int:
    """Whole seconds, 1 to 30, until devices show the next code."""
    return STEP_S - int(now % STEP_S)


def checked_code(text: str) -> str:
    """The six digits without blanks (phones show `123 456`); `BadCode`, which does not quote, for anything else."""
    code = "".join(text.split())
    if len(code) != 6 or not (code.isascii() and code.isdigit()):  # noqa: PLR2004  # AWS: six digits
        raise BadCode(
            "an MFA code is six digits",
            "type the six digits your device shows now; FIDO keys and passkeys have none: use aws login",
        )
    return code
