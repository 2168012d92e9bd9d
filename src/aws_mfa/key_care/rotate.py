"""
Rotate a user's access key: store the new key beside the old one in every place, verify it, switch, switch off the old.

The journal is written before and after each step, so a rotation that was killed is continued or taken back. One MFA
session of the old key signs all calls of IAM. Refuses to begin if a place cannot take another key, and if the user has
two keys already: IAM allows no third.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aws_mfa.aws_values.iam_users import KEYS_PER_USER
from aws_mfa.command_lines import quote
from aws_mfa.config.sections import profile_of
from aws_mfa.errors import (
    AnswerLost,
    AwsFailed,
    AwsMfaError,
    Cancelled,
    LimitReached,
    NoSuchEntity,
    NotSetUp,
    RefusedByAws,
    SessionExpired,
    UnknownKey,
)
from aws_mfa.handover.forget import forget_sessions
from aws_mfa.key_care import rotation as steps
from aws_mfa.key_care.access import iam_access, user_of_keys
from aws_mfa.key_care.importing import ask_consent, opened_vault
from aws_mfa.key_care.rotation import Held
from aws_mfa.key_care.stored_keys import places_of_key
from aws_mfa.model import LongTermKeys, masked
from aws_mfa.vaults import choice as notes
from aws_mfa.vaults import journal
from aws_mfa.vaults.journal import RESUME, Rotation, day_of, reminder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from aws_mfa.aws_values.iam_users import AccessKey
    from aws_mfa.interfaces import Iam, Interfaces
    from aws_mfa.key_care.access import IamAccess
    from aws_mfa.model import Session
    from aws_mfa.renewal.request import RenewalRequest
    from aws_mfa.renewal.steps import SourceUser

    Answer = TypeVar("Answer")

_PAUSES_S = (2, 3, 5, 10, 10, 15)  # AWS knows a new key after some seconds
_OR_BACK = f"or go back: {journal.ROLLBACK}"


@dataclass(frozen=True)
class Wishes:
    """`older_than_s`: a younger key is left. `grace_s`: see `Rotation`; 0: delete at once. `asks`: for consent."""

    older_than_s: float | None = None
    grace_s: float | None = None
    asks: bool = True


def rotate(user: SourceUser, request: RenewalRequest, wishes: Wishes, interfaces: Interfaces) -> list[str]:
    """Rotate the user's key; returns what was done. A key that is noted as younger than wished needs no code."""
    now = interfaces.now()
    is_due = any(one.is_due(now) for one in journal.rotations_in(interfaces.rotations.read()))
    if not is_due and (left := _too_young(user.access_key_id, user.profile, wishes, interfaces)):
        return left
    access = iam_access(user.profile, request, interfaces)
    keys, arn = access.users.keys_of(access.user.section), access.identity.arn
    with interfaces.set_up_lock():
        done = _end_due(access, request, interfaces)
        listed = {one.access_key_id: one for one in access.iam.list_access_keys(access.session)}
        if (own := listed.get(keys.access_key_id)) is None:
            raise NotSetUp(f"IAM does not list key {masked(keys.access_key_id)} of {arn}", "try again in a minute")
        if (moment := own.created_at) is not None:  # so that other commands know its age
            interfaces.known_keys.update(lambda text: notes.with_creation(text, own.access_key_id, moment))
        if left := _too_young(own.access_key_id, user.profile, wishes, interfaces):
            return done + left
        if len(listed) >= KEYS_PER_USER:
            raise _two_keys(own, listed.values(), access, interfaces)
        places = places_of_key(keys.access_key_id, access, interfaces)
        for name in dict.fromkeys(place.vault for place in places):
            opened_vault(name, interfaces)
        begun = Rotation(keys.access_key_id, arn, user.profile, places, now)
        if wishes.asks and interfaces.terminal.has_human:
            _ask(begun, wishes, interfaces)
        for place in places:  # a second pair that another rotation left: IAM does not list it
            if interfaces.vault(place.vault).load_next(place.section):
                interfaces.vault(place.vault).store_next(place.section, None)
        return done + _Work(begun, access, request, interfaces).finish(wishes.grace_s)


