"""A rotation step by step, in memory: what is created, stored, switched, deleted, and what a failure leaves."""

from __future__ import annotations

import pytest

from aws_mfa.aws_values.iam_users import AccessKey
from aws_mfa.config.ini import section_values
from aws_mfa.errors import (
    AnswerLost,
    AwsMfaError,
    AwsUnreachable,
    Cancelled,
    KeychainUnavailable,
    LimitReached,
    NotAuthorized,
    NotSetUp,
    UnknownKey,
)
from aws_mfa.key_care.rotate import Wishes, resume, rotate
from aws_mfa.model import Identity, LongTermKeys, Session, masked
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.vaults.choice import noted_creation, noted_device, with_device
from aws_mfa.vaults.journal import Rotation, reminders, rotations_in
from fakes import (
    ACCOUNT,
    DEVICE,
    KEYS,
    NOW,
    OTHER_KEYS,
    FakeFork,
    FakeInterfaces,
    FakeSts,
    FakeTerminal,
    FakeVault,
    asking,
)

WORK, DAY_S = "work-long-term", 86400
OLD, NEW = KEYS.access_key_id, "AKIAINVENTEDANNSKEY9"
REQUEST = RenewalRequest(["work"], hands_over=True)
QUIETLY = Wishes(asks=False)
SECRETS = (KEYS.secret_access_key.reveal(), "invented/new+secret+of+ann")


class SlowSts(FakeSts):
    """Does not know keys of the id for the first `misses` calls."""

    def __init__(self, key_id: str, misses: int) -> None:
        super().__init__()
        self.key_id, self.misses = key_id, misses

    def get_caller_identity(self, keys: LongTermKeys | Session) -> Identity:
        if keys.access_key_id == self.key_id and self.misses:
            self.misses -= 1
            raise UnknownKey("AWS does not know it")
        return super().get_caller_identity(keys)


class FullVault(FakeVault):
    """Takes no second pair."""

    def store_next(self, section: str, keys: LongTermKeys | None) -> None:
        if keys is not None:
            raise KeychainUnavailable("no space")
        super().store_next(section, keys)


def ready(*answers: str) -> FakeInterfaces:
    interfaces = asking(*(answers or ("123456", "234567", "345678")))
    interfaces.config.text = "[profile work]\nregion = eu-central-1\n"
    interfaces.vaults["keychain"].stored[WORK] = KEYS
    notes = f"[{WORK}]\nvault = keychain\naws_access_key_id = {OLD}\n"
    interfaces.known_keys.text = with_device(notes, OLD, DEVICE)
    return interfaces


def rotated(interfaces: FakeInterfaces, wishes: Wishes = QUIETLY) -> list[str]:
    plan = make_plan(REQUEST, interfaces)
    return rotate(plan.of_profile["work"].user, REQUEST, wishes, interfaces)


def the_rotation(interfaces: FakeInterfaces) -> Rotation:
    (rotation,) = rotations_in(interfaces.rotations.read())
    return rotation


def resumed(interfaces: FakeInterfaces, wishes: Wishes = QUIETLY, *, back: bool = False) -> list[str]:
    return resume(the_rotation(interfaces), REQUEST, wishes, interfaces, back=back)


def pairs(vault: FakeVault, section: str = WORK) -> tuple[str, str | None]:
    beside = vault.beside.get(section)
    return vault.stored[section].access_key_id, beside.access_key_id if beside else None


def test_the_new_key_takes_the_place_of_the_old_one_which_is_switched_off_and_kept_beside_it() -> None:
    interfaces = ready()
    lines = rotated(interfaces)
    calls = [call.split()[0] for call in interfaces.fake_iam.calls]
    assert calls == ["list_access_keys", "list_access_keys", "create_access_key", "deactivate"]
    assert pairs(interfaces.vault("keychain")) == (NEW, OLD)
    assert len(interfaces.terminal.questions) == 1
    assert "key ...KEY9 replaces ...KEY1 in the keychain vault (work-long-term)" in lines[0]
    assert "inactive key ...KEY1 of work since 2026-11-22, to be deleted once nothing else needs it" in lines[-1]
    assert reminders(interfaces.rotations.read(), NOW) == lines[-1:]
    journal = interfaces.rotations.read()
    assert not any(secret in journal for secret in SECRETS)


