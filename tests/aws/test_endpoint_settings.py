"""Settings of endpoints: variables first, then profiles in their order; compared with botocore."""

from __future__ import annotations

import os

import botocore.session  # the claim is that both read the same files alike
import pytest

from aws_mfa.aws.endpoints import (
    NO_SETTINGS,
    EndpointSettings,
    given_sts_url,
    iam_endpoint,
    settings_of_chain,
    settings_of_profiles,
    sts_endpoint,
)
from aws_mfa.aws.sign_in import sign_in_endpoint
from aws_mfa.config.chains import chain_of
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.errors import BadInput, BadProfile

ROLE = "arn:aws:iam::123456789012:role/admin"


def settings(config: str, *names: str, credentials: str = "") -> EndpointSettings:
    return settings_of_profiles(AwsProfiles(config, credentials), *(names or ("work",)))


def of_chain(config: str) -> EndpointSettings:
    base = "[profile base]\naws_access_key_id = AKIAEXAMPLE12345ABCD\naws_secret_access_key = s\n"
    role = f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\n"
    profiles = AwsProfiles(config.replace("[base]\n", base).replace("[role]\n", role), "")
    return settings_of_chain(chain_of("role", profiles))


@pytest.mark.parametrize("word", ["true", "TRUE", "True", "false", "yes", "1", "", None])
@pytest.mark.parametrize("variable", ["true", "TRUE", "false", "1", "", " true ", None])
def test_fips_and_dualstack_are_asked_for_as_in_botocore(
    home: str, monkeypatch: pytest.MonkeyPatch, variable: str | None, word: str | None
) -> None:
    line = "" if word is None else f"use_fips_endpoint = {word}\nuse_dualstack_endpoint = {word}\n"
    config = f"[profile work]\nregion = us-east-2\n{line}"
    path = os.path.join(home, "config")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", path)
    environ = {} if variable is None else {"AWS_USE_FIPS_ENDPOINT": variable, "AWS_USE_DUALSTACK_ENDPOINT": variable}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    theirs = botocore.session.Session(profile="work")
    is_on = bool(theirs.get_config_variable("use_fips_endpoint"))
    assert is_on == bool(theirs.get_config_variable("use_dualstack_endpoint"))
    host = sts_endpoint("us-east-2", environ, settings(config)).host
    assert host == ("sts-fips.us-east-2.api.aws" if is_on else "sts.us-east-2.amazonaws.com")
    assert iam_endpoint("us-east-2", environ, settings(config)).host.startswith("iam-fips" if is_on else "iam.")


CONFIGURED, IGNORED = "endpoint_url = https://c.example\n", "ignore_configured_endpoint_urls = true\n"


@pytest.mark.newest
@pytest.mark.parametrize(
    ("variables", "lines"),
    [
        ({"": "https://g.example/path"}, CONFIGURED),
        ({"": "https://g.example", "_STS": "https://s.example:8443"}, CONFIGURED),
        ({"": "", "_STS": ""}, CONFIGURED),
        ({"": "https://g.example", "IGNORE": "TRUE"}, CONFIGURED),
        ({"": "http://127.0.0.1:9"}, IGNORED),
        ({"": "https://g.example", "IGNORE": ""}, IGNORED),
        ({"": "https://g.example", "IGNORE": "1"}, IGNORED),
    ],
    ids=str,
)
def test_endpoint_urls_count_as_in_botocore(
    home: str, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], lines: str
) -> None:
    config = f"[default]\n[profile work]\nregion = us-east-2\n{lines}"
    path = os.path.join(home, "config")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config)
    ignore = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
    environ = {ignore if end == "IGNORE" else f"AWS_ENDPOINT_URL{end}": url for end, url in variables.items()}
    for name, value in {**environ, "AWS_CONFIG_FILE": path}.items():
        monkeypatch.setenv(name, value)
    client = botocore.session.Session(profile="work").create_client(
        "sts", aws_access_key_id="AKIAEXAMPLE12345ABCD", aws_secret_access_key="s"
    )
    assert sts_endpoint("us-east-2", environ, settings(config)).url.rstrip("/") == client.meta.endpoint_url


def test_each_key_comes_from_the_first_profile_that_has_it() -> None:
    config = (
        "[default]\nca_bundle = /default.pem\nuse_fips_endpoint = true\nendpoint_url = https://default\n"
        "[profile work]\nca_bundle = /work.pem\nuse_fips_endpoint = false\n"
    )
    found = settings(config, "work", "default")
    ca_bundle = found.given("ca_bundle")
    assert ca_bundle is not None
    assert ca_bundle.value == "/work.pem"
    assert ca_bundle.source == "ca_bundle in ~/.aws/config [profile work]"
    assert sts_endpoint("us-east-2", {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, found).host.startswith("sts.us")
    assert given_sts_url({}, found) == "https://default/"
    assert given_sts_url({"AWS_ENDPOINT_URL": "https://variable"}, found) == "https://variable/"


def test_a_profile_that_does_not_exist_sets_nothing() -> None:
    found = settings("", "work", "default")
    keys = ("ca_bundle", "use_fips_endpoint", "use_dualstack_endpoint")
    assert (*map(found.given, keys), found.endpoint_url("sts")) == (None,) * 4
    assert found.words == NO_SETTINGS.words


def test_a_roles_own_profile_counts_before_its_users_as_for_sdks() -> None:
    found = of_chain("[base]\nca_bundle = /base.pem\nuse_fips_endpoint = true\n[role]\nca_bundle = /role.pem\n")
    assert found.words == ("/role.pem", "true", None)


def test_the_endpoint_url_is_only_the_source_users() -> None:
    """In a role profile it may be meant for another service, such as a private object store."""
    assert given_sts_url({}, of_chain("[base]\n[role]\nendpoint_url = https://minio.example\n")) is None
    found = of_chain("[base]\nendpoint_url = https://sts.example\n[role]\n")
    assert given_sts_url({}, found) == "https://sts.example/"
    assert sign_in_endpoint("us-east-1", {}, found).url == "https://sts.example/federation"


def test_each_service_has_its_own_endpoint_and_a_broken_one_that_is_not_needed_cannot_fail() -> None:
    found = settings(
        "[profile work]\nservices = s\n[services s]\nsts =\n  endpoint_url = https://sts.example\niam = x\n"
    )
    assert sts_endpoint("eu-west-1", {}, found).url == "https://sts.example/"
    with pytest.raises(BadProfile, match="iam in"):
        iam_endpoint("eu-west-1", {}, found)


def test_endpoint_urls_are_switched_off_by_the_profile_too() -> None:
    found = settings("[profile work]\nendpoint_url = https://x.example\nignore_configured_endpoint_urls = true\n")
    assert given_sts_url({"AWS_ENDPOINT_URL": "https://y.example"}, found) is None
    assert given_sts_url({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"}, found) == "https://x.example/"


@pytest.mark.parametrize("url", ["localhost:1", "http://elsewhere.example", "https://x.example/'"])
def test_a_bad_url_is_named_by_its_place_and_not_quoted(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        sts_endpoint("us-east-1", {}, settings(f"[profile work]\nendpoint_url = {url}\n"))
    assert refused.value.message.startswith("endpoint_url in ~/.aws/config [profile work] is ")
    assert "remove the line" in refused.value.hints[0]
    assert url not in str(refused.value)
