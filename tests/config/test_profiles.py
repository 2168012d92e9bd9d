"""`AwsProfiles` reads what botocore reads in the same two files; beyond that: hidden keys, inclusion, shapes."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from botocore.exceptions import BotoCoreError, ConfigParseError  # the reference
from botocore.session import Session
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aws_mfa.cli.commands import credential_process
from aws_mfa.config.profile_names import shell_words
from aws_mfa.config.profile_settings import HIDDEN, KEYS, PROCESS_FLAGS, PROCESS_FLAGS_WITH_VALUE
from aws_mfa.config.profiles import AwsProfiles, Profile
from aws_mfa.errors import BadProfile, BrokenFile
from config.ini_examples import any_characters, any_lines, files, read_by_sdk
from examples import examples

DEVICE = "arn:aws:iam::123456789012:mfa/ann"
ROLE = "arn:aws:iam::123456789012:role/Admin"
CONFIG_HEADERS = (
    "profile work", "profile prod", "profile  work", 'profile "work"', 'profile "two words"', "profile two words",
    "profile 'two words'", "profile wo\\rk", 'profile "unclosed', "profile", "profiles work", "profilework prod",
    "default", "profile default", 'profile "default"', "DEFAULT", "sso-session corp", "services local", "preview",
    "work", "profile x]y", "profile größe", "profile\twork", "profile work ", 'profile ""', "profile work-long-term",
)  # fmt: skip
CREDENTIALS_HEADERS = (
    *("work", "prod", "default", "work-long-term", "prod-long-term", "two words", "profile work", "DEFAULT"),
)
LINES = (
    f"role_arn = {ROLE}", "source_profile = prod", "source_profile=default", f"MFA_SERIAL : {DEVICE}", "region =",
    "region = eu-central-1", "duration_seconds = 900", "duration_seconds=4 # five", "external_id = a\n  b",
    "# region = x",
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE", "aws_session_token = t", "s3 =\n  max = 1\n  x = [y]",
    "services = local",
    "sts =\n  endpoint_url = https://localhost\n", "endpoint_url = https://localhost:1", "  region = [profile work]",
    "; [profile work]", "output = json", f"aws_mfa_role_arn = {ROLE}", "aws_mfa_device = GAHT12345678", "", "[key = 1",
    "credential_process = aws-mfa credential-process work", "sts_regional_endpoints = regional", "  [profile prod]",
)  # fmt: skip


class Read(NamedTuple):
    """What botocore reads."""

    profiles: dict[str, dict[str, object]]
    services: dict[str, dict[str, object]]


def read_by_botocore(folder: Path, config: str, credentials: str) -> Read | None:
    """None if it refuses a file."""
    session = Session(include_builtin_handlers=False)  # they take ten times as long as the reading
    for variable, text in (("config_file", config), ("credentials_file", credentials)):
        path = folder / variable
        path.write_text(text, encoding="utf-8", newline="")
        session.set_config_variable(variable, str(path))
    try:
        return Read(session.full_config["profiles"], session.full_config["services"])
    except BotoCoreError:
        return None


def in_botocores_words(value: str) -> object:
    """Nested blocks are dictionaries there."""
    if not value.startswith("\n"):
        return value
    pairs = (line.partition("=") for line in value.splitlines() if line.strip())
    return {key.strip(): text.strip() for key, _, text in pairs}


def agree(folder: Path, config: str, credentials: str) -> bool:
    """Whether botocore reads the files; if so, compare each profile, read by itself and together with the others."""
    theirs = read_by_botocore(folder, config, credentials)
    if theirs is None:
        return False
    try:
        all_read = AwsProfiles(config, credentials)
        names = all_read.names()
        for name, wanted in theirs.profiles.items():
            for found in (AwsProfiles(config, credentials).profile(name), all_read.profile(name)):
                assert found is not None, name
                compare(found, wanted, credentials)
    except BrokenFile:
        assert config.count("[DEFAULT]") > 1 or credentials.count("[DEFAULT]") > 1  # it joins them
        return True
    kept = [name for name in theirs.profiles if not name.endswith("-long-term")]
    assert [name for name in names if not name.endswith("-long-term")] == kept
    try:
        of_credentials = read_by_sdk(credentials)
    except ConfigParseError:  # a block of [DEFAULT] that could not be read beside a section, of which there is none
        of_credentials = {}
    for name in ("work", "prod", "default", "two words", "absent", "x]y", ""):
        found = AwsProfiles(config, credentials).profile(name)
        assert (found is not None) == (name in theirs.profiles or f"{name}-long-term" in of_credentials), name
    return True


def compare(found: Profile, wanted: dict[str, object], credentials: str) -> None:
    hidden = {key for key in KEYS if wanted.get(HIDDEN + key)}
    classic = {"mfa_serial", "region", "duration_seconds"}
    for key in KEYS - hidden:
        if wanted.get(key) or key not in classic:
            ours = found.own[key].value if key in found.own else None
            assert (None if ours is None else in_botocores_words(ours)) == wanted.get(key), (found.name, key)
    for key in hidden:
        assert in_botocores_words(found.own[key].value) == wanted[HIDDEN + key]
    if f"[{found.name}-long-term]" not in credentials and "aws_mfa_device" not in wanted:
        assert {key for key in found.own if key in classic} - hidden <= set(wanted)


def aws_files(headers: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Sections in any spelling, with lines that mean something here."""
    lines = st.sampled_from(LINES)
    bodies = st.lists(lines, max_size=5, unique_by=lambda line: line.strip().split("=")[0].split(":")[0])
    section = st.builds(lambda header, lines: "\n".join((f"[{header}]", *lines)), st.sampled_from(headers), bodies)
    joined = st.lists(section, max_size=5, unique_by=lambda text: text.split("\n")[0]).map("\n".join)
    return st.builds(lambda text, newline: text.replace("\n", newline), joined, st.sampled_from(("\n", "\n", "\r\n")))


