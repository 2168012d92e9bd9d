from __future__ import annotations

from collections.abc import Callable

import pytest

from aws_mfa.config.ini import section_values
from aws_mfa.errors import AwsMfaError, BadInput, Cancelled, KeychainUnavailable, NeedsHuman, NotSetUp
from aws_mfa.key_care.importing import ask_consent, choose_other_vault, move_keys
from aws_mfa.key_care.search import Importable, ImportRequest, keys_given, keys_here
from aws_mfa.model import LongTermKeys
from aws_mfa.vaults.journal import Place, Rotation, with_rotation
from aws_mfa.vaults.lookup import note_keys
from fakes import DEVICE, KEYS, OTHER_KEYS, FakeDocument, FakeFork, FakeInterfaces, FakeTerminal, FakeVault, MemoryFile

WORK, PLAY = "work-long-term", "play-long-term"


def lines(keys: LongTermKeys) -> str:
    return f"aws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret_access_key.reveal()}\n"


SESSION = "[live]\nassumed_role = False\naws_access_key_id = ASIA1\naws_secret_access_key = s\naws_session_token = t\n"
CREDENTIALS = (
    f"# mine\n[work]\nregion = eu-west-1\nmfa_serial = {DEVICE}\n{lines(KEYS)}\n"
    f"[play-long-term]\n{lines(OTHER_KEYS)}\n{SESSION}"
)
CLEARED = (
    f"# mine\n[work]\nregion = eu-west-1\nmfa_serial = {DEVICE}\n\n"
    f"{SESSION}\n[work-long-term]\naws_mfa_device = {DEVICE}\n"
)


def moved(
    interfaces: FakeInterfaces, request: ImportRequest | None = None, *, replaces: bool = False, asks: bool = False
) -> Importable:
    """Find the keys and move them, as the command does after the question."""
    found = keys_here(request or ImportRequest(), interfaces)
    move_keys(found, interfaces, show=lambda _: None, replaces=replaces, asks=asks, stored=[])
    return found


def test_keys_of_both_kinds_of_section_move_once_and_every_other_line_stays() -> None:
    interfaces = FakeInterfaces(CREDENTIALS)
    found = moved(interfaces)
    assert found.left == []
    assert interfaces.credentials.text == CLEARED
    stored = interfaces.vault("keychain").stored
    assert list(stored) == [WORK, PLAY]
    assert stored[WORK].matches(KEYS)
    assert stored[PLAY].matches(OTHER_KEYS)
    found = keys_here(ImportRequest(), interfaces)  # a second run
    assert (found.moves, found.left) == ([], [])
    assert found.looked_at == ["~/.aws/credentials", "~/.aws/config", "the keychain fork's items"]


def test_keys_whose_rotation_is_not_over_stay_where_they_are() -> None:
    interfaces = FakeInterfaces(CREDENTIALS)
    begun = Rotation(KEYS.access_key_id, "arn", "work", (Place("file", WORK),), 0.0)
    interfaces.rotations.text = with_rotation("", begun)
    with pytest.raises(NotSetUp, match="while they are rotated"):
        moved(interfaces)
    assert interfaces.credentials.text == CREDENTIALS
    beside = "next_access_key_id = AKIANEXT\nnext_secret_access_key = s\n"
    found = keys_here(ImportRequest(), FakeInterfaces(f"[work]\n{lines(KEYS)}{beside}"))  # its journal is lost
    assert (found.moves, len(found.left)) == ([], 1)
    assert "the rotation of these keys is not over: aws-mfa rotate --resume" in found.left[0]


def test_the_vault_and_key_id_are_noted() -> None:
    interfaces = FakeInterfaces(CREDENTIALS)
    moved(interfaces, ImportRequest(vault="age"))
    noted = {"vault": "age", "aws_access_key_id": KEYS.access_key_id}
    assert section_values(interfaces.known_keys.read(), WORK) == noted


def test_keys_go_to_the_vault_that_holds_their_name_already() -> None:
    interfaces = FakeInterfaces(CREDENTIALS)
    interfaces.known_keys.text = f"[{WORK}]\nvault = age\n"
    moves = keys_here(ImportRequest(), interfaces).moves
    assert [(move.name, move.vault) for move in moves] == [(WORK, "age"), (PLAY, "keychain")]


