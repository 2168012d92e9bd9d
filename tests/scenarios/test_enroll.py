"""`aws-mfa enroll` on real terminals: the QR code as a reader sees it, the wait for the second code, and its end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from aws_mfa_practice import PracticeAws, faults
from aws_mfa_practice.account import User
from aws_mfa_practice.totp import Device
from classic_stage import ClassicStage
from pictures_of_terminals import picture, qr_codes_in
from programs import wait_until
from real_terminals import Pty, end_of, in_tmux, on_a_pty
from scenarios.test_renew_terminal import SCRIPT, Clock

pytestmark = pytest.mark.real

FIRST, SECOND = "Code (s: show the seed, i: swap black and white): ", "The code after that: "


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bobs(home: str, clock: Clock) -> Generator[ClassicStage]:
    """Bob, who has no device, as the profile `work`."""
    with PracticeAws(clock=clock) as aws:
        stage = ClassicStage(home, aws)
        bob = aws.account.add_user("bob")
        stage.write(stage.keys_section("work", bob))
        stage.write("[profile work]\nregion = eu-central-1\n", stage.config)
        clock.let_window_end_in(6)
        yield stage


def user(stage: ClassicStage) -> User:
    return stage.aws.account.users[-1]


def new_device(stage: ClassicStage) -> Device:
    wait_until(lambda: stage.aws.account.unassigned_devices)
    return stage.aws.account.unassigned_devices[-1]


def started(stage: ClassicStage, clock: Clock, *argv: str) -> Pty:
    script = SCRIPT.format(offset_s=clock.offset_s)
    environ = {**stage.environ, "AWS_MFA_SESSION_STORE": "plain", "TERM": "xterm-256color"}
    return on_a_pty([sys.executable, "-c", script, "enroll", "work", *argv], environ)


def answered(stage: ClassicStage, child: Pty) -> tuple[int | None, str]:
    """Type both codes; the exit code, and what was shown after them."""
    for question in (FIRST, SECOND):
        child.expect_exact(question)
        child.sendline(new_device(stage).code())
    return end_of(child)


def test_a_first_device_then_a_spare_then_a_lost_one(bobs: ClassicStage, clock: Clock) -> None:
    status, shown = answered(bobs, started(bobs, clock))
    assert (status, "profile work uses it" in shown) == (0, True), shown
    assert f"mfa_serial = {user(bobs).devices[0].serial}" in bobs.read(bobs.config)
    clock.let_window_end_in(6)
    clock.offset_s += 60
    phone = user(bobs).devices[0]
    assert isinstance(phone, Device)
    child = started(bobs, clock, "--name", "drawer")
    child.expect_exact("MFA code for")
    child.sendline(phone.unused_code())
    status, shown = answered(bobs, child)
    assert (status, "still uses" in shown) == (0, True), shown
    clock.let_window_end_in(6)
    clock.offset_s += 120
    status, shown = answered(bobs, started(bobs, clock, "--replace", "--name", "new"))
    assert (status, "removed: " in shown) == (0, True), shown
    assert [device.serial.rpartition("/")[2] for device in user(bobs).devices] == ["drawer", "new"]
    assert f"mfa_serial = {user(bobs).devices[1].serial}" in bobs.read(bobs.config)


def test_if_iam_wants_mfa_to_remove_the_lost_one_a_third_code_does_it(bobs: ClassicStage, clock: Clock) -> None:
    bob = user(bobs)
    lost = bob.add_device()
    bobs.write(f"[profile work]\nregion = eu-central-1\nmfa_serial = {lost.serial}\n", bobs.config)
    bob.needs_mfa = {"iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice"}
    child = started(bobs, clock, "--replace")
    for question in (FIRST, SECOND):
        child.expect_exact(question)
        child.sendline(new_device(bobs).code())
    child.expect_exact(f"MFA code for {bobs.aws.account.arn('mfa/bob-2')}: ")
    (phone,) = (device for device in bob.devices if device.serial.endswith("bob-2"))
    assert isinstance(phone, Device)
    child.sendline(phone.unused_code())
    status, shown = end_of(child)
    assert (status, bob.devices) == (0, [phone]), shown


@pytest.mark.parametrize("at", [FIRST, "next code in", SECOND])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_at_any_question_leaves_nothing_at_iam(bobs: ClassicStage, clock: Clock, name: str, at: str) -> None:
    child = started(bobs, clock)
    child.expect_exact(FIRST)
    if at != FIRST:
        child.sendline(new_device(bobs).code())
        child.expect_exact(at)
    number = getattr(signal, name)
    child.kill(number)
    status, shown = end_of(child)
    assert (status, child.signalstatus) == ((130, None) if name == "SIGINT" else (None, number)), shown
    assert (bobs.aws.account.unassigned_devices, user(bobs).devices) == ([], [])
    assert "mfa/bob was deleted again" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(("action", "devices"), [("CreateVirtualMFADevice", 0), ("EnableMFADevice", 1)])
def test_a_signal_during_a_call_waits_for_its_answer(
    bobs: ClassicStage, clock: Clock, action: str, devices: int
) -> None:
    """An enabled device is written into the profile before the program ends."""
    bobs.aws.faults.add(action, faults.slow(1.5))
    child = started(bobs, clock)
    if devices:
        for question in (FIRST, SECOND):
            child.expect_exact(question)
            child.sendline(new_device(bobs).code())
    wait_until(lambda: action in bobs.sent())
    time.sleep(0.5)
    child.kill(signal.SIGTERM)
    end_of(child)
    assert child.signalstatus == signal.SIGTERM
    assert (len(bobs.aws.account.unassigned_devices), len(user(bobs).devices)) == (0, devices)
    assert ("mfa_serial" in bobs.read(bobs.config)) is bool(devices)


def test_a_terminal_that_is_closed_leaves_nothing_at_iam(bobs: ClassicStage, clock: Clock) -> None:
    child = started(bobs, clock)
    child.expect_exact(FIRST)
    os.close(child.child_fd)
    wait_until(lambda: not bobs.aws.account.unassigned_devices)
    wait_until(lambda: bobs.sent()[-1] == "DeleteVirtualMFADevice")


def test_after_kill_9_the_same_command_works(bobs: ClassicStage, clock: Clock) -> None:
    child = started(bobs, clock)
    child.expect_exact(FIRST)
    left = new_device(bobs)
    child.kill(signal.SIGKILL)
    end_of(child)
    clock.let_window_end_in(6)
    child = started(bobs, clock)
    child.expect_exact("was left by an enrolment that did not end: it is deleted and made again")
    status, shown = answered(bobs, child)
    assert status == 0, shown
    assert [device.serial for device in user(bobs).devices] == [left.serial]


def test_a_second_enrolment_waits_for_the_first_and_leaves_its_device(bobs: ClassicStage, clock: Clock) -> None:
    first = started(bobs, clock, "--name", "phone")
    first.expect_exact(FIRST)
    second = started(bobs, clock, "--name", "phone")
    second.expect_exact("waiting for another aws-mfa of yours to end")
    first.sendline(new_device(bobs).code())
    first.expect_exact(SECOND)
    first.sendline(new_device(bobs).code())
    assert end_of(first)[0] == 0
    status, shown = end_of(second)
    assert (status, [one.serial.rpartition("/")[2] for one in user(bobs).devices]) == (5, ["phone"]), shown
    assert "has a device of that name" in shown


def test_the_seed_is_in_no_file_and_in_no_pipe(bobs: ClassicStage, clock: Clock, tmp_path: Path) -> None:
    script = SCRIPT.format(offset_s=clock.offset_s)
    output = tmp_path / "output"
    shell = f'{sys.executable} -c "$0" enroll work --show-seed >{output} 2>&1'
    child = on_a_pty(["sh", "-c", shell, script], {**bobs.environ, "AWS_MFA_SESSION_STORE": "plain"})
    child.expect_exact("Seed: ")
    seed = new_device(bobs).base32_seed
    assert answered(bobs, child)[0] == 0
    printed = output.read_text(encoding="utf-8")
    assert printed.startswith("enabled: ")
    assert seed[:4] not in printed
    for folder, _, names in os.walk(bobs.home):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                assert seed.encode() not in file.read(), name


def test_in_the_background_or_without_a_terminal_nothing_is_created(bobs: ClassicStage) -> None:
    ended = bobs.run("enroll", "work", stdin="123456\n")
    assert (ended.code, bobs.sent()) == (4, []), ended
    assert "hint: run it in one: aws-mfa enroll work\n" in ended.err


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"LC_ALL": "C"}, {"LC_ALL": "C", "NO_COLOR": "1"}])
def test_a_qr_code_reader_reads_it_on_80_columns(
    bobs: ClassicStage, tmp_path: Path, variables: dict[str, str], theme: str
) -> None:
    with in_tmux(bobs.command("enroll", "work"), {**bobs.environ, **variables}) as window:
        window.does("resize-window", "-x", "80", "-y", "45" if "LC_ALL" in variables else "24")
        window.shows(FIRST.strip())
        text = f"otpauth://totp/AWS:bob@{bobs.aws.account.account_id}?secret={new_device(bobs).base32_seed}&issuer=AWS"
        is_inverted = "NO_COLOR" in variables and theme == "light"
        found = [
            qr_codes_in(picture(window, theme, 80), str(tmp_path), reads_inverted=inverted)
            for inverted in (False, True)
        ]
        assert found == [[] if is_inverted else [text], [text]]
        if is_inverted:
            window.types("i\n")
            wait_until(lambda: qr_codes_in(picture(window, theme, 80), str(tmp_path)) == [text], limit_s=10)
        window.presses("C-c")
        wait_until(lambda: not bobs.aws.account.unassigned_devices)
