"""Re-exports `aws_mfa.interfaces`, until every import names it."""

from aws_mfa.interfaces import AwsTextFile, Document, Vault, Watch

__all__ = ["AwsTextFile", "Document", "Vault", "Watch"]
