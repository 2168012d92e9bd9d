"""
A session for an SDK: the stored one while it lasts long enough, else a new one; never into the file.

And when a session leaves a fingerprint: only if the files decide what the next answer is.
"""

from __future__ import annotations

import pytest

from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.errors import BadInput, Cancelled, NeedsHuman, UnknownKey, WrongCode
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.model import LongTermKeys, Secret, Session
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.sessions.entry import text_of_inputs
from aws_mfa.sessions.history import narrowing
from aws_mfa.sessions.inputs import label_in
from fakes import DEVICE, KEYS, NOW, FakeIam, FakeInterfaces, FakeTerminal, a_session, as_interfaces, says_no

ROLE = "arn:aws:iam::123456789012:role/dev"
CONFIG = f"[profile dev]\naws_mfa_role_arn = {ROLE}\naws_mfa_source_profile = work\nregion = eu-west-1\n"
NOTED = f"[work-long-term]\nvault = keychain\naws_access_key_id = {KEYS.access_key_id}\n"
KEYS_IN_FILE = f"[work-long-term]\naws_access_key_id = {KEYS.access_key_id}\naws_secret_access_key = s\n"


def some_interfaces(*codes: str, notes: str = NOTED, device: str = f"mfa_serial = {DEVICE}\n") -> FakeInterfaces:
    interfaces = FakeInterfaces("", f"{CONFIG}[profile work]\n{device}")
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.known_keys.text = notes
    interfaces.terminal = FakeTerminal(*codes)
    return interfaces


def handed(
    interfaces: FakeInterfaces, profile: str = "dev", *, token: str | None = None, for_sdk: bool = True
) -> Session:
    return hand_over(RenewalRequest([profile], token=token, for_sdk=for_sdk), as_interfaces(interfaces))[0]


def test_a_new_session_goes_to_the_cache_and_never_into_the_file() -> None:
    """A section in the file would hide the process from SDKs, whatever its line looks like."""
    interfaces = some_interfaces("123456")
    assert handed(interfaces).assumed_role_arn == ROLE
    assert interfaces.credentials.text == ""
    assert "dev" in interfaces.session_cache.labels


def test_each_hand_over_is_noted_with_what_narrowed_it_and_a_failed_one_is_not() -> None:
    interfaces = some_interfaces("123456")
    first = handed(interfaces)
    assert handed(interfaces) is first
    narrow = hand_over(RenewalRequest(["dev"], Overlay(read_only=True)), as_interfaces(interfaces))[0]
    assert [(profile, session) for profile, session, _ in interfaces.handed_over] == [
        *[("dev", first)] * 2,
        ("dev", narrow),
    ]
    assert [narrowing(inputs) for *_, inputs in interfaces.handed_over] == ["", "", "read-only"]
    with pytest.raises(NeedsHuman):
        handed(some_interfaces())
    refused = some_interfaces("123456")
    refused.fake_sts.answers = [WrongCode("no")]
    with pytest.raises((WrongCode, NeedsHuman)):
        handed(refused)
    assert refused.handed_over == []


def test_the_device_that_was_chosen_is_not_asked_for_again() -> None:
    """The plan is made more than once: for the time that SDKs want, and for the time that is left."""
    interfaces = some_interfaces("2", "123456", device="region = eu-west-1\n")
    interfaces.fake_iam = FakeIam([f"{DEVICE}-1", f"{DEVICE}-2"])
    handed(interfaces)
    menus = [question for question in interfaces.terminal.questions if "Which one" in question]
    assert len(menus) == 1
    assert interfaces.fake_sts.sent[0][2].device == f"{DEVICE}-2"


def test_the_stored_session_is_handed_over_without_a_call() -> None:
    interfaces = some_interfaces("123456")
    first = handed(interfaces)
    sent = len(interfaces.fake_sts.sent)
    assert handed(interfaces) is first
    assert len(interfaces.fake_sts.sent) == sent


