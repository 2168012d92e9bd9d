"""
Planning ten thousand role profiles: `make_plan` in this process, and the whole `aws-mfa plan --all --json`.

Once with no session stored, once with each role's session in its section of the credentials file, once with each in
the session cache. Files are read from the disk; no question is asked and no request is sent. Between runs botocore
loads the same files: the ratio is of CPU time, the median of the rounds' pairs. POSIX only.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import paired
import stage

sys.path.insert(0, os.path.join(stage.ROOT, "src"))

from botocore.session import Session as BotocoreSession  # the yardstick

from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.config.edit import with_all_changes
from aws_mfa.model import Secret, Session
from aws_mfa.renewal.make_plan import make_plan
from aws_mfa.renewal.request import RenewalRequest
from aws_mfa.sessions.file_section import section_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.renewal.plan import Plan

PROFILES = 10_000
ROUNDS = 7
# The memory store is a tmpfs, if the system has one that every user may write to.
IN_MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
DEVICE = "arn:aws:iam::123456789012:mfa/ann"
KEYS = stage.long_term_section("ann", "AKIA" + "A" * 16, "s" * 40, DEVICE)
ROLE = """[profile account-{number}]
aws_mfa_role_arn = {role_arn}
aws_mfa_source_profile = ann
region = eu-central-1
{more}
"""
FOR_SDKS = "credential_process = aws-mfa credential-process account-{number}\n"


def role_arn_of(number: int) -> str:
    """A role in an account of its own."""
    return f"arn:aws:iam::{number:012}:role/Admin"


def write_files(home: str, *, in_cache: bool) -> None:
    """The two files, without any session."""
    stage.write_credentials(home, KEYS)
    more = FOR_SDKS if in_cache else ""
    with open(os.path.join(home, ".aws", "config"), "w", encoding="utf-8") as file:
        file.writelines(
            ROLE.format(number=number, role_arn=role_arn_of(number), more=more.format(number=number))
            for number in range(PROFILES)
        )


def planned_in(env: Mapping[str, str]) -> Plan:
    """Plan everything of that home."""
    return make_plan(RenewalRequest(None, vault="file", use_keychain=False), RealInterfaces(environ=env))


def store_sessions(env: Mapping[str, str], *, in_file: bool) -> None:
    """Put a good session of each role into the credentials file, or into the session cache."""
    interfaces = RealInterfaces(environ=env)
    ends_at = time.time() + 3600
    changes = {}
    for step in planned_in(env).steps:
        if step.request.role_arn:
            session = Session("ASIA" + "A" * 16, Secret("s" * 40), Secret("t" * 400), ends_at, step.request.role_arn)
            changes[step.label] = section_of(session, step.inputs)
            if not in_file:
                interfaces.session_cache.store(step.label, step.inputs, session)
    if in_file:
        interfaces.credentials.update(lambda text: with_all_changes(text, changes))


def planning_s(env: Mapping[str, str], reused: int) -> tuple[float, float]:
    """Plan once: seconds by the clock, and of CPU time; SystemExit if the plan is not the expected one."""
    usual = gc.get_threshold()
    gc.set_threshold(50_000)  # as every command does (cli/main.py)
    began, cpu_began = time.perf_counter(), time.process_time()
    plan = planned_in(env)
    seconds = time.perf_counter() - began, time.process_time() - cpu_began
    gc.set_threshold(*usual)
    if len(plan.reused) != reused or len(plan.of_profile) != PROFILES + 1:
        raise SystemExit(f"{len(plan.of_profile)} planned, {len(plan.reused)} sessions reused: {reused} expected")
    return seconds


def botocore_cpu_s(env: Mapping[str, str]) -> float:
    """CPU time of one load of the same files by botocore."""
    os.environ["AWS_CONFIG_FILE"] = os.path.join(env["HOME"], ".aws", "config")
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.path.join(env["HOME"], ".aws", "credentials")
    began = time.process_time()
    found = BotocoreSession().full_config
    seconds = time.process_time() - began
    assert len(found["profiles"]) > PROFILES
    return seconds


def measured(name: str, env: Mapping[str, str], *, reused: int) -> str:
    """One row: medians of only the planning and of the whole command."""
    planning, ratios, command = [], [], []
    for _ in range(ROUNDS):
        base_s = botocore_cpu_s(env)
        gc.collect()
        seconds, cpu_s = planning_s(env, reused)
        planning.append(seconds)
        ratios.append(cpu_s / base_s)
        gc.collect()  # or the next round would carry this one's ten thousand profiles
        began = time.perf_counter()
        cost = paired.cost(paired.Run([stage.AWS_MFA, "plan", "--all", "--json", "--no-keychain"], env))
        command.append((time.perf_counter() - began, cost.peak_bytes))
    whole = statistics.median(seconds for seconds, _ in command)
    peak = max(peak_bytes for _, peak_bytes in command) / paired.MIB
    spread = f"({min(planning):.2f}..{max(planning):.2f})"
    beside = f"{statistics.median(ratios):5.2f} ({min(ratios):.2f}..{max(ratios):.2f})"
    return (
        f"{name:<38} {statistics.median(planning):5.2f} s {spread:>12}   {beside:<19} {whole:5.2f} s, {peak:4.0f} MiB"
    )


def main() -> None:
    """One table."""
    stage.install()
    print(f"{PROFILES} profiles{'':<24} planning itself        botocore's load = 1   aws-mfa plan --all --json")
    for name, in_file, in_cache in (
        ("no session stored", False, False),
        ("each session in the credentials file", True, False),
        ("each session in the session cache", False, True),
    ):
        with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory(dir=IN_MEMORY) as runtime:
            write_files(home, in_cache=in_cache)
            env = stage.environment(home, XDG_RUNTIME_DIR=runtime)
            if in_file or in_cache:
                store_sessions(env, in_file=in_file)
            print(measured(name, env, reused=PROFILES if in_file or in_cache else 0), flush=True)


if __name__ == "__main__":
    main()
