"""Completion in real shells: Tab is pressed on a terminal, and the words that the command then gets are compared."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator

import pytest

from needs import needs
from programs import SOURCE, output_of, wait_until
from real_terminals import Pty, on_a_pty

pytestmark = pytest.mark.real

# The program that the shell finds: completes with the real one, and writes down the words of anything else.
PROGRAM = """#!{python} -S
import json, os, sys
sys.path[:0] = {path}
if sys.argv[1:2] == ["completion"]:
    from aws_mfa.cli.start import start
    sys.exit(start())
with open("{home}/words.new", "w") as file:
    json.dump(sys.argv[1:], file)
os.rename("{home}/words.new", "{home}/words")
"""
# Names of profiles -> what is typed of them.
NAMES = {
    "work": "wo", "two words": "tw", "d$(touch ran)": "d", "x`touch ran`": "x", "h;touch ran": "h", "m&touch ran": "m",
    "pl|touch ran": "pl", "s>ran": "s", "quote'd": "q", 'e"q': "e", "café": "ca", "team:dev": "team:d",
    "user@host": "user@h", "a=b": "a", "j!x": "j", "k*?[x": "k", "back\\slash": "ba", "l#x": "l",
}  # fmt: skip
START = {
    "bash": (["bash", "--rcfile", ".rc", "-i"], "PS1='ready> '; bind 'set bell-style none'\n"),
    "zsh": (["zsh", "-i"], "PS1='ready> '; PROMPT_SP=\n"),
    "fish": (["fish"], "set -g fish_greeting; function fish_prompt; echo -n 'ready> '; end\n"),
}
RC_FILES = {"bash": ".rc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}


class Shell:
    """An interactive shell for which completion was installed, with the lines that the installation asked for."""

    def __init__(self, name: str, home: str) -> None:
        needs(name)
        self.home, self.words = home, os.path.join(home, "words")
        folder = os.path.join(home, "bin")
        os.makedirs(folder)
        os.makedirs(os.path.join(home, ".aws"))
        program = os.path.join(folder, "aws-mfa")
        self._write(program, PROGRAM.format(python=sys.executable, path=[SOURCE["PYTHONPATH"], *sys.path], home=home))
        os.chmod(program, 0o700)
        sections = "".join(f"[{each}]\nregion = eu-west-1\n" for each in (*NAMES, "-odd"))
        self._write(os.path.join(home, ".aws", "credentials"), sections)
        self._write(os.path.join(home, ".aws", "config"), '[profile "in config"]\nregion = eu-west-1\n')
        env = {"HOME": home, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        printed = output_of([program, "completion", "--install"], {**env, "SHELL": shutil.which(name) or ""})
        command, start = START[name]
        lines = [line for line in printed.splitlines() if line.startswith("  ")]
        self._write(os.path.join(home, RC_FILES[name]), start + "\n".join(lines) + "\n")
        self.pty: Pty = on_a_pty(command, env, columns=200, cwd=home)
        self.pty.expect("ready> ")

    @staticmethod
    def _write(path: str, text: str) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def completed(self, line: str) -> list[str]:
        """Type the line, press Tab and, when the shell is silent, Enter; return the words that the command gets."""
        self.pty.send(f"{line}\t")
        self.until_silent()
        self.pty.send("\r")
        wait_until(lambda: os.path.exists(self.words))
        with open(self.words, encoding="utf-8") as file:
            words: list[str] = json.load(file)
        os.remove(self.words)
        self.pty.expect("ready> ")
        self.until_silent()
        return words

    def until_silent(self) -> None:
        silent_at = time.monotonic() + 0.3
        while time.monotonic() < silent_at:
            if self.pty.expect([".+", "$"], timeout=0.1) == 0:
                silent_at = time.monotonic() + 0.3


@pytest.fixture(scope="module", params=["bash", "zsh", "fish"])
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    found = Shell(request.param, str(tmp_path_factory.mktemp(request.param)))
    yield found
    found.pty.close(force=True)


def test_each_name_is_completed_to_one_word_and_nothing_in_it_is_run(shell: Shell) -> None:
    typed = {**NAMES, "in config": "in"}
    got = {name: shell.completed(f"aws-mfa exec {beginning}")[1:] for name, beginning in typed.items()}
    assert got == {name: [name] for name in got}
    assert not os.path.exists(os.path.join(shell.home, "ran"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cons", ["console"]),
        ("--prof", ["--profile"]),
        ("--profile wo", ["--profile", "work"]),
        ("--profile=wo", ["--profile=work"]),
        ("setup --profile wo", ["setup", "--profile", "work"]),
        ("--vault ke", ["--vault", "keychain"]),
        ("env --shell powe", ["env", "--shell", "powershell"]),
        ("exec --policy /etc/passw", ["exec", "--policy", "/etc/passwd"]),
        ("exec --vault file --read-only wo", ["exec", "--vault", "file", "--read-only", "work"]),
        ("renew work two\\ words qu", ["renew", "work", "two words", "quote'd"]),
        ("exec 'two w", ["exec", "two words"]),
        ('exec "two w', ["exec", "two words"]),
        ("exec work -- ls /etc/passw", ["exec", "work", "--", "ls", "/etc/passwd"]),
    ],
)
def test_commands_flags_choices_files_and_profiles_are_completed(shell: Shell, line: str, words: list[str]) -> None:
    assert shell.completed(f"aws-mfa {line}") == words


def test_a_name_that_begins_with_a_dash_is_completed_behind_two_dashes(shell: Shell) -> None:
    assert shell.completed("aws-mfa exec -- -o") == ["exec", "--", "-odd"]
