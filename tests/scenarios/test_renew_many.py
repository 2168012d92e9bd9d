"""`aws-mfa renew`, `plan` and `forget` as a shell sees them: one code for many profiles, against the practice AWS."""

from __future__ import annotations

import json
import os
import time

import boto3
import pytest

from aws_mfa.sessions.inputs import label_in
from aws_mfa.sessions.places import stored_in
from aws_mfa_practice.account import Account, Role, User
from aws_mfa_practice.faults import throttling
from classic_stage import ClassicStage, Ended

pytestmark = pytest.mark.real

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
IN_FILES = {"AWS_MFA_SESSION_STORE": "plain"}
NOBODY = {"AWS_MFA_SESSION_STORE": "none"}


def role(stage: ClassicStage, name: str, *, trusts: User | Role | Account | None = None) -> Role:
    return stage.aws.account.add_role(name, trusts=trusts or stage.ann, mfa=True, max_session_s=43200)


def profile(name: str, role_arn: str, source: str = "default", prefix: str = "aws_mfa_", **settings: str) -> str:
    """A role profile of the config file; SDKs do not see its role."""
    lines = {f"{prefix}role_arn": role_arn, f"{prefix}source_profile": source, **settings}
    header = "default" if name == "default" else f"profile {name}"
    return f"[{header}]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items()) + "\n"


def process(name: str) -> dict[str, str]:
    """The line that lets SDKs ask us."""
    return {"credential_process": f"aws-mfa credential-process {name}"}


def three_roles_and_a_chain(stage: ClassicStage) -> dict[str, Role]:
    roles = {name: role(stage, name) for name in ("dev", "test", "prod")}
    roles["deep"] = stage.aws.account.add_role("deep", trusts=roles["prod"])
    text = "".join(profile(name, roles[name].arn) for name in ("dev", "test", "prod"))
    stage.write(text + profile("deep", roles["deep"].arn, "prod"), stage.config)
    return roles


def states(ended: Ended) -> dict[str, str]:
    """Profile -> state, of `--json`."""
    return {found["profile"]: found["state"] for found in json.loads(ended.out)["profiles"]}


def errors(ended: Ended) -> dict[str, str | None]:
    return {found["profile"]: found["error"] for found in json.loads(ended.out)["profiles"]}


def parameters(stage: ClassicStage, role_arn: str) -> dict[str, str]:
    """What the role was assumed with."""
    found = [one.parameters for one in stage.aws.requests if one.parameters.get("RoleArn") == role_arn]
    assert len(found) == 1, found
    return found[0]


def test_one_code_serves_the_user_three_roles_and_a_chain(stage: ClassicStage) -> None:
    three_roles_and_a_chain(stage)
    before = os.stat(stage.credentials).st_ino
    ended = stage.run("renew", "--all", stdin=f"{stage.code()}\n")
    assert ended.code == 0, ended
    assert stage.sent() == ["GetSessionToken", *["AssumeRole"] * 4]
    assert [record.code is None for record in stage.aws.requests] == [False, True, True, True, True]
    assert [line.split()[:2] for line in ended.out.splitlines()] == [
        ["profile", "session"],
        *([name, "renewed"] for name in ("dev", "test", "prod", "deep", "default")),
    ]
    assert os.stat(stage.credentials).st_ino != before
    for name in ("dev", "test", "prod", "deep", "default"):
        assert stage.section(name)["aws_access_key_id"] in stage.aws.sessions
    deep = stage.aws.sessions[stage.section("deep")["aws_access_key_id"]]
    assert [arn.rpartition("/")[0].rpartition(":")[2] for arn in deep.chain] == [
        "user",
        "assumed-role/prod",
        "assumed-role/deep",
    ]


