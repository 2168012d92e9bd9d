"""
The local endpoint of `aws-mfa serve`, on one core: how long each of 1 000 requests a second waits.

Two simple clients in a separate process: one keeps its connections, as SDKs in one program do; one opens a connection
for each request, as short-lived programs do. Requests are sent at an even rate, and a request's time counts from the
moment when it was due: a server that falls behind cannot hide it. The server is the real command.
"""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from typing import TYPE_CHECKING

import stage
from aws_mfa_practice import PracticeAws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Client = Callable[["Served", list[float]], list[float]]

RATE = 1000
SECONDS = 4
ROUNDS = 5
CLIENTS = 8
PROFILE = "work"
_SIZE = 65536


class Served:
    """A server that answers: its process, where it listens, what its clients send."""

    def __init__(self, process: subprocess.Popen[str], variables: dict[str, str]) -> None:
        self.process = process
        url = variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        address, _, path = url.removeprefix("http://").partition("/")
        host, _, port = address.partition(":")
        self.address = (host, int(port))
        with open(variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"], encoding="ascii") as file:
            token = file.read()
        self.request = (
            f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: bench\r\nAccept-Encoding: identity\r\n"
            f"Accept: application/json\r\nAuthorization: {token}\r\n"
        )

    def cpu_s(self) -> float:
        """User and system time of the server so far; 0 if /proc does not show it."""
        with contextlib.suppress(OSError), open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return 0.0


@contextlib.contextmanager
def served(home: str) -> Iterator[Served]:
    """`aws-mfa serve`, on one core if the system allows that choice."""
    with PracticeAws() as aws:
        ann = aws.account.add_user("ann")
        phone = ann.add_device()
        keys = stage.long_term_section(PROFILE, ann.keys.access_key_id, ann.keys.secret_access_key, phone.serial)
        stage.write_credentials(home, keys)
        environ = {**stage.environment(home), "AWS_ENDPOINT_URL": aws.url, "AWS_MFA_VAULT": "file"}
        command = [stage.AWS_MFA, "serve", PROFILE, "--token", phone.code(), "--shell", "dotenv"]
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(process.pid, {0})
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            variables = {}
            for line in lines:
                name, _, value = line.strip().partition("=")
                variables[name] = value
                if name == "AWS_MFA_PROFILE":
                    break
            yield Served(process, variables)
        finally:
            process.terminate()
            process.communicate()


def kept(server: Served, due: list[float]) -> list[float]:
    """Seconds for each request, all over one connection."""
    request = f"{server.request}\r\n".encode()
    with _connected(server) as connection:
        return [_timed(moment, lambda: _answered(connection, request)) for moment in due]


def anew(server: Served, due: list[float]) -> list[float]:
    """Seconds for each request, with a new connection for each."""
    request = f"{server.request}Connection: close\r\n\r\n".encode()

    def ask() -> None:
        with _connected(server) as connection:
            _answered(connection, request)

    return [_timed(moment, ask) for moment in due]


def _connected(server: Served) -> socket.socket:
    connection = socket.create_connection(server.address, timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _timed(due: float, ask: Callable[[], None]) -> float:
    pause_s = due - time.perf_counter()
    if pause_s > 0:
        time.sleep(pause_s)
    ask()
    return time.perf_counter() - due


def _answered(connection: socket.socket, request: bytes) -> None:
    """One write, one read: the answer comes in one segment."""
    connection.sendall(request)
    answer = connection.recv(_SIZE)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(answer[:40])


def measure(server: Served, client: Client, rate: float) -> tuple[float, list[float], float]:
    """Requests a second, their times in order, and the server's CPU time for each; all in seconds."""
    begin = time.perf_counter() + 0.1
    times: list[float] = []

    def run(number: int) -> None:
        count = int(rate * SECONDS / CLIENTS)
        due = [begin + (index * CLIENTS + number) / rate for index in range(count)]
        times.extend(client(server, due))

    cpu_s = server.cpu_s()
    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took_s = time.perf_counter() - begin
    return len(times) / took_s, sorted(times), (server.cpu_s() - cpu_s) / len(times)


def main() -> None:
    """Print a table: one line for each kind of client, with medians over the rounds and the range of p99."""
    stage.install()
    print(f"{RATE} requests a second, {CLIENTS} clients, {ROUNDS} rounds of {SECONDS} s; milliseconds")
    print(f"{'connections':12} {'requests/s':>10} {'median':>7} {'p99':>7} {'range of p99':>15} {'CPU each':>9}")
    with tempfile.TemporaryDirectory() as home, served(home) as server:
        for name, client in (("kept", kept), ("anew", anew)):
            rounds = [measure(server, client, RATE) for _ in range(ROUNDS)]
            per_s, median, cpu = (statistics.median(column) for column in zip(*_figures(rounds), strict=True))
            p99s = sorted(times[int(len(times) * 0.99)] * 1e3 for _, times, _ in rounds)
            spread = f"{p99s[0]:.2f}..{p99s[-1]:.2f}"
            print(f"{name:12} {per_s:10.0f} {median:7.2f} {statistics.median(p99s):7.2f} {spread:>15} {cpu:9.2f}")


def _figures(rounds: list[tuple[float, list[float], float]]) -> list[tuple[float, float, float]]:
    """Requests a second, median time and CPU time in milliseconds, of each round."""
    return [(per_s, statistics.median(times) * 1e3, cpu_s * 1e3) for per_s, times, cpu_s in rounds]


if __name__ == "__main__":
    main()
