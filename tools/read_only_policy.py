"""
Makes the policy of `--read-only` for users without a role, and keeps what is written of it in step.

The tables of read_only_choices.py say what is wanted; the service models of the installed botocore say which IAM prefix
a service has, which actions a pattern matches, and what their answers show. An action is refused if its answer has a
member that the model marks as sensitive, or that is named like a secret, an environment, a parameter, an output, ...:
deny it there (DENIED), choose a narrower pattern (COVERED), or say why it is harmless (HARMLESS).

Without `--write` it only checks. A session policy has 2048 characters at most, and AWS refuses some shorter ones for
their packed size, so 1000 is the limit here.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import sys
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from botocore.loaders import Loader
from botocore.model import ServiceModel

from read_only_choices import COVERED, DENIED, HARMLESS, PAGING, PREFIXES, TELLING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from botocore.model import Shape

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODULE = os.path.join(ROOT, "src", "aws_mfa", "aws_values", "read_only.py")
PAGE = os.path.join(ROOT, "docs", "read-only.md")
MOST_CHARACTERS = 1000
LOADER = Loader()
MARK = "# Written by tools/read_only_policy.py, which `make format` runs; do not edit.\n"
BLOCK = re.compile(r"(<!-- written by tools/read_only_policy.py -->\n).*?(<!-- end -->)", re.DOTALL)


class Service(NamedTuple):
    """A service of the policy, and what the answers of each action that a pattern allows show."""

    title: str
    allowed: list[str]
    shown: dict[str, set[str]]


def main() -> int:
    """Return 0 if module and page are in step, or `--write` made them so; else print what to do and return 1."""
    services = [service_of(names.split(), patterns) for names, patterns in COVERED.items()]
    policy = policy_of(services)
    wrong = list(problems(services, policy))
    for path in (MODULE, PAGE):
        with open(path, encoding="utf-8") as file:
            written = file.read()
        text = module_with(policy, written) if path == MODULE else page_with(services, written)
        if not wrong and text != written and "--write" in sys.argv[1:]:
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        elif text != written:
            wrong.append(f"{os.path.relpath(path, ROOT)} is not what tools/read_only_policy.py makes: run make format")
    print("".join(f"{line}\n" for line in wrong), end="")
    return 1 if wrong else 0


def service_of(names: list[str], patterns: tuple[str, ...]) -> Service:
    models = [ServiceModel(LOADER.load_service_model(name, "service-2"), name) for name in names]
    prefix = prefix_of(models[0].metadata)
    allowed = [f"{prefix}:{pattern}" for pattern in patterns]
    shown: dict[str, set[str]] = {}
    for model in models:
        for name in model.operation_names:
            if is_among(f"{prefix_of(model.metadata)}:{name}", allowed):
                shape = model.operation_model(name).output_shape
                shown.setdefault(f"{prefix}:{name}", set()).update(telling(shape) if shape else ())
    return Service(models[0].metadata["serviceFullName"], allowed, shown)


def prefix_of(metadata: dict[str, str]) -> str:
    """IAM's prefix of a service's actions: the name that its requests are signed for."""
    name = metadata.get("signingName") or metadata["endpointPrefix"]
    return PREFIXES.get(name, name)


def is_among(action: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns matches, as IAM compares: without regard to case."""
    return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def telling(shape: Shape, above: tuple[str, ...] = ()) -> Iterator[str]:
    """The members of an answer, at any depth, that the model marks as sensitive or that have a telling name."""
    if shape.type_name == "structure" and shape.name not in above:
        for name, member in shape.members.items():
            inner = getattr(member, "value", getattr(member, "member", member))
            is_text = inner.type_name in {"string", "blob", "structure"}
            is_named = TELLING.fullmatch(name) and not PAGING.fullmatch(name)
            if is_text and (is_named or "sensitive" in member.metadata or "sensitive" in inner.metadata):
                yield name
            yield from telling(member, (*above, shape.name))
    elif shape.type_name in {"list", "map"}:
        yield from telling(getattr(shape, "value", None) or shape.member, above)


def policy_of(services: list[Service]) -> str:
    allowed = [pattern for service in services for pattern in service.allowed]
    # The name shows in CloudTrail; the history knows the policy by it, without loading this text.
    statements = [{"Sid": "AwsMfaReadOnly", "Effect": "Allow", "Action": allowed, "Resource": "*"}]
    statements += [{"Effect": "Deny", "Action": list(DENIED), "Resource": "*"}]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def problems(services: list[Service], policy: str) -> Iterator[str]:
    """What is wrong with the tables: an answer that tells too much, an entry without use, too many characters."""
    shown = {action: members for service in services for action, members in service.shown.items()}
    denied = {action for action in shown if is_among(action, DENIED)}
    told = {f"{action}.{member}" for action in shown.keys() - denied for member in shown[action]}
    yield from (f"an answer may show a secret: {one}" for one in sorted(told) if not is_among(one, HARMLESS))
    allowed = [pattern for service in services for pattern in service.allowed]
    telling_ones = {action for action in denied if shown[action]}
    for patterns, found in ((HARMLESS, told), (DENIED, telling_ones), (allowed, shown.keys() - denied)):
        without_use = [pattern for pattern in patterns if not any(is_among(one, [pattern]) for one in found)]
        yield from (f"tools/read_only_choices.py has an entry without use: {pattern}" for pattern in without_use)
    if len(policy) > MOST_CHARACTERS:
        yield f"the policy has {len(policy)} characters: {MOST_CHARACTERS} at most"


def module_with(policy: str, text: str) -> str:
    """The module, with the policy behind its mark, in lines that fit."""
    lines = textwrap.wrap(policy.replace(",", ", "), 110, break_long_words=False, break_on_hyphens=False)
    strings = "".join(f"    {line.replace(', ', ',')!r}\n" for line in lines)
    return f"{text.partition(MARK)[0]}{MARK}READ_ONLY = (\n{strings})\n"


def page_with(services: list[Service], text: str) -> str:
    """The page, with three tables and the policy."""
    tables = {
        "| service | actions |": [(one.title, ", ".join(f"`{each}`" for each in one.allowed)) for one in services],
        "| refused | because an answer has |": [(f"`{pattern}`", why) for pattern, why in DENIED.items()],
        "| action and member | why it is allowed |": [(f"`{pattern}`", why) for pattern, why in HARMLESS.items()],
    }
    blocks = ["\n".join((head, "|---|---|", *(f"| {a} | {b} |" for a, b in rows))) for head, rows in tables.items()]
    made = iter((*blocks, f"```json\n{json.dumps(json.loads(policy_of(services)), indent=2)}\n```"))
    return BLOCK.sub(lambda match: f"{match[1]}\n{next(made)}\n\n{match[2]}", text)


if __name__ == "__main__":
    sys.exit(main())
