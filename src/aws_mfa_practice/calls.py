"""One call: caller, parameters, moment and world; every operation of STS and IAM gets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_mfa_practice.callers import Caller
    from aws_mfa_practice.world import World


@dataclass(frozen=True)
class Call:
    """An authenticated request; `now` is the server's moment in seconds since the epoch."""

    world: World
    caller: Caller
    parameters: dict[str, str]
    now: float
