"""Type an MFA code once, work with short-lived AWS credentials for hours."""

__version__ = "1.0.0"
