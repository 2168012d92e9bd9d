"""Questions answered from another terminal: both ends of the socket, and clients that do not behave."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from aws_mfa.errors import Cancelled, NeedsHuman, NobodyAnswered, NotSetUp, WrongSecret
from aws_mfa.interfaces import RemoteQuestions
from aws_mfa.prompt.elsewhere import client as elsewhere_client
from aws_mfa.prompt.elsewhere import server as elsewhere_server
from aws_mfa.prompt.elsewhere import sockets as elsewhere_sockets
from aws_mfa.prompt.elsewhere.client import QuestionFolder
from aws_mfa.prompt.elsewhere.server import AnsweredElsewhere, WaitingProvider, answer_server
from aws_mfa.prompt.providers import CodeQuestion
from aws_mfa.system.cancel import Cancellation
from fakes import DEVICE
from programs import wait_until

if TYPE_CHECKING:
    from aws_mfa.prompt.providers import CodeProvider


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no Unix sockets in Python")

QUESTION = CodeQuestion(f"MFA code for {DEVICE}: ", DEVICE)
CODE = "918273"
LONG_S = 20.0


class Place:
    """A provider that puts the question and waits for `answer`, or for the cancellation; `ends` is raised instead."""

    name = "terminal"
    has_human = True

    def __init__(self, ends: Exception | None = None) -> None:
        self.ends = ends
        self.answer = ""
        self.said: list[str] = []
        self.is_asking = threading.Event()
        self._changed = threading.Event()

    def can_answer(self, question: CodeQuestion) -> bool:
        return True

    def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
        assert cancellation is not None
        cancellation.wake_by(self._changed.set)
        self.is_asking.set()
        assert self._changed.wait(LONG_S)
        cancellation.wake_by(None)
        cancellation.check()
        if self.ends is not None:
            raise self.ends
        return self.answer

    def end(self, answer: str = "") -> None:
        """A person types, or the provider fails."""
        self.answer = answer
        self._changed.set()

    def say(self, text: str) -> None:
        self.said.append(text)


class Asking:
    """A provider that is asked in a thread of its own."""

    def __init__(self, provider: CodeProvider, cancellation: Cancellation | None = None) -> None:
        self.answer: str | None = None
        self.error: BaseException | None = None
        self._provider = provider
        self._cancellation = cancellation
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def ended(self) -> str:
        """The answer; raises what the provider raised."""
        self._thread.join(LONG_S)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error
        assert self.answer is not None
        return self.answer

    def _run(self) -> None:
        try:
            self.answer = self._provider.ask(QUESTION, self._cancellation)
        except BaseException as error:  # noqa: BLE001  # for the test to look at
            self.error = error


@pytest.fixture
def folder(home: str) -> str:
    return os.path.join(home, ".aws", "mfa", "questions")


def started(folder: str, ends: Exception | None = None) -> tuple[Place, Asking]:
    """A question that is open here and elsewhere."""
    place = Place(ends)
    return place, Asking(AnsweredElsewhere(place, folder))


def answer_in_thread(folder: str) -> None:
    threading.Thread(target=answer, args=[folder], daemon=True).start()


def has_question(folder: str) -> bool:
    with QuestionFolder(folder).oldest() as question:
        return question is not None


def sockets(folder: str) -> list[str]:
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def answer(folder: str, code: str = CODE) -> list[str]:
    """Answer the oldest question, when there is one."""
    wait_for_sockets(folder)
    questions: RemoteQuestions = QuestionFolder(folder)
    with questions.oldest() as question:
        assert question is not None
        return question.answer(code)


def wait_for_sockets(folder: str, number: int = 1) -> None:
    wait_until(lambda: sum(name.endswith(".sock") for name in sockets(folder)) >= number)


@contextlib.contextmanager
def connected(folder: str) -> Iterator[socket.socket]:
    """A client that has received the question and sent nothing yet."""
    wait_for_sockets(folder)
    (connection,) = elsewhere_sockets.live_sockets(folder)
    with connection:
        assert b'"pid"' in connection.recv(4096)
        yield connection


def test_a_question_is_answered_from_elsewhere_while_it_is_open_here(folder: str) -> None:
    place, asking = started(folder)
    wait_for_sockets(folder)
    with QuestionFolder(folder).oldest() as question:
        assert question is not None
        assert (question.pid, question.device, question.text) == (os.getpid(), DEVICE, QUESTION.text)
    answer_in_thread(folder)
    assert asking.ended() == CODE
    assert place.said == ["answered in another terminal"]


def test_an_answer_here_ends_the_question_elsewhere(folder: str) -> None:
    place, asking = started(folder)
    wait_for_sockets(folder)
    with QuestionFolder(folder).oldest() as question:
        assert question is not None
        place.end("typed")
        assert asking.ended() == "typed"
        with pytest.raises(NeedsHuman, match=rf"^the question of pid {os.getpid()} is no longer open$"):
            question.wait_for_end()
        with pytest.raises(NeedsHuman, match="no longer open"):
            question.answer(CODE)
    assert place.said == []


def test_a_question_that_is_shown_on_the_desktop_is_announced_after_a_moment(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program without a terminal, an agent's command for example, would wait for two minutes without a word."""
    monkeypatch.setattr("aws_mfa.prompt.elsewhere.server.MOMENT_S", 0.05)
    place, said = Place(), list[str]()
    place.name = "dialog"
    asking = Asking(AnsweredElsewhere(place, folder, said.append))
    wait_until(lambda: said)
    place.end(CODE)
    assert asking.ended() == CODE
    assert said == [f"waiting for a code of {DEVICE}: answer the dialog, or in any terminal: aws-mfa code"]


