"""
`aws_mfa.credentials` and `aws_mfa.boto3_session`, as scripts and notebooks use them, against the practice AWS.

And the botocore credentials: when a renewal is due, and that all threads share one.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import mock

import botocore.session
import pytest
from botocore.exceptions import ClientError

import aws_mfa
from aws_mfa import python_api
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.command_lines import joined
from aws_mfa.errors import AwsMfaError, BadInput, BadProfile, Cancelled, NeedsHuman, RefusedByAws
from aws_mfa.model import Secret
from aws_mfa.model import Session as MfaSession
from aws_mfa.python_api import ProfileCredentials, open_botocore_session
from fakes import NOW
from programs import run_program

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from boto3.session import Session

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

# The program logs everything, set up in both ways that programs use; the second resets levels that others have set.
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
    """A function for `ask`: returns the given answers first, then the code that the phone shows."""

    def __init__(self, stage: ClassicStage, *first: str) -> None:
        self._stage = stage
        self._first = list(first)
        self.asked: list[str] = []

    def __call__(self, question: str) -> str:
        self.asked.append(question)
        return self._first.pop(0) if self._first else self._stage.code()


@pytest.fixture(autouse=True, scope="module")
def one_loader() -> Iterator[None]:
    """Each session of botocore would read the service models again, which takes longer than all else here."""
    loader = botocore.session.create_loader()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.session, "create_loader", lambda *_: loader)
        yield


def caller_arn(session: Session) -> str:
    """The ARN that AWS gives for the session."""
    client = session.client("sts", region_name=None if session.region_name else "eu-west-1")
    try:
        return str(client.get_caller_identity()["Arn"])
    finally:
        client.close()


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_program([sys.executable, "-c", code, *arguments], os.environ)


def in_threads(*works: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class CountingLock:
    """Takes the place of the lock of `python_api`; `all_came` is set when so many threads hold it or wait for it."""

    def __init__(self, threads: int) -> None:
        self._lock, self._left, self.all_came = threading.RLock(), list(range(threads)), threading.Event()

    def __enter__(self) -> None:
        self._left.pop()
        if not self._left:
            self.all_came.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


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
    """Set the clocks of botocore and aws-mfa so that this many seconds are left."""
    moment = credentials._expiry_time - timedelta(seconds=left_s)
    with (
        mock.patch.object(credentials, "_time_fetcher", return_value=moment),
        mock.patch.object(RealInterfaces, "now", return_value=moment.timestamp()),
    ):
        yield


def test_import_loads_no_other_module() -> None:
    done = run_python(PROBE)
    assert done.returncode == 0
    assert set(done.stdout.split()) <= {"aws_mfa", "__future__"}


def test_the_failures_need_no_import_of_their_own() -> None:
    """A program may have `except aws_mfa.errors.NeedsHuman` before it has used anything else."""
    probe = "import aws_mfa, sys; print(aws_mfa.errors.NeedsHuman.exit_code, 'botocore' in sys.modules)"
    done = run_python(probe)
    assert (done.stdout, done.stderr) == ("4 False\n", "")


def test_the_module_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'boto4_session'"):
        _ = aws_mfa.boto4_session  # type: ignore[attr-defined]


def test_a_function_is_asked_once_and_the_session_is_the_users(stage: ClassicStage) -> None:
    person = Person(stage)
    assert caller_arn(aws_mfa.boto3_session("work", ask=person)) == stage.ann.arn
    assert person.asked == [f"MFA code for {stage.phone.serial}: "]
    assert caller_arn(aws_mfa.boto3_session("work")) == stage.ann.arn  # the stored session, without a question
    assert len(person.asked) == 1


def test_a_wrong_code_is_reported_with_the_next_question(stage: ClassicStage) -> None:
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


def test_region_is_argument_then_variable_then_profile(stage: ClassicStage, monkeypatch: pytest.MonkeyPatch) -> None:
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
    """The shortest session that AWS gives: renewed when half of its time is left, and not before each request."""
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


ONLY_LISTS = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:List*", "Resource": "*"}}'


def test_read_only_and_policies_narrow_the_role(stage: ClassicStage) -> None:
    add_role(stage)
    view = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
    aws_mfa.credentials("prod", ask=Person(stage), read_only=True, policy_arns=[view])
    sent = next(one.parameters for one in stage.aws.requests if one.action == "AssumeRole")
    assert {value for name, value in sent.items() if name.startswith("PolicyArns")} == {
        view,
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
    }
    with pytest.raises(BadInput, match="no ARNs of managed policies"):
        aws_mfa.credentials("work", policy_arns=[view])


@pytest.mark.parametrize(
    "wish", [{"read_only": True}, {"allow": ["iam:List*"]}, {"allow": "iam:List*"}, {"policy": ONLY_LISTS}]
)
def test_a_users_session_is_narrowed_with_one_code_for_all(stage: ClassicStage, wish: dict[str, Any]) -> None:
    person = Person(stage)
    aws_mfa.credentials("work", ask=person)
    session = aws_mfa.boto3_session("work", region="us-east-1", **wish)
    assert session.client("iam").list_access_keys()["AccessKeyMetadata"]
    with pytest.raises(ClientError, match="no session policy allows the iam:CreateAccessKey action"):
        session.client("iam").create_access_key()
    assert (stage.sent().count("GetScopedCredentials"), len(person.asked)) == (1, 1)


def test_two_ways_to_narrow_are_refused(stage: ClassicStage) -> None:
    with pytest.raises(BadInput, match="contradict each other"):
        aws_mfa.credentials("work", read_only=True, allow=["s3:List*"])
    with pytest.raises(BadInput, match="is not an action of a service"):
        aws_mfa.credentials("work", allow=[])


def test_a_role_that_no_profile_has_is_assumed_for_as_long_as_asked(stage: ClassicStage) -> None:
    arn = stage.aws.account.add_role("Other", trusts=stage.ann, mfa=True).arn
    session = aws_mfa.boto3_session(arn, source_profile="work", duration_s=900, ask=Person(stage))
    assert caller_arn(session).endswith(":assumed-role/Other/ann")
    assert [one.parameters["DurationSeconds"] for one in stage.aws.requests if one.action == "AssumeRole"] == ["900"]
    with pytest.raises(BadInput, match="source_profile belongs to the ARN of a role, and prod is not one"):
        aws_mfa.credentials("prod", source_profile="work")


def test_threads_at_once_ask_once(stage: ClassicStage) -> None:
    person = Person(stage)
    found: list[str] = []
    in_threads(*[lambda: found.append(key_id(aws_mfa.credentials("work", ask=person)))] * 8)
    assert (len(person.asked), len(found), len(set(found))) == (1, 8, 1)


@pytest.mark.parametrize("is_wrong", [False, True], ids=["cancelled", "wrong codes"])
def test_threads_at_once_share_the_failure_of_the_mfa_session_of_their_profiles(
    stage: ClassicStage, monkeypatch: pytest.MonkeyPatch, *, is_wrong: bool
) -> None:
    """Eight roles of one user need one MFA session: otherwise each of the others would ask again."""
    role = add_role(stage)
    profiles = [f"r{number}" for number in range(8)]
    config = "".join(f"[profile {name}]\nrole_arn = {role}\nsource_profile = work\n" for name in profiles)
    stage.write(config, stage.config)
    asked: list[str] = []
    met: list[AwsMfaError] = []
    lock = CountingLock(8)
    monkeypatch.setattr(python_api, "_one_at_a_time", lock)

    def answer(question: str) -> str:
        asked.append(question)
        assert lock.all_came.wait(10)
        if is_wrong:
            return stage.wrong_code()
        raise Cancelled("cancelled")

    def use(profile: str) -> None:
        try:
            aws_mfa.boto3_session(profile, ask=answer)
        except AwsMfaError as error:
            met.append(error)

    in_threads(*[partial(use, profile) for profile in profiles])
    assert (len(asked), len(met)) == (3 if is_wrong else 1, 8)
    assert all(isinstance(error, RefusedByAws if is_wrong else Cancelled) for error in met), met


def test_a_call_after_a_cancellation_asks_again(stage: ClassicStage) -> None:
    def cancels(question: str) -> str:
        raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        aws_mfa.credentials("work", ask=cancels)
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


def test_a_function_that_needs_the_session_it_is_asked_for_fails_at_once(stage: ClassicStage) -> None:
    def ask(question: str) -> str:
        aws_mfa.credentials("work", ask=Person(stage))
        return stage.code()

    began_at = time.monotonic()
    with pytest.raises(BadInput, match="what was called to answer it needs such a code itself"):
        aws_mfa.credentials("work", ask=ask)
    assert time.monotonic() - began_at < 20


def test_if_no_one_can_be_asked_the_text_says_what_to_do(stage: ClassicStage) -> None:
    with pytest.raises(NeedsHuman) as failure:
        aws_mfa.credentials("work")
    assert str(failure.value).startswith("profile 'work' needs an MFA code: ")
    assert str(failure.value).splitlines()[1:] == [
        "hint: in a terminal: aws-mfa renew work",
        "hint: or have your program ask for it: ask=input",
    ]


def test_the_traceback_ends_at_the_public_function(stage: ClassicStage) -> None:
    """Frames further in hold keys; a debugger or a crash reporter shows local variables."""
    with pytest.raises(BadProfile) as failure:
        aws_mfa.credentials("wrok")
    modules = {os.path.basename(str(entry.path)) for entry in failure.traceback[1:]}
    assert modules <= {"python_api.py"}
    assert failure.value.__cause__ is None


def test_a_command_that_gives_the_code_is_asked_before_the_function(stage: ClassicStage) -> None:
    command = joined([sys.executable, "-c", f"print({stage.code()!r})"])
    stage.write(f"[profile work]\nmfa_process = {command}\n", stage.config)
    person = Person(stage)
    assert caller_arn(aws_mfa.boto3_session("work", ask=person)) == stage.ann.arn
    assert not person.asked


def test_an_unknown_provider_fails_as_others_do(stage: ClassicStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MFA_PROMPT", "mail")
    with pytest.raises(BadInput, match=r"(?s)'mail' is not a way to ask for a code.hint: choose from"):
        aws_mfa.credentials("work", ask=Person(stage))


@pytest.mark.real
def test_a_script_asks_on_its_terminal_and_does_not_read_its_input(stage: ClassicStage) -> None:
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
    """Also if the session was stored, so that aws-mfa has not called AWS; and no logger is silenced."""
    add_role(stage)
    if is_stored:
        aws_mfa.credentials("prod", ask=Person(stage))
    done = run_python(LOGGING, "" if is_stored else stage.code())
    assert (done.stdout, done.stderr) == ("False True True\n", "")


def test_what_the_function_raises_is_the_programs_own(stage: ClassicStage) -> None:
    def ask(question: str) -> str:
        raise EOFError

    with pytest.raises(EOFError):
        aws_mfa.credentials("work", ask=ask)


def test_what_is_not_a_policy_is_refused_before_a_question(stage: ClassicStage) -> None:
    person = Person(stage)
    with pytest.raises(AwsMfaError, match="not the ARN of a managed policy"):
        aws_mfa.credentials("work", ask=person, policy_arns=["ReadOnlyAccess"])
    assert not person.asked


def test_without_boto3_the_command_that_installs_it_is_named() -> None:
    done = run_python(WITHOUT_BOTO3)
    wanted = "aws_mfa.boto3_session needs boto3, which is not installed: pip install 'boto3>=1.35'\n"
    assert (done.stdout, done.stderr) == (wanted, "")


class Source:
    """Returns a new session each time, which lasts `lasts_s`; `moment` is the clock."""

    def __init__(self, lasts_s: float) -> None:
        self.lasts_s = lasts_s
        self.moment = NOW
        self.handed = 0
        self.takes_s = 0.0
        self.failure: Exception | None = None

    def __call__(self) -> MfaSession:
        time.sleep(self.takes_s)
        if self.failure is not None:
            raise self.failure
        self.handed += 1
        return MfaSession(f"ASIA{self.handed}", Secret("secret"), Secret("token"), self.moment + self.lasts_s)

    def credentials(self) -> ProfileCredentials:
        return ProfileCredentials(self, lambda: self.moment)


def key_id(credentials: ProfileCredentials) -> str:
    return str(credentials.get_frozen_credentials().access_key)


@pytest.mark.parametrize(
    ("lasts_s", "left_s", "renewed"),
    [
        (43200, 901, False),
        (43200, 899, True),
        (900, 899, False),  # the shortest that STS gives: not before every request
        *((900, 451, False), (900, 449, True), (120, 61, False), (120, 59, True), (3600, -1, True)),
    ],
)
def test_a_renewal_is_due_at_15_minutes_or_half_the_first_time(lasts_s: float, left_s: float, *, renewed: bool) -> None:
    source = Source(lasts_s)
    credentials = source.credentials()
    source.moment += lasts_s - left_s
    assert key_id(credentials) == ("ASIA2" if renewed else "ASIA1")
    assert key_id(credentials) == key_id(credentials)  # and no other one after it


def test_a_session_that_gets_shorter_is_not_asked_for_at_every_request() -> None:
    """Without a person the same session is returned each time, and that must not cost a question each time."""
    source = Source(800)
    credentials = source.credentials()
    end = source.moment + 800
    for second in range(0, 740, 10):
        source.moment = NOW + second
        source.lasts_s = end - source.moment
        key_id(credentials)
    assert source.handed <= 5


def test_a_renewal_that_fails_is_raised_only_when_the_session_has_ended() -> None:
    source = Source(3600)
    credentials = source.credentials()
    source.failure = NeedsHuman("no one can be asked")
    source.moment += 3600 - 800
    assert key_id(credentials) == "ASIA1"
    source.moment += 801
    with pytest.raises(NeedsHuman):
        key_id(credentials)


def test_threads_that_need_a_renewal_at_once_make_one() -> None:
    source = Source(3600)
    credentials = source.credentials()
    source.moment += 3601
    source.takes_s = 0.05
    seen: list[str] = []
    in_threads(*[lambda: seen.append(key_id(credentials))] * 10)
    assert (source.handed, seen) == (2, ["ASIA2"] * 10)


def test_a_botocore_session_uses_these_credentials_and_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFSOMEBODYELSE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-another-user")
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    credentials = Source(3600).credentials()
    session = open_botocore_session(credentials, "work")
    assert session.get_credentials() is credentials
    assert session.get_config_variable("region") is None
