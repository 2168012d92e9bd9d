"""The hot path loads our own light modules and nothing else: what is looked at is `sys.modules`, not a clock."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from needs import ROOT

# A new name here costs every run of every user: bench/hot_path.py says how much.
OUR_MODULES = {
    "aws_mfa",
    "aws_mfa.cli",
    "aws_mfa.cli.classic_messages",
    "aws_mfa.cli.quick_answer",
    "aws_mfa.cli.start",
    "aws_mfa.errors",
    "aws_mfa.rules",
    "aws_mfa.rules.classic_settings",
    "aws_mfa.rules.durations",
    "aws_mfa.rules.freshness",
    "aws_mfa.rules.ini_text",
    "aws_mfa.rules.section_names",
    "aws_mfa.rules.shown_text",
    "aws_mfa.rules.timestamps",
}
# All but free; the rest that is used, `os` above all, a bare interpreter has already loaded.
OF_THE_STANDARD_LIBRARY = {"__future__", "time"}

PROGRAM = """
import sys
before = set(sys.modules)
import aws_mfa.cli.start
import os
text = aws_mfa.cli.quick_answer.quick_answer(sys.argv[1:], os.environ)
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


def modules_loaded(home: str, *argv: str) -> set[str]:
    """What a fresh interpreter has loaded for the quick answer, beyond what it starts with."""
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT")}
    environment |= {"HOME": home, "USERPROFILE": home, "PYTHONPATH": os.path.join(ROOT, "src")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *argv],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
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


def test_keys_in_a_vault_are_known_by_the_note_alone(home: str) -> None:
    """Neither keyring nor D-Bus nor age is loaded to learn that there are keys."""
    write(home, "credentials", session("default"))
    write(home, os.path.join("mfa", "known-keys"), NOTED_KEYS)
    assert modules_loaded(home) <= OUR_MODULES | OF_THE_STANDARD_LIBRARY


@pytest.mark.parametrize("count", [1_000, 7_001, 10_000, 10_007])
@pytest.mark.parametrize("place", ["first", "last"])
def test_ten_thousand_profiles_change_nothing(home: str, place: str, count: int) -> None:
    """The file is read in parts then: wherever the parts end, the answer is found in them."""
    ours = KEYS_IN_THE_FILE + session("default")
    write(home, "credentials", ours + many(count) if place == "first" else many(count) + ours)
    assert modules_loaded(home) <= OUR_MODULES | OF_THE_STANDARD_LIBRARY
