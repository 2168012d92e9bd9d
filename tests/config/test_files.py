"""The AWS files: found where the SDKs look, read without guessing, updated without losing a byte."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from aws_mfa.config.files import AwsFile, find_files, state_folder
from aws_mfa.errors import BadInput, BrokenFile, NotSetUp, Unreachable
from aws_mfa.interfaces import AwsTextFile
from aws_mfa.system import private_files
from aws_mfa.system.locks import lock
from programs import start_program
from users_and_modes import ENVIRONMENT, NOBODY, as_root, mode_of, posix_only, run_python, umask


def credentials(tmp_path: Path, data: bytes | None = None) -> AwsFile:
    path = tmp_path / "credentials"
    if data is not None:
        path.write_bytes(data)
        path.chmod(0o600)
    return AwsFile(str(path), lock_timeout_s=0.1)


def append(text: str) -> str:
    return text + "[new]\n"


def test_it_implements_the_protocol(tmp_path: Path) -> None:
    file: AwsTextFile = credentials(tmp_path)
    assert (file.path, file.exists(), file.read()) == (str(tmp_path / "credentials"), False, "")
    assert not file.repair_mode()


def test_every_byte_outside_the_edit_is_kept(tmp_path: Path) -> None:
    text = "# caf\u00e9 \U0001f511\r\n[a]\r\nKey=1 ; x\r\n\n\t nested = 2\n\x0c\x85\u2028\rno newline at the end"
    before = text.encode()
    file = credentials(tmp_path, before)
    assert file.read().encode() == before
    assert file.update(lambda text: text + "!")
    assert (tmp_path / "credentials").read_bytes() == before + b"!"


def test_an_edit_that_changes_nothing_leaves_the_file_untouched_and_makes_none(tmp_path: Path) -> None:
    file = credentials(tmp_path)
    assert not file.update(lambda text: text)
    assert not file.exists()
    before = os.stat(credentials(tmp_path, b"[a]\r\n").path)
    assert not file.update(lambda text: text)
    after = os.stat(file.path)
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@posix_only
def test_a_missing_file_is_made_0600_in_a_folder_0700(tmp_path: Path) -> None:
    path = tmp_path / ".aws" / "credentials"
    with umask(0):
        assert AwsFile(str(path)).update(append)
    assert (mode_of(path), mode_of(path.parent), path.read_bytes()) == (0o600, 0o700, b"[new]\n")


def test_update_reads_again_what_another_wrote_meanwhile(tmp_path: Path) -> None:
    file = credentials(tmp_path, b"[a]\n")
    file.read()
    (tmp_path / "credentials").write_bytes(b"[a]\n[b]\n")
    file.update(append)
    assert file.read() == "[a]\n[b]\n[new]\n"


def test_a_failing_edit_leaves_the_file_and_releases_the_lock(tmp_path: Path) -> None:
    file = credentials(tmp_path, b"[a]\n")

    def fail(text: str) -> str:
        raise NotSetUp("no")

    with pytest.raises(NotSetUp, match="no"):
        file.update(fail)
    assert file.update(append)
    assert file.read() == "[a]\n[new]\n"


def test_a_lock_that_is_held_stops_the_update_with_the_holders_pid_and_is_found_before_it(tmp_path: Path) -> None:
    file = credentials(tmp_path, b"[a]\n")
    with lock(str(tmp_path / ".credentials.aws-mfa.lock"), timeout_s=0):
        for attempt in (file.check_writable, lambda: file.update(append)):
            with pytest.raises(Unreachable, match=rf"pid {os.getpid()}\)"):
                attempt()
        assert file.read() == "[a]\n"


@posix_only
def test_two_homes_that_link_to_one_file_share_its_lock(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_bytes(b"[a]\n")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "credentials").symlink_to("../credentials")
    linked = AwsFile(str(tmp_path / "home" / "credentials"), lock_timeout_s=0)
    with lock(str(tmp_path / ".credentials.aws-mfa.lock"), timeout_s=0), pytest.raises(Unreachable):
        linked.update(append)
    assert linked.update(append)
    assert (tmp_path / "home" / "credentials").is_symlink()
    assert (tmp_path / "credentials").read_bytes() == b"[a]\n[new]\n"


@posix_only
def test_a_link_into_a_volume_that_is_not_mounted_makes_no_folder_there(tmp_path: Path) -> None:
    (tmp_path / "credentials").symlink_to("volume/credentials")
    with pytest.raises(NotSetUp, match="No such file"):
        credentials(tmp_path).update(append)
    assert not (tmp_path / "volume").exists()


SECRET = b"wJalrXUtnFEMI"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"[a]\nkey = 1\naws_secret_access_key = " + SECRET + b"\xff\n", "line 3: bytes that are not UTF-8"),
        (b"\xed\xa0\x80" + SECRET, "line 1: bytes that are not UTF-8"),
        (b"\xef\xbb\xbf[a]\nkey = " + SECRET, "line 1: the file starts with a byte order mark"),
        (SECRET.decode().encode("utf-16"), "line 1: the file starts with UTF-16"),
    ],
)
def test_a_file_that_is_not_text_is_named_with_the_line_quotes_nothing_and_is_never_overwritten(
    tmp_path: Path, data: bytes, place: str
) -> None:
    file = credentials(tmp_path, data)
    for attempt in (file.read, lambda: file.update(append)):
        with pytest.raises(BrokenFile) as caught:
            attempt()
        assert caught.value.message.startswith(f"{file.path}, {place}")
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)
        assert SECRET.decode() not in shown
        assert caught.value.__context__ is None
    assert (tmp_path / "credentials").read_bytes() == data


def test_text_that_cannot_be_encoded_is_refused(tmp_path: Path) -> None:
    file = credentials(tmp_path, b"[a]\n")
    with pytest.raises(BadInput, match="not UTF-8") as caught:
        file.update(lambda text: text + "secret\udcff")
    assert caught.value.__context__ is None
    assert file.read() == "[a]\n"


@posix_only
@pytest.mark.parametrize("kind", ["a folder", "a pipe, socket or device"])
def test_what_is_not_a_file_is_named_and_does_not_hang(tmp_path: Path, kind: str) -> None:
    file = credentials(tmp_path)
    if kind == "a folder":
        os.mkdir(file.path)
    else:
        os.mkfifo(file.path)
    for attempt in (file.read, lambda: file.update(append)):
        with pytest.raises(BrokenFile, match=kind):
            attempt()
    assert not file.repair_mode()


def test_the_null_device_is_an_empty_file_that_cannot_be_written() -> None:
    file = AwsFile(os.devnull)
    assert (file.exists(), file.read(), file.repair_mode()) == (False, "", False)
    with pytest.raises(NotSetUp, match="null device"):
        file.update(append)


AS_NOBODY = """
import os, sys
from aws_mfa.config.files import AwsFile
from aws_mfa.errors import AwsMfaError
folder, name, *attempts = sys.argv[1:]
os.chdir(folder); os.setgid(65534); os.setuid(65534)
file = AwsFile(name)
for attempt in attempts:
    try:
        print(eval(f"file.{attempt}"))
    except AwsMfaError as error:
        print(error.message, error.hints[0], sep="; ")