def test_the_file_is_written_once(stage: ClassicStage) -> None:
    """A file that is a hard link elsewhere too: each replacement of it makes one new inode."""
    three_roles_and_a_chain(stage)
    folder = os.path.dirname(stage.credentials)
    os.link(stage.credentials, f"{stage.credentials}.before")
    inodes = {os.stat(stage.credentials).st_ino}
    process = stage.start("renew", "--all", stdin=f"{stage.code()}\n", env=NOBODY)
    while process.poll() is None:
        inodes.add(os.stat(stage.credentials).st_ino)
        time.sleep(0.001)
    process.communicate()
    assert process.returncode == 0
    assert len(inodes | {os.stat(stage.credentials).st_ino}) == 2
    assert sorted(os.listdir(folder)) == [
        ".credentials.aws-mfa.lock",
        "config",
        "credentials",
        "credentials.before",
        "mfa",
    ]


def test_a_second_run_sends_nothing_and_writes_no_file(stage: ClassicStage) -> None:
    three_roles_and_a_chain(stage)
    assert stage.run("renew", "--all", stdin=f"{stage.code()}\n", env=NOBODY).code == 0
    before, sent = stage.state(), len(stage.sent())
    again = stage.run("renew", "--all", "--json", "--no-input", env=NOBODY)
    assert (again.code, again.err) == (0, ""), again
    assert set(states(again).values()) == {"reused"}
    assert (stage.state(), len(stage.sent())) == (before, sent)


def test_roles_are_renewed_without_a_code_while_the_mfa_session_lasts(stage: ClassicStage) -> None:
    """It is in the file if the user was wanted too, and in the session cache if only roles were."""
    three_roles_and_a_chain(stage)
    for names, env in ((("--all",), NOBODY), (("dev",), IN_FILES)):
        assert stage.run("renew", *names, "--force", stdin=f"{stage.code()}\n", env=env).code == 0
        again = stage.run("renew", "dev", "test", "--force", "--json", "--no-input", env=env)
        assert (again.code, set(states(again).values())) == (0, {"renewed"}), again
        assert stage.run("forget", "--all", env=env).code == 0
        stage.aws.requests.clear()


def test_forced_renews_what_is_wanted_itself(stage: ClassicStage) -> None:
    three_roles_and_a_chain(stage)
    assert stage.run("renew", "--all", stdin=f"{stage.code()}\n", env=NOBODY).code == 0
    first = stage.section("dev")["aws_access_key_id"]
    assert stage.run("renew", "dev", "--force", "--no-input", env=NOBODY).code == 0
    assert stage.section("dev")["aws_access_key_id"] != first
    assert stage.run("renew", "default", "--force", "--no-input", env=NOBODY).code == 4, "the user's needs a code"


def test_min_remaining_renews_what_has_less_left(stage: ClassicStage) -> None:
    three_roles_and_a_chain(stage)
    assert stage.run("renew", "--all", stdin=f"{stage.code()}\n", env=NOBODY).code == 0
    ended = stage.run("renew", "dev", "default", "--min-remaining", "6h", "--json", "--no-input", env=NOBODY)
    assert states(ended) == {"dev": "renewed", "default": "reused"}


def test_two_codes_are_piped_one_a_line(stage: ClassicStage) -> None:
    long = role(stage, "long")
    dev = role(stage, "dev")
    text = profile("long", long.arn, duration_seconds="14400") + profile("dev", dev.arn)
    stage.write(text, stage.config)
    now = stage.aws.clock()
    codes = f"{stage.phone.code(now)}\n{stage.phone.code(now + 30)}\n"
    ended = stage.run("renew", "long", "dev", "--json", stdin=codes, env=NOBODY)
    assert ended.code == 0, ended
    assert states(ended) == {"long": "renewed", "dev": "renewed"}
    assert [record.code is None for record in stage.aws.requests] == [False, False, True]
    assert parameters(stage, long.arn)["DurationSeconds"] == "14400"
    assert stage.aws.requests[1].access_key_id == stage.ann.keys.access_key_id, "signed with the long-term keys"
    assert f"2 codes of {stage.phone.serial}: one for all roles of up to 1 h, one for long (4 h)" in ended.err


