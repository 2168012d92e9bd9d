"""
The session cache: sessions that are not for the credentials file, kept until they expire or are forgotten.

A courtesy: whatever goes wrong with it is said in one line, and the session counts as not stored. What is read must
have been asked for with exactly the same inputs; what is damaged, foreign or expired is removed. The form of an entry
belongs to `rules/session_entries.py`, its place to `session_stores.py`.
"""

from __future__ import annotations

from aws_mfa.adapters.private_reading import Unfit
from aws_mfa.errors import AwsMfaError
from aws_mfa.rules.freshness import MARGIN_S
from aws_mfa.rules.session_entries import entry_text, parse_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from aws_mfa.adapters.session_files import SessionFiles
    from aws_mfa.adapters.session_stores import Stores
    from aws_mfa.model import Session
    from aws_mfa.rules.session_entries import Entry


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

    def load(self, label: str, inputs: Mapping[str, str]) -> Session | None:
        """The session stored under the label, where it was asked for with these inputs and has a minute left."""
        entry = self.find(label, inputs)
        return None if entry is None else entry.session()

    def find(self, label: str, inputs: Mapping[str, str]) -> Entry | None:
        """As `load`: the entry, with its finished document."""
        for files in self._stores.readable:
            entry = self._good_entry(files, label)
            if entry is not None and entry.is_for(inputs):
                return entry
        return None

    def store(self, label: str, inputs: Mapping[str, str], session: Session) -> bool:
        """Remember the session in place of what the label had, in whichever store that was; whether that worked."""
        try:
            data = entry_text(inputs, session).encode()
        except ValueError:
            # The texts of these errors are left out: a UnicodeError carries the whole entry.
            self._tell(f"the session of {label!r} is not remembered: it holds characters that cannot be stored")
            return False
        try:
            return self._write(label, data)
        except (AwsMfaError, OSError) as error:
            self._tell(f"the session of {label!r} is not remembered: {_reason(error)}")
        return False

    def entries(self) -> list[tuple[str, Entry]]:
        """Every good entry of the stores that are read, sorted by label."""
        found: dict[str, Entry] = {}
        for files in reversed(self._stores.readable):
            for label in self._labels(files):
                entry = self._good_entry(files, label)
                if entry is not None:
                    found[label] = entry
        return [(label, found[label]) for label in sorted(found)]

    def forget(self, labels: Collection[str] | None) -> list[str]:
        """Remove these labels' entries (None: all) from every store, read now or not; those removed, sorted."""
        return sorted({label for files in self._stores.every() for label in self._removed(files, labels)})

    def _write(self, label: str, data: bytes) -> bool:
        files = self._stores.writable()
        if files is None:
            return False
        if files is self._stores.plain and not self._stores.choice.explicit and not files.labels():
            self._tell(
                f"no runtime folder and no keychain here: sessions are stored in {files.folder} (0600, not encrypted)"
            )
        files.write(label, data)
        for other in self._stores.every():
            if other is not files:
                other.remove(label)
        return True

    def _removed(self, files: SessionFiles, labels: Collection[str] | None) -> list[str]:
        removed: list[str] = []
        there = self._labels(files)
        wanted = there if labels is None else [label for label in there if label in labels]
        try:
            if wanted:
                with files.locked():
                    removed.extend(label for label in wanted if files.remove(label))
            if labels is None:
                files.remove_leftovers()
                files.remove_witnesses()
        except (AwsMfaError, OSError) as error:
            self._tell(f"not every stored session could be removed: {_reason(error)}")
        return removed

    def _labels(self, files: SessionFiles) -> list[str]:
        try:
            return files.labels()
        except (AwsMfaError, OSError) as error:
            self._tell(f"the stored sessions cannot be read: {_reason(error)}")
            return []

    def _good_entry(self, files: SessionFiles, label: str) -> Entry | None:
        try:
            entry = _entry(files, label)
            if entry is None or self._is_good(entry):
                return entry
            self._sweep(files, label)
        except Unfit as error:
            self._sweep(files, label, reason=str(error))
        except (AwsMfaError, OSError) as error:
            self._tell(f"the stored session of {label!r} cannot be read: {_reason(error)}")
        return None

    def _sweep(self, files: SessionFiles, label: str, *, reason: str | None = None) -> None:
        """Remove what is over, or for `reason` no entry; never what another process has stored there meanwhile."""
        try:
            with files.locked():
                if not self._is_rubbish(files, label):
                    return
                files.remove(label)
        except (AwsMfaError, OSError) as error:
            self._tell(f"the stored session of {label!r} cannot be removed: {_reason(error)}")
        if reason is not None:
            self._tell(f"dropped the stored session of {label!r}: {reason}")

    def _is_rubbish(self, files: SessionFiles, label: str) -> bool:
        try:
            entry = _entry(files, label)
        except Unfit:
            return True
        return entry is not None and not self._is_good(entry)

    def _is_good(self, entry: Entry) -> bool:
        return entry.expires_at - self._now() > MARGIN_S

    def _tell(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._say(line)


def _entry(files: SessionFiles, label: str) -> Entry | None:
    """The entry as it stands, None where there is none; raises `Unfit`, and what reading raises."""
    data = files.read(label)
    if data is None:
        return None
    try:
        entry = parse_entry(data.decode())
    except UnicodeDecodeError:
        entry = None
    if entry is None:
        raise Unfit("it is damaged, or another version's")
    return entry


def _reason(error: AwsMfaError | OSError) -> str:
    return error.message if isinstance(error, AwsMfaError) else error.strerror or type(error).__name__
