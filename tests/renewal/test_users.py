"""The users at the beginning of chains: keys, device and region, each found once, failures too."""

from __future__ import annotations

import pytest

from aws_mfa import errors
from aws_mfa.aws.endpoints import NO_SETTINGS
from aws_mfa.config.chains import chain_of
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.renewal.steps import SourceUser
from aws_mfa.renewal.users import Users, discover_device
from aws_mfa.vaults.lookup import KnownProfiles, note_device, note_keys
from fakes import (
    ACCOUNT,
    DEVICE,
    KEYS,
    OTHER_KEYS,
    FakeFork,
    FakeIam,
    FakeInterfaces,
    FakeTerminal,
    FakeVault,
    as_interfaces,
)

ROLES = "".join(
    f"[profile r{number}]\nrole_arn = arn:aws:iam::123456789012:role/R{number}\nsource_profile = work\n"
    for number in range(3)
)


def users_of(interfaces: FakeInterfaces, vault: str | None = None) -> Users:
    return Users(as_interfaces(interfaces), KnownProfiles(as_interfaces(interfaces)), RenewalRequest([], vault=vault))


def user_of(users: Users, interfaces: FakeInterfaces, name: str = "r0") -> SourceUser:
    profiles = AwsProfiles(interfaces.config.read(), interfaces.credentials.read())
    return users.user_of(chain_of(name, profiles, keys_stored=lambda _: True))


def some_interfaces(config: str = ROLES, credentials: str = "") -> FakeInterfaces:
    interfaces = FakeInterfaces(credentials, config)
    interfaces.vaults["keychain"] = FakeVault("keychain", work_long_term=KEYS)
    return interfaces


def test_keys_and_device_are_asked_for_once_for_all_roles_of_a_user() -> None:
    interfaces = some_interfaces()
    users = users_of(interfaces)
    found = [user_of(users, interfaces, name) for name in ("r0", "r1", "r2")]
    for user in found:
        assert (user.section, user.access_key_id, user.device) == ("work-long-term", KEYS.access_key_id, DEVICE)
    assert interfaces.vaults["keychain"].calls == ["load work-long-term"]
    assert users.keys_of("work-long-term") is KEYS


@pytest.mark.parametrize("what", [errors.KeychainUnavailable, errors.NoDevice])
def test_a_vault_or_iam_that_failed_is_not_asked_again_for_the_next_role(what: type[errors.AwsMfaError]) -> None:
    """A locked keychain is a wait of seconds: a thousand roles would be an hour."""
    interfaces = some_interfaces()
    interfaces.fake_iam = FakeIam([])
    if what is errors.KeychainUnavailable:
        interfaces.vaults["keychain"].failure = errors.KeychainUnavailable("locked")
    users = users_of(interfaces, vault="keychain")
    for name in ("r0", "r1"):
        with pytest.raises(what):
            user_of(users, interfaces, name)
        interfaces.fake_iam = FakeIam([DEVICE])
    assert len(interfaces.vaults["keychain"].calls) == 1


@pytest.mark.parametrize(
    ("environ", "lines"),
    [
        ({}, ["region in ~/.aws/credentials [work] is empty: us-east-1, partition aws, is used"]),
        ({"AWS_REGION": "eu-west-1"}, []),
        (
            {"AWS_REGION": "eu-wets-1"},
            ["AWS_REGION names region eu-wets-1, which is not a known one: do you mean eu-west-1?"],
        ),
    ],
)
def test_an_empty_region_and_a_doubtful_one_are_told(environ: dict[str, str], lines: list[str]) -> None:
    """Botocore reads the credentials file's empty value too, and not the config file's region."""
    config = f"[profile work]\nregion = eu-north-1\nmfa_serial = {DEVICE}\n"
    interfaces = some_interfaces(ROLES + config, "[work]\nregion =\n")
    interfaces.environ = environ
    users = users_of(interfaces)
    user = user_of(users, interfaces)
    assert (user.region, users.notices) == (environ.get("AWS_REGION", "us-east-1"), lines)


def test_several_devices_are_listed_as_lines_for_the_profile() -> None:
    """`renew` has no `--device`: profiles may differ in theirs."""
    interfaces = some_interfaces()
    interfaces.terminal = FakeTerminal(has_human=False)
    interfaces.fake_iam = FakeIam([DEVICE, f"{DEVICE}-2"])
    with pytest.raises(errors.SeveralDevices) as refused:
        user_of(users_of(interfaces), interfaces)
    place = "write into [profile work] of ~/.aws/config:"
    assert refused.value.hints == (f"{place} mfa_serial = {DEVICE}", f"{place} mfa_serial = {DEVICE}-2")


