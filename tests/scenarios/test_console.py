"""`aws-mfa console` as a process, and a real Chromium that follows the URL."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, urlsplit

import pytest

from aws_mfa_practice import faults
from aws_mfa_practice.account import Role
from classic_stage import ClassicStage
from needs import needs
from programs import run_program

pytestmark = pytest.mark.real

# As root Chromium wants no sandbox; it looks for nothing beyond this machine.
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server"),
)


@pytest.fixture
def role(stage: ClassicStage) -> Role:
    """Ann's profiles: `work` is her user, `prod` her role; her keys are in the credentials file."""
    role = stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    stage.write(stage.keys_section("work"))
    stage.write(
        f"[profile work]\nmfa_serial = {stage.phone.serial}\nregion = eu-central-1\n"
        f"[profile prod]\nrole_arn = {role.arn}\nsource_profile = work\n",
        stage.config,
    )
    return role


def seen_by_chromium(stage: ClassicStage, url: str, folder: str) -> str:
    """The page as Chromium has it after its scripts."""
    needs("chromium")
    ended = run_program(
        ["chromium", *QUIET, f"--user-data-dir={folder}", "--dump-dom", url],
        {"PATH": os.environ["PATH"], "HOME": stage.home},
        timeout_s=90,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_chromium_follows_the_url_of_a_role_and_is_signed_in(
    stage: ClassicStage, role: Role, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ended = stage.run("console", "prod", "--print-url", "--service", "s3", "--token", stage.code())
    assert ended.code == 0, ended
    assert ended.out.count("\n") == 1
    assert f"signs in as {role.arn} for 1 h" in ended.err
    page = seen_by_chromium(stage, ended.out.strip(), str(tmp_path_factory.mktemp("chromium")))
    assert f":assumed-role/{role.name}/ann</b>" in page
    assert "https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1</b>" in page
    assert "[prod]" not in stage.read()


def test_a_user_without_a_role_signs_in_without_a_code(stage: ClassicStage, role: Role) -> None:
    ended = stage.run("console", "work", "--print-url")
    assert ended.code == 0, ended
    assert "work has no role: signed in without proof of MFA" in ended.err
    assert stage.sent() == ["GetCallerIdentity", "GetFederationToken", "getSigninToken"]
    asked = stage.aws.requests[1]
    assert asked.parameters["Name"] == "ann"
    assert asked.parameters["PolicyArns.member.1.arn"] == "arn:aws:iam::aws:policy/AdministratorAccess"
    assert asked.access_key_id == stage.ann.keys.access_key_id


def test_the_browser_of_the_environment_gets_the_url_and_stdout_stays_empty(
    stage: ClassicStage, role: Role, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("browser")
    script, shown = folder / "browser", folder / "shown"
    script.write_text(f'#!/bin/sh\necho noise\necho noise >&2\necho "$1" >"{shown}"\n')
    script.chmod(0o700)
    ended = stage.run("console", "work", env={"BROWSER": str(script)})
    assert (ended.code, ended.out) == (0, "")
    assert "noise" not in ended.err
    assert parse_qs(urlsplit(shown.read_text().strip()).query)["Action"] == ["login"]


def test_without_a_browser_the_url_is_printed(stage: ClassicStage, role: Role) -> None:
    ended = stage.run("console", "work")
    assert ended.code == 0
    assert ended.out.startswith(f"{stage.aws.url}/federation?Action=login&")
    assert "no browser can be opened from here" in ended.err


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (faults.internal_failure(), 6, "failed (HTTP 500)"),
        (faults.throttling(), 5, "refused the session (HTTP 400)"),
        (faults.captive_portal(), 6, "is not AWS: a web page or a redirect"),
        (faults.reset(), 6, "was cut before the whole answer had arrived"),
        (faults.empty_body(), 6, "cannot be read"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_what_goes_wrong_at_sign_in_is_reported_without_the_session(
    stage: ClassicStage, role: Role, fault: faults.Fault, code: int, words: str
) -> None:
    stage.aws.faults.add("getSigninToken", fault)
    ended = stage.run("console", "work", "--print-url", env={"PYTHONDEVMODE": "1"})
    assert (ended.code, ended.out) == (code, "")
    assert words in ended.err
    assert [secret for secret in secrets_of(stage) if secret in ended.err] == []


def test_nothing_secret_is_printed_or_left_behind(stage: ClassicStage, role: Role) -> None:
    """The URL is on stdout and nowhere else; keys, session and token are nowhere else in it."""
    ended = stage.run("console", "work", "--print-url", env={"PYTHONDEVMODE": "1"})
    token = parse_qs(urlsplit(ended.out.strip()).query)["SigninToken"][0]
    assert [secret for secret in secrets_of(stage) if secret in ended.out + ended.err] == []
    assert token not in ended.err
    held = [path for path in files_below(stage.home) if token.encode() in open_bytes(path)]
    assert held == []


def secrets_of(stage: ClassicStage) -> list[str]:
    sessions = [(one.secret_access_key, one.session_token) for one in stage.aws.sessions.values()]
    assert sessions
    return [stage.ann.keys.secret_access_key, *(secret for pair in sessions for secret in pair)]


def files_below(folder: str) -> list[str]:
    return [os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names]


def open_bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
