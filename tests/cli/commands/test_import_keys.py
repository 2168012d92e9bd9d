"""What `aws-mfa import` moves, asks AWS, says at its end; and its exit codes."""

from __future__ import annotations

import contextlib
import io
from unittest.mock import patch

import pytest

from aws_mfa import errors
from aws_mfa.cli.commands import import_keys
from aws_mfa.command_lines import command
from aws_mfa.config.ini import section_values
from aws_mfa.model import LongTermKeys
from aws_mfa.vaults.keychain.failures import absent
from cli.commands.running import run_command
from fakes import ANN, DEVICE, KEYS, OTHER_KEYS, FakeDocument, FakeFork, FakeIam, FakeInterfaces, FakeTerminal

ID, SECRET = KEYS.access_key_id, KEYS.secret_access_key.reveal()
PAIR = f"aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"
CSV = f"Access key ID,Secret access key\n{ID},{SECRET}\n"
TEXT = f"ACCESSKEY\t{ID}\t2026-01-01T00:00:00Z\t{SECRET}\tActive\tann\n"
LOST = "hint: what came through the pipe was not stored, and may be the only copy of a secret"
DELETE = "delete it: aws iam delete-access-key --user-name NAME --access-key-id ID"
GONE = "[profile {}]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = {}\n"


def interfaces_with(
    document: str = "", *, name: str = "FILE", credentials: str = "", config: str = ""
) -> FakeInterfaces:
    interfaces = FakeInterfaces(credentials, config)
    interfaces.documents = {"-" if name == "standard input" else name: FakeDocument(document, name)}
    interfaces.terminal = FakeTerminal(has_human=False)
    return interfaces


def run(interfaces: FakeInterfaces, *argv: str) -> int:
    """The exit code; all that is printed is in `terminal.said`, the results last."""
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            return run_command(import_keys, interfaces, *argv)
    finally:
        interfaces.terminal.said += [*interfaces.said, *out.getvalue().splitlines()]


def stored(interfaces: FakeInterfaces, vault: str = "keychain") -> dict[str, LongTermKeys]:
    return interfaces.vaults[vault].stored


def test_a_download_is_set_up_as_setup_does_it() -> None:
    interfaces = interfaces_with(CSV)
    assert run(interfaces, "FILE", "--profile", "w", "--yes") == 0
    assert stored(interfaces)["w-long-term"].matches(KEYS)
    assert interfaces.credentials.text == f"[w-long-term]\naws_mfa_device = {DEVICE}\n"
    assert interfaces.config.text == "[profile w]\nregion = us-east-1\n"
    assert interfaces.terminal.questions == []
    assert interfaces.terminal.said[-3:] == [
        f"FILE still holds the keys; delete it: {command('remove', 'FILE')}",
        f"w-long-term: {ANN}, device {DEVICE}, region us-east-1",
        "get a session with: aws-mfa --profile w",
    ]


def test_the_region_may_be_given_or_is_asked_for() -> None:
    interfaces = interfaces_with(CSV)
    assert run(interfaces, "FILE", "--profile", "w", "--yes", "--region", "eu-west-1") == 0
    assert interfaces.config.text == "[profile w]\nregion = eu-west-1\n"
    interfaces = interfaces_with(CSV)
    interfaces.terminal = FakeTerminal("y", "eu-central-1")
    assert run(interfaces, "FILE", "--profile", "w") == 0
    assert interfaces.config.text == "[profile w]\nregion = eu-central-1\n"


@pytest.mark.parametrize("document", [CSV, f"[w]\n{PAIR}"])
def test_no_section_is_written_beside_one_with_a_wrong_header(document: str) -> None:
    interfaces = interfaces_with(document, config="[w]\nregion = eu-west-1\n")
    with pytest.raises(errors.BadProfile, match=r"\[w\] of ~/.aws/config must be \[profile w\]"):
        run(interfaces, "FILE", "--profile", "w", "--yes")
    assert stored(interfaces) == {}


def test_what_cannot_be_a_region_is_refused_before_a_question() -> None:
    interfaces = interfaces_with(CSV)
    interfaces.terminal = FakeTerminal("y")
    with pytest.raises(errors.BadInput, match="--region"):
        run(interfaces, "FILE", "--profile", "w", "--region", "nonsense")
    assert interfaces.terminal.questions == []


@pytest.mark.parametrize("failure", [errors.UnknownKey("unknown", "deleted?"), errors.WrongSecret("another secret")])
@pytest.mark.parametrize("document", [CSV, TEXT, f"[w]\n{PAIR}"])
def test_keys_that_aws_refuses_are_not_stored(document: str, failure: errors.AwsMfaError) -> None:
    interfaces = interfaces_with(document)
    interfaces.fake_sts.identity = failure
    with pytest.raises(type(failure)):
        run(interfaces, "FILE", "--profile", "w", "--yes")
    assert (stored(interfaces), interfaces.credentials.text, interfaces.config.text) == ({}, "", "")