def test_after_a_choice_of_device_it_is_noted_and_the_line_that_changes_it_is_printed() -> None:
    interfaces = some_interfaces()
    interfaces.terminal = FakeTerminal("2")
    interfaces.fake_iam = FakeIam([DEVICE, f"{DEVICE}-2"])
    assert user_of(users_of(interfaces), interfaces).device == f"{DEVICE}-2"
    line = "to use another device later, write into [profile work] of ~/.aws/config: mfa_serial = ARN"
    assert interfaces.terminal.said[-1] == line
    interfaces.fake_iam = FakeIam([])
    assert user_of(users_of(interfaces), interfaces).device == f"{DEVICE}-2", "no second menu"


def test_a_device_that_iam_listed_needs_neither_iam_nor_the_vault_again() -> None:
    interfaces = some_interfaces()
    note_keys("work-long-term", "keychain", KEYS, as_interfaces(interfaces))
    first = users_of(interfaces)
    chain = chain_of("r0", AwsProfiles(ROLES, ""), keys_stored=lambda _: True)
    assert (first.user_of(chain).device, first.are_named_by_files(chain)) == (DEVICE, False)
    interfaces.vaults["keychain"].failure = errors.KeychainUnavailable("locked")
    interfaces.fake_iam = FakeIam(errors.NotAuthorized("no"))
    users = users_of(interfaces)
    assert (users.user_of(chain).device, users.are_named_by_files(chain)) == (DEVICE, True)
    note_keys("work-long-term", "keychain", OTHER_KEYS, as_interfaces(interfaces))
    with pytest.raises(errors.KeychainUnavailable):  # another key: perhaps of another user
        users_of(interfaces).user_of(chain)
    note_keys("work-long-term", "keychain", KEYS, as_interfaces(interfaces))
    note_device(KEYS.access_key_id, None, as_interfaces(interfaces))
    with pytest.raises(errors.KeychainUnavailable):  # AWS did not take it: IAM is asked again
        users_of(interfaces).user_of(chain)


def test_the_profiles_device_comes_before_iams() -> None:
    interfaces = some_interfaces(ROLES + "[profile work]\nmfa_serial = GAHT12345678\n")
    assert user_of(users_of(interfaces), interfaces).device == "GAHT12345678"


def test_missing_keys_are_a_failure_and_never_replaced_by_anothers() -> None:
    interfaces = some_interfaces()
    interfaces.vaults["keychain"] = FakeVault("keychain", other_long_term=OTHER_KEYS)
    users = users_of(interfaces)
    with pytest.raises(errors.NoLongTermKeys):
        user_of(users, interfaces)
    with pytest.raises(errors.NoLongTermKeys):
        users.keys_of("work-long-term")


def test_keys_of_another_program_are_reported_with_its_line() -> None:
    config = ROLES + "[profile work]\ncredential_process = aws-vault export --format=json work\n"
    interfaces = some_interfaces(config)
    interfaces.vaults["keychain"] = FakeVault("keychain")
    line = r"come from another program \(credential_process in ~/.aws/config \[profile work\]\)"
    with pytest.raises(errors.NoLongTermKeys, match=line) as refused:
        user_of(users_of(interfaces), interfaces)
    assert refused.value.hints == ("store them here, then remove that line: aws-mfa setup --profile work",)


def test_a_noted_key_id_plans_without_opening_the_vault() -> None:
    """A stored session serves behind a locked keychain, and an age vault asks no passphrase for it."""
    interfaces = some_interfaces(ROLES + f"[profile work]\nmfa_serial = {DEVICE}\n")
    note_keys("work-long-term", "keychain", KEYS, as_interfaces(interfaces))
    interfaces.vaults["keychain"].failure = errors.KeychainUnavailable("locked")
    users = users_of(interfaces)
    assert user_of(users, interfaces).access_key_id == KEYS.access_key_id
    with pytest.raises(errors.KeychainUnavailable):
        users.keys_of("work-long-term")


def test_keys_of_the_file_are_reported_once() -> None:
    section = "[work-long-term]\naws_access_key_id = AKIAINVENTED\naws_secret_access_key = invented\n"
    interfaces = some_interfaces(credentials=section)
    interfaces.vaults["keychain"] = FakeVault("keychain")
    users = users_of(interfaces)
    for name in ("r0", "r1"):
        user_of(users, interfaces, name)
    assert len(users.notices) == 1
    assert users.notices[0].startswith("work-long-term: long-term keys read from ~/.aws/credentials")


def test_the_forks_device_comes_with_the_forks_keys() -> None:
    interfaces = some_interfaces()
    interfaces.vaults["keychain"] = FakeVault("keychain")
    interfaces.fork = FakeFork(work_long_term=KEYS)
    interfaces.fork.device = f"{DEVICE}-of-the-fork"
    assert user_of(users_of(interfaces), interfaces).device == f"{DEVICE}-of-the-fork"


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
    interfaces = some_interfaces(ROLES.replace("[profile r1]\n", "[profile r1]\nregion = ap-south-1\n") + config)
    interfaces.environ = environ
    users = users_of(interfaces)
    assert [user_of(users, interfaces, name).region for name in ("r0", "r1")] == [region, region]


