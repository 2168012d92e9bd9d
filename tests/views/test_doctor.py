"""Each problem that `doctor` knows, made with fakes; and a machine without one."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from aws_mfa.aws_values.text import rfc3339_text
from aws_mfa.cli.commands import doctor as command
from aws_mfa.errors import AwsUnreachable, KeychainUnavailable, NotAuthorized, NotSetUp
from aws_mfa.model import LongTermKeys
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.renewal.steps import Step
from aws_mfa.vaults.journal import INACTIVE, SWITCHED, Place, Rotation, with_rotation
from aws_mfa.views import doctor
from aws_mfa.views.checks_of_files import WHY
from aws_mfa.views.doctor import Diagnosis, diagnose
from cli.commands.running import run_command
from fakes import ANN, DEVICE, KEYS, NOW, FakeInterfaces, a_session, as_interfaces
from users_and_modes import posix_only

DAY_S = 86400
ROLE = "arn:aws:iam::444455556666:role/Reader"
CONFIG = (
    f"[profile work]\nregion = eu-central-1\nmfa_serial = {DEVICE}\n"
    f"[profile prod]\nrole_arn = {ROLE}\nsource_profile = work\nregion = eu-central-1\n"
    f"[profile adopted]\ncredential_process = aws-mfa credential-process adopted\n"
    f"aws_mfa_role_arn = {ROLE}\naws_mfa_source_profile = work\n"
    "[profile company]\nsso_session = company\nregion = eu-central-1\n"
    "[profile other]\ncredential_process = aws-vault exec other --json\n"
    f"[profile through-other]\nrole_arn = {ROLE}\nsource_profile = other\n"
)
NOTES = f"[work-long-term]\nvault = keychain\naws_access_key_id = {KEYS.access_key_id}\n"
SESSION = (
    "assumed_role = True\naws_access_key_id = ASIAINVENTED\naws_secret_access_key = s\naws_session_token = t\n"
    "expiration = 2099-01-01 00:00:00\n"
)
PLAIN = f"aws_access_key_id = {KEYS.access_key_id}\naws_secret_access_key = {KEYS.secret_access_key.reveal()}\n"


@pytest.fixture
def machine(tmp_path: Path) -> FakeInterfaces:
    """Keys in the keychain, roles, an adopted profile, and profiles of other programs; nothing is wrong with it."""
    made = FakeInterfaces(None, CONFIG)
    made.known_keys.text = NOTES
    made.vaults["keychain"].stored["work-long-term"] = KEYS
    made.environ = {"PATH": str(tmp_path)}
    made.printed = {"aws-mfa": "usage: aws-mfa credential-process PROFILE"}
    a_program(tmp_path, "aws-mfa")
    return made


def a_program(folder: Path, name: str, mode: int = 0o700) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(mode)
    return folder / name


def looked_at(machine: FakeInterfaces) -> Diagnosis:
    return diagnose(as_interfaces(machine))


def only_finding(machine: FakeInterfaces) -> tuple[str, str, str]:
    """The one finding: its kind, what, command; every finding has all of them, and shows no key."""
    (found,) = looked_at(machine).findings
    assert all(found)
    assert found.why
    assert not re.search(r"AKIA|invented/secret", " ".join(found))
    return found.check, found.what, found.command


def stores_an_mfa_session(machine: FakeInterfaces) -> None:
    plan = make_plan(RenewalRequest(["work"], hands_over=True, is_preview=True), as_interfaces(machine))
    step = plan.of_profile["work"]
    assert isinstance(step, Step)
    machine.session_cache.store(step.label, step.inputs, a_session())


def test_nothing_is_wrong_with_a_healthy_machine(machine: FakeInterfaces) -> None:
    found = looked_at(machine)
    assert found.findings == []
    assert {"clock", "keychain", "profiles", "adopted lines"} <= set(found.checked)
    assert found.not_checked == {"age of the key of work at AWS": "no MFA session is stored"}


def test_nothing_is_wrong_with_a_home_without_anything() -> None:
    empty = FakeInterfaces()
    empty.environ = {"PATH": ""}
    assert looked_at(empty).findings == []


def with_(**variables: str) -> Callable[[FakeInterfaces], object]:
    """Set variables, beside PATH."""
    return lambda one: setattr(one, "environ", {**one.environ, **variables})


def config(text: str) -> Callable[[FakeInterfaces], object]:
    return lambda one: setattr(one.config, "text", f"{CONFIG}{text}")


def credentials(text: str) -> Callable[[FakeInterfaces], object]:
    return lambda one: setattr(one.credentials, "text", text)


def a_session_beside(text: str) -> Callable[[FakeInterfaces], object]:
    """The session of `work` in the credentials file, and this line in its profile."""

    def make(one: FakeInterfaces) -> None:
        one.credentials.text = f"[work]\n{SESSION}"
        one.config.text = CONFIG.replace("[profile work]\n", f"[profile work]\n{text}\n")

    return make


def notes(text: str) -> Callable[[FakeInterfaces], object]:
    return lambda one: setattr(one.known_keys, "text", f"{NOTES}{text}")


def skewed(ahead_s: float | AwsUnreachable) -> Callable[[FakeInterfaces], object]:
    return lambda one: setattr(one.fake_sts, "ahead_s", ahead_s)


def keychain_fails(one: FakeInterfaces) -> None:
    one.vaults["keychain"].failure = KeychainUnavailable(
        "the keychain is locked", "unlock it: security unlock-keychain"
    )


def keychain_is_slow(one: FakeInterfaces) -> None:
    vault = one.vaults["keychain"]

    def load(section: str) -> LongTermKeys | None:
        now = one.moment
        moments.append(now + 3)
        return KEYS

    moments = [one.moment]
    vault.load = load  # type: ignore[method-assign]
    one.now = lambda: moments[-1]  # type: ignore[method-assign]
    one.unattended_copy = one


def old_line(one: FakeInterfaces) -> None:
    one.printed["aws-mfa"] = "usage: aws-mfa [-h] [--device arn:aws:iam::123456788990:mfa/dudeman]"


def passkeys_only(one: FakeInterfaces) -> None:
    assert one.config.text
    one.config.text = one.config.text.replace(f"mfa_serial = {DEVICE}\n", "")
    one.fake_iam.devices = [DEVICE.replace(":mfa/", ":u2f/user/")]


def old_aws_cli(one: FakeInterfaces) -> None:
    one.environ = {**one.environ, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/run/t"}
    one.printed["aws"] = "aws-cli/2.9.19 Python/3.11.2 Linux/6.1 source/x86_64.debian.12 prompt/off\n"


def a_second_program(one: FakeInterfaces) -> None:
    folder = Path(one.environ["PATH"])
    a_program(folder / "another", "aws-mfa")
    one.environ = {**one.environ, "PATH": os.pathsep.join((str(folder), str(folder / "another")))}


OLD = rfc3339_text(NOW - 120 * DAY_S)
PLACES = (Place("keychain", "work-long-term"),)
OFF = Rotation("AKIAINVENTED", ANN, "work", PLACES, 0.0, INACTIVE, "AKIAOTHER", NOW - 120 * DAY_S, DAY_S)
DUE = with_rotation("", OFF)
PROBLEMS: dict[str, tuple[Callable[[FakeInterfaces], object], str, str, str]] = {
    "a line that is not INI": (credentials("[a]\njunk\n"), "unreadable file", "line 2", "fix that line"),
    "a section twice": (config("[profile work]\n"), "unreadable file", "duplicate section", "fix that line"),
    "damaged notes": (notes("junk\n"), "unreadable file", "mfa/known-keys", "fix that line"),
    "keys in the credentials file": (
        credentials(f"[default]\n{PLAIN}"), "keys in plain text", "[default]", "aws-mfa import --profile default",
    ),
    "different keys under one name": (
        credentials(f"[x]\n{PLAIN}[x-long-term]\n{PLAIN.replace('KEY1', 'KEY2')}"),
        "keys in plain text", "cannot move: x-long-term not changed: different keys", "aws-mfa import --dry-run",
    ),
    "a session that agents may not have": (
        a_session_beside("aws_mfa_agent = refuse"), "agents", "[work] of", "aws-mfa forget work",
    ),
    "a mistyped setting": (
        config("aws_mfa_agnet = read-only\n"), "setting", "no setting of that name", "did you mean: aws_mfa_agent",
    ),
    "keys in the config file": (config(f"[profile x]\n{PLAIN}"), "keys in plain text", "[profile x]", "--profile x"),
    "a clock that is ahead": (skewed(400), "clock", "7 min ahead", ""),
    "a clock that is behind": (skewed(-90), "clock", "2 min behind", ""),
    "a clock before a certificate begins": (
        skewed(AwsUnreachable("the certificate of x is not valid yet", "check this machine's clock")),
        "clock", "not valid yet", "",
    ),
    "a locked keychain": (keychain_fails, "keychain", "locked", "security unlock-keychain"),
    "a slow keychain": (keychain_is_slow, "keychain", "took 3 s", "--vault age"),
    "a keychain that lost the keys": (
        lambda one: one.vaults["keychain"].stored.clear(), "keychain", "work-long-term", "setup --profile work",
    ),
    "a keychain that forgets": (
        lambda one: setattr(one.vaults["keychain"], "is_forgetful", True), "keychain", "at logout", "--vault age",
    ),
    "an adopted line of 0.0.12": (old_line, "adopted line", "another aws-mfa", "adopt --undo adopted"),
    "an adopted line without a program": (
        with_(PATH="/nowhere"), "adopted line", "[profile adopted]: aws-mfa does not exist", "aws-mfa adopt adopted",
    ),
    "a source that does not exist": (
        config(f"[profile x]\nrole_arn = {ROLE}\nsource_profile = wrok\n"), "broken profile", "'wrok'", "work",
    ),
    "a circle": (
        config(f"[profile x]\nrole_arn = {ROLE}\nsource_profile = x\n"),
        "broken profile", "circle", "change one source_profile",
    ),
    "a role whose user has no keys": (
        config(f"[profile x]\nrole_arn = {ROLE}\nsource_profile = y\n[profile y]\nregion = eu-west-1\n"),
        "broken profile", "y-long-term", "aws-mfa setup --profile y",
    ),
    "a header that no SDK reads": (
        config(f"[dev]\nrole_arn = {ROLE}\nsource_profile = work\n"), "broken profile", "[profile dev]", "rename",
    ),
    "a comment after a setting": (
        config(f"[profile x]\nrole_arn = {ROLE} # dev\nsource_profile = work\n"),
        "broken profile", "comments", "on a line of its own",
    ),
    "a comment after another value": (config("[profile x]\noutput = json # x\n"), "value", "config, line 21:", "the"),
    "passkeys only": (passkeys_only, "devices", "passkeys", "aws login"),
    "keys in the environment": (with_(AWS_ACCESS_KEY_ID="X"), "environment", ": AWS_ACCESS_KEY_ID", "AWS_ACCESS"),
    "a session of ours in the environment": (
        with_(AWS_ACCESS_KEY_ID="X", AWS_MFA_PROFILE="prod"), "environment", ": AWS_ACCESS", "aws-mfa env --unset",
    ),
    "a session beside role_arn": (
        credentials(f"[prod]\n{SESSION}"), "differs by SDK", "role_arn in ~/.aws/config [", "aws-mfa adopt prod",
    ),
    "a session beside credential_process": (
        credentials(f"[adopted]\n{SESSION}"), "differs by SDK", "credential_process in", "aws-mfa adopt adopted",
    ),
    "a damaged rotation": (
        lambda one: setattr(one.rotations, "text", DUE.replace("place 1", "place 2")),
        "unreadable file", "not as aws-mfa wrote it", "restore that file",
    ),
    "an interrupted rotation": (
        lambda one: setattr(one.rotations, "text", with_rotation("", replace(OFF, state=SWITCHED))),
        "age of keys", "the rotation of key", "aws-mfa rotate --resume",
    ),
    "a deletion that is due": (
        lambda one: setattr(one.rotations, "text", DUE), "age of keys", "to be deleted now", "aws-mfa rotate --resume",
    ),
    "a region of another partition": (
        config(f"[profile x]\nrole_arn = {ROLE}\nsource_profile = work\nregion = cn-north-1\n"),
        "region", "cn-north-1 of another partition", "change region in ~/.aws/config [profile x]",
    ),
    "a variable with a region of another partition": (
        with_(AWS_REGION="cn-north-1"), "region", "AWS_REGION names region cn-north-1", "AWS_REGION",
    ),
    "an old key": (
        notes(f"[creation of {KEYS.access_key_id}]\ncreated_at = {OLD}\n"), "age of keys", "120 days", "rotate work",
    ),
    "two programs": (a_second_program, "two programs", "another/aws-mfa", "uninstall"),
    "an old AWS CLI": (old_aws_cli, "AWS CLI", "version 2.9, and the endpoint in use needs 1.30 or 2.15", "newer"),
}  # fmt: skip


@pytest.mark.parametrize("problem", PROBLEMS)
def test_each_problem_is_found_and_nothing_else(machine: FakeInterfaces, problem: str) -> None:
    make, check, what, fix = PROBLEMS[problem]
    make(machine)
    found = only_finding(machine)
    assert found[0] == check
    assert what in found[1]
    assert fix in found[2]


def test_every_kind_of_finding_has_a_test() -> None:
    assert {check for _, check, _, _ in PROBLEMS.values()} | {"permissions"} == set(WHY)


def test_keys_of_a_file_vault_that_the_user_chose_are_meant_to_be_there(machine: FakeInterfaces) -> None:
    machine.credentials.text = f"[old-long-term]\n{PLAIN}"
    machine.known_keys.text = f"[old-long-term]\nvault = file\naws_access_key_id = {KEYS.access_key_id}\n{NOTES}"
    assert looked_at(machine).findings == []


def test_keys_of_a_file_vault_that_are_being_rotated_are_no_problem(machine: FakeInterfaces) -> None:
    beside = "next_access_key_id = AKIANEXT\nnext_secret_access_key = s\n"
    machine.known_keys.text = NOTES.replace("keychain", "file")
    machine.credentials.text = f"[work-long-term]\n{PLAIN}{beside}"
    assert looked_at(machine).findings == []


def test_a_circle_is_one_finding(machine: FakeInterfaces) -> None:
    one, two = (f"[profile {a}]\nrole_arn = {ROLE}\nsource_profile = {b}\n" for a, b in ("xy", "yx"))
    machine.config.text = f"{CONFIG}{one}{two}"
    assert only_finding(machine)[:2] == ("broken profile", "x, y: source_profile leads in a circle of x, y")


def test_profiles_with_one_cause_are_one_finding(machine: FakeInterfaces) -> None:
    roles = "".join(f"[profile x{n}]\nrole_arn = {ROLE}\nsource_profile = y\n" for n in range(3))
    config(roles)(machine)
    check, what, _ = only_finding(machine)
    assert (check, what[:12]) == ("broken profile", "x0, x1, x2: ")


def test_a_keychain_that_never_answers_is_found_within_the_limit(
    machine: FakeInterfaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that are not noted are then not looked for in it."""
    monkeypatch.setattr(doctor, "LIMIT_S", 0.05)
    vault = machine.vaults["keychain"]

    def forgets() -> bool:
        time.sleep(0.5)
        return False

    vault.forgets = forgets  # type: ignore[method-assign]
    found = looked_at(machine)
    assert [(one.check, one.what) for one in found.findings] == [("keychain", "the keychain: no answer within 0.05 s")]
    assert "keychain" not in found.not_checked