def test_keys_of_the_file_that_aws_refuses_stay_and_the_others_move() -> None:
    text = f"[old]\n{PAIR}"
    interfaces = interfaces_with(credentials=text)
    interfaces.fake_sts.identity = errors.UnknownKey("AWS does not know the access key id ...KEY1")
    assert run(interfaces, "--yes") == 3
    assert (stored(interfaces), interfaces.credentials.text) == ({}, text)
    assert "old-long-term not changed: AWS does not know the access key id ...KEY1" in interfaces.terminal.said


def test_without_a_network_keys_are_moved_unverified_after_one_question_to_aws() -> None:
    interfaces = interfaces_with(credentials=f"[a]\n{PAIR}[b]\n{PAIR}")
    interfaces.fake_sts.identity = errors.AwsUnreachable("no network")
    assert run(interfaces, "--yes") == 0
    assert (len(stored(interfaces)), interfaces.fake_sts.identity_calls) == (2, 1)
    assert "AWS cannot be asked whether the keys are valid: no network" in interfaces.terminal.said


def test_a_new_key_that_aws_does_not_know_yet_is_stored_all_the_same_if_it_came_by_a_pipe() -> None:
    interfaces = interfaces_with(TEXT, name="standard input")
    interfaces.fake_sts.identity = errors.UnknownKey("AWS does not know the access key id")
    assert run(interfaces, "-", "--profile", "w", "--yes") == 0
    assert interfaces.terminal.waited_s == [2, 4]
    assert stored(interfaces)["w-long-term"].matches(KEYS)
    assert any("stored unverified, because the pipe may be its only copy" in line for line in interfaces.terminal.said)
    interfaces = interfaces_with(f"[a]\n{PAIR}[b]\n{PAIR}", name="standard input")
    interfaces.fake_sts.identity = errors.UnknownKey("AWS does not know the access key id")
    assert run(interfaces, "-", "--yes") == 0
    assert interfaces.terminal.waited_s == [2, 4, 2, 4], "AWS answered, so the next is asked about, too"


UNREAD = TEXT.replace("ACCESSKEY", "ACCESSKEY\tx")


@pytest.mark.parametrize("argv", [("--yes",), (), ("--profile", "nobody", "--yes"), ("--profile", "r", "--yes")])
@pytest.mark.parametrize("document", [UNREAD, SECRET, f"[w]\n{PAIR}", CSV])
def test_what_came_by_a_pipe_and_is_not_stored_may_be_the_only_copy(argv: tuple[str, ...], document: str) -> None:
    interfaces = interfaces_with(document, name="standard input", config=GONE.format("r", "w"))
    interfaces.vaults["keychain"].failure = errors.KeychainUnavailable("locked", "unlock it", "or", "or")
    with pytest.raises(errors.AwsMfaError) as failed:
        run(interfaces, "-", *argv)
    hints = failed.value.hint_lines
    assert hints[-2].startswith(LOST)
    assert hints[-2].endswith(DELETE)
    assert (len(hints) <= 3, stored(interfaces)) == (True, {})
    assert not any(SECRET in line for line in (failed.value.message, *hints, *interfaces.terminal.said))


def test_a_pipes_keys_that_are_left_or_only_looked_at_are_said_to_be_lost_too() -> None:
    for argv in (("--yes",), ("--dry-run",)):
        interfaces = interfaces_with(TEXT, name="standard input")
        stored(interfaces)["default-long-term"] = OTHER_KEYS
        assert run(interfaces, "-", *argv) == (3 if argv == ("--yes",) else 0)
        assert any(line.startswith(LOST) for line in interfaces.terminal.said)
        assert stored(interfaces)["default-long-term"] is OTHER_KEYS


def test_ctrl_c_before_a_pipes_keys_are_stored_says_that_they_are_lost() -> None:
    interfaces = interfaces_with(TEXT, name="standard input")
    with (
        patch.object(interfaces.fake_sts, "get_caller_identity", side_effect=KeyboardInterrupt),
        pytest.raises(errors.Cancelled) as cancelled,
    ):
        run(interfaces, "-", "--yes")
    assert cancelled.value.hint_lines[0].startswith(LOST)


def test_a_pipes_keys_that_are_in_the_vault_are_not_said_to_be_lost_if_a_later_step_fails() -> None:
    interfaces = interfaces_with(TEXT, name="standard input")
    interfaces.known_keys.failure = errors.NotSetUp("disk full")
    with pytest.raises(errors.NotSetUp) as failed:
        run(interfaces, "-", "--yes")
    assert (failed.value.hint_lines, list(stored(interfaces))) == ((), ["default-long-term"])


