"""
Every state of the two AWS files x every command -> the class of the message: no traceback, no value of a key.

`SOUND` is what the commands say where nothing is wrong; the two tables below it say what a state of the files makes of
that. All runs are in this process; no person is there, and nothing is sent.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Mapping
from typing import Any
from unittest import mock

import pytest

from aws_mfa.cli import main
from aws_mfa.cli.wiring import RealInterfaces
from fakes import DEVICE, FakeTerminal

if sys.platform == "win32":
    pytest.skip("links and modes of POSIX", allow_module_level=True)

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = f"aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
CREDENTIALS = f"[work-long-term]\naws_mfa_device = {DEVICE}\n{KEYS}"
WORK = f"[profile work]\nregion = us-east-1\nmfa_serial = {DEVICE}\n"
PROD = "[profile prod]\nrole_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = work\n"
CONFIG = PROD + WORK

ARGV = {
    "classic": ["--profile", "work"],
    "setup": ["setup", "--profile", "new"],
    "import": ["import", "--dry-run", "--vault", "age"],
    "plan": ["plan", "prod", "work"],
    "renew": ["renew", "prod", "work", "--no-input"],
    "exec": ["exec", "prod", "--no-input", "--", "true"],
    "env": ["env", "prod", "--no-input"],
    "credential-process": ["credential-process", "prod"],
    "code": ["code"],
    "console": ["console", "prod", "--no-input"],
    "serve": ["serve", "prod", "--no-input"],
    "rotate": ["rotate", "prod", "--no-input"],
    "forget": ["forget", "work"],
    "adopt": ["adopt", "--dry-run", "prod"],
    "vault": ["vault", "list"],
    "devices": ["devices", "work"],
    "agent": ["agent", "setup", "claude", "prod"],
    "completion": ["completion", "profiles"],
    "doctor": ["doctor"],
    "status": ["status", "prod", "work"],
    "whoami": ["whoami", "prod", "--no-input"],
}
READS_NO_AWS_FILE = {"demo", "enroll", "history"}  # enroll: without a terminal

HANDS_OVER = ("exec", "env", "credential-process", "console", "serve", "rotate", "whoami")
NO_CODE = (4, "needs an MFA code")
SOUND = {
    "classic": (1, "ERROR - nobody is there"),
    "setup": (4, "aws-mfa: nobody is there"),
    "import": (0, "long-term keys found"),
    "plan": (0, "2 profiles, 1 code"),
    "renew": (4, "not tried, because mfa@work-long-term failed"),
    **dict.fromkeys(HANDS_OVER, NO_CODE),
    "code": (4, "no question is waiting"),
    "forget": (0, "no stored session"),
    "adopt": (0, "prod: would be adopted"),
    "vault": (0, "...MPLE"),
    "devices": (6, "cannot be resolved"),
    "agent": (0, "agents get all that you may do with prod"),
    "completion": (0, "work"),
    "status": (0, "210987654321  Admin"),
}
BOM, BYTES = "the file starts with a byte order mark", "bytes that are not UTF-8"
JUNK = "neither a comment, a [section] nor a 'key = value' line"
NO_EQUALS_SIGN = "no '=' in a line below an empty value: SDKs cannot load the file"
NO_BLOCK = "is not a block of indented 'key = value' lines"
LINK_TO_ITSELF, FOLDER = object(), object()

# State -> credentials, config, what every command that reads the files says (exit 3, the classic form 1).
BROKEN: dict[str, tuple[object, object, str]] = {
    "credentials: byte order mark": ("\ufeff" + CREDENTIALS, CONFIG, f"credentials, line 1: {BOM}"),
    "credentials: bad bytes": (CREDENTIALS.encode() + b"# \xff\xfe\n", CONFIG, f"credentials, line 5: {BYTES}"),
    "credentials: junk": (f"{CREDENTIALS}{SECRET}\n", CONFIG, f"credentials, line 5: {JUNK}"),
    "credentials: keys before a section": (KEYS + CREDENTIALS, CONFIG, "line 1: a key before the first"),
    "credentials: section again": (CREDENTIALS * 2, CONFIG, "line 5: duplicate section [work-long-term]"),
    "credentials: key again": (CREDENTIALS + KEYS, CONFIG, "line 5: duplicate key in section [work-long-term]"),
    "credentials: a link to itself": (LINK_TO_ITSELF, CONFIG, "credentials: Too many levels of symbolic links"),
    "credentials: a folder": (FOLDER, CONFIG, "credentials is a folder, not a regular file"),
    "config: byte order mark": (CREDENTIALS, "\ufeff" + CONFIG, f"config, line 1: {BOM}"),
    "config: bad bytes": (CREDENTIALS, CONFIG.encode() + b"# \xff\xfe\n", f"config, line 7: {BYTES}"),
    "config: junk": (CREDENTIALS, f"{CONFIG}{SECRET}\n", f"config, line 7: {JUNK}"),
    "config: section again": (CREDENTIALS, CONFIG + WORK, "config, line 7: duplicate section [profile work]"),
    "credentials: nested junk": (f"{CREDENTIALS}s3 =\n  x\n", CONFIG, f"credentials, line 6: {NO_EQUALS_SIGN}"),
    "config: nested junk": (CREDENTIALS, f"{CONFIG}s3 =\n  x = 1\n  y\n", f"config, line 9: {NO_EQUALS_SIGN}"),
    "config: a link to itself": (CREDENTIALS, LINK_TO_ITSELF, "config: Too many levels of symbolic links"),
    "config: a folder": (CREDENTIALS, FOLDER, "config is a folder, not a regular file"),
}  # fmt: skip
# State -> command -> what it says all the same.
IN_SPITE_OF_IT = {
    "credentials: a link to itself": {"classic": (1, "Could not locate credentials file at")},
    "config: section again": {"import": SOUND["import"]},
    "config: nested junk": {command: SOUND[command] for command in ("import", "forget", "completion")},
    **{
        state: {"completion": SOUND["completion"]}
        for state in ("credentials: keys before a section", "config: junk", "credentials: nested junk")
    },
}

NO_KEYS = (3, "Long term credentials session '[work-long-term]' is missing")
KEYS_IN_TARGET = (3, "holds long-term keys: they are not overwritten")
CIRCLE = (3, "leads in a circle: prod -> x -> prod")
NO_PROFILE = (3, "there is no profile 'prod'")
NO_KEYS_FOR_SDKS = (3, "aws-mfa has no long-term keys of profile work, which signs for it: none are stored")
WITHOUT_KEYS = {
    "import": (0, "no long-term keys found"),
    "vault": (0, "no long-term keys; store some with"),
    "adopt": NO_KEYS_FOR_SDKS,
    **dict.fromkeys(("plan", "renew", "devices", *HANDS_OVER), NO_KEYS),
}
WITHOUT_PROFILE = {**dict.fromkeys(("plan", "adopt", "status", *HANDS_OVER), NO_PROFILE), "renew": (4, NO_PROFILE[1])}
WITHOUT_PROFILE["agent"] = (0, NO_PROFILE[1])
# State -> credentials, config, which commands say something else than `SOUND`.
OTHER_STATES: dict[str, tuple[object, object, dict[str, tuple[int, str]]]] = {
    "sound": (CREDENTIALS, CONFIG, {}),
    "credentials: missing": (None, CONFIG, {**WITHOUT_KEYS, "classic": (1, "Could not locate credentials file at")}),
    "credentials: empty": ("", CONFIG, {**WITHOUT_KEYS, "classic": (1, NO_KEYS[1])}),
    "credentials: only comments": ("# nothing\n\n", CONFIG, {**WITHOUT_KEYS, "classic": (1, NO_KEYS[1])}),
    "credentials: long-term keys in the targets": (
        f"[work]\n{KEYS}[prod]\n{KEYS}", CONFIG,
        {"renew": KEYS_IN_TARGET, "plan": (0, f"{KEYS_IN_TARGET[1]}, so renew refuses"),
         "classic": (1, "section [work] holds long-term keys: aws-mfa import --profile work"),
         "adopt": (3, "holds long-term keys, which SDKs would use")},
    ),
    **{f"config: {state}": (CREDENTIALS, text, WITHOUT_PROFILE)
       for state, text in (("missing", None), ("empty", ""))},
    "config: services block that is none": (
        CREDENTIALS, f"{CONFIG}services = x\n[services x]\nsts = y\n",
        {"classic": (1, NO_BLOCK), **dict.fromkeys(("plan", "renew", "devices", *HANDS_OVER), (3, NO_BLOCK))},
    ),
    "config: circle": (
        CREDENTIALS, f"{WORK}{PROD}{PROD.replace('prod', 'x')}".replace("= work", "= x", 1).replace("= work", "= prod"),
        {**dict.fromkeys(("adopt", *HANDS_OVER), CIRCLE), "plan": (3, "1 profile, 1 code"), "renew": (4, CIRCLE[1]),
         "status": (0, CIRCLE[1])},
    ),
}  # fmt: skip


def test_every_command_is_in_the_table() -> None:
    assert set(ARGV) == {"classic", *main.COMMANDS} - READS_NO_AWS_FILE
    assert set(SOUND) == set(ARGV) - {"doctor"}  # where files can be read, it asks AWS for the time


@pytest.mark.parametrize("state", BROKEN)
def test_every_command_says_what_is_wrong_with_a_file(state: str, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials, config, message = BROKEN[state]
    wanted = {command: (1 if command in ("classic", "doctor") else 3, message) for command in ARGV}
    wanted |= {"code": SOUND["code"], **IN_SPITE_OF_IT.get(state, {})}
    check(credentials, config, wanted, home, monkeypatch)


@pytest.mark.parametrize("state", OTHER_STATES)
def test_what_a_file_holds_decides_what_is_printed(state: str, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials, config, others = OTHER_STATES[state]
    check(credentials, config, SOUND | others, home, monkeypatch)


def test_a_file_that_others_can_read_is_narrowed_and_used(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check(CREDENTIALS, CONFIG, SOUND, home, monkeypatch, mode=0o644)


NAMED = {"forget": ["forget"], "adopt": ["adopt"], **{name: [name] for name in ("plan", "renew", *HANDS_OVER)}}


@pytest.mark.parametrize("command", NAMED)
@pytest.mark.parametrize(
    ("name", "shown"), [("a\x1b[1m", "'a\\x1b[1m'"), ("DOM\\ann", "'DOM\\ann'"), ("a\tb", "'a\\tb'")]
)
def test_a_name_with_control_characters_is_escaped_once(
    command: str, name: str, shown: str, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", home)
    exit_code, said = run([command, name, *(["--", "true"] if command == "exec" else [])], monkeypatch)
    assert (exit_code != 0, f"there is no profile {shown}" in said) == (True, True), said


@pytest.mark.parametrize("name", ["credentials", "config", "mfa/known-keys"])
def test_a_file_of_two_gigabytes_is_reported_as_that(home: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", home)
    path = os.path.join(home, ".aws", name)
    os.makedirs(os.path.dirname(path), mode=0o700)
    put(CREDENTIALS, os.path.join(home, ".aws", "credentials"), 0o600)
    with open(path, "wb") as file:
        file.truncate(2 << 30)  # no byte of it is on the disk
    for command in ("classic", "plan", "exec", "setup", "import"):
        exit_code, said = run(ARGV[command], monkeypatch)
        assert f"{path} has 2048 MB" in said, (command, exit_code, said)


def test_too_little_memory_is_said(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", home)
    monkeypatch.setattr("aws_mfa.cli.wiring.find_files", mock.Mock(side_effect=MemoryError))
    exit_code, said = run(ARGV["plan"], monkeypatch)
    assert (exit_code, "aws-mfa: out of memory" in said) == (1, True)


WRITES = ("setup", "renew", *HANDS_OVER, "devices")
OPEN = (3, "so it is not used for keys and commands")


@pytest.mark.parametrize("place", [".aws", ".aws/config", ".aws/credentials"])
@pytest.mark.parametrize("is_strict", [True, False])
def test_what_others_can_write_is_used_for_no_code_and_no_keys(
    place: str, home: str, monkeypatch: pytest.MonkeyPatch, *, is_strict: bool
) -> None:
    if not is_strict:
        monkeypatch.setenv("AWS_MFA_STRICT_MODES", "no")
    wanted = {**SOUND, **dict.fromkeys(WRITES, OPEN)} if is_strict else SOUND
    check(CREDENTIALS, CONFIG, wanted, home, monkeypatch, opened=place)
    for command in ("classic", "renew"):  # it repairs what is this user's, and the others do not
        is_open = os.stat(os.path.join(home, command, place)).st_mode & 0o002
        assert bool(is_open) == (command == "renew" if is_strict else place != ".aws/credentials")


def check(
    credentials: object,
    config: object,
    wanted: Mapping[str, tuple[int, str]],
    home: str,
    monkeypatch: pytest.MonkeyPatch,
    mode: int = 0o600,
    opened: str | None = None,
) -> None:
    """Run every command, each on files of its own."""
    for name, value in (("AWS_MFA_VAULT", "file"), ("AWS_MFA_SESSION_STORE", "none")):
        monkeypatch.setenv(name, value)
    for command, (code, message) in wanted.items():
        own = os.path.join(home, command)
        os.makedirs(os.path.join(own, ".aws"), mode=0o700)
        monkeypatch.setenv("HOME", own)
        put(credentials, os.path.join(own, ".aws", "credentials"), mode)
        put(config, os.path.join(own, ".aws", "config"), 0o600)
        if opened:
            os.chmod(os.path.join(own, opened), 0o777 if opened == ".aws" else 0o666)
        exit_code, said = run(ARGV[command], monkeypatch)
        assert (exit_code, message in said) == (code, True), f"{command}: exit {exit_code}, {said}"
        for never in (SECRET, KEY_ID, "Traceback", "this is a bug"):
            assert never not in said, f"{command}: {never}"


def put(what: object, path: str, mode: int) -> None:
    if what is LINK_TO_ITSELF:
        os.symlink(path, path)
    elif what is FOLDER:
        os.mkdir(path)
    elif what is not None:
        assert isinstance(what, (str, bytes))
        with open(path, "wb") as file:
            file.write(what.encode() if isinstance(what, str) else what)
        os.chmod(path, mode)


def run(argv: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Exit code and everything printed, without a person."""
    terminal = FakeTerminal(has_human=False)

    def without_a_person(**given: Any) -> RealInterfaces:  # noqa: ANN401  # the arguments of RealInterfaces
        interfaces = RealInterfaces(**{**given, "never_asks": True})
        interfaces.terminal = terminal
        return interfaces

    monkeypatch.setattr(main, "RealInterfaces", without_a_person)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        exit_code = main.main(list(argv))
    return exit_code, "\n".join((said.getvalue(), *terminal.said))
