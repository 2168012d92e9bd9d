"""
Enrol a virtual MFA device: create it, show its seed, prove it with two codes, name it in the files, remove an old one.

A user without a device has no MFA session yet, so the long-term keys sign; else an MFA session does. The seed is shown
on the terminal, and stored nowhere. However it ends before AWS enables the device (a refusal, Ctrl-C, a signal), the
device is deleted again. What `kill -9` leaves is deleted by the next enrolment of that name, within an hour of the note
that this machine began it. Refuses to delete any other device unasked, but the one that `--replace` means.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import account_of, partition_of
from aws_mfa.aws_values.codes import STEP_S, checked_code, seconds_to_next
from aws_mfa.command_lines import joined, quote
from aws_mfa.config.edit import with_all_changes
from aws_mfa.config.ini import sections
from aws_mfa.errors import (
    AlreadyExists,
    AnswerLost,
    AwsFailed,
    AwsMfaError,
    BadAnswer,
    BadInput,
    NeedsHuman,
    NoSuchEntity,
    NotAuthorized,
    RefusedByAws,
    WrongCode,
)
from aws_mfa.key_care.access import iam_access, key_access
from aws_mfa.key_care.qr_code import ROWS_BELOW, drawn, qr_modules
from aws_mfa.model import Session
from aws_mfa.prompt.providers import QUESTIONS, say_error
from aws_mfa.renewal.users import line_for_device
from aws_mfa.setup.questions import says_yes
from aws_mfa.setup.setup import FilesOfProfile, file_write
from aws_mfa.vaults.choice import noted_creation, with_creation
from aws_mfa.vaults.lookup import note_device

if TYPE_CHECKING:
    from aws_mfa.aws_values.iam_users import NewDevice
    from aws_mfa.interfaces import DeferredSignals, Interfaces
    from aws_mfa.key_care.access import KeyAccess
    from aws_mfa.model import LongTermKeys
    from aws_mfa.prompt.providers import Terminal
    from aws_mfa.renewal.request import RenewalRequest

_DEVICE_KEYS = ("mfa_serial", "aws_mfa_device", "aws_mfa_mfa_serial")
_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,226}")
_ENROLMENT = "enrolment "  # and the device, in place of a key id: it is noted when this machine began to make it
_OURS_S = 3600.0
_TYPING_S = 7  # a code typed so soon after a new one came may be the one before


@dataclass(frozen=True)
class EnrolRequest:
    """`replaces`: the profile's device is lost, and removed afterwards; else a user who has one gets a spare."""

    renewal: RenewalRequest
    size: tuple[int, int]  # columns and rows of the terminal
    name: str | None = None
    replaces: bool = False
    shows_seed: bool = False


def enrol(request: EnrolRequest, interfaces: Interfaces) -> tuple[list[str], AwsMfaError | None]:
    """Enrol a device, or raise without one; return what was done, and why an old device could not be removed."""
    command = f"aws-mfa enroll {quote(request.renewal.profile)}"
    if not interfaces.terminal.has_human:
        raise NeedsHuman("the QR code and two codes of the new device need a terminal", f"run it in one: {command}")
    with interfaces.set_up_lock():  # so that a noted device is not one that another process is enrolling
        access = key_access(request.renewal.profile, request.renewal, interfaces)
        serial = _new_serial(access, request.name)
        for file in (interfaces.config, interfaces.credentials):
            file.check_writable()
        user = _signed(access, request, command, interfaces)
        is_spare = user.old and not request.replaces
        with interfaces.deferred_signals() as signals:
            _prove(user, _created(user, serial, signals, interfaces), request, signals, interfaces)
            _note_begun(serial, None, interfaces)
            if not is_spare:
                _name_in_files(serial, user, interfaces)
    profile, done = user.user.profile, [f"enabled: {serial}"]
    if is_spare:
        line = line_for_device(profile, serial, interfaces)
        return [*done, f"profile {profile} still uses {user.old}; to use the new one, {line}"], None
    done.append(f"profile {profile} uses it; get a session with: aws-mfa --profile {quote(profile)}")
    if not user.old:
        return done, None
    trouble = _removed(user, user.old, request, interfaces)
    return [*done, *([] if trouble else [f"removed: {user.old}"])], trouble


def _new_serial(access: KeyAccess, given: str | None) -> str:
    """The ARN of the device to be made: of the name given, else of the user's, with a number if they have that one."""
    identity, devices = access.identity, access.devices or access.with_codes
    if identity.arn.endswith(":root"):
        raise BadInput("these are the root user's keys", "add its device in the console, and delete these keys")
    if given is not None and not _NAME.fullmatch(given):
        raise BadInput("--name: a device's name is 1 to 226 letters, digits or _+=,.@-", "for example: --name phone-2")
    first = f"arn:{partition_of(identity.arn)}:iam::{identity.account}:mfa/{given or access.name}"
    serials = (first if number == 1 else f"{first}-{number}" for number in count(1))
    if given and first in devices:
        raise AlreadyExists(f"the user has a device of that name: {first}", f"choose another name: --name {given}-2")
    return next(serial for serial in serials if serial not in devices)


