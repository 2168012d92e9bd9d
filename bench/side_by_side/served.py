"""
The practice AWS as a separate process: `served.py FOLDER COUNT LATENCY_S`, with the folder's certificate.

For each line on stdin it prints a new user who may assume COUNT roles, because a code works once.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import time
from typing import TYPE_CHECKING

from aws_mfa_practice import PracticeAws
from aws_mfa_practice.keys import Session

if TYPE_CHECKING:
    from aws_mfa_practice.account import User

HOURS_S = 10 * 3600


def new_user(aws: PracticeAws, name: str, count: int) -> dict[str, object]:
    """What a client needs to act as that user: long-term keys and a fresh code, or an MFA session as `keys`."""
    user = aws.account.add_user(name)
    phone = user.add_device()
    roles = [aws.account.add_role(f"{name}-{number}", trusts=user, mfa=True).arn for number in range(count)]
    return {
        "user": name,
        "roles": roles,
        "keys": _mfa_session(aws, user),
        "long_term": [user.keys.access_key_id, user.keys.secret_access_key],
        "device": phone.serial,
        "code": phone.code(),
    }


def _mfa_session(aws: PracticeAws, user: User) -> list[str]:
    session = Session(user, int(time.time()) + HOURS_S, has_mfa=True)
    aws.sessions[session.access_key_id] = session
    return [session.access_key_id, session.secret_access_key, session.session_token]


def main() -> None:
    """Serve until stdin ends."""
    folder, count, latency_s = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted = os.path.join(folder, "certificate.pem")
    context.load_cert_chain(trusted, os.path.join(folder, "key.pem"))
    with PracticeAws(ssl_context=context, latency_s=latency_s) as aws:
        for number, _ in enumerate(sys.stdin):
            known = new_user(aws, f"user-{number}", count)
            print(json.dumps({"url": aws.url, "trusted": trusted, **known}), flush=True)


if __name__ == "__main__":
    main()
