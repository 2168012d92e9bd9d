"""What `plan`, `renew` and `forget` print: the keys of their JSON are a contract, their tables are for people."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Generator
from typing import Any

import pytest

from aws_mfa.cli.render import JSON_VERSION, failure_lines, outcome_rows, outcomes_json, plan_json, plan_text, table
from aws_mfa.errors import WrongCode
from aws_mfa.renewal.calls import Outcome
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.plan import Plan
from aws_mfa.renewal.request import RenewalRequest
from fakes import DEVICE, KEYS, NOW, FakeInterfaces, FakeVault, as_interfaces

ARN = "arn:aws:iam::123456789012:role/"
CONFIG = "".join(
    f"[profile {name}]\nrole_arn = {ARN}{name}\nsource_profile = {source}\nmfa_serial = {DEVICE}\n{more}"
    for name, source, more in (
        ("dev", "work", ""),
        ("long", "work", "duration_seconds = 14400\n"),
        ("cut", "dev", "duration_seconds = 7200\n"),
        ("lost", "gone", ""),
    )
)


@pytest.fixture(autouse=True)
def utc() -> Generator[None]:
    """Tables show local time."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TZ", "UTC")
        _tell_the_c_library()
        yield
    _tell_the_c_library()


def _tell_the_c_library() -> None:
    if sys.platform != "win32":
        time.tzset()


def planned(config: str = CONFIG, *names: str) -> Plan:
    interfaces = FakeInterfaces("", config)
    interfaces.vaults["keychain"] = FakeVault("keychain", work_long_term=KEYS)
    interfaces.known_keys.text = "[work-long-term]\nvault = keychain\n"
    return make_plan(RenewalRequest(names or ("dev", "long", "cut", "lost")), as_interfaces(interfaces))


def outcome(name: str, *, error: WrongCode | None = None, is_reused: bool = False) -> Outcome:
    made = Outcome(name, f"{ARN}{name}", "credentials file")
    made.expires_at = None if error else NOW + 3600
    made.error, made.is_reused = error, is_reused
    return made


OUTCOMES = [
    outcome("dev"),
    outcome("prod", is_reused=True),
    outcome("test", error=WrongCode("AWS refused the code", "wait for the next code")),
]


OF_ERRORS = ("error", "exit_code", "message", "hints", "run")


def keys(document: dict[str, Any]) -> dict[str, set[str]]:
    """The keys of the document, and of the rows in each of its lists."""
    rows = {name: set().union(*value) for name, value in document.items() if isinstance(value, list)}
    assert all(set(row) == rows[name] for name in rows for row in document[name]), "every row has every key"
    return {"": set(document), **rows}


def test_the_json_of_renew_has_these_keys() -> None:
    """Scripts read them: one may be added, none renamed or removed without a new version."""
    document = json.loads(outcomes_json(OUTCOMES))
    assert (document["version"], JSON_VERSION) == (1, 1)
    assert keys(document) == {
        "": {"version", "profiles"},
        "profiles": {"profile", "role_arn", "state", "expires_at", "place", *OF_ERRORS},
    }


def test_the_json_of_renew_says_what_became_of_each() -> None:
    dev, prod, test = json.loads(outcomes_json(OUTCOMES))["profiles"]
    assert (dev["state"], prod["state"], test["state"]) == ("renewed", "reused", "failed")
    assert dev == {
        "profile": "dev",
        "role_arn": f"{ARN}dev",
        "state": "renewed",
        "expires_at": "2026-11-22T07:03:19Z",
        "place": "credentials file",
        "error": None,
        "exit_code": None,
        "message": None,
        "hints": [],
        "run": None,
    }
    assert (test["expires_at"], test["error"], test["message"]) == (None, "WrongCode", "AWS refused the code")
    assert (test["exit_code"], test["run"]) == (5, None)
    assert test["hints"] == ["wait for the next code"]


def test_the_json_of_plan_has_these_keys() -> None:
    document = json.loads(plan_json(planned()))
    assert keys(document) == {
        "": {"version", "codes", "calls", "reused", "profiles"},
        "calls": {*("session", "call", "role_arn", "duration_seconds", "code_of", "signed_by", "profiles", "reason")},
        "reused": set(),
        "profiles": {"profile", "session", "needs_call", "notes", *OF_ERRORS},
    }


