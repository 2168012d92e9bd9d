"""
The AWS console: the address of sign-in, the page of a service, the URL that signs a session in.

Pure. The sign-in endpoint is that of the requested page's region, as AWS advises, unless an endpoint URL is set.
Refuses what is not the name of a service, because it becomes part of a URL.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html (what is
sent), https://docs.aws.amazon.com/general/latest/gr/signin-service.html (hosts), botocore's rules for `signin`
(hosts of the other partitions; a test compares them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aws_mfa.aws.endpoints import NO_SETTINGS, Endpoint, given_endpoint
from aws_mfa.aws_values.regions import partition_of_region
from aws_mfa.errors import BadInput
from aws_mfa.model import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.aws.endpoints import EndpointSettings

# AWS allows a console session of twelve hours at most.
LONGEST_CONSOLE_S = 43200
_ISSUER = "aws-mfa"

_DOMAINS = {
    "aws": "aws.amazon.com",
    "aws-us-gov": "amazonaws-us-gov.com",
    "aws-cn": "amazonaws.cn",
    "aws-eusc": "amazonaws-eusc.eu",
    "aws-iso": "c2shome.ic.gov",
    "aws-iso-b": "sc2shome.sgov.gov",
    "aws-iso-e": "csphome.adc-e.uk",
    "aws-iso-f": "csphome.hci.ic.gov",
}
# In these the sign-in host of the default region has no region in its name.
_WITHOUT_REGION = ("aws", "aws-us-gov", "aws-cn")
# AWS documents sending the session in the URL. AWS's own IDE toolkits send it as a form in these partitions, which
# keeps it out of the logs of proxies that read TLS; they note that GovCloud does not accept a form.
_TAKES_FORM = ("aws", "aws-cn")

# Services whose page has another name.
_PAGES = {"dynamodb": "dynamodbv2", "eventbridge": "events", "ssm": "systems-manager", "stepfunctions": "states"}
# Services whose pages have no region.
_GLOBAL = frozenset(("billing", "cloudfront", "globalaccelerator", "iam", "organizations", "route53", "support"))

_ALLOWED_IN_SERVICE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_LONGEST_SERVICE = 63
_ALLOWED_IN_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-")
_NAME_LENGTH = (2, 32)


def sign_in_endpoint(region: str, environ: Mapping[str, str], endpoints: EndpointSettings = NO_SETTINGS) -> Endpoint:
    """Return the endpoint that exchanges sessions and signs in, with its path; `BadInput` for a bad URL given."""
    given = given_endpoint("signin", region, environ, endpoints)
    if given is not None:
        return Endpoint("signin", f"{given.url.rstrip('/')}/federation", region)
    partition = partition_of_region(region)
    is_default = region == partition.default_region and partition.name in _WITHOUT_REGION
    host = f"signin.{_DOMAINS[partition.name]}"
    return Endpoint("signin", f"https://{host if is_default else f'{region}.{host}'}/federation", region)


def takes_form(region: str) -> bool:
    """Whether sign-in accepts the session as a form; elsewhere it must be part of the URL."""
    return partition_of_region(region).name in _TAKES_FORM


def console_page(service: str | None, region: str) -> str:
    """Return the URL of a service's page in the region; the console's home for None; `BadInput` for a bad name."""
    domain = _DOMAINS[partition_of_region(region).name]
    if service is None:
        return f"https://{region}.console.{domain}/console/home?region={region}"
    if not 1 <= len(service) <= _LONGEST_SERVICE or not _ALLOWED_IN_SERVICE.issuperset(service):
        raise BadInput(
            f"--service {service[:_LONGEST_SERVICE]!a} is not the name of a service",
            "take it from the console's address, such as: s3, ec2, iam, lambda, cloudwatch",
        )
    if service in _GLOBAL:
        return f"https://console.{domain}/{service}/home"
    return f"https://{region}.console.{domain}/{_PAGES.get(service, service)}/home?region={region}"


def login_url(endpoint: Endpoint, page: str, token: Secret) -> Secret:
    """Return the URL that signs in and shows the page. Anyone who has it can use it for 15 minutes."""
    parts = {"Action": "login", "Issuer": _ISSUER, "Destination": page, "SigninToken": token.reveal()}
    return Secret(f"{endpoint.url}?{urlencode(parts)}")


def federated_name(user_arn: str, agent: str | None) -> str | None:
    """
    The name of an IAM user as `GetFederationToken` takes it (2 to 32 characters), None for another principal.

    It begins with the agent's name if the session is for one, so that CloudTrail shows it.
    """
    kind, _, path = user_arn.rpartition(":")[2].partition("/")
    if kind != "user":
        return None
    shortest, longest = _NAME_LENGTH
    named = f"{agent}@{path.rpartition('/')[2]}" if agent else path.rpartition("/")[2]
    name = "".join(character if character in _ALLOWED_IN_NAME else "-" for character in named)
    return name[:longest].ljust(shortest, "-")


def administrator_access_arn(partition: str) -> str:
    """The ARN of the policy that allows everything: a federated session with it may do what its user may do."""
    return f"arn:{partition}:iam::aws:policy/AdministratorAccess"
