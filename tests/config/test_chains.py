"""A profile's `source_profile` is followed as botocore does it, and what AWS would refuse is reported beforehand."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from botocore.credentials import AssumeRoleProvider, Credentials  # the reference
from botocore.exceptions import BotoCoreError
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.command_lines import quote
from aws_mfa.config.chains import Chain, chain_of
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.config.settings import misread
from aws_mfa.errors import BadProfile
from examples import examples

DEVICE = "arn:aws:iam::123456789012:mfa/ann"
KEYS = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"


def role(name: str, source: str, *lines: str, partition: str = "aws") -> str:
    arn = f"arn:{partition}:iam::123456789012:role/{name}"
    return "\n".join((f"[profile {name}]", f"role_arn = {arn}", f"source_profile = {source}", *lines, ""))


def followed(
    name: str, config: str, credentials: str = "", keys_stored: Callable[[str], bool] = lambda _: False
) -> tuple[str, list[str]]:
    """The names of the user's profile and of the roles."""
    chain = chain_of(name, AwsProfiles(config, credentials), keys_stored=keys_stored)
    assert chain.wanted.name == name
    return chain.user.name, [role.name for role in chain.role_chain]


def refusal(name: str, config: str, credentials: str = "") -> BadProfile:
    with pytest.raises(BadProfile) as refused:
        chain_of(name, AwsProfiles(config, credentials))
    assert refused.value.hints
    assert refused.value.message.isprintable()
    return refused.value


def test_a_chain_may_be_of_any_length() -> None:
    config = "[profile r0]\n" + "".join(role(f"r{number}", f"r{number - 1}") for number in range(1, 2001))
    user, roles = followed("r2000", config)
    assert (user, len(roles), roles[0]) == ("r0", 2000, "r1")


def test_hidden_keys_make_a_chain_too() -> None:
    plain = role("a", "work", f"mfa_serial = {DEVICE}").splitlines()
    config = "\n".join((plain[0], *(f"aws_mfa_{line}" for line in plain[1:]), ""))
    chain = chain_of("a", AwsProfiles(config + "[profile work]\n", ""))
    assert (chain.user.name, len(chain.role_chain), chain.mfa_serial) == ("work", 1, DEVICE)


def test_a_profile_that_names_itself_needs_keys_of_its_own() -> None:
    assert followed("a", role("a", "a"), f"[a]\n{KEYS}") == ("a", ["a"])
    assert followed("a", role("a", "a"), "[a-long-term]\n") == ("a", ["a"])
    assert followed("a", role("a", "a"), keys_stored=lambda name: name == "a") == ("a", ["a"])
    assert "a -> a" in refusal("a", role("a", "a")).message
    assert followed("a", role("a", "a"), f"[a]\n{KEYS}aws_session_token = t\n") == ("a", ["a"])
    session = f"[a]\n{KEYS.replace('AKIA', 'ASIA')}aws_session_token = t\n"
    message = (
        "no long-term keys in [a]: it holds a session (source_profile in ~/.aws/config [profile a] names that profile)"
    )
    assert refusal("a", role("a", "a"), session).message == message


def test_keys_of_a_source_end_the_chain_even_beside_a_role() -> None:
    assert followed("b", role("b", "a") + role("a", "nowhere"), f"[a]\n{KEYS}") == ("a", ["b"])
    assert followed("b", role("b", "a") + role("a", "b"), f"[a]\n{KEYS}") == ("a", ["b"])


def test_keys_count_the_same_when_they_have_moved_into_the_vault() -> None:
    config = role("b", "a") + role("a", "a")
    in_the_file = followed("b", config, f"[a]\n{KEYS}")
    assert in_the_file == followed("b", config, "[a-long-term]\n") == ("a", ["b"])
    assert followed("b", config, keys_stored=lambda name: name == "a") == in_the_file


def test_a_session_of_a_role_in_the_credentials_file_is_not_its_keys() -> None:
    credentials = "[a]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_session_token = t\n"
    assert followed("b", role("b", "a") + role("a", "work") + "[profile work]\n", credentials) == ("work", ["a", "b"])


