"""The fast answer and the full path: both print the same, wherever the fast path prints anything."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple, NoReturn, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aws_mfa.cli.classic import run as classic
from aws_mfa.cli.fast import answer as fast
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.prompt.terminal import NoTerminal
from examples import examples
from programs import SOURCE, run_program

T = TypeVar("T")

NOW = 1_790_000_000.0
DEVICE = "arn:aws:iam::123456789012:mfa/ann"
ROLE, OTHER_ROLE = "arn:aws:iam::123456789012:role/Admin", "arn:aws:iam::123456789012:role/Other"
FULL_READ = 256 * 1024

KEYS = f"aws_access_key_id = AKIA{'A' * 16}\naws_secret_access_key = {'s' * 40}\n"
LONG_TERM = f"[default-long-term]\n{KEYS}aws_mfa_device = {DEVICE}\n\n"


class Case(NamedTuple):
    """A command line, its variables, and the files it finds."""

    argv: list[str]
    credentials: str
    variables: Mapping[str, str] = {}
    notes: str = ""


class Answer(NamedTuple):
    """What users and their scripts see."""

    exit_code: int
    text: str


class Unattended(RealInterfaces):
    """This machine at a fixed moment, without a human and without a vault: cases that need one have no fast answer."""

    terminal = NoTerminal()

    def now(self) -> float:
        return NOW

    def vault(self, name: str) -> NoReturn:
        raise AssertionError(f"the full path asks the vault {name!r}, and the fast path did not")


def moment(seconds_from_now: float, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return time.strftime(form, time.gmtime(NOW + seconds_from_now))


def session(name: str = "default", *, role: str | None = None, expiration: str = moment(3600)) -> str:
    return (
        f"[{name}]\nassumed_role = {bool(role)}\n"
        + (f"assumed_role_arn = {role}\n" if role else "")
        + f"aws_access_key_id = ASIA{'A' * 16}\naws_secret_access_key = {'s' * 40}\n"
        + f"aws_session_token = tt\naws_security_token = tt\nexpiration = {expiration}\n\n"
    )


def fillers(count: int) -> str:
    return "".join(f"[team-{number}]\naws_access_key_id = x\nregion = eu-west-1\n\n" for number in range(count))


def write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(text.encode(errors="surrogateescape"))


def state_of(path: str) -> tuple[bytes, int, int, int]:
    status = os.stat(path)
    with open(path, "rb") as file:
        return file.read(), status.st_ino, status.st_mtime_ns, status.st_mode


def fast_and_full(case: Case, home: str) -> tuple[str | None, Answer | None]:
    """Both answers; the full path runs only if the fast one answers. Neither may touch the file."""
    credentials = os.path.join(home, ".aws", "credentials")
    write(credentials, case.credentials)
    write(os.path.join(home, ".aws", "mfa", "known-keys"), case.notes)
    environ = {"HOME": home, "USERPROFILE": home, **case.variables}
    before = state_of(credentials)
    text = fast.fast_answer(case.argv, environ)
    full = None if text is None else full_answer(case.argv, environ)
    assert state_of(credentials) == before
    return text, full


def full_answer(argv: list[str], environ: Mapping[str, str]) -> Answer:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            exit_code = classic.run(argv, Unattended(environ=environ))
        except SystemExit as usage_error:
            exit_code = int(usage_error.code or 0)
    return Answer(exit_code, out.getvalue())


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "time", SimpleNamespace(time=lambda: NOW))


GOOD = LONG_TERM + session()
ANSWERED = {
    "no flags": Case([], GOOD),
    "a profile": Case(["--profile", "work"], GOOD.replace("[default", "[work")),
    "keys of the environment": Case([], GOOD, {"AWS_ACCESS_KEY_ID": "AKIA"}),
    "a profile of the environment": Case([], GOOD.replace("[default", "[work"), {"AWS_PROFILE": "work"}),
    "an empty profile": Case(["--profile="], GOOD),
    "ordinary flags": Case(["--device", DEVICE, "--duration=3600", "--log-level", "INFO"], GOOD),
    "silenced": Case(["--log-level", "ERROR"], GOOD),
    "suffixes": Case(["--long-suffix", "x", "--short-term-suffix=y"], f"[default-x]\n{KEYS}" + session("default-y")),
    "no suffix": Case(["--long-suffix", "None", "--short-suffix", "s"], f"[default]\n{KEYS}" + session("default-s")),
    "a role": Case(["--assume-role", ROLE], LONG_TERM + session(role=ROLE)),
    "a role of the environment": Case([], LONG_TERM + session(role=ROLE), {"MFA_ASSUME_ROLE": ROLE}),
    "a role of the section": Case([], LONG_TERM.replace("]\n", f"]\nassume_role: {ROLE}\n", 1) + session(role=ROLE)),
    "a role switched off": Case(["--assume", "none"], LONG_TERM + session(), {"MFA_ASSUME_ROLE": ROLE}),
    "a role with blanks around it": Case(["--assume-role", f" {ROLE}\n"], LONG_TERM + session(role=ROLE)),
    "a role of blanks": Case(["--assume-role", " "], GOOD),
    "a level not set": Case(["--log-level", "NOTSET"], GOOD),
    "a moment without zeros in front": Case([], LONG_TERM + session(expiration="2099-1-2 3:04:05")),
    "no keychain": Case(["--no-keychain"], GOOD),
    "another vault": Case(["--vault", "age"], GOOD),
    "keys in a vault": Case([], session(), notes="[default-long-term]\nvault = keychain\naws_access_key_id = AKIAX\n"),
    "a foreign moment": Case([], LONG_TERM + session(expiration=moment(3600, "%Y-%m-%dT%H:%M:%S+00:00"))),
    "CRLF": Case([], GOOD.replace("\n", "\r\n")),
    "ten thousand profiles behind": Case([], GOOD + fillers(10_000)),
    **{f"{count} profiles before": Case([], fillers(count) + GOOD) for count in (4_500, 10_000, 10_007)},
}


@pytest.mark.parametrize("case", ANSWERED.values(), ids=ANSWERED)
def test_what_is_common_is_answered_fast_and_as_the_full_path_does(case: Case, home: str) -> None:
    text, full = fast_and_full(case, home)
    assert text is not None
    assert full == Answer(0, text)


TWICE = "# [default] is for the build\n"
LEFT_ALONE = {
    "a flag's abbreviation": Case(["--prof", "default"], GOOD),
    "an unknown flag": Case(["--nonsense"], GOOD),
    "a subcommand": Case(["setup"], GOOD),
    "--force": Case(["--force"], GOOD),
    "--token": Case(["--token", "123456"], GOOD),
    "--help": Case(["--help"], GOOD),
    "a flag without its value": Case(["--profile"], GOOD),
    "a flag for a value": Case(["--profile", "--force"], GOOD),
    "no number": Case(["--duration", "1h"], GOOD),
    "no number in the environment": Case([], GOOD, {"MFA_STS_DURATION": "abc"}),
    "no number in the long-term section": Case([], f"[default-long-term]\n{KEYS}duration_seconds = 1h\n" + session()),
    "no such level": Case(["--log-level", "LOUD"], GOOD),
    "no such vault": Case(["--vault", "pocket"], GOOD),
    "no such vault in the environment": Case([], GOOD, {"AWS_MFA_VAULT": "pocket"}),
    "flags that contradict each other": Case(["--no-keychain", "--vault", "age"], GOOD),
    "equal names": Case(["--long-suffix", "x", "--short-suffix", "x"], GOOD),
    "no keys known": Case([], session()),
    "a note that names no vault": Case([], session(), notes="[default-long-term]\naws_access_key_id = AKIAX\n"),
    "a note, but another vault is asked for": Case(
        ["--vault", "age"], session(), notes="[default-long-term]\nvault = x\n"
    ),
    "another role": Case(["--assume-role", OTHER_ROLE], LONG_TERM + session(role=ROLE)),
    "expired": Case([], LONG_TERM + session(expiration=moment(-1))),
    "about to expire": Case([], LONG_TERM + session(expiration=moment(59))),
    "no session": Case([], LONG_TERM),
    "half a session": Case([], LONG_TERM + session().replace("aws_session_token", "token")),
    "permanent keys in the way": Case([], LONG_TERM + session().replace("ASIA", "AKIA")),
    "settings of [DEFAULT]": Case([], "[DEFAULT]\nassume_role = x\n\n" + GOOD),
    "a section twice": Case([], GOOD + session()),
    "twice, far apart": Case([], GOOD + fillers(10_000) + session()),
    "a junk line": Case([], "junk\n" + GOOD),
    "a byte order mark": Case([], "\ufeff" + GOOD),
    "a byte order mark before a thousand profiles": Case([], "\ufeff" + fillers(1_000) + GOOD),
    "a byte order mark before ten thousand profiles": Case([], "\ufeff" + fillers(10_000) + GOOD),
    "bytes that are no text among ten thousand profiles": Case([], fillers(5_000) + "\udcff\n" + fillers(5_000) + GOOD),
    "a mention, and a junk line": Case([], fillers(10_000) + "junk\n" + fillers(10_000) + TWICE + GOOD),
}


@pytest.mark.parametrize("case", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_any_doubt_is_left_to_the_full_path(case: Case, home: str) -> None:
    text, _ = fast_and_full(case, home)
    assert text is None


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_file_that_others_can_read_is_left_to_the_full_path_which_repairs_it(home: str) -> None:
    path = os.path.join(home, ".aws", "credentials")
    write(path, GOOD)
    os.chmod(path, 0o644)
    assert fast.fast_answer([], {"HOME": home}) is None


@pytest.mark.skipif(os.name != "posix", reason="named pipes are POSIX's")
def test_a_pipe_in_place_of_the_file_is_not_waited_for(home: str) -> None:
    pipe = os.path.join(home, "pipe")
    os.mkfifo(pipe, 0o600)
    program = "import os; from aws_mfa.cli.fast.answer import fast_answer; print(fast_answer([], os.environ))"
    environment = {**os.environ, **SOURCE, "AWS_SHARED_CREDENTIALS_FILE": pipe}
    assert run_program([sys.executable, "-c", program], environment, timeout_s=10).stdout == "None\n"


def one_of(*values: T) -> st.SearchStrategy[T]:
    return st.sampled_from(values)


def mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Odd in one of five draws: enough odd things together, and nothing would be answered any more."""
    return one_of(usual, usual, usual, usual, odd).flatmap(lambda chosen: chosen)