def test_two_devices_of_one_user_are_asked_for_one_code_each(stage: ClassicStage) -> None:
    """By whichever comes first, in whichever region another run was: nothing takes another session's place."""
    other = stage.ann.add_device()
    devices = {"d1": stage.phone, "d2": other}
    settings = {name: {"mfa_serial": device.serial, **process(name)} for name, device in devices.items()}
    text = "".join(profile(name, role(stage, name).arn, **settings[name]) for name in devices)
    stage.write(text, stage.config)
    for name, device in devices.items():
        assert stage.run("renew", name, "--token", device.unused_code(), env=IN_FILES).code == 0
    away = {**IN_FILES, "AWS_REGION": "us-west-2"}
    assert stage.run("renew", "d1", "--token", stage.code(), env=away).code == 0
    sent = len(stage.sent())
    for name in (*devices, *devices):
        ended = stage.run("renew", name, "--force", "--no-input", env=IN_FILES)
        assert ended.code == 0, ended
    assert stage.sent()[sent:] == ["AssumeRole"] * 4
    forgotten = stage.run("forget", "default", env=IN_FILES)
    assert forgotten.out == "mfa@default-long-term: removed from the session cache\n"
    assert stage.run("renew", "d1", "d2", "--force", "--no-input", env=IN_FILES).code == 4


def grow_old(stage: ClassicStage) -> None:
    """What is stored was stored ten minutes ago."""
    folder = os.path.join(stage.home, ".aws", "mfa", "sessions")
    for name in os.listdir(folder):
        os.utime(os.path.join(folder, name), (time.time() - 600, time.time() - 600))


def test_a_new_mfa_session_that_aws_refuses_costs_no_code_after_code(stage: ClassicStage) -> None:
    """An SDK asks again and again; the way out is named."""
    stage.write(profile("dev", role(stage, "dev").arn, **process("dev")), stage.config)
    assert stage.run("renew", "dev", "--token", stage.code(), env=IN_FILES).code == 0
    assert stage.run("forget", "dev", env=IN_FILES).code == 0
    stage.aws.sessions.clear()
    sent = len(stage.sent())
    for _ in range(2):
        refused = stage.run("credential-process", "dev", "--token", "123456", env=IN_FILES)
        assert refused.code == 5, refused
        assert "aws-mfa forget default" in refused.err
    assert stage.sent()[sent:] == ["AssumeRole"] * 2
    assert stage.run("forget", "default", env=IN_FILES).code == 0
    assert stage.run("credential-process", "dev", "--token", stage.code(), env=IN_FILES).code == 0


@pytest.mark.parametrize(
    "argv", [("renew", "dev", "--force"), ("credential-process", "dev"), ("env", "dev"), ("exec", "dev", "--", "true")]
)
def test_a_stored_mfa_session_unknown_to_aws_costs_a_code_no_riddle(stage: ClassicStage, argv: tuple[str, ...]) -> None:
    stage.write(profile("dev", role(stage, "dev").arn, **process("dev")), stage.config)
    assert stage.run("renew", "dev", "--token", stage.code(), env=IN_FILES).code == 0
    grow_old(stage)
    if argv[0] != "renew":
        assert stage.run("forget", "dev", env=IN_FILES).code == 0
    stage.aws.sessions.clear()
    refused = stage.run(argv[0], "--no-input", *argv[1:], env=IN_FILES)
    assert refused.code == 4, refused
    assert "aws-mfa renew" in refused.out + refused.err or argv[0] == "renew"
    ended = stage.run(argv[0], "--token", stage.code(), *argv[1:], env=IN_FILES)
    assert ended.code == 0, ended