def test_only_the_user_can_use_the_socket_and_it_ends_with_the_question(folder: str) -> None:
    place, asking = started(folder)
    wait_for_sockets(folder)
    (name,) = sockets(folder)
    assert name.partition("-")[0].isdigit()
    with connected(folder):
        assert os.stat(os.path.join(folder, name)).st_mode & 0o777 == 0o600
        assert os.stat(folder).st_mode & 0o777 == 0o700
        place.end("typed")
        asking.ended()
    assert sockets(folder) == []


def test_the_mode_is_the_sockets_whatever_replaces_it(folder: str, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where root asks in a user's folder, that user can swap the file: what the link leads to keeps its mode."""
    target = os.path.join(home, "roots-own")
    with open(target, "wb") as file:
        os.fchmod(file.fileno(), 0o644)
    path = elsewhere_sockets.new_path(folder)

    class Swapped(socket.socket):
        def bind(self, address: object) -> None:
            super().bind(address)  # type: ignore[arg-type]
            os.rename(f"{path}.new", f"{path}.away")
            os.symlink(target, f"{path}.new")

    monkeypatch.setattr(socket, "socket", Swapped)
    elsewhere_sockets.open_socket(path).close()
    assert os.stat(target).st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("line", "replies"),
    [
        *((line, (b"malformed\n", b"")) for line in (b"12345\n", b"abcdef\n", b"\n", b"\xff\xfe\n", b"1" * 500)),
        (b"918 273\n", (b"taken\n",)),  # as phones show it
    ],
)
def test_what_is_no_code_leaves_the_question_open_and_blanks_in_one_do_not(
    folder: str, line: bytes, replies: tuple[bytes, ...]
) -> None:
    _, asking = started(folder)
    with connected(folder) as connection:
        connection.sendall(line)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(64) in replies
    if b"taken\n" not in replies:
        answer_in_thread(folder)
    assert asking.ended() == CODE


