"""Runs a subcommand's module in this process, with fakes in place of the real interfaces."""

from __future__ import annotations

import argparse

from aws_mfa.cli.main import Command
from fakes import FakeInterfaces, as_interfaces


def run_command(module: Command, interfaces: FakeInterfaces, *argv: str, command: tuple[str, ...] = ()) -> int:
    """The exit code; `command` is the one that follows the arguments of `exec`."""
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    args = parser.parse_args(argv)
    args.command = list(command)
    return module.run(args, as_interfaces(interfaces))
