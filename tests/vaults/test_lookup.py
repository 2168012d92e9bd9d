"""Where long-term keys are looked up, in which order, and what is reported if they are nowhere."""

from __future__ import annotations

import pytest

from aws_mfa.config.profile_names import SetUpHint
from aws_mfa.errors import AwsMfaError, BadProfile, BrokenFile, KeychainUnavailable, NeedsHuman, NoLongTermKeys
from aws_mfa.vaults.choice import VaultChoice, noted_vault
from aws_mfa.vaults.lookup import QuietVault, find_long_term_keys, keys_are_known, note_keys
from fakes import KEYS, OTHER_KEYS, FakeInterfaces, as_interfaces

SECTION = "work-long-term"
BY_DEFAULT = VaultChoice("keychain", "the default", explicit=False)
IN_FILE = {"aws_access_key_id": OTHER_KEYS.access_key_id, "aws_secret_access_key": "invented/secret+of+bob"}


def chosen(name: str) -> VaultChoice:
    return VaultChoice(name, "--vault", explicit=True)


def as_noted(choice: VaultChoice, interfaces: FakeInterfaces) -> VaultChoice:
    """The choice of a run that has read the note."""
    noted = noted_vault(interfaces.known_keys.read(), SECTION)
    return VaultChoice(choice.name, choice.source, explicit=choice.explicit, noted=noted)


def test_the_keychain_comes_first_then_the_forks_items_then_the_file_with_an_offer_to_import() -> None:
    """K3: users of the file do not break on upgrade."""
    interfaces = FakeInterfaces()
    found = find_long_term_keys(SECTION, BY_DEFAULT, IN_FILE, as_interfaces(interfaces))
    assert found.keys.matches(OTHER_KEYS)
    assert "aws-mfa import" in (found.notice or "")
    interfaces.fork.stored[SECTION] = KEYS
    found = find_long_term_keys(SECTION, BY_DEFAULT, IN_FILE, as_interfaces(interfaces))
    assert found.keys is KEYS
    assert "aws-mfa import" in (found.notice or "")
    interfaces.vaults["keychain"].stored[SECTION] = KEYS
    found = find_long_term_keys(SECTION, BY_DEFAULT, IN_FILE, as_interfaces(interfaces))
    assert (found.keys, found.place, found.notice) == (KEYS, "keychain", None)


def test_the_file_vault_opens_no_keychain_and_prints_nothing() -> None:
    interfaces = FakeInterfaces()
    found = find_long_term_keys(SECTION, chosen("file"), IN_FILE, as_interfaces(interfaces))
    assert found.notice is None
    assert interfaces.vaults["keychain"].calls == []


def test_without_a_keychain_the_files_keys_are_used_with_a_message() -> None:
    interfaces = FakeInterfaces()
    interfaces.vaults["keychain"].failure = KeychainUnavailable("no D-Bus session", "use --vault age")
    found = find_long_term_keys(SECTION, BY_DEFAULT, IN_FILE, as_interfaces(interfaces))
    assert found.keys.matches(OTHER_KEYS)
    assert (found.notice or "").startswith("no D-Bus session; ")


def test_a_locked_keychain_that_was_chosen_or_noted_is_never_replaced_by_stale_keys_of_the_file() -> None:
    interfaces = FakeInterfaces()
    note_keys(SECTION, "keychain", KEYS, as_interfaces(interfaces))
    interfaces.vaults["keychain"].failure = KeychainUnavailable("locked")
    for choice in (chosen("keychain"), as_noted(BY_DEFAULT, interfaces)):
        with pytest.raises(KeychainUnavailable):
            find_long_term_keys(SECTION, choice, IN_FILE, as_interfaces(interfaces))