@pytest.mark.parametrize("profile", ["play", "play-long-term"])
def test_only_one_profile(profile: str) -> None:
    interfaces = FakeInterfaces(CREDENTIALS)
    moved(interfaces, ImportRequest(profile=profile))
    assert list(interfaces.vault("keychain").stored) == [PLAY]
    assert interfaces.credentials.text == CREDENTIALS.replace(f"[play-long-term]\n{lines(OTHER_KEYS)}\n", "")


def test_the_forks_items_are_found_for_every_profile_the_files_name() -> None:
    interfaces = FakeInterfaces("[a]\nx = 1\n[b-long-term]\naws_mfa_device = d\n", "[profile c]\nregion = eu-west-1\n")
    names = ("default-long-term", "a-long-term", "b-long-term", "c-long-term")
    interfaces.fork.stored = dict.fromkeys((*names, "unknown-long-term"), KEYS)
    interfaces.fork.device = DEVICE
    moved(interfaces)
    assert tuple(interfaces.vault("keychain").stored) == names
    assert list(interfaces.fork.stored) == ["unknown-long-term"]
    assert section_values(interfaces.credentials.read(), "c-long-term") == {"aws_mfa_device": DEVICE}


def test_the_same_keys_in_file_and_fork_are_one_import() -> None:
    interfaces = FakeInterfaces(f"[work]\n{lines(KEYS)}[work-long-term]\n# mine\n{lines(KEYS)}")
    interfaces.fork.stored = {WORK: KEYS}
    (move,) = keys_here(ImportRequest(), interfaces).moves
    assert len(move.finds) == 3
    moved(interfaces)
    assert interfaces.credentials.text == "[work-long-term]\n# mine\n"
    assert interfaces.fork.stored == {}


def test_two_different_keys_for_one_name_are_left_and_the_others_move() -> None:
    text = f"[work]\n{lines(KEYS)}[work-long-term]\n{lines(OTHER_KEYS)}"
    interfaces = FakeInterfaces(f"{text}[play]\n{lines(KEYS)}")
    found = moved(interfaces)
    (left,) = found.left
    assert "...KEY1" in left
    assert "...KEY2" in left
    assert interfaces.credentials.text == text
    assert list(interfaces.vault("keychain").stored) == [PLAY]


def test_other_keys_in_the_vault_are_kept_without_a_flag() -> None:
    interfaces = FakeInterfaces(f"[work]\n{lines(KEYS)}")
    interfaces.vault("keychain").stored = {WORK: OTHER_KEYS}
    found = moved(interfaces)
    assert "--replace" in found.left[0]
    assert interfaces.credentials.text == f"[work]\n{lines(KEYS)}"
    assert interfaces.vault("keychain").stored[WORK] is OTHER_KEYS
    moved(interfaces, replaces=True)
    assert interfaces.vault("keychain").stored[WORK].matches(KEYS)
    assert interfaces.credentials.text == ""


@pytest.mark.parametrize(("answer", "kept"), [("y", False), ("n", True), ("", True)])
def test_a_person_is_asked_before_keys_in_the_vault_are_replaced(answer: str, kept: bool) -> None:  # noqa: FBT001
    interfaces = FakeInterfaces(f"[work]\n{lines(KEYS)}")
    interfaces.vault("keychain").stored = {WORK: OTHER_KEYS}
    interfaces.terminal = FakeTerminal(answer)
    moved(interfaces, asks=True)
    assert interfaces.terminal.questions == [f"{WORK}: replace ...KEY2 in the keychain vault by ...KEY1? [y/n] "]
    assert interfaces.vault("keychain").stored[WORK].matches(OTHER_KEYS) is kept


def test_keys_used_with_a_suffix_are_left_until_the_suffix_is_given() -> None:
    """Under the default name a run with `--long-term-suffix keys` would no longer find them."""
    session = SESSION.replace("[live]", "[work]")
    interfaces = FakeInterfaces(f"[work-keys]\n{lines(KEYS)}aws_mfa_device = {DEVICE}\n{session}")
    (left,) = moved(interfaces).left
    assert "--long-term-suffix keys" in left
    assert interfaces.vault("keychain").stored == {}
    moved(interfaces, ImportRequest(long_term_suffix="keys"))
    assert list(interfaces.vault("keychain").stored) == ["work-keys"]
    assert interfaces.credentials.text == f"[work-keys]\naws_mfa_device = {DEVICE}\n{session}"