def test_notes_name_the_new_key_and_sessions_of_the_old_one_are_removed() -> None:
    interfaces = ready()
    session = "assumed_role = False\naws_access_key_id = ASIA1\naws_secret_access_key = s\naws_session_token = t\n"
    kept = f"[other]\n{session}expiration = 2099-01-01 00:00:00\n"
    interfaces.credentials.text = f"[work]\n{session}expiration = 2099-01-01 00:00:00\n{kept}"
    rotated(interfaces)
    notes = interfaces.known_keys.read()
    assert section_values(notes, WORK) == {"vault": "keychain", "aws_access_key_id": NEW}
    assert (noted_device(notes, NEW), noted_creation(notes, NEW)) == (DEVICE, NOW)
    assert interfaces.session_cache.labels == []
    assert interfaces.credentials.text == kept


def test_every_copy_of_the_key_is_switched_and_another_key_is_not() -> None:
    interfaces = ready()
    interfaces.known_keys.text = f"{interfaces.known_keys.read()}[b]\nvault = age\naws_access_key_id = {OLD}\n"
    interfaces.credentials.text = f"[c]\naws_access_key_id = {OLD}\naws_secret_access_key = s\n"
    interfaces.config.text = f"{interfaces.config.read()}[profile d]\naws_access_key_id = {OLD}\n"
    for vault, section in (("age", "b"), ("file", "c"), ("config", "profile d")):
        interfaces.vaults[vault].stored[section] = KEYS
    interfaces.vaults["age"].stored["e"] = OTHER_KEYS
    rotated(interfaces)
    for vault, section in (("keychain", WORK), ("age", "b"), ("file", "c"), ("config", "profile d")):
        assert pairs(interfaces.vaults[vault], section) == (NEW, OLD)
    assert interfaces.vaults["age"].stored["e"] is OTHER_KEYS


def test_with_delete_nothing_of_the_old_key_is_left() -> None:
    interfaces = ready()
    assert "is deleted" in rotated(interfaces, Wishes(grace_s=0.0, asks=False))[-1]
    assert pairs(interfaces.vault("keychain")) == (NEW, None)
    assert [one.access_key_id for one in interfaces.fake_iam.access_keys] == [NEW]
    assert interfaces.rotations.read() == ""
    assert OLD not in interfaces.known_keys.read()


@pytest.mark.parametrize("again", [resumed, rotated])
def test_after_its_grace_the_old_key_is_deleted_by_the_next_run(again: object) -> None:
    interfaces = ready()
    rotated(interfaces, Wishes(grace_s=7 * DAY_S, asks=False))
    calls = len(interfaces.fake_iam.calls)
    assert "to be deleted on 2026-11-29" in resumed(interfaces)[0]
    assert len(interfaces.fake_iam.calls) == calls
    interfaces.moment = NOW + 8 * DAY_S
    lines = (resumed if again is resumed else rotated)(interfaces, Wishes(older_than_s=90 * DAY_S, asks=False))
    assert "work: key ...KEY1 is deleted" in lines
    assert pairs(interfaces.vault("keychain")) == (NEW, None)
    assert rotations_in(interfaces.rotations.read()) == []


def test_a_new_key_that_aws_does_not_know_yet_is_waited_for() -> None:
    interfaces = ready()
    interfaces.fake_sts = SlowSts(NEW, misses=3)
    rotated(interfaces)
    assert interfaces.terminal.waited_s == [2, 3, 5]


