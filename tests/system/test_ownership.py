"""The command in the message about a folder that is not private can be pasted, whatever the folder's name is."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from aws_mfa.errors import NotSetUp
from aws_mfa.system.ownership import private_folder


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
@pytest.mark.parametrize("kind", ["a file", "open to others"])
def test_the_command_is_for_that_path_only(tmp_path: Path, kind: str) -> None:
    path = tmp_path / 'it\'s "$(id>pwned)"; x'
    if kind == "a file":
        path.touch()
    else:
        path.mkdir(mode=0o755)
    with pytest.raises(NotSetUp) as refused:
        private_folder(str(path))
    command = refused.value.message.removeprefix(str(path)).partition(" (")[2].removesuffix(")")
    wanted = ["rm"] if kind == "a file" else ["chmod", "700"]
    assert shlex.split(command) == [*wanted, str(path)]
