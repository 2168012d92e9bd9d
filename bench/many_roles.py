"""
Many roles with one code: how long 100 and 1 000 `AssumeRole` calls take, signed with one MFA session.

The practice AWS answers over TLS, 50 ms late, from a separate process. Each client is a new process that measures its
calls: with connections, without imports and the reading of certificates. It is compared with a loop over one boto3
client, measured once: that takes 56 s for 1 000. POSIX only.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, NamedTuple

import stage
from paired import MIB, PEAK_UNIT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LATENCY_S = 0.05
COUNTS = (100, 1000)
WORKERS = (8, 16, 32, 64)
ROUNDS = 3
PARTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "side_by_side")


class Taken(NamedTuple):
    """What one client took."""

    seconds: float
    peak_bytes: int


@contextlib.contextmanager
def served(count: int) -> Iterator[Callable[[], str]]:
    """The practice AWS; yields a function that makes a user with that many roles and returns a client's stdin."""
    with tempfile.TemporaryDirectory() as folder:
        stage.certificate(folder)
        command = [sys.executable, os.path.join(PARTS, "served.py"), folder, str(count), str(LATENCY_S)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            asked, answered = server.stdin, server.stdout
            if asked is None or answered is None:
                raise RuntimeError

            def new_user() -> str:
                print(flush=True, file=asked)
                return answered.readline()

            try:
                yield new_user
            finally:
                asked.close()


def measured(aws: str, part: str, *arguments: str) -> Taken:
    """Run one client in a separate process."""
    command = [sys.executable, os.path.join(PARTS, part), *arguments]
    done = subprocess.run(command, input=aws, stdout=subprocess.PIPE, text=True, check=True)
    seconds, peak = json.loads(done.stdout)
    return Taken(seconds, peak * PEAK_UNIT_BYTES)


def line(name: str, runs: list[Taken], loop_s: float) -> str:
    """One row: the median and the slowest run, how often it fits into the loop, the highest peak."""
    seconds = [run.seconds for run in runs]
    median_s, peak = statistics.median(seconds), max(run.peak_bytes for run in runs)
    return (
        f"{name:<36} {median_s:7.2f} s  (slowest {max(seconds):6.2f} s)"
        f"  {loop_s / median_s:6.1f} times the loop  {peak / MIB:5.0f} MiB"
    )


def compare(count: int) -> None:
    """One table."""
    with served(count) as new_user:
        aws = new_user()
        loop = measured(aws, "loop.py")
        runs: dict[int, list[Taken]] = {workers: [] for workers in WORKERS}
        for _ in range(ROUNDS):
            for workers, taken in runs.items():
                taken.append(measured(aws, "ours.py", str(workers)))
    print(f"{count} roles")
    print(line("  one boto3 client, one by one", [loop], loop.seconds))
    for workers, taken in runs.items():
        print(line(f"  aws-mfa, {workers} workers", taken, loop.seconds))


def main() -> None:
    """Print the tables for 100 and 1 000 roles."""
    for count in COUNTS:
        compare(count)


if __name__ == "__main__":
    main()
