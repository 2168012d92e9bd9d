"""docs/compatibility.md, section 5: what is called and what is written; B4: and that every other byte stays."""

from __future__ import annotations

import os
import time

import pytest

from classic_stage import ClassicStage

MFA_KEYS = [
    "assumed_role",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "expiration",
    "x_security_token_expires",
]
ROLE_KEYS = ["assumed_role", "assumed_role_arn", *MFA_KEYS[1:]]


@pytest.mark.parametrize(
    ("action", "flags", "seconds"),
    [("GetSessionToken", ["--duration", "7200"], "7200"), ("AssumeRole", ["--role-session-name", "ann"], "3600")],
)
def test_a_session_is_asked_with_the_long_term_keys_device_duration_and_code(
    stage: ClassicStage, action: str, flags: list[str], seconds: str
) -> None:
    code, role = stage.code(), stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    of_role = {"RoleArn": role.arn, "RoleSessionName": "ann"} if action == "AssumeRole" else {}
    assert stage.call("--token", code, *flags, *(["--assume-role", role.arn] if of_role else [])).code == 0
    (request,) = stage.aws.requests
    assert request.access_key_id == stage.ann.keys.access_key_id
    asked = {"Action": action, "DurationSeconds": seconds, "SerialNumber": stage.phone.serial, "TokenCode": code}
    assert {key: value for key, value in request.parameters.items() if key != "Version"} == {**asked, **of_role}


def test_new_section_goes_to_the_end_after_a_blank_line_in_the_contracts_order(stage: ClassicStage) -> None:
    before = "[work-long-term]\n" + stage.keys_section().partition("\n")[2].rstrip("\n") + "\n"
    stage.write(before)
    stage.renew("--profile", "work")
    after = stage.read()
    assert after.startswith(f"{before}\n[work]\n")
    lines = after.removeprefix(f"{before}\n[work]\n").splitlines()
    assert [line.partition(" = ")[0] for line in lines] == MFA_KEYS
    values = stage.section("work")
    assert values["assumed_role"] == "False"
    assert values["aws_session_token"] == values["aws_security_token"]


def test_the_section_of_a_role_names_the_role(stage: ClassicStage) -> None:
    role = stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    stage.renew("--assume-role", role.arn)
    assert list(stage.section()) == ROLE_KEYS
    assert stage.section()["assumed_role"] == "True"
    assert stage.section()["assumed_role_arn"] == role.arn


def test_expiration_is_utc_without_a_zone_and_the_same_moment_in_rfc3339(stage: ClassicStage) -> None:
    stage.renew(env={"TZ": "Asia/Tokyo"})
    expiration = stage.section()["expiration"]
    left_s = time.mktime(time.strptime(expiration, "%Y-%m-%d %H:%M:%S")) - time.mktime(time.gmtime())
    assert 43190 < left_s <= 43200
    assert stage.section()["x_security_token_expires"] == expiration.replace(" ", "T") + "Z"


def test_existing_keys_are_replaced_in_place_and_others_stay(stage: ClassicStage) -> None:
    head = f"# keys\n{stage.keys_section()}; the session\n[default]\nregion=eu-west-1\n"
    stage.write(
        f"{head}expiration : 2001-01-01 00:00:00\n  # mine\nAWS_ACCESS_KEY_ID=ASIAOLD\noutput = json\n\n[z]\na=b\n"
    )
    stage.renew()
    after = stage.read()
    assert after.startswith(f"{head}expiration = 20")
    assert "\n  # mine\naws_access_key_id = ASIA" in after
    assert after.endswith("\n\n[z]\na=b\n")
    assert stage.section()["output"] == "json"


def test_without_a_role_the_old_roles_arn_goes(stage: ClassicStage) -> None:
    stage.write(stage.keys_section() + stage.session_section(assumed_role_arn="arn:aws:iam::123456789012:role/Old"))
    stage.renew()
    assert "assumed_role_arn" not in stage.section()
    assert stage.section()["assumed_role"] == "False"


def test_long_term_section_is_never_changed(stage: ClassicStage) -> None:
    keys = f"[default-long-term]\n# pasted\n{stage.keys_section().partition(chr(10))[2]}odd = 1\n"
    stage.write(keys)
    stage.renew()
    stage.renew("--force")
    assert stage.read().startswith(keys)


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_b4_in_a_file_of_900_lines_only_the_sections_own_lines_change(stage: ClassicStage, newline: str) -> None:
    lines = [
        line for i in range(180) for line in (f"# profile {i}", f"[p{i}]", "\tRegion = eu-west-1", "s3 =", "    a = b")
    ]
    own = (stage.session_section(left_s=-5) + stage.keys_section()).splitlines()
    text = newline.join([*lines[:450], *own, *lines[450:]]) + newline
    stage.write(text)
    stage.renew()
    before, after = text.splitlines(keepends=True), stage.read().splitlines(keepends=True)
    changed = [number for number, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]]
    first = 450 + 2
    assert changed[:5] == list(range(first, first + 5))
    # One line is new: the moment in RFC 3339.
    assert after[first + 5].startswith("x_security_token_expires = ")
    assert after[first + 6 :] == before[first + 5 :]
    assert all(line.endswith(newline) for line in after)


