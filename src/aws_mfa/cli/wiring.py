"""
The doors of the real world, each opened when it is first used: `RealOutside` is all of them.

This is the lazy seam: what is heavy (botocore, the keychain) is loaded here and in the parts of this module, inside
functions, or not at all. The parts are cut as the Protocols of `workflows/outside.py` are: doors to people, to stores,
to AWS, to programs, all on one ground.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_mfa.cli.wiring_aws import DoorsToAws
from aws_mfa.cli.wiring_ground import Asking, Shared
from aws_mfa.cli.wiring_people import DoorsToPeople
from aws_mfa.cli.wiring_programs import DoorsToPrograms
from aws_mfa.cli.wiring_stores import DoorsToStores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from aws_mfa.adapters.held_signals import Held
    from aws_mfa.adapters.this_machine import InThread

    Result = TypeVar("Result")


class RealOutside(DoorsToPeople, DoorsToStores, DoorsToAws, DoorsToPrograms):
    """Fulfils the Protocol `Outside` with this machine; the flags are those of `Asking`, and of `Shared`."""

    def __init__(
        self,
        *,
        reads_pipe: bool = True,
        asks_on_stdout: bool = True,
        never_asks: bool = False,
        announces: bool = True,
        use_keychain: bool = True,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        asking = Asking(
            reads_pipe=reads_pipe, asks_on_stdout=asks_on_stdout, never_asks=never_asks, announces=announces
        )
        super().__init__(asking, Shared(environ, use_keychain=use_keychain))

    def held_signals(self) -> AbstractContextManager[Held]:
        """Hold back the signals that would end us."""
        from aws_mfa.adapters.held_signals import held_signals

        return held_signals()

    def beside(self, work: Callable[[], None], failed: Callable[[BaseException], None]) -> InThread:
        """Run `work` in a thread."""
        from aws_mfa.adapters.this_machine import InThread

        return InThread(work, failed)

    def side_by_side(self, calls: Sequence[Callable[[], Result]], done: Callable[[], None]) -> list[Result]:
        """Make the calls in threads."""
        from aws_mfa.adapters.this_machine import side_by_side

        return side_by_side(calls, done)

    def user_name(self) -> str | None:
        """The local user's name."""
        from aws_mfa.adapters.this_machine import user_name

        return user_name()
