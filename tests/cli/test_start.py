"""The console script's entry: what can go wrong before `main` runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from aws_mfa.cli import start
from programs import SOURCE, run_program

PYTHONS_OWN = ("queue", "hmac", "json", "email", "logging", "typing", "argparse", "ssl", "http", "random", "secrets")
DEPENDENCIES = ("botocore", "urllib3", "keyring", "rich", "pyrage", "jmespath", "dateutil")
BACKEND = """
from keyring.backend import KeyringBackend

class Backend(KeyringBackend):
    priority = 1
    def get_password(self, service, user): return "AKIAIOSFODNN7EXAMPLE" if "key_id" in service else "s" * 40
    def set_password(self, service, user, password): pass
    def delete_password(self, service, user): pass
"""
ENTRIES = {
    "module": ["-m", "aws_mfa"],
    "script": ["-c", "import sys; from aws_mfa.cli.start import start; sys.exit(start())"],
}


class Interrupted:
    """A finder of modules; while it works, the user presses Ctrl-C."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "aws_mfa.cli.main":
            raise KeyboardInterrupt


def test_ctrl_c_while_the_full_path_loads_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["aws-mfa", "--force"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "aws_mfa.cli.main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    assert start.start() == 130


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder of modules that another program needs, and that would end this one."""
    for name in (*PYTHONS_OWN, *DEPENDENCIES):
        (tmp_path / f"{name}.py").write_text("raise SystemError")
    (tmp_path / "their_backend.py").write_text(BACKEND)
    return tmp_path


def environ_of(home: str, **variables: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": home, "USERPROFILE": home, **SOURCE, **variables}


@pytest.mark.real
@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("where", ["before", "behind", "with the library"])
@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("plan", "x"), 3),
        (("exec", "x", "true"), 3),
        (("--profile", "x"), 1),
        (("--version",), 0),
        (("renew", "--help"), 0),
    ],
)
def test_pythonpath_replaces_no_module(
    home: str, foreign: Path, entry: str, where: str, argv: tuple[str, ...], code: int
) -> None:
    parts = {
        "before": [str(foreign), SOURCE["PYTHONPATH"]],
        "behind": [SOURCE["PYTHONPATH"], str(foreign)],
        "with the library": [SOURCE["PYTHONPATH"], os.path.dirname(os.__file__), str(foreign)],
    }
    environ = environ_of(home, PYTHONPATH=os.pathsep.join(parts[where]))
    done = run_program([sys.executable, *ENTRIES[entry], *argv], environ, cwd=foreign if entry == "module" else home)
    assert (done.returncode, "this is a bug" in done.stderr, "Traceback" in done.stderr) == (code, False, False), done


@pytest.mark.real
def test_a_keyring_backend_on_pythonpath_is_found(home: str, foreign: Path) -> None:
    environ = environ_of(home, PYTHONPATH=os.pathsep.join([str(foreign), SOURCE["PYTHONPATH"]]))
    environ["PYTHON_KEYRING_BACKEND"] = "their_backend.Backend"
    done = run_program([sys.executable, "-m", "aws_mfa", "import", "--dry-run", "--profile", "x"], environ)
    assert "x-long-term: ...MPLE in the keychain fork's items" in done.stdout, done


@pytest.mark.real
@pytest.mark.parametrize(
    "argv", [("plan", "x"), ("env", "--unset", "--shell", "json"), ("exec", "--nope"), ("--version",)]
)
def test_variables_for_another_python_change_nothing(home: str, foreign: Path, argv: tuple[str, ...]) -> None:
    """PYTHONINSPECT would print a traceback and ask for more; a warning would be an error."""
    more = {"PYTHONINSPECT": "1", "PYTHONSTARTUP": str(foreign / "json.py"), "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-m", "aws_mfa", *argv]
    with_them, without = (run_program(command, environ_of(home, **one), stdin="1/0\n") for one in (more, {}))
    assert vars(with_them) == vars(without)
