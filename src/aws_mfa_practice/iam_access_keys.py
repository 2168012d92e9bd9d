"""
IAM's calls about access keys: create, list, switch off and on, delete, last used.

The secret is in the answer of CreateAccessKey and nowhere else. Two keys per user at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa_practice import parameters as limits
from aws_mfa_practice import refusals
from aws_mfa_practice.iam import allow, page_of, user_asked
from aws_mfa_practice.moments import expiration

if TYPE_CHECKING:
    from aws_mfa_practice.account import User
    from aws_mfa_practice.answers import Result
    from aws_mfa_practice.calls import Call
    from aws_mfa_practice.keys import LongTermKeys

# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
KEYS_PER_USER = 2


def create_access_key(call: Call) -> Result:
    """Keys for the user; no service knows them for the account's `new_keys_unknown_s`."""
    user = user_asked(call)
    if len(user.all_keys) >= KEYS_PER_USER:
        raise refusals.limit_exceeded(f"Cannot exceed quota for AccessKeysPerUser: {KEYS_PER_USER}")
    keys = user.add_keys()
    keys.works_from = call.now + user.account.new_keys_unknown_s
    return {"AccessKey": {**_shown(keys), "SecretAccessKey": keys.secret_access_key}}


def list_access_keys(call: Call) -> Result:
    """The ids of the user's keys."""
    keys, more = page_of(call, user_asked(call).all_keys)
    return {"AccessKeyMetadata": [_shown(one) for one in keys], **more}


def update_access_key(call: Call) -> Result:
    """Switch keys off or on."""
    limits.check(call.parameters, limits.ACCESS_KEY_ID, limits.STATUS)
    _keys_asked(user_asked(call), call).active = call.parameters["Status"] == "Active"
    return {}


def delete_access_key(call: Call) -> Result:
    """Remove keys; nothing brings them back."""
    limits.check(call.parameters, limits.ACCESS_KEY_ID)
    user = user_asked(call)
    user.all_keys.remove(_keys_asked(user, call))
    return {}


def get_access_key_last_used(call: Call) -> Result:
    """When keys of the caller's account signed a request, for which service and region."""
    limits.check(call.parameters, limits.ACCESS_KEY_ID)
    key_id = call.parameters["AccessKeyId"]
    users = call.caller.principal.account.users
    keys = next((keys for user in users for keys in user.all_keys if keys.access_key_id == key_id), None)
    allow(call, f"access key {key_id}" if keys is None else f"user {keys.owner.name}")
    if keys is None:
        raise refusals.no_such_entity(f"The Access Key with id {key_id} cannot be found.")
    use = keys.last_used
    return {
        "UserName": keys.owner.name,
        "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}
        if use is None
        else {"LastUsedDate": expiration(use.at), "ServiceName": use.service, "Region": use.region},
    }


def _keys_asked(user: User, call: Call) -> LongTermKeys:
    key_id = call.parameters["AccessKeyId"]
    keys = next((keys for keys in user.all_keys if keys.access_key_id == key_id), None)
    if keys is None:
        raise refusals.no_such_entity(f"The Access Key with id {key_id} cannot be found.")
    return keys


def _shown(keys: LongTermKeys) -> dict[str, str]:
    return {
        "UserName": keys.owner.name,
        "AccessKeyId": keys.access_key_id,
        "Status": "Active" if keys.active else "Inactive",
        "CreateDate": expiration(keys.created_at),
    }
