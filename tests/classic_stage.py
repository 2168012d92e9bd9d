"""
The stage of the classic form: the user Ann with a phone, a practice AWS, a home, and the tool.

`run` starts a process as a shell would, without a terminal; `call` runs the same form in this process, for claims
that need no process of their own. The long-term keys are in the credentials file unless a test says otherwise.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, TypeAlias
from unittest import mock

from aws_mfa.cli.classic import run as classic
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.config.ini import section_values
from aws_mfa.model import Secret
from aws_mfa.system.cancel import Cancellation
from aws_mfa_practice import PracticeAws
from aws_mfa_practice.account import User
from programs import SOURCE, run_program, start_program

if TYPE_CHECKING:
    from aws_mfa.prompt.providers import Terminal


# A setting of None is removed.
Settings: TypeAlias = "Mapping[str, str | None]"


class Ended:
    """How a run ended: exit code, stdout, stderr."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def errors(self) -> list[str]:
        """The ERROR lines."""
        return [line for line in self.out.splitlines() if line.startswith("ERROR - ")]

    @property
    def hints(self) -> str:
        """The hint lines."""
        return "\n".join(line for line in self.out.splitlines() if line.startswith("hint: "))

    @property
    def error(self) -> str:
        """The one ERROR line of a run that failed: exit 1, nothing on stderr, no traceback."""
        assert (self.code, self.err, len(self.errors)) == (1, "", 1), self
        return self.errors[0]

    def __repr__(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.err}"


class Human:
    """Implements the Protocol `Terminal`: gives its answers in order; `seen` is what was printed."""

    has_human = True

    def __init__(self, *answers: str | Callable[[], str]) -> None:
        self._answers = list(answers)
        self.seen: list[str] = []

    def ask(self, question: str, cancellation: Cancellation | None = None) -> str:
        self.seen.append(question)
        answer = self._answers.pop(0)
        return answer if isinstance(answer, str) else answer()

    def ask_hidden(self, question: str, cancellation: Cancellation | None = None) -> Secret:
        return Secret(self.ask(question, cancellation))

    def lines_left(self) -> int:
        return 0

    def count_down(self, seconds: int, text: str) -> None:
        """Tests do not wait."""

    def say(self, text: str) -> None:
        self.seen.append(text)

    def draw(self, lines: Sequence[str]) -> None:
        """No test of the classic form sees a picture."""


