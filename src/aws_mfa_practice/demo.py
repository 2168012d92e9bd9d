"""
The demo: set-up, codes, sessions and SDK calls of aws-mfa against a practice AWS, without any question.

Runs the commands as separate processes, in a throwaway home with its own vault. The user's home, keychain, variables
and network are not touched; printed secrets are masked.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
from typing import TYPE_CHECKING

from aws_mfa_practice.aws import PracticeAws

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PROFILE = "demo"
_SECRET_KEYS = ("aws_secret_access_key", "aws_session_token", "aws_security_token")
_QUESTIONS = ("aws_secret_access_key: ", "seconds):")
_SDK_CALL = "from botocore.session import Session; print(Session().create_client('sts').get_caller_identity()['Arn'])"
_ROLES = (("dev", "Developer"), ("prod", "Reader"))
_ROLE = """\

[profile {name}]
role_arn = {role_arn}
source_profile = demo
region = eu-central-1
"""


class DemoFailed(Exception):
    """A command of the demo ended with another code than 0; the message says which."""


def play(aws_mfa: Sequence[str], python: str | None, joined: Callable[[Sequence[str]], str]) -> None:
    """
    Run every step in order; raises `DemoFailed`.

    `aws_mfa` is the command that starts it; `python` runs the SDK, None if there is none (a build in one file);
    `joined` writes a command as one line for this system's shell.
    """
    with tempfile.TemporaryDirectory(prefix="aws-mfa-demo-", ignore_cleanup_errors=True) as home, PracticeAws() as aws:
        ann = aws.account.add_user("ann")
        phone, stage = ann.add_device(), _Stage(home, aws.url, aws_mfa, python, joined)
        _show(f"A practice AWS runs on this machine; it has the user {ann.arn} and their phone.")
        _show("\n1. Store their long-term keys in the vault of the throwaway home (here: age), never in a plain file.")
        flags = ["--profile", _PROFILE, "--access-key-id", ann.keys.access_key_id]
        stage.aws_mfa("setup", *flags, answer=ann.keys.secret_access_key, shown="(hidden)")
        _show("\n2. Type the code of their phone once.")
        code = phone.code()
        stage.aws_mfa("--profile", _PROFILE, answer=code, shown=code)
        _show("\n3. The session is where every SDK looks; the long-term keys are not in the file.")
        stage.show_credentials()
        _show("\n4. A real SDK (botocore) uses the profile, and AWS answers whose session it is.")
        stage.sdk_call(_PROFILE)
        _show("\n5. Two roles in other accounts, both of which demand MFA: the same code is enough for them.")
        stage.add_roles({name: aws.add_account().add_role(role, trusts=ann, mfa=True).arn for name, role in _ROLES})
        for name, _ in _ROLES:
            stage.exec_sdk_call(name)
        _show("\n6. For the next hours there is nothing to type.")
        stage.aws_mfa("--profile", _PROFILE)
    _show("\nThat was all; the throwaway home and the practice AWS are removed. To start for real: aws-mfa setup")
    _show("For an IDE that uses the profile of a role: aws-mfa adopt prod")


class _Stage:
    """The throwaway home, and the processes that run in it."""

    def __init__(
        self, home: str, url: str, aws_mfa: Sequence[str], python: str | None, joined: Callable[[Sequence[str]], str]
    ) -> None:
        self._aws_mfa, self._python, self._joined = aws_mfa, python, joined
        self._credentials = os.path.join(home, ".aws", "credentials")
        # Variables that would lead the processes out of the demo are left out.
        leading_out = ("AWS_", "MFA_", "XDG_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "PYTHONWARNINGS")
        self._environ = {name: text for name, text in os.environ.items() if not name.upper().startswith(leading_out)}
        self._environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))  # the order in which we search
        self._environ.update(HOME=home, USERPROFILE=home, AWS_ENDPOINT_URL=url, AWS_EC2_METADATA_DISABLED="true")
        path = os.path.join(home, "passphrase")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(os.urandom(16).hex())
        shown = joined(["cmd", "/c", "type", path] if os.name == "nt" else ["cat", path])
        self._environ.update(AWS_MFA_VAULT="age", AWS_MFA_AGE_PASSPHRASE_COMMAND=shown)
        # Sessions too stay in the throwaway home, not in the runtime folder or keychain of the user.
        self._environ.update(AWS_MFA_SESSION_STORE="plain")

    def aws_mfa(self, *words: str, answer: str = "", shown: str = "") -> None:
        """Run an aws-mfa command with the answer on a pipe, and print its output; `shown` replaces the answer."""
        _show(f"$ aws-mfa {self._joined(words)}")
        self._run([*self._aws_mfa, *words], answer, shown)

    def add_roles(self, arns: dict[str, str]) -> None:
        """Append a profile for each role to the config, and print them."""
        profiles = "".join(_ROLE.format(name=name, role_arn=arn) for name, arn in arns.items())
        _show("$ cat >> ~/.aws/config")
        _show(textwrap.indent(profiles, "    ").strip("\n"))
        with open(os.path.join(self._environ["HOME"], ".aws", "config"), "a", encoding="utf-8") as file:
            file.write(profiles)

    def sdk_call(self, profile: str) -> None:
        _show(f'$ AWS_PROFILE={profile} python -c "{_SDK_CALL}"')
        if self._python is None:
            _show("    (left out: this build of aws-mfa has no Python to run an SDK with)")
        else:
            self._run([self._python, "-c", _SDK_CALL], AWS_PROFILE=profile)

    def exec_sdk_call(self, profile: str) -> None:
        plan = [*self._aws_mfa, "plan", profile]
        child, shown = ([self._python, "-c", _SDK_CALL], 'python -c "..."') if self._python else (plan, "aws-mfa plan")
        _show(f"$ aws-mfa exec {profile} -- {shown}")
        self._run([*self._aws_mfa, "exec", profile, "--", *child])

    def show_credentials(self) -> None:
        _show("$ cat ~/.aws/credentials")
        with open(self._credentials, encoding="utf-8") as file:
            for line in file.read().splitlines():
                key, equals, value = line.partition(" = ")
                masked = f"{value[:4]}...(masked)" if key in _SECRET_KEYS else value
                _show(f"    {key}{equals}{masked}")

    def _run(self, command: list[str], answer: str = "", shown: str = "", **variables: str) -> None:
        ended = subprocess.run(  # noqa: S603  # the commands above, no shell
            command,
            input=f"{answer}\n",
            env=self._environ | variables,
            cwd=self._environ["HOME"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        text = ended.stdout + ended.stderr
        for question in _QUESTIONS:  # a terminal would show the answer after its question; a pipe does not
            text = text.replace(question, f"{question}{shown}\n")
        for line in text.splitlines():
            _show(f"    {line}")
        if ended.returncode != 0:
            raise DemoFailed(f"the demo failed: the command above ended with {ended.returncode}")


def _show(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # the demo is for reading
