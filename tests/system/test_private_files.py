"""A file is replaced whole or not at all: full disks, kills, links, umasks and read-only folders."""

from __future__ import annotations

import errno
import os
import random
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest

from aws_mfa.command_lines import command
from aws_mfa.config.files import AwsFile
from aws_mfa.errors import BrokenFile, NotSetUp
from aws_mfa.system import private_files
from aws_mfa.system.private_files import check_replaceable, ensure_private_folder, replace_privately
from needs import needs
from programs import run_program, start_program
from users_and_modes import ENVIRONMENT, NOBODY, as_root, mode_of, run_python, umask

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX modes, links, limits and signals")
TEMP_NAME = ".f.aws-mfa-0123456789abcdef.tmp"


def test_a_new_file_is_0600_whatever_the_umask(tmp_path: Path) -> None:
    for mask in (0o000, 0o022, 0o777):
        with umask(mask):
            replace_privately(str(tmp_path / f"f{mask}"), b"new")
        assert mode_of(tmp_path / f"f{mask}") == 0o600


@pytest.mark.parametrize(("old", "new"), [(0o644, 0o600), (0o666, 0o600), (0o600, 0o600), (0o400, 0o400)])
def test_an_existing_mode_is_narrowed_never_widened(tmp_path: Path, old: int, new: int) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(old)
    replace_privately(str(path), b"new")
    assert (path.read_bytes(), mode_of(path)) == (b"new", new)


def test_the_file_is_private_before_it_has_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    write = os.write

    def look_and_write(fd: int, data: bytes) -> int:
        seen.append(stat.S_IMODE(os.fstat(fd).st_mode))
        return write(fd, data)

    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o666)
    monkeypatch.setattr(os, "write", look_and_write)
    replace_privately(str(path), b"new")
    assert seen == [0o600]


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:3]))
    replace_privately(str(tmp_path / "f"), b"0123456789")
    assert (tmp_path / "f").read_bytes() == b"0123456789"


def test_the_bytes_are_on_the_disk_before_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(fd: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        fsync(fd)

    def note_replace(source: str, target: str, **folders: int | None) -> None:
        steps.append("rename")
        replace(source, target, **folders)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    replace_privately(str(tmp_path / "f"), b"new")
    assert steps == ["file", "rename", "folder"]


def test_a_chain_of_symlinks_stays_and_its_end_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "target").write_bytes(b"old")
    for link, to in {"middle": "far/target", "link": "middle", "dangling": "far/new", "folder": "far"}.items():
        (tmp_path / link).symlink_to(to)
    for path, written in {"link": "target", "dangling": "new", "folder/f": "f"}.items():
        replace_privately(str(tmp_path / path), path.encode())
        assert (tmp_path / "far" / written).read_bytes() == path.encode()
    assert (tmp_path / "link").readlink().name == "middle"
    assert all((tmp_path / link).is_symlink() for link in ("middle", "dangling", "folder"))
    assert sorted(os.listdir(tmp_path / "far")) == ["f", "new", "target"]


