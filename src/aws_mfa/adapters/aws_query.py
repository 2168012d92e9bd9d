"""
AWS's query protocol, for STS and IAM: sign, send, read. With `aws_http` and `aws_proxy` the only room of botocore.

Only its signature is used: no session and no client, which cost more to load than all else here and retry what must
not be sent twice. A call that carries a code is sent once, whatever happens; another is sent again once where a kept
connection was cut, and again where AWS throttles or fails. Keys are given with each call: no other place is searched
for them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from botocore.auth import SigV4Auth  # noqa: TID251  # the AWS room: its own signature
from botocore.awsrequest import AWSRequest  # noqa: TID251  # the AWS room: what the signature is made over
from urllib3.exceptions import HTTPError, ProtocolError

from aws_mfa import __version__
from aws_mfa.adapters import aws_answers
from aws_mfa.adapters.aws_proxy import proxy_host
from aws_mfa.adapters.aws_trouble import nothing_was_sent, proxy_wants_password, unreachable
from aws_mfa.adapters.backoff import with_patience
from aws_mfa.adapters.library_logs import keep_tokens_out_of_logs
from aws_mfa.errors import AwsFailed, AwsMfaError, AwsUnreachable, BadInput
from aws_mfa.model import Session
from aws_mfa.rules.refusals import refusal, spent_code_hints
from aws_mfa.rules.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree import ElementTree as ET

    from aws_mfa.adapters.aws_http import Answer, AwsHttp
    from aws_mfa.model import LongTermKeys
    from aws_mfa.rules.endpoints import Endpoint

keep_tokens_out_of_logs()

_OK = 200
_REDIRECTS = range(300, 400)
_PROXY_WANTS_PASSWORD = 407
_SERVER_ERROR = 500


class Call:
    """One call: action and parameters as AWS names them."""

    __slots__ = ("action", "parameters")

    def __init__(self, action: str, parameters: Mapping[str, str]) -> None:
        self.action = action
        self.parameters = parameters

    @property
    def carries_code(self) -> bool:
        """Whether it can be sent only once."""
        return "TokenCode" in self.parameters


class AwsQuery:
    """One service at one endpoint. Safe for threads."""

    def __init__(self, endpoint: Endpoint, api_version: str, http: AwsHttp) -> None:
        self._endpoint = endpoint
        self._api_version = api_version
        self._http = http

    def call(self, call: Call, keys: LongTermKeys | Session) -> ET.Element:
        """Return the answer's root element; `RefusedByAws` where AWS says no, `AwsUnreachable` without an answer."""
        return self.call_with_moment(call, keys)[0]

    def call_with_moment(self, call: Call, keys: LongTermKeys | Session) -> tuple[ET.Element, float]:
        """As `call`, and when AWS answered: seconds since the epoch by its clock, by ours where it did not say."""
        if call.carries_code:
            return self._answer(call, keys)
        return with_patience(lambda: self._answer(call, keys))

    def unreadable(self, call: Call) -> AwsMfaError:
        """Return the failure for an answer that lacks what it should hold."""
        hints = spent_code_hints(time.time(), carried_code=call.carries_code) or ("try again",)
        return AwsFailed(f"the answer to {self._action(call)} from {self._endpoint.host} cannot be read", *hints)

    def _answer(self, call: Call, keys: LongTermKeys | Session) -> tuple[ET.Element, float]:
        headers, body = self._signed(call, keys)
        try:
            answer = self._sent(call, headers, body)
        except HTTPError as error:
            # `from None`: the texts hold addresses, a proxy's its password.
            raise unreachable(
                error,
                host=self._endpoint.host,
                proxy_host=proxy_host(self._endpoint),
                carried_code=call.carries_code,
                now=time.time(),
            ) from None
        root = None if aws_answers.is_web_page(answer.body, answer.content_type) else aws_answers.parsed(answer.body)
        if answer.status == _OK and root is not None and aws_answers.local_name(root) == f"{call.action}Response":
            return root, time.time() if answer.date is None else answer.date
        raise self._failure(call, keys, answer, root)

    def _sent(self, call: Call, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            return self._http.post(self._endpoint, headers, body)
        except ProtocolError as error:
            if call.carries_code or nothing_was_sent(error):
                raise
        return self._http.post(self._endpoint, headers, body)

    def _signed(self, call: Call, keys: LongTermKeys | Session) -> tuple[dict[str, str], bytes]:
        body = urlencode({"Action": call.action, "Version": self._api_version, **call.parameters}).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": f"aws-mfa/{__version__}",
        }
        request = AWSRequest("POST", self._endpoint.url, headers=headers, data=body)
        SigV4Auth(_SigningKeys(keys), self._endpoint.service, self._endpoint.region).add_auth(request)
        return dict(request.headers.items()), body

    def _failure(
        self, call: Call, keys: LongTermKeys | Session, answer: Answer, root: ET.Element | None
    ) -> AwsMfaError:
        if answer.status == _PROXY_WANTS_PASSWORD:
            what, hints = proxy_wants_password(proxy_host(self._endpoint))
            return AwsUnreachable(what, *hints)
        if answer.status == _OK and root is not None:
            return self.unreadable(call)
        if root is None and answer.status < _SERVER_ERROR:
            return self._not_aws(call, answer)
        return refusal(
            Refused(
                action=self._action(call),
                status=answer.status,
                code="" if root is None else aws_answers.text(root, "Code"),
                message="" if root is None else aws_answers.text(root, "Message"),
                server_date=answer.date,
                now=time.time(),
                carried_code=call.carries_code,
                access_key_id=keys.access_key_id,
                device=call.parameters.get("SerialNumber"),
                role_arn=call.parameters.get("RoleArn"),
                region=self._endpoint.region,
            )
        )

    def _not_aws(self, call: Call, answer: Answer) -> AwsMfaError:
        if answer.status in _REDIRECTS or aws_answers.is_web_page(answer.body, answer.content_type):
            return AwsUnreachable(
                f"what answers for {self._endpoint.host} is not AWS: a web page or a redirect (HTTP {answer.status})",
                "sign in to the network in a browser, or check HTTPS_PROXY and the endpoint's URL",
                *spent_code_hints(time.time(), carried_code=call.carries_code),
            )
        return self.unreadable(call)

    def _action(self, call: Call) -> str:
        return f"{self._endpoint.service}:{call.action}"


class _SigningKeys:
    """Keys in the form botocore signs with; lives for one signature."""

    __slots__ = ("access_key", "secret_key", "token")

    def __init__(self, keys: LongTermKeys | Session) -> None:
        self.access_key = keys.access_key_id
        self.secret_key = keys.secret_access_key.reveal()
        self.token = keys.session_token.reveal() if isinstance(keys, Session) else None
        # Checked here: `http.client` would quote the whole header.
        if not (self.access_key.isascii() and self.access_key.isalnum()):
            raise BadInput("the access key id holds more than letters and digits", "store it again: aws-mfa setup")
        if self.token is not None and not (self.token.isascii() and self.token.isprintable()):
            raise BadInput("the session token holds characters that no token has", "get a new session: aws-mfa --force")
