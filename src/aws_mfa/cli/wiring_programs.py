"""
Opens the doors to other programs: those that ask us for sessions, and those that we start.

A part of `wiring.py`; each door's adapter is loaded on first use. The Protocols: `workflows/doors_to_programs.py`.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from aws_mfa.cli.wiring_ground import Ground

if TYPE_CHECKING:
    from aws_mfa.adapters.child_process import ChildProcess
    from aws_mfa.server.endpoint import LocalEndpoint


class DoorsToPrograms(Ground):
    """Who a session is for."""

    @cached_property
    def child(self) -> ChildProcess:
        """The command that a session is for."""
        from aws_mfa.adapters.child_process import ChildProcess

        return ChildProcess()

    @cached_property
    def callers(self) -> list[str]:
        """The programs above us."""
        from aws_mfa.adapters.callers import callers

        return callers()

    def endpoint(self, port: int) -> LocalEndpoint:
        """The local endpoint; its token lies where nothing reaches a disk, if there is such a place."""
        from aws_mfa.adapters.private_files import ensure_private_folder
        from aws_mfa.adapters.private_reading import private_folder, runtime_folder
        from aws_mfa.server.endpoint import LocalEndpoint

        runtime = runtime_folder(self.environ)
        folder = os.path.join(runtime, "aws-mfa") if runtime else self._state("servers")
        ensure_private_folder(folder)
        private_folder(folder)
        return LocalEndpoint(folder, port, self.now)
