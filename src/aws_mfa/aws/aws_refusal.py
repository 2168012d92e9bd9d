"""
One refusal by AWS, as it came over the wire, and its parts as our messages show them.

Pure. Owns what may be repeated of AWS's words: one short line, and never the values that AWS quotes, which may be a
code, a policy or a token. What a refusal means: `refusals`.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_mfa.aws_values.codes import seconds_to_next
from aws_mfa.aws_values.regions import partition_of_region
from aws_mfa.model import masked

SHOWN_LENGTH = 300
NOTABLE_SKEW_S = 20


@dataclass(kw_only=True)
class AwsRefusal:
    """
    One answer that was not 200.

    `action` is `sts:GetSessionToken` and the like; `server_date` the answer's `Date` and `now` our clock, both in
    seconds since the epoch; the rest names what was asked for.
    """

    action: str
    status: int
    code: str
    message: str
    server_date: float | None
    now: float
    carried_code: bool
    access_key_id: str = ""
    device: str | None = None
    role_arn: str | None = None
    region: str = ""

    def __post_init__(self) -> None:
        self.code = one_line(self.code)
        self.message = one_line(self.message)


def parts_of(refusal: AwsRefusal) -> dict[str, object]:
    """Return what the texts of the table in `refusals` are filled in with. A hint that does not apply is empty."""
    message, region = refusal.message, refusal.region or "unknown"
    text = message.rstrip(".")
    percent = message.partition("consumes ")[2].partition("%")[0]
    clock, is_wrong = _clock(refusal)
    clock_hint = "if every code is refused: set the phone's clock to automatic time"
    if is_wrong:
        clock_hint = f"{clock}; codes made on this machine are wrong, and a phone can be off as well"
    spent_hint = "".join(spent_code_hints(refusal.now, carried_code=refusal.carried_code))
    usual_region = partition_of_region(region).default_region
    key_hint = "its id begins with ASIA: it belongs to a session; long-term keys begin with AKIA"
    return {
        "action": refusal.action,
        "status": refusal.status,
        "text": text,
        "words": ": ".join(filter(None, (refusal.code, text))) or f"HTTP {refusal.status} without a reason",
        "constraint": message.rpartition("constraint: ")[2].rstrip(".") or "it is outside a limit",
        "who": message.partition("User: ")[2].partition(" is not authorized")[0] or "this user",
        "share": f": {percent} % of AWS's space" if percent.isdecimal() else "",
        "key": masked(refusal.access_key_id),
        "device": refusal.device or "the device",
        "role": refusal.role_arn or "the role",
        "region": region,
        "clock": clock,
        "next_code_s": seconds_to_next(refusal.now),
        "clock_hint": clock_hint,
        "spent_hint": spent_hint,
        "retry_hint": spent_hint or "try again",
        "key_hint": key_hint if refusal.access_key_id.startswith("ASIA") else "",
        "region_hint": f"use another region: AWS_REGION={usual_region} aws-mfa" if usual_region != region else "",
    }


def _clock(refusal: AwsRefusal) -> tuple[str, bool]:
    """How far our clock is off, and whether that is known: without a `Date` the refusal's text still names the side."""
    ahead_s = 0.0 if refusal.server_date is None else refusal.now - refusal.server_date
    if abs(ahead_s) <= NOTABLE_SKEW_S:
        return f"this machine's clock is {'behind' if 'expired' in refusal.message else 'ahead'}", False
    units = (("days", 86400), ("h", 3600), ("min", 60), ("s", 1))
    unit, length_s = next(unit for unit in units if abs(ahead_s) >= 2 * unit[1])
    side = "ahead" if ahead_s > 0 else "behind"
    return f"this machine's clock is {round(abs(ahead_s) / length_s)} {unit} {side}", True


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
    # Whatever the value holds, the last `' at '` is AWS's own.
    ends = (part.rpartition("' at '") for part in rest)
    text = first + "".join("Value '...'" + (f" at '{after}" if at else "") for _, at, after in ends)
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 3] + "..."
