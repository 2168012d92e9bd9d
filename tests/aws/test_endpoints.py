from __future__ import annotations

import functools
import json
import os
from contextlib import nullcontext
from typing import Any

import botocore.config  # the claim is that both resolve alike
import botocore.exceptions
import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider

from aws_mfa.aws.endpoints import Endpoint, iam_endpoint, sts_endpoint
from aws_mfa.aws_values.regions import PARTITIONS, partition_of_region
from aws_mfa.errors import BadInput
from needs import ROOT

VARIANTS: tuple[dict[str, bool], ...] = ({}, {"fips": True}, {"dual": True}, {"fips": True, "dual": True})


def partitions_of_botocore() -> list[dict[str, Any]]:
    path = os.path.join(os.path.dirname(botocore.__file__), "data", "partitions.json")
    with open(path, encoding="utf-8") as file:
        return list(json.load(file)["partitions"])


@functools.cache
def session() -> botocore.session.Session:
    """One for all clients: it reads AWS's models once."""
    return botocore.session.Session()


def resolved_by_botocore(service: str, region: str, *, fips: bool = False, dual: bool = False) -> str:
    client = session().create_client(
        service,
        region_name=region,
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="none",
        config=botocore.config.Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual),
    )
    try:
        return f"{client.meta.endpoint_url} {client._request_signer._region_name}"
    finally:
        client.close()


@functools.cache
def provider(service: str) -> EndpointProvider:
    loader = session().get_component("data_loader")
    ruleset = loader.load_service_model(service, "endpoint-rule-set-1")
    return EndpointProvider(ruleset, loader.load_data("partitions"))


def resolved_by_rules(service: str, region: str, *, fips: bool = False, dual: bool = False) -> str:
    """What botocore's rule set says: the address that its requests are really sent to."""
    builtins = {"Region": region, "UseFIPS": fips, "UseDualStack": dual, "UseGlobalEndpoint": False}
    if service == "iam":
        del builtins["UseGlobalEndpoint"]
    endpoint = provider(service).resolve_endpoint(**builtins)
    schemes = endpoint.properties.get("authSchemes", [{}])
    return f"{endpoint.url} {schemes[0].get('signingRegion', region)}"


def ours(service: str, region: str, *, fips: bool = False, dual: bool = False) -> str:
    environ = {"AWS_USE_FIPS_ENDPOINT": str(fips).lower(), "AWS_USE_DUALSTACK_ENDPOINT": str(dual).lower()}
    endpoint = (sts_endpoint if service == "sts" else iam_endpoint)(region, environ)
    return f"{endpoint.url.rstrip('/')} {endpoint.region}"


@pytest.mark.newest
@pytest.mark.parametrize("service", ["sts", "iam"])
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_every_region_of_every_partition_resolves_as_in_botocore(service: str, variant: dict[str, bool]) -> None:
    regions = [region for partition in partitions_of_botocore() for region in partition["regions"]]
    real = [region for region in regions if not region.endswith("-global")]
    assert len(real) > 40
    assert [ours(service, region, **variant) for region in real] == [
        resolved_by_rules(service, region, **variant) for region in real
    ]


@pytest.mark.newest
@pytest.mark.parametrize("region", ["eu-central-1", "cn-northwest-1", "us-gov-east-1", "us-iso-west-1"])
@pytest.mark.parametrize("service", ["sts", "iam"])
def test_the_clients_of_botocore_sign_for_the_same_region(service: str, region: str) -> None:
    assert ours(service, region) == resolved_by_botocore(service, region)


@pytest.mark.newest
def test_every_partition_of_botocore_is_known() -> None:
    theirs = {p["id"]: {r for r in p["regions"] if not r.endswith("-global")} for p in partitions_of_botocore()}
    assert {partition.name for partition in PARTITIONS} == set(theirs)
    for name, regions in theirs.items():
        assert {partition_of_region(region).name for region in regions} == {name}


def test_an_unknown_region_counts_as_one_of_the_aws_partition() -> None:
    assert sts_endpoint("xy-central-9", {}).url == "https://sts.xy-central-9.amazonaws.com/"


def test_aws_global_means_the_default_region() -> None:
    endpoint = sts_endpoint("aws-global", {})
    assert (endpoint.url, endpoint.region) == ("https://sts.us-east-1.amazonaws.com/", "us-east-1")


def test_a_given_endpoint_counts_and_the_services_own_before_the_general_one() -> None:
    environ = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_STS": "https://sts.internal/path"}
    sts, iam = sts_endpoint("eu-west-1", environ), iam_endpoint("eu-west-1", environ)
    assert (sts.url, sts.region, sts.host) == ("https://sts.internal/path", "eu-west-1", "sts.internal")
    assert (iam.url, iam.region, iam.is_loopback) == ("http://127.0.0.1:1/", "us-east-1", True)
    ignored = {**environ, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    assert sts_endpoint("eu-west-1", ignored).url == "https://sts.eu-west-1.amazonaws.com/"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4566", "http://localhost:4566", "http://[::1]:4566", "https://sts.internal"]
)
def test_plain_http_is_only_for_this_machine(url: str) -> None:
    assert sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL_STS": url}).url == f"{url}/"


@pytest.mark.parametrize("url", ["http://localstack:4566", "http://127.evil.example", "http://0.0.0.0:80"])
def test_plain_http_to_another_machine_is_refused(url: str) -> None:
    """The code goes there in clear, and the session comes back in clear."""
    with pytest.raises(BadInput, match="plain http"):
        sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL_STS": url})


@pytest.mark.parametrize(
    "url",
    [
        "localhost:4566",
        "ftp://host",
        "https://:4566",
        "https://user:hunter2@host",
        "https://host:port",
        "https://host:99999",
        "https://[::1",
        "https://ho st",
        "https://host/?query=1",
        "https://host\r\nX: y",
        "https://h\u00f6st",
        "https://host/';calc;'",
    ],
)
def test_what_is_not_the_url_of_an_endpoint_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(BadInput, match="AWS_ENDPOINT_URL") as refused:
        sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": url})
    assert url not in str(refused.value)


def test_the_url_has_a_path_and_its_scheme_is_in_lower_case() -> None:
    """The scheme decides which certificates count."""
    assert Endpoint("sts", "http://127.0.0.1:1", "us-east-1").url == "http://127.0.0.1:1/"
    assert sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": "HTTPS://sts.internal"}).url == "https://sts.internal/"
    with pytest.raises(BadInput, match="plain http"):
        sts_endpoint("us-east-1", {"AWS_ENDPOINT_URL": "HTTP://sts.internal"})


@pytest.mark.parametrize("document", ["how-it-works.md", "security-model.md"])
@pytest.mark.parametrize(
    ("url", "is_refused"), [("http://e.example", True), ("http://127.0.0.1:1", False), ("https://e.example", False)]
)
def test_the_documents_say_what_becomes_of_plain_http(document: str, url: str, *, is_refused: bool) -> None:
    with open(os.path.join(ROOT, "docs", document), encoding="utf-8") as file:
        claims = [line.strip() for line in file if "`http://`" in line]
    assert claims == ["A plain `http://` address of an endpoint is refused, except on this machine itself."]
    for endpoint in (sts_endpoint, iam_endpoint):
        with pytest.raises(BadInput, match="plain http") if is_refused else nullcontext():
            endpoint("us-east-1", {"AWS_ENDPOINT_URL": url})