def test_keys_in_the_file_do_not_move_to_the_file() -> None:
    with pytest.raises(BadInput, match="already"):
        keys_here(ImportRequest(vault="file", use_keychain=False), FakeInterfaces(f"[{WORK}]\n{lines(KEYS)}"))


def test_the_forks_items_can_move_to_the_file() -> None:
    text = f"[play-long-term]\n{lines(OTHER_KEYS)}\n{SESSION}"
    interfaces = FakeInterfaces(text)
    interfaces.fork.stored = {"live-long-term": KEYS}
    moved(interfaces, ImportRequest(vault="file"))
    assert list(interfaces.vault("file").stored) == ["live-long-term"]
    assert (interfaces.credentials.text, interfaces.fork.stored) == (text, {})


@pytest.mark.parametrize("answer", ["y", "n"])
def test_if_the_keychain_cannot_be_used_a_person_is_offered_the_age_vault(answer: str) -> None:
    interfaces = FakeInterfaces(CREDENTIALS)
    interfaces.fork, interfaces.terminal = BrokenFork(), FakeTerminal(answer)
    found = keys_here(ImportRequest(), interfaces)
    if answer == "n":
        with pytest.raises(KeychainUnavailable):
            choose_other_vault(found, interfaces, may_ask=True)
    else:
        choose_other_vault(found, interfaces, may_ask=True)
        assert {move.vault for move in found.moves} == {"age"}


class BrokenFork(FakeFork):
    def load_fork(self, section: str) -> LongTermKeys | None:
        raise KeychainUnavailable("this machine has no keychain")


def test_consent_is_a_yes() -> None:
    interfaces = FakeInterfaces()
    interfaces.terminal = FakeTerminal("Yes ", "", "n")
    ask_consent("Move? ", interfaces)
    for _ in range(2):
        with pytest.raises(Cancelled, match="nothing was changed"):
            ask_consent("Move? ", interfaces)
    with pytest.raises(NeedsHuman) as failed:
        ask_consent("Move? ", interfaces)
    assert "confirm with: --yes" in failed.value.hints


def test_a_section_changed_in_the_meantime_is_left_and_named() -> None:
    interfaces = FakeInterfaces(f"[work]\n{lines(KEYS)}")
    found = keys_here(ImportRequest(), interfaces)
    interfaces.credentials.text = f"[work]\n{lines(OTHER_KEYS)}"
    move_keys(found, interfaces, show=lambda _: None, replaces=False, asks=False, stored=[])
    assert found.left == ["[work] of ~/.aws/credentials not changed: it got other keys in the meantime"]
    assert interfaces.credentials.text == f"[work]\n{lines(OTHER_KEYS)}"


class Forgetful(FakeVault):
    """Takes keys and gives others back."""

    def load(self, section: str) -> LongTermKeys | None:
        return OTHER_KEYS if section in self.stored else None


def test_nothing_is_removed_if_the_vault_gives_other_keys_back() -> None:
    interfaces = FakeInterfaces(f"[work]\n{lines(KEYS)}")
    interfaces.vaults["keychain"] = Forgetful()
    interfaces.fork.stored = {WORK: KEYS}
    with pytest.raises(KeychainUnavailable, match="does not give back"):
        moved(interfaces)
    assert interfaces.credentials.text == f"[work]\n{lines(KEYS)}"
    assert list(interfaces.fork.stored) == [WORK]


def test_a_vault_that_cannot_store_is_found_out_before_anything_is_stored() -> None:
    interfaces = FakeInterfaces(CREDENTIALS)
    interfaces.vault("keychain").failure = NotSetUp("locked")
    with pytest.raises(NotSetUp):
        moved(interfaces)
    assert interfaces.vault("keychain").calls == ["check"]
    assert interfaces.credentials.text == CREDENTIALS


class Dead(AwsMfaError):
    """The process was killed."""


