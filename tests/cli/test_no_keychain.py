"""`--no-keychain`: whatever command has it, and whatever it stores or looks for, no keychain is opened."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

import pytest

from aws_mfa.cli.main import COMMANDS
from classic_stage import ClassicStage, Ended, section
from needs import ROOT
from programs import run_program

# Only this module opens a keychain; `exec` and `serve` end where they would become or serve something.
PROGRAM = """
import os, sys
from aws_mfa.cli.main import main
from aws_mfa.handover.serve import Served

def become(program, command, environ):
    leave(0)

def leave(code):
    print("opened" if "aws_mfa.vaults.keychain.backend" in sys.modules else "not opened", file=sys.stderr)
    sys.stderr.flush()
    os._exit(code)

os.execvpe = become
Served.ask_when_needed = lambda self, by: None
leave(main(sys.argv[1:]))
"""
OF_ROLE = ["--no-keychain", "dev"]
WITH_CODE = [*OF_ROLE, "--token", "CODE"]
RUNS = {
    "classic": ["--no-keychain", "--token", "CODE"],
    "classic --setup": ["--setup", "--no-keychain", "--profile", "new", "--device", "DEVICE"],
    "setup": ["setup", "--no-keychain", "--profile", "new", "--access-key-id", "ID", "--device", "DEVICE", "--yes",
              "--region", "us-east-1"],
    "import": ["import", "--no-keychain", "--yes"],
    "plan": ["plan", *OF_ROLE],
    "renew": ["renew", *WITH_CODE],
    "exec": ["exec", *WITH_CODE, "--", sys.executable, "-c", ""],
    "exec --server": ["exec", *WITH_CODE, "--server", "--", sys.executable, "-c", ""],
    "env": ["env", *WITH_CODE, "--shell", "json"],
    "credential-process": ["credential-process", *WITH_CODE],
    "console": ["console", *WITH_CODE, "--print-url"],
    "rotate": ["rotate", *WITH_CODE],
    "whoami": ["whoami", *WITH_CODE],
    "serve": ["serve", *WITH_CODE, "--shell", "json"],
}  # fmt: skip


def run(stage: ClassicStage, *argv: str, store: str | None = None) -> Ended:
    words = {"ID": stage.ann.keys.access_key_id, "DEVICE": stage.phone.serial}
    keys = stage.ann.keys
    answers = {"setup": keys.secret_access_key, "--setup": f"{keys.access_key_id}\n{keys.secret_access_key}\n"}
    environ = {name: value for name, value in stage.environ.items() if name != "AWS_MFA_VAULT"}
    environ |= {"AWS_MFA_SESSION_STORE": store} if store else {}
    typed = (stage.code() if word == "CODE" else words.get(word, word) for word in argv)
    done = run_program([sys.executable, "-c", PROGRAM, *typed], environ, stdin=answers.get(argv[0], ""), cwd=ROOT)
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def with_role(stage: ClassicStage) -> ClassicStage:
    """A user with a device, and a role that wants MFA."""
    role = stage.aws.account.add_role("dev", trusts=stage.ann, mfa=True)
    user = section("profile default", {"region": "us-east-1", "mfa_serial": stage.phone.serial})
    stage.write(user + section("profile dev", {"role_arn": role.arn, "source_profile": "default"}), stage.config)
    return stage


def test_every_command_that_takes_it_is_looked_at() -> None:
    takes_it = {"classic"}
    for name, (module, *_) in COMMANDS.items():
        parser = argparse.ArgumentParser()
        importlib.import_module(f"aws_mfa.cli.commands.{module}").add_arguments(parser)
        if "--no-keychain" in parser.format_help():
            takes_it.add(name)
    assert takes_it == RUNS.keys() - {"exec --server", "classic --setup"}


@pytest.mark.real
@pytest.mark.parametrize(("name", "store"), [*((name, None) for name in RUNS), ("renew", "sealed"), ("env", "sealed")])
def test_no_command_opens_the_keychain(with_role: ClassicStage, name: str, store: str | None) -> None:
    """Without a runtime folder sessions would be sealed, to what only the keychain holds."""
    ended = run(with_role, *RUNS[name], store=store)
    assert ended.err.endswith("not opened\n"), ended
    assert ended.code == (2 if name == "import" else 0), "all keys are in the file: there is nothing to move"


@pytest.mark.real
def test_sessions_are_stored_as_without_a_keychain_and_one_line_says_so_once(with_role: ClassicStage) -> None:
    folder = os.path.join(with_role.home, ".aws", "mfa", "sessions")
    line = f"no runtime folder here, no keychain: sessions are stored in {folder} (0600, not encrypted)"
    first, second = run(with_role, *RUNS["renew"]), run(with_role, *RUNS["renew"], "--force")
    assert (first.code, second.code) == (0, 0)
    assert first.err.count(line) == 1
    assert line not in second.err
    assert [name for name in os.listdir(folder) if name.endswith(".age")] == []
    assert [name for name in os.listdir(folder) if name.endswith(".txt")] != []


@pytest.mark.real
def test_only_the_vault_file_still_seals_sessions(with_role: ClassicStage) -> None:
    """It says where the keys are, and nothing of where sessions are stored."""
    ended = run(with_role, "renew", "dev", "--vault", "file", "--token", "CODE")
    assert ended.err.endswith("\nopened\n"), ended
