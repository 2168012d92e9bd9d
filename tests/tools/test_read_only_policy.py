"""The policy of `--read-only` beside every service model of botocore: nothing in it writes or shows a secret."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from aws_mfa.aws_values.read_only import READ_ONLY
from aws_mfa_practice.session_policies import _allows
from needs import ROOT

pytestmark = pytest.mark.newest


class Known(NamedTuple):
    """What botocore says of all services: prefixes in IAM, and of what is allowed action, method, telling members."""

    prefixes: dict[str, str]
    allowed: list[tuple[str, str, set[str]]]


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, which works on copies of module and page."""
    module = script()
    for name in ("MODULE", "PAGE"):
        monkeypatch.setattr(module, name, shutil.copy(getattr(module, name), tmp_path))
    monkeypatch.setattr(sys, "argv", ["read_only_policy.py"])
    return module


@pytest.fixture(scope="module")
def known() -> Known:
    """One service at a time: all of them take 400 MB."""
    tool, prefixes, allowed = script(), {}, []
    for service in Loader().list_available_services("service-2"):
        model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
        prefix = prefixes[service] = tool.prefix_of(model.metadata)
        for name in model.operation_names:
            if _allows((READ_ONLY,), f"{prefix}:{name}"):
                action = model.operation_model(name)
                members = set(tool.telling(action.output_shape)) if action.output_shape else set()
                allowed.append((f"{prefix}:{name}", action.http["method"], members))
    return Known(prefixes, allowed)


def script() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(os.path.join(ROOT, "tools"))
        return importlib.import_module("read_only_policy")


def test_no_action_of_any_service_that_it_allows_is_named_or_sent_like_a_write(known: Known) -> None:
    assert len(known.allowed) > 400
    names = [action.partition(":")[2] for action, _, _ in known.allowed]
    assert [name for name in names if not name.startswith(("List", "Describe"))] == []
    assert {method for _, method, _ in known.allowed} <= {"GET", "HEAD", "POST"}


def test_no_answer_of_any_service_that_it_allows_shows_an_unexplained_secret(known: Known, tool: ModuleType) -> None:
    shown = {f"{action}.{member}" for action, _, members in known.allowed for member in members}
    assert shown
    assert sorted(one for one in shown if not tool.is_among(one, tool.HARMLESS)) == []


def test_all_services_that_share_a_prefix_are_looked_at_together(known: Known, tool: ModuleType) -> None:
    named = {name for names in tool.COVERED for name in names.split()}
    covered = {known.prefixes[name] for name in named}
    assert named == {name for name, prefix in known.prefixes.items() if prefix in covered}


def test_what_is_committed_is_what_the_script_makes_each_time(
    tool: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    services = [tool.service_of(names.split(), patterns) for names, patterns in tool.COVERED.items()]
    assert tool.policy_of(services) == READ_ONLY
    assert (tool.main(), tool.main()) == (0, 0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("name", "old", "new"), [("MODULE", "ec2:", "ec3:"), ("PAGE", "`sns:ListTopics`", "")])
def test_a_change_by_hand_is_found_and_undone(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str
) -> None:
    file = Path(getattr(tool, name))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert tool.main() == 1
    assert "run make format" in capsys.readouterr().out
    assert file.read_text(encoding="utf-8") != text
    monkeypatch.setattr(sys, "argv", ["read_only_policy.py", "--write"])
    assert tool.main() == 0
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("table", "entries", "complaint"),
    [
        ("COVERED", {"lambda": ("ListFunctions",)}, "an answer may show a secret: lambda:ListFunctions.Environment"),
        ("COVERED", {"sqs": ("List*", "Read*")}, "has an entry without use: sqs:Read*"),
        ("COVERED", {"backup": tuple(f"ListBackupJob{'?' * n}" for n in range(9))}, "characters: 1000 at most"),
        ("DENIED", {"ec2:DescribeVolumes": ""}, "has an entry without use: ec2:DescribeVolumes"),
        ("HARMLESS", {"sqs:List*.Password": ""}, "has an entry without use: sqs:List*.Password"),
    ],
)
def test_a_table_that_is_wrong_is_not_written(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    table: str, entries: dict[str, object], complaint: str,
) -> None:  # fmt: skip
    before = Path(tool.MODULE).read_bytes()
    monkeypatch.setattr(tool, table, {**getattr(tool, table), **entries})
    monkeypatch.setattr(sys, "argv", ["read_only_policy.py", "--write"])
    assert tool.main() == 1
    assert complaint in capsys.readouterr().out
    assert Path(tool.MODULE).read_bytes() == before
