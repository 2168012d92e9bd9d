"""
What AWS refused -> the failure a person can act on: what happened, then what to do. One table.

Pure. AWS's own words are shown only where ours would say less. A row's texts are filled in with the properties of
`AwsRefusal`.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and the texts AWS answers with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aws_mfa.errors import (
    AwsMfaError,
    AwsServerError,
    BadCode,
    ChainingLimit,
    ClockSkew,
    DurationTooLong,
    MalformedPolicy,
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
from aws_mfa.rules.set_up_hint import SetUpHint

if TYPE_CHECKING:
    from aws_mfa.rules.aws_refusal import AwsRefusal

_SERVER_ERROR = 500
_FORBIDDEN = 403
_PART = "..."  # before a text that may be anywhere in AWS's message


class _Row(NamedTuple):
    codes: tuple[str, ...]
    text: str
    """How AWS's message begins; after `...`: a part of it."""
    failure: type[AwsMfaError]
    message: str
    hints: tuple[str, ...] = ()
    """Those that are empty once they are filled in are left out."""


_DENIED = ("AccessDenied", "AccessDeniedException")
_INVALID = ("ValidationError", "InvalidParameterValue")
_TOO_LARGE = ("PackedPolicyTooLarge", "PackedPolicyTooLargeException")
_NO_SIGNATURE = ("SignatureDoesNotMatch",)
# Not AWS's: for codes that are in no row, by the HTTP status.
_FAILED, _OTHER = ("5xx",), ("other",)

_REFUSED = "AWS refused {r.action}: {r.words}"
_SESSION_KEYS = (
    SessionKeysGiven,
    "key {r.key} belongs to a session: {r.action} takes long-term keys only",
    (SetUpHint("store the long-term keys of the IAM user, whose key id begins with AKIA"),),
)
_SKEWED = (
    ClockSkew,
    "{r.skew}, and AWS allows 15 minutes",
    (
        "set the clock, on Linux: sudo timedatectl set-ntp true",
        "on macOS: sudo sntp -sS time.apple.com",
        "on Windows: w32tm /resync",
    ),
)
_MALFORMED_TAGS = (
    TagsRefused,
    "AWS does not take the session tags for {r.role}: {r.constraint}",
    ("50 tags at most, keys of 1 to 128 characters, values of up to 256: letters, digits, blanks and _.:/=+-@",),
)
_TAGS = (
    TagsRefused,
    "AWS refused the session tags for {r.role}: {r.text}",
    ("upper and lower case do not make two keys; each transitive key must be one of the tags",),
)
_TRUST = (
    "the role's trust policy must name {r.who} or its account, and its conditions must hold: MFA, external id, tags"
)
_LONGER = "the role's owner can allow up to twelve: aws iam update-role --role-name NAME --max-session-duration 43200"
_LESS = (
    "AWS packs session policies, policy ARNs and tags into one small space; tags inherited from a chain count too",
    "take fewer tags, with shorter keys and values",
    "take a managed policy in place of a long text: --policy-arn ARN",
)


def _may_not_set(action: str, what: str) -> _Row:
    return _Row(
        _DENIED,
        f"...not authorized to perform: {action}",
        NotAuthorized,
        f"{{r.role}} may not be assumed with {what}: {action} is not allowed",
        (
            f"the role's trust policy must allow {action} beside sts:AssumeRole, and so must the caller's policy",
            "a session hands its source identity and its transitive tags on: the next role of a chain needs it too",
        ),
    )


