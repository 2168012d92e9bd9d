"""
The region of a profile that is set up: the one where AWS is asked whose keys they are, and the one that is stored.

An impossible `--region` is an error; a suggested one is skipped with a message, a typed one asked for again. One that
is almost a known region is questioned, and refused by no one: AWS adds regions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws_values import arns, regions
from aws_mfa.aws_values.codes import doubt_about_key_id, doubt_about_secret
from aws_mfa.errors import BadInput, UnknownKey, Unreachable
from aws_mfa.prompt.providers import until_good
from aws_mfa.setup.questions import asked_line, says_yes

if TYPE_CHECKING:
    from aws_mfa.aws.endpoints import EndpointSettings
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import Identity, LongTermKeys
    from aws_mfa.prompt.providers import Terminal
    from aws_mfa.setup.questions import Answers

# The answer -> the partition, and its name for people.
_PARTITIONS = {"aws": ("aws", "the public regions"), "gov": ("aws-us-gov", "GovCloud"), "cn": ("aws-cn", "China")}


def usable_region(name: str | None, source: str, interfaces: Interfaces) -> str | None:
    """The region; None, with a message, if it cannot be one."""
    try:
        return regions.region_of_form(name, source=source) if name else None
    except BadInput as error:
        interfaces.say(f"{error.message}: it is not used")
        return None


def confirmed_region(name: str, source: str, answers: Answers, interfaces: Interfaces) -> str:
    """The region, or the known one that the user says they meant; with --yes, or without a person, a warning."""
    terminal, near = interfaces.terminal, regions.near_region(name)
    if near is None:
        return name
    if terminal.has_human and not answers.replaces:
        return near if says_yes(terminal, f"{regions.doubt_about(name, source)} [y/n] ") else name
    terminal.say(f"warning: {regions.doubt_about(name, source)}")
    return name


def verified(
    keys: LongTermKeys, answers: Answers, configured: str | None, endpoints: EndpointSettings, interfaces: Interfaces
) -> tuple[Identity | None, str]:
    """Whose the keys are, and a region of their partition; None if AWS is not reached, and a person agrees."""
    partition = arns.partition_of(answers.device or "")
    if answers.region:
        answers.region = confirmed_region(answers.region, "--region", answers, interfaces)
    given = answers.region or (regions.default_region(partition) if partition else None)
    environ, terminal = interfaces.environ, interfaces.terminal
    suggested = ((usable_region(environ.get(name), name, interfaces), name) for name in regions.REGION_VARIABLES)
    region, source = next(((name, source) for name, source in suggested if name), (configured, "the profile"))
    region = (
        given or (region and confirmed_region(region, source, answers, interfaces)) or regions.default_region("aws")
    )
    doubt = doubt_about_key_id(keys.access_key_id)
    for each in filter(None, (doubt, doubt_about_secret(keys.secret_access_key))):
        terminal.say(f"{each}; AWS is asked all the same")
    try:
        return interfaces.sts(region, endpoints).get_caller_identity(keys), region
    except UnknownKey as error:
        if given is not None or doubt is not None:  # a mistyped id is no reason to ask in another partition
            raise
        region = _other_partition(error, region, terminal)
    except Unreachable as error:
        terminal.say(f"AWS cannot be asked whether the keys are valid: {error.message}")
        if terminal.has_human and not says_yes(terminal, "Store them unverified? [y/n] "):
            raise
        return None, region
    return interfaces.sts(region, endpoints).get_caller_identity(keys), region


def region_to_store(
    answers: Answers, configured: str | None, likely: str, partition: str | None, interfaces: Interfaces
) -> str:
    """The flag's region, the profile's, or the one that is asked for; never one of another partition."""
    if answers.region:
        regions.check_region_of_keys(answers.region, partition, source="--region")
        return answers.region
    terminal = interfaces.terminal
    if configured is not None and not (terminal.has_human and regions.near_region(configured)):
        try:
            regions.check_region_of_keys(configured, partition, source=interfaces.config.path)
        except BadInput as error:
            interfaces.say(f"{error.message}: it is not used")
        else:
            return configured
    if not regions.is_in(likely, partition):
        likely = regions.default_region(partition or "")

    def ask() -> str:
        if answer := terminal.ask(f"Region [{likely}]: ").strip():
            regions.known_region(answer, source="the answer")
            answer = confirmed_region(answer, "the answer", answers, interfaces)
            regions.check_region_of_keys(answer, partition, source="the answer")
        return answer or likely

    return asked_line(ask, "region", terminal) if terminal.has_human or terminal.lines_left() else likely


def _other_partition(error: UnknownKey, region: str, terminal: Terminal) -> str:
    """A region of the partition that a person names: a mistyped key must not be sent to all partitions."""
    asked = regions.partition_of_region(region).name
    others = {answer: partition for answer, (partition, _) in _PARTITIONS.items() if partition != asked}
    if not terminal.has_human:
        theirs = " or ".join(map(regions.default_region, others.values()))
        hint = f"keys of another partition: name a region of theirs, {theirs}, by --region or AWS_REGION"
        raise UnknownKey(error.message, *error.hints, hint) from None
    terminal.say(error.message)
    places = ", of ".join(f"{_PARTITIONS[answer][1]} ({answer})" for answer in others)

    def ask() -> str | None:
        answer = terminal.ask(f"Are they keys of {places}, or neither? [neither]: ").strip().lower()
        if answer not in (*others, "", "neither", "n", "no"):
            raise BadInput(f"the answer is one of: {', '.join(others)}, neither")
        return others.get(answer)

    if (partition := until_good(ask, terminal)) is None:
        raise error
    return regions.default_region(partition)
