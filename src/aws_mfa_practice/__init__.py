"""A practice AWS (STS, IAM) and a practice phone on loopback: for `aws-mfa demo` and the project's own tests."""

from __future__ import annotations

from aws_mfa_practice.aws import PracticeAws
from aws_mfa_practice.moments import PracticeClock

__all__ = ["PracticeAws", "PracticeClock"]
