"""`aws-mfa rotate` as a user runs it: real processes, a real keychain, a terminal; killed at any step."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_mfa.config.ini import section_values
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.vaults.journal import rotations_in
from aws_mfa.vaults.keychain.vault import Keychain, open_keychain
from aws_mfa_practice import PracticeAws
from aws_mfa_practice.totp import WINDOW_S
from killed import KILLED_AFTER_STEPS, KILLED_AT_KEYCHAIN
from programs import SOURCE, run_program, start_program
from real_keychains import RealKeychain, gnome_keyring  # noqa: F401 - a fixture
from real_terminals import end_of, on_a_pty

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX, and a keychain of Linux"),
]

SECTIONS = ("work-long-term", "copy")
Ended = subprocess.CompletedProcess[str]


class Clock:
    """Ours, moved on for each code: every window has one, and AWS accepts each once."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


class Home:
    """Ann, whose key is in two sections of the credentials file, and the tool."""

    def __init__(self, aws: PracticeAws, clock: Clock, home: str, name: str = "ann", **environ: str) -> None:
        self._clock = clock
        clock.ahead_s = 0.0  # AWS refuses requests of clocks that differ by 15 minutes
        self.ann = aws.account.add_user(name)
        self.phone = self.ann.add_device()
        self.folder = os.path.join(home, ".aws")
        self.environ = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": aws.url, **SOURCE, **environ, "HOME": home}
        os.makedirs(self.folder, mode=0o700)
        keys = self.ann.keys
        lines = f"aws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret_access_key}\n"
        self.write("config", f"[profile work]\nregion = eu-central-1\nmfa_serial = {self.phone.serial}\n")
        self.write("credentials", "" if "DBUS_SESSION_BUS_ADDRESS" in environ else f"[{SECTIONS[0]}]\n{lines}\n")
        self.write("credentials", f"{self.read('credentials')}[{SECTIONS[1]}]\n{lines}")

    def code(self) -> str:
        self._clock.ahead_s += WINDOW_S
        return self.phone.code()

    def write(self, name: str, text: str) -> None:
        with open(os.path.join(self.folder, name), "w", encoding="utf-8", opener=_private) as file:
            file.write(text)

    def read(self, name: str) -> str:
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def run(self, *arguments: str, start: tuple[str, ...] = ("-m", "aws_mfa")) -> Ended:
        return run_program([sys.executable, *start, "rotate", *arguments], self.environ, timeout_s=60)

    def ids(self, section: str) -> tuple[str | None, str | None]:
        values = section_values(self.read("credentials"), section) or {}
        return values.get("aws_access_key_id"), values.get("next_access_key_id")

    def check_safe(self) -> None:
        """Each place has a key that works, with its secret; every key of IAM is in a place, or its secret was lost."""
        known = {keys.access_key_id: keys for keys in self.ann.all_keys}
        for section in SECTIONS:
            values = section_values(self.read("credentials"), section) or {}
            keys = known[values["aws_access_key_id"]]
            assert keys.active
            assert values["aws_secret_access_key"] == keys.secret_access_key
        for name in ("rotations", "known-keys"):
            assert not any(keys.secret_access_key in self.read(f"mfa/{name}") for keys in known.values())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class World:
    """Homes of one practice AWS."""

    def __init__(self, aws: PracticeAws, clock: Clock, folder: str) -> None:
        self.aws, self.clock, self.folder, self.count = aws, clock, folder, 0

    def home(self) -> Home:
        self.count += 1
        name = f"ann-{self.count}"
        home = os.path.join(self.folder, name)
        return Home(self.aws, self.clock, home, name, AWS_MFA_VAULT="file", AWS_MFA_SESSION_STORE="plain")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock()
    with PracticeAws(clock=clock) as aws:
        yield World(aws, clock, str(tmp_path))


def killed(there: Home, steps: int, *arguments: str) -> bool:
    """Whether the run was killed after so many steps; else it ended well."""
    ended = there.run(*arguments, "--token", there.code(), start=("-c", KILLED_AFTER_STEPS, str(steps)))
    assert ended.returncode in (0, -9), ended.stderr
    there.check_safe()
    return ended.returncode != 0


def resume(there: Home, *arguments: str) -> Ended:
    ended = there.run(*arguments, "--token", there.code())
    there.check_safe()
    return ended