NAMES = mostly(one_of("default"), one_of("work", "wörk", "a b", "DEFAULT", " x", "a]b", ""))
SUFFIXES = one_of("", "none", "NONE", "x", "long-term")
ROLES = one_of("", "none", ROLE, f" {ROLE}\n", OTHER_ROLE)
USUAL_FLAGS = st.one_of(
    st.tuples(one_of("--profile"), NAMES),
    st.tuples(one_of("--duration"), one_of("0", "3600", "99999999")),
    st.tuples(one_of("--device"), one_of(DEVICE, "", "GAHT12345678")),
    st.tuples(one_of("--log-level"), one_of("DEBUG", "INFO", "WARNING", "CRITICAL", "NOTSET")),
    st.tuples(one_of("--vault"), one_of("keychain", "age", "file")),
    st.tuples(one_of("--role-session-name"), one_of("ann", "", "an n")),
    st.tuples(one_of("--assume-role", "--assume"), ROLES),
    st.tuples(one_of("--short-term-suffix", "--short-suffix"), one_of("", "none", "None")),
)
ODD_FLAGS = st.one_of(
    st.tuples(one_of("--long-term-suffix", "--long-suffix", "--short-term-suffix", "--short-suffix"), SUFFIXES),
    st.tuples(one_of("--duration"), one_of("-1", "1_000", "\u0663", " 900", "")),
    st.tuples(one_of("--device", "--log-level", "--vault"), one_of("-", "debug", "", "File")),
    st.tuples(one_of("--no-keychain", "--force", "--", "--p", "extra", "--assume")),
)
VARIABLES = st.fixed_dictionaries(
    {},
    optional={
        "AWS_PROFILE": NAMES,
        "MFA_ASSUME_ROLE": mostly(one_of("", "none"), ROLES),
        "MFA_DEVICE": one_of(DEVICE, ""),
        "MFA_STS_DURATION": mostly(one_of("", "0", "3600"), one_of(" 3600 ", "abc", "1.5", "\u0663")),
        "AWS_MFA_VAULT": mostly(one_of("", "keychain", "age", "file"), one_of("pocket", " age")),
    },
)
MOMENTS = mostly(
    one_of(moment(61), moment(3600), moment(3600, "%Y-%m-%dT%H:%M:%SZ")),
    one_of(moment(-1), moment(59), moment(60), "soon", "", "2099-1-2 3:4:5"),
)
LONG_TERM_LINES = one_of(
    *("", "# comment", f"assume_role = {ROLE}", "assume_role =", "region = eu-west-1", "duration_seconds = 3600"),
    *(
        "; [default]",
        "junk",
        "  continued",
        "duration_seconds = 1h",
        "x = \u2028y",
        f"AWS_Access_Key_Id: AKIA{'B' * 16}",
    ),
)
OURS = st.builds(
    lambda lines, role, at: f"[default-long-term]\n{KEYS}{lines}\n" + session(role=role, expiration=at),
    mostly(one_of(""), LONG_TERM_LINES),
    mostly(st.none(), one_of(ROLE, OTHER_ROLE)),
    MOMENTS,
)
FOREIGN = mostly(
    st.builds(fillers, one_of(0, 0, 1, 400, FULL_READ // 40)),
    st.one_of(
        one_of("[work-long-term]\nx = y\n", "# only words\n", "\r\n", " [work] \n", "[default] # mine\n", "[[work]]\n"),
        one_of(session(), LONG_TERM, "[DEFAULT]\nx = y\n", "junk\n", "\udcff\n", "x = y\n", "# [default]\n", "\ufeff"),
    ),
)
CASES = st.builds(
    lambda usual, odd, text, variables, notes, newline: Case(
        [word for flag in (*usual, *odd) for word in flag], "".join(text).replace("\n", newline), variables, notes
    ),
    st.lists(USUAL_FLAGS, max_size=3),
    mostly(one_of(()), st.tuples(ODD_FLAGS)),
    st.tuples(FOREIGN, OURS, FOREIGN),
    VARIABLES,
    one_of("", "[default-long-term]\nvault = keychain\n", "[default-long-term]\nvault = nowhere\n"),
    one_of("\n", "\r\n"),
)


@settings(examples(120), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=CASES)
def test_the_full_path_says_the_same_wherever_the_fast_one_answers(case: Case, home: str) -> None:
    text, full = fast_and_full(case, home)
    assert full == (None if text is None else Answer(0, text))


def test_too_little_memory_is_left_to_the_full_path(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise MemoryError

    monkeypatch.setattr(fast, "_answer", fail)
    assert fast.fast_answer([], {"HOME": home}) is None
