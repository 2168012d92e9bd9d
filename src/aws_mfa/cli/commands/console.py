"""`aws-mfa console PROFILE`: sign in to the AWS console in the browser. Only a URL is printed on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import duration_text
from aws_mfa.cli.options import add_hand_over_arguments, hand_over_request
from aws_mfa.handover.console import console

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

READS_PIPE = False

HELP = """\
Open the AWS console in the browser, signed in with the session of a profile, or
print the URL that does. Anyone who opens that URL within 15 minutes is signed
in too: treat it as a secret. The console's session ends with the profile's.

A profile without a role signs in with GetFederationToken, which takes no code.
It gives the user's own permissions (less with --read-only or --policy-arn),
without proof of MFA."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("profile", metavar="PROFILE", help="the profile to sign in with, or a role's ARN")
    add("--service", metavar="NAME", help="the page to show: s3, ec2, iam, lambda, cloudwatch, ... (default: home)")
    add("--print-url", action="store_true", help="print the URL and open nothing")
    add_hand_over_arguments(parser)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    request = hand_over_request(args, [args.profile], interfaces)
    page = console(request, interfaces, service=args.service)
    for notice in page.notices:
        interfaces.say(notice)
    interfaces.say(f"signs in as {page.arn} for {duration_text(page.expires_at - interfaces.now())}")
    if not args.print_url:
        if interfaces.browser.open(page.url):
            return 0
        interfaces.say("no browser can be opened from here: open this URL within 15 minutes, and keep it secret")
    sys.stdout.write(f"{page.url.reveal()}\n")
    return 0
