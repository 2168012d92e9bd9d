"""
Type an MFA code once, work with short-lived AWS credentials for hours.

For Python programs: `aws_mfa.boto3_session("work")` and `aws_mfa.credentials("work")` (see `for_python`), and their
failures in `aws_mfa.errors`.
"""

from __future__ import annotations

__all__ = ["boto3_session", "credentials", "errors"]
__version__ = "1.0.0"

TYPE_CHECKING = False  # not imported from typing: every run of the tool begins here
if TYPE_CHECKING:
    from aws_mfa import errors
    from aws_mfa.python_api import boto3_session, credentials
else:
    # Out of type checkers' sight: with it they would believe that every name is here.
    def __getattr__(name: str) -> object:
        """Import `for_python` when it is first used: it loads botocore, and every run of the tool passes here."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name == "errors":
            import aws_mfa.errors  # not `from aws_mfa`: that would look for the name here, without end

            return aws_mfa.errors
        from aws_mfa import python_api as for_python

        return getattr(for_python, name)