@pytest.mark.parametrize("document", ["nonsense", f"[w]\n{PAIR}"])
def test_a_files_refusal_says_nothing_of_a_pipe(document: str) -> None:
    with pytest.raises(errors.BadInput) as failed:
        run(interfaces_with(document), "FILE", "--profile", "nobody", "--yes")
    assert not any(line.startswith(LOST) for line in failed.value.hint_lines)


CONFIG = f"[profile bd]\nregion = eu-west-1\n{PAIR}[profile ba]\nregion = x\n"


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (f"[profile bd]\n{PAIR}", f"FILE still holds the keys; delete it: {command('remove', 'FILE')}"),
        (f"\n[bd]\n{PAIR}\n", f"FILE still holds the keys; delete it: {command('remove', 'FILE')}"),
        (CONFIG, "FILE still holds the keys, and more than them: remove lines 3 and 4 there"),
        (f"# parked\n[bd]\n{PAIR}", "FILE still holds the keys, and more than them: remove lines 3 and 4 there"),
        (f"[bd]\n{PAIR}mfa_serial = {DEVICE}\n", "FILE still holds the keys, and more than them: remove lines 2 and 3"),
        (f"[bd]\n{PAIR}[live]\naws_access_key_id = ASIA1\n", "FILE still holds the keys, and more than them"),
        (f"[bd]\n{PAIR}[minio]\naws_access_key_id = Q3AM3UQ867SPQQA43P2F\naws_secret_access_key = s\n", "and more"),
    ],
)
def test_a_file_is_to_be_deleted_only_if_it_holds_nothing_but_the_keys(document: str, says: str) -> None:
    interfaces = interfaces_with(document)
    assert run(interfaces, "FILE", "--yes") == 0
    assert list(stored(interfaces)) == ["bd-long-term"]
    assert any(says in line for line in interfaces.terminal.said), interfaces.terminal.said
    assert interfaces.terminal.said[-1] == "get a session with: aws-mfa --profile bd"


def test_a_password_in_the_consoles_csv_is_more_than_the_keys() -> None:
    document = f"User name,Password,Access key ID,Secret access key\nann,p4ss,{ID},{SECRET}\n"
    for text, rm in ((document, False), (document.replace("p4ss", ""), True)):
        interfaces = interfaces_with(text)
        assert run(interfaces, "FILE", "--yes") == 0
        assert (f"FILE still holds the keys; delete it: {command('remove', 'FILE')}" in interfaces.terminal.said) == rm


def test_keys_in_the_config_file_move_and_every_other_line_stays() -> None:
    interfaces = interfaces_with(config=CONFIG)
    assert run(interfaces, "--yes") == 0
    assert stored(interfaces)["bd-long-term"].matches(KEYS)
    assert interfaces.config.text == CONFIG.replace(PAIR, "")
    assert interfaces.terminal.said[-1] == "get a session with: aws-mfa --profile bd"


MINIO = "aws_access_key_id = Q3AM3UQ867SPQQA43P2F\naws_secret_access_key = 7mL0cXbPzX2wUvHqk3Yd\n"
OTHERS = {
    "an id without AKIA": (f"[x]\n{MINIO}", ""),
    "an endpoint in config": (f"[x]\n{PAIR}", "[profile x]\nendpoint_url = http://127.0.0.1:9000\n"),
    "an endpoint in credentials": (f"[x]\n{PAIR}endpoint_url = https://s3.wasabisys.com\n", ""),
    "an endpoint of the long-term section's profile": (
        f"[x-long-term]\n{PAIR}",
        "[profile x]\nendpoint_url = http://r2\n",
    ),
    "keys in config": ("", f"[profile x]\n{MINIO}"),
    "services": (
        f"[x]\n{PAIR}",
        "[profile x]\nservices = m\n[services m]\ns3 =\n  endpoint_url = https://b2.example\n",
    ),
    "a domain that only looks like AWS's": (f"[x]\n{PAIR}endpoint_url = https://notamazonaws.com\n", ""),
    "a remark for a secret": (f"[x]\naws_access_key_id = {ID}\naws_secret_access_key = #disabled\n", ""),
}


@pytest.mark.parametrize(("credentials", "config"), OTHERS.values(), ids=OTHERS)
def test_keys_of_another_service_are_left_and_said_unless_their_profile_is_named(credentials: str, config: str) -> None:
    interfaces = interfaces_with(credentials=f"{credentials}[work]\n{PAIR}", config=config)
    assert run(interfaces, "--yes") == 0
    assert list(stored(interfaces)) == ["work-long-term"]
    assert (interfaces.credentials.text or "").startswith(credentials)
    (left,) = (line for line in interfaces.terminal.said if "left: not AWS's keys (" in line)
    assert left.endswith("? aws-mfa import --profile x moves them all the same")
    interfaces.fake_sts.identity = errors.UnknownKey("another service's")
    assert run(interfaces, "--yes", "--profile", "x") == 0
    assert "x-long-term" in stored(interfaces)


