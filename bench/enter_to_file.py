"""
From Enter to the replaced file: how long a person waits, over TLS, 100 ms from AWS, on a real terminal.

The code is typed 1.5 s after the prompt appears. The script measures the time from Enter until the credentials file is
replaced, and subtracts one round trip, which no tool can save. A relay on loopback simulates the distance: it delays
every byte both ways, and a new connection by its handshake, so a tool that connects after Enter pays for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import select
import statistics
import tempfile
import threading
import time
from typing import TYPE_CHECKING

import stage
from aws_mfa_practice import PracticeAws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

ROUND_TRIP_S = 0.1
THINKING_S = 1.5
POLL_S = 0.0002
PATIENCE_S = 30.0
RUNS = 9
PROMPT_ENDS = b" seconds):"


class FarAway:
    """A loopback port from which `far_port` is one round trip away; a context manager."""

    def __init__(self, far_port: int) -> None:
        self.port = 0
        self._far_port = far_port
        self._listens = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> Self:
        self._thread.start()
        self._listens.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listens.set()
        await self._over.wait()
        server.close()

    async def _relay(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        # The client is connected at once; its first bytes wait as long as TCP's handshake would take.
        connected_at = self._loop.time() + ROUND_TRIP_S
        far, far_out = await asyncio.open_connection("127.0.0.1", self._far_port)
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pump(near, far_out, connected_at), self._pump(far, near_out, connected_at))

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, connected_at: float) -> None:
        while data := await source.read(65536):
            self._loop.call_at(self._arrival(connected_at), target.write, data)
        self._loop.call_at(self._arrival(connected_at), target.close)

    def _arrival(self, connected_at: float) -> float:
        return max(self._loop.time(), connected_at) + ROUND_TRIP_S / 2


def enter_to_file_s(argv: Sequence[str], env: dict[str, str], path: str, code: str) -> float:
    """One run on its own pty; SystemExit if it fails."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(argv[0], list(argv), env)
    before = _mark(path)
    _read_until_prompt(terminal)
    drain = threading.Thread(target=_drain, args=(terminal,))
    drain.start()
    time.sleep(THINKING_S)
    entered_at = time.perf_counter()
    os.write(terminal, code.encode() + b"\n")
    while _mark(path) == before and time.perf_counter() < entered_at + PATIENCE_S:
        time.sleep(POLL_S)
    waited_s = time.perf_counter() - entered_at
    _, status = os.waitpid(pid, 0)
    drain.join()
    os.close(terminal)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{argv[0]} ended with {os.waitstatus_to_exitcode(status)}: there is nothing to measure")
    return waited_s


def _mark(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_ino, status.st_mtime_ns


def _read_until_prompt(terminal: int) -> None:
    seen = b""
    gives_up_at = time.monotonic() + PATIENCE_S
    while PROMPT_ENDS not in seen:
        readable, _, _ = select.select([terminal], [], [], 1.0)
        if time.monotonic() > gives_up_at:
            raise SystemExit(f"no prompt came; seen so far:\n{seen.decode(errors='replace')}")
        seen += os.read(terminal, 4096) if readable else b""


def _drain(terminal: int) -> None:
    """Read what the tool prints, so that it never blocks; at the end Linux gives an error, macOS nothing."""
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:
        pass


def measure(aws: PracticeAws, url: str, tool: list[str], home: str, trusted: str) -> float:
    """One run for a new user, whose code has not been used yet."""
    name = os.path.basename(home)
    user = aws.account.add_user(name)
    phone = user.add_device()
    keys = user.keys
    text = stage.long_term_section(name, keys.access_key_id, keys.secret_access_key, phone.serial)
    path = stage.write_credentials(home, text)
    env = stage.environment(home, AWS_ENDPOINT_URL_STS=url, AWS_CA_BUNDLE=trusted, TERM="xterm")
    return enter_to_file_s([*tool, "--profile", name], env, path, phone.code())


def line(name: str, seconds: list[float]) -> str:
    """One row: median, min..max, without the round trip."""
    beyond_ms = [(one - ROUND_TRIP_S) * 1000 for one in seconds]
    spread = f"({min(beyond_ms):.1f}..{max(beyond_ms):.1f})"
    return f"{name:<24} one round trip + {statistics.median(beyond_ms):6.1f} ms  {spread}"


def main() -> None:
    """Measure both tools, alternating."""
    stage.install()
    tools = {"aws-mfa": [stage.AWS_MFA, "--no-keychain"]}
    if stage.has_old_tool():
        tools["0.0.12"] = [stage.OLD_TOOL]
    waits: dict[str, list[float]] = {name: [] for name in tools}
    with tempfile.TemporaryDirectory() as folder:
        context, trusted = stage.certificate(folder)
        with PracticeAws(ssl_context=context) as aws, FarAway(int(aws.url.rpartition(":")[2])) as far_away:
            url = f"https://127.0.0.1:{far_away.port}"
            for number in range(RUNS):
                for name, tool in tools.items():
                    home = os.path.join(folder, f"{name}-{number}")
                    waits[name].append(measure(aws, url, tool, home, trusted))
    for name, seconds in waits.items():
        print(line(name, seconds))


if __name__ == "__main__":
    main()
