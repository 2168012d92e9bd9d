"""`aws-mfa exec`: run a command with a profile's session, only in that command's environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_mfa.agents import caller as agents
from aws_mfa.aws_values.text import duration_text, local_text
from aws_mfa.cli.options import add_hand_over_arguments, hand_over_request, handed_over
from aws_mfa.command_lines import joined
from aws_mfa.errors import BadInput, NoSuchCommand
from aws_mfa.handover.environment import ENDPOINT, child_environment, session_variables
from aws_mfa.handover.serve import AWAY_FROM_TERMINAL, serving
from aws_mfa.renewal.request import is_arn
from aws_mfa.vaults.lookup import KnownProfiles, check_known
from aws_mfa.views.choose import choose, listing
from aws_mfa.views.status import status_rows

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

READS_PIPE = False  # standard input belongs to the command
TAKES_COMMAND = True  # all words after PROFILE belong to the command: `cut_at_command` in cli/arguments.py

HELP = """\
Run a command with the session of a profile, a shell if none is given. It gets
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION,
AWS_DEFAULT_REGION, AWS_CREDENTIAL_EXPIRATION and, for prompts, AWS_MFA_PROFILE;
other variables that choose credentials are removed. Standard input, signals and
the exit code are the command's own. 127: no such command; 126: it cannot run.

With --server it gets a local endpoint instead, which gives SDKs sessions that
are renewed while it runs: for commands that run longer than a session."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s [options] [PROFILE] [options] [--] [COMMAND ...]"
    what = "a profile, or a role's ARN, for the command (default on a terminal: choose from a list)"
    parser.add_argument("profile", nargs="?", metavar="PROFILE", help=what)
    parser.set_defaults(refuse=lambda: parser.error("the following arguments are required: PROFILE"))
    parser.add_argument("--server", action="store_true", help="no keys: an endpoint that renews them while it runs")
    add_hand_over_arguments(parser, reads_stdin=False)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    if args.profile is None:
        args.profile = _chosen(interfaces) or args.refuse()
        interfaces.terminal.say(f"exec {args.profile}")
    command = args.command or interfaces.child.shell(interfaces.environ)
    try:
        interfaces.child.check(command, interfaces.environ)
    except NoSuchCommand as error:  # `exec aws s3 ls` lacks the profile, not the command `s3`
        corrected = f"aws-mfa exec PROFILE -- {joined([args.profile, *command])}"
        if not is_arn(args.profile):
            check_known(args.profile, interfaces, f"the profile comes first: {corrected}")
        raise NoSuchCommand(error.message, *error.hints, *_by_a_shell(args.profile, command, interfaces)) from None
    if args.server:
        return _beside_endpoint(args, command, interfaces)
    session, plan = handed_over(args, interfaces)
    own, region = plan.child_regions(args.profile, interfaces.environ)
    environ = child_environment(own, session_variables(session), region, args.profile) | _agent_variable(args)
    if not args.command:
        until = f"{local_text(session.expires_at)} ({duration_text(session.expires_at - interfaces.now())})"
        interfaces.say(f"a shell with the session of {args.profile}, good until {until}; leave it with: exit")
    return interfaces.child.become(command, environ)


def _agent_variable(args: argparse.Namespace) -> dict[str, str]:
    """What tells an aws-mfa below the command that it is for an agent, as --agent told us."""
    return {agents.VARIABLE: args.agent} if args.agent else {}


def _chosen(interfaces: Interfaces) -> str | None:
    """The profile that a person chooses, those with a session first; None if there is no person, or no profile."""
    screen, now = interfaces.screen(), interfaces.now()
    if screen is None:
        return None
    rows = []
    for row in status_rows(KnownProfiles(interfaces), interfaces.session_cache.heads(), now):
        left_s = (row.expires_at or now) - now
        left = f"{duration_text(left_s)} left" if left_s > 0 else ""
        if row.kind not in ("program", "other", "session"):
            rows.append((row.name, left, row.account or "", row.role or ""))
    rows.sort(key=lambda cells: not cells[1])
    if not rows:
        return None
    with screen as drawn:
        first = interfaces.environ.get("AWS_PROFILE")
        return choose(drawn, listing(("profile", "session", "account", "role"), rows, name=first))


def _by_a_shell(profile: str, command: list[str], interfaces: Interfaces) -> list[str]:
    """A hint for what only a shell can run: an alias, a function, a builtin, or a whole line in one word."""
    if os.name == "nt":
        words = ["cmd", "/c", *command]
    elif len(command) == 1 and " " in command[0]:
        words = ["sh", "-c", command[0]]
    else:
        shell = os.path.basename(interfaces.child.shell(interfaces.environ)[0])
        words = [shell, "-ic", command[0] if len(command) == 1 else joined(command)]
    is_file = os.path.dirname(command[0]) and " " not in command[0]
    line = joined(["aws-mfa", "exec", profile, "--", *words])
    return [] if is_file else [f"a shell runs its aliases, its builtins and whole lines: {line}"]


def _beside_endpoint(args: argparse.Namespace, command: list[str], interfaces: Interfaces) -> int:
    """Serve until the command ends; the command uses the terminal, so no code is asked for there."""
    if args.min_remaining:
        raise BadInput("--min-remaining and --server contradict each other", "with --server sessions are renewed ahead")
    request = hand_over_request(args, [args.profile], interfaces)
    with serving(request, interfaces, asks_beside=AWAY_FROM_TERMINAL) as served:
        for line in () if args.command else served.renewals.validity():
            interfaces.say(line)
        own, region = served.child_regions(args.profile)
        variables = served.endpoint.settings_for(args.profile)
        environ = child_environment(own, variables, region, args.profile) | _agent_variable(args)
        paths = {"AWS_SHARED_CREDENTIALS_FILE": interfaces.credentials.path, "AWS_CONFIG_FILE": interfaces.config.path}
        for name in served.files_in_the_way():
            what = "has credentials of its own, which SDKs would prefer to the endpoint"
            interfaces.say(f"[default] in {paths[name]} {what}: the command does not see that file")
            # There is no file at that path.
            environ[name] = os.path.join(f"{variables[ENDPOINT[1]]}.hides", os.path.basename(paths[name]))
        exit_code = interfaces.child.run(command, environ)
    return interfaces.child.end_like(exit_code)