def test_the_json_of_plan_says_what_will_be_called() -> None:
    document = json.loads(plan_json(planned()))
    assert (document["version"], document["codes"]) == (1, 2)
    assert [
        (call["session"], call["call"], call["duration_seconds"], call["code_of"], call["signed_by"])
        for call in document["calls"]
    ] == [
        ("mfa@work-long-term", "GetSessionToken", 43200, DEVICE, "work-long-term"),
        ("long", "AssumeRole", 14400, DEVICE, "work-long-term"),
        ("dev", "AssumeRole", 3600, None, "mfa@work-long-term"),
        ("cut", "AssumeRole", 3600, None, "dev"),
    ]
    assert document["calls"][0]["profiles"] == ["dev", "cut"]
    assert [(one["profile"], one["error"]) for one in document["profiles"]] == [
        ("dev", None),
        ("long", None),
        ("cut", None),
        ("lost", "BadProfile"),
    ]
    assert document["profiles"][2]["notes"] == [
        "duration_seconds in ~/.aws/config [profile cut] is cut to 1 h: cut is part of a chain"
    ]


def test_the_text_of_plan_begins_with_the_codes_and_ends_with_the_way_out() -> None:
    lines = plan_text(planned(), None).splitlines()
    assert lines[0] == f"3 profiles, 2 codes of {DEVICE}: one for all roles of up to 1 h, one for long (4 h)"
    assert lines[1].split() == ["session", "code", "call", "why"]
    assert [line.split()[:2] for line in lines[2:6]] == [
        ["mfa@work-long-term", "yes"],
        ["long", "yes"],
        ["dev", "-"],
        ["cut", "-"],
    ]
    assert lines[6].startswith("cut: duration_seconds in ~/.aws/config [profile cut] is cut to 1 h")
    assert lines[7].startswith("lost: source_profile in ~/.aws/config [profile lost] names profile 'gone'")
    assert lines[8] == "hint: if it has keys of yours, store them: aws-mfa setup --profile gone"


def test_no_escape_sequence_of_a_profiles_name_reaches_the_terminal() -> None:
    """Names come from files that others may have written; a plan shows them in more than one place."""
    name = "a\x1b[2Jb"
    nobody = plan_text(planned(CONFIG, name), None)
    rows = table(["profile"], [[name]], None)
    for text in (nobody, rows):
        assert "\x1b" not in text
        assert "a\\x1b[2Jb" in text


def test_rows_of_renew_are_for_people() -> None:
    assert outcome_rows(OUTCOMES, NOW) == [
        ["dev", "renewed", "Sun 07:03:19 UTC (1 h)", "credentials file"],
        ["prod", "still good", "Sun 07:03:19 UTC (1 h)", "credentials file"],
        ["test", "failed", "", ""],
    ]


def test_a_failure_of_several_profiles_is_said_once_with_its_hints() -> None:
    alone, shared = WrongCode("AWS refused the code", "wait"), [WrongCode(f"{name} is gone", "look") for name in "ab"]
    for error in shared:
        error.shared = "it is gone"
    failures = {"x": alone, "a": shared[0], "y": WrongCode("AWS refused the code", "wait"), "b": shared[1]}
    assert failure_lines(failures) == ["x, y: AWS refused the code", "hint: wait", "a, b: it is gone", "hint: look"]
    assert failure_lines({"a": shared[0]}, " left") == ["a left: a is gone", "hint: look"]


def test_four_hints_are_three() -> None:
    assert WrongCode("no", *"1234").hint_lines == ("hint: 1", "hint: 2", "hint: 3")


def test_reasons_stay_readable_at_80_columns_and_the_device_is_there_once() -> None:
    text = plan_text(planned(CONFIG, "dev", "long"), 80)
    lines = text.splitlines()
    assert all(len(line) <= 80 for line in lines[1:])
    assert lines[1].split() == ["session", "code", "call"]
    assert any(line.endswith("GetSessionToken, 12 h: one MFA session serves all") for line in lines)
    assert plan_text(planned(CONFIG, "dev", "long"), 140).splitlines()[1].split()[-1] == "why"


