"""
Ten thousand profiles in the config file: read one, list all, follow all to their keys; compared with botocore.

Everything runs in this process, alternating; the table shows medians and the range of the ratios. botocore cannot
read one profile: each of its questions first loads both files.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import stage

sys.path.insert(0, os.path.join(stage.ROOT, "src"))

from botocore.session import Session  # the yardstick

from aws_mfa.config.chains import chain_of
from aws_mfa.config.profiles import AwsProfiles

if TYPE_CHECKING:
    from collections.abc import Callable

PROFILES = 10_000
ROUNDS = 7
ROLE = """[profile team-{number}]
role_arn = arn:aws:iam::{number:012}:role/Admin
source_profile = work
mfa_serial = arn:aws:iam::123456789012:mfa/ann
duration_seconds = 3600
region = eu-central-1

"""
CONFIG = "".join(ROLE.format(number=number) for number in range(PROFILES)) + "[profile work]\nregion = eu-central-1\n"
CREDENTIALS = "[work-long-term]\naws_mfa_device = arn:aws:iam::123456789012:mfa/ann\n"


def one_profile() -> None:
    found = AwsProfiles(CONFIG, CREDENTIALS).profile(f"team-{PROFILES // 2}")
    assert found is not None
    assert found.role_arn


def one_chain() -> None:
    chain = chain_of(f"team-{PROFILES // 2}", AwsProfiles(CONFIG, CREDENTIALS))
    assert chain.user.name == "work"


def all_names() -> None:
    assert len(AwsProfiles(CONFIG, CREDENTIALS).names()) == PROFILES + 1


def every_profile() -> None:
    assert sum(1 for _ in AwsProfiles(CONFIG, CREDENTIALS).all_profiles()) == PROFILES + 1


def every_chain() -> None:
    profiles = AwsProfiles(CONFIG, CREDENTIALS)
    for name in profiles.names():
        chain_of(name, profiles)


def botocore_load() -> None:
    assert len(Session().full_config["profiles"]) == PROFILES + 2


def measured(questions: list[tuple[str, Callable[[], None]]]) -> dict[str, list[float]]:
    """Seconds of each round; the questions alternate."""
    taken: dict[str, list[float]] = {name: [] for name, _ in questions}
    for _ in range(ROUNDS):
        for name, ask in questions:
            started = time.perf_counter()
            ask()
            taken[name].append(time.perf_counter() - started)
    return taken


def main() -> None:
    """One table."""
    with tempfile.TemporaryDirectory() as folder:
        for variable, text in (("AWS_CONFIG_FILE", CONFIG), ("AWS_SHARED_CREDENTIALS_FILE", CREDENTIALS)):
            os.environ[variable] = os.path.join(folder, variable)
            with open(os.environ[variable], "w", encoding="utf-8") as file:
                file.write(text)
        taken = measured([
            ("botocore: load", botocore_load),
            ("one profile", one_profile),
            ("one chain, checked", one_chain),
            ("all names", all_names),
            ("every profile", every_profile),
            ("every chain, checked", every_chain),
        ])  # fmt: skip
    base = taken["botocore: load"]
    print(f"{PROFILES} profiles             median    botocore's load takes (min..max)")
    for name, seconds in taken.items():
        ratios = [theirs / ours for theirs, ours in zip(base, seconds, strict=True)]
        median_ms = statistics.median(seconds) * 1000
        spread = f"{statistics.median(ratios):6.1f} times as long ({min(ratios):.1f}..{max(ratios):.1f})"
        print(f"{name:24} {median_ms:7.1f} ms   {spread}")


if __name__ == "__main__":
    main()