def test_a_program_is_not_run_if_others_can_write_the_file_that_names_it(machine: FakeInterfaces) -> None:
    def refuse(*, runs_commands: bool = False) -> None:
        raise NotSetUp("other users can write ~/.aws/config", "chmod 600 ~/.aws/config")

    machine.config.check_trusted = refuse  # type: ignore[method-assign]
    old_line(machine)  # would be found, if it were run
    check, _, fix = only_finding(machine)
    assert (check, fix) == ("permissions", "chmod 600 ~/.aws/config")


def test_a_journal_of_rotations_that_others_can_write_is_found(machine: FakeInterfaces) -> None:
    def refuse(*, runs_commands: bool = False) -> None:
        raise NotSetUp("other users can write ~/.aws/mfa/rotations", "chmod 600 ~/.aws/mfa/rotations")

    machine.rotations.check_trusted = refuse  # type: ignore[method-assign]
    check, _, fix = only_finding(machine)
    assert (check, fix) == ("permissions", "chmod 600 ~/.aws/mfa/rotations")


@posix_only
def test_wide_modes_are_found_and_not_repaired(machine: FakeInterfaces, tmp_path: Path) -> None:
    state = tmp_path / ".aws" / "mfa"
    (state / "sessions").mkdir(parents=True)
    for path in (state, state / "sessions"):
        path.chmod(0o755)
    file = tmp_path / ".aws" / "credentials"
    file.write_text("")
    file.chmod(0o644)
    machine.credentials.path, machine.known_keys.path = str(file), str(state / "known-keys")
    found = looked_at(machine).findings
    commands = [f"chmod 600 '{file}'", f"chmod 700 '{state}'", f"chmod 700 '{state}/sessions'"]
    assert [one.command for one in found] == commands
    assert (file.stat().st_mode & 0o777, state.stat().st_mode & 0o777) == (0o644, 0o755)
    machine.environ = {**machine.environ, "AWS_MFA_STRICT_MODES": "no"}
    assert looked_at(machine).findings == []


