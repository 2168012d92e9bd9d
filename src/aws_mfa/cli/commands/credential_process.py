"""
`aws-mfa credential-process PROFILE`: on stdout the document that SDKs expect, and nothing else; an error is one line.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from aws_mfa.cli.fast.from_socket import FROM_FLAG, answer_from, document_in
from aws_mfa.cli.options import add_hand_over_arguments, hand_over_request
from aws_mfa.errors import BadInput, Unreachable
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
for more than 15 minutes; a code that is needed is asked for on the terminal.

With --from the session comes from `aws-mfa serve PROFILE --socket PATH` of the
same user, outside of a sandbox, a container or this machine; here no keys and
no files of ~/.aws are needed. PROFILE may be left out if one is served."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("profile", nargs="?", metavar="PROFILE", help="a profile, or a role's ARN")
    parser.add_argument(FROM_FLAG, dest="from_socket", metavar="PATH", help="ask the server at this unix socket")
    add_hand_over_arguments(parser)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    if args.from_socket is not None:
        document = _from_socket(args)
    elif args.profile is None:
        raise BadInput("whose session? PROFILE is missing", "aws-mfa credential-process PROFILE")
    else:
        session, _ = hand_over(hand_over_request(args, [args.profile], interfaces, for_sdk=True), interfaces)
        document = document_of(session)
    sys.stdout.write(f"{document}\n")
    return 0


def _from_socket(args: argparse.Namespace) -> str:
    """The document from the server; raises what `answer_from` raises, and the server's reason with its exit code."""
    others = sorted({name for name, given in vars(args).items() if given} - {"from_socket", "profile", "json_errors"})
    if others:
        flag = f"--{others[0].replace('_', '-')}"
        raise BadInput(f"{FROM_FLAG} and {flag} contradict each other", f"give {flag} to aws-mfa serve")
    path, name = args.from_socket, args.profile or ""
    status, body = answer_from(path, name)
    if status == "200":
        return document_in(body)
    try:
        found = json.loads(body)
        message, served, exit_code = str(found["message"]), list(found.get("profiles") or ()), found.get("exit")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreachable(f"the server at {path} answered with something else than a session") from None
    if status == "404":
        what = f"profile '{name}' is not served" if name else "several profiles are served"
        names = ", ".join(map(str, served))
        raise BadInput(f"{what} at {path}", f"name one of {names}: aws-mfa credential-process {FROM_FLAG} {path} NAME")
    error = Unreachable(message)
    is_known = isinstance(exit_code, int) and exit_code in range(2, 6)
    error.exit_code = exit_code if is_known else Unreachable.exit_code
    raise error
