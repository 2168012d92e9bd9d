"""What is wanted of a plan: the profiles, how much of a stored session must be left, where the keys are."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from aws_mfa.rules.freshness import MARGIN_S
from aws_mfa.rules.session_steps import Overlay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aws_mfa.errors import AwsMfaError


class PlanRequest:
    """
    What is wanted: profiles by name (None: all), `min_remaining_s` of a stored session, keys of `vault`.

    Stored sessions of `refused_key_ids` do not count. `devices` are those found by section, for this and every request
    made of it: who chose one from a menu is not asked again.
    """

    __slots__ = (
        "devices",
        "for_sdks",
        "forced",
        "min_remaining_s",
        "no_keychain",
        "overlay",
        "profiles",
        "refused_key_ids",
        "vault",
    )

    def __init__(
        self,
        profiles: Sequence[str] | None,
        *,
        min_remaining_s: float = MARGIN_S,
        forced: bool = False,
        overlay: Overlay | None = None,
        vault: str | None = None,
        no_keychain: bool = False,
        for_sdks: bool = False,
    ) -> None:
        self.profiles = profiles
        self.for_sdks = for_sdks  # handed over by us, however the profile is written: nothing goes into the file
        self.min_remaining_s = min_remaining_s
        self.forced = forced
        self.overlay = overlay or Overlay()
        self.vault = vault
        self.no_keychain = no_keychain
        self.refused_key_ids: frozenset[str] = frozenset()
        self.devices: dict[str, str | AwsMfaError] = {}

    def with_remaining(self, min_remaining_s: float) -> PlanRequest:
        """The same with so much left of a stored session."""
        request = copy(self)
        request.min_remaining_s = min_remaining_s
        return request

    def without(self, refused_key_ids: Iterable[str], profiles: Sequence[str]) -> PlanRequest:
        """The same for these profiles, without the stored sessions of these key ids: AWS does not take them."""
        request = copy(self)
        request.profiles = profiles
        request.refused_key_ids = self.refused_key_ids.union(refused_key_ids)
        return request