def _signed(access: KeyAccess, request: EnrolRequest, command: str, interfaces: Interfaces) -> KeyAccess:
    """An MFA session signs if there is a device that gets one, else the long-term keys do; a lost device gets none."""
    present, known, renewal = access.with_codes, access.user.device, request.renewal
    if access.devices is None:
        interfaces.say("IAM does not list this user's devices to the long-term keys")
    if not present:
        return access
    if not request.replaces:
        interfaces.terminal.say(f"An MFA session signs for this; if its device is lost: {command} --replace")
        mfa = iam_access(renewal.profile, renewal, interfaces)
        return replace(access, signer=mfa.session, old=mfa.user.device)
    if (old := known if known in present else None) is None:
        why = f"the profile names {known or 'none as mfa_serial'}, and the user has {', '.join(present)}"
        interfaces.terminal.say(f"No device will be removed: {why}")
    with suppress(AwsMfaError):
        stored = iam_access(renewal.profile, renewal, interfaces.replaced(unattended=True))
        return replace(access, signer=stored.session, old=old)
    return replace(access, old=old)


def _prove(
    user: KeyAccess, device: NewDevice, request: EnrolRequest, signals: DeferredSignals, interfaces: Interfaces
) -> None:
    """Show the seed, ask for two codes, enable the device; delete it again if that fails or a signal comes."""
    terminal = interfaces.terminal
    try:
        with signals.waiting():
            _show(device, request.size, interfaces)
        if request.shows_seed:
            _show_seed(device, terminal)
        for tries_left in reversed(range(QUESTIONS)):
            with signals.waiting():
                codes = _two_codes(device, request.size, interfaces)
            try:
                user.iam.enable_device(user.signer, user.name, device.serial, codes)
                break
            except WrongCode as error:
                if not tries_left:
                    raise
                say_error(error, terminal)
    except BaseException as error:
        if not (_delete(user, device.serial, interfaces) and isinstance(error, (AwsFailed, AnswerLost))):
            raise
    terminal.say("The QR code above holds the seed: clear the terminal")
    for code in codes:
        interfaces.ledger.note_used(device.serial, code, interfaces.now())


def _created(user: KeyAccess, serial: str, signals: DeferredSignals, interfaces: Interfaces) -> NewDevice:
    """A new device; one of this name that no user has is deleted if we began it within the hour, else after a yes."""
    begun_at = noted_creation(interfaces.known_keys.read(), _ENROLMENT + serial)
    is_ours = begun_at is not None and abs(interfaces.now() - begun_at) < _OURS_S
    left, other_name = "", f"choose another name: --name {serial.rpartition('/')[2]}-2"
    try:
        with suppress(AlreadyExists):
            return _made(user, serial, interfaces)
        if serial not in user.iam.unassigned_devices(user.signer):
            raise AlreadyExists(f"a user has a device of that name already: {serial}", other_name)
        ours, others = "was left by an enrolment that did not end", "is no user's, and may be a colleague's new device"
        left = f"{serial} {ours if is_ours else others}: "
        with signals.waiting():
            if not (is_ours or says_yes(interfaces.terminal, f"{left}delete it, and make it again? [y/n] ")):
                raise AlreadyExists(f"{left}it is kept", other_name)
        user.iam.delete_virtual_device(user.signer, serial)
        interfaces.say(f"{left}it is deleted and made again")
        return _made(user, serial, interfaces)
    except NotAuthorized as error:
        hints = [other_name] if left else [_removing(user)] if user.old else []
        raise NotAuthorized(f"{left}{error.message}", *hints, *error.hints) from None


def _made(user: KeyAccess, serial: str, interfaces: Interfaces) -> NewDevice:
    """Create the device, which is noted before, unless AWS refuses."""
    _note_begun(serial, interfaces.now(), interfaces)
    try:
        return user.iam.create_virtual_device(user.signer, serial.rpartition("/")[2])
    except RefusedByAws as error:
        if not isinstance(error, AwsFailed):
            _note_begun(serial, None, interfaces)
        raise


def _note_begun(serial: str, begun_at: float | None, interfaces: Interfaces) -> None:
    with suppress(AwsMfaError):  # without the note a person is asked
        interfaces.known_keys.update(lambda text: with_creation(text, _ENROLMENT + serial, begun_at))


