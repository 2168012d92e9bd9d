"""The hot path loads our own light modules and nothing else: what is looked at is `sys.modules`, not a clock."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from types import SimpleNamespace

import pytest

from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.handover.listening.unix_socket import SocketEndpoint
from aws_mfa.model import Secret, Session
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.sessions import watch as fingerprints
from aws_mfa.sessions.container import ServedSession
from programs import SOURCE, run_program
from users_and_modes import posix_only

# A new name here costs every run of every user: bench/hot_path.py says how much.
OUR_MODULES = {
    "aws_mfa",
    "aws_mfa.aws_values",
    "aws_mfa.config",
    "aws_mfa.sessions",
    "aws_mfa.cli",
    "aws_mfa.cli.classic",
    "aws_mfa.cli.fast",
    "aws_mfa.cli.classic.messages",
    "aws_mfa.cli.fast.answer",
    "aws_mfa.cli.start",
    "aws_mfa.errors",
    "aws_mfa.config.settings",
    "aws_mfa.aws_values.text",
    "aws_mfa.sessions.freshness",
    "aws_mfa.config.ini",
    "aws_mfa.config.sections",
}
# Of a session that is handed over: nothing of the classic form, and the other way round.
OUR_MODULES_TO_HAND_OVER = {
    "aws_mfa",
    "aws_mfa.aws_values",
    "aws_mfa.handover",
    "aws_mfa.sessions",
    "aws_mfa.system",
    "aws_mfa.cli.fast",
    "aws_mfa.system.ownership",
    "aws_mfa.cli.fast.session",
    "aws_mfa.sessions.fast_lookup",
    "aws_mfa.cli",
    "aws_mfa.cli.start",
    "aws_mfa.errors",
    "aws_mfa.model",
    "aws_mfa.handover.environment",
    "aws_mfa.sessions.entry",
    "aws_mfa.sessions.places",
    "aws_mfa.sessions.fingerprint",
    "aws_mfa.sessions.history",
    "aws_mfa.aws_values.text",
}
OUR_MODULES_TO_ASK_A_SOCKET = {
    "aws_mfa",
    "aws_mfa.aws_values",
    "aws_mfa.aws_values.text",
    "aws_mfa.cli",
    "aws_mfa.cli.fast",
    "aws_mfa.cli.fast.from_socket",
    "aws_mfa.cli.start",
    "aws_mfa.errors",
    "aws_mfa.model",
    "aws_mfa.sessions",
    "aws_mfa.sessions.entry",
    "aws_mfa.system",
    "aws_mfa.system.unix_sockets",
}
OUR_MODULES_FOR_NAMES = {
    "aws_mfa",
    "aws_mfa.cli",
    "aws_mfa.cli.fast",
    "aws_mfa.cli.fast.names",
    "aws_mfa.cli.start",
    "aws_mfa.config",
    "aws_mfa.config.index",
    "aws_mfa.config.ini",
    "aws_mfa.config.profile_names",
    "aws_mfa.config.sections",
    "aws_mfa.errors",
}
# Of the segment for a shell's prompt, by where the session is: in the environment, the credentials file, a store.
OUR_MODULES_FOR_THE_PROMPT = {
    "aws_mfa",
    "aws_mfa.aws_values",
    "aws_mfa.cli",
    "aws_mfa.cli.fast",
    "aws_mfa.cli.fast.segment",
    "aws_mfa.cli.start",
    "aws_mfa.errors",
    "aws_mfa.aws_values.text",
}
TO_READ_THE_FILE = {"aws_mfa.config", "aws_mfa.config.ini"}
TO_READ_A_STORE = {
    "aws_mfa.config.sections",
    "aws_mfa.model",
    "aws_mfa.sessions",
    "aws_mfa.sessions.entry",
    "aws_mfa.sessions.places",
    "aws_mfa.system",
    "aws_mfa.system.ownership",
}
# All but free; the rest that is used, `os` above all, a bare interpreter has already loaded.
OF_THE_STANDARD_LIBRARY = {"__future__", "time", "errno", "gc", "_signal"}
# `os.execvpe` loads it where it looks for the program; since 3.14 it is two modules, and needs the second's C part.
TO_FIND_A_PROGRAM = {"warnings", "_py_warnings", "_contextvars"}

PROGRAM = """
import sys
before = set(sys.modules)
import aws_mfa.cli.start
import os

def become(program, command, environ):
    os.get_exec_path(environ)
    print(*(set(sys.modules) - before))
    sys.exit(None if environ["AWS_ACCESS_KEY_ID"] else "no session")

