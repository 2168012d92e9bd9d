"""What each coding tool is given, where it goes, and what a profile lacks."""

from __future__ import annotations

import json
import os
import shlex
import sys
from typing import Any

import pytest

from aws_mfa.agents.tools import TOOLS, left_to_do
from aws_mfa.config.profiles import AwsProfiles

HOME = "/home/ann"
OFF = "AWS_MFA_AGENT=off "  # the command is the user's, who types the code
FILES = [f"{HOME}/.aws/credentials", f"{HOME}/.aws/config", f"{HOME}/.aws/mfa", "/run/user/1/aws-mfa"]
KEPT = [f"{HOME}/.aws/credentials", f"{HOME}/.aws/mfa/**", "/run/user/1/aws-mfa/**"]
ROLE = "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = work\n"
OURS = "credential_process = aws-mfa credential-process dev\n"


def given(tool: str, profile: str = "dev", credentials: str = FILES[0], **environ: str) -> tuple[str, Any]:
    return TOOLS[tool](profile, HOME, [credentials, *FILES[1:]], environ)


@pytest.fixture(autouse=True)
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


def test_claude_code_is_denied_keys_sessions_and_the_rule_and_has_its_refresh_command() -> None:
    path, settings = given("claude")
    assert path == f"{HOME}/.claude/settings.json"
    assert settings["permissions"]["deny"] == [
        "Read(~/.aws/credentials)", "Read(~/.aws/mfa/**)", "Read(//run/user/1/aws-mfa/**)",
        "Edit(~/.aws/credentials)", "Edit(~/.aws/mfa/**)", "Edit(//run/user/1/aws-mfa/**)", "Edit(~/.aws/config)",
    ]  # fmt: skip
    assert (settings["env"], settings["awsAuthRefresh"]) == ({"AWS_PROFILE": "dev"}, f"{OFF}aws-mfa whoami dev")


@pytest.mark.parametrize(
    ("credentials", "rule"),
    [("/srv/keys", "Read(//srv/keys)"), ("/home/anna/keys", "Read(//home/anna/keys)"), (f"{HOME}/k", "Read(~/k)")],
)
def test_a_file_elsewhere_is_named_to_claude_code_as_an_absolute_path(credentials: str, rule: str) -> None:
    assert given("claude", credentials=credentials)[1]["permissions"]["deny"][0] == rule


def test_on_windows_claude_code_gets_paths_from_the_home_folder() -> None:
    home = "C:\\Users\\Ann"
    files = [f"{home}\\.aws\\{name}" for name in ("credentials", "config", "mfa")]
    deny = TOOLS["claude"]("dev", home, files, {})[1]["permissions"]["deny"]  # type: ignore[index]
    assert deny[:2] == ["Read(~/.aws/credentials)", "Read(~/.aws/mfa/**)"]


def test_codex_drops_other_sessions_and_names_the_profile() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11")
    path, toml = given("codex", 'two "words"')
    assert path == f"{HOME}/.codex/config.toml"
    settings = tomllib.loads(toml)
    assert settings["shell_environment_policy"] == {
        "exclude": ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_*"],
        "set": {"AWS_PROFILE": 'two "words"', "AWS_MFA_AGENT": "codex"},
    }
    permissions = {"extends": ":workspace", "filesystem": dict.fromkeys((FILES[0], *FILES[2:]), "deny")}
    assert (settings["default_permissions"], settings["permissions"]) == ("aws-mfa", {"aws-mfa": permissions})


def test_cursor_is_denied_absolute_paths() -> None:
    path, settings = given("cursor")
    assert (path, settings["version"]) == (f"{HOME}/.cursor/cli-config.json", 1)
    assert settings["permissions"] == {
        "allow": [],
        "deny": [*(f"Read({one})" for one in KEPT), *(f"Write({one})" for one in (*KEPT, FILES[1]))],
    }  # fmt: skip


