from __future__ import annotations

import pytest

from aws_mfa.errors import AwsMfaError, BadProfile, KeychainUnavailable, NeedsHuman
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.workflows.quiet_vault import QuietVault
from fakes import FakeOutside, as_outside

SECTION = "work-long-term"
KEYS = LongTermKeys("AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG"))


@pytest.mark.parametrize(
    ("vault", "no_keychain", "found"),
    [
        (None, False, True),
        ("keychain", False, True),
        ("age", False, False),
        ("file", False, False),
        (None, True, False),
    ],
)
def test_a_name_that_nothing_else_knows_is_looked_for_in_the_vault_in_force(
    vault: str | None, *, found: bool, no_keychain: bool
) -> None:
    outside = FakeOutside()
    outside.fork.stored[SECTION] = KEYS
    assert QuietVault(as_outside(outside), vault=vault, no_keychain=no_keychain).has_keys("work") is found


@pytest.mark.parametrize("failure", [KeychainUnavailable("locked"), NeedsHuman("a passphrase")])
def test_a_vault_that_would_have_to_ask_is_not_asked_and_that_is_told_beside_the_failure(failure: AwsMfaError) -> None:
    outside = FakeOutside()
    outside.vaults["keychain"].failure = failure
    vault = QuietVault(as_outside(outside), vault=None, no_keychain=False)
    unknown, other = BadProfile("there is no profile 'work'", "did you mean: wrok"), AwsMfaError("no device")
    assert vault.explained(unknown) is unknown
    assert not vault.has_keys("work")
    told = vault.explained(unknown)
    assert (told.message, told.hints[0]) == (unknown.message, "did you mean: wrok")
    assert told.hints[1].startswith(f"the keychain vault was not looked into ({failure.message}): ")
    assert vault.explained(other) is other


def test_a_profile_is_looked_up_once() -> None:
    outside = FakeOutside()
    vault = QuietVault(as_outside(outside), vault=None, no_keychain=False)
    assert not vault.has_keys("work")
    outside.vaults["keychain"].stored[SECTION] = KEYS
    assert not vault.has_keys("work")
