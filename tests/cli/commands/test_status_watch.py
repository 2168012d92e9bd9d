"""`status --watch`: when the files are read again, what a renewal says, and where there is no view."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from aws_mfa.cli.commands import status
from aws_mfa.cli.commands.renew import renewed
from aws_mfa.errors import AwsMfaError, BadInput, BrokenFile, Cancelled, NotSetUp
from aws_mfa.vaults.journal import Place, Rotation, reminders, with_rotation
from cli.commands.running import run_command
from fakes import ANN, DEVICE, KEYS, NOW, FakeInterfaces, FakeScreen, FakeTerminal, MemoryFile, as_interfaces

CONFIG = f"[profile work]\nmfa_serial = {DEVICE}\nregion = eu-west-1\n"


class ActingScreen(FakeScreen):
    """A key may be something that happens while no key comes."""

    def __init__(self, *keys: str | Callable[[], object]) -> None:
        super().__init__()
        self.acts = list(keys)

    def key(self, wait_s: float | None) -> str:
        key = self.acts.pop(0)
        if isinstance(key, str):
            return key
        key()
        return ""


def watched(*keys: str | Callable[[], object], codes: tuple[str | AwsMfaError, ...] = ()) -> FakeInterfaces:
    interfaces = FakeInterfaces("", CONFIG)
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    interfaces.known_keys.text = "[work-long-term]\nvault = keychain\n"
    interfaces.terminal = FakeTerminal(*codes)
    interfaces.fake_screen = ActingScreen(*keys)
    return interfaces


def pictures(interfaces: FakeInterfaces, monkeypatch: pytest.MonkeyPatch, *argv: str, exit_code: int = 0) -> list[str]:
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: True))
    assert run_command(status, interfaces, "--watch", *argv) == exit_code
    assert interfaces.fake_screen is not None
    return interfaces.fake_screen.drawn


def test_the_time_left_counts_and_the_files_are_read_when_they_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    interfaces = watched(codes=("123456",))
    readable, reads = interfaces.config, []

    class Counted(MemoryFile):
        def read(self) -> str:
            reads.append("config")
            if self.text is None:
                raise BrokenFile("no text", "fix it")
            return self.text

    def later() -> None:
        interfaces.moment += 60

    def changed(text: str | None) -> Callable[[], None]:
        return lambda: setattr(interfaces.config, "text", text)

    interfaces.config = Counted(readable.text)
    new = f"[profile new]\n{CONFIG}"
    interfaces.fake_screen = ActingScreen("r", "j", later, reads.clear, changed(None), changed(new), "q")
    drawn = [picture.splitlines() for picture in pictures(interfaces, monkeypatch)]
    assert "-  " in drawn[0][1]
    assert "(12 h)" in drawn[2][1]
    assert ["(11 h 59 min)" in lines[1] for lines in drawn[4:6]] == [True, True]
    assert drawn[6][-3:-1] == ["no text", "hint: fix it"]
    assert [line.split()[0] for line in drawn[7][1:3]] == ["new", ">"]
    assert reads == ["config"] * 2


def test_what_is_wrong_with_the_selected_profile_and_reminders_are_below(monkeypatch: pytest.MonkeyPatch) -> None:
    interfaces = watched("j", "q")
    interfaces.config.text = f"{CONFIG}[profile lost]\nrole_arn = arn:aws:iam::123456789012:role/a\n"
    rotation = Rotation(KEYS.access_key_id, ANN, "work", (Place("keychain", "work-long-term"),), NOW)
    interfaces.rotations.text = with_rotation("", rotation)
    (reminder,) = reminders(interfaces.rotations.text, NOW)
    first, second = ([*map(str.strip, one.splitlines())][2:] for one in pictures(interfaces, monkeypatch))
    assert " ".join(first[1:-1]).strip() == reminder
    note = "role_arn in ~/.aws/config [profile lost] has no source_profile beside it"
    assert " ".join(second[1:-1]).strip() == f"{note} {reminder}"


def test_only_the_profiles_named_are_shown_and_ctrl_c_ends_it_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    interfaces = watched()
    interfaces.config.text = f"{CONFIG}[profile other]\n"
    interfaces.fake_screen = FakeScreen()
    (drawn,) = pictures(interfaces, monkeypatch, "other", exit_code=130)
    assert drawn.splitlines()[1].startswith("> other")
    assert "work" not in drawn


def test_without_a_screen_or_a_terminal_for_output_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    interfaces = watched("q")
    with pytest.raises(BadInput, match="--watch needs a terminal"):
        run_command(status, interfaces, "--watch")
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: True))
    interfaces.fake_screen = None
    with pytest.raises(BadInput, match="--watch needs a terminal"):
        run_command(status, interfaces, "--watch")
    interfaces.fake_screen, interfaces.config.text, interfaces.known_keys.text = FakeScreen("q"), None, None
    with pytest.raises(NotSetUp):
        run_command(status, interfaces, "--watch")


def test_a_renewal_says_what_renew_would_and_raises_nothing() -> None:
    interfaces = watched(codes=("123456",))
    assert renewed("work", as_interfaces(interfaces), anew=False) == [
        "work: renewed until Sun 18:03:19 UTC (12 h), credentials file"
    ]
    assert renewed("work", as_interfaces(interfaces), anew=False)[0].startswith("work: still good until ")
    interfaces.terminal = FakeTerminal(Cancelled("cancelled"))
    assert renewed("work", as_interfaces(interfaces), anew=True) == ["work: cancelled"]
    assert renewed("nowhere", as_interfaces(interfaces), anew=False)[0].startswith("nowhere: there is no profile")


@pytest.mark.parametrize(
    ("raised", "said"),
    [(KeyboardInterrupt(), "work: cancelled"), (RuntimeError("a secret"), "work: unexpected RuntimeError in ")],
)
def test_a_bug_or_ctrl_c_in_a_renewal_is_one_line(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException, said: str
) -> None:
    interfaces = watched(codes=("123456",))

    def fails(*_: object) -> None:
        raise raised

    monkeypatch.setattr(interfaces.fake_sts, "get_session_token", fails)
    line, *_ = renewed("work", as_interfaces(interfaces), anew=False)
    assert line.startswith(said)
    assert "a secret" not in line
