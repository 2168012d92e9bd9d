"""Adopting hides a role from SDKs but not from aws-mfa; undoing it restores every byte; what would break is refused."""

from __future__ import annotations

import shlex
from itertools import product
from typing import NamedTuple

import pytest
from botocore.compat import compat_shell_split  # the yardstick
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.config.profile_settings import is_our_credential_process
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.config.settings import Given
from aws_mfa.errors import BadProfile
from aws_mfa.setup.adoption import (
    CHANGED,
    NOT_CHANGED,
    SESSION_REMOVED,
    TO_HIDE,
    AwsTexts,
    adopt,
    masked_diff,
    process_line,
    restore,
)
from config.ini_examples import read_by_sdk

DEVICE = "arn:aws:iam::123456789012:mfa/ann"
ROLE = "arn:aws:iam::123456789012:role/Admin"
KEYS = "[work-long-term]\naws_access_key_id = AKIAINVENTEDANNSKEY1\naws_secret_access_key = invented/secret+of+ann\n"
SESSION_LINES = (
    "assumed_role = True\nassumed_role_arn = arn:aws:iam::1:role/R\naws_access_key_id = ASIA1\n"
    "aws_secret_access_key = session/secret\naws_session_token = token==\naws_security_token = token==\n"
    "expiration = 2099-01-01 00:00:00\nx_security_token_expires = 2099-01-01T00:00:00+00:00\n"
)
FOREIGN_SESSION = "aws_access_key_id = ASIA1\naws_secret_access_key = s\naws_session_token = t\n"
INDENTED_SESSION = "".join(f"  {line}\n" for line in SESSION_LINES.splitlines())
PROD = f"[profile prod]\nregion = eu-west-1\nrole_arn = {ROLE}\nsource_profile = work\nmfa_serial = {DEVICE}\n"
PROCESS = "credential_process = aws-mfa credential-process prod\n"
ADOPTED = (
    f"[profile prod]\nregion = eu-west-1\n{PROCESS}aws_mfa_role_arn = {ROLE}\n"
    f"aws_mfa_source_profile = work\naws_mfa_mfa_serial = {DEVICE}\n"
)


class Done(NamedTuple):
    """Both files afterwards, and the result."""

    config: str
    credentials: str
    what: str


def adopted(config: str, credentials: str = KEYS, name: str = "prod", *, windows: bool = False) -> Done:
    texts = AwsTexts(config, credentials, "~/.aws/config", "~/.aws/credentials")
    what = adopt(texts, name, keys_stored=lambda base: base == "in-vault", windows=windows)
    return Done(texts.config.result(), texts.credentials.result(), what)


def restored(config: str, credentials: str = KEYS, name: str = "prod") -> Done:
    texts = AwsTexts(config, credentials, "~/.aws/config", "~/.aws/credentials")
    what = restore(texts, name)
    return Done(texts.config.result(), texts.credentials.result(), what)


def refusal(config: str, credentials: str = KEYS, name: str = "prod") -> str:
    with pytest.raises(BadProfile) as refused:
        adopted(config, credentials, name)
    return refused.value.message


def test_every_role_key_is_hidden_in_place_and_sdks_ask_aws_mfa() -> None:
    assert adopted(PROD) == (ADOPTED, KEYS, CHANGED)
    assert adopted(ADOPTED) == (ADOPTED, KEYS, NOT_CHANGED)


def test_undo_restores_every_byte_and_is_done_once() -> None:
    assert restored(ADOPTED) == (PROD, KEYS, CHANGED)
    assert restored(PROD) == (PROD, KEYS, NOT_CHANGED)


def test_a_profile_hidden_by_hand_is_restored_too() -> None:
    by_hand = f"[profile prod]\nAWS_MFA_ROLE_ARN: {ROLE}\n  aws_mfa_x\naws_mfa_source_profile = work"
    assert restored(by_hand).config == f"[profile prod]\nROLE_ARN: {ROLE}\n  aws_mfa_x\nsource_profile = work"


def test_what_was_half_undone_by_hand_is_finished() -> None:
    half = ADOPTED.replace("aws_mfa_mfa_serial", "mfa_serial")
    assert adopted(half) == (ADOPTED, KEYS, CHANGED)


def test_a_role_profile_of_the_credentials_file_is_adopted_there() -> None:
    section = PROD.replace("[profile prod]", "[prod]")
    done = adopted("", KEYS + section)
    assert done == ("", KEYS + ADOPTED.replace("[profile prod]", "[prod]"), CHANGED)
    assert restored("", done.credentials).credentials == KEYS + section


def test_a_session_of_aws_mfa_would_come_first_and_is_removed_with_its_section() -> None:
    done = adopted(PROD, f"# mine\n{KEYS}\n[prod]\n{INDENTED_SESSION}\n  [b]\n  region = x\n")
    assert done == (ADOPTED, f"# mine\n{KEYS}\n[b]\n  region = x\n", SESSION_REMOVED)


