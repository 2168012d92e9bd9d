"""
A refusal by AWS -> the failure to raise: what happened, then what to do. One table.

Pure. AWS's own text is shown only if our message would say less: one short line, and never the values that AWS quotes,
which may be a code, a policy or a token.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and the texts AWS answers with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa.aws_values.codes import seconds_to_next
from aws_mfa.aws_values.iam_users import DEVICES_PER_USER, KEYS_PER_USER, as_statement
from aws_mfa.aws_values.regions import partition_of_region
from aws_mfa.config.profile_names import SetUpHint
from aws_mfa.errors import (
    AlreadyExists,
    AwsMfaError,
    AwsServerError,
    BadCode,
    ChainingLimit,
    ClockSkew,
    DurationTooLong,
    LimitReached,
    MalformedPolicy,
    NoSuchEntity,
    NotAuthorized,
    RefusedByAws,
    RegionDisabled,
    SessionExpired,
    SessionKeysGiven,
    TagsRefused,
    Throttled,
    TooLargeForSession,
    UnknownDevice,
    UnknownKey,
    WrongCode,
    WrongSecret,
)
from aws_mfa.model import masked

if TYPE_CHECKING:
    from typing import TypeAlias

    from typing_extensions import Unpack

    _Row: TypeAlias = tuple[str, type[AwsMfaError], str, Unpack[tuple[str, ...]]]

SHOWN_LENGTH = 300
NOTABLE_SKEW_S = 20


@dataclass(kw_only=True)
class AwsRefusal:
    """An answer that was not 200: `server_date` is its `Date`, `now` our clock; what was requested has defaults."""

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
    """Return the values for the texts of the table. A hint that does not apply is empty."""
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
        "role": refusal.role_arn or ("the user" if refusal.action.endswith("GetScopedCredentials") else "the role"),
        "region": region,
        "clock": clock,
        "next_code_s": seconds_to_next(refusal.now),
        "clock_hint": clock_hint,
        "spent_hint": spent_hint,
        "retry_hint": spent_hint or "try again",
        "wait": "for the next code" if spent_hint else "a few seconds",
        "key_hint": key_hint if refusal.access_key_id.startswith("ASIA") else "",
        "statement": as_statement(refusal.action, _resource(message)),
        "region_hint": f"use another region: AWS_REGION={usual_region} aws-mfa" if usual_region != region else "",
    }


def _resource(message: str) -> str:
    """The ARN of what IAM's text is about: it writes `user ann` of the user, whose ARN is the caller's."""
    resource = message.partition("on resource: ")[2].partition(" ")[0]
    who = message.partition("User: ")[2].partition(" ")[0]
    return resource if resource.startswith("arn:") else who if resource == "user" else "*"


def _clock(refusal: AwsRefusal) -> tuple[str, bool]:
    """How far our clock is off, and whether that is known: without a `Date`, AWS's text says only the direction."""
    ahead_s = 0.0 if refusal.server_date is None else refusal.now - refusal.server_date
    if abs(ahead_s) <= NOTABLE_SKEW_S:
        return f"this machine's clock is {'behind' if 'expired' in refusal.message else 'ahead'}", False
    units = (("days", 86400), ("h", 3600), ("min", 60), ("s", 1))
    unit, length_s = next(unit for unit in units if abs(ahead_s) >= 2 * unit[1])
    side = "ahead" if ahead_s > 0 else "behind"
    return f"this machine's clock is {round(abs(ahead_s) / length_s)} {unit} {side}", True


def spent_code_hints(now: float, *, carried_code: bool) -> tuple[str, ...]:
    """Return the hint about a code that was sent and got no clear answer; nothing if no code was sent."""
    if not carried_code:
        return ()
    return (f"the code may be spent: take the next one, which begins in {seconds_to_next(now)} s",)


