"""`status`: the table at several widths, the JSON, the exit code of --check."""

from __future__ import annotations

import json

import pytest

from aws_mfa.cli.commands import status
from aws_mfa.cli.render import status_json, status_table, status_text
from aws_mfa.errors import BadInput, BrokenFile, NotSetUp
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.vaults.journal import INACTIVE, Place, Rotation, with_rotation
from aws_mfa.views.status import OLD_KEY, StatusRow
from cli.commands.running import run_command
from fakes import ACCOUNT, DEVICE, KEYS, NOW, FakeInterfaces, a_session, as_interfaces

HOUR_S, DAY_S = 3600.0, 86400.0
ROWS = [
    StatusRow("work", "user", ACCOUNT, None, NOW + 5 * HOUR_S, True, "memory", "keychain", 91.4 * DAY_S),
    StatusRow("prod-admin", "role", "210987654321", "Admin", NOW - 90, True, "credentials file", "keychain"),
    StatusRow("staging", "role", "310987654321", "DeveloperWithBoundary", NOW - 30 * DAY_S, True, "credentials file"),
    StatusRow("sealed", "role", "410987654321", "Reader", None, False, "sealed", "keychain"),
    StatusRow("lost", "broken", note="it names 'nowhere'"),
    StatusRow("lost-too", "broken", note="it names 'nowhere'"),
]
ROLE = f"role_arn = arn:aws:iam::{ACCOUNT}:role/A\nsource_profile = work\n"
CONFIG = f"[profile work]\nmfa_serial = {DEVICE}\n[profile prod]\n{ROLE}"


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "aws_mfa.cli.render.local_text", lambda moment: f"Sun {int(moment - NOW) // 3600 + 6:02d}:03:19 UTC"
    )


def stage(*sessions: str, lasts_s: float = HOUR_S) -> FakeInterfaces:
    interfaces = FakeInterfaces("", CONFIG)
    interfaces.known_keys.text = f"[work-long-term]\nvault = keychain\naws_access_key_id = {KEYS.access_key_id}\n"
    for name in sessions:
        found = make_plan(RenewalRequest([name], hands_over=True), as_interfaces(interfaces)).of_profile[name]
        session = a_session(lasts_s=lasts_s, role_arn=found.inputs.get("role_chain 1"))
        interfaces.session_cache.store(found.label, found.inputs, session)
    return interfaces


def test_the_table_shows_everything_where_there_is_room() -> None:
    assert (
        status_text(ROWS, NOW, None)
        == """\
profile     kind    account       role                   valid until        stored            vault     key age
work        user    123456789012  -                      Sun 11:03 (5 h)    memory            keychain  91 d
prod-admin  role    210987654321  Admin                  expired 2 min ago  credentials file  keychain  -
staging     role    310987654321  DeveloperWithBoundary  expired 30 d ago   credentials file  -         -
sealed      role    410987654321  Reader                 unknown            sealed            keychain  -
lost        broken  -             -                      -                  -                 -         -
lost-too    broken  -             -                      -                  -                 -         -
lost, lost-too: it names 'nowhere'
"""
    )


@pytest.mark.parametrize(
    ("width", "header"),
    [
        (120, ["profile", "kind", "account", "role", "valid until", "stored", "vault", "key age"]),
        (100, ["profile", "kind", "account", "role", "valid until", "stored"]),
        (80, ["profile", "kind", "account", "role", "valid until"]),
        (60, ["profile", "role", "valid until"]),
        (40, ["profile", "valid until"]),
    ],
)
def test_a_narrower_terminal_gets_fewer_columns_and_no_line_is_folded(width: int, header: list[str]) -> None:
    lines = status_text(ROWS, NOW, width).splitlines()
    assert [word.strip() for word in lines[0].split("  ") if word] == header
    assert len(lines) == len(ROWS) + 2
    assert max(map(len, lines)) <= width


def test_columns_do_not_come_and_go_as_time_passes() -> None:
    """At 80 columns, and at each other width."""
    for width in range(40, 100):
        headers = {status_table(ROWS[:1], NOW - passed_s, width)[0][-1] for passed_s in (0, 60, -7 * HOUR_S)}
        assert len(headers) == 1, (width, headers)


def test_a_column_that_says_nothing_is_left_out() -> None:
    assert (
        status_text(ROWS[4:5], NOW, None)
        == "profile  kind    valid until\nlost     broken  -\nlost: it names 'nowhere'\n"
    )


