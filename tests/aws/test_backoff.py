"""Throttled, or AWS failed: asked again a few times within seconds, and not by all callers at the same moment."""

from __future__ import annotations

import pytest

from aws_mfa.aws.query import MOST_TRIES, MOST_TRIES_OF_ERROR, with_patience
from aws_mfa.errors import AnswerLost, AwsFailed, AwsMfaError, AwsServerError, NotAuthorized, Throttled


class Aws:
    """Fails so many times, then answers."""

    def __init__(self, failures: int, failure: type[AwsMfaError] = Throttled) -> None:
        self.failures = failures
        self.failure = failure
        self.tries = 0

    def send(self) -> int:
        self.tries += 1
        if self.tries <= self.failures:
            raise self.failure("too many requests")
        return self.tries


@pytest.fixture
def waits_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("aws_mfa.aws.query.time.sleep", waits.append)
    return waits


def test_an_answer_needs_no_wait(waits_s: list[float]) -> None:
    assert with_patience(Aws(0).send) == 1
    assert waits_s == []


def test_what_was_throttled_is_asked_again(waits_s: list[float]) -> None:
    assert with_patience(Aws(MOST_TRIES - 1).send) == MOST_TRIES
    assert len(waits_s) == MOST_TRIES - 1


def test_patience_ends_within_ten_seconds(waits_s: list[float]) -> None:
    aws = Aws(99)
    with pytest.raises(Throttled):
        with_patience(aws.send)
    assert aws.tries == MOST_TRIES
    assert 3 < sum(waits_s) < 10


def test_an_error_of_aws_may_pass_at_once(waits_s: list[float]) -> None:
    assert with_patience(Aws(1, AwsServerError).send) == 2
    assert sum(waits_s) < 1


def test_an_error_that_stays_is_told_soon(waits_s: list[float]) -> None:
    """Somebody may be waiting who has typed a code."""
    aws = Aws(99, AwsServerError)
    with pytest.raises(AwsServerError):
        with_patience(aws.send)
    assert aws.tries == MOST_TRIES_OF_ERROR
    assert sum(waits_s) < 2


@pytest.mark.parametrize("failure", [AwsFailed, AnswerLost, NotAuthorized])
def test_no_other_failure_is_asked_again(waits_s: list[float], failure: type[AwsMfaError]) -> None:
    aws = Aws(99, failure)
    with pytest.raises(failure):
        with_patience(aws.send)
    assert (aws.tries, waits_s) == (1, [])


def test_each_wait_is_longer_and_no_two_callers_wait_alike(waits_s: list[float]) -> None:
    for _ in range(20):
        with_patience(Aws(MOST_TRIES - 1).send)
    rounds = [waits_s[start : start + MOST_TRIES - 1] for start in range(0, len(waits_s), MOST_TRIES - 1)]
    assert all(one == sorted(one) for one in rounds)
    assert len({one[0] for one in rounds}) > 10
