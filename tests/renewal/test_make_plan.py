"""From names of profiles to a plan: which are planned, which fail and why, which stored sessions count."""

from __future__ import annotations

from copy import copy

import pytest

from aws_mfa import errors
from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.config.edit import with_changes
from aws_mfa.model import Secret, Session
from aws_mfa.renewal.calls import renew_many
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.plan import Plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.renewal.steps import Reused
from aws_mfa.sessions.file_section import section_of
from aws_mfa.vaults.choice import with_origin
from fakes import DEVICE, KEYS, NOW, FakeFork, FakeInterfaces, FakeTerminal, FakeVault, a_session, as_interfaces

ARN = "arn:aws:iam::123456789012:role/"
OURS = "credential_process = aws-mfa credential-process dev\n"


def role(name: str, source: str = "work", more: str = "") -> str:
    return f"[profile {name}]\nrole_arn = {ARN}{name}\nsource_profile = {source}\nmfa_serial = {DEVICE}\n{more}"


def some_interfaces(config: str = "", credentials: str = "") -> FakeInterfaces:
    """Ann's keys are in the keychain, and noted."""
    interfaces = FakeInterfaces(credentials, config)
    interfaces.vaults["keychain"] = FakeVault("keychain", work_long_term=KEYS)
    interfaces.known_keys.text = f"[work-long-term]\nvault = keychain\naws_access_key_id = {KEYS.access_key_id}\n"
    return interfaces


def planned(
    interfaces: FakeInterfaces, *names: str, overlay: Overlay | None = None, min_remaining_s: float = 60
) -> Plan:
    request = RenewalRequest(names or None, overlay=overlay or Overlay(), min_remaining_s=min_remaining_s)
    return make_plan(request, as_interfaces(interfaces))


def labels(found: Plan) -> list[str]:
    return [step.label for step in found.steps]


def failure(interfaces: FakeInterfaces, name: str, overlay: Overlay | None = None) -> errors.AwsMfaError:
    found = planned(interfaces, name, overlay=overlay or Overlay())
    assert (found.steps, list(found.failures)) == ([], [name])
    return found.failures[name]


def renewed(interfaces: FakeInterfaces, *names: str, forced: bool = False, overlay: Overlay | None = None) -> None:
    interfaces.terminal = FakeTerminal("123456", has_human=False)
    request = RenewalRequest(names, forced=forced, overlay=overlay or Overlay())
    outcomes = renew_many(make_plan(request, as_interfaces(interfaces)), as_interfaces(interfaces), token=None)
    assert [outcome.error for outcome in outcomes] == [None] * len(names)


OF_BOB = "[bob-long-term]\naws_access_key_id = AKIABOB\naws_secret_access_key = invented\n"
OF_OWN = OF_BOB.replace("bob-long-term", "own")


@pytest.mark.parametrize(
    ("config", "credentials", "overlay", "names"),
    [
        (role("dev") + "[profile plain]\nregion = eu-west-1\n", OF_BOB, Overlay(), ["dev", "bob", "work"]),
        (role("dev"), "", Overlay(read_only=True), ["dev"]),
        (role("dev", "own"), OF_OWN, Overlay(), ["dev", "work"]),
    ],
    ids=["roles and users", "no users: their sessions cannot be narrowed", "no keys in the profile's own section"],
)
def test_all_is_roles_and_users_with_keys(config: str, credentials: str, overlay: Overlay, names: list[str]) -> None:
    assert list(planned(some_interfaces(config, credentials), overlay=overlay).of_profile) == names


def preview(interfaces: FakeInterfaces, *names: str) -> Plan:
    return make_plan(RenewalRequest(names or None, is_preview=True), as_interfaces(interfaces))


def test_a_preview_of_all_names_every_profile_and_every_section_under_a_wrong_header() -> None:
    config = role("dev", "own") + f"[profile plain]\nregion = x\n[profile own]\nmfa_serial = {DEVICE}\n"
    config += "[dev2]\nregion = x\n[profile found]\nregion = x\n[profile bare]\noutput = x\n"
    interfaces = some_interfaces(config, OF_OWN + OF_OWN.replace("own", "bare"))
    interfaces.vaults["keychain"].stored["found-long-term"] = KEYS
    found = preview(interfaces)
    assert list(found.of_profile) == ["dev", "work", "found", "own"]
    assert found.others == {
        "plain": "neither a role nor long-term keys: no session is renewed",
        "bare": "long-term keys are in its own section: no session is renewed",
        "dev2": "section [dev2] of ~/.aws/config must be [profile dev2]",
    }
    assert [note.partition(": ")[0] for note in found.notes["own"]] == [
        "section [own] of ~/.aws/credentials holds long-term keys"
    ]
    assert list(planned(interfaces).of_profile) == ["dev", "work", "found"]