def test_a_client_that_hangs_or_drops_does_not_block_the_next(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere_server, "CLIENT_LIMIT_S", 0.3)
    _, asking = started(folder)
    # The second is served as soon as the time of the first is over.
    with connected(folder) as hanging, connected(folder) as half:
        with contextlib.suppress(OSError):  # on a busy machine its time is over by now
            half.sendall(b"918")
        with connected(folder) as dropping:
            monkeypatch.setattr(elsewhere_server, "CLIENT_LIMIT_S", LONG_S)
            dropping.close()
        answer_in_thread(folder)
        assert asking.ended() == CODE
        for other in (hanging, half):
            with contextlib.suppress(ConnectionResetError):
                assert other.recv(64) == b"", "the connection is closed"


def test_while_one_is_served_the_next_is_passed_over(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere_client, "_TALK_S", 0.1)
    place, asking = started(folder)
    with connected(folder):
        assert not has_question(folder)
        place.end("typed")
        assert asking.ended() == "typed"


@pytest.mark.parametrize("error", [Cancelled("cancelled"), NeedsHuman("the terminal is gone")])
def test_what_ends_the_question_here_ends_it(folder: str, error: Exception) -> None:
    place, asking = started(folder, error)
    wait_for_sockets(folder)
    place.end()
    with pytest.raises(type(error)):
        asking.ended()
    assert sockets(folder) == []


@pytest.mark.parametrize("drops", [False, True])
def test_a_provider_that_fails_waits_for_a_connected_client_until_it_drops(folder: str, *, drops: bool) -> None:
    place, asking = started(folder, NeedsHuman("nobody answered the window"))
    with connected(folder) as connection:
        place.end()
        time.sleep(0.1)
        if not drops:
            connection.sendall(f"{CODE}\n".encode())
            assert asking.ended() == CODE
    if drops:
        with pytest.raises(NeedsHuman, match="nobody answered the window"):
            asking.ended()


@pytest.mark.parametrize("when", ["before", "during"])
def test_the_check_beside_the_question_still_ends_it(folder: str, when: str) -> None:
    cancellation, place = Cancellation(), Place()
    if when == "before":
        cancellation.cancel(WrongSecret("the keys are wrong"))
    asking = Asking(AnsweredElsewhere(place, folder), cancellation)
    assert place.is_asking.wait(LONG_S)
    cancellation.cancel(WrongSecret("the keys are wrong"))
    with pytest.raises(WrongSecret, match="the keys are wrong"):
        asking.ended()


def test_a_check_that_fails_after_the_answer_has_no_effect(folder: str) -> None:
    cancellation = Cancellation()
    asking = Asking(AnsweredElsewhere(Place(), folder), cancellation)
    answer_in_thread(folder)
    assert asking.ended() == CODE
    cancellation.cancel(WrongSecret("too late"))


def test_the_client_gets_the_result_of_its_code(folder: str) -> None:
    place, got = Place(), list[str]()
    provider = AnsweredElsewhere(place, folder)
    asking = Asking(provider)
    wait_for_sockets(folder)
    client = threading.Thread(target=lambda: got.extend(answer(folder)), daemon=True)
    client.start()
    assert asking.ended() == CODE
    provider.say("AWS refused the code\nforged")
    provider.say("hint: type the next one")
    place.end("typed")
    assert Asking(provider).ended() == "typed", "asked again, the provider disconnects the earlier client"
    client.join(LONG_S)
    assert got == ["AWS refused the code\\nforged", "hint: type the next one"]


def test_the_oldest_living_question_comes_first(folder: str) -> None:
    _, first = started(folder)
    wait_for_sockets(folder)
    place, second = started(folder)
    wait_for_sockets(folder, 2)
    answer_in_thread(folder)
    assert first.ended() == CODE
    place.end("typed")
    assert second.ended() == "typed"


def test_a_dead_socket_is_removed_by_any_process_that_finds_it(folder: str) -> None:
    """The socket of another machine looks dead from here: the home may be on a network share."""
    os.makedirs(folder, mode=0o700)
    here, there = socket.gethostname(), f"not-{socket.gethostname()}"
    week_s = 7 * 86400
    names = [f"{time.time_ns() - age_s * 10**9}-1-{of}.sock" for of, age_s in ((here, 1), (there, 60), (there, week_s))]
    for name in names:
        with socket.socket(socket.AF_UNIX) as dead, elsewhere_sockets._address(os.path.join(folder, name)) as address:
            dead.bind(address)
    assert not has_question(folder)
    assert sockets(folder) == [names[1]]


