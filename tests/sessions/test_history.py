"""The history of hand-overs: exact lines, whole when many write at once, and no failure that reaches a hand-over."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.aws_values.read_only import READ_ONLY
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.sessions import history
from aws_mfa.sessions.history import FIELDS, line_of, narrowing, note
from aws_mfa.system.locks import lock
from fakes import NOW, a_session
from programs import SOURCE, run_program, start_program, wait_until
from users_and_modes import NOBODY, as_root, mode_of, posix_only

SESSION = a_session()
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=10)  # surrogates too; 128 bytes are never cut
WRITER = f"""
import os, sys
from aws_mfa.sessions.history import note
from aws_mfa.model import Secret, Session
session = Session("ASIAINVENTED", Secret("s"), Secret("t"), {NOW} + 3600)
for number in range(int(sys.argv[3])):
    assert note(sys.argv[1], {NOW}, sys.argv[2] * 300, session, {{}}, program=str(number))
"""
# Each process waits until the pipe is closed: they begin together.
WRITERS_AT_ONCE = WRITER.replace(
    "for number",
    """
ready, begin = os.pipe()
children = []
for child in range(64):
    children.append(os.fork())
    if not children[-1]:
        os.close(begin)
        os.read(ready, 1)
        sys.argv[2] = chr(0x100 + child)
        break
else:
    os.close(begin)
    sys.exit(sum(os.waitpid(child, 0)[1] for child in children))
