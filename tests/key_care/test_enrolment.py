"""A virtual MFA device is made, proved and written; or nothing of it is left at IAM."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from aws_mfa.errors import (
    AlreadyExists,
    AnswerLost,
    AwsMfaError,
    BadInput,
    BrokenFile,
    Cancelled,
    NeedsHuman,
    NotAuthorized,
    RefusedByAws,
    WrongCode,
)
from aws_mfa.key_care.enrolment import EnrolRequest, enrol
from aws_mfa.model import Identity, LongTermKeys, Session
from aws_mfa.renewal.request import RenewalRequest
from fakes import ACCOUNT, ANN, DEVICE, KEYS, FakeIam, FakeInterfaces, FakeTerminal, a_session

SPARE = f"{DEVICE}-2"
FIDO = f"arn:aws:iam::{ACCOUNT}:u2f/user/ann/KEY-1"
NAMED = f"[profile work]\nmfa_serial = {DEVICE}\n"
DENIED = NotAuthorized("ann may not call that", "ask for it")
OLD_CODE, FIRST, SECOND = "999999", "111111", "222222"
KEYS_SIGN, SESSION_SIGNS = f"...{KEYS.access_key_id[-4:]}", "...0001"
SEED = "INVE NTED SEED OFAN EWPH ONE2"


def a_user(*answers: str | AwsMfaError, devices: list[str] | AwsMfaError, config: str = NAMED) -> FakeInterfaces:
    """Ann with these devices, and what is typed."""
    interfaces = FakeInterfaces("", config)
    interfaces.terminal = FakeTerminal(*answers)
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.fake_iam = FakeIam(devices)
    return interfaces


def enrolled(
    interfaces: FakeInterfaces,
    name: str | None = None,
    profile: str = "work",
    size: tuple[int, int] = (80, 99),
    **flags: bool,
) -> tuple[list[str], AwsMfaError | None]:
    return enrol(EnrolRequest(RenewalRequest([profile]), size, name, **flags), interfaces)


def calls(interfaces: FakeInterfaces) -> list[tuple[str, str]]:
    """The calls that change something, and who signed each."""
    made = zip(interfaces.fake_iam.calls, interfaces.fake_iam.signers, strict=True)
    return [(call, signer) for call, signer in made if not call.startswith(("list", "unassigned"))]


def test_the_long_term_keys_enrol_the_first_device_and_the_profile_gets_it() -> None:
    interfaces = a_user(FIRST, SECOND, devices=[], config="[profile work]\nregion = eu-west-1\n")
    lines, trouble = enrolled(interfaces)
    assert calls(interfaces) == [
        ("create_virtual_device ann", KEYS_SIGN),
        (f"enable_device ann {DEVICE} {FIRST} {SECOND}", KEYS_SIGN),
    ]
    assert interfaces.config.text == f"[profile work]\nregion = eu-west-1\nmfa_serial = {DEVICE}\n"
    assert interfaces.ledger.used == {(DEVICE, FIRST), (DEVICE, SECOND)}
    assert (len(interfaces.terminal.drawn), trouble) == (1, None)
    assert lines == [f"enabled: {DEVICE}", "profile work uses it; get a session with: aws-mfa --profile work"]


def test_a_name_that_the_user_has_already_is_refused_before_anything_is_said_or_asked() -> None:
    interfaces = a_user(OLD_CODE, devices=[DEVICE, SPARE])
    with pytest.raises(AlreadyExists, match="has a device of that name"):
        enrolled(interfaces, "ann-2")
    assert (interfaces.terminal.said, interfaces.terminal.questions) == ([], [])


def test_it_waits_for_the_second_code_unless_the_first_may_have_been_the_one_before() -> None:
    for into_the_window_s, waited_s in ((10, [20]), (3, [])):
        interfaces = a_user(FIRST, SECOND, devices=[])
        interfaces.moment = 1_795_327_380.0 + into_the_window_s
        enrolled(interfaces)
        assert interfaces.terminal.waited_s == waited_s


def test_what_is_not_a_second_code_is_asked_for_again() -> None:
    interfaces = a_user("12345", FIRST, FIRST, "abc", SECOND, devices=[])
    enrolled(interfaces)
    assert calls(interfaces)[1][0].endswith(f"{FIRST} {SECOND}")
    assert "this is the same code again" in interfaces.terminal.said


def test_the_seed_is_shown_only_if_it_is_asked_for() -> None:
    for answers, flag in (((FIRST, SECOND), False), (("s", FIRST, SECOND), False), ((FIRST, SECOND), True)):
        interfaces = a_user(*answers, devices=[])
        lines, _ = enrolled(interfaces, shows_seed=flag)
        assert (f"Seed: {SEED}" in interfaces.terminal.said) is (flag or "s" in answers)
        assert "SEED" not in "".join((*lines, *interfaces.said, interfaces.known_keys.read(), interfaces.config.read()))


def test_a_code_that_the_terminal_has_no_rows_for_is_drawn_only_if_that_is_wanted() -> None:
    for answer, pictures in (("", 1), ("s", 0)):
        interfaces = a_user(answer, FIRST, SECOND, devices=[])
        enrolled(interfaces, size=(80, 24))
        assert "The QR code needs 37 rows, and the terminal has 24" in interfaces.terminal.questions[0]
        assert len(interfaces.terminal.drawn) == pictures
        assert (f"Seed: {SEED}" in interfaces.terminal.said) is (answer == "s")


def test_the_picture_can_be_inverted_as_often_as_one_likes() -> None:
    interfaces = a_user("i", "i", FIRST, SECOND, devices=[])
    enrolled(interfaces)
    shown, inverted, again = interfaces.terminal.drawn
    assert shown == again != inverted


class RefusesOnce(FakeIam):
    """The first two codes are wrong."""

    def enable_device(
        self, signer: LongTermKeys | Session, user_name: str, serial: str, codes: tuple[str, str]
    ) -> None:
        if codes == (FIRST, SECOND):
            self.calls.append("refused")
            self.signers.append("")
            raise WrongCode("AWS refused the codes")
        super().enable_device(signer, user_name, serial, codes)


def test_wrong_codes_are_asked_for_again_for_the_same_device() -> None:
    interfaces = a_user(FIRST, SECOND, SECOND, "333333", devices=[])
    interfaces.fake_iam = RefusesOnce([])
    enrolled(interfaces)
    assert [call.split()[0] for call, _ in calls(interfaces)] == ["create_virtual_device", "refused", "enable_device"]
    assert (DEVICE, FIRST) not in interfaces.ledger.used


@pytest.mark.parametrize("answers", [(), (FIRST,)])
def test_cancelled_at_a_question_it_deletes_the_device_again(answers: tuple[str, ...]) -> None:
    interfaces = a_user(*answers, Cancelled("cancelled"), devices=[])
    with pytest.raises(Cancelled):
        enrolled(interfaces)
    assert (interfaces.fake_iam.free_devices, interfaces.fake_iam.devices) == ([], [])
    assert interfaces.config.text == NAMED
    assert interfaces.said == [f"{DEVICE} was deleted again: remove its entry from the app"]


def test_a_device_that_cannot_be_deleted_again_is_named_with_the_command() -> None:
    interfaces = a_user(Cancelled("cancelled"), devices=[])
    interfaces.fake_iam.failures["delete_virtual_device"] = DENIED
    with pytest.raises(Cancelled):
        enrolled(interfaces)
    assert f"aws iam delete-virtual-mfa-device --serial-number {DEVICE}" in interfaces.said[-1]


def test_after_three_refusals_it_gives_up_and_deletes() -> None:
    interfaces = a_user(*[FIRST, SECOND] * 3, devices=[])
    interfaces.fake_iam.failures["enable_device"] = WrongCode("AWS refused the codes")
    with pytest.raises(WrongCode):
        enrolled(interfaces)
    assert interfaces.fake_iam.free_devices == []


class Dies(BaseException):
    """The process is killed here."""


def killed(call: str) -> FakeInterfaces:
    """Interfaces after an enrolment that was killed in this call of IAM; the next one is answered."""
    interfaces = a_user(FIRST, SECOND, FIRST, SECOND, devices=[])
    interfaces.fake_iam.new_seeds *= 2
    real = {name: getattr(interfaces.fake_iam, name) for name in (call, "delete_virtual_device")}

    def die(*arguments: object) -> None:
        if call == "create_virtual_device":
            real[call](*arguments)
        raise Dies

    for name in real:  # a killed process deletes nothing
        setattr(interfaces.fake_iam, name, die)
    with pytest.raises(Dies):
        enrolled(interfaces)
    for name, method in real.items():
        setattr(interfaces.fake_iam, name, method)
    return interfaces


@pytest.mark.parametrize("call", ["create_virtual_device", "enable_device"])
def test_what_a_killed_enrolment_of_this_machine_left_is_deleted_and_made_again(call: str) -> None:
    interfaces = killed(call)
    assert interfaces.fake_iam.free_devices == [DEVICE]
    interfaces.terminal.answers = [FIRST, SECOND]
    enrolled(interfaces)
    assert interfaces.fake_iam.devices == [DEVICE]
    assert interfaces.said == [f"{DEVICE} was left by an enrolment that did not end: it is deleted and made again"]
    assert "enrolment" not in interfaces.known_keys.read()


def test_a_device_of_that_name_an_hour_later_may_be_another_users() -> None:
    """The device of the killed enrolment was deleted by hand, and a colleague enrols one of its name."""
    interfaces = killed("enable_device")
    interfaces.moment += 3601
    interfaces.terminal.answers = ["n"]
    with pytest.raises(AlreadyExists, match="may be a colleague's new device: it is kept"):
        enrolled(interfaces)
    assert interfaces.fake_iam.free_devices == [DEVICE]


@pytest.mark.parametrize("answer", ["n", "y"])
def test_a_device_that_this_machine_did_not_make_is_deleted_after_a_yes_only(answer: str) -> None:
    """It may be one that a colleague enrols at this moment."""
    interfaces = a_user(answer, FIRST, SECOND, devices=[])
    interfaces.fake_iam.free_devices = [DEVICE]
    if answer == "n":
        for _ in range(2):  # a no leaves no note
            interfaces.terminal.answers = ["n"]
            with pytest.raises(AlreadyExists, match=f"{DEVICE} is no user's, .*: it is kept"):
                enrolled(interfaces)
    else:
        enrolled(interfaces)
    assert DEVICE in interfaces.terminal.questions[0]
    assert (interfaces.fake_iam.free_devices, interfaces.fake_iam.devices) in [([DEVICE], []), ([], [DEVICE])]
    assert bool(interfaces.fake_iam.devices) is (answer == "y")


def test_an_enrolment_that_ended_leaves_no_note_and_a_second_one_waits_for_the_first() -> None:
    held: list[bool] = []
    for answers in ((FIRST, SECOND), (Cancelled("cancelled"),)):
        interfaces = a_user(*answers, devices=[])
        interfaces.before_set_up = lambda seen=interfaces: held.append(seen.fake_iam.calls == [])  # type: ignore[misc]
        with nullcontext() if answers[1:] else pytest.raises(Cancelled):
            enrolled(interfaces)
        assert "enrolment" not in interfaces.known_keys.read()
    assert held == [True, True]


def test_a_name_that_a_user_has_is_refused_and_not_touched() -> None:
    interfaces = a_user(devices=[])
    interfaces.fake_iam.failures["create_virtual_device"] = AlreadyExists("exists")
    with pytest.raises(AlreadyExists, match="a user has a device of that name") as caught:
        enrolled(interfaces, "phone")
    assert caught.value.hints == ("choose another name: --name phone-2",)
    assert len(calls(interfaces)) == 1


def test_a_leftover_that_may_not_be_deleted_is_named_with_another_name() -> None:
    interfaces = killed("enable_device")
    interfaces.fake_iam.failures["delete_virtual_device"] = DENIED
    with pytest.raises(
        NotAuthorized, match=f"{DEVICE} was left by an enrolment that did not end: ann may not"
    ) as caught:
        enrolled(interfaces)
    assert caught.value.hints[0] == "choose another name: --name ann-2"


def test_with_a_device_its_session_signs_for_a_spare_and_the_profile_keeps_it() -> None:
    interfaces = a_user(OLD_CODE, FIRST, SECOND, devices=[DEVICE])
    lines, _ = enrolled(interfaces)
    assert {signer for _, signer in calls(interfaces)} == {SESSION_SIGNS}
    assert interfaces.fake_iam.devices == [DEVICE, SPARE]
    assert interfaces.config.text == NAMED
    assert lines[1].endswith(f"write into [profile work] of ~/.aws/config: mfa_serial = {SPARE}")


def test_every_line_that_named_the_old_device_names_the_one_to_be_used() -> None:
    role = f"[profile admin]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/A\nsource_profile = work\nmfa_serial = {DEVICE}\n"
    interfaces = a_user(FIRST, SECOND, devices=[DEVICE], config=NAMED + role)
    interfaces.credentials.text = (
        f"[work-long-term]\naws_mfa_device = {DEVICE}\n[other]\naws_mfa_device = GAHT12345678\n"
    )
    enrolled(interfaces, profile="admin", replaces=True)
    for file, number in ((interfaces.config, 2), (interfaces.credentials, 1)):
        assert f"{DEVICE}\n" not in (file.text or "")
        assert (file.text or "").count(f"= {SPARE}\n") == number


def test_the_long_term_keys_replace_a_lost_device_once_the_new_one_works() -> None:
    interfaces = a_user(FIRST, SECOND, devices=[DEVICE])
    lines, trouble = enrolled(interfaces, replaces=True)
    done = [call for call, signer in calls(interfaces) if signer == KEYS_SIGN]
    assert [call.split()[0] for call in done] == [
        *("create_virtual_device", "enable_device", "deactivate_device", "delete_virtual_device")
    ]
    assert (interfaces.fake_iam.devices, interfaces.config.text) == ([SPARE], NAMED.replace(DEVICE, SPARE))
    assert (lines[-1], trouble) == (f"removed: {DEVICE}", None)


@pytest.mark.parametrize("named", ["", "lost-phone"])
def test_replace_removes_no_device_that_the_profile_did_not_name(named: str) -> None:
    """The only device that IAM lists may be the spare that works."""
    lost = f"arn:aws:iam::{ACCOUNT}:mfa/{named}"
    config = f"[profile work]\nmfa_serial = {lost}\n" if named else "[profile work]\n"
    interfaces = a_user(FIRST, SECOND, devices=[DEVICE], config=config)
    lines, trouble = enrolled(interfaces, "phone", replaces=True)
    phone = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
    assert (interfaces.fake_iam.devices, trouble) == ([DEVICE, phone], None)
    assert f"mfa_serial = {phone}\n" in (interfaces.config.text or "")
    assert not any("removed" in line for line in lines)
    why = f"the profile names {lost if named else 'none as mfa_serial'}, and the user has {DEVICE}"
    assert interfaces.terminal.said[0] == f"No device will be removed: {why}"


def test_a_stored_mfa_session_of_the_lost_device_signs() -> None:
    interfaces = a_user(OLD_CODE, FIRST, SECOND, FIRST, SECOND, devices=[DEVICE])
    enrolled(interfaces)
    interfaces.fake_iam.new_seeds = ["INVENTEDSEEDOFANEWPHONE3"]
    before = len(calls(interfaces))
    enrolled(interfaces, replaces=True)
    assert {signer for _, signer in calls(interfaces)[before:]} == {SESSION_SIGNS}


class WantsMfa(FakeIam):
    """IAM deactivates devices for MFA sessions only, as AWS's own policy for users has it."""

    def deactivate_device(self, signer: LongTermKeys | Session, user_name: str, serial: str) -> None:
        if isinstance(signer, LongTermKeys):
            raise DENIED
        super().deactivate_device(signer, user_name, serial)