def one_line(text: str) -> str:
    """Return AWS's text on one line: no control characters, no quoted values, no request, at most 300 characters."""
    # Some signature errors repeat the whole canonical request, with the session token's header in it.
    text = text.partition("The Canonical String")[0]
    text = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    first, *rest = text.split("Value '")
    # A value may hold `' at '` too; the last one is AWS's.
    ends = (part.rpartition("' at '") for part in rest)
    text = first + "".join("Value '...'" + (f" at '{after}" if at else "") for _, at, after in ends)
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 3] + "..."


_SERVER_ERROR = 500
_FORBIDDEN = 403

_REFUSED = "AWS refused {action}: {words}"
_SESSION_KEYS = (
    SessionKeysGiven,
    "key {key} belongs to a session: {action} takes long-term keys only",
    SetUpHint("store the long-term keys of the IAM user, whose key id begins with AKIA"),
)
_SKEWED = (
    ClockSkew,
    "{clock}, and AWS allows 15 minutes",
    "set the clock, on Linux: sudo timedatectl set-ntp true",
    "on macOS: sudo sntp -sS time.apple.com",
    "on Windows: w32tm /resync",
)
_MALFORMED_TAGS = (
    TagsRefused,
    "AWS does not accept the session tags for {role}: {constraint}",
    "50 tags at most, keys of 1 to 128 characters, values of up to 256: letters, digits, blanks and _.:/=+-@",
)
_TAGS = (
    TagsRefused,
    "AWS refused the session tags for {role}: {text}",
    "keys must differ in more than upper and lower case; each transitive key must be one of the tags",
)
_TRUST = "the role's trust policy must name {who} or its account, and its conditions must hold: MFA, external id, tags"
_LONGER = "the role's owner can allow up to twelve: aws iam update-role --role-name NAME --max-session-duration 43200"
_ALLOW = "the role's trust policy must allow %s beside sts:AssumeRole, and so must the caller's policy"
_ALL_IN_USE = "this user has %s, and IAM allows no more"
_PASSED_ON = "source identity and transitive tags are passed on along a role chain: the next role needs this too"
_OTHER: _Row = ("", RefusedByAws, _REFUSED)
_WRONG_SECRET = (
    WrongSecret,
    "the secret access key does not belong to the access key id {key}",
    SetUpHint("store both again, copied whole"),
)

# Codes that mean the same as another; the ending "Exception" means nothing.
_SAME = {
    "InvalidParameterValue": "ValidationError",
    "UnrecognizedClient": "InvalidClientTokenId",
    "RequestExpired": "RequestTimeTooSkewed",
    **dict.fromkeys(
        ("EntityTemporarilyUnmodifiable", "RequestLimitExceeded", "Throttled", "TooManyRequests"), "Throttling"
    ),
}

