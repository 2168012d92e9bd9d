"""`aws-mfa env`: real shells take the lines over, and a code is asked for on the terminal while stdout is captured."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shlex
import signal
import sys

import pytest

from classic_stage import ClassicStage, Ended, Settings
from needs import needs
from programs import run_program
from real_terminals import Pty, end_of, matched, on_a_pty
from scenarios.test_renew_many import profile, role

pytestmark = pytest.mark.real

PLAIN = {"AWS_MFA_SESSION_STORE": "plain", "AWS_MFA_PROMPT": "terminal"}
SHOW = shlex.join([sys.executable, "-c", "import json, os; print('shown', json.dumps(dict(os.environ)))"])
# Shell -> how its users write it; $TOOL is the tool, in zsh as words.
SHELLS = {
    "sh": 'eval "$($TOOL env {words})"',
    "bash": 'eval "$($TOOL env {words})"',
    "zsh": 'eval "$(${{=TOOL}} env {words})"',
    "fish": "eval $TOOL env {words} | source",
}


def ran(stage: ClassicStage, *argv: str, env: Settings | None = None, stdin: str | None = None) -> Ended:
    return stage.run("env", *argv, env={**PLAIN, **(env or {})}, stdin=stdin)


def script(shell: str, *lines: str) -> str:
    """Words of the tool in braces, `{work}`, become the line that takes its output over."""
    taken = [SHELLS[shell].format(words=line[1:-1]) if line.startswith("{") else line for line in lines]
    return "\n".join([*taken, SHOW])


def environ_of(stage: ClassicStage, **env: str) -> dict[str, str]:
    return {**stage.environ, **PLAIN, "TOOL": shlex.join(stage.command()), **env}


def environment_after(stage: ClassicStage, shell: str, *lines: str, **env: str) -> dict[str, str]:
    """What a child of the shell has after these lines."""
    needs(shell)
    done = run_program([shell, "-c", script(shell, *lines)], environ_of(stage, **env))
    assert (done.returncode, done.stderr) == (0, ""), done
    found: dict[str, str] = json.loads(done.stdout.removeprefix("shown "))
    return found


def test_the_classic_form_setup_and_renew_name_what_hides_their_profile(stage: ClassicStage) -> None:
    hiding = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_MFA_VAULT": "file"}
    line = "SDKs do not look at the profile while the environment has these variables: AWS_ACCESS_KEY_ID, AWS_SECRET"
    for token in (stage.code(), stage.wrong_code()):
        assert stage.run("--token", token, env=hiding).out.count(f"WARNING - {line}") == 1
    renewed = stage.run("renew", env=hiding)
    assert (renewed.out + renewed.err).count(line) == 1
    setup = ("setup", "--profile", "x", "--access-key-id", stage.ann.keys.access_key_id, "--region", "eu-west-1")
    done = stage.run(*setup, env=hiding, stdin=f"{stage.ann.keys.secret_access_key}\n")
    assert (done.code, (done.out + done.err).count(line)) == (0, 1), done


IN_CHINA = """
import aws_mfa
print(aws_mfa.boto3_session("adm").region_name)
"""


def test_a_region_of_another_partition_reaches_no_exit(stage: ClassicStage) -> None:
    """Else each call of the shell would fail: keys are valid in one partition."""
    china = stage.aws.add_account(partition="aws-cn")
    ann = china.add_user("ann")
    phone = ann.add_device()
    adm = china.add_role("Adm", trusts=ann, mfa=True)
    user = f"[profile ann]\nregion = cn-north-1\nmfa_serial = {phone.serial}\n"
    stage.write(user + profile("adm", adm.arn, source="ann", region="cn-northwest-1"), stage.config)
    stage.write(stage.keys_section("ann", ann))
    foreign = {"AWS_DEFAULT_REGION": "eu-west-1"}
    first = ran(stage, "adm", "--shell", "json", "--token", phone.unused_code(), env=foreign)
    assert "AWS_DEFAULT_REGION names region eu-west-1 of partition aws" in first.err
    printed = [json.loads(first.out)]
    show = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]
    for flags in ([], [], ["--server"]):  # twice: the second one could be the hot path's
        child = stage.run("exec", *flags, "adm", "--", *show, env={**PLAIN, **foreign}, stdin="")
        printed += [json.loads(child.out)]
    for found in printed:
        regions = {name: found.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_MFA_REGION")}
        assert set(regions.values()) == {"cn-northwest-1"}
    lines = ran(stage, "adm", "--shell", "sh", env=foreign).out
    assert ("eu-west-1" in lines, lines.count("='cn-northwest-1';")) == (False, 3)
    program = run_program([sys.executable, "-c", IN_CHINA], {**stage.environ, **PLAIN, **foreign})
    assert (program.stdout, program.returncode) == ("cn-northwest-1\n", 0), program


def renewed(stage: ClassicStage, env: Settings | None = None) -> None:
    ended = ran(stage, "default", "--token", stage.code(), env=env)
    assert ended.code == 0, ended


@pytest.mark.parametrize("shell", SHELLS)
def test_a_code_is_asked_on_the_terminal_while_a_real_shell_takes_the_lines(stage: ClassicStage, shell: str) -> None:
    """Without --shell the form is that of the calling shell, whatever SHELL says."""
    needs(shell)
    environ = environ_of(stage, SHELL="/usr/bin/tcsh", AWS_PROFILE="other")
    child = on_a_pty([shell, "-c", script(shell, "{default}")], environ, columns=4000)
    child.expect_exact(f"MFA code for {stage.phone.serial}: ")
    child.sendline(stage.code())
    found = json.loads(matched(child, r"shown (\{.*\})")[1])
    end_of(child)
    assert found["AWS_ACCESS_KEY_ID"] in stage.aws.sessions
    assert (found["AWS_MFA_PROFILE"], found.get("AWS_PROFILE")) == ("default", None)


@pytest.mark.parametrize("shell", SHELLS)
def test_from_one_profile_to_the_next_and_back_to_nothing(stage: ClassicStage, shell: str) -> None:
    dev = role(stage, "dev")
    stage.write(profile("dev", dev.arn, region="us-east-2") + "[default]\nregion = eu-west-1\n", stage.config)
    renewed(stage)
    first = environment_after(stage, shell, "{default}", AWS_SECURITY_TOKEN="old")
    assert (first["AWS_REGION"], first["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")
    assert "AWS_SECURITY_TOKEN" not in first
    second = environment_after(stage, shell, "{default}", "{dev}")
    assert (second["AWS_MFA_PROFILE"], second["AWS_REGION"], second["AWS_DEFAULT_REGION"]) == (
        "dev",
        "us-east-2",
        "us-east-2",
    )
    nothing = environment_after(stage, shell, "{default}", "{dev}", "{--unset}")
    assert {name for name in nothing if name.startswith("AWS_")} == {
        "AWS_ENDPOINT_URL",
        "AWS_MFA_VAULT",
        "AWS_MFA_SESSION_STORE",
        "AWS_MFA_PROMPT",
    }


@pytest.mark.parametrize("shell", ["sh", "fish"])
def test_a_region_of_the_users_own_outlives_it_all(stage: ClassicStage, shell: str) -> None:
    stage.write("[default]\nregion = eu-west-1\n", stage.config)
    renewed(stage, {"AWS_REGION": "ap-south-1"})
    found = environment_after(stage, shell, "{default}", "{--unset}", AWS_REGION="ap-south-1")
    assert found["AWS_REGION"] == "ap-south-1"


@pytest.mark.parametrize("shell", ["sh", "fish"])
def test_a_failure_changes_nothing(stage: ClassicStage, shell: str) -> None:
    needs(shell)
    done = run_program([shell, "-c", script(shell, "{default --no-input}")], environ_of(stage, AWS_PROFILE="kept"))
    assert json.loads(done.stdout.removeprefix("shown "))["AWS_PROFILE"] == "kept"
    assert "aws-mfa: profile 'default' needs an MFA code" in done.stderr


def status_after(stage: ClassicStage, shell: str, words: str, **env: str) -> str:
    """What the shell says about the last status when it has taken over what `env` printed."""
    needs(shell)
    status = "$status" if shell == "fish" else "$?"
    done = run_program([shell, "-c", f"{SHELLS[shell].format(words=words)}; echo {status}"], environ_of(stage, **env))
    return done.stdout.strip()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_gets_the_exit_code_and_does_not_go_on_as_the_profile_before(stage: ClassicStage, shell: str) -> None:
    """`eval` of nothing is 0, and `eval "$(aws-mfa env prod)" && terraform apply` would be the old profile's."""
    assert status_after(stage, shell, "default --no-input") == "4"
    assert status_after(stage, shell, "nobody") == "3"
    assert status_after(stage, shell, "default --no-such-flag") == "2"
    assert status_after(stage, shell, "--unset") == "0"
    renewed(stage)
    assert status_after(stage, shell, "default") == "0"


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
def test_a_failure_ends_a_script_that_wants_that(stage: ClassicStage, shell: str) -> None:
    needs(shell)
    line = SHELLS[shell].format(words="default --no-input")
    done = run_program([shell, "-ec", f"{line}; echo went on"], environ_of(stage))
    assert (done.returncode, done.stdout) == (4, "")


