"""`aws-mfa history`: the table and the JSON of what was noted, from a moment on; damaged lines are counted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from aws_mfa.cli.commands import history
from aws_mfa.errors import BadInput
from aws_mfa.sessions.history import line_of
from cli.commands.running import run_command
from fakes import FakeInterfaces
from users_and_modes import posix_only

OF_AGENT = {
    "at": "2026-11-20T06:00:00Z", "profile": "prod", "agent": "claude-code", "command": "credential-process",
    "program": "aws", "folder": "/home/ann/shop", "narrowed": "read-only", "expires_at": "2026-11-20T06:15:00Z",
    "access_key_id": "ASIAINVENTED00000001",
}  # fmt: skip
OF_PERSON = {
    "at": "2026-11-21T23:30:00Z", "profile": "dev", "agent": "", "command": "exec", "program": "", "folder": "",
    "narrowed": "", "expires_at": "2026-11-22T07:00:00Z", "access_key_id": "ASIAINVENTED00000002",
}  # fmt: skip


pytestmark = posix_only


@pytest.fixture(autouse=True)
def zone() -> Iterator[None]:
    """Days begin an hour earlier than in UTC."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TZ", "CET-1")
        time.tzset()
        yield
    time.tzset()


def with_lines(*texts: str) -> FakeInterfaces:
    interfaces = FakeInterfaces()
    for file, text in zip(interfaces.history, texts, strict=True):
        file.text = text
    return interfaces


def lines(*rows: dict[str, str]) -> str:
    return b"".join(map(line_of, rows)).decode()


def profiles(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [row["profile"] for row in json.loads(capsys.readouterr().out)["hand_overs"]]


def test_the_table_has_the_older_file_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(history, with_lines(lines(OF_AGENT), lines(OF_PERSON))) == 0
    header, first, second = (line.split("  ") for line in capsys.readouterr().out.splitlines())
    assert [word.strip() for word in header if word] == history._COLUMNS
    assert [word.strip() for word in first if word] == [
        *("2026-11-20 07:00:00", "prod", "claude-code", "credential-process", "aws", "/home/ann/shop", "read-only"),
        *("Fri 07:15", "ASIAINVENTED00000001"),
    ]
    assert [word.strip() for word in second if word] == [
        *("2026-11-22 00:30:00", "dev", "you", "exec", "-", "-", "-", "Sun 08:00", "ASIAINVENTED00000002")
    ]


def test_the_json_has_the_same_rows_and_null_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(history, with_lines(lines(OF_AGENT), lines(OF_PERSON)), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    nothing = dict.fromkeys(("agent", "program", "folder", "narrowed"))
    assert document == {"version": 1, "hand_overs": [OF_AGENT, {**OF_PERSON, **nothing}]}


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("2d", ["dev"]),
        ("3d", ["prod", "dev"]),
        ("7h", ["dev"]),
        ("1m", []),
        (" 72h ", ["prod", "dev"]),
        ("2026-11-22", ["dev"]),
        ("2026-11-23", []),
    ],
)
def test_since_takes_a_span_or_a_date(since: str, found: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run_command(history, with_lines(lines(OF_AGENT), lines(OF_PERSON)), "--since", since, "--json")
    assert profiles(capsys) == found


@pytest.mark.parametrize(
    "since", ["", "d", "2w", "xd", "1.5d", "2026-13-01", "2026-11", "-2d", "0-0-0", "9" * 50 + "d"]
)
def test_any_other_since_is_refused_before_the_file_is_read(since: str) -> None:
    with pytest.raises(BadInput, match=r"--since .* is neither a span of time nor a date") as caught:
        run_command(history, FakeInterfaces(), f"--since={since}")
    assert caught.value.hints == ("give for example: 2d, 6h, 30m or 2026-11-29",)


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ([], "no session was handed over yet\n"),
        (["--since", "2d"], "no session was handed over since then\n"),
        (["--json"], '{\n  "version": 1,\n  "hand_overs": []\n}\n'),
    ],
)
def test_no_history_is_one_line_and_no_failure(argv: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = FakeInterfaces()
    assert run_command(history, interfaces, *argv) == 0
    assert (capsys.readouterr().out, interfaces.said) == (text, [])


WHOLE = lines(OF_PERSON)
DAMAGED = {
    "a line that was cut short": WHOLE[:50] + "\n",
    "not JSON": "junk\n",
    "zeros of a power cut": "\0" * 4096 + "\n",
    "another kind of value": "[1]\n",
    "not a text": WHOLE.replace('"dev"', "1"),
    "a value is missing": WHOLE.replace('"folder"', '"place"'),
    "not a moment": WHOLE.replace("2026-11-21T23:30:00Z", "yesterday"),
    "an end that is not a moment": WHOLE.replace("2026-11-22T07:00:00Z", ""),
    "nested too deep": "[" * 100_000 + "\n",
    "a number too long": "1" * 5000 + "\n",
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damaged_lines_are_left_out_and_counted_in_one_line(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = with_lines(DAMAGED[what], f"{WHOLE}{DAMAGED[what]}\n{WHOLE}")
    assert run_command(history, interfaces, "--json") == 0
    assert profiles(capsys) == ["dev", "dev"]
    assert interfaces.said == ["damaged lines in ~/.aws/mfa/history, left out here: 2"]


@pytest.mark.parametrize("length", range(1, len(WHOLE) - 1, 7))
def test_a_line_behind_one_that_was_cut_short_is_found(length: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A full disk took a part of a line; the next one was written behind it."""
    row = {**OF_AGENT, "profile": '{"at": "'}
    interfaces = with_lines("", WHOLE + WHOLE[:length] + lines(row))
    run_command(history, interfaces, "--json")
    assert (profiles(capsys), len(interfaces.said)) == (["dev", '{"at": "'], 1)


def test_escape_sequences_are_shown_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    run_command(history, with_lines("", lines({**OF_PERSON, "folder": "/tmp/\x1b[31m\n\u202e"})))
    assert "/tmp/\\x1b[31m\\n\\u202e" in capsys.readouterr().out
