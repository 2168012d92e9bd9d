"""Set-up: the vault first, then the questions, then the check by AWS; all is stored, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.configloader import load_config  # it says what a profile is

from aws_mfa import errors
from aws_mfa.command_lines import quote
from aws_mfa.config.profile_names import SetUpHint
from aws_mfa.model import Identity, LongTermKeys
from aws_mfa.setup.questions import Answers
from aws_mfa.setup.setup import set_up
from aws_mfa.vaults.choice import VaultChoice
from aws_mfa.vaults.journal import Place, Rotation, with_rotation
from fakes import ACCOUNT, ANN, DEVICE, KEYS, NOW, OTHER_KEYS, FakeIam, FakeSts, as_interfaces
from setup.setting_up import SECRET, SECTION, interfaces_answering, set_up_with, unattended


def test_the_questions_of_the_old_tool_come_first_with_its_wording() -> None:
    interfaces = interfaces_answering("work", KEYS.access_key_id, SECRET, "")
    done = set_up_with(interfaces, None, None)
    assert interfaces.terminal.questions == [
        "Profile name to [default]: ",
        "aws_access_key_id: ",
        "(hidden) aws_secret_access_key: ",
        "Region [us-east-1]: ",
    ]
    assert (done.profile, done.vault, done.device, done.region) == ("work", "keychain", DEVICE, "us-east-1")
    assert interfaces.vaults["keychain"].stored[SECTION].matches(KEYS)
    assert interfaces.credentials.text == f"[{SECTION}]\naws_mfa_device = {DEVICE}\n"
    assert interfaces.config.text == "[profile work]\nregion = us-east-1\n"


@pytest.mark.parametrize("name", ["credentials", "config"])
@pytest.mark.parametrize(("text", "line"), [("no section\n", 1), ("[a]\n[a]\n", 2)])
def test_a_broken_file_is_named_by_its_path_before_a_question(name: str, text: str, line: int) -> None:
    interfaces = interfaces_answering("work", KEYS.access_key_id, SECRET, "")
    file = getattr(interfaces, name)
    file.text = text
    with pytest.raises(errors.BrokenFile, match=f"^{file.path}, line {line}: "):
        set_up_with(interfaces, None, None)
    assert interfaces.terminal.questions == []


@pytest.mark.parametrize(
    ("environ", "profile", "header"), [({}, "default", "default"), ({"AWS_PROFILE": "envp"}, "envp", "profile envp")]
)
def test_enter_takes_the_environments_profile_else_default(environ: dict[str, str], profile: str, header: str) -> None:
    interfaces = interfaces_answering("", KEYS.access_key_id, SECRET, "")
    interfaces.environ = environ
    assert set_up_with(interfaces, None, None).profile == profile
    assert interfaces.terminal.questions[0] == f"Profile name to [{profile}]: "
    assert f"{profile}-long-term" in interfaces.vaults["keychain"].stored
    assert interfaces.config.text == f"[{header}]\nregion = us-east-1\n"


def test_every_question_but_the_secret_has_a_flag() -> None:
    interfaces = unattended()
    set_up_with(interfaces, device=DEVICE, region="eu-west-1")
    assert interfaces.terminal.questions == ["(hidden) aws_secret_access_key: "]


def test_k2_no_secret_is_asked_before_the_vault_was_checked() -> None:
    interfaces = interfaces_answering(has_human=False)
    interfaces.vaults["keychain"].failure = errors.KeychainUnavailable("no D-Bus session", "--vault age")
    with pytest.raises(errors.KeychainUnavailable):
        set_up_with(interfaces, None, None)
    assert interfaces.terminal.questions == []


@pytest.mark.parametrize(("answer", "vault"), [("", "age"), ("age", "age"), ("file", "file")])
def test_without_a_keychain_a_human_is_offered_the_other_vaults(answer: str, vault: str) -> None:
    interfaces = interfaces_answering(answer, "work", KEYS.access_key_id, SECRET, "")
    interfaces.vaults["keychain"].failure = errors.KeychainUnavailable("no D-Bus session")
    assert set_up_with(interfaces, None, None).vault == vault
    assert interfaces.terminal.said[0] == "no D-Bus session"
    assert interfaces.vaults[vault].stored[SECTION].matches(KEYS)


@pytest.mark.parametrize(("answer", "is_chosen"), [("no", False), ("age", True)])
def test_no_other_vault_is_used_if_the_user_stops_or_has_chosen_one(answer: str, *, is_chosen: bool) -> None:
    interfaces = interfaces_answering(answer)
    interfaces.vaults["keychain"].failure = errors.KeychainUnavailable("no D-Bus session")
    with pytest.raises(errors.KeychainUnavailable):
        set_up(Answers(), VaultChoice("keychain", "--vault", explicit=is_chosen), as_interfaces(interfaces))


def test_b25_keys_stored_already_are_replaced_after_a_question_only() -> None:
    interfaces = interfaces_answering("n")
    interfaces.vaults["keychain"].stored[SECTION] = OTHER_KEYS
    with pytest.raises(errors.Cancelled):
        set_up_with(interfaces, "work", None)
    assert interfaces.vaults["keychain"].stored[SECTION] is OTHER_KEYS
    assert "KEY2" in interfaces.terminal.questions[0]


def test_keys_whose_rotation_is_not_over_are_not_replaced_in_any_vault() -> None:
    interfaces = interfaces_answering(KEYS.access_key_id, SECRET, "")
    begun = Rotation(OTHER_KEYS.access_key_id, ANN, "work", (Place("age", SECTION),), NOW)
    interfaces.rotations.text = with_rotation("", begun)
    with pytest.raises(errors.NotSetUp, match="stay where they are while they are rotated"):
        set_up_with(interfaces, "work", None)
    assert interfaces.terminal.questions == []


def test_without_a_human_replacing_needs_the_flag() -> None:
    interfaces = interfaces_answering(has_human=False)
    interfaces.vaults["keychain"].stored[SECTION] = OTHER_KEYS
    with pytest.raises(errors.NeedsHuman) as failure:
        set_up_with(interfaces, "work", None)
    assert "--yes" in failure.value.hints[0]


@pytest.mark.parametrize("key_id", ["", "AKIA", "AKIA WITH BLANKS 1234", "ASIASESSIONKEY123456", "x" * 15])
def test_what_is_not_a_long_term_key_id_is_refused_when_it_is_typed(key_id: str) -> None:
    interfaces = interfaces_answering(*([key_id] * 3))
    with pytest.raises(errors.BadInput):
        set_up_with(interfaces, "work", None)


@pytest.mark.parametrize("secret", ["", "  ", "two words", "caf\u00e9" * 10])
def test_what_is_not_a_secret_is_refused_and_not_quoted(secret: str) -> None:
    interfaces = interfaces_answering(KEYS.access_key_id, *([secret] * 3))
    with pytest.raises(errors.BadInput) as failure:
        set_up_with(interfaces, "work", None)
    assert not secret.strip() or secret not in str(failure.value)


def test_a_mistyped_answer_is_asked_for_again() -> None:
    swapped = ("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab", KEYS.access_key_id)
    typed = (swapped[0], KEYS.access_key_id, swapped[1], SECRET, "eu central", "eu-central-1")
    interfaces = interfaces_answering(*typed)
    done = set_up_with(interfaces, "work", None)
    assert done.region == "eu-central-1"
    assert interfaces.vaults["keychain"].stored[SECTION].matches(KEYS)
    said = "\n".join(interfaces.terminal.said)
    assert "looks like a secret access key" in said
    assert "is an access key id, not a secret" in said
    assert not any(one[-4:] in said for one in swapped)


def test_a_piped_secret_is_not_taken_for_the_profiles_name() -> None:
    interfaces = unattended()
    assert set_up_with(interfaces, None).profile == "default"


@pytest.mark.parametrize("failure", [errors.WrongSecret("no"), errors.AwsUnreachable("no network")])
def test_keys_that_aws_refuses_or_the_user_does_not_store_unverified_are_not_stored(
    failure: errors.AwsMfaError,
) -> None:
    interfaces = interfaces_answering(SECRET, "n")
    interfaces.fake_sts.identity = failure
    with pytest.raises(type(failure)):
        set_up_with(interfaces)
    assert interfaces.vaults["keychain"].stored == {}
    assert interfaces.credentials.text is None


def test_keys_of_another_partition_are_found_where_a_human_says() -> None:
    """GovCloud keys are unknown to us-east-1."""
    interfaces = interfaces_answering(KEYS.access_key_id, SECRET, "gov", "")
    unknown = FakeSts()
    unknown.identity = errors.UnknownKey("unknown here")
    interfaces.sts_of = {"us-east-1": unknown}
    interfaces.fake_sts.identity = Identity(f"arn:aws-us-gov:iam::{ACCOUNT}:user/ann", ACCOUNT, "AIDAINVENTED")
    interfaces.fake_iam = FakeIam([f"arn:aws-us-gov:iam::{ACCOUNT}:mfa/ann"])
    assert set_up_with(interfaces, "gov", None).region == "us-gov-west-1"


@pytest.mark.parametrize("has_human", [True, False])
def test_unknown_keys_are_not_sent_to_other_partitions_unasked(*, has_human: bool) -> None:
    interfaces = interfaces_answering(KEYS.access_key_id, SECRET, "", has_human=has_human)
    elsewhere = interfaces.fake_sts
    here = FakeSts()
    here.identity = errors.UnknownKey("here")
    interfaces.sts_of = {"us-east-1": here}
    with pytest.raises(errors.UnknownKey, match="here"):
        set_up_with(interfaces, "work", None)
    assert elsewhere.identity_calls == 0


def test_a_write_that_cannot_be_undone_is_reported() -> None:
    interfaces = unattended()
    vault = interfaces.vaults["keychain"]
    vault.stored[SECTION] = OTHER_KEYS
    interfaces.config.failure = errors.NotSetUp("disk full")
    stored = vault.store

    def store_once(section: str, keys: LongTermKeys) -> None:
        stored(section, keys)
        vault.failure = errors.KeychainUnavailable("locked meanwhile")

    vault.store = store_once  # type: ignore[method-assign]
    with pytest.raises(errors.NotSetUp, match="disk full") as failure:
        set_up_with(interfaces, replaces=True)
    assert "could not be restored" in failure.value.hints[0]


@pytest.mark.parametrize("has_human", [True, False])
def test_without_a_network_keys_are_stored_unverified_with_a_message(*, has_human: bool) -> None:
    answers = (SECRET, "y", "", "") if has_human else (SECRET,)
    interfaces = interfaces_answering(*answers, has_human=has_human)
    interfaces.fake_sts.identity = errors.AwsUnreachable("no network")
    done = set_up_with(interfaces)
    assert done.identity is None
    assert "no network" in interfaces.terminal.said[0]
    assert SECTION in interfaces.vaults["keychain"].stored


def test_the_region_of_the_config_is_kept() -> None:
    interfaces = unattended()
    interfaces.config.text = "# mine\n[profile work]\nregion = ap-south-1\noutput = json\n"
    done = set_up_with(interfaces)
    assert done.region == "ap-south-1"
    assert interfaces.config.text == "# mine\n[profile work]\nregion = ap-south-1\noutput = json\n"


@pytest.mark.parametrize("old", [None, OTHER_KEYS])
def test_a_failure_half_way_puts_everything_back(old: LongTermKeys | None) -> None:
    interfaces = unattended()
    before = f"# mine\n[{SECTION}]\nassume_role = x\n"
    interfaces.credentials.text = before
    interfaces.config.failure = errors.NotSetUp("disk full")
    if old is not None:
        interfaces.vaults["keychain"].stored[SECTION] = old
    with pytest.raises(errors.NotSetUp):
        set_up_with(interfaces, replaces=True)
    assert interfaces.credentials.text == before
    assert interfaces.vaults["keychain"].stored.get(SECTION) is old
    assert not interfaces.known_keys.text


def test_a_rotation_that_began_meanwhile_keeps_its_places() -> None:
    interfaces = unattended()
    begun = Rotation(OTHER_KEYS.access_key_id, "arn", "work", (Place("keychain", SECTION),), NOW)
    interfaces.before_set_up = lambda: setattr(interfaces.rotations, "text", with_rotation("", begun))
    with pytest.raises(errors.NotSetUp, match="stay where they are while they are rotated"):
        set_up_with(interfaces, replaces=True)
    assert interfaces.vaults["keychain"].stored == {}


@pytest.mark.parametrize("replaces", [True, False])
def test_keys_that_another_process_stored_meanwhile_are_replaced_only_if_that_was_agreed(*, replaces: bool) -> None:
    interfaces = unattended()
    stored = interfaces.vaults["keychain"].stored
    interfaces.before_set_up = lambda: stored.update({SECTION: OTHER_KEYS})
    if replaces:
        set_up_with(interfaces, replaces=True)
    else:
        with pytest.raises(
            errors.NotSetUp, match="got other keys in the keychain vault meanwhile: nothing was changed"
        ):
            set_up_with(interfaces)
        assert (interfaces.credentials.text, interfaces.known_keys.text) == (None, None)
    assert stored[SECTION].matches(KEYS if replaces else OTHER_KEYS)


ROLES = (
    "[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = mid\n"
    "[profile mid]\naws_mfa_role_arn = arn:aws:iam::123456789012:role/M\naws_mfa_source_profile = team-long-term\n"
    "[profile self]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = self\n"
    "[profile none]\nrole_arn = arn:aws:iam::123456789012:role/R\n"
    "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = b\n"
    "[profile b]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = a\n"
)


@pytest.mark.parametrize("profile", ["prod", "mid"])
def test_a_role_gets_no_keys_and_its_user_is_proposed_before_a_secret_is_asked_for(profile: str) -> None:
    interfaces = unattended(config=ROLES)
    with pytest.raises(errors.BadProfile, match=f"{profile} is a role, and the keys of team sign for it") as refused:
        set_up_with(interfaces, profile)
    assert refused.value.hints == ("set up that profile: aws-mfa setup --profile team",)
    assert (interfaces.terminal.questions, interfaces.vaults["keychain"].stored) == ([], {})
    interfaces = interfaces_answering("y", SECRET, "", config=ROLES)
    assert set_up_with(interfaces, profile).profile == "team"
    assert list(interfaces.vaults["keychain"].stored) == ["team-long-term"]
    with pytest.raises(errors.BadProfile):
        set_up_with(interfaces_answering("n", config=ROLES), profile)


@pytest.mark.parametrize("profile", ["self", "none", "a", "team", "new"])
def test_a_profile_whose_own_keys_sign_is_set_up(profile: str) -> None:
    assert set_up_with(unattended(config=ROLES), profile).profile == profile


@pytest.mark.parametrize(
    ("lines", "flags", "stored"),
    [
        (("work", KEYS.access_key_id, SECRET, "eu-central-1"), (None, None), ("work", "eu-central-1")),
        ((KEYS.access_key_id, SECRET, "eu-central-1"), ("w", None), ("w", "eu-central-1")),
        ((SECRET, "eu-central-1"), ("w", KEYS.access_key_id), ("w", "eu-central-1")),
        ((SECRET, ""), ("w", KEYS.access_key_id), ("w", "us-east-1")),
        ((SECRET,), ("w", KEYS.access_key_id), ("w", "us-east-1")),
    ],
)
def test_piped_lines_answer_the_questions_in_their_order(
    lines: tuple[str, ...], flags: tuple[str | None, str | None], stored: tuple[str, str]
) -> None:
    done = set_up_with(interfaces_answering(*lines, has_human=False), *flags)
    assert (done.profile, done.region) == stored


def test_a_piped_device_is_read_if_iam_lists_none() -> None:
    interfaces = interfaces_answering(SECRET, DEVICE, "eu-west-3", has_human=False)
    interfaces.fake_iam = FakeIam(errors.NotAuthorized("no"))
    done = set_up_with(interfaces)
    assert (done.device, done.region) == (DEVICE, "eu-west-3")


@pytest.mark.parametrize(
    ("lines", "region", "says"),
    [
        ((SECRET, "eu-west-3", "left over"), None, "lines of the pipe that answer no question: 1"),
        ((SECRET, "eu-west-3", SECRET), None, "lines of the pipe that answer no question: 1"),
        ((SECRET, "eu-west-3"), "eu-west-3", "lines of the pipe that answer no question: 1"),
        ((SECRET, SECRET), None, "the line of the pipe for the region is not one"),
    ],
)
def test_extra_or_misplaced_lines_store_and_show_nothing(lines: tuple[str, ...], region: str | None, says: str) -> None:
    interfaces = interfaces_answering(*lines, has_human=False)
    with pytest.raises(errors.BadInput, match=says) as refused:
        set_up_with(interfaces, region=region)
    assert SECRET not in "".join((refused.value.message, *refused.value.hints, *interfaces.terminal.said))
    assert (interfaces.vaults["keychain"].stored, interfaces.config.text) == ({}, None)


ODD_IDS = ("AKIAIOSFODNN7EXAMPL", "AKIAIOSFODNN7EXAMPLES", "akiaiosfodnn7example")


@pytest.mark.parametrize("key_id", ODD_IDS)
def test_an_odd_id_is_told_as_a_doubt_and_no_other_partition_is_asked_about(key_id: str) -> None:
    interfaces = interfaces_answering(SECRET, "", "")
    done = set_up_with(interfaces, access_key_id=key_id)
    assert done.identity is not None  # never refused: AWS documents 16 to 128 characters
    assert interfaces.terminal.said[0].startswith(
        "the access key id is unusual: AWS's have 20 capital letters and digits"
    )
    interfaces = interfaces_answering(SECRET, "gov")
    interfaces.fake_sts.identity = errors.UnknownKey("unknown")
    with pytest.raises(errors.UnknownKey):
        set_up_with(interfaces, access_key_id=key_id)
    assert interfaces.terminal.questions == ["(hidden) aws_secret_access_key: "]


@pytest.mark.parametrize(("secret", "is_odd"), [(SECRET, False), (SECRET[:-1], True), (f"{SECRET[:-1]}#", True)])
def test_an_odd_secret_is_told_as_a_doubt(secret: str, *, is_odd: bool) -> None:
    interfaces = interfaces_answering(secret, "", "")
    set_up_with(interfaces)
    assert any(line.startswith("the secret access key is unusual") for line in interfaces.terminal.said) == is_odd
    assert not any(secret in line for line in interfaces.terminal.said)


def test_y_is_no_answer_to_the_question_about_partitions() -> None:
    interfaces = interfaces_answering(SECRET, "y", "cn", "")
    china = FakeSts()
    china.identity = Identity(f"arn:aws-cn:iam::{ACCOUNT}:user/ann", ACCOUNT, "AIDAINVENTED")
    interfaces.fake_sts.identity, interfaces.sts_of = errors.UnknownKey("unknown"), {"cn-north-1": china}
    interfaces.fake_iam = FakeIam([])
    assert set_up_with(interfaces).region == "cn-north-1"
    assert "the answer is one of: gov, cn, neither" in interfaces.terminal.said


def test_keys_left_in_the_file_are_reported() -> None:
    interfaces = unattended()
    interfaces.credentials.text = f"[{SECTION}]\naws_access_key_id = {KEYS.access_key_id}\naws_secret_access_key = s\n"
    done = set_up_with(interfaces)
    assert done.plain_copy


def test_a_secret_that_reads_back_differently_is_the_vaults_failure_and_leaves_no_lines() -> None:
    interfaces = unattended()
    failure = errors.KeychainUnavailable("the keychain did not give back what was written")
    interfaces.vaults["keychain"].store = lambda *_: (_ for _ in ()).throw(failure)  # type: ignore[method-assign]
    with pytest.raises(errors.KeychainUnavailable):
        set_up_with(interfaces)
    assert interfaces.credentials.text is None


@pytest.mark.parametrize("name", ["work-long-term", "-long-term"])
def test_the_name_of_a_long_term_section_is_not_a_profile(name: str) -> None:
    """The session of such a profile would be written into the keys' own section."""
    interfaces = unattended()
    with pytest.raises(errors.BadInput, match="belong") as failure:
        set_up_with(interfaces, name)
    assert failure.value.hints[0].startswith("give the profile's own name: aws-mfa setup --profile ")
    assert (interfaces.terminal.questions, interfaces.vaults["keychain"].calls) == ([], [])
    interfaces.environ = {"AWS_PROFILE": name}
    with pytest.raises(errors.BadInput, match="belong"):
        set_up_with(interfaces, None)