@pytest.mark.parametrize(
    ("wanted", "loop"), [("a", "a -> b -> c -> a"), ("c", "c -> a -> b -> c"), ("start", "a -> b -> c -> a")]
)
def test_a_circle_is_shown(wanted: str, loop: str) -> None:
    config = role("a", "b") + role("b", "c") + role("c", "a") + role("start", "a")
    assert refusal(wanted, config).message.endswith(f"leads in a circle: {loop}")


def test_a_missing_name_comes_with_existing_ones() -> None:
    few = role("dev", "work") + role("prod", "work")
    many = "".join(role(f"team-{number}", "work") for number in range(11))
    assert refusal("pord", few).hints[0] == "did you mean: prod"
    assert refusal("gone", few).hints[0] == "there are: dev, prod"
    assert refusal("gone", many).hints[0] == "list them with: aws-mfa status"
    assert refusal("gone", "").hints == ("store long-term keys under that name: aws-mfa setup --profile gone",)
    assert refusal("pord", few).hints[1:] == ()
    user = "[profile work]\nmfa_serial = arn:aws:iam::123456789012:mfa/ann\n"
    assert refusal("default", few + user).hints[:2] == (
        "name one: export AWS_PROFILE=work",
        "there are: dev, prod, work",
    )
    assert refusal("a", few + role("a", "dve")).hints[0] == "did you mean: dev"


