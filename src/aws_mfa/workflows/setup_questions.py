"""
The questions of set-up, and what flags have answered already.

Every question has a flag but for the secret, which is asked without echo. Each answer is checked where it is given,
and each refusal says what would do.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from aws_mfa.errors import BadInput, Cancelled, KeychainUnavailable, NeedsHuman, NothingGiven, UnknownKey, Unreachable
from aws_mfa.model import LongTermKeys, Secret, masked
from aws_mfa.rules import arns
from aws_mfa.rules.key_shapes import trouble_with_key_id, trouble_with_secret
from aws_mfa.rules.regions import checked_region, default_region
from aws_mfa.rules.section_names import check_name, profile_in_force

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from aws_mfa.model import Identity
    from aws_mfa.workflows.doors_to_people import Terminal
    from aws_mfa.workflows.doors_to_stores import Vault
    from aws_mfa.workflows.outside import Outside

    Answer = TypeVar("Answer")

_YES = ("y", "yes")
_TRIES = 3


class Answers:
    """What flags have answered already: None is asked. `replaces`: yes to every question about replacing."""

    __slots__ = ("access_key_id", "device", "profile", "region", "replaces")

    def __init__(
        self,
        *,
        profile: str | None = None,
        access_key_id: str | None = None,
        device: str | None = None,
        region: str | None = None,
        replaces: bool = False,
    ) -> None:
        self.profile = profile
        self.access_key_id = access_key_id
        self.device = device
        self.region = region
        self.replaces = replaces


def check_answers(answers: Answers) -> None:
    """Check what flags gave before anything is asked."""
    if answers.profile:
        check_name(answers.profile)
    if answers.access_key_id:
        _checked_key_id(answers.access_key_id)
    if answers.device:
        answers.device = arns.check_device(answers.device, source="--device")
    if answers.region:
        answers.region = checked_region(answers.region, source="--region")


def asked_profile(answers: Answers, outside: Outside) -> str:
    """The profile as it is answered; `AWS_PROFILE`, else `default`, for Enter and where only the secret is piped."""
    likely = profile_in_force(None, outside.environ)
    if answers.access_key_id and not outside.terminal.has_human:
        return likely

    def ask() -> str:
        name = outside.terminal.ask(f"Profile name to [{likely}]: ").strip() or likely
        check_name(name)
        return name

    return until_good(ask, outside.terminal)


def other_vault(error: KeychainUnavailable, outside: Outside) -> str:
    """Say why the keychain will not do, and let a human choose another vault; the error itself where none is wanted."""
    outside.terminal.say(error.message)
    question = "Keep the keys in a passphrase-encrypted file (age), in plain text (file), or nowhere (no)? [age]: "
    while True:
        answer = outside.terminal.ask(question).strip().lower() or "age"
        if answer in ("age", "file"):
            return answer
        if answer in ("n", "no", "nowhere"):
            raise error
        outside.terminal.say("please answer with age, file or no")


def ask_before_replacing(
    section: str, old: LongTermKeys | None, answers: Answers, vault: Vault, outside: Outside
) -> None:
    """Ask before keys are replaced: `Cancelled` for a no, `NeedsHuman` where nobody can say yes."""
    if old is None or answers.replaces:
        return
    what = f"{section} has keys in the {vault.name} vault already ({masked(old.access_key_id)})"
    if not outside.terminal.has_human:
        # Not asked: the next line of a pipe is the secret, not an answer to this.
        profile = section.removesuffix("-long-term")
        raise NeedsHuman(what, f"replace them with: aws-mfa setup --profile {quote(profile)} --yes")
    answer = outside.terminal.ask(f"{what}: replace them? [y/n] ")
    if answer.strip().lower() not in _YES:
        raise Cancelled("nothing was changed")


def asked_keys(answers: Answers, outside: Outside) -> LongTermKeys:
    """The access key id, shown while it is typed, and the secret, which is not."""
    terminal = outside.terminal
    key_id = answers.access_key_id or until_good(lambda: _checked_key_id(terminal.ask("aws_access_key_id: ")), terminal)
    return LongTermKeys(_checked_key_id(key_id), until_good(lambda: _asked_secret(terminal), terminal))


def until_good(ask: Callable[[], Answer], terminal: Terminal) -> Answer:
    """Ask; a human who mistyped is told and asked again, three times in all."""
    for _ in range(_TRIES - 1):
        try:
            return ask()
        except NothingGiven:
            raise
        except BadInput as error:
            if not terminal.has_human:
                raise
            for line in (error.message, *(f"hint: {hint}" for hint in error.hints)):
                terminal.say(line)
    return ask()


def _asked_secret(terminal: Terminal) -> Secret:
    secret = Secret(terminal.ask_hidden("aws_secret_access_key: ").reveal().strip())
    if not secret:
        raise NothingGiven("You must supply aws_secret_access_key")
    trouble = trouble_with_secret(secret)
    if trouble:
        raise BadInput(trouble, "copy it again, whole and alone")
    return secret


def _checked_key_id(text: str) -> str:
    key_id = text.strip()
    if not key_id:
        raise NothingGiven("You must supply aws_access_key_id")
    trouble = trouble_with_key_id(key_id)
    if trouble:
        raise BadInput(trouble, "copy it again from the IAM console, or make a key: its id begins with AKIA")
    return key_id


def other_partition(error: UnknownKey, outside: Outside) -> str:
    """
    A region of the partition that a human names for keys which `aws` does not know; the error itself for none.

    Asked first: keys are not shown round in other partitions because a letter was mistyped.
    """
    outside.terminal.say(error.message)
    answer = outside.terminal.ask("Are they keys of GovCloud (gov), of China (cn), or neither? [neither]: ")
    partition = {"gov": "aws-us-gov", "cn": "aws-cn"}.get(answer.strip().lower())
    if partition is None:
        raise error
    return default_region(partition)


def accept_unverified(error: Unreachable, outside: Outside) -> None:
    """Say that the keys could not be verified; a human may refuse to store them then."""
    outside.terminal.say(f"AWS cannot be asked whether the keys are good: {error.message}")
    if outside.terminal.has_human:
        answer = outside.terminal.ask("Store them unverified? [y/n] ")
        if answer.strip().lower() not in _YES:
            raise error


def asked_region(likely: str, outside: Outside) -> str:
    """The region as a human gives it, the likely one for Enter and where nobody is there."""
    if not outside.terminal.has_human:
        return likely
    terminal = outside.terminal

    def ask() -> str:
        answer = terminal.ask(f"Region [{likely}]: ").strip()
        return checked_region(answer, source="the answer") if answer else likely

    return until_good(ask, terminal)


def asked_device(identity: Identity | None, outside: Outside) -> str | None:
    """The device as a human gives it, with the likely one to be confirmed by Enter; None where nobody is there."""
    if not outside.terminal.has_human:
        return None
    likely = _likely_device(identity)
    terminal = outside.terminal

    def ask() -> str | None:
        answer = terminal.ask(f"MFA device, ARN or serial [{likely or 'none'}]: ").strip() or likely
        return arns.check_device(answer, source="the answer") if answer else None

    return until_good(ask, terminal)


def _likely_device(identity: Identity | None) -> str | None:
    """The console's default: a device named as its user."""
    if identity is None or ":user/" not in identity.arn:
        return None
    partition, name = arns.partition_of(identity.arn), identity.arn.rpartition("/")[2]
    return f"arn:{partition}:iam::{identity.account}:mfa/{name}"
