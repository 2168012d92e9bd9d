"""
The settings of a profile: under which keys they are read, and what their values must look like.

Each key may be written with `aws_mfa_` before it to hide it from SDKs, which would assume the role themselves and ask
for a code each time. Only the keys listed here are read from a file: none of them is a secret. A value that AWS would
refuse is a `BadProfile`, which names file, section and key. The packed size of policies and tags only AWS can check.

Limits: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and `API_Tag.html`,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

from aws_mfa.aws_values import arns
from aws_mfa.aws_values.policies import check_policy_arns, check_policy_partitions
from aws_mfa.aws_values.regions import checked_region
from aws_mfa.aws_values.text import (
    DEFAULT_MFA_SESSION_S,
    DEFAULT_ROLE_SESSION_S,
    check_duration,
    parse_duration,
    parse_seconds,
    shown_text,
)
from aws_mfa.config.profile_names import shell_words
from aws_mfa.config.settings import Given, misread
from aws_mfa.errors import AwsMfaError, BadInput, BadProfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


HIDDEN = "aws_mfa_"  # the prefix that hides a standard key from SDKs

OF_THE_ROLE = frozenset(
    [
        *("role_arn", "source_profile", "credential_source", "web_identity_token_file", "mfa_serial", "external_id"),
        *("role_session_name", "duration_seconds", "session_tags", "transitive_session_tags", "source_identity"),
    ]
)
KEYS = OF_THE_ROLE | frozenset(
    [
        *("region", "sts_regional_endpoints", "ca_bundle", "endpoint_url", "services", "use_fips_endpoint"),
        *("ignore_configured_endpoint_urls", "use_dualstack_endpoint", "include_profile", "mfa_process"),
        *("sso_session", "sso_start_url"),
    ]
)
NARROWING = ("policy", "policy_arns")
"""Read only with `aws_mfa_` before them: no tool but aws-mfa narrows the sessions of a profile."""
OF_AGENTS = ("agent", "agent_duration", "agent_labels")
"""What a coding agent gets of the profile, for how long, and where its name appears; read only with the prefix."""
_MAY_BE_HIDDEN = KEYS.union(NARROWING, OF_AGENTS)
CREDENTIAL_PROCESS = "credential_process"  # SDKs must read this key, so it is never hidden

# The flags of `aws-mfa credential-process`; a test compares them with its parser, which the hot path cannot load.
# Without `--from`: with it the session is of whatever profile a server hands out, perhaps of another machine.
PROCESS_FLAGS = ("--json-errors", "--no-input", "--no-keychain", "--read-only", "--token-stdin")
PROCESS_FLAGS_WITH_VALUE = (
    *("--min-remaining", "--duration", "--region", "--source-profile"),
    *("--policy", "--policy-arn", "--allow", "--agent", "--token", "--vault"),
)

# A command may have quotes, URLs are checked where they are used, and the others are only looked for.
_AS_WRITTEN = (
    *(CREDENTIAL_PROCESS, "mfa_process", "endpoint_url", "policy"),
    *("credential_source", "web_identity_token_file", "sso_session", "sso_start_url"),
)

SAME, READ_ONLY, REFUSE = "same", "read-only", "refuse"
_LABELS = ("tags", "source_identity")

NOT_INHERITED = frozenset(("include_profile", CREDENTIAL_PROCESS))
CLASSIC_DEVICE = "aws_mfa_device"
shown = shown_text  # names from a file, in messages
_MOST_TAGS, _LONGEST_TAG_KEY, _LONGEST_TAG_VALUE = 50, 128, 256
_TAG_MARKS = frozenset(" _.:/=+-@")
_ACCESS_HINT = "write one of: same, read-only, refuse, or the path of a policy: FILE.json"
_TAGS_HINT = "write them as: session_tags = Team=data,Project=atlas"


def settings_of(*sections: tuple[Mapping[str, str], str]) -> dict[str, Given]:
    """Settings of sections (values, place for messages); a later one wins, and a hidden key over a plain one of any."""
    plain: dict[str, Given] = {}
    hidden: dict[str, Given] = {}
    for values, place in sections:
        for key, value in values.items():
            if key in KEYS or key == CREDENTIAL_PROCESS:
                plain[key] = Given(value, f"{key} in {place}")
            elif key.startswith(HIDDEN) and key[len(HIDDEN) :] in (_MAY_BE_HIDDEN if value else OF_AGENTS):
                # An empty setting of agents must not pass for one that is not set.
                hidden[key[len(HIDDEN) :]] = Given(value or " ", f"{key} in {place}")
    return {**plain, **hidden}


def is_our_credential_process(command: str, profile: str) -> bool:
    """Whether it runs `aws-mfa credential-process PROFILE`, with flags, a path, behind `env`, `uvx`, `sh -c`, ..."""
    if "credential-process" not in command:
        return False
    is_windows_path = ":\\" in command[:4] or ".exe" in command
    words = shell_words(command.replace("\\", "/") if is_windows_path else command) or []
    for at, word in enumerate(words):
        program = words[at - 1].rpartition("/")[2].removesuffix(".exe") if at else ""
        if word == "credential-process" and program in ("aws-mfa", "aws_mfa"):
            return _profile_argument(words[at + 1 :]) == profile
    return any(" " in word and is_our_credential_process(word, profile) for word in words)


def _profile_argument(words: list[str]) -> str | None:
    """PROFILE among the arguments of `aws-mfa credential-process`; None if that command would refuse them."""
    names: list[str] = []
    rest = iter(words)
    for word in rest:
        flag, equals, _ = word.partition("=")
        if word == "--":
            names += rest
        elif not word.startswith("-"):
            names.append(word)
        elif flag in PROCESS_FLAGS_WITH_VALUE:
            if not equals and next(rest, None) is None:
                return None
        elif word not in PROCESS_FLAGS:
            return None
    return names[0] if len(names) == 1 else None


def nested_block(value: str) -> dict[str, str] | None:
    """Keys and values of an indented block as botocore reads it; None if it is not one."""
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    if not value.startswith("\n") or not all("=" in line for line in lines):
        return None
    parts = (line.partition("=") for line in lines)
    return {key.strip(): text.strip() for key, _, text in parts}


def check_plain(key: str, given: Given) -> None:
    """Refuse a comment, quotes and the like in a value, before it is read as something else."""
    why = None if key in _AS_WRITTEN else misread(given.value)
    if why is not None and not ("\n" in given.value and key.endswith("session_tags")):
        raise BadProfile(f"{given.source}: {why[0]}", why[1])


def _of_a_file(check: Callable[..., str]) -> Callable[[Given], str]:
    def checked(given: Given) -> str:
        try:
            return check(given.value, source=given.source)
        except BadInput as refused:
            raise BadProfile(refused.message, *refused.hints) from None

    return checked


role_arn = _of_a_file(arns.check_role)
device = _of_a_file(arns.check_device)
external_id = _of_a_file(arns.check_external_id)
region = _of_a_file(checked_region)


def session_name(given: Given) -> str:
    """`role_session_name`, and `source_identity`, which has the same shape."""
    key = given.source.partition(" ")[0]
    try:
        return arns.check_session_name(given.value, source=given.source)
    except BadInput as refused:
        hint = f"use for example: {key} = {arns.sanitised_session_name(given.value)}"
        raise BadProfile(refused.message.replace("role session name", key.removeprefix(HIDDEN)), hint) from None


def duration_s(given: Given, *, role: bool) -> int:
    """`duration_seconds` within the limits of AssumeRole, or of GetSessionToken."""
    try:
        seconds = parse_seconds(given.value, given.source)
        check_duration(seconds, given.source, role=role)
    except BadInput as refused:
        usual_s = DEFAULT_ROLE_SESSION_S if role else DEFAULT_MFA_SESSION_S
        raise BadProfile(refused.message, f"write for example: duration_seconds = {usual_s}") from None
    return seconds


def regional_or_legacy(given: Given) -> str:
    word = given.value.strip().lower()
    if word not in ("regional", "legacy"):
        raise BadProfile(f"{given.source} is neither regional nor legacy", "write: sts_regional_endpoints = regional")
    return word


def circle(given: Given, path: list[str]) -> BadProfile:
    """The failure for a key that leads back to a profile of `path`."""
    key = given.source.partition(" ")[0]
    names = [*map(shown, (*path[path.index(given.value) :], given.value))]
    error = BadProfile(f"{given.source} leads in a circle: {' -> '.join(names)}", f"change one {key} of these profiles")
    error.shared = f"{key} leads in a circle of {', '.join(sorted(set(names)))}"
    return error


def tags_of(given: Given) -> tuple[tuple[str, str], ...]:
    """The pairs of `Team=data,Project=atlas`, which is how aws-vault writes them."""
    pairs: dict[str, tuple[str, str]] = {}
    for part in given.value.split(","):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        trouble = "a part of it is not key=value" if not equals else _trouble_with_tag(key, value)
        if trouble is None and key.lower() in pairs:
            trouble = f"tag {key!a} is given twice (AWS ignores upper and lower case)"
        if trouble:
            raise BadProfile(f"{given.source}: {trouble}", _TAGS_HINT)
        pairs[key.lower()] = (key, value)
    if len(pairs) > _MOST_TAGS:
        raise BadProfile(f"{given.source}: {len(pairs)} tags, and AWS accepts {_MOST_TAGS}", _TAGS_HINT)
    return tuple(pairs.values())


def transitive_keys_of(given: Given, tags: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Keys separated by commas, each one of `tags`: AWS refuses others."""
    keys = tuple(dict.fromkeys(filter(None, map(str.strip, given.value.split(",")))))
    known = {key.lower() for key, _ in tags}
    other = next((key[:_LONGEST_TAG_KEY] for key in keys if key.lower() not in known), None)
    if other is not None:
        hint = "list under transitive_session_tags only keys of session_tags"
        raise BadProfile(f"{given.source}: {other!a} is not one of the profile's session_tags", hint)
    return keys


