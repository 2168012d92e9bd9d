"""Re-exports `aws_mfa.interfaces`, until every import names it."""

from aws_mfa.interfaces import Interfaces as Outside

__all__ = ["Outside"]
