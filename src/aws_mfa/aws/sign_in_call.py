"""
The call to the AWS console's sign-in: it exchanges a session for a token that signs in.

Sends the session as a form where AWS accepts one, else as part of the URL. Refuses to quote what was sent or answered:
urllib3's errors hold the URL, and an answer may repeat it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from urllib3.exceptions import HTTPError

from aws_mfa import __version__
from aws_mfa.aws.unreachable import not_from_aws, unreachable
from aws_mfa.errors import AwsFailed, AwsMfaError, NotAuthorized, Throttled
from aws_mfa.model import Secret

if TYPE_CHECKING:
    from aws_mfa.aws.endpoints import Endpoint
    from aws_mfa.aws.http import AwsHttp, HttpAnswer
    from aws_mfa.model import Session

_OK = 200
_TOO_MANY = 429
_SERVER_ERROR = 500


class AwsSignIn:
    """Sign-in at one endpoint; `takes_form`: whether the session is sent as a form."""

    def __init__(self, endpoint: Endpoint, http: AwsHttp, *, takes_form: bool) -> None:
        self._endpoint = endpoint
        self._http = http
        self._takes_form = takes_form

    def token(self, session: Session) -> Secret:
        """Raises `NotAuthorized` for a session that may not sign in, `AwsFailed`, `Throttled`, `AwsUnreachable`."""
        form = _form(session)
        headers = {"User-Agent": f"aws-mfa/{__version__}"}
        try:
            if self._takes_form:
                headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
                answer = self._http.post(self._endpoint, headers, form.encode())
            else:
                answer = self._http.get(self._endpoint, headers, form)
        except HTTPError as error:
            raise unreachable(error, self._endpoint, carried_code=False) from None
        token = _token(answer.body) if answer.status == _OK else None
        if token is None:
            raise self._failure(answer)
        return token

    def _failure(self, answer: HttpAnswer) -> AwsMfaError:
        host, status = self._endpoint.host, answer.status
        other = not_from_aws(answer, self._endpoint, carried_code=False, refuses_by_page=True)
        if other is not None:
            return other
        if status == _OK:
            return AwsFailed(f"the answer of the console's sign-in at {host} cannot be read", "try again")
        if status >= _SERVER_ERROR:
            return AwsFailed(f"the console's sign-in at {host} failed (HTTP {status})", "try again")
        if status == _TOO_MANY:
            return Throttled(f"the console's sign-in at {host} had too many requests", "wait a minute and try again")
        return NotAuthorized(
            f"the console's sign-in at {host} refused the session (HTTP {status})",
            "try again with a new session: --min-remaining 50m",
            "the session must be of this partition, and the account must have enabled the region: --region",
        )


def _form(session: Session) -> str:
    """The request, without `SessionDuration`: AWS refuses it for chained roles; a sign-in lasts as its session."""
    credentials = {
        "sessionId": session.access_key_id,
        "sessionKey": session.secret_access_key.reveal(),
        "sessionToken": session.session_token.reveal(),
    }
    return urlencode({"Action": "getSigninToken", "SessionType": "json", "Session": json.dumps(credentials)})


def _token(body: bytes) -> Secret | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    token = answer.get("SigninToken") if isinstance(answer, dict) else None
    return Secret(token) if isinstance(token, str) and token else None
