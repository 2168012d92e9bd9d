"""The practice AWS as a process of its own: `served.py FOLDER COUNT LATENCY_S`, with the folder's certificate."""

from __future__ import annotations

import json
import os
import ssl
import sys
import time

from aws_mfa.practice import PracticeAws
from aws_mfa.practice.keys import Session

HOURS_S = 10 * 3600


def main() -> None:
    """Say on stdout where it is and whom to be; serve until stdin ends."""
    folder, count, latency_s = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted = os.path.join(folder, "certificate.pem")
    context.load_cert_chain(trusted, os.path.join(folder, "key.pem"))
    with PracticeAws(ssl_context=context, latency_s=latency_s) as aws:
        ann = aws.account.add_user("ann")
        roles = [aws.account.add_role(f"role-{number}", trusts=ann, mfa=True).arn for number in range(count)]
        session = Session(ann, int(time.time()) + HOURS_S, has_mfa=True)
        aws.sessions[session.access_key_id] = session
        keys = [session.access_key_id, session.secret_access_key, session.session_token]
        print(json.dumps({"url": aws.url, "trusted": trusted, "roles": roles, "keys": keys}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
