"""`aws-mfa exec`: the command has the session, its own stdin, signals and exit code, and nothing else of aws-mfa's."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys

import pytest

from classic_stage import ClassicStage, Ended, Settings
from real_terminals import Pty, end_of, on_a_pty
from scenarios.test_renew_many import profile, role

pytestmark = pytest.mark.real

PLAIN = {"AWS_MFA_SESSION_STORE": "plain", "AWS_MFA_PROMPT": "terminal"}
SHOW = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]
WHO = [sys.executable, "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"]
SESSION = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION")
BOTH_WAYS = pytest.mark.parametrize("flags", [[], ["--server"]], ids=["keys", "server"])


def ran(stage: ClassicStage, *argv: str, env: Settings | None = None, stdin: str | None = None) -> Ended:
    return stage.run("exec", *argv, env={**PLAIN, **(env or {})}, stdin=stdin)


def renewed(stage: ClassicStage) -> None:
    """The user's session is stored."""
    ended = ran(stage, "--token", stage.code(), "default", "true")
    assert (ended.code, ended.out) == (0, ""), ended


def shown(ended: Ended) -> dict[str, str]:
    assert ended.code == 0, ended
    found: dict[str, str] = json.loads(ended.out)
    return found


def on_terminal(stage: ClassicStage, script: str, **env: str) -> Pty:
    """A shell script on a terminal; $TOOL is the tool."""
    environ = {**stage.environ, **PLAIN, "TOOL": shlex.join(stage.command()), **env}
    return on_a_pty(["sh", "-c", script], environ, columns=300)


def test_the_environment_of_the_child_is_exactly_this(stage: ClassicStage) -> None:
    dev = role(stage, "dev")
    stage.write(profile("dev", dev.arn, region="eu-west-1"), stage.config)
    noise = {"AWS_PROFILE": "other", "AWS_ACCESS_KEY_ID": "AKIAOTHER", "AWS_SECURITY_TOKEN": "old", "AWS_ROLE_ARN": "r"}
    kept = {"AWS_MAX_ATTEMPTS": "3", "MFA_STS_DURATION": "3600", "MINE": "1"}
    found = shown(ran(stage, "dev", "--token", stage.code(), "--", *SHOW, env={**noise, **kept}))
    session = {name: found.pop(name) for name in SESSION}
    assert session["AWS_ACCESS_KEY_ID"] in stage.aws.sessions
    assert session["AWS_CREDENTIAL_EXPIRATION"].endswith("Z")
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_MFA_REGION"), "eu-west-1")
    assert found == {**stage.environ, **PLAIN, **kept, **region, "AWS_MFA_PROFILE": "dev"}


LONG = "Λογαριασμός-παραγωγής-διαχειριστής-ομάδα"


def test_one_code_serves_every_region_every_name_of_the_key_and_long_names(stage: ClassicStage) -> None:
    """A second role profile in another region shares the role's session; the child's region is its own profile's."""
    dev = role(stage, "dev")
    stage.write(stage.keys_section() + stage.keys_section("twin"))
    names = {"dev": "eu-west-1", "dev-us": "us-west-2", LONG: "eu-north-1"}
    config = "".join(profile(name, dev.arn, region=region) for name, region in names.items())
    stage.write(f"{config}[profile twin]\nregion = ap-south-1\nmfa_serial = {stage.phone.serial}\n", stage.config)
    renewed(stage)
    for _ in range(3):
        for name, region in {**names, "twin": "ap-south-1"}.items():
            found = shown(ran(stage, "--no-input", name, "--", *SHOW))
            assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == (region, region)
            # The hot path, which knows no flag, in the profile's region and in another one.
            assert shown(ran(stage, name, "--", *SHOW, stdin=""))["AWS_REGION"] == region
            other = shown(ran(stage, name, "--", *SHOW, env={"AWS_DEFAULT_REGION": "sa-east-1"}, stdin=""))
            assert (other["AWS_REGION"], other["AWS_DEFAULT_REGION"]) == ("sa-east-1", "sa-east-1")
            assert other["AWS_ACCESS_KEY_ID"] == found["AWS_ACCESS_KEY_ID"]
    assert (stage.sent().count("GetSessionToken"), stage.sent().count("AssumeRole")) == (1, 1)