def test_an_mfa_session_that_aws_refuses_costs_a_code_or_names_the_command() -> None:
    interfaces = some_interfaces("111111")
    interfaces.fake_sts.answers = [a_session(), a_session(lasts_s=3600, role_arn=ROLE)]
    handed(interfaces)
    interfaces.moment = NOW + 3600
    interfaces.fake_sts.answers = [UnknownKey("no")]
    with pytest.raises(NeedsHuman) as failure:
        handed(interfaces)
    assert failure.value.message.startswith("profile 'dev' needs an MFA code: ")
    assert failure.value.hints[0] == "in a terminal: aws-mfa renew dev"
    interfaces.terminal = FakeTerminal("222222")
    interfaces.fake_sts.answers = [a_session(lasts_s=43200), a_session(lasts_s=7200, role_arn=ROLE)]
    assert handed(interfaces).assumed_role_arn == ROLE
    assert interfaces.terminal.questions != []


def test_less_than_fifteen_minutes_are_renewed_without_a_question() -> None:
    interfaces = some_interfaces("123456")
    interfaces.fake_sts.answers = [a_session(), a_session(lasts_s=3600, role_arn=ROLE)]
    handed(interfaces)
    interfaces.moment = NOW + 3600 - 600
    questions = len(interfaces.terminal.questions)
    handed(interfaces)
    assert len(interfaces.terminal.questions) == questions
    assert [action for action, _, _ in interfaces.fake_sts.sent] == ["GetSessionToken", "AssumeRole", "AssumeRole"]


def test_without_a_person_a_stored_session_is_used_for_the_time_it_has_left() -> None:
    interfaces = some_interfaces("123456")
    interfaces.fake_sts.answers = [a_session(lasts_s=3000), a_session(lasts_s=3600, role_arn=ROLE)]
    first = handed(interfaces)
    interfaces.moment = NOW + 3600 - 300
    interfaces.terminal = FakeTerminal(has_human=False)
    assert handed(interfaces) is first


def test_without_a_person_and_a_stored_session_the_command_is_named() -> None:
    with pytest.raises(NeedsHuman) as failure:
        handed(some_interfaces())
    assert failure.value.hints == ("in a terminal: aws-mfa renew dev",)


def a_short_user_session(interfaces: FakeInterfaces) -> Session:
    """The MFA session of `work` with ten minutes left: a new one costs a code."""
    interfaces.fake_sts.answers = [a_session(lasts_s=3600)]
    interfaces.terminal = FakeTerminal("123456")
    session = handed(interfaces, "work", for_sdk=False)
    interfaces.moment = NOW + 3000
    return session


def test_a_short_session_that_needs_a_code_is_asked_for_ahead() -> None:
    interfaces = some_interfaces()
    short = a_short_user_session(interfaces)
    interfaces.terminal = FakeTerminal("654321")
    assert handed(interfaces, "work", for_sdk=False) is not short


def test_after_a_cancelled_question_sdks_get_the_stored_session_and_do_not_ask_twice() -> None:
    """An SDK whose session ends soon asks again at once."""
    interfaces = some_interfaces()
    short = a_short_user_session(interfaces)
    interfaces.terminal = says_no()
    assert handed(interfaces, "work") is short
    assert handed(interfaces, "work") is short
    assert len(interfaces.terminal.questions) == 1


def test_a_command_whose_question_is_cancelled_does_not_run() -> None:
    interfaces = some_interfaces()
    a_short_user_session(interfaces)
    interfaces.terminal = says_no()
    for _ in range(2):
        with pytest.raises(Cancelled):
            handed(interfaces, "work", for_sdk=False)
    assert len(interfaces.terminal.questions) == 2, "a command that is started again asks again"


def test_a_code_that_was_given_is_used_and_its_failure_raised() -> None:
    for for_sdk in (False, True):
        interfaces = some_interfaces()
        short = a_short_user_session(interfaces)
        interfaces.fake_sts.answers = [WrongCode("wrong")]
        with pytest.raises(WrongCode):
            handed(interfaces, "work", token="111111", for_sdk=for_sdk)
        interfaces.terminal = says_no()
        assert handed(interfaces, "work") is short
        assert handed(interfaces, "work", token="222222", for_sdk=for_sdk) is not short