def test_other_files_in_the_folder_are_not_touched(folder: str) -> None:
    os.makedirs(folder, mode=0o700)
    for name in ("notes.txt", "x.sock", "1-2-3.sock.new"):
        with open(os.path.join(folder, name), "w", encoding="ascii"):
            pass
    assert not has_question(folder)
    assert len(sockets(folder)) == 3


def test_a_process_that_does_not_speak_is_passed_over(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere_client, "_TALK_S", 0.1)
    stopped = elsewhere_sockets.open_socket(elsewhere_sockets.new_path(folder))
    with stopped, answer_server(folder, QUESTION, lambda: None):
        assert has_question(folder)


@pytest.mark.parametrize(
    "got", [b"{}\n", b"[]\n", b"nonsense\n", b'{"pid": "x", "device": "", "text": ""}\n', b"[" * 9000, b""]
)
def test_a_process_that_speaks_nonsense_is_passed_over(folder: str, got: bytes) -> None:
    listener = elsewhere_sockets.open_socket(elsewhere_sockets.new_path(folder))

    def speak() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(got)

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    with listener:
        assert not has_question(folder)
    speaker.join(LONG_S)


def test_a_folder_with_a_long_name_serves_too(folder: str) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux can shorten a socket's name")
    deep = os.path.join(folder, *["a-folder-with-a-name-of-some-length"] * 5)
    asking = Asking(AnsweredElsewhere(Place(), deep))
    answer_in_thread(deep)
    assert asking.ended() == CODE
    assert sockets(deep) == []


