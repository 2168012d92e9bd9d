"""Long-term keys are found where notes and files say, moved so that no moment loses them, removed with a warning."""

from __future__ import annotations

import json

import pytest

from aws_mfa.cli.commands import vault
from aws_mfa.config.ini import section_values
from aws_mfa.errors import (
    AwsMfaError,
    BadInput,
    BadProfile,
    Cancelled,
    KeychainUnavailable,
    NeedsHuman,
    NoLongTermKeys,
    NotSetUp,
)
from aws_mfa.key_care.stored_keys import removal, stored_keys
from aws_mfa.model import LongTermKeys
from aws_mfa.vaults.choice import with_creation
from aws_mfa.vaults.journal import Place, Rotation, with_rotation
from cli.commands.running import run_command
from fakes import ANN, DEVICE, KEYS, NOW, OTHER_KEYS, FakeInterfaces, FakeTerminal, FakeVault

WORK = "work-long-term"
ROLE = "role_arn = arn:aws:iam::123456789012:role/Dev\nsource_profile = work\n"
ADOPTED = f"aws_mfa_{ROLE.replace('source', 'aws_mfa_source')}credential_process = aws-mfa credential-process dev\n"
CONFIG = f"[profile work]\nregion = eu-west-1\nmfa_serial = {DEVICE}\n[profile dev]\n{ADOPTED}"
LINES = f"aws_access_key_id = {KEYS.access_key_id}\naws_secret_access_key = {KEYS.secret_access_key.reveal()}\n"
BESIDE = "next_access_key_id = AKIANEXT\nnext_secret_access_key = s\n"


def in_vault(name: str = "keychain", credentials: str = "", keys: LongTermKeys = KEYS) -> FakeInterfaces:
    """Interfaces whose vault `name` has the keys of `work`, as the notes say."""
    interfaces = FakeInterfaces(credentials, CONFIG)
    interfaces.vaults[name].stored[WORK] = keys
    interfaces.known_keys.text = f"[{WORK}]\nvault = {name}\naws_access_key_id = {keys.access_key_id}\n"
    return interfaces


def calls(interfaces: FakeInterfaces) -> list[str]:
    return [f"{name} {call}" for name, one in interfaces.vaults.items() for call in one.calls]


def note(interfaces: FakeInterfaces) -> dict[str, str] | None:
    return section_values(interfaces.known_keys.read(), WORK)


# list


