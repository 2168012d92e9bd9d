"""
`PracticeAws`: the interface of the practice AWS; a context manager that serves while it is open.

    with PracticeAws() as aws:
        ann = aws.account.add_user("ann")
        phone = ann.add_device()
        role = aws.account.add_role("Admin", trusts=ann, mfa=True, max_session_s=43200)
        aws.faults.add("GetSessionToken", reset())
        ... aws.url, ann.keys.access_key_id, ann.keys.secret_access_key, phone.serial, phone.code() ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from aws_mfa_practice.account import Account
from aws_mfa_practice.moments import SYSTEM_CLOCK
from aws_mfa_practice.server import HttpServer
from aws_mfa_practice.service import Service

if TYPE_CHECKING:
    import ssl

    from aws_mfa_practice.faults import Faults
    from aws_mfa_practice.keys import Session
    from aws_mfa_practice.moments import Clock
    from aws_mfa_practice.service import Record


@final
class PracticeAws:
    """
    STS and IAM on a loopback port chosen by the system.

    `clock` returns seconds since the epoch; `latency_s` delays every answer; with `ssl_context` it speaks TLS.
    `ValueError` for a `host` that is not loopback.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        partition: str = "aws",
        clock: Clock = SYSTEM_CLOCK,
        latency_s: float = 0.0,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.clock = clock
        self._service = Service(clock)
        self.account = self.add_account(partition=partition)
        self._server = HttpServer(host, self._service, ssl_context)
        self._server.latency_s = latency_s
        name = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if ssl_context else 'http'}://{name}:{self._server.server_address[1]}"

    def __enter__(self) -> PracticeAws:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def faults(self) -> Faults:
        """The faults that requests will meet."""
        return self._service.faults

    @property
    def requests(self) -> list[Record]:
        """All requests so far, in the order they were processed; clear it as you like."""
        return self._service.records

    @property
    def sessions(self) -> dict[str, Session]:
        """All sessions ever issued, by their access key id."""
        return self._service.world.sessions

    @property
    def latency_s(self) -> float:
        """Seconds by which every answer is delayed."""
        return self._server.latency_s

    @latency_s.setter
    def latency_s(self, seconds: float) -> None:
        self._server.latency_s = seconds

    def add_account(self, *, partition: str = "aws") -> Account:
        """A further account, in any partition."""
        account = Account(self.clock, partition)
        self._service.world.accounts.append(account)
        return account

    def stop(self) -> None:
        """Stop serving; called by the context manager."""
        self._server.stop()