def _end_due(access: IamAccess, request: RenewalRequest, interfaces: Interfaces) -> list[str]:
    """Delete this user's old key if it is due, or gone; `NotSetUp` if a rotation of theirs is not over."""
    done = []
    found = journal.rotations_in(interfaces.rotations.read())
    for one in (one for one in found if one.user == access.identity.arn):
        if one.state != journal.INACTIVE:
            raise NotSetUp(f"the last rotation of {one.profile} is not over", f"finish it: {RESUME}", _OR_BACK)
        work = _Work(one, access, request, interfaces)
        if one.is_due(interfaces.now()) or one.old_id not in work.listed():
            done += work.finish(one.grace_s)
    return done


def resume(
    rotation: Rotation, request: RenewalRequest, wishes: Wishes, interfaces: Interfaces, *, back: bool
) -> list[str]:
    """Continue a rotation of the journal, or take it back; one that was to be taken back is never continued."""
    grace_s = rotation.grace_s if wishes.grace_s is None else wishes.grace_s
    rotation = replace(rotation, grace_s=grace_s)
    if rotation.state == journal.INACTIVE and not back and not rotation.is_due(interfaces.now()):
        interfaces.rotations.update(lambda text: journal.with_grace(text, rotation.old_id, grace_s))
        return [reminder(rotation, interfaces.now())]
    if back and wishes.asks and interfaces.terminal.has_human:
        interfaces.terminal.say(f"key {masked(rotation.old_id)} is used again, and the new one is deleted")
        ask_consent("Take the rotation back? [y/n] ", interfaces)
    try:
        access = iam_access(rotation.profile, request, interfaces)
    except UnknownKey:
        if back or not _gave_place(rotation, request, interfaces):
            raise
        access = iam_access(rotation.profile, request, interfaces)
    if access.identity.arn != rotation.user:
        raise NotSetUp(f"{rotation.profile} has keys of {access.identity.arn} now, not of {rotation.user}")
    with interfaces.set_up_lock():
        for one in journal.rotations_in(interfaces.rotations.read()):
            if one.old_id == rotation.old_id:
                work = _Work(one, access, request, interfaces)
                return work.go_back() if back or one.state == journal.GOING_BACK else work.finish(grace_s)
    return [f"{rotation.profile}: another process has ended this rotation"]


def _gave_place(rotation: Rotation, request: RenewalRequest, interfaces: Interfaces) -> bool:
    """Whether the new key, which AWS knows, took the place of an old one that it refuses: no other gets a session."""
    old_id, new_id, ready = rotation.old_id, rotation.new_id, []
    with interfaces.set_up_lock():
        left = journal.rotations_in(interfaces.rotations.read())
        if (old_id, new_id, journal.STORED) not in ((one.old_id, one.new_id, one.state) for one in left):
            return False
        user, _ = user_of_keys(rotation.profile, request, interfaces)
        for place in rotation.places:
            vault = interfaces.vault(place.vault)
            held, beside = vault.load(place.section), vault.load_next(place.section)
            if held and beside and (held.access_key_id, beside.access_key_id) == (old_id, new_id):
                if interfaces.sts(user.region, user.endpoints).get_caller_identity(beside).arn != rotation.user:
                    return False
                ready.append(place)
        interfaces.say(f"AWS no longer accepts key {masked(old_id)}: key {masked(new_id)} takes its place now")
        for place in ready:
            interfaces.vault(place.vault).exchange(place.section)
        interfaces.known_keys.update(lambda text: notes.with_other_key(text, old_id, new_id))
    return True