for number""",
)


@pytest.fixture
def folder(home: str) -> Path:
    made = Path(home, ".aws", "mfa")
    made.mkdir(parents=True, mode=0o700)
    return made


def noted(folder: Path, name: str = "history") -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / name).read_bytes().decode("ascii").splitlines()]


def interfaces_of(home: str, command: str = "exec") -> RealInterfaces:
    return RealInterfaces(command=command, environ={"HOME": home, "USERPROFILE": home})


@given(st.dictionaries(st.sampled_from(FIELDS), ANY_TEXT))
def test_a_line_holds_exactly_what_it_was_given(values: Mapping[str, str]) -> None:
    line = line_of(values)
    as_json_has_it = {name: json.loads(json.dumps(values.get(name, ""))) for name in FIELDS}
    assert json.loads(line) == as_json_has_it
    assert (list(json.loads(line)), line.count(b"\n"), line[-2:]) == (list(FIELDS), 1, b"}\n")
    assert line[:-1].isascii()
    assert line[:-1].decode().isprintable(), "a terminal that shows the file obeys no name"


@given(st.text(st.characters(exclude_categories=()), max_size=3), st.integers(1, 20_000))
def test_a_line_is_shorter_than_4096_bytes_and_whole_whatever_is_in_it(text: str, times: int) -> None:
    line = line_of(dict.fromkeys(FIELDS, text * times))
    assert len(line) < 4096
    given_units = (text * times).encode("utf-16-le", "surrogatepass")
    for value in json.loads(line).values():
        units = value.encode("utf-16-le", "surrogatepass")
        assert units == given_units or (value.endswith("...") and given_units.startswith(units[:-6]))


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [
        ({"role_chain 1": "arn", "access_key_id": "policies"}, ""),
        ({"policies 2": "{}"}, "policy"),
        ({"scoped_policy": "{}", "scoped_description": "x"}, "policy"),
        ({"scoped_policy": READ_ONLY}, "read-only"),
        ({"scoped_description": "only shorter", "agent": "codex"}, ""),
        ({"policy_arns 1 1": "arn:aws:iam::123456789012:policy/Small"}, "policy-arns"),
        ({"policy_arns 1 1": "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"}, "read-only"),
        (
            {"policies 1": "{}", "policies 2": "{}", "policy_arns 2 1": "a", "policy_arns 2 2": "b"},
            "policy+policy-arns",
        ),
        ({"policy_arns 1 1": "a:policy/Small", "policy_arns 1 2": "b:policy/ReadOnlyAccess"}, "policy-arns+read-only"),
    ],
)
def test_how_a_session_is_narrowed_is_read_from_its_inputs(inputs: dict[str, str], kind: str) -> None:
    assert narrowing(inputs) == kind


@posix_only
def test_the_file_is_made_for_this_user_only_and_no_secret_is_in_it(folder: Path) -> None:
    for number in (1, 2):
        size = note(str(folder), NOW, "work", SESSION, {}, agent="codex", command="exec", program="sh")
        assert size == number * len((folder / "history").read_bytes()) / number
    assert mode_of(folder / "history") == 0o600
    row = {"at": "2026-11-22T06:03:19Z", "profile": "work", "agent": "codex", "command": "exec", "program": "sh"}
    end = {"narrowed": "", "expires_at": "2026-11-22T18:03:19Z", "access_key_id": SESSION.access_key_id}
    assert noted(folder) == [{**row, "folder": os.getcwd(), **end}] * 2
    text = (folder / "history").read_text()
    assert SESSION.secret_access_key.reveal() not in text
    assert SESSION.session_token.reveal() not in text


@posix_only
def test_lines_of_many_processes_never_mix(folder: Path) -> None:
    command = [sys.executable, "-c", WRITERS_AT_ONCE, str(folder), "", "50"]
    ended = run_program(command, {**os.environ, **SOURCE})
    assert (ended.returncode, ended.stderr) == (0, "")
    of_writer: dict[str, list[str]] = {}
    for row in noted(folder):
        of_writer.setdefault(row["profile"], []).append(row["program"])
    assert list(of_writer.values()) == [[str(number) for number in range(50)]] * 64


@posix_only
def test_a_killed_writer_damages_its_own_line_at_most(folder: Path) -> None:
    """The kernel may end the write of a killed process where a page of the file ends; the next line begins there."""
    file = folder / "history"
    file.touch(0o600)
    for most in range(20_000, 120_000, 20_000):
        writer = start_program([sys.executable, "-c", WRITER, str(folder), "x", "1000000"], {**os.environ, **SOURCE})
        wait_until(lambda most=most: file.stat().st_size > most)  # type: ignore[misc]
        writer.kill()
        writer.communicate()
    lines = [line for line in file.read_text(encoding="ascii").replace('{"at"', '\n{"at"').split("\n") if line]
    damaged = [line for line in lines if not line.endswith('"}')]
    assert len(damaged) <= 5
    assert len([json.loads(line) for line in lines if line not in damaged]) > 100


def a_link(path: Path) -> None:
    path.symlink_to("elsewhere")


def a_link_to_a_file(path: Path) -> None:
    path.with_name("elsewhere").write_bytes(b"")
    a_link(path)


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def another_name_of_a_file(path: Path) -> None:
    path.with_name("elsewhere").write_bytes(b"")
    os.link(path.with_name("elsewhere"), path)


def a_read_pipe(path: Path) -> None:
    os.mkfifo(path)
    os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # stays open: a writer can open it too


def a_folder_of_others(path: Path) -> None:
    path.parent.chmod(0o770)


def no_folder(path: Path) -> None:
    path.parent.rmdir()


@posix_only
@pytest.mark.parametrize(
    "stage",
    [a_link, a_link_to_a_file, another_name_of_a_file, a_pipe, a_read_pipe, Path.mkdir, a_folder_of_others, no_folder],
)
def test_what_is_not_this_users_own_file_gets_no_line(folder: Path, stage: Callable[[Path], None]) -> None:
    stage(folder / "history")
    assert note(str(folder), NOW, "work", SESSION, {}) == 0
    elsewhere = folder / "elsewhere"
    assert not elsewhere.exists() or elsewhere.read_bytes() == b""


@as_root
@pytest.mark.parametrize("place", ["history", "."])
def test_a_file_or_a_folder_of_another_user_gets_no_line(folder: Path, place: str) -> None:
    """Root neither writes into a user's file nor leaves one of its own in their folder."""
    (folder / "history").touch(0o600)
    os.chown(folder / place, NOBODY, NOBODY)
    assert note(str(folder), NOW, "work", SESSION, {}) == 0
    assert (folder / "history").read_bytes() == b""


