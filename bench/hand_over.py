"""
Handing over a good session: `credential-process work` from each store, and `exec work -- true`, against bare Python.

As SDKs find it: an earlier run stored the session, and nothing has changed since; or a server hands it out at a unix
socket. `true` is also measured without aws-mfa, because `exec` becomes it. In the last rows a flag forces a new plan,
which shows what the fast path saves.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING

import paired
import stage
from aws_mfa_practice import PracticeAws
from cold_path import gnome_keyring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROUNDS = 31
ROUNDS_OF_THE_SLOW = 15
ASK_FOR_IT = [stage.AWS_MFA, "credential-process", "work"]
ASK_FOR_A_USERS = [stage.AWS_MFA, "credential-process", "home"]
AGENT = {"CLAUDECODE": "1"}
RULE = "aws_mfa_agent = read-only\n"
# What tells the row -> the command, and its further variables.
NARROW: dict[str, tuple[list[str], dict[str, str]]] = {
    "an agent's, of a role": (ASK_FOR_IT, AGENT),
    "an agent's, of a user": (ASK_FOR_A_USERS, AGENT),
    "--read-only, of a role": ([*ASK_FOR_IT, "--read-only"], {}),
    "--read-only, of a user": ([*ASK_FOR_A_USERS, "--read-only"], {}),
}
TRUE = shutil.which("true") or "/bin/true"
SETTLED_S = 0.3
IN_MEMORY = "/dev/shm"


class Homes:
    """Homes with a role profile `work` in a config of some size, and a session of it that one store holds."""

    def __init__(self, aws: PracticeAws, folder: str) -> None:
        self._aws = aws
        self._folder = folder

    def with_session(self, store: str, **variables: str) -> dict[str, str]:
        """The environment of a home in which the next plain request is answered by its fingerprint."""
        home = os.path.join(self._folder, store)
        user = self._aws.account.add_user(f"ann-{store}")
        phone = user.add_device()
        role = self._aws.account.add_role(f"work-{store}", trusts=user, mfa=True)
        keys = user.keys
        section = stage.long_term_section("home", keys.access_key_id, keys.secret_access_key, phone.serial)
        stage.write_credentials(home, section)
        with open(os.path.join(home, ".aws", "config"), "w", encoding="utf-8") as config:
            config.write(f"[profile work]\nrole_arn = {role.arn}\nsource_profile = home\nmfa_serial = {phone.serial}\n")
            config.write(f"{RULE}[profile home]\nmfa_serial = {phone.serial}\n{RULE}")
        environment = {
            **stage.environment(home, AWS_ENDPOINT_URL_STS=self._aws.url, AWS_MFA_VAULT="file"),
            **variables,
            "HOME": home,
            "AWS_MFA_SESSION_STORE": store,
        }
        time.sleep(SETTLED_S)
        runs = [([*ASK_FOR_IT, "--token", phone.code()], {}), (ASK_FOR_IT, {}), *NARROW.values()]
        for argv, more in runs:
            subprocess.run(argv, env={**environment, **more}, stdout=subprocess.DEVNULL, check=True)
        return environment


def fast_rows(name: str, environment: Mapping[str, str]) -> list[paired.Command]:
    """An SDK's question, and a command."""
    return [
        paired.always(f"credential-process, {name}", ASK_FOR_IT, environment),
        paired.always(f"exec -- true, {name}", [stage.AWS_MFA, "exec", "work", "--", TRUE], environment),
    ]


@contextlib.contextmanager
def socket_row(environment: Mapping[str, str], folder: str) -> Iterator[paired.Command]:
    """An SDK's question to `aws-mfa serve --socket`, which runs while inside."""
    path = os.path.join(folder, "socket")
    command = [stage.AWS_MFA, "serve", "work", "--no-input", "--socket", path]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            assert server.stdout is not None
            server.stdout.readline()
            asked = [stage.AWS_MFA, "credential-process", "--from", path, "work"]
            yield paired.always("credential-process --from, a socket", asked, environment)
        finally:
            server.terminate()


def main() -> None:
    """Print two tables: the fast path over many rounds, the slow paths over fewer."""
    stage.install()
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory(dir=IN_MEMORY) as runtime,
        gnome_keyring() as keychain,
        PracticeAws() as aws,
    ):
        homes = Homes(aws, folder)
        memory = homes.with_session("memory", XDG_RUNTIME_DIR=runtime)
        plain = homes.with_session("plain")
        base = paired.always("bare Python", stage.BARE_PYTHON, plain)
        with socket_row(plain, runtime) as from_socket:
            rows = [
                paired.always("true without aws-mfa", [TRUE], plain),
                *fast_rows("memory", memory),
                *fast_rows("plain", plain),
                from_socket,
            ]
            rows += [paired.always(f"{name}, plain", argv, {**plain, **more}) for name, (argv, more) in NARROW.items()]
            print(paired.table(paired.compare([base, *rows], rounds=ROUNDS)))
        slow = [paired.always("credential-process, planned anew", [*ASK_FOR_IT, "--min-remaining", "15m"], plain)]
        if keychain is not None:
            sealed = homes.with_session("sealed", **{name: keychain[name] for name in keychain if name != "PYTHONPATH"})
            slow += fast_rows("sealed, gnome-keyring", sealed)
        print(paired.table(paired.compare([base, *slow], rounds=ROUNDS_OF_THE_SLOW)))


if __name__ == "__main__":
    main()
