"""
Codes from programs: the profile's `mfa_process` (`op item get aws --otp`, `pass otp aws`), and a YubiKey by `ykman`.

No message quotes the arguments of `mfa_process` (some people write the seed there) or any output. If a program fails,
the next provider is tried. Without a key ykman takes three seconds to say so: it is tried only if Linux shows a key, or
`AWS_MFA_PROMPT` or `AWS_MFA_YKMAN_ACCOUNT` asks for it (macOS, Windows, WSL, containers, a card reader).
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import account_of
from aws_mfa.aws_values.codes import checked_code
from aws_mfa.aws_values.text import shown_text
from aws_mfa.errors import BadCode, NeedsHuman
from aws_mfa.prompt.providers import MFA_PROCESS, VARIABLE, YKMAN
from aws_mfa.prompt.terminal import child_terminal, print_notice
from aws_mfa.system.programs import ProgramFailed, TookTooLong, found_program, run_for_answer, words_of
from aws_mfa.system.threads import MOMENT_S, after

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeAlias

    from aws_mfa.prompt.providers import CodeQuestion
    from aws_mfa.system.cancel import Cancellation
    from aws_mfa.system.programs import Ended

    ChildTerminal: TypeAlias = Callable[[], AbstractContextManager[tuple[int, int] | None]]

TIME_LIMIT_S = 60.0
ACCOUNT_VARIABLE = "AWS_MFA_YKMAN_ACCOUNT"
LIST_LIMIT_S = 5.0
TOUCH_LIMIT_S = 30.0  # ykman itself waits 15 s for a touch
_USB_DEVICES = "/sys/bus/usb/devices"
_VENDOR = "1050"  # Yubico's, in the USB-IF's list


class MfaProcessProvider:
    """Implements the Protocol `CodeProvider`; the command gets the terminal, if there is one, for a touch or a PIN."""

    name = MFA_PROCESS
    has_human = False

    def __init__(
        self, environ: Mapping[str, str], *, time_limit_s: float = TIME_LIMIT_S, tty: ChildTerminal = child_terminal
    ) -> None:
        self._environ = environ
        self._time_limit_s = time_limit_s
        self._tty = tty

    def can_answer(self, question: CodeQuestion) -> bool:
        return question.command is not None

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """Return the code printed. Raises `NeedsHuman`, `Cancelled` on Ctrl-C, or the cancellation's error."""
        command, limit_s = question.command or "", self._time_limit_s
        try:
            with self._tty() as tty, after(MOMENT_S, lambda: print_notice("waiting for the profile's mfa_process")):
                ended = run_for_answer(
                    command, environ=self._environ, limit_s=limit_s, cancellation=cancellation, tty=tty
                )
        except ProgramFailed as error:
            raise _failed(command, str(error)) from None
        if ended.code != 0:
            raise _failed(command, f"failed with exit code {ended.code}")
        code = code_in(ended.stdout)
        if code is None:
            raise _failed(command, "printed no code of six digits")
        return code

    def say(self, text: str) -> None:
        """Print nothing: no person reads it."""


def code_in(output: bytes) -> str | None:
    """The last line that is a code (`123456`, `123 456`), else the last word, after a label (`aws:ann  123456`)."""
    lines = [line for line in output.decode("utf-8-sig", "replace").splitlines() if line.strip()]
    last_word = lines[-1].split()[-1] if lines else ""
    for found in (*reversed(lines), last_word):
        with contextlib.suppress(BadCode):
            return checked_code(found)
    return None


def _failed(command: str, what: str) -> NeedsHuman:
    """The failure, with the program's name unless the first word is an assignment, as in a shell: it may be a seed."""
    try:
        name = os.path.basename(words_of(command)[0]) if os.name != "nt" else ""
    except ProgramFailed:
        name = ""
    shown = f" ({shown_text(name)})" if name and "=" not in name else ""
    return NeedsHuman(
        f"the profile's mfa_process{shown} {what}",
        "it must print the six digits; no shell runs it: ~, $NAME and | are not expanded",
    )


class YkmanProvider:
    """Implements the Protocol `CodeProvider`; if the key must be touched, ykman prints that on the terminal."""

    name = YKMAN
    has_human = False

    def __init__(
        self, environ: Mapping[str, str], *, usb_devices: str = _USB_DEVICES, tty: ChildTerminal = child_terminal
    ) -> None:
        self._environ = environ
        self._usb_devices = usb_devices
        self._tty = tty
        self._account = environ.get(ACCOUNT_VARIABLE) or None

    def can_answer(self, question: CodeQuestion) -> bool:
        """Whether ykman is installed, an account can match, and a key is plugged in or a variable asks for it."""
        return (
            found_program("ykman", self._environ) is not None
            and bool(self._account or account_of(question.device))
            and bool(self._account or self._environ.get(VARIABLE) or is_plugged_in(self._usb_devices))
        )

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        """Return the code. Raises `NeedsHuman` (no key, account, touch), `Cancelled`, or the cancellation's error."""
        listed = self._run(["list"], cancellation, None, LIST_LIMIT_S)
        if listed.code != 0:
            raise NeedsHuman(
                "ykman cannot list the accounts of a YubiKey",
                "plug the key in; see: ykman oath accounts list",
                "where it asks for a password: ykman oath access remember",
            )
        account = matching_account(
            listed.stdout.decode("utf-8-sig", "replace").splitlines(), question.device, self._account
        )
        if account is None:
            raise NeedsHuman(
                f"not exactly one account on the YubiKey is {self._account or question.device}",
                f"name it with {ACCOUNT_VARIABLE}, as it is shown by: ykman oath accounts list",
            )
        with self._tty() as tty:
            given = self._run(["code", "--single", "--", account], cancellation, tty, TOUCH_LIMIT_S)
        code = code_in(given.stdout)
        if given.code != 0 or code is None:
            raise NeedsHuman("ykman gave no code", "touch the YubiKey when it blinks")
        return code

    def say(self, text: str) -> None:
        """Print nothing: no person reads it."""

    def _run(
        self, words: list[str], cancellation: Cancellation | None, tty: tuple[int, int] | None, limit_s: float
    ) -> Ended:
        command = [found_program("ykman", self._environ) or "ykman", "oath", "accounts", *words]
        lists = words == ["list"]
        try:
            return run_for_answer(
                command,
                environ=self._environ,
                limit_s=limit_s,
                cancellation=cancellation,
                tty=tty,
                catches_stderr=lists,
            )
        except ProgramFailed as error:
            hints = ["is another program using the key?"] if isinstance(error, TookTooLong) else []
            raise NeedsHuman(f"ykman {error}", *hints) from None


def matching_account(accounts: Sequence[str], device: str, wanted: str | None) -> str | None:
    """
    Return the one account (`issuer:name`) that matches; None if none or several do: AWS would refuse a guess.

    `wanted` is its name or a part of it. Without it: an account that contains the device's ARN, or has the label of
    AWS's QR code, `Amazon Web Services:ann@123456789012`.
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
    """Whether Linux shows a USB device of Yubico; False if it shows no devices at all."""
    try:
        devices = os.listdir(usb_devices)
    except OSError:
        return False
    for device in devices:
        # OSError: an interface, not a device; or just unplugged.
        with (
            contextlib.suppress(OSError),
            open(os.path.join(usb_devices, device, "idVendor"), encoding="ascii", errors="replace") as file,
        ):
            if file.read().strip() == _VENDOR:
                return True
    return False