def test_the_json_has_every_row_and_its_keys_are_pinned() -> None:
    document = json.loads(status_json(ROWS, NOW, ["a reminder"]))
    assert (document["version"], document["reminders"]) == (1, ["a reminder"])
    assert document["profiles"][0] == {
        "profile": "work",
        "kind": "user",
        "account": ACCOUNT,
        "role": None,
        "expires_at": "2026-11-22T11:03:19Z",
        "is_known": True,
        "seconds_left": 18000,
        "place": "memory",
        "vault": "keychain",
        "key_age_s": 91.4 * DAY_S,
        "note": None,
    }
    left = [(one["seconds_left"], one["expires_at"] is None, one["is_known"]) for one in document["profiles"][1:5]]
    assert left == [(0, False, True), (0, False, True), (None, True, False), (None, True, True)]


@pytest.mark.parametrize(
    ("argv", "exit_code"),
    [
        (["prod"], 0),
        (["work"], 1),
        (["prod", "work"], 1),
        (["prod", "--min-remaining", "1h"], 0),
        (["prod", "--min-remaining", "3601"], 1),
        ([], 1),  # default
        (["prdo"], 1),
    ],
)
def test_check_prints_nothing_and_answers_by_its_exit_code(
    capsys: pytest.CaptureFixture[str], argv: list[str], exit_code: int
) -> None:
    interfaces = stage("prod")
    interfaces.config.text = f"{CONFIG}[default]\nregion = eu-west-1\n"
    assert run_command(status, interfaces, "--check", *argv) == exit_code
    assert (*capsys.readouterr(), interfaces.said) == ("", "", [])


def test_without_names_check_asks_about_the_shells_own_session() -> None:
    interfaces = stage("prod")
    interfaces.environ = {"AWS_PROFILE": "prod"}
    assert run_command(status, interfaces, "--check") == 0
    interfaces.environ = {"AWS_MFA_PROFILE": "work", "AWS_CREDENTIAL_EXPIRATION": "2026-11-22T06:13:19Z"}
    assert run_command(status, interfaces, "--check", "--min-remaining", "10m") == 0
    assert run_command(status, interfaces, "--check", "--min-remaining", "11m") == 1
    interfaces.environ = {"AWS_MFA_PROFILE": "prod"}  # beside an endpoint: what is stored counts
    assert run_command(status, interfaces, "--check") == 0


def test_a_session_whose_end_is_unknown_is_not_good() -> None:
    interfaces = stage("prod")
    (head,) = interfaces.session_cache.heads()
    head.expires_at, head.place = None, "sealed"
    interfaces.session_cache.heads = lambda: [head]  # type: ignore[method-assign]
    assert run_command(status, interfaces, "--check", "prod") == 1


def test_what_is_wrong_with_the_request_is_said_also_by_check() -> None:
    with pytest.raises(BadInput):
        run_command(status, stage(), "--check", "--min-remaining", "x")
    with pytest.raises(BadInput, match="--min-remaining is for --check"):
        run_command(status, stage(), "work", "--min-remaining", "2h")
    broken = stage()
    broken.config.text = "[profile work\n"
    with pytest.raises(BrokenFile):
        run_command(status, broken)


def test_a_session_of_a_key_that_was_replaced_is_no_good_session(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [StatusRow("dev", "role", ACCOUNT, "A", NOW + HOUR_S, True, "credentials file", note=OLD_KEY)]
    monkeypatch.setattr(status, "status_rows", lambda *_: rows)
    assert run_command(status, stage(), "--check", "dev") == 1
    assert run_command(status, stage(), "dev") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[1:] == [f"dev      role  {ACCOUNT}  A     old key (1 h)  credentials file", f"dev: {OLD_KEY}"]


def test_only_the_named_profiles_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(status, stage("prod"), "prod") == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "prod     role  123456789012  A     Sun 07:03 (1 h)  memory  keychain"
    ]


def test_with_nothing_set_up_the_first_command_is_named_and_programs_get_an_empty_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(NotSetUp) as refused:
        run_command(status, FakeInterfaces())
    assert refused.value.hints == ("store long-term keys: aws-mfa setup",)
    assert run_command(status, FakeInterfaces(), "--json") == 0
    assert json.loads(capsys.readouterr().out)["profiles"] == []


def test_a_rotation_that_is_not_over_is_remembered_below_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = stage()
    one = Rotation("AKIAOLD1", ACCOUNT, "work", (Place("keychain", "work-long-term"),), NOW, INACTIVE, "AKIANEW2", NOW)
    interfaces.rotations.text = with_rotation("", one)
    assert run_command(status, interfaces) == 0
    *_, prod, last = capsys.readouterr().out.splitlines()
    assert (prod.split()[0], "inactive key ...OLD1 of work" in last) == ("prod", True)
    assert run_command(status, interfaces, "--json") == 0
    assert json.loads(capsys.readouterr().out)["reminders"] == [last]
