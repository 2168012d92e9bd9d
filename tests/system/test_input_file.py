from __future__ import annotations

import io
import os
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from aws_mfa.errors import BadInput, NeedsHuman
from aws_mfa.interfaces import Document
from aws_mfa.system import input_file, threads
from aws_mfa.system.input_file import LARGEST, GivenDocument
from users_and_modes import posix_only


def written(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "keys.csv"
    path.write_bytes(data)
    return str(path)


def test_text_comes_unchanged_with_line_ends_and_bom(tmp_path: Path) -> None:
    document: Document = GivenDocument(written(tmp_path, b"\xef\xbb\xbfa,b\r\n\xc3\xa4\n"))
    assert document.read() == "\ufeffa,b\r\nä\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_what_powershell_redirected_is_read(tmp_path: Path, encoding: str) -> None:
    text = '\ufeff{"AccessKey"}' if encoding == "utf-16-le" else '{"AccessKey"}'
    assert GivenDocument(written(tmp_path, text.encode(encoding))).read() == '{"AccessKey"}'


def test_standard_input_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb")))
    document = GivenDocument("-")
    assert (document.name, document.read()) == ("standard input", "a\nb")
    assert not document.others_may_read()
    assert not document.is_same_file("-")


@pytest.mark.parametrize(
    ("data", "text", "rest"),
    [
        (b"123456\nrest", "123456", b"rest"),
        (b"\xef\xbb\xbf123456\r\nrest", "123456", b"rest"),
        ("\ufeff12\r\nrest".encode("utf-16-le"), "12", "rest".encode("utf-16-le")),
        (b"x" * 4097 + b"rest", "x" * 4097, b"rest"),
    ],
)
def test_of_a_pipe_that_stays_open_one_line_is_read_and_the_rest_left(
    monkeypatch: pytest.MonkeyPatch, data: bytes, text: str, rest: bytes
) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stdin:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stdin))
        feeder = threading.Thread(target=os.write, args=(writer, data))  # a pipe of Windows holds 4 KiB
        feeder.start()
        assert GivenDocument("-").read_line() == text
        feeder.join()
        assert os.read(reader, 10_000) == rest
    os.close(writer)


def test_a_pipe_that_stays_silent_is_given_up_after_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(input_file, "_LIMIT_S", 0.6)
    monkeypatch.setattr(input_file, "answer_within", partial(threads.answer_within, patience_s=0.05))
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stdin:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stdin))
        with pytest.raises(NeedsHuman) as refused:
            GivenDocument("-").read_line()
        os.close(writer)
    assert refused.value.lines == ("nothing came on standard input within 0.6 s", "hint: pipe the answer in")
    assert capsys.readouterr() == ("", "waiting 0.6 s for a line on standard input\n")


def test_a_closed_standard_input_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(BadInput, match="standard input is closed"):
        GivenDocument("-").read()


def test_a_missing_file_a_folder_and_a_huge_file_are_bad_input(tmp_path: Path) -> None:
    for path in (str(tmp_path / "absent"), str(tmp_path), written(tmp_path, b"x" * (LARGEST + 1))):
        with pytest.raises(BadInput) as failed:
            GivenDocument(path).read()
        assert path in failed.value.message


@pytest.mark.parametrize(("data", "place"), [(b"one\nSECRET\xff\n", ", line 2"), (b"SECRET\xff\n", "")])
def test_bytes_that_are_not_text_are_reported_by_line_and_never_quoted(tmp_path: Path, data: bytes, place: str) -> None:
    document = GivenDocument(written(tmp_path, data))
    with pytest.raises(BadInput) as failed:
        (document.read if place else document.read_line)()
    assert failed.value.message == f"{document.name}{place}: bytes that are not UTF-8"
    assert failed.value.__context__ is None


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes and pipes")
def test_the_mode_says_whether_others_may_read_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, b"")
    for mode, is_open in ((0o600, False), (0o640, True), (0o604, True)):
        os.chmod(path, mode)
        assert GivenDocument(path).others_may_read() is is_open
    assert not GivenDocument(str(tmp_path / "absent")).others_may_read()


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes and pipes")
def test_a_named_pipe_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=[b"a,b\n"])
    writer.start()
    assert GivenDocument(str(path)).read() == "a,b\n"
    writer.join()


@posix_only
def test_a_link_to_the_same_file_is_the_same_file(tmp_path: Path) -> None:
    path = written(tmp_path, b"")
    link = str(tmp_path / "link")
    os.symlink(path, link)
    assert GivenDocument(link).is_same_file(path)
    assert not GivenDocument(link).is_same_file(str(tmp_path / "absent"))
