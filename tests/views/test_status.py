"""The rows of `status`: what each kind of profile is, and which stored session is its own."""

from __future__ import annotations

import pytest

from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.config.edit import with_changes
from aws_mfa.errors import BadProfile
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.renewal.steps import Reused, Step
from aws_mfa.sessions.entry import Head
from aws_mfa.sessions.file_section import section_of
from aws_mfa.vaults.choice import with_creation, with_origin, with_other_key
from aws_mfa.vaults.lookup import KnownProfiles
from aws_mfa.views.status import OLD_KEY, StatusRow, status_rows
from fakes import ACCOUNT, DEVICE, KEYS, NOW, FakeInterfaces, a_session, as_interfaces

PROD = "arn:aws:iam::210987654321:role/team/Admin"
CONFIG = f"""\
[profile work]
mfa_serial = {DEVICE}
[profile prod]
role_arn = {PROD}
source_profile = work
[profile sso]
sso_session = corp
[profile via-sso]
role_arn = {PROD}
source_profile = sso
[profile vault]
credential_process = aws-vault export vault
[profile lost]
role_arn = {PROD}
source_profile = nowhere
[profile empty]
region = eu-west-1
"""
NOTES = f"[work-long-term]\nvault = age\naws_access_key_id = {KEYS.access_key_id}\n"
DAY_S = 86400.0
UNTIL_NOON = "expiration = 2026-11-22 12:00:00\n"
TOKEN = "aws_access_key_id = ASIA1\naws_secret_access_key = s\naws_session_token = t\naws_security_token = t\n"
CLASSIC = f"assumed_role = False\n{TOKEN}{UNTIL_NOON}"


def stage(credentials: str = "", config: str = CONFIG, notes: str = NOTES) -> FakeInterfaces:
    interfaces = FakeInterfaces(credentials, config)
    interfaces.known_keys.text = notes
    return interfaces


def rows_of(interfaces: FakeInterfaces, *names: str, heads: list[Head] | None = None) -> dict[str, StatusRow]:
    known = KnownProfiles(as_interfaces(interfaces))
    stored = interfaces.session_cache.heads() if heads is None else heads
    return {row.name: row for row in status_rows(known, stored, NOW, names or None)}


def the_plan(interfaces: FakeInterfaces, name: str, *, read_only: bool = False) -> Step | Reused:
    request = RenewalRequest([name], Overlay(read_only=read_only), hands_over=True)
    return make_plan(request, as_interfaces(interfaces)).of_profile[name]


def store(interfaces: FakeInterfaces, name: str, *, lasts_s: float = 3600, read_only: bool = False) -> None:
    """As a command does that gets the session of the profile."""
    found = the_plan(interfaces, name, read_only=read_only)
    role_arn = found.inputs.get("role_chain 1")
    interfaces.session_cache.store(found.label, found.inputs, a_session(lasts_s=lasts_s, role_arn=role_arn))


def test_each_profile_has_a_row_that_says_what_it_is() -> None:
    rows = rows_of(stage(f"[other]\n{TOKEN}[keys]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n"))
    assert [f"{name}: {row.kind}" for name, row in rows.items()] == [
        *("work: user", "prod: role", "sso: other", "via-sso: other", "vault: program", "lost: broken"),
        *("empty: no keys", "other: session", "keys: user"),
    ]
    assert (rows["prod"].account, rows["prod"].role, rows["prod"].vault) == ("210987654321", "Admin", "age")
    assert (rows["work"].account, rows["work"].role) == (ACCOUNT, None)
    assert (rows["keys"].vault, rows["empty"].vault) == ("file", None)
    assert rows["vault"].note == "credential_process in ~/.aws/config [profile vault]"
    assert "profile 'sso' has no long-term keys, it signs in another way" in str(rows["via-sso"].note)
    assert "names profile 'nowhere', which does not exist" in str(rows["lost"].note)
    assert [row.note for row in rows.values() if row.kind in ("user", "role", "session", "no keys")] == [None] * 5


def test_profiles_that_only_the_notes_or_a_wrong_header_name_have_rows_too() -> None:
    rows = rows_of(stage("", f"[dev]\nrole_arn = {PROD}\n", f"[home-long-term]\nvault = keychain\n{NOTES}"))
    assert {name: row.kind for name, row in rows.items()} == {"home": "user", "work": "user", "dev": "broken"}
    assert "must be [profile dev]" in str(rows["dev"].note)


def test_the_keys_age_is_known_if_iam_said_it_once() -> None:
    noted = with_creation(NOTES, KEYS.access_key_id, NOW - 91 * DAY_S)
    rows = rows_of(stage(notes=noted), "work", "prod", "empty")
    assert [row.key_age_s for row in rows.values()] == [91 * DAY_S, 91 * DAY_S, None]


@pytest.mark.parametrize("name", ["work", "prod"])
def test_a_stored_session_is_found_as_the_plan_finds_it(name: str) -> None:
    interfaces = stage()
    assert rows_of(interfaces)[name].expires_at is None
    store(interfaces, name, lasts_s=1800)
    rows = rows_of(interfaces)
    assert (rows[name].expires_at, rows[name].place, rows[name].is_known) == (NOW + 1800, "memory", True)
    assert [row.name for row in rows.values() if row.place] == [name]