def test_with_a_stored_session_iam_tells_the_ages_of_keys(machine: FakeInterfaces) -> None:
    stores_an_mfa_session(machine)
    found = looked_at(machine)
    assert [one.what for one in found.findings] == ["the access key ...KEY1 of work is 100 days old"]
    assert machine.fake_iam.signers == ["...0001"]
    assert found.not_checked == {}
    machine.fake_iam.failures["list_access_keys"] = NotAuthorized("AWS refused iam:ListAccessKeys")
    why = "AWS refused iam:ListAccessKeys"
    assert looked_at(machine).not_checked == {"age of the key of work at AWS": why}


def test_without_network_the_rest_is_checked(machine: FakeInterfaces) -> None:
    machine.fake_sts.ahead_s = AwsUnreachable("the name sts.eu-central-1.amazonaws.com cannot be resolved")
    passkeys_only(machine)
    machine.fake_iam.devices = AwsUnreachable("the name iam.amazonaws.com cannot be resolved")
    credentials(f"[default]\n{PLAIN}")(machine)
    found = looked_at(machine)
    assert [one.check for one in found.findings] == ["keys in plain text"]
    assert "cannot be resolved" in found.not_checked["clock"]
    assert found.not_checked["prod, adopted, work"] == "the name iam.amazonaws.com cannot be resolved"


