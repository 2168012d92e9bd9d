"""
Who calls: the name of the coding agent that started us, or None for a person and their own programs.

`--agent NAME` and `AWS_MFA_AGENT=NAME` say it; else variables that agents set for the programs that they start. It is
no proof: a program can unset variables. What holds against such a program is a sandbox. Light, because agents' runs
load it before a stored session is found.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "AWS_MFA_AGENT"
OFF = "off"
# The variables by which the AWS CLI recognises agents -> the agent's name; AI_AGENT holds the name itself.
AGENTS = {
    "CLAUDECODE": "claude-code",
    "CODEX_THREAD_ID": "codex",
    "GEMINI_CLI": "gemini-cli",
    "KIRO_SESSION_ID": "kiro",
    "OPENCODE": "opencode",
    "ANTIGRAVITY_AGENT": "antigravity",
    "AMP_CURRENT_THREAD_ID": "amp",
    "PI_CODING_AGENT": "pi",
    "COPILOT_CLI": "copilot-cli",
    "CURSOR_AGENT": "cursor",
    "AI_AGENT": "",
}
_LONGEST_NAME = 32
_MARKS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


def agent_in(environ: Mapping[str, str], given: str | None = None) -> str | None:
    """The agent's name: `given` by --agent, else by the variables; `BadInput` for a name that is none."""
    if given is not None:
        return _checked(given, "--agent")
    named = environ.get(VARIABLE, "")
    if named:
        return None if named.lower() == OFF else _checked(named, VARIABLE)
    for variable, name in AGENTS.items():
        value = environ.get(variable, "")
        if value:
            return name or _cut(value)
    return None


def _checked(name: str, source: str) -> str:
    """It becomes part of a role session name and of a tag, so it has few kinds of characters."""
    if not name or name.lower() == OFF or len(name) > _LONGEST_NAME or not _MARKS.issuperset(name):
        raise BadInput(
            f"{source} is not the name of an agent: 1 to {_LONGEST_NAME} letters, digits or ._-",
            f"give for example: {source}{' ' if source.startswith('-') else '='}claude-code",
            f"to switch detection off: {VARIABLE}={OFF}",
        )
    return name


def _cut(value: str) -> str:
    """A name that an agent chose, as `_checked` accepts it."""
    name = "".join(one if one in _MARKS else "-" for one in value)[:_LONGEST_NAME]
    return name if name.lower() != OFF else "agent"
