"""
Hide a profile's role from SDKs, or show it again, in the texts of both AWS files; and show the difference, masked.

An SDK that sees `role_arn` assumes the role itself and asks for a code each time. So `aws_mfa_` is put before the keys
of the role, in place, and `credential_process` asks aws-mfa. Undoing it restores the text byte by byte. Refuses, as
`BadProfile`, what would not work afterwards, and role settings in both files, which cannot change at once.
"""

from __future__ import annotations

import re
from difflib import unified_diff
from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import shown_text
from aws_mfa.config.chains import chain_of, has_keys
from aws_mfa.config.edit import Edits
from aws_mfa.config.ini import OF_ALL, check, delimiter_in, indent_of, line_end, section_values, sections
from aws_mfa.config.profile_names import profile_headers
from aws_mfa.config.profile_settings import (
    CREDENTIAL_PROCESS,
    HIDDEN,
    NARROWING,
    OF_THE_ROLE,
    is_our_credential_process,
    shown,
)
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.config.sections import LONG_TERM_KEYS, OUR_SESSION, SESSIONS, kind_of
from aws_mfa.errors import BadProfile
from aws_mfa.sessions.file_section import SESSION_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_mfa.config.chains import Chain
    from aws_mfa.config.ini import Entry, Section

ROLE = "role_arn"
TO_HIDE = (ROLE, "source_profile", "mfa_serial", "external_id", "role_session_name", "duration_seconds")
_HIDDEN_KEYS = {HIDDEN + key: key for key in TO_HIDE}
_STATIC_KEYS = ("aws_access_key_id", "aws_secret_access_key")
_OTHER_SIGN_INS = ("web_identity_token_file", "credential_source", "sso_session", "sso_start_url", "login_session")

NOT_CHANGED, CHANGED, SESSION_REMOVED = "not changed", "changed", "changed, and its session was removed"


class AwsText(Edits):
    """One file's text, its sections by header, and the edits so far; `BrokenFile` for a text that SDKs refuse."""

    def __init__(self, text: str, where: str) -> None:
        check(text, where=where)
        super().__init__(text)
        self.where = where
        self.sections = {section.name: section for section in sections(text, where=where)}
        self.of_all = section_values(text, OF_ALL, where=where) or {}


class AwsTexts:
    """The texts of both files, the profiles in them, and the edits decided so far; paths are for messages."""

    def __init__(self, config: str, credentials: str, config_path: str, credentials_path: str) -> None:
        self.config = AwsText(config, config_path)
        self.credentials = AwsText(credentials, credentials_path)
        self.profiles = AwsProfiles(config, credentials, config_path, credentials_path)
        self._headers = profile_headers(self.config.sections)

    def places(self, name: str) -> list[Place]:
        """The sections of the profile, the config file's first."""
        found = ((self.config, self._headers.get(name, "")), (self.credentials, name))
        return [Place(text, text.sections[header], name) for text, header in found if header in text.sections]


class Place:
    """A section of a profile: its values with `[DEFAULT]`'s, and its entries of the role by the standard key."""

    def __init__(self, edits: AwsText, section: Section, profile: str) -> None:
        self.edits = edits
        self.section = section
        own = section.values()
        self.values = {**edits.of_all, **own}
        self.has_our_session = kind_of(own) == OUR_SESSION
        self.has_our_process = is_our_credential_process(self.values.get(CREDENTIAL_PROCESS, ""), profile)
        self.plain = {entry.key: entry for entry in section.entries if entry.key in TO_HIDE}
        self.hidden = {_HIDDEN_KEYS[entry.key]: entry for entry in section.entries if entry.key in _HIDDEN_KEYS}

    def __str__(self) -> str:
        return f"[{shown(self.section.name)}] of {self.edits.where}"


