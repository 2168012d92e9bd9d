"""docs/compatibility.md, section 8 and K1 to K3: the keychain and the fork's items, with a real gnome-keyring."""

from __future__ import annotations

import json
import os
import sys

import pytest

from aws_mfa_practice.account import User
from classic_stage import ClassicStage, Ended, section
from real_keychains import RealKeychain, gnome_keyring

pytestmark = [pytest.mark.real, pytest.mark.skipif(sys.platform != "linux", reason="keychains of Linux desktops")]

__all__ = ["gnome_keyring"]  # a fixture

NO_KEYCHAIN = {"AWS_MFA_VAULT": None, "PYTHON_KEYRING_BACKEND": None}
SET = "import sys, keyring; keyring.set_password(*sys.argv[1:])"
GET = "import sys, keyring; print(keyring.get_password(*sys.argv[1:]) or '')"


class Desktop:
    """The stage with a keychain beside it."""

    def __init__(self, stage: ClassicStage, keychain: RealKeychain) -> None:
        self.stage = stage
        self.keychain = keychain
        self.env = {
            **NO_KEYCHAIN,
            "DBUS_SESSION_BUS_ADDRESS": keychain.environ["DBUS_SESSION_BUS_ADDRESS"],
            "XDG_RUNTIME_DIR": keychain.environ["XDG_RUNTIME_DIR"],
        }

    def run(self, *argv: str, stdin: str | None = None, **env: str) -> Ended:
        return self.stage.run(*argv, stdin=stdin, env={**self.env, **env})

    def put(self, service: str, name: str, value: str) -> None:
        assert self.keychain.python(SET, service, name, value).returncode == 0

    def put_keys(self, user: User, name: str = "default-long-term") -> None:
        """The keys in our form."""
        keys = {"aws_access_key_id": user.keys.access_key_id, "aws_secret_access_key": user.keys.secret_access_key}
        self.put("aws-mfa", name, json.dumps({"v": 1, **keys, "later": "field"}))

    def put_keys_of_the_fork(self, name: str) -> None:
        """Ann's keys, as the keychain fork stored them."""
        self.put("aws:access_key_id", name, self.stage.ann.keys.access_key_id)
        self.put("aws:secret_access_key", name, self.stage.ann.keys.secret_access_key)

    def get(self, service: str, name: str) -> str:
        return self.keychain.python(GET, service, name).stdout.strip()


@pytest.fixture
def desktop(stage: ClassicStage, gnome_keyring: RealKeychain) -> Desktop:
    """Ann at a desktop; her keys are in no file."""
    stage.write(section("default-long-term", {"aws_mfa_device": stage.phone.serial}))
    return Desktop(stage, gnome_keyring)


def test_keychain_is_the_default_and_a_renewal_leaves_its_item(desktop: Desktop) -> None:
    desktop.put_keys(desktop.stage.ann)
    before = desktop.get("aws-mfa", "default-long-term")
    ended = desktop.run("--token", desktop.stage.code())
    assert (ended.code, ended.err) == (0, ""), ended
    assert desktop.get("aws-mfa", "default-long-term") == before
    assert desktop.stage.ann.keys.secret_access_key not in desktop.stage.read()
    assert desktop.run().out.splitlines()[-1].startswith("INFO - Your credentials are still valid for ")


def test_missing_file_is_simply_created_where_the_keys_are_in_the_keychain(desktop: Desktop) -> None:
    desktop.put_keys(desktop.stage.ann)
    os.unlink(desktop.stage.credentials)
    os.rmdir(os.path.dirname(desktop.stage.credentials))
    ended = desktop.run("--token", desktop.stage.code(), MFA_DEVICE=desktop.stage.phone.serial)
    assert ended.code == 0, ended
    assert "would you like to create one?" not in ended.out
    assert os.stat(desktop.stage.credentials).st_mode & 0o777 == 0o600


def test_role_and_device_are_read_from_a_section_without_keys(desktop: Desktop) -> None:
    role = desktop.stage.aws.account.add_role("Admin", trusts=desktop.stage.ann, mfa=True)
    own = {"aws_mfa_device": desktop.stage.phone.serial, "assume_role": role.arn}
    desktop.stage.write(section("default-long-term", own))
    desktop.put_keys(desktop.stage.ann)
    assert desktop.run("--token", desktop.stage.code()).code == 0
    assert desktop.stage.section()["assumed_role_arn"] == role.arn


def test_items_of_the_fork_are_read_and_never_written(desktop: Desktop) -> None:
    keys = desktop.stage.ann.keys
    desktop.stage.write("")
    desktop.put_keys_of_the_fork("work-long-term")
    desktop.put("aws:mfa_device", "work-long-term", desktop.stage.phone.serial)
    ended = desktop.run("--profile", "work", "--token", desktop.stage.code())
    assert (ended.code, ended.err) == (0, ""), ended
    assert "aws-mfa import" in ended.out
    assert desktop.stage.sent() == ["GetSessionToken"], "the device is the fork's third item"
    assert desktop.get("aws:secret_access_key", "work-long-term") == keys.secret_access_key
    assert desktop.get("aws-mfa", "work-long-term") == ""


