"""`aws-mfa doctor` as a user runs it: real homes, a real keychain, the practice AWS, other programs of that name."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from aws_mfa_practice import faults
from classic_stage import ClassicStage, Ended
from needs import built, needs
from real_keychains import RealKeychain, gnome_keyring
from real_terminals import end_of, on_a_pty
from scenarios.test_renew_many import profile, role

pytestmark = [pytest.mark.real, pytest.mark.skipif(sys.platform != "linux", reason="modes, and a keychain of Linux")]
__all__ = ["gnome_keyring"]  # a fixture


class Desktop:
    """Ann's home with a keychain; `aws-mfa` is on PATH, and nothing else."""

    def __init__(self, stage: ClassicStage, keychain: RealKeychain) -> None:
        self.stage = stage
        self.keychain = keychain
        self.scripts = sysconfig.get_path("scripts")
        needs(os.path.join(self.scripts, "aws-mfa"))
        self.environ: dict[str, str | None] = {
            **dict.fromkeys(("AWS_MFA_VAULT", "PYTHON_KEYRING_BACKEND")),
            **{name: keychain.environ[name] for name in ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")},
            "PATH": self.scripts,
        }

    def run(self, *argv: str, stdin: str | None = None, **variables: str) -> Ended:
        return self.stage.run(*argv, stdin=stdin, env={**self.environ, **variables})

    def doctor(self, **variables: str) -> tuple[int, list[str]]:
        """The exit code, and the kinds of the findings."""
        ended = self.run("doctor", "--json", **variables)
        assert ended.err == "", ended
        return ended.code, [one["check"] for one in json.loads(ended.out)["findings"]]

    def everything(self) -> dict[str, tuple[int, int, bytes]]:
        """Mode, time and bytes of all files and folders of the home, the keychain's and the runtime folder."""
        found = {}
        for top in (self.stage.home, self.keychain.home, self.keychain.environ["XDG_RUNTIME_DIR"]):
            for folder, _, names in os.walk(top):
                for path in (folder, *(os.path.join(folder, name) for name in names)):
                    stat, data = os.lstat(path), Path(path).read_bytes() if os.path.isfile(path) else b""
                    found[path] = (stat.st_mode, stat.st_mtime_ns, data)
        return found


@pytest.fixture
def desktop(stage: ClassicStage, gnome_keyring: RealKeychain) -> Desktop:
    """Set up as the documents say: `setup`, a role profile, `adopt`, one code."""
    made = Desktop(stage, gnome_keyring)
    os.remove(stage.credentials)
    flags = ("--profile", "work", "--access-key-id", stage.ann.keys.access_key_id, "--region", "eu-central-1")
    ended = made.run("setup", *flags, stdin=f"{stage.ann.keys.secret_access_key}\n")
    assert ended.code == 0, ended
    config = stage.read(stage.config)
    stage.write(f"{config}{profile('dev', role(stage, 'dev').arn, source='work', prefix='')}", stage.config)
    for argv in (("adopt", "dev"), ("renew", "dev", "--token", stage.code())):
        ended = made.run(*argv)
        assert ended.code == 0, ended
    return made


def test_a_home_set_up_as_documented_is_healthy_and_left_as_it_is(desktop: Desktop) -> None:
    before = desktop.everything()
    ended = desktop.run("doctor")
    assert (ended.code, ended.err) == (0, ""), ended
    assert ended.out.startswith(
        "no problem found\nchecked: AWS CLI, PATH, adopted lines, agents, clock, files, keychain, "
    ), ended
    assert "not checked" not in ended.out
    assert desktop.everything() == before
    assert desktop.run("doctor", "--check").code == 0


def test_an_unhealthy_home_is_left_as_it_is(desktop: Desktop) -> None:
    """Wide modes, a session that is over, keys in plain text."""
    stage = desktop.stage
    stage.write(stage.keys_section("old") + stage.session_section("old", left_s=-60), mode=0o644)
    os.chmod(os.path.dirname(stage.credentials), 0o777)
    before = desktop.everything()
    code, kinds = desktop.doctor(AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE")
    assert (code, set(kinds)) == (1, {"permissions", "keys in plain text", "environment"})
    assert desktop.everything() == before


def test_a_clock_that_is_off_and_no_network(desktop: Desktop) -> None:
    desktop.stage.aws.faults.add("GetCallerIdentity", faults.skewed_clock(400))
    ended = desktop.run("doctor")
    assert (ended.code, ended.out.splitlines()[0]) == (1, "this machine's clock is 7 min behind")
    ended = desktop.run("doctor", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert ended.code == 0, ended
    assert "not checked: clock (no connection to 127.0.0.1: connection refused)" in ended.out
    assert "not checked: age of the key of work at AWS (no" in ended.out


def test_old_keys_are_told_by_iam(desktop: Desktop) -> None:
    desktop.stage.ann.keys.created_at -= 100 * 86400
    ended = desktop.run("doctor")
    last = desktop.stage.ann.keys.access_key_id[-4:]
    assert (ended.code, ended.out.splitlines()[0]) == (1, f"the access key ...{last} of work is 100 days old")


def test_a_locked_and_a_silent_keychain(desktop: Desktop) -> None:
    desktop.keychain.lock()
    assert desktop.doctor() == (1, ["keychain"])
    desktop.keychain.freeze()
    began_at = time.monotonic()
    assert desktop.doctor() == (1, ["keychain"])
    assert time.monotonic() - began_at < 15  # 5 s, on a busy machine


def test_ctrl_c_ends_it_at_once(desktop: Desktop) -> None:
    desktop.keychain.freeze()
    child = on_a_pty(desktop.stage.command("doctor"), desktop.stage._with(desktop.environ))
    time.sleep(2)  # it waits for the keychain
    child.sendintr()
    assert end_of(child) == (130, "^Caws-mfa: cancelled\n")


def test_another_program_of_that_name_is_found(desktop: Desktop) -> None:
    """0.0.12, before this program on PATH: SDKs would run it."""
    old = os.path.dirname(built("old-tool", "bin", "aws-mfa"))
    code, kinds = desktop.doctor(PATH=f"{old}{os.pathsep}{desktop.scripts}")
    assert (code, kinds) == (1, ["adopted line", "two programs"])
    config = desktop.stage.read(desktop.stage.config).replace("aws-mfa credential", "/nowhere/aws-mfa credential")
    desktop.stage.write(config, desktop.stage.config)
    ended = desktop.run("doctor")
    assert (ended.code, "/nowhere/aws-mfa does not exist" in ended.out) == (1, True), ended