def adopt(
    texts: AwsTexts,
    name: str,
    *,
    keys_stored: Callable[[str], bool],
    in_vault: Callable[[str], bool] = lambda _: False,
    program: str = "aws-mfa",
    windows: bool,
) -> str:
    """Hide the role, let SDKs ask `program`. `keys_stored` knows a profile's keys in a vault, `in_vault` opens it."""
    role = _role_place(texts, name)
    chain = chain_of(name, texts.profiles, keys_stored=keys_stored, in_vault=in_vault)
    places = texts.places(name)
    for place in places:
        _check_no_other_credentials(place, name, is_config=place.edits is texts.config)
    _check_user(texts, chain, lambda user: keys_stored(user) or in_vault(user))
    command = process_line(name, program=program, windows=windows)
    done = NOT_CHANGED
    if not any(place.has_our_process for place in places):
        role.edits.insert(role.section, role.plain.get(ROLE) or role.hidden[ROLE], CREDENTIAL_PROCESS, command)
        done = CHANGED
    for entry in role.plain.values():
        role.edits.replace_prefix(entry, "", HIDDEN)
        done = CHANGED
    for place in places:
        if place.has_our_session:
            place.edits.remove(place.section, SESSION_KEYS)
            done = SESSION_REMOVED
    return done


def restore(texts: AwsTexts, name: str) -> str:
    """Show all of the role's keys again, also those hidden by hand, and remove our `credential_process`."""
    role = _role_place(texts, name)
    for entry in role.hidden.values():
        role.edits.replace_prefix(entry, HIDDEN, "")
    places = [place for place in texts.places(name) if place.has_our_process] if role.hidden else []
    for place in places:
        place.edits.remove(place.section, (CREDENTIAL_PROCESS,))
    return CHANGED if role.hidden else NOT_CHANGED


def process_line(name: str, *, program: str = "aws-mfa", windows: bool) -> str:
    """Return the command for SDKs, which split it as a POSIX shell does, on Windows as its C runtime does."""
    if name.startswith("-") or not name.isprintable():
        raise BadProfile(f"the name '{shown(name)}' cannot be an argument of a command", "rename the profile")
    words = []
    for word, what in ((program, "the program"), (name, "the name")):
        # On Windows some SDKs start it through cmd, which drops the outer quotes.
        # JavaScript takes what follows a blank and one of the two marks for a comment, also within quotes.
        if word.endswith("\\") or any(mark in word for mark in '"%&|<>^') if windows else " #" in word or " ;" in word:
            system = "on Windows" if windows else "for every SDK"
            raise BadProfile(f"{what} {word!r} cannot be quoted {system}", "give it a name of letters and digits")
        words.append(f'"{word}"' if windows and quote(word) != word else quote(word))
    return f"{words[0]} credential-process {words[1]}"


def _role_place(texts: AwsTexts, name: str) -> Place:
    """Return the one section that has the profile's role settings; raise `BadProfile` if there is none, or two."""
    if (profile := texts.profiles.profile(name)) is None:
        raise texts.profiles.no_such(name)
    places = [place for place in texts.places(name) if place.plain or place.hidden]
    for place in texts.places(name):
        if ROLE in place.edits.of_all:
            raise BadProfile(f"{ROLE} is in [DEFAULT] of {place.edits.where}, and so in every profile of it")
    if not any(ROLE in place.plain or ROLE in place.hidden for place in places) or profile.given(ROLE) is None:
        if profile.given("include_profile") is not None and profile.given(ROLE) is not None:
            raise BadProfile("its role comes from the profile it includes: SDKs do not see it here")
        raise BadProfile(f"not a role profile: it has no {ROLE}")
    if len(places) > 1:
        both = f"{places[0]} and {places[1]}"
        raise BadProfile(f"role settings are in both {both}", f"put {', '.join(TO_HIDE)} into one of them")
    for key in places[0].plain:
        if key in places[0].hidden:
            raise BadProfile(f"{places[0]} has both {key} and {HIDDEN}{key}", "remove one of the two lines")
    return places[0]


def _check_user(texts: AwsTexts, chain: Chain, keys_stored: Callable[[str], bool]) -> None:
    """Refuse a role whose long-term keys aws-mfa does not have, whatever SDKs sign with instead."""
    user = chain.user
    if has_keys(user, keys_stored):
        return
    process = user.given(CREDENTIAL_PROCESS)
    store = f"store them: aws-mfa setup --profile {quote(user.name)}"
    if process is not None and not user.has_credential_process_of_ours:
        store = store.replace("store them:", "store them here, then remove that line:")
        raise BadProfile(f"its keys come from another program ({process.source})", store)
    has_session = kind_of(texts.profiles.credentials.values(user.name)) in SESSIONS
    what = f"[{shown(user.name)}] holds a session" if has_session else "none are stored"
    raise BadProfile(f"aws-mfa has no long-term keys of profile {shown(user.name)}, which signs for it: {what}", store)


