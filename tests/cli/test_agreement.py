"""
Whose keys are in a section? Every command gives the same answer, for every kind of section.

The sections are `[prod]`, a role's profile, and `[work]`, its source. Nothing here is sent: the fakes answer.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
from typing import NamedTuple

import pytest

from aws_mfa.cli.classic import run as classic
from aws_mfa.config.ini import section_values
from aws_mfa.config.sections import FOREIGN_SESSION, INCOMPLETE, LONG_TERM_KEYS, NOTHING, OUR_SESSION, kind_of
from aws_mfa.errors import AwsMfaError, NeedsHuman, NoLongTermKeys
from fakes import DEVICE, FakeInterfaces, FakeTerminal, as_interfaces

USERS, SESSIONS, OTHERS = "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "GK31IOSFODNN7EXAMPLE"
SECRET = "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
TOKEN, TOKEN_TOO = "aws_session_token = old\n", "aws_security_token = old\n"
ENDS, ROLE = "expiration = 2020-01-01 00:00:00\n", "assumed_role = False\n"
MARKS = TOKEN + TOKEN_TOO + ENDS + ROLE
CONFIG = (
    "[profile prod]\nrole_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = work\n"
    f"[profile work]\nregion = us-east-1\nmfa_serial = {DEVICE}\n"
)


def key_id(text: str) -> str:
    return f"aws_access_key_id = {text}\n"


SECTIONS: dict[str, tuple[str | None, str]] = {
    "a user's keys": (key_id(USERS) + SECRET, LONG_TERM_KEYS),
    **{f"a user's keys, left: {mark.split()[0]}": (key_id(USERS) + SECRET + mark, LONG_TERM_KEYS)
       for mark in (TOKEN, TOKEN_TOO, ENDS, ROLE)},
    "a user's keys in a session of ours": (key_id(USERS) + SECRET + MARKS, LONG_TERM_KEYS),
    "a user's keys, in capitals": ((key_id(USERS) + SECRET).replace("aws_", "AWS_"), LONG_TERM_KEYS),
    "a user's keys, after blank lines": (f"region = x\n\n\n{key_id(USERS)}\n\n{SECRET}", LONG_TERM_KEYS),
    "a secret alone": (SECRET, LONG_TERM_KEYS),
    "a secret alone, the id empty": (f"aws_access_key_id =\n{SECRET}", LONG_TERM_KEYS),
    "another id": (key_id(OTHERS) + SECRET, LONG_TERM_KEYS),
    "another id, empty token": (key_id(OTHERS) + SECRET + "aws_session_token =\n", LONG_TERM_KEYS),
    "another id and a token": (key_id(OTHERS) + SECRET + TOKEN, FOREIGN_SESSION),
    "another id and our marks": (key_id(OTHERS) + SECRET + MARKS, OUR_SESSION),
    "a secret and a token": (SECRET + TOKEN, FOREIGN_SESSION),
    "a session of ours": (key_id(SESSIONS) + SECRET + MARKS, OUR_SESSION),
    "a session of another tool": (key_id(SESSIONS) + SECRET + TOKEN, FOREIGN_SESSION),
    "a session without token": (key_id(SESSIONS) + SECRET, FOREIGN_SESSION),
    "a session's id alone": (key_id(SESSIONS), FOREIGN_SESSION),
    "an id alone": (key_id(USERS), INCOMPLETE),
    "an id alone, the secret empty": (f"{key_id(USERS)}aws_secret_access_key =\n", INCOMPLETE),
    "an id and a token": (key_id(USERS) + TOKEN, INCOMPLETE),
    "another id alone": (key_id(OTHERS), INCOMPLETE),
    "empty values": ("aws_access_key_id =\naws_secret_access_key =\n", NOTHING),
    "marks alone": (MARKS, NOTHING),
    "an empty section": ("", NOTHING),
    "no section": (None, NOTHING),
}  # fmt: skip
every_section = pytest.mark.parametrize(("lines", "kind"), SECTIONS.values(), ids=SECTIONS)


def credentials(lines: str | None) -> str:
    return "" if lines is None else f"[prod]\n{lines}\n[work]\n{lines}"


class Ran(NamedTuple):
    """How a command ended: its error or None, all that it said, and the credentials file after it."""

    error: AwsMfaError | None
    said: str
    text: str


def run(lines: str | None, command: str, *argv: str, vault: str = "file", notes: str = "") -> Ran:
    return run_on(credentials(lines), CONFIG, command, *argv, vault=vault, notes=notes)


def run_on(text: str, config: str, command: str, *argv: str, vault: str = "file", notes: str = "") -> Ran:
    interfaces = FakeInterfaces(text, config)
    interfaces.known_keys.text = notes
    interfaces.environ = {"AWS_MFA_VAULT": vault}
    interfaces.terminal = FakeTerminal(has_human=False)
    out, error = io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            if command == "classic":
                classic.run(list(argv), as_interfaces(interfaces))
            else:
                module = importlib.import_module(f"aws_mfa.cli.commands.{command}")
                parser = argparse.ArgumentParser()
                module.add_arguments(parser)
                args = parser.parse_args(argv)
                args.command = ["true"]
                module.run(args, as_interfaces(interfaces))
        except AwsMfaError as raised:
            error = raised
    shown = "" if error is None else "\n".join((error.message, *error.hint_lines))
    said = "\n".join((out.getvalue(), *interfaces.terminal.said, *interfaces.said, shown))
    assert SECRET.rsplit(maxsplit=1)[-1] not in said
    assert USERS not in said
    return Ran(error, said, interfaces.credentials.text or "")


def is_whole(lines: str | None) -> bool:
    """Whether the keys have both halves: half a pair cannot be moved, and that is what the command says instead."""
    values = section_values(f"[x]\n{lines}", "x") or {}
    return bool(values.get("aws_access_key_id") and values.get("aws_secret_access_key"))


@every_section
def test_the_rule_says_it(lines: str | None, kind: str) -> None:
    assert kind_of(section_values(credentials(lines), "work")) == kind


@every_section
def test_import_moves_long_term_keys_and_nothing_else(lines: str | None, kind: str) -> None:
    said = run(lines, "import_keys", "--dry-run", vault="age").said
    is_moved = kind == LONG_TERM_KEYS and is_whole(lines)
    is_of_aws = OTHERS not in (lines or "")
    assert ("in [work] of ~/.aws/credentials, to the age vault" in said) == (is_moved and is_of_aws)
    other = "[work] of ~/.aws/credentials left: not AWS's keys (their id does not begin with AKIA)?"
    assert (other in said) == (is_moved and not is_of_aws)
    half = "a secret access key without its id" in said
    assert half == (kind == LONG_TERM_KEYS and not is_whole(lines))
    assert ("no long-term keys found" in said) == (kind != LONG_TERM_KEYS or (is_moved and not is_of_aws))


IN_VAULT = "[work-long-term]\nvault = keychain\n"


@every_section
def test_adopt_leaves_a_role_whose_source_has_no_long_term_keys(lines: str | None, kind: str) -> None:
    ran = run_on(f"[work]\n{lines or ''}", CONFIG, "adopt", "prod")
    assert ("prod: adopted" in ran.said) == (kind in (LONG_TERM_KEYS, INCOMPLETE))
    is_session = kind in (OUR_SESSION, FOREIGN_SESSION)
    assert ("which signs for it: [work] holds a session" in ran.said) == is_session
    assert ("which signs for it: none are stored" in ran.said) == (kind == NOTHING)


@every_section
def test_adopt_says_whose_they_are_and_never_to_remove_a_users(lines: str | None, kind: str) -> None:
    ran = run(lines, "adopt", "--dry-run", "prod", notes=IN_VAULT)
    assert ("[prod] of ~/.aws/credentials holds long-term keys" in ran.said) == (kind == LONG_TERM_KEYS)
    assert ("hint: move them into the vault: aws-mfa import --profile prod" in ran.said) == (kind == LONG_TERM_KEYS)
    assert ("holds a session of another tool" in ran.said) == (kind == FOREIGN_SESSION)
    assert ("remove it there" in ran.said) == (kind == FOREIGN_SESSION)
    has_lines = "aws_access_key_id" in (lines or "")
    assert ("half a pair of keys" in ran.said) == (kind == INCOMPLETE or (kind == NOTHING and has_lines))
    assert ("prod: would be adopted, and its session removed" in ran.said) == (kind == OUR_SESSION)


@every_section
def test_adopt_cleans_a_section_of_our_session_and_no_other(lines: str | None, kind: str) -> None:
    ran = run(lines, "adopt", "prod", notes=IN_VAULT)
    assert (section_values(ran.text, "prod") != section_values(credentials(lines), "prod")) == (kind == OUR_SESSION)


@every_section
def test_forget_removes_our_session_and_no_other(lines: str | None, kind: str) -> None:
    ran = run(lines, "forget", "work", "prod")
    assert (ran.text != credentials(lines)) == (kind == OUR_SESSION)
    assert ("work: removed from ~/.aws/credentials" in ran.said) == (kind == OUR_SESSION)


@every_section
@pytest.mark.parametrize("command", ["plan", "renew", "exec_command", "env", "credential_process", "console", "serve"])
def test_only_renew_is_refused_by_long_term_keys_in_the_section(command: str, lines: str | None, kind: str) -> None:
    whole = kind == LONG_TERM_KEYS and is_whole(lines)
    for name in ("prod", *(() if command == "console" else ("work",))):
        ran = run(lines, command, name, *(() if command in ("plan", "serve") else ("--no-input",)))
        named = f"section [{name}] of ~/.aws/credentials holds long-term keys: they are not overwritten" in ran.said
        assert named == (whole and command in ("plan", "renew"))
        refused = f"move them to the vault first: aws-mfa import --profile {name}" in ran.said
        assert refused == (whole and command == "renew")
        assert ran.error is None or isinstance(ran.error, NeedsHuman if whole else NoLongTermKeys)
        assert (f"in a terminal: aws-mfa exec {name}" in ran.said) == (whole and command not in ("plan", "renew"))
        assert ("'[work-long-term]' is missing" in ran.said) == (kind not in (LONG_TERM_KEYS, INCOMPLETE))
        half = "aws_access_key_id" if kind == LONG_TERM_KEYS else "aws_secret_access_key"
        has_half = f"No option '{half}' in section: 'work'" in ran.said
        assert has_half == (kind in (LONG_TERM_KEYS, INCOMPLETE) and not whole)
        assert ran.text == credentials(lines)


PLACES = {
    "the long-term section": ("[work-long-term]\n{}", ""),
    "the long-term section, a session beside it": ("[work-long-term]\n{}[work]\n" + key_id(SESSIONS) + SECRET, ""),
    "the profile of config": ("", "{}"),
    "the profile of config, beside a long-term section": (f"[work-long-term]\naws_mfa_device = {DEVICE}\n", "{}"),
    "the profile of config, an expired session beside it": (f"[work]\n{key_id(SESSIONS)}{SECRET}{MARKS}", "{}"),
    "a long-term section of config": ("", "[profile work-long-term]\n{}"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", ["classic", "plan", "renew", "exec_command", "env", "credential_process", "serve"])
def test_every_command_finds_the_keys_in_each_place_where_sdks_do(command: str, place: str) -> None:
    of_credentials, of_config = (text.format(key_id(USERS) + SECRET) for text in PLACES[place])
    config = f"{CONFIG}{of_config}"  # the section that CONFIG ends with is `work`
    argv = {"classic": ["--profile", "work"], "plan": ["work"], "serve": ["work"]}.get(command, ["work", "--no-input"])
    ran = run_on(of_credentials, config, command, *argv)
    if command == "plan":
        assert "1 profile, 1 code" in ran.said
    else:
        assert "nobody is there" in ran.said  # the keys are found: only a code is missing
    assert "is missing. You must add" not in ran.said


@every_section
def test_the_classic_form_names_long_term_keys_in_the_profiles_own_section(lines: str | None, kind: str) -> None:
    for name in ("work", "prod"):
        said = run(lines, "classic", "--profile", name).said
        where = f"hint: section [{name}] holds"
        whole = kind == LONG_TERM_KEYS and is_whole(lines)
        assert (f"{where} long-term keys: aws-mfa import --profile {name}" in said) == whole
        assert (f"{where} a secret access key without its id" in said) == (kind == LONG_TERM_KEYS and not whole)


@every_section
def test_the_classic_form_writes_over_all_but_long_term_keys(lines: str | None, kind: str) -> None:
    text = f"[work-long-term]\n{key_id(USERS)}{SECRET}\n{credentials(lines)}"
    interfaces = FakeInterfaces(text, CONFIG)
    interfaces.environ = {"AWS_MFA_VAULT": "file"}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        classic.run(["--profile", "work", "--token", "123456"], as_interfaces(interfaces))
    assert (section_values(interfaces.credentials.text or "", "work") == section_values(text, "work")) == (
        kind == LONG_TERM_KEYS
    )
    assert ("section [work] of ~/.aws/credentials holds" in out.getvalue()) == (kind == LONG_TERM_KEYS)


@pytest.mark.parametrize("lines", [key_id(USERS) + SECRET, key_id(USERS) + SECRET + TOKEN], ids=["alone", "old token"])
def test_long_term_keys_beside_an_old_token_sign_for_the_role(lines: str) -> None:
    interfaces = FakeInterfaces(f"[work]\n{lines}", CONFIG)
    interfaces.environ = {"AWS_MFA_VAULT": "file"}
    module = importlib.import_module("aws_mfa.cli.commands.renew")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    assert module.run(parser.parse_args(["prod", "--token", "123456"]), as_interfaces(interfaces)) == 0
    assert kind_of(section_values(interfaces.credentials.text or "", "prod")) == OUR_SESSION
