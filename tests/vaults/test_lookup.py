"""Where long-term keys are looked up, in which order, and what is reported if they are nowhere."""

from __future__ import annotations

import pytest

from aws_mfa.command_lines import unset_variable
from aws_mfa.config.profile_names import SetUpHint
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.errors import AwsMfaError, BadProfile, BrokenFile, KeychainUnavailable, NeedsHuman, NoLongTermKeys
from aws_mfa.model import LongTermKeys
from aws_mfa.vaults.choice import VaultChoice, noted_vault
from aws_mfa.vaults.lookup import QuietVault, explained, find_long_term_keys, keys_are_known, note_keys
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
    for choice in (chosen("keychain"), as_noted(BY_DEFAULT, interfaces)):
        interfaces.vaults["keychain"].failure = KeychainUnavailable("locked", SetUpHint("or", " --vault age"))
        with pytest.raises(KeychainUnavailable) as failure:
            find_long_term_keys(SECTION, choice, IN_FILE, as_interfaces(interfaces))
        assert failure.value.hints == ("or: aws-mfa setup --profile work --vault age",)


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


@pytest.mark.parametrize("unlock", [(), ("unlock it",)])
def test_missing_keys_are_reported_with_the_keychains_failure_and_the_best_step_first(unlock: tuple[str, ...]) -> None:
    interfaces = FakeInterfaces()
    others = (SetUpHint("or in a file", " --vault file"), "see what is wrong: keyring diagnose")
    interfaces.vaults["keychain"].failure = KeychainUnavailable("no D-Bus session", *unlock, *others)
    with pytest.raises(NoLongTermKeys) as failure:
        find_long_term_keys(SECTION, BY_DEFAULT, None, as_interfaces(interfaces))
    assert failure.value.message.endswith("; the keychain could not be asked: no D-Bus session")
    set_up = (
        "store them with: aws-mfa setup --profile work",
        "or in a file: aws-mfa setup --profile work --vault file",
    )
    assert failure.value.hints == (*unlock, *set_up)


ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMIsK7MDENGsbPxRfiCYEXAMPLEKEY"
MISREAD = {
    "{} # prod": "AWS files have no comments behind values",
    "{}\t; prod": "AWS files have no comments behind values",
    '"{}"': "AWS files have no quotes around values: they belong to the value",
    "'{}'": "AWS files have no quotes around values: they belong to the value",
    '{}"': "AWS files have no quotes around values: they belong to the value",
    "{}\u200b": "it holds an invisible character (U+200B)",
    "\ufeff{}": "it holds an invisible character (U+FEFF)",
    "{}\u0430": "it holds characters that no key has",
    "\n  {}": "the value is on the next line",
}


@pytest.mark.parametrize("written", MISREAD)
@pytest.mark.parametrize("key", ["aws_access_key_id", "aws_secret_access_key"])
@pytest.mark.parametrize("place", ["credentials", "config", "DEFAULT"])
def test_a_value_of_more_than_a_key_is_refused_with_file_line_and_key(written: str, key: str, place: str) -> None:
    lines = {"aws_access_key_id": ID, "aws_secret_access_key": SECRET}
    lines[key] = written.format(lines[key])
    header = {"config": "profile work", "DEFAULT": "DEFAULT"}.get(place, SECTION)
    text = f"[{header}]\n# keys\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())
    text += f"[{SECTION}]\n" if place == "DEFAULT" else ""
    interfaces = FakeInterfaces("" if place == "config" else text, text if place == "config" else "")
    long_term = AwsProfiles("", interfaces.credentials.read()).credentials.values(SECTION)
    with pytest.raises(BrokenFile) as refused:
        find_long_term_keys(SECTION, BY_DEFAULT, long_term, as_interfaces(interfaces))
    line = 3 + (key == "aws_secret_access_key") + ("\n" in written)
    shown = "profile work" if place == "config" else SECTION
    path = "~/.aws/config" if place == "config" else "~/.aws/credentials"
    assert refused.value.message == f"{path}, line {line}: {key} of [{shown}]: {MISREAD[written]}"
    assert len(refused.value.hints) == 1


def test_a_secret_that_is_indented_below_the_id_is_missing_and_the_line_is_named() -> None:
    text = f"[{SECTION}]\naws_access_key_id = {ID}\n  aws_secret_access_key = {SECRET}\n"
    values = AwsProfiles("", text).credentials.values(SECTION)
    with pytest.raises(BrokenFile) as refused:
        find_long_term_keys(SECTION, BY_DEFAULT, values, as_interfaces(FakeInterfaces(text)))
    assert refused.value.message == (
        f"No option 'aws_secret_access_key' in section: '{SECTION}'; ~/.aws/credentials, line 3: aws_access_key_id of "
        f"[{SECTION}]: an indented line below it continues the value"
    )


