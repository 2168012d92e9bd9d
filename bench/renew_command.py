"""
The whole command, `aws-mfa renew --all --token CODE`, with 100 and 1 000 roles: from start to the end of the process.

The practice AWS answers over TLS, 50 ms late, from a separate process. The config file has a role profile for each
role, with hidden keys; the long-term keys are in the credentials file. Sessions go to their sections there, or, if
a profile has `credential_process`, to the session cache in memory. It is compared with a loop over one boto3 client,
of which only the calls are measured, once. POSIX only.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import paired
import stage
from many_roles import COUNTS, Taken, line, measured, served

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUNDS = 5
# The memory store is a tmpfs, if the system has one that every user may write to.
IN_MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
ROLE = """[profile {name}]
aws_mfa_role_arn = {role_arn}
aws_mfa_source_profile = {user}
region = {region}
"""
FOR_SDKS = "credential_process = aws-mfa credential-process {name}\n"


class Row(NamedTuple):
    """Where the sessions go."""

    name: str
    in_cache: bool
    is_second: bool = False


ROWS = (
    Row("aws-mfa renew --all, to the file", in_cache=False),
    Row("  again, all still good", in_cache=False, is_second=True),
    Row("aws-mfa renew --all, to the cache", in_cache=True),
    Row("  again, all still good", in_cache=True, is_second=True),
)


def home_of(aws: Mapping[str, Any], folder: str, *, in_cache: bool) -> str:
    """Make a home for this user; return its path."""
    home = os.path.join(folder, aws["user"])
    key_id, secret = aws["long_term"]
    stage.write_credentials(home, stage.long_term_section(aws["user"], key_id, secret, aws["device"]))
    profile = ROLE + FOR_SDKS if in_cache else ROLE
    with open(os.path.join(home, ".aws", "config"), "w", encoding="utf-8") as file:
        for number, role_arn in enumerate(aws["roles"]):
            name = f"account-{number}"
            file.write(profile.format(name=name, role_arn=role_arn, user=aws["user"], region=stage.REGION) + "\n")
    return home


def renewed(argv: list[str], env: Mapping[str, str]) -> Taken:
    """One run, with the start of Python."""
    began = time.monotonic()
    cost = paired.cost(paired.Run(argv, env))
    return Taken(time.monotonic() - began, cost.peak_bytes)


def run_twice(aws: Mapping[str, Any], *, in_cache: bool) -> tuple[Taken, Taken]:
    """Renew everything of this user, and at once a second time; SystemExit if sessions are missing."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir=IN_MEMORY) as runtime:
        home = home_of(aws, folder, in_cache=in_cache)
        trusted = {"AWS_ENDPOINT_URL_STS": aws["url"], "AWS_CA_BUNDLE": aws["trusted"]}
        env = stage.environment(home, XDG_RUNTIME_DIR=runtime, **trusted)
        command = [stage.AWS_MFA, "renew", "--all", "--no-keychain"]
        first = renewed([*command, "--token", aws["code"]], env)
        second = renewed([*command, "--no-input"], env)
        if stored_in(home, runtime, in_cache=in_cache) != len(aws["roles"]):
            raise SystemExit("not every role has its session")
        return first, second


def stored_in(home: str, runtime: str, *, in_cache: bool) -> int:
    """How many role sessions there are."""
    if in_cache:
        return sum(name.startswith("session-account-") for name in os.listdir(os.path.join(runtime, "aws-mfa")))
    with open(os.path.join(home, ".aws", "credentials"), encoding="utf-8") as file:
        return file.read().count("assumed_role_arn = ")


def compare(count: int) -> None:
    """One table."""
    runs: dict[Row, list[Taken]] = {row: [] for row in ROWS}
    with served(count) as new_user:
        loop = measured(new_user(), "loop.py")
        for _ in range(ROUNDS):
            for in_cache in (False, True):
                both = run_twice(json.loads(new_user()), in_cache=in_cache)
                for row in ROWS:
                    if row.in_cache is in_cache:
                        runs[row].append(both[row.is_second])
    print(f"{count} roles")
    print(line("  one boto3 client, one by one", [loop], loop.seconds))
    for row, taken in runs.items():
        print(line(f"  {row.name}", taken, loop.seconds))


def main() -> None:
    """Print the tables for 100 and 1 000 roles."""
    stage.install()
    for count in COUNTS:
        compare(count)


if __name__ == "__main__":
    main()
