"""A practice AWS whose clock does not run, its user Ann with a phone, and real SDK clients."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import boto3
import pytest

from aws_mfa_practice import PracticeAws, PracticeClock
from aws_mfa_practice.account import User
from aws_mfa_practice.keys import LongTermKeys
from aws_mfa_practice.totp import Device

Client: TypeAlias = Any  # the SDK has no types
Connect: TypeAlias = Callable[..., Client]


@pytest.fixture
def clock() -> PracticeClock:
    return PracticeClock()


@pytest.fixture
def aws(clock: PracticeClock) -> Iterator[PracticeAws]:
    with PracticeAws(clock=clock) as practice_aws:
        yield practice_aws


@pytest.fixture
def ann(aws: PracticeAws) -> User:
    return aws.account.add_user("ann")


@pytest.fixture
def phone(ann: User) -> Device:
    return ann.add_device()


@pytest.fixture
def sts(connect: Connect, ann: User) -> Client:
    return connect(ann.keys)


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> boto3.session.Session:
    """An SDK that sends each request once; shared, because it keeps the service models it has read."""
    path = tmp_path_factory.mktemp("sdk") / "config"
    path.write_text("[default]\nparameter_validation = false\nmax_attempts = 1\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_CONFIG_FILE", str(path))
        session = boto3.session.Session()
        session.client("sts", region_name="us-east-1").close()  # reads the settings now
    return session


@pytest.fixture
def connect(aws: PracticeAws, sdk: boto3.session.Session) -> Iterator[Connect]:
    """Open a real SDK client with long-term keys, or with the `Credentials` of an answer."""
    with contextlib.ExitStack() as stack:

        def open_client(keys: LongTermKeys | dict[str, str], service: str = "sts", region: str = "us-east-1") -> Client:
            given = keys if isinstance(keys, dict) else {}
            client = sdk.client(
                service,
                region_name=region,
                endpoint_url=aws.url,
                aws_access_key_id=keys["AccessKeyId"] if isinstance(keys, dict) else keys.access_key_id,
                aws_secret_access_key=keys["SecretAccessKey"] if isinstance(keys, dict) else keys.secret_access_key,
                aws_session_token=given.get("SessionToken"),
            )
            stack.callback(client.close)
            return client

        yield open_client
