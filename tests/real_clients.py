"""
Four real consumers of the AWS files: boto3, AWS CLI 1, AWS CLI 2 and the JavaScript SDK.

Each answers one question, "who am I with this profile?", by a signed GetCallerIdentity to `url`. They run as programs
of their own, with nothing of this process's environment but the path.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Protocol

from needs import built, needs
from programs import output_of

DEBIAN_CLI_2 = "/usr/bin/aws"

BOTO3_SCRIPT = """
import boto3, sys
print(boto3.Session(profile_name=sys.argv[1]).client("sts").get_caller_identity()["Arn"])
"""
JAVASCRIPT_SCRIPT = """
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
new STSClient({}).send(new GetCallerIdentityCommand({})).then((answer) => console.log(answer.Arn));
"""


class RealClient(Protocol):
    """A consumer of the AWS files."""

    def caller_arn(self, profile: str, env: Mapping[str, str], url: str) -> str:
        """Who `profile` is, as STS at `url` says; `env` names the home or the AWS files."""


class Boto3:
    """The SDK beside us in the development environment."""

    def caller_arn(self, profile: str, env: Mapping[str, str], url: str) -> str:
        return answer([sys.executable, "-c", BOTO3_SCRIPT, profile], env, AWS_ENDPOINT_URL_STS=url)


class AwsCli1:
    """AWS CLI 1, of the package index."""

    def caller_arn(self, profile: str, env: Mapping[str, str], url: str) -> str:
        return answer([built("aws-cli-1", "bin", "aws"), *whoami(profile)], env, AWS_ENDPOINT_URL_STS=url)


class AwsCli2:
    """AWS CLI 2.9, of Debian; it does not know AWS_ENDPOINT_URL_STS."""

    def caller_arn(self, profile: str, env: Mapping[str, str], url: str) -> str:
        needs(DEBIAN_CLI_2)
        return answer([DEBIAN_CLI_2, "--endpoint-url", url, *whoami(profile)], env)


class JavaScriptSdk:
    """The JavaScript SDK 3 with its default chain of credentials."""

    def caller_arn(self, profile: str, env: Mapping[str, str], url: str) -> str:
        needs("node")
        modules = os.path.dirname(built("js", "node_modules"))
        command = ["node", "--no-warnings", "-e", JAVASCRIPT_SCRIPT]
        return answer(command, env, cwd=modules, AWS_PROFILE=profile, AWS_ENDPOINT_URL_STS=url)


REAL_CLIENTS: list[RealClient] = [Boto3(), AwsCli1(), AwsCli2(), JavaScriptSdk()]


def whoami(profile: str) -> list[str]:
    """The words that both AWS CLIs understand."""
    return ["--profile", profile, "--output", "text", "--query", "Arn", "sts", "get-caller-identity"]


def answer(command: list[str], env: Mapping[str, str], *, cwd: str | None = None, **variables: str) -> str:
    """What `command` prints, stripped; the test fails with its stderr when it does not end with 0."""
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_EC2_METADATA_DISABLED": "true",  # without it, a profile that is not found costs seconds
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",  # AWS CLI 1 reads only this one
        **env,
        **variables,
    }
    return output_of(command, environment, cwd=cwd).strip()
