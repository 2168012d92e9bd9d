"""
The measuring core: commands alternate (A B C A B C ...), and each is compared with the first one of its round.

Reads user + system CPU time and peak memory of every child from the kernel (`os.wait4`: POSIX only). Pins no core, sets
no priority, drops no run; on a busy machine only the ratios hold. Reports and never judges. As a script it shows the
noise of this machine: bare Python against itself.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MIB = 1024 * 1024
# Linux counts in KiB, macOS in bytes.
PEAK_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024

# On Linux a child inherits the peak memory of its parent. So each child is started by a Python that is
# smaller than any command measured here, and not by the benchmark itself.
_STARTER = """
import posix, sys
silence = [(posix.POSIX_SPAWN_OPEN, 1, "/dev/null", posix.O_WRONLY, 0)]
child = posix.posix_spawn(sys.argv[1], sys.argv[1:], posix.environ, file_actions=silence)
_, status, used = posix.wait4(child, 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss, posix.waitstatus_to_exitcode(status))
"""


class Run(NamedTuple):
    """A run to make: the command (a path first), its environment, and its standard input."""

    argv: Sequence[str]
    env: Mapping[str, str]
    stdin: str = ""


class Cost(NamedTuple):
    """What one run took."""

    cpu_s: float
    peak_bytes: int


class Command(NamedTuple):
    """A row of the table; `prepare` prepares each single run (a fresh code, a restored file)."""

    name: str
    prepare: Callable[[], Run]


class Row(NamedTuple):
    """All costs of a command, and its ratios to the first command in the same rounds."""

    name: str
    costs: list[Cost]
    cpu_ratios: list[float]
    peak_ratios: list[float]


def always(name: str, argv: Sequence[str], env: Mapping[str, str]) -> Command:
    """A command whose runs are all the same."""
    return Command(name, lambda: Run(argv, env))


def compare(commands: Sequence[Command], *, rounds: int, warm_up: int = 2) -> list[Row]:
    """Run all commands, alternating, after `warm_up` uncounted rounds; a command that fails ends the benchmark."""
    all_costs = [[cost(command.prepare()) for command in commands] for _ in range(warm_up + rounds)][warm_up:]
    rows = []
    for command, costs in zip(commands, zip(*all_costs, strict=True), strict=True):
        pairs = [(mine, base) for mine, (base, *_) in zip(costs, all_costs, strict=True)]
        cpu_ratios = [mine.cpu_s / base.cpu_s for mine, base in pairs]
        peak_ratios = [mine.peak_bytes / base.peak_bytes for mine, base in pairs]
        rows.append(Row(command.name, list(costs), cpu_ratios, peak_ratios))
    return rows


def cost(run: Run) -> Cost:
    """Make one run; SystemExit if it fails, because its figures would mean nothing."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _STARTER, *run.argv],
        input=run.stdin, env=run.env, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    cpu_s, peak, exit_code = done.stdout.split()
    if exit_code != "0":
        raise SystemExit(f"{' '.join(run.argv[:4])} ... ended with exit code {exit_code}: there is nothing to measure")
    return Cost(float(cpu_s), int(peak) * PEAK_UNIT_BYTES)


def table(rows: Sequence[Row]) -> str:
    """Medians; for the CPU ratio also min..max."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}  CPU ratio     (min..max)     CPU   peak ratio      peak"]
    for row in rows:
        spread = f"({min(row.cpu_ratios):.2f}..{max(row.cpu_ratios):.2f})"
        cpu_ms = statistics.median(cost.cpu_s for cost in row.costs) * 1000
        peak_mib = statistics.median(cost.peak_bytes for cost in row.costs) / MIB
        lines.append(
            f"{row.name:{width}}  {statistics.median(row.cpu_ratios):9.2f}  {spread:>15}  {cpu_ms:4.0f} ms"
            f"  {statistics.median(row.peak_ratios):9.2f}  {peak_mib:5.1f} MiB"
        )
    return "\n".join(lines)


def main() -> None:
    """Bare Python against itself."""
    plain = [sys.executable, "-c", "pass"]
    environment = {"PATH": os.environ["PATH"]}
    print(table(compare([always(name, plain, environment) for name in ("bare Python", "the same")], rounds=31)))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
