"""How botocore signs for a profile is known without botocore: it is the yardstick here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from aws_mfa.command_lines import joined
from aws_mfa.setup.as_botocore import KEYS, OTHER_SIGN_IN, PROCESS, AsBotocore, roles_lost

PAIR = "aws_access_key_id = AKIAINVENTEDANNSKEY1\naws_secret_access_key = s\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
DOCUMENT = json.dumps({"Version": 1, "AccessKeyId": "AKIAINVENTEDBOBSKEY2", "SecretAccessKey": "s"})
RUNS = f"credential_process = {joined([sys.executable, '-c', f'print({DOCUMENT!r})'])}\n"


def a_role(source: str, name: str = "r") -> str:
    return f"[profile {name}]\n{ROLE}source_profile = {source}\n"


CASES = {
    "nothing": ("[profile r]\nregion = x\n", "", None),
    "no profile": ("", "", None),
    "keys in credentials": ("", f"[r]\n{PAIR}", KEYS),
    "keys in config": (f"[profile r]\n{PAIR}", "", KEYS),
    "half in credentials": (f"[profile r]\n{PAIR}", "[r]\naws_access_key_id = A\n", None),
    "keys before a process": (f"[profile r]\n{RUNS}", f"[r]\n{PAIR}", KEYS),
    "a process before keys in config": (f"[profile r]\n{RUNS}{PAIR}", "", PROCESS),
    "a process in credentials": ("", f"[r]\n{RUNS}", PROCESS),
    "a role": (a_role("u"), f"[u]\n{PAIR}", KEYS),
    "a role before its own keys": (a_role("nobody"), f"[r]\n{PAIR}", None),
    "a role whose source has nothing": (a_role("u") + "[profile u]\nregion = x\n", "", None),
    "a role whose source runs a process": (f"{a_role('u')}[profile u]\n{RUNS}", "", PROCESS),
    "a role without a source": (f"[profile r]\n{ROLE}", "", None),
    "its own source with keys": (a_role("r"), f"[r]\n{PAIR}", KEYS),
    "its own source without keys": (a_role("r"), "", None),
    "a chain": (a_role("m") + a_role("u", "m"), f"[u]\n{PAIR}", KEYS),
    "a chain that ends at a role's keys": (a_role("m") + a_role("nobody", "m"), f"[m]\n{PAIR}", KEYS),
    "a chain to its own source": (a_role("m") + a_role("m", "m"), f"[m]\n{PAIR}", KEYS),
    "a circle": (a_role("m") + a_role("r", "m"), "", None),
    "a circle of three": (a_role("m") + a_role("n", "m") + a_role("m", "n"), "", None),
    "both a source and a credential_source": (
        f"{a_role('u')}credential_source = Environment\n[profile u]\n{PAIR}",
        "",
        None,
    ),
    "default": ("[default]\nregion = x\n" + a_role("default"), f"[default]\n{PAIR}", KEYS),
    "keys of all": (a_role("u") + "[profile u]\nregion = x\n", f"[DEFAULT]\n{PAIR}[u]\nregion = x\n", KEYS),
}


@pytest.mark.parametrize(("config", "credentials", "signer"), CASES.values(), ids=list(CASES))
def test_it_agrees_with_botocore(
    config: str, credentials: str, signer: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert AsBotocore(config, credentials).signer("r") == signer
    for variable, text in (("AWS_CONFIG_FILE", config), ("AWS_SHARED_CREDENTIALS_FILE", credentials)):
        (tmp_path / variable).write_text(text, encoding="utf-8")
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    try:
        found = Session(profile="r").get_credentials() is not None
    except BotoCoreError:
        found = False
    assert found == (signer is not None)


@pytest.mark.parametrize("line", ["sso_session = corp", "web_identity_token_file = x", "sso_start_url = x"])
def test_other_ways_to_sign_in_count_as_one(line: str) -> None:
    assert AsBotocore(f"[profile r]\n{line}\n{ROLE if 'web' in line else ''}", "").signer("r") == OTHER_SIGN_IN
    assert AsBotocore(f"{a_role('u')}[profile u]\n{line}\n", "").signer("r") == OTHER_SIGN_IN


def test_the_roles_that_an_edit_costs_are_named() -> None:
    config = a_role("u") + a_role("r", "top") + a_role("other", "stays") + a_role("nobody", "never")
    other = f"[other]\n{PAIR}"
    before, after = AsBotocore(config, f"[u]\n{PAIR}{other}"), AsBotocore(config, other)
    assert roles_lost(before, after) == ["r", "top"]
    assert before.sources("top") == ["r", "u"]
    assert AsBotocore(a_role("r"), "").sources("r") == ["r"]
