"""
The services: a received request in, an answer and a record out. No sockets, no waiting.

Requests are processed one at a time: of two that carry the same code exactly one is accepted.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aws_mfa_practice import sign_in
from aws_mfa_practice.answers import Answer, failure, success
from aws_mfa_practice.callers import authenticate
from aws_mfa_practice.calls import Call
from aws_mfa_practice.faults import NO_FAULT, Faults
from aws_mfa_practice.iam import get_user, list_account_aliases
from aws_mfa_practice.iam_access_keys import (
    create_access_key,
    delete_access_key,
    get_access_key_last_used,
    list_access_keys,
    update_access_key,
)
from aws_mfa_practice.iam_devices import (
    create_virtual_mfa_device,
    deactivate_mfa_device,
    delete_virtual_mfa_device,
    enable_mfa_device,
    list_mfa_devices,
    list_virtual_mfa_devices,
)
from aws_mfa_practice.moments import http_date
from aws_mfa_practice.refusals import Refusal, unknown_action
from aws_mfa_practice.session_policies import require_permission
from aws_mfa_practice.signatures import read_claim
from aws_mfa_practice.sts_calls import (
    assume_role,
    get_caller_identity,
    get_federation_token,
    get_scoped_credentials,
    get_session_token,
)
from aws_mfa_practice.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa_practice.answers import Result
    from aws_mfa_practice.moments import Clock
    from aws_mfa_practice.received import Received

VERSIONS = {"sts": "2011-06-15", "iam": "2010-05-08"}
OPERATIONS: dict[str, tuple[str, Callable[[Call], Result]]] = {
    "GetSessionToken": ("sts", get_session_token),
    "AssumeRole": ("sts", assume_role),
    "GetFederationToken": ("sts", get_federation_token),
    "GetScopedCredentials": ("sts", get_scoped_credentials),
    "GetCallerIdentity": ("sts", get_caller_identity),
    "GetUser": ("iam", get_user),
    "ListAccountAliases": ("iam", list_account_aliases),
    "CreateAccessKey": ("iam", create_access_key),
    "ListAccessKeys": ("iam", list_access_keys),
    "UpdateAccessKey": ("iam", update_access_key),
    "DeleteAccessKey": ("iam", delete_access_key),
    "GetAccessKeyLastUsed": ("iam", get_access_key_last_used),
    "ListMFADevices": ("iam", list_mfa_devices),
    "ListVirtualMFADevices": ("iam", list_virtual_mfa_devices),
    "CreateVirtualMFADevice": ("iam", create_virtual_mfa_device),
    "EnableMFADevice": ("iam", enable_mfa_device),
    "DeactivateMFADevice": ("iam", deactivate_mfa_device),
    "DeleteVirtualMFADevice": ("iam", delete_virtual_mfa_device),
}


@dataclass
class Record:
    """
    One request as the server saw it.

    `at` is the server's moment; `parameters` hold the code in clear, for it is worth nothing here; `status` and
    `error_code` are those of the answer made, which a reset or a cut keeps from the client.
    """

    at: float
    method: str = "POST"
    action: str | None = None
    access_key_id: str | None = None
    region: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    user_agent: str | None = None
    fault: str = NO_FAULT.name
    status: int = 0
    error_code: str | None = None

    @property
    def code(self) -> str | None:
        """The code the request carried."""
        return self.parameters.get("TokenCode")


class Service:
    """STS, IAM and the console's sign-in over a world of accounts."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.world = World()
        self.faults = Faults()
        self.records: list[Record] = []
        self._lock = threading.Lock()

    def answer(self, received: Received) -> Answer:
        """Process a request, let a fault strike, and record what happened."""
        with self._lock:
            record = Record(self.clock(), received.method, user_agent=received.first("User-Agent"))
            answer = self._answer(received, record)
            record.status, record.error_code = answer.status, answer.error_code
            self.records.append(record)
            return answer

    def _answer(self, received: Received, record: Record) -> Answer:
        request_id = str(uuid.uuid4())
        try:
            record.parameters = received.parameters()
            malformed = None
        except Refusal as refusal:
            malformed = refusal
        record.action = record.parameters.get("Action")
        service, _ = OPERATIONS.get(record.action or "", ("sts", None))
        fault = self.faults.take(record.action) or NO_FAULT
        record.fault = fault.name
        record.at += fault.clock_skew_s
        is_sign_in = received.path == sign_in.PATH
        answer = Answer(200, b"")
        refused = fault.refusal or malformed
        if malformed is None and not fault.instead:
            answer = self._signed_in(record) if is_sign_in else self._processed(received, record, request_id)
        if refused is not None:
            answer = sign_in.refusal_page(refused) if is_sign_in else failure(service, refused, request_id)
        return replace(fault.distort(answer), headers={"Date": http_date(record.at), "x-amzn-RequestId": request_id})

    def _signed_in(self, record: Record) -> Answer:
        operation = sign_in.OPERATIONS.get(record.action or "")
        try:
            if operation is None:
                raise sign_in.bad_request()
            return operation(self.world, record.parameters, record.at)
        except Refusal as refusal:
            return sign_in.refusal_page(refusal)

    def _processed(self, received: Received, record: Record, request_id: str) -> Answer:
        action, version = record.action or "", record.parameters.get("Version", "NO_VERSION_SPECIFIED")
        service, operation = OPERATIONS.get(action, ("sts", None))
        try:
            claim = read_claim(received)
            record.access_key_id, record.region = claim.access_key_id, claim.region
            if operation is None or version != VERSIONS[service]:
                raise unknown_action(action, version)
            caller = authenticate(self.world, received, claim, service, record.at)
            require_permission(caller, f"{service}:{action}")
            result = operation(Call(self.world, caller, record.parameters, record.at))
        except Refusal as refusal:
            return failure(service, refusal, request_id)
        return success(service, action, result, request_id)
