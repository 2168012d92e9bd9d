"""The container credentials protocol: every profile has a path, and no session is handed out after its end."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.errors import AwsUnreachable
from aws_mfa.sessions.container import ServedSession, path_of, profile_at, refusal
from fakes import NOW, a_session


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_every_profile_has_its_own_path_which_is_decoded_again(profile: str) -> None:
    path = path_of(profile)
    assert path.isascii()
    assert path.count("/") == 1
    assert profile_at(path) == profile
    assert profile_at(f"{path}?duration=1") == profile


def test_a_target_that_is_not_a_path_names_no_profile() -> None:
    assert profile_at("http://127.0.0.1/work") is None
    assert profile_at("*") is None


def test_the_document_is_what_sdks_read_and_names_the_role() -> None:
    role = "arn:aws:iam::123456789012:role/dev"
    answer = ServedSession("dev", a_session(lasts_s=60, role_arn=role)).answer_at(NOW)
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "AccessKeyId": "ASIAINVENTED00000001",
        "SecretAccessKey": "session/secret",
        "Token": "session/token==",
        "Expiration": "2026-11-22T06:04:19Z",
        "RoleArn": role,
    }


def test_an_expired_session_is_answered_with_the_last_failure_and_its_hint() -> None:
    failure = AwsUnreachable("no route to AWS", "check the network", "or the proxy")
    held = ServedSession("dev", a_session(lasts_s=60), failure)
    assert held.answer_at(NOW + 59.9).status == 200
    answer = held.answer_at(NOW + 60)
    assert answer.status == 503
    message = json.loads(answer.body)["message"]
    assert message == ("the session of profile 'dev' ended at 2026-11-22T06:04:19Z; no route to AWS; check the network")


def test_a_refusal_has_the_two_keys_that_sdks_show() -> None:
    assert json.loads(refusal(401, "WrongToken", "no").body) == {"code": "WrongToken", "message": "no"}
