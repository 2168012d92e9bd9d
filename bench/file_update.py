"""
An update of a credentials file with 10 000 profiles, in this process: lock, read again, edit, replace, fsync.

The disk's speed decides here, so the same bytes are also written and fsynced directly, alternating with the update.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING

import stage
from aws_mfa.config.edit import with_changes
from aws_mfa.config.files import AwsFile
from aws_mfa.model import Secret, Session
from aws_mfa.sessions.file_section import section_of

if TYPE_CHECKING:
    from collections.abc import Callable

PROFILES = 10_000
RUNS = 41
PROFILE = f"team-{PROFILES // 2}"


def renewed(number: int) -> dict[str, str | None]:
    """What a renewal writes into its section; each call returns a new session."""
    secret, token = Secret(f"{number:040d}"), Secret(f"{number:0400d}")
    return section_of(Session(f"ASIA{number:016d}", secret, token, 1_800_000_000 + number))


def renew(file: AwsFile, number: int) -> None:
    """The whole update, as a renewal makes it."""
    file.update(lambda text: with_changes(text, PROFILE, renewed(number)))


def lines_changed(before: str, after: str) -> int:
    """How many lines differ between two texts with the same number of lines."""
    return sum(old != new for old, new in zip(before.splitlines(), after.splitlines(), strict=True))


def milliseconds(work: Callable[[], object]) -> float:
    """How long `work` takes, in wall-clock time."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def write_bare(path: str, data: bytes) -> None:
    """Write and fsync a new file: the least that any safe update costs on this disk."""
    with open(path, "wb", buffering=0) as file:
        file.write(data)
        os.fsync(file.fileno())


def line(name: str, figures: list[float]) -> str:
    """One row: median, min..max."""
    return f"{name:<46} {statistics.median(figures):6.1f} ms  ({min(figures):.1f}..{max(figures):.1f})"


def main() -> None:
    """Measure the update, only the edit, and only the write, alternating."""
    updates, edits, writes = [], [], []
    with tempfile.TemporaryDirectory() as home:
        file = AwsFile(stage.write_credentials(home, stage.many_profiles(PROFILES)))
        renew(file, 0)
        before = file.read()
        for number in range(1, RUNS + 1):
            updates.append(milliseconds(partial(renew, file, number)))
            edits.append(milliseconds(partial(with_changes, before, PROFILE, renewed(number))))
            writes.append(milliseconds(partial(write_bare, os.path.join(home, "bare"), before.encode())))
        after = file.read()
    print(f"{PROFILES} profiles, {len(before):_} bytes, {lines_changed(before, after)} lines changed")
    print(line("update (lock, read, edit, replace, fsync)", updates))
    print(line("of it the edit of the text", edits))
    print(line("the same bytes written and fsynced bare", writes))


if __name__ == "__main__":
    main()