def test_token_is_good_for_one_code(stage: ClassicStage) -> None:
    """It goes to the MFA session, which serves more than one role."""
    text = profile("long", role(stage, "long").arn, duration_seconds="14400") + profile("dev", role(stage, "dev").arn)
    stage.write(text, stage.config)
    ended = stage.run("renew", "long", "dev", "--token", stage.code(), "--json", env=NOBODY)
    assert ended.code == 4, ended
    assert errors(ended) == {"long": "NeedsHuman", "dev": None}
    assert stage.section("dev")["aws_access_key_id"] in stage.aws.sessions
    (hint,) = json.loads(ended.out)["profiles"][0]["hints"]
    assert hint == "renew it with the next code: aws-mfa renew long"


def test_no_input_is_exit_4_and_sends_nothing(stage: ClassicStage) -> None:
    three_roles_and_a_chain(stage)
    before = stage.state()
    ended = stage.run("renew", "--all", "--no-input", stdin=f"{stage.code()}\n")
    assert ended.code == 4, ended
    assert (stage.sent(), stage.state()) == ([], before)
    assert "hint: run the same without --no-input in a terminal" in ended.out


def test_one_refused_role_does_not_stop_the_others(stage: ClassicStage) -> None:
    roles = three_roles_and_a_chain(stage)
    roles["prod"].external_id = "invented-external-id"
    ended = stage.run("renew", "--all", stdin=f"{stage.code()}\n", env=NOBODY)
    assert ended.code == 5, ended
    lines = {line.split()[0]: line for line in ended.out.splitlines()[1:] if not line.startswith("hint")}
    assert [name for name, line in lines.items() if line.split()[1] == "renewed"] == ["dev", "test", "default"]
    assert "not tried, because prod failed" in lines["deep:"]
    assert "hint: " in ended.out
    assert "prod" not in stage.read()
    assert stage.section("dev")["aws_access_key_id"] in stage.aws.sessions


def test_stdout_has_only_the_json_even_if_the_answer_comes_from_a_pipe(stage: ClassicStage) -> None:
    three_roles_and_a_chain(stage)
    ended = stage.run("renew", "--all", "--json", stdin=f"{stage.code()}\n")
    assert json.loads(ended.out)["version"] == 1
    assert f"MFA code for {stage.phone.serial}: " in ended.err


def test_what_sdks_ask_us_for_is_no_section_of_the_file(stage: ClassicStage) -> None:
    dev, prod = role(stage, "dev"), role(stage, "prod")
    stage.write(profile("dev", dev.arn, **process("dev")) + profile("prod", prod.arn), stage.config)
    ended = stage.run("renew", "dev", "prod", "--json", stdin=f"{stage.code()}\n", env=IN_FILES)
    assert ended.code == 0, ended
    assert [found["place"] for found in json.loads(ended.out)["profiles"]] == ["session cache", "credentials file"]
    assert "[dev]" not in stage.read()
    stored = [stored_in(name, ".txt") for name in os.listdir(os.path.join(stage.home, ".aws", "mfa", "sessions"))]
    assert sorted(label_in(name) for name in stored if name) == ["dev", "mfa@default-long-term"]
    again = stage.run("renew", "dev", "prod", "--json", "--no-input", env=IN_FILES)
    assert states(again) == {"dev": "reused", "prod": "reused"}


def test_boto3_reads_what_was_written(stage: ClassicStage, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"prod": "prod", '"with blank"': "with blank", "größe": "größe"}
    text = "".join(profile(header, role(stage, f"r{number}").arn) for number, header in enumerate(names))
    stage.write(text, stage.config)
    ended = stage.run("renew", *names.values(), stdin=f"{stage.code()}\n", env=NOBODY)
    assert ended.code == 0, ended
    monkeypatch.setenv("AWS_ENDPOINT_URL", stage.aws.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", stage.config)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", stage.credentials)
    for number, name in enumerate(names.values()):
        client = boto3.Session(profile_name=name).client("sts")
        assert f":assumed-role/r{number}/ann" in client.get_caller_identity()["Arn"]
        client.close()