def test_everything_else_beside_a_session_stays() -> None:
    done = adopted(PROD, f"{KEYS}[prod]\n# kept\n{SESSION_LINES}output = json\n")
    assert done.credentials == f"{KEYS}[prod]\n# kept\noutput = json\n"
    only_comment = adopted(PROD, f"{KEYS}[prod]\n# kept\n{SESSION_LINES}")
    assert only_comment.credentials == f"{KEYS}[prod]\n# kept\n"


def test_sessions_of_adjacent_sections_are_removed_together() -> None:
    both = PROD + PROD.replace("profile prod", "profile test")
    sessions = f"{KEYS}[prod]\n{INDENTED_SESSION}  [test]\n{INDENTED_SESSION}  [b]\n"
    texts = AwsTexts(both, sessions, "config", "credentials")
    for name in ("prod", "test"):
        assert adopt(texts, name, keys_stored=lambda _: False, windows=False) == SESSION_REMOVED
    assert texts.credentials.result() == f"{KEYS}[b]\n"


def test_an_adopted_profile_that_still_has_a_session_loses_it() -> None:
    """As after a run that ended between the two files."""
    assert adopted(ADOPTED, f"{KEYS}[prod]\n{SESSION_LINES}") == (ADOPTED, KEYS, SESSION_REMOVED)


def test_roles_behind_an_adopted_role_are_adopted_too() -> None:
    config = ADOPTED + "[profile next]\nrole_arn = " + ROLE + "\nsource_profile = prod\n"
    assert "aws_mfa_source_profile = prod" in adopted(config, name="next").config


@pytest.mark.parametrize(
    ("base", "credentials"),
    [
        ("in-vault", ""),
        ("in-config", "[x]\n"),
        ("live", f"[live]\n{FOREIGN_SESSION}[live-long-term]\naws_mfa_device = {DEVICE}\n"),
    ],
)
def test_keys_in_a_vault_in_the_config_file_or_of_a_long_term_section_count(base: str, credentials: str) -> None:
    config = f"{PROD.replace('= work', f'= {base}')}[profile in-config]\n{KEYS.partition(']')[2]}"
    assert adopted(config, credentials).what == CHANGED


def test_the_vault_is_opened_only_for_keys_that_nothing_else_knows() -> None:
    config = PROD.replace("= work", "= base") + "[profile base]\nregion = x\n"
    opened: list[str] = []
    for credentials in (KEYS.replace("work", "base"), ""):
        texts = AwsTexts(config, credentials, "config", "credentials")

        def in_vault(name: str) -> bool:
            opened.append(name)
            return True

        assert adopt(texts, "prod", keys_stored=lambda _: False, in_vault=in_vault, windows=False) == CHANGED
        assert set(opened) == (set() if credentials else {"base"})


OURS_OTHERWISE = (
    "aws-mfa credential-process --no-keychain prod",
    "aws-mfa credential-process prod --vault age --min-remaining=1h",
    "'/opt/my tools/aws-mfa' credential-process -- prod",
    "env AWS_MFA_PROMPT=dialog aws-mfa credential-process prod",
    "wsl.exe aws-mfa credential-process prod",
    "uvx aws-mfa credential-process prod",
)


@pytest.mark.parametrize("process", OURS_OTHERWISE)
def test_our_line_with_flags_or_behind_a_wrapper_counts_and_is_undone(process: str) -> None:
    config = ADOPTED.replace("aws-mfa credential-process prod", process)
    assert adopted(config) == (config, KEYS, NOT_CHANGED)
    assert restored(config) == (PROD, KEYS, CHANGED)


