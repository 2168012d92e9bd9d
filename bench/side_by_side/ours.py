"""All roles with one client: `ours.py WORKERS`, with a line of `served.py` on stdin. Prints seconds and peak memory."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from aws_mfa.aws.endpoints import sts_endpoint
from aws_mfa.aws.http import AwsHttp
from aws_mfa.aws.sts import AwsSts
from aws_mfa.model import Secret, Session, SessionRequest


def main() -> None:
    """Assume them in parallel, signed with the one MFA session."""
    workers, aws = int(sys.argv[1]), json.load(sys.stdin)
    access_key_id, secret, token = aws["keys"]
    mfa_session = Session(access_key_id, Secret(secret), Secret(token), time.time() + 3600)
    http = AwsHttp(ca_bundle=aws["trusted"])
    sts = AwsSts(sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": aws["url"]}), http)

    def assumed(role_arn: str) -> Session:
        return sts.assume_role(mfa_session, SessionRequest("", 3600, role_arn, "ann"), None)

    with contextlib.closing(http):
        sts.get_caller_identity(mfa_session)  # as while a person types: certificates are loaded, the keys are good
        began = time.monotonic()
        with ThreadPoolExecutor(workers) as pool:
            sessions = list(pool.map(assumed, aws["roles"]))
        seconds = time.monotonic() - began
    if [session.assumed_role_arn for session in sessions] != aws["roles"]:
        raise SystemExit("not every role was assumed")
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))


if __name__ == "__main__":
    main()