@pytest.mark.timeout(600)
@pytest.mark.parametrize("ends", [(), ("--delete",)])
def test_killed_at_any_step_it_is_continued(world: World, ends: tuple[str, ...]) -> None:
    steps = 0
    while killed(there := world.home(), steps, "work", *ends):
        ended = resume(there, "--resume")
        assert ended.returncode == 0, (steps, ended.stderr)
        off = [keys.access_key_id for keys in there.ann.all_keys if not keys.active]
        assert off == [one.old_id for one in rotations_in(there.read("mfa/rotations"))], steps
        ids = {keys.access_key_id for keys in there.ann.all_keys}
        assert {key_id for section in SECTIONS for key_id in there.ids(section) if key_id} == ids, steps
        steps += 1
    assert steps > 15
    assert len({there.ids(section) for section in SECTIONS}) == 1


@pytest.mark.timeout(600)
@pytest.mark.parametrize("is_rollback_killed", [False, True])
def test_killed_at_any_step_it_is_taken_back(world: World, *, is_rollback_killed: bool) -> None:
    steps, is_killed = 0, True
    while is_killed:
        there = world.home()
        before = there.ann.keys.access_key_id
        if is_rollback_killed:
            assert there.run("work", "--token", there.code()).returncode == 0
            is_killed = killed(there, steps, "--rollback")
            command = "--resume" if "state = going back" in there.read("mfa/rotations") else "--rollback"
        else:
            is_killed, command = killed(there, steps, "work"), "--rollback"
        if is_killed:
            ended = resume(there, command)
            nothing_begun = "there is no rotation to take back" in ended.stderr
            assert ended.returncode == (2 if nothing_begun else 0), (steps, ended.stderr)
            assert [(keys.access_key_id, keys.active) for keys in there.ann.all_keys] == [(before, True)], steps
            assert {there.ids(section) for section in SECTIONS} == {(before, None)}, steps
            assert rotations_in(there.read("mfa/rotations")) == []
            steps += 1
    assert steps > (8 if is_rollback_killed else 15)


def test_a_real_keychain_holds_both_keys_until_the_old_one_is_deleted(gnome_keyring: RealKeychain) -> None:  # noqa: F811
    clock = Clock()
    with PracticeAws(clock=clock) as aws:
        aws.account.new_keys_unknown_s = 1.0
        there = Home(aws, clock, gnome_keyring.home, **gnome_keyring.environ)
        keys = there.ann.keys
        keychain = open_keychain(gnome_keyring.environ)
        keychain.store("work-long-term", LongTermKeys(keys.access_key_id, Secret(keys.secret_access_key)))
        done = there.run("work", "--token", there.code(), "--grace", "7d")
        assert done.returncode == 0, done.stderr
        assert "the keychain vault (work-long-term), [copy] of the credentials file" in done.stdout
        new, old = keychain.load("work-long-term"), keychain.load_next("work-long-term")
        assert new is not None
        assert old is not None
        assert [new.access_key_id, old.access_key_id] == [one.access_key_id for one in there.ann.all_keys[::-1]]
        setup = ["setup", "--profile", "work", "--access-key-id", keys.access_key_id, "--yes"]
        refused = run_program([sys.executable, "-m", "aws_mfa", *setup], there.environ, stdin="s\n")
        assert (refused.returncode, "the rotation of work-long-term is not over" in refused.stderr) == (3, True)
        assert there.run("--resume", "--delete", "--token", there.code()).returncode == 0
        assert keychain.load_next("work-long-term") is None
        assert [one.access_key_id for one in there.ann.all_keys] == [new.access_key_id]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("command", "ends"), [("--resume", ["--delete"]), ("--rollback", [])])
def test_killed_at_any_write_of_a_real_keychain_the_item_has_a_key_that_works(
    gnome_keyring: RealKeychain,  # noqa: F811
    tmp_path: Path,
    command: str,
    ends: list[str],
) -> None:
    keychain, clock, steps = open_keychain(gnome_keyring.environ), Clock(), 0
    with PracticeAws(clock=clock) as aws:
        while True:
            there = Home(aws, clock, str(tmp_path / str(steps)), f"ann-{steps}", **gnome_keyring.environ)
            keys = there.ann.keys
            keychain.store("work-long-term", LongTermKeys(keys.access_key_id, Secret(keys.secret_access_key)))
            start = ("-c", KILLED_AT_KEYCHAIN, str(steps))
            ended = there.run("work", *ends, "--token", there.code(), start=start)
            if ended.returncode == 0:
                break
            check_works(keychain, there)
            done = there.run(command, "--token", there.code())
            assert done.returncode == 0 or "there is no rotation to take back" in done.stderr, done.stderr
            check_works(keychain, there)
            assert keychain.load_next("work-long-term") is None
            assert len(there.ann.all_keys) == 1
            steps += 1
    assert steps == 6 + 2 * len(ends)  # before and after: the check, the new pair, the exchange, the removal


