"""All roles, one after the other, with one boto3 client; stdin and stdout as `ours.py`."""

from __future__ import annotations

import json
import resource
import sys
import time

import boto3


def main() -> None:
    """One client, made before the clock starts."""
    aws = json.load(sys.stdin)
    access_key_id, secret, token = aws["keys"]
    sts = boto3.client(
        "sts",
        region_name="us-east-1",
        endpoint_url=aws["url"],
        verify=aws["trusted"],
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )
    began = time.monotonic()
    for role_arn in aws["roles"]:
        sts.assume_role(RoleArn=role_arn, RoleSessionName="ann")
    seconds = time.monotonic() - began
    sts.close()
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))


if __name__ == "__main__":
    main()
