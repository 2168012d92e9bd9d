"""Adopting writes both files, each once and under its lock, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from aws_mfa.errors import BadInput, BrokenFile, NotSetUp
from aws_mfa.setup.adopt import Adoption, AdoptRequest, write_adoption
from aws_mfa.setup.adoption import CHANGED, NOT_CHANGED, SESSION_REMOVED
from fakes import DEVICE, FakeInterfaces, MemoryFile, as_interfaces

KEYS = "[work-long-term]\naws_access_key_id = AKIAINVENTEDANNSKEY1\naws_secret_access_key = invented/secret+of+ann\n"
SESSION = (
    "[prod]\nassumed_role = True\naws_access_key_id = ASIA1\naws_secret_access_key = s\naws_session_token = t\n"
    "aws_security_token = t\nexpiration = 2099-01-01 00:00:00\n"
)
PERMANENT = "[prod]\naws_access_key_id = AKIA2\naws_secret_access_key = s\n"


def role_profile(name: str) -> str:
    return (
        f"[profile {name}]\nrole_arn = arn:aws:iam::123456789012:role/{name}\nsource_profile = work\n"
        f"mfa_serial = {DEVICE}\n"
    )


def hidden_profile(name: str) -> str:
    head, _, keys = role_profile(name).partition("\n")
    lines = "".join(f"aws_mfa_{line}\n" for line in keys.splitlines())
    return f"{head}\ncredential_process = aws-mfa credential-process {name}\n{lines}"


CONFIG = role_profile("prod") + role_profile("test")
HIDDEN = hidden_profile("prod") + hidden_profile("test")


def adopted(interfaces: FakeInterfaces, profiles: Sequence[str] | None, *, undoes: bool = False) -> Adoption:
    return write_adoption(AdoptRequest(profiles, undoes=undoes), as_interfaces(interfaces))


class ChangingFile(MemoryFile):
    """Another process writes between the look and the lock."""

    def __init__(self, text: str, change: Callable[[], None], path: str) -> None:
        super().__init__(text, path)
        self.change = change

    def update(self, edit: Callable[[str], str]) -> bool:
        self.change()
        return super().update(edit)


def test_named_profiles_are_adopted_and_others_stay() -> None:
    interfaces = FakeInterfaces(KEYS, CONFIG)
    found = adopted(interfaces, ["prod", "prod"])
    assert (found.done, found.left) == ({"prod": CHANGED}, {})
    assert interfaces.config.text == hidden_profile("prod") + role_profile("test")
    assert interfaces.credentials.text == KEYS


def test_all_are_adopted_and_restored() -> None:
    interfaces = FakeInterfaces(KEYS, CONFIG)
    assert adopted(interfaces, None).done == {"prod": CHANGED, "test": CHANGED}
    assert interfaces.config.text == HIDDEN
    assert adopted(interfaces, None).done == {"prod": NOT_CHANGED, "test": NOT_CHANGED}
    assert adopted(interfaces, None, undoes=True).done == {"prod": CHANGED, "test": CHANGED}
    assert interfaces.config.text == CONFIG


def test_a_profile_whose_change_would_cost_another_role_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    config = f"{CONFIG}{role_profile('top').replace('= work', '= prod')}"
    interfaces = FakeInterfaces(KEYS.replace("-long-term", ""), config)
    # As if SDKs could not sign with what aws-mfa hands out: a hidden role without a process.
    monkeypatch.setattr("aws_mfa.setup.adoption.Edits.insert", lambda *_: None)
    found = adopted(interfaces, ["prod"])
    assert found.done == {}
    assert "whose source it is" in found.left["prod"].message
    assert interfaces.config.text == config


def test_one_that_is_refused_does_not_stop_the_others() -> None:
    interfaces = FakeInterfaces(KEYS + PERMANENT, CONFIG)
    found = adopted(interfaces, None)
    assert found.done == {"test": CHANGED}
    assert "long-term keys" in found.left["prod"].message
    assert interfaces.config.text == role_profile("prod") + hidden_profile("test")
    assert interfaces.credentials.text == KEYS + PERMANENT


def test_a_session_is_removed_from_the_second_file() -> None:
    interfaces = FakeInterfaces(KEYS + SESSION, CONFIG)
    found = adopted(interfaces, ["prod", "test"])
    assert found.done == {"prod": SESSION_REMOVED, "test": CHANGED}
    assert (interfaces.config.text, interfaces.credentials.text) == (HIDDEN, KEYS)


def test_what_ended_between_the_files_is_finished_by_the_next_run() -> None:
    """Until then the profile has its old session, and the role is hidden."""
    interfaces = FakeInterfaces(KEYS + SESSION, CONFIG)
    interfaces.credentials.failure = NotSetUp("the disk is full")
    with pytest.raises(NotSetUp):
        adopted(interfaces, None)
    assert (interfaces.config.text, interfaces.credentials.read()) == (HIDDEN, KEYS + SESSION)
    interfaces.credentials.failure = None
    assert adopted(interfaces, None).done == {"prod": SESSION_REMOVED, "test": NOT_CHANGED}
    assert (interfaces.config.text, interfaces.credentials.text) == (HIDDEN, KEYS)


def test_a_file_without_a_change_is_not_opened_for_writing() -> None:
    """It may be the null device, or missing."""
    interfaces = FakeInterfaces(None, CONFIG.replace("source_profile = work", "source_profile = noted"))
    interfaces.known_keys.text = "[noted-long-term]\nvault = keychain\n"
    interfaces.credentials.failure = NotSetUp("cannot write")
    adopted(interfaces, None)
    assert interfaces.credentials.text is None


def test_neither_file_is_written_if_one_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    interfaces = FakeInterfaces(KEYS + SESSION, CONFIG)

    def refuse() -> None:
        raise NotSetUp("cannot write")

    monkeypatch.setattr(interfaces.credentials, "check_writable", refuse)
    with pytest.raises(NotSetUp):
        adopted(interfaces, None)
    assert (interfaces.config.text, interfaces.credentials.text) == (CONFIG, KEYS + SESSION)


def test_what_others_write_meanwhile_is_kept_and_counts() -> None:
    interfaces = FakeInterfaces(KEYS, CONFIG)

    def write_meanwhile() -> None:
        interfaces.config.text = f"# mine\n{CONFIG}" + role_profile("later")
        interfaces.credentials.text = KEYS + PERMANENT

    interfaces.config = ChangingFile(CONFIG, write_meanwhile, "~/.aws/config")
    found = adopted(interfaces, None)
    assert (found.done, list(found.left)) == ({"test": CHANGED}, ["prod"])
    assert interfaces.config.text == f"# mine\n{role_profile('prod')}{hidden_profile('test')}{role_profile('later')}"


def test_without_a_role_profile_it_fails() -> None:
    with pytest.raises(BadInput, match=r"no role profile in ~/.aws/config or ~/.aws/credentials"):
        adopted(FakeInterfaces(KEYS, "[profile work]\nregion = x\n"), None)


def test_a_broken_file_stops_all() -> None:
    interfaces = FakeInterfaces(KEYS + KEYS, CONFIG)
    with pytest.raises(BrokenFile):
        adopted(interfaces, None)
    assert interfaces.config.text == CONFIG


@pytest.mark.parametrize("policy", [None, "not JSON"])
def test_a_profile_whose_policy_cannot_be_read_is_left_and_its_line_stays(policy: str | None) -> None:
    interfaces = FakeInterfaces(KEYS, CONFIG.replace("source_profile", "aws_mfa_policy = p.json\nsource_profile", 1))
    if policy is not None:
        interfaces.policies["p.json"] = policy
    found = adopted(interfaces, None)
    assert (list(found.done), list(found.left)) == (["test"], ["prod"])
    assert found.left["prod"].message.startswith("aws_mfa_policy in ~/.aws/config [profile prod]: ")
    interfaces.policies["p.json"] = "{}"
    assert adopted(interfaces, ["prod"]).done == {"prod": CHANGED}
    assert (interfaces.config.text or "").count("aws_mfa_policy = p.json\n") == 1