@pytest.mark.parametrize(
    ("config", "credentials", "reason"),
    [
        ("", KEYS, "there is no profile 'prod'"),
        ("[profile prod]\nregion = x\n", KEYS, "not a role profile"),
        (f"{PROD}credential_process = other\n", KEYS, "another credential_process"),
        (f"{PROD}credential_process =\n", KEYS, "another credential_process"),
        (PROD, f"{KEYS}[prod]\ncredential_process = other\n", "[prod] of ~/.aws/credentials has another"),
        (f"{PROD}sso_session = corp\n", KEYS, "sso_session in [profile prod] of ~/.aws/config"),
        (f"{PROD}login_session = corp\n", KEYS, "login_session in [profile prod]"),
        (f"{PROD}credential_source = Environment\n", KEYS, "credential_source in"),
        (f"{PROD}web_identity_token_file = x\n", KEYS, "web_identity_token_file in"),
        (PROD, f"{KEYS}[prod]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n", "[prod] of ~/.aws/credentials"),
        (f"{PROD}aws_access_key_id = AKIA1\naws_secret_access_key = s\n", KEYS, "[profile prod] of ~/.aws/config"),
        (PROD, f"[DEFAULT]\n{SESSION_LINES}{KEYS}[prod]\nregion = x\n", "session of another tool"),
        (PROD, f"[DEFAULT]\naws_secret_access_key = s\n{KEYS}[prod]\nregion = x", "long-term keys"),
        (PROD, f"{KEYS}[prod]\naws_access_key_id = ASIA\naws_session_token = t\n", "session of another tool"),
        (PROD, f"{KEYS}[prod]\n{SESSION_LINES.replace('ASIA', 'AKIA')}", "holds long-term keys"),
        (PROD, f"{KEYS}[prod]\nmfa_serial = {DEVICE}\n", "are in both [profile prod]"),
        (f"{PROD}aws_mfa_role_arn = {ROLE}\n", KEYS, "both role_arn and aws_mfa_role_arn"),
        (f"[DEFAULT]\nrole_arn = {ROLE}\n{PROD}", KEYS, "[DEFAULT]"),
        # SDKs would get the other profile's role under this name.
        (f"{PROD}credential_process = aws-mfa credential-process admin\n", KEYS, "another credential_process"),
        (PROD, f"[DEFAULT]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n{KEYS}[prod]\n{SESSION_LINES}",
         "[DEFAULT]"),
        (f"{PROD}duration_seconds = 5\n", KEYS, "duration_seconds"),
        (PROD.replace("= work", "= nobody"), KEYS, "does not exist"),
        (PROD.replace("= work", "= prod"), KEYS, "circle"),
        (f"{PROD}[profile base]\nsso_start_url = x\n".replace("= work", "= base"), KEYS, "signs in another way"),
        (f"{PROD}[profile base]\ncredential_process = x\n".replace("= work", "= base"), KEYS, "another program"),
        (f"{PROD}[profile base]\nregion = x\n".replace("= work", "= base"), KEYS, "none are stored"),
        (PROD.replace("= work", "= live"), f"[live]\n{FOREIGN_SESSION}", "signs for it: [live] holds a session"),
        (PROD.replace("= work", "= live"), f"[live]\n{SESSION_LINES}", "signs for it: [live] holds a session"),
        (f"{PROD}[profile base]\ncredential_process = aws-mfa credential-process base\n".replace("= work", "= base"),
         KEYS, "no long-term keys of profile base"),
        (f"{PROD}[profile one]\ninclude_profile = prod\n".replace(" prod]", " two]").replace("= prod", "= two")
         .replace("profile one", "profile prod"), KEYS, "comes from the profile it includes"),
    ],
)  # fmt: skip
def test_what_would_not_work_afterwards_is_refused(config: str, credentials: str, reason: str) -> None:
    assert reason in refusal(config, credentials)


def test_own_long_term_keys_must_be_moved_first() -> None:
    with pytest.raises(BadProfile) as refused:
        adopted(PROD, f"{KEYS}[prod]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n")
    assert refused.value.hints == ("move them into the vault: aws-mfa import --profile prod",)


def test_a_refused_profile_leaves_no_edit() -> None:
    texts = AwsTexts(f"{PROD}credential_process = other\n", KEYS, "config", "credentials")
    with pytest.raises(BadProfile):
        adopt(texts, "prod", keys_stored=lambda _: False, windows=False)
    assert texts.config.result() == texts.config.text


PROGRAMS = ("/opt/my tools/aws-mfa", "/home/o'neil/bin/aws-mfa", "C:\\Program Files\\aws-mfa.exe", "C:\\x\\aws-mfa.exe")


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("program", PROGRAMS)
def test_sdks_get_the_path_of_the_program_as_one_word_and_we_know_it_again(program: str, *, windows: bool) -> None:
    line = process_line("two words", program=program, windows=windows)
    split = compat_shell_split(line, "win32" if windows else "linux")
    assert split == [program, "credential-process", "two words"]
    assert is_our_credential_process(line, "two words") or windows != ("\\" in program)


@pytest.mark.parametrize(("program", "windows"), [("/opt/a #1/aws-mfa", False), ("C:\\100%\\aws-mfa.exe", True)])
def test_a_path_that_an_sdk_would_read_otherwise_is_refused(program: str, *, windows: bool) -> None:
    with pytest.raises(BadProfile, match="cannot be quoted"):
        process_line("prod", program=program, windows=windows)


PRINTABLE = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" '\"\\"), min_size=1)


@given(name=PRINTABLE, windows=st.booleans())
def test_sdks_get_the_name_as_one_word(name: str, *, windows: bool) -> None:
    try:
        line = process_line(name, windows=windows)
    except BadProfile:
        assert name.startswith("-") or (windows and (set(name) & set('"%&|<>^') or name.endswith("\\")))
        return
    assert compat_shell_split(line, "win32" if windows else "linux") == ["aws-mfa", "credential-process", name]


