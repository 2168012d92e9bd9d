from __future__ import annotations

import pytest

from aws_mfa.key_care.search import ImportRequest
from aws_mfa.key_care.transfer import Find, Move, suffix_in_use, with_keys_moved
from aws_mfa.model import LongTermKeys, Secret

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI"
KEYS = LongTermKeys(ID, Secret(SECRET))
OTHER_KEYS = LongTermKeys("AKIAI44QH8DHBEXAMPLE", Secret("je7MtGbClwBF"))
LINES = f"aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"
DEVICE = "arn:aws:iam::123456789012:mfa/ann"


def a_move(*sections: str, device: str | None = None) -> Move:
    name = "work-long-term"
    finds = [Find(name, KEYS, section, device=device, file_section=section) for section in sections]
    return Move(name, "keychain", finds)


def moved(text: str, move: Move) -> str:
    after, changed = with_keys_moved(text, move, where="FILE")
    assert changed == []
    return after


@pytest.mark.parametrize(
    ("section", "suffix", "name"),
    [
        ("work", None, "work-long-term"),
        ("work-long-term", None, "work-long-term"),
        ("work-keys", None, "work-keys-long-term"),
        ("work-keys", "keys", "work-keys"),
        ("work", "none", "work"),
        ("-long-term", None, "-long-term-long-term"),
    ],
)
def test_keys_get_the_name_that_the_classic_form_looks_for(section: str, suffix: str | None, name: str) -> None:
    assert ImportRequest(long_term_suffix=suffix).name_of(section) == name


@pytest.mark.parametrize(
    ("section", "session", "long_term_names", "suffix"),
    [
        ("work-keys", "work", {"work-keys"}, "keys"),
        ("work", "work-mfa", {"work"}, "none"),
        ("work-admin", "work", {"work-admin", "work-long-term"}, None),
        ("work", "work-prod", {"work", "work-prod-long-term"}, None),
        ("work", "play", {"work"}, None),
        ("workshop", "work", {"workshop"}, None),
    ],
)
def test_a_session_beside_the_keys_shows_that_a_suffix_is_used(
    section: str, session: str, long_term_names: set[str], suffix: str | None
) -> None:
    assert suffix_in_use(section, [session], long_term_names) == suffix


def test_two_lines_are_removed_and_every_other_byte_stays() -> None:
    before = f"# top\r\n[work-long-term] \n# mine\naws_mfa_device={DEVICE}\n{LINES}assume_role: r\n\n[work]\nx = 1"
    assert moved(before, a_move("work-long-term")) == before.replace(LINES, "")


def test_a_device_in_the_long_term_section_is_not_replaced() -> None:
    text = f"[work-long-term]\naws_mfa_device = GAHT12345678\n[work]\n{LINES}"
    assert moved(text, a_move("work", device=DEVICE)) == "[work-long-term]\naws_mfa_device = GAHT12345678\n"


def test_what_is_not_a_device_is_not_moved() -> None:
    assert a_move("work", device="two\nlines").device is None
    assert a_move("work", device="arn:aws:iam::123456789012:user/ann").device is None


def test_a_section_that_was_removed_meanwhile_is_ignored() -> None:
    assert moved("[a]\nx = 1\n", a_move("work")) == "[a]\nx = 1\n"
