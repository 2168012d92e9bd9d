"""
`aws-mfa demo`: the whole job against a practice AWS on loopback, without an account and without a question.

Runs the real commands as processes of their own, in a throwaway home with a vault of its own. Nothing of the user's
(home, keychain, variables, network) is touched; secrets are masked in what is shown.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from aws_mfa.errors import AwsMfaError
from aws_mfa_practice import PracticeAws

if TYPE_CHECKING:
    import argparse

    from aws_mfa.interfaces import Interfaces
    from aws_mfa_practice.account import User
    from aws_mfa_practice.totp import Device

HELP = """\
Show the whole job without an AWS account and without a question: a practice
AWS on this machine, a throwaway home with its own vault, set-up, a code from
a practice phone, the session, a real SDK call, a renewal."""

_PROFILE = "demo"
_SECRET_KEYS = ("aws_secret_access_key", "aws_session_token", "aws_security_token")
_QUESTIONS = ("aws_secret_access_key: ", "seconds):")
_SDK_CALL = (
    f"from botocore.session import Session; sts = Session(profile={_PROFILE!r}).create_client('sts'); "
    "print(sts.get_caller_identity()['Arn'])"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose."""
    del parser


def run(args: argparse.Namespace, interfaces: Interfaces) -> int:
    """Play it; 0 when every step did what it should."""
    del args, interfaces
    with tempfile.TemporaryDirectory(prefix="aws-mfa-demo-", ignore_cleanup_errors=True) as home, PracticeAws() as aws:
        ann = aws.account.add_user("ann")
        stage = _Stage(home, aws.url)
        _play(stage, ann, ann.add_device())
    _show("\nThat was all: the throwaway home and the practice AWS are gone. For real: aws-mfa setup")
    return 0


def _play(stage: _Stage, ann: User, phone: Device) -> None:
    _show(f"A practice AWS answers on this machine; it knows the user {ann.arn} and her phone.")
    _show("\n1. Store her long-term keys, in the vault of the throwaway home (here: age), never in a plain file.")
    key = ann.keys
    flags = ["--profile", _PROFILE, "--access-key-id", key.access_key_id]
    stage.aws_mfa("setup", *flags, answer=key.secret_access_key, shown="(hidden)")
    _show("\n2. Type the code of her phone once.")
    code = phone.code()
    stage.aws_mfa("--profile", _PROFILE, answer=code, shown=code)
    _show("\n3. The session lies where every SDK looks; the long-term keys are not in the file.")
    stage.show_credentials()
    _show("\n4. A real SDK (botocore) uses the profile: AWS says who it is.")
    stage.sdk_call()
    _show("\n5. The next hours: nothing to type.")
    stage.aws_mfa("--profile", _PROFILE)
    _show("\n6. Renew early, with the phone's next code.")
    code = phone.unused_code()
    stage.aws_mfa("--profile", _PROFILE, "--force", answer=code, shown=code)
    stage.sdk_call()


class _Stage:
    """The throwaway home, and the processes that run in it."""

    def __init__(self, home: str, url: str) -> None:
        self._credentials = os.path.join(home, ".aws", "credentials")
        self._environ = _clean_environ()
        self._environ.update(HOME=home, USERPROFILE=home, AWS_ENDPOINT_URL=url, AWS_EC2_METADATA_DISABLED="true")
        self._environ.update(AWS_MFA_VAULT="age", AWS_MFA_AGE_PASSPHRASE_COMMAND=_passphrase_command(home))

    def aws_mfa(self, *words: str, answer: str = "", shown: str = "") -> None:
        """Run a command of ours with the answer on a pipe, and show what it says."""
        _show(f"$ aws-mfa {shlex.join(words)}")
        self._run([sys.executable, "-m", "aws_mfa", *words], answer, shown)

    def sdk_call(self) -> None:
        """Ask STS who the profile is, as any program would."""
        _show(f'$ python -c "{_SDK_CALL}"')
        self._run([sys.executable, "-c", _SDK_CALL])

    def show_credentials(self) -> None:
        """The credentials file, secrets masked."""
        _show("$ cat ~/.aws/credentials")
        with open(self._credentials, encoding="utf-8") as file:
            for line in file.read().splitlines():
                key, equals, value = line.partition(" = ")
                masked = f"{value[:4]}...(masked)" if key in _SECRET_KEYS else value
                _show(f"    {key}{equals}{masked}")

    def _run(self, command: list[str], answer: str = "", shown: str = "") -> None:
        ended = subprocess.run(  # noqa: S603  # our own command, no shell
            command,
            input=f"{answer}\n",
            env=self._environ,
            cwd=self._environ["HOME"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        for line in _with_answer(ended.stdout + ended.stderr, shown).splitlines():
            _show(f"    {line}")
        if ended.returncode != 0:
            raise AwsMfaError(f"the demo failed: the command above ended with {ended.returncode}")


def _with_answer(talk: str, shown: str) -> str:
    """Put the answer behind its question, where a terminal would show it; down a pipe it leaves no trace."""
    for question in _QUESTIONS:
        talk = talk.replace(question, f"{question}{shown}\n")
    return talk


def _clean_environ() -> dict[str, str]:
    """This process's variables without any that would lead out of the demo."""
    leading_out = ("AWS_", "MFA_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "PYTHONWARNINGS")
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(leading_out)}


def _passphrase_command(home: str) -> str:
    """Write an invented passphrase into the throwaway home; the command that prints it."""
    path = os.path.join(home, "passphrase")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(os.urandom(16).hex())
    return shlex.join([sys.executable, "-c", f"print(open({path!r}).read())"])


def _show(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # the demo is for reading
