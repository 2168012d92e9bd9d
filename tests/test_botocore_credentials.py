"""A session as botocore's credentials: when a renewal is due, and that it is made once for all threads."""

from __future__ import annotations

import threading
import time

import pytest

from aws_mfa.errors import NeedsHuman
from aws_mfa.model import Secret, Session
from aws_mfa.python_api import ProfileCredentials, open_botocore_session
from fakes import NOW


class Source:
    """Hands out a session that lasts so long, a new one each time; `moment` is the clock of all."""

    def __init__(self, lasts_s: float) -> None:
        self.lasts_s = lasts_s
        self.moment = NOW
        self.handed = 0
        self.takes_s = 0.0
        self.failure: Exception | None = None

    def __call__(self) -> Session:
        time.sleep(self.takes_s)
        if self.failure is not None:
            raise self.failure
        self.handed += 1
        return Session(f"ASIA{self.handed}", Secret("secret"), Secret("token"), self.moment + self.lasts_s)

    def credentials(self) -> ProfileCredentials:
        return ProfileCredentials(self, lambda: self.moment)


def key_id(credentials: ProfileCredentials) -> str:
    return str(credentials.get_frozen_credentials().access_key)


def test_the_session_is_there_at_once_with_its_secret_and_token() -> None:
    frozen = Source(3600).credentials().get_frozen_credentials()
    assert (frozen.access_key, frozen.secret_key, frozen.token) == ("ASIA1", "secret", "token")


def test_a_failure_is_told_where_the_credentials_are_asked_for() -> None:
    source = Source(3600)
    source.failure = NeedsHuman("nobody is there")
    with pytest.raises(NeedsHuman):
        source.credentials()


@pytest.mark.parametrize(
    ("lasts_s", "left_s", "renewed"),
    [
        (43200, 901, False),
        (43200, 899, True),
        (900, 899, False),  # the shortest that STS gives: not before every request
        (900, 451, False),
        (900, 449, True),
        (120, 61, False),
        (120, 59, True),
        (3600, -1, True),
    ],
)
def test_a_renewal_is_due_at_fifteen_minutes_or_at_half_of_what_came(
    lasts_s: float, left_s: float, *, renewed: bool
) -> None:
    source = Source(lasts_s)
    credentials = source.credentials()
    source.moment += lasts_s - left_s
    assert key_id(credentials) == ("ASIA2" if renewed else "ASIA1")
    assert key_id(credentials) == key_id(credentials)  # and then no other one


def test_what_is_left_of_a_session_is_asked_about_ever_less_not_at_every_request() -> None:
    """Nobody there: the rest is handed over again and again, and that must not cost a question each time."""
    source = Source(800)
    credentials = source.credentials()
    end = source.moment + 800
    for second in range(0, 740, 10):
        source.moment = NOW + second
        source.lasts_s = end - source.moment
        key_id(credentials)
    assert source.handed <= 5


def test_a_renewal_that_fails_is_told_only_when_nothing_is_left() -> None:
    source = Source(3600)
    credentials = source.credentials()
    source.failure = NeedsHuman("nobody is there")
    source.moment += 3600 - 800
    assert key_id(credentials) == "ASIA1"
    source.moment += 801
    with pytest.raises(NeedsHuman):
        key_id(credentials)


def test_threads_that_need_a_renewal_at_once_make_one() -> None:
    source = Source(3600)
    credentials = source.credentials()
    source.moment += 3601
    source.takes_s = 0.05
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(key_id(credentials))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (source.handed, seen) == (2, ["ASIA2"] * 10)


def test_a_botocore_session_uses_these_credentials_and_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFSOMEBODYELSE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-somebody-else")
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    credentials = Source(3600).credentials()
    session = open_botocore_session(credentials, "work")
    assert session.get_credentials() is credentials
    assert session.get_config_variable("region") is None
