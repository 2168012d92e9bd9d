"""`aws-mfa vault` as a user runs it: real processes, a real terminal, a real keychain, a real age file."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys

import pytest

from killed import KILLED_AFTER_RENAMES
from real_keychains import RealKeychain, gnome_keyring  # noqa: F401 - a fixture
from real_terminals import end_of, wait_for_echo
from scenarios.test_import import ID, OTHER_ID, OTHER_SECRET, PASSPHRASE, SECRET, Home, stored

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX, and a keychain of Linux"),
]

CONFIG = (
    "[profile work]\nregion = eu-west-1\n[profile play]\nregion = eu-west-1\n"
    "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/Dev\nsource_profile = work\n"
)
CREDENTIALS = (
    f"[play]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"
    f"[work-long-term]\naws_access_key_id = {OTHER_ID}\naws_secret_access_key = {OTHER_SECRET}\n"
)
KEYS = {"play": f"{ID} {SECRET}", "work": f"{OTHER_ID} {OTHER_SECRET}"}


@pytest.fixture
def there(gnome_keyring: RealKeychain) -> Home:  # noqa: F811 - the fixture
    """A home with the keys of two profiles in gnome-keyring."""
    home = Home(gnome_keyring.environ, gnome_keyring.home)
    home.write(CREDENTIALS)
    home.write(CONFIG, os.path.join(home.home, ".aws", "config"))
    ended = home.run("vault", "move", "--all", "--to", "keychain")
    assert (ended.returncode, ended.stderr, home.read()) == (0, "", "")
    return home


def with_passphrase(home: Home) -> None:
    home.environ["AWS_MFA_AGE_PASSPHRASE_COMMAND"] = shlex.join([sys.executable, "-c", f"print({PASSPHRASE!r})"])


def places(home: Home) -> dict[str, str]:
    """Where `vault list` says that the keys are."""
    ended = home.run("vault", "list", "--json")
    assert ended.returncode == 0, ended
    return {one["profile"]: one["vault"] for one in json.loads(ended.stdout)["keys"]}


def test_all_keys_move_into_a_new_age_vault_and_back_on_a_terminal(there: Home) -> None:
    terminal = there.on_terminal("vault", "move", "--all", "--to", "age")
    for question in ("New passphrase of the age vault: ", "The same again: "):
        terminal.expect_exact(question)
        wait_for_echo(terminal, on=False)
        terminal.sendline(PASSPHRASE)
    code, shown = end_of(terminal)
    assert code == 0, shown
    assert "play: ...KEY1 moved from the keychain vault to the age vault\n" in shown
    assert places(there) == {"play": "age", "work": "age"}
    assert [stored(there, "keychain", f"{name}-long-term") for name in KEYS] == ["None", "None"]
    terminal = there.on_terminal("vault", "move", "work", "play", "--to", "keychain")
    terminal.expect_exact("Passphrase of the age vault: ")
    wait_for_echo(terminal, on=False)
    terminal.sendline(PASSPHRASE)
    assert end_of(terminal)[0] == 0
    assert places(there) == {"play": "keychain", "work": "keychain"}
    with_passphrase(there)
    for name, keys in KEYS.items():
        assert stored(there, "keychain", f"{name}-long-term") == keys
        assert stored(there, "age", f"{name}-long-term") == "None"


@pytest.mark.parametrize(("target", "renames"), [("age", 3), ("file", 3), ("keychain", 4)])
def test_killed_before_any_rename_the_keys_are_somewhere_and_the_same_command_goes_on(
    there: Home, target: str, renames: int
) -> None:
    """The renames: the age file or the credentials file with the keys or without them, the note, the note again."""
    with_passphrase(there)
    if target == "keychain":
        assert there.run("vault", "move", "work", "--to", "age").returncode == 0
    move, ends = ("vault", "move", "work", "--to", target, "--yes"), []
    for left in range(renames + 1):
        ends.append(there.run(str(left), *move, start=("-c", KILLED_AFTER_RENAMES)).returncode)
        found = {vault: stored(there, vault, "work-long-term") for vault in ("keychain", "age", "file")}
        assert KEYS["work"] in found.values()
        assert {*found.values()} <= {KEYS["work"], "None"}
        if ends[-1] == 0:
            break
    assert ends[0] == -signal.SIGKILL
    assert ends[-1] == 0
    assert [vault for vault, keys in found.items() if keys != "None"] == [target]
    assert places(there)["work"] == target
    assert "has not removed" not in there.run("vault", "list").stderr


def test_the_last_copy_goes_from_a_real_keychain_once_its_profile_is_typed(there: Home) -> None:
    for typed, code in (("y", 130), ("work", 0)):
        terminal = there.on_terminal("vault", "remove", "work")
        terminal.expect_exact("Type the profile's name to remove the last copy: ")
        assert "profiles that stop working: work, dev" in (terminal.before or "")
        terminal.sendline(typed)
        assert end_of(terminal)[0] == code
    assert stored(there, "keychain", "work-long-term") == "None"
    assert stored(there, "keychain", "play-long-term") == KEYS["play"]
    assert places(there) == {"play": "keychain"}
    piped = there.run("vault", "remove", "play", typed="play\n")
    assert piped.returncode == 4
    assert stored(there, "keychain", "play-long-term") == KEYS["play"]


@pytest.mark.parametrize("item", ["junk", '{"v": 2, "aws_access_key_id": "AKIA", "sealed": "x"}'])
def test_an_item_that_cannot_be_read_is_named_and_stays(there: Home, item: str) -> None:
    put = "import keyring, sys\nkeyring.set_password('aws-mfa', 'work-long-term', sys.argv[1])\n"
    assert there.run(item, start=("-c", put)).returncode == 0
    with_passphrase(there)
    for command in (("move", "work", "--to", "age"), ("remove", "work", "--yes")):
        ended = there.run("vault", *command)
        assert ended.returncode == 3, ended
        assert "the keychain item 'aws-mfa' / 'work-long-term' cannot be read" in ended.stderr
    look = "import keyring\nprint(keyring.get_password('aws-mfa', 'work-long-term'))\n"
    assert there.run(start=("-c", look)).stdout == f"{item}\n"


def test_no_secret_is_printed_and_wrong_words_are_not_repeated(there: Home) -> None:
    with_passphrase(there)
    for command in (["list"], ["move", "work", "--to", "age"], ["move", "work", "--to", "file", "--yes"], ["list"]):
        ended = there.run("vault", *command)
        assert ended.returncode == 0, ended
        for secret in (SECRET, OTHER_SECRET, PASSPHRASE, OTHER_ID):
            assert secret not in ended.stdout + ended.stderr
    for wrong in ([], [SECRET], ["move", "--to", SECRET], ["remove", "work", SECRET], ["list", f"--{SECRET}"]):
        ended = there.run("vault", *wrong)
        assert ended.returncode == 2, ended
        assert SECRET not in ended.stderr