def test_every_profile_is_beside_the_session_that_serves_it() -> None:
    plan = planned(CONFIG.replace(f"{ARN}dev", f"{ARN}one").replace(f"{ARN}cut", f"{ARN}one"), "dev", "work")
    plan.others = {"plain": "no role", "other": "no role"}
    lines = plan_text(plan, None).splitlines()
    assert [line.split("  ")[0] for line in lines[2:4]] == ["work (mfa@work-long-term)", "dev"]
    assert lines[4] == "plain, other: no role"
    profiles = json.loads(plan_json(plan))["profiles"]
    assert [(one["profile"], one["session"], one["notes"]) for one in profiles] == [
        ("dev", "dev", []),
        ("work", "mfa@work-long-term", []),
        ("plain", None, ["no role"]),
        ("other", None, ["no role"]),
    ]


def test_a_table_shows_texts_as_they_are() -> None:
    """No markup, no emoji: a role's path may look like either."""
    row = ["[red]a[/red]", "role/:key:/b", "größe", "x" * 300]
    assert table(["a", "b", "c", "d"], [row], None).splitlines()[1].split() == row


def test_what_stdout_cannot_hold_is_escaped_before_columns_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    rows = [["\u03b1\u03b2", "x"], ["a", "y"]]
    assert table(["name", "is"], rows, None) == "name          is\n\\u03b1\\u03b2  x\na             y\n"


def test_a_piped_table_is_not_folded_and_has_no_blanks_at_line_ends() -> None:
    text = table(["profile", "why"], [["a", "word " * 100], ["b", ""]], None)
    assert len(text.splitlines()) == 3
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_table_on_a_narrow_terminal_keeps_the_first_column_whole() -> None:
    text = table(["profile", "why"], [["a-long-profile-name", "word " * 10]], 40)
    assert all(len(line) <= 40 for line in text.splitlines())
    assert "a-long-profile-name" in text


@pytest.mark.parametrize("width", [20, 40, 80, 100, 120])
def test_no_word_is_broken_however_narrow_the_terminal(width: int) -> None:
    """An ARN must be copied whole, and `GetSessionToke` above `n` cannot be read."""
    text = plan_text(planned(CONFIG, "dev", "long"), width)
    assert {"GetSessionToken,", "duration_seconds", f"{ARN}long,", f"{DEVICE}:"} <= set(text.split())
    assert text.count(DEVICE) == 1


def test_one_column_is_made_narrow_before_another_is_and_no_number_loses_its_unit() -> None:
    lines = table(["who", "call", "why"], [["a", "AssumeRole arn:aws:iam::1:role/Name, 1 h", "of up to 1 h"]], 44)
    assert lines.splitlines() == [
        "who  call                       why",
        "a    AssumeRole                 of up to 1 h",
        "     arn:aws:iam::1:role/Name,",
        "     1 h",
    ]


def test_a_terminal_too_narrow_for_a_table_gets_one_line_per_fact() -> None:
    rows = [["a-long-name", "failed", "", "too little space"], ["b", "renewed", "now", "-"]]
    assert table(["profile", "session", "until", "where"], rows, 20).splitlines() == [
        "profile  a-long-name",
        "session  failed",
        "where    too little space",
        "",
        "profile  b",
        "session  renewed",
        "until    now",
    ]


def test_a_plan_of_nothing_counts_nothing() -> None:
    assert plan_text(planned(CONFIG, "lost"), None).startswith("lost: ")


def test_two_profiles_of_one_role_are_in_one_row_of_the_plan() -> None:
    """One call serves both, and the row has both names."""
    text = "".join(f"[profile {name}]\nrole_arn = {ARN}dev\nsource_profile = work\n" for name in ("dev", "other"))
    lines = plan_text(planned(f"{text}[profile work]\nmfa_serial = {DEVICE}\n", "dev", "other"), None).splitlines()
    assert any("dev, other" in line and f"AssumeRole {ARN}dev" in line for line in lines), lines
