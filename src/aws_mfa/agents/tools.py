"""
The settings that each coding tool gets, and the file they go into, each with the page that documents it. Pure.

They make a tool use one profile, and keep its file tools off long-term keys, sessions and the rule of what agents get.
What an agent gets is decided by that rule (`aws_mfa_agent` of the profile), not here.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_mfa.agents.rule import DEFAULT_VARIABLE
from aws_mfa.command_lines import quote
from aws_mfa.config.profile_names import header_of
from aws_mfa.config.profile_settings import REFUSE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_mfa.config.profile import Profile

    Settings = tuple[str, dict[str, Any] | str]  # the tool's file, and JSON or a block of TOML for it

BEGIN, END = "# >>> aws-mfa agent setup", "# <<< aws-mfa agent setup"
# https://github.com/aws/mcp-proxy-for-aws: of its two packages, this one pins the versions of all it needs.
_PROXY = ("mcp-proxy-for-aws-cli@1.7.0", "https://aws-mcp.us-east-1.api.aws/mcp", "--profile")
_SESSION = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_*")


def _claude(profile: str, home: str, files: Sequence[str], environ: Mapping[str, str]) -> Settings:
    # https://code.claude.com/docs/en/permissions: //path is absolute, Edit is for every tool that writes.
    # https://code.claude.com/docs/en/amazon-bedrock: awsCredentialExport is for those who cannot use AWS_PROFILE.
    at_home = f"(/{home}/".replace("\\", "/")
    deny = [rule.replace("(", "(/", 1).replace(at_home, "(~/", 1) for rule in _rules("Edit", files)]
    # It is the user's, who types the code, also where the tool runs it with the variable by which agents are found. Not
    # `renew`, which would write the user's session into the file that the tool's SDK reads.
    refresh = f"{'' if sys.platform == 'win32' else 'AWS_MFA_AGENT=off '}aws-mfa whoami {quote(profile)}"
    settings = {"permissions": {"deny": deny}, "env": {"AWS_PROFILE": profile}, "awsAuthRefresh": refresh}
    return f"{environ.get('CLAUDE_CONFIG_DIR') or f'{home}/.claude'}/settings.json", settings


def _rules(edit: str, files: Sequence[str]) -> list[str]:
    paths = [path.replace("\\", "/") for path in (files[0], *(f"{folder}/**" for folder in files[2:]), files[1])]
    return [*(f"Read({path})" for path in paths[:-1]), *(f"{edit}({path})" for path in paths)]


def _codex(profile: str, home: str, files: Sequence[str], environ: Mapping[str, str]) -> Settings:
    # https://developers.openai.com/codex/permissions: a beta, from Codex 0.138; not beside sandbox_mode, and without
    # default_permissions an error. https://developers.openai.com/codex/config-reference: `set` is applied after
    # `exclude`, whose variables would be used instead of AWS_PROFILE.
    in_toml = partial(json.dumps, ensure_ascii=False)
    deny = "".join(f'permissions.aws-mfa.filesystem.{in_toml(path)} = "deny"\n' for path in (files[0], *files[2:]))
    toml = f"""\
{BEGIN} codex (--undo removes it)
default_permissions = "aws-mfa"
permissions.aws-mfa.extends = ":workspace"
{deny}shell_environment_policy.exclude = {json.dumps(_SESSION)}
shell_environment_policy.set = {{ AWS_PROFILE = {in_toml(profile)}, AWS_MFA_AGENT = "codex" }}
{END}
"""
    return f"{environ.get('CODEX_HOME') or f'{home}/.codex'}/config.toml", toml


def _cursor(_profile: str, home: str, files: Sequence[str], environ: Mapping[str, str]) -> Settings:
    # https://cursor.com/docs/cli/reference/permissions: only an absolute path is outside the project.
    # https://cursor.com/docs/cli/reference/configuration: plain JSON, to which the CLI adds required fields.
    xdg = environ.get("XDG_CONFIG_HOME") if sys.platform == "linux" else None
    folder = environ.get("CURSOR_CONFIG_DIR") or (f"{xdg}/cursor" if xdg else f"{home}/.cursor")
    return f"{folder}/cli-config.json", {"version": 1, "permissions": {"allow": [], "deny": _rules("Write", files)}}


def _vscode(profile: str, home: str, _files: Sequence[str], environ: Mapping[str, str]) -> Settings:
    # https://code.visualstudio.com/docs/agents/run/approvals: false is "ask".
    # https://code.visualstudio.com/docs/agents/run/tools: the terminal is the agent's only.
    system, shell, folder = {
        "darwin": ("osx", "zsh", f"{home}/Library/Application Support"),
        "win32": ("windows", "powershell.exe", environ.get("APPDATA") or f"{home}/AppData/Roaming"),
    }.get(sys.platform, ("linux", "bash", environ.get("XDG_CONFIG_HOME") or f"{home}/.config"))
    terminal = {"path": environ.get("SHELL") or shell, "env": {"AWS_PROFILE": profile, "AWS_MFA_AGENT": "vscode"}}
    return f"{folder}/Code/User/settings.json", {
        "chat.tools.terminal.autoApprove": {r"/\.aws\b|\baws-mfa\//": {"approve": False, "matchCommandLine": True}},
        "chat.tools.edits.autoApprove": {"**/.aws/**": False},
        f"chat.tools.terminal.terminalProfile.{system}": terminal,
    }


def _mcp(profile: str, _home: str, _files: Sequence[str], _environ: Mapping[str, str]) -> Settings:
    # https://code.visualstudio.com/docs/agents/reference/mcp-configuration; no client has to say that it is an agent.
    server = {"command": "uvx", "args": (*_PROXY, profile), "env": {"AWS_MFA_AGENT": "mcp"}}
    return ".mcp.json", {"mcpServers": {"aws": server}}


# Of the profile, the home folder, the files (credentials, config, folders with sessions; absolute), and the variables.
TOOLS = {"claude": _claude, "codex": _codex, "cursor": _cursor, "vscode": _vscode, "mcp": _mcp}


def left_to_do(profile: Profile, config: str, environ: Mapping[str, str]) -> list[str]:
    """What the profile lacks for agents to get less than the user, with what adds it."""
    name, add = quote(profile.name), f"add to [{header_of(profile.name, ())}] of {config}:"
    line = f"{add} credential_process = aws-mfa credential-process {name}"
    how = f"run: aws-mfa adopt {name}" if profile.given("role_arn") else line
    lines = [] if profile.has_credential_process_of_ours else [f"SDKs do not ask aws-mfa for {name} yet; {how}"]
    if profile.value("agent") == REFUSE:
        lines.append(f"agents get nothing of {name}: {profile.source('agent')} = {REFUSE}")
    if not (profile.given("agent") or environ.get(DEFAULT_VARIABLE)):
        lines.append(f"agents get all that you may do with {name}; {add} aws_mfa_agent = read-only")
    return lines
