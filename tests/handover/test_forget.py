"""Forgetting removes the sessions that aws-mfa wrote, names them, and touches nothing else."""

from __future__ import annotations

import pytest

from aws_mfa.config.edit import with_changes
from aws_mfa.config.ini import section_values
from aws_mfa.handover.forget import forget_sessions
from aws_mfa.sessions.file_section import section_of
from fakes import FakeInterfaces, a_session, as_interfaces

KEYS = "aws_access_key_id = AKIAINVENTED\naws_secret_access_key = invented\n"
INPUTS = {"device": "d"}


def with_session(text: str, name: str) -> str:
    return with_changes(text, name, section_of(a_session(), INPUTS))


def some_interfaces(credentials: str | None, *labels: str) -> FakeInterfaces:
    interfaces = FakeInterfaces(credentials)
    for label in labels:
        interfaces.session_cache.store(label, INPUTS, a_session())
    return interfaces


def forgotten(interfaces: FakeInterfaces, *names: str) -> list[str]:
    removed, missed = forget_sessions(names or None, as_interfaces(interfaces))
    assert missed == []
    return removed


def test_named_profiles_lose_their_sessions_in_cache_and_file() -> None:
    text = with_session(with_session("", "dev"), "prod")
    interfaces = some_interfaces(text, "dev", "dev@1h", "mfa@dev-long-term", "mfa@dev", "prod")
    assert forgotten(interfaces, "dev") == [
        *(f"{label}: removed from the session cache" for label in ("dev", "dev@1h", "mfa@dev", "mfa@dev-long-term")),
        "dev: removed from ~/.aws/credentials",
    ]
    assert interfaces.session_cache.labels == ["prod"]
    assert interfaces.credentials.text == with_session("", "prod").lstrip()


def test_all_is_every_session_of_aws_mfa() -> None:
    interfaces = some_interfaces(with_session(f"[work-long-term]\n{KEYS}", "work"), "dev", "mfa@work-long-term")
    assert len(forgotten(interfaces)) == 3
    assert interfaces.session_cache.stored == {}
    assert (interfaces.credentials.text or "").strip() == f"[work-long-term]\n{KEYS}".strip()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"[default]\n{KEYS}\n{with_session('', 'work').replace('ASIAINVENTED00000001', 'AKIAINVENTED')}", []),
        ("[sso]\naws_access_key_id = ASIAX\naws_secret_access_key = s\naws_session_token = t\n", ["sso"]),
        # The permanent keys of other clouds do not have AWS's prefixes.
        ("[store]\nassumed_role = False\nexpiration = x\naws_access_key_id = GK31\naws_secret_access_key = only\n", []),
    ],
    ids=["long-term keys, with the lines of a session too", "another tool's session", "keys of another cloud"],
)
def test_everything_else_stays(text: str, names: list[str]) -> None:
    interfaces = some_interfaces(text)
    assert forgotten(interfaces, *names) == []
    assert interfaces.credentials.text == text


def test_settings_and_comments_in_the_section_stay() -> None:
    text = with_session("[dev]\n# mine\nregion = eu-west-1\nrole_arn = x\n", "dev")
    interfaces = some_interfaces(text)
    forget_sessions(["dev"], as_interfaces(interfaces))
    assert interfaces.credentials.text == "[dev]\n# mine\nregion = eu-west-1\nrole_arn = x\n"


def test_a_session_of_the_old_tool_is_removed_too() -> None:
    changes = section_of(a_session())
    del changes["x_security_token_expires"]
    interfaces = some_interfaces(with_changes("", "old", changes))
    assert forgotten(interfaces, "old") == ["old: removed from ~/.aws/credentials"]
    assert section_values(interfaces.credentials.read(), "old") is None


def test_without_a_file_none_is_made() -> None:
    interfaces = some_interfaces(None)
    assert forgotten(interfaces) == []
    assert interfaces.credentials.text is None