@pytest.mark.parametrize(("key_id", "is_usual"), [(ID, True), (ID[:-1], False), (ID.lower(), False), ("test", False)])
def test_an_unusual_key_id_is_a_doubt_and_not_a_refusal(key_id: str, *, is_usual: bool) -> None:
    text = f"[{SECTION}]\naws_access_key_id = {key_id}\naws_secret_access_key = {SECRET}\n"
    interfaces = FakeInterfaces(text)
    values = AwsProfiles("", text).credentials.values(SECTION)
    assert find_long_term_keys(SECTION, BY_DEFAULT, values, as_interfaces(interfaces)).keys.access_key_id == key_id
    doubt = "~/.aws/credentials, line 2: the access key id is unusual: AWS's have 20 capital letters and digits"
    assert interfaces.said == ([] if is_usual else [doubt])


def keys_text(*keys: LongTermKeys) -> list[str]:
    return [
        f"aws_access_key_id = {one.access_key_id}\naws_secret_access_key = {one.secret_access_key.reveal()}\n"
        for one in keys
    ]


@pytest.mark.parametrize("section", ["default", "default-long-term"])
def test_the_config_file_comes_after_the_credentials_file_and_is_named(section: str) -> None:
    ours, others = keys_text(KEYS, OTHER_KEYS)
    interfaces = FakeInterfaces("", f"[default]\n{ours}")
    interfaces.config.is_wide = True
    found = find_long_term_keys(section, BY_DEFAULT, None, as_interfaces(interfaces))
    assert found.keys.matches(KEYS)
    assert found.notice == (
        "long-term keys read from ~/.aws/config, where they are stored in plain text; move them to the vault with: "
        "aws-mfa import"
    )
    assert interfaces.said == ["~/.aws/config could be read by others: now only you can (mode 0600)"]
    assert keys_are_known(section, chosen("file"), None, as_interfaces(interfaces), in_doubt=False)
    text = f"[{section}]\n{others}"
    values = AwsProfiles("", text).credentials.values(section)
    assert find_long_term_keys(section, chosen("file"), values, as_interfaces(interfaces)).keys.matches(OTHER_KEYS)


def test_half_a_pair_in_the_config_file_is_named_with_the_file() -> None:
    interfaces = FakeInterfaces("", f"[profile work]\naws_access_key_id = {ID}\n")
    with pytest.raises(NoLongTermKeys) as failure:
        find_long_term_keys("work", chosen("file"), None, as_interfaces(interfaces))
    assert failure.value.message == "No option 'aws_secret_access_key' in section: 'profile work' of ~/.aws/config"


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


def test_a_note_without_an_entry_in_the_vault_is_reported() -> None:
    interfaces = FakeInterfaces()
    note_keys(SECTION, "keychain", KEYS, as_interfaces(interfaces))
    with pytest.raises(NoLongTermKeys) as failure:
        find_long_term_keys(SECTION, as_noted(BY_DEFAULT, interfaces), None, as_interfaces(interfaces))
    assert "keychain vault, which has no entry" in failure.value.hints[0]


@pytest.mark.parametrize(
    ("source", "remedy"), [("--vault", "leave out --vault"), ("AWS_MFA_VAULT", unset_variable("AWS_MFA_VAULT"))]
)
@pytest.mark.parametrize("failure", [None, KeychainUnavailable("none here", SetUpHint("store", " --vault age"))])
def test_what_names_another_vault_than_the_note_is_named_first(
    source: str, remedy: str, failure: KeychainUnavailable | None
) -> None:
    interfaces = FakeInterfaces()
    interfaces.vaults["keychain"].failure = failure
    choice = VaultChoice("keychain", source, explicit=True, noted="age")
    with pytest.raises((KeychainUnavailable, NoLongTermKeys)) as refused:
        find_long_term_keys(SECTION, choice, None, as_interfaces(interfaces))
    assert refused.value.hints[0] == f"the keys were stored in the age vault, and {source} names another: {remedy}"
    assert not any("--vault age" in hint for hint in refused.value.hints)


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


def test_the_mode_of_a_file_that_others_could_read_is_fixed_when_keys_are_read_from_it() -> None:
    interfaces = FakeInterfaces()
    interfaces.credentials.is_wide = True
    interfaces.vaults["keychain"].stored[SECTION] = KEYS
    find_long_term_keys(SECTION, BY_DEFAULT, IN_FILE, as_interfaces(interfaces))
    assert (interfaces.said, interfaces.credentials.is_wide) == ([], True)
    interfaces.vaults["keychain"].stored.clear()
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


def test_in_a_sandbox_no_keys_are_asked_for() -> None:
    line = "credential_process = aws-mfa credential-process --from /run/s prod\n"
    profile = AwsProfiles(f"[profile prod]\n{line}", "").profile("prod")
    assert profile is not None
    error = explained(NoLongTermKeys("none"), profile, None)
    assert "gets its session from a server at a socket" in error.message
    assert [("AWS_PROFILE" in hint, "setup" in hint) for hint in error.hints] == [(True, False)]
