"""The writes of set-up: wherever they are stopped, no keys are stored beside the device of other keys."""

from __future__ import annotations

import pytest

from aws_mfa.config.ini import section_values
from aws_mfa.errors import KeychainUnavailable, NotSetUp
from aws_mfa.model import LongTermKeys
from aws_mfa.setup.setup import Write, store_all, writes_of_keys
from aws_mfa.vaults.choice import noted_vault
from fakes import ACCOUNT, KEYS, OTHER_KEYS, FakeInterfaces, as_interfaces

SECTION = "work-long-term"
ANNS, BOBS = f"arn:aws:iam::{ACCOUNT}:mfa/ann", f"arn:aws:iam::{ACCOUNT}:mfa/bob"
OWNER = {KEYS.access_key_id: ANNS, OTHER_KEYS.access_key_id: BOBS}
OF_ANN = f"# mine\n[{SECTION}]\nassume_role = x\naws_mfa_device = {ANNS}\n"


def interfaces_of_ann(vault: str = "keychain") -> FakeInterfaces:
    """Ann's keys and device are set up, the keys in this vault."""
    interfaces = FakeInterfaces(OF_ANN)
    interfaces.vaults[vault].stored[SECTION] = KEYS
    interfaces.known_keys.text = f"[{SECTION}]\nvault = {vault}\naws_access_key_id = {KEYS.access_key_id}\n"
    return interfaces


def bobs(interfaces: FakeInterfaces, vault: str = "keychain", device: str | None = BOBS) -> list[Write]:
    """The writes that replace Ann's keys and device by Bob's."""
    old = interfaces.vaults[vault].stored.get(SECTION)
    return writes_of_keys(SECTION, OTHER_KEYS, device, old, interfaces.vaults[vault], as_interfaces(interfaces))


def keys_in_use(interfaces: FakeInterfaces) -> LongTermKeys | None:
    """The keys that a renewal finds: the note says in which vault."""
    vault = noted_vault(interfaces.known_keys.read(), SECTION)
    assert vault is not None
    return interfaces.vaults[vault].stored.get(SECTION)


def assert_nothing_is_mixed(interfaces: FakeInterfaces) -> None:
    device = (section_values(interfaces.credentials.read(), SECTION) or {}).get("aws_mfa_device")
    keys = keys_in_use(interfaces)
    assert keys is not None
    assert device in (None, OWNER[keys.access_key_id])


@pytest.mark.parametrize("vault", ["keychain", "age"])
@pytest.mark.parametrize("device", [BOBS, None])
def test_killed_after_any_write_no_keys_are_beside_the_device_of_others(vault: str, device: str | None) -> None:
    """Nothing is undone after `kill -9`; and the user may have chosen another vault than before."""
    interfaces = interfaces_of_ann()
    for write in bobs(interfaces, vault, device):
        write.make()
        assert_nothing_is_mixed(interfaces)
    assert keys_in_use(interfaces) is OTHER_KEYS


def test_killed_while_undoing_no_keys_are_beside_the_device_of_others() -> None:
    interfaces = interfaces_of_ann()
    writes = bobs(interfaces)
    for write in writes:
        write.make()
    for write in reversed(writes):
        write.undo()
        assert_nothing_is_mixed(interfaces)
    assert (interfaces.credentials.text, keys_in_use(interfaces)) == (OF_ANN, KEYS)


@pytest.mark.parametrize("comes_at", [1, 2, 3, 4])
def test_a_signal_undoes_everything(comes_at: int) -> None:
    interfaces = interfaces_of_ann()
    notes = interfaces.known_keys.text
    interfaces.signals.comes_at = comes_at
    with pytest.raises(KeyboardInterrupt):
        store_all(bobs(interfaces), "look at it", as_interfaces(interfaces))
    assert (interfaces.credentials.text, keys_in_use(interfaces), interfaces.known_keys.text) == (OF_ANN, KEYS, notes)
    assert interfaces.terminal.said == []


def test_a_profile_that_was_not_there_leaves_no_section() -> None:
    interfaces = FakeInterfaces("# mine\n")
    interfaces.signals.comes_at = 4
    with pytest.raises(KeyboardInterrupt):
        store_all(bobs(interfaces), "look at it", as_interfaces(interfaces))
    assert (interfaces.credentials.read().strip(), interfaces.vaults["keychain"].stored) == ("# mine", {})


def test_a_file_that_was_never_written_does_not_keep_the_rest_from_being_undone() -> None:
    interfaces = interfaces_of_ann()
    interfaces.known_keys.failure = NotSetUp("read-only folder")
    with pytest.raises(NotSetUp, match="read-only folder") as failure:
        store_all(bobs(interfaces), "look at it", as_interfaces(interfaces))
    assert failure.value.hints == ()
    assert (interfaces.credentials.text, keys_in_use(interfaces)) == (OF_ANN, KEYS)


def test_only_what_is_still_ours_is_taken_back() -> None:
    interfaces = interfaces_of_ann()
    writes = bobs(interfaces)
    for write in writes:
        write.make()
    others = LongTermKeys("AKIAINVENTEDEVESKEY3", OTHER_KEYS.secret_access_key)
    interfaces.vaults["keychain"].stored[SECTION] = others
    interfaces.known_keys.text = f"[{SECTION}]\nvault = age\naws_access_key_id = {others.access_key_id}\n"
    interfaces.credentials.text = f"[{SECTION}]\nassume_role = x\naws_mfa_device = GAHT12345678\n"
    texts = interfaces.known_keys.text, interfaces.credentials.text
    for write in reversed(writes):
        write.undo()
    assert interfaces.vaults["keychain"].stored[SECTION] is others
    assert (interfaces.known_keys.text, interfaces.credentials.text) == texts


@pytest.mark.parametrize("signal_comes", [True, False])
def test_keys_that_cannot_be_undone_get_no_other_device_and_a_hint_is_printed(*, signal_comes: bool) -> None:
    interfaces = interfaces_of_ann()
    vault = interfaces.vaults["keychain"]
    writes = bobs(interfaces)

    def lost(text: str) -> None:
        vault.failure = KeychainUnavailable("locked meanwhile")
        raise KeyboardInterrupt if signal_comes else NotSetUp(text)

    writes[2].make = lambda: lost("disk full")
    with pytest.raises((KeyboardInterrupt, NotSetUp)) as failure:
        store_all(writes, "look at it", as_interfaces(interfaces))
    assert_nothing_is_mixed(interfaces)
    assert getattr(failure.value, "hints", ("look at it",)) == ("look at it",)
    assert interfaces.terminal.said == (["hint: look at it"] if signal_comes else [])


def test_the_same_device_stays_through_every_write() -> None:
    """As after a key rotation."""
    interfaces = interfaces_of_ann()
    for write in bobs(interfaces, device=ANNS):
        write.make()
        assert interfaces.credentials.text == OF_ANN
