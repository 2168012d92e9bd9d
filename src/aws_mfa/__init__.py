"""
Type an MFA code once, work with short-lived AWS credentials for hours.

For Python programs: `aws_mfa.boto3_session("work")` and `aws_mfa.credentials("work")` (see `aws_mfa.python_api`), and
their failures in `aws_mfa.errors`.
"""

from __future__ import annotations

__all__ = ["boto3_session", "credentials", "errors"]
__version__ = "1.0.0rc1"

TYPE_CHECKING = False  # not imported from typing: every run of the tool loads this module
if TYPE_CHECKING:
    from aws_mfa import errors
    from aws_mfa.python_api import boto3_session, credentials
else:
    # Hidden from type checkers, which would otherwise accept every name.
    def __getattr__(name: str) -> object:
        """Import `python_api` at its first use: it loads botocore, and every run of the tool loads this module."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name == "errors":
            import aws_mfa.errors  # `from aws_mfa` would look the name up here again, without end

            return aws_mfa.errors
        from aws_mfa import python_api

        return getattr(python_api, name)
