"""
What long-term keys look like: the shape is checked where they are typed or read, before anything is stored or sent.

Limits: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html. No message quotes either half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_mfa.model import Secret

_SHORTEST_KEY_ID = 16


def trouble_with_key_id(access_key_id: str) -> str | None:
    """Why this can be no long-term access key id; None where it can."""
    if access_key_id.startswith("ASIA"):
        return "an access key id that begins with ASIA is a session's: STS takes long-term keys only"
    if len(access_key_id) < _SHORTEST_KEY_ID or not (access_key_id.isascii() and access_key_id.isalnum()):
        return f"an access key id has at least {_SHORTEST_KEY_ID} letters and digits, and nothing else"
    return None


def trouble_with_secret(secret: Secret) -> str | None:
    """Why this can be no secret access key; None where it can."""
    text = secret.reveal()
    if not text or not (text.isascii() and text.isprintable()) or " " in text:
        return "the secret access key holds characters that no key has"
    return None
