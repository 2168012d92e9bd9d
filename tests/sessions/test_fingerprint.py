"""The fingerprint differs if anything differs that a plan depends on; and when the state of a file can be trusted."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.sessions.entry import text_of_inputs
from aws_mfa.sessions.fingerprint import (
    VARIABLES,
    FingerprintedSession,
    fingerprint,
    fingerprint_file,
    is_settled,
    session_in,
    state_of,
)

SECOND_NS = 1_000_000_000
NOW_NS = 1_795_327_399 * SECOND_NS
FILES = (("credentials", "/home/ann/.aws/credentials", "1 2"), ("config", "/home/ann/.aws/config", "none"))
ENVIRON = {"HOME": "/home/ann", "AWS_REGION": "eu-west-1", "PATH": "/bin"}
INPUTS = {
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "external_ids 1": "line\nline",
    "role_chain 1": "arn:aws:iam::1:role/x",
}
SESSION = FingerprintedSession("work", text_of_inputs(INPUTS), "eu-west-1")


def seen(
    profile: str = "work",
    environ: dict[str, str] | None = None,
    files: tuple[tuple[str, str, str], ...] = FILES,
    version: str = "1.0.0",
    user_id: int = 1000,
) -> str:
    text = fingerprint(profile, ENVIRON if environ is None else environ, files, version=version, user_id=user_id)
    assert text is not None
    return text


def a_status(**changes: int) -> os.stat_result:
    """A file that was last changed an hour ago."""
    before_ns = NOW_NS - 3600 * SECOND_NS + 1
    fields = {"mode": 0o100600, "ino": 7, "dev": 3, "uid": 1000, "size": 10, "mtime": before_ns, "ctime": before_ns}
    fields |= changes
    names = ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")
    plain = (fields["mode"], fields["ino"], fields["dev"], 1, fields["uid"], 1000, fields["size"], 0, 0, 0)
    moments = (0, fields["mtime"], fields["ctime"])
    return os.stat_result(plain, dict(zip(names, moments, strict=True)))


@given(
    name=st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1),
    values=st.dictionaries(st.sampled_from(sorted(INPUTS)), st.text(st.characters(codec="utf-8"))),
    region=st.sampled_from(["eu-west-1", None]),
    files=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r")), max_size=3).map(tuple),
)
def test_what_is_written_is_read(name: str, values: dict[str, str], region: str | None, files: tuple[str, ...]) -> None:
    text = fingerprint_file(seen(), FingerprintedSession(name, text_of_inputs(values), region, files))
    found = session_in(text, seen())
    assert found is not None
    assert (found.name, found.inputs_text, found.region) == (name, text_of_inputs(values), region)
    assert found.files == files


@pytest.mark.parametrize(
    "other",
    [
        seen(profile="Work"),
        seen(profile="work "),
        seen(version="1.0.1"),
        seen(user_id=0),
        seen(environ={**ENVIRON, "AWS_REGION": "eu-west-2"}),
        seen(environ={**ENVIRON, "AWS_REGION": ""}),
        seen(environ={"HOME": "/home/ann"}),
        seen(environ={**ENVIRON, "AWS_DEFAULT_REGION": ""}),
        seen(files=(FILES[0], ("config", "/home/ann/.aws/config", "1 2"))),
        seen(files=(FILES[0], ("config", "/home/ann/.aws/config2", "none"))),
        seen(files=(FILES[1], FILES[0])),
    ],
)
def test_another_fingerprint_has_no_session(other: str) -> None:
    assert session_in(fingerprint_file(seen(), SESSION), other) is None


def test_a_variable_that_no_plan_reads_changes_nothing() -> None:
    assert seen(environ={**ENVIRON, "EDITOR": "vi"}) == seen()


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_counts_absent_empty_and_set(name: str) -> None:
    environ = {key: value for key, value in ENVIRON.items() if key != name}
    texts = {seen(environ=environ), seen(environ={**environ, name: ""}), seen(environ={**environ, name: "x"})}
    assert len(texts) == 3


@pytest.mark.parametrize("value", ["/home/ann\nUSER = bob", "/home/\udcff", "/home/ann\r", "/home/\x00"])
def test_a_value_that_could_be_mistaken_for_another_has_no_fingerprint(value: str) -> None:
    assert fingerprint("work", {"HOME": value}, FILES, version="1", user_id=1) is None
    assert fingerprint(value, {"HOME": "/home/ann"}, FILES, version="1", user_id=1) is None
    assert fingerprint("work", {}, [("config", value, "none")], version="1", user_id=1) is None


@pytest.mark.parametrize("url", ["https://ann:secret@proxy/", "https://sts.example/?token=secret", "https://x/#secret"])
def test_the_url_of_an_endpoint_that_could_hold_a_password_is_not_written(url: str) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"):
        assert fingerprint("work", {name: url}, FILES, version="1", user_id=1) is None


def test_a_file_cut_short_names_no_stored_session() -> None:
    """Cut within a line it is not a fingerprint's file; cut at a line's end it has inputs that no entry has."""
    text = fingerprint_file(seen(), SESSION)
    for length in range(len(text)):
        found = session_in(text[:length], seen())
        assert found is None or found.inputs_text != SESSION.inputs_text


@pytest.mark.parametrize("damage", ["x", "\n", " "])
def test_damage_before_the_inputs_never_changes_the_inputs(damage: str) -> None:
    text = fingerprint_file(seen(), SESSION)
    for place in range(len(text) - len(SESSION.inputs_text) - 2):
        found = session_in(text[:place] + damage + text[place + 1 :], seen())
        assert found is None or found.inputs_text == SESSION.inputs_text


@pytest.mark.parametrize("field", ["mode", "ino", "dev", "uid", "size", "mtime", "ctime"])
def test_every_change_of_a_file_shows_in_its_state(field: str) -> None:
    before, after = a_status(), a_status(**{field: 1})
    assert state_of(before, is_windows=False) != state_of(after, is_windows=False)
    assert state_of(before, is_windows=False) != state_of(None, is_windows=False)


def test_the_time_of_creation_is_left_out_on_windows() -> None:
    """There ctime is the time of creation, which a copy may or may not keep."""
    assert state_of(a_status(), is_windows=True) == state_of(a_status(ctime=1), is_windows=True)


@pytest.mark.parametrize(
    ("changed_ago_ns", "settled"),
    [(0, False), (SECOND_NS // 20, False), (SECOND_NS // 5, True), (-SECOND_NS, False), (3600 * SECOND_NS, True)],
)
def test_a_file_that_changed_within_the_tick_is_not_trusted(changed_ago_ns: int, *, settled: bool) -> None:
    """A second change in the same tick would leave the state as it is; a time in the future is never settled."""
    moment_ns = NOW_NS + 1 - changed_ago_ns
    assert is_settled(a_status(mtime=moment_ns, ctime=moment_ns), NOW_NS + 1) is settled
    assert is_settled(a_status(ctime=moment_ns), NOW_NS + 1) is settled


def test_a_file_system_that_counts_whole_seconds_has_a_longer_tick() -> None:
    for ago_s, settled in ((1, False), (2, False), (3, True)):
        moment_ns = NOW_NS - ago_s * SECOND_NS
        assert is_settled(a_status(mtime=moment_ns, ctime=moment_ns), NOW_NS) is settled
    assert is_settled(None, NOW_NS), "there is no file"
