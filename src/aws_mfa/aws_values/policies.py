"""
Checks what narrows a role session, by flag or by profile: ARNs of managed policies, and the text of a policy. Pure.

Limits: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (10 ARNs, 2048 characters together).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import account_of, partition_of
from aws_mfa.command_lines import quote
from aws_mfa.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_POLICY_ARNS = 10
LONGEST_POLICY_ARN = 2048
LONGEST_POLICY = 2048
_FLAG = "--policy-arn "


def check_policy_arns(arns: list[str], *, read_only: bool = False, flag: str = _FLAG) -> tuple[str, ...]:
    """The ARNs, each once; `BadInput` unless all are managed policies' and ten at most, ReadOnlyAccess included."""
    distinct = tuple(dict.fromkeys(arns))
    for arn in distinct:
        if not _is_managed_policy(arn):
            raise BadInput(
                f"{flag}{arn[:LONGEST_POLICY_ARN]!a} is not the ARN of a managed policy",
                "its form is: arn:aws:iam::aws:policy/NAME, or arn:aws:iam::123456789012:policy/NAME",
            )
    count = len(distinct) + read_only
    if count > MOST_POLICY_ARNS:
        of_them = ", ReadOnlyAccess one of them," if read_only else ""
        raise BadInput(f"{count} policy ARNs{of_them} are given: AWS accepts {MOST_POLICY_ARNS} at most")
    return distinct


def check_policy_partitions(arns: Collection[str], role_arn: str, *, flag: str = _FLAG) -> None:
    """Raise `BadInput` for a policy of another partition than the role's, before a code is spent."""
    partition = partition_of(role_arn)
    for arn in arns:
        if partition_of(arn) != partition:
            like_it = ":".join(["arn", partition or "aws", *arn.split(":")[2:]])
            raise BadInput(
                f"{flag}{arn}: {role_arn} is in partition {partition}, where AWS does not know that policy",
                f"each partition has AWS's own policies: {flag}{quote(like_it)}",
            )


def check_policy(text: str, source: str) -> str:
    """Return the policy on one line; `BadInput` if it is not a JSON object, or too long. No message quotes it."""
    try:
        # Windows writes a byte order mark. A duplicate key is refused: parsers differ in which value they use.
        policy = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=without_repetition)
    except (ValueError, RecursionError):
        hint = f"look at it: python -m json.tool {quote(source)}"
        raise BadInput(f"the policy in {source} is not JSON, or has a key twice", hint) from None
    if not isinstance(policy, dict):
        raise BadInput(f"the policy in {source} is not a JSON object", 'it begins with: {"Version": "2012-10-17"')
    line = json.dumps(policy, separators=(",", ":"))
    if len(line) > LONGEST_POLICY:
        raise BadInput(f"the policy in {source} has {len(line)} characters: AWS accepts {LONGEST_POLICY} at most")
    return line


def _is_managed_policy(arn: str) -> bool:
    if partition_of(arn) is None or len(arn) > LONGEST_POLICY_ARN:
        return False
    _, _, service, region, account, resource = arn.split(":", 5)
    is_of_iam = service == "iam" and not region and (account == "aws" or account_of(arn) is not None)
    printable = all("!" <= character <= "~" for character in arn)
    return is_of_iam and printable and resource.startswith("policy/") and bool(resource.rpartition("/")[2])


def without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """For JSON objects: parsers differ in which value of a key that is given twice they use; raises `ValueError`."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found
