"""
Names of profiles: in the headers of AWS's config file, similar to a mistyped one, and in hints to run `aws-mfa setup`.

Reads headers exactly as botocore does. The name follows a first word that begins with `profile`, split as a shell does
it: `[profile "two words"]` is a profile, `[profile two words]` is not. The last section of a name counts. `[default]`
needs no such word. Similar names are only offered, never used: one of them may be production. On the hot path of
completion, which needs none of the modules that are imported inside functions.
"""

from __future__ import annotations

from aws_mfa.config.sections import LONG_TERM_SUFFIX, SESSIONS, kind_of, profile_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Self

    from aws_mfa.config.index import SectionIndex
    from aws_mfa.errors import AwsMfaError


def names_in(config: Iterable[str], credentials: SectionIndex) -> list[str]:
    """All profiles in botocore's order: the config file's first; no `[work-long-term]`, unless it holds a session."""
    named = dict.fromkeys((*config, *credentials.headers()))
    found = {name: credentials.values(name) for name in named if name.endswith(LONG_TERM_SUFFIX)}
    long_term = {name for name, values in found.items() if values is not None and kind_of(values) not in SESSIONS}
    return [name for name in named if name not in long_term]


def known_names(config: Iterable[str], credentials: SectionIndex) -> list[str]:
    """Names of profiles, also those of which there is only a long-term section."""
    return list(dict.fromkeys((*names_in(config, credentials), *map(profile_of, credentials.headers()))))


def profile_headers(headers: Iterable[str]) -> dict[str, str]:
    """Name of a profile -> header of its section, in botocore's order."""
    found: dict[str, str] = {}
    for header in headers:
        if header == "default":
            found[header] = header
        elif header.startswith("profile"):
            name = second_word(header)
            if name is not None:
                found[name] = header
    return found


def header_of(name: str, headers: Iterable[str]) -> str:
    """The header of the profile's section: the existing one, else the one to write, quoted as AWS's CLI does it."""
    found = profile_headers(headers).get(name)
    if found is not None or name == "default":
        return found or name
    header = f"profile {name}"
    if second_word(header) == name:
        return header
    quoted = name.replace("'", "'\"'\"'")
    return f"profile '{quoted}'"


def plain_headers(text: str, name: str) -> list[str] | None:
    """Search a file with plain headers for that of one profile: a list of none or one, None if it is not conclusive."""
    if not (name.isascii() and name.isprintable()) or " " in name or "]" in name:
        return None
    found: list[str] = []
    at = text.find(f"{name}]")
    while at >= 0:
        if text[at - 1 : at].isspace() or text[at - 1 : at] == "[":
            line = text[text.rfind("\n", 0, at) + 1 : (text.find("\n", at) + 1) or len(text)].strip()
            if line == f"[profile {name}]" or line == f"[{name}]" == "[default]":
                found.append(line[1:-1])
            elif line.startswith(("[profile", "[default]")):
                return None
        at = text.find(f"{name}]", at + 1)
    return found if len(found) < 2 else None  # noqa: PLR2004


def second_word(header: str) -> str | None:
    """The second of exactly two words, None for any other number."""
    words = shell_words(header)
    return words[1] if words is not None and len(words) == 2 else None  # noqa: PLR2004  # `profile` and its name


def shell_words(text: str) -> list[str] | None:
    """Split like a shell; None if a quote is not closed or a backslash is at the end."""
    if text.isascii() and text.isprintable() and not ("'" in text or '"' in text or "\\" in text):
        return text.split()
    word, _, name = text.partition(" ")
    inside = name[1:-1]
    if word.isalnum() and name in (f"'{inside}'", f'"{inside}"') and not any(mark in inside for mark in "'\"\\"):
        return [word, inside]  # as AWS's CLI writes it; `shlex` takes half as long to load as Python itself
    import shlex

    try:
        return shlex.split(text)
    except ValueError:
        return None


def bare_name(text: str) -> str:
    """The name without what people write around it: a comment, quotes, the word `profile`."""
    for mark in (" #", " ;", "\t#", "\t;"):
        text = text.partition(mark)[0]
    return text.strip("'\" \t").removeprefix("profile ").strip("'\" \t")


def misnamed(header: str, *, is_config: bool) -> str | None:
    """The profile that a header seems to mean, for which SDKs do not read it; None for any other header."""
    word, *rest = header.split(maxsplit=1) or ("",)
    if word.lower() == "profile" and rest and not (is_config and profile_headers([header])):
        return bare_name(rest[0])
    is_bare = is_config and word and not rest
    return header if is_bare and not header.startswith("profile") and header != "default" else None


def did_you_mean(name: str, there: Iterable[str]) -> list[str]:
    """A hint with up to three similar names, the most similar first; [] if no name is similar."""
    from difflib import get_close_matches

    by_folded = {each.casefold(): each for each in there if each.isprintable()}
    bare = bare_name(name)
    if bare != name and bare in by_folded.values():
        return [f"did you mean: {bare}"]
    near = [by_folded[folded] for folded in get_close_matches(name.casefold(), by_folded, n=3)]
    return [f"did you mean: {', '.join(near)}"] if near else []


class SetUpHint(str):
    """The hint `TEXT: aws-mfa setup OPTIONS`, raised where the profile is unknown and completed by `name_profile`."""

    __slots__ = ("options", "text")
    options: str
    text: str

    def __new__(cls, text: str, options: str = "") -> Self:
        hint = super().__new__(cls, f"{text}: aws-mfa setup{options}")
        hint.text = text
        hint.options = options
        return hint


def name_profile(error: AwsMfaError, profile: str) -> None:
    """Add `--profile` to the error's `SetUpHint`s; a long-term section is named by its profile."""
    from aws_mfa.command_lines import quote

    option = f" --profile {quote(profile_of(profile))}"
    error.hints = tuple(
        f"{hint.text}: aws-mfa setup{option}{hint.options}" if isinstance(hint, SetUpHint) else hint
        for hint in error.hints
    )