def test_a_circle_of_symlinks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(NotSetUp):
        replace_privately(str(tmp_path / "a"), b"new")
    assert (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("kind", ["a folder", "a pipe, socket or device"])
def test_what_is_not_a_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "f"
    if kind == "a folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    with pytest.raises(BrokenFile, match=kind):
        replace_privately(str(path), b"new")


SAY = """
import sys
from aws_mfa.system.private_files import replace_privately
from aws_mfa.errors import NotSetUp
try:
    replace_privately(sys.argv[1], b"n" * 10000)
except NotSetUp as error:
    print(error.message, *error.hints, sep="\\n")
"""
READ_ONLY_FOLDER = SAY.replace("try:", f"import os; os.setgid({NOBODY}); os.setuid({NOBODY})\ntry:")
FULL = SAY.replace(
    "try:",
    "import resource, signal; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))\n"
    "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\ntry:",
)


@pytest.mark.parametrize("limit", ["0", "5000"])
def test_if_not_all_bytes_fit_the_old_file_is_unchanged_and_no_temp_file_is_left(tmp_path: Path, limit: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    done = run_python(FULL, str(path), limit, check=False)
    message = f"cannot write {path}: {os.strerror(errno.EFBIG)}; the old file is intact\n"
    assert (done.stdout, done.stderr) == (message, "")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


def refused_system_call(number: int) -> Callable[..., None]:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("step", "number", "hint"),
    [
        ("write", errno.ENOSPC, f"free some space there: {command('see free space')}"),
        ("write", errno.EDQUOT, f"free some space there: {command('see free space')}"),
        ("write", errno.EFBIG, ""),
        ("fsync", errno.EIO, ""),
        ("open", errno.EROFS, "read-only"),
        ("open", errno.EACCES, "the folder must be writable"),
        ("replace", errno.EBUSY, "mount the folder"),
        ("replace", errno.EXDEV, "mount the folder"),
    ],
)
@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize("is_held", [True, False])
def test_each_failing_step_leaves_the_folder_as_it_was_and_says_what_to_do_also_before_the_question(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    step: str,
    number: int,
    hint: str,
    old: bytes | None,
    is_held: bool,
) -> None:
    path = tmp_path / "f"
    if old:
        path.write_bytes(old)
    monkeypatch.setattr(private_files, "_CAN_HOLD", is_held)
    check_replaceable(str(path))
    attempts: list[Callable[[str], None]] = [partial(replace_privately, data=b"new")]
    if step in ("write", "open"):
        attempts.append(check_replaceable)
    for attempt in attempts:
        with monkeypatch.context() as patch:
            patch.setattr(os, step, refused_system_call(number))
            with pytest.raises(NotSetUp) as caught:
                attempt(str(path))
        state = "the old file is intact" if old else "nothing was written"
        assert caught.value.message == f"cannot write {path}: {os.strerror(number)}; {state}"
        assert hint in " ".join(caught.value.hints)
        assert os.listdir(tmp_path) == (["f"] if old else [])
    assert not old or path.read_bytes() == old


def test_ctrl_c_in_the_middle_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(fd: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_privately(str(tmp_path / "f"), b"new")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "of_folders"), [(errno.EINVAL, False), (errno.ENOTSUP, False), (errno.ENOSYS, False), (errno.EIO, True)]
)
def test_without_fsync_and_with_a_folder_that_cannot_be_synced_the_new_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, *, of_folders: bool
) -> None:
    def refuse(fd: int) -> None:
        if not of_folders or stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(number, "no")

    monkeypatch.setattr(os, "fsync", refuse)
    replace_privately(str(tmp_path / "f"), b"new")
    assert (tmp_path / "f").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("is_aws_file", "held_s", "is_written"),
    [(True, 1.0, True), (True, 12.0, True), (True, 31.0, False), (False, 1.0, True), (False, 3.0, False)],
)
def test_a_file_that_another_program_holds_open_is_tried_again_an_aws_file_for_half_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_aws_file: bool, held_s: float, is_written: bool
) -> None:
    """As on Windows; with a clock that sleeps in no time."""
    now = [0.0]
    replace, sleep = os.replace, lambda seconds: now.__setitem__(0, now[0] + seconds)

    def held(source: str, target: str, **folders: int | None) -> None:
        if now[0] < held_s:
            raise PermissionError(errno.EACCES, "held")
        replace(source, target, **folders)

    path = tmp_path / "credentials"
    path.write_bytes(b"[a]\n")
    for name, value in (("_IS_WINDOWS", True), ("LONG_PATIENCE_S", 30.0), ("REPLACE_PATIENCE_S", 2.0)):
        monkeypatch.setattr(private_files, name, value)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(os, "replace", held)
    with nullcontext() if is_written else pytest.raises(NotSetUp) as caught:
        if is_aws_file:
            AwsFile(str(path)).update(lambda text: text + "[b]\n")
        else:
            replace_privately(str(path), b"[a]\n[b]\n")
    if caught is not None:
        assert caught.value.hints == ("if another program has it open (an editor, a backup), close it there",)
    assert path.read_bytes() == (b"[a]\n[b]\n" if is_written else b"[a]\n")


@as_root
def test_a_writable_file_in_a_folder_that_is_not_says_that_the_folder_must_be_writable() -> None:
    # Not tmp_path: its parents are closed to the other user that the child becomes.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "f")
        replace_privately(path, b"old")
        os.chown(path, NOBODY, NOBODY)
        done = run_python(READ_ONLY_FOLDER, path, check=False)
        with open(path, "rb") as file:
            assert file.read() == b"old"
    first, *hints = done.stdout.splitlines()
    assert first == f"cannot write {path}: Permission denied; the old file is intact"
    assert "the folder must be writable" in hints[0]


