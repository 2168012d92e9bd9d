"""A throttled call, or one that AWS failed at, is sent again a few times within seconds, after waits that differ."""

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


def test_an_answer_needs_no_wait_and_a_throttled_call_one_for_each_try(waits_s: list[float]) -> None:
    assert with_patience(Aws(0).send) == 1
    assert waits_s == []
    assert with_patience(Aws(MOST_TRIES - 1).send) == MOST_TRIES
    assert len(waits_s) == MOST_TRIES - 1


def test_an_error_of_aws_may_be_over_at_once(waits_s: list[float]) -> None:
    assert with_patience(Aws(1, AwsServerError).send) == 2
    assert sum(waits_s) < 1


@pytest.mark.parametrize(
    ("failure", "tries", "least_s", "most_s"),
    [
        (Throttled, MOST_TRIES, 3, 10),
        (AwsServerError, MOST_TRIES_OF_ERROR, 0, 2),  # soon: a person who has typed a code may be waiting
        (AwsFailed, 1, -1, 1e-9),
        (AnswerLost, 1, -1, 1e-9),
        (NotAuthorized, 1, -1, 1e-9),
    ],
)
def test_a_failure_that_lasts_is_raised_within_ten_seconds_and_another_kind_at_once(
    waits_s: list[float], failure: type[AwsMfaError], tries: int, least_s: float, most_s: float
) -> None:
    aws = Aws(99, failure)
    with pytest.raises(failure):
        with_patience(aws.send)
    assert (aws.tries, len(waits_s)) == (tries, tries - 1)
    assert least_s < sum(waits_s) < most_s


def test_each_wait_is_longer_and_no_two_callers_wait_alike(waits_s: list[float]) -> None:
    for _ in range(20):
        with_patience(Aws(MOST_TRIES - 1).send)
    rounds = [waits_s[start : start + MOST_TRIES - 1] for start in range(0, len(waits_s), MOST_TRIES - 1)]
    assert all(one == sorted(one) for one in rounds)
    assert len({one[0] for one in rounds}) > 10
