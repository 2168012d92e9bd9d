"""The steps that are left, in every state in which a rotation can be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from aws_mfa.aws_values.iam_users import AccessKey
from aws_mfa.errors import NotSetUp
from aws_mfa.key_care.rotation import (
    CREATE,
    DEACTIVATE,
    DELETE,
    DELETE_LOST,
    SWITCH,
    Held,
    steps_back,
    steps_left,
)
from aws_mfa.vaults.journal import CREATING, INACTIVE, STORED, SWITCHED, Place, Rotation
from fakes import ANN, NOW

A, B = Place("keychain", "a"), Place("file", "b")
BEGUN = Rotation("OLD", ANN, "a", (A, B), NOW)
OFF = replace(BEGUN, state=INACTIVE, new_id="NEW", inactive_at=NOW - 10)
UNTOUCHED = [Held(A, "OLD", ""), Held(B, "OLD", "")]
HALF_STORED = [Held(A, "OLD", "NEW"), Held(B, "OLD", "")]
BESIDE = [Held(A, "OLD", "NEW"), Held(B, "OLD", "NEW")]
HALF_SWITCHED = [Held(A, "NEW", "OLD"), Held(B, "OLD", "NEW")]
IN_PLACE = [Held(A, "NEW", "OLD"), Held(B, "NEW", "OLD")]
STORED_ONE = replace(BEGUN, state=STORED, new_id="NEW")
SWITCHED_ONE = replace(STORED_ONE, state=SWITCHED)
ONE, BOTH, OLD_OFF, ONLY_NEW = "OLD+", "OLD+ NEW+", "OLD- NEW+", "NEW+"


def listed(text: str) -> dict[str, AccessKey]:
    return {word[:-1]: AccessKey(word[:-1], word[-1] == "+", NOW) for word in text.split()}


@pytest.mark.parametrize(
    ("rotation", "keys", "held", "forward", "back"),
    [
        (BEGUN, ONE, UNTOUCHED, [CREATE, SWITCH, DEACTIVATE], [DELETE]),
        (BEGUN, BOTH, UNTOUCHED, [DELETE_LOST, CREATE, SWITCH, DEACTIVATE], [DELETE_LOST, DELETE]),
        (BEGUN, BOTH, HALF_STORED, [SWITCH, DEACTIVATE], [DELETE]),
        (BEGUN, BOTH, BESIDE, [SWITCH, DEACTIVATE], [DELETE]),
        (STORED_ONE, BOTH, HALF_SWITCHED, [SWITCH, DEACTIVATE], [SWITCH, DELETE]),
        (STORED_ONE, BOTH, IN_PLACE, [SWITCH, DEACTIVATE], [SWITCH, DELETE]),
        (SWITCHED_ONE, BOTH, IN_PLACE, [DEACTIVATE], [SWITCH, DELETE]),
        (SWITCHED_ONE, OLD_OFF, IN_PLACE, [DEACTIVATE], [SWITCH, DELETE]),
        (replace(SWITCHED_ONE, grace_s=0.0), BOTH, IN_PLACE, [DEACTIVATE, DELETE], [SWITCH, DELETE]),
        (OFF, OLD_OFF, IN_PLACE, [], [SWITCH, DELETE]),
        (replace(OFF, grace_s=9.0), OLD_OFF, IN_PLACE, [DELETE], [SWITCH, DELETE]),
        (replace(OFF, grace_s=11.0), OLD_OFF, IN_PLACE, [], [SWITCH, DELETE]),
        (OFF, ONLY_NEW, IN_PLACE, [DELETE], None),
        (OFF, ONLY_NEW, [Held(A, "NEW", ""), Held(B, "NEW", "OLD")], [DELETE], None),
        (replace(STORED_ONE, state=CREATING), ONLY_NEW, UNTOUCHED, None, None),
        (OFF, OLD_OFF, [], None, [SWITCH, DELETE]),
    ],
)
def test_the_steps_that_are_left_and_those_that_take_it_back(
    rotation: Rotation, keys: str, held: list[Held], forward: list[int] | None, back: list[int] | None
) -> None:
    checked(forward, partial(steps_left, rotation, listed(keys), held, now=NOW))
    checked(back, partial(steps_back, rotation, listed(keys), held))


def checked(steps: list[int] | None, make: Callable[[], list[int]]) -> None:
    if steps is None:
        with pytest.raises(NotSetUp):
            make()
    else:
        assert make() == steps
