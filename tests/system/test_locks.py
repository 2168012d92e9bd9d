"""The lock: exclusive between processes and threads, released when its holder dies, waited for only so long."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from aws_mfa.command_lines import command
from aws_mfa.errors import BrokenFile, NotSetUp, Unreachable
from aws_mfa.system import locks
from aws_mfa.system.locks import lock, try_lock
from programs import start_program
from users_and_modes import ENVIRONMENT, NOBODY, as_root, mode_of, posix_only, run_python, umask

HOLD = """
import sys, time
from aws_mfa.system.locks import lock
with lock(sys.argv[1], timeout_s=5):
    print("held", flush=True)
    time.sleep(60)
"""


def start_holder(path: Path) -> subprocess.Popen[str]:
    holder = start_program([sys.executable, "-c", HOLD, str(path)], ENVIRONMENT)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_second_holder_waits_and_then_names_the_first_ones_pid(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = start_holder(path)
    try:
        with pytest.raises(Unreachable) as caught, lock(str(path), timeout_s=0.1):
            pass
    finally:
        end(holder)
    assert caught.value.message.startswith(f"another aws-mfa (pid {holder.pid}) holds the lock {path}")
    assert str(holder.pid) in caught.value.hints[0]


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    end(start_holder(path))
    assert path.exists()
    with lock(str(path), timeout_s=0):
        pass


def test_threads_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    inside: list[int] = []
    together: list[int] = []

    def work() -> None:
        for _ in range(5):
            with lock(path, timeout_s=10):
                inside.append(1)
                time.sleep(0.001)
                together.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [1] * 20


def test_a_waiter_gets_the_lock_as_soon_as_it_is_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it has waited, it tries some twenty times a second."""
    path = str(tmp_path / "lock")
    held, release = threading.Event(), threading.Event()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 20:
            release.set()
            thread.join()

    def hold() -> None:
        with lock(path, timeout_s=0):
            held.set()
            release.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    monkeypatch.setattr(time, "sleep", pause)
    with lock(path, timeout_s=60):
        assert len(pauses) == 20
    assert max(pauses) <= 0.05