@dataclass(eq=False)
class _Work:
    """A rotation in progress: makes the steps that are left, and writes the journal."""

    _rotation: Rotation
    _access: IamAccess
    _request: RenewalRequest
    _interfaces: Interfaces

    def __post_init__(self) -> None:
        if new_id := steps.new_id_in(self._rotation, self._held()):  # the journal may not know it yet
            self._rotation = replace(self._rotation, new_id=new_id)

    def finish(self, grace_s: float | None) -> list[str]:
        now = self._interfaces.now()
        self._rotation = replace(self._rotation, grace_s=grace_s)
        if self._rotation.state != journal.INACTIVE:
            self._check_places()
        listed = self.listed()
        made = steps.steps_left(self._rotation, listed, self._held(), now=now)
        if self._rotation.state == journal.INACTIVE and (old := listed.get(self._rotation.old_id)):
            self._check_unused(old)
        self._note()
        self._make(made)
        one, lines = self._rotation, []
        if steps.SWITCH in made:
            lines.append(f"{one.profile}: key {masked(one.new_id)} replaces {masked(one.old_id)} in {one.where}")
        if steps.DEACTIVATE in made:
            lines.append(f"its stored sessions were removed; for a new one: aws-mfa renew {quote(one.profile)}")
        is_deleted = steps.DELETE in made
        return [*lines, f"{one.profile}: key {masked(one.old_id)} is deleted" if is_deleted else reminder(one, now)]

    def go_back(self) -> list[str]:
        self._check_places()
        made = steps.steps_back(self._rotation, self.listed(), self._held())
        self._note(state=journal.GOING_BACK)
        self._make(made)
        one = self._rotation
        deleted = f", and key {masked(one.new_id)} is deleted" if one.new_id else ""
        asks = ["the next command asks for a code"] if steps.SWITCH in made else []
        what = f"the rotation was taken back: key {masked(one.old_id)} is used in {one.where}{deleted}"
        return [f"{one.profile}: {what}", *asks]

    def _make(self, numbers: list[int]) -> None:
        ways = (self._delete_lost, self._create, self._switch, self._deactivate, self._delete)  # numbered in `steps`
        try:
            for number in numbers:
                ways[number]()
        except KeyboardInterrupt:
            raise Cancelled("cancelled", f"go on: {RESUME}", _OR_BACK) from None
        except AwsMfaError as error:
            if f"[{self._rotation.old_id}]" in self._interfaces.rotations.read():
                error.hints = (*error.hints[:1], f"go on: {RESUME}", _OR_BACK)
            raise

    def _held(self) -> list[Held]:
        """What the places hold, without those that have neither key any more."""
        found = []
        for place in self._rotation.places:
            vault = self._interfaces.vault(place.vault)
            pairs = (vault.load(place.section), vault.load_next(place.section))
            found.append(Held(place, *("" if keys is None else keys.access_key_id for keys in pairs)))
        known = {self._rotation.old_id, self._rotation.new_id, *(one.beside_id for one in found)} - {""}
        return [one for one in found if one.key_id in known]

    def _check_places(self) -> None:
        """Raise `NotSetUp` for a place that has neither key: if it is only absent now, it would keep a deleted one."""
        one, held = self._rotation, {found.place for found in self._held()}
        if lost := ", ".join(str(place) for place in one.places if place not in held):
            what = f"{lost}: neither key {masked(one.old_id)} nor the new one is there any more"
            give_up = f"or give this rotation up: remove [{one.old_id}] from {self._interfaces.rotations.path}"
            raise NotSetUp(what, "put the keys back there, and run the same command again", give_up)

    def _check_unused(self, old: AccessKey) -> None:
        """Raise `NotSetUp` if the old key, which was switched off, is on again, or is back in another place."""
        one, what = self._rotation, f"key {masked(old.access_key_id)} was switched off, and is in use again"
        found = places_of_key(one.old_id, self._access, self._interfaces)
        if places := [place for place in found if place not in one.places]:
            raise NotSetUp(f"{what}, in {', '.join(map(str, places))}", "put other keys there first", _OR_BACK)
        if old.is_active:
            hint = f"if nothing uses it: {steps.deletion_of(one.old_id, one.profile)}"
            raise NotSetUp(f"{what}: IAM lists it as active", hint, _OR_BACK)

    def _keys(self, key_id: str) -> LongTermKeys:
        for place in self._rotation.places:
            vault = self._interfaces.vault(place.vault)
            for keys in (vault.load(place.section), vault.load_next(place.section)):
                if keys is not None and keys.access_key_id == key_id:
                    return keys
        raise NotSetUp(f"no place has key {masked(key_id)} any more")

    def listed(self) -> dict[str, AccessKey]:
        return {one.access_key_id: one for one in self._call(lambda iam, signer: iam.list_access_keys(signer))}

    def _call(self, make: Callable[[Iam, Session], Answer]) -> Answer:
        """Make a call of IAM; if AWS accepts the session no more, with a new one, which costs a code."""
        try:
            return make(self._access.iam, self._access.session)
        except (UnknownKey, SessionExpired):
            self._interfaces.say("AWS no longer accepts the MFA session of this rotation: a new one needs another code")
            request = replace(self._request, token=None, forced=True)
            self._access = iam_access(self._rotation.profile, request, self._interfaces)
            return make(self._access.iam, self._access.session)

    def _note(self, **changes: object) -> None:
        self._rotation = replace(self._rotation, **changes)  # type: ignore[arg-type]
        self._interfaces.rotations.update(lambda text: journal.with_rotation(text, self._rotation))

    def _create(self) -> None:
        before, ahead_s, new_id = self._rotation.started_at, 0.0, ""
        with suppress(AwsMfaError):  # by AWS's clock, which says when a key was created
            ahead_s = self._access.sts.clock_ahead_s()
        self._note(started_at=self._interfaces.now() - ahead_s, new_id="")
        with self._interfaces.deferred_signals():
            try:
                keys = self._call(lambda iam, signer: iam.create_access_key(signer))
                new_id = keys.access_key_id
                self._interfaces.say(f"created key {masked(new_id)}")
                self._store_beside(keys)
            except AwsMfaError as error:
                # If IAM's answer was lost, the key may have been created, and the journal is kept for `--resume`.
                if isinstance(error, LimitReached):  # IAM did not list a key yet that was created before
                    self._note(started_at=before)
                elif new_id or not isinstance(error, (AnswerLost, AwsFailed)):
                    with suppress(AwsMfaError):
                        self._note(state=journal.GOING_BACK, new_id=new_id)
                        self._delete()
                raise

    def _store_beside(self, keys: LongTermKeys) -> None:
        for one in self._held():
            if keys.access_key_id not in (one.key_id, one.beside_id):
                self._interfaces.vault(one.place.vault).store_next(one.place.section, keys)
        self._note(state=journal.STORED, new_id=keys.access_key_id)

    def _verify(self, key_id: str) -> None:
        """Wait until AWS knows the key, and check whose it is."""
        keys, name, arn = self._keys(key_id), masked(key_id), ""
        for pause_s in (*_PAUSES_S, 0):
            try:
                arn = self._access.sts.get_caller_identity(keys).arn
                break
            except UnknownKey:
                if not pause_s:
                    raise UnknownKey(f"AWS does not know key {name} after {sum(_PAUSES_S)} s") from None
                self._interfaces.terminal.count_down(pause_s, f"AWS does not know key {name} yet; next try in")
        if arn != self._rotation.user:
            raise RefusedByAws(f"key {name} belongs to {arn}, not to {self._rotation.user}")

    def _switch(self) -> None:
        """Exchange the pairs where it is still to be done, once AWS knows the key that is to be used."""
        one, is_back = self._rotation, self._rotation.state == journal.GOING_BACK
        from_id, to_id = (one.new_id, one.old_id) if is_back else (one.old_id, one.new_id)
        if is_back:
            self._call(lambda iam, signer: iam.set_key_active(signer, to_id, active=True))
        else:
            self._store_beside(self._keys(to_id))  # one of the places may not have it yet
        self._verify(to_id)
        with self._interfaces.deferred_signals():
            for held in self._held():
                if held.key_id != to_id:
                    self._interfaces.vault(held.place.vault).exchange(held.place.section)
            created_at = None if is_back else one.started_at
            self._interfaces.known_keys.update(lambda text: notes.with_other_key(text, from_id, to_id, created_at))
            if not is_back:
                self._note(state=journal.SWITCHED)

    def _deactivate(self) -> None:
        """Switch the old key off, and forget the sessions that it got, in the cache and in the credentials file."""
        old_id = self._rotation.old_id
        self._check_places()
        self._call(lambda iam, signer: iam.set_key_active(signer, old_id, active=False))
        sections = [place.section.removeprefix("profile ") for place in self._rotation.places]
        forget_sessions([self._rotation.profile, *sections, *map(profile_of, sections)], self._interfaces)
        self._note(state=journal.INACTIVE, inactive_at=self._interfaces.now())

    def _delete_lost(self) -> None:
        listed = self.listed()
        key_id, is_used = steps.lost_id(self._rotation, listed), True
        if not key_id:
            return
        is_here = bool(places_of_key(key_id, self._access, self._interfaces))
        with suppress(RefusedByAws):  # if it is denied, the key may be another's
            is_used = self._call(lambda iam, signer: iam.key_last_used(signer, key_id))[0] is not None
        try:
            steps.check_is_ours(listed[key_id], self._rotation, is_used=is_used, is_here=is_here)
        except NotSetUp as error:
            if self._rotation.state != journal.GOING_BACK:
                raise
            self._interfaces.say("; ".join((error.message, *error.hints)))
            return
        self._call(lambda iam, signer: iam.delete_access_key(signer, key_id))
        self._interfaces.say(f"deleted key {masked(key_id)}: its secret was lost with IAM's answer")

    def _delete(self) -> None:
        """Delete the key that is out of use; then the second pairs, the notes about it, and the journal's entry."""
        one = self._rotation
        key_id = one.new_id if one.state == journal.GOING_BACK else one.old_id
        if key_id:
            with suppress(NoSuchEntity):
                self._call(lambda iam, signer: iam.delete_access_key(signer, key_id))
        for place in one.places:
            vault = self._interfaces.vault(place.vault)
            if (beside := vault.load_next(place.section)) and beside.access_key_id in (one.old_id, one.new_id):
                vault.store_next(place.section, None)
        self._interfaces.known_keys.update(lambda text: notes.without_key(text, key_id))
        self._interfaces.rotations.update(lambda text: journal.without_rotation(text, one.old_id))


