"""
What a program prints, read while it runs: so much and no more, until it ends, its time is over or nobody wants it.

The end of the program counts, not the end of its pipe: what it leaves running (the agent of a password manager) may
hold that for hours. Nothing is ended here, and what was read is in no exception.
"""

from __future__ import annotations

import os
import selectors
import threading
import time
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    from typing_extensions import Self

    from aws_mfa.cancel import Cancellation

LIMIT_BYTES = 64 * 1024
# How soon the end of a program is seen whose pipe somebody else still holds; and Ctrl-C on Windows.
_SLICE_S = 0.1
_FIRST_PAUSE_S = 0.001
# A filter behind the program (`> >(tail -1)`) ends a moment after it.
_GRACE_S = 0.25
_PART_BYTES = 4096


class TookTooLong(Exception):
    """The program did not end within its limit."""


class PrintedTooMuch(Exception):
    """The program printed more than `LIMIT_BYTES`."""

    def __str__(self) -> str:
        return f"printed more than {LIMIT_BYTES // 1024} KiB"


def output_of(
    process: subprocess.Popen[bytes], limit_s: float, cancellation: Cancellation | None
) -> tuple[bytes, bytes]:
    """
    What it printed on stdout and on stderr (cut at the limit), where these are pipes, once it has ended.

    Raises `TookTooLong`, `PrintedTooMuch` or the cancellation's error: then it may still run.
    """
    streams = [process.stdout, process.stderr]
    process.stdout = process.stderr = None  # they are the reader's now, and closed by it
    with _READER(streams) as reader:
        try:
            if cancellation is not None:
                cancellation.wake_by(reader.wake)
            _read_to_end(process, reader, limit_s, cancellation)
        finally:
            if cancellation is not None:
                cancellation.wake_by(None)
        stdout, stderr = reader.taken
        return bytes(stdout), bytes(stderr)


def _read_to_end(
    process: subprocess.Popen[bytes],
    reader: _BySelector | _ByThreads,
    limit_s: float,
    cancellation: Cancellation | None,
) -> None:
    end_at = time.monotonic() + limit_s
    is_over, pause_s = False, _FIRST_PAUSE_S
    while reader.is_open or not is_over:
        if not is_over and process.poll() is not None:
            is_over, end_at = True, time.monotonic() + _GRACE_S
        left_s = max(0.0, end_at - time.monotonic())
        has_come = reader.wait(min(left_s, _SLICE_S if reader.is_open else pause_s))
        pause_s = min(2 * pause_s, _SLICE_S)
        if cancellation is not None:
            cancellation.check()
        if len(reader.taken[0]) > LIMIT_BYTES:
            raise PrintedTooMuch
        if is_over and not has_come and left_s == 0:
            return
        if not is_over and left_s == 0:
            raise TookTooLong


class _Reader:
    """Takes what comes; of what is beyond the limit, only that it came."""

    def __init__(self, streams: Sequence[IO[bytes] | None]) -> None:
        self.taken = [bytearray() for _ in streams]
        self._open = {number: stream for number, stream in enumerate(streams) if stream is not None}

    @property
    def is_open(self) -> bool:
        """Whether more may come."""
        return bool(self._open)

    def _take(self, number: int) -> bool:
        """Read once; False at the end."""
        part = os.read(self._open[number].fileno(), _PART_BYTES)
        if len(self.taken[number]) <= LIMIT_BYTES:
            self.taken[number] += part
        return bool(part)

    def _close(self, number: int) -> None:
        self._open.pop(number).close()


class _BySelector(_Reader):
    """For POSIX: nothing is left behind, whoever holds the other end."""

    def __enter__(self) -> Self:
        self._woken, self._wake = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        for number, stream in self._open.items():
            self._selector.register(stream, selectors.EVENT_READ, number)
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for stream in self._open.values():
            stream.close()
        os.close(self._woken)
        os.close(self._wake)

    def wake(self) -> None:
        """End the wait; any thread may, once."""
        os.write(self._wake, b"!")

    def wait(self, timeout_s: float) -> bool:
        """Take what comes within the time; whether anything did."""
        ready = self._selector.select(timeout_s)
        for key, _ in ready:
            if isinstance(key.data, int) and not self._take(key.data):
                self._selector.unregister(key.fileobj)
                self._close(key.data)
        return bool(ready)


class _ByThreads(_Reader):
    """For Windows, whose pipes cannot be waited for: a thread stays while somebody holds the other end in silence."""

    def __enter__(self) -> Self:
        self._changed = threading.Event()
        self._is_over = False
        for number in list(self._open):
            threading.Thread(target=self._read, args=(number,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """The threads close what they read, when there is more of it or an end."""
        self._is_over = True

    def wake(self) -> None:
        """End the wait; any thread may."""
        self._changed.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for what comes within the time; whether anything did."""
        has_come = self._changed.wait(timeout_s)
        self._changed.clear()
        return has_come

    def _read(self, number: int) -> None:
        while self._take(number) and not self._is_over:
            self._changed.set()
        self._close(number)
        self._changed.set()


_READER: type[_BySelector | _ByThreads] = _ByThreads if os.name == "nt" else _BySelector