@examples(200)
@given(config=aws_files(CONFIG_HEADERS), credentials=aws_files(CREDENTIALS_HEADERS))
@example(config='[profile work]\nregion=a\n[profile "work"]\noutput=b', credentials="")
@example(config="[default]\nregion=a\n[profile default]\noutput=b", credentials="[default]\nregion=c")
@example(config="[profile default]\nregion=a\n[default]\noutput=b", credentials="")
@example(config="[DEFAULT]\nregion=a\n[profile work]\nrole_arn=b", credentials="[DEFAULT]\nregion=c\n[work]\n")
@example(config="[profile a]\nrole_arn=x\n  [profile work]\nregion=y", credentials="[work]\nregion=z\n[b]")
@example(config="[profile work]\nregion=a\n[key = 1\nrole_arn=b", credentials="")
@example(config="[profilework work]\nregion=a", credentials="[profile work]\nregion=b")
@example(config="[profile work]\r\nregion = a\r\n\r\n", credentials="[work]\r\nregion =\r\n")
@example(config="[profile\twork]\nregion=a", credentials="")
@example(config="[default] # y\nregion=a", credentials="[work] # [prod]\nregion=b")
@example(config="[profile work ]\nregion=a\n[profile x] # [profile work]\n", credentials="")
@example(config="", credentials="[DEFAULT]\nregion =\n  [profile prod]")
@example(config='[profile wo"rk"]\nregion=a\n[profile work]\nregion=b', credentials="")
def test_every_profile_is_what_botocore_makes_of_both_files(
    tmp_path_factory: pytest.TempPathFactory, config: str, credentials: str
) -> None:
    agree(tmp_path_factory.getbasetemp(), config, credentials)


ANY_TEXT = any_lines() | any_characters() | files().map(lambda file: file.text)


@examples(100)
@given(config=ANY_TEXT.map(lambda text: text.replace("[work", "[profile work")), credentials=ANY_TEXT)
def test_lines_of_every_kind_are_read_as_botocore_reads_them(
    tmp_path_factory: pytest.TempPathFactory, config: str, credentials: str
) -> None:
    agree(tmp_path_factory.getbasetemp(), config, credentials)


