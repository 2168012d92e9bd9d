"""
The classic form's log lines (docs/compatibility.md, section 6) as values: `(level, text)`. On the hot path.

Scripts search for the beginning of each line: text may be added after it, never before. Prints nothing.
"""

from __future__ import annotations

from aws_mfa.aws_values.text import duration_text, local_text, shown_text, utc_text
from aws_mfa.config.settings import hidden_by
from aws_mfa.sessions.freshness import Expired, Fresh, Incomplete, Missing, OtherRole, PermanentKeys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.model import Session, SessionRequest
    from aws_mfa.sessions.freshness import Verdict

# With NOTSET the old tool used the level of its root logger, WARNING.
LEVELS = {"CRITICAL": 50, "ERROR": 40, "WARNING": 30, "INFO": 20, "DEBUG": 10, "NOTSET": 30}
Line = tuple[str, str]

_SECRET_KEY_LENGTH = 40
_ANSWER_TOOK_S = 60

ALREADY_STORED = ("INFO", "Such a session is stored already: no code is needed, --force gets another one.")
MUST_PROVIDE_DEVICE = 'You must provide --device or MFA_DEVICE or set "aws_mfa_device" in ".aws/credentials"'


def shown(lines: list[Line], log_level: str) -> str:
    """`LEVEL - text` lines at or above the level."""
    least = LEVELS[log_level]
    return "".join(f"{level} - {shown_text(text)}\n" for level, text in lines if LEVELS[level] >= least)


def validating(profile: str, short_name: str, role_arn: str | None, environ: Mapping[str, str]) -> list[Line]:
    """The profile, the role in force unless it looks like a secret access key, and what hides the profile from SDKs."""
    is_secret = role_arn is not None and len(role_arn) == _SECRET_KEY_LENGTH and ":" not in role_arn
    role = f" with assumed role {'(not an ARN)' if is_secret else role_arn}" if role_arn else ""
    return [
        ("INFO", f"Using profile: {profile}"),
        ("INFO", f"Validating credentials for profile: {short_name}{role}"),
        *(("WARNING", line) for line in hidden_by(environ)),
    ]


def still_valid(verdict: Fresh) -> Line:
    """Seconds and the moment in UTC, as the old tool prints them; then both again, for people."""
    expires_at = verdict.expires_at
    text = (
        f"Your credentials are still valid for {int(verdict.left_s)} seconds they will expire at "
        f"{utc_text(expires_at)} UTC ({local_text(expires_at)}, in {duration_text(verdict.left_s)})"
    )
    return ("INFO", text)


def renewing(verdict: Verdict, short_name: str, *, forced: bool) -> list[Line]:
    """Why a new session is needed: what is missing, and whether it is forced or for another role."""
    if isinstance(verdict, Missing):
        return [("INFO", f"Short term credentials section {short_name} is missing, obtaining new credentials.")]
    lines = []
    # PermanentKeys here are those of [DEFAULT]: they are not a session and are not overwritten.
    if isinstance(verdict, (Incomplete, PermanentKeys)):
        why = f" ({', '.join(verdict.keys)})" if isinstance(verdict, Incomplete) else ""
        text = f"Your existing credentials are missing or invalid, obtaining new credentials.{why}"
        lines.append(("WARNING", text))
    other_role = verdict.other_role if isinstance(verdict, Incomplete) else verdict
    if forced:
        lines.append(("INFO", "Forcing refresh of credentials."))
    elif isinstance(other_role, OtherRole):
        stored = other_role.stored or "no role"
        text = f"Obtaining credentials for a new role or profile. (the stored session is for {stored})"
        lines.append(("INFO", text))
    elif isinstance(verdict, Expired):
        left = f" (they end in {duration_text(verdict.left_s)})" if verdict.left_s > 0 else ""
        lines.append(("INFO", f"Your credentials have expired, renewing.{left}"))
    return lines


def question(request: SessionRequest) -> str:
    """The prompt: no newline and no blank after it."""
    return f"Enter AWS MFA code for device [{request.device}] (renewing for {request.duration_s} seconds):"


def calling(request: SessionRequest, short_name: str) -> Line:
    if request.role_arn:
        text = f"Assuming Role - Profile: {short_name}, Role: {request.role_arn}, Duration: {request.duration_s}"
    else:
        text = f"Fetching Credentials - Profile: {short_name}, Duration: {request.duration_s}"
    return ("INFO", text)


def success(session: Session, request: SessionRequest, now: float) -> Line:
    """The duration that STS granted; the requested one if they differ only by the time the answer took."""
    left_s = session.expires_at - now
    if abs(left_s - request.duration_s) < _ANSWER_TOOK_S:
        left_s = request.duration_s
    text = (
        f"Success! Your credentials will expire in {round(left_s)} seconds at: {utc_text(session.expires_at)}+00:00 "
        f"({local_text(session.expires_at)}, in {duration_text(left_s)})"
    )
    return ("INFO", text)
