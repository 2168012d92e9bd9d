"""
Opens the doors to AWS: STS, IAM and the console's sign-in, over kept connections.

A part of `wiring.py`; botocore is loaded with the first of them. The Protocols: `workflows/doors_to_aws.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.cli.wiring_ground import Ground
from aws_mfa.rules.endpoints import NO_SETTINGS

if TYPE_CHECKING:
    from aws_mfa.adapters.aws_http import AwsHttp
    from aws_mfa.adapters.sign_in import AwsSignIn
    from aws_mfa.adapters.sts import AwsIam, AwsSts
    from aws_mfa.rules.endpoints import EndpointSettings


class DoorsToAws(Ground):
    """What is asked of AWS."""

    def sts(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> AwsSts:
        """STS in the region."""
        from aws_mfa.adapters.sts import AwsSts
        from aws_mfa.rules.endpoints import sts_endpoint

        endpoint, http = sts_endpoint(region, self.environ, endpoints), self._http(endpoints)
        return self._shared.sts.setdefault((endpoint.url, endpoint.region, http), AwsSts(endpoint, http))

    def iam(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> AwsIam:
        """IAM of the region's partition."""
        from aws_mfa.adapters.sts import AwsIam
        from aws_mfa.rules.endpoints import iam_endpoint

        return AwsIam(iam_endpoint(region, self.environ, endpoints), self._http(endpoints))

    def sign_in(self, region: str, endpoints: EndpointSettings = NO_SETTINGS) -> AwsSignIn:
        """The console's sign-in in the region."""
        from aws_mfa.adapters.sign_in import AwsSignIn
        from aws_mfa.rules.sign_in import sign_in_endpoint, takes_form

        endpoint = sign_in_endpoint(region, self.environ, endpoints)
        return AwsSignIn(endpoint, self._http(endpoints), takes_form=takes_form(region))

    def close(self) -> None:
        """Close the connections to AWS; for programs that live on when we have answered."""
        for http in self._shared.connections.values():
            http.close()

    def _http(self, endpoints: EndpointSettings) -> AwsHttp:
        """The connections that trust these CA certificates."""
        from aws_mfa.adapters.aws_http import AwsHttp

        configured = endpoints.given("ca_bundle")
        name = configured.value if configured else None
        connections = self._shared.connections
        if name not in connections:
            connections.setdefault(name, AwsHttp.from_environ(self.environ, configured))
        return connections[name]