def test_many_profiles_are_read_like_one_whatever_was_read_before() -> None:
    """The first few are searched for, then there is a table; both say which profiles are missing."""
    config = "".join(f"[profile p{number}]\nregion = r{number}\n" for number in range(30))
    credentials = "".join(f"[p{number}]\nexternal_id = e{number}\n" for number in range(30))
    profiles = AwsProfiles(config, credentials)
    for number in range(30):
        found = profiles.profile(f"p{number}")
        assert found is not None
        assert (found.region, found.external_id) == (f"r{number}", f"e{number}")
        assert profiles.profile(f"absent{number}") is None


def test_the_generated_files_are_mostly_files_that_botocore_reads(tmp_path: Path) -> None:
    """Otherwise the tests above would claim nothing."""
    read = []

    @settings(examples(60), database=None)
    @given(config=aws_files(CONFIG_HEADERS), credentials=aws_files(CREDENTIALS_HEADERS))
    def count(config: str, credentials: str) -> None:
        read.append(read_by_botocore(tmp_path, config, credentials) is not None)

    count()
    assert sum(read) > len(read) / 2


@given(st.text(alphabet="ab '\"\\\t\r\x0bé", max_size=12))
def test_headers_are_split_as_shlex_splits_them(header: str) -> None:
    try:
        wanted = shlex.split(header)
    except ValueError:
        wanted = None
    assert shell_words(header) == wanted


def one(config: str, credentials: str = "", name: str = "work") -> Profile:
    found = AwsProfiles(config, credentials, "~/.aws/config", "/creds").profile(name)
    assert found is not None
    return found


def test_each_value_has_its_source() -> None:
    profile = one(f'[profile "work"]\nmfa_serial = {DEVICE}\nregion = a', "[work]\nregion = eu-west-1\n")
    assert profile.source("mfa_serial") == 'mfa_serial in ~/.aws/config [profile "work"]'
    assert (profile.region, profile.source("region")) == ("eu-west-1", "region in /creds [work]")
    assert profile.source("role_arn") == "role_arn of profile work"


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_key_may_be_hidden_from_sdks_and_then_wins(key: str) -> None:
    profile = one(f"[profile work]\n{HIDDEN}{key} = hidden\n{key} = plain", f"[work]\n{key} = plainer")
    assert profile.own[key].value == "hidden"
    assert profile.own[key].source == f"{HIDDEN}{key} in ~/.aws/config [profile work]"
    assert one(f"[profile work]\n{HIDDEN}{key} =\n{key} = plain").own[key].value == "plain"


def test_the_device_of_the_classic_form_comes_last() -> None:
    long_term = f"[work-long-term]\naws_mfa_device = {DEVICE}\nregion = eu-west-3\n"
    of_long_term = one("[profile work]\n", long_term)
    assert of_long_term.mfa_serial == DEVICE
    assert of_long_term.source("mfa_serial") == "aws_mfa_device in /creds [work-long-term]"
    assert of_long_term.region == "eu-west-3"
    assert one("[profile work]\nmfa_serial = GAHT12345678\n", long_term).mfa_serial == "GAHT12345678"
    assert one("", f"[work]\naws_mfa_device = {DEVICE}\n").mfa_serial == DEVICE


def test_a_duration_of_the_long_term_section_is_not_the_roles() -> None:
    long_term = "[work-long-term]\nduration_seconds = 129600\n"
    assert one("[profile work]\n", long_term).duration_s == 129600
    assert one(f"[profile work]\nrole_arn = {ROLE}\n", long_term).duration_s is None
    assert one(f"[profile work]\naws_mfa_role_arn = {ROLE}\n", long_term).duration_s is None