def check_works(keychain: Keychain, there: Home) -> None:
    held = keychain.load("work-long-term")
    assert held is not None
    (known,) = (one for one in there.ann.all_keys if one.access_key_id == held.access_key_id)
    assert known.active
    assert held.secret_access_key.matches(Secret(known.secret_access_key))


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_it_says_what_will_happen_asks_once_and_counts_down(world: World, columns: int) -> None:
    world.aws.account.new_keys_unknown_s = 1.0
    there = world.home()
    command = [sys.executable, "-m", "aws_mfa", "rotate", "work", "--grace", "7"]
    terminal = on_a_pty(command, {**there.environ, "NO_COLOR": "1"}, timeout=60, columns=columns)
    terminal.expect_exact("MFA code for ")
    terminal.sendline(there.code())
    terminal.expect_exact("Rotate this key? [y/n] ")
    assert "programs elsewhere that use it stop working" in str(terminal.before)
    terminal.sendline("y")
    terminal.expect_exact("AWS does not know key ")
    code, text = end_of(terminal)
    assert (code, "to be deleted on " in text) == (0, True)


def test_cron_rotates_each_key_once_and_leaves_young_ones(world: World) -> None:
    there = world.home()
    role = world.aws.account.add_role("Admin", trusts=there.ann, mfa=True)
    roles = f"[profile admin]\nrole_arn = {role.arn}\nsource_profile = work\n"
    roles += f"[profile sso]\nsso_session = x\n[profile cloud]\nrole_arn = {role.arn}\nsource_profile = sso\n"
    there.write("config", f"{there.read('config')}{roles}")
    cron = ("--all", "--older-than", "90d", "--no-input")
    assert there.run(*cron).returncode == 4
    there.ann.keys.created_at -= 91 * 86400
    done = there.run(*cron, "--token", there.code())
    assert (done.returncode, len(there.ann.all_keys)) == (0, 2), done.stderr
    again = there.run(*cron)
    assert again.returncode == 0, again.stderr
    assert "left out: sso, copy, cloud" in again.stderr
    assert "is younger than 90 days (created on " in again.stdout


def test_a_denied_call_names_the_smallest_statement_and_what_was_begun_goes_on(world: World) -> None:
    there = world.home()
    there.ann.denied.add("iam:UpdateAccessKey")
    denied = there.run("work", "--token", there.code())
    assert denied.returncode == 5
    statement = f'{{"Effect": "Allow", "Action": "iam:UpdateAccessKey", "Resource": "{there.ann.arn}"}}'
    assert statement in denied.stderr
    there.check_safe()
    there.ann.denied.clear()
    assert resume(there, "--resume").returncode == 0
    assert [keys.active for keys in there.ann.all_keys] == [False, True]


def test_a_rotation_whose_old_key_was_deleted_by_someone_else_is_completed_with_one_code(world: World) -> None:
    steps = 0
    while killed(there := world.home(), steps, "work") and "state = stored" not in there.read("mfa/rotations"):
        steps += 1
    there.ann.all_keys.pop(0)
    ended = there.run("--resume", "--token", there.code())
    assert ended.returncode == 0, ended.stderr
    there.check_safe()
    assert {there.ids(section) for section in SECTIONS} == {(there.ann.keys.access_key_id, None)}
    assert there.read("mfa/rotations") == ""


def test_two_runs_at_once_make_one_rotation(world: World) -> None:
    there = world.home()
    assert there.run("work", "--older-than", "1", "--token", there.code()).returncode == 0
    command = [sys.executable, "-m", "aws_mfa", "rotate", "work", "--no-input"]
    both = [start_program(command, there.environ) for _ in range(2)]
    assert sorted(one.wait(60) for one in both) == [0, 5]  # the second one finds two keys
    assert [keys.active for keys in there.ann.all_keys] == [False, True]
    for one in both:
        one.communicate()