@pytest.mark.parametrize(
    ("long_term", "beginning"),
    [
        (None, r"Long term credentials session '\[work-long-term\]' is missing\. You must add this section"),
        ({"aws_mfa_device": "x"}, "No option 'aws_access_key_id' in section: 'work-long-term'"),
        ({"aws_access_key_id": "AKIA"}, "No option 'aws_secret_access_key' in section: 'work-long-term'"),
    ],
)
def test_missing_keys_are_reported_as_the_old_tool_did(long_term: dict[str, str] | None, beginning: str) -> None:
    with pytest.raises(NoLongTermKeys, match=beginning) as failure:
        find_long_term_keys(SECTION, BY_DEFAULT, long_term, as_interfaces(FakeInterfaces()))
    assert "store them with: aws-mfa setup --profile work" in failure.value.hints


def test_missing_keys_are_reported_with_the_keychains_failure() -> None:
    interfaces = FakeInterfaces()
    interfaces.vaults["keychain"].failure = KeychainUnavailable("no D-Bus session", "use --vault age")
    with pytest.raises(NoLongTermKeys) as failure:
        find_long_term_keys(SECTION, BY_DEFAULT, None, as_interfaces(interfaces))
    assert failure.value.hints[:2] == ("the keychain could not be asked (no D-Bus session)", "use --vault age")


def test_a_note_says_whether_keys_exist_without_the_vault_by_default_or_chosen() -> None:
    interfaces = FakeInterfaces()
    for vault, choice in (("keychain", BY_DEFAULT), ("age", chosen("age"))):
        note_keys(SECTION, vault, KEYS, as_interfaces(interfaces))
        assert keys_are_known(SECTION, as_noted(choice, interfaces), None, as_interfaces(interfaces), in_doubt=False)
        assert interfaces.vaults[vault].calls == []
    assert "secret" not in interfaces.known_keys.read()
    other = as_noted(chosen("keychain"), interfaces)
    assert not keys_are_known(SECTION, other, None, as_interfaces(interfaces), in_doubt=False)


@pytest.mark.parametrize("in_doubt", [True, False])
def test_a_keychain_that_cannot_be_asked_is_a_doubt(in_doubt: bool) -> None:  # noqa: FBT001  # pytest's parameter
    interfaces = FakeInterfaces()
    interfaces.vaults["keychain"].failure = KeychainUnavailable("locked")
    assert keys_are_known(SECTION, BY_DEFAULT, None, as_interfaces(interfaces), in_doubt=in_doubt) is in_doubt


def test_a_new_note_replaces_the_old_one() -> None:
    interfaces = FakeInterfaces()
    note_keys(SECTION, "age", KEYS, as_interfaces(interfaces))
    note_keys(SECTION, "file", KEYS, as_interfaces(interfaces))
    assert interfaces.known_keys.read().count("vault = file") == 1
    assert "vault = age" not in interfaces.known_keys.read()


def test_a_note_without_an_entry_in_the_vault_is_reported() -> None:
    interfaces = FakeInterfaces()
    note_keys(SECTION, "keychain", KEYS, as_interfaces(interfaces))
    with pytest.raises(NoLongTermKeys) as failure:
        find_long_term_keys(SECTION, as_noted(BY_DEFAULT, interfaces), None, as_interfaces(interfaces))
    assert "keychain vault, which has no entry" in failure.value.hints[0]


def test_a_key_id_of_the_fork_without_its_secret_is_reported_by_the_missing_half() -> None:
    interfaces = FakeInterfaces()
    interfaces.fork.key_id = "AKIAINVENTED"
    for long_term in (None, {"aws_mfa_device": "x"}):
        with pytest.raises(NoLongTermKeys) as failure:
            find_long_term_keys(SECTION, BY_DEFAULT, long_term, as_interfaces(interfaces))
        assert failure.value.message == "No option 'aws_secret_access_key' in section: 'work-long-term'"
        assert "from the keychain fork" in failure.value.hints[0]
        assert failure.value.hints[1] == "store both: aws-mfa setup --profile work"
    assert find_long_term_keys(SECTION, BY_DEFAULT, IN_FILE, as_interfaces(interfaces)).place == "file"