"""


def as_nobody(folder: Path | str, name: str, *attempts: str) -> list[str]:
    """What these expressions return or raise, for another user in the folder."""
    return run_python(AS_NOBODY, str(folder), name, *attempts).stdout.splitlines()


@as_root
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    file = credentials(tmp_path, b"[a]\n")
    [said] = as_nobody("/", file.path, "read()")
    assert said.startswith(f"cannot read {file.path}: Permission denied; ")


def test_a_file_below_another_file_is_missing_and_that_is_reported_when_it_is_to_be_written(tmp_path: Path) -> None:
    (tmp_path / "mfa").write_text("a file")
    file = AwsFile(str(tmp_path / "mfa" / "known-keys"))
    assert (file.exists(), file.read(), file.repair_mode(), file.linked_inode()) == (False, "", False, None)
    for attempt in (lambda: file.update(append), file.check_writable):
        with pytest.raises(NotSetUp, match="mfa is in the way: it is not a folder"):
            attempt()
    assert (tmp_path / "mfa").read_text() == "a file"


CAN_WRITE, ANOTHERS = "other users can write {}, so", "{} belongs to another user (id 65534), so"
SOMEBODYS_GROUP = 12345


@as_root
@pytest.mark.parametrize(
    ("place", "owner", "group", "mode", "refused"),
    [
        ("aws", 0, 0, 0o700, ""),
        ("aws", 0, 0, 0o755, ""),
        ("aws", 0, 0, 0o777, CAN_WRITE),
        ("aws", 0, 0, 0o702, CAN_WRITE),
        ("aws", 0, 0, 0o1777, ""),
        ("aws", 0, 0, 0o775, ""),  # the group has the owner's name and no other member
        ("aws", 0, SOMEBODYS_GROUP, 0o770, CAN_WRITE),
        ("aws", 0, SOMEBODYS_GROUP, 0o1770, CAN_WRITE),
        ("aws", 0, SOMEBODYS_GROUP, 0o750, ""),
        ("aws", NOBODY, NOBODY, 0o700, ANOTHERS),
        ("aws/config", 0, 0, 0o644, ""),
        ("aws/config", 0, 0, 0o664, ""),
        ("aws/config", 0, 0, 0o666, CAN_WRITE),
        ("aws/config", 0, SOMEBODYS_GROUP, 0o620, CAN_WRITE),
        ("aws/config", NOBODY, 0, 0o600, ANOTHERS),
        ("far", 0, 0, 0o777, CAN_WRITE),
        ("far", NOBODY, 0, 0o755, ANOTHERS),
        ("far/config", 0, 0, 0o606, CAN_WRITE),
    ],
)
def test_who_can_write_a_file_decides_whether_it_is_trusted(
    tmp_path: Path, place: str, owner: int, group: int, mode: int, refused: str
) -> None:
    """As for ssh; "far": the file is a link into that folder."""
    for name in ("aws", "far"):
        (tmp_path / name).mkdir(mode=0o700)
    file = AwsFile(str(tmp_path / "aws" / "config"))
    file.check_trusted()  # missing
    if place.startswith("far"):
        os.symlink("../far/config", file.path)
    with umask(0o077):
        Path(file.path).write_text("[a]\n")
    os.chown(tmp_path / place, owner, group)
    (tmp_path / place).chmod(mode)
    attempts = (file.check_trusted, file.check_writable, lambda: file.update(append))
    for attempt in attempts:
        with pytest.raises(NotSetUp) if refused else nullcontext() as caught:
            attempt()
        if refused:
            assert caught is not None
            assert caught.value.message.startswith(refused.format(tmp_path / place))
            assert str(tmp_path / place) in caught.value.hints[0]
            assert "AWS_MFA_STRICT_MODES=no" in caught.value.hints[1]
    assert file.read() == ("[a]\n" if refused else append("[a]\n"))
    assert AwsFile(file.path, is_strict=False).update(append)
    if refused == CAN_WRITE:
        (tmp_path / place).chmod(mode)
        changed = {"far": [], "far/config": [file.path]}.get(place, [str(tmp_path / place)])
        assert file.forbid_others_to_write() == changed


@as_root
def test_root_writes_in_a_users_home_and_runs_no_command_that_stands_there(tmp_path: Path) -> None:
    file = AwsFile(str(tmp_path / ".aws" / "config"))
    os.chown(tmp_path, NOBODY, NOBODY)
    assert file.update(append)
    assert os.stat(file.path).st_uid == os.stat(os.path.dirname(file.path)).st_uid == NOBODY
    file.check_trusted()
    with pytest.raises(NotSetUp, match="belongs to another user"):
        file.check_trusted(runs_commands=True)


@as_root
def test_a_file_of_another_user_that_a_link_led_to_when_it_was_read_is_refused(tmp_path: Path) -> None:
    """Whoever can write a folder on the way can move the link twice: before it is read, and before it is checked."""
    for name, owner in (("mine", 0), ("theirs", NOBODY)):
        (tmp_path / name).mkdir(mode=0o700)
        (tmp_path / name / "config").write_text("[a]\n")
        os.chown(tmp_path / name / "config", owner, owner)
    file = AwsFile(str(tmp_path / "way" / "config"))
    for name in ("theirs", "mine"):
        (tmp_path / "way").unlink(missing_ok=True)
        (tmp_path / "way").symlink_to(name)
        file.read()
    with pytest.raises(NotSetUp, match="belongs to another user"):
        file.check_trusted()


@as_root
@pytest.mark.parametrize("swaps_at", ["realpath", "open"])
def test_root_follows_no_link_that_is_there_for_a_moment_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swaps_at: str
) -> None:
    """While the path is resolved, or while the folder is opened, it leads to root's; before and after to the user's."""
    users, roots, held = tmp_path / ".aws", tmp_path / "roots", tmp_path / "held"
    for folder, owner in ((users, NOBODY), (roots, 0)):
        folder.mkdir()
        (folder / "credentials").write_text("[a]\n")
        os.chown(folder, owner, owner)
        os.chown(folder / "credentials", owner, owner)
    os.chown(tmp_path, NOBODY, NOBODY)
    module = os.path if swaps_at == "realpath" else os
    step = getattr(module, swaps_at)

    def swapped(path: str, *more: object, **options: object) -> object:
        if held.exists() or os.path.basename(str(path)) not in (".aws", "credentials"):
            return step(path, *more, **options)
        users.rename(held)
        users.symlink_to(roots)
        os.lchown(users, NOBODY, NOBODY)
        try:
            return step(path, *more, **options)
        finally:
            users.unlink()
            held.rename(users)

    file = AwsFile(str(users / "credentials"))
    monkeypatch.setattr(file, "check_trusted", lambda: None)
    monkeypatch.setattr(module, swaps_at, swapped)
    with suppress(NotSetUp):
        file.update(append)
    assert (roots / "credentials").read_text() == "[a]\n"
    assert os.listdir(roots) == ["credentials"]


@as_root
@pytest.mark.parametrize(("root_made", "mode"), [(".aws", 0o755), (".aws", 0o700), (".aws/credentials", 0o600)])
def test_what_root_made_in_a_home_is_given_back_with_the_command_that_is_printed(root_made: str, mode: int) -> None:
    with tempfile.TemporaryDirectory() as home:  # the parents of tmp_path are closed to the other user
        os.chown(home, NOBODY, NOBODY)
        path = Path(home, ".aws", "credentials")
        path.parent.mkdir()
        path.touch(mode=0o600)
        for place in (path.parent, path):
            os.chown(place, NOBODY, NOBODY)
        os.chown(Path(home, root_made), 0, 0)
        Path(home, root_made).chmod(mode)
        attempts = ["read()", "check_writable()", "update(lambda text: text + '[a]')", "create()"]
        said = [line.partition("it is yours with: sudo ")[2] for line in as_nobody("/", str(path), *attempts)]
        command = f"chown -R {NOBODY}:{NOBODY} '{home}/{root_made}'"
        assert set(said) - {""} == {command}
        subprocess.run(command, shell=True, check=True)
        assert as_nobody("/", str(path), *attempts) == ["", "None", "True", "None"]


KEYS = "[w-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"
FOREIGN = "[other]\nregion = eu-west-1\n"


@pytest.mark.parametrize(
    ("known", "now", "lost"),
    [
        (KEYS + FOREIGN, "", "its sections are gone"),
        (KEYS + FOREIGN, None, "its sections are gone"),
        (FOREIGN, "# half\n", "its sections are gone"),
        (FOREIGN, "[oth", "its sections are gone"),
        (KEYS + FOREIGN, FOREIGN, "the long-term keys of [w-long-term] are gone"),
        (FOREIGN + KEYS, FOREIGN + KEYS[: KEYS.index("aws_secret")], "the long-term keys of [w-long-term] are gone"),
        (FOREIGN + KEYS, FOREIGN + "[w-long-term]\naws_access", "its sections are gone"),
        (KEYS + FOREIGN, KEYS, ""),
        (KEYS + FOREIGN, KEYS.replace("= x", "= rotated"), ""),
        (FOREIGN, FOREIGN + "[third]\n", ""),
        ("no section\n", "", ""),
        ("", "", ""),
    ],
)
def test_a_file_that_another_program_has_emptied_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: str, now: str | None, lost: str
) -> None:
    """As one that opens it with mode "w" and writes later; `known`: the text when it was first read."""
    monkeypatch.setattr(private_files, "SETTLING_S", 0.02)
    file = credentials(tmp_path, known.encode())
    file.read()
    if now is None:
        os.unlink(file.path)
    else:
        (tmp_path / "credentials").write_text(now, newline="")
    file.read()
    if lost:
        with pytest.raises(NotSetUp) as caught:
            file.update(append)
        assert caught.value.message == f"{file.path} was changed by another program: {lost}; nothing was written"
    else:
        file.update(append)
    assert file.read() == (now or "") + ("" if lost else append(""))
    assert [name for name in os.listdir(tmp_path) if name.endswith(".tmp")] == []


def test_what_another_program_writes_late_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = credentials(tmp_path, KEYS.encode())
    file.read()
    (tmp_path / "credentials").write_text("")
    monkeypatch.setattr(time, "sleep", lambda _: (tmp_path / "credentials").write_text(KEYS + FOREIGN, newline=""))
    assert file.update(append)
    assert file.read() == append(KEYS + FOREIGN)


def test_what_this_program_removed_itself_is_not_missed(tmp_path: Path) -> None:
    file = credentials(tmp_path, KEYS.encode())
    file.read()
    assert file.update(lambda text: "")
    assert file.update(append)


@pytest.mark.parametrize("times", [1, 3, 1000])
def test_a_change_between_reading_and_replacing_is_not_overwritten(tmp_path: Path, times: int) -> None:
    file = credentials(tmp_path, b"[a]\n")
    calls: list[str] = []

    def edit(text: str) -> str:
        calls.append(text)
        if len(calls) <= times:
            (tmp_path / "credentials").write_text("[a]\n" + "# by another program\n" * len(calls), newline="")
        return append(text)

    if times < 1000:
        assert file.update(edit)
        assert file.read() == append("[a]\n" + "# by another program\n" * times)
    else:
        with pytest.raises(NotSetUp, match="changed by another program all the time"):
            file.update(edit)
        assert file.read() == "[a]\n" + "# by another program\n" * len(calls)


@as_root
@pytest.mark.parametrize("link", ["aws", "aws/credentials"])
@pytest.mark.parametrize("old", [b"[of-the-user]\n", None])
def test_what_is_read_and_what_is_replaced_is_in_one_folder(tmp_path: Path, link: str, old: bytes | None) -> None:
    """A user replaces the folder, or the file in it, by a link to root's, while root edits what was read."""
    os.chown(tmp_path, NOBODY, NOBODY)
    users, roots, held = tmp_path / "aws", tmp_path / "roots", tmp_path / "held"
    users.mkdir()
    roots.mkdir()
    (roots / "credentials").write_bytes(b"[of-root]\n")
    if old is not None:
        (users / "credentials").write_bytes(old)
        os.chown(users / "credentials", NOBODY, NOBODY)
    os.chown(users, NOBODY, NOBODY)

    def swap(text: str) -> str:
        if not (tmp_path / link).is_symlink():
            if (tmp_path / link).exists():
                (tmp_path / link).rename(held)
            (tmp_path / link).symlink_to(roots / "credentials" if link.endswith("credentials") else roots)
            os.lchown(tmp_path / link, NOBODY, NOBODY)
        return append(text)

    with nullcontext() if link == "aws" else pytest.raises(NotSetUp, match="symbolic links"):
        AwsFile(str(users / "credentials")).update(swap)
    assert (roots / "credentials").read_bytes() == b"[of-root]\n"
    assert os.listdir(roots) == ["credentials"]
    if link == "aws":
        assert ((held / "credentials").read_bytes(), (held / "credentials").stat().st_uid) == (
            (old or b"") + b"[new]\n",
            NOBODY,
        )