def test_a_role_that_sdks_see_is_named_with_the_way_out(stage: ClassicStage) -> None:
    stage.write(profile("dev", role(stage, "dev").arn, prefix=""), stage.config)
    ended = stage.run("renew", "dev", stdin=f"{stage.code()}\n", env=NOBODY)
    assert "because they see role_arn: aws-mfa adopt dev" in ended.out


def test_a_damaged_cache_entry_is_one_message_and_a_new_session(stage: ClassicStage) -> None:
    stage.write(profile("dev", role(stage, "dev").arn, **process("dev")), stage.config)
    assert stage.run("renew", "dev", stdin=f"{stage.code()}\n", env=IN_FILES).code == 0
    folder = os.path.join(stage.home, ".aws", "mfa", "sessions")
    (name,) = [name for name in os.listdir(folder) if "dev" in name]
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write("cut short")
    ended = stage.run("renew", "dev", "--json", "--no-input", env=IN_FILES)
    assert (ended.code, states(ended)) == (0, {"dev": "renewed"}), ended
    assert ended.err == "dropped the stored session of 'dev': it is damaged, or another version's\n"


def test_forget_says_what_it_removed_and_leaves_long_term_keys(stage: ClassicStage) -> None:
    keys = stage.read()
    text = profile("dev", role(stage, "dev").arn, **process("dev")) + profile("prod", role(stage, "prod").arn)
    stage.write(text, stage.config)
    assert stage.run("renew", "--all", stdin=f"{stage.code()}\n", env=IN_FILES).code == 0
    one = stage.run("forget", "prod", env=IN_FILES)
    assert one.out == f"prod: removed from {stage.credentials}\n"
    rest = stage.run("forget", "--all", env=IN_FILES)
    assert rest.out.splitlines() == [
        "dev: removed from the session cache",
        "mfa@default-long-term: removed from the session cache",
        f"default: removed from {stage.credentials}",
    ]
    assert stage.read().strip() == keys.strip()
    assert stage.run("forget", "--all", env=IN_FILES).out == "no stored session: nothing was removed\n"
    assert stage.run("forget", "--all", "dev").code == 2


def test_all_terms_of_a_role_arrive_at_sts(stage: ClassicStage) -> None:
    jump = stage.aws.account.add_role(
        "jump", trusts=stage.ann, mfa=True, external_id="invented-id", needs_tags=("Team",), needs_source_identity=True
    )
    deep = stage.aws.account.add_role("deep", trusts=jump)
    terms = {
        "external_id": "invented-id",
        "session_tags": "Team=data,Project=atlas",
        "transitive_session_tags": "Team",
        "source_identity": "ann.invented",
        "role_session_name": "ann@laptop",
    }
    stage.write(profile("jump", jump.arn, **terms) + profile("deep", deep.arn, "jump"), stage.config)
    policy = os.path.join(stage.home, "policy.json")
    stage.write('{ "Version": "2012-10-17",\n "Statement": {"Effect": "Allow", "Action": "s3:Get*"} }', policy)
    own = f"arn:aws:iam::{stage.aws.account.account_id}:policy/Small"
    flags = ("--read-only", "--policy-arn", own, "--policy", policy)
    ended = stage.run("renew", "jump", "deep", *flags, stdin=f"{stage.code()}\n", env=NOBODY)
    assert ended.code == 0, ended
    wanted = stage.aws.sessions[stage.section("jump")["aws_access_key_id"]]
    assert wanted.principal.arn.endswith(":assumed-role/jump/ann@laptop")
    assert wanted.terms.tags == {"Team": "data", "Project": "atlas"}
    assert wanted.terms.policy == '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*"}}'
    assert wanted.terms.policy_arns == (own, READ_ONLY)
    chained = stage.aws.sessions[stage.section("deep")["aws_access_key_id"]]
    assert chained.terms.tags == {"Team": "data"}
    assert chained.terms.source_identity == "ann.invented"
    assert chained.terms.policy_arns == (own, READ_ONLY)
    assert chained.principal.arn.endswith(":assumed-role/deep/ann"), "the local user's name"
    assert chained.asked_by is not None
    assert chained.asked_by.session is not None
    assert chained.asked_by.session.terms.policy_arns == (), "what is on the way is not narrowed: it has to assume"