def test_if_iam_wants_mfa_to_remove_the_lost_device_a_code_of_the_new_one_does() -> None:
    interfaces = a_user(FIRST, SECOND, "333333", devices=[DEVICE])
    interfaces.fake_iam = WantsMfa([DEVICE])
    _, trouble = enrolled(interfaces, replaces=True)
    assert (interfaces.fake_iam.devices, trouble) == ([SPARE], None)
    assert [request.device for _, _, request in interfaces.fake_sts.sent] == [SPARE]


@pytest.mark.parametrize(("failing", "is_enabled"), [("create_virtual_device", False), ("deactivate_device", True)])
def test_what_iam_denies_is_left_to_an_administrator(failing: str, *, is_enabled: bool) -> None:
    interfaces = a_user(FIRST, SECOND, Cancelled("cancelled"), devices=[DEVICE])
    interfaces.fake_iam.failures[failing] = DENIED
    try:
        _, trouble = enrolled(interfaces, replaces=True)
    except NotAuthorized as error:
        trouble = error
    assert trouble is not None
    command = f"aws iam deactivate-mfa-device --user-name ann --serial-number {DEVICE}"
    assert f"an administrator removes the old device with: {command}" in trouble.hints
    assert (SPARE in (interfaces.config.text or "")) is is_enabled


