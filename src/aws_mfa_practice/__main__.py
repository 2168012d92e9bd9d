"""
`python -m aws_mfa_practice`: a practice AWS to try things by hand; every value printed is invented.

It prints lines for a second terminal: they give that shell a throwaway home and no variables of the user.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import sys
import threading
import time
from typing import TYPE_CHECKING

from aws_mfa_practice import PracticeAws
from aws_mfa_practice.totp import WINDOW_S

if TYPE_CHECKING:
    from aws_mfa_practice.account import User
    from aws_mfa_practice.totp import Device

_ABOUT = (
    "A practice AWS on this machine: prints what to paste into another terminal, and its user's code on each Enter; "
    "serves until Ctrl-C."
)

LINES = """\
Paste the lines from "unset" to "END" into another terminal (sh, bash or zsh).
They make a throwaway home, so that none of your files is touched, and put this installation's aws-mfa on PATH.

unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
unset AWS_SHARED_CREDENTIALS_FILE AWS_CONFIG_FILE AWS_REGION AWS_DEFAULT_REGION
unset MFA_DEVICE MFA_ASSUME_ROLE MFA_STS_DURATION
unset XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_DATA_HOME CLAUDE_CONFIG_DIR CODEX_HOME CURSOR_CONFIG_DIR
unset AWS_MFA_AGENT AWS_MFA_AGENT_ACCESS CLAUDECODE CODEX_THREAD_ID GEMINI_CLI KIRO_SESSION_ID OPENCODE
unset ANTIGRAVITY_AGENT AMP_CURRENT_THREAD_ID PI_CODING_AGENT COPILOT_CLI CURSOR_AGENT AI_AGENT
export HOME=$(mktemp -d) AWS_ENDPOINT_URL={url}
export AWS_MFA_VAULT=file AWS_MFA_SESSION_STORE=plain PATH={programs}:"$PATH"
mkdir -m 700 ~/.aws; cat > ~/.aws/config <<'END'
{config}END

Then run there: aws-mfa setup --profile work --access-key-id {key_id} --region eu-central-1
The secret that it asks for: {secret}
Then: aws-mfa --profile work, and aws-mfa plan --all
For a code of {device}: press Enter here,
or give an authenticator its seed: oathtool -b --totp {seed}
The AWS CLI must know AWS_ENDPOINT_URL (1.29, 2.13 or newer); an older one asks the real AWS,
unless it gets the endpoint with each command: aws --endpoint-url $AWS_ENDPOINT_URL sts get-caller-identity
Serving until Ctrl-C.
"""

ROLE = """\
[profile {name}]
role_arn = {role_arn}
source_profile = work
region = eu-central-1
"""


def main() -> None:
    """Print how to use an invented user, then their code on each Enter, and serve until Ctrl-C."""
    argparse.ArgumentParser(prog="python -m aws_mfa_practice", description=_ABOUT).parse_args()
    with PracticeAws() as aws, contextlib.suppress(KeyboardInterrupt):
        ann = aws.account.add_user("ann")
        phone = ann.add_device()
        lines = LINES.format(
            url=aws.url,
            programs=shlex.quote(os.path.dirname(sys.executable)),
            config=_roles(aws, ann),
            key_id=ann.keys.access_key_id,
            secret=ann.keys.secret_access_key,
            device=phone.serial,
            seed=phone.base32_seed,
        )
        _show(lines)
        _show_codes(phone)
        threading.Event().wait()


def _roles(aws: PracticeAws, ann: User) -> str:
    """Three roles in two other accounts; the longest lasts as long as a role may."""
    dev, prod = aws.add_account(), aws.add_account()
    roles = (
        ("dev", dev.add_role("Developer", trusts=ann, mfa=True), ""),
        ("prod", prod.add_role("Reader", trusts=ann, mfa=True), ""),
        ("prod-admin", prod.add_role("Admin", trusts=ann, mfa=True, max_session_s=43200), "duration_seconds = 14400\n"),
    )
    return "".join(ROLE.format(name=name, role_arn=role.arn) + more for name, role, more in roles)


def _show_codes(phone: Device) -> None:
    """Print the code on each line of input, until the input ends."""
    for _ in sys.stdin:
        _show(f"{phone.code()}  ({WINDOW_S - int(time.time()) % WINDOW_S} s left)\n")


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
