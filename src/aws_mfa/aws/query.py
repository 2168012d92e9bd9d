"""
AWS's query protocol, for STS and IAM: sign, send, read.

Of botocore only the signature is used: its client loads longer, and retries requests that must not be sent twice. A
call that carries a code, or creates something, is sent exactly once. Another call is sent again once if an idle
connection was cut, and several times if AWS throttles or fails. No answer is trusted to be well-formed, or to come from
AWS.
"""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from urllib3.exceptions import HTTPError, ProtocolError

from aws_mfa import __version__
from aws_mfa.aws.refusals import AwsRefusal, explain, spent_code_hints
from aws_mfa.aws.unreachable import not_from_aws, nothing_was_sent, unreachable
from aws_mfa.aws_values.codes import looks_like_secret
from aws_mfa.config.profile_names import SetUpHint
from aws_mfa.errors import AwsFailed, AwsMfaError, AwsServerError, BadInput, Throttled
from aws_mfa.model import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_mfa.aws.endpoints import Endpoint
    from aws_mfa.aws.http import AwsHttp, HttpAnswer
    from aws_mfa.model import LongTermKeys

    T = TypeVar("T")

MOST_TRIES = 5
# Four waits, each up to twice the one before: 3.75 to 7.5 s in all.
FIRST_WAIT_S = 0.5
# Fewer for server errors: they end at once, or last for minutes.
MOST_TRIES_OF_ERROR = 3
_OK = 200
_SERVER_ERROR = 500
# At DEBUG they log what is signed and what is sent: headers, which hold the session token.
_LOGGERS_OF_REQUESTS = ("botocore.auth", "botocore.endpoint")


def keep_tokens_out_of_logs() -> None:
    """Drop the DEBUG records that hold whole requests; by filters, because `logging.config` resets levels."""
    for name in _LOGGERS_OF_REQUESTS:
        logging.getLogger(name).addFilter(lambda record: record.levelno > logging.DEBUG)


keep_tokens_out_of_logs()


class Call(NamedTuple):
    """One call: action and parameters as AWS names them."""

    action: str
    parameters: Mapping[str, str]

    @property
    def carries_code(self) -> bool:
        """Whether a code is spent by it: AWS accepts each code once."""
        return "TokenCode" in self.parameters or "AuthenticationCode1" in self.parameters

    @property
    def is_sent_once(self) -> bool:
        """Whether it must not be sent twice: it carries a code, or creates what a second call would create again."""
        return self.carries_code or self.action.startswith("Create")


class AwsQuery:
    """One service at one endpoint. Safe for threads."""

    def __init__(self, endpoint: Endpoint, api_version: str, http: AwsHttp) -> None:
        self._endpoint = endpoint
        self._api_version = api_version
        self._http = http

    def call(self, call: Call, keys: LongTermKeys | Session) -> tuple[ET.Element, float]:
        """The answer's root element, and when AWS answered, by its clock if known. `RefusedByAws`, `AwsUnreachable`."""
        return self._answer(call, keys) if call.is_sent_once else with_patience(lambda: self._answer(call, keys))

    def clock_ahead_s(self, call: Call) -> float:
        """Send the call without a signature, and compare our clock with the answer's; raises `AwsUnreachable`."""
        answer = self._sent(call, *self._unsigned(call))
        other = not_from_aws(answer, self._endpoint, carried_code=False)
        if other is not None or answer.date is None:
            raise other or self.unreadable(call)
        return time.time() - answer.date

    def unreadable(self, call: Call) -> AwsMfaError:
        """Return the failure for an answer without the expected elements."""
        hints = spent_code_hints(time.time(), carried_code=call.carries_code) or ("try again",)
        action = f"{self._endpoint.service}:{call.action}"
        return AwsFailed(f"the answer to {action} from {self._endpoint.host} cannot be read", *hints)

    def _sent(self, call: Call, headers: dict[str, str], body: bytes) -> HttpAnswer:
        try:
            try:
                return self._http.post(self._endpoint, headers, body)
            except ProtocolError as error:
                # An idle connection that AWS had closed.
                if call.is_sent_once or nothing_was_sent(error):
                    raise
                return self._http.post(self._endpoint, headers, body)
        except HTTPError as error:
            raise unreachable(error, self._endpoint, carried_code=call.carries_code) from None

    def _answer(self, call: Call, keys: LongTermKeys | Session) -> tuple[ET.Element, float]:
        answer = self._sent(call, *self._signed(call, keys))
        root = None if answer.is_web_page else _parsed(answer.body)
        if answer.status == _OK and root is not None and root.tag.rpartition("}")[2] == f"{call.action}Response":
            return root, time.time() if answer.date is None else answer.date
        raise self._failure(call, keys, answer, root)

    def _unsigned(self, call: Call) -> tuple[dict[str, str], bytes]:
        body = urlencode({"Action": call.action, "Version": self._api_version, **call.parameters}).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": f"aws-mfa/{__version__}",
        }
        return headers, body

    def _signed(self, call: Call, keys: LongTermKeys | Session) -> tuple[dict[str, str], bytes]:
        headers, body = self._unsigned(call)
        request = AWSRequest("POST", self._endpoint.url, headers=headers, data=body)
        SigV4Auth(_SigningKeys(keys), self._endpoint.service, self._endpoint.region).add_auth(request)
        return dict(request.headers.items()), body

    def _failure(
        self, call: Call, keys: LongTermKeys | Session, answer: HttpAnswer, root: ET.Element | None
    ) -> AwsMfaError:
        other = not_from_aws(answer, self._endpoint, carried_code=call.carries_code)
        if other is not None:
            return other
        if answer.status == _OK or (root is None and answer.status < _SERVER_ERROR):
            return self.unreadable(call)
        return explain(
            AwsRefusal(
                action=f"{self._endpoint.service}:{call.action}",
                status=answer.status,
                code="" if root is None else text_of(root, "Code"),
                message="" if root is None else text_of(root, "Message"),
                server_date=answer.date,
                now=time.time(),
                carried_code=call.carries_code,
                access_key_id=keys.access_key_id,
                device=call.parameters.get("SerialNumber"),
                role_arn=call.parameters.get("RoleArn"),
                region=self._endpoint.region,
            )
        )


