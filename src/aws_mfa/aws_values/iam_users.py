"""
What IAM says of a user: the state of an access key, and a virtual MFA device that was just created. Pure.

Limits: two access keys and eight MFA devices per user.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from aws_mfa.model import Secret

KEYS_PER_USER = 2
DEVICES_PER_USER = 8


class AccessKey(NamedTuple):
    """An access key of a user; `created_at` is in seconds since the epoch, None if IAM did not say."""

    access_key_id: str
    is_active: bool
    created_at: float | None


class NewDevice(NamedTuple):
    """A virtual MFA device that no user has yet: its ARN, and its seed in base32, which IAM shows this once."""

    serial: str
    seed: Secret


def user_name_of(arn: str) -> str:
    """The name at the end of a user's ARN: `ann` of `arn:aws:iam::123456789012:user/team/ann`."""
    return arn.rpartition("/")[2]


def as_statement(action: str, resource: str) -> str:
    """The smallest policy statement that allows one action, as JSON on one line."""
    return f'{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}'
