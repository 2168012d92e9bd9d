"""Hosts of sign-in and console, pages of services, the URL that signs in, the name of a federated user."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import botocore.session  # the claim is that both know the same hosts
import pytest
from botocore.endpoint_provider import EndpointProvider

from aws_mfa.aws import sign_in
from aws_mfa.aws.sign_in import console_page, federated_name, login_url, sign_in_endpoint
from aws_mfa.aws_values.regions import PARTITIONS, Partition
from aws_mfa.errors import BadInput
from aws_mfa.model import Secret

IGNORED = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
# https://docs.aws.amazon.com/general/latest/gr/signin-service.html
DOCUMENTED = {
    "us-east-1": "signin.aws.amazon.com",
    "us-east-2": "us-east-2.signin.aws.amazon.com",
    "ap-southeast-3": "ap-southeast-3.signin.aws.amazon.com",
    "us-gov-west-1": "signin.amazonaws-us-gov.com",
    "us-gov-east-1": "us-gov-east-1.signin.amazonaws-us-gov.com",
    "cn-north-1": "signin.amazonaws.cn",
    "eusc-de-east-1": "eusc-de-east-1.signin.amazonaws-eusc.eu",
    "us-iso-east-1": "us-iso-east-1.signin.c2shome.ic.gov",
}


@pytest.mark.parametrize(("region", "host"), DOCUMENTED.items())
def test_the_sign_in_hosts_are_those_that_aws_documents(region: str, host: str) -> None:
    endpoint = sign_in_endpoint(region, {})
    assert (endpoint.url, endpoint.host) == (f"https://{host}/federation", host)


@pytest.mark.newest
@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda partition: partition.name)
def test_every_partition_has_the_host_that_botocore_knows(partition: Partition) -> None:
    """A partition that AWS adds fails here by its missing domain."""
    second_regions = {"aws": "eu-west-1", "aws-us-gov": "us-gov-east-1", "aws-cn": "cn-northwest-1"}
    region = second_regions.get(partition.name, partition.default_region)
    loader = botocore.session.Session().get_component("data_loader")
    rules = EndpointProvider(loader.load_service_model("signin", "endpoint-rule-set-1"), loader.load_data("partitions"))
    host = urlsplit(rules.resolve_endpoint(Region=region, UseFIPS=False, UseDualStack=False).url).hostname
    assert sign_in_endpoint(region, {}).host == host
    domain = str(host).partition(".signin.")[2]
    assert urlsplit(console_page(None, region)).hostname == f"{region}.console.{domain}"


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "http://127.0.0.1:4566/federation"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566/"}, "http://127.0.0.1:4566/federation"),
        ({"AWS_ENDPOINT_URL_SIGNIN": "https://in/a", "AWS_ENDPOINT_URL": "x"}, "https://in/a/federation"),
        ({"AWS_ENDPOINT_URL": "https://x", **IGNORED}, "https://signin.aws.amazon.com/federation"),
    ],
)
def test_variables_replace_the_address(environ: dict[str, str], url: str) -> None:
    assert sign_in_endpoint("us-east-1", environ).url == url


def test_a_session_never_goes_to_another_machine_in_clear() -> None:
    with pytest.raises(BadInput, match="AWS_ENDPOINT_URL_SIGNIN is plain http to another machine"):
        sign_in_endpoint("us-east-1", {"AWS_ENDPOINT_URL_SIGNIN": "http://signin.example"})


def test_the_session_stays_out_of_the_url_where_aws_takes_a_form() -> None:
    regions = ("eu-west-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1")
    assert [sign_in.takes_form(region) for region in regions] == [True, True, False, False]


@pytest.mark.parametrize(
    ("service", "region", "page"),
    [
        (None, "eu-west-1", "https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1"),
        ("s3", "eu-west-1", "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1"),
        ("dynamodb", "us-east-1", "https://us-east-1.console.aws.amazon.com/dynamodbv2/home?region=us-east-1"),
        ("iam", "eu-west-1", "https://console.aws.amazon.com/iam/home"),
        ("iam", "us-gov-east-1", "https://console.amazonaws-us-gov.com/iam/home"),
        ("ec2", "cn-northwest-1", "https://cn-northwest-1.console.amazonaws.cn/ec2/home?region=cn-northwest-1"),
        ("new-thing2", "eu-west-1", "https://eu-west-1.console.aws.amazon.com/new-thing2/home?region=eu-west-1"),
    ],
)
def test_the_page_of_a_service(service: str | None, region: str, page: str) -> None:
    assert console_page(service, region) == page


@pytest.mark.parametrize("service", ["", "S3", "s3/home", "../x", "s3?a=b", "s3#x", "a b", "é", "x" * 64, "s3\n"])
def test_what_is_not_a_service_never_becomes_part_of_a_url(service: str) -> None:
    with pytest.raises(BadInput, match="is not the name of a service"):
        console_page(service, "eu-west-1")


def test_the_url_holds_page_and_token_whole_and_shows_neither_when_printed() -> None:
    page, token = "https://x.console.aws.amazon.com/s3/home?region=x&a=b", "A+b/c=&d e%"
    url = login_url(sign_in_endpoint("us-east-1", {}), page, Secret(token))
    parts = parse_qs(urlsplit(url.reveal()).query)
    assert parts == {"Action": ["login"], "Issuer": ["aws-mfa"], "Destination": [page], "SigninToken": [token]}
    assert "SigninToken" not in f"{url}{url!r}"


def test_the_url_is_safe_in_quotes_of_any_shell() -> None:
    url = login_url(sign_in_endpoint("us-east-1", {}), "https://x/", Secret("'\"`$(x) ;|<>\\\n")).reveal()
    assert re.fullmatch(r"[\w:/.?&=%+*~-]+", url, re.ASCII)


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::123456789012:user/ann", "ann"),
        ("arn:aws:iam::123456789012:user/dev/team/ann", "ann"),
        ("arn:aws-cn:iam::123456789012:user/a", "a-"),
        ("arn:aws:iam::123456789012:user/" + "x" * 64, "x" * 32),
        ("arn:aws:iam::123456789012:user/ann@example.com", "ann@example.com"),
        ("arn:aws:iam::123456789012:root", None),
        ("arn:aws:sts::123456789012:assumed-role/Admin/ann", None),
        ("", None),
    ],
)
def test_only_an_iam_user_signs_in_under_the_users_name(arn: str, name: str | None) -> None:
    assert federated_name(arn, None) == name


def test_the_policy_that_narrows_nothing_is_of_the_users_partition() -> None:
    assert sign_in.administrator_access_arn("aws-cn") == "arn:aws-cn:iam::aws:policy/AdministratorAccess"
