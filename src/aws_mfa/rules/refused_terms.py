"""
What AWS refuses of a role session's terms: session policies, tags, source identity.

Pure, and a part of `refusals.py`. A policy is never repeated, nor more of AWS's words about it than one line.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and the texts AWS answers with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError, MalformedPolicy, NotAuthorized, TagsRefused, TooLargeForSession

if TYPE_CHECKING:
    from aws_mfa.rules.refused import Refused

_TAGS_ALONE = "Packed size of session tags"
_ROOM = "AWS packs session policies, policy ARNs and tags into one small space; tags inherited from a chain count too"
_LESS = (
    "take fewer tags, with shorter keys and values",
    "take a managed policy in place of a long text: --policy-arn ARN",
)


def may_not_set(refused: Refused) -> AwsMfaError | None:
    """Return the failure for a role that may be assumed, but not with tags or a source identity; None for others."""
    for action, what in (("sts:TagSession", "session tags"), ("sts:SetSourceIdentity", "a source identity")):
        if f"not authorized to perform: {action}" in refused.message:
            return NotAuthorized(
                f"{refused.role_arn or 'the role'} may not be assumed with {what}: {action} is not allowed",
                f"the role's trust policy must allow {action} beside sts:AssumeRole, and so must the caller's policy",
                "a session hands its source identity and its transitive tags on: the next role of a chain needs it too",
            )
    return None


def out_of_limits(refused: Refused) -> AwsMfaError | None:
    """Return the failure for a policy or tags outside AWS's limits, without their values; None for others."""
    role = refused.role_arn or "the role"
    if " at 'policy' " in refused.message:
        return MalformedPolicy(
            f"AWS does not take the session policy for {role}: {_constraint(refused)}",
            "a session policy has 2048 characters at most, of ASCII and Latin-1; leave out blanks and indents",
        )
    if any(f" at '{name}" in refused.message for name in ("tags", "transitiveTagKeys")):
        return TagsRefused(
            f"AWS does not take the session tags for {role}: {_constraint(refused)}",
            "50 tags at most, keys of 1 to 128 characters, values of up to 256: letters, digits, blanks and _.:/=+-@",
        )
    return None


def _constraint(refused: Refused) -> str:
    return refused.message.rpartition("constraint: ")[2].rstrip(".") or "it is outside a limit"


def _malformed_policy(refused: Refused) -> AwsMfaError:
    return MalformedPolicy(
        f"AWS cannot read the session policy for {refused.role_arn or 'the role'}: {refused.message.rstrip('.')}",
        "a session policy is JSON with Version and Statement, and without Principal",
        "check it: aws accessanalyzer validate-policy --policy-type IDENTITY_POLICY --policy-document file://FILE",
    )


def _too_large(refused: Refused) -> AwsMfaError:
    tags_alone = refused.message.startswith(_TAGS_ALONE)
    what, together = ("tags", "") if tags_alone else ("policies and tags", " together")
    percent = refused.message.partition("consumes ")[2].partition("%")[0]
    how_much = f": {percent} % of AWS's space" if percent.isdecimal() else ""
    return TooLargeForSession(
        f"the session {what} for {refused.role_arn or 'the role'} are too large{together}{how_much}", _ROOM, *_LESS
    )


def _tags(refused: Refused) -> AwsMfaError:
    return TagsRefused(
        f"AWS refused the session tags for {refused.role_arn or 'the role'}: {refused.message.rstrip('.')}",
        "upper and lower case do not make two keys; each transitive key must be one of the tags",
    )


def _inherited_tag(refused: Refused) -> AwsMfaError:
    return TagsRefused(
        f"a session tag for {refused.role_arn or 'the role'} is set already: it comes from the role before, for good",
        "leave it out here: what is transitive there is inherited",
    )


def _source_identity(refused: Refused) -> AwsMfaError:
    return TagsRefused(
        f"the source identity for {refused.role_arn or 'the role'} is set already: the role before it has another one",
        "leave source_identity out here, or give the same: it stays as it is along a chain",
    )


_INVALID = ("InvalidParameterValue", "ValidationError")

# As the rules of `refusals.py`: (codes, beginning of the message, what to make of it).
TERM_RULES = (
    (("MalformedPolicyDocument", "MalformedPolicyDocumentException"), "", _malformed_policy),
    (("PackedPolicyTooLarge", "PackedPolicyTooLargeException"), "", _too_large),
    (_INVALID, "Duplicate tag keys", _tags),
    (_INVALID, "The specified transitive tag key", _tags),
    (_INVALID, "One of the specified transitive tag keys can't be set", _inherited_tag),
    (_INVALID, "The source identity is already set", _source_identity),
)