@pytest.mark.parametrize("names", [(), ("own",)])
def test_settings_under_a_wrong_header_are_noted_for_a_profile_found_without_them(names: tuple[str, ...]) -> None:
    config = f"[own]\nregion = x\n[profile own]\nmfa_serial = {DEVICE}\n"
    found = preview(some_interfaces(config, OF_OWN), *names)
    assert found.notes["own"][-1] == "section [own] of ~/.aws/config must be [profile own]"
    assert "own" not in found.others


def test_a_vault_that_fails_is_asked_for_one_profile_of_all() -> None:
    interfaces = FakeInterfaces("", "[profile a]\nregion = x\n[profile b]\nregion = x\n[dev]\nregion = x\n")
    interfaces.vaults["keychain"].failure = errors.KeychainUnavailable("locked")
    with pytest.raises(errors.BadInput, match=r"no profile has a role.*dev: section \[dev\] of") as refused:
        preview(interfaces)
    assert "the keychain vault was not searched (locked)" in refused.value.hints[-1]
    assert len(interfaces.vaults["keychain"].calls) == 1


def test_a_source_profile_without_a_role_is_no_base_and_set_up_is_not_proposed() -> None:
    config = f"[profile alias]\nsource_profile = work\nregion = x\nmfa_serial = {DEVICE}\n[profile work]\n"
    interfaces = some_interfaces(config + role("dev", "alias"))
    for name in ("alias", "dev"):
        error = failure(interfaces, name)
        assert error.message.startswith("alias has source_profile = work, but no role_arn")
        assert error.hints[0] == "use that profile instead: work"
    interfaces.config.text = interfaces.config.read().replace(
        "source_profile = work\nreg", "include_profile = work\nreg"
    )
    assert labels(planned(interfaces, "alias", "dev")) == ["mfa@work-long-term", "dev"]


@pytest.mark.parametrize("environ", [{"AWS_DEFAULT_PROFILE": "ann"}, {"AWS_DEFAULT_PROFILE": "default"}, {}])
def test_the_variable_that_is_not_read_is_named_where_default_is_missing(environ: dict[str, str]) -> None:
    interfaces = FakeInterfaces("", "[profile ann]\n")
    interfaces.environ = environ
    hint = "AWS_DEFAULT_PROFILE is not read here: set AWS_PROFILE=ann"
    assert (failure(interfaces, "default").hints[0] == hint) == (environ.get("AWS_DEFAULT_PROFILE") == "ann")
    assert hint not in failure(interfaces, "other").hints


def test_without_any_profile_the_first_step_is_named() -> None:
    with pytest.raises(errors.NotSetUp, match="nothing is set up here yet") as refused:
        planned(FakeInterfaces())
    assert "store long-term keys: aws-mfa setup" in refused.value.hints


def test_profiles_without_any_possible_session_are_reported_with_what_they_lack() -> None:
    with pytest.raises(errors.BadInput, match="no profile has a role"):
        planned(FakeInterfaces("", "[profile plain]\nregion = eu-west-1\n"))


def test_a_name_given_twice_is_planned_once() -> None:
    assert labels(planned(some_interfaces(role("dev")), "dev", "dev")) == ["mfa@work-long-term", "dev"]


def test_one_that_cannot_be_planned_does_not_stop_the_others() -> None:
    interfaces = some_interfaces(role("dev") + role("lost", "gone") + role("a", "b") + role("b", "a"))
    names = ("lost", "a", "unknown")
    found = planned(interfaces, "dev", *names)
    assert list(found.of_profile) == ["dev"]
    assert {name: type(error) for name, error in found.failures.items()} == dict.fromkeys(names, errors.BadProfile)


def test_a_circle_of_includes_does_not_stop_all() -> None:
    loop = "[profile a]\ninclude_profile = b\n[profile b]\ninclude_profile = a\n"
    found = planned(some_interfaces(loop + role("dev")))
    assert (list(found.of_profile), list(found.failures)) == (["dev", "work"], ["a", "b"])


def test_only_a_user_without_keys_fails() -> None:
    config = role("dev") + role("bobs", "bob") + "[profile bob]\nregion = eu-west-1\n"
    found = planned(some_interfaces(config), "dev", "bobs")
    assert list(found.of_profile) == ["dev"]
    assert isinstance(found.failures["bobs"], errors.NoLongTermKeys)


def test_a_broken_file_is_reported_first() -> None:
    with pytest.raises(errors.BrokenFile):
        planned(some_interfaces(role("dev"), "[dev]\nk = v\n[dev]\n"), "dev")


