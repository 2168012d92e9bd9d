"""The command that is named where a code is needed and no one can type it: after it the same call needs no person."""

from __future__ import annotations

import pytest

from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.errors import NeedsHuman
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.handover.renew_ahead import RenewAhead
from aws_mfa.renewal.request import RenewalRequest
from fakes import DEVICE, KEYS, NOW, FakeInterfaces, FakeTerminal, a_session, as_interfaces

ARN = "arn:aws:iam::123456789012:role/"
CONFIG = f"""
[profile work]
mfa_serial = {DEVICE}
region = eu-west-1
[profile narrow]
mfa_serial = {DEVICE}
region = eu-west-1
aws_mfa_agent = read-only
[profile adopted]
credential_process = aws-mfa credential-process adopted
aws_mfa_role_arn = {ARN}adopted
aws_mfa_source_profile = work
aws_mfa_agent = read-only
[profile dev]
aws_mfa_role_arn = {ARN}dev
aws_mfa_source_profile = work
[profile long]
aws_mfa_role_arn = {ARN}long
aws_mfa_source_profile = work
duration_seconds = 14400
"""
POLICY = '{"Version":"2012-10-17","Statement":[]}'
READ_ONLY, ALLOWED = Overlay(read_only=True), Overlay(policy=POLICY)
OF_LONG = "--duration 7200 --read-only long"


def some_interfaces(agent: str | None) -> FakeInterfaces:
    interfaces = FakeInterfaces("", CONFIG)
    interfaces.vaults["keychain"].stored.update({"work-long-term": KEYS, "narrow-long-term": KEYS})
    interfaces.known_keys.text = "".join(
        f"[{name}-long-term]\nvault = keychain\naws_access_key_id = {KEYS.access_key_id}\n"
        for name in ("work", "narrow")
    )
    interfaces.terminal = FakeTerminal(has_human=False)
    interfaces.agent = agent
    return interfaces


def refusal(interfaces: FakeInterfaces, request: RenewalRequest) -> NeedsHuman:
    with pytest.raises(NeedsHuman) as refused:
        hand_over(request, as_interfaces(interfaces))
    return refused.value


@pytest.mark.parametrize(
    ("profile", "overlay", "duration_s", "person", "agent"),
    [
        ("work", Overlay(), None, "renew work", "renew work"),
        ("work", Overlay(), 900, "exec --duration 900 work", "renew work"),
        ("work", READ_ONLY, None, "renew work", "renew work"),
        ("work", ALLOWED, 900, "renew work", "renew work"),
        # `renew` would write more into the file than this agent may have, unless SDKs ask us.
        ("narrow", Overlay(), None, "renew narrow", "whoami --agent codex narrow"),
        ("adopted", Overlay(), None, "renew adopted", "renew adopted"),
        ("dev", Overlay(), None, "renew dev", "renew dev"),
        ("dev", READ_ONLY, 900, "exec --duration 900 --read-only dev", "renew dev"),
        # The role's own session costs the code, and an agent's has another name.
        ("long", Overlay(), None, "renew long", "whoami --agent codex long"),
        ("long", READ_ONLY, 7200, f"exec {OF_LONG}", f"whoami --agent codex {OF_LONG}"),
    ],
)
def test_the_command_gets_what_the_call_lacks(
    profile: str, overlay: Overlay, duration_s: int | None, person: str, agent: str
) -> None:
    request = RenewalRequest([profile], overlay, duration_s=duration_s)
    for name, words in ((None, person), ("codex", agent)):
        error = refusal(some_interfaces(name), request)
        assert error.command == f"aws-mfa {words}"
        assert (f"in a terminal: {error.command}" in error.hints) == (name is None)


def test_an_agent_reads_one_line_that_says_what_to_ask_for() -> None:
    for error in (refusal(some_interfaces("codex"), RenewalRequest(["dev"])), served(some_interfaces("codex"), "dev")):
        assert error.lines == ("profile 'dev' needs an MFA code: ask the user to run: aws-mfa renew dev",)


def served(interfaces: FakeInterfaces, profile: str) -> NeedsHuman:
    with pytest.raises(NeedsHuman) as refused:
        RenewAhead(RenewalRequest([profile]), as_interfaces(interfaces)).get_first()
    return refused.value


def test_what_renew_would_keep_is_renewed_if_too_little_of_it_is_left_for_a_narrowed_session() -> None:
    """Of an MFA session with ten minutes left no session of fifteen minutes can be made."""
    interfaces = some_interfaces(None)
    interfaces.terminal = FakeTerminal("123456")
    interfaces.fake_sts.answers = [a_session(lasts_s=43200)]
    hand_over(RenewalRequest(["work"]), as_interfaces(interfaces))
    interfaces.moment = NOW + 43200 - 600
    interfaces.terminal = FakeTerminal(has_human=False)
    for agent in (None, "codex"):
        interfaces.agent = agent
        error = refusal(interfaces, RenewalRequest(["work"], READ_ONLY))
        assert error.command == "aws-mfa renew --min-remaining 15m work"


@pytest.mark.parametrize(
    ("profile", "agent", "command"),
    [
        ("work", None, "renew --min-remaining 21m work"),
        ("narrow", "codex", "whoami --agent codex --min-remaining 21m narrow"),
    ],
)
def test_a_server_says_ahead_what_will_help(profile: str, agent: str | None, command: str) -> None:
    interfaces = some_interfaces(agent)
    interfaces.terminal = FakeTerminal("123456")
    interfaces.fake_sts.answers = [a_session(lasts_s=43200), a_session(lasts_s=43200)]
    overlay = Overlay() if agent else READ_ONLY
    renewals = RenewAhead(RenewalRequest([profile], overlay), as_interfaces(interfaces))
    renewals.get_first()
    interfaces.moment = NOW + 43200 - 19 * 60
    renewals.renew_quietly()
    assert interfaces.said[-1].endswith(f"it needs an MFA code; in a terminal: aws-mfa {command}")


def test_what_needs_a_person_but_no_code_is_requested_as_the_agent_requests_it() -> None:
    """The vault must be opened for each session of a role that takes no code: the user's own would not help."""
    interfaces = some_interfaces("codex")
    interfaces.config.text = CONFIG.replace(f"mfa_serial = {DEVICE}\n", "")
    interfaces.vaults["keychain"].failure = NeedsHuman("the vault needs its passphrase", "name a command")
    error = refusal(interfaces, RenewalRequest(["dev"]))
    assert error.lines == ("profile 'dev' needs a person: ask the user to run: aws-mfa whoami --agent codex dev",)
