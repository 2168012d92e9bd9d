"""`aws-mfa whoami`: print whose session a profile's is, as AWS says."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import duration_text, local_text, rfc3339_text
from aws_mfa.cli.options import add_hand_over_arguments, hand_over_request
from aws_mfa.cli.render import JSON_VERSION, table
from aws_mfa.config.sections import profile_in_force
from aws_mfa.handover.environment import session_here
from aws_mfa.views.whoami import who_am_i

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

HELP = """\
Ask AWS whose session a profile's is (GetCallerIdentity): identity, account and
its alias, the end of the session, and the roles on the way from the user to it.
A stored session is used, else a new one is got, as `exec` does; in a shell of
`exec` or `env` that shell's session, unless PROFILE is given."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("profile", nargs="?", metavar="PROFILE", help="default: this shell's, AWS_PROFILE, default")
    parser.add_argument("--json", action="store_true", help="for programs: one JSON document")
    add_hand_over_arguments(parser)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    here = None if args.profile else session_here(interfaces.environ)
    name = args.profile or (here[0] if here else profile_in_force(None, interfaces.environ))
    who = who_am_i(hand_over_request(args, [name], interfaces), interfaces, in_shell=here is not None)
    until = who.expires_at
    if args.json:
        document = {"version": JSON_VERSION, **vars(who), "expires_at": until and rfc3339_text(until)}
        sys.stdout.write(f"{json.dumps(document, indent=2)}\n")
        return 0
    ends = f"{local_text(until)} ({duration_text(until - interfaces.now())})" if until else "-"
    account = f"{who.account} ({who.alias})" if who.alias else who.account
    header = ["profile", "identity", "account", "valid until", "role chain"]
    sys.stdout.write(table(header, [[who.profile, who.identity, account, ends, " -> ".join(who.role_chain)]], 0))
    return 0
