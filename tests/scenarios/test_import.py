"""`aws-mfa import` as a user runs it: real processes, a real terminal, a real keychain, a real age file."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping

import pytest

from killed import KILLED_AFTER_RENAMES
from programs import SOURCE, output_of, run_program
from real_keychains import RealKeychain, gnome_keyring  # noqa: F401 - a fixture
from real_terminals import Pty, end_of, on_a_pty

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX, and a keychain of Linux"),
]

ID, SECRET = "AKIAINVENTEDANNSKEY1", "invented/secret+of+ann"
OTHER_ID, OTHER_SECRET = "AKIAINVENTEDBOBSKEY2", "invented/secret+of+bob"
DEVICE = "arn:aws:iam::123456789012:mfa/ann"
SESSION = (
    "[work]\nassumed_role = False\naws_access_key_id = ASIA1\naws_secret_access_key = s\n"
    "aws_session_token = t\naws_security_token = t\nexpiration = 2099-01-01 00:00:00\n"
)
CREDENTIALS = (
    f"# mine\r\n[play]\nregion = eu-west-1\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n"
    f"mfa_serial = {DEVICE}\n\n[work-long-term]\naws_access_key_id = {OTHER_ID}\n"
    f"aws_secret_access_key = {OTHER_SECRET}\naws_mfa_device = {DEVICE}\n\n{SESSION}"
)
CLEARED = (
    f"# mine\r\n[play]\nregion = eu-west-1\nmfa_serial = {DEVICE}\n\n[work-long-term]\naws_mfa_device = {DEVICE}\n\n"
    f"{SESSION}\r\n[play-long-term]\r\naws_mfa_device = {DEVICE}\r\n"
)
CSV = f"\ufeffUser name,Access key ID,Secret access key\r\nann,{ID},{SECRET}\r\n"
PASSPHRASE = "correct horse battery staple"


class Home:
    """A home with a credentials file, and the tool in it."""

    def __init__(self, environ: Mapping[str, str], home: str) -> None:
        self.home = home
        self.credentials = os.path.join(home, ".aws", "credentials")
        self.age_file = os.path.join(home, ".aws", "mfa", "keys.age")
        self.environ = {**environ, "HOME": home}

    def write(self, text: str, path: str | None = None) -> str:
        path = path or self.credentials
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def read(self) -> str:
        with open(self.credentials, encoding="utf-8", newline="") as file:
            return file.read()

    def run(self, *arguments: str, typed: str = "", start: tuple[str, ...] = ("-m", "aws_mfa")) -> Ended:
        """Without a terminal."""
        return run_program([sys.executable, *start, *arguments], self.environ, stdin=typed, timeout_s=100)

    def on_terminal(self, *arguments: str) -> Pty:
        return on_a_pty([sys.executable, "-m", "aws_mfa", *arguments], self.environ, timeout=60, columns=200)


Ended = subprocess.CompletedProcess[str]


@pytest.fixture
def with_keychain(gnome_keyring: RealKeychain) -> Home:  # noqa: F811 - the fixture
    """A home whose keychain is gnome-keyring."""
    there = Home(gnome_keyring.environ, gnome_keyring.home)
    there.write(CREDENTIALS)
    return there


@pytest.fixture
def with_age(home: str) -> Home:
    """A home without a keychain, whose vault is an age file; its passphrase comes from a command."""
    command = shlex.join([sys.executable, "-c", f"print({PASSPHRASE!r})"])
    settings = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **SOURCE}
    settings |= {"AWS_MFA_VAULT": "age", "AWS_MFA_AGE_PASSPHRASE_COMMAND": command}
    there = Home({**settings, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}, home)
    there.write(CREDENTIALS)
    return there


def stored(there: Home, vault: str, name: str) -> str:
    """Key id and secret as the vault gives them to another process; "None" if it has none."""
    code = (
        "import sys\n"
        "from aws_mfa.cli.wiring import RealInterfaces\n"
        "keys = RealInterfaces().vault(sys.argv[1]).load(sys.argv[2])\n"
        "print(keys and (keys.access_key_id + ' ' + keys.secret_access_key.reveal()))\n"
    )
    return there.run(vault, name, start=("-c", code)).stdout.strip()


def test_the_whole_import_on_a_terminal_with_a_real_keychain(with_keychain: Home) -> None:
    terminal = with_keychain.on_terminal("import")
    terminal.expect_exact("Move these keys? [y/n] ")
    shown = terminal.before or ""
    terminal.sendline("y")
    assert end_of(terminal)[0] == 0
    assert "play-long-term: ...KEY1 in [play] of" in shown
    assert "work-long-term: ...KEY2 in [work-long-term] of" in shown
    assert with_keychain.read() == CLEARED
    assert stored(with_keychain, "keychain", "play-long-term") == f"{ID} {SECRET}"
    assert stored(with_keychain, "keychain", "work-long-term") == f"{OTHER_ID} {OTHER_SECRET}"
    again = with_keychain.run("import")
    assert (again.returncode, again.stderr) == (0, "")
    assert "no long-term keys found" in again.stdout
    still = with_keychain.run("--profile", "work")
    assert still.returncode == 0
    assert "still valid" in still.stdout


def test_the_forks_items_are_moved_and_gone(with_keychain: Home) -> None:
    with_keychain.write("[default]\nregion = eu-west-1\n")
    put = (
        "import keyring\n"
        f"keyring.set_password('aws:access_key_id', 'default-long-term', {ID!r})\n"
        f"keyring.set_password('aws:secret_access_key', 'default-long-term', {SECRET!r})\n"
        f"keyring.set_password('aws:mfa_device', 'default-long-term', {DEVICE!r})\n"
    )
    assert with_keychain.run(start=("-c", put)).returncode == 0
    ended = with_keychain.run("import", "--yes")
    assert ended.returncode == 0, ended
    look = (
        "import keyring\n"
        "for service in 'access_key_id', 'secret_access_key', 'mfa_device':\n"
        "    print(keyring.get_password('aws:' + service, 'default-long-term'))\n"
    )
    assert with_keychain.run(start=("-c", look)).stdout.split() == ["None"] * 3
    assert stored(with_keychain, "keychain", "default-long-term") == f"{ID} {SECRET}"
    assert f"[default-long-term]\naws_mfa_device = {DEVICE}\n" in with_keychain.read()


def test_without_a_terminal_consent_needs_a_flag(with_age: Home) -> None:
    """A yes in the pipe does not count: with `-` the pipe holds the keys."""
    ended = with_age.run("import", typed="y\n")
    assert ended.returncode == 4
    assert "hint: confirm with: --yes" in ended.stderr
    assert with_age.read() == CREDENTIALS


def test_dry_run_asks_for_no_passphrase_and_touches_nothing(with_age: Home) -> None:
    del with_age.environ["AWS_MFA_AGE_PASSPHRASE_COMMAND"]
    ended = with_age.run("import", "--dry-run")
    assert ended.returncode == 0, ended
    assert "play-long-term: ...KEY1" in ended.stdout
    assert with_age.read() == CREDENTIALS
    assert sorted(os.listdir(os.path.join(with_age.home, ".aws"))) == ["credentials"]


def test_without_a_keychain_other_vaults_are_named_and_nothing_is_asked(with_age: Home) -> None:
    del with_age.environ["AWS_MFA_VAULT"]
    ended = with_age.run("import", "--yes")
    assert ended.returncode == 6
    assert "--vault age" in ended.stderr
    assert with_age.read() == CREDENTIALS


def test_without_a_keychain_keys_move_from_the_section_of_the_session(with_age: Home) -> None:
    """Their keys move within the file, to the long-term section, so that `--no-keychain` can write the session."""
    ended = with_age.run("import", "--yes", "--no-keychain")
    assert ended.returncode == 0, ended
    assert with_age.read() == CREDENTIALS.replace(f"aws_access_key_id={ID}\naws_secret_access_key={SECRET}\n", "") + (
        f"\r\n[play-long-term]\r\naws_access_key_id = {ID}\r\naws_secret_access_key = {SECRET}\r\n"
        f"aws_mfa_device = {DEVICE}\r\n"
    )
    again = with_age.run("import", "--yes", "--no-keychain")
    assert again.returncode == 2
    assert "already" in again.stderr


def test_a_pipe_holds_the_keys_while_the_question_is_asked_on_the_terminal(with_age: Home) -> None:
    path = with_age.write(CSV, os.path.join(with_age.home, "keys.csv"))
    command = f"cat {shlex.quote(path)} | {shlex.quote(sys.executable)} -m aws_mfa import - --profile new"
    terminal = on_a_pty(["/bin/sh", "-c", command], with_age.environ, timeout=60)
    terminal.expect_exact("Store these keys? [y/n] ")
    terminal.sendline("y")
    assert end_of(terminal)[0] == 0
    assert stored(with_age, "age", "new-long-term") == f"{ID} {SECRET}"


def test_a_download_stays_and_the_command_that_deletes_it_is_printed(with_age: Home) -> None:
    path = with_age.write(CSV, os.path.join(with_age.home, "ann's keys.csv"))
    os.chmod(path, 0o644)
    ended = with_age.run("import", path, "--yes", "--no-keychain", "--vault", "file")
    assert ended.returncode == 0, ended
    assert f"delete it: rm {shlex.quote(path)}" in ended.stdout
    assert "could read" in ended.stderr
    assert ended.stdout.splitlines()[-1] == "get a session with: aws-mfa"
    assert os.path.exists(path)
    assert f"[default-long-term]\r\naws_access_key_id = {ID}\r\n" in with_age.read()


def test_no_secret_is_ever_printed(with_age: Home) -> None:
    with_age.write(CREDENTIALS + f"[play-long-term]\naws_access_key_id={ID}\naws_secret_access_key=another\n")
    bad = with_age.write(f"Access key ID,Secret access key\n{ID},{SECRET}\n{ID},{SECRET}\n", with_age.home + "/bad")
    for arguments, code in ((["import", "--dry-run"], 3), (["import", "--yes"], 3), (["import", bad], 2)):
        ended = with_age.run(*arguments)
        assert ended.returncode == code, ended
        for secret in (ID, SECRET, OTHER_ID, OTHER_SECRET, "another", PASSPHRASE):
            assert secret not in ended.stdout + ended.stderr


def test_killed_before_any_rename_no_key_is_lost(with_age: Home) -> None:
    """The renames of `play`: vault, note, file. Each run continues where the one before was killed."""
    ends = []
    for renames in (0, 1, 1, 1):
        ended = with_age.run(str(renames), "import", "--yes", "--profile", "play", start=("-c", KILLED_AFTER_RENAMES))
        ends.append(ended.returncode)
        in_file = f"aws_access_key_id={ID}\naws_secret_access_key={SECRET}\n" in with_age.read()
        in_vault = stored(with_age, "age", "play-long-term") == f"{ID} {SECRET}"
        assert in_file or in_vault
        assert in_file or renames
    assert ends == [-signal.SIGKILL] * 3 + [0]
    others = f"[work-long-term]\naws_access_key_id = {OTHER_ID}\naws_secret_access_key = {OTHER_SECRET}\n"
    assert with_age.read() == CLEARED.replace("[work-long-term]\n", others)


def test_another_name_of_the_old_file_is_named_because_the_keys_stay_there(with_age: Home) -> None:
    other = os.path.join(with_age.home, "another name")
    os.link(with_age.write(CREDENTIALS), other)
    ended = with_age.run("import", "--yes")
    assert ended.returncode == 0, ended
    command = ended.stderr.partition("still holds the keys: ")[2].partition("\n")[0]
    assert command.startswith("find ~ -xdev -inum ")
    assert output_of(["/bin/sh", "-c", command], with_age.environ) == f"{other}\n"
    assert "hard link" not in with_age.run("import", "--yes").stderr
