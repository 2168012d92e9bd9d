"""
The container credentials protocol: the path of each profile, and the answer to a request for it.

Pure. Refuses to hand out an expired session: the answer is then 503, with the reason. The HTTP server is
`handover.listening`.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

from aws_mfa.aws_values.text import rfc3339_text
from aws_mfa.errors import RefusedByRule, Unreachable

if TYPE_CHECKING:
    from aws_mfa.errors import AwsMfaError
    from aws_mfa.model import Session

_OK, _NO_SESSION = 200, 503


class EndpointAnswer(NamedTuple):
    """HTTP status and JSON body; the body of a 200 is secret."""

    status: int
    body: bytes


class ServedSession:
    """
    The answers for one profile: its session until that expires, then why there is none: the last `failure`.

    A client that says it is an agent gets `not_for_agents` in its place, if that is given.
    """

    __slots__ = ("_document", "_over", "_to_agents", "expires_at")

    def __init__(
        self, profile: str, session: Session, failure: AwsMfaError | None = None, not_for_agents: str | None = None
    ) -> None:
        refused = RefusedByRule.exit_code
        self._to_agents = refusal(403, "AgentRefused", not_for_agents, exit=refused) if not_for_agents else None
        self.expires_at = session.expires_at
        self._document = EndpointAnswer(_OK, _document(session))
        ended = f"the session of profile {profile!r} ended at {rfc3339_text(session.expires_at)}"
        why = [failure.message, *failure.hints[:1]] if failure else []
        exit_code = (failure or Unreachable).exit_code
        self._over = refusal(_NO_SESSION, "SessionExpired", "; ".join([ended, *why]), exit=exit_code)

    def answer_at(self, now: float, *, is_agent: bool = False) -> EndpointAnswer:
        """The answer at `now`, in seconds since the epoch."""
        if is_agent and self._to_agents is not None:
            return self._to_agents
        return self._document if now < self.expires_at else self._over


def refusal(status: int, code: str, message: str, **more: int | list[str]) -> EndpointAnswer:
    """An error in the form that SDKs show to the user; `more` is for `credential-process --from`."""
    return EndpointAnswer(status, json.dumps({"code": code, "message": message, **more}).encode())


def path_of(profile: str) -> str:
    """`/work`; characters that are not plain in a URL are percent-encoded, slashes too."""
    return f"/{quote(profile, safe='')}"


def profile_at(target: str) -> str | None:
    """The profile that a request's target names, in any encoding; the query is ignored. None if it is not a path."""
    path, _, _ = target.partition("?")
    return unquote(path[1:]) if path.startswith("/") else None


def _document(session: Session) -> bytes:
    values = {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key.reveal(),
        "Token": session.session_token.reveal(),
        "Expiration": rfc3339_text(session.expires_at),
    }
    if session.assumed_role_arn:
        values["RoleArn"] = session.assumed_role_arn
    return json.dumps(values).encode()
