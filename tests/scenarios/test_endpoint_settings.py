"""The config file says how AWS is reached, and no variable does: every form of the tool goes there, as SDKs do."""

from __future__ import annotations

import json
import os
import shutil
import socket

import pytest

from aws_mfa_practice import PracticeAws
from classic_stage import ClassicStage

pytest.importorskip("cryptography", reason="it makes the certificates")
from collections.abc import Generator

from certificates import Authority
from classic_stage import Settings

# What does not go where the config says ends here, and not on the network.
NOWHERE: Settings = {"AWS_ENDPOINT_URL": None, "HTTPS_PROXY": "http://127.0.0.1:9"}
STORED: Settings = {"AWS_MFA_SESSION_STORE": "plain"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(str(tmp_path_factory.mktemp("ca")))


@pytest.fixture
def behind_tls(home: str, authority: Authority) -> Generator[ClassicStage]:
    """Ann in a company that inspects TLS."""
    with PracticeAws(ssl_context=authority.server_context()) as aws:
        yield ClassicStage(home, aws)


@pytest.mark.parametrize("header", ["[default]", "[profile work]"])
@pytest.mark.parametrize(
    "names", ["endpoint_url = {url}\n", "services = s\n[services s]\nsts =\n  endpoint_url = {url}\n"]
)
def test_the_classic_form_asks_where_its_or_default_profile_says(stage: ClassicStage, header: str, names: str) -> None:
    """0.0.12 went there, whichever profile `AWS_PROFILE` named."""
    stage.write(stage.keys_section("work"))
    stage.write(f"{header}\nregion = us-east-1\n" + names.format(url=stage.aws.url), stage.config)
    stage.renew("--profile", "work", env=NOWHERE)
    assert stage.sent() == ["GetSessionToken"]


def test_the_device_is_asked_for_where_the_config_says(stage: ClassicStage) -> None:
    stage.write(stage.keys_section(aws_mfa_device=""))
    stage.write(f"[default]\nendpoint_url = {stage.aws.url}\n", stage.config)
    stage.renew(env=NOWHERE)
    assert stage.sent() == ["ListMFADevices", "GetSessionToken"]


def test_a_bad_endpoint_of_the_config_is_reported_before_the_question(stage: ClassicStage) -> None:
    stage.write("[default]\nendpoint_url = http://elsewhere.example\n", stage.config)
    ended = stage.call(env=NOWHERE)
    assert ended.error.startswith("ERROR - endpoint_url in ")
    assert "Enter AWS MFA code" not in ended.out


@pytest.mark.parametrize(
    ("key", "host"),
    [("use_fips_endpoint", "sts-fips.us-east-2.amazonaws.com"), ("use_dualstack_endpoint", "sts.us-east-2.api.aws")],
)
@pytest.mark.parametrize("header", ["[default]", "[profile work]"])
def test_the_classic_form_asks_the_kind_of_endpoint_that_the_config_wants(
    stage: ClassicStage, monkeypatch: pytest.MonkeyPatch, header: str, key: str, host: str
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    stage.write(stage.keys_section("work"))
    stage.write(f"{header}\n{key} = true\n[profile work-again]\n", stage.config)
    env = {"AWS_ENDPOINT_URL": None, "AWS_REGION": "us-east-2"}
    with monkeypatch.context() as patch:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            patch.delenv(name, raising=False)
        patch.setattr(socket, "getaddrinfo", unknown)
        ended = stage.call("--profile", "work", stdin="123456\n", env=env)
    assert ended.errors == [f"ERROR - the name {host} cannot be resolved"]


@pytest.mark.parametrize("is_short", [False, True])
@pytest.mark.parametrize("header", ["[default]", "[profile work]"])
def test_the_classic_form_trusts_its_ca_bundle(
    behind_tls: ClassicStage, authority: Authority, header: str, *, is_short: bool
) -> None:
    stage = behind_tls
    stage.write(stage.keys_section("work"))
    shutil.copy(authority.bundle, os.path.join(stage.home, "ca.pem"))
    stage.write(f"{header}\nca_bundle = {'~/ca.pem' if is_short else authority.bundle}\n", stage.config)
    stage.renew("--profile", "work")
    assert stage.sent() == ["GetSessionToken"]


def test_a_ca_bundle_that_cannot_be_read_names_its_line(behind_tls: ClassicStage) -> None:
    behind_tls.write("[default]\nca_bundle = /nowhere/ca.pem\n", behind_tls.config)
    ended = behind_tls.call(stdin="123456\n")
    assert "the CA certificates named by ca_bundle in " in ended.error
    assert "'/nowhere/ca.pem'" in ended.error
    assert "remove the line" in ended.hints


@pytest.mark.real
@pytest.mark.parametrize("where", ["user", "role"])
def test_all_commands_trust_the_profiles_ca_bundle(behind_tls: ClassicStage, authority: Authority, where: str) -> None:
    """The role's own line is what SDKs read; the user's serves all roles of that user."""
    stage = behind_tls
    line = f"ca_bundle = {authority.bundle}\n"
    config = f"[profile work]\nmfa_serial = {stage.phone.serial}\n{line if where == 'user' else ''}"
    for name in ("admin", "audit"):
        role = stage.aws.account.add_role(name, trusts=stage.ann, mfa=True)
        config += f"[profile {name}]\nrole_arn = {role.arn}\nsource_profile = work\n{line if where == 'role' else ''}"
    stage.write(stage.keys_section("work"))
    stage.write(config, stage.config)
    ended = stage.run("credential-process", "admin", "--token", stage.code(), env=STORED)
    assert ended.code == 0, ended
    assert json.loads(ended.out)["AccessKeyId"].startswith("ASIA")
    assert stage.sent() == ["GetSessionToken", "AssumeRole"]
    ended = stage.run("renew", "audit", env=STORED)
    assert ended.code == 0, ended
    assert stage.sent()[2:] == ["AssumeRole"]


@pytest.mark.real
def test_the_console_trusts_it_for_its_sign_in_too(behind_tls: ClassicStage, authority: Authority) -> None:
    stage = behind_tls
    stage.write(stage.keys_section("work"))
    stage.write(f"[profile work]\nca_bundle = {authority.bundle}\n", stage.config)
    ended = stage.run("console", "work", "--print-url")
    assert ended.code == 0, ended
    assert ended.out.startswith(stage.aws.url)


@pytest.mark.real
def test_setup_trusts_it_where_the_profile_is_there_already(behind_tls: ClassicStage, authority: Authority) -> None:
    stage = behind_tls
    stage.write("")
    stage.write(f"[profile work]\nregion = us-east-1\nca_bundle = {authority.bundle}\n", stage.config)
    keys = stage.ann.keys
    answers = f"{keys.access_key_id}\n{keys.secret_access_key}\n"
    ended = stage.run("setup", "--profile", "work", "--vault", "file", stdin=answers)
    assert ended.code == 0, ended
    assert stage.sent() == ["GetCallerIdentity", "ListMFADevices"]