def test_a_key_that_aws_never_knows_is_not_switched_to_and_rollback_removes_it() -> None:
    interfaces = ready()
    interfaces.fake_sts = SlowSts(NEW, misses=99)
    with pytest.raises(UnknownKey, match="after 45 s") as caught:
        rotated(interfaces)
    assert caught.value.hints == ("go on: aws-mfa rotate --resume", "or go back: aws-mfa rotate --rollback")
    assert pairs(interfaces.vault("keychain")) == (OLD, NEW)
    with pytest.raises(NotSetUp, match="the last rotation of work is not over"):
        rotated(interfaces)
    resumed(interfaces, back=True)
    assert pairs(interfaces.vault("keychain")) == (OLD, None)
    assert [one.access_key_id for one in interfaces.fake_iam.access_keys] == [OLD]


class OldKeyGone(FakeSts):
    """Refuses the key that work had, and its sessions."""

    def __init__(self, interfaces: FakeInterfaces) -> None:
        super().__init__()
        self._vault = interfaces.vault("keychain")

    def get_caller_identity(self, keys: LongTermKeys | Session) -> Identity:
        if self._vault.stored[WORK].access_key_id == OLD and keys.access_key_id != NEW:
            raise UnknownKey("AWS does not know it")
        return super().get_caller_identity(keys)


@pytest.mark.parametrize("is_listed", [False, True])
def test_if_the_old_key_is_gone_before_the_switch_the_new_ones_session_completes_it(*, is_listed: bool) -> None:
    interfaces = ready("123456", "234567")
    interfaces.fake_sts = SlowSts(NEW, misses=99)
    with pytest.raises(UnknownKey):
        rotated(interfaces)
    interfaces.fake_iam.access_keys[:1] = [AccessKey(OLD, False, NOW)] * is_listed
    interfaces.fake_sts = OldKeyGone(interfaces)
    with pytest.raises(UnknownKey, match="does not know it"):
        resumed(interfaces, back=True)
    resumed(interfaces, Wishes(grace_s=0.0, asks=False))
    assert pairs(interfaces.vault("keychain")) == (NEW, None)
    assert [action for action, _, _ in interfaces.fake_sts.sent] == ["GetSessionToken"]
    assert len(interfaces.terminal.questions) == 2
    assert [one.access_key_id for one in interfaces.fake_iam.access_keys] == [NEW]
    assert rotations_in(interfaces.rotations.read()) == []


@pytest.mark.parametrize(
    "answer", [UnknownKey("of another partition"), Identity("arn:aws:iam::1:user/x", ACCOUNT, "A")]
)
def test_where_aws_refuses_the_new_key_too_or_it_is_anothers_no_place_is_switched(answer: object) -> None:
    interfaces = ready("123456", "234567")
    interfaces.fake_sts = SlowSts(NEW, misses=99)
    with pytest.raises(UnknownKey):
        rotated(interfaces)
    interfaces.fake_sts, notes = OldKeyGone(interfaces), interfaces.known_keys.read()
    interfaces.fake_sts.identity = answer  # type: ignore[assignment]
    with pytest.raises(UnknownKey):
        resumed(interfaces)
    assert (pairs(interfaces.vault("keychain")), interfaces.known_keys.read()) == ((OLD, NEW), notes)


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("again", [resumed, rotated])
def test_an_old_key_that_is_in_use_again_is_not_deleted(again: object, *, is_active: bool) -> None:
    interfaces = ready()
    rotated(interfaces, Wishes(grace_s=7 * DAY_S, asks=False))
    interfaces.moment = NOW + 8 * DAY_S
    if is_active:
        interfaces.fake_iam.access_keys[0] = AccessKey(OLD, True, NOW)
    else:
        interfaces.credentials.text = f"[ci-long-term]\naws_access_key_id = {OLD}\naws_secret_access_key = s\n"
        interfaces.vaults["file"].stored["ci-long-term"] = KEYS
    with pytest.raises(
        NotSetUp, match="active" if is_active else r"KEY1 .* in \[ci-long-term\] of the credentials file"
    ):
        (resumed if again is resumed else rotated)(interfaces)
    assert [one.access_key_id for one in interfaces.fake_iam.access_keys] == [OLD, NEW]