def test_a_keychain_that_holds_nothing_of_aws_mfa_need_not_work(machine: FakeInterfaces) -> None:
    def forgets() -> bool:
        raise KeychainUnavailable("the keychain is locked")

    machine.vaults["keychain"].forgets = forgets  # type: ignore[method-assign]
    machine.known_keys.text = NOTES.replace("keychain", "age")
    found = looked_at(machine)
    assert found.findings == []
    assert "keychain" not in found.checked
    assert found.not_checked["keychain"] == "the keychain is locked"
    machine.environ = {**machine.environ, "AWS_MFA_VAULT": "keychain"}
    assert [one.check for one in looked_at(machine).findings] == ["keychain"]


def test_nothing_is_written_said_or_asked(machine: FakeInterfaces) -> None:
    stores_an_mfa_session(machine)
    before = (machine.config.text, machine.credentials.text, machine.known_keys.text, machine.session_cache.labels)
    looked_at(machine)
    assert before == (
        machine.config.text,
        machine.credentials.text,
        machine.known_keys.text,
        machine.session_cache.labels,
    )
    assert (machine.said, machine.terminal.questions) == ([], [])
    assert {call.split()[0] for call in machine.vaults["keychain"].calls} == {"load"}


def test_the_gravest_comes_first_with_its_reason_and_a_hint(
    machine: FakeInterfaces, capsys: pytest.CaptureFixture[str]
) -> None:
    old_aws_cli(machine)
    credentials(f"[default]\n{PLAIN}")(machine)
    assert run_command(command, machine) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("long-term keys ...KEY1 in [default] of ~/.aws/credentials")
    assert lines[1:4] == [f"  {WHY['keys in plain text']}", "  hint: aws-mfa import --profile default", ""]
    assert lines[-3] == "2 problems found"
    assert lines[-1] == "not checked: age of the key of work at AWS (no MFA session is stored)"


def test_json_has_the_same(machine: FakeInterfaces, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(command, machine, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (list(document), document["version"], document["findings"]) == (
        ["version", "findings", "checked", "not_checked"], 1, [],
    )  # fmt: skip
    skewed(400)(machine)
    assert run_command(command, machine, "--json") == 1
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert list(found) == ["check", "what", "command", "why"]


def test_check_prints_nothing(machine: FakeInterfaces, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(command, machine, "--check") == 0
    skewed(400)(machine)
    assert run_command(command, machine, "--check") == 1
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_lines_are_folded_but_for_commands(
    machine: FakeInterfaces, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    credentials(f"[{'long-' * 9}name]\n{PLAIN}")(machine)
    run_command(command, machine)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines if len(line) > 40] == [f"  [{'long-' * 9}name]", "  hint"]
    assert lines[-2:] == ["not checked: age of the key of work at", "  AWS (no MFA session is stored)"]
