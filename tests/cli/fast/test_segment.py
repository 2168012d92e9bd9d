"""The segment for a shell's prompt: short, of the right session, and empty in any trouble."""

from __future__ import annotations

import os
import time

import pytest

from aws_mfa.cli.fast.segment import segment
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.model import Secret, Session
from aws_mfa.sessions.entry import entry_text, with_clear_head
from aws_mfa.sessions.stores import open_stores
from aws_mfa.vaults.lookup import KnownProfiles
from aws_mfa.views.status import status_rows
from users_and_modes import posix_only

HOUR_S = 3600
KEY_ID = f"AKIA{'A' * 16}"
KEYS = f"[work-long-term]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {'s' * 40}\n"


def moment(in_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + in_s))


def section(name: str, in_s: float) -> str:
    values = {
        "assumed_role": False,
        "aws_access_key_id": "ASIA",
        "aws_secret_access_key": "s",
        "aws_session_token": "t",
    }
    return "".join([f"[{name}]\n", *(f"{key} = {value}\n" for key, value in values.items())]) + (
        f"aws_security_token = t\nexpiration = {moment(in_s)}\n\n"
    )


def write(home: str, text: str | bytes, name: str = "credentials") -> None:
    path = os.path.join(home, ".aws", name)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def of(home: str, **variables: str) -> str:
    return segment({"HOME": home, "USERPROFILE": home, "AWS_MFA_SESSION_STORE": "plain", **variables})


def store(home: str, label: str, in_s: float, **inputs: str) -> None:
    environ = {"HOME": home, "USERPROFILE": home, "AWS_MFA_SESSION_STORE": "plain"}
    session = Session("ASIA1", Secret("s"), Secret("t"), time.time() + in_s)
    assert RealInterfaces(environ=environ).session_cache.store(label, {"access_key_id": KEY_ID, **inputs}, session)


@posix_only
@pytest.mark.timeout(20)
def test_a_pipe_or_device_as_credentials_file_is_not_read(home: str) -> None:
    """A shell would wait at its prompt for ever."""
    os.mkfifo(os.path.join(home, "pipe"))
    for path in (os.path.join(home, "pipe"), "/dev/zero"):
        assert of(home, AWS_PROFILE="work", AWS_SHARED_CREDENTIALS_FILE=path) == ""


@pytest.mark.parametrize(
    ("left_s", "shown"),
    [
        (3 * HOUR_S + 12 * 60 + 30, "3h12m"),
        (36 * HOUR_S + 5, "36h00m"),
        (HOUR_S + 5, "1h00m"),
        (HOUR_S - 5, "59m"),
        (65, "1m"),
        (50, "<1m"),
        (-1, "expired"),
        (-9 * HOUR_S, "expired"),
    ],
)
def test_the_time_left_is_short(home: str, left_s: float, shown: str) -> None:
    write(home, section("work", left_s))
    assert of(home, AWS_PROFILE="work") == f"work {shown}"


def test_without_a_profile_or_a_session_there_is_nothing(home: str) -> None:
    assert of(home, AWS_PROFILE="work") == ""
    write(home, KEYS + section("default", HOUR_S))
    assert (of(home), of(home, AWS_PROFILE=""), of(home, AWS_PROFILE="work")) == ("", "", "")


def test_a_shell_of_exec_or_env_shows_its_own_session(home: str) -> None:
    write(home, section("work", HOUR_S + 30))
    shell = {"AWS_MFA_PROFILE": "prod", "AWS_PROFILE": "work"}
    ends = moment(2 * HOUR_S + 30).replace(" ", "T") + "Z"
    assert of(home, **shell, AWS_CREDENTIAL_EXPIRATION=ends) == "prod 2h00m"
    assert of(home, **shell) == "prod"  # an endpoint renews it


@pytest.mark.parametrize("before", ["", KEYS, section("other", 9) * 2000, f"# {'x' * 65_530}\n"])
@pytest.mark.parametrize("after", ["", section("z", 9) * 2000, "[work2]\nexpiration = 2036-01-01 00:00:00\n"])
def test_only_the_profiles_own_section_is_read(home: str, before: str, after: str) -> None:
    write(home, f"{before}{section('work', HOUR_S + 30)}{after}")
    assert of(home, AWS_PROFILE="work") == "work 1h00m"
    assert of(home, AWS_PROFILE="wor") == ""


def test_a_section_that_no_file_of_keys_has_is_not_read_to_its_end(home: str) -> None:
    """Each prompt would wait for it."""
    write(home, "[work]\n" + "k = v\n" * 3_000_000 + section("work", HOUR_S).partition("\n")[2])
    before = time.process_time()
    assert of(home, AWS_PROFILE="work") == ""
    assert time.process_time() - before < 2