class ClassicStage:
    """One home, one practice AWS with the user Ann, and the tool between them."""

    def __init__(self, home: str, aws: PracticeAws) -> None:
        self.home = home
        self.aws = aws
        self.ann: User = aws.account.add_user("ann")
        self.phone = self.ann.add_device()
        self.credentials = os.path.join(home, ".aws", "credentials")
        self.config = os.path.join(home, ".aws", "config")
        self._wrong_codes = itertools.count(100000)
        self.write(self.keys_section())

    @property
    def environ(self) -> dict[str, str]:
        """The whole environment of the tool."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": self.home,
            "USERPROFILE": self.home,
            "LOGNAME": "ann",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "80",
            **SOURCE,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_MFA_VAULT": "file",
        }

    def keys_section(
        self, profile: str = "default", user: User | None = None, settings: Mapping[str, str] | None = None, **more: str
    ) -> str:
        """A long-term section with keys and device; settings replace or add lines, "" removes one."""
        user = user or self.ann
        values = {
            "aws_access_key_id": user.keys.access_key_id,
            "aws_secret_access_key": user.keys.secret_access_key,
            "aws_mfa_device": user.devices[0].serial if user.devices else "",
        }
        return section(f"{profile}-long-term", {**values, **(settings or {}), **more})

    def session_section(
        self, profile: str = "default", *, left_s: float = 7200, settings: Mapping[str, str] | None = None, **more: str
    ) -> str:
        """An invented session in the form of 0.0.12, with so many seconds left."""
        end = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + left_s))
        values = {
            "assumed_role": "False",
            "aws_access_key_id": "ASIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key": "wJalrXUtnFEMI",
            "aws_session_token": "IQoJb3JpZ2luX2VjE",
            "aws_security_token": "IQoJb3JpZ2luX2VjE",
            "expiration": end,
        }
        return section(profile, {**values, **(settings or {}), **more})

    def write(self, text: str | bytes, path: str | None = None, mode: int = 0o600) -> None:
        """The credentials file (or another), as if a person had saved it."""
        path = path or self.credentials
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        os.chmod(path, mode)

    def read(self, path: str | None = None) -> str:
        """The bytes of the credentials file (or another), as text."""
        with open(path or self.credentials, "rb") as file:
            return file.read().decode()

    def section(self, name: str = "default") -> dict[str, str]:
        """The values of a section of the credentials file; fails if there is none."""
        values = section_values(self.read(), name)
        assert values is not None, f"no section {name}"
        return values

    def state(self) -> tuple[bytes, int]:
        """Bytes and mtime of the credentials file."""
        with open(self.credentials, "rb") as file:
            return file.read(), os.fstat(file.fileno()).st_mtime_ns

    def sent(self) -> list[str]:
        """The actions that AWS was asked for, in order."""
        return [record.action or "?" for record in self.aws.requests]

    def code(self) -> str:
        """A code that AWS accepts now."""
        return self.phone.unused_code()

    def wrong_code(self) -> str:
        """A code that AWS does not accept now, another one each time: a refused code is not sent again."""
        moment = self.aws.clock()
        good = {self.phone.code(moment + off_s) for off_s in (-30, 0, 30)}
        return next(code for code in map(str, self._wrong_codes) if code not in good)

    def run(
        self, *argv: str, stdin: str | None = None, env: Settings | None = None, prefix: tuple[str, ...] = ()
    ) -> Ended:
        """Run it in a process without a terminal; `stdin` is piped in, None is /dev/null."""
        ended = run_program([*prefix, *self.command(*argv)], self._with(env), stdin=stdin)
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def start(self, *argv: str, stdin: str, env: Settings | None = None) -> subprocess.Popen[str]:
        """Start it and return; all its input is written."""
        process = start_program(self.command(*argv), self._with(env), stdin=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.flush()
        return process

    def call(self, *argv: str, stdin: str = "", env: Settings | None = None, terminal: Terminal | None = None) -> Ended:
        """Run the classic form in this process: `stdin` is a file of answers, or a terminal is given."""
        interfaces = RealInterfaces(environ=self._with(env))
        if terminal is not None:
            interfaces.terminal = terminal
        out, err = io.StringIO(), io.StringIO()
        with (
            _answers(stdin) as answers,
            mock.patch("sys.stdin", answers),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                code = classic.run(list(argv), interfaces)
            except SystemExit as leaving:
                code = int(leaving.code or 0)
            finally:
                interfaces.close()
        return Ended(code, out.getvalue(), err.getvalue())

    def renew(self, *argv: str, env: Settings | None = None) -> Ended:
        """Renew in this process with a good code; fails if that fails."""
        ended = self.call(*argv, stdin=f"{self.code()}\n", env=env)
        assert ended.code == 0, ended
        return ended

    def _with(self, env: Settings | None) -> dict[str, str]:
        return {name: value for name, value in {**self.environ, **(env or {})}.items() if value is not None}

    @staticmethod
    def command(*argv: str) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", "aws_mfa", *argv]


def section(name: str, values: Mapping[str, str]) -> str:
    """The text of a section; empty values are left out."""
    lines = "".join(f"{key} = {value}\n" for key, value in values.items() if value)
    return f"[{name}]\n{lines}\n"


@contextlib.contextmanager
def _answers(text: str) -> Iterator[IO[str]]:
    with tempfile.TemporaryFile("w+") as file:
        file.write(text)
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        yield file