def test_a_session_that_another_profile_stored_is_shown_where_a_command_would_use_it() -> None:
    """The twin asks for the same session, one with an external id for another."""
    twin = f"role_arn = {PROD}\nsource_profile = work\n"
    config = f"{CONFIG}[profile twin]\nregion = eu-west-1\n{twin}[profile other]\n{twin}external_id = 4\n"
    interfaces = stage(config=config)
    store(interfaces, "prod", lasts_s=1800)
    rows = rows_of(interfaces, "twin", "other")
    assert (rows["twin"].expires_at, rows["twin"].place, rows["other"].place) == (NOW + 1800, "memory", None)
    request = RenewalRequest(["twin"], hands_over=True)
    assert not make_plan(request, as_interfaces(interfaces)).steps
    sealed = rows_of(interfaces, "twin", heads=[a_sealed_one(NOW + 60)])["twin"]
    assert (sealed.expires_at, sealed.place) == (NOW + 60, "sealed")


def test_of_several_sessions_the_longest_counts() -> None:
    interfaces = stage(f"[work]\n{CLASSIC}")
    assert rows_of(interfaces)["work"].place == "credentials file"
    store(interfaces, "work", lasts_s=36 * 3600)
    assert rows_of(interfaces)["work"].place == "memory"


def test_a_session_that_commands_would_not_use_is_not_shown() -> None:
    """One that was narrowed, one of an older key, one of another role that the profile had before."""
    interfaces = stage()
    store(interfaces, "prod", read_only=True)
    assert rows_of(interfaces)["prod"].place is None
    store(interfaces, "prod")
    assert rows_of(interfaces)["prod"].place == "memory"
    interfaces.known_keys.text = NOTES.replace(KEYS.access_key_id, "AKIAINVENTEDANNSKEY9")
    assert rows_of(interfaces)["prod"].place is None
    interfaces.known_keys.text, interfaces.config.text = NOTES, CONFIG.replace("team/Admin", "Reader")
    assert rows_of(interfaces)["prod"].place is None


@pytest.mark.parametrize("is_classic", [False, True])
def test_a_session_in_the_file_of_a_key_that_was_replaced_is_called_so(*, is_classic: bool) -> None:
    """SDKs go on to use it; `exec` asks for a code, or uses one in the cache."""
    interfaces, name = stage(), "work" if is_classic else "prod"
    found, session = the_plan(interfaces, name), a_session(role_arn=None if is_classic else PROD)
    changes = section_of(session, None if is_classic else found.inputs)
    interfaces.credentials.text = with_changes("", name, changes)
    if is_classic:
        origin = (session.access_key_id, KEYS.access_key_id, DEVICE)
        interfaces.known_keys.update(lambda text: with_origin(text, name, *origin))
    row = rows_of(interfaces)[name]
    assert (row.place, row.note, the_plan(interfaces, name).__class__) == ("credentials file", None, Reused)
    interfaces.known_keys.text = with_other_key(interfaces.known_keys.read(), KEYS.access_key_id, "AKIANEW")
    row = rows_of(interfaces)[name]
    assert (row.place, row.note, the_plan(interfaces, name).__class__) == ("credentials file", OLD_KEY, Step)
    store(interfaces, name, lasts_s=60)
    row = rows_of(interfaces)[name]
    assert (row.place, row.note, row.expires_at) == ("memory", None, NOW + 60)


def a_sealed_one(expires_at: float | None, *, is_narrowed: bool = False) -> Head:
    head = Head(expires_at, "", "policy = yes" if is_narrowed else "")
    head.label, head.place = "prod", "sealed"
    return head


def test_a_sealed_session_is_shown_by_what_is_in_clear() -> None:
    row = rows_of(stage(), "prod", heads=[a_sealed_one(NOW + 60), a_sealed_one(NOW + 99, is_narrowed=True)])["prod"]
    assert (row.expires_at, row.place, row.is_known) == (NOW + 60, "sealed", True)
    row = rows_of(stage(), "prod", heads=[a_sealed_one(None)])["prod"]
    assert (row.expires_at, row.place, row.is_known) == (None, "sealed", False)


def test_a_session_in_the_file_is_shown_unless_sdks_ask_aws_mfa_instead() -> None:
    of_role = CLASSIC.replace("False", f"True\nassumed_role_arn = {PROD}")
    files = f"[work]\n{CLASSIC}[prod]\n{of_role}[mfa]\n{of_role}[other]\n{TOKEN}"
    rows = rows_of(stage(files))
    assert {name: row.expires_at for name, row in rows.items() if row.place == "credentials file"} == {
        **dict.fromkeys(("work", "prod", "mfa"), NOW + 21401),
        "other": None,
    }
    assert not rows["other"].is_known
    assert (rows["mfa"].kind, rows["mfa"].account, rows["mfa"].role) == ("session", "210987654321", "Admin")
    adopted = CONFIG.replace(f"role_arn = {PROD}", f"aws_mfa_role_arn = {PROD}", 1).replace("source", "aws_mfa_source")
    adopted = adopted.replace(
        "[profile prod]\n", "[profile prod]\ncredential_process = aws-mfa credential-process prod\n"
    )
    assert rows_of(stage(files, adopted))["prod"].place is None
    assert rows_of(stage(files, CONFIG.replace("team/Admin", "Reader")))["prod"].place is None


def test_an_unknown_name_is_refused_with_similar_ones() -> None:
    with pytest.raises(BadProfile) as refused:
        rows_of(stage(), "prdo")
    assert "prod" in refused.value.hints[0]


def test_nothing_is_opened_asked_or_changed() -> None:
    interfaces = stage(f"[work]\n{CLASSIC}")
    store(interfaces, "prod")
    before = (interfaces.credentials.text, interfaces.known_keys.text, dict(interfaces.session_cache.stored))
    interfaces.vaults.clear()  # each look into one would raise
    rows_of(interfaces)
    assert (interfaces.credentials.text, interfaces.known_keys.text, interfaces.session_cache.stored) == before
    assert (interfaces.terminal.questions, interfaces.said) == ([], [])
