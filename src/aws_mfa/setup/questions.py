"""
The questions of set-up, the flags that answer them, and how the terminal is asked; not for the codes of a device.

Every answer but the secret can be a flag. Each is checked where it is given, and a mistyped one asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa.aws_values.arns import check_device
from aws_mfa.aws_values.codes import trouble_with_key_id, trouble_with_secret
from aws_mfa.aws_values.regions import region_of_form
from aws_mfa.command_lines import quote
from aws_mfa.config.sections import LONG_TERM_SUFFIX, check_name, profile_in_force, profile_of
from aws_mfa.errors import BadInput, BadProfile, Cancelled, KeychainUnavailable, NeedsHuman, NothingGiven
from aws_mfa.model import LongTermKeys, Secret, masked
from aws_mfa.prompt.providers import until_good
from aws_mfa.vaults.lookup import KnownProfiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from aws_mfa.config.profiles import AwsProfiles
    from aws_mfa.interfaces import Interfaces, Vault
    from aws_mfa.prompt.providers import Terminal

    Answer = TypeVar("Answer")

_ORDER = "pipe one line for each question that no flag answers: profile, access key id, secret, device, region"
_YES, _NO = ("y", "yes"), ("n", "no", "")


@dataclass(kw_only=True)
class Answers:
    """What flags have answered, None: ask. The profile is filled in later; `replaces`: yes to all about replacing."""

    profile: str | None = None
    access_key_id: str | None = None
    device: str | None = None
    region: str | None = None
    replaces: bool = False


def says_yes(terminal: Terminal, question: str) -> bool:
    """Enter is a no; a person is asked again after any other answer. Raises what `Terminal.ask` raises."""
    while (answer := until_good(lambda: terminal.ask(question), terminal).strip().lower()) not in (*_YES, *_NO):
        if not terminal.has_human:
            return False
        terminal.say("please answer with y or n")
    return answer in _YES


def check_answers(answers: Answers) -> None:
    if answers.profile:
        _checked_profile(answers.profile)
    if answers.access_key_id:
        _checked_key_id(answers.access_key_id)
    if answers.device:
        answers.device = check_device(answers.device, source="--device")
    if answers.region:
        answers.region = region_of_form(answers.region, source="--region")


def asked_profile(answers: Answers, interfaces: Interfaces) -> str:
    """The profile's name. `AWS_PROFILE`, else `default`, for Enter and if only the secret is piped."""
    likely, terminal = profile_in_force(None, interfaces.environ), interfaces.terminal
    if answers.access_key_id and not terminal.has_human:
        return _checked_profile(likely)
    return until_good(
        lambda: _checked_profile(terminal.ask(f"Profile name to [{likely}]: ").strip() or likely), terminal
    )


def asked_line(ask: Callable[[], Answer], what: str, terminal: Terminal) -> Answer:
    """Like `until_good`, also for a line of a pipe: if it is no answer to this question, it may be the secret."""
    try:
        return until_good(ask, terminal)
    except BadInput:
        if terminal.has_human:
            raise
    raise BadInput(f"the line of the pipe for the {what} is not one (not shown, it may be a secret)", _ORDER)


def check_pipe_is_read(terminal: Terminal) -> None:
    """Raise `BadInput` if a pipe has more lines than there are questions: one of them answered the wrong one."""
    if left := terminal.lines_left():
        raise BadInput(f"lines of the pipe that answer no question: {left} (not shown): nothing was stored", _ORDER)


def user_of(profile: str, profiles: AwsProfiles) -> str:
    """The profile whose keys sign for this one: itself, or what `source_profile` leads to if it is a role."""
    seen = [profile]
    while (found := profiles.profile(seen[-1])) and found.value("role_arn") and not found.has_own_keys:
        source = found.value("source_profile")
        if source is None or source in seen or profile_of(source) == profile:
            return profile
        seen.append(source)
    return profile_of(seen[-1])


def profile_with_keys(profile: str, interfaces: Interfaces) -> str:
    """The profile, or the user of a role if a person agrees, else `BadProfile`: no SDK could use keys of the role."""
    profiles = KnownProfiles(interfaces).profiles
    profiles.check_header(profile)
    if (user := user_of(profile, profiles)) == profile:
        return profile
    what = f"{profile} is a role, and the keys of {user} sign for it"
    if interfaces.terminal.has_human and says_yes(interfaces.terminal, f"{what}: set up {user} instead? [y/n] "):
        return _checked_profile(user)
    raise BadProfile(what, f"set up that profile: aws-mfa setup --profile {quote(user)}")


def _checked_profile(name: str) -> str:
    """The name; `BadInput` for one that cannot be a section's, and for the name of a long-term section."""
    check_name(name)
    if name.endswith(LONG_TERM_SUFFIX):
        profile = profile_of(name)
        raise BadInput(
            f"{name} is where the long-term keys of profile {profile} belong: a session would be written over them",
            f"give the profile's own name: aws-mfa setup --profile {quote(profile)}",
        )
    return name


def other_vault(error: KeychainUnavailable, interfaces: Interfaces) -> str:
    """Print why the keychain cannot be used, and let the user choose another vault; raise the error if they do not."""
    interfaces.terminal.say(error.message)
    question = "Keep the keys in a passphrase-encrypted file (age), in plain text (file), or nowhere (no)? [age]: "
    while True:
        answer = until_good(lambda: interfaces.terminal.ask(question), interfaces.terminal).strip().lower() or "age"
        if answer in ("age", "file"):
            return answer
        if answer in ("n", "no", "nowhere"):
            raise error
        interfaces.terminal.say("please answer with age, file or no")


def ask_before_replacing(
    section: str, old: LongTermKeys | None, answers: Answers, vault: Vault, interfaces: Interfaces
) -> None:
    """Ask before keys are replaced: `Cancelled` for a no, `NeedsHuman` if no person can be asked."""
    if old is None or answers.replaces:
        return
    what = f"{section} has keys in the {vault.name} vault already ({masked(old.access_key_id)})"
    if not interfaces.terminal.has_human:
        # The next line of a pipe is the secret, not an answer to this question.
        raise NeedsHuman(what, f"replace them with: aws-mfa setup --profile {quote(profile_of(section))} --yes")
    if not says_yes(interfaces.terminal, f"{what}: replace them? [y/n] "):
        raise Cancelled("nothing was changed")


def asked_keys(answers: Answers, interfaces: Interfaces) -> LongTermKeys:
    """The access key id, typed with echo, and the secret, typed without."""
    terminal = interfaces.terminal
    key_id = answers.access_key_id or until_good(lambda: _checked_key_id(terminal.ask("aws_access_key_id: ")), terminal)
    return LongTermKeys(_checked_key_id(key_id), until_good(lambda: _asked_secret(terminal), terminal))


def _asked_secret(terminal: Terminal) -> Secret:
    secret = Secret(terminal.ask_hidden("aws_secret_access_key: ").reveal().strip())
    if not secret:
        raise NothingGiven("You must supply aws_secret_access_key")
    if trouble := trouble_with_secret(secret):
        raise BadInput(trouble, "copy it again: all of it, and nothing else")
    return secret


def _checked_key_id(text: str) -> str:
    key_id = text.strip()
    if not key_id:
        raise NothingGiven("You must supply aws_access_key_id")
    if trouble := trouble_with_key_id(key_id):
        raise BadInput(trouble, "copy it again from the IAM console, or make a key: its id begins with AKIA")
    return key_id
