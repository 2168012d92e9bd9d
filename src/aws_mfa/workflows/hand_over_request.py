"""What is wanted when a session is handed over, and the command that gets it where somebody can be asked."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_mfa.rules.session_steps import Overlay


class HandOver:
    """
    What is wanted: one profile's session, with `min_remaining_s` left.

    None: fifteen minutes if they can be had, else what there is; a number that was asked for is a condition.
    `for_sdk`: whoever wants it comes again by itself, so a person's no is a no to the question and not to the work.
    """

    __slots__ = ("for_sdk", "min_remaining_s", "no_keychain", "overlay", "profile", "token", "vault")

    def __init__(
        self,
        profile: str,
        *,
        min_remaining_s: float | None = None,
        overlay: Overlay | None = None,
        token: str | None = None,
        vault: str | None = None,
        no_keychain: bool = False,
        for_sdk: bool = False,
    ) -> None:
        self.for_sdk = for_sdk
        self.profile = profile
        self.min_remaining_s = min_remaining_s
        self.overlay = overlay
        self.token = token
        self.vault = vault
        self.no_keychain = no_keychain

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the profile is given: such requests alone are answered by witnesses."""
        given = (self.min_remaining_s, self.token, self.vault)
        return not (self.overlay or self.no_keychain) and given == (None, None, None)

    def renew_command(self) -> str:
        """The command that renews exactly this session, so that the same request finds it then."""
        words = ["aws-mfa", "renew"]
        if self.min_remaining_s is not None:
            words += ["--min-remaining", f"{self.min_remaining_s:.0f}"]
        if self.overlay is not None:
            words += self.overlay.flags()
        if self.vault is not None:
            words += ["--vault", self.vault]
        if self.no_keychain:
            words.append("--no-keychain")
        return " ".join([*words, quote(self.profile)])
