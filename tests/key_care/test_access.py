"""Whose MFA session signs the IAM calls of a profile's user."""

from __future__ import annotations

import pytest

from aws_mfa.errors import BadInput, RefusedByRule
from aws_mfa.key_care.access import iam_access, key_access
from aws_mfa.key_care.importing import check_moves
from aws_mfa.key_care.search import Importable
from aws_mfa.key_care.transfer import Move
from aws_mfa.renewal.request import RenewalRequest
from fakes import ANN, DEVICE, KEYS, FakeInterfaces, as_interfaces, asking
from setup.setting_up import set_up_with, unattended

CODE = "123456"
CONFIG = f"""\
[profile work]
mfa_serial = {DEVICE}
[profile admin]
role_arn = arn:aws:iam::210987654321:role/Admin
source_profile = work
"""


def with_files(config: str = CONFIG) -> FakeInterfaces:
    interfaces = asking(CODE)
    interfaces.config.text = config
    interfaces.vaults["keychain"].stored["work-long-term"] = KEYS
    return interfaces


@pytest.mark.parametrize("profile", ["work", "admin"])
def test_a_users_mfa_session_signs_also_for_a_role_profile(profile: str) -> None:
    interfaces = with_files()
    access = iam_access(profile, RenewalRequest([profile]), interfaces)
    assert access.user.profile == "work"
    assert access.session.assumed_role_arn is None
    assert access.identity.arn == ANN
    assert access.users.keys_of(access.user.section).matches(KEYS)


def test_a_second_command_asks_for_no_code() -> None:
    interfaces = with_files()
    first = iam_access("work", RenewalRequest(["work"]), interfaces)
    again = iam_access("admin", RenewalRequest(["admin"]), interfaces)
    assert again.session.access_key_id == first.session.access_key_id
    assert len(interfaces.terminal.questions) == 1


def test_a_profile_with_a_role_and_its_own_keys_is_refused() -> None:
    own_role = "[profile work]\nrole_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = work\n"
    with pytest.raises(BadInput, match="role and keys of its own"):
        iam_access("work", RenewalRequest(["work"]), with_files(f"{own_role}mfa_serial = {DEVICE}\n"))


@pytest.mark.parametrize("value", ["read-only", "refuse"])
def test_an_agent_that_gets_less_than_the_user_changes_no_keys_and_no_devices(value: str) -> None:
    interfaces = with_files(CONFIG.replace("[profile work]\n", f"[profile work]\naws_mfa_agent = {value}\n"))
    interfaces.agent = "ci"
    for access in (key_access, iam_access):
        with pytest.raises(RefusedByRule, match="aws_mfa_agent in"):
            access("admin", RenewalRequest(["admin"]), interfaces)
    assert interfaces.fake_iam.calls == []


REFUSED = "[profile work]\naws_mfa_agent = refuse\n"


@pytest.mark.parametrize("section", ["work-long-term", "work-keys", "work"])
def test_it_neither_stores_nor_imports_keys_under_any_name_of_them(section: str) -> None:
    interfaces = unattended(REFUSED)
    interfaces.agent = "ci"
    found = Importable([Move(section, "age", [])], [])
    with pytest.raises(RefusedByRule, match="aws_mfa_agent in"):
        check_moves(found, as_interfaces(interfaces), is_document=True, is_piped=True)
    with pytest.raises(RefusedByRule, match="aws_mfa_agent in"):
        set_up_with(interfaces, "work", replaces=True)
    assert interfaces.vaults["keychain"].stored == {}