class Life:
    """Ends after so many steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Dead("killed")

    def around(self, effect: Callable[[], object]) -> None:
        """Death may come before the effect or right after it."""
        self.step()
        effect()
        self.step()


class MortalVault(FakeVault):
    life = Life(0)

    def check(self) -> None:
        self.life.step()

    def load(self, section: str) -> LongTermKeys | None:
        self.life.step()
        return super().load(section)

    def store(self, section: str, keys: LongTermKeys) -> None:
        self.life.around(lambda: FakeVault.store(self, section, keys))


class MortalFork(FakeFork):
    life = Life(0)

    def fork_device(self, section: str) -> str | None:
        return DEVICE if section in self.stored else None

    def remove_fork(self, section: str) -> None:
        self.life.around(lambda: FakeFork.remove_fork(self, section))


class MortalFile(MemoryFile):
    life = Life(0)

    def update(self, edit: Callable[[str], str]) -> bool:
        self.life.around(lambda: MemoryFile.update(self, edit))
        return True


class MortalInterfaces(FakeInterfaces):
    """Every part that changes anything dies after so many steps."""

    def __init__(self, vault: str) -> None:
        super().__init__(CREDENTIALS)
        self.mortal_vault = self.vaults[vault] = MortalVault(vault)
        self.mortal_fork = self.fork = MortalFork(live_long_term=KEYS, work_long_term=KEYS)
        self.mortal_file = self.credentials = MortalFile(CREDENTIALS)
        self.mortal_note = self.known_keys = MortalFile(None)

    def lives(self, steps: int) -> Life:
        life = Life(steps)
        for mortal in (self.mortal_vault, self.mortal_fork, self.mortal_file, self.mortal_note):
            mortal.life = life
        return life

    def places(self, name: str, keys: LongTermKeys, *sections: str) -> list[str]:
        """Where the keys are."""
        read = self.credentials.read()
        found = {section: LongTermKeys.in_section(section_values(read, section)) for section in sections}
        found |= {"fork": self.fork.stored.get(name), "vault": self.mortal_vault.stored.get(name)}
        return [place for place, held in found.items() if held is not None and held.matches(keys)]


@pytest.mark.parametrize("vault", ["keychain", "age"])
def test_whatever_step_is_the_last_no_key_is_lost_and_the_next_run_finishes(vault: str) -> None:
    """Killed before or after each effect: the keys are in their old place, in the vault, or in both."""
    steps = 0
    while True:
        interfaces = MortalInterfaces(vault)
        life = interfaces.lives(steps)
        died = False
        try:
            moved(interfaces, ImportRequest(vault=vault))
        except Dead:
            died = True
        for name, keys, section in ((WORK, KEYS, "work"), (PLAY, OTHER_KEYS, PLAY), ("live-long-term", KEYS, "-")):
            places = interfaces.places(name, keys, section)
            assert places, (steps, name)
            assert "vault" in places or set(places) >= ({section} - {"-"}), (steps, name)
        interfaces.lives(10_000)
        assert moved(interfaces, ImportRequest(vault=vault)).left == []
        assert interfaces.credentials.text == f"{CLEARED}\n[live-long-term]\naws_mfa_device = {DEVICE}\n"
        assert interfaces.fork.stored == {}
        assert sorted(interfaces.mortal_vault.stored) == ["live-long-term", PLAY, WORK]
        assert section_values(interfaces.known_keys.read(), PLAY) is not None
        if not died:
            break
        steps += 1
    assert life.left == 0
    assert steps > 20


def given(text: str, profile: str | None = None) -> tuple[FakeInterfaces, Importable]:
    interfaces = FakeInterfaces(CREDENTIALS)
    return interfaces, keys_given(FakeDocument(text), ImportRequest(profile=profile), interfaces)


CSV = f"Access key ID,Secret access key\n{KEYS.access_key_id},{KEYS.secret_access_key.reveal()}\n"


@pytest.mark.parametrize(("profile", "name"), [(None, "default-long-term"), ("new", "new-long-term")])
def test_a_download_is_stored_under_the_profile_named(profile: str | None, name: str) -> None:
    interfaces, found = given(CSV, profile)
    move_keys(found, interfaces, show=lambda _: None, replaces=False, asks=False, stored=[])
    assert interfaces.vault("keychain").stored[name].matches(KEYS)
    assert interfaces.credentials.text == CREDENTIALS


def test_a_file_of_profiles_keeps_their_names_and_devices() -> None:
    interfaces, found = given(f"[a]\n{lines(KEYS)}mfa_serial = {DEVICE}\n[b-long-term]\n{lines(OTHER_KEYS)}")
    move_keys(found, interfaces, show=lambda _: None, replaces=False, asks=False, stored=[])
    assert list(interfaces.vault("keychain").stored) == ["a-long-term", "b-long-term"]
    assert interfaces.credentials.text == f"{CREDENTIALS}\n[a-long-term]\naws_mfa_device = {DEVICE}\n"


def test_a_file_without_keys_of_the_profile_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"^FILE holds no long-term keys of profile c$"):
        given(f"[a]\n{lines(KEYS)}", "c")
    with pytest.raises(BadInput, match=r"^FILE holds no long-term keys$"):
        given(SESSION)


def test_the_credentials_file_itself_is_not_a_document() -> None:
    interfaces = FakeInterfaces(CREDENTIALS)
    with pytest.raises(BadInput, match="is the credentials file itself"):
        keys_given(FakeDocument(CREDENTIALS, path=interfaces.credentials.path), ImportRequest(), interfaces)


def test_what_cannot_be_a_profile_or_a_key_is_left_with_its_reason() -> None:
    interfaces = FakeInterfaces(f"[DEFAULT]\n{lines(KEYS)}[a]\n{lines(KEYS).replace('invented', 'two words')}")
    found = moved(interfaces)
    default, of_a = found.left
    assert default.startswith("[DEFAULT] of ~/.aws/credentials not changed: ")
    assert of_a.startswith("[a] of ~/.aws/credentials not changed: line 6: ")
    assert interfaces.vault("keychain").stored == {}


def test_keys_that_set_up_wrote_to_the_file_move_to_the_keychain() -> None:
    """A note that names the file must not make it both the vault and the place to clear."""
    interfaces = FakeInterfaces(f"[{WORK}]\n{lines(KEYS)}")
    note_keys(WORK, "file", KEYS, interfaces)
    moved(interfaces)
    assert interfaces.vault("keychain").stored[WORK].matches(KEYS)


def test_a_move_into_the_place_it_would_clear_is_refused() -> None:
    interfaces = FakeInterfaces(f"[{WORK}]\n{lines(KEYS)}")
    found = keys_here(ImportRequest(), interfaces)
    found.moves[0].vault = "file"
    with pytest.raises(BadInput, match="already"):
        move_keys(found, interfaces, show=lambda _: None, replaces=True, asks=False, stored=[])
    assert interfaces.credentials.text == f"[{WORK}]\n{lines(KEYS)}"


def test_a_keychain_that_forgets_at_logout_does_not_get_the_only_copy() -> None:
    interfaces = FakeInterfaces(CREDENTIALS)
    interfaces.vaults["keychain"].is_forgetful = True
    with pytest.raises(KeychainUnavailable, match="forgets"):
        moved(interfaces)
    assert interfaces.credentials.text == CREDENTIALS


def test_the_forks_items_are_found_for_a_profile_that_only_a_role_names() -> None:
    config = "[profile d]\nrole_arn = r\nsource_profile = fk\n[profile e]\naws_mfa_source_profile = gk\n"
    interfaces = FakeInterfaces("", f"{config}[profile 'two words']\n")
    names = ("two words-long-term", "fk-long-term", "gk-long-term")
    interfaces.fork.stored = dict.fromkeys(names, KEYS)
    moved(interfaces)
    assert tuple(interfaces.vault("keychain").stored) == names


def test_a_section_with_a_bracket_in_its_name_moves_if_it_gets_no_new_name() -> None:
    text = f"[x]y]\n{lines(KEYS)}[x]y-long-term]\n{lines(OTHER_KEYS)}"
    interfaces = FakeInterfaces(text)
    found = moved(interfaces)
    assert list(interfaces.vault("keychain").stored) == ["x]y-long-term"]
    assert [line.partition(":")[0] for line in found.left] == ["[x]y] of ~/.aws/credentials not changed"]
