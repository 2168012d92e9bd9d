"""
What narrows a session: policies by flag, and what the rule for agents leaves of a profile. Pure values.

A role's session is narrowed by AssumeRole's own parameters; an IAM user's MFA session by GetScopedCredentials, which
takes one inline policy and no ARNs. Policies of one AssumeRole add up, so two of them may allow more than one; layers
of GetScopedCredentials intersect.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetScopedCredentials.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from aws_mfa.aws_values.policies import LONGEST_POLICY, check_policy, check_policy_arns
from aws_mfa.aws_values.read_only import READ_ONLY
from aws_mfa.errors import BadInput

LONGEST_DESCRIPTION, _LONGEST_TAG = 256, 256
_OF_TAG = frozenset(" _.:/=+-@")
_OF_SERVICE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_OF_ACTION = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*?")


@dataclass(frozen=True)
class Overlay:
    """What narrows every session of a command: a policy, policy ARNs, read access only; checked in `policies`."""

    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    read_only: bool = False

    def arns(self, partition: str) -> tuple[str, ...]:
        """All policy ARNs, without duplicates; that of ReadOnlyAccess depends on the partition."""
        read_only = (f"arn:{partition}:iam::aws:policy/ReadOnlyAccess",) if self.read_only else ()
        return tuple(dict.fromkeys((*self.policy_arns, *read_only)))

    @property
    def inline(self) -> str | None:
        """The policy of a user's session: what is not a role's gets the built-in one in place of ReadOnlyAccess."""
        return READ_ONLY if self.read_only else self.policy

    def __bool__(self) -> bool:
        return self.read_only or self.policy is not None or bool(self.policy_arns)


NOTHING_NARROWER = Overlay()


@dataclass(frozen=True)
class Grant:
    """
    What a caller may get of a profile; by default what the user may.

    `overlay` narrows it, `longest_s` bounds its duration in seconds. `agent` is the caller's name, if it is an agent,
    `tags` and `source_identity` say where beside the session's name it is to appear. `source` names the setting that
    decided. `files` are the paths that were read for it, `notice` is a line for the user.
    """

    overlay: Overlay = NOTHING_NARROWER
    longest_s: int | None = None
    agent: str | None = None
    tags: bool = False
    source_identity: bool = False
    source: str = ""
    files: tuple[str, ...] = ()
    notice: str | None = None

    @property
    def is_narrow(self) -> bool:
        return bool(self.overlay) or self.longest_s is not None


EVERYTHING = Grant()


def checked_overlay(
    *, read_only: bool, allow: str | None, policy: tuple[str, str] | None, arns: list[str], flag: str = "--allow"
) -> Overlay:
    """What the arguments of a command or of Python ask for; `policy` is its text and its source. Raises `BadInput`."""
    if allow is not None and (read_only or policy is not None or arns):
        raise BadInput(f"{flag} and the other flags that narrow contradict each other", "give one of them")
    text = allow_policy(allow, flag) if allow is not None else None
    text = check_policy(*policy) if policy is not None else text
    return Overlay(text, check_policy_arns(arns, read_only=read_only), read_only)


def allow_policy(actions: str, flag: str) -> str:
    """The policy that allows `ec2:Describe*,s3:List*` and nothing else, on one line; `BadInput` for other forms."""
    found = [*dict.fromkeys(filter(None, map(str.strip, actions.split(","))))]
    for action in found or [""]:
        service, colon, name = action.partition(":")
        if not (colon and service and name and _OF_SERVICE.issuperset(service) and _OF_ACTION.issuperset(name)):
            raise BadInput(
                f"{flag}: {action[:64]!a} is not an action of a service",
                f"write for example: {flag} 'ec2:Describe*,s3:List*'",
            )
    statement = {"Effect": "Allow", "Action": found, "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    if len(text) > LONGEST_POLICY:
        raise BadInput(f"{flag}: the policy has {len(text)} characters, and AWS accepts {LONGEST_POLICY} at most")
    return text


def agent_tags(agent: str, profile: str, others: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The session tags that name agent and profile, without those that the profile sets itself."""
    value = "".join(one if one.isalnum() or one in _OF_TAG else "-" for one in profile)[:_LONGEST_TAG]
    taken = {key.lower() for key, _ in others}
    return tuple(tag for tag in (("aws-mfa-agent", agent), ("aws-mfa-profile", value)) if tag[0] not in taken)


def description_of(profile: str, agent: str | None) -> str:
    """The `ScopedSessionDescription`, which CloudTrail shows: printable ASCII, 256 characters at most."""
    who = f"agent={agent}" if agent else "no agent"
    text = f"aws-mfa {who} profile={profile}"
    return "".join(one if " " <= one <= "~" else "?" for one in text)[:LONGEST_DESCRIPTION]
