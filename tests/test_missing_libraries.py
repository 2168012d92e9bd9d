"""A library that cannot be loaded costs its own feature, and one line that says how to install it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from classic_stage import ClassicStage, Ended

pytestmark = pytest.mark.real

PIP = re.escape(f"{sys.executable} -m pip install ")
OPTIONAL = ("jeepney", "keyring", "pyrage", "rich", "secretstorage")


class Without:
    """Runs the tool in a Python where these libraries are not installed."""

    def __init__(self, stage: ClassicStage, folder: Path, *libraries: str) -> None:
        hidden = f"import sys\nsys.modules.update(dict.fromkeys({list(libraries)}))\n"
        (folder / "sitecustomize.py").write_text(hidden, encoding="utf-8")
        self._stage = stage
        self._path = f"{folder}:{stage.environ['PYTHONPATH']}".replace(":", ";" if sys.platform == "win32" else ":")

    def run(self, *argv: str, stdin: str | None = None, **env: str | None) -> Ended:
        return self._stage.run(*argv, stdin=stdin, env={"PYTHONPATH": self._path, **env})


def test_file_keys_and_memory_or_plain_sessions_need_none(stage: ClassicStage, tmp_path: Path, runtime: str) -> None:
    tool = Without(stage, tmp_path, *OPTIONAL)
    python = [sys.executable, "-c", "import os; print(os.environ['AWS_ACCESS_KEY_ID'])"]
    for store in ({"XDG_RUNTIME_DIR": runtime}, {"AWS_MFA_SESSION_STORE": "plain"}):
        ended = tool.run("exec", "--token", stage.code(), "default", "--", *python, **store)
        assert ended.out.startswith("ASIA"), ended
        assert "library" not in ended.err
        assert "none: stored until" in tool.run("plan", **store).out
    renewed = tool.run("--force", "--token", stage.code())
    assert (renewed.code, renewed.err) == (0, ""), renewed


@pytest.mark.parametrize(
    ("library", "argv", "code", "said"),
    [
        ("pyrage", ["setup", "--vault", "age"], 3, "the age vault cannot be used"),
        ("pyrage", ["import", "--vault", "age", "--yes"], 3, "the age vault cannot be used"),
        ("keyring", ["setup", "--vault", "keychain"], 6, "this machine has no keychain to use"),
        ("segno", ["enroll", "default"], 3, "the library segno cannot be loaded"),
        ("botocore", ["--token", "123456"], 3, "the library botocore cannot be loaded"),
        ("urllib3", ["exec", "--token", "123456", "default", "--", "true"], 3, "the library urllib3 cannot be loaded"),
    ],
)
def test_where_it_is_needed_one_line_says_which_and_how_to_get_it(
    stage: ClassicStage, tmp_path: Path, library: str, argv: list[str], code: int, said: str
) -> None:
    before = stage.state()
    keys = stage.ann.keys
    options = ["--access-key-id", keys.access_key_id] if argv[0] == "setup" else []
    ended = Without(stage, tmp_path, library).run(*argv, *options, stdin=f"{keys.secret_access_key}\n")
    assert ended.code == code, ended
    assert f"aws-mfa: {said}" in ended.err, ended
    assert re.search(f"{PIP}{library}\n", ended.err), ended
    assert "bug" not in ended.err
    assert stage.state() == before


def test_a_sealed_store_that_cannot_be_used_costs_the_stored_session_only(stage: ClassicStage, tmp_path: Path) -> None:
    python = ["exec", "--token", stage.code(), "default", "--", sys.executable, "-c", "print('it ran')"]
    ended = Without(stage, tmp_path, "pyrage").run(*python, AWS_MFA_SESSION_STORE="sealed")
    assert (ended.code, ended.out) == (0, "it ran\n"), ended
    assert re.search(f"the session store 'sealed' cannot be used: .*{PIP}pyrage", ended.err), ended