def policy_of(given: Given, read: Callable[[str], str]) -> str:
    """The policy in the file that `aws_mfa_policy` names; `read` returns it, checked and on one line."""
    value = given.value
    why: tuple[str, ...] = misread(value) or ()
    if value[0] in "{[" or value.startswith(("arn:", "file:")):
        arn = ["name a managed policy so: aws_mfa_policy_arns = ARN"] if value.startswith("arn:") else []
        hint = "write the policy into a file: aws_mfa_policy = /path/to/policy.json"
        why = ("it is not the path of a file", *arn, hint)
    if why:
        raise BadProfile(f"{given.source}: {why[0]}", *why[1:])
    try:
        return read(value)
    except AwsMfaError as refused:
        raise BadProfile(f"{given.source}: {refused.message}", *refused.hints) from None


def policy_arns_of(given: Given, role_arn: str) -> tuple[str, ...]:
    """ARNs of managed policies, separated by commas, of the role's partition."""
    try:
        found = check_policy_arns(list(filter(None, map(str.strip, given.value.split(",")))), flag="")
        check_policy_partitions(found, role_arn, flag="")
    except BadInput as refused:
        raise BadProfile(f"{given.source}: {refused.message}", *refused.hints) from None
    if not found:
        raise BadProfile(f"{given.source} names no policy", "remove the line, or name one")
    return found