def test_b4_last_line_without_an_end_is_no_reason_to_glue_lines(stage: ClassicStage) -> None:
    stage.write(stage.keys_section("work").rstrip("\n"))
    stage.renew("--profile", "work")
    assert "\n\n[work]\n" in stage.read()
    stage.renew("--profile", "work", "--force")


@pytest.mark.skipif(os.name == "nt", reason="modes and symlinks of POSIX")
def test_b24_wide_file_is_repaired_with_a_message_even_when_nothing_is_renewed(stage: ClassicStage) -> None:
    stage.write(stage.keys_section() + stage.session_section(), mode=0o644)
    ended = stage.call()
    assert ended.code == 0
    assert ended.out.startswith(f"WARNING - {stage.credentials} could be read by others")
    assert os.stat(stage.credentials).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(stage.credentials)).st_mode & 0o777 == 0o700
    assert "WARNING" not in stage.call().out


@pytest.mark.skipif(os.name == "nt", reason="modes and symlinks of POSIX")
@pytest.mark.parametrize(("place", "mode"), [("", 0o777), ("config", 0o666), ("credentials", 0o666)])
@pytest.mark.parametrize("has_command", [True, False])
def test_what_others_could_write_is_closed_to_them_and_no_command_in_it_is_run(
    stage: ClassicStage, place: str, mode: int, *, has_command: bool
) -> None:
    ran = os.path.join(stage.home, "ran")
    command = f"sh -c 'touch {ran}; echo {stage.code()}'"
    stage.write(f"[default]\nregion = us-east-1\n{f'mfa_process = {command}' if has_command else ''}\n", stage.config)
    opened = os.path.join(os.path.dirname(stage.config), place).rstrip("/")
    os.chmod(opened, mode)
    if has_command and place != "credentials":
        assert f"other users can write {opened}" in stage.call().error
        assert os.stat(opened).st_mode & 0o777 == mode
    else:
        ended = stage.call() if has_command else stage.renew()
        assert (ended.code, ended.out.count("WARNING - ")) == (0, 1), ended
        assert opened in ended.out.split("WARNING - ")[1].splitlines()[0]
        assert os.stat(opened).st_mode & 0o022 == 0
    assert os.path.exists(ran) == (has_command and place == "credentials")


@pytest.mark.skipif(os.name == "nt", reason="modes and symlinks of POSIX")
def test_symlink_stays_a_symlink(stage: ClassicStage) -> None:
    target = os.path.join(stage.home, "dotfiles-credentials")
    os.rename(stage.credentials, target)
    os.symlink(target, stage.credentials)
    stage.renew()
    assert os.path.islink(stage.credentials)
    assert "[default]" in stage.read(target)


def test_nothing_but_the_file_and_our_own_folder_appears(stage: ClassicStage) -> None:
    stage.renew()
    here = {name for name in os.listdir(os.path.dirname(stage.credentials)) if not name.endswith(".lock")}
    assert here <= {"credentials", "mfa"}


@pytest.mark.parametrize("section", ["default", "work"])
def test_two_roles_one_after_the_other_leave_one_session(stage: ClassicStage, section: str) -> None:
    roles = [stage.aws.account.add_role(name, trusts=stage.ann, mfa=True) for name in ("A", "B")]
    stage.write(stage.keys_section(section))
    for role in roles:
        stage.renew("--profile", section, "--assume-role", role.arn)
        assert stage.section(section)["assumed_role_arn"] == role.arn
    assert stage.read().count(f"[{section}]") == 1


@pytest.mark.parametrize("end", ["\r\n", "\r\r\n", "\r"], ids=["CR LF", "CR CR LF", "CR"])
def test_b4_line_ends_of_every_kind_are_read_and_kept(stage: ClassicStage, end: str) -> None:
    """As the old tool and boto3 read them."""
    before = f"[DEFAULT]\noutput = json\n# \0\n{stage.keys_section()}[DEFAULT]\nregion = eu-west-1\n".replace("\n", end)
    stage.write(before.encode())
    stage.renew()
    after = stage.read()
    assert after.startswith(before + end + "[default]" + end)
    assert after.replace(end, "\n").count("\n") == after.count(end) == before.count(end) + 2 + len(MFA_KEYS)
    assert "still valid" in stage.call().out


def test_a_section_with_brackets_is_renewed_in_place_and_never_made(stage: ClassicStage) -> None:
    stage.write(stage.keys_section("a]b") + "[a]b]\nregion = eu-west-1\n")
    stage.renew("--profile", "a]b")
    assert list(stage.section("a]b")) == ["region", *MFA_KEYS]
    stage.write(stage.keys_section("a]b"))
    before = stage.state()
    ended = stage.call("--profile", "a]b", "--token", "123456")
    assert ended.code == 1
    assert "'a]b' cannot be a section of an AWS file" in ended.error
    assert (stage.state(), stage.aws.requests[1:]) == (before, [])


@pytest.mark.parametrize("flags", [[], ["--no-keychain"]])
def test_our_folder_may_be_something_else(stage: ClassicStage, flags: list[str]) -> None:
    """The folder is optional: a session can be had without it."""
    with open(os.path.join(os.path.dirname(stage.credentials), "mfa"), "w", encoding="utf-8"):
        pass
    stage.renew(*flags)
    assert "still valid" in stage.call(*flags).out