def test_a_profile_with_only_a_long_term_section_is_found_and_not_listed() -> None:
    profiles = AwsProfiles("[profile prod]\n", "[work-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[x]\n")
    assert profiles.names() == ["prod", "x"]
    found = profiles.profile("work")
    assert found is not None
    assert (found.has_long_term_section, found.has_own_keys, found.keys_section) == (True, False, "work-long-term")
    assert profiles.profile("prod-long-term") is None


def test_a_section_with_a_session_is_listed_whatever_its_name() -> None:
    credentials = "[b-long-term]\n[c-long-term]\naws_access_key_id=ASIA0\naws_session_token=t"
    profiles = AwsProfiles("[profile a-long-term]\n[profile b-long-term]\n", credentials)
    assert profiles.names() == ["a-long-term", "c-long-term"]


@pytest.mark.parametrize(
    ("config", "credentials", "own", "section"),
    [
        ("[profile work]\n", "[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", True, "work"),
        ("[profile work]\naws_secret_access_key = s\n", "", True, "work"),
        ("[profile work]\n", "[work]\naws_access_key_id = ASIA0\naws_session_token = t\n", False, "work-long-term"),
        ("[profile work]\n", "[work]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n", False, "work-long-term"),
        ("[profile work]\n", "[work]\naws_access_key_id =\n", False, "work-long-term"),
        ("", "[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[work-long-term]\n", True, "work-long-term"),
    ],
)  # fmt: skip
def test_static_keys_are_distinguished_from_a_session(config: str, credentials: str, own: bool, section: str) -> None:  # noqa: FBT001
    profile = one(config, credentials)
    assert (profile.has_own_keys, profile.keys_section) == (own, section)
    assert "aws_secret_access_key" not in profile.settings


def test_a_profile_named_like_a_long_term_section_has_its_keys_there() -> None:
    assert one("[profile work-long-term]\n", name="work-long-term").keys_section == "work-long-term"


def test_settings_that_a_profile_does_not_have_come_from_the_one_it_includes() -> None:
    config = f"""
[profile work]
include_profile = team
region =
[profile team]
include_profile = company
region = eu-west-1
external_id = 42
credential_process = aws-mfa credential-process team
[profile company]
region = eu-west-2
mfa_serial = {DEVICE}
[default]
role_arn = {ROLE}
"""
    profile = one(config)
    assert (profile.region, profile.external_id, profile.mfa_serial) == ("eu-west-1", "42", DEVICE)
    assert profile.source("mfa_serial") == "mfa_serial in ~/.aws/config [profile company]"
    assert profile.role_arn is None  # no profile includes [default]
    assert not profile.has_credential_process_of_ours
    assert profile.settings["include_profile"].value == "team"


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("[profile work]\ninclude_profile = work", "~/.aws/config [profile work] leads in a circle: work -> work"),
        (
            "[profile work]\ninclude_profile = a\n[profile a]\ninclude_profile = b\n[profile b]\ninclude_profile = a",
            "include_profile in ~/.aws/config [profile b] leads in a circle: a -> b -> a",
        ),
        (
            "[profile work]\ninclude_profile = gone",
            "include_profile in ~/.aws/config [profile work] names profile 'gone', which does not exist",
        ),
    ],
)  # fmt: skip
def test_inclusion_that_leads_nowhere_is_reported_whenever_a_value_is_asked_for(config: str, says: str) -> None:
    profiles = AwsProfiles(config, "")
    listed = list(profiles.all_profiles())
    for _ in range(2):
        with pytest.raises(BadProfile) as refused:
            _ = listed[0].region
        assert refused.value.message.startswith("include_profile in ~/.aws/config [profile ")
        assert refused.value.message.endswith(says)
        assert refused.value.hints


def test_tags_are_read_as_aws_vault_writes_them() -> None:
    tags = "session_tags = Team=data, Query = a=b ,Empty=\ntransitive_session_tags = team, ,Query"
    profile = one(f"[profile work]\n{tags}")
    assert profile.tags == (("Team", "data"), ("Query", "a=b"), ("Empty", ""))
    assert profile.transitive_tag_keys == ("team", "Query")


FIFTY = ",".join(f"k{number}=v" for number in range(50))


