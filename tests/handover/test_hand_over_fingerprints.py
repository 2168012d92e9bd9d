"""When a session handed over leaves a fingerprint: where files alone say what the next answer is, and only then."""

from __future__ import annotations

import pytest

from aws_mfa.handover.hand_over import hand_over
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.renewal.policies import Overlay
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.sessions.entry import text_of_inputs
from aws_mfa.sessions.inputs import label_in
from fakes import DEVICE, KEYS, FakeInterfaces, FakeTerminal, a_session, as_interfaces

ROLE = "arn:aws:iam::123456789012:role/dev"
CONFIG = f"[profile dev]\nrole_arn = {ROLE}\nsource_profile = work\nregion = eu-west-1\n"
NOTED = f"[work-long-term]\nvault = keychain\naws_access_key_id = {KEYS.access_key_id}\n"


def some_interfaces(*, notes: str = NOTED, device: str = f"mfa_serial = {DEVICE}\n") -> FakeInterfaces:
    interfaces = FakeInterfaces("", f"{CONFIG}[profile work]\n{device}")
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.known_keys.text = notes
    interfaces.terminal = FakeTerminal("123456", "234567")
    return interfaces


def noted(interfaces: FakeInterfaces, wanted: RenewalRequest | None = None) -> set[str]:
    hand_over(wanted or RenewalRequest(["dev"]), as_interfaces(interfaces))
    return set(interfaces.watch.noted)


def test_a_new_session_and_a_stored_one_leave_the_same_fingerprint() -> None:
    interfaces = some_interfaces()
    assert noted(interfaces) == {"dev"}
    first = interfaces.watch.noted.pop("dev")
    assert noted(interfaces) == {"dev"}
    second = interfaces.watch.noted["dev"]
    stored = interfaces.session_cache.one("dev")
    for found in (first, second):
        assert (label_in(found.name), found.region) == ("dev", "eu-west-1")
        assert found.inputs_text == text_of_inputs(stored.inputs)


def test_a_users_own_session_has_its_users_label() -> None:
    interfaces = some_interfaces()
    assert noted(interfaces, RenewalRequest(["work"])) == {"work"}
    assert label_in(interfaces.watch.noted["work"].name) == "mfa@work-long-term"


def test_keys_in_a_vault_that_nobody_noted_leave_none() -> None:
    """Whoever replaces them there changes no file, and the old session would be handed over for hours."""
    interfaces = some_interfaces(notes="[work-long-term]\nvault = keychain\n")
    assert noted(interfaces) == set()
    interfaces.vaults["keychain"].stored["work-long-term"] = LongTermKeys("AKIAROTATED", Secret("s"))
    assert noted(interfaces) == set()


def test_keys_in_the_file_leave_one() -> None:
    """The vault had none when the session was got; what our commands put there later is noted, and so seen."""
    interfaces = some_interfaces(notes="")
    interfaces.vaults["keychain"].stored.clear()
    interfaces.credentials.text = (
        f"[work-long-term]\naws_access_key_id = {KEYS.access_key_id}\naws_secret_access_key = s\n"
    )
    assert noted(interfaces) == {"dev"}


def test_a_device_that_iam_was_asked_for_leaves_none() -> None:
    assert noted(some_interfaces(device="")) == set()


@pytest.mark.parametrize(
    "wanted",
    [
        RenewalRequest(["dev"], token="123456"),
        RenewalRequest(["dev"], min_remaining_s=60),
        RenewalRequest(["dev"], overlay=Overlay(read_only=True)),
        RenewalRequest(["dev"], vault="keychain"),
        RenewalRequest(["dev"], use_keychain=False),
    ],
    ids=["--token", "--min-remaining", "--read-only", "--vault", "--no-keychain"],
)
def test_requests_with_flags_leave_none(wanted: RenewalRequest) -> None:
    interfaces = some_interfaces()
    interfaces.vaults["file"].stored["work-long-term"] = KEYS
    interfaces.credentials.text = (
        f"[work-long-term]\naws_access_key_id = {KEYS.access_key_id}\naws_secret_access_key = s\n"
    )
    assert noted(interfaces, wanted) == set()


def test_what_the_cache_did_not_keep_leaves_none() -> None:
    interfaces = some_interfaces()
    interfaces.session_cache.keeps = False
    assert noted(interfaces) == set()


def test_a_session_that_is_not_the_cached_one_leaves_none() -> None:
    """The credentials file's lasts longer, or another process has just stored a third."""
    interfaces = some_interfaces()
    noted(interfaces)
    interfaces.watch.noted.clear()
    cached = a_session(lasts_s=3600, role_arn=ROLE)
    cached.access_key_id = "ASIAOTHER"
    answers = iter([a_session(lasts_s=3600, role_arn=ROLE), cached])
    interfaces.session_cache.one("dev").session = lambda: next(answers)  # type: ignore[method-assign]
    assert noted(interfaces) == set()