def test_a_vault_that_does_not_take_the_new_key_leaves_everything_as_it_was() -> None:
    interfaces = ready()
    interfaces.vaults["keychain"] = FullVault(work_long_term=KEYS)
    with pytest.raises(KeychainUnavailable, match="no space"):
        rotated(interfaces)
    assert [one.access_key_id for one in interfaces.fake_iam.access_keys] == [OLD]
    assert rotations_in(interfaces.rotations.read()) == []


def test_a_refused_creation_is_no_rotation() -> None:
    interfaces = ready()
    interfaces.fake_iam.failures["create_access_key"] = NotAuthorized("no", "allow it: {}")
    with pytest.raises(NotAuthorized):
        rotated(interfaces)
    assert rotations_in(interfaces.rotations.read()) == []


def lost(*, ahead_s: float = 0.0) -> FakeInterfaces:
    """A rotation whose answer to CreateAccessKey was lost."""
    interfaces = ready()
    interfaces.fake_sts.ahead_s = ahead_s
    interfaces.fake_iam.failures["create_access_key"] = AnswerLost("lost")
    with pytest.raises(AnswerLost):
        rotated(interfaces)
    interfaces.fake_iam.failures.clear()
    return interfaces


@pytest.mark.parametrize("back", [False, True])
def test_a_key_whose_secret_was_lost_with_the_answer_is_deleted(*, back: bool) -> None:
    interfaces = lost()
    interfaces.fake_iam.access_keys.append(AccessKey("AKIALOST", True, NOW + 1))
    resumed(interfaces, back=back)
    assert [one.access_key_id for one in interfaces.fake_iam.access_keys] == [OLD] + [NEW] * (not back)
    assert interfaces.vault("keychain").stored[WORK].access_key_id == (OLD if back else NEW)


@pytest.mark.parametrize(("created_at", "is_denied"), [(NOW + 60, False), (NOW - 5, False), (None, False), (NOW, True)])
def test_a_key_that_may_be_anothers_is_named_and_kept(created_at: float | None, *, is_denied: bool) -> None:
    interfaces = lost()
    interfaces.fake_iam.access_keys.append(AccessKey("AKIAMAYBE", True, created_at))
    if is_denied:
        interfaces.fake_iam.failures["key_last_used"] = NotAuthorized("no")
    with pytest.raises(NotSetUp, match=r"another key of this user, \.\.\.AYBE") as caught:
        resumed(interfaces)
    assert caught.value.hints[0].endswith("aws iam delete-access-key --access-key-id AKIAMAYBE")
    assert [one.access_key_id for one in interfaces.fake_iam.access_keys] == [OLD, "AKIAMAYBE"]


def test_a_key_in_use_on_this_machine_is_neither_deleted_nor_named_with_the_command_for_it() -> None:
    interfaces = lost()
    interfaces.fake_iam.access_keys.append(AccessKey("AKIAHERE", True, NOW))
    interfaces.credentials.text = "[other]\naws_access_key_id = AKIAHERE\naws_secret_access_key = s\n"
    interfaces.vaults["file"].stored["other"] = LongTermKeys("AKIAHERE", KEYS.secret_access_key)
    with pytest.raises(NotSetUp, match="in use here") as caught:
        resumed(interfaces)
    assert caught.value.hints == ("go on: aws-mfa rotate --resume", "or go back: aws-mfa rotate --rollback")
    resumed(interfaces, back=True)
    assert "in use here" in interfaces.said[-1]
    assert [one.access_key_id for one in interfaces.fake_iam.access_keys] == [OLD, "AKIAHERE"]
    assert rotations_in(interfaces.rotations.read()) == []


def test_a_lost_key_is_recognised_by_the_clock_of_aws() -> None:
    interfaces = lost(ahead_s=600.0)
    interfaces.fake_iam.access_keys.append(AccessKey("AKIALOST", True, NOW - 599))
    resumed(interfaces)
    assert [one.access_key_id for one in interfaces.fake_iam.access_keys] == [OLD, NEW]


