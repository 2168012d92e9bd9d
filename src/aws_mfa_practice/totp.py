"""
Codes: RFC 6238 as AWS uses it (SHA-1, 30 seconds, six digits), and the device that makes and accepts them.

One `Device` is both ends: the user's phone (`code`) and AWS's record of it (`accept`).
A FIDO key or passkey has only a serial number: STS never accepts one.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_mfa_practice.moments import Clock

WINDOW_S = 30
DIGITS = 6
# "One window early or late": the example of RFC 6238, section 5.2, and what AWS is seen to accept.
WINDOWS_OFF = (-1, 0, 1)


def window_of(moment: float) -> int:
    """The number of the 30-second window that `moment` falls into."""
    return int(moment // WINDOW_S)


def code_of(seed: bytes, window: int) -> str:
    """The code of a window (RFC 4226, section 5.3)."""
    digest = hmac.digest(seed, struct.pack(">Q", window), "sha1")
    offset = digest[-1] & 0x0F
    (number,) = struct.unpack_from(">I", digest, offset)
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}d}"


@dataclass
class Device:
    """An MFA device with codes: a phone (`serial` is an ARN) or a hardware token (`GAHT12345678`)."""

    serial: str
    clock: Clock
    enabled_at: float
    seed: bytes = field(default_factory=lambda: secrets.token_bytes(40), repr=False)
    spent_windows: set[int] = field(default_factory=set)

    @property
    def base32_seed(self) -> str:
        """The seed in base32, as authenticator apps accept it."""
        return base64.b32encode(self.seed).decode()

    def code(self, at: float | None = None) -> str:
        """What the device shows now, or at the moment `at` (seconds since the epoch), used or not."""
        return code_of(self.seed, window_of(self.clock() if at is None else at))

    def unused_code(self) -> str:
        """A code that would be accepted now, of this window or a neighbour; `LookupError` if all are spent."""
        current = window_of(self.clock())
        for off in (0, 1, -1):
            if current + off not in self.spent_windows:
                return code_of(self.seed, current + off)
        raise LookupError(f"all codes of {self.serial} that are valid now are used: move the clock by {WINDOW_S} s")

    def accept(self, code: str, now: float) -> bool:
        """Whether `code` is good at `now`; if so it is spent."""
        for off in WINDOWS_OFF:
            window = window_of(now) + off
            if window not in self.spent_windows and hmac.compare_digest(code_of(self.seed, window), code):
                self.spent_windows.add(window)
                return True
        return False

    def accept_consecutive(self, first: str, second: str, now: float) -> bool:
        """Whether these are the codes of two windows, one behind the other, of about now; if so both are spent."""
        for window in (window_of(now) + off for off in (-2, *WINDOWS_OFF)):
            if (code_of(self.seed, window), code_of(self.seed, window + 1)) == (first, second):
                self.spent_windows.update((window, window + 1))
                return True
        return False


@dataclass
class FidoDevice:
    """A FIDO security key or passkey: listed by IAM, useless for STS."""

    serial: str
    enabled_at: float