@as_root
def test_root_leaves_a_users_file_to_its_user(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    os.chown(path, NOBODY, NOBODY)
    replace_privately(str(path), b"new")
    assert (path.stat().st_uid, path.stat().st_gid, mode_of(path)) == (NOBODY, NOBODY, 0o600)


@as_root
@pytest.mark.parametrize("is_parent", [False, True])
def test_root_gives_away_no_folder_that_a_user_put_in_place_of_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_parent: bool
) -> None:
    """Put there before the owner is changed: a folder of root's by a rename, an empty one by a symlink."""
    homes, roots = tmp_path / "home", tmp_path / "roots"
    homes.mkdir()
    os.chown(homes, NOBODY, NOBODY)
    (roots / "b").mkdir(parents=True)
    if not is_parent:
        (roots / "b" / "secret").touch()
    mkdir = os.mkdir

    def make_and_swap(*arguments: object, **options: object) -> None:
        mkdir(*arguments, **options)  # type: ignore[arg-type]
        made, other = (homes, roots) if is_parent else (homes / "b", roots / "b")
        made.rename(f"{made}.old")
        if is_parent:
            made.symlink_to(other)
        else:
            other.rename(made)

    monkeypatch.setattr(os, "mkdir", make_and_swap)
    ensure_private_folder(str(homes / "b"))
    assert (homes / "b").stat().st_uid == 0


@as_root
def test_what_root_makes_in_a_users_folder_is_the_users(tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY, NOBODY)
    ensure_private_folder(str(tmp_path / "a" / "b"))
    replace_privately(str(tmp_path / "a" / "b" / "f"), b"new")
    assert [(tmp_path / name).stat().st_uid for name in ("a", "a/b", "a/b/f")] == [NOBODY] * 3


@as_root
@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize("step", ["open", "replace"])
@pytest.mark.parametrize("is_put_back", [True, False])
def test_root_writes_nothing_through_a_link_that_a_user_put_in_place_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, old: bytes | None, step: str, is_put_back: bool
) -> None:
    """Also if the link is there longer than the step: root's folder gets no file, its files no other owner."""
    users, held, roots = tmp_path / "mfa", tmp_path / "mfa.held", tmp_path / "roots"
    users.mkdir()
    roots.mkdir()
    if old is not None:
        (users / "f").write_bytes(old)
        os.chown(users / "f", NOBODY, NOBODY)
    os.chown(users, NOBODY, NOBODY)
    real = getattr(os, step)

    def swap_and_do(source: str, target: str | int, *more: object, **folders: int | None) -> object:
        is_the_moment = not held.exists() and (isinstance(target, str) or bool(target & os.O_CREAT))
        if not is_the_moment:
            return real(source, target, *more, **folders)
        users.rename(held)
        users.symlink_to(roots)
        try:
            return real(source, target, *more, **folders)
        finally:
            if is_put_back:
                users.unlink()
                held.rename(users)

    with monkeypatch.context() as patch:
        patch.setattr(os, step, swap_and_do)
        replace_privately(str(users / "f"), b"new")
    written = (users if is_put_back else held) / "f"
    assert (written.read_bytes(), written.stat().st_uid, mode_of(written)) == (b"new", NOBODY, 0o600)
    assert os.listdir(roots) == []
    assert os.listdir(written.parent) == ["f"]


@as_root
@pytest.mark.parametrize("link", ["users/f", "users"])
@pytest.mark.parametrize("owner", [0, NOBODY])
@pytest.mark.parametrize("maker", [0, NOBODY])
def test_root_replaces_no_file_of_its_own_through_a_users_link(
    tmp_path: Path, link: str, owner: int, maker: int
) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "f").write_bytes(b"old")
    os.chown(tmp_path / "far" / "f", owner, owner)
    if link == "users/f":
        (tmp_path / "users").mkdir()
    (tmp_path / link).symlink_to(tmp_path / "far" / "f" if link == "users/f" else tmp_path / "far")
    os.lchown(tmp_path / link, maker, maker)
    path, is_trap = str(tmp_path / "users" / "f"), maker not in (0, owner)
    trap = "a link of another user leads there"
    with pytest.raises(NotSetUp, match=trap) if is_trap else nullcontext():
        check_replaceable(path)
    with pytest.raises(NotSetUp, match=trap) if is_trap else nullcontext():
        replace_privately(path, b"new")
    assert (tmp_path / "far" / "f").read_bytes() == (b"old" if is_trap else b"new")