@pytest.mark.parametrize("shell", ["sh", "fish"])
@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_a_no_at_the_question_is_the_shells_too(stage: ClassicStage, shell: str, key: str) -> None:
    needs(shell)
    show = "echo status $status" if shell == "fish" else "echo status $?"
    child = on_a_pty([shell, "-c", f"trap : INT; {SHELLS[shell].format(words='default')}; {show}"], environ_of(stage))
    child.expect_exact(f"MFA code for {stage.phone.serial}: ")
    child.send(key)
    child.expect_exact("status 130")
    end_of(child)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("numbers", "status"),
    [
        ([signal.SIGTERM], "143"),
        ([signal.SIGHUP], "129"),
        ([signal.SIGTERM, signal.SIGHUP, signal.SIGTERM], "(143|129)"),
    ],
)
def test_a_signal_at_the_question_ends_the_commands_after_it_too(
    stage: ClassicStage, tmp_path: pathlib.Path, shell: str, numbers: list[int], status: str
) -> None:
    """Several come where a terminal is closed or a service stopped: one of them counts."""
    needs(shell)
    tool, pid = _tool_that_tells_its_pid(stage, tmp_path)
    child = _asking(stage, shell, TOOL=tool)
    for number in numbers:
        with contextlib.suppress(ProcessLookupError):  # it has left already
            os.kill(int(pid.read_text()), number)
    child.expect(f"status {status}\\b")
    end_of(child)