def test_the_lock_is_released_when_the_body_fails(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with pytest.raises(ZeroDivisionError), lock(path, timeout_s=0):
        raise ZeroDivisionError
    with lock(path, timeout_s=0):
        pass


@posix_only
def test_a_child_that_inherited_the_lock_does_not_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []

    def note_and_lock(fd: int) -> bool:
        held.append(fd)
        return try_lock(fd)

    monkeypatch.setattr(locks, "try_lock", note_and_lock)
    with lock(str(tmp_path / "lock"), timeout_s=0):
        child = subprocess.Popen(["sleep", "30"], pass_fds=held)
    try:
        with lock(str(tmp_path / "lock"), timeout_s=0):
            pass
    finally:
        child.kill()
        child.wait()


@posix_only
def test_the_lock_file_is_private_from_birth(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with umask(0), lock(str(path), timeout_s=0):
        assert mode_of(path) == 0o600


@posix_only
def test_a_lock_file_removed_while_held_does_not_let_two_hold_it(tmp_path: Path) -> None:
    """A process that waits for the removed file notices that when it gets the lock, and takes the new file."""
    path = tmp_path / "lock"
    fd = locks._open(str(path))
    path.unlink()
    path.touch()
    assert try_lock(fd)
    assert not locks._is_at(fd, str(path))
    os.close(fd)


@posix_only
@pytest.mark.parametrize("kind", ["symlink", "hard link", "pipe"])
def test_what_is_not_a_lock_file_is_refused_and_not_written_to(tmp_path: Path, kind: str) -> None:
    path, precious = tmp_path / "lock", tmp_path / "precious"
    precious.write_text("precious")
    if kind == "symlink":
        path.symlink_to(precious)
    elif kind == "hard link":
        path.hardlink_to(precious)
    else:
        os.mkfifo(path)
    with pytest.raises(BrokenFile, match="not the lock file"), lock(str(path), timeout_s=0):
        pass
    assert precious.read_text() == "precious"


def refusing(number: int) -> Callable[..., None]:
    """A function of the system that fails with this error."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_missing_folder_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(NotSetUp) as caught, lock(str(tmp_path / "none" / "lock"), timeout_s=0):
        pass
    assert caught.value.hints == (f"make the folder: {command('make private folder', str(tmp_path / 'none'))}",)


@posix_only
@pytest.mark.parametrize("refusal", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EIO])
def test_without_file_system_locks_it_continues_and_any_other_refusal_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    monkeypatch.setattr("fcntl.flock", refusing(refusal))
    entered = False
    with pytest.raises(NotSetUp) if refusal == errno.EIO else nullcontext(), lock(str(tmp_path / "lock"), timeout_s=0):
        entered = True
    assert entered is (refusal != errno.EIO)


def test_a_holder_that_left_no_pid_is_still_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with lock(str(path), timeout_s=0):
        path.write_bytes(b"")
        with pytest.raises(Unreachable, match=r"^another aws-mfa holds the lock"), lock(str(path), timeout_s=0):
            pass


@posix_only
def test_a_full_disk_costs_the_pid_but_not_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "lock")
    monkeypatch.setattr(os, "write", refusing(errno.ENOSPC))
    with lock(path, timeout_s=0), pytest.raises(Unreachable), lock(path, timeout_s=0):
        pass


@posix_only
def test_ctrl_c_while_locking_leaves_no_open_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []

    def interrupt(fd: int, operation: int) -> None:
        opened.append(fd)
        raise KeyboardInterrupt

    monkeypatch.setattr("fcntl.flock", interrupt)
    with pytest.raises(KeyboardInterrupt), lock(str(tmp_path / "lock"), timeout_s=0):
        pass
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])


FOREIGN = """
import os, sys
from aws_mfa.system.locks import lock
from aws_mfa.errors import AwsMfaError
os.setgid(65534); os.setuid(65534)
try:
    with lock(sys.argv[1], timeout_s=0):
        print("held")
except AwsMfaError as error:
    print(error.message, *error.hints, sep="\\n")
"""


@as_root
@pytest.mark.parametrize("owner", [0, NOBODY])
def test_a_lock_file_that_root_made_serves_the_folders_owner_and_another_users_is_named(owner: int) -> None:
    # Not tmp_path: its parents are closed to the other user that the child becomes.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        os.chown(folder, owner, owner)
        path = os.path.join(folder, "lock")
        with lock(path, timeout_s=0):
            pass
        printed = run_python(FOREIGN, path).stdout
    refusal = f"cannot open the lock {path}: another user made it\nremove it: sudo rm {path}\n"
    assert printed == ("held\n" if owner else refusal)


@as_root
def test_root_makes_no_lock_through_a_link_that_a_user_put_in_place_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link is there while the file is made: no file of the user appears in root's folder."""
    users, held, roots = tmp_path / "mfa", tmp_path / "mfa.held", tmp_path / "roots"
    users.mkdir()
    roots.mkdir()
    os.chown(users, NOBODY, NOBODY)
    swapped: list[str] = []
    real = os.open

    def swap_and_open(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if swapped or not flags & os.O_CREAT:
            return real(path, flags, mode, dir_fd=dir_fd)
        users.rename(held)
        users.symlink_to(roots)
        try:
            return real(path, flags, mode, dir_fd=dir_fd)
        finally:
            users.unlink()
            held.rename(users)
            swapped.append(path)

    monkeypatch.setattr(os, "open", swap_and_open)
    with lock(str(users / "lock"), timeout_s=1):
        assert os.listdir(roots) == []
        assert (users / "lock").stat().st_uid == NOBODY
    assert swapped == ["lock"]
