"""
`aws-mfa credential-process PROFILE`: the protocol in which SDKs ask an external program for credentials.

stdout carries the document and nothing else. SDKs capture stderr too, so a question goes to the terminal itself, and
an error is one line, for that is what they show.

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

# An SDK hands over its own standard input: what is in it is not for us.
READS_PIPE = False
# And shows stderr when it is over: that is for the one line that says what went wrong.
ANNOUNCES = False

HELP = """\
Print the session of a profile as SDKs want it from a credential_process:

  [profile prod]
  credential_process = aws-mfa credential-process prod

`aws-mfa adopt` writes that line. The stored session is used while more than 15
minutes are left of it; a code is asked on the terminal where there is one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("profile", metavar="PROFILE", help="the profile whose session is wanted")
    add_hand_over_arguments(parser)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Print the document; a failure is one line on stderr."""
    try:
        session, _ = hand_over(hand_over_request(args, [args.profile], interfaces, for_sdk=True), interfaces)
        document = document_of(session)
    except AwsMfaError as error:
        line = "; ".join([f"aws-mfa: {error.message}", *error.hints[:1]])
        sys.stderr.write(f"{shown_text(line)}\n")
        return error.exit_code
    sys.stdout.write(f"{document}\n")
    return 0
