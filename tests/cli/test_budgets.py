"""What a run may cost a reader and a disk: source files whose functions are called, plans made, files opened."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

import pytest

from classic_stage import ClassicStage
from needs import ROOT
from programs import output_of

pytestmark = pytest.mark.real

MOST_SOURCE_FILES_TO_RENEW = 60
MOST_SOURCE_FILES_TO_HAND_OVER = 58
MOST_SOURCE_FILES_OF_THE_CLASSIC_FORM = 46

# Starts as the console script does. Module and class bodies run at import: they are no part of what is called.
PROGRAM = """
import json, os, sys, threading
import aws_mfa
SOURCE = os.path.dirname(aws_mfa.__file__) + os.sep
IS_FUNCTION = 0x1 | 0x2
files, plans, opened = set(), [], []

def count(frame, event, _):  # of each call; returning nothing, it is not asked about the lines
    code = frame.f_code
    if code.co_filename.startswith(SOURCE) and code.co_flags & IS_FUNCTION == IS_FUNCTION:
        name = code.co_filename[len(SOURCE):]
        if not name.startswith("practice"):
            files.add(name)
            if code.co_name in ("make_plan", "plan_steps"):
                plans.append(code.co_name)

def note(event, arguments):
    if event == "open":
        opened.append(os.path.basename(os.fsdecode(arguments[0])) if not isinstance(arguments[0], int) else "")

report, *argv = sys.argv[1:]
# Loaded before, so that what is opened is not the interpreter's own.
from aws_mfa.cli.main import main
sys.addaudithook(note)
threading.settrace(count)
sys.settrace(count)
try:
    code = main(argv)
finally:
    sys.settrace(None)
    with open(report, "w", encoding="utf-8") as file:
        json.dump({"files": sorted(files), "plans": plans, "opened": opened}, file)
sys.exit(code)
"""


class Cost:
    """What one run of the full path cost."""

    def __init__(self, files: list[str], plans: list[str], opened: list[str]) -> None:
        self.files = files
        self.plans = plans
        self.opened = {name: opened.count(name) for name in ("config", "credentials", "known-keys")}


@pytest.fixture
def cost(stage: ClassicStage, runtime: str, tmp_path: os.PathLike[str]) -> Callable[..., Cost]:
    """Run the command in a process of its own; a memory store, keys in the file, a role beside the user."""
    role = stage.aws.account.add_role("dev", trusts=stage.ann, mfa=True)
    user = f"[profile default]\nregion = us-east-1\nmfa_serial = {stage.phone.serial}\n"
    stage.write(f"{user}[profile dev]\nrole_arn = {role.arn}\nsource_profile = default\n", stage.config)
    report = os.path.join(tmp_path, "cost.json")
    environ = {**stage.environ, "AWS_MFA_SESSION_STORE": "memory", "XDG_RUNTIME_DIR": runtime}

    def run(*argv: str) -> Cost:
        output_of([sys.executable, "-c", PROGRAM, report, *argv], environ, cwd=ROOT)
        with open(report, encoding="utf-8") as file:
            return Cost(**json.load(file))

    return run


def test_one_session_is_renewed_with_a_code_in_few_source_files(stage: ClassicStage, cost: Callable[..., Cost]) -> None:
    spent = cost("renew", "--token", stage.code(), "default")
    assert len(spent.files) <= MOST_SOURCE_FILES_TO_RENEW, spent.files


def test_the_classic_form_renews_in_few_source_files(stage: ClassicStage, cost: Callable[..., Cost]) -> None:
    spent = cost("--token", stage.code())
    assert len(spent.files) <= MOST_SOURCE_FILES_OF_THE_CLASSIC_FORM, spent.files


def test_a_role_for_an_sdk_is_one_plan_and_one_look_a_file(stage: ClassicStage, cost: Callable[..., Cost]) -> None:
    """The MFA session is stored: no code, no write of an AWS file, so nothing that would have to be read again."""
    cost("credential-process", "--token", stage.code(), "default")
    stage.aws.requests.clear()
    spent = cost("credential-process", "dev")
    assert stage.sent() == ["AssumeRole"]
    assert len(spent.files) <= MOST_SOURCE_FILES_TO_HAND_OVER, spent.files
    assert spent.plans == ["make_plan", "plan_steps"]
    assert spent.opened == {"config": 1, "credentials": 1, "known-keys": 1}


def test_a_run_that_needs_no_code_looks_once_at_each_file(stage: ClassicStage, cost: Callable[..., Cost]) -> None:
    cost("renew", "--token", stage.code(), "default", "dev")
    for argv in (
        ["plan", "dev"],
        ["renew", "default", "dev"],
        ["env", "dev", "--shell", "json"],
        ["exec", "dev", "--server", "--", sys.executable, "-c", ""],
        ["console", "dev", "--print-url"],
    ):
        spent = cost(*argv)
        assert spent.plans.count("make_plan") == 1, argv
        assert spent.opened == {"config": 1, "credentials": 1, "known-keys": 1}, argv