# The first row that fits counts. Each code's last row fits any text.
_ROWS = (
    _Row(
        _DENIED,
        "MultiFactorAuthentication failed with invalid MFA one time pass code",
        WrongCode,
        "AWS refused the code of {r.device}: it is wrong, or was used before",
        ("wait for the next code: the next one begins in {r.next_code_s} s", "{r.clock_hint}"),
    ),
    _Row(
        _DENIED,
        "MultiFactorAuthentication failed, unable to validate MFA code",
        UnknownDevice,
        "{r.device} is not an MFA device of the user of key {r.key}",
        (
            "list the user's devices with: aws iam list-mfa-devices",
            "a device's ARN is not the user's: arn:aws:iam::123456789012:mfa/NAME, upper and lower case count",
        ),
    ),
    _Row(
        _DENIED,
        "MultiFactorAuthentication failed, must provide both",
        UnknownDevice,
        "AWS refused {r.action}: it needs the device and a code, both",
        ('give the device with --device, MFA_DEVICE or "aws_mfa_device"',),
    ),
    _Row(_DENIED, "Cannot call GetSessionToken with session credentials", *_SESSION_KEYS),
    _Row(_DENIED, "Cannot call GetFederationToken with session credentials", *_SESSION_KEYS),
    _Row(
        _DENIED,
        "Roles may not be assumed by root accounts",
        NotAuthorized,
        "key {r.key} is the root user's, who may not assume roles",
        ("use the keys of an IAM user, and delete the root user's: they cannot be restricted",),
    ),
    _Row(
        _DENIED,
        "...explicit deny",
        NotAuthorized,
        "a policy denies {r.action}: {r.words}",
        (
            "an explicit deny wins over every permission; the reason is often the network, the region, or missing MFA",
            "ask the account's administrator which condition applies",
        ),
    ),
    _may_not_set("sts:TagSession", "session tags"),
    _may_not_set("sts:SetSourceIdentity", "a source identity"),
    _Row(
        _DENIED,
        "...not authorized to perform: sts:AssumeRole",
        NotAuthorized,
        "{r.who} may not assume {r.role}, or there is no such role: AWS does not tell which",
        (
            "check account and name in the role's ARN",
            _TRUST,
            "the user needs a policy that allows sts:AssumeRole on the role",
        ),
    ),
    _Row(_DENIED, "", NotAuthorized, _REFUSED, ("see which user the keys belong to: aws sts get-caller-identity",)),
    _Row(
        _INVALID,
        "The requested DurationSeconds exceeds the MaxSessionDuration",
        DurationTooLong,
        "the duration is longer than {r.role} allows (its MaxSessionDuration)",
        (
            "every role allows one hour: --duration 3600",
            _LONGER,
        ),
    ),
    _Row(
        _INVALID,
        "The requested DurationSeconds exceeds the 1 hour session limit",
        ChainingLimit,
        "{r.role} can be assumed with temporary credentials for one hour at most",
        (
            "ask for one hour: --duration 3600",
            "a longer session needs the long-term keys and a code of its own",
        ),
    ),
    _Row(_INVALID, "Duplicate tag keys", *_TAGS),
    _Row(_INVALID, "The specified transitive tag key", *_TAGS),
    _Row(
        _INVALID,
        "One of the specified transitive tag keys can't be set",
        TagsRefused,
        "a session tag for {r.role} is set already: it comes from the role before, for good",
        ("leave it out here: what is transitive there is inherited",),
    ),
    _Row(
        _INVALID,
        "The source identity is already set",
        TagsRefused,
        "the source identity for {r.role} is set already: the role before it has another one",
        ("leave source_identity out here, or give the same: it stays as it is along a chain",),
    ),
    _Row(
        _INVALID,
        "...'tokenCode'",
        BadCode,
        "AWS takes the code for malformed",
        ("type the six digits that the device shows now",),
    ),
    _Row(
        _INVALID,
        "... at 'policy' ",
        MalformedPolicy,
        "AWS does not take the session policy for {r.role}: {r.constraint}",
        ("a session policy has 2048 characters at most, of ASCII and Latin-1; leave out blanks and indents",),
    ),
    _Row(_INVALID, "... at 'tags", *_MALFORMED_TAGS),
    _Row(_INVALID, "... at 'transitiveTagKeys", *_MALFORMED_TAGS),
    _Row(_INVALID, "", RefusedByAws, _REFUSED),
    _Row(
        ("MalformedPolicyDocument", "MalformedPolicyDocumentException"),
        "",
        MalformedPolicy,
        "AWS cannot read the session policy for {r.role}: {r.text}",
        (
            "a session policy is JSON with Version and Statement, and without Principal",
            "check it: aws accessanalyzer validate-policy --policy-type IDENTITY_POLICY --policy-document file://FILE",
        ),
    ),
    _Row(
        _TOO_LARGE,
        "Packed size of session tags",
        TooLargeForSession,
        "the session tags for {r.role} are too large{r.share}",
        _LESS,
    ),
    _Row(
        _TOO_LARGE,
        "",
        TooLargeForSession,
        "the session policies and tags for {r.role} are too large together{r.share}",
        _LESS,
    ),
    _Row(
        ("InvalidClientTokenId", "UnrecognizedClientException"),
        "",
        UnknownKey,
        "AWS does not know the access key id {r.key}",
        (
            "{r.session_key_hint}",
            "it was deleted or made inactive, or mistyped: look at the user's security credentials in the console",
            "keys work in their own partition only: AWS was asked in region {r.region}",
            "a key made within the last minute may not be known yet: try again",
        ),
    ),
    _Row(_NO_SIGNATURE, "Signature expired", *_SKEWED),
    _Row(_NO_SIGNATURE, "Signature not yet current", *_SKEWED),
    _Row(
        _NO_SIGNATURE,
        "Credential should be scoped to a valid ",
        RefusedByAws,
        "AWS does not know region {r.region!r} here",
        ("look at its name, and at the endpoint's if one is set: both name a region such as eu-central-1",),
    ),
    _Row(
        (*_NO_SIGNATURE, "InvalidSignatureException"),
        "",
        WrongSecret,
        "the secret access key does not belong to the access key id {r.key}",
        (SetUpHint("store both again, copied whole"),),
    ),
    _Row(("RequestTimeTooSkewed", "RequestExpired"), "", *_SKEWED),
    _Row(
        ("ExpiredToken", "ExpiredTokenException"),
        "",
        SessionExpired,
        "the session of key {r.key} is over",
        ("get a new one: aws-mfa --force",),
    ),
    _Row(
        ("RegionDisabledException",),
        "",
        RegionDisabled,
        "STS is not active for this account in region {r.region}",
        ("{r.region_hint}", "have it activated: IAM console, Account settings, Security Token Service"),
    ),
    _Row(
        ("Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequests"),
        "",
        Throttled,
        "AWS answers that there were too many requests",
        ("wait some seconds and try again", "{r.spent_hint}"),
    ),
    _Row(
        _FAILED,
        "",
        AwsServerError,
        "AWS failed at {r.action} (HTTP {r.status}): {r.words}",
        ("{r.retry_hint}", "is AWS well? https://health.aws.amazon.com/health/status"),
    ),
    _Row(_OTHER, "", RefusedByAws, _REFUSED),
)
_CODES = frozenset(code for row in _ROWS for code in row.codes) - {*_FAILED, *_OTHER}


def explain(refusal: AwsRefusal) -> AwsMfaError:
    """Return the failure to raise for an answer that was not 200."""
    code = refusal.code
    if code not in _CODES:
        by_status = _DENIED if refusal.status == _FORBIDDEN else _OTHER
        (code, *_) = _FAILED if refusal.status >= _SERVER_ERROR else by_status
    row = next(row for row in _ROWS if code in row.codes and _fits(row.text, refusal.message))
    hints = (hint if isinstance(hint, SetUpHint) else hint.format(r=refusal) for hint in row.hints)
    return row.failure(row.message.format(r=refusal), *filter(None, hints))


def _fits(text: str, message: str) -> bool:
    return text[len(_PART) :] in message if text.startswith(_PART) else message.startswith(text)