def test_a_call_that_was_never_sent_leaves_no_rotation_that_could_delete_a_key() -> None:
    interfaces = ready()
    interfaces.fake_iam.failures["create_access_key"] = AwsUnreachable("no connection")
    with pytest.raises(AwsUnreachable):
        rotated(interfaces)
    assert rotations_in(interfaces.rotations.read()) == []


def test_a_lost_key_that_iam_does_not_list_yet_is_deleted_by_the_next_resume() -> None:
    interfaces = lost()
    interfaces.moment += 60
    interfaces.fake_iam.failures["create_access_key"] = LimitReached("two keys")
    with pytest.raises(LimitReached):
        resumed(interfaces)
    interfaces.fake_iam.failures.clear()
    interfaces.fake_iam.access_keys.append(AccessKey("AKIALOST", True, NOW + 1))
    resumed(interfaces)
    assert [one.access_key_id for one in interfaces.fake_iam.access_keys] == [OLD, NEW]


def test_after_the_old_key_was_deleted_by_hand_the_next_rotation_begins_anew() -> None:
    interfaces = ready()
    rotated(interfaces)
    interfaces.fake_iam.access_keys.pop(0)
    third = "AKIAINVENTEDANNSKEY5"
    interfaces.fake_iam.new_keys.append(LongTermKeys(third, OTHER_KEYS.secret_access_key))
    assert "work: key ...KEY1 is deleted" in rotated(interfaces)
    assert pairs(interfaces.vault("keychain")) == (third, NEW)
    assert [one.old_id for one in rotations_in(interfaces.rotations.read())] == [NEW]


def test_a_second_pair_that_another_rotation_left_is_not_taken_for_the_new_key() -> None:
    interfaces = ready()
    interfaces.vaults["keychain"].beside[WORK] = OTHER_KEYS
    rotated(interfaces)
    assert pairs(interfaces.vault("keychain")) == (NEW, OLD)


def copied() -> tuple[FakeInterfaces, FakeVault]:
    """A second place of the key, in the credentials file."""
    interfaces = ready()
    interfaces.credentials.text = f"[c]\naws_access_key_id = {OLD}\naws_secret_access_key = s\n"
    interfaces.vaults["file"].stored["c"] = KEYS
    return interfaces, interfaces.vaults["file"]


@pytest.mark.parametrize("back", [False, True])
def test_a_place_that_lost_both_keys_is_named_before_a_key_is_switched_off_or_deleted(*, back: bool) -> None:
    interfaces, file = copied()
    interfaces.fake_sts = SlowSts(NEW, misses=99)
    with pytest.raises(UnknownKey):
        rotated(interfaces)
    interfaces.fake_sts, kept = FakeSts(), (file.stored.pop("c"), file.beside.pop("c"))
    with pytest.raises(NotSetUp, match=r"\[c\] of the credentials file: neither key \.\.\.KEY1 nor the new one"):
        resumed(interfaces, Wishes(grace_s=0.0, asks=False), back=back)
    assert [one.is_active for one in interfaces.fake_iam.access_keys] == [True, True]
    file.stored["c"], file.beside["c"] = kept
    resumed(interfaces, back=back)
    assert file.stored["c"].access_key_id == (OLD if back else NEW)


def test_a_place_that_gets_other_keys_meanwhile_keeps_them_and_the_old_key_stays_on() -> None:
    interfaces, file = copied()
    interfaces.fake_sts = SlowSts(NEW, misses=1)

    class Meanwhile(FakeTerminal):
        def count_down(self, seconds: int, text: str) -> None:
            file.stored["c"] = OTHER_KEYS

    interfaces.terminal = Meanwhile("123456")
    with pytest.raises(NotSetUp, match="neither key"):
        rotated(interfaces)
    assert file.stored["c"] is OTHER_KEYS
    assert all(one.is_active for one in interfaces.fake_iam.access_keys)


