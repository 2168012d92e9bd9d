"""docs/compatibility.md, section 9: what must be different from 0.0.12, each row with a real process at least once."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from classic_stage import ClassicStage
from needs import needs
from programs import wait_until

pytestmark = pytest.mark.real
POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX")


@POSIX
def test_b1_full_disk_leaves_the_old_file_intact(stage: ClassicStage) -> None:
    """RLIMIT_FSIZE 0 refuses each byte that is written, as a full disk does."""
    needs("prlimit")
    stage.write(stage.keys_section() + stage.session_section(left_s=-1))
    before = stage.state()
    ended = stage.run("--token", stage.code(), prefix=("prlimit", "--fsize=0"))
    assert ended.error.startswith(f"ERROR - cannot write {stage.credentials}: ")
    assert "the old file is intact" in ended.error
    assert stage.state() == before
    assert sorted(os.listdir(os.path.dirname(stage.credentials))) in (
        ["credentials"],
        [".credentials.aws-mfa.lock", "credentials", "mfa"],
        [".credentials.aws-mfa.lock", "credentials"],
    )


def test_b2_two_runs_at_once_on_different_profiles_both_land(stage: ClassicStage) -> None:
    bob = stage.aws.account.add_user("bob")
    phone = bob.add_device()
    stage.write(stage.keys_section("one") + stage.keys_section("two", bob))
    stage.aws.latency_s = 0.3
    runs = [
        stage.start("--profile", "one", stdin=f"{stage.code()}\n"),
        stage.start("--profile", "two", stdin=f"{phone.unused_code()}\n"),
    ]
    for run in runs:
        out, err = run.communicate(timeout=60)
        assert (run.returncode, err) == (0, ""), out
    assert stage.section("one")["aws_access_key_id"] != stage.section("two")["aws_access_key_id"]
    assert stage.section("two-long-term")["aws_access_key_id"] == bob.keys.access_key_id


def test_b2_what_an_editor_saves_while_the_code_is_typed_stays(stage: ClassicStage) -> None:
    run = stage.start(stdin="")
    assert run.stdout is not None
    assert run.stdin is not None
    read = ""
    while not read.endswith("seconds):"):
        read += run.stdout.read(1)
    stage.write(stage.read() + "# from the editor\n[new]\nregion = eu-west-1\n")
    out, err = run.communicate(f"{stage.code()}\n", timeout=60)
    assert (run.returncode, err) == (0, ""), out
    assert "# from the editor\n[new]\nregion = eu-west-1\n" in stage.read()
    stage.section()


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_b5_variable_that_names_an_unknown_profile_does_not_disturb(stage: ClassicStage, variable: str) -> None:
    stage.write(stage.keys_section("new") + stage.keys_section())
    ended = stage.run(stdin=f"{stage.code()}\n", env={variable: "new"})
    assert (ended.code, ended.err) == (0, ""), ended
    stage.section("new" if variable == "AWS_PROFILE" else "default")


@POSIX
def test_b7_b24_missing_folder_is_created_0700_and_the_file_0600(stage: ClassicStage) -> None:
    keys = stage.keys_section()
    os.unlink(stage.credentials)
    os.rmdir(os.path.dirname(stage.credentials))
    assert stage.run(stdin="y\n", prefix=("/bin/sh", "-c", 'umask 0; exec "$@"', "sh")).error
    assert modes(stage) == [0o700, 0o600]
    with open(stage.credentials, "a", encoding="utf-8") as file:
        file.write(keys)
    assert stage.run("--token", stage.code(), prefix=("/bin/sh", "-c", 'umask 0; exec "$@"', "sh")).code == 0
    assert modes(stage) == [0o700, 0o600]


def modes(stage: ClassicStage) -> list[int]:
    return [os.stat(path).st_mode & 0o777 for path in (os.path.dirname(stage.credentials), stage.credentials)]


SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
BROKEN: dict[str, tuple[str | bytes, int, str]] = {
    "B12 duplicate section": (f"[a]\nx = 1\n[default-long-term]\naws_secret_access_key = {SECRET}\n[a]\n", 5, "[a]"),
    "B13 UTF-16": (f"[a]\nsecret = {SECRET}\n".encode("utf-16"), 1, "UTF-16"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_b12_b13_broken_file_is_named_with_its_line_and_no_value(stage: ClassicStage, case: str) -> None:
    """The other rows: tests/cli/classic."""
    text, line, named = BROKEN[case]
    stage.write(text)
    before = stage.state()
    ended = stage.run("--token", "123456")
    assert ended.error.startswith(f"ERROR - {stage.credentials}, line {line}: ")
    assert named in ended.error
    assert SECRET[:8] not in ended.out
    assert (stage.state(), stage.sent()) == (before, [])


def test_b14_without_a_network_the_host_is_named_and_the_code_can_still_be_used(stage: ClassicStage) -> None:
    code = stage.code()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    ended = stage.run("--token", code, env={"AWS_ENDPOINT_URL": url})
    assert ended.error == "ERROR - no connection to 127.0.0.1: connection refused"
    assert "the code was not sent: it is not spent" in ended.hints
    assert stage.run("--token", code).code == 0


NOBODY = """
import pwd
def nobody(uid):
    raise KeyError(f"getpwuid(): uid not found: {uid}")
