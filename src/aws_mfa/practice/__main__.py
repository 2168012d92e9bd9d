"""`python -m aws_mfa.practice`: a practice AWS to try things by hand; every value printed is invented."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading

from aws_mfa.practice import PracticeAws


def main() -> None:
    """Print an invented user's keys, device and code, and serve until Ctrl-C."""
    about = "A practice AWS on this machine: prints an invented user's keys, device and code, and serves until Ctrl-C."
    argparse.ArgumentParser(prog="python -m aws_mfa.practice", description=about).parse_args()
    with PracticeAws() as aws, contextlib.suppress(KeyboardInterrupt):
        ann = aws.account.add_user("ann")
        phone = ann.add_device()
        role = aws.account.add_role("Admin", trusts=ann, mfa=True, max_session_s=43200)
        sys.stdout.write(
            f"export AWS_ENDPOINT_URL={aws.url}\n"
            f"export AWS_ACCESS_KEY_ID={ann.keys.access_key_id}\n"
            f"export AWS_SECRET_ACCESS_KEY={ann.keys.secret_access_key}\n"
            f"export MFA_DEVICE={phone.serial}\n"
            f"# role that wants MFA: {role.arn}\n"
            f"# seed for an authenticator: {phone.base32_seed}\n"
            f"# code now: {phone.code()}\n"
            "# serving until Ctrl-C\n"
        )
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
