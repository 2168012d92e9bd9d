"""
Terms of a role session: its tags, source identity and session policies, asked for and inherited.

The session policies are checked for their form and kept; `session_policies` evaluates them. Their
share of AWS's packed space is a model: AWS packs in an unknown form and reports only the percentage.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aws_mfa_practice import refusals
from aws_mfa_practice.parameters import member_name, member_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa_practice.account import Account

# Fitted to percentages that users reported: 9 tags of 252 characters take 498 %, 1690 characters of policy 157 %.
TAG_SPACE = 456
POLICY_SPACE = 1076

_POLICY_ARN = re.compile(r"arn:([\w-]+):iam::(aws|\d{12}):policy/\S+")


@dataclass(frozen=True)
class Terms:
    """What a role session carries beside its keys; keys of tags keep their case, but are compared without it."""

    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    policy: str | None = field(default=None, repr=False)
    policy_arns: tuple[str, ...] = ()

    def has_tag(self, key: str) -> bool:
        """Whether there is a tag of this key, in any case."""
        return key.lower() in _lowered(self.tags)

    @property
    def packed_size(self) -> int:
        """How much of AWS's space this takes, in percent."""
        return math.ceil(self._tag_share + self._policy_share)

    def require_space(self) -> None:
        """Refuse tags and policies that do not fit into AWS's space, with AWS's two messages."""
        if self._tag_share > 100:  # noqa: PLR2004 - percent
            raise refusals.packed_too_large(
                f"Packed size of session tags consumes {math.ceil(self._tag_share)}% of allotted space."
            )
        if self.packed_size > 100:  # noqa: PLR2004 - percent
            raise refusals.packed_too_large(
                f"Packed policy consumes {self.packed_size}% of allotted space, please use smaller policy."
            )

    @property
    def _tag_share(self) -> float:
        return 100 * sum(len(key) + len(value) for key, value in self.tags.items()) / TAG_SPACE

    @property
    def _policy_share(self) -> float:
        return 100 * (len(self.policy or "") + sum(map(len, self.policy_arns))) / POLICY_SPACE


NO_TERMS = Terms()


def read_terms(parameters: Mapping[str, str]) -> Terms:
    """The terms of a request whose parameters are within their limits; a `Refusal` if they contradict each other."""
    keys = _members(parameters, "Tags", "Key")
    _require_distinct(keys)
    transitive = _members(parameters, "TransitiveTagKeys", "")
    if not _lowered(transitive) <= _lowered(keys):
        raise refusals.invalid_value(refusals.TRANSITIVE_WITHOUT_TAG)
    policy = read_policy(parameters)
    return Terms(
        tags=dict(zip(keys, _members(parameters, "Tags", "Value"), strict=True)),
        transitive_tag_keys=tuple(transitive),
        source_identity=parameters.get("SourceIdentity"),
        policy=policy,
        policy_arns=tuple(_members(parameters, "PolicyArns", "arn")),
    )


def require_policies_of(account: Account, terms: Terms) -> None:
    """Refuse managed policies that are neither AWS's nor of the account."""
    for arn in terms.policy_arns:
        shape = _POLICY_ARN.fullmatch(arn)
        if shape is None or shape[1] != account.partition or shape[2] not in ("aws", account.account_id):
            raise refusals.invalid(f"{arn} is invalid")


def inherited(terms: Terms, calling: Terms) -> Terms:
    """
    The terms of a session asked for from a session: transitive tags and source identity are inherited.

    Tags can be added, not changed. Session policies are not inherited.
    """
    kept = {key: value for key, value in calling.tags.items() if key.lower() in _lowered(calling.transitive_tag_keys)}
    if _lowered(kept) & _lowered(terms.tags):
        raise refusals.invalid_value(refusals.TRANSITIVE_TAG_SET)
    if calling.source_identity and terms.source_identity not in (None, calling.source_identity):
        raise refusals.invalid(refusals.SOURCE_IDENTITY_SET)
    return replace(
        terms,
        tags={**kept, **terms.tags},
        transitive_tag_keys=(*calling.transitive_tag_keys, *terms.transitive_tag_keys),
        source_identity=terms.source_identity or calling.source_identity,
    )


def _require_distinct(keys: list[str]) -> None:
    if len(_lowered(keys)) != len(keys):
        raise refusals.invalid_value(refusals.DUPLICATE_TAGS)
    reserved = next((key for key in keys if key.lower().startswith("aws:")), None)
    if reserved is not None:
        raise refusals.invalid_value(f"Tag keys that start with aws: are reserved: {reserved}")


def read_policy(parameters: Mapping[str, str]) -> str | None:
    """The inline policy of a request; a `Refusal` if it has not the form of one."""
    policy = parameters.get("Policy")
    if policy is not None:
        _require_policy(policy)
    return policy


def _require_policy(policy: str) -> None:
    try:
        document = json.loads(policy)
    except ValueError:
        raise refusals.malformed_policy("This policy contains invalid Json") from None
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements or not all(map(_is_statement, statements)):
        raise refusals.malformed_policy("Syntax errors in policy.")


def _is_statement(statement: object) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        return False
    actions = statement.get("Action", "")
    return isinstance(actions, str) or (isinstance(actions, list) and all(isinstance(one, str) for one in actions))


def _members(parameters: Mapping[str, str], name: str, field: str) -> list[str]:
    return [parameters[member_name(name, number, field)] for number in member_numbers(parameters, name)]


def _lowered(keys: Mapping[str, str] | tuple[str, ...] | list[str]) -> set[str]:
    return {key.lower() for key in keys}
