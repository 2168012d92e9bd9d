"""The real parts of a command that only looks: no file, mode, note or stored session changes."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.errors import NeedsHuman
from aws_mfa.model import Secret, Session
from fakes import KEYS
from users_and_modes import mode_of, posix_only
from vaults.test_age import with_fake_age

INPUTS = {"access_key_id": KEYS.access_key_id}


@pytest.fixture
def interfaces(home: str) -> RealInterfaces:
    return RealInterfaces(environ={"HOME": home, "PATH": os.environ["PATH"], "AWS_MFA_SESSION_STORE": "plain"})


@posix_only
def test_files_keep_their_bytes_and_modes(interfaces: RealInterfaces, home: str) -> None:
    file = Path(home, ".aws", "credentials")
    file.parent.mkdir(mode=0o700)
    file.write_text("[a]\n")
    file.chmod(0o644)
    looking = interfaces.replaced(looks_only=True)
    assert (looking.credentials.update(lambda text: f"{text}[b]\n"), looking.credentials.repair_mode()) == (
        False,
        False,
    )
    assert (looking.known_keys.update(lambda text: f"{text}[b]\n"), os.listdir(file.parent)) == (False, ["credentials"])
    assert (file.read_text(), mode_of(file)) == ("[a]\n", 0o644)
    assert interfaces.credentials.repair_mode()


def test_a_view_that_watches_the_files_sees_a_rotation(interfaces: RealInterfaces) -> None:
    before = interfaces.state_of_files()
    interfaces.rotations.update(lambda _: "[AKIAINVENTED]\nuser = x\n")
    assert interfaces.state_of_files() != before


def test_a_session_that_is_over_stays_and_is_not_found(interfaces: RealInterfaces, home: str) -> None:
    session = Session("ASIAINVENTED", Secret("s"), Secret("t"), time.time() - 60)
    assert interfaces.session_cache.store("work", INPUTS, session)
    assert interfaces.replaced(looks_only=True).session_cache.find("work", INPUTS) is None
    assert [name for name in os.listdir(Path(home, ".aws", "mfa", "sessions")) if name.startswith("session-")]
    assert interfaces.session_cache.find("work", INPUTS) is None
    assert not [name for name in os.listdir(Path(home, ".aws", "mfa", "sessions")) if name.startswith("session-")]


def test_the_command_that_prints_the_passphrase_is_not_run(
    home: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It may show a window."""
    with_fake_age(monkeypatch)
    interfaces = RealInterfaces(environ={"HOME": home, "AWS_MFA_AGE_PASSPHRASE_COMMAND": "echo open sesame"})
    interfaces.vault("age").store("work-long-term", KEYS)
    looking = interfaces.replaced(looks_only=True)
    looking.shared = type(looking.shared)()
    looking.say("not printed")
    with pytest.raises(NeedsHuman):
        looking.vault("age").load("work-long-term")
    assert capfd.readouterr() == ("", "")


def test_what_a_program_prints(interfaces: RealInterfaces) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(2)"
    assert (interfaces.printed_by([sys.executable, "-c", code], limit_s=30) or "").split() == ["out", "err"]
    assert interfaces.printed_by([sys.executable, "-c", "import time; time.sleep(60)"], limit_s=0.3) is None
    assert interfaces.printed_by(["there-is-no-such-program"], limit_s=30) is None
