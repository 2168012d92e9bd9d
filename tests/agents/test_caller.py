"""Who calls, by a flag, a variable, or what agents set."""

from __future__ import annotations

import pytest

from aws_mfa.agents.caller import AGENTS, VARIABLE, agent_in
from aws_mfa.cli.start import AGENT_VARIABLES
from aws_mfa.errors import BadInput
from aws_mfa_practice import __main__ as practice

OF_THE_AWS_CLI = (
    *("CLAUDECODE", "CODEX_THREAD_ID", "GEMINI_CLI", "KIRO_SESSION_ID", "OPENCODE", "ANTIGRAVITY_AGENT"),
    *("AMP_CURRENT_THREAD_ID", "PI_CODING_AGENT", "COPILOT_CLI", "CURSOR_AGENT", "AI_AGENT"),
)


def test_the_variables_are_those_of_the_aws_cli() -> None:
    assert tuple(AGENTS) == OF_THE_AWS_CLI
    assert (VARIABLE, *AGENTS) == AGENT_VARIABLES, "the fast path would take an agent for a person"


@pytest.mark.parametrize("variable", OF_THE_AWS_CLI)
def test_each_variable_shows_an_agent_unless_it_is_empty_or_detection_is_off(variable: str) -> None:
    assert agent_in({variable: "thread-1"}) == (AGENTS[variable] or "thread-1")
    assert agent_in({variable: ""}) is None
    assert agent_in({variable: "1", "AWS_MFA_AGENT": "off"}) is None
    assert agent_in({variable: "1", "AWS_MFA_AGENT": "OFF"}) is None
    assert agent_in({variable: "1", "AWS_MFA_AGENT": "ci"}) == "ci"


def test_the_flag_wins_over_everything() -> None:
    assert agent_in({"AWS_MFA_AGENT": "off", "CLAUDECODE": "1"}, "ci") == "ci"
    assert agent_in({}) is None


def test_a_name_that_an_agent_chose_is_cut_to_what_a_session_name_takes() -> None:
    assert agent_in({"AI_AGENT": "my agent@1.2/" + "x" * 40}) == "my-agent-1.2-" + "x" * 19
    assert agent_in({"AI_AGENT": "off"}) == "agent", "it cannot pass for a person"


@pytest.mark.parametrize("name", ["", "off", "a b", "a/b", "x" * 33, "ä", "a\n"])
def test_a_name_that_is_given_must_be_one(name: str) -> None:
    with pytest.raises(BadInput, match="--agent is not the name of an agent"):
        agent_in({}, name)
    if name not in ("", "off"):
        with pytest.raises(BadInput, match="AWS_MFA_AGENT is not the name of an agent"):
            agent_in({"AWS_MFA_AGENT": name})


def test_a_shell_of_the_practice_aws_is_a_persons() -> None:
    printed = practice.LINES.partition("export ")[0].split()
    assert {*AGENT_VARIABLES} <= {*printed}
