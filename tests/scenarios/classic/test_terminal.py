"""The prompt on a real terminal: asked again after a wrong code, a menu of devices, Ctrl-C, end of input (B26)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from real_terminals import end_of, on_a_pty, wait_for_echo

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from classic_stage import ClassicStage, Settings
    from real_terminals import Pty

pytestmark = pytest.mark.real

PROMPT = r"Enter AWS MFA code for device \[\S+\] \(renewing for 43200 seconds\):"


@pytest.fixture
def on_terminal(stage: ClassicStage) -> Generator[Callable[..., Pty]]:
    """Start the tool on a terminal of its own."""
    children: list[Pty] = []

    def start(*argv: str, env: Settings | None = None) -> Pty:
        environ = {name: value for name, value in {**stage.environ, **(env or {})}.items() if value is not None}
        child = on_a_pty(stage.command(*argv), environ, columns=300)
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def test_code_is_typed_and_shown(stage: ClassicStage, on_terminal: Callable[..., Pty]) -> None:
    child = on_terminal()
    child.expect(PROMPT)
    code = stage.code()
    child.sendline(code)
    status, said = end_of(child)
    assert status == 0, said
    assert said.startswith(f"{code}\nINFO - Fetching Credentials - Profile: default, Duration: 43200\nINFO - Success! ")


def test_wrong_code_is_asked_again_up_to_three_times(stage: ClassicStage, on_terminal: Callable[..., Pty]) -> None:
    child = on_terminal()
    for said in ("WARNING", "WARNING", "ERROR"):
        child.expect(PROMPT)
        child.sendline(stage.wrong_code())
        child.expect(f"\n{said} - AWS refused the code of {stage.phone.serial}: it is wrong, or was used before\r\n")
    assert end_of(child)[0] == 1


def test_good_code_after_a_bad_and_a_wrong_one(stage: ClassicStage, on_terminal: Callable[..., Pty]) -> None:
    child = on_terminal("--force")
    child.expect(PROMPT)
    child.sendline("12345")
    child.expect("\nWARNING - an MFA code is six digits\r\n")
    child.expect(PROMPT)
    child.sendline(stage.wrong_code())
    child.expect("hint: wait for the next code")
    child.expect(PROMPT)
    code = stage.code()
    child.sendline(f"{code[:3]} {code[3:]}")
    status, said = end_of(child)
    assert (status, "INFO - Success!" in said) == (0, True), said


def test_several_devices_are_a_menu(stage: ClassicStage, on_terminal: Callable[..., Pty]) -> None:
    second = stage.ann.add_device()
    stage.write(stage.keys_section(aws_mfa_device=""))
    child = on_terminal()
    child.expect_exact(f"2  {second.serial}")
    child.expect_exact("[1-2]: ")
    child.sendline("0")
    child.expect_exact("[1-2]: ")
    child.sendline("2")
    child.expect(PROMPT)
    child.sendline(second.unused_code())
    assert end_of(child)[0] == 0
    assert stage.aws.requests[-1].parameters["SerialNumber"] == second.serial


def test_ctrl_c_at_the_prompt_is_130_without_a_traceback(stage: ClassicStage, on_terminal: Callable[..., Pty]) -> None:
    before = stage.state()
    child = on_terminal()
    child.expect(PROMPT)
    child.send("123")
    child.sendintr()
    status, said = end_of(child)
    assert status == 130, said
    assert [line for line in said.splitlines() if "ERROR" in line] == ["ERROR - cancelled"]
    assert "Traceback" not in said
    assert stage.state() == before
    assert "GetSessionToken" not in stage.sent()


def test_ctrl_c_at_the_secret_leaves_the_echo_on(stage: ClassicStage, on_terminal: Callable[..., Pty]) -> None:
    stage.write("")
    child = on_terminal("--setup", "--profile", "work")
    child.expect("aws_access_key_id: ")
    child.sendline(stage.ann.keys.access_key_id)
    child.expect("aws_secret_access_key: ")
    wait_for_echo(child, on=False)
    child.sendintr()
    child.expect("ERROR - cancelled")
    wait_for_echo(child, on=True)
    assert end_of(child)[0] == 130
    assert "work" not in stage.read()


@pytest.mark.parametrize("answer", ["n", "y"])
def test_b25_setup_asks_before_replacing(stage: ClassicStage, on_terminal: Callable[..., Pty], answer: str) -> None:
    bob = stage.aws.account.add_user("bob")
    stage.write(stage.keys_section("work", bob))
    before = stage.state()
    child = on_terminal("--setup", "--profile", "work", "--device", stage.phone.serial)
    child.expect_exact("replace them? [y/n] ")
    child.sendline(answer)
    if answer == "n":
        assert end_of(child) == (130, "n\nERROR - nothing was changed\n")
        assert stage.state() == before
        return
    child.expect("aws_access_key_id: ")
    child.sendline(stage.ann.keys.access_key_id)
    child.expect(f"{stage.ann.keys.access_key_id}\r\n")
    child.expect("aws_secret_access_key: ")
    child.sendline(stage.ann.keys.secret_access_key)
    child.expect("Region .*: ")
    child.sendline("")
    status, said = end_of(child)
    assert (status, stage.ann.keys.secret_access_key in said) == (0, False), said
    assert stage.section("work-long-term")["aws_access_key_id"] == stage.ann.keys.access_key_id


def test_end_of_input_at_the_prompt_is_one_error(stage: ClassicStage, on_terminal: Callable[..., Pty]) -> None:
    child = on_terminal()
    child.expect(PROMPT)
    child.sendeof()
    status, said = end_of(child)
    assert status == 1
    assert [line for line in said.splitlines() if "ERROR" in line] == ["ERROR - the input ended before the answer"]


def test_missing_file_is_asked_about(stage: ClassicStage, on_terminal: Callable[..., Pty]) -> None:
    os.unlink(stage.credentials)
    child = on_terminal()
    child.expect_exact(f"Could not locate credentials file at {stage.credentials}, would you like to create one? [y/n]")
    child.sendline("n")
    status, said = end_of(child)
    assert status == 1
    assert said.startswith(f"n\nERROR - Could not locate credentials file at {stage.credentials}\n")


def test_dead_network_ends_the_question_before_a_code_is_typed(
    stage: ClassicStage, on_terminal: Callable[..., Pty]
) -> None:
    stage.aws.stop()
    child = on_terminal()
    child.expect(PROMPT)
    child.expect("ERROR - no connection to 127.0.0.1: connection refused")
    assert end_of(child)[0] == 1


def test_wrong_secret_ends_the_question_before_a_code_is_typed(
    stage: ClassicStage, on_terminal: Callable[..., Pty]
) -> None:
    stage.write(stage.keys_section(aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
    child = on_terminal()
    child.expect(PROMPT)
    child.expect("ERROR - the secret access key does not belong to the access key id")
    assert end_of(child)[0] == 1
