"""One session into the credentials file, as the classic form writes it; what a plan writes: test_renew_many."""

from __future__ import annotations

import pytest

from aws_mfa.errors import AwsFailed, NotSetUp, PermanentKeysInTheWay
from aws_mfa.renewal.write import SectionWriter
from fakes import ACCOUNT, FakeInterfaces, a_session, a_step, as_interfaces

ROLE = f"arn:aws:iam::{ACCOUNT}:role/Admin"


def test_permanent_keys_that_appeared_meanwhile_are_not_overwritten() -> None:
    """The file is read again after the call: the user may have run `aws configure` while the code was typed."""
    before = "[work]\naws_access_key_id = AKIAINVENTED\naws_secret_access_key = precious\n"
    interfaces = FakeInterfaces(before)
    with pytest.raises(PermanentKeysInTheWay):
        SectionWriter(a_step(), "work", as_interfaces(interfaces)).write(a_session())
    assert interfaces.credentials.text == before


def test_a_session_that_the_file_does_not_take_is_stored_where_the_next_run_finds_it() -> None:
    """A role's session only for its section: the contract has it signed with the long-term keys and a code."""
    for step in (a_step(), a_step(role_arn=ROLE)):
        interfaces = FakeInterfaces("")
        interfaces.credentials.failure = NotSetUp("Device or resource busy")
        writer = SectionWriter(step, "work", as_interfaces(interfaces))
        with pytest.raises(NotSetUp):
            writer.write_new(a_session(role_arn=step.request.role_arn))
        session = SectionWriter(step, "work", as_interfaces(interfaces)).stored
        assert session is not None
        interfaces.credentials.failure = None
        writer.write(session)
        assert session.access_key_id in interfaces.credentials.read()
        left = [] if step.request.role_arn else ["mfa@work-long-term"]
        assert interfaces.session_cache.labels == left


def test_a_session_that_would_break_the_lines_of_the_file_is_refused() -> None:
    interfaces = FakeInterfaces("")
    session = a_session()
    session.access_key_id = "ASIA\n[default]"
    with pytest.raises(AwsFailed):
        SectionWriter(a_step(), "work", as_interfaces(interfaces)).write(session)
    assert interfaces.credentials.text == ""
