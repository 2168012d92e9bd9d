"""`aws-mfa enroll`: make a phone an MFA device of the profile's user, by a QR code in the terminal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from aws_mfa.cli.output import print_lines
from aws_mfa.key_care.enrolment import EnrolRequest, enrol
from aws_mfa.renewal.request import RenewalRequest

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

READS_PIPE = False  # the QR code and the codes belong to a person at a terminal
HELP = """\
Create a virtual MFA device for the user of a profile, show its QR code here, ask
for two codes of it, and write the device into the profile.

With a device already it adds a spare, which a code of the present one permits.
If the phone is lost, --replace removes its device once the new one works."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("profile", metavar="PROFILE", help="profile of the user, or of a role that the user assumes")
    add("--name", metavar="NAME", help="name of the device (default: the user's, with a number for a spare)")
    add("--replace", action="store_true", help="the profile's device is lost: remove it afterwards")
    add("--show-seed", action="store_true", help="show the seed too, for an app that cannot scan")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Enrol, and print what was done; then raise what failed after that."""
    size = shutil.get_terminal_size()
    request = EnrolRequest(RenewalRequest([args.profile]), size, args.name, args.replace, args.show_seed)
    done, trouble = enrol(request, interfaces)
    print_lines(done)
    if trouble:
        raise trouble
    return 0
