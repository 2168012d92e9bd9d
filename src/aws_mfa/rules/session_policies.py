"""
What narrows a role session: managed policies by ARN, a policy of its own, `ReadOnlyAccess`.

Limits: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (10 ARNs, 2048 characters together).
"""

from __future__ import annotations

import json

from aws_mfa.errors import BadInput
from aws_mfa.rules.arns import partition_of

MOST_POLICY_ARNS = 10
LONGEST_POLICY = 2048


def check_policy_arns(arns: list[str]) -> tuple[str, ...]:
    """Return the ARNs; `BadInput` for more than ten, and for what is no managed policy's ARN."""
    if len(arns) > MOST_POLICY_ARNS:
        raise BadInput(f"{len(arns)} policy ARNs are given: AWS takes {MOST_POLICY_ARNS} at most")
    for arn in arns:
        parts = arn.split(":", 5)
        if partition_of(arn) is None or parts[2] != "iam" or not parts[5].startswith("policy/"):
            raise BadInput(
                f"--policy-arn {arn!a} is not the ARN of a managed policy",
                "its form is: arn:aws:iam::aws:policy/NAME, or arn:aws:iam::123456789012:policy/NAME",
            )
    return tuple(arns)


def check_policy(text: str, source: str) -> str:
    """Return the policy on one line; `BadInput` for what is not a JSON object, or too long. It is not quoted."""
    try:
        policy = json.loads(text)
    except ValueError:
        raise BadInput(f"the policy in {source} is not JSON", f"look at it: python -m json.tool {source}") from None
    if not isinstance(policy, dict):
        raise BadInput(f"the policy in {source} is not a JSON object")
    line = json.dumps(policy, separators=(",", ":"))
    if len(line) > LONGEST_POLICY:
        raise BadInput(f"the policy in {source} has {len(line)} characters: AWS takes {LONGEST_POLICY} at most")
    return line


def read_only_arn(partition: str) -> str:
    """The AWS managed policy ReadOnlyAccess of a partition."""
    return f"arn:{partition}:iam::aws:policy/ReadOnlyAccess"
