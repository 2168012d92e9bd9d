"""aws-mfa 0.0.12 itself, whose users can rely on docs/compatibility.md: run for real, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from needs import built
from programs import run_program


class OldTool:
    """0.0.12 with a home directory and an STS; it knows of both by the environment only."""

    def __init__(self, script: str, home: str, url: str) -> None:
        self._script = script
        self._home = home
        self._url = url

    def run(
        self, *flags: str, typed: str = "", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it with `flags`; `typed` is its standard input (a code and a newline)."""
        return run_program([self._script, *flags], self._environment() | dict(env or {}), stdin=typed)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": self._home,
            "LOGNAME": "ann",  # it asks for the user's name even for --help
            "AWS_ENDPOINT_URL_STS": self._url,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def installed_old_tool(home: str, url: str) -> OldTool:
    """0.0.12 as `make real-parts` installed it; the test is skipped where it is not there."""
    return OldTool(built("old-tool", "bin", "aws-mfa"), home, url)
