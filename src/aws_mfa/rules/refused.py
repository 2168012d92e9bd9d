"""
One refusal by AWS, as it came over the wire, with its texts made fit to be shown.

Owns what may be repeated of AWS's words: one line, cut, and never the values that AWS quotes, which may be the code
or a token. What a refusal means is said in `refusals.py`.
"""

from __future__ import annotations

SHOWN_LENGTH = 300
NOTABLE_SKEW_S = 20


class Refused:
    """
    One refusal, as it came over the wire.

    `action` is `sts:GetSessionToken` and the like; `server_date` the answer's `Date` and `now` our clock, both in
    seconds since the epoch; the rest names what was asked, for the message.
    """

    __slots__ = (
        "access_key_id",
        "action",
        "carried_code",
        "code",
        "device",
        "message",
        "now",
        "region",
        "role_arn",
        "server_date",
        "status",
    )

    def __init__(
        self,
        *,
        action: str,
        status: int,
        code: str,
        message: str,
        server_date: float | None,
        now: float,
        carried_code: bool,
        access_key_id: str = "",
        device: str | None = None,
        role_arn: str | None = None,
        region: str = "",
    ) -> None:
        self.action = action
        self.status = status
        self.code = one_line(code)
        self.message = one_line(message)
        self.server_date = server_date
        self.now = now
        self.carried_code = carried_code
        self.access_key_id = access_key_id
        self.device = device
        self.role_arn = role_arn
        self.region = region

    @property
    def words(self) -> str:
        """AWS's own code and message."""
        words = ": ".join(filter(None, (self.code, self.message.rstrip("."))))
        return words or f"HTTP {self.status} without a reason"

    @property
    def skew_s(self) -> float:
        """How far AWS's clock is ahead of ours; 0 where the answer had no date."""
        return 0.0 if self.server_date is None else self.server_date - self.now

    @property
    def skew_words(self) -> str:
        """How far our clock is off; where no `Date` told, the text of the refusal still names the side."""
        if abs(self.skew_s) <= NOTABLE_SKEW_S:
            return f"this machine's clock is {'behind' if 'expired' in self.message else 'ahead'}"
        return f"this machine's clock is {_amount(abs(self.skew_s))} {'behind' if self.skew_s > 0 else 'ahead'}"


def one_line(text: str) -> str:
    """Return AWS's words on one line: no control characters, no quoted values, no request, at most 300 characters."""
    # Some signature errors repeat the whole canonical request, the session token's header included.
    text = text.partition("The Canonical String")[0]
    text = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    first, *rest = text.split("Value '")
    text = first + "".join(f"Value '...'{_after_value(part)}" for part in rest)
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 3] + "..."


def _after_value(text: str) -> str:
    """Return what follows a quoted value: whatever the value holds, the last `' at '` is AWS's own."""
    _, separator, after = text.rpartition("' at '")
    return f" at '{after}" if separator else ""


def _amount(seconds: float) -> str:
    for unit, length_s in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length_s:
            return f"{round(seconds / length_s)} {unit}"
    return f"{round(seconds)} s"
