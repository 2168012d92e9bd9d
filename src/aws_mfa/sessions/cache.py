"""
The session cache: sessions that are not for the credentials file, stored until they expire or are forgotten.

A failure here never fails the run: it is one line of text, and the session counts as not stored. A session is used only
for a request with exactly its inputs, under whatever label it is stored: of several, the one that lasts longest.
Entries that are damaged, foreign or expired are removed when they are read, and once in each process that stores.
`entry` has the form of an entry, `inputs` its name, `stores` its place.
"""

from __future__ import annotations

import os
from contextlib import suppress

from aws_mfa.errors import HINT, AwsMfaError
from aws_mfa.sessions.entry import entry_text, parse_entry, text_of_inputs
from aws_mfa.sessions.freshness import MARGIN_S
from aws_mfa.sessions.inputs import label_in, name_of_text, stored_name
from aws_mfa.sessions.places import shortened
from aws_mfa.system.ownership import Unfit
from aws_mfa.system.private_files import check_replaceable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from aws_mfa.model import Session
    from aws_mfa.sessions.entry import Entry, Head
    from aws_mfa.sessions.stores import Listing, SessionFiles, Stores


class SessionCache:
    """An `interfaces.SessionCache`; `say` gets each different failure once; without `tidies` no entry is removed."""

    def __init__(
        self, stores: Stores, *, now: Callable[[], float], say: Callable[[str], None], tidies: bool = True
    ) -> None:
        self._tidies = tidies
        self._stores = stores
        self._now = now
        self._say = say
        self._said: set[str] = set()
        self._has_swept = False
        self._is_unusable = False

    def find(self, label: str, inputs: Mapping[str, str]) -> Entry | None:
        return self.listed()(label, text_of_inputs(inputs))

    def listed(self) -> Callable[[str, str], Entry | None]:
        listings: list[tuple[SessionFiles, Listing]] = []
        for files in self._stores.readable:
            try:
                listings.append((files, files.listing()))
            except (AwsMfaError, OSError) as error:
                self._report(f"the sessions stored in {files.folder} cannot be read: {_reason(error)}")

        def found(label: str, text: str) -> Entry | None:
            name = name_of_text(label, text)
            for files, listing in listings:
                # The label's own session first: of equal ones it counts.
                names = sorted(files.alike(name, listing), key=lambda one: one != name)
                entries = [self._good_entry(files, one, listing[0]) for one in names]
                alike = [entry for entry in entries if entry is not None and entry.inputs_text == text]
                if alike:
                    return max(alike, key=lambda entry: entry.expires_at)
            return None

        return found

    def heads(self) -> list[Head]:
        heads: list[Head] = []
        for files in self._stores.readable:
            try:
                heads += files.heads()
            except (AwsMfaError, OSError) as error:
                self._report(f"the sessions stored in {files.folder} cannot be read: {_reason(error)}")
        return heads

    def check(self) -> None:
        for files in self._stores.readable[:1]:  # `plain`, which may take the place of `sealed`, is in the same folder
            try:
                check_replaceable(os.path.join(files.folder, "session"))
            except AwsMfaError as error:
                self._is_unusable = True
                why = error.message.removesuffix("; nothing was written")
                self._report(f"no session can be stored here, each command will ask for a code: {why}")
                if os.name != "nt":
                    self._report(f"{HINT}store them elsewhere for this shell: export XDG_RUNTIME_DIR=$(mktemp -d)")

    def store(self, label: str, inputs: Mapping[str, str], session: Session, *, is_copy: bool = False) -> bool:
        """Store the session, and remove an older one from the other stores; return whether it was stored."""
        try:
            data = entry_text(inputs, session).encode()
        except ValueError:
            # The texts of these errors are left out: a UnicodeError carries the whole entry.
            self._report(f"the session of {label!r} is not remembered: it holds characters that cannot be stored")
            return False
        try:
            return self._write(stored_name(label, inputs), data, is_copy=is_copy)
        except (AwsMfaError, OSError) as error:
            if not (is_copy or self._is_unusable):
                self._report(f"the session of {label!r} is not remembered: {_reason(error)}")
        return False

    def stored_s_ago(self, label: str, inputs: Mapping[str, str]) -> float | None:
        moments: list[float] = []
        for files in self._stores.readable:
            with suppress(AwsMfaError, OSError):
                names = files.alike(stored_name(label, inputs), files.listing())
                moments += filter(None, map(files.written_at, names))
        return max(self._now() - max(moments), 0.0) if moments else None

    def drop(self, label: str, inputs: Mapping[str, str], access_key_id: str, *, min_age_s: float = 0.0) -> bool:
        def is_refused(entry: Entry) -> bool:
            return entry.session().access_key_id == access_key_id

        is_kept = False
        for files in self._stores.readable:
            with suppress(AwsMfaError, OSError):
                for name in files.alike(stored_name(label, inputs), files.listing()):
                    # The age of the file, not of the session: AWS's clock may differ from ours by minutes.
                    age_s = max(self._now() - (files.written_at(name) or 0.0), 0.0)
                    if age_s >= min_age_s:
                        self._remove_if(files, name, is_refused)
                    else:
                        entry = self._good_entry(files, name)
                        is_kept |= entry is not None and is_refused(entry)
        return not is_kept

    def forget(self, labels: Collection[str] | None) -> tuple[list[str], list[str]]:
        removed: set[str] = set()
        asked = {shortened(label): label for label in labels or ()}
        missed: list[str] = []
        for files in self._stores.anywhere():
            try:
                wanted = [name for name in files.names() if labels is None or label_in(name) in asked]
                if wanted:
                    with files.locked():
                        gone = [label_in(name) for name in wanted if files.remove(name)]
                        removed |= {asked.get(label, label) for label in gone}
                if labels is None:
                    files.remove_leftovers(fingerprints=True)
            except (AwsMfaError, OSError) as error:
                missed.append(f"what is stored in {files.folder} could not all be removed: {_reason(error)}")
        return sorted(removed), missed

    def _write(self, name: str, data: bytes, *, is_copy: bool) -> bool:
        files = self._stores.writable()
        if files is None:
            return False
        # Once per process: what is expired or half written would pile up.
        sweeps = not self._has_swept
        names = files.names() if sweeps else []
        if sweeps:
            files.remove_leftovers()
        files.write(name, data)
        self._has_swept = True
        if sweeps and not (names or is_copy) and (why := self._stores.why_in_clear_on_disk(files)):
            self._report(f"{why}: sessions are stored in {files.folder} (0600, not encrypted)")
        for other in self._stores.every:
            if other is not files:
                other.remove(name)
        for other_name in names:
            if other_name != name:
                self._good_entry(files, other_name)
        return True

    def _good_entry(self, files: SessionFiles, name: str, folder: os.stat_result | None = None) -> Entry | None:
        """The entry if there is one; it is removed if it is expired or unfit."""
        reason = ""
        try:
            entry = _entry_in(files, name, folder)
            if entry is None or not self._is_expired(entry):
                return entry
        except Unfit as error:
            reason = str(error)
        except (AwsMfaError, OSError) as error:
            self._report(f"the stored session of {label_in(name)!r} cannot be read: {_reason(error)}")
            return None
        self._remove_if(files, name, self._is_expired, reason)
        return None

    def _remove_if(self, files: SessionFiles, name: str, is_to_go: Callable[[Entry], bool], reason: str = "") -> None:
        """Remove an entry that `is_to_go` or is unfit, read again under the lock: it may be another one by now."""
        if not self._tidies:
            return
        try:
            with files.locked():
                with suppress(Unfit):  # then it must be removed
                    entry = _entry_in(files, name)
                    if entry is None or not is_to_go(entry):
                        return
                files.remove(name)
        except (AwsMfaError, OSError) as error:
            self._report(f"the stored session of {label_in(name)!r} cannot be removed: {_reason(error)}")
        if reason:
            self._report(f"dropped the stored session of {label_in(name)!r}: {reason}")

    def _is_expired(self, entry: Entry) -> bool:
        return entry.expires_at - self._now() <= MARGIN_S

    def _report(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._say(line)


def _reason(error: AwsMfaError | OSError) -> str:
    return error.message if isinstance(error, AwsMfaError) else error.strerror or type(error).__name__


def _entry_in(files: SessionFiles, name: str, folder: os.stat_result | None = None) -> Entry | None:
    """The entry in its file, None if there is none; raises `Unfit`, and what reading raises."""
    data = files.read(name, folder)
    if data is None:
        return None
    try:
        entry = parse_entry(data.decode())
    except UnicodeDecodeError:
        entry = None
    if entry is None:
        raise Unfit("it is damaged, or another version's")
    entry.name = name
    return entry
