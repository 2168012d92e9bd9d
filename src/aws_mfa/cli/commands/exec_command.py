"""`aws-mfa exec`: run a command with a profile's session in its environment, and in nobody else's."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from aws_mfa.aws_values.durations import duration_text
from aws_mfa.aws_values.timestamps import local_text
from aws_mfa.cli.options import add_hand_over_arguments, hand_over_request, handed_over
from aws_mfa.config.chains import region_of_child
from aws_mfa.errors import BadInput, NoSuchCommand
from aws_mfa.handover.environment import child_environment, session_variables
from aws_mfa.handover.serve import AWAY_FROM_TERMINAL, serving
from aws_mfa.vaults.lookup import check_known

if TYPE_CHECKING:
    import argparse

    from aws_mfa.handover.serve import Served
    from aws_mfa.interfaces import Interfaces

# It belongs to the child.
READS_PIPE = False
# What follows PROFILE is the child's, flags and all: `cut_at_command` in cli/arguments.py.
TAKES_COMMAND = True

HELP = """\
Run a command with the session of a profile, a shell if none is given. It gets
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION,
AWS_DEFAULT_REGION, AWS_CREDENTIAL_EXPIRATION and, for prompts, AWS_MFA_PROFILE;
other choices of credentials are removed. Standard input, signals and the exit
code are the command's own. 127: there is no such command; 126: it cannot be run.

With --server it gets a local endpoint instead, where SDKs find sessions that
are renewed while the command runs: for what outlives a session."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that stand before the command."""
    parser.usage = "%(prog)s [options] PROFILE [options] [--] [COMMAND ...]"
    parser.add_argument("profile", metavar="PROFILE", help="the profile whose session the command gets")
    parser.add_argument("--server", action="store_true", help="no keys: an endpoint that renews them while it runs")
    add_hand_over_arguments(parser, reads_stdin=False)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Get the session and become the command; the exit code is the command's."""
    command = args.command or interfaces.child.shell(interfaces.environ)
    _check(command, args.profile, interfaces)
    if args.server:
        return _beside_endpoint(args, command, interfaces)
    session, plan = handed_over(args, interfaces)
    region = region_of_child(plan.chains[args.profile])
    environ = child_environment(interfaces.environ, session_variables(session), region, args.profile)
    if not args.command:
        until = f"{local_text(session.expires_at)} ({duration_text(session.expires_at - interfaces.now())})"
        interfaces.say(f"a shell with the session of {args.profile}, good until {until}; leave it with: exit")
    return interfaces.child.become(command, environ)


def _check(command: list[str], profile: str, interfaces: Interfaces) -> None:
    """`exec aws s3 ls` lacks the profile, and not the command `s3`."""
    try:
        interfaces.child.check(command, interfaces.environ)
    except NoSuchCommand:
        check_known(
            profile, interfaces, f"the profile comes first: aws-mfa exec PROFILE -- {shlex.join([profile, *command])}"
        )
        raise


def _beside_endpoint(args: argparse.Namespace, command: list[str], interfaces: Interfaces) -> int:
    """Stay, with the endpoint, until the command ends; it owns the terminal, so nothing is asked there."""
    if args.min_remaining:
        raise BadInput("--min-remaining and --server contradict each other", "with --server sessions are renewed ahead")
    request = hand_over_request(args, [args.profile], interfaces)
    with serving(request, interfaces, asks_beside=AWAY_FROM_TERMINAL) as served:
        region = served.region_of(args.profile)
        environ = child_environment(interfaces.environ, served.variables(args.profile), region, args.profile)
        exit_code = interfaces.child.run(command, environ | _hidden_files(served, interfaces))
    return interfaces.child.end_like(exit_code)


def _hidden_files(served: Served, interfaces: Interfaces) -> dict[str, str]:
    """The variables that keep SDKs from files they would prefer to the endpoint: nothing is at that path."""
    hidden = served.files_in_the_way()
    paths = {"AWS_SHARED_CREDENTIALS_FILE": interfaces.credentials.path, "AWS_CONFIG_FILE": interfaces.config.path}
    for name in hidden:
        what = "has credentials of its own, which SDKs would prefer to the endpoint"
        interfaces.say(f"[default] in {paths[name]} {what}: the command does not see that file")
    return {name: os.path.join(f"{served.endpoint.token_file}.hides", os.path.basename(paths[name])) for name in hidden}