@pytest.mark.parametrize("label", ["work", "mfa@work-long-term", "mfa@work"])
def test_a_stored_session_is_found_by_its_label(home: str, label: str) -> None:
    write(home, section("work", -5))
    store(home, f"{label}2", 3 * HOUR_S)
    assert of(home, AWS_PROFILE="work") == "work expired"
    store(home, label, 2 * HOUR_S + 30)
    assert of(home, AWS_PROFILE="work") == "work 2h00m"
    assert of(home, AWS_PROFILE="work", AWS_MFA_SESSION_STORE="none") == "work expired"


@posix_only
def test_an_agents_session_is_not_the_persons(home: str) -> None:
    store(home, "work", HOUR_S, agent="claude-code", role_arn="x")
    assert of(home, AWS_PROFILE="work") == ""


def test_a_sealed_session_is_shown_without_the_keychain(home: str) -> None:
    inputs = {"access_key_id": KEY_ID}
    entry = entry_text(inputs, Session("ASIA1", Secret("s"), Secret("t"), time.time() + HOUR_S + 30)).encode()
    write(home, with_clear_head(entry, b"sealed"), os.path.join("mfa", "sessions", f"session-work~{'0' * 12}.age"))
    os.chmod(os.path.join(home, ".aws", "mfa", "sessions"), 0o700)
    assert of(home, AWS_PROFILE="work", AWS_MFA_SESSION_STORE="sealed") == "work 1h00m"
    stores = open_stores({"AWS_MFA_SESSION_STORE": "sealed"}, os.path.join(home, ".aws", "mfa"), None)
    assert [head.label for head in stores.sealed.heads()] == ["work"]


@pytest.mark.parametrize("name", ["work", "prod", "idle", "Ünï dash-ed"])
def test_the_segment_says_what_the_table_says(home: str, name: str) -> None:
    role = f"role_arn = arn:aws:iam::{'1' * 12}:role/A\nsource_profile = work\n"
    config = f"[profile work]\nregion = eu-west-1\n[profile prod]\n{role}[profile 'Ünï dash-ed']\n{role}"
    write(home, f"{config}[profile idle]\nexternal_id = 4\n{role}", "config")
    write(home, KEYS)
    store(home, "mfa@work-long-term", 12 * HOUR_S + 30)
    for label in ("prod", "Ünï dash-ed"):
        store(home, label, HOUR_S + 30, **{"role_chain 1": "x"})
    interfaces = RealInterfaces(environ={"HOME": home, "USERPROFILE": home, "AWS_MFA_SESSION_STORE": "plain"})
    heads = interfaces.session_cache.heads()
    for head in heads:
        head.role_arn = f"arn:aws:iam::{'1' * 12}:role/A" if "role_chain" in head.inputs_text else ""
    (row,) = status_rows(KnownProfiles(interfaces), heads, time.time(), [name])
    hours = None if row.expires_at is None else int(row.expires_at - time.time()) // HOUR_S
    assert of(home, AWS_PROFILE=name) == ("" if hours is None else f"{name} {hours}h00m")


@pytest.mark.parametrize(
    "text", [b"\xff\xfe[work]\n", b"[work]\n\xff = 1\n", b"[work]\nno key\n", b"[work\n", b"[work]"]
)
def test_a_broken_file_spoils_no_prompt(home: str, text: bytes) -> None:
    write(home, text)
    assert of(home, AWS_PROFILE="work") == ""


def test_trouble_with_folders_variables_and_entries_spoils_no_prompt(home: str) -> None:
    assert of(home, AWS_PROFILE="work", AWS_MFA_SESSION_STORE="lost") == ""
    assert of(home, AWS_PROFILE="work", AWS_MFA_SESSION_STORE="memory") == ""
    assert of(home, AWS_PROFILE="work", AWS_SHARED_CREDENTIALS_FILE=home) == ""
    assert of("", AWS_PROFILE="work") == ""
    store(home, "work", HOUR_S)
    (name,) = (
        name for name in os.listdir(os.path.join(home, ".aws", "mfa", "sessions")) if name.startswith("session-")
    )
    for data in (b"", b"x" * 300_000, b"\xff", b"aws-mfa session 1\nexpires = soon\nrole = \n\n"):
        write(home, data, os.path.join("mfa", "sessions", name))
        assert of(home, AWS_PROFILE="work") == ""


def test_escape_sequences_of_a_name_do_not_reach_the_terminal(home: str) -> None:
    ends = moment(HOUR_S + 30)
    assert of(home, AWS_MFA_PROFILE="a\x1b]0;b\nc", AWS_CREDENTIAL_EXPIRATION=ends) == "a\\x1b]0;b\\nc 1h00m"
