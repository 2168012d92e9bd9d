"""`aws-mfa devices`: list the MFA devices of a profile's user, and whether STS accepts their codes."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import is_fido
from aws_mfa.cli.output import print_lines
from aws_mfa.cli.render import JSON_VERSION, table
from aws_mfa.command_lines import quote
from aws_mfa.config.sections import profile_in_force
from aws_mfa.key_care.access import iam_access, key_access
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.renewal.users import line_for_device

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces

HELP = """\
List the MFA devices of the user of a profile: their kind, whether STS accepts
their codes, and which one the profile uses.

The long-term keys sign; if IAM wants MFA for that, a code is asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    help_text = "profile of the user, or of one of their roles (default: AWS_PROFILE, else default)"
    parser.add_argument("profile", nargs="?", metavar="PROFILE", help=help_text)
    parser.add_argument("--json", action="store_true", help="for programs: one JSON document")


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Print the devices, and what to do if none of them has codes."""
    asked = profile_in_force(args.profile, interfaces.environ)
    access = key_access(asked, RenewalRequest([asked]), interfaces)
    devices, profile, in_use = access.devices, access.user.profile, access.user.device
    if devices is None:
        with_mfa = iam_access(asked, RenewalRequest([asked]), interfaces)
        devices = with_mfa.iam.list_mfa_devices(with_mfa.session)
    facts = [(one, _kind(one), not is_fido(one), one == in_use) for one in devices]
    if args.json:
        listed = [dict(zip(("device", "kind", "accepts_codes", "is_used"), fact, strict=True)) for fact in facts]
        document = {"version": JSON_VERSION, "profile": profile, "user": access.identity.arn, "devices": listed}
        sys.stdout.write(f"{json.dumps(document, indent=2)}\n")
        return 0
    rows = [[one, kind, "yes" if takes else "no", profile if used else "-"] for one, kind, takes, used in facts]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    sys.stdout.write(table(["device", "kind", "codes for STS", "used by"], rows, width) if rows else "")
    lines = []
    if in_use and in_use not in devices:
        line = line_for_device(profile, "ARN", interfaces)
        lines.append(f"profile {profile} names a device that is not this user's, {in_use}: {line}")
    if not any(takes for _, _, takes, _ in facts):
        why = "STS accepts no passkey or security key" if devices else f"{access.identity.arn} has no MFA device"
        lines.append(f"{why}: add an authenticator app with: aws-mfa enroll {quote(profile)}")
        lines += ["or sign in with the passkey instead: aws login"] if devices else []
    print_lines(lines)
    return 0


def _kind(device: str) -> str:
    return "passkey or security key" if is_fido(device) else "virtual" if ":mfa/" in device else "hardware"
