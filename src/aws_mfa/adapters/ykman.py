"""
Codes from a YubiKey: `ykman oath accounts code`, for the account on the key that belongs to the device.

Owns the choice of the account: one match or none, never a guess, for a wrong code is refused by AWS and asked again.
Where no key is plugged in, ykman takes three seconds to say so. So it is run by itself only where Linux shows a key;
elsewhere (macOS, Windows, WSL, containers, a key on a card reader) where `AWS_MFA_PROMPT` or `AWS_MFA_YKMAN_ACCOUNT`
asks for it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_mfa.adapters.answering_program import run_for_answer
from aws_mfa.adapters.code_commands import code_in
from aws_mfa.adapters.found_programs import found_program
from aws_mfa.adapters.program_output import PrintedTooMuch, TookTooLong
from aws_mfa.adapters.terminal import lent_terminal
from aws_mfa.errors import NeedsHuman
from aws_mfa.rules.arns import account_of
from aws_mfa.rules.code_ways import VARIABLE, YKMAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.adapters.answering_program import Ended
    from aws_mfa.adapters.code_commands import Lend
    from aws_mfa.cancel import Cancellation
    from aws_mfa.rules.code_ways import CodeQuestion

ACCOUNT_VARIABLE = "AWS_MFA_YKMAN_ACCOUNT"
LIST_LIMIT_S = 5.0
TOUCH_LIMIT_S = 30.0  # ykman itself waits 15 s for the finger
_USB_DEVICES = "/sys/bus/usb/devices"
_VENDOR = "1050"  # Yubico's, in the USB-IF's list


class YkmanWay:
    """Fulfils the Protocol `CodeWay`; a finger may have to touch the key, and ykman says so on the terminal."""

    name = YKMAN
    has_human = False

    def __init__(
        self, environ: Mapping[str, str], *, usb_devices: str = _USB_DEVICES, lend: Lend = lent_terminal
    ) -> None:
        self._environ = environ
        self._usb_devices = usb_devices
        self._lend = lend
        self._account = environ.get(ACCOUNT_VARIABLE) or None

    def can_answer(self, question: CodeQuestion) -> bool:
        """Whether ykman is there, the device can be looked for, and there is a key or a wish to try."""
        return (
            found_program("ykman", self._environ) is not None
            and bool(self._account or account_of(question.device))
            and bool(self._account or self._environ.get(VARIABLE) or is_plugged_in(self._usb_devices))
        )

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """The code. `NeedsHuman` where key, account or touch is missing; `Cancelled`; or the cancellation's error."""
        listed = self._run("list", [], cancellation, None)
        if listed.code != 0:
            raise NeedsHuman(
                "ykman cannot list the accounts of a YubiKey",
                "plug the key in; see: ykman oath accounts list",
                "where it asks for a password: ykman oath access remember",
            )
        account = matching_account(
            listed.stdout.decode("utf-8", "replace").splitlines(), question.device, self._account
        )
        if account is None:
            raise NeedsHuman(
                f"not exactly one account on the YubiKey is {self._account or question.device}",
                f"name it with {ACCOUNT_VARIABLE}, as it is shown by: ykman oath accounts list",
            )
        with self._lend() as lent:
            given = self._run("code", ["--single", "--", account], cancellation, lent)
        code = code_in(given.stdout)
        if given.code != 0 or code is None:
            raise NeedsHuman("ykman gave no code", "touch the YubiKey when it blinks")
        return code

    def say(self, text: str) -> None:
        """Nobody reads it: a key answers here."""

    def _run(
        self, verb: str, arguments: list[str], cancellation: Cancellation | None, lent: tuple[int, int] | None
    ) -> Ended:
        command = [found_program("ykman", self._environ) or "ykman", "oath", "accounts", verb, *arguments]
        limit_s = LIST_LIMIT_S if verb == "list" else TOUCH_LIMIT_S
        try:
            return run_for_answer(
                command,
                environ=self._environ,
                limit_s=limit_s,
                cancellation=cancellation,
                lent=lent,
                catches_stderr=verb == "list",
            )
        except TookTooLong:
            raise NeedsHuman(f"ykman did not end within {limit_s:g} s", "is another program using the key?") from None
        except PrintedTooMuch as error:
            raise NeedsHuman(f"ykman {error}") from None
        except OSError as error:
            raise NeedsHuman(f"ykman cannot be started: {error.strerror}") from None


def matching_account(accounts: Sequence[str], device: str, wanted: str | None) -> str | None:
    """
    The one account (`issuer:name`) that is meant, None where there is none or more than one.

    `wanted` is its name or a part of it. Else the device's ARN in it, or the label of AWS's own QR code:
    `Amazon Web Services:ann@123456789012`.
    """
    accounts = [account.strip() for account in accounts if account.strip()]
    label = f"{device.rsplit('/', 1)[-1]}@{account_of(device)}"
    exact = [account for account in accounts if account == wanted]
    if wanted is not None:
        matches = exact or [account for account in accounts if wanted.casefold() in account.casefold()]
    else:
        matches = [account for account in accounts if device in account or account.rsplit(":", 1)[-1] == label]
    return matches[0] if len(matches) == 1 else None


def is_plugged_in(usb_devices: str) -> bool:
    """Whether Linux shows a USB device of Yubico's; False where it shows no devices at all."""
    try:
        devices = os.listdir(usb_devices)
    except OSError:
        return False
    return any(_vendor_of(os.path.join(usb_devices, device)) == _VENDOR for device in devices)


def _vendor_of(device: str) -> str | None:
    try:
        with open(os.path.join(device, "idVendor"), encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:  # an interface, not a device; or just unplugged
        return None
