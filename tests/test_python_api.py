"""`aws_mfa.credentials` and `aws_mfa.boto3_session`, as scripts and notebooks use them, against the practice AWS."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING
from unittest import mock

import pytest

import aws_mfa
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.errors import AwsMfaError, BadInput, BadProfile, Cancelled, NeedsHuman, RefusedByAws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boto3.session import Session

    from aws_mfa.python_api import ProfileCredentials
    from classic_stage import ClassicStage

PROBE = "import sys; before = set(sys.modules); import aws_mfa; print(*(set(sys.modules) - before))"
WITHOUT_BOTO3 = """
import sys
sys.modules["boto3"] = None
import aws_mfa
try:
    aws_mfa.boto3_session("work")
except ImportError as error:
    print(error)
"""
SCRIPT = """
import sys, aws_mfa
session = aws_mfa.boto3_session("work", region="eu-west-1")
print(session.client("sts").get_caller_identity()["Arn"], sys.stdin.read())
"""

# The host's log takes all, by both ways in which programs set one up; the second resets levels that others have set.
LOGGING = """
import io, logging, logging.config, sys
log = io.StringIO()
logging.basicConfig(level=logging.DEBUG, stream=log)
import aws_mfa
session = aws_mfa.boto3_session("prod", ask=lambda question: sys.argv[1])
loggers = {"botocore": {"level": "DEBUG"}}
logging.config.dictConfig({"version": 1, "disable_existing_loggers": False, "loggers": loggers})
token = session.get_credentials().get_frozen_credentials().token
session.client("sts").get_caller_identity()
text = log.getvalue()
print(token in text, "Response body" in text, "connectionpool" in text)
"""


@pytest.fixture
def stage(stage: ClassicStage, monkeypatch: pytest.MonkeyPatch) -> ClassicStage:
    """Ann's home is this process's; no one can be asked unless a test says so, and sessions are stored as files."""
    for name, value in stage.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MFA_SESSION_STORE", "plain")
    monkeypatch.setenv("AWS_MFA_PROMPT", "mfa_process")
    stage.write(stage.keys_section("work"))
    return stage


class Person:
    """Is asked by a function: gives the code that the phone shows; `asked` is what was asked."""

    def __init__(self, stage: ClassicStage, *first: str) -> None:
        self._stage = stage
        self._first = list(first)
        self.asked: list[str] = []

    def __call__(self, question: str) -> str:
        self.asked.append(question)
        return self._first.pop(0) if self._first else self._stage.code()


def caller_arn(session: Session) -> str:
    """Who AWS says that we are."""
    client = session.client("sts", region_name=None if session.region_name else "eu-west-1")
    try:
        return str(client.get_caller_identity()["Arn"])
    finally:
        client.close()


def add_role(stage: ClassicStage, *, duration_s: int = 3600, region: str = "eu-central-1") -> str:
    role = stage.aws.account.add_role("Reader", trusts=stage.ann, mfa=True, max_session_s=43200)
    stage.write(
        f"[profile prod]\nrole_arn = {role.arn}\nsource_profile = work\n"
        f"duration_seconds = {duration_s}\nregion = {region}\n",
        stage.config,
    )
    return role.arn


@contextlib.contextmanager
def with_left(credentials: ProfileCredentials, left_s: float) -> Iterator[None]:
    """Let botocore and the tool believe that so many seconds are left."""
    moment = credentials._expiry_time - timedelta(seconds=left_s)
    with (
        mock.patch.object(credentials, "_time_fetcher", return_value=moment),
        mock.patch.object(RealInterfaces, "now", return_value=moment.timestamp()),
    ):
        yield


def test_import_loads_nothing_of_the_house() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60)
    assert set(done.stdout.split()) <= {"aws_mfa", "__future__"}


def test_the_failures_are_there_without_an_import_of_their_own() -> None:
    """`except aws_mfa.errors.NeedsHuman` stands in programs that have not used anything yet."""
    probe = "import aws_mfa, sys; print(aws_mfa.errors.NeedsHuman.exit_code, 'botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("4 False\n", "")


def test_the_module_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'boto4_session'"):
        _ = aws_mfa.boto4_session  # type: ignore[attr-defined]


def test_a_function_is_asked_once_and_the_session_is_the_users(stage: ClassicStage) -> None:
    person = Person(stage)
    assert caller_arn(aws_mfa.boto3_session("work", ask=person)) == stage.ann.arn
    assert person.asked == [f"MFA code for {stage.phone.serial}: "]
    assert caller_arn(aws_mfa.boto3_session("work")) == stage.ann.arn  # the stored one: nobody is asked
    assert len(person.asked) == 1


def test_a_wrong_code_is_told_with_the_next_question(stage: ClassicStage) -> None:
    person = Person(stage, stage.wrong_code())
    aws_mfa.credentials("work", ask=person)
    assert len(person.asked) == 2
    assert person.asked[1].startswith("AWS refused the code")
    assert person.asked[1].endswith(f"\nMFA code for {stage.phone.serial}: ")


def test_a_role_profile_gives_role_and_region(stage: ClassicStage) -> None:
    add_role(stage)
    session = aws_mfa.boto3_session("prod", ask=Person(stage))
    assert session.region_name == "eu-central-1"
    assert caller_arn(session).endswith(":assumed-role/Reader/ann")


def test_a_region_given_goes_before_a_variable_and_that_before_the_profile(
    stage: ClassicStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_role(stage)
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert aws_mfa.boto3_session("prod", ask=Person(stage)).region_name == "eu-west-3"
    assert aws_mfa.boto3_session("prod", region="eu-north-1").region_name == "eu-north-1"


def test_without_a_name_the_variable_names_the_profile(stage: ClassicStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert caller_arn(aws_mfa.boto3_session(ask=Person(stage))) == stage.ann.arn


def test_other_keys_in_the_environment_are_not_used(stage: ClassicStage, monkeypatch: pytest.MonkeyPatch) -> None:
    bob = stage.aws.account.add_user("bob")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bob.keys.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bob.keys.secret_access_key)
    assert caller_arn(aws_mfa.boto3_session("work", ask=Person(stage))) == stage.ann.arn


def test_a_role_is_renewed_without_a_question_while_the_mfa_session_is_good(stage: ClassicStage) -> None:
    """The shortest session that there is: renewed when half of it is left, and not before each request."""
    add_role(stage, duration_s=900)
    person = Person(stage)
    session = aws_mfa.boto3_session("prod", ask=person)
    for _ in range(3):
        caller_arn(session)
    assert stage.sent().count("AssumeRole") == 1
    credentials = session.get_credentials()
    first = credentials.get_frozen_credentials().access_key
    with with_left(credentials, 460):
        assert credentials.get_frozen_credentials().access_key == first
    with with_left(credentials, 440):
        assert credentials.get_frozen_credentials().access_key != first
    assert caller_arn(session).endswith(":assumed-role/Reader/ann")
    assert (stage.sent().count("AssumeRole"), len(person.asked)) == (2, 1)


def test_read_only_and_policies_narrow_the_role(stage: ClassicStage) -> None:
    add_role(stage)
    view = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
    aws_mfa.credentials("prod", ask=Person(stage), read_only=True, policy_arns=[view])
    sent = next(one.parameters for one in stage.aws.requests if one.action == "AssumeRole")
    assert {value for name, value in sent.items() if name.startswith("PolicyArns")} == {
        view,
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
    }
    with pytest.raises(BadInput, match="narrow role sessions alone"):
        aws_mfa.credentials("work", read_only=True)


def test_threads_at_once_ask_once(stage: ClassicStage) -> None:
    person = Person(stage)
    found: list[str] = []

    def use() -> None:
        found.append(aws_mfa.credentials("work", ask=person).get_frozen_credentials().access_key)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(person.asked), len(found), len(set(found))) == (1, 8, 1)


def test_threads_at_once_share_a_no(stage: ClassicStage) -> None:
    """Each of them asking would be eleven more questions."""
    asked: list[str] = []
    met: list[str] = []
    all_wait = threading.Event()

    def says_no(question: str) -> str:
        asked.append(question)
        assert all_wait.wait(10)
        time.sleep(0.5)  # until the others stand behind the question
        raise Cancelled("cancelled")  # as the terminal does at Ctrl-C

    def use() -> None:
        try:
            aws_mfa.credentials("work", ask=says_no)
        except AwsMfaError as error:
            met.append(type(error).__name__)

    threads = [threading.Thread(target=use) for _ in range(12)]
    for thread in threads:
        thread.start()
    all_wait.set()
    for thread in threads:
        thread.join()
    assert (len(asked), set(met), len(met)) == (1, {"Cancelled"}, 12), met


@pytest.mark.parametrize("is_wrong", [False, True], ids=["cancelled", "wrong codes"])
def test_threads_at_once_share_a_no_to_what_their_profiles_have_in_common(
    stage: ClassicStage, *, is_wrong: bool
) -> None:
    """Eight roles of one user need one MFA session: as eight processes they ask once, and as threads too."""
    role = add_role(stage)
    profiles = [f"r{number}" for number in range(8)]
    config = "".join(f"[profile {name}]\nrole_arn = {role}\nsource_profile = work\n" for name in profiles)
    stage.write(config, stage.config)
    asked: list[str] = []
    met: list[AwsMfaError] = []
    all_wait = threading.Event()

    def answer(question: str) -> str:
        asked.append(question)
        assert all_wait.wait(10)
        time.sleep(0.5)  # until the others stand behind the question
        if is_wrong:
            return stage.wrong_code()
        raise Cancelled("cancelled")

    def use(profile: str) -> None:
        try:
            aws_mfa.boto3_session(profile, ask=answer)
        except AwsMfaError as error:
            met.append(error)

    threads = [threading.Thread(target=use, args=[profile]) for profile in profiles]
    for thread in threads:
        thread.start()
    all_wait.set()
    for thread in threads:
        thread.join()
    assert (len(asked), len(met)) == (3 if is_wrong else 1, 8)
    assert all(isinstance(error, RefusedByAws if is_wrong else Cancelled) for error in met), met


def test_who_comes_after_a_no_asks_anew(stage: ClassicStage) -> None:
    def says_no(question: str) -> str:
        raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        aws_mfa.credentials("work", ask=says_no)
    person = Person(stage)
    aws_mfa.credentials("work", ask=person)
    assert len(person.asked) == 1


def test_the_function_that_is_asked_may_itself_need_a_session(stage: ClassicStage) -> None:
    aws_mfa.credentials("work", ask=Person(stage))
    add_role(stage, duration_s=7200)  # a role of more than an hour: a code of its own

    def ask(question: str) -> str:
        assert caller_arn(aws_mfa.boto3_session("work")) == stage.ann.arn
        return stage.code()

    assert aws_mfa.credentials("prod", ask=ask).method == "aws-mfa"


def test_a_function_that_needs_the_very_session_it_is_asked_for_is_told_at_once(stage: ClassicStage) -> None:
    def ask(question: str) -> str:
        aws_mfa.credentials("work", ask=Person(stage))
        return stage.code()

    began_at = time.monotonic()
    with pytest.raises(BadInput, match="what was called to answer it needs such a code itself"):
        aws_mfa.credentials("work", ask=ask)
    assert time.monotonic() - began_at < 20


def test_where_nobody_can_be_asked_the_text_holds_the_way_out(stage: ClassicStage) -> None:
    with pytest.raises(NeedsHuman) as failure:
        aws_mfa.credentials("work")
    assert str(failure.value).startswith("profile 'work' needs an MFA code: ")
    assert str(failure.value).splitlines()[1:] == [
        "hint: in a terminal: aws-mfa renew work",
        "hint: or have your program ask for it: ask=input",
    ]


def test_the_traceback_ends_at_our_door(stage: ClassicStage) -> None:
    """Further in, frames hold keys; a debugger or a crash reporter shows locals."""
    with pytest.raises(BadProfile) as failure:
        aws_mfa.credentials("wrok")
    modules = {os.path.basename(str(entry.path)) for entry in failure.traceback[1:]}
    assert modules <= {"for_python.py", "python_api.py"}
    assert failure.value.__cause__ is None


def test_a_command_that_gives_the_code_is_asked_before_the_function(stage: ClassicStage) -> None:
    stage.write(f"[profile work]\nmfa_process = echo {stage.code()}\n", stage.config)
    person = Person(stage)
    assert caller_arn(aws_mfa.boto3_session("work", ask=person)) == stage.ann.arn
    assert not person.asked


def test_a_variable_that_names_no_way_is_told_like_every_failure(
    stage: ClassicStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MFA_PROMPT", "mail")
    with pytest.raises(BadInput, match=r"(?s)'mail' is no way to ask for a code.hint: choose from"):
        aws_mfa.credentials("work", ask=Person(stage))


@pytest.mark.real
def test_a_script_asks_on_its_terminal_and_leaves_its_input_alone(stage: ClassicStage) -> None:
    from real_terminals import end_of, on_a_pty  # skips on Windows

    environ = {**stage.environ, "AWS_MFA_SESSION_STORE": "plain"}
    child = on_a_pty(["/bin/sh", "-c", f"echo for the script | {sys.executable} -c '{SCRIPT}'"], environ, timeout=60)
    child.expect_exact(f"MFA code for {stage.phone.serial}: ")
    child.sendline(stage.code())
    status, shown = end_of(child)
    assert (status, shown.split()[-4:]) == (0, [stage.ann.arn, "for", "the", "script"])


@pytest.mark.real
@pytest.mark.parametrize("is_stored", [False, True])
def test_a_programs_log_gets_no_token_and_all_the_rest(stage: ClassicStage, *, is_stored: bool) -> None:
    """Also where the session lay ready, so that nothing of ours has spoken to AWS; and no logger is silenced."""
    add_role(stage)
    if is_stored:
        aws_mfa.credentials("prod", ask=Person(stage))
    done = subprocess.run(
        [sys.executable, "-c", LOGGING, "" if is_stored else stage.code()],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("False True True\n", "")


def test_what_the_function_raises_is_the_programs_own(stage: ClassicStage) -> None:
    def ask(question: str) -> str:
        raise EOFError

    with pytest.raises(EOFError):
        aws_mfa.credentials("work", ask=ask)


def test_a_policy_that_is_none_is_told_before_anything_is_asked(stage: ClassicStage) -> None:
    person = Person(stage)
    with pytest.raises(AwsMfaError, match="not the ARN of a managed policy"):
        aws_mfa.credentials("work", ask=person, policy_arns=["ReadOnlyAccess"])
    assert not person.asked


def test_without_boto3_the_way_out_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_BOTO3], capture_output=True, text=True, check=False, timeout=60
    )
    wanted = "aws_mfa.boto3_session needs boto3, which is not installed: pip install 'aws-mfa[boto3]'\n"
    assert (done.stdout, done.stderr) == (wanted, "")