def agent_access(given: Given) -> str:
    """`same`, `read-only`, `refuse`, or the path of a policy's file."""
    value = given.value.strip()
    if value.lower() in (SAME, READ_ONLY, REFUSE):
        return value.lower()
    if not value.lower().endswith(".json"):
        raise BadProfile(f"{given.source} says neither what agents get nor what they do not get", _ACCESS_HINT)
    return value


def agent_duration(given: Given) -> int:
    """How long an agent's sessions last at most, within what AssumeRole takes."""
    try:
        seconds = parse_duration(given.value, given.source)
        check_duration(seconds, given.source, role=True)
    except BadInput as refused:
        raise BadProfile(refused.message, "write for example: aws_mfa_agent_duration = 15m") from None
    return seconds


def agent_labels(given: Given) -> tuple[str, ...]:
    """Where an agent's name appears beside the session's name, if the role allows it."""
    found = tuple(filter(None, map(str.strip, given.value.split(","))))
    if not set(found) <= set(_LABELS):
        raise BadProfile(f"{given.source}: it takes tags, source_identity, or both", f"write: {', '.join(_LABELS)}")
    return found


def _trouble_with_tag(key: str, value: str) -> str | None:
    if not 1 <= len(key) <= _LONGEST_TAG_KEY:
        return f"a tag's key has {len(key)} characters, and AWS accepts 1 to {_LONGEST_TAG_KEY}"
    if len(value) > _LONGEST_TAG_VALUE:
        return f"the value of tag {key!a} has {len(value)} characters, and AWS accepts 0 to {_LONGEST_TAG_VALUE}"
    if key.lower().startswith("aws:"):
        return f"tag {key!a} begins with aws:, which AWS reserves"
    if not all(character.isalnum() or character in _TAG_MARKS for character in key + value):
        return f"tag {key!a} holds a character AWS does not accept: use letters, digits, blanks and _.:/=+-@"
    return None
