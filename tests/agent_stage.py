"""
The stage of agents: every exit of aws-mfa, run in this process against the practice AWS as an agent or a person.

`take` runs one exit and returns what it handed over; the fast path is tried first, as by the console script. Instead of
a command's process, `exec` records the environment that it would get, and asks its endpoint as an SDK does; `serve`
ends after its first answers.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import shlex
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest import mock

import botocore.session

import aws_mfa
from aws_mfa.cli.fast import session as fast
from aws_mfa.cli.main import main
from aws_mfa.cli.start import _fast_text
from aws_mfa.config.ini import sections
from aws_mfa.errors import AwsMfaError
from aws_mfa.handover.environment import ENDPOINT, SESSION
from aws_mfa.handover.serve import Served
from aws_mfa.prompt.terminal import FunctionProvider
from aws_mfa.sessions import watch
from aws_mfa.system.child import ChildProcess
from aws_mfa_practice.callers import Caller
from aws_mfa_practice.keys import Session
from aws_mfa_practice.refusals import Refusal
from aws_mfa_practice.session_policies import require_permission
from classic_stage import ClassicStage

LIST, CREATE, USER = "iam:ListAccessKeys", "iam:CreateAccessKey", "iam:GetUser"
FILE = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}]}'
SETTINGS = ("same", "read-only", "refuse", "agents.json")
USERS, ROLES = "work", "dev"
_LABELS = ("RoleSessionName", "ScopedSessionDescription", "Name")
_LOADER = botocore.session.create_loader()


@dataclass
class Taken:
    """How a run ended, the sessions that it handed over, and what it printed; `is_fast`: without a plan."""

    code: int
    sessions: list[Session]
    out: str = ""
    err: str = ""
    is_fast: bool = False
    requests: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)  # what CloudTrail shows of the sessions
    asked: int = 0

    @property
    def session(self) -> Session:
        (session,) = self.sessions
        assert self.code == 0, self
        return session


class AgentStage:
    """Ann's user profile `work` and role profile `dev`, both with this setting for agents, and her phone's answers."""

    def __init__(self, stage: ClassicStage, setting: str = "same", *, more: str = "", store: str = "plain") -> None:
        self.stage, self.aws, self.store, self.asked = stage, stage.aws, store, 0
        self.role = stage.aws.account.add_role("Developer", trusts=stage.ann, mfa=True)
        rule = f"aws_mfa_agent = {setting}\n{more}" if setting else more
        role = f"role_arn = {self.role.arn}\nsource_profile = {USERS}\n"
        stage.write(f"[profile {USERS}]\n{rule}[profile {ROLES}]\n{role}{rule}", stage.config)
        stage.write(stage.keys_section(USERS))
        stage.write(FILE, os.path.join(stage.home, ".aws", "agents.json"))
        self.environ = {**stage.environ, "AWS_MFA_SESSION_STORE": store}

    def answer(self, _question: str) -> str:
        self.asked += 1
        phone = self.stage.phone
        if len(phone.spent_windows) > 1:  # another secret, and so other codes: no test waits for the next one
            phone.seed, phone.spent_windows = secrets.token_bytes(40), set()
        return self.stage.code()

    def take(self, run: Callable[[AgentStage], Taken], **variables: str) -> Taken:
        """Run it with these variables; what AWS was asked meanwhile, and how often the phone, is in the result."""
        before, asked = len(self.aws.requests), self.asked
        patched = contextlib.ExitStack()
        ask, loader = (lambda *_, **__: [FunctionProvider(self.answer)]), (lambda *_: _LOADER)
        patched.enter_context(mock.patch.dict(os.environ, {**self.environ, **variables}, clear=True))
        patched.enter_context(mock.patch("aws_mfa.prompt.open.open_code_providers", ask))
        patched.enter_context(mock.patch("botocore.session.create_loader", loader))
        patched.enter_context(mock.patch("sys.stdin", io.StringIO()))
        patched.enter_context(mock.patch.object(fast, "_opened", []))  # as in another process
        # Files that were just written count as settled: else no fingerprint is written.
        later = SimpleNamespace(time_ns=lambda: time.time_ns() + 3_000_000_000)
        patched.enter_context(mock.patch.object(watch, "time", later))
        with patched:
            taken = run(self)
        # While the code is typed, AWS is asked whose the keys are.
        sent = [one for one in self.aws.requests[before:] if one.action != "GetCallerIdentity"]
        taken.requests = [record.action or "?" for record in sent]
        taken.labels = [record.parameters[name] for record in sent for name in _LABELS if name in record.parameters]
        taken.asked = self.asked - asked
        return taken

    def issued(self, key_id: str, secret: str, token: str) -> Session:
        """The session as AWS knows it; fails unless these are its credentials."""
        session = self.aws.sessions[key_id]
        assert (session.secret_access_key, session.session_token) == (secret, token)
        return session

    def issued_in(self, document: Mapping[str, Any], *names: str) -> list[Session]:
        return [self.issued(*(document[name] for name in names))]

    def in_file(self) -> list[Session]:
        """The sessions that SDKs find in the credentials file."""
        found = [one.values() for one in sections(self.stage.read(), where="")]
        return [
            self.issued(values["aws_access_key_id"], values["aws_secret_access_key"], values["aws_session_token"])
            for values in found
            if "aws_session_token" in values
        ]


def may(session: Session, action: str) -> bool:
    """Whether AWS allows it to the session, by its policies."""
    try:
        require_permission(Caller(session.principal, session), action)
    except Refusal:
        return False
    return True


def command(stage: AgentStage, *argv: str) -> Taken:
    """A command line, as the console script runs it; `sessions` are those that a command below it would get."""
    out, err, found = io.StringIO(), io.StringIO(), list[Mapping[str, str]]()

    def become(*arguments: Any) -> int:  # noqa: ANN401  # of a method, and of a function
        found.append(arguments[-1])
        return 0

    def ask_when_needed(served: Served, *_: object) -> None:
        if argv[0] == "serve":
            of_profiles = map(served.endpoint.settings_for, served.renewals.profiles)
            sessions.extend(session for one in of_profiles for session in _answered(one, stage))

    def run(_: ChildProcess, _words: list[str], environ: Mapping[str, str]) -> int:
        sessions.extend(_answered(environ, stage))
        return 0

    sessions: list[Session] = []
    with (
        mock.patch.object(ChildProcess, "become", become),
        mock.patch.object(fast, "become", become),
        mock.patch.object(ChildProcess, "run", run),
        mock.patch.object(Served, "ask_when_needed", ask_when_needed),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        text = _fast_text(list(argv))
        is_fast = text is not None or bool(found)
        try:
            code = 0 if is_fast else main(list(argv))
        except SystemExit as leaving:
            code = int(leaving.code or 0)
    sessions += [session for environ in found for session in stage.issued_in(environ, *SESSION[:3])]
    return Taken(code, sessions, text or out.getvalue(), err.getvalue(), is_fast)


def _answered(environ: Mapping[str, str], stage: AgentStage) -> Iterator[Session]:
    """What the endpoint answers to an SDK with this environment, or to the program of this setting."""
    if "credential_process" in environ:
        words = shlex.split(environ["credential_process"])
        yield from _document(stage, *words[words.index("credential-process") + 1 :]).sessions
        return
    uri, token_file = (environ[name] for name in ENDPOINT)
    with open(token_file, encoding="ascii") as file:
        request = urllib.request.Request(uri, headers={"Authorization": file.read()})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        yield from stage.issued_in(json.load(answer), "AccessKeyId", "SecretAccessKey", "Token")


# The exits: each takes profile and flags, and returns what runs it.
Exit = Callable[..., Callable[[AgentStage], Taken]]


def exec_(profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    return lambda stage: command(stage, "exec", profile, *flags, "--", sys.executable)


def exec_server(profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    return exec_(profile, *flags, "--server")


def env(profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    def run(stage: AgentStage) -> Taken:
        taken = command(stage, "env", profile, "--shell", "json", *flags)
        taken.sessions = stage.issued_in(json.loads(taken.out), *SESSION[:3]) if taken.code == 0 else []
        return taken

    return run


def credential_process(profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    return lambda stage: _document(stage, profile, *flags)


def _document(stage: AgentStage, *arguments: str) -> Taken:
    taken = command(stage, "credential-process", *arguments)
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    taken.sessions = stage.issued_in(json.loads(taken.out), *names) if taken.out else []
    return taken


def serve(profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    return lambda stage: command(stage, "serve", profile, "--shell", "json", *flags)


def serve_socket(profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    """And `credential-process --from`, which asks it."""
    return lambda stage: serve(profile, "--socket", os.path.join(stage.stage.home, "socket"), *flags)(stage)


def console(profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    def run(stage: AgentStage) -> Taken:
        before = len(stage.aws.requests)
        taken = command(stage, "console", profile, "--print-url", *flags)
        sent = [json.loads(one.parameters.get("Session", "{}")) for one in stage.aws.requests[before:]]
        names = ("sessionId", "sessionKey", "sessionToken")
        taken.sessions = [session for one in sent if one for session in stage.issued_in(one, *names)]
        return taken

    return run


def python(get: Callable[..., Any], profile: str, **wishes: Any) -> Callable[[AgentStage], Taken]:  # noqa: ANN401  # as the API takes them
    def run(stage: AgentStage) -> Taken:
        err = io.StringIO()
        try:
            with contextlib.redirect_stderr(err):
                found = get(profile, ask=stage.answer, **wishes)
        except AwsMfaError as error:
            return Taken(error.exit_code, [], "", f"{error.message}\n")
        found = found.get_credentials() if hasattr(found, "get_credentials") else found
        frozen = found.get_frozen_credentials()
        return Taken(0, [stage.issued(frozen.access_key, frozen.secret_key, frozen.token)], "", err.getvalue())

    return run


def _flags_of_python(flags: tuple[str, ...]) -> dict[str, str]:
    return {"agent": flags[1]} if flags else {}


def python_credentials(profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    return python(aws_mfa.credentials, profile, **_flags_of_python(flags))


def python_boto3(profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    return python(aws_mfa.boto3_session, profile, **_flags_of_python(flags))


def writing(*argv: str) -> Callable[[AgentStage], Taken]:
    """What writes sessions into the file hands over all that the file has then."""

    def run(stage: AgentStage) -> Taken:
        taken = command(stage, *argv)
        taken.sessions = stage.in_file()
        return taken

    return run


def renew(profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    return writing("renew", profile, *flags)


def renew_all(_profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    return writing("renew", "--all", *flags)


def classic(profile: str, *flags: str) -> Callable[[AgentStage], Taken]:
    """It knows no role profiles: the user's, with the role's ARN."""

    def run(stage: AgentStage) -> Taken:
        role = ["--assume-role", stage.role.arn] if profile == ROLES else []
        return writing("--profile", USERS, *role, *flags)(stage)

    return run


EXITS: dict[str, Exit] = {
    "exec": exec_,
    "exec --server": exec_server,
    "env": env,
    "credential-process": credential_process,
    "serve": serve,
    **({} if os.name == "nt" else {"serve --socket": serve_socket}),
    "console": console,
    "python credentials": python_credentials,
    "python boto3_session": python_boto3,
    "renew": renew,
    "renew --all": renew_all,
    "classic": classic,
}
WRITE_FOR_EVERYONE = ("renew", "renew --all", "classic")
HAVE_A_FAST_PATH = ("exec", "credential-process")