@pytest.mark.parametrize(
    "url", ["https://sts.eu-west-1.amazonaws.com", "https://vpce-1.sts.us-east-1.vpce.amazonaws.com"]
)
def test_an_endpoint_of_aws_is_no_other_service(url: str) -> None:
    interfaces = interfaces_with(credentials=f"[work]\n{PAIR}endpoint_url = {url}\n")
    assert run(interfaces, "--yes") == 0
    assert list(stored(interfaces)) == ["work-long-term"]


def test_the_roles_that_sdks_cannot_sign_any_more_are_named_with_adopt() -> None:
    config = GONE.format("dev", "work") + GONE.format("top", "dev") + GONE.format("other", "nobody")
    config += "[default]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = default\n"
    interfaces = interfaces_with(credentials=f"[work]\n{PAIR}[default]\n{PAIR}", config=config)
    assert run(interfaces, "--yes") == 0
    names = "default dev top"
    said = next(line for line in interfaces.terminal.said if "SDKs can no longer sign for" in line)
    assert sorted(said.partition("adopt ")[2].split()) == names.split()
    interfaces = interfaces_with(credentials=f"[alone]\n{PAIR}", config=config)
    run(interfaces, "--yes")
    assert not any("SDKs can no longer" in line for line in interfaces.terminal.said)


@pytest.mark.parametrize("vault", ["keychain", "age"])
def test_a_missing_device_is_asked_of_iam_once_and_written(vault: str) -> None:
    interfaces = interfaces_with(credentials=f"[other]\n{PAIR}[third]\n{PAIR}mfa_serial = {DEVICE}\n")
    assert run(interfaces, "--yes", "--vault", vault) == 0
    for name in ("other", "third"):
        section = section_values(interfaces.credentials.read(), f"{name}-long-term") or {}
        assert section == {"aws_mfa_device": DEVICE}
    assert interfaces.config.text == ""  # the profiles were there already: their region is the user's
    assert interfaces.terminal.said[-1] == "get sessions with: aws-mfa renew other third"


def test_a_device_that_cannot_be_found_is_said_with_the_step_that_helps() -> None:
    interfaces = interfaces_with(credentials=f"[other]\n{PAIR}")
    interfaces.fake_iam = FakeIam(errors.NotAuthorized("not allowed to list devices"))
    assert run(interfaces, "--yes") == 0
    assert interfaces.terminal.said[-1].startswith("add an MFA device with: aws-mfa enroll other; or get ")


def test_the_device_of_other_keys_is_not_kept_beside_the_new_ones() -> None:
    bobs = "arn:aws:iam::210987654321:mfa/bob"
    interfaces = interfaces_with(CSV, credentials=f"[w-long-term]\naws_mfa_device = {bobs}\n")
    stored(interfaces)["w-long-term"] = OTHER_KEYS
    assert run(interfaces, "FILE", "--profile", "w", "--yes", "--replace") == 0
    assert interfaces.credentials.text == f"[w-long-term]\naws_mfa_device = {DEVICE}\n"


class NoKeychain(FakeFork):
    def load_fork(self, section: str) -> LongTermKeys | None:
        raise absent("this machine has no keychain to use")


def test_a_preview_without_a_keychain_lists_and_names_the_other_vault() -> None:
    interfaces = interfaces_with(credentials=f"[work]\n{PAIR}")
    interfaces.fork = NoKeychain()
    assert run(interfaces, "--dry-run") == 0
    said = interfaces.terminal.said
    assert "  work-long-term: ...KEY1 in [work] of ~/.aws/credentials, to the keychain vault" in said
    assert "the keychain cannot be used; move the keys with: aws-mfa import --vault age" in said
    interfaces.documents = {"FILE": FakeDocument(CSV, "FILE")}
    assert run(interfaces, "FILE", "--profile", "w", "--dry-run") == 0
    assert "the keychain cannot be used; move the keys with: aws-mfa import FILE --profile w --vault age" in said
    with pytest.raises(errors.KeychainUnavailable) as failed:
        run(interfaces, "--yes")
    age = "store the keys in a passphrase-encrypted file: aws-mfa import{} --vault age"
    assert failed.value.hints == (age.format(""),)
    with pytest.raises(errors.KeychainUnavailable) as failed:
        run(interfaces, "FILE", "--profile", "w", "--yes")
    assert failed.value.hints == (age.format(" FILE --profile w"),)


def test_a_download_is_not_stored_under_a_role() -> None:
    interfaces = interfaces_with(CSV, config=GONE.format("prod", "work"))
    with pytest.raises(errors.BadProfile, match="prod is a role, and the keys of work sign for it"):
        run(interfaces, "FILE", "--profile", "prod", "--yes")
