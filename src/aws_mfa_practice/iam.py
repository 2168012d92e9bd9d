"""
IAM, version 2010-05-08: who may call it about whom, pages of lists, and the calls about users and accounts.

A session without MFA cannot call IAM at all. There is no policy language: a user may do everything to themselves and
to others of the account, except what `User.denied`, `needs_mfa` and `may_list_devices` forbid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from aws_mfa_practice import parameters as limits
from aws_mfa_practice import refusals
from aws_mfa_practice.account import AssumedRole, User
from aws_mfa_practice.moments import expiration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_mfa_practice.answers import Result
    from aws_mfa_practice.calls import Call

    Item = TypeVar("Item")

PAGE_SIZE = 100


def allow(call: Call, resource: str) -> None:
    """Refuse the call if its caller may not make it; `resource` is how AWS's text names its object."""
    caller, operation = call.caller, f"iam:{call.parameters['Action']}"
    principal = caller.principal
    _check_session(call)
    if not isinstance(principal, User):
        return
    denied = principal.denied | (set() if principal.may_list_devices else {"iam:ListMFADevices"})
    if operation in denied:
        raise refusals.not_authorized(principal.arn, operation, resource)
    if operation in principal.needs_mfa and not caller.has_mfa:
        raise refusals.explicitly_denied(principal.arn, operation, resource)


def _check_session(call: Call) -> None:
    """Refuse a user's session without MFA, whatever it asks."""
    caller = call.caller
    if not isinstance(caller.principal, AssumedRole) and caller.session is not None and not caller.has_mfa:
        raise refusals.unknown_token()


def user_asked(call: Call) -> User:
    """The user that the request names, or the caller; refuses a caller who may not make the call about them."""
    limits.check(call.parameters, limits.USER_NAME)
    _check_session(call)
    principal, name = call.caller.principal, call.parameters.get("UserName")
    if name is None:
        if not isinstance(principal, User):
            raise refusals.invalid("Must specify userName when calling with non-User credentials")
        name = principal.name
    allow(call, f"user {name}")
    user = next((user for user in principal.account.users if user.name == name), None)
    if user is None:
        raise refusals.no_such_entity(f"The user with name {name} cannot be found.")
    return user


def page_of(call: Call, items: Sequence[Item]) -> tuple[Sequence[Item], Result]:
    """The page of a list that the request asks for, and what the answer says about further pages."""
    limits.check(call.parameters, limits.MARKER, limits.MAX_ITEMS)
    # The marker is opaque to clients: here it is the index of the page's first item.
    marker = call.parameters.get("Marker", "0")
    if not marker.isdecimal():
        raise refusals.invalid(f"Invalid Marker: {marker}")
    start = int(marker)
    end = start + int(call.parameters.get("MaxItems", PAGE_SIZE))
    if end < len(items):
        return items[start:end], {"IsTruncated": "true", "Marker": str(end)}
    return items[start:end], {"IsTruncated": "false"}


def get_user(call: Call) -> Result:
    """The user that the request names, or the caller."""
    user = user_asked(call)
    return {
        "User": {
            "Path": user.arn.partition(":user")[2].removesuffix(user.name) or "/",
            "UserName": user.name,
            "UserId": user.user_id,
            "Arn": user.arn,
            "CreateDate": expiration(user.created_at),
        }
    }


def list_account_aliases(call: Call) -> Result:
    """The account's alias: a list of one or none."""
    allow(call, "*")
    aliases, more = page_of(call, call.caller.principal.account.aliases)
    return {"AccountAliases": list(aliases), **more}