class _SigningKeys:
    """Keys under the names that botocore's signature reads; used for one signature."""

    __slots__ = ("access_key", "secret_key", "token")

    def __init__(self, keys: LongTermKeys | Session) -> None:
        self.access_key = keys.access_key_id
        self.secret_key = keys.secret_access_key.reveal()
        self.token = keys.session_token.reveal() if isinstance(keys, Session) else None
        if looks_like_secret(self.access_key):
            raise BadInput("a secret access key is where the access key id belongs", SetUpHint("store both again"))
        # Checked here, because `http.client` would quote the whole header in its error.
        if not (self.access_key.isascii() and self.access_key.isalnum()):
            raise BadInput("the access key id holds more than letters and digits", SetUpHint("store it again"))
        if self.token is not None and not (self.token.isascii() and self.token.isprintable()):
            raise BadInput("the session token holds characters that no token has", "get a new session: aws-mfa --force")


def _parsed(body: bytes) -> ET.Element | None:
    """Return the root of an XML answer; None for anything else, and with a document type: no entity is expanded."""
    # NUL bytes mean UTF-16: the parser reads that, and the two declarations would not be found in it.
    if b"\0" in body or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return None
    try:
        return ET.fromstring(body)  # noqa: S314  # bounded in size, and without a document type nothing expands
    except (ET.ParseError, ValueError, LookupError):
        return None


def elements_of(element: ET.Element, name: str) -> list[ET.Element]:
    """Return all elements of this name, in any namespace."""
    return [found for found in element.iter() if found.tag.rpartition("}")[2] == name]


def texts_of(element: ET.Element, name: str) -> list[str]:
    """Return the texts of all elements of this name, in any namespace."""
    return [(found.text or "").strip() for found in elements_of(element, name)]


def text_of(element: ET.Element, name: str) -> str:
    """Return the text of the first element of this name, "" if there is none."""
    return next(iter(texts_of(element, name)), "")


def with_patience(send: Callable[[], T]) -> T:
    """Call `send` again while it raises `Throttled` or `AwsServerError`, after a longer wait each time."""
    for number in range(1, MOST_TRIES):
        try:
            return send()
        except Throttled:
            pass
        except AwsServerError:
            if number >= MOST_TRIES_OF_ERROR:
                raise
        longest_s = FIRST_WAIT_S * 2 ** (number - 1)
        # Half of the wait is random, so that callers throttled at one moment do not all return at one moment.
        time.sleep(random.uniform(longest_s / 2, longest_s))  # noqa: S311  # spreads load, guards nothing
    return send()
