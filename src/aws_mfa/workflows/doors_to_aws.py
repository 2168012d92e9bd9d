"""Re-exports `aws_mfa.interfaces`, until every import names it."""

from aws_mfa.interfaces import Iam, SignIn, Sts

__all__ = ["Iam", "SignIn", "Sts"]
