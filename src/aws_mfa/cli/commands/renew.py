"""`aws-mfa renew`: sessions for many profiles with as few codes as AWS allows; progress bar, table and warnings."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_mfa.aws_values.text import duration_text, shown_text
from aws_mfa.cli import options
from aws_mfa.cli.output import print_failures, print_lines, unexpected
from aws_mfa.cli.render import failure_lines, outcome_rows, outcomes_json, table
from aws_mfa.command_lines import quote
from aws_mfa.config.settings import hidden_by
from aws_mfa.errors import HINT, AwsMfaError, NeedsHuman
from aws_mfa.renewal.calls import exit_code_of, renew_many, unseen
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.plan import summary
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.renewal.write import IN_CACHE, NOWHERE
from aws_mfa.sessions.freshness import MARGIN_S

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from aws_mfa.interfaces import Interfaces
    from aws_mfa.renewal.calls import Outcome

HELP = """\
Renew the sessions of many profiles: one MFA code is enough for all roles of up
to one hour; a longer role needs its own code. Roles are assumed side by side,
and the credentials file is written once. `aws-mfa plan` shows the calls first.

The code comes from --token; from standard input, if it is a pipe (one a line);
else from the first of these that is available: mfa_process of the profile, a
YubiKey, the terminal, a dialog. `aws-mfa code` answers from another terminal."""

_BAR_AFTER_S = 1.0  # calls that end sooner need no bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_plan_arguments(parser)
    parser.add_argument("--json", action="store_true", help="for programs: one JSON document")
    options.add_code_arguments(parser)
    options.add_overlay_arguments(parser)
    options.add_vault_arguments(parser)


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Plan, ask, renew, show a table; 5 if AWS refused any."""
    token = options.code_given(args, interfaces)
    request = options.plan_request(args, interfaces)
    planned = make_plan(request, interfaces)
    for line in planned.every_notice:
        interfaces.say(line)
    if len(planned.codes) > 1:
        interfaces.say(summary(planned))
    show = shown_calls if sys.stderr.isatty() and not args.json else unseen
    outcomes = renew_many(planned, interfaces, token=token, show=show)
    for line in (*shortcomings(outcomes, request, interfaces.now()), *hidden_by(interfaces.environ)):
        interfaces.say(line)
    failures = {one.profile: one.error for one in outcomes if one.error is not None}
    waiting = [name for name, error in failures.items() if isinstance(error, NeedsHuman)]
    command = replace(request, profiles=waiting).renew_command()
    for name in waiting:
        failures[name].command = command
    print_lines((outcomes_json(outcomes) if args.json else _text(outcomes, interfaces.now())).splitlines())
    exit_code = exit_code_of(outcomes)
    if waiting and interfaces.reading_agent and not args.json_errors:
        interfaces.say(f"aws-mfa: {', '.join(waiting)}: an MFA code is needed: ask the user to run: {command}")
    return print_failures(failures, exit_code) if failures and args.json_errors else exit_code


def renewed(profile: str, interfaces: Interfaces, *, anew: bool) -> list[str]:
    """Renew one profile as the command does, `anew` as with --force; what there is to say, also if it failed."""
    request = RenewalRequest([profile], min_remaining_s=60.0, forced=anew)
    try:
        planned = make_plan(request, interfaces)
        outcomes = renew_many(planned, interfaces, token=None)
    except KeyboardInterrupt:
        return [f"{profile}: cancelled"]
    except Exception as error:  # noqa: BLE001  # as in `main`: it is reported, and the caller goes on
        return failure_lines({profile: error if isinstance(error, AwsMfaError) else unexpected(error)})
    now = interfaces.now()
    lines = failure_lines({one.profile: one.error for one in outcomes if one.error is not None})
    if not lines:
        lines = [f"{name}: {state} until {until}, {place}" for name, state, until, place in outcome_rows(outcomes, now)]
    return [*lines, *shortcomings(outcomes, request, now), *planned.every_notice]


@contextmanager
def shown_calls(count: int) -> Iterator[Callable[[], None]]:
    """Show a bar from the first call that ends after a second; yields what to call after each call."""
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        sys.stderr.write(f"no progress bar: it needs rich: {quote(sys.executable)} -m pip install rich\n")
        yield lambda: None
        return
    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task("assuming roles", total=count)

    def done() -> None:
        bar.advance(task)
        if (bar.tasks[task].elapsed or 0.0) > _BAR_AFTER_S:
            with suppress(RuntimeError):  # the bar needs a thread of its own, and the system has none left
                bar.start()

    try:
        yield done
    finally:
        if bar.live.is_started:
            bar.stop()


def shortcomings(outcomes: list[Outcome], request: RenewalRequest, now: float) -> list[str]:
    """Warnings about sessions that are less than what was asked for: shorter, not narrowed for SDKs, or not stored."""
    lines = []
    for one in [one for one in outcomes if one.error is None]:
        left_s = (one.expires_at or now) - now
        if left_s < (request.min_remaining_s or 0.0) - MARGIN_S:
            lines.append(f"{one.profile}: only {duration_text(left_s)} left, less than asked (duration_seconds)")
        is_wide = one.is_hidden_from_sdks or (one.place == IN_CACHE and not one.is_narrow)
        if (request.overlay or one.is_narrow) and is_wide:
            lines.append(f"{one.profile}: warning: SDKs still get the whole role, they assume it again")
        if one.place == NOWHERE:
            lines.append(f"{one.profile}: the session is not stored (AWS_MFA_SESSION_STORE)")
    return lines


def _text(outcomes: list[Outcome], now: float) -> str:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    text = table(["profile", "session", "until", "where"], outcome_rows(outcomes, now), width)
    lines = failure_lines({outcome.profile: outcome.error for outcome in outcomes if outcome.error is not None})
    hidden = [quote(outcome.profile) for outcome in outcomes if outcome.is_hidden_from_sdks and not outcome.error]
    if hidden:
        what = "SDKs assume these roles themselves, because they see role_arn"
        lines.append(f"{HINT}{what}: aws-mfa adopt {' '.join(hidden)}")
    return text + "".join(f"{shown_text(line)}\n" for line in lines)
