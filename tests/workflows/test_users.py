"""The users at the beginning of chains: keys, device and region, each found once, failures too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_mfa.errors import KeychainUnavailable, NoDevice, NoLongTermKeys, SeveralDevices
from aws_mfa.rules.profile_chains import chain_of
from aws_mfa.rules.profiles import AwsProfiles
from aws_mfa.rules.renewal_request import RenewalRequest
from aws_mfa.workflows.keys import note_keys
from aws_mfa.workflows.known_profiles import KnownProfiles
from aws_mfa.workflows.users import Users
from fakes import DEVICE, KEYS, OTHER_KEYS, FakeFork, FakeIam, FakeOutside, FakeTerminal, FakeVault, as_outside

if TYPE_CHECKING:
    from aws_mfa.rules.session_steps import SourceUser

ROLES = "".join(
    f"[profile r{number}]\nrole_arn = arn:aws:iam::123456789012:role/R{number}\nsource_profile = work\n"
    for number in range(3)
)


def users_of(outside: FakeOutside, vault: str | None = None) -> Users:
    return Users(as_outside(outside), KnownProfiles(as_outside(outside)), RenewalRequest([], vault=vault))


def base_of(users: Users, outside: FakeOutside, name: str = "r0") -> SourceUser:
    profiles = AwsProfiles(outside.config.read(), outside.credentials.read())
    return users.base_of(chain_of(name, profiles, keys_stored=lambda _: True))


def an_outside(config: str = ROLES, credentials: str = "") -> FakeOutside:
    outside = FakeOutside(credentials, config)
    outside.vaults["keychain"] = FakeVault("keychain", work_long_term=KEYS)
    return outside


def test_keys_and_device_are_asked_for_once_for_all_roles_of_a_user() -> None:
    outside = an_outside()
    users = users_of(outside)
    found = [base_of(users, outside, name) for name in ("r0", "r1", "r2")]
    assert {(base.section, base.access_key_id, base.device) for base in found} == {
        ("work-long-term", KEYS.access_key_id, DEVICE)
    }
    assert outside.vaults["keychain"].calls == ["load work-long-term"]
    assert users.keys_of("work-long-term") is KEYS


def test_a_vault_that_failed_is_not_asked_again_for_the_next_role() -> None:
    """A locked keychain is a wait of seconds: a thousand roles would be an hour."""
    outside = an_outside()
    outside.vaults["keychain"].failure = KeychainUnavailable("locked")
    users = users_of(outside, vault="keychain")
    for name in ("r0", "r1"):
        with pytest.raises(KeychainUnavailable):
            base_of(users, outside, name)
    assert len(outside.vaults["keychain"].calls) == 1


def test_iam_that_failed_is_not_asked_again_for_the_next_role() -> None:
    outside = an_outside()
    asked: list[str] = []

    class Counting(FakeIam):
        def list_mfa_devices(self, keys: object) -> list[str]:
            asked.append("")
            return []

    outside.fake_iam = Counting([])
    users = users_of(outside)
    for name in ("r0", "r1"):
        with pytest.raises(NoDevice):
            base_of(users, outside, name)
    assert len(asked) == 1


def test_several_devices_are_listed_as_lines_for_the_profile() -> None:
    """`renew` has no `--device`: profiles may differ in theirs."""
    outside = an_outside()
    outside.terminal = FakeTerminal(has_human=False)
    outside.fake_iam = FakeIam([DEVICE, f"{DEVICE}-2"])
    with pytest.raises(SeveralDevices) as refused:
        base_of(users_of(outside), outside)
    place = "write into [profile work] of ~/.aws/config:"
    assert refused.value.hints == (f"{place} mfa_serial = {DEVICE}", f"{place} mfa_serial = {DEVICE}-2")


def test_who_chose_a_device_is_told_how_not_to_be_asked_again() -> None:
    outside = an_outside()
    outside.terminal = FakeTerminal("2")
    outside.fake_iam = FakeIam([DEVICE, f"{DEVICE}-2"])
    assert base_of(users_of(outside), outside).device == f"{DEVICE}-2"
    line = f"to be asked no more, write into [profile work] of ~/.aws/config: mfa_serial = {DEVICE}-2"
    assert outside.terminal.said[-1] == line


def test_the_profiles_device_comes_before_iams() -> None:
    outside = an_outside(ROLES + "[profile work]\nmfa_serial = GAHT12345678\n")
    assert base_of(users_of(outside), outside).device == "GAHT12345678"


def test_keys_of_nobody_are_a_failure_and_never_anothers() -> None:
    outside = an_outside()
    outside.vaults["keychain"] = FakeVault("keychain", other_long_term=OTHER_KEYS)
    users = users_of(outside)
    with pytest.raises(NoLongTermKeys):
        base_of(users, outside)
    with pytest.raises(NoLongTermKeys):
        users.keys_of("work-long-term")


def test_keys_that_another_program_has_are_told_with_its_line() -> None:
    config = ROLES + "[profile work]\ncredential_process = aws-vault export --format=json work\n"
    outside = an_outside(config)
    outside.vaults["keychain"] = FakeVault("keychain")
    with pytest.raises(
        NoLongTermKeys, match=r"another program's \(credential_process in ~/.aws/config \[profile work\]\)"
    ) as refused:
        base_of(users_of(outside), outside)
    assert refused.value.hints == ("store them here, then take that line away: aws-mfa setup --profile work",)


def test_a_noted_key_id_plans_without_opening_the_vault() -> None:
    """A stored session serves behind a locked keychain, and an age vault asks no passphrase for it."""
    outside = an_outside(ROLES + f"[profile work]\nmfa_serial = {DEVICE}\n")
    note_keys("work-long-term", "keychain", KEYS, as_outside(outside))
    outside.vaults["keychain"].failure = KeychainUnavailable("locked")
    users = users_of(outside)
    assert base_of(users, outside).access_key_id == KEYS.access_key_id
    with pytest.raises(KeychainUnavailable):
        users.keys_of("work-long-term")


def test_keys_of_the_file_are_told_once() -> None:
    section = "[work-long-term]\naws_access_key_id = AKIAINVENTED\naws_secret_access_key = invented\n"
    outside = an_outside(credentials=section)
    outside.vaults["keychain"] = FakeVault("keychain")
    users = users_of(outside)
    for name in ("r0", "r1"):
        base_of(users, outside, name)
    assert len(users.notices) == 1
    assert users.notices[0].startswith("work-long-term: long-term keys read from ~/.aws/credentials")


def test_the_forks_device_comes_with_the_forks_keys() -> None:
    outside = an_outside()
    outside.vaults["keychain"] = FakeVault("keychain")
    outside.fork = FakeFork(work_long_term=KEYS)
    outside.fork.device = f"{DEVICE}-of-the-fork"
    assert base_of(users_of(outside), outside).device == f"{DEVICE}-of-the-fork"


@pytest.mark.parametrize(
    ("environ", "config", "region"),
    [
        ({}, "", "us-east-1"),
        ({}, "[profile work]\nregion = eu-central-1\n", "eu-central-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "[profile work]\nregion = eu-central-1\n", "eu-west-1"),
        ({"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-1"}, "", "eu-west-2"),
    ],
)
def test_the_region_is_the_users_for_all_roles(environ: dict[str, str], config: str, region: str) -> None:
    outside = an_outside(ROLES.replace("[profile r1]\n", "[profile r1]\nregion = ap-south-1\n") + config)
    outside.environ = environ
    users = users_of(outside)
    assert [base_of(users, outside, name).region for name in ("r0", "r1")] == [region, region]


def test_a_region_of_another_partition_is_passed_over_with_a_word() -> None:
    outside = an_outside("[profile work]\nmfa_serial = arn:aws-cn:iam::123456789012:mfa/ann\n")
    outside.environ = {"AWS_REGION": "eu-west-1"}
    users = users_of(outside)
    base = base_of(users, outside, "work")
    assert (base.region, base.partition) == ("cn-north-1", "aws-cn")
    assert users.notices == [
        "AWS_REGION names region eu-west-1 of partition aws, the device is in aws-cn: it is not used"
    ]


def test_a_session_of_another_endpoint_is_another_session() -> None:
    """A practice AWS on this machine gives sessions too: they are none of the real one's, nor the other way round."""
    found = []
    for environ in ({}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, {"AWS_ENDPOINT_URL_STS": "https://sts.example"}):
        outside = an_outside()
        outside.environ = environ
        found.append(base_of(users_of(outside), outside).endpoint_url)
    assert found == [None, "http://127.0.0.1:4566/", "https://sts.example/"]


def test_roles_that_say_otherwise_how_aws_is_reached_have_a_user_each_and_one_mfa_session() -> None:
    outside = an_outside(ROLES.replace("[profile r1]\n", "[profile r1]\nca_bundle = /r1.pem\n"))
    users = users_of(outside)
    bases = [base_of(users, outside, name) for name in ("r0", "r1", "r2")]
    assert [base.endpoints.words[0] for base in bases] == [None, "/r1.pem", None]
    assert bases[0] is bases[2]
    assert {base.endpoint_url for base in bases} == {None}
