"""Re-exports `aws_mfa.interfaces`, until every import names it."""

from aws_mfa.interfaces import Endpoint

__all__ = ["Endpoint"]
