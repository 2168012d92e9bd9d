"""Standard output that is full or closed: one line says so, exit 1; what was to be written is not quoted."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from programs import SOURCE, run_program

if sys.platform == "win32":
    pytest.skip("shells of POSIX", allow_module_level=True)


pytestmark = pytest.mark.real

FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
WHY_FULL, WHY_CLOSED = "aws-mfa: standard output: No space left on device\n", "aws-mfa: standard output: it is closed\n"


def ended(home: str, line: str, **environ: str) -> tuple[int, str, str]:
    """How a line of sh ends; $TOOL is the tool."""
    env = {"PATH": os.environ["PATH"], "HOME": home, "TOOL": f"{sys.executable} -m aws_mfa", **SOURCE, **environ}
    done = run_program(["sh", "-c", line], env)
    return done.returncode, done.stdout, done.stderr


@FULL
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_not_reported_as_a_bug(home: str, unbuffered: str) -> None:
    for command in ("env --unset --shell sh", "forget --all"):
        line = f"$TOOL {command} >/dev/full"
        assert ended(home, line, PYTHONUNBUFFERED=unbuffered) == (1, "", WHY_FULL), command


def test_a_closed_output_takes_no_data(home: str) -> None:
    assert ended(home, "$TOOL env --unset --shell sh >&-") == (1, "", WHY_CLOSED)


def test_what_was_meant_for_a_closed_stderr_does_not_come_among_the_data(home: str) -> None:
    code, out, _ = ended(home, "$TOOL env nobody --shell json 2>&-")
    assert (code, out) == (3, "")


@FULL
def test_the_exit_code_is_the_failures_also_where_stderr_is_full(home: str) -> None:
    assert ended(home, "$TOOL plan nobody 2>/dev/full")[0] == 3


def test_a_reader_that_has_gone_is_not_talked_about(home: str) -> None:
    assert ended(home, "{ sleep 0.3; $TOOL env --unset --shell sh; echo $? >&2; } | true")[2] == "1\n"


@FULL
def test_the_fast_answer_says_it_too(tmp_path: Path) -> None:
    program = "from aws_mfa.cli import start; start._print_and_exit('text\\n')"
    environ = {"PATH": os.environ["PATH"], **SOURCE}
    for redirection, err in ((">/dev/full", WHY_FULL), ("| true", "")):
        line = f'{{ sleep 0.3; "$0" -c "$1" {redirection}; }}'
        done = run_program(["sh", "-c", line, sys.executable, program], environ, cwd=tmp_path)
        assert done.stderr == err