def test_a_narrowed_session_is_never_taken_for_a_full_one(stage: ClassicStage) -> None:
    stage.write(profile("dev", role(stage, "dev").arn), stage.config)
    for flags, narrowed in ((("--read-only",), True), ((), False), (("--read-only",), True)):
        given = {"stdin": f"{stage.code()}\n"} if not stage.sent() else {}
        ended = stage.run("renew", "dev", *flags, env=IN_FILES, **given)  # type: ignore[arg-type]
        assert ended.code == 0, ended
        session = stage.aws.sessions[stage.section("dev")["aws_access_key_id"]]
        assert bool(session.terms.policy_arns) == narrowed


def test_a_changed_setting_is_a_new_session(stage: ClassicStage) -> None:
    """In the file as in the cache: a session is for the inputs it was asked for with."""
    dev = role(stage, "dev")
    for more in ({}, process("dev")):
        stage.write(profile("dev", dev.arn, **more), stage.config)
        assert stage.run("renew", "dev", "--force", stdin=f"{stage.code()}\n", env=IN_FILES).code == 0
        stage.write(profile("dev", dev.arn, session_tags="Team=data", **more), stage.config)
        again = stage.run("renew", "dev", "--json", "--no-input", env=IN_FILES)
        assert states(again) == {"dev": "renewed"}, again


def test_the_classic_forms_session_serves_roles(stage: ClassicStage) -> None:
    stage.write(profile("dev", role(stage, "dev").arn), stage.config)
    assert stage.run("--token", stage.code()).code == 0
    ended = stage.run("renew", "--all", "--json", "--no-input", env=NOBODY)
    assert (ended.code, states(ended)) == (0, {"dev": "renewed", "default": "reused"}), ended


def test_the_users_session_of_the_cache_is_written_where_it_is_wanted(stage: ClassicStage) -> None:
    stage.write(profile("dev", role(stage, "dev").arn), stage.config)
    assert stage.run("renew", "dev", stdin=f"{stage.code()}\n", env=IN_FILES).code == 0
    ended = stage.run("renew", "default", "--json", "--no-input", env=IN_FILES)
    assert (ended.code, states(ended)) == (0, {"default": "reused"}), ended
    assert stage.section()["aws_access_key_id"] in stage.aws.sessions


def test_throttling_side_by_side_is_backed_off(stage: ClassicStage) -> None:
    three_roles_and_a_chain(stage)
    stage.aws.faults.add("AssumeRole", throttling(), times=3)
    ended = stage.run("renew", "--all", stdin=f"{stage.code()}\n", env=NOBODY)
    assert ended.code == 0, ended
    assert stage.sent().count("AssumeRole") == 4 + 3


def test_two_processes_at_once_leave_both_results(stage: ClassicStage) -> None:
    bob = stage.aws.account.add_user("bob")
    phone = bob.add_device()
    stage.write(stage.keys_section() + stage.keys_section("bob", bob))
    text = profile("dev", role(stage, "dev").arn) + profile("bobs", role(stage, "bobs", trusts=bob).arn, "bob")
    stage.write(text, stage.config)
    first = stage.start("renew", "dev", "default", stdin=f"{stage.code()}\n", env=IN_FILES)
    second = stage.start("renew", "bobs", "bob", stdin=f"{phone.unused_code()}\n", env=IN_FILES)
    for process_ in (first, second):
        out, err = process_.communicate(timeout=60)
        assert process_.returncode == 0, out + err
    for name in ("dev", "default", "bobs", "bob"):
        assert stage.section(name)["aws_access_key_id"] in stage.aws.sessions


