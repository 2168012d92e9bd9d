"""
The session cache: sessions that are not for the credentials file, kept until they expire or are forgotten.

A courtesy: whatever goes wrong with it is said in one line, and the session counts as not stored. What is read must
have been asked for with exactly the same inputs; sessions of one label and other inputs lie beside each other. What is
damaged, foreign or over is removed where it is met, and once in a process that stores. The form of an entry belongs to
`sessions/entry.py`, its name to `sessions/inputs.py`, its place to `session_stores.py`.
"""

from __future__ import annotations

from aws_mfa.errors import AwsMfaError
from aws_mfa.sessions.entry import entry_text, parse_entry, text_of_inputs
from aws_mfa.sessions.freshness import MARGIN_S
from aws_mfa.sessions.inputs import label_in, name_of_text, stored_name
from aws_mfa.system.private_reading import Unfit, private_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from aws_mfa.model import Session
    from aws_mfa.sessions.entry import Entry
    from aws_mfa.sessions.stores import SessionFiles, Stores


class SessionCache:
    """
    Fulfils the Protocol `SessionCache`.

    `now` gives seconds since the epoch; `say` gets each line of trouble, the same one once.
    """

    def __init__(self, stores: Stores, *, now: Callable[[], float], say: Callable[[str], None]) -> None:
        self._stores = stores
        self._now = now
        self._say = say
        self._said: set[str] = set()
        self._has_swept = False

    def load(self, label: str, inputs: Mapping[str, str]) -> Session | None:
        """The session stored under the label, where it was asked for with these inputs and has a minute left."""
        entry = self.find(label, inputs)
        return None if entry is None else entry.session()

    def find(self, label: str, inputs: Mapping[str, str]) -> Entry | None:
        """As `load`: the entry, with its finished document."""
        text = name = ""
        for files in self._stores.readable:
            if not files.may_have_entries():
                continue
            text = text or text_of_inputs(inputs)
            name = name or name_of_text(label, text)
            entry = self._good_entry(files, name)
            if entry is not None and entry.inputs_text == text:
                return entry
        return None

    def store(self, label: str, inputs: Mapping[str, str], session: Session) -> bool:
        """Remember the session in place of what these two had, in whichever store that was; whether that worked."""
        try:
            data = entry_text(inputs, session).encode()
        except ValueError:
            # The texts of these errors are left out: a UnicodeError carries the whole entry.
            self._tell(f"the session of {label!r} is not remembered: it holds characters that cannot be stored")
            return False
        try:
            return self._write(stored_name(label, inputs), data)
        except (AwsMfaError, OSError) as error:
            self._tell(f"the session of {label!r} is not remembered: {_reason(error)}")
        return False

    def drop(self, label: str, inputs: Mapping[str, str], access_key_id: str, *, min_age_s: float = 0.0) -> bool:
        """
        Remove the session of this key id, which AWS refuses; another that is stored there by now stays.

        False where it was stored less than `min_age_s` seconds ago: then it stays too.
        """
        name = stored_name(label, inputs)
        return all(self._dropped(files, name, access_key_id, min_age_s) for files in self._stores.readable)

    def _dropped(self, files: SessionFiles, name: str, access_key_id: str, min_age_s: float) -> bool:
        is_too_new = False

        def is_to_go(entry: Entry) -> bool:
            nonlocal is_too_new
            if entry.session().access_key_id != access_key_id:
                return False
            # By the file, not by the session: AWS's clock may be minutes off ours.
            age_s = max(self._now() - (files.written_at(name) or 0.0), 0.0)
            is_too_new = age_s < min_age_s
            return not is_too_new

        self._sweep(files, name, is_to_go)
        return not is_too_new

    def entries(self) -> list[tuple[str, Entry]]:
        """Every good entry of the stores that are read, sorted by label."""
        found: dict[str, Entry] = {}
        for files in reversed(self._stores.readable):
            for name in self._names(files):
                entry = self._good_entry(files, name)
                if entry is not None:
                    found[name] = entry
        return [(label_in(name), found[name]) for name in sorted(found)]

    def forget(self, labels: Collection[str] | None) -> tuple[list[str], list[str]]:
        """
        Remove these labels' entries (None: all) from every store, read now or not.

        The labels of what was removed, sorted, and a line for each store that could not be looked at or emptied.
        """
        missed: list[str] = []
        removed = {label for files in self._stores.anywhere() for label in self._removed(files, labels, missed.append)}
        return sorted(removed), missed

    def _write(self, name: str, data: bytes) -> bool:
        files = self._stores.writable()
        if files is None:
            return False
        if not files.names() and (why := self._stores.why_in_clear_on_disk(files)):
            self._tell(f"{why}: sessions are stored in {files.folder} (0600, not encrypted)")
        files.write(name, data)
        for other in self._stores.every():
            if other is not files:
                other.remove(name)
        if not self._has_swept:
            # Once in a process: what nobody asks for any more must not pile up.
            self._has_swept = True
            for other_name in self._names(files):
                if other_name != name:
                    self._good_entry(files, other_name)
        return True

    def _removed(self, files: SessionFiles, labels: Collection[str] | None, missed: Callable[[str], None]) -> list[str]:
        removed: list[str] = []
        try:
            wanted = [name for name in files.names() if labels is None or label_in(name) in labels]
            if wanted:
                with files.locked():
                    removed.extend(label_in(name) for name in wanted if files.remove(name))
            if labels is None:
                files.remove_leftovers()
                files.remove_witnesses()
        except (AwsMfaError, OSError) as error:
            missed(f"what is stored in {files.folder} could not all be removed: {_reason(error)}")
        return removed

    def _names(self, files: SessionFiles) -> list[str]:
        try:
            return files.names()
        except (AwsMfaError, OSError) as error:
            self._tell(f"the stored sessions cannot be read: {_reason(error)}")
            return []

    def _good_entry(self, files: SessionFiles, name: str) -> Entry | None:
        try:
            entry = _entry_in(files, name)
            if entry is None or not self._is_over(entry):
                return entry
            self._sweep(files, name, self._is_over)
        except Unfit as error:
            self._sweep(files, name, self._is_over, reason=str(error))
        except (AwsMfaError, OSError) as error:
            self._tell(f"the stored session of {label_in(name)!r} cannot be read: {_reason(error)}")
        return None

    def _sweep(
        self, files: SessionFiles, name: str, is_rubbish: Callable[[Entry], bool], *, reason: str | None = None
    ) -> None:
        """Remove what is rubbish, or for `reason` no entry; never what another process has stored there meanwhile."""
        try:
            if private_folder(files.folder) is None:
                return
            with files.locked():
                try:
                    entry = _entry_in(files, name)
                except Unfit:
                    is_to_go = True
                else:
                    is_to_go = entry is not None and is_rubbish(entry)
                if not is_to_go:
                    return
                files.remove(name)
        except (AwsMfaError, OSError) as error:
            self._tell(f"the stored session of {label_in(name)!r} cannot be removed: {_reason(error)}")
        if reason is not None:
            self._tell(f"dropped the stored session of {label_in(name)!r}: {reason}")

    def _is_over(self, entry: Entry) -> bool:
        return entry.expires_at - self._now() <= MARGIN_S

    def _tell(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._say(line)


def _reason(error: AwsMfaError | OSError) -> str:
    return error.message if isinstance(error, AwsMfaError) else error.strerror or type(error).__name__


def _entry_in(files: SessionFiles, name: str) -> Entry | None:
    """The entry as it stands, None where there is none; raises `Unfit`, and what reading raises."""
    data = files.read(name)
    if data is None:
        return None
    try:
        entry = parse_entry(data.decode())
    except UnicodeDecodeError:
        entry = None
    if entry is None:
        raise Unfit("it is damaged, or another version's")
    return entry