def _check_no_other_credentials(place: Place, name: str, *, is_config: bool) -> None:
    """Refuse what SDKs would use instead of asking aws-mfa, except a session of aws-mfa's, which will be removed."""
    values = place.values
    if CREDENTIAL_PROCESS in values and not place.has_our_process:
        raise BadProfile(f"{place} has another credential_process", "remove that line if you no longer use it")
    for key in _OTHER_SIGN_INS:
        if key in values:
            raise BadProfile(f"{key} in {place}: SDKs sign in that way", "remove that line if you no longer use it")
    kind = kind_of(values)
    if kind == LONG_TERM_KEYS:
        hint = "move them to a profile of their own, which source_profile names"
        if not is_config:
            hint = f"move them into the vault: aws-mfa import --profile {quote(name)}"
        raise BadProfile(f"{place} holds long-term keys, which SDKs would use", hint)
    if not place.has_our_session:
        if kind in SESSIONS:
            raise BadProfile(f"{place} holds a session of another tool, which SDKs would use", "remove it there")
        if half := [key for key in _STATIC_KEYS if key in values]:
            raise BadProfile(f"{place} holds half a pair of keys, which SDKs would use", f"remove {' and '.join(half)}")
    # They would be used as soon as the session above them is removed.
    if any(key in place.edits.of_all for key in _STATIC_KEYS):
        raise BadProfile(f"[DEFAULT] of {place.edits.where} holds keys, which SDKs would use", "move them to [default]")


_LONGEST_KEY = 64
# As `process_line` writes it: without flags, which may hold a code, and nothing before the program.
_OUR_LINE = re.compile(r"""(?:"[^"]*aws-mfa(?:\.exe)?"|'[^']*aws-mfa'|\S*aws-mfa) credential-process (?!-)[^-]""")
_SHOWN = OF_THE_ROLE.union(NARROWING, ("region", "output", "include_profile", "assumed_role_arn", "expiration"))
_MASK = "***"


def masked_diff(before: str, after: str, path: str) -> list[str]:
    """A unified diff by section, [] if equal; values are shown if their key holds no secret, comments never."""
    lines = [f"--- {path}", f"+++ {path}"]
    new = {section.name: section for section in sections(after)}
    for section in (one for one in sections(before) if one.name != OF_ALL):
        old_lines = _shown_lines(before, section)
        new_lines = _shown_lines(after, new[section.name]) if section.name in new else []
        hunks = list(unified_diff(old_lines, new_lines, lineterm=""))[2:]
        lines += [f"@@ [{section.name}] @@" if line.startswith("@@") else line for line in hunks]
    return [shown_text(line) for line in lines] if len(lines) > len(("---", "+++")) else []


def _shown_lines(text: str, section: Section) -> list[str]:
    """The section's lines, masked, blank lines and comments included."""
    entries = {entry.lines[0][0]: entry for entry in section.entries}
    shown = [f"[{section.name}]"]
    at = line_end(text, section.header_start)
    for line in text[at : section.end].splitlines(keepends=True):
        kind = line.lstrip()[:1]  # what is neither blank, nor a comment, nor begins an entry, continues a value
        masked = f"{kind if kind in ('#', ';') else ' '} {_MASK}" if kind else ""
        shown.append(_first_line(line.rstrip(), entries[at]) if at in entries else masked)
        at += len(line)
    return shown


def _first_line(line: str, entry: Entry) -> str:
    """An entry's first line, masked. Its key is shown only if it looks like one: it may be a secret ending in "="."""
    key = entry.key
    looks_like_a_key = len(key) <= _LONGEST_KEY and key.replace("_", "").isalnum() and "_" in key.strip("_")
    if key not in _SHOWN and not looks_like_a_key:
        return f"{entry.indent}{_MASK}"
    asks_us = key == CREDENTIAL_PROCESS and _OUR_LINE.match(entry.value)
    if key.removeprefix(HIDDEN) in _SHOWN or asks_us or not entry.value:
        return line
    at = delimiter_in(line) + 1
    return f"{line[: at + indent_of(line[at:])]}{_MASK}"