def test_tags_at_their_limits_are_accepted() -> None:
    assert len(one(f"[profile work]\nsession_tags = {FIFTY}").tags) == 50
    assert one(f"[profile work]\nsession_tags = {'k' * 128}={'v' * 256}, é ü=a").tags[1] == ("é ü", "a")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"session_tags = {FIFTY},one=more", "51 tags, and AWS accepts 50"),
        (f"session_tags = {'k' * 129}=v", "a tag's key has 129 characters"),
        ("session_tags = =v", "a tag's key has 0 characters"),
        (f"session_tags = k={'v' * 257}", "the value of tag 'k' has 257 characters"),
        ("session_tags = AWS:x=v", "begins with aws:"),
        ("session_tags = k=a;b", "tag 'k' holds a character AWS does not accept"),
        ("session_tags = Team=a,team=b", "tag 'team' is given twice"),
        ("session_tags = Team", "a part of it is not key=value"),
        ("session_tags = Team=a,", "a part of it is not key=value"),
        ("transitive_session_tags = Team", "'Team' is not one of the profile's session_tags"),
        (f"role_arn = {DEVICE}", "the role given by role_arn in ~/.aws/config [profile work] is not the ARN of a role"),
        ("role_arn = Admin", "is not an ARN"),
        ("mfa_serial = arn:aws:iam::123456789012:u2f/user/ann/K", "passkey or security key"),
        ("mfa_serial = phone", "neither an ARN nor a hardware serial"),
        ("external_id = a b", "the external id given by external_id in"),
        ("role_session_name = a b", "must be 2 to 64 letters"),
        ("source_identity = a:b", "the source_identity given by source_identity in"),
        ("duration_seconds = 1h", "is not a number of seconds"),
        ("duration_seconds = 899", "out of range"),
        ("duration_seconds = 129601", "GetSessionToken takes 900 to 129600 seconds"),
        ("region = eu central", "is not a region's name"),
        ("sts_regional_endpoints = global", "neither regional nor legacy"),
    ],
)
def test_a_value_that_aws_would_refuse_is_named_with_file_section_and_key(line: str, says: str) -> None:
    key = line.partition(" ")[0]
    with pytest.raises(BadProfile) as refused:
        one(f"[profile work]\n{line}").check()
    assert says in refused.value.message
    assert f"{key} in ~/.aws/config [profile work]" in refused.value.message
    assert "\n" not in refused.value.message
    assert refused.value.hints


def test_a_roles_duration_has_the_limits_of_a_role() -> None:
    role = f"[profile work]\nrole_arn = {ROLE}\nduration_seconds = "
    assert one(f"{role}43200").duration_s == 43200
    with pytest.raises(BadProfile, match="AssumeRole takes 900 to 43200"):
        _ = one(f"{role}43201").duration_s


def test_a_hidden_key_is_named_as_it_is_written() -> None:
    with pytest.raises(BadProfile, match=r"aws_mfa_duration_seconds in ~/.aws/config \[profile work\]"):
        _ = one("[profile work]\naws_mfa_duration_seconds = x").duration_s


def test_the_endpoint_of_a_services_section_comes_before_the_profiles_own() -> None:
    def url(config: str, service: str = "sts") -> str | None:
        given = one(config).endpoint_url(service)
        return given.value if given else None

    services = "[services local]\nsts =\n  endpoint_url = https://sts.local\ns3 =\n  endpoint_url = https://s3.local\n"
    own = "[profile work]\nendpoint_url = https://all.local\n"
    assert url(own) == "https://all.local"
    assert url(f"{services}{own}services = local") == "https://sts.local"
    assert url(f"{services}{own}services = local", "iam") == "https://all.local"
    assert url(f"[services local]\nsts =\n  a = b\n{own}services = local") == "https://all.local"
    assert url("[profile work]\n") is None