def test_vs_code_asks_before_commands_and_edits_and_gives_the_agents_terminal_the_profile() -> None:
    path, settings = given("vscode", SHELL="/bin/zsh")
    assert path == f"{HOME}/.config/Code/User/settings.json"
    assert settings == {
        "chat.tools.terminal.autoApprove": {r"/\.aws\b|\baws-mfa\//": {"approve": False, "matchCommandLine": True}},
        "chat.tools.edits.autoApprove": {"**/.aws/**": False},
        "chat.tools.terminal.terminalProfile.linux": {
            "path": "/bin/zsh",
            "env": {"AWS_PROFILE": "dev", "AWS_MFA_AGENT": "vscode"},
        },
    }


def test_an_mcp_server_is_a_proxy_with_the_profile_that_says_it_is_for_an_agent() -> None:
    path, settings = given("mcp")
    server = settings["mcpServers"]["aws"]
    assert (path, server["command"], server["args"][-2:]) == (".mcp.json", "uvx", ("--profile", "dev"))
    assert (server["args"][0].partition("@")[0], server["env"]) == ("mcp-proxy-for-aws-cli", {"AWS_MFA_AGENT": "mcp"})


@pytest.mark.parametrize(
    ("tool", "system", "environ", "path"),
    [
        ("claude", "linux", {"CLAUDE_CONFIG_DIR": "/c"}, "/c/settings.json"),
        ("codex", "linux", {"CODEX_HOME": "/c"}, "/c/config.toml"),
        ("cursor", "linux", {"XDG_CONFIG_HOME": "/x"}, "/x/cursor/cli-config.json"),
        ("cursor", "darwin", {"XDG_CONFIG_HOME": "/x"}, f"{HOME}/.cursor/cli-config.json"),
        ("cursor", "linux", {"XDG_CONFIG_HOME": "/x", "CURSOR_CONFIG_DIR": "/c"}, "/c/cli-config.json"),
        ("vscode", "linux", {"XDG_CONFIG_HOME": "/x"}, "/x/Code/User/settings.json"),
        ("vscode", "darwin", {}, f"{HOME}/Library/Application Support/Code/User/settings.json"),
        ("vscode", "win32", {"APPDATA": "C:/A"}, "C:/A/Code/User/settings.json"),
    ],
)
def test_a_tools_own_variable_says_where_its_file_is(
    tool: str, system: str, environ: dict[str, str], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert given(tool, **environ)[0] == path


@pytest.mark.parametrize("tool", TOOLS)
def test_a_profile_with_strange_characters_stays_one_value(tool: str) -> None:
    name = 'a\'b "c"\n$x'
    text = given(tool, name)[1]
    if tool == "claude" and os.name != "nt":
        assert shlex.split(text["awsAuthRefresh"]) == [*OFF.split(), "aws-mfa", "whoami", name]
    elif tool != "cursor":
        assert json.dumps(name) in (text if isinstance(text, str) else json.dumps(text))


ADOPT, RULE = "run: aws-mfa adopt dev", "add to [profile dev] of ~/.aws/config: aws_mfa_agent = read-only"
PROCESS = "add to [profile dev] of ~/.aws/config: credential_process = aws-mfa credential-process dev"


@pytest.mark.parametrize(
    ("config", "environ", "lacks"),
    [
        (ROLE, {}, [ADOPT, RULE]),
        (ROLE.replace("role_arn", "aws_mfa_role_arn") + OURS, {}, [RULE]),
        ("[profile dev]\nregion = us-east-1\n", {}, [PROCESS, RULE]),
        (f"[profile dev]\n{OURS}aws_mfa_agent = refuse\n", {}, [""]),
        (f"[profile dev]\n{OURS}aws_mfa_agent = read-only\n", {}, []),
        (f"[profile dev]\n{OURS}", {"AWS_MFA_AGENT_ACCESS": "read-only"}, []),
        ("[profile dev]\ncredential_process = other\naws_mfa_agent = read-only\n", {}, [PROCESS]),
    ],
)
def test_what_a_profile_lacks_is_named_with_what_adds_it(
    config: str, environ: dict[str, str], lacks: list[str]
) -> None:
    profile = AwsProfiles(config, "", "~/.aws/config", "~/.aws/credentials").profile("dev")
    assert profile
    lines = left_to_do(profile, "~/.aws/config", environ)
    assert [line.partition("; ")[2] for line in lines] == lacks