@as_root
@pytest.mark.parametrize(("owner", "maker"), [(0, 0), (NOBODY, NOBODY), (NOBODY, 0), (0, NOBODY)])
def test_root_makes_nothing_in_a_folder_of_its_own_that_a_users_link_leads_to(
    tmp_path: Path, owner: int, maker: int
) -> None:
    (tmp_path / "far").mkdir()
    os.chown(tmp_path / "far", owner, owner)
    (tmp_path / "mfa").symlink_to("far")
    os.lchown(tmp_path / "mfa", maker, maker)
    is_trap = maker not in (0, owner)
    for path in ("mfa", "mfa/sessions"):
        with pytest.raises(NotSetUp, match="a link of another user leads there") if is_trap else nullcontext():
            ensure_private_folder(str(tmp_path / path))
    assert os.listdir(tmp_path / "far") == ([] if is_trap else ["sessions"])


@pytest.mark.parametrize("old", [None, b"old"])
def test_without_folder_descriptors_paths_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: bytes | None
) -> None:
    """As on Windows."""
    monkeypatch.setattr(private_files, "_CAN_HOLD", False)
    if old is not None:
        (tmp_path / "f").write_bytes(old)
    make(tmp_path / TEMP_NAME, age_s=4000)
    replace_privately(str(tmp_path / "f"), b"new")
    assert ((tmp_path / "f").read_bytes(), os.listdir(tmp_path)) == (b"new", ["f"])


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    before = os.dup(0)
    os.close(before)
    replace_privately(str(tmp_path / "f"), b"new")
    with pytest.raises(BrokenFile):
        replace_privately(str(tmp_path / "d"), b"new")
    after = os.dup(0)
    os.close(after)
    assert after == before


def make(path: Path, *, age_s: float) -> None:
    path.write_bytes(b"half")
    moment = time.time() - age_s
    os.utime(path, (moment, moment))


def test_old_leftovers_of_killed_processes_are_removed_and_nothing_else(tmp_path: Path) -> None:
    make(tmp_path / TEMP_NAME, age_s=4000)
    kept = {
        ".f.aws-mfa-1123456789abcdef.tmp": 5,  # young: its process may be alive
        ".g.aws-mfa-0123456789abcdef.tmp": 4000,  # another file's
        ".f.aws-mfa-mynotes.tmp": 4000,  # not made by this program
        ".f.aws-mfa.lock": 4000,
        "f.aws-mfa-0123456789abcdef.tmp": 4000,
    }
    for name, age_s in kept.items():
        make(tmp_path / name, age_s=age_s)
    (tmp_path / ".f.aws-mfa-2123456789abcdef.tmp").mkdir()
    os.utime(tmp_path / ".f.aws-mfa-2123456789abcdef.tmp", (0, 0))
    replace_privately(str(tmp_path / "f"), b"new")
    assert set(os.listdir(tmp_path)) == {*kept, "f", ".f.aws-mfa-2123456789abcdef.tmp"}


@as_root
def test_leftovers_of_another_user_stay(tmp_path: Path) -> None:
    make(tmp_path / TEMP_NAME, age_s=4000)
    os.chown(tmp_path / TEMP_NAME, NOBODY, NOBODY)
    replace_privately(str(tmp_path / "f"), b"new")
    assert (tmp_path / TEMP_NAME).exists()


def test_missing_folders_are_made_0700_and_existing_ones_stay(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(mode=0o755)
    with umask(0):
        ensure_private_folder(str(tmp_path / "there" / "a" / "b"))
    assert [mode_of(tmp_path / name) for name in ("there", "there/a", "there/a/b")] == [0o755, 0o700, 0o700]


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(NotSetUp, match="in the way"):
        ensure_private_folder(str(tmp_path / "f"))


REPLACE_FOR_EVER = """
import sys
from aws_mfa.system.private_files import replace_privately
while True:
    for letter in (b"a", b"b"):
        replace_privately(sys.argv[1], letter * 200_000)
    print("written", flush=True)
"""


@pytest.mark.real
def test_a_kill_at_any_moment_leaves_a_complete_file(tmp_path: Path) -> None:
    """30 kills at random moments: all the old or all the new bytes, at worst a temp file beside them."""
    path = tmp_path / "f"
    for _ in range(30):
        command = [sys.executable, "-c", REPLACE_FOR_EVER, str(path)]
        with start_program(command, ENVIRONMENT) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(random.uniform(0, 0.02))  # the kill comes at any moment of the next writes
            child.send_signal(signal.SIGKILL)
        assert path.read_bytes() in (b"a" * 200_000, b"b" * 200_000)
        assert mode_of(path) == 0o600
    for name in os.listdir(tmp_path):
        assert name == "f" or private_files.is_temp_name(name, "f")


@pytest.mark.parametrize(("name", "line"), [("f", "f"), ("a b\\c\td", "a\\040b\\134c\\011d")])
@pytest.mark.parametrize("is_mounted", [True, False])
def test_a_mounted_file_is_found_before_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, line: str, *, is_mounted: bool
) -> None:
    (tmp_path / name).write_bytes(b"old")
    (tmp_path / "link").symlink_to(name)
    mounts = (
        f"36 35 98:0 / / rw\n37 36 98:0 /x {tmp_path}/{line if is_mounted else 'another'} rw,relatime - ext4 /d rw\n"
    )
    (tmp_path / "mountinfo").write_text(mounts)
    monkeypatch.setattr(private_files, "_MOUNTS", str(tmp_path / "mountinfo"))
    with pytest.raises(NotSetUp, match="Device or resource busy") if is_mounted else nullcontext():
        check_replaceable(str(tmp_path / "link"))


