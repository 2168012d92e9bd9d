"""
The sign-in of the console, at `/federation`: a session for a token, a token for a page that says who is signed in.

As at AWS, sessions of `GetSessionToken` cannot sign in; a token is good for 15 minutes, and here once. Where AWS would
redirect to the console, a page names the destination.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

from __future__ import annotations

import hmac
import html
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa_practice.account import User
from aws_mfa_practice.answers import Answer
from aws_mfa_practice.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_mfa_practice.keys import Session
    from aws_mfa_practice.world import World

PATH = "/federation"
TOKEN_LASTS_S = 900
_PAGE = "text/html; charset=utf-8"


@dataclass(frozen=True)
class SignInToken:
    """The session that a token signs in, and when the token expires."""

    session: Session
    expires_at: float


def get_signin_token(world: World, parameters: Mapping[str, str], now: float) -> Answer:
    """Exchange an unexpired session of a role or a federated user for a token."""
    session = _session(world, parameters.get("Session", ""))
    if session is None or now >= session.expires_at or isinstance(session.principal, User):
        raise bad_request()
    if "SessionDuration" in parameters:
        # It is optional, also for roles assumed with long-term keys: leaving it out is never refused.
        raise bad_request()
    token = secrets.token_urlsafe(300)
    world.sign_in_tokens[token] = SignInToken(session, now + TOKEN_LASTS_S)
    return Answer(200, json.dumps({"SigninToken": token}).encode(), content_type="application/json")


def login(world: World, parameters: Mapping[str, str], now: float) -> Answer:
    """Spend a token, and name the user who is signed in and the page they are sent to."""
    token = world.sign_in_tokens.pop(parameters.get("SigninToken", ""), None)
    destination = parameters.get("Destination", "")
    if token is None or now >= min(token.expires_at, token.session.expires_at) or not destination:
        raise bad_request()
    who = html.escape(token.session.principal.arn)
    text = (
        f"<p>Signed in as <b id=who>{who}</b></p><p>Destination: <b id=destination>{html.escape(destination)}</b></p>"
    )
    return _page(200, "Practice console", text)


def bad_request() -> Refusal:
    """The only refusal of sign-in, whatever is wrong."""
    return Refusal(400, "BadRequest", "Request is malformed, or the session cannot sign in")


def refusal_page(refusal: Refusal) -> Answer:
    """The page of a refusal: sign-in answers with HTML for people, not XML."""
    page = _page(refusal.status, "Amazon Web Services Sign-In", f"<p>{html.escape(refusal.message)}</p>")
    return Answer(page.status, page.body, content_type=page.content_type, error_code=refusal.code)


OPERATIONS: dict[str, Callable[[World, Mapping[str, str], float], Answer]] = {
    "getSigninToken": get_signin_token,
    "login": login,
}


def _page(status: int, title: str, text: str) -> Answer:
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{text}</body></html>"
    return Answer(status, page.encode(), content_type=_PAGE)


def _session(world: World, text: str) -> Session | None:
    """The session, if its three parts are right."""
    try:
        given = json.loads(text)
        key_id, secret, token = (given[name] for name in ("sessionId", "sessionKey", "sessionToken"))
    except (ValueError, TypeError, KeyError):
        return None
    session = world.sessions.get(key_id)
    if session is None:
        return None
    expected = f"{session.secret_access_key} {session.session_token}".encode()
    return session if hmac.compare_digest(f"{secret} {token}".encode(), expected) else None
