"""
`aws-mfa doctor`: every problem that can be seen from here, the gravest first, and what could not be looked at.

It changes nothing: files are read through interfaces that leave them as they are, no code is asked for, and a locked
keychain stays locked. What may take long is bounded, and then named as not checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError
from aws_mfa.system.threads import NoAnswer, answer_within
from aws_mfa.vaults.choice import choose_vault, noted_vault
from aws_mfa.vaults.lookup import KnownProfiles
from aws_mfa.views import checks_of_files as of_files
from aws_mfa.views import checks_of_machine as of_machine
from aws_mfa.views.checks_of_files import WHY, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aws_mfa.interfaces import Interfaces

LIMIT_S = 5.0  # all checks that may take long are made side by side


@dataclass
class Diagnosis:
    """`not_checked`: what could not be looked at, and why."""

    findings: list[Finding] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    not_checked: dict[str, str] = field(default_factory=dict)

    def look(self, what: str, check: Callable[[], Iterable[Finding]]) -> None:
        try:
            self.findings += answer_within(LIMIT_S, lambda: list(check()), on_delay=lambda: None)
            self.checked.append(what)
        except NoAnswer:
            self.not_checked[what] = f"no answer within {LIMIT_S:g} s"
        except AwsMfaError as error:
            self.not_checked[what] = error.message


def diagnose(interfaces: Interfaces) -> Diagnosis:
    """Make all checks; those of files need no network."""
    found, quiet = Diagnosis(), interfaces.replaced(looks_only=True)
    found.look("permissions", lambda: of_files.open_files(quiet))
    found.look("variables", lambda: of_files.hiding_variables(quiet.environ))
    found.look("PATH", lambda: of_machine.two_programs(quiet.environ))
    found.look("files", lambda: of_files.unreadable_files(quiet))
    if any(one.check == "unreadable file" for one in found.findings):
        found.not_checked["profiles, keychain, clock and keys"] = "a file cannot be read"
    else:
        _look_at_profiles(found, KnownProfiles(quiet), quiet)
    order = list(WHY)
    found.checked = sorted({*found.checked} - {*found.not_checked})
    found.findings = sorted(dict.fromkeys(found.findings), key=lambda one: order.index(one.check))
    return found


def _look_at_profiles(found: Diagnosis, known: KnownProfiles, quiet: Interfaces) -> None:
    """The checks that need readable files. A keychain that does not work is a problem only if it is to hold keys."""
    names = sorted(one for one in known.noted_sections if noted_vault(known.notes, one) == "keychain")
    slow: dict[str, Callable[[], Iterable[Finding]]] = {
        "adopted lines": lambda: of_machine.adopted_lines(known, quiet),
        "AWS CLI": lambda: of_machine.old_aws_cli(known, quiet),
        "keychain": lambda: of_machine.keychain(names, quiet),
        "clock": lambda: of_machine.clock(known, quiet),
    }
    quiet.side_by_side([partial(found.look, what, check) for what, check in slow.items()], lambda: None)
    if why := found.not_checked.pop("keychain", None):
        found.findings.append(Finding("keychain", f"the keychain: {why}", "unlock it, or restart its service"))
        quiet = quiet.replaced(looks_only=True, without_keychain=True)
    choice = choose_vault(None, quiet.environ, None)
    if not names and not (choice.explicit and choice.name == "keychain"):
        for one in [one for one in found.findings if one.check == "keychain"]:
            found.findings.remove(one)
            found.not_checked["keychain"] = one.what
    found.look("keys", lambda: (*of_files.plain_keys(known, quiet), *of_files.old_keys(known, quiet)))
    found.look("values", lambda: (*of_files.odd_values(known), *of_files.odd_profiles(known)))
    found.look("settings", lambda: of_files.unknown_settings(known))
    found.look("agents", lambda: of_files.sessions_for_agents(known, quiet.environ, quiet.now()))
    later: dict[str, str] = {}
    found.look("profiles", lambda: of_machine.profiles(known, quiet, later))
    found.not_checked |= later