def test_a_hangup_that_is_ignored_stays_ignored(stage: ClassicStage, tmp_path: pathlib.Path) -> None:
    tool, pid = _tool_that_tells_its_pid(stage, tmp_path, "trap '' HUP")
    child = _asking(stage, "sh", TOOL=tool)
    os.kill(int(pid.read_text()), signal.SIGHUP)
    child.sendline(stage.code())
    child.expect_exact("status 0")
    end_of(child)


def _tool_that_tells_its_pid(stage: ClassicStage, folder: pathlib.Path, before: str = ":") -> tuple[str, pathlib.Path]:
    tool, pid = folder / "tool", folder / "pid"
    tool.write_text(
        f'#!/bin/sh\n{before}\necho $$ > {shlex.quote(str(pid))}\nexec {shlex.join(stage.command())} "$@"\n'
    )
    tool.chmod(0o700)
    return str(tool), pid


def _asking(stage: ClassicStage, shell: str, **env: str) -> Pty:
    """A shell that takes the lines over and shows the status; its question is on the screen."""
    status = "$status" if shell == "fish" else "$?"
    taken = SHELLS[shell].format(words="default")
    child = on_a_pty([shell, "-c", f"{taken}; echo status {status}"], environ_of(stage, **env))
    child.expect_exact(f"MFA code for {stage.phone.serial}: ")
    return child


