"""docs/compatibility.md as a shell sees it (sections 1, 6, 7): the tool for real, its streams, its exit codes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from classic_stage import ClassicStage, Ended
from programs import run_program

pytestmark = pytest.mark.real


def test_code_is_read_from_a_pipe(stage: ClassicStage) -> None:
    """`echo 123456 | aws-mfa`, then a run that finds the session still valid."""
    first = stage.run(stdin=f"{stage.code()}\n")
    assert (first.code, first.err) == (0, ""), first
    assert "seconds):INFO - Fetching Credentials - Profile: default, Duration: 43200\n" in first.out
    before = stage.state()
    again = stage.run()
    assert (again.code, again.err) == (0, "")
    assert again.out.splitlines()[-1].startswith("INFO - Your credentials are still valid for 43")
    assert stage.state() == before


def test_code_needs_no_newline_and_what_follows_stays_in_the_pipe(stage: ClassicStage) -> None:
    assert stage.run(stdin=stage.code()).code == 0
    script = '"$@" --force && cat'
    ended = run_program(
        ["/bin/sh", "-c", script, "sh", *stage.command()],
        stage.environ,
        stdin=f"{stage.code()}\nfor the next program\n",
    )
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.endswith("\nfor the next program\n")


@pytest.mark.parametrize(("argv", "code"), [(["--help"], 0), (["--d", "x"], 2)], ids=["help", "wrong usage"])
def test_usage_is_on_stdout_if_asked_for_else_on_stderr_exit_2(stage: ClassicStage, argv: list[str], code: int) -> None:
    ended = stage.run(*argv)
    text, other = (ended.out, ended.err) if code == 0 else (ended.err, ended.out)
    assert (ended.code, other) == (code, "")
    assert text.startswith("usage: aws-mfa")


ERRORS: dict[str, tuple[Callable[[ClassicStage], Ended], str]] = {
    "wrong code": (lambda stage: stage.run("--token", stage.wrong_code()), "AWS refused the code of"),
    "B26 end of input": (lambda stage: stage.run(stdin=""), "standard input ended"),
    "no terminal": (lambda stage: stage.run(), "ERROR - "),
}


@pytest.mark.parametrize("case", ERRORS)
def test_exit_1_and_one_error_line_on_stdout(stage: ClassicStage, case: str) -> None:
    before = stage.state()
    run, message = ERRORS[case]
    ended = run(stage)
    assert message in ended.error
    assert "Traceback" not in ended.out
    assert stage.state() == before
    assert stage.sent() == (["GetSessionToken"] if case == "wrong code" else [])


def test_reader_that_leaves_early_causes_no_traceback(stage: ClassicStage) -> None:
    """`aws-mfa | head -1`."""
    stage.run(stdin=f"{stage.code()}\n")
    for flags in ("", "--help", "--force --token 1"):
        ended = run_program(["/bin/sh", "-c", f'"$@" {flags} | true', "sh", *stage.command()], stage.environ)
        assert ended.stderr == ""


def test_closed_stdout_is_no_reason_to_fail(stage: ClassicStage) -> None:
    closed = ("/bin/sh", "-c", 'exec "$@" >&-', "sh")
    assert stage.run("--token", stage.code(), prefix=closed).code == 0
    stage.section()
    assert stage.run(prefix=closed).code == 0, "still valid"


def test_full_disk_below_stdout_is_one_line(stage: ClassicStage) -> None:
    ended = stage.run("--token", stage.code(), prefix=("/bin/sh", "-c", 'exec "$@" >/dev/full', "sh"))
    assert (ended.code, ended.err) == (1, "aws-mfa: standard output: No space left on device\n"), ended
    assert stage.sent() == []


def test_name_that_stdout_cannot_spell_is_escaped(stage: ClassicStage) -> None:
    stage.write(stage.keys_section("j\u00f6rg"))
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    ended = stage.run("--profile", "j\u00f6rg", "--token", stage.code(), env=ascii_only)
    assert (ended.code, ended.err) == (0, ""), ended
    assert "INFO - Using profile: j\\xf6rg\n" in ended.out
    again = stage.run("--profile", "j\u00f6rg", env=ascii_only)
    assert (again.code, again.err) == (0, ""), again