def test_without_a_person_nothing_is_created() -> None:
    interfaces = a_user(devices=[])
    interfaces.terminal = FakeTerminal(has_human=False)
    with pytest.raises(NeedsHuman):
        enrolled(interfaces)
    assert interfaces.fake_iam.calls == []


@pytest.mark.parametrize(("devices", "is_said"), [([FIDO], False), (RefusedByAws("no"), True)])
def test_with_passkeys_only_or_without_a_list_the_long_term_keys_sign(
    devices: list[str] | AwsMfaError, *, is_said: bool
) -> None:
    interfaces = a_user(Cancelled("cancelled"), devices=devices, config="[profile work]\n")
    with pytest.raises(Cancelled):
        enrolled(interfaces)
    assert {signer for _, signer in calls(interfaces)} == {KEYS_SIGN}
    assert ("IAM does not list this user's devices to the long-term keys" in interfaces.said) is is_said


@pytest.mark.parametrize("was_enabled", [True, False])
@pytest.mark.parametrize("denied", ["list_mfa_devices", "delete_virtual_device"])
def test_if_the_answer_is_lost_iam_shows_whether_the_device_is_enabled(denied: str, *, was_enabled: bool) -> None:
    """IAM deletes no device that a user has; where it deletes none, the list says it."""
    interfaces = a_user(FIRST, SECOND, devices=[])
    iam, failures = interfaces.fake_iam, interfaces.fake_iam.failures

    def lose_the_answer(*_: object) -> None:
        failures[denied] = DENIED
        if was_enabled:
            failures.setdefault("delete_virtual_device", AlreadyExists("DeleteConflict"))
            iam.devices = [DEVICE]
        raise AnswerLost("lost")

    iam.enable_device = lose_the_answer  # type: ignore[method-assign,assignment]
    if was_enabled:
        assert enrolled(interfaces)[0][0] == f"enabled: {DEVICE}"
        assert interfaces.said == []
    else:
        with pytest.raises(AnswerLost):
            enrolled(interfaces)
        assert (iam.free_devices == []) is (denied == "list_mfa_devices")


