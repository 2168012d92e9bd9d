"""
Opens the doors to AWS: STS, IAM and the console's sign-in, over one pool of connections.

A part of `wiring.py`; botocore is loaded with the first of them. The Protocols: `workflows/doors_to_aws.py`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from aws_mfa.cli.wiring_ground import Ground

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.adapters.aws_http import AwsHttp
    from aws_mfa.adapters.iam import AwsIam
    from aws_mfa.adapters.sign_in import AwsSignIn
    from aws_mfa.adapters.sts import AwsSts
    from aws_mfa.cli.wiring_ground import Asking


class DoorsToAws(Ground):
    """What is asked of AWS."""

    def __init__(self, environ: Mapping[str, str], asking: Asking) -> None:
        super().__init__(environ, asking)
        self._sts: dict[tuple[str, str | None], AwsSts] = {}

    def sts(self, region: str, endpoint_url: str | None = None) -> AwsSts:
        """STS in the region."""
        from aws_mfa.adapters.sts import AwsSts
        from aws_mfa.rules.endpoints import sts_endpoint

        key = (region, endpoint_url)
        if key not in self._sts:
            self._sts[key] = AwsSts(sts_endpoint(region, self.environ, configured_url=endpoint_url), self._http)
        return self._sts[key]

    def iam(self, region: str) -> AwsIam:
        """IAM of the region's partition."""
        from aws_mfa.adapters.iam import AwsIam
        from aws_mfa.rules.endpoints import iam_endpoint

        return AwsIam(iam_endpoint(region, self.environ), self._http)

    def sign_in(self, region: str) -> AwsSignIn:
        """The console's sign-in in the region."""
        from aws_mfa.adapters.sign_in import AwsSignIn
        from aws_mfa.rules.sign_in import sign_in_endpoint, takes_form

        return AwsSignIn(sign_in_endpoint(region, self.environ), self._http, takes_form=takes_form(region))

    def close(self) -> None:
        """Close the connections to AWS; for programs that live on when we have answered."""
        if "_http" in vars(self):
            self._http.close()

    @cached_property
    def _http(self) -> AwsHttp:
        from aws_mfa.adapters.aws_http import AwsHttp

        return AwsHttp.from_environ(self.environ)
