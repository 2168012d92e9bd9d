"""
One refusal by AWS, as it came over the wire, and its parts as our messages show them.

Pure. Owns what may be repeated of AWS's words: one short line, and never the values that AWS quotes, which may be a
code, a policy or a token. What a refusal means: `refusals`.
"""

from __future__ import annotations

from aws_mfa.model import masked
from aws_mfa.rules.code_windows import seconds_to_next
from aws_mfa.rules.regions import partition_of_region

SHOWN_LENGTH = 300
NOTABLE_SKEW_S = 20


class AwsRefusal:
    """
    One answer that was not 200. Its properties are what the table below puts into messages and hints.

    `action` is `sts:GetSessionToken` and the like; `server_date` the answer's `Date` and `now` our clock, both in
    seconds since the epoch; the rest names what was asked for.
    """

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
        self.skew_s = 0.0 if server_date is None else server_date - now  # how far AWS's clock is ahead of ours
        self.carried_code = carried_code
        self.access_key_id = access_key_id
        self.key = masked(access_key_id)
        self.device = device or "the device"
        self.role = role_arn or "the role"
        self.region = region or "unknown"
        self.now = now

    @property
    def text(self) -> str:
        """AWS's message, as a part of ours."""
        return self.message.rstrip(".")

    @property
    def words(self) -> str:
        """AWS's own code and message."""
        return ": ".join(filter(None, (self.code, self.text))) or f"HTTP {self.status} without a reason"

    @property
    def constraint(self) -> str:
        """The limit that a value is outside of, without the value."""
        return self.message.rpartition("constraint: ")[2].rstrip(".") or "it is outside a limit"

    @property
    def who(self) -> str:
        """The ARN of the caller that AWS names."""
        return self.message.partition("User: ")[2].partition(" is not authorized")[0] or "this user"

    @property
    def share(self) -> str:
        """`: 142 % of AWS's space`, or nothing where AWS names no number."""
        percent = self.message.partition("consumes ")[2].partition("%")[0]
        return f": {percent} % of AWS's space" if percent.isdecimal() else ""

    @property
    def skew(self) -> str:
        """How far our clock is off; where the answer had no `Date`, the text of the refusal still names the side."""
        side = "behind" if (self.skew_s > 0 if self._is_skewed else "expired" in self.message) else "ahead"
        if not self._is_skewed:
            return f"this machine's clock is {side}"
        units = (("days", 86400), ("h", 3600), ("min", 60), ("s", 1))
        unit, length_s = next(unit for unit in units if abs(self.skew_s) >= 2 * unit[1])
        return f"this machine's clock is {round(abs(self.skew_s) / length_s)} {unit} {side}"

    @property
    def _is_skewed(self) -> bool:
        return abs(self.skew_s) > NOTABLE_SKEW_S

    @property
    def clock_hint(self) -> str:
        """Why code after code may be refused."""
        if self._is_skewed:
            return f"{self.skew}; codes made on this machine are wrong, and a phone can be off as well"
        return "if every code is refused: set the phone's clock to automatic time"

    @property
    def next_code_s(self) -> int:
        """Seconds until the device shows the next code."""
        return seconds_to_next(self.now)

    @property
    def spent_hint(self) -> str:
        """What to do about a code that may be spent; nothing where none was sent."""
        return "".join(spent_code_hints(self.now, carried_code=self.carried_code))

    @property
    def retry_hint(self) -> str:
        """What to do where the same call may be answered a moment later."""
        return self.spent_hint or "try again"

    @property
    def session_key_hint(self) -> str:
        """Nothing for a key id of long-term keys."""
        is_of_session = self.access_key_id.startswith("ASIA")
        return "its id begins with ASIA: it belongs to a session; long-term keys begin with AKIA" * is_of_session

    @property
    def region_hint(self) -> str:
        """Another region of the partition; nothing in its default region."""
        usual = partition_of_region(self.region).default_region
        return f"use another region: AWS_REGION={usual} aws-mfa" * (usual != self.region)


def spent_code_hints(now: float, *, carried_code: bool) -> tuple[str, ...]:
    """Return what to do about a code that was sent without a clear answer; nothing where none was sent."""
    if not carried_code:
        return ()
    return (f"the code may be spent: take the next one, which begins in {seconds_to_next(now)} s",)


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
