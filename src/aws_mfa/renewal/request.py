"""What a command wants: sessions of which profiles, how narrow, how long, and where the long-term keys are."""

from __future__ import annotations

from dataclasses import dataclass, field
from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.renewal.policies import Overlay
from aws_mfa.sessions.freshness import MARGIN_S, needed_by_sdks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.errors import AwsMfaError


@dataclass(frozen=True)
class RenewalRequest:
    """
    What is wanted; every step of a command gets this one object, or a copy with other profiles.

    `profiles` None: all. `vault` says where long-term keys are read; without `use_keychain` it is the file, and the
    interfaces were made to open no keychain for anything. `hands_over`: a program gets the sessions, none goes into
    the credentials file. `for_sdk`: an SDK gets it and asks again by itself, so a person's no is a no to the question,
    not to the work. Stored sessions of `refused_key_ids` do not count. `devices` are those found by section; copies
    share them, so that a person chooses from a menu once.
    """

    profiles: Sequence[str] | None
    overlay: Overlay = field(default_factory=Overlay)
    token: str | None = field(default=None, repr=False)
    vault: str | None = None
    use_keychain: bool = True
    min_remaining_s: float | None = None
    forced: bool = False
    hands_over: bool = False
    for_sdk: bool = False
    refused_key_ids: frozenset[str] = frozenset()
    devices: dict[str, str | AwsMfaError] = field(default_factory=dict)

    @property
    def profile(self) -> str:
        """The one profile, of a request that has one."""
        (name,) = self.profiles or ()
        return name

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the profile is given: only such requests are answered by a fingerprint of the files."""
        given = (self.min_remaining_s, self.token, self.vault)
        return self.use_keychain and not self.overlay and given == (None, None, None)

    def needed_s(self, inputs: Mapping[str, str]) -> float:
        """
        How much must be left of a stored session of these inputs, never less than the margin.

        SDKs ask again at once when less than fifteen minutes are left: unless a number is asked for, a session that is
        handed over has that, and one that never has as much left half its time.
        """
        given_s = self.min_remaining_s
        if given_s is None:
            given_s = needed_by_sdks(inputs) if self.hands_over else MARGIN_S
        return max(given_s, MARGIN_S)

    def renew_command(self) -> str:
        """The command that renews exactly this session, so that the same request finds it then."""
        words = ["aws-mfa", "renew"]
        if self.min_remaining_s is not None:
            words += ["--min-remaining", f"{self.min_remaining_s:.0f}"]
        words += self.overlay.flags()
        if not self.use_keychain:
            words.append("--no-keychain")
        elif self.vault is not None:
            words += ["--vault", self.vault]
        return " ".join([*words, quote(self.profile)])