def test_a_region_of_another_partition_is_skipped_with_a_notice() -> None:
    interfaces = some_interfaces("[profile work]\nmfa_serial = arn:aws-cn:iam::123456789012:mfa/ann\n")
    interfaces.environ = {"AWS_REGION": "eu-west-1"}
    users = users_of(interfaces)
    user = user_of(users, interfaces, "work")
    assert (user.region, user.partition) == ("cn-north-1", "aws-cn")
    (notice,) = users.notices
    assert notice == "AWS_REGION names region eu-west-1 of partition aws, the device is in aws-cn: it is not used"


def test_a_session_of_another_endpoint_is_another_session() -> None:
    """A practice AWS on this machine gives sessions too: a session of one endpoint does not count for another."""
    found = []
    for environ in ({}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, {"AWS_ENDPOINT_URL_STS": "https://sts.example"}):
        interfaces = some_interfaces()
        interfaces.environ = environ
        found.append(user_of(users_of(interfaces), interfaces).endpoint_url)
    assert found == [None, "http://127.0.0.1:4566/", "https://sts.example/"]


def test_roles_with_other_endpoint_settings_have_a_user_each_and_one_mfa_session() -> None:
    interfaces = some_interfaces(ROLES.replace("[profile r1]\n", "[profile r1]\nca_bundle = /r1.pem\n"))
    users = users_of(interfaces)
    found = [user_of(users, interfaces, name) for name in ("r0", "r1", "r2")]
    assert [user.endpoints.words[0] for user in found] == [None, "/r1.pem", None]
    assert found[0] is found[2]
    assert {user.endpoint_url for user in found} == {None}


# The device: what IAM lists, what STS can take, what a person chooses.

FIDO = f"arn:aws:iam::{ACCOUNT}:u2f/user/ann/key-1"
TABLET = f"arn:aws:iam::{ACCOUNT}:mfa/tablet"


def interfaces_with(*devices: str, terminal: FakeTerminal | None = None) -> FakeInterfaces:
    interfaces = FakeInterfaces()
    interfaces.fake_iam = FakeIam(list(devices))
    interfaces.terminal = terminal or FakeTerminal(has_human=False)
    return interfaces


def discovered(interfaces: FakeInterfaces) -> str:
    return discover_device(KEYS, "us-east-1", as_interfaces(interfaces), NO_SETTINGS, profile="work")


@pytest.mark.parametrize("devices", [(DEVICE,), (FIDO, DEVICE)], ids=["one", "and a security key"])
def test_one_device_is_used_without_a_question(devices: tuple[str, ...]) -> None:
    assert discovered(interfaces_with(*devices)) == DEVICE


@pytest.mark.parametrize("answer", ["2", TABLET])
def test_several_devices_are_a_menu_on_a_terminal(answer: str) -> None:
    interfaces = interfaces_with(DEVICE, TABLET, terminal=FakeTerminal("7", "x", answer))
    assert discovered(interfaces) == TABLET
    assert f"  2  {TABLET}" in interfaces.terminal.said


@pytest.mark.parametrize("refusal", [errors.NotAuthorized("denied"), errors.UnknownKey("without MFA, IAM says so")])
def test_a_refusal_of_iam_asks_for_the_flag(refusal: errors.AwsMfaError) -> None:
    interfaces = interfaces_with()
    interfaces.fake_iam = FakeIam(refusal)
    with pytest.raises(errors.NoDevice, match="IAM did not list the MFA devices") as failure:
        discovered(interfaces)
    assert "--device" in failure.value.hints[0]


def test_a_missing_network_is_reported_as_such() -> None:
    interfaces = interfaces_with()
    interfaces.fake_iam = FakeIam(errors.AwsUnreachable("no network"))
    with pytest.raises(errors.AwsUnreachable):
        discovered(interfaces)


@pytest.mark.parametrize("place", ["credentials", "config"])
@pytest.mark.parametrize(("vault", "of_vault"), [(None, True), ("keychain", True), ("file", False), ("age", False)])
def test_keys_noted_by_set_up_come_before_the_profiles_own(place: str, vault: str | None, *, of_vault: bool) -> None:
    lines = f"aws_access_key_id = {OTHER_KEYS.access_key_id}\naws_secret_access_key = invented/secret+of+bob\n"
    config = f"[profile work]\nmfa_serial = {DEVICE}\n{lines if place == 'config' else ''}"
    interfaces = some_interfaces(config, f"[work]\n{lines}" if place == "credentials" else "")
    note_keys("work-long-term", "keychain", KEYS, as_interfaces(interfaces))
    user = user_of(users_of(interfaces, vault), interfaces, "work")
    expected = ("work-long-term", KEYS) if of_vault else ("work", OTHER_KEYS)
    assert (user.section, user.access_key_id) == (expected[0], expected[1].access_key_id)