os.execvpe = become
text = aws_mfa.cli.start._fast_text(sys.argv[1:])
print(*(set(sys.modules) - before))
sys.exit("in doubt: the full path would answer" if text is None else None)
"""

DEVICE = "arn:aws:iam::123456789012:mfa/ann"
ROLE = "arn:aws:iam::123456789012:role/Admin"
LONG_TERM_KEYS = f"aws_access_key_id = AKIA{'A' * 16}\naws_secret_access_key = {'s' * 40}\n"


def session(name: str, role: str | None = None) -> str:
    expires_at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 36000))
    return (
        f"[{name}]\nassumed_role = {bool(role)}\n"
        + (f"assumed_role_arn = {role}\n" if role else "")
        + f"aws_access_key_id = ASIA{'A' * 16}\naws_secret_access_key = {'s' * 40}\n"
        + f"aws_session_token = {'t' * 400}\naws_security_token = {'t' * 400}\nexpiration = {expires_at}\n\n"
    )


def many(count: int) -> str:
    return "".join(f"[team-{number}]\naws_access_key_id = x\nregion = eu-west-1\n\n" for number in range(count))


KEYS_IN_THE_FILE = f"[default-long-term]\n{LONG_TERM_KEYS}\n[work-long-term]\n{LONG_TERM_KEYS}\n"
NOTED_KEYS = f"[default-long-term]\nvault = keychain\naws_access_key_id = AKIA{'A' * 16}\n"


def write(home: str, name: str, text: str) -> None:
    path = os.path.join(home, ".aws", name)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def modules_loaded(home: str, *argv: str, **variables: str) -> set[str]:
    """What a fresh interpreter has loaded for the fast answer, beyond what it starts with."""
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT")}
    environment |= {"HOME": home, "USERPROFILE": home, **SOURCE, **variables}
    done = run_program([sys.executable, "-c", PROGRAM, *argv], environment)
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--profile", "work"],
        ["--profile=work", "--log-level=ERROR"],
        ["--device", DEVICE, "--duration", "43200", "--long-term-suffix", "long-term", "--short-term-suffix", "none"],
        ["--profile", "admin", "--long-suffix", "long-term", "--assume-role", ROLE, "--role-session-name", "ann"],
        ["--no-keychain"],
        ["--vault", "file"],
    ],
    ids=lambda argv: " ".join(argv) or "no flags",
)
def test_a_good_session_is_answered_without_any_heavy_module(home: str, argv: list[str]) -> None:
    keys = f"{KEYS_IN_THE_FILE}[admin-long-term]\n{LONG_TERM_KEYS}\n"
    write(home, "credentials", keys + session("default") + session("work") + session("admin", ROLE))
    assert modules_loaded(home, *argv) - OF_THE_STANDARD_LIBRARY == OUR_MODULES


def test_the_note_is_enough_to_know_keys_in_a_vault(home: str) -> None:
    """Neither keyring nor D-Bus nor age is loaded to learn that there are keys."""
    write(home, "credentials", session("default"))
    write(home, os.path.join("mfa", "known-keys"), NOTED_KEYS)
    assert modules_loaded(home) <= OUR_MODULES | OF_THE_STANDARD_LIBRARY


def test_names_of_profiles_are_printed_without_any_heavy_module(home: str) -> None:
    write(home, "credentials", KEYS_IN_THE_FILE + session("default"))
    write(home, "config", "[profile dev]\nregion = eu-west-1\n[profile 'two words']\nrole_arn = x\n")
    assert modules_loaded(home, "completion", "profiles") - OF_THE_STANDARD_LIBRARY == OUR_MODULES_FOR_NAMES


@pytest.mark.parametrize("count", [1_000, 7_001, 10_000, 10_007])
@pytest.mark.parametrize("place", ["first", "last"])
def test_ten_thousand_profiles_change_nothing(home: str, place: str, count: int) -> None:
    """The file is read in parts then: wherever the parts end, the answer is found in them."""
    ours = KEYS_IN_THE_FILE + session("default")
    write(home, "credentials", ours + many(count) if place == "first" else many(count) + ours)
    assert modules_loaded(home) <= OUR_MODULES | OF_THE_STANDARD_LIBRARY


@pytest.mark.parametrize("store", ["memory", "plain"])
@pytest.mark.parametrize(
    ("argv", "found"),
    [
        (["credential-process", "work"], set()),
        pytest.param(
            ["exec", "work", "--", "x"],
            TO_FIND_A_PROGRAM,
            marks=pytest.mark.skipif(os.name == "nt", reason="a program cannot become another"),
        ),
    ],
    ids=["credential-process", "exec"],
)
def test_a_stored_session_is_handed_over_without_any_heavy_module(
    home: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    store: str,
    argv: list[str],
    found: set[str],
) -> None:
    runtime = request.getfixturevalue("runtime") if store == "memory" else ""
    variables = {"AWS_MFA_SESSION_STORE": store, "XDG_RUNTIME_DIR": runtime, "LOGNAME": "ann"}
    leave_a_fingerprint(home, variables, monkeypatch)
    loaded = modules_loaded(home, *argv, **variables)
    assert loaded - OF_THE_STANDARD_LIBRARY - found == OUR_MODULES_TO_HAND_OVER


@posix_only
def test_a_session_from_a_socket_is_printed_without_any_heavy_module(home: str) -> None:
    with tempfile.TemporaryDirectory(prefix="s") as folder, SocketEndpoint(f"{folder}/socket", time.time) as endpoint:
        session = Session("ASIAIOSFODNN7EXAMPLE", Secret("s"), Secret("t"), time.time() + 3600)
        endpoint.hand_out("work", ServedSession("work", session))
        loaded = modules_loaded(home, "credential-process", "--from", f"{folder}/socket", "work")
    assert loaded - OF_THE_STANDARD_LIBRARY - {"_socket"} == OUR_MODULES_TO_ASK_A_SOCKET
    assert os.listdir(home) == []


def leave_a_fingerprint(
    home: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, more: str = f"mfa_serial = {DEVICE}\n"
) -> None:
    """What a full run leaves that has handed over the session of the profile `work`."""
    write(home, "credentials", KEYS_IN_THE_FILE)
    write(home, "config", f"[profile work]\nregion = eu-west-1\n{more}[profile user]\nmfa_serial = {DEVICE}\n")
    notes = NOTED_KEYS.replace("default", "work") + NOTED_KEYS.replace("default", "user")
    write(home, os.path.join("mfa", "known-keys"), notes)
    monkeypatch.setenv("LOGNAME", "ann")
    monkeypatch.setattr(fingerprints, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + 3_000_000_000))
    interfaces = RealInterfaces(environ={"HOME": home, "USERPROFILE": home, **variables})
    found = make_plan(RenewalRequest(["work"], hands_over=True), interfaces).of_profile["work"]
    session = Session("ASIAIOSFODNN7EXAMPLE", Secret("s"), Secret("t"), time.time() + 3600)
    assert interfaces.session_cache.store(found.label, found.inputs, session)
    hand_over(RenewalRequest(["work"]), interfaces)


@pytest.mark.parametrize("change", [None, "text", pytest.param("mode", marks=posix_only), "gone"])
def test_a_narrow_profile_is_answered_without_any_heavy_module_until_its_policy_changes(
    home: str, monkeypatch: pytest.MonkeyPatch, change: str | None
) -> None:
    variables = {"AWS_MFA_SESSION_STORE": "plain", "LOGNAME": "ann"}
    more = f"role_arn = {ROLE}\nsource_profile = user\naws_mfa_policy = my policies/p.json\n"
    path = os.path.join(home, ".aws", "my policies", "p.json")
    write(home, os.path.join("my policies", "p.json"), "{}")
    leave_a_fingerprint(home, variables, monkeypatch, more)
    if change == "text":
        write(home, path, "{ }")
    elif change == "mode":
        os.chmod(path, 0o666)
    elif change == "gone":
        os.remove(path)
    if change is None:
        loaded = modules_loaded(home, "credential-process", "work", **variables)
        of_the_history = {"aws_mfa.aws_values.read_only"}
        assert loaded - OF_THE_STANDARD_LIBRARY - of_the_history == OUR_MODULES_TO_HAND_OVER
    else:
        with pytest.raises(AssertionError, match="in doubt"):
            modules_loaded(home, "credential-process", "work", **variables)


def test_the_prompts_segment_is_made_without_any_heavy_module(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(**variables: str) -> set[str]:
        return modules_loaded(home, "status", "--prompt", **variables) - OF_THE_STANDARD_LIBRARY

    shell = {"AWS_MFA_PROFILE": "work", "AWS_CREDENTIAL_EXPIRATION": "2036-11-22T06:03:19Z"}
    assert loaded() == loaded(**shell) == OUR_MODULES_FOR_THE_PROMPT
    write(home, "credentials", many(10_000) + session("default"))
    assert loaded(AWS_PROFILE="default") == OUR_MODULES_FOR_THE_PROMPT | TO_READ_THE_FILE
    os.remove(os.path.join(home, ".aws", "credentials"))
    variables = {"AWS_MFA_SESSION_STORE": "plain", "AWS_PROFILE": "work", "LOGNAME": "ann"}
    leave_a_fingerprint(home, variables, monkeypatch)
    assert loaded(**variables) == OUR_MODULES_FOR_THE_PROMPT | TO_READ_THE_FILE | TO_READ_A_STORE