# No session that has no place


def test_permanent_keys_in_the_section_are_reported_before_a_code_is_asked_for() -> None:
    keys = "aws_access_key_id = AKIAOLD\naws_secret_access_key = invented\n"
    interfaces = some_interfaces(role("dev") + role("self", "self"), f"[dev]\n{keys}[self]\n{keys}[own]\n{keys}")
    for name in ("dev", "self", "own"):
        assert isinstance(failure(interfaces, name), errors.PermanentKeysInTheWay)


def test_what_sdks_ask_us_for_has_its_place_in_the_cache_whatever_the_section_holds() -> None:
    keys = "[dev]\naws_access_key_id = AKIAOLD\naws_secret_access_key = invented\n"
    assert labels(planned(some_interfaces(role("dev", more=OURS), keys), "dev"))[-1] == "dev"


def test_a_long_term_section_is_no_profile_for_a_session() -> None:
    interfaces = some_interfaces(credentials=f"[work-long-term]\naws_mfa_device = {DEVICE}\n")
    refused = failure(interfaces, "work-long-term")
    assert isinstance(refused, errors.BadInput)
    assert refused.hints == ("name the profile: work",)


def test_a_name_that_no_section_can_carry_is_refused() -> None:
    for name in ("a[b", "DEFAULT"):
        interfaces = some_interfaces(role(name))
        assert isinstance(failure(interfaces, name), errors.AwsMfaError)
        assert interfaces.fake_sts.sent == []


def test_a_users_session_cannot_be_narrowed() -> None:
    """With --read-only the session would still have all rights."""
    for overlay in (Overlay(read_only=True), Overlay("{}"), Overlay(None, ("arn:aws:iam::aws:policy/X",))):
        assert isinstance(failure(some_interfaces(), "work", overlay), errors.BadInput)


# Stored sessions


def test_a_session_of_the_cache_is_reused() -> None:
    interfaces = some_interfaces(role("dev", more=OURS))
    renewed(interfaces, "dev")
    found = planned(interfaces, "dev")
    assert (labels(found), interfaces.credentials.text) == ([], "")
    (reused,) = found.reused
    assert found.of_profile["dev"] is reused
    assert found.stored.session(reused).assumed_role_arn == f"{ARN}dev"


def test_a_session_of_the_file_is_reused_and_serves_roles() -> None:
    interfaces = some_interfaces(role("dev"))
    renewed(interfaces, "work")
    interfaces.session_cache.stored.clear()
    assert labels(planned(interfaces, "dev", "work")) == ["dev"]


def test_the_session_that_lasts_longer_is_reused() -> None:
    """The cache's is near its end, and the classic form has renewed the file's meanwhile: no code is needed."""
    interfaces = some_interfaces(role("dev"))
    renewed(interfaces, "dev")
    interfaces.session_cache.one("mfa@work-long-term").expires_at = NOW + 600
    interfaces.credentials.text = with_changes("", "work", section_of(a_session(lasts_s=40000)))
    note_origin(interfaces, KEYS.access_key_id, DEVICE)
    found = planned(interfaces, "work", min_remaining_s=3600)
    assert labels(found) == []
    reused = found.of_profile["work"]
    assert isinstance(reused, Reused)
    assert reused.expires_at == found.stored.session(reused).expires_at == NOW + 40000


def test_the_files_session_counts_only_with_the_inputs_it_was_asked_with() -> None:
    interfaces = some_interfaces(role("dev"))
    renewed(interfaces, "dev")
    assert labels(planned(interfaces, "dev")) == []
    assert labels(planned(interfaces, "dev", overlay=Overlay(read_only=True))) == ["dev"]
    for more in ("external_id = invented\n", "session_tags = Team=data\n", "role_session_name = bob\n"):
        interfaces.config.text = role("dev", more=more)
        assert labels(planned(interfaces, "dev")) == ["dev"]


def test_a_narrowed_session_in_the_file_is_not_taken_for_a_full_one() -> None:
    interfaces = some_interfaces(role("jump") + role("dev", "jump"))
    for name in ("jump", "dev"):
        renewed(interfaces, name, overlay=Overlay(read_only=True))
        assert labels(planned(interfaces, name))[-1] == name
        assert labels(planned(interfaces, name, overlay=Overlay(read_only=True))) == []


def test_a_session_that_another_tool_put_over_it_does_not_count_as_ours() -> None:
    """0.0.12 leaves keys that it does not know: the mark of the session before stays, and is worthless."""
    interfaces = some_interfaces(role("dev"))
    renewed(interfaces, "dev")
    text = interfaces.credentials.read()
    interfaces.credentials.text = with_changes(text, "dev", {"aws_access_key_id": "ASIAANOTHER"})
    assert labels(planned(interfaces, "dev")) == ["dev"]


