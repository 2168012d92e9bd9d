"""
Refusals: every error of the practice AWS, with AWS's own status, code and text.

Nothing here decides; the texts are in one place so that they can be compared with AWS's at a glance.
"""

from __future__ import annotations

UNKNOWN_TOKEN = "The security token included in the request is invalid."  # noqa: S105 - AWS's text, not a secret
WRONG_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
WRONG_DEVICE = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)
HALF_MFA = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
SESSION_ASKS_SESSION = "Cannot call GetSessionToken with session credentials"
SESSION_ASKS_FEDERATION = "Cannot call GetFederationToken with session credentials"
ROOT_ASKS_ROLE = "Roles may not be assumed by root accounts."
ABOVE_ROLE_MAXIMUM = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
ABOVE_CHAINING_LIMIT = (
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
)
DUPLICATE_TAGS = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
TRANSITIVE_WITHOUT_TAG = "The specified transitive tag key must be included in the requested tags."
TRANSITIVE_TAG_SET = (
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
    "from the calling session."
)
SOURCE_IDENTITY_SET = "The source identity is already set for this assume role session"


class Refusal(Exception):
    """A refusal: HTTP status, AWS's code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def access_denied(message: str) -> Refusal:
    """A policy, a trust policy or missing MFA forbids it."""
    return Refusal(403, "AccessDenied", message)


def not_authorized(caller_arn: str, operation: str, resource: str) -> Refusal:
    """No policy allows it, or the resource does not exist: AWS does not say which."""
    return access_denied(f"User: {caller_arn} is not authorized to perform: {operation} on resource: {resource}")


def explicitly_denied(caller_arn: str, operation: str, resource: str) -> Refusal:
    """A policy forbids it, such as the one that demands MFA."""
    refusal = not_authorized(caller_arn, operation, resource)
    return access_denied(f"{refusal.message} with an explicit deny in an identity-based policy")


def no_such_entity(message: str) -> Refusal:
    """IAM has no user, key or device of this name."""
    return Refusal(404, "NoSuchEntity", message)


def already_exists(message: str) -> Refusal:
    """IAM has a device of this name, or the device is a user's."""
    return Refusal(409, "EntityAlreadyExists", message)


def limit_exceeded(message: str) -> Refusal:
    """As many keys or devices as IAM allows."""
    return Refusal(409, "LimitExceeded", message)


def delete_conflict(message: str) -> Refusal:
    """What is to be deleted is in use."""
    return Refusal(409, "DeleteConflict", message)


def invalid_codes() -> Refusal:
    """The codes are not two consecutive ones of the device."""
    return Refusal(403, "InvalidAuthenticationCode", "Authentication code for device is not valid")


def invalid(message: str) -> Refusal:
    """A parameter that cannot be right."""
    return Refusal(400, "ValidationError", message)


def invalid_value(message: str) -> Refusal:
    """Tags that contradict each other or the calling session."""
    return Refusal(400, "InvalidParameterValue", message)


def malformed_policy(message: str) -> Refusal:
    """A session policy that is malformed."""
    return Refusal(400, "MalformedPolicyDocument", message)


def insufficient_lifetime() -> Refusal:
    """A scoped session that would end after the session it comes from."""
    message = "The requested DurationSeconds is greater than the remaining lifetime of the calling session."
    return Refusal(400, "InsufficientSessionLifetime", message)


def invalid_subject() -> Refusal:
    """GetScopedCredentials takes temporary credentials only."""
    return Refusal(400, "InvalidSubjectCredentials", "The calling session's credentials are not valid for this call.")


def packed_too_large(message: str) -> Refusal:
    """Session policies and tags that do not fit together."""
    return Refusal(400, "PackedPolicyTooLarge", message)


def unknown_token() -> Refusal:
    """The key id or the session token does not exist, or not in this partition."""
    return Refusal(403, "InvalidClientTokenId", UNKNOWN_TOKEN)


def expired_token() -> Refusal:
    """The session has expired."""
    return Refusal(403, "ExpiredToken", "The security token included in the request is expired")


def bad_signature(message: str = WRONG_SIGNATURE) -> Refusal:
    """The signature, its scope or its moment is wrong."""
    return Refusal(403, "SignatureDoesNotMatch", message)


def incomplete_signature(message: str) -> Refusal:
    """The signature cannot even be read."""
    return Refusal(400, "IncompleteSignature", message)


def not_signed() -> Refusal:
    """The request carries no signature at all."""
    return Refusal(403, "MissingAuthenticationToken", "Request is missing Authentication Token")


def region_disabled(account_id: str) -> Refusal:
    """STS is switched off for the account in this region."""
    return Refusal(
        403,
        "RegionDisabledException",
        f"STS is not activated in this region for account:{account_id}. "
        "Your account administrator can activate STS in this region using the IAM Console.",
    )


def unknown_action(action: str, version: str) -> Refusal:
    """No such operation in this version of the API."""
    return Refusal(400, "InvalidAction", f"Could not find operation {action} for version {version}")


def throttled() -> Refusal:
    """Too many requests."""
    return Refusal(400, "Throttling", "Rate exceeded")


def internal_failure() -> Refusal:
    """AWS broke."""
    return Refusal(500, "InternalFailure", "The request processing has failed because of an unknown error.")


def service_unavailable() -> Refusal:
    """AWS is unavailable for the moment."""
    return Refusal(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
