"""
Which 30-second window a code belongs to, and when the next begins (RFC 6238, the step AWS's devices use).

Pure; the code itself is only checked for its shape.
"""

from __future__ import annotations

from aws_mfa.errors import BadCode

STEP_S = 30


def window_of(moment: float) -> int:
    """Return the number of the window that holds the moment."""
    return int(moment // STEP_S)


def seconds_to_next(now: float) -> int:
    """Whole seconds, 1 to 30, until the device shows the next code."""
    return STEP_S - int(now % STEP_S)


def checked_code(text: str) -> str:
    """Return the six digits, blanks stripped (`123 456` as phones show it); `BadCode` for anything else."""
    code = "".join(text.split())
    if len(code) != 6 or not (code.isascii() and code.isdigit()):  # noqa: PLR2004  # AWS: six digits
        raise BadCode(
            "an MFA code is six digits",
            "type the six digits your device shows now; FIDO keys and passkeys have none: use aws login",
        )
    return code