@pytest.mark.parametrize("first", ["classic", "plan"])
def test_a_device_that_iam_listed_is_asked_for_once(stage: ClassicStage, first: str) -> None:
    """A good session is handed over without a request, and with the vault closed."""
    dev = role(stage, "dev")
    stage.write("")
    stage.write(f"[profile staff]\nregion = us-east-1\n{profile('ops', dev.arn, source='staff')}", stage.config)
    vault = {**PLAIN, "AWS_MFA_VAULT": "age", "AWS_MFA_AGE_PASSPHRASE_COMMAND": "echo correct horse"}
    device = f"[device of {stage.ann.keys.access_key_id}]\ndevice = {stage.phone.serial}\n"
    setup = ["setup", "--profile", "staff", "--access-key-id", stage.ann.keys.access_key_id, "--region", "us-east-1"]
    done = stage.run(*setup, env=vault, stdin=f"{stage.ann.keys.secret_access_key}\n")
    assert done.code == 0, done
    stage.write("")  # set-up writes the device beside the keys
    stage.aws.requests.clear()
    if first == "classic":
        assert stage.run("--profile", "staff", "--token", stage.code(), env=vault).code == 0
    elif first == "plan":
        assert stage.run("plan", "ops", env=vault).code == 0
    needs_code = ["--token", stage.code()] if first != "classic" else ["--no-input"]
    assert ran(stage, *needs_code, "ops", "true", env=vault).code == 0
    known = os.path.join(os.path.dirname(stage.config), "mfa", "known-keys")
    assert device in stage.read(known)
    sent = len(stage.sent())
    closed = {"AWS_MFA_AGE_PASSPHRASE_COMMAND": "false"}
    for words in (["exec", "ops", "true"], ["exec", "--no-input", "ops", "true"], ["credential-process", "ops"]):
        assert stage.run(*words, env={**vault, **closed}).code == 0
    assert stage.run("env", "ops", "--shell", "json", env={**vault, **closed}).code == 0
    assert (len(stage.sent()), stage.sent().count("ListMFADevices")) == (sent, 1)
    stage.ann.devices.clear()
    stage.phone = stage.ann.add_device("GAHT12345678")
    forced = ("renew", "--force", "staff", "--token")
    assert "is not an MFA device" in stage.run(*forced, stage.code(), env=vault).out
    assert device not in stage.read(known)
    assert stage.run(*forced, stage.code(), env=vault).code == 0, "IAM was asked again"


@BOTH_WAYS
def test_an_sdk_in_the_child_is_the_profile(stage: ClassicStage, flags: list[str]) -> None:
    """Whatever the files, and the environment, would have made of it."""
    dev = role(stage, "dev")
    stage.write(stage.keys_section() + stage.session_section("default") + stage.session_section("other"))
    stage.write(profile("dev", dev.arn) + "[default]\nregion = eu-west-1\n", stage.config)
    ended = ran(stage, "dev", *flags, "--token", stage.code(), "--", *WHO, env={"AWS_REGION": "eu-west-1"})
    assert (ended.code, ":assumed-role/dev/" in ended.out) == (0, True), ended


def test_a_default_profile_that_hides_the_endpoint_is_reported(stage: ClassicStage) -> None:
    dev = role(stage, "dev")
    stage.write(stage.keys_section() + stage.session_section("default"))
    stage.write(profile("dev", dev.arn), stage.config)
    ended = ran(stage, "dev", "--server", "--token", stage.code(), "--", *SHOW)
    found = shown(ended)
    assert f"[default] in {stage.credentials} has credentials of its own" in ended.err
    assert not os.path.exists(found["AWS_SHARED_CREDENTIALS_FILE"])
    assert "AWS_CONFIG_FILE" not in found