def test_the_second_pair_of_a_place_that_got_other_keys_is_removed_with_the_old_key() -> None:
    interfaces, file = copied()
    rotated(interfaces)
    file.stored["c"] = OTHER_KEYS
    resumed(interfaces, Wishes(grace_s=0.0, asks=False))
    assert (file.stored["c"], file.beside) == (OTHER_KEYS, {})


def test_with_only_other_keys_left_there_is_no_way_back_that_deletes_them() -> None:
    interfaces = lost()
    interfaces.fake_iam.access_keys.append(AccessKey("AKIAHERE", True, NOW))
    interfaces.vaults["keychain"].stored[WORK] = LongTermKeys("AKIAHERE", KEYS.secret_access_key)
    for back in (False, True):
        with pytest.raises(NotSetUp, match="neither key") as caught:
            resumed(interfaces, back=back)
        assert "AKIAHERE" not in " ".join(caught.value.hints)
    assert [one.access_key_id for one in interfaces.fake_iam.access_keys] == [OLD, "AKIAHERE"]


def test_a_copy_in_the_vault_that_no_note_names_is_switched() -> None:
    interfaces = ready()
    interfaces.config.text = f"{interfaces.config.read()}[profile other]\n[profile role]\nrole_arn = x\n"
    interfaces.vaults["keychain"].stored["other-long-term"] = KEYS
    rotated(interfaces)
    assert pairs(interfaces.vault("keychain"), "other-long-term") == (NEW, OLD)


def test_two_keys_are_both_named_with_the_command_that_deletes_the_other() -> None:
    interfaces = ready()
    interfaces.fake_iam.access_keys.append(AccessKey("AKIAINVENTEDUNUSED99", False, NOW - 400 * DAY_S))
    with pytest.raises(LimitReached, match=r"KEY1, in use here, .*ED99, inactive, created 2025-10-18, never") as caught:
        rotated(interfaces)
    command = "aws-mfa exec work -- aws iam delete-access-key --access-key-id AKIAINVENTEDUNUSED99"
    assert caught.value.hints == (f"if nothing uses ...ED99: {command}",)


def test_of_two_keys_that_are_both_in_use_here_none_is_named_with_the_command_that_deletes_it() -> None:
    interfaces = ready()
    interfaces.fake_iam.access_keys.append(AccessKey(OTHER_KEYS.access_key_id, True, NOW))
    interfaces.vaults["age"].stored["b-long-term"] = OTHER_KEYS
    note = f"[b-long-term]\nvault = age\naws_access_key_id = {OTHER_KEYS.access_key_id}\n"
    interfaces.known_keys.text = f"{interfaces.known_keys.read()}{note}"
    with pytest.raises(LimitReached) as caught:
        rotated(interfaces)
    assert (caught.value.message.count("in use here"), caught.value.hints) == (2, ())


def test_a_key_younger_than_wished_is_left_and_the_second_time_no_code_is_needed() -> None:
    interfaces = ready("123456")
    wishes = Wishes(older_than_s=101 * DAY_S, asks=False)
    assert rotated(interfaces, wishes) == [
        "work: key ...KEY1 is younger than 101 days (created on 2026-08-14): not rotated"
    ]
    interfaces.session_cache.stored.clear()
    assert "not rotated" in rotated(interfaces, wishes)[0]
    assert interfaces.fake_iam.calls == ["list_access_keys"]


def test_a_no_creates_nothing() -> None:
    interfaces = ready("123456", "n")
    with pytest.raises(Cancelled):
        rotated(interfaces, Wishes())
    assert "create_access_key" not in interfaces.fake_iam.calls
    assert "programs elsewhere that use it stop working" in interfaces.terminal.said[-1]
    assert rotations_in(interfaces.rotations.read()) == []


def test_going_back_asks_and_says_which_key_is_deleted() -> None:
    interfaces = ready()
    rotated(interfaces)
    interfaces.terminal = FakeTerminal("n")
    with pytest.raises(Cancelled):
        resumed(interfaces, Wishes(), back=True)
    assert pairs(interfaces.vault("keychain")) == (NEW, OLD)
    interfaces.terminal = FakeTerminal("y", "654321")
    line, asks = resumed(interfaces, Wishes(), back=True)
    assert line.endswith(f"and key {masked(NEW)} is deleted")
    assert asks == "the next command asks for a code"