def note_origin(interfaces: FakeInterfaces, access_key_id: str, device: str) -> None:
    """As the classic form does when it has written the session."""
    origin = a_session().access_key_id, access_key_id, device
    interfaces.known_keys.text = with_origin(interfaces.known_keys.read(), "work", *origin)


@pytest.mark.parametrize(
    ("access_key_id", "device", "is_good"),
    [
        (KEYS.access_key_id, DEVICE, True),
        ("AKIAANOTHERUSER00001", DEVICE, False),
        (KEYS.access_key_id, f"{DEVICE}-other", False),
    ],
)
def test_a_classic_session_serves_only_the_user_it_came_from(access_key_id: str, device: str, *, is_good: bool) -> None:
    """Keys may have been replaced since: another user's session must not sign for this one's roles."""
    interfaces = some_interfaces(role("dev"), with_changes("", "work", section_of(a_session())))
    assert "mfa@work-long-term" in labels(planned(interfaces, "dev"))
    note_origin(interfaces, access_key_id, device)
    assert ("mfa@work-long-term" not in labels(planned(interfaces, "dev"))) == is_good


def test_the_classic_forms_role_session_is_not_taken_for_a_profiles() -> None:
    """It may have another session name, external id or user: that was not noted."""
    session = Session("ASIACLASSIC", Secret("s"), Secret("t"), NOW + 3000, f"{ARN}dev")
    interfaces = some_interfaces(role("dev"), with_changes("", "dev", section_of(session)))
    assert labels(planned(interfaces, "dev"))[-1] == "dev"


def test_what_sdks_ask_us_for_is_not_looked_for_in_the_file() -> None:
    interfaces = some_interfaces(role("dev"))
    renewed(interfaces, "dev")
    interfaces.config.text = role("dev", more=OURS)
    assert labels(planned(interfaces, "dev")) == ["dev"]


def test_a_user_whose_keys_only_the_keychain_has_is_planned_without_a_note() -> None:
    interfaces = FakeInterfaces("", role("d", "fk"))
    interfaces.fork = FakeFork(fk_long_term=KEYS)
    assert list(planned(interfaces, "d", "fk").of_profile) == ["d", "fk"]


def test_a_mistyped_name_opens_no_window() -> None:
    """A locked keychain is not unlocked to find out whether a name that no file has may have keys there."""
    interfaces = FakeInterfaces("", role("dev") + role("prod"))
    locked, attended = FakeVault("keychain"), FakeVault("keychain")
    locked.failure = errors.KeychainUnavailable("the keychain is locked, and this run may not ask to unlock it")
    interfaces.vaults["keychain"] = locked
    interfaces.unattended_copy = copy(interfaces)
    interfaces.vaults = {**interfaces.vaults, "keychain": attended}
    found = planned(interfaces, "prd", "dev", "prod")
    assert isinstance(found.failures["prd"], errors.BadProfile)
    assert "did you mean: prod" in found.failures["prd"].hints
    reasons = {str(found.failures[name]).partition(" names")[2] for name in ("dev", "prod")}
    assert reasons == {" profile 'work', which does not exist"}
    assert attended.calls == []
    assert locked.calls == ["load prd-long-term", "load work-long-term"]


def test_a_policy_of_another_partition_is_reported_before_a_code_is_asked_for() -> None:
    gov = role("gov").replace("arn:aws:", "arn:aws-us-gov:")
    interfaces = some_interfaces(role("dev") + gov)
    overlay = Overlay(policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",))
    found = planned(interfaces, "dev", "gov", overlay=overlay)
    assert (list(found.of_profile), list(found.failures)) == (["dev"], ["gov"])
    assert "partition aws-us-gov" in found.failures["gov"].message
    assert list(planned(interfaces, "gov", overlay=Overlay(read_only=True)).of_profile) == ["gov"]


def test_a_session_of_the_file_with_a_damaged_secret_is_not_used() -> None:
    interfaces = some_interfaces(role("dev"))
    renewed(interfaces, "dev")
    interfaces.credentials.text = with_changes(interfaces.credentials.read(), "dev", {"aws_secret_access_key": 'half"'})
    assert labels(planned(interfaces, "dev")) == ["dev"]


def test_a_preview_for_a_program_names_a_wrong_header_too() -> None:
    interfaces = some_interfaces("[work]\nregion = eu-west-1\n")
    found = make_plan(RenewalRequest(["work"], is_preview=True, hands_over=True), as_interfaces(interfaces))
    assert found.notes["work"] == ["section [work] of ~/.aws/config must be [profile work]"]