# Rows: AWS's error code and the beginning of its message (after `...`: any part of it); class, message and hints of the
# failure. The first row that fits counts. `parts_of` has the fields of the texts; hints that are empty are left out.
_TABLE: tuple[_Row, ...] = (
    (
        "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code",
        WrongCode,
        "AWS refused the code of {device}: it is wrong, or was used before",
        "wait for the next code: the next one begins in {next_code_s} s",
        "{clock_hint}",
    ),
    (
        "AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code",
        UnknownDevice,
        "{device} is not an MFA device of the user of key {key}",
        "list the user's devices with: aws iam list-mfa-devices",
        "give the device's ARN, not the user's: arn:aws:iam::123456789012:mfa/NAME, upper and lower case count",
    ),
    (
        "AccessDenied: MultiFactorAuthentication failed, must provide both",
        UnknownDevice,
        "AWS refused {action}: it needs both the device and a code",
        'give the device with --device, MFA_DEVICE or "aws_mfa_device"',
    ),
    ("AccessDenied: Cannot call GetSessionToken with session credentials", *_SESSION_KEYS),
    ("AccessDenied: Cannot call GetFederationToken with session credentials", *_SESSION_KEYS),
    (
        "AccessDenied: Roles may not be assumed by root accounts",
        NotAuthorized,
        "key {key} belongs to the root user, which may not assume roles",
        "use the keys of an IAM user, and delete the root user's: they cannot be restricted",
    ),
    (
        "AccessDenied: ...explicit deny",
        NotAuthorized,
        "a policy denies {action}: {words}",
        "an explicit deny wins over every permission; the reason is often the network, the region, or missing MFA",
        "ask the account's administrator which condition applies",
    ),
    (
        "AccessDenied: ...not authorized to perform: sts:TagSession",
        NotAuthorized,
        "{role} may not be assumed with session tags: sts:TagSession is not allowed",
        _ALLOW % "sts:TagSession",
        _PASSED_ON,
    ),
    (
        "AccessDenied: ...not authorized to perform: sts:SetSourceIdentity",
        NotAuthorized,
        "{role} may not be assumed with a source identity: sts:SetSourceIdentity is not allowed",
        _ALLOW % "sts:SetSourceIdentity",
        _PASSED_ON,
    ),
    (
        "AccessDenied: ...not authorized to perform: sts:AssumeRole",
        NotAuthorized,
        "{who} may not assume {role}, or there is no such role: AWS does not say which",
        "check account and name in the role's ARN",
        _TRUST,
        "the user needs a policy that allows sts:AssumeRole on the role",
    ),
    (
        "AccessDenied: ...not authorized to perform: iam:",
        NotAuthorized,
        "{who} may not call {action}",
        "ask the account's administrator to allow it: {statement}",
    ),
    ("AccessDenied", NotAuthorized, _REFUSED, "see which user the keys belong to: aws sts get-caller-identity"),
    (
        "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration",
        DurationTooLong,
        "the duration is longer than {role} allows (its MaxSessionDuration)",
        "every role allows one hour: --duration 3600",
        _LONGER,
    ),
    (
        "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit",
        ChainingLimit,
        "{role} can be assumed with temporary credentials for one hour at most",
        "request one hour: --duration 3600",
        "a longer session needs the long-term keys and another code",
    ),
    ("ValidationError: Duplicate tag keys", *_TAGS),
    ("ValidationError: The specified transitive tag key", *_TAGS),
    (
        "ValidationError: One of the specified transitive tag keys can't be set",
        TagsRefused,
        "a session tag for {role} is set already by the role before it and cannot be changed",
        "leave it out here: transitive tags are inherited",
    ),
    (
        "ValidationError: The source identity is already set",
        TagsRefused,
        "the source identity for {role} is set already: the role before it has another one",
        "leave out source_identity here, or give the same: it cannot change along a chain",
    ),
    (
        "ValidationError: ...'tokenCode'",
        BadCode,
        "AWS says that the code is malformed",
        "type the six digits that the device shows now",
    ),
    (
        "ValidationError: ... at 'policy' ",
        MalformedPolicy,
        "AWS does not accept the session policy for {role}: {constraint}",
        "a session policy has 2048 characters at most, of ASCII and Latin-1; leave out blanks and indents",
    ),
    ("ValidationError: ... at 'tags", *_MALFORMED_TAGS),
    ("ValidationError: ... at 'transitiveTagKeys", *_MALFORMED_TAGS),
    ("ValidationError", RefusedByAws, _REFUSED),
    (
        "MalformedPolicyDocument",
        MalformedPolicy,
        "AWS cannot read the session policy for {role}: {text}",
        "a session policy is JSON with Version and Statement, and without Principal",
        "check it: aws accessanalyzer validate-policy --policy-type IDENTITY_POLICY --policy-document file://FILE",
    ),
    (
        "PackedPolicyTooLarge",
        TooLargeForSession,
        "the policies and session tags for {role} are too large together{share}",
        "AWS packs session policies, policy ARNs and tags into one small space; tags inherited from a chain count too",
        "use fewer tags, with shorter keys and values",
        "use a managed policy instead of a long text: --policy-arn ARN",
    ),
    (
        "InvalidAuthenticationCode",
        WrongCode,
        "AWS refused the codes of {device}: they must be two consecutive ones of this device",
        "{clock_hint}",
    ),
    (
        "InsufficientSessionLifetime",
        DurationTooLong,
        "the session that is to be narrowed ends before the duration asked for",
        "ask for less, or get a new MFA session: aws-mfa renew --force PROFILE",
    ),
    (
        "InvalidSubjectCredentials",
        NotAuthorized,
        "AWS does not narrow the session of key {key}: {text}",
        "use a profile with a role, whose sessions AssumeRole narrows",
    ),
    (
        "InvalidAction",
        RefusedByAws,
        "STS at this endpoint does not know {action}",
        "to narrow a user's session it needs AWS's GetScopedCredentials; use a profile with a role",
    ),
    ("LimitExceeded: ...KeysPerUser", LimitReached, _ALL_IN_USE % f"{KEYS_PER_USER} access keys"),
    ("LimitExceeded: ...DevicesPerUser", LimitReached, _ALL_IN_USE % f"{DEVICES_PER_USER} devices"),
    ("LimitExceeded", LimitReached, _REFUSED),
    ("EntityAlreadyExists", AlreadyExists, _REFUSED),
    ("DeleteConflict", AlreadyExists, _REFUSED),
    ("NoSuchEntity", NoSuchEntity, _REFUSED),
    (
        "InvalidClientTokenId",
        UnknownKey,
        "AWS does not know the access key id {key}",
        "{key_hint}",
        "it was deleted, made inactive or mistyped: see the user's security credentials in the console",
        "keys work only in their own partition: AWS was asked in region {region}",
        "a key made within the last minute may not be known yet: try again",
    ),
    ("SignatureDoesNotMatch: Signature expired", *_SKEWED),
    ("SignatureDoesNotMatch: Signature not yet current", *_SKEWED),
    (
        "SignatureDoesNotMatch: Credential should be scoped to a valid ",
        RefusedByAws,
        "AWS does not know region {region!r} here",
        "check its name, and the endpoint's if one is set: both must name a region such as eu-central-1",
    ),
    ("SignatureDoesNotMatch", *_WRONG_SECRET),
    ("InvalidSignature", *_WRONG_SECRET),
    ("RequestTimeTooSkewed", *_SKEWED),
    ("ExpiredToken", SessionExpired, "the session of key {key} has expired", "get a new one: aws-mfa --force"),
    (
        "RegionDisabled",
        RegionDisabled,
        "STS is not active for this account in region {region}",
        "{region_hint}",
        "have it activated: IAM console, Account settings, Security Token Service",
    ),
    ("Throttling", Throttled, "AWS got too many requests", "wait {wait} and try again", "{spent_hint}"),
)
_SERVER_FAILED: _Row = (
    "",
    AwsServerError,
    "AWS failed at {action} (HTTP {status}): {words}",
    "{retry_hint}",
    "see whether AWS has an outage: https://health.aws.amazon.com/health/status",
)


def explain(refusal: AwsRefusal) -> AwsMfaError:
    """Return the failure to raise; for an error code that is not in the table the HTTP status decides."""
    row = _row_for(refusal.code, refusal.message)
    if row is None and refusal.status == _FORBIDDEN:
        row = _row_for("AccessDenied", refusal.message)
    _, failure, message, *hints = row or (_SERVER_FAILED if refusal.status >= _SERVER_ERROR else _OTHER)
    parts = parts_of(refusal)
    texts = (hint if isinstance(hint, SetUpHint) else hint.format_map(parts) for hint in hints)
    return failure(message.format_map(parts), *filter(None, texts))


def _row_for(code: str, message: str) -> _Row | None:
    code = code.removesuffix("Exception")
    for row in _TABLE:
        row_code, _, text = row[0].partition(": ")
        part = text.removeprefix("...")
        if row_code == _SAME.get(code, code) and (part in message if part != text else message.startswith(text)):
            return row
    return None
