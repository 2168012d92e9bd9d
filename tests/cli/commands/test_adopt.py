"""What `aws-mfa adopt` says, and its exit codes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aws_mfa.cli.commands import adopt
from aws_mfa.cli.commands.adopt import this_program
from aws_mfa.config.settings import hidden_by
from aws_mfa.errors import BadInput, NotSetUp
from cli.commands.running import run_command
from fakes import DEVICE, FakeInterfaces

KEYS = "[work-long-term]\naws_access_key_id = AKIAINVENTEDANNSKEY1\naws_secret_access_key = invented/secret+of+ann\n"
PROD = f"[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = work\nmfa_serial = {DEVICE}\n"
FOREIGN = PROD.replace("prod", "test") + "credential_process = other\n"


@pytest.fixture(autouse=True)
def installed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the search for aws-mfa found this program."""
    if "tmp_path" not in request.fixturenames:
        monkeypatch.setattr(adopt, "this_program", lambda *_: "aws-mfa")


def test_each_profile_has_its_line_and_one_that_is_left_its_reason_and_hint(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = FakeInterfaces(KEYS, PROD + FOREIGN)
    assert run_command(adopt, interfaces, "test", "prod") == 3
    assert capsys.readouterr().out == "prod: adopted\n"
    assert interfaces.said == [
        "test not changed: [profile test] of ~/.aws/config has another credential_process",
        "hint: remove that line if you no longer use it",
    ]


def test_variables_that_hide_what_was_adopted_are_named_at_the_end() -> None:
    interfaces = FakeInterfaces(KEYS, PROD)
    interfaces.environ = {"AWS_ACCESS_KEY_ID": "AKIA"}
    for flags in ([], ["--undo"]):
        assert run_command(adopt, interfaces, "prod", *flags) == 0
    assert interfaces.said == hidden_by(interfaces.environ)


def test_a_doubtful_region_of_an_adopted_profile_is_told() -> None:
    interfaces = FakeInterfaces(KEYS, PROD + "region = eu-centrl-1\n")
    for flags in (["--dry-run"], [], ["--undo"]):
        assert run_command(adopt, interfaces, "prod", *flags) == 0
    doubt = "names region eu-centrl-1, which is not a known one: do you mean eu-central-1?"
    doubts = [f"region in ~/.aws/config [profile prod] {doubt}"] * 2
    assert interfaces.said == ["prod: would be adopted", *doubts]


def test_what_all_cannot_adopt_is_a_failure_only_if_nothing_was_adopted() -> None:
    assert run_command(adopt, FakeInterfaces(KEYS, PROD + FOREIGN), "--all") == 0
    assert run_command(adopt, FakeInterfaces(KEYS, FOREIGN), "--all") == 3


def test_what_stops_every_role_is_said_once_and_is_a_failure() -> None:
    interfaces = FakeInterfaces("", PROD + PROD.replace("prod", "dev"))
    assert run_command(adopt, interfaces, "--all") == 3
    assert interfaces.said == [
        "prod, dev not changed: source_profile names profile 'work', which does not exist",
        "hint: if it has keys of yours, store them: aws-mfa setup --profile work",
        "hint: or name another profile in source_profile",
    ]


def test_all_of_what_is_adopted_already_is_no_failure() -> None:
    interfaces = FakeInterfaces(KEYS, PROD + FOREIGN)
    assert [run_command(adopt, interfaces, "--all") for _ in range(2)] == [0, 0]


def test_dry_run_says_what_would_be_and_shows_the_difference(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = FakeInterfaces(KEYS, PROD)
    assert run_command(adopt, interfaces, "--all", "--dry-run") == 0
    assert interfaces.said == ["prod: would be adopted"]
    assert interfaces.config.text == PROD
    shown = capsys.readouterr().out.splitlines()
    assert shown[:4] == ["--- ~/.aws/config", "+++ ~/.aws/config", "@@ [profile prod] @@", " [profile prod]"]
    assert "+credential_process = aws-mfa credential-process prod" in shown


def test_undo_says_what_was_restored_and_what_was_not_adopted(capsys: pytest.CaptureFixture[str]) -> None:
    interfaces = FakeInterfaces(KEYS, PROD)
    for flags in ([], ["--undo"], ["--undo", "--dry-run"]):
        run_command(adopt, interfaces, "prod", *flags)
    assert capsys.readouterr().out == "prod: adopted\nprod: restored\n"
    assert interfaces.said == ["prod: not adopted, nothing to undo"]
    assert interfaces.config.text == PROD


def test_undo_names_the_roles_that_sdks_got_through_the_adopted_one() -> None:
    interfaces = FakeInterfaces(
        "[work-long-term]\noutput = json\n", PROD + PROD.replace("prod", "top").replace("work", "prod")
    )
    assert run_command(adopt, interfaces, "prod") == 0
    assert run_command(adopt, interfaces, "--undo", "prod") == 0
    assert interfaces.said[-1] == ("SDKs cannot sign for top now: the keys of their source are not in the AWS files")


def a_program(folder: Path, name: str = "aws-mfa.exe" if os.name == "nt" else "aws-mfa") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_bare_name_is_written_only_if_a_search_for_it_leads_back_here(tmp_path: Path) -> None:
    ours, others = a_program(tmp_path / "my venv" / "bin"), a_program(tmp_path / "other")
    folder, other = os.path.dirname(ours), os.path.dirname(others)

    def found(*path: str, **environ: str) -> str:
        return this_program({"PATH": os.pathsep.join(path), **environ}, ours)

    (tmp_path / "my venv" / "CACHEDIR.TAG").write_text("as uv and virtualenv write it")
    assert found(folder, other) == "aws-mfa"
    assert found(other, folder) == ours  # another one comes first
    assert found() == found(str(tmp_path)) == found("") == ours
    # An activated environment is on the path of this shell only.
    assert found(folder, VIRTUAL_ENV=os.path.dirname(folder)) == ours
    assert found(folder, VIRTUAL_ENV=str(tmp_path)) == "aws-mfa"


@pytest.mark.skipif(os.name == "nt", reason="symlinks of pipx and uv")
def test_a_link_on_the_path_that_leads_here_is_this_program(tmp_path: Path) -> None:
    ours = a_program(tmp_path / "venvs" / "aws-mfa" / "bin")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "aws-mfa").symlink_to(ours)
    path = {"PATH": str(tmp_path / "bin"), "VIRTUAL_ENV": str(tmp_path / "venvs" / "aws-mfa")}
    assert this_program(path, ours) == this_program(path, str(tmp_path / "bin" / "aws-mfa")) == "aws-mfa"
    assert this_program({}, str(tmp_path / "bin" / "aws-mfa")) == str(tmp_path / "bin" / "aws-mfa")


@pytest.mark.parametrize("cache", [".cache/uv/archive-v0/x", "Library/Caches/uv/x", "marked/x"])
def test_a_program_in_a_cache_is_refused_also_behind_a_link(tmp_path: Path, cache: str) -> None:
    ours = a_program(tmp_path / cache / "bin")
    (tmp_path / "marked").mkdir(exist_ok=True)
    (tmp_path / "marked" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    (tmp_path / "bin").mkdir()
    started = [ours]
    if os.name != "nt":
        started.append(str(tmp_path / "bin" / "aws-mfa"))
        os.symlink(ours, started[-1])
    for path in started:
        with pytest.raises(NotSetUp, match="is in a cache that is emptied"):
            this_program({"PATH": os.path.dirname(path)}, path)


def test_without_a_program_others_can_start_the_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    interfaces = FakeInterfaces(KEYS, PROD)
    with pytest.raises(NotSetUp, match="SDKs cannot start this aws-mfa: "):
        run_command(adopt, interfaces, "prod")
    assert interfaces.config.text == PROD


@pytest.mark.parametrize("argv", [(), ("prod", "--all")])
def test_either_names_or_all(argv: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="which profiles"):
        run_command(adopt, FakeInterfaces(KEYS, PROD), *argv)