@pytest.mark.parametrize(
    ("services", "says"),
    [
        ("", "services in ~/.aws/config [profile work] names a section that ~/.aws/config does not have: [services l"),
        ("[services local]\n", "names a section that"),
        ("[services local]\nsts = https://x\n", "sts in ~/.aws/config [services local] is not a block"),
        ("[services local]\nsts =\n  https\n", "sts in ~/.aws/config [services local] is not a block"),
    ],
)
def test_a_services_section_without_a_block_is_refused(services: str, says: str) -> None:
    with pytest.raises(BadProfile) as refused:
        _ = one(f"{services}[profile work]\nservices = local").endpoint_url("sts")
    assert says in refused.value.message


OF_OUR_PROCESS = (
    "--no-keychain work",
    "work --vault age",
    "--vault=age work --read-only",
    "--policy-arn arn:aws:iam::aws:policy/A --policy-arn=b --min-remaining 1h work",
    "--policy 'my file' --token 123456 -- work",
    "work --token-stdin",
)


def test_the_flags_of_our_process_are_those_of_the_command() -> None:
    parser = argparse.ArgumentParser()
    credential_process.add_arguments(parser)
    flags = {flag: action.nargs != 0 for action in parser._actions for flag in action.option_strings}
    flags = {flag: takes_value for flag, takes_value in flags.items() if flag not in ("-h", "--help")}
    # With --from the server decides whose session that is: such a line is another program's.
    known = {**dict.fromkeys(PROCESS_FLAGS, False), **dict.fromkeys(PROCESS_FLAGS_WITH_VALUE, True), "--from": True}
    assert flags == known


@pytest.mark.parametrize(
    ("command", "ours"),
    [
        *(("aws-mfa credential-process work", True), ("/opt/bin/aws-mfa credential-process 'work'", True)),
        ('"/opt/my tools/aws-mfa" credential-process --no-input work', True),
        ('"C:\\bin\\aws-mfa.exe" credential-process work', True),
        ("aws-mfa credential-process work; curl evil.example", False),
        *(("aws-mfa credential-process admin", False), ("aws-mfa credential-process 'work", False)),
        *((f"aws-mfa credential-process {words}", True) for words in OF_OUR_PROCESS),
        *((f"aws-mfa credential-process {words}", False) for words in ("", "--all work", "work --vault", "-v work")),
        *(
            (f"{wrapper} aws-mfa credential-process work", True)
            for wrapper in ("env A=b", "uvx", "wsl.exe", "pipx run")
        ),
        *(("python3 -m aws_mfa credential-process work", True), ("python -m pip credential-process work", False)),
        *(("sh -c 'exec aws-mfa credential-process work'", True), ("sh -c 'aws-mfa renew work'", False)),
        ("op run -- aws-mfa credential-process --no-input -- work", True),
        *((f"aws-mfa credential-process {words}", False) for words in ("--from /run/s work", "work --from=/run/s")),
        *(("aws-mfa-too credential-process work", False), ("aws-mfa", False), ("aws-vault export work", False)),
    ],
)
def test_a_credential_process_of_aws_mfa_is_recognised(command: str, ours: bool) -> None:  # noqa: FBT001
    assert one(f"[profile work]\ncredential_process = {command}").has_credential_process_of_ours == ours


def test_a_fault_in_the_section_is_reported_with_its_line_and_no_value() -> None:
    config = "[profile a]\nregion = x\n[profile work]\nregion = x\nwJalrXUtnFEMI\n"
    profiles = AwsProfiles(config, "")
    for _ in range(2):
        with pytest.raises(BrokenFile) as refused:
            profiles.profile("work")
        assert refused.value.message.startswith("~/.aws/config, line 5: ")
        assert "wJal" not in refused.value.message
        assert profiles.names() == ["a", "work"]  # from here on each section is read from its own part of the text


def test_a_name_cannot_break_the_line_of_a_message() -> None:
    profile = one("[profile \x1b[31mred]\nduration_seconds = x", name="\x1b[31mred")
    with pytest.raises(BadProfile) as refused:
        _ = profile.duration_s
    assert refused.value.message.isprintable()
