"""
`aws-mfa credential-process PROFILE`: on stdout the document that SDKs expect, and nothing else; an error is one line.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.cli.options import add_hand_over_arguments, hand_over_request
from aws_mfa.errors import AwsMfaError
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.sessions.entry import document_of

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

READS_PIPE = False  # standard input is the SDK's own
ANNOUNCES = False  # an SDK shows stderr only after a failure

HELP = """\
Print the session of a profile in the format that SDKs expect from a
credential_process:

  [profile prod]
  credential_process = aws-mfa credential-process prod

`aws-mfa adopt` writes that line. The stored session is used while it is good
for more than 15 minutes; a code that is needed is asked for on the terminal."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("profile", metavar="PROFILE", help="a profile, or a role's ARN")
    add_hand_over_arguments(parser)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    try:
        session, _ = hand_over(hand_over_request(args, [args.profile], interfaces, for_sdk=True), interfaces)
        document = document_of(session)
    except AwsMfaError as error:
        line = "; ".join([f"aws-mfa: {error.message}", *error.hints[:1]])
        sys.stderr.write(f"{shown_text(line)}\n")
        return error.exit_code
    sys.stdout.write(f"{document}\n")
    return 0