@pytest.mark.parametrize("trouble", ["check", "forgets", "fork", "default"])
def test_what_could_not_be_switched_is_refused_before_a_key_is_created(trouble: str) -> None:
    interfaces = ready()
    vault = interfaces.vaults["keychain"]
    if trouble == "forgets":
        vault.is_forgetful = True
    elif trouble == "check":
        interfaces.credentials.text = "no section\n"
    elif trouble == "default":
        interfaces.credentials.text = f"[DEFAULT]\naws_access_key_id = {OLD}\naws_secret_access_key = s\n"
        interfaces.vaults["file"].stored["DEFAULT"] = KEYS
    else:
        vault.stored.clear()
        interfaces.known_keys.text = ""
        interfaces.fork = FakeFork(work_long_term=KEYS)
    with pytest.raises(AwsMfaError):
        rotated(interfaces)
    assert not [call for call in interfaces.fake_iam.calls if call.startswith("create")]


def test_a_session_that_aws_refuses_once_the_key_is_off_is_replaced_by_one_of_the_new_key() -> None:
    interfaces = ready()
    sts, iam = interfaces.fake_sts, interfaces.fake_iam
    iam.failures["deactivate"] = UnknownKey("refused")
    with pytest.raises(UnknownKey):
        rotated(interfaces)
    assert [action for action, _, _ in sts.sent] == ["GetSessionToken"] * 2
    assert "a new one needs another code" in interfaces.said[-1]


@pytest.mark.parametrize("call", ["deactivate", "delete_access_key"])
def test_a_switch_that_is_not_over_is_continued_or_taken_back(call: str) -> None:
    for back in (False, True):
        interfaces = ready()
        interfaces.fake_iam.failures[call] = NotAuthorized("no", "allow it: {}")
        with pytest.raises(NotAuthorized) as caught:
            rotated(interfaces, Wishes(grace_s=0.0, asks=False))
        assert caught.value.hints[0] == "allow it: {}"
        assert pairs(interfaces.vault("keychain")) == (NEW, OLD)
        interfaces.fake_iam.failures.clear()
        resumed(interfaces, back=back)
        assert pairs(interfaces.vault("keychain")) == (OLD if back else NEW, None)
        (key,) = interfaces.fake_iam.access_keys
        assert (key.access_key_id, key.is_active) == (OLD if back else NEW, True)
        assert section_values(interfaces.known_keys.read(), WORK) == {
            "vault": "keychain",
            "aws_access_key_id": key.access_key_id,
        }


def test_a_rotation_that_was_to_be_taken_back_is_never_continued() -> None:
    interfaces = ready()
    rotated(interfaces)
    interfaces.fake_iam.failures["delete_access_key"] = NotAuthorized("no")
    with pytest.raises(NotAuthorized):
        resumed(interfaces, back=True)
    interfaces.fake_iam.failures.clear()
    assert "was taken back" in resumed(interfaces)[0]
    assert pairs(interfaces.vault("keychain")) == (OLD, None)


def test_a_deleted_old_key_cannot_be_restored() -> None:
    interfaces = ready()
    rotated(interfaces)
    interfaces.fake_iam.access_keys.pop(0)
    with pytest.raises(NotSetUp, match="there is no way back"):
        resumed(interfaces, back=True)


def test_ctrl_c_says_how_to_go_on() -> None:
    interfaces = ready()
    interfaces.fake_sts = SlowSts(NEW, misses=1)

    class Interrupted(FakeTerminal):
        def count_down(self, seconds: int, text: str) -> None:
            raise KeyboardInterrupt

    interfaces.terminal = Interrupted("123456")
    with pytest.raises(Cancelled) as caught:
        rotated(interfaces)
    assert caught.value.hints[0] == "go on: aws-mfa rotate --resume"