def test_the_reason_why_there_is_no_new_session_is_printed_and_the_stored_one_used() -> None:
    interfaces = some_interfaces()
    short = a_short_user_session(interfaces)
    interfaces.terminal = FakeTerminal(has_human=False)
    assert handed(interfaces, "work", for_sdk=False) is short
    assert any("the stored session is used for the time it has left" in line for line in interfaces.said)


@pytest.mark.parametrize("for_sdk", [False, True])
def test_notices_are_printed_once_and_before_the_question(*, for_sdk: bool) -> None:
    interfaces = some_interfaces("123456", device=f"mfa_serial = {DEVICE}\nregion = eu-centrl-1\n")
    where = "region in ~/.aws/config [profile work]"
    lines = [f"{where} names region eu-centrl-1, which is not a known one: do you mean eu-central-1?"]
    handed(interfaces, "work", for_sdk=for_sdk)
    assert (interfaces.said, interfaces.terminal.said) == (([], lines) if for_sdk else (lines, []))
    handed(interfaces, "work", for_sdk=for_sdk)
    assert interfaces.said + interfaces.terminal.said == lines * (1 if for_sdk else 2), "SDKs ask again and again"
    interfaces.said.clear()
    interfaces.session_cache.stored.clear()
    interfaces.terminal = says_no()
    with pytest.raises(Cancelled):
        handed(interfaces, "work", for_sdk=for_sdk)
    assert interfaces.said + interfaces.terminal.said == lines


def test_a_cancelled_question_without_a_stored_session_is_a_failure() -> None:
    interfaces = some_interfaces()
    interfaces.terminal = says_no()
    with pytest.raises(Cancelled):
        handed(interfaces)


def test_a_minimum_that_was_asked_for_is_a_condition() -> None:
    interfaces = some_interfaces()
    a_short_user_session(interfaces)
    interfaces.terminal = FakeTerminal(has_human=False)
    with pytest.raises(NeedsHuman):
        hand_over(RenewalRequest(["work"], min_remaining_s=3600), as_interfaces(interfaces))
    session, _ = hand_over(RenewalRequest(["work"], min_remaining_s=300), as_interfaces(interfaces))
    assert session.expires_at == NOW + 3600


DEEP = f"[profile deep]\nrole_arn = {ROLE}2\nsource_profile = dev\nduration_seconds = 7200\n"
SET = "or set duration_seconds of [profile {}]: it may be {} at most, if AWS allows it"


@pytest.mark.parametrize("is_stored", [False, True])
@pytest.mark.parametrize(
    ("profile", "asked_s", "hint"),
    [
        ("work", 13 * 3600, SET.format("work", 129600)),
        ("work", 37 * 3600, "ask for less: it lasts 36 h at most"),
        ("dev", 3601, SET.format("dev", 43200)),
        ("dev", 13 * 3600, "ask for less: it lasts 12 h at most"),
        ("deep", 7200, "ask for less: a role assumed from a role lasts 1 h at most"),
    ],
)
def test_an_impossible_minimum_is_refused_unasked(profile: str, asked_s: float, hint: str, *, is_stored: bool) -> None:
    interfaces = some_interfaces("123456", "222222")
    interfaces.config.text = f"{interfaces.config.text}{DEEP}"
    if is_stored:
        handed(interfaces, profile)
    before = len(interfaces.fake_sts.sent)
    with pytest.raises(BadInput) as refused:
        hand_over(RenewalRequest([profile], min_remaining_s=asked_s), as_interfaces(interfaces))
    longer = (f"ask for longer sessions: --duration {asked_s}",) if hint.startswith("or ") else ()
    assert refused.value.hints == (*longer, hint)
    assert len(interfaces.fake_sts.sent) == before


def noted(interfaces: FakeInterfaces, wanted: RenewalRequest | None = None) -> set[str]:
    hand_over(wanted or RenewalRequest(["dev"]), as_interfaces(interfaces))
    return set(interfaces.watch.noted)