pwd.getpwuid = nobody
"""


@POSIX
def test_b16_user_without_a_name_gets_a_session_name(stage: ClassicStage, tmp_path: Path) -> None:
    """As in a container whose user is in no password file: there even `--help` failed."""
    (tmp_path / "sitecustomize.py").write_text(NOBODY)
    role = stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    path = os.pathsep.join([str(tmp_path), stage.environ["PYTHONPATH"]])
    env = {"PYTHONPATH": path, "LOGNAME": None, "USER": None, "LNAME": None, "USERNAME": None}
    assert stage.run("--help", env=env).code == 0
    ended = stage.run("--assume-role", role.arn, "--token", stage.code(), env=env)
    assert (ended.code, ended.err) == (0, ""), ended
    assert stage.aws.requests[-1].parameters["RoleSessionName"] == "aws-mfa"


def test_b25_setup_honours_the_profile_and_twice_replaces_nothing_unasked(stage: ClassicStage) -> None:
    """With a pipe setup cannot ask: the next line is the secret. The question itself is in test_terminal.py."""
    stage.write("# mine\n")
    keys = f"{stage.ann.keys.access_key_id}\n{stage.ann.keys.secret_access_key}\n"
    first = stage.run("--setup", "--profile", "work", stdin=keys)
    assert (first.code, first.err) == (0, ""), first
    section = stage.section("work-long-term")
    assert section["aws_access_key_id"] == stage.ann.keys.access_key_id
    assert section["aws_secret_access_key"] == stage.ann.keys.secret_access_key
    assert section["aws_mfa_device"] == stage.phone.serial
    before = stage.state()
    again = stage.run("--setup", "--profile", "work", stdin=keys)
    assert "has keys in the file vault already" in again.error
    assert "aws-mfa setup --profile work --yes" in again.hints
    assert stage.state() == before
    assert stage.run("--profile", "work", stdin=f"{stage.code()}\n").code == 0


def test_b25_setup_with_wrong_keys_stores_nothing(stage: ClassicStage) -> None:
    before = stage.state()
    ended = stage.run("--setup", "--profile", "work", stdin=f"{stage.ann.keys.access_key_id}\n{SECRET}zz\n")
    assert "the secret access key does not belong" in ended.error
    assert SECRET not in ended.out
    assert stage.state() == before


@POSIX
def test_b26_ctrl_c_while_aws_is_asked_is_130_without_a_traceback(stage: ClassicStage) -> None:
    before = stage.state()
    stage.aws.latency_s = 20
    run = stage.start(stdin=f"{stage.code()}\n")
    wait_until(stage.sent, limit_s=20)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=20)
    assert (run.returncode, err) == (130, "aws-mfa: cancelled\n"), out
    assert (stage.state(), stage.sent()) == (before, ["GetSessionToken"])
