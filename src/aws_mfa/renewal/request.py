"""What a command wants: sessions of which profiles, how narrow, how long, and where the long-term keys are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_mfa.aws_values.narrowing import NOTHING_NARROWER, Overlay
from aws_mfa.aws_values.text import LONGEST_MFA_SESSION_S
from aws_mfa.command_lines import quote
from aws_mfa.config.settings import Given
from aws_mfa.errors import BadInput
from aws_mfa.sessions.entry import needed_by_sdks
from aws_mfa.sessions.freshness import MARGIN_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.errors import AwsMfaError


@dataclass(frozen=True)
class RenewalRequest:
    """
    What is wanted; every step of a command gets this one object, or a copy with other profiles.

    `profiles` None: all. `vault` says where long-term keys are read; without `use_keychain` it is the file, and the
    interfaces open no keychain for anything. `hands_over`: a program gets the sessions, none goes into the credentials
    file. `for_sdk`: an SDK gets it and asks again automatically, so a cancelled question is not asked again. Stored
    sessions of `refused_key_ids` do not count. `devices` are those found, by section; copies share them, so that a
    person chooses from a menu once. `is_preview`: nothing is asked, called or written.

    For this run only: `duration_s` is that of the wanted sessions, `region` that of STS and of whatever gets the
    session. A profile that is a role's ARN is assumed from the profile in `source` (`source_of_roles`).
    """

    profiles: Sequence[str] | None
    overlay: Overlay = NOTHING_NARROWER
    token: str | None = field(default=None, repr=False)
    vault: str | None = None
    use_keychain: bool = True
    min_remaining_s: float | None = None
    forced: bool = False
    hands_over: bool = False
    for_sdk: bool = False
    refused_key_ids: frozenset[str] = frozenset()
    devices: dict[str, str | AwsMfaError] = field(default_factory=dict)
    is_preview: bool = False
    duration_s: int | None = None
    region: str | None = None
    source: Given | None = None

    @property
    def profile(self) -> str:
        """The profile, if the request has exactly one."""
        (name,) = self.profiles or ()
        return name

    @property
    def is_plain(self) -> bool:
        """Whether only the profile is given, or --read-only too: a fingerprint answers only such requests."""
        given = (self.min_remaining_s, self.token, self.vault, self.duration_s, self.region, self.source)
        is_known = self.overlay in (NOTHING_NARROWER, Overlay(read_only=True))
        return self.use_keychain and is_known and given == (None,) * len(given)

    def needed_s(self, inputs: Mapping[str, str], *, costs_code: bool) -> float:
        """
        How many seconds a stored session of these inputs must have left, never less than the margin.

        SDKs ask again at once when less than fifteen minutes are left, so a session that is handed over has at least
        that, or half its duration if it is shorter, unless the request gives a number. If no session of these inputs
        lasts as long as that number, half its duration too: a code for a few minutes more would be wasted.
        """
        given_s = self.min_remaining_s
        if given_s is None:
            given_s = needed_by_sdks(inputs) if self.hands_over else MARGIN_S
        elif costs_code and given_s > (longest_s := int(inputs.get("duration_s") or LONGEST_MFA_SESSION_S)):
            given_s = longest_s / 2
        return max(given_s, MARGIN_S)

    def renew_command(self, verb: str = "renew") -> str:
        """The command that renews exactly these sessions, so that the same request then finds them."""
        names = self.profiles or ()
        source = self.source if any(map(is_arn, names)) else None
        words = ["aws-mfa", "exec" if verb == "renew" and (source or self.duration_s) else verb]
        words += ["--duration", f"{self.duration_s}"] if self.duration_s is not None else []
        words += ["--source-profile", quote(source.value)] if source is not None else []
        left_s = self.min_remaining_s or 0.0
        if left_s > MARGIN_S:
            words += ["--min-remaining", f"{left_s:.0f}" if left_s % 60 else f"{left_s / 60:.0f}m"]
        words += ["--read-only"] if self.overlay.read_only else []
        words += [word for arn in self.overlay.policy_arns for word in ("--policy-arn", arn)]
        words += ["--policy", "FILE"] if self.overlay.policy is not None else []  # the file's name is not known here
        if not self.use_keychain:
            words.append("--no-keychain")
        elif self.vault is not None:
            words += ["--vault", self.vault]
        return " ".join([*words, *map(quote, names)])


def is_arn(profile: str) -> bool:
    """Whether an ARN is given in place of a profile: a role that is assumed in this run only."""
    return profile.startswith("arn:")


def source_of_roles(profiles: Sequence[str], given: str | None, environ: Mapping[str, str], name: str) -> Given | None:
    """The profile that ARNs are assumed from: `given` by the argument `name`, else AWS_PROFILE; None without ARNs."""
    if any(map(is_arn, profiles)):
        return Given(given, name) if given else Given(environ.get("AWS_PROFILE", ""), "AWS_PROFILE")
    if given is not None:
        hint = "a profile names its own source_profile; a role's ARN looks like: arn:aws:iam::123456789012:role/NAME"
        raise BadInput(f"{name} belongs to the ARN of a role, and {', '.join(profiles)} is not one", hint)
    return None
