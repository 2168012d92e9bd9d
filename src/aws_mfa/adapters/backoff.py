"""
AWS throttles, or fails: wait and ask again, a little longer each time, and never all callers at the same moment.

Only for what may be sent twice: a call that carries a code does not come here.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

from aws_mfa.errors import AwsServerError, Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    T = TypeVar("T")

MOST_TRIES = 5
# With four waits, each up to twice the last: 3.75 to 7.5 s in all, which a person waits once.
FIRST_WAIT_S = 0.5
# An error passes at once, or not for a while.
MOST_TRIES_OF_ERROR = 3


def with_patience(send: Callable[[], T]) -> T:
    """Return what `send` returns; `Throttled` or `AwsServerError` where no try was answered."""
    for number, wait_s in enumerate(_waits_s(), 1):
        try:
            return send()
        except Throttled:
            pass
        except AwsServerError:
            if number >= MOST_TRIES_OF_ERROR:
                raise
        time.sleep(wait_s)
    return send()


def _waits_s() -> Iterator[float]:
    for number in range(MOST_TRIES - 1):
        longest_s = FIRST_WAIT_S * 2**number
        # Half of it at random: callers that were throttled together do not come back together.
        yield random.uniform(longest_s / 2, longest_s)  # noqa: S311  # spreads load, guards nothing