def test_a_refusal_names_the_profile_in_its_hints() -> None:
    interfaces = interfaces_answering("work place", KEYS.access_key_id, SECRET)
    interfaces.fake_sts.identity = errors.WrongSecret("no", SetUpHint("store both again, copied whole"))
    with pytest.raises(errors.WrongSecret) as failure:
        set_up_with(interfaces, None, None)
    assert failure.value.hints == (f"store both again, copied whole: aws-mfa setup --profile {quote('work place')}",)


@pytest.mark.parametrize(
    ("profile", "config", "after"),
    [
        ("my prof", "", "[profile 'my prof']\nregion = us-east-1\n"),
        ("it's", "", "[profile 'it'\"'\"'s']\nregion = us-east-1\n"),
        ("a@b:c/d", "", "[profile a@b:c/d]\nregion = us-east-1\n"),
        ("my prof", '[profile "my prof"]\noutput = json\n', '[profile "my prof"]\noutput = json\nregion = us-east-1\n'),
        ("w", "[profile  w]\noutput = json\n", "[profile  w]\noutput = json\nregion = us-east-1\n"),
        ("default", "[profile default]\nx = y\n", "[profile default]\nx = y\nregion = us-east-1\n"),
    ],
)
def test_the_config_section_is_the_one_botocore_reads(profile: str, config: str, after: str, tmp_path: Path) -> None:
    interfaces = unattended()
    interfaces.config.text = config
    set_up_with(interfaces, profile)
    assert interfaces.config.text == after
    path = tmp_path / "config"
    path.write_text(after, encoding="utf-8")
    assert load_config(str(path))["profiles"][profile]["region"] == "us-east-1"


@pytest.mark.parametrize("written", ["[work]", "[Profile work]"])
def test_no_section_is_written_beside_one_with_a_wrong_header(written: str) -> None:
    config = f"{written}\nregion = eu-west-1\n"
    interfaces = unattended(config=config)
    with pytest.raises(errors.BadProfile, match=r"must be \[profile work\]"):
        set_up_with(interfaces, "work")
    assert (interfaces.config.text, interfaces.terminal.questions) == (config, [])


def test_keys_that_are_being_rotated_are_not_replaced_and_no_secret_is_asked() -> None:
    interfaces = unattended()
    vault = interfaces.vaults["keychain"]
    vault.stored[SECTION], vault.beside[SECTION] = KEYS, OTHER_KEYS
    with pytest.raises(errors.NotSetUp, match="the rotation of work-long-term is not over"):
        set_up(
            Answers(profile="work", replaces=True), VaultChoice("keychain", "the default", explicit=False), interfaces
        )
    assert interfaces.terminal.questions == []