def test_a_failure_is_no_line_for_programs_nor_for_people(stage: ClassicStage) -> None:
    for form in ("json", "dotenv", "cmd"):
        assert ran(stage, "nobody", "--shell", form).out == ""
    child = on_a_pty(["sh", "-c", "$TOOL env nobody"], environ_of(stage))
    shown = end_of(child)[1]
    assert "there is no profile" in shown
    assert "exit 3" not in shown


@pytest.mark.parametrize("name", ["json", "dotenv", "cmd", "powershell", "sh", "fish"])
def test_a_profile_with_the_name_of_a_form_is_no_form(stage: ClassicStage, name: str) -> None:
    assert status_after(stage, "sh", f"{name} --no-input") == "3"


@pytest.mark.parametrize("words", [["--shell", "fish"], ["--shell=fish"], ["--shell", "zsh", "--shell=fish"]])
def test_a_failure_has_the_form_named_though_the_arguments_are_wrong(stage: ClassicStage, words: list[str]) -> None:
    assert ran(stage, "json", *words, "--no-such-flag").out == "sh -c 'exit 2';\n"


def test_stdout_carries_only_data(stage: ClassicStage) -> None:
    renewed(stage)
    ended = ran(stage, "default", "--shell", "json", "--no-input")
    assert (ended.code, ended.err) == (0, ""), ended
    found = json.loads(ended.out)
    assert set(found) == {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_MFA_PROFILE",
    }
    dotenv = ran(stage, "default", "--shell", "dotenv").out
    assert dict(line.split("=", 1) for line in dotenv.splitlines()) == found


def test_the_code_comes_from_stdin_only_with_the_flag(stage: ClassicStage) -> None:
    """In a loop that reads a file, stdin is the loop's."""
    code = stage.code()
    ended = ran(stage, "default", "--shell", "sh", stdin=f"{code}\n")
    assert (ended.code, ended.out) == (4, "(exit 4);\n"), ended
    assert ran(stage, "default", "--shell", "sh", "--token-stdin", stdin=f"{code}\n").code == 0


def test_lines_on_a_screen_come_with_a_hint_where_they_belong(stage: ClassicStage) -> None:
    renewed(stage)
    child = on_a_pty(["sh", "-c", "$TOOL env default; $TOOL env --unset"], environ_of(stage))
    child.expect_exact("export AWS_ACCESS_KEY_ID=")
    child.expect_exact('hint: these lines are for the shell: eval "$(aws-mfa env default)"')
    child.expect_exact('hint: these lines are for the shell: eval "$(aws-mfa env --unset)"')
    end_of(child)


def test_what_cannot_be_answered_is_reported(stage: ClassicStage) -> None:
    for argv, what in (
        ((), "PROFILE is missing"),
        (("--unset", "--shell", "dotenv"), "cannot remove"),
        (("nobody", "--shell", "sh"), "there is no profile 'nobody'"),
    ):
        ended = ran(stage, *argv)
        assert (ended.code in (2, 3), "export" in ended.out, what in ended.err) == (True, False, True), ended


def test_the_form_of_a_shell_that_we_do_not_know_is_not_guessed(stage: ClassicStage, tmp_path: str) -> None:
    tcsh = os.path.join(tmp_path, "tcsh")
    os.symlink("/bin/sh", tcsh)
    done = run_program([tcsh, "-c", "$TOOL env --unset; exit $?"], environ_of(stage))
    assert (done.returncode, "tcsh is not a shell this command can write for" in done.stderr) == (2, True), done