def _show(device: NewDevice, size: tuple[int, int], interfaces: Interfaces, *, is_inverted: bool = False) -> None:
    label = f"{device.serial.rpartition('/')[2]}@{account_of(device.serial)}"
    terminal = interfaces.terminal
    lines = drawn(qr_modules(label, device.seed), interfaces.environ, size, is_inverted=is_inverted)
    needed = len(lines) + ROWS_BELOW
    if not lines:
        terminal.say("The terminal is too narrow for the QR code: answer s for the seed, which can be typed")
    question = f"The QR code needs {needed} rows, and the terminal has {size[1]} (Enter: draw it, s: show the seed): "
    if needed > size[1] and terminal.ask(question).strip().lower() == "s":
        _show_seed(device, terminal)
    else:
        terminal.draw(lines)
        terminal.say(f"Scan this with an authenticator app, as AWS:{label}")


def _show_seed(device: NewDevice, terminal: Terminal) -> None:
    seed = device.seed.reveal()
    terminal.say(f"Seed: {' '.join(seed[at : at + 4] for at in range(0, len(seed), 4))}")


def _two_codes(device: NewDevice, size: tuple[int, int], interfaces: Interfaces) -> tuple[str, str]:
    """Two different codes; waits until the app shows the second."""
    terminal, first, is_inverted = interfaces.terminal, "", False
    while True:
        try:
            question = "The code after that: " if first else "Code (s: show the seed, i: swap black and white): "
            answer = terminal.ask(question).strip().lower()
            if answer == "s":
                _show_seed(device, terminal)
            elif answer == "i":
                is_inverted = not is_inverted
                _show(device, size, interfaces, is_inverted=is_inverted)
            elif (code := checked_code(answer)) == first:
                terminal.say("this is the same code again")
                terminal.count_down(seconds_to_next(interfaces.now()), "next code in")
            elif first:
                return first, code
            else:
                first, left_s = code, seconds_to_next(interfaces.now())
                if left_s <= STEP_S - _TYPING_S:
                    terminal.count_down(left_s, "next code in")
        except BadAnswer as error:
            terminal.say(error.message)


def _delete(user: KeyAccess, serial: str, interfaces: Interfaces) -> bool:
    """Delete a device that was not enabled, or say why it may be left; True if IAM says that it is enabled."""
    try:
        with suppress(NoSuchEntity):
            user.iam.delete_virtual_device(user.signer, serial)
        interfaces.say(f"{serial} was deleted again: remove its entry from the app")
        _note_begun(serial, None, interfaces)
    except AlreadyExists:
        return True
    except AwsMfaError as error:
        with suppress(AwsMfaError):
            if serial in user.iam.list_mfa_devices(user.signer):
                return True
        command = joined(["aws", "iam", "delete-virtual-mfa-device", "--serial-number", serial])
        interfaces.say(f"{serial} may be left at IAM: {error.message}")
        interfaces.say(f"the next aws-mfa enroll of that name deletes it if no user has it; so does: {command}")
    return False


def _name_in_files(serial: str, user: KeyAccess, interfaces: Interfaces) -> None:
    """Every line of the AWS files that names the old device names the new one; if none did, the profile's section."""
    known = user.user
    old = {known.device, user.old} - {"", None}

    def edit(text: str, path: str) -> str:
        found = {one.name: one.values() for one in sections(text, where=path)}
        changes = {name: {key: serial for key in _DEVICE_KEYS if found[name].get(key) in old} for name in found}
        return with_all_changes(text, {name: change for name, change in changes.items() if change}, where=path)

    try:
        for file in (interfaces.config, interfaces.credentials):
            if edit(file.read(), file.path) != file.read():
                file.update(partial(edit, path=file.path))
        files = FilesOfProfile(known.profile, known.section, interfaces)
        if files.known_device != serial:
            file_write(interfaces.config, files.header, {"mfa_serial": serial}).make()
    except AwsMfaError as error:
        line = line_for_device(known.profile, serial, interfaces)
        raise type(error)(f"the device is enabled, but not written: {error.message}", line, *error.hints) from None
    note_device(known.access_key_id, serial, interfaces)


def _removed(user: KeyAccess, old: str, request: EnrolRequest, interfaces: Interfaces) -> AwsMfaError | None:
    """Remove the old device, with an MFA session of the new one if IAM wants that; return why it could not be done."""

    def remove(signer: LongTermKeys | Session) -> None:
        with suppress(NoSuchEntity):
            user.iam.deactivate_device(signer, user.name, old)
        if ":mfa/" in old:
            user.iam.delete_virtual_device(signer, old)

    try:
        try:
            remove(user.signer)
        except NotAuthorized:
            if isinstance(user.signer, Session):
                raise
            interfaces.terminal.say("IAM removes the old device for an MFA session only: one more code gets it")
            remove(iam_access(request.renewal.profile, request.renewal, interfaces).session)
    except AwsMfaError as error:
        return type(error)(f"{old} is still a device: {error.message}", _removing(user), *error.hints)
    return None


def _removing(user: KeyAccess) -> str:
    words = ["aws", "iam", "deactivate-mfa-device", "--user-name", user.name, "--serial-number", user.old or ""]
    return f"an administrator removes the old device with: {joined(words)}"
