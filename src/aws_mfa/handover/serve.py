"""
Serve the sessions of profiles on the local endpoint, renewed ahead so that a request never waits and never asks.

Inside the `with` a thread renews what needs no code; it never asks, and it opens no vault that would have to ask.
`ask_when_needed` is for a command that owns the terminal. If a child owns it (`exec --server`),
`serving(..., asks_beside=AWAY_FROM_TERMINAL)` asks only by a dialog or `aws-mfa code`, from a thread of its own, while
the child runs in the body of the `with`. Then a passphrase that is not known by then is not asked for either.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aws_mfa.config.ini import section_values
from aws_mfa.handover.renew_ahead import RenewAhead
from aws_mfa.prompt.providers import CODE, DIALOG, PROVIDERS, TERMINAL
from aws_mfa.renewal.ask import TimeLimitedProvider

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from aws_mfa.interfaces import Endpoint, Interfaces
    from aws_mfa.renewal.request import RenewalRequest

AWAY_FROM_TERMINAL = (DIALOG, CODE)
# Short, because the sessions of a machine that was asleep may have expired meanwhile.
_TICK_S = 5.0
# While a question is open, no other process of this user asks for a code of that device.
_QUESTION_S = 120.0

CREDENTIALS_FILE, CONFIG_FILE = "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"
_DEFAULT_SECTIONS = ("default", "profile default")
_GIVE_CREDENTIALS = (
    *("aws_access_key_id", "role_arn", "credential_process", "web_identity_token_file"),
    *("sso_session", "sso_start_url", "sso_account_id", "login_session"),
)


@contextmanager
def serving(
    request: RenewalRequest, interfaces: Interfaces, *, at: int | str = 0, asks_beside: Collection[str] = ()
) -> Iterator[Served]:
    """
    Get the sessions, asking here if a code is needed; serve and renew them inside the `with`.

    `at`: a port, 0: any that is free, or the path of a unix socket. Sessions are renewed when less than
    `request.min_remaining_s` is left, by default twenty minutes; shorter ones at half their time. `request.token` is
    the code for the first sessions. Raises what planning and renewing raise, `NeedsHuman` with the command to run,
    `BadInput` if the port is taken, or the path cannot be used.
    """
    # A path that cannot be used is refused before a code is asked for; a port is not opened before there are sessions.
    early = interfaces.endpoint(at) if isinstance(at, str) else None
    renewals = RenewAhead(request, interfaces)
    renewals.get_first()
    endpoint = early or interfaces.endpoint(at)
    renewals.hand_out_to(endpoint)  # before it listens: programs wait for the socket to appear
    with endpoint:
        served = Served(interfaces, endpoint, renewals)
        # `RenewAhead` reports each failure itself; the threads have nothing else to report.
        interfaces.beside(served.renew_quietly, lambda _: None)
        if asks_beside:
            interfaces.beside(lambda: served.ask_when_needed(asks_beside), lambda _: None)
        try:
            yield served
        finally:
            # The threads are not joined: an open question or call ends with the process, after the endpoint is closed.
            served.stopping.set()


class Served:
    """An open endpoint, and how to ask for the codes that its sessions need."""

    def __init__(self, interfaces: Interfaces, endpoint: Endpoint, renewals: RenewAhead) -> None:
        self.endpoint = endpoint
        self.renewals = renewals
        self.stopping = threading.Event()
        self._interfaces = interfaces

    def child_regions(self, profile: str) -> tuple[Mapping[str, str], str | None]:
        """The environment and the region for a child that works as the profile."""
        return self.renewals.plan.child_regions(profile, self._interfaces.environ)

    def files_in_the_way(self) -> list[str]:
        """The variables that name an AWS file whose `[default]` SDKs prefer to the endpoint, when serving began."""
        known = self.renewals.known
        return files_in_the_way(known.credentials_text, known.config_text)

    def renew_quietly(self) -> None:
        """Renew ahead what needs no code, until `stopping`."""
        while not self.stopping.wait(_TICK_S):
            self.renewals.renew_quietly()

    def ask_when_needed(self, by: Collection[str] = PROVIDERS) -> None:
        """Ask for a code when a session is about to end, by the code providers of these names, until `stopping`."""
        while not self.stopping.wait(_TICK_S):
            names = self.renewals.to_be_asked_for() if by else ()  # the reason that clients get then names a command
            if names:
                self.renewals.ask(names, self._asking(by))

    def _asking(self, by: Collection[str]) -> Interfaces:
        """Interfaces that wait two minutes for an answer, without a terminal if it is not among `by`."""
        providers = [TimeLimitedProvider(one, _QUESTION_S) for one in self._interfaces.code_providers if one.name in by]
        asking = self._interfaces if TERMINAL in by else self._interfaces.replaced(away_from_terminal=True)
        return asking.replaced(code_providers=providers)


def files_in_the_way(credentials_text: str, config_text: str) -> list[str]:
    """
    Return the variables that name a file whose profile `default` gives credentials: SDKs prefer it to an endpoint.

    Order: botocore/credentials.py `create_credential_resolver`; the SDKs for Go and JavaScript have the same.
    """
    found = []
    for variable, text in ((CREDENTIALS_FILE, credentials_text), (CONFIG_FILE, config_text)):
        defaults = [section_values(text, name) or {} for name in _DEFAULT_SECTIONS]
        if any(values.get(key) for values in defaults for key in _GIVE_CREDENTIALS):
            found.append(variable)
    return found
