"""
The one rule of what a caller may get of a profile: (profile, caller) -> grant, or `RefusedByRule`. Pure.

`make_plan` asks it for each wanted profile, so `exec`, `env`, `credential-process`, `serve`, `console` and the Python
API all do; `console` of a user and the form without a command, which make no plan, ask it themselves. A person gets
everything. An agent gets what `aws_mfa_agent` of the profile says, else `AWS_MFA_AGENT_ACCESS`, else what the user
gets, with a notice. Flags never widen that: `make_plan.check_flags`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws_values.narrowing import EVERYTHING, NOTHING_NARROWER, Grant, Overlay
from aws_mfa.config.profile_names import header_of
from aws_mfa.config.profile_settings import READ_ONLY, REFUSE, SAME, agent_access
from aws_mfa.config.settings import Given
from aws_mfa.errors import BadInput, BadProfile, RefusedByRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.config.profile import Profile

DEFAULT_VARIABLE = "AWS_MFA_AGENT_ACCESS"


def granted(profile: Profile, agent: str | None, environ: Mapping[str, str]) -> Grant:
    """What this caller (None: a person) gets; raises `RefusedByRule`, and `BadInput` or `BadProfile` for bad values."""
    if agent is None:
        return EVERYTHING
    rule = profile.for_agents
    given = rule.given("agent") or _default(environ)
    access = rule.agent or (given.value if given else SAME)
    overlay, files = NOTHING_NARROWER, tuple[str, ...]()
    if given is not None and access == REFUSE:
        raise RefusedByRule(f"{given.source} = refuse: agents get no session of {profile.name}, and this is {agent}")
    if access == READ_ONLY:
        overlay = Overlay(read_only=True)
    elif given is not None and access != SAME:
        overlay, files = Overlay(rule.policy_in(given)), (given.value,)
    labels, notice = rule.agent_labels, None
    if given is None and rule.agent_duration_s is None:
        line = f"aws_mfa_agent = read-only, in [{header_of(rule.name, ())}]"
        notice = f"{agent} gets all that you may do with {profile.name}; to narrow what agents get, set: {line}"
    return Grant(
        overlay,
        rule.agent_duration_s,
        agent,
        tags="tags" in labels,
        source_identity="source_identity" in labels,
        source=given.source if given else rule.source("agent_duration"),
        files=files,
        notice=notice,
    )


def _default(environ: Mapping[str, str]) -> Given | None:
    value = environ.get(DEFAULT_VARIABLE, "")
    given = Given(value, DEFAULT_VARIABLE)
    try:
        return Given(agent_access(given), DEFAULT_VARIABLE) if value else None
    except BadProfile as refused:
        raise BadInput(refused.message, *refused.hints) from None