def test_bad_names_and_root_users_are_refused_before_anything_is_created() -> None:
    for name, arn in (("my phone", ANN), ("x" * 227, ANN), (None, f"arn:aws:iam::{ACCOUNT}:root")):
        interfaces = a_user(devices=[])
        interfaces.fake_sts.identity = Identity(arn, ACCOUNT, "AIDAINVENTED")
        with pytest.raises(BadInput):
            enrolled(interfaces, name)
        assert calls(interfaces) == []


def test_a_device_that_no_file_takes_is_named_with_the_line_to_write() -> None:
    interfaces = a_user(FIRST, SECOND, devices=[], config="[profile work]\n")
    interfaces.config.failure = BrokenFile("the disk is full")
    with pytest.raises(BrokenFile, match="the device is enabled, but not written: the disk is full") as caught:
        enrolled(interfaces)
    assert caught.value.hints[0].endswith(f"mfa_serial = {DEVICE}")
    assert interfaces.fake_iam.devices == [DEVICE]


def test_a_session_that_signed_is_stored_for_the_next_command() -> None:
    interfaces = a_user(OLD_CODE, FIRST, SECOND, devices=[DEVICE])
    interfaces.fake_sts.answers = [a_session()]
    enrolled(interfaces)
    assert interfaces.session_cache.labels == ["mfa@work-long-term"]
