"""`aws-mfa serve PROFILE...`: an endpoint on this machine gives SDKs the profiles' sessions until a signal ends it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from aws_mfa.cli.commands.env import exiting_on_signals, form_of_caller, write_lines
from aws_mfa.cli.options import add_hand_over_arguments, hand_over_request
from aws_mfa.cli.output import refuse_escapes
from aws_mfa.command_lines import command
from aws_mfa.config.profile_names import header_of
from aws_mfa.errors import BadInput
from aws_mfa.handover.environment import REGIONS, change_for
from aws_mfa.handover.serve import CONFIG_FILE, CREDENTIALS_FILE, serving
from aws_mfa.handover.shell_lines import CMD, FORMS, JSON, NAMED, lines_of
from aws_mfa.prompt.providers import PROVIDERS

if TYPE_CHECKING:
    import argparse

    from aws_mfa.handover.serve import Served
    from aws_mfa.interfaces import Interfaces

READS_PIPE = False  # standard input belongs to the process that started us; --token-stdin reads it

HELP = """\
Serve the sessions of profiles to the SDKs on this machine, renewed ahead, until
Ctrl-C; print what a shell sets to use the first of them. In the background,
after `aws-mfa renew work`, which asks for a code if one is needed:

  aws-mfa serve work > ~/.aws/mfa/env &
  . ~/.aws/mfa/env

The second line works in any other shell too.

With --socket it serves at a unix socket, for a sandbox, a container or another
machine (ssh -R), where nothing else of ~/.aws is needed; and it prints what
belongs into the AWS config file there:

  aws-mfa serve work --socket ~/.aws/mfa/socket

Else it is the protocol of containers on 127.0.0.1; the token that SDKs must send is
in a file that only you can read. A request never asks for a code: this command
says ahead of time that one is needed, and asks; `aws-mfa code` answers it too."""

# All that end a program by default, except those caused by a fault in it.
_ENDING = (
    *("SIGTERM", "SIGHUP", "SIGINT", "SIGBREAK", "SIGQUIT", "SIGABRT", "SIGUSR1", "SIGUSR2"),
    *("SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGPWR", "SIGSTKFLT", "SIGTRAP", "SIGSYS", "SIGEMT"),
)
_PORT_HELP = (
    "the port on 127.0.0.1 (default: a free one; do not fix it on a machine with other users: one who takes the port"
    " after this process has ended gets the token from your SDKs, and can give them other credentials)"
)
_HIGHEST_PORT = 65535
_CONFIG = "config"  # lines for an AWS config file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("profiles", nargs="+", metavar="PROFILE", help="profiles or roles' ARNs; each has a path of its own")
    add("--port", type=int, default=0, metavar="N", help=_PORT_HELP)
    add("--socket", metavar="PATH", help="a unix socket instead, which answers only processes of yours")
    add("--shell", type=NAMED.get, choices=FORMS, help="the form of what is printed (default: the calling shell's)")
    add_hand_over_arguments(parser)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    if not 0 <= args.port <= _HIGHEST_PORT:
        raise BadInput(f"--port: {args.port} is not a port", "give one from 1024 to 65535, or none")
    at: int | str = args.port if args.socket is None else args.socket
    if isinstance(at, str) and (args.port or args.shell not in (None, JSON)):
        what = "--port" if args.port else f"--shell {args.shell}"
        hint = "with --socket lines for an AWS config file are printed, or with --shell json the same as JSON"
        raise BadInput(f"--socket and {what} contradict each other", hint)
    profiles = list(dict.fromkeys(args.profiles))
    request = hand_over_request(args, profiles, interfaces)
    form = args.shell or (_CONFIG if isinstance(at, str) else form_of_caller(interfaces))
    if form != JSON:
        refuse_escapes("".join(profiles))
    try:
        with exiting_on_signals(_ENDING), serving(request, interfaces, at=at) as served:
            for line in served.renewals.validity():
                interfaces.say(line)
            write_lines(_text(served, served.renewals.profiles, form), form)
            # Printed lines do not hide these files: aws-mfa itself, in the same shell, needs them.
            for name in () if isinstance(at, str) else served.files_in_the_way():
                path = {CREDENTIALS_FILE: interfaces.credentials, CONFIG_FILE: interfaces.config}[name].path
                what = f"[default] in {path} has credentials, which SDKs prefer to the endpoint"
                interfaces.say(f"warning: {what}; let {name} name an empty file where they run")
            end = command("end process", str(os.getpid()))
            interfaces.say(f"SDKs are answered by process {os.getpid()}: Ctrl-C or {end} ends it")
            served.ask_when_needed(() if args.no_input else PROVIDERS)
    except SystemExit:
        interfaces.say("no longer serving")
        raise
    return 0


def _text(served: Served, profiles: list[str], form: str) -> str:
    """The first profile's lines, then comments with the variable of each other profile; with a socket, sections."""
    settings = {name: served.endpoint.settings_for(name) for name in profiles}
    if form == JSON:
        return f"{json.dumps({'version': 1, 'profiles': settings}, indent=2)}\n"
    changes = {}
    for name in profiles:
        own, region = served.child_regions(name)
        changes[name] = change_for(own, settings[name], region, name)
    if form == _CONFIG:
        values = {name: {**settings[name], "region": changes[name].set.get(REGIONS[0])} for name in profiles}
        keys = {name: [f"{key} = {value}\n" for key, value in values[name].items() if value] for name in profiles}
        return "".join(f"[{header_of(name, ())}]\n{''.join(keys[name])}" for name in profiles)
    first, *others = profiles
    comment = "rem" if form == CMD else "#"
    lines = [lines_of(changes[first], form)]
    for name in others:
        variable, url = next(iter(settings[name].items()))  # the token's file is the same for all
        lines.append(f"{comment} {name}: {variable}={url}\n")
    return "".join(lines)
