"""
0.0.12 and we decide alike: generated flags, variables and files, both tools in this process, up to the prompt.

Left out of the cases is what is different on purpose: permanent keys in the target, no device, an empty role, a session
where the long-term keys belong.
"""

from __future__ import annotations

import contextlib
import glob
import importlib
import io
import os
import sys
import warnings
from collections.abc import Generator
from types import ModuleType
from typing import Any, NoReturn
from unittest import mock

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from aws_mfa.cli.classic import run as classic
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.system.cancel import Cancellation
from aws_mfa_practice import PracticeAws
from classic_stage import ClassicStage, Human
from examples import examples
from needs import BUILD, needs

pytestmark = pytest.mark.real

ROLES = [f"arn:aws:iam::123456789012:role/{name}" for name in ("A", "B")]
REASONS = (
    "INFO - Short term credentials section ",
    "WARNING - Your existing credentials are missing or invalid, obtaining new credentials.",
    "INFO - Forcing refresh of credentials.",
    "INFO - Obtaining credentials for a new role or profile.",
    "INFO - Your credentials have expired, renewing.",
    "INFO - Your credentials are still valid for ",
    "ERROR - ",
)


class CodeWanted(Exception):
    """The prompt is reached."""


class HumanWithoutCode(Human):
    """A human at whom the run ends."""

    def ask(self, question: str, cancellation: Cancellation | None = None) -> NoReturn:
        self.seen.append(question)
        raise CodeWanted


def flag(*spellings: str, values: list[str]) -> st.SearchStrategy[list[str]]:
    """Nothing, or the flag in one of its spellings, its value behind a blank or an equals sign."""
    given_flag = st.tuples(st.sampled_from(spellings), st.sampled_from(values), st.booleans()).map(
        lambda chosen: [f"{chosen[0]}={chosen[1]}"] if chosen[2] else [chosen[0], chosen[1]]
    )
    return st.just([]) | given_flag


ARGV = st.tuples(
    flag("--profile", "--p", "--prof", values=["work", "default"]),
    flag("--long-term-suffix", "--long-suffix", values=["none", "None", "keys", "long-term"]),
    flag("--short-term-suffix", "--short-suffix", values=["none", "mfa", "NONE"]),
    flag("--assume-role", "--assume", values=ROLES),
    flag("--duration", "--dur", values=["900", "0", "3600", "43200"]),
    flag("--device", "--dev", values=["GAHT12345678"]),
    flag("--role-session-name", "--role", "--r", values=["bob"]),
    st.sampled_from([[], [], ["--force"], ["--f"]]),
).flatmap(lambda flags: st.permutations(flags).map(lambda order: [word for words in order for word in words]))

VARIABLES = st.fixed_dictionaries(
    {},
    optional={
        "AWS_PROFILE": st.sampled_from(["work", ""]),
        "MFA_DEVICE": st.sampled_from(["GAHT87654321", ""]),
        "MFA_ASSUME_ROLE": st.sampled_from(["", ROLES[1]]),
        "MFA_STS_DURATION": st.sampled_from(["7200", "", "+7200", "7_200"]),
    },
)
LONG_TERM = st.fixed_dictionaries(
    {}, optional={"assume_role": st.sampled_from(ROLES), "aws_secret_access_key": st.just("")}
)
SESSION = st.fixed_dictionaries(
    {"left_s": st.sampled_from([-100, -1, 3600])},
    optional={
        "assumed_role_arn": st.sampled_from(ROLES),
        "expiration": st.sampled_from(["", "2099-1-2 3:04:05"]),
        "aws_session_token": st.just(""),
    },
)
# (section, its settings); the long-term ones first, so that they can be distinguished.
FILE = st.tuples(
    st.dictionaries(st.sampled_from(["work-long-term", "default-long-term", "work-keys"]), LONG_TERM),
    st.dictionaries(st.sampled_from(["work", "default", "work-mfa", "default-mfa"]), SESSION),
)


@pytest.fixture(scope="module")
def old() -> Generator[ModuleType]:
    """The module of 0.0.12."""
    packages = glob.glob(os.path.join(BUILD, "old-tool", "lib", "python3*", "site-packages"))
    needs(*(os.path.join(folder, "awsmfa") for folder in packages or [BUILD]))
    with mock.patch.object(sys, "path", [*sys.path, *packages]):
        yield importlib.import_module("awsmfa")


@settings(examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(argv=ARGV, variables=VARIABLES, file=FILE)
def test_both_reach_the_same_decision(
    old: ModuleType,
    home: str,
    argv: list[str],
    variables: dict[str, str],
    file: tuple[dict[str, dict[str, str]], dict[str, dict[str, Any]]],
) -> None:
    """The same prompt (device, seconds), or the same reason not to ask; the file stays as it is."""
    with PracticeAws() as aws:
        stage = ClassicStage(home, aws)
        stage.write(text_of(stage, *file))
        before = stage.state()
        theirs = decision_of_old_tool(old, stage, argv, variables)
        ours = our_decision(stage, argv, variables)
        assume(not any(line.endswith("STS accepts long-term keys only") for line in ours))
        assert ours == theirs
        assert (stage.state(), stage.sent()) == (before, [])


def text_of(stage: ClassicStage, keys: dict[str, dict[str, str]], sessions: dict[str, dict[str, Any]]) -> str:
    parts = [
        stage.keys_section("X", settings=values).replace("[X-long-term]", f"[{name}]") for name, values in keys.items()
    ]
    return "".join(
        [
            *parts,
            *(
                stage.session_section(name, aws_mfa_device="GAHT11111111", **values)
                for name, values in sessions.items()
            ),
        ]
    )


def our_decision(stage: ClassicStage, argv: list[str], variables: dict[str, str]) -> list[str]:
    interfaces, human, out = RealInterfaces(environ={**stage.environ, **variables}), HumanWithoutCode(), io.StringIO()
    interfaces.terminal = human
    with contextlib.redirect_stdout(out), contextlib.suppress(CodeWanted), mock.patch.object(interfaces, "beside"):
        classic.run(argv, interfaces)
    return decision(out.getvalue(), human.seen)


def decision_of_old_tool(old: ModuleType, stage: ClassicStage, argv: list[str], variables: dict[str, str]) -> list[str]:
    human, out = HumanWithoutCode(), io.StringIO()
    old.logger.handlers[:] = []
    old.configparser.DEFAULTSECT = "DEFAULT"  # it changes that of its own process
    with (
        mock.patch.object(old, "AWS_CREDS_PATH", stage.credentials),
        mock.patch.object(old, "prompter", return_value=human.ask),
        mock.patch.object(sys, "argv", ["aws-mfa", *argv]),
        mock.patch.dict(os.environ, {"LOGNAME": "ann", **variables}),
        contextlib.redirect_stdout(out),
        contextlib.suppress(CodeWanted, SystemExit),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # utcnow, Logger.warn
        old.main()
    return decision(out.getvalue(), human.seen)


def decision(out: str, questions: list[str]) -> list[str]:
    """Every reason, of which seconds and ends are left out, and the question."""
    reasons = [reason for line in out.splitlines() for reason in REASONS if line.startswith(reason)]
    errors = [line.split("'")[1] if "'" in line else line for line in out.splitlines() if line.startswith("ERROR - ")]
    return [*reasons, *errors, *questions]