def test_noted_keys_are_listed_with_their_age_and_no_vault_is_opened(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault()
    interfaces.known_keys.text = with_creation(interfaces.known_keys.read(), KEYS.access_key_id, NOW - 12.5 * 86400)
    assert run_command(vault, interfaces, "list") == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["work", "keychain", "...KEY1", "12", "d", "-"]
    assert calls(interfaces) == []
    assert interfaces.said == []


def test_a_copy_in_plain_text_is_named_with_the_command_that_moves_it(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault(credentials=f"[work]\n{LINES}")
    run_command(vault, interfaces, "list", "--json")
    (found,) = json.loads(capsys.readouterr().out)["keys"]
    assert found == {
        "profile": "work", "vault": "keychain", "key": "...KEY1", "created_at": None,
        "in_files": ["[work] of ~/.aws/credentials"],
    }  # fmt: skip
    assert "aws-mfa import --profile work" in interfaces.said[0]
    interfaces.environ = {"AWS_MFA_VAULT": "file"}  # then it is meant
    interfaces.said.clear()
    run_command(vault, interfaces, "list")
    assert interfaces.said == []


def test_keys_of_a_file_vault_are_listed_while_they_are_rotated(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = FakeInterfaces(f"[{WORK}]\n{LINES}{BESIDE}", CONFIG)
    interfaces.known_keys.text = f"[{WORK}]\nvault = file\naws_access_key_id = {KEYS.access_key_id}\n"
    assert run_command(vault, interfaces, "list") == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["work", "file", "...KEY1"]
    assert interfaces.said == []


def test_other_keys_in_a_file_are_a_row_of_their_own() -> None:
    found, _ = stored_keys(in_vault(credentials=f"[work]\n{LINES}", keys=OTHER_KEYS))
    assert [(one.vault, one.access_key_id[-4:]) for one in found] == [("keychain", "KEY2"), ("file", "KEY1")]


# move


def test_a_move_stores_reads_back_notes_and_then_removes_the_original(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault()
    assert run_command(vault, interfaces, "move", "work", "--to", "age") == 0
    assert capsys.readouterr().out == "work: ...KEY1 moved from the keychain vault to the age vault\n"
    assert interfaces.vaults["keychain"].stored == {}
    assert interfaces.vaults["age"].stored[WORK].matches(KEYS)
    assert note(interfaces) == {"vault": "age", "aws_access_key_id": KEYS.access_key_id}
    store = interfaces.vaults["age"].calls.index(f"store {WORK}")
    assert interfaces.vaults["age"].calls[store + 1] == f"load {WORK}"
    assert interfaces.vaults["keychain"].calls[-2:] == [f"load {WORK}", f"remove {WORK}"]
    assert run_command(vault, interfaces, "move", "work", "--to", "age") == 0  # again
    assert capsys.readouterr().out == "work: already in the age vault\n"


def test_a_dry_run_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault()
    assert run_command(vault, interfaces, "move", "--all", "--to", "age", "--dry-run", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)["keys"]
    assert (row["profile"], row["key"], row["from"]) == ("work", "...KEY1", ["the keychain vault"])
    assert row["state"] == "would be moved"
    assert all(call.split()[1].startswith("load") for call in calls(interfaces))
    assert note(interfaces) == {"vault": "keychain", "aws_access_key_id": KEYS.access_key_id}


class Dies(Exception):
    """The process is killed."""


@pytest.mark.parametrize("target", ["age", "keychain", "file"])
@pytest.mark.parametrize("call", range(1, 10))
def test_killed_at_any_call_the_keys_are_somewhere_and_the_same_command_finishes(
    target: str, call: int, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "keychain" if target != "keychain" else "age"
    interfaces = in_vault(source)
    left = call

    def dies(one: FakeVault, named: str) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Dies
        one.calls.append(named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeVault, "_called", dies)
        with pytest.raises(Dies):
            run_command(vault, interfaces, "move", "work", "--to", target, "--yes")
    having = [one.stored[WORK] for one in interfaces.vaults.values() if WORK in one.stored]
    assert having
    assert all(keys.matches(KEYS) for keys in having)
    assert run_command(vault, interfaces, "move", "work", "--to", target, "--yes") == 0
    assert [name for name, one in interfaces.vaults.items() if WORK in one.stored] == [target]
    assert note(interfaces) == {"vault": target, "aws_access_key_id": KEYS.access_key_id}
    capsys.readouterr()


def test_an_original_that_cannot_be_removed_stays_and_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault()
    keychain = interfaces.vaults["keychain"]

    def fails(section: str) -> None:
        raise KeychainUnavailable("the keychain is locked", "unlock it")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keychain, "remove", fails)
        assert run_command(vault, interfaces, "move", "work", "--to", "age") == 6
    assert "work: the keys are in the age vault, but not removed elsewhere: the keychain is locked" in interfaces.said
    assert keychain.stored[WORK].matches(KEYS)
    assert "aws-mfa vault move work --to age" in stored_keys(interfaces)[1][0]
    assert run_command(vault, interfaces, "move", "work", "--to", "age") == 0
    assert keychain.stored == {}
    assert stored_keys(interfaces)[1] == []
    capsys.readouterr()


def test_keys_that_were_replaced_before_the_lock_are_the_ones_that_move(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault()
    interfaces.before_set_up = lambda: interfaces.vaults["keychain"].stored.update({WORK: OTHER_KEYS})
    assert run_command(vault, interfaces, "move", "work", "--to", "age") == 0
    assert interfaces.vaults["age"].stored[WORK].matches(OTHER_KEYS)
    capsys.readouterr()


def test_an_original_that_changed_after_the_copy_stays(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault()
    keychain, age = interfaces.vaults["keychain"], interfaces.vaults["age"]

    def store(section: str, keys: LongTermKeys) -> None:
        age.stored[section] = keys
        keychain.stored[section] = OTHER_KEYS

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(age, "store", store)
        assert run_command(vault, interfaces, "move", "work", "--to", "age") == 3
    assert keychain.stored[WORK] is OTHER_KEYS
    assert "the keychain vault got other keys" in interfaces.said[0]
    capsys.readouterr()


def test_other_keys_in_the_target_are_kept_and_the_way_out_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault()
    interfaces.vaults["age"].stored[WORK] = OTHER_KEYS
    assert run_command(vault, interfaces, "move", "work", "--to", "age") == 3
    assert interfaces.said[0] == "work: the age vault holds other keys, ...KEY2"
    assert "aws-mfa vault remove work --vault age" in interfaces.said[1]
    assert interfaces.vaults["keychain"].stored[WORK].matches(KEYS)
    capsys.readouterr()


def test_keys_of_the_file_move_and_the_session_beside_them_stays(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = FakeInterfaces(f"[work]\nregion = eu-west-1\n{LINES}[other]\nx = 1\n", CONFIG)
    assert run_command(vault, interfaces, "move", "work", "--to", "age") == 0
    assert interfaces.credentials.text == "[work]\nregion = eu-west-1\n[other]\nx = 1\n"
    assert interfaces.vaults["age"].stored[WORK].matches(KEYS)
    assert not any(call.startswith("keychain") for call in calls(interfaces))
    capsys.readouterr()


def test_keys_of_the_config_file_move_too_and_the_forks_items_leave_a_mark(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = FakeInterfaces("", f"[profile work]\nregion = eu-west-1\n{LINES}")
    assert run_command(vault, interfaces, "move", "work", "--to", "file", "--yes") == 0
    assert interfaces.config.text == "[profile work]\nregion = eu-west-1\n"
    interfaces = FakeInterfaces("", CONFIG)
    interfaces.fork.stored[WORK] = KEYS

    def dies(section: str) -> None:
        raise Dies

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interfaces.fork, "remove_fork", dies)
        with pytest.raises(Dies):
            run_command(vault, interfaces, "move", "work", "--to", "age")
    assert note(interfaces) == {"vault": "age", "aws_access_key_id": KEYS.access_key_id, "moved_from": "fork"}
    assert run_command(vault, interfaces, "move", "work", "--to", "age") == 0
    assert interfaces.fork.stored == {}
    capsys.readouterr()


@pytest.mark.parametrize(("answer", "moves"), [("y", True), ("n", False), (None, False)])
def test_plain_text_is_written_only_after_a_yes(answer: str | None, moves: bool) -> None:  # noqa: FBT001
    interfaces = in_vault()
    interfaces.terminal = FakeTerminal(*[answer] if answer else [])
    if moves:
        assert run_command(vault, interfaces, "move", "work", "--to", "file") == 0
    else:
        with pytest.raises(Cancelled if answer else NeedsHuman):
            run_command(vault, interfaces, "move", "work", "--to", "file")
    assert (WORK in interfaces.vaults["file"].stored) is moves
    assert "in plain text" in interfaces.terminal.questions[0]


def test_one_that_fails_does_not_stop_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault()
    assert run_command(vault, interfaces, "move", "dev", "wrok", "work", "--to", "age", "--json") == 3
    states = {row["profile"]: (row["state"], row["error"]) for row in json.loads(capsys.readouterr().out)["keys"]}
    assert states == {
        "dev": ("failed", "NoLongTermKeys"), "wrok": ("failed", "BadProfile"), "work": ("moved", None),
    }  # fmt: skip


def test_all_and_names_contradict_each_other() -> None:
    with pytest.raises(BadInput):
        run_command(vault, in_vault(), "move", "work", "--all", "--to", "age")


# remove


def test_the_last_copy_goes_only_if_its_profile_is_typed(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault()
    for answer in ("y", "yes", ""):
        interfaces.terminal = FakeTerminal(answer)
        with pytest.raises(Cancelled):
            run_command(vault, interfaces, "remove", "work")
    assert interfaces.vaults["keychain"].stored[WORK].matches(KEYS)
    interfaces.terminal = FakeTerminal("work")
    assert run_command(vault, interfaces, "remove", "work") == 0
    said = "\n".join(interfaces.terminal.said)
    assert "work: ...KEY1 in the keychain vault" in said
    assert "do that first: aws-mfa exec work -- aws iam delete-access-key" in said
    assert "profiles that stop working: work, dev" in said
    assert "remove the stored ones with: aws-mfa forget work dev" in said
    assert capsys.readouterr().out == "work: ...KEY1 removed from the keychain vault\n"
    delete = f"aws iam delete-access-key --access-key-id {KEYS.access_key_id}"
    assert interfaces.said == [f"IAM still accepts the key; delete it there: {delete}"]
    assert (interfaces.vaults["keychain"].stored, note(interfaces)) == ({}, None)
    assert interfaces.fake_iam.calls == []


def test_without_a_terminal_it_needs_yes_and_a_dry_run_shows_what_would_go(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault()
    interfaces.terminal = FakeTerminal(has_human=False)
    with pytest.raises(NeedsHuman) as refused:
        run_command(vault, interfaces, "remove", "work")
    assert "confirm with: --yes" in refused.value.hints
    assert run_command(vault, interfaces, "remove", "work", "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "version": 1, "profile": "work", "vault": "keychain", "key": "...KEY1", "state": "would be removed",
        "copies": [], "stops": ["work", "dev"],
    }  # fmt: skip
    assert interfaces.vaults["keychain"].stored[WORK].matches(KEYS)
    assert run_command(vault, interfaces, "remove", "work", "--yes") == 0
    assert interfaces.vaults["keychain"].stored == {}


def test_a_copy_needs_a_yes_only_and_nothing_stops_working(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = in_vault(credentials=f"[work]\n{LINES}")
    interfaces.vaults["age"].stored[WORK] = KEYS
    interfaces.terminal = FakeTerminal("y")
    assert run_command(vault, interfaces, "remove", "work") == 0
    assert interfaces.terminal.said[1] == "copies stay in the age vault and [work] of ~/.aws/credentials"
    assert "stop working" not in "".join(interfaces.terminal.said)
    assert note(interfaces) == {"vault": "age", "aws_access_key_id": KEYS.access_key_id}
    assert interfaces.credentials.text == f"[work]\n{LINES}"
    capsys.readouterr()


def test_the_same_id_with_another_secret_is_no_copy() -> None:
    interfaces = in_vault(credentials=f"[work]\n{LINES.replace('of+ann/', 'of+bob/')}")
    assert removal(WORK, None, interfaces).copies == []


def test_the_vault_named_is_the_one_that_loses_them_and_the_note_about_another_stays() -> None:
    interfaces = in_vault(credentials=f"[work]\nregion = eu-west-1\nmfa_serial = {DEVICE}\n{LINES}")
    assert run_command(vault, interfaces, "remove", "work", "--vault", "file", "--yes") == 0
    assert interfaces.credentials.text == f"[work]\nregion = eu-west-1\nmfa_serial = {DEVICE}\n"
    assert interfaces.vaults["keychain"].stored[WORK].matches(KEYS)
    assert note(interfaces) == {"vault": "keychain", "aws_access_key_id": KEYS.access_key_id}


def test_the_forks_items_are_a_copy_and_are_removed_if_they_are_the_only_one() -> None:
    interfaces = in_vault()
    interfaces.fork.stored[WORK] = KEYS
    assert [copy.place for copy in removal(WORK, None, interfaces).copies] == ["the keychain fork's items"]
    assert run_command(vault, interfaces, "remove", "work", "--yes") == 0
    assert list(interfaces.fork.stored) == [WORK]
    assert run_command(vault, interfaces, "remove", "work", "--yes") == 0
    assert interfaces.fork.stored == {}


def test_the_same_key_under_another_name_is_a_copy_and_the_profile_stops_all_the_same() -> None:
    interfaces = in_vault()
    interfaces.known_keys.text = (
        f"{interfaces.known_keys.text}[play-long-term]\nvault = age\naws_access_key_id = {KEYS.access_key_id}\n"
    )
    assert removal(WORK, None, interfaces).copies == []  # the note alone is none
    interfaces.vaults["age"].stored["play-long-term"] = KEYS
    found = removal(WORK, None, interfaces)
    assert [copy.place for copy in found.copies] == ["the age vault, as play-long-term"]
    assert found.stops == ["work", "dev"]
    assert run_command(vault, interfaces, "remove", "work", "--yes") == 0
    assert note(interfaces) is None


def test_a_copy_that_went_after_the_question_stops_the_removal_of_the_last_one() -> None:
    """Two removals at once, one of each copy: each was told that the other one stays."""
    interfaces = in_vault()
    interfaces.vaults["age"].stored[WORK] = KEYS
    interfaces.terminal = FakeTerminal("y")
    interfaces.before_set_up = interfaces.vaults["age"].stored.clear
    with pytest.raises(NotSetUp, match="the other copies are gone by now"):
        run_command(vault, interfaces, "remove", "work")
    assert interfaces.vaults["keychain"].stored[WORK] is KEYS


@pytest.mark.parametrize(
    ("failure", "says"),
    [(NotSetUp("the keychain item cannot be read"), "cannot be read"), (KeychainUnavailable("locked"), "locked")],
)
def test_a_broken_item_is_never_removed(failure: AwsMfaError, says: str) -> None:
    interfaces = in_vault()
    interfaces.vaults["keychain"].failure = failure
    with pytest.raises(type(failure), match=says):
        run_command(vault, interfaces, "remove", "work", "--yes")
    assert f"remove {WORK}" not in interfaces.vaults["keychain"].calls


def test_keys_that_are_elsewhere_or_nowhere_are_said() -> None:
    interfaces = in_vault("age")
    with pytest.raises(NoLongTermKeys, match="the keychain vault has no keys of work") as elsewhere:
        run_command(vault, interfaces, "remove", "work", "--vault", "keychain", "--yes")
    assert elsewhere.value.hints == ("they are in the age vault",)
    interfaces.vaults["age"].stored.clear()
    with pytest.raises(NoLongTermKeys) as nowhere:
        run_command(vault, interfaces, "remove", "work", "--yes")
    assert "~/.aws/mfa/known-keys" in nowhere.value.hints[0]
    with pytest.raises(BadProfile, match="there is no profile 'wrok'"):
        run_command(vault, interfaces, "remove", "wrok", "--yes")


def test_keys_that_changed_after_the_question_stay() -> None:
    interfaces = in_vault()
    interfaces.before_set_up = lambda: interfaces.vaults["keychain"].stored.update({WORK: OTHER_KEYS})
    assert run_command(vault, interfaces, "remove", "work", "--yes") == 3
    assert interfaces.vaults["keychain"].stored[WORK] is OTHER_KEYS
    assert note(interfaces) is not None


@pytest.mark.parametrize("command", [("move", "work", "--to", "age"), ("remove", "work", "--yes")])
@pytest.mark.parametrize("place", ["keychain work-long-term", "config work"])
def test_keys_whose_rotation_is_not_over_stay_where_they_are(command: tuple[str, ...], place: str) -> None:
    interfaces = in_vault()
    begun = Rotation(KEYS.access_key_id, ANN, "work", (Place(*place.split()),), NOW)
    interfaces.rotations.text = with_rotation("", begun)
    assert "aws-mfa rotate --resume" in refusal(interfaces, *command)
    interfaces.rotations.text = None  # lost
    interfaces.vaults["keychain"].beside[WORK] = OTHER_KEYS
    assert "is stored beside its keys" in refusal(interfaces, *command)
    assert interfaces.vaults["keychain"].stored[WORK].matches(KEYS)
    assert interfaces.vaults["age"].stored == {}


def refusal(interfaces: FakeInterfaces, *argv: str) -> str:
    """What the command says; it ends with 3."""
    try:
        assert run_command(vault, interfaces, *argv) == NotSetUp.exit_code
    except NotSetUp as error:
        return error.message
    return "\n".join(interfaces.said)
