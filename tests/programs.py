"""
Runs and starts programs without a terminal: in a session of their own, with the environment that is given and no more.

`SOURCE` lets another Python find this project; `wait_until` waits for what such a program does.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from needs import ROOT

SOURCE = {"PYTHONPATH": os.path.join(ROOT, "src")}


def run_program(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: str | int | None = None,
    cwd: str | os.PathLike[str] | None = None,
    timeout_s: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Exit code, stdout and stderr; `stdin` is text to pipe in or a file descriptor, None is /dev/null."""
    text = stdin if isinstance(stdin, str) else None
    descriptor = None if isinstance(stdin, str) else subprocess.DEVNULL if stdin is None else stdin
    return subprocess.run(
        list(command), env=dict(env), cwd=cwd, timeout=timeout_s, capture_output=True, encoding="utf-8", check=False,
        input=text, stdin=descriptor, start_new_session=True,
    )  # fmt: skip


def output_of(
    command: Sequence[str], env: Mapping[str, str], *, stdin: str | None = None, cwd: str | None = None
) -> str:
    """What it prints on stdout; the test fails with its stderr unless it ends with 0."""
    done = run_program(command, env, stdin=stdin, cwd=cwd)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stderr}"
    return done.stdout


def start_program(
    command: Sequence[str], env: Mapping[str, str], *, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    """A running program; its stdout and stderr are pipes."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        list(command), env=dict(env), stdin=stdin, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


@contextmanager
def once(happened: Callable[[], object], act: Callable[[], object]) -> Iterator[None]:
    """While inside, a thread waits until it has happened, then acts."""

    def wait_and_act() -> None:
        wait_until(happened)
        act()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    yield
    thread.join()


def wait_until(happened: Callable[[], object], *, limit_s: float = 30) -> None:
    """Look every 5 ms; the test fails if it has not happened by then."""
    gives_up_at = time.monotonic() + limit_s
    while not happened():
        assert time.monotonic() < gives_up_at, f"not within {limit_s} s"
        time.sleep(0.005)
