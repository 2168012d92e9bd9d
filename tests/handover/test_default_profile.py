"""Which files would keep SDKs from the endpoint."""

from __future__ import annotations

import pytest

from aws_mfa.handover.serve import files_in_the_way

KEYS = "aws_access_key_id = ASIA\naws_secret_access_key = x\n"


@pytest.mark.parametrize(
    ("credentials", "config", "expected"),
    [
        ("", "", []),
        (f"[work]\n{KEYS}", "[default]\nregion = eu-west-1\noutput = json\n", []),
        (f"[default]\n{KEYS}", "", ["AWS_SHARED_CREDENTIALS_FILE"]),
        ("", "[default]\ncredential_process = x\n", ["AWS_CONFIG_FILE"]),
        ("", "[profile default]\nrole_arn = x\n", ["AWS_CONFIG_FILE"]),
        ("[default]\nregion = x\n", "[default]\nsso_session = x\n", ["AWS_CONFIG_FILE"]),
        (f"[default]\n{KEYS}", f"[default]\n{KEYS}", ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"]),
        (f"[default-long-term]\n{KEYS}", "[default]\naws_mfa_role_arn = x\n", []),
    ],
)
def test_a_default_with_credentials_is_in_the_way(credentials: str, config: str, expected: list[str]) -> None:
    assert files_in_the_way(credentials, config) == expected
