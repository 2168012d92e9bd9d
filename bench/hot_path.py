"""
The hot path, a session that is still good, as in most runs: CPU time and peak memory against bare Python and 0.0.12.

No run here asks AWS, a keychain or a person. The big file has 10 000 other profiles before the one that is used.
"""

from __future__ import annotations

import os
import tempfile
import time

import paired
import stage
from aws_mfa.cli.wiring import RealInterfaces
from aws_mfa.model import Secret, Session
from aws_mfa.vaults.choice import with_note

ROUNDS = 31
ROUNDS_OF_THE_SLOW = 7
PROMPT = [stage.AWS_MFA, "status", "--prompt"]
PROFILES = 10_000
DEVICE = "arn:aws:iam::123456789012:mfa/ann"
ORDINARY_FLAGS = [
    "--profile", "work", "--device", DEVICE, "--duration", "43200",
    "--long-term-suffix", "long-term", "--short-term-suffix", "none", "--log-level", "INFO",
]  # fmt: skip


def credentials(further_profiles: int) -> str:
    """The sections of `default` and `work`, each with its long-term keys, after the other profiles."""
    ours = "".join(
        stage.long_term_section(name, "AKIA" + "A" * 16, "s" * 40, DEVICE) + stage.session_section(name)
        for name in ("default", "work")
    )
    return stage.many_profiles(further_profiles) + ours


def home_with_vault(home: str) -> str:
    """A home whose long-term keys are in a keychain: the note of set-up says so, and the file has a session."""
    stage.write_credentials(home, stage.session_section("default"))
    folder = os.path.join(home, ".aws", "mfa")
    os.mkdir(folder, 0o700)
    with open(os.path.join(folder, "known-keys"), "w", encoding="utf-8") as notes:
        notes.write(with_note("", "default-long-term", "keychain", "AKIA" + "A" * 16))
    return home


def stored_session(home: str) -> dict[str, str]:
    """The environment of a home whose role `work` has a session in the store `plain`."""
    stage.write_credentials(home, stage.long_term_section("default", "AKIA" + "A" * 16, "s" * 40, DEVICE))
    env = stage.environment(home, AWS_PROFILE="work", AWS_MFA_SESSION_STORE="plain")
    session = Session("ASIA" + "A" * 16, Secret("s" * 40), Secret("t" * 400), time.time() + 3600)
    assert RealInterfaces(environ=env).session_cache.store("work", {}, session)
    return env


def main() -> None:
    """Print two tables: this project over many rounds, 0.0.12 over few, each beside bare Python."""
    stage.install()
    with tempfile.TemporaryDirectory() as folder:
        homes = {count: os.path.join(folder, str(count)) for count in (0, PROFILES)}
        for count, home in homes.items():
            stage.write_credentials(home, credentials(count))
        small, big = (stage.environment(home) for home in homes.values())
        vaulted = stage.environment(home_with_vault(os.path.join(folder, "vaulted")))
        base = paired.always("bare Python", stage.BARE_PYTHON, small)
        ours = [
            paired.always("aws-mfa", [stage.AWS_MFA], small),
            paired.always("aws-mfa, keys in a vault", [stage.AWS_MFA], vaulted),
            paired.always("aws-mfa --profile work", [stage.AWS_MFA, "--profile", "work"], small),
            paired.always("aws-mfa, ordinary flags", [stage.AWS_MFA, *ORDINARY_FLAGS], small),
            paired.always("aws-mfa, 10 000 profiles", [stage.AWS_MFA], big),
            paired.always("status --prompt", PROMPT, {**small, "AWS_PROFILE": "work"}),
            paired.always("status --prompt, stored", PROMPT, stored_session(os.path.join(folder, "stored"))),
            paired.always("status --prompt, 10 000 profiles", PROMPT, {**big, "AWS_PROFILE": "work"}),
        ]
        with open(os.path.join(homes[0], ".aws", "config"), "w", encoding="utf-8") as config:
            config.write("".join(f"[profile 'team {number}']\nregion = {stage.REGION}\n" for number in range(20)))
        ours += [
            paired.always("completion profiles", [stage.AWS_MFA, "completion", "profiles"], small),
            paired.always("completion profiles, 10 000", [stage.AWS_MFA, "completion", "profiles"], big),
        ]
        print(paired.table(paired.compare([base, *ours], rounds=ROUNDS)))
        if stage.has_old_tool():
            theirs = [
                paired.always("0.0.12", [stage.OLD_TOOL], small),
                paired.always("0.0.12, 10 000 profiles", [stage.OLD_TOOL], big),
            ]
            print(paired.table(paired.compare([base, *theirs], rounds=ROUNDS_OF_THE_SLOW, warm_up=1)))


if __name__ == "__main__":
    main()