@posix_only
def test_a_full_disk_loses_the_line_and_nothing_else(folder: Path) -> None:
    code = WRITER.replace("assert", "print(not").replace("program=str(number))", "program=str(number)))")
    command = ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh", sys.executable, "-c", code, str(folder), "x", "1"]
    ended = run_program(command, {**os.environ, **SOURCE})
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "True\n", "")
    assert (folder / "history").read_bytes() == b""


@posix_only
def test_a_current_folder_that_was_removed_is_left_out(folder: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    code = f"import os; os.rmdir(os.getcwd())\n{WRITER}"
    ended = run_program([sys.executable, "-c", code, str(folder), "x", "1"], {**os.environ, **SOURCE}, cwd=gone)
    assert (ended.returncode, noted(folder)[0]["folder"]) == (0, ""), ended


# Through the interfaces


@pytest.mark.parametrize("command", ["exec", "env", "credential-process", "serve", "console", "python"])
def test_a_hand_over_is_noted_in_a_folder_that_is_made_for_it(home: str, command: str) -> None:
    interfaces = interfaces_of(home, command)
    interfaces.note_hand_over("work", SESSION, {"policies 1": "{}"})
    (row,) = noted(Path(home, ".aws", "mfa"))
    assert (row["profile"], row["command"], row["narrowed"]) == ("work", command, "policy")
    assert row["program"] == (os.path.basename(sys.argv[0]) if command == "python" else "".join(interfaces.callers[:1]))
    if sys.platform == "linux":
        assert history.parent() == interfaces.callers[0]


@pytest.mark.parametrize(("command", "looks_only"), [("", False), ("whoami", False), ("rotate", False), ("exec", True)])
def test_a_command_that_hands_nothing_over_or_only_looks_leaves_no_line(
    home: str, command: str, *, looks_only: bool
) -> None:
    interfaces_of(home, command).replaced(looks_only=looks_only).note_hand_over("work", SESSION, {})
    assert os.listdir(home) == []


@pytest.mark.parametrize("environ", [{"HOME": "~nobody-of-this-name"}, {"HOME": "/dev/null/home"}])
def test_without_a_home_nothing_is_noted_and_nothing_fails(environ: dict[str, str]) -> None:
    RealInterfaces(command="exec", environ=environ).note_hand_over("work", SESSION, {})


def test_a_history_of_more_than_1_mib_is_renamed_once(folder: Path, home: str) -> None:
    whole = line_of({"profile": "old"})
    (folder / "history").write_bytes(whole * (history.MOST_BYTES // len(whole)))
    (folder / "history").chmod(0o600)
    before = (folder / "history").stat().st_size
    for profile in ("a" * 300, "b"):
        interfaces_of(home).note_hand_over(profile, SESSION, {})
    assert (folder / "history.1").stat().st_size > before
    assert [row["profile"] for row in noted(folder, "history.1")][-2:] == ["old", "a" * 300]
    assert [row["profile"] for row in noted(folder)] == ["b"]
    assert [len(file.read().splitlines()) for file in interfaces_of(home).history] == [before // len(whole) + 1, 1]


def test_one_that_was_renamed_meanwhile_stays(folder: Path, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process renamed it while this one waited for the lock: the small new file replaces nothing."""
    monkeypatch.setattr(history, "note", lambda *_, **__: history.MOST_BYTES + 1)
    (folder / "history").write_bytes(b"new\n")
    (folder / "history.1").write_bytes(b"old\n")
    interfaces_of(home).note_hand_over("work", SESSION, {})
    assert (folder / "history.1").read_bytes() == b"old\n"
    (folder / "history").write_bytes(b"x" * (history.MOST_BYTES + 1))
    with lock(str(folder / ".history.aws-mfa.lock"), timeout_s=1):
        interfaces_of(home).note_hand_over("work", SESSION, {})  # it waits a second, and leaves it to the next one
    assert (folder / "history.1").read_bytes() == b"old\n"