WRITTEN = {
    "{} # prod": "AWS files have no comments behind values",
    "{}\t; prod": "AWS files have no comments behind values",
    '"{}"': "AWS files have no quotes around values: they belong to the value",
    "{}\u200b": "it holds an invisible character (U+200B)",
}
SETTINGS_READ = {
    "role_arn": "arn:aws:iam::123456789012:role/a",
    "mfa_serial": DEVICE,
    "duration_seconds": "3600",
    "external_id": "abc",
    "role_session_name": "ann",
    "source_identity": "ann",
    "session_tags": "Team=data",
    "region": "eu-west-1",
    "ca_bundle": "/ca.pem",
    "services": "s",
    "use_fips_endpoint": "true",
    "ignore_configured_endpoint_urls": "true",
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("key", SETTINGS_READ)
@pytest.mark.parametrize("prefix", ["", "aws_mfa_"])
def test_what_is_written_around_a_value_is_named_for_every_setting(written: str, key: str, prefix: str) -> None:
    line = f"{prefix}{key} = {written.format(SETTINGS_READ[key])}"
    config = role("a", "work", line) + "[profile work]\n"
    if key == "role_arn":
        config = config.replace(f"role_arn = {SETTINGS_READ[key]}\n", "")
    assert refusal("a", config).message == f"{prefix}{key} in ~/.aws/config [profile a]: {WRITTEN[written]}"


@pytest.mark.parametrize(
    "line",
    ["mfa_process = sh -c 'pass otp' # x", "credential_process = 'a b'", "session_tags = Team=data,\n  Project=atlas"],
)
def test_a_command_and_a_list_may_look_so(line: str) -> None:
    assert followed("a", role("a", "work", line) + "[profile work]\n") == ("work", ["a"])


@pytest.mark.parametrize("written", [*WRITTEN, "profile {}", "'profile {}'", "{}\t# x"])
@pytest.mark.parametrize("key", ["source_profile", "aws_mfa_source_profile", "include_profile"])
def test_a_name_that_is_almost_a_profiles_is_offered(written: str, key: str) -> None:
    name = written.format("work")
    line = f"{key} = {name}\n"
    config = f"[profile a]\nrole_arn = {SETTINGS_READ['role_arn']}\n{line}[profile work]\n"
    config += "" if key != "include_profile" else "source_profile = work\n"
    refused = refusal("a", config)
    assert refused.message.startswith(f"{key} in ~/.aws/config [profile a] names profile ")
    assert (WRITTEN.get(written, "does not exist")) in refused.message
    if "200b" not in ascii(written):
        assert refused.hints[misread(name) is not None] == "did you mean: work"
    assert not any("setup" in hint for hint in refused.hints[:1])


def test_a_source_that_is_not_set_up_is_set_up_first() -> None:
    refused = refusal("a", role("a", "team work"))
    assert refused.hints[0] == f"if it has keys of yours, store them: aws-mfa setup --profile {quote('team work')}"
    assert refused.shared == "source_profile names profile 'team work', which does not exist"


MISNAMED = {
    "[dev2]\nregion = x\n": ("", "section [dev2] of ~/.aws/config must be [profile dev2]"),
    "[Profile dev2]\nrole_arn = x\n": ("", "section [Profile dev2] of ~/.aws/config must be [profile dev2]"),
    "[PROFILE  'dev2']\noutput = x\n": ("", "section [PROFILE  'dev2'] of ~/.aws/config must be [profile dev2]"),
    "": ("[profile dev2]\nregion = x\n", "section [profile dev2] of ~/.aws/credentials must be [dev2]"),
}


@pytest.mark.parametrize("config", MISNAMED)
@pytest.mark.parametrize("named_by", ["itself", "a role"])
def test_a_section_under_the_wrong_header_is_named(config: str, named_by: str) -> None:
    credentials, wrong = MISNAMED[config]
    name = "dev2" if named_by == "itself" else "a"
    refused = refusal(name, config + role("a", "dev2"), credentials)
    assert refused.message.endswith(f": {wrong}")
    assert refused.hints[0] == "rename the section: no tool reads it as it is"


def test_a_section_that_is_no_profile_is_not_taken_for_one() -> None:
    config = "[dev2]\nx = y\n[plugins]\ncli = z\n[services dev2]\nregion = x\n[sso-session dev2]\nregion = x\n"
    assert AwsProfiles(f"[ ]\nregion = x\n{config}", "[dev2 x]\nregion = y\n[ ]\nregion = y\n").misnamed == {}
    assert refusal("dev2", config).message.endswith("~/.aws/credentials")


@pytest.mark.parametrize(
    ("arn", "hints"),
    [
        ("arn:aws:iam::123456789012:role/a", ["profiles that have it: a, b", "or without a profile for it: "]),
        (
            "arn:aws:iam::123456789012:role/other",
            ["or without a profile for it: aws-mfa exec --source-profile NAME arn"],
        ),
        (DEVICE, ["profiles that have it: a"]),
        ("arn:aws:iam::123456789012:user/ann", []),
    ],
)
def test_an_arn_is_no_profile_and_those_that_have_it_are_named(arn: str, hints: list[str]) -> None:
    config = role("a", "work", f"mfa_serial = {DEVICE}") + role("b", "work").replace("role/b", "role/a")
    with pytest.raises(BadProfile, match="it is an ARN") as refused:
        chain_of(arn, AwsProfiles(config, ""))
    assert len(refused.value.hints) == len(hints)
    assert all(hint.startswith(begins) for hint, begins in zip(refused.value.hints, hints, strict=True))


@pytest.mark.parametrize("config", ["[profile ann]\nregion = x\n", ""])
def test_the_name_of_long_term_keys_leads_to_the_profile(config: str) -> None:
    with pytest.raises(BadProfile, match="'ann-long-term' is the name of long-term keys") as refused:
        chain_of("ann-long-term", AwsProfiles(config, ""), in_vault=lambda name: name == "ann" and not config)
    assert refused.value.hints == ("name the profile: ann",)


def test_a_profile_without_keys_and_role_has_those_of_the_profile_it_includes() -> None:
    config = (
        "[profile alias]\ninclude_profile = mid\nregion = x\n[profile mid]\ninclude_profile = work\n[profile work]\n"
    )
    user, roles = followed("alias", config, keys_stored=lambda name: name == "work")
    assert (user, roles) == ("work", [])
    assert followed("alias", config, keys_stored=lambda name: name == "alias") == ("alias", [])
    assert followed("alias", "[profile alias]\ninclude_profile =\n") == ("alias", [])
    assert followed("a", role("a", "alias") + config, keys_stored=lambda name: name == "work") == ("work", ["a"])


def test_a_missing_profile_is_named_with_the_line_that_names_it() -> None:
    assert refusal("gone", "").message == "there is no profile 'gone' in ~/.aws/config or ~/.aws/credentials"
    says = "source_profile in ~/.aws/config [profile a] names profile 'gone', which does not exist"
    assert refusal("a", role("a", "gone")).message == says
    assert followed("a", role("a", "stored"), keys_stored=lambda name: name == "stored") == ("stored", ["a"])


def test_ten_thousand_roles_of_a_missing_profile_cost_one_search_for_similar_names() -> None:
    names = [f"account-{number}" for number in range(10_000)]
    profiles = AwsProfiles("".join(role(name, "acount") for name in names), "")
    began_at = time.process_time()
    hints = set()
    for name in names:
        with pytest.raises(BadProfile) as refused:
            chain_of(name, profiles)
        hints.add(refused.value.hints)
    assert time.process_time() - began_at < 10  # a search for each takes minutes
    assert [hint[0] for hint in hints] == ["did you mean: account-9, account-8, account-7"]


def test_similar_names_are_searched_for_the_first_missing_profiles_only() -> None:
    profiles = AwsProfiles("".join(role(f"account-{number}", f"acount-{number}") for number in range(20)), "")
    found = [str(profiles.missing(one.own["source_profile"]).hints) for one in profiles.all_profiles()]
    assert ["did you mean" in hints for hints in found] == [True] * 10 + [False] * 10


def test_a_role_without_a_source_says_what_to_add() -> None:
    config = "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/a\n"
    refused = refusal("a", config)
    assert refused.message == "role_arn in ~/.aws/config [profile a] has no source_profile beside it"
    assert "source_profile = NAME" in refused.hints[0]
    assert "source_profile = a" in refusal("a", config, f"[a]\n{KEYS}").hints[0]


@pytest.mark.parametrize("source", ["Environment", "Ec2InstanceMetadata", "EcsContainer"])
def test_roles_whose_keys_come_from_elsewhere_are_refused(source: str) -> None:
    config = f"[profile a]\nrole_arn = arn:aws:iam::123456789012:role/a\ncredential_source = {source}\n"
    assert refusal("a", config).message.startswith("credential_source in ~/.aws/config [profile a]: this role needs no")
    web = config.replace("credential_source", "source_profile = work\nweb_identity_token_file")
    assert refusal("a", web).message.startswith("web_identity_token_file in ~/.aws/config [profile a]")


def test_a_base_that_signs_in_with_sso_is_refused_unless_it_has_keys() -> None:
    config = role("a", "work") + "[profile work]\nsso_session = corp\n"
    assert refusal("a", config).message.startswith("sso_session in ~/.aws/config [profile work]")
    assert followed("a", config, "[work-long-term]\n") == ("work", ["a"])


DEVICES = {"a": "GAHT-wanted-a", "b": "GAHT-role-b", "work": "GAHT-user"}


@pytest.mark.parametrize(
    ("having", "wins"), [("a b work", "a"), ("b work", "b"), ("work", "work"), ("a work", "a"), ("", None)]
)
def test_the_nearest_device_is_in_force(having: str, wins: str | None) -> None:
    def lines(name: str) -> tuple[str, ...]:
        return (f"mfa_serial = {DEVICES[name]}",) if name in having.split() else ()

    user = "\n".join(("[profile work]", *lines("work")))
    config = role("a", "b", *lines("a")) + role("b", "work", *lines("b")) + user
    chain = chain_of("a", AwsProfiles(config, ""))
    assert chain.mfa_serial == (DEVICES[wins] if wins else None)
    if chain.device_profile is not None:
        assert chain.device_profile.source("mfa_serial") == f"mfa_serial in ~/.aws/config [profile {wins}]"


@pytest.mark.parametrize(
    ("name", "device", "first"),
    [
        ("a", DEVICE, "the device (mfa_serial in ~/.aws/config [profile work]) is in partition aws,"),
        ("b", "GAHT12345678", "the first role (role_arn in ~/.aws/config [profile a]) is in partition aws-cn,"),
    ],
)
def test_a_role_of_another_partition_than_device_or_first_role_is_refused(name: str, device: str, first: str) -> None:
    config = role("b", "a") + role("a", "work", partition="aws-cn") + f"[profile work]\nmfa_serial = {device}\n"
    message = refusal(name, config).message
    assert message.startswith(first)
    assert f"the role (role_arn in ~/.aws/config [profile {name}])" in message


@pytest.mark.parametrize("line", ["duration_seconds = 60", "external_id = a b", "session_tags = x", "region = ."])
@pytest.mark.parametrize("where", ["a", "b"])
def test_every_role_is_checked(line: str, where: str) -> None:
    config = role("b", "a", *([line] if where == "b" else [])) + role("a", "work", *([line] if where == "a" else []))
    message = refusal("b", config + "[profile work]\n").message
    assert f"{line.split(maxsplit=1)[0]} in ~/.aws/config [profile {where}]" in message


def test_a_tag_that_is_inherited_cannot_be_given_again() -> None:
    first = role("a", "work", "session_tags = Team=x", "transitive_session_tags = Team")
    second = role("b", "a", "session_tags = team=y")
    message = refusal("b", first + second + "[profile work]\n").message
    assert message == "session_tags in ~/.aws/config [profile b]: tag 'team' is inherited from profile 'a' already"
    kept = first.replace("transitive_session_tags = Team", "")
    assert followed("b", kept + second + "[profile work]\n") == ("work", ["a", "b"])


def test_a_source_identity_cannot_change_on_the_way() -> None:
    def config(second: str) -> str:
        first = role("a", "work", "source_identity = ann")
        return first + role("b", "a", f"source_identity = {second}") + "[profile work]\n"

    assert "differs from source_identity in ~/.aws/config [profile a]" in refusal("b", config("bob")).message
    assert followed("b", config("ann")) == ("work", ["a", "b"])


class Followed(AssumeRoleProvider):  # type: ignore[misc]  # botocore has no types
    """botocore's walk through the profiles, without a call: records which are assumed and whose keys sign."""

    def __init__(self, profiles: dict[str, dict[str, str]], name: str) -> None:
        super().__init__(lambda: {"profiles": profiles}, None, {}, name)
        self.assumed: list[str] = []
        self.user = ""

    def _get_role_config(self, profile_name: str) -> dict[str, str]:
        self.assumed.insert(0, profile_name)
        found: dict[str, str] = super()._get_role_config(profile_name)
        return found

    def _resolve_credentials_from_profile(self, profile_name: str) -> Credentials:
        profile = self._loaded_config["profiles"][profile_name]
        if self._has_static_credentials(profile) or not self._has_assume_role_config_vars(profile):
            self.user = profile_name
            return Credentials("k", "s")
        return super()._resolve_credentials_from_profile(profile_name)


NAMES = ("a", "b", "c", "d")
SETTINGS = st.fixed_dictionaries({}, optional={
    "role_arn": st.just("arn:aws:iam::123456789012:role/a"),
    "source_profile": st.sampled_from((*NAMES, "gone")),
    "aws_access_key_id": st.just("AKIAIOSFODNN7EXAMPLE"),
})  # fmt: skip


@examples(300)
@given(st.dictionaries(st.sampled_from(NAMES), SETTINGS, min_size=1))
def test_every_chain_is_botocores(profiles: dict[str, dict[str, str]]) -> None:
    lines = (
        f"[profile {name}]\n" + "".join(f"{k} = {v}\n" for k, v in found.items()) for name, found in profiles.items()
    )
    ours = AwsProfiles("".join(lines), "")
    for name in profiles:
        theirs = Followed(profiles, name)
        try:
            assumes = theirs.load() is not None
        except BotoCoreError:
            with pytest.raises(BadProfile):
                chain_of(name, ours)
            continue
        chain: Chain = chain_of(name, ours)
        assert [role.name for role in chain.role_chain] == theirs.assumed
        assert chain.user.name == (theirs.user if assumes else name)


def test_the_vault_itself_is_asked_for_names_that_are_nowhere_else() -> None:
    asked: list[str] = []

    def in_vault(name: str) -> bool:
        asked.append(name)
        return name == "fk"

    config = role("d", "fk") + role("e", "noted") + role("f", "typo") + "[profile plain]\n"
    profiles = AwsProfiles(config, "")
    for name, user in (("d", "fk"), ("fk", "fk"), ("e", "noted"), ("plain", "plain")):
        assert chain_of(name, profiles, keys_stored=lambda name: name == "noted", in_vault=in_vault).user.name == user
    assert asked == ["fk", "fk"]
    with pytest.raises(BadProfile, match="names profile 'typo', which does not exist"):
        chain_of("f", profiles, in_vault=in_vault)