@posix_only
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EPERM])
def test_a_lock_that_fails_is_found_before_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(fd: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    file = credentials(tmp_path, b"[a]\n")
    file.check_writable()
    monkeypatch.setattr("fcntl.flock", fail)
    with pytest.raises(NotSetUp, match=f"aws-mfa.lock: {os.strerror(number)}"):
        file.check_writable()


@posix_only
def test_an_update_that_narrows_the_mode_says_so_once(tmp_path: Path) -> None:
    said: list[str] = []
    path = credentials(tmp_path, b"[a]\n").path
    file = AwsFile(path, say_narrowed=said.append)
    os.chmod(path, 0o644)
    file.update(lambda text: text)
    assert (said, mode_of(Path(path))) == ([], 0o644)
    file.update(append)
    file.update(append)
    assert (said, mode_of(Path(path))) == ([path], 0o600)


@posix_only
def test_a_file_with_a_hard_link_is_known_by_its_inode(tmp_path: Path) -> None:
    file = credentials(tmp_path, b"[a]\n")
    assert file.linked_inode() is None
    os.link(file.path, tmp_path / "another name")
    assert file.linked_inode() == os.stat(file.path).st_ino
    file.update(append)
    assert file.linked_inode() is None


@posix_only
@pytest.mark.parametrize(("old", "new"), [(0o644, 0o600), (0o620, 0o600), (0o444, 0o400)])
def test_a_wide_mode_is_repaired_once(tmp_path: Path, old: int, new: int) -> None:
    file = credentials(tmp_path, b"[a]\n")
    os.chmod(file.path, old)
    assert (file.repair_mode(), file.repair_mode()) == (True, False)
    assert mode_of(Path(file.path)) == new


@as_root
@pytest.mark.parametrize("link", [".aws", ".aws/credentials"])
@pytest.mark.parametrize(("owner", "is_narrowed"), [(NOBODY, False), (0, True)])
def test_root_narrows_its_own_file_through_its_own_link_and_not_through_a_users(
    tmp_path: Path, link: str, owner: int, *, is_narrowed: bool
) -> None:
    home, roots = tmp_path / "home", tmp_path / "roots"
    for folder in (home, roots):
        folder.mkdir()
    (roots / "credentials").write_text("[a]\n")
    (roots / "credentials").chmod(0o644)
    if link == ".aws":
        (home / ".aws").symlink_to(roots)
    else:
        (home / ".aws").mkdir()
        (home / link).symlink_to(roots / "credentials")
    os.lchown(home / ".aws", owner, owner)
    os.lchown(home / link, owner, owner)
    assert AwsFile(str(home / ".aws" / "credentials")).repair_mode() == is_narrowed
    assert mode_of(roots / "credentials") == (0o600 if is_narrowed else 0o644)


@as_root
def test_users_narrow_their_own_file_in_any_folder(tmp_path: Path) -> None:
    """Such as in a container, where the mounted folder belongs to another user."""
    path = tmp_path / "credentials"
    path.write_text("[a]\n")
    path.chmod(0o644)
    tmp_path.chmod(0o755)
    os.chown(path, NOBODY, NOBODY)
    assert (as_nobody(tmp_path, "credentials", "repair_mode()"), mode_of(path)) == (["True"], 0o600)


def test_the_files_are_where_the_sdks_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, variable = str(tmp_path), "USERPROFILE" if os.name == "nt" else "HOME"
    aws = os.path.join(home, ".aws")
    usual = (os.path.join(aws, "credentials"), os.path.join(aws, "config"))
    assert find_files({}, home) == find_files({variable: home}) == usual
    assert state_folder({}, home) == os.path.join(aws, "mfa")
    monkeypatch.setenv("TEAM", "red")
    for credentials_file, config, found in (
        ("", "", usual),
        ("/x/credentials", "relative/config", ("/x/credentials", "relative/config")),
        ("~/$TEAM/credentials", "~", (f"{home}/red/credentials", home)),
    ):
        named = {"AWS_SHARED_CREDENTIALS_FILE": credentials_file, "AWS_CONFIG_FILE": config}
        assert find_files(named, None if "relative" in config else home) == found


@posix_only
def test_without_home_the_password_database_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    credentials_path, _ = find_files({})
    assert credentials_path == os.path.join(os.path.expanduser("~"), ".aws", "credentials")
    assert not credentials_path.startswith("~")


@as_root
def test_without_any_home_the_hint_says_what_to_set() -> None:
    code = (
        "import os\nfrom aws_mfa.config.files import find_files\nfrom aws_mfa.errors import NotSetUp\n"
        "os.environ.pop('HOME', None); os.setuid(47110)\n"
        "try:\n    find_files(os.environ)\nexcept NotSetUp as error:\n    print(error.message, error.hints[0])\n"
    )
    text = run_python(code).stdout
    assert text.startswith("no home folder: HOME is not set")
    assert "export HOME=" in text


ADD_SECTIONS = """
import sys
from aws_mfa.config.files import AwsFile
file = AwsFile(sys.argv[1], lock_timeout_s=60)
for number in range(int(sys.argv[3])):
    section = f"[{sys.argv[2]}-{number}]"
    file.update(lambda text: text + section + "\\nkey = value\\n\\n")
    print(section, flush=True)
"""


def add_sections(path: str, name: str, count: int) -> subprocess.Popen[str]:
    """A process that adds `count` sections and prints the header of each when it is written."""
    command = [sys.executable, "-c", ADD_SECTIONS, path, name, str(count)]
    return start_program(command, ENVIRONMENT)


def test_threads_of_one_process_lose_no_update(tmp_path: Path) -> None:
    path = str(tmp_path / "credentials")

    def work(name: str) -> None:
        for _ in range(5):
            AwsFile(path).update(lambda text: f"{text}[{name}-{text.count(name + '-')}]\n")

    threads = [threading.Thread(target=work, args=(str(name),)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(AwsFile(path).read().split()) == sorted(f"[{name}-{n}]" for name in range(4) for n in range(5))


@pytest.mark.real
def test_eight_processes_with_twenty_updates_each_lose_none(tmp_path: Path) -> None:
    path = str(tmp_path / "credentials")
    children = [add_sections(path, f"p{name}", 20) for name in range(8)]
    for child in children:
        child.communicate(timeout=120)
    sections = [line for line in AwsFile(path).read().splitlines() if line.startswith("[")]
    assert sorted(sections) == sorted(f"[p{name}-{number}]" for name in range(8) for number in range(20))
    assert sorted(os.listdir(tmp_path)) == [".credentials.aws-mfa.lock", "credentials"]


@posix_only
@pytest.mark.real
def test_thirty_kills_lose_nothing_that_was_reported_as_written(tmp_path: Path) -> None:
    """Each process gets the killed one's lock at once; the file is complete, with at most one section not reported."""
    path = str(tmp_path / "credentials")
    reported: list[str] = []
    for name in range(30):
        with add_sections(path, f"p{name}", 100_000) as child:
            assert child.stdout is not None
            reported += [child.stdout.readline().strip() for _ in range(1 + name % 3)]
            time.sleep(random.uniform(0, 0.01))  # the kill comes at any moment of the next write
            child.kill()
            reported += child.stdout.read().split()
        written = AwsFile(path).read().split("\n\n")[:-1]
        assert set(reported) <= {section.split("\n")[0] for section in written}
        assert all(section.split("\n")[1:] == ["key = value"] for section in written)
        assert len(written) <= len(reported) + name + 1
    assert len(reported) > 30
    assert AwsFile(path, lock_timeout_s=0).update(append)


def test_a_replaced_file_keeps_its_mode_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = credentials(tmp_path, b"before\r\n")
    os.chmod(file.path, 0o640)
    file.replace("after\r\n", if_still="before\r\n")
    assert (tmp_path / "credentials").read_bytes() == b"after\r\n"
    assert os.name == "nt" or mode_of(tmp_path / "credentials") == 0o640
    file.replace(None, if_still="after\r\n")
    assert os.listdir(tmp_path) == []


def test_a_file_that_is_replaced_may_be_missing_with_its_folder(tmp_path: Path) -> None:
    file = AwsFile(str(tmp_path / "new" / "settings.json"))
    file.replace("{}", if_still="")
    assert file.read() == "{}"
    assert os.name == "nt" or [mode_of(path) for path in (tmp_path / "new", tmp_path / "new" / "settings.json")] == [
        0o700,
        0o600,
    ]


@pytest.mark.parametrize("after", ["after", None])
@pytest.mark.parametrize("found", [b"another", b"", None])
def test_a_file_with_another_text_than_expected_is_not_replaced(
    tmp_path: Path, found: bytes | None, after: str | None
) -> None:
    file = credentials(tmp_path, found)
    with pytest.raises(NotSetUp, match="was changed by another program"):
        file.replace(after, if_still="before")
    assert file.read().encode() == (found or b"")


def test_a_file_that_changes_at_the_last_moment_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = credentials(tmp_path, b"before")
    prepare = private_files.TargetFile._temp_file

    def other_program(target: private_files.TargetFile, *arguments: object, **more: object) -> str:
        (tmp_path / "credentials").write_bytes(b"another")
        return prepare(target, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(private_files.TargetFile, "_temp_file", other_program)
    with pytest.raises(NotSetUp, match="was changed by another program"):
        file.replace("after", if_still="before")
    assert file.read() == "another"


@pytest.mark.parametrize("after", ["after", None])
def test_a_read_only_file_is_not_replaced(tmp_path: Path, after: str | None) -> None:
    file = credentials(tmp_path, b"before")
    os.chmod(file.path, 0o400)
    with pytest.raises(NotSetUp, match="is read-only"):
        file.replace(after)
    os.chmod(file.path, 0o600)
    assert file.read() == "before"


def test_a_folder_in_the_place_of_a_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    with pytest.raises(BrokenFile, match="is a folder"):
        credentials(tmp_path).replace("after")