def test_an_age_vault_is_opened_only_without_a_good_session_and_a_note() -> None:
    """Then the passphrase is needed in a moment anyway; with a good session it is not asked for."""
    interfaces = FakeInterfaces()
    interfaces.vaults["age"].stored[SECTION] = KEYS
    assert keys_are_known(SECTION, chosen("age"), None, as_interfaces(interfaces), in_doubt=True)
    assert interfaces.vaults["age"].calls == []
    assert keys_are_known(SECTION, chosen("age"), None, as_interfaces(interfaces), in_doubt=False)
    assert not keys_are_known("other-long-term", chosen("age"), None, as_interfaces(interfaces), in_doubt=False)


@pytest.mark.parametrize("explicit", [True, False])
def test_the_hints_about_a_keychain_that_cannot_be_asked_name_the_profile(*, explicit: bool) -> None:
    interfaces = FakeInterfaces()
    interfaces.vaults["keychain"].failure = KeychainUnavailable("locked", SetUpHint("or", " --vault age"))
    choice = chosen("keychain") if explicit else BY_DEFAULT
    with pytest.raises((KeychainUnavailable, NoLongTermKeys)) as failure:
        find_long_term_keys(SECTION, choice, None, as_interfaces(interfaces))
    assert "or: aws-mfa setup --profile work --vault age" in failure.value.hints


def test_the_mode_of_a_file_that_others_could_read_is_fixed_when_keys_are_read_from_it() -> None:
    interfaces = FakeInterfaces()
    interfaces.credentials.is_wide = True
    for _ in range(2):
        find_long_term_keys(SECTION, BY_DEFAULT, IN_FILE, as_interfaces(interfaces))
    assert interfaces.said == ["~/.aws/credentials could be read by others: now only you can (mode 0600)"]


@pytest.mark.parametrize("name", ["credentials", "known_keys"])
def test_a_broken_file_is_named_by_its_path_if_keys_are_missing(name: str) -> None:
    interfaces = FakeInterfaces()
    file = getattr(interfaces, name)
    file.text = "no section\n"
    with pytest.raises(BrokenFile, match=f"^{file.path}, line 1: "):
        find_long_term_keys(SECTION, BY_DEFAULT, None, as_interfaces(interfaces))


def test_a_file_that_gives_no_keys_is_not_changed() -> None:
    interfaces = FakeInterfaces()
    interfaces.credentials.is_wide = True
    interfaces.vaults["keychain"].stored[SECTION] = KEYS
    find_long_term_keys(SECTION, BY_DEFAULT, IN_FILE, as_interfaces(interfaces))
    assert (interfaces.said, interfaces.credentials.is_wide) == ([], True)


@pytest.mark.parametrize(("vault", "found"), [(None, True), ("keychain", True), ("age", False), ("file", False)])
def test_a_name_that_no_file_has_is_looked_up_in_the_vault_in_use(vault: str | None, *, found: bool) -> None:
    interfaces = FakeInterfaces()
    interfaces.fork.stored[SECTION] = KEYS
    assert QuietVault(as_interfaces(interfaces), vault).has_keys("work") is found


@pytest.mark.parametrize("failure", [KeychainUnavailable("locked"), NeedsHuman("a passphrase")])
def test_a_vault_that_would_have_to_ask_is_not_opened_and_the_failure_says_so(failure: AwsMfaError) -> None:
    interfaces = FakeInterfaces()
    interfaces.vaults["keychain"].failure = failure
    vault = QuietVault(as_interfaces(interfaces), None)
    unknown, other = BadProfile("there is no profile 'work'", "did you mean: wrok"), AwsMfaError("no device")
    assert vault.explained(unknown) is unknown
    assert not vault.has_keys("work")
    error = vault.explained(unknown)
    assert (error.message, error.hints[0]) == (unknown.message, "did you mean: wrok")
    assert error.hints[1].startswith(f"the keychain vault was not searched ({failure.message}): ")
    assert vault.explained(other) is other


def test_a_profile_is_looked_up_once() -> None:
    interfaces = FakeInterfaces()
    vault = QuietVault(as_interfaces(interfaces), None)
    assert not vault.has_keys("work")
    interfaces.vaults["keychain"].stored[SECTION] = KEYS
    assert not vault.has_keys("work")