def test_a_system_without_a_list_of_mounts_is_asked_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_bytes(b"old")
    monkeypatch.setattr(private_files, "_MOUNTS", str(tmp_path / "missing"))
    check_replaceable(str(tmp_path / "f"))


def test_an_immutable_file_is_found_before_the_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `chattr +i` makes it: its owner may write it, and the system still says no."""
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o600)
    access = os.access
    monkeypatch.setattr(os, "access", lambda name, mode: name != str(path) and access(name, mode))
    with pytest.raises(NotSetUp, match="Operation not permitted"):
        check_replaceable(str(path))


@pytest.mark.parametrize("is_read_only", [True, False])
def test_on_windows_the_read_only_attribute_and_a_file_that_is_held_open_are_found_before_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_read_only: bool
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o400 if is_read_only else 0o600)
    monkeypatch.setattr(private_files, "_IS_WINDOWS", True)
    monkeypatch.setattr(private_files, "_CAN_HOLD", False)
    if not is_read_only:
        check_replaceable(str(path))
        monkeypatch.setattr(os, "rename", refused_system_call(errno.EACCES))
    with pytest.raises(NotSetUp) as caught:
        check_replaceable(str(path))
    attribute, held = f'remove the read-only attribute: attrib -r "{path}"', "if another program has it open"
    assert caught.value.hints[0].startswith(attribute if is_read_only else held)
    assert os.listdir(tmp_path) == ["f"]


@as_root
@pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL])
@pytest.mark.parametrize(
    ("uid", "gid", "is_written"), [(0, 0, True), (0, NOBODY, True), (NOBODY, 0, False), (NOBODY, NOBODY, False)]
)
def test_a_refused_chown_matters_only_if_the_file_would_get_another_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, uid: int, gid: int, *, is_written: bool
) -> None:
    """As in a sandbox, or on a mount that maps every owner to one."""
    old, made = tmp_path / "old" / "f", tmp_path / "new" / "f"
    for folder in (old.parent, made.parent):
        folder.mkdir()
    old.write_bytes(b"old")
    for path in (old, made.parent):
        os.chown(path, uid, gid)
    monkeypatch.setattr(os, "fchown", refused_system_call(number))
    for path in (old, made):
        for attempt in (check_replaceable, lambda name: replace_privately(name, b"new")):
            with nullcontext() if is_written else pytest.raises(NotSetUp, match=os.strerror(number)):
                attempt(str(path))
    if is_written:
        ensure_private_folder(str(made.parent / "folder"))
    assert (old.read_bytes(), made.exists()) == ((b"new", True) if is_written else (b"old", False))


MOUNTED = 'mount --bind "$1" "$2" && exec "$3" -c "$4" "$2"'


@pytest.mark.real
def test_a_single_file_mounted_into_a_container_is_explained(tmp_path: Path) -> None:
    needs("unshare", "mount")
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.write_bytes(b"old")
    inside.touch()
    shell = ["sh", "-c", MOUNTED, "sh", str(outside), str(inside), sys.executable, SAY]
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    done = run_program([*unshare, *shell], ENVIRONMENT)
    if done.returncode:
        pytest.skip(f"no mount namespaces here: {done.stderr.strip()}")
    assert "Device or resource busy; the old file is intact" in done.stdout
    assert "mount the folder writable instead of the single file" in done.stdout
    assert outside.read_bytes() == b"old"
