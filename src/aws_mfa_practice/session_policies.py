"""
What session policies leave of a caller's permissions: Effect and Action are evaluated, with `*` and `?` in actions.

A model: Resource, NotAction and Condition are not looked at, and of AWS's managed policies two are known; any other
allows nothing. Layers intersect: each must allow the action. Within one layer, documents add up, and a Deny wins.
"""

from __future__ import annotations

import fnmatch
import json
from typing import TYPE_CHECKING, Any

from aws_mfa_practice import refusals

if TYPE_CHECKING:
    from aws_mfa_practice.callers import Caller
    from aws_mfa_practice.session_terms import Terms

    Layer = tuple[str, ...]

# A caller needs no permission for these.
NEED_NO_PERMISSION = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken", "sts:GetScopedCredentials"})
_MANAGED = {
    "ReadOnlyAccess": '{"Statement": {"Effect": "Allow", "Action": ["*:Get*", "*:List*", "*:Describe*"]}}',
    "AdministratorAccess": '{"Statement": {"Effect": "Allow", "Action": "*"}}',
}
_NOTHING = '{"Statement": []}'


def layer_of(terms: Terms) -> tuple[Layer, ...]:
    """The layer that AssumeRole's or GetFederationToken's policies make; none without policies."""
    managed = tuple(_MANAGED.get(arn.rpartition("/")[2], _NOTHING) for arn in terms.policy_arns)
    documents = (*((terms.policy,) if terms.policy else ()), *managed)
    return (documents,) if documents else ()


def require_permission(caller: Caller, action: str) -> None:
    """Refuse an action (`iam:ListAccessKeys`) that a layer of the caller's session does not allow."""
    layers = caller.session.layers if caller.session is not None else ()
    if action not in NEED_NO_PERMISSION and not all(_allows(layer, action) for layer in layers):
        denied = refusals.not_authorized(caller.principal.arn, action, "*")
        raise refusals.access_denied(f"{denied.message} because no session policy allows the {action} action")


def _allows(layer: Layer, action: str) -> bool:
    effects = {effect for document in layer for effect in _effects(json.loads(document), action)}
    return "Allow" in effects and "Deny" not in effects


def _effects(document: dict[str, Any], action: str) -> list[str]:
    statements = document["Statement"]
    return [
        statement["Effect"]
        for statement in (statements if isinstance(statements, list) else [statements])
        if any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in _actions(statement))
    ]


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement.get("Action", [])
    return [actions] if isinstance(actions, str) else actions
