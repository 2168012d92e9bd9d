"""The classic form on a real terminal: asks again after a bad code, Ctrl-C, end of input (B26), set-up (B25)."""

from __future__ import annotations

from collections.abc import Callable, Generator

import pytest

from classic_stage import ClassicStage, Settings
from real_terminals import Pty, end_of, on_a_pty, wait_for_echo

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


@pytest.mark.parametrize("fault", ["dead network", "wrong secret"])
def test_a_fault_ends_the_question_before_a_code_is_typed(
    stage: ClassicStage, on_terminal: Callable[..., Pty], fault: str
) -> None:
    if fault == "wrong secret":
        stage.write(stage.keys_section(aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
        error = "ERROR - the secret access key does not belong to the access key id"
    else:
        stage.aws.stop()
        error = "ERROR - no connection to 127.0.0.1: connection refused"
    child = on_terminal()
    child.expect(PROMPT)
    child.expect(error)
    assert end_of(child)[0] == 1