def test_several_users_each_have_their_own_code(stage: ClassicStage) -> None:
    china = stage.aws.add_account(partition="aws-cn")
    bob = china.add_user("bob")
    phone = bob.add_device()
    stage.write(stage.keys_section() + stage.keys_section("bob", bob))
    chinese = china.add_role("cn", trusts=bob, mfa=True)
    stage.write(profile("dev", role(stage, "dev").arn) + profile("cn", chinese.arn, "bob"), stage.config)
    plan = json.loads(stage.run("plan", "--all", "--json", env=NOBODY).out)
    assert [call["code_of"] for call in plan["calls"] if call["code_of"]] == [stage.phone.serial, phone.serial]
    codes = f"{stage.code()}\n{phone.unused_code()}\n"
    ended = stage.run("renew", "dev", "cn", "--json", stdin=codes, env=NOBODY)
    assert (ended.code, set(states(ended).values())) == (0, {"renewed"}), ended
    assert {one.region for one in stage.aws.requests} == {"us-east-1", "cn-north-1"}


BAD_INPUT: dict[str, tuple[str, tuple[str, ...], int, str]] = {
    "loop": (
        profile("dev", "arn:aws:iam::123456789012:role/A", "test")
        + profile("test", "arn:aws:iam::123456789012:role/B", "dev"),
        ("dev",),
        3,
        "aws_mfa_source_profile in {config} [profile test] leads in a circle: dev -> test -> dev",
    ),
    "missing source": (
        profile("dev", "arn:aws:iam::123456789012:role/A", "gone"),
        ("dev",),
        3,
        "aws_mfa_source_profile in {config} [profile dev] names profile 'gone', which does not exist",
    ),
    "other partition": (
        profile("dev", "arn:aws-cn:iam::123456789012:role/A"),
        ("dev",),
        3,
        "is in partition aws, the role (aws_mfa_role_arn in {config} [profile dev]) in aws-cn",
    ),
    "51 tags": (
        profile("dev", "arn:aws:iam::123456789012:role/A", session_tags=",".join(f"k{n}=v" for n in range(51))),
        ("dev",),
        3,
        "session_tags in {config} [profile dev]: 51 tags, and AWS accepts 50",
    ),
    "long tag": (
        profile("dev", "arn:aws:iam::123456789012:role/A", session_tags=f"k={'v' * 257}"),
        ("dev",),
        3,
        "session_tags in {config} [profile dev]: the value of tag 'k' has 257 characters, and AWS accepts 0 to 256",
    ),
    "no such profile": ("", ("dev",), 3, "there is no profile 'dev' in {config} or {credentials}"),
    "include loop": (
        "[profile dev]\ninclude_profile = test\n[profile test]\ninclude_profile = dev\n",
        ("dev",),
        3,
        "include_profile in {config} [profile test] leads in a circle: dev -> test -> dev",
    ),
    "long-term section": (
        "",
        ("default-long-term",),
        3,
        "section [default-long-term] of {credentials} holds long-term",
    ),
    "bad duration": ("", ("--min-remaining", "soon"), 2, "--min-remaining 'soon' is not a duration"),
    "all and names": ("", ("--all", "dev"), 2, "--all and names of profiles contradict each other"),
    "no policy": ("", ("--policy", "{config}"), 2, "the policy in {config} is not JSON"),
    "no policy ARN": ("", ("--policy-arn", READ_ONLY.replace(":policy/", ":role/")), 2, "is not the ARN of a managed"),
    "narrowed user": (
        "",
        ("default", "--read-only"),
        2,
        "default is a user's profile: renew writes the whole MFA session",
    ),
    "bad token": ("", ("default", "--token", "12345"), 2, "an MFA code is six digits"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_message_and_nothing_is_sent_or_written(stage: ClassicStage, case: str) -> None:
    config, argv, code, message = BAD_INPUT[case]
    stage.write(config + "# not JSON\n", stage.config)
    paths = {"config": stage.config, "credentials": stage.credentials}
    before = stage.state()
    ended = stage.run("renew", *(text.format(**paths) for text in argv), stdin=f"{stage.code()}\n", env=IN_FILES)
    assert ended.code == code, ended
    said = ended.out + ended.err
    assert said.count(message.format(**paths)) == 1, ended
    assert "Traceback" not in said
    assert "hint: " in said
    assert (stage.sent(), stage.state()) == ([], before)
    assert not os.path.exists(os.path.join(stage.home, ".aws", "mfa", "sessions"))


def test_a_profile_that_cannot_be_planned_does_not_stop_the_others(stage: ClassicStage) -> None:
    loop = "[profile a]\ninclude_profile = b\n[profile b]\ninclude_profile = a\n"
    stage.write(loop + profile("dev", role(stage, "dev").arn), stage.config)
    ended = stage.run("renew", "--all", "--json", stdin=f"{stage.code()}\n", env=NOBODY)
    assert ended.code == 3, ended
    assert states(ended) == {"dev": "renewed", "default": "renewed", "a": "failed", "b": "failed"}


def test_a_fresh_home_says_what_to_do_first(stage: ClassicStage) -> None:
    os.remove(stage.credentials)
    for argv in ((), ("--all",)):
        ended = stage.run("renew", *argv)
        assert ended.code in (2, 3), ended
        assert "aws-mfa setup" in ended.out + ended.err
        assert not os.path.exists(stage.credentials)


def test_aws_profile_is_what_is_renewed(stage: ClassicStage) -> None:
    stage.write(profile("dev", role(stage, "dev").arn), stage.config)
    ended = stage.run("renew", "--json", stdin=f"{stage.code()}\n", env={**NOBODY, "AWS_PROFILE": "dev"})
    assert states(ended) == {"dev": "renewed"}, ended


def test_plan_asks_and_changes_nothing(stage: ClassicStage) -> None:
    text = profile("long", role(stage, "long").arn, duration_seconds="14400") + profile("dev", role(stage, "dev").arn)
    stage.write(text, stage.config)
    before = stage.state()
    ended = stage.run("plan", "--all", env=IN_FILES)
    assert ended.code == 0, ended
    codes = f"2 codes of {stage.phone.serial}: one for all roles of up to 1 h, one for long (4 h)"
    assert ended.out.startswith(f"3 profiles, {codes}\n"), ended.out
    assert (stage.sent(), stage.state()) == ([], before)


def test_the_code_comes_from_standard_input_with_the_flag(stage: ClassicStage) -> None:
    """As for the commands that leave standard input to others; both ways at once are too many."""
    three_roles_and_a_chain(stage)
    both = stage.run("renew", "dev", "--token-stdin", "--token", "123456", stdin="123456\n", env=IN_FILES)
    assert both.code == 2
    assert stage.sent() == []
    assert stage.run("renew", "dev", "--token-stdin", stdin="12345\n", env=IN_FILES).code == 2
    empty = stage.run("renew", "dev", "--token-stdin", stdin="", env=IN_FILES)
    assert (empty.code, empty.err.splitlines()[0]) == (2, "aws-mfa: standard input ended without a code")


@pytest.mark.parametrize(
    "argv",
    [
        *(["renew", "dev", "--token-stdin"], ["renew", "dev"], ["env", "dev", "--shell", "sh", "--token-stdin"]),
        *(["credential-process", "dev", "--token-stdin"], ["console", "dev", "--print-url", "--token-stdin"]),
        ["--profile", "default"],
    ],
    ids=" ".join,
)
def test_a_code_is_taken_from_a_pipe_that_stays_open(stage: ClassicStage, argv: list[str]) -> None:
    three_roles_and_a_chain(stage)
    with stage.start(*argv, stdin=f"{stage.code()}\n", env=IN_FILES) as process:
        assert process.wait(30) == 0