@pytest.mark.parametrize("obstacle", ["a file in its place", "others may enter", "no sockets", "too long"])
def test_without_a_socket_it_is_asked_only_here(folder: str, obstacle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if obstacle == "a file in its place":
        os.makedirs(os.path.dirname(folder), mode=0o700)
        with open(folder, "w", encoding="ascii"):
            pass
    elif obstacle == "others may enter":
        os.makedirs(folder)
        os.chmod(folder, 0o755)
    elif obstacle == "no sockets":
        monkeypatch.setattr(elsewhere_server, "HAS_SOCKETS", False)
    else:
        folder = os.path.join(folder, "x" * 300)
    place, asking = started(folder)
    assert place.is_asking.wait(LONG_S)
    place.end("typed")
    assert asking.ended() == "typed"
    with pytest.raises(NeedsHuman, match="cannot be left open here"):
        WaitingProvider(folder, announce=lambda text: None, has_reader=True).ask(QUESTION)


def test_a_folder_that_others_may_enter_is_refused_and_so_is_windows(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.makedirs(folder)
    os.chmod(folder, 0o755)
    with pytest.raises(NotSetUp, match="is not this user's private folder"):
        has_question(folder)
    monkeypatch.setattr(elsewhere_client, "HAS_SOCKETS", False)
    with pytest.raises(NotSetUp, match="cannot be answered from another terminal"):
        has_question(folder)


def test_without_a_folder_no_question_waits(folder: str) -> None:
    assert not has_question(folder)
    assert not os.path.exists(folder)


def test_the_waiting_provider_says_where_to_answer_and_gets_the_code(folder: str) -> None:
    said: list[str] = []
    provider = WaitingProvider(folder, announce=said.append, has_reader=True)
    asking = Asking(provider)
    answer_in_thread(folder)
    assert asking.ended() == CODE
    assert said == [f"waiting 45 s for a code of {DEVICE}: answer in any terminal: aws-mfa code"]
    assert (provider.name, provider.has_human) == ("code", True)
    provider.say("AWS refused the code")
    assert said[1:] == ["AWS refused the code"]


def test_the_waiting_provider_gives_up(folder: str) -> None:
    provider = WaitingProvider(folder, announce=lambda text: None, has_reader=True, patience_s=0.1)
    with pytest.raises(NobodyAnswered, match=r"^nobody answered from another terminal within 0\.1 s$"):
        provider.ask(QUESTION)
    assert sockets(folder) == []


def test_the_waiting_provider_waits_for_a_connected_client(folder: str) -> None:
    asking = Asking(WaitingProvider(folder, announce=lambda text: None, has_reader=True, patience_s=0.2))
    with connected(folder) as connection:
        time.sleep(0.4)
        connection.sendall(f"{CODE}\n".encode())
        assert connection.recv(64) == b"taken\n"
    assert asking.ended() == CODE


def test_other_processes_learn_that_a_person_is_answering(folder: str) -> None:
    """So that none of them gives up meanwhile."""
    cancellation = Cancellation()
    asking = Asking(WaitingProvider(folder, announce=lambda text: None, has_reader=True), cancellation)
    with connected(folder):
        assert cancellation.answering.wait(10)
    wait_until(lambda: not cancellation.answering.is_set())
    answer_in_thread(folder)
    assert asking.ended() == CODE


def test_a_client_extends_the_wait_only_once(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if it stays connected, and for a minute at most."""
    assert elsewhere_server.EXTENSION_S <= 60
    monkeypatch.setattr(elsewhere_server, "EXTENSION_S", 0.2)
    asking = Asking(WaitingProvider(folder, announce=lambda text: None, has_reader=True, patience_s=0.5))
    with connected(folder), pytest.raises(NobodyAnswered):
        asking.ended()


def test_the_check_cancels_the_waiting_provider(folder: str) -> None:
    cancellation = Cancellation()
    asking = Asking(WaitingProvider(folder, announce=lambda text: None, has_reader=True), cancellation)
    wait_for_sockets(folder)
    cancellation.cancel(WrongSecret("the keys are wrong"))
    with pytest.raises(WrongSecret):
        asking.ended()


def test_the_waiting_provider_is_not_tried_if_no_person_reads_its_line(folder: str) -> None:
    assert WaitingProvider(folder, announce=print, has_reader=True).can_answer(QUESTION)
    assert not WaitingProvider(folder, announce=print, has_reader=False).can_answer(QUESTION)


def test_no_error_and_no_file_contains_the_code(folder: str, home: str) -> None:
    errors: list[BaseException] = []

    class Watching(Place):
        def ask(self, question: CodeQuestion, cancellation: Cancellation | None = None) -> str:
            try:
                return super().ask(question, cancellation)
            except BaseException as error:
                errors.append(error)
                raise

    provider = AnsweredElsewhere(Watching(), folder)
    asking = Asking(provider)
    answer_in_thread(folder)
    assert asking.ended() == CODE
    (error,) = errors
    assert isinstance(error, elsewhere_server._Answered)
    assert CODE not in repr(error) + repr(vars(error)) + repr(vars(provider))
    assert [names for _, _, names in os.walk(home) if names] == []


OTHER_USER = """
import os, socket, sys
os.setuid(int(sys.argv[2]))
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(chr(0) + sys.argv[1])
    sys.stdout.buffer.write(connection.recv(64))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux names the user at the other end")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to be another user")
def test_another_user_who_can_connect_gets_nothing() -> None:
    """An abstract socket: no folder mode protects it."""
    name = f"aws-mfa-test-{os.getpid()}"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"\0{name}")
    listener.listen()
    waiting = elsewhere_server.AnswerServer(listener, QUESTION, lambda: None)
    try:
        for user, gets_question in ((65534, False), (0, True)):
            command = [sys.executable, "-c", OTHER_USER, name, str(user)]
            ended = subprocess.run(command, capture_output=True, timeout=30, check=True)
            assert bool(ended.stdout) == gets_question
    finally:
        waiting.close()
