"""
The cold path with a given code: `aws-mfa --token CODE`, from the start to the written file, against a practice AWS.

Over loopback http and TLS, with the keys in the file and in a real gnome-keyring (if one can be started). 0.0.12 gets
its code on standard input: it has no `--token`. Every run has its own user and device, because a code works once.
The practice AWS and the keychain are other processes or threads: only the tool's own CPU time counts.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING

import paired
import stage
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.vaults.keychain.vault import open_keychain
from aws_mfa_practice import PracticeAws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_mfa_practice.account import User
    from aws_mfa_practice.totp import Device

ROUNDS = 11


class Renewals:
    """Runs that renew a session at one practice AWS, each for a new user `user-N` with a profile of that name."""

    def __init__(self, aws: PracticeAws, folder: str, trusted: Mapping[str, str]) -> None:
        self._aws = aws
        self._folder = folder
        self._trusted = trusted
        self._numbers = itertools.count()

    def this_project(self) -> paired.Run:
        """This project, keys in the file."""
        name, user, phone = self._new_user()
        env = self._home_with_keys(name, user, phone)
        return paired.Run([stage.AWS_MFA, "--no-keychain", "--profile", name, "--token", phone.code()], env)

    def old_tool(self) -> paired.Run:
        """0.0.12."""
        name, user, phone = self._new_user()
        env = self._home_with_keys(name, user, phone)
        return paired.Run([stage.OLD_TOOL, "--profile", name], env, stdin=phone.code() + "\n")

    def this_project_with_keychain(self, environ: Mapping[str, str]) -> paired.Run:
        """This project, keys in the keychain of that environment, the device in the file."""
        name, user, phone = self._new_user()
        keys = LongTermKeys(user.keys.access_key_id, Secret(user.keys.secret_access_key))
        open_keychain(environ).store(f"{name}-long-term", keys)
        stage.write_credentials(environ["HOME"], f"[{name}-long-term]\naws_mfa_device = {phone.serial}\n")
        env = {**self._environment(environ["HOME"]), **_without(environ, "PYTHONPATH")}
        return paired.Run([stage.AWS_MFA, "--profile", name, "--token", phone.code()], env)

    def _new_user(self) -> tuple[str, User, Device]:
        name = f"user-{next(self._numbers)}"
        user = self._aws.account.add_user(name)
        return name, user, user.add_device()

    def _home_with_keys(self, name: str, user: User, phone: Device) -> dict[str, str]:
        home = os.path.join(self._folder, name)
        keys = user.keys
        section = stage.long_term_section(name, keys.access_key_id, keys.secret_access_key, phone.serial)
        stage.write_credentials(home, section)
        return self._environment(home)

    def _environment(self, home: str) -> dict[str, str]:
        return stage.environment(home, AWS_ENDPOINT_URL_STS=self._aws.url, **self._trusted)


def _without(environ: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in environ.items() if key != name}


@contextlib.contextmanager
def gnome_keyring() -> Iterator[Mapping[str, str] | None]:
    """The environment of a real gnome-keyring with its own bus; None if the machine has none."""
    if not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-daemon")):
        print("gnome-keyring is not there (`make real-parts` installs it): measured without it")
        yield None
        return
    sys.path.insert(0, os.path.join(stage.ROOT, "tests"))
    from real_keychains import a_gnome_keyring  # noqa: PLC0415  # brings pytest along, and is not needed everywhere

    with a_gnome_keyring() as session:
        yield session.environ


def compare(title: str, renewals: Renewals, keychain: Mapping[str, str] | None, folder: str) -> None:
    """One table."""
    base = paired.always("bare Python", stage.BARE_PYTHON, stage.environment(folder))
    commands = [base, paired.Command("aws-mfa --token, keys in the file", renewals.this_project)]
    if keychain is not None:
        held = keychain
        commands.append(
            paired.Command("aws-mfa --token, gnome-keyring", lambda: renewals.this_project_with_keychain(held))
        )
    if stage.has_old_tool():
        commands.append(paired.Command("0.0.12, keys in the file", renewals.old_tool))
    print(title)
    print(paired.table(paired.compare(commands, rounds=ROUNDS)))


def main() -> None:
    """Print a table for http, then one for TLS."""
    stage.install()
    with tempfile.TemporaryDirectory() as folder, gnome_keyring() as keychain:
        with PracticeAws() as aws:
            compare("http", Renewals(aws, os.path.join(folder, "http"), {}), keychain, folder)
        context, trusted = stage.certificate(folder)
        with PracticeAws(ssl_context=context) as aws:
            renewals = Renewals(aws, os.path.join(folder, "tls"), {"AWS_CA_BUNDLE": trusted})
            compare("TLS", renewals, keychain, folder)


if __name__ == "__main__":
    main()
