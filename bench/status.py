"""
`aws-mfa status` of 10 000 profiles, start to end of the process: seconds, and CPU time beside botocore's load of files.

The roles of `profiles.py`; without stored sessions, with one of each role in the credentials file, or in the cache.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from typing import TYPE_CHECKING

import paired
import planning
import stage

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUNDS = 7


def measured(env: Mapping[str, str], *argv: str) -> str:
    """Medians: seconds by the clock with their range, CPU time with botocore's load as 1, peak memory."""
    seconds, cpu, ratios, peaks = [], [], [], []
    for _ in range(ROUNDS):
        base_s = planning.botocore_cpu_s(env)
        began = time.perf_counter()
        cost = paired.cost(paired.Run([stage.AWS_MFA, "status", *argv], env))
        seconds.append(time.perf_counter() - began)
        cpu.append(cost.cpu_s)
        ratios.append(cost.cpu_s / base_s)
        peaks.append(cost.peak_bytes / paired.MIB)
    spread = f"({min(seconds):.2f}..{max(seconds):.2f})"
    clock = f"{statistics.median(seconds):5.2f} s {spread:>14}  {statistics.median(cpu):5.2f} s"
    return f"{clock}  {statistics.median(ratios):6.2f}  {max(peaks):12.0f} MiB"


def main() -> None:
    """One table."""
    stage.install()
    print(f"{planning.PROFILES} profiles                         clock (min..max)     CPU   botocore's = 1  peak")
    for name, in_file, in_cache in (
        ("no session stored", False, False),
        ("sessions in the credentials file", True, False),
        ("sessions in the session cache", False, True),
    ):
        with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory(dir=planning.IN_MEMORY) as runtime:
            planning.write_files(home, in_cache=in_cache)
            env = stage.environment(home, XDG_RUNTIME_DIR=runtime)
            if in_file or in_cache:
                planning.store_sessions(env, in_file=in_file)
            for argv in ([], ["--json"]) if not in_file else ([],):
                print(f"{' '.join([name, *argv]):<38}  {measured(env, *argv)}", flush=True)


if __name__ == "__main__":
    main()