@pytest.mark.parametrize(
    ("half", "missing"),
    [
        (None, "aws_access_key_id"),
        ("aws:access_key_id", "aws_secret_access_key"),
        ("aws:secret_access_key", "aws_access_key_id"),
    ],
    ids=str,
)
def test_k1_missing_entry_sends_nothing_though_others_exist(desktop: Desktop, half: str | None, missing: str) -> None:
    """In the environment, in the default profile and in half an item of the fork: each is another account's."""
    stage = desktop.stage
    mallory = stage.aws.add_account().add_user("mallory")
    stage.write(stage.keys_section("other", mallory) + stage.read())
    if half:
        desktop.put(half, "default-long-term", mallory.keys.access_key_id)
    before = stage.state()
    ended = desktop.run(
        "--token",
        "123456",
        AWS_ACCESS_KEY_ID=mallory.keys.access_key_id,
        AWS_SECRET_ACCESS_KEY=mallory.keys.secret_access_key,
    )
    assert ended.error == f"ERROR - No option '{missing}' in section: 'default-long-term'"
    assert "aws-mfa setup --profile default" in ended.hints
    assert (stage.state(), stage.sent()) == (before, [])


def test_k3_keychain_goes_before_the_file(desktop: Desktop) -> None:
    bob = desktop.stage.aws.account.add_user("bob")
    desktop.stage.write(desktop.stage.keys_section(user=bob, aws_mfa_device=desktop.stage.phone.serial))
    desktop.put_keys(desktop.stage.ann)
    assert desktop.run("--token", desktop.stage.code()).code == 0
    assert desktop.stage.aws.requests[-1].access_key_id == desktop.stage.ann.keys.access_key_id


def test_k3_users_of_the_file_go_on_and_are_offered_to_move(desktop: Desktop) -> None:
    desktop.stage.write(desktop.stage.keys_section())
    ended = desktop.run(stdin=f"{desktop.stage.code()}\n")
    assert (ended.code, ended.err) == (0, ""), ended
    assert f"INFO - long-term keys read from {desktop.stage.credentials}" in ended.out
    assert "aws-mfa import" in ended.out


def test_no_keychain_reads_only_the_file(desktop: Desktop) -> None:
    desktop.put_keys(desktop.stage.aws.account.add_user("bob"))
    desktop.stage.write(desktop.stage.keys_section())
    ended = desktop.run("--no-keychain", "--token", desktop.stage.code())
    assert ended.code == 0
    assert "aws-mfa import" not in ended.out
    assert desktop.stage.aws.requests[-1].access_key_id == desktop.stage.ann.keys.access_key_id


def test_setup_stores_in_the_keychain_and_no_secret_in_the_file(desktop: Desktop) -> None:
    stage = desktop.stage
    ended = desktop.run(
        "--setup", "--profile", "work", stdin=f"{stage.ann.keys.access_key_id}\n{stage.ann.keys.secret_access_key}\n"
    )
    assert (ended.code, ended.err) == (0, ""), ended
    stored = json.loads(desktop.get("aws-mfa", "work-long-term"))
    assert stored["aws_secret_access_key"] == stage.ann.keys.secret_access_key
    assert stage.ann.keys.secret_access_key not in stage.read() + ended.out
    assert desktop.run("--profile", "work", stdin=f"{stage.code()}\n").code == 0


# K2: a machine without a keychain.


def test_k2_setup_without_a_keychain_fails_before_anything_is_asked(stage: ClassicStage) -> None:
    before = stage.state()
    ended = stage.run(
        "--setup",
        "--profile",
        "work",
        stdin=f"{stage.ann.keys.access_key_id}\n{stage.ann.keys.secret_access_key}\n",
        env=NO_KEYCHAIN,
    )
    assert ended.error
    assert "aws_secret_access_key" not in ended.out
    assert "age" in ended.hints
    assert "--no-keychain" in ended.hints or "--vault file" in ended.hints
    assert (stage.state(), stage.sent()) == (before, [])


def test_k2_keys_of_the_file_work_without_a_keychain(stage: ClassicStage) -> None:
    ended = stage.run(stdin=f"{stage.code()}\n", env=NO_KEYCHAIN)
    assert (ended.code, ended.err) == (0, ""), ended
    assert f"; long-term keys read from {stage.credentials}" in ended.out


def test_k2_named_keychain_that_is_not_there_is_an_error(stage: ClassicStage) -> None:
    ended = stage.run("--vault", "keychain", "--token", stage.code(), env=NO_KEYCHAIN)
    assert ended.error
    assert "age" in ended.hints
    assert stage.sent() == []


def test_a_role_of_a_user_whose_keys_are_only_in_the_keychain_is_assumed(desktop: Desktop) -> None:
    stage = desktop.stage
    role = stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    stage.write("")
    stage.write(
        f"[profile dev]\naws_mfa_role_arn = {role.arn}\naws_mfa_source_profile = fk\nregion = eu-west-1\n", stage.config
    )
    desktop.put_keys_of_the_fork("fk-long-term")
    desktop.put("aws:mfa_device", "fk-long-term", stage.phone.serial)
    ended = desktop.run("renew", "dev", "--token", stage.code())
    assert (ended.code, stage.sent()) == (0, ["GetSessionToken", "AssumeRole"]), ended
    assert desktop.run("exec", "fk", "true").code == 0
    desktop.keychain.lock()
    ended = desktop.run("renew", "devv")
    assert (ended.code, "did you mean: dev" in ended.out + ended.err) == (3, True), ended


def test_import_finds_a_user_whom_only_a_role_names(desktop: Desktop) -> None:
    desktop.stage.write("")
    desktop.stage.write("[profile dev]\nrole_arn = r\nsource_profile = fk\n", desktop.stage.config)
    desktop.put_keys_of_the_fork("fk-long-term")
    ended = desktop.run("import", "--yes")
    assert ended.code == 0, ended
    assert desktop.get("aws:access_key_id", "fk-long-term") == ""
    assert desktop.stage.ann.keys.access_key_id in desktop.get("aws-mfa", "fk-long-term")