def _too_young(access_key_id: str, profile: str, wishes: Wishes, interfaces: Interfaces) -> list[str]:
    created_at = notes.noted_creation(interfaces.known_keys.read(), access_key_id)
    if wishes.older_than_s is None or created_at is None or interfaces.now() - created_at >= wishes.older_than_s:
        return []
    what = f"key {masked(access_key_id)} is younger than {wishes.older_than_s / 86400:.0f} days"
    return [f"{profile}: {what} (created on {day_of(created_at)}): not rotated"]


def _two_keys(own: AccessKey, listed: Iterable[AccessKey], access: IamAccess, interfaces: Interfaces) -> LimitReached:
    shown, hints, journal_text = [], list[str](), interfaces.rotations.read()
    for one in listed:
        is_here = one is own or places_of_key(one.access_key_id, access, interfaces)
        facts = [masked(one.access_key_id), "in use here" if is_here else "active" if one.is_active else "inactive"]
        facts += [] if one.created_at is None else [f"created {day_of(one.created_at)}"]
        with suppress(RefusedByAws):
            used_at, service = access.iam.key_last_used(access.session, one.access_key_id)
            facts.append("never used" if used_at is None else f"last used {day_of(used_at)} for {service}")
        shown.append(", ".join(facts))
        if not is_here:
            command = steps.deletion_of(one.access_key_id, access.user.profile)
            is_old = f"[{one.access_key_id}]" in journal_text
            hints.append(f"if nothing uses {facts[0]}: {f'{RESUME} --delete' if is_old else command}")
    return LimitReached(f"this user has two access keys, and IAM allows no third: {'; '.join(shown)}", *hints)


def _ask(begun: Rotation, wishes: Wishes, interfaces: Interfaces) -> None:
    interfaces.terminal.say(f"a new key replaces {masked(begun.old_id)} of {begun.user} in {begun.where}")
    end = "deleted" if wishes.grace_s == 0 else "switched off"
    interfaces.terminal.say(f"then the old key is {end}: programs elsewhere that use it stop working")
    ask_consent("Rotate this key? [y/n] ", interfaces)