def test_a_new_session_and_a_stored_one_leave_the_same_fingerprint() -> None:
    interfaces = some_interfaces("123456", "234567")
    assert noted(interfaces) == {"dev"}
    first = interfaces.watch.noted.pop("dev")
    assert noted(interfaces) == {"dev"}
    second = interfaces.watch.noted["dev"]
    stored = interfaces.session_cache.one("dev")
    for found in (first, second):
        assert (label_in(found.name), found.region) == ("dev", "eu-west-1")
        assert found.inputs_text == text_of_inputs(stored.inputs)


def test_a_users_own_session_has_its_users_label() -> None:
    interfaces = some_interfaces("123456", "234567")
    assert noted(interfaces, RenewalRequest(["work"])) == {"work"}
    assert label_in(interfaces.watch.noted["work"].name) == "mfa@work-long-term"


def test_keys_in_a_vault_without_a_note_of_their_id_leave_none() -> None:
    """Replacing them there changes no file, and the old session would be handed over for hours."""
    interfaces = some_interfaces("123456", "234567", notes="[work-long-term]\nvault = keychain\n")
    assert noted(interfaces) == set()
    interfaces.vaults["keychain"].stored["work-long-term"] = LongTermKeys("AKIAROTATED", Secret("s"))
    assert noted(interfaces) == set()


def test_keys_in_the_file_leave_one() -> None:
    """The vault had none at the time of the session; keys that a command stores there later change the note."""
    interfaces = some_interfaces("123456", "234567", notes="")
    interfaces.vaults["keychain"].stored.clear()
    interfaces.credentials.text = KEYS_IN_FILE
    assert noted(interfaces) == {"dev"}


def test_a_device_that_was_found_by_iam_leaves_none() -> None:
    assert noted(some_interfaces("123456", device="")) == set()


@pytest.mark.parametrize(
    "wanted",
    [
        RenewalRequest(["dev"], token="123456"),
        RenewalRequest(["dev"], min_remaining_s=60),
        RenewalRequest(["dev"], overlay=Overlay("{}")),
        RenewalRequest(["dev"], vault="keychain"),
        RenewalRequest(["dev"], use_keychain=False),
    ],
    ids=["--token", "--min-remaining", "--policy", "--vault", "--no-keychain"],
)
def test_requests_with_flags_leave_none(wanted: RenewalRequest) -> None:
    interfaces = some_interfaces("123456", "234567")
    interfaces.vaults["file"].stored["work-long-term"] = KEYS
    interfaces.credentials.text = KEYS_IN_FILE
    assert noted(interfaces, wanted) == set()


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("policy = p.json", ["p.json"]),
        ("policy = $FOLDER/p.json", None),
        ("policy = %FOLDER%/p.json", None),
        ("policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess", []),
    ],
)
def test_the_file_of_a_policy_is_noted_unless_a_variable_decides_which_it_is(
    line: str, paths: list[str] | None
) -> None:
    interfaces = some_interfaces("123456")
    interfaces.policies = dict.fromkeys(("p.json", "$FOLDER/p.json", "%FOLDER%/p.json"), "{}")
    interfaces.config.text = (interfaces.config.text or "").replace(
        "[profile dev]\n", f"[profile dev]\naws_mfa_{line}\n"
    )
    assert noted(interfaces) == (set() if paths is None else {"dev"})
    assert interfaces.watch.paths == (paths or [])


def test_a_session_that_the_cache_did_not_store_leaves_none() -> None:
    interfaces = some_interfaces("123456", "234567")
    interfaces.session_cache.keeps = False
    assert noted(interfaces) == set()


def test_a_session_that_is_not_the_cached_one_leaves_none() -> None:
    """The credentials file's session lasts longer, or another process has just stored a third one."""
    interfaces = some_interfaces("123456", "234567")
    noted(interfaces)
    interfaces.watch.noted.clear()
    cached = a_session(lasts_s=3600, role_arn=ROLE)
    cached.access_key_id = "ASIAOTHER"
    answers = iter([a_session(lasts_s=3600, role_arn=ROLE), cached])
    interfaces.session_cache.one("dev").session = lambda: next(answers)  # type: ignore[method-assign]
    assert noted(interfaces) == set()
