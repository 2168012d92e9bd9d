"""One external thing each; its errors are translated to those of `aws_mfa.errors` here."""