def test_with_a_server_the_child_has_no_keys_and_nothing_is_left_of_the_token(stage: ClassicStage) -> None:
    read = f"{shlex.join(SHOW)}; test -s $AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
    found = shown(ran(stage, "default", "--server", "--token", stage.code(), "sh", "-c", read))
    assert not set(SESSION) & set(found)
    assert found["AWS_CONTAINER_CREDENTIALS_FULL_URI"].startswith("http://127.0.0.1:")
    assert not os.path.exists(found["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])


@BOTH_WAYS
def test_the_childs_own_flags_are_never_eaten(stage: ClassicStage, flags: list[str]) -> None:
    renewed(stage)
    show = [sys.executable, "-c", "import sys; print(sys.argv[1:])"]
    words = ["s3", "ls", "--profile", "x", "--token", "9", "-h", "--", "--server"]
    for dashes in ([], ["--"]):
        ended = ran(stage, "default", *flags, "--no-input", *dashes, *show, *words)
        assert (ended.code, ended.out) == (0, f"{words}\n"), ended


@BOTH_WAYS
def test_stdin_is_the_childs_to_the_last_byte(stage: ClassicStage, flags: list[str]) -> None:
    """Six digits in it are not a code."""
    ended = ran(stage, "default", *flags, "cat", stdin=f"{stage.code()}\nmore\n")
    assert (ended.code, ended.out, stage.sent()) == (4, "", []), ended
    ended = ran(stage, "default", *flags, "--token", stage.code(), "cat", stdin="123456\nmore\n")
    assert (ended.code, ended.out) == (0, "123456\nmore\n"), ended


@BOTH_WAYS
def test_the_code_is_asked_on_the_terminal_while_stdin_is_a_pipe(stage: ClassicStage, flags: list[str]) -> None:
    child = on_terminal(stage, f"printf '987654\\nmore\\n' | $TOOL exec default {' '.join(flags)} sed s/^/got-/")
    child.expect_exact(f"MFA code for {stage.phone.serial}: ")
    child.sendline(stage.code())
    child.expect_exact("got-987654")
    child.expect_exact("got-more")
    assert end_of(child)[0] == 0


@BOTH_WAYS
def test_exit_code_and_signal_are_the_childs(stage: ClassicStage, flags: list[str]) -> None:
    renewed(stage)
    assert [ran(stage, "default", *flags, "sh", "-c", f"exit {code}").code for code in (3, 130)] == [3, 130]
    assert ran(stage, "default", *flags, "sh", "-c", "kill -TERM $$").code == -signal.SIGTERM


def test_a_command_that_cannot_run_costs_no_code(stage: ClassicStage) -> None:
    ended = ran(stage, "default", "--token", stage.code(), "no-such-command", "--x")
    assert (ended.code, ended.out) == (127, "")
    assert ended.err.startswith("aws-mfa: command not found: no-such-command\nhint: a shell runs its aliases")
    ended = ran(stage, "default", "--token", stage.code(), stage.credentials)
    assert (ended.code, ended.err.startswith("aws-mfa: the command cannot be run")) == (126, True)
    assert stage.sent() == []


def test_an_exec_in_an_exec_is_the_inner_profile(stage: ClassicStage) -> None:
    dev = role(stage, "dev")
    stage.write(profile("dev", dev.arn, region="us-east-2") + "[default]\nregion = eu-west-1\n", stage.config)
    renewed(stage)
    tool = stage.command()
    outer, inner = ["default", "--", *tool, "exec"], ["dev", "--", *SHOW]
    found = shown(ran(stage, *outer, *inner))
    assert (found["AWS_MFA_PROFILE"], found["AWS_REGION"]) == ("dev", "us-east-2")
    assert found["AWS_ACCESS_KEY_ID"] in stage.aws.sessions
    back = shown(ran(stage, "dev", "--", *tool, "exec", "default", "--", *SHOW))
    assert (back["AWS_MFA_PROFILE"], back["AWS_REGION"]) == ("default", "eu-west-1")
    assert back["AWS_ACCESS_KEY_ID"] != found["AWS_ACCESS_KEY_ID"]


def test_a_time_that_no_session_has_left_is_refused_before_a_code_is_sent(stage: ClassicStage) -> None:
    dev = role(stage, "dev")
    stage.write(profile("dev", dev.arn), stage.config)
    ended = ran(stage, "dev", "--min-remaining", "6h", "--token", stage.code(), "echo", "went on")
    assert (ended.code, ended.out, stage.sent()) == (2, "", []), ended
    assert ended.err == (
        "aws-mfa: --min-remaining 6 h: a session of dev lasts 1 h\n"
        "hint: ask for longer sessions: --duration 21600\n"
        "hint: or set duration_seconds of [profile dev]: it may be 43200 at most, if AWS allows it\n"
    )


def test_min_remaining_has_no_meaning_beside_a_server(stage: ClassicStage) -> None:
    ended = ran(stage, "default", "--server", "--min-remaining", "6h", "true")
    assert (ended.code, "contradict" in ended.err) == (2, True)


def test_no_person_to_ask_is_exit_4_and_the_command_to_run(stage: ClassicStage) -> None:
    ended = ran(stage, "default", "--no-input", "true")
    assert (ended.code, ended.out) == (4, "")
    assert "hint: in a terminal: aws-mfa renew default" in ended.err


PASSPHRASE = {"AWS_MFA_VAULT": "age", "AWS_MFA_AGE_PASSPHRASE_COMMAND": "echo open sesame"}


@pytest.mark.parametrize(
    "line", ["$TOOL exec default --no-input -- true", "set -m; $TOOL exec default -- true & wait $!"]
)
def test_the_passphrase_is_not_asked_for_where_no_one_can_be_asked(stage: ClassicStage, line: str) -> None:
    """In the background the question would stop this process while it holds the prompt lock of the device."""
    assert stage.run("import", "--yes", "--vault", "age", env=PASSPHRASE).code == 0
    child = on_terminal(stage, f'{line}; echo "status=$?"', AWS_MFA_VAULT="age")
    child.expect_exact("in a terminal: aws-mfa renew default")
    child.expect_exact("status=4")
    child.close()


@BOTH_WAYS
def test_without_a_command_it_is_the_users_shell(stage: ClassicStage, flags: list[str]) -> None:
    renewed(stage)
    script = f"$TOOL exec default {' '.join(flags)}; echo it ended with $?."
    child = on_terminal(stage, script, SHELL="/bin/bash", PROMPT_COMMAND="echo at the prompt")
    child.expect("default(, good)? until")
    child.expect_exact("at the prompt")
    child.sendline("echo I am $AWS_MFA_PROFILE in $0.")
    child.expect_exact("I am default in /bin/bash.")
    child.expect_exact("at the prompt")
    child.sendline("sh -c 'echo as\"\"leep; exec sleep 20'")
    child.expect_exact("asleep")
    child.sendintr()
    child.expect_exact("at the prompt")
    child.sendline("exit 9")
    child.expect_exact("it ended with 9.")
    end_of(child)


@pytest.mark.parametrize("flags", [[], ["--server"]], ids=["keys", "server"])
def test_suspending_the_shell_inside_gives_the_terminal_back(stage: ClassicStage, flags: list[str]) -> None:
    """It is a process group of its own, so only it is stopped: aws-mfa then stops too."""
    renewed(stage)
    child = on_terminal(stage, "exec bash --norc -i", SHELL="/bin/bash", PROMPT_COMMAND='echo "at prompt $SHLVL"')
    child.expect_exact("at prompt 1")
    child.sendline(f"$TOOL exec default {' '.join(flags)}")
    child.expect_exact("at prompt 2")
    child.sendline("suspend")
    child.expect_exact("Stopped")
    child.expect_exact("at prompt 1")
    child.sendline("fg")
    child.expect("aws_mfa exec|exec default")
    child.sendline("echo inside $AWS_MFA_PROFILE.")
    child.expect_exact("inside default.")
    child.expect_exact("at prompt 2")
    child.sendline("exit 4")
    child.expect_exact("at prompt 1")
    child.sendline("echo it ended with $?.")
    child.expect_exact("it ended with 4.")
    child.sendline("exit")
    end_of(child)


@pytest.mark.parametrize("flags", [[], ["--server"]], ids=["keys", "server"])
def test_ctrl_z_stops_the_child_and_fg_lets_it_go_on(stage: ClassicStage, flags: list[str]) -> None:
    renewed(stage)
    child = on_terminal(stage, "exec bash --norc -i", PS1="> ")
    child.sendline(f"$TOOL exec default {' '.join(flags)} sh -c 'echo rea\"\"dy; read line; echo got-$line; exit 5'")
    child.expect_exact("ready")
    child.send("\x1a")
    child.expect_exact("Stopped")
    child.sendline("fg")
    child.expect("aws_mfa exec|exec default")
    child.sendline("text")
    child.expect_exact("got-text")
    child.sendline("echo it ended with $?.")
    child.expect_exact("it ended with 5.")
    child.sendline("exit")
    end_of(child)


def test_sigterm_ends_child_and_server(stage: ClassicStage) -> None:
    renewed(stage)
    script = f"trap 'exit 42' TERM; {shlex.join(SHOW)}; while :; do sleep 0.05; done"
    process = stage.start("exec", "default", "--server", "sh", "-c", script, stdin="", env=PLAIN)
    assert process.stdout is not None
    token_file = json.loads(process.stdout.readline())["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
    assert os.path.exists(token_file)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert (process.returncode, os.path.exists(token_file)) == (42, False)


def test_a_credentials_file_that_others_could_read_is_narrowed_when_its_keys_are_used(stage: ClassicStage) -> None:
    for argv in (["exec", "--token", stage.code(), "default", "true"], ["setup", "--profile", "new"]):
        stage.write(stage.keys_section(), mode=0o644)
        answers = f"{stage.ann.keys.access_key_id}\n{stage.ann.keys.secret_access_key}\n"
        ended = stage.run(*argv, env=PLAIN, stdin=answers)
        assert f"{stage.credentials} could be read by others: now only you can" in ended.err, ended
        assert os.stat(stage.credentials).st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", ["own section", "config", "default of config"])
def test_keys_where_sdks_find_them_sign_and_are_not_changed(stage: ClassicStage, place: str) -> None:
    name = "default" if place.startswith("default") else "bd"
    ann = stage.ann.keys
    keys = f"aws_access_key_id = {ann.access_key_id}\naws_secret_access_key = {ann.secret_access_key}\n"
    settings = (
        f"[{'default' if name == 'default' else 'profile bd'}]\nregion = eu-west-1\nmfa_serial = {stage.phone.serial}\n"
    )
    dev = role(stage, "dev")
    in_config = place != "own section"
    config = settings + (keys if in_config else "") + profile("dev", dev.arn, name)
    credentials = "" if in_config else f"[bd]\n{keys}"
    stage.write(config, stage.config)
    stage.write(credentials)
    ended = ran(stage, name, "--token", stage.code(), "--", *WHO)
    assert (ended.code, ended.out) == (0, f"{stage.ann.arn}\n"), ended
    ended = ran(stage, "dev", "--no-input", "--", *WHO)
    assert (ended.code, ":assumed-role/dev/" in ended.out) == (0, True), ended
    assert (stage.read(stage.config), stage.read()) == (config, credentials)
    ended = stage.run("renew", name, "--no-input", env=PLAIN)
    assert ended.code == (0 if in_config else 3), ended
    assert ("aws_session_token" in stage.read()) == in_config
