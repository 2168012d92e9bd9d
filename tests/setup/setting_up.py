"""Setting up the profile `work` without a machine: shared by the tests of this folder."""

from __future__ import annotations

from aws_mfa.setup.questions import Answers
from aws_mfa.setup.setup import SetUp, set_up
from aws_mfa.vaults.choice import VaultChoice
from fakes import KEYS, FakeInterfaces, FakeTerminal, as_interfaces

SECTION = "work-long-term"
SECRET = KEYS.secret_access_key.reveal()
BY_DEFAULT = VaultChoice("keychain", "the default", explicit=False)


def interfaces_answering(*answers: str, has_human: bool = True, config: str | None = None) -> FakeInterfaces:
    interfaces = FakeInterfaces(config=config)
    interfaces.terminal = FakeTerminal(*answers, has_human=has_human)
    return interfaces


def unattended(config: str | None = None) -> FakeInterfaces:
    """The secret is piped, and no person can be asked."""
    return interfaces_answering(SECRET, has_human=False, config=config)


def set_up_with(
    interfaces: FakeInterfaces,
    profile: str | None = "work",
    access_key_id: str | None = KEYS.access_key_id,
    *,
    device: str | None = None,
    region: str | None = None,
    replaces: bool = False,
) -> SetUp:
    answers = Answers(profile=profile, access_key_id=access_key_id, device=device, region=region, replaces=replaces)
    return set_up(answers, BY_DEFAULT, as_interfaces(interfaces))