ROLE_LINES = dict(zip(TO_HIDE, (ROLE, "work", DEVICE, "a:b=c", "ann", "900"), strict=True))
OTHERS = ("region = eu-west-1", "s3 =\n    max = 1", "session_tags = a=b", "output: json", "aws_mfa_x = y", "X")
SPELLINGS = list(product(("=", " = ", ": ", "\t=\t", " :"), (str.lower, str.upper, str.title), (0, 0, 1, 3)))
BETWEEN = ("", "", "", "\n", "# role_arn = x\n", "  ; comment\n", "   \n")
NAMES = ("prod", "two words", "größe", "a'b")


@st.composite
def configs(draw: st.DrawFn) -> tuple[str, str]:
    """A role profile in any spelling that SDKs read, and its name."""
    name, newline, ends = draw(st.sampled_from(list(product(NAMES, ("\n", "\r\n"), ("", "\n", "\n\n# end")))))
    keys = ["role_arn", "source_profile", *draw(st.sets(st.sampled_from(TO_HIDE[2:])))]
    entries = draw(st.permutations([*keys, *draw(st.sets(st.sampled_from(OTHERS[:5])))]))
    lines, deepest = [f"[profile {shlex.quote(name)}]"], 4
    for entry in entries:
        delimiter, spelt, indent = draw(st.sampled_from(SPELLINGS))
        deepest = min(deepest, indent)
        line = f"{spelt(entry)}{delimiter}{ROLE_LINES[entry]}" if entry in ROLE_LINES else entry
        lines.append(draw(st.sampled_from(BETWEEN)) + " " * deepest + line)
    arounds = (("", ""), ("# top\n[profile work]\nregion = x\n", ""), ("", "[default]\nregion = y"))
    around = draw(st.sampled_from(arounds))
    text = around[0] + "\n".join(lines) + ("\n" + around[1] if around[1] else ends)
    return text.replace("\n", newline), name


@given(config_and_name=configs())
def test_adopt_then_undo_changes_nothing_whatever_the_spelling(config_and_name: tuple[str, str]) -> None:
    config, name = config_and_name
    done = adopted(config, name=name)
    assert done.what == CHANGED
    assert restored(done.config, done.credentials, name) == (config, KEYS, CHANGED)


@given(config_and_name=configs())
def test_sdks_see_no_role_and_everything_else_as_before(config_and_name: tuple[str, str]) -> None:
    config, name = config_and_name
    before, after = read_by_sdk(config), read_by_sdk(adopted(config, name=name).config)
    header = f"profile {shlex.quote(name)}"
    own = after.pop(header)
    assert own.pop("credential_process") == process_line(name, windows=False)
    assert own == {f"aws_mfa_{key}" if key in TO_HIDE else key: value for key, value in before.pop(header).items()}
    assert after == before


@given(config_and_name=configs())
def test_aws_mfa_reads_the_same_profile_as_before(config_and_name: tuple[str, str]) -> None:
    config, name = config_and_name
    assert settings_read(adopted(config, name=name).config, name) == settings_read(config, name)


def settings_read(config: str, name: str) -> dict[str, str]:
    profile = AwsProfiles(config, KEYS).profile(name)
    assert profile is not None
    own: dict[str, Given] = dict(profile.own)
    own.pop("credential_process", None)
    return {key: given.value for key, given in own.items()}


def test_the_difference_shows_no_secret_not_even_in_a_comment() -> None:
    session = SESSION_LINES.replace("token==", "token==\n  more")
    secrets = f"# parked: aws_secret_access_key = parked/secret\n{session}"
    before = f"{KEYS}[prod]\n{secrets}mfa_process = oathtool seed\nregion = x\nbad\x1b[1m = y"
    lines = masked_diff(before, adopted(PROD, before).credentials, "~/.aws/credentials")
    shown = "\n".join(lines)
    for secret in ("secret+", "session/secret", "token==", "more", "parked/", "seed", "ASIA1", "AKIA", "\x1b"):
        assert secret not in shown
    assert "-aws_session_token = ***" in lines
    assert " region = x" in lines


def test_the_difference_shows_the_lines_that_change() -> None:
    lines = masked_diff(PROD.replace("\n", "\r\n"), ADOPTED.replace("\n", "\r\n"), "~/.aws/config")
    assert lines[:2] == ["--- ~/.aws/config", "+++ ~/.aws/config"]
    assert f"+{PROCESS.strip()}" in lines
    assert f"-role_arn = {ROLE}" in lines
    assert f"+aws_mfa_role_arn = {ROLE}" in lines
    assert masked_diff(PROD, PROD, "~/.aws/config") == []
