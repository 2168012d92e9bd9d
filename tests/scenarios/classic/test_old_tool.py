"""
0.0.12 itself against the practice AWS: what the proofs of compatibility are based on.

And the proof that each tool accepts the file of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from aws_mfa.config.ini import section_values
from aws_mfa_practice import PracticeAws, PracticeClock
from classic_stage import ClassicStage, Ended
from old_tool import OldTool

STILL_VALID = "INFO - Your credentials are still valid for "


@pytest.fixture
def stage(home: str) -> Iterator[ClassicStage]:
    """The clock of AWS and of the phone does not run: three codes in a row are good however long the runs take."""
    with PracticeAws(clock=PracticeClock()) as aws:
        yield ClassicStage(home, aws)


@pytest.fixture
def old(stage: ClassicStage, old_tool: Callable[[str], OldTool]) -> OldTool:
    """0.0.12 in the home of the stage."""
    return old_tool(stage.aws.url)


@pytest.fixture(params=["MFA session", "role", "suffixes"])
def flags(request: pytest.FixtureRequest, stage: ClassicStage) -> list[str]:
    """The same flags for both tools."""
    role = stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    if request.param == "role":
        return ["--assume-role", role.arn]
    return ["--long-suffix", "long-term", "--short-term-suffix", "mfa"] if request.param == "suffixes" else []


@pytest.mark.real
def test_old_tool_renews_once_and_then_finds_its_session_valid(stage: ClassicStage, old: OldTool) -> None:
    first, again = old.run(typed=f"{stage.code()}\n"), old.run()
    assert first.returncode == 0, first.stderr
    assert "Success! Your credentials will expire in 43200 seconds" in first.stderr + first.stdout
    assert "Your credentials are still valid for" in again.stderr + again.stdout


@pytest.mark.real
def test_file_of_the_old_tool_is_accepted_as_it_is(stage: ClassicStage, old: OldTool, flags: list[str]) -> None:
    renewed = old.run(*flags, typed=f"{stage.code()}\n")
    assert renewed.returncode == 0, renewed.stderr
    before = stage.state()
    stage.aws.requests.clear()
    ended = stage.run(*flags)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1].startswith(STILL_VALID)
    assert mode_repaired(ended)
    assert (stage.state(), stage.sent()) == (before, [])


@pytest.mark.real
def test_our_file_is_accepted_by_the_old_tool(stage: ClassicStage, old: OldTool, flags: list[str]) -> None:
    assert stage.run(*flags, stdin=f"{stage.code()}\n").code == 0
    before = stage.state()
    stage.aws.requests.clear()
    ended = old.run(*flags)
    assert ended.returncode == 0, ended.stderr
    assert STILL_VALID in ended.stdout
    assert (stage.state(), stage.sent()) == (before, [])


@pytest.mark.real
def test_both_write_the_same_keys_in_the_same_order(stage: ClassicStage, old: OldTool, flags: list[str]) -> None:
    """Except the one that aws-mfa adds at the end: the moment in RFC 3339."""
    name = "default-mfa" if "mfa" in flags else "default"
    assert old.run(*flags, typed=f"{stage.code()}\n").returncode == 0
    theirs = stage.section(name)
    stage.write(stage.keys_section())
    assert stage.run(*flags, stdin=f"{stage.code()}\n").code == 0
    ours = stage.section(name)
    assert list(ours) == [*theirs, "x_security_token_expires"]
    constant = [key for key in theirs if key.startswith("assumed_role")]
    assert [ours[key] for key in constant] == [theirs[key] for key in constant]
    assert len(ours["expiration"]) == len(theirs["expiration"])


@pytest.mark.real
def test_each_renews_the_session_of_the_other(stage: ClassicStage, old: OldTool) -> None:
    assert stage.run(stdin=f"{stage.code()}\n").code == 0
    assert old.run("--force", typed=f"{stage.code()}\n").returncode == 0
    theirs = stage.section()
    assert stage.run("--force", stdin=f"{stage.code()}\n").code == 0
    ours = stage.section()
    assert theirs["aws_access_key_id"] != ours["aws_access_key_id"]
    # The moment in RFC 3339 is ours: after a renewal by the old tool it is stale, after ours it is right again.
    assert ours["x_security_token_expires"] == ours["expiration"].replace(" ", "T") + "Z"
    assert section_values(stage.read(), "default-long-term") is not None
    assert stage.run().out.splitlines()[-1].startswith(STILL_VALID)


@pytest.mark.real
def test_both_print_the_same_beginnings(stage: ClassicStage, old: OldTool) -> None:
    """Every line of 0.0.12 is the beginning of one of ours, on stdout, in the same order (section 6)."""
    role = stage.aws.account.add_role("Admin", trusts=stage.ann, mfa=True)
    stage.write(stage.keys_section() + stage.session_section(left_s=-5))
    cases: list[tuple[str, ...]] = [
        ("--duration", "900"),
        ("--force",),
        ("--assume-role", role.arn),
        ("--profile", "unknown"),
        ("--log-level", "ERROR"),
    ]
    file = stage.read()
    for case in cases:
        code = stage.wrong_code()
        theirs = old.run(*case, typed=f"{code}\n")
        assert stage.read() == file
        ours = stage.run(*case, stdin=f"{code}\n")
        assert (ours.code, theirs.returncode) == (1, 1)
        assert missing_beginnings(theirs.stdout, ours.out) == [], f"{case}\n{theirs.stdout}\n{ours.out}"


def missing_beginnings(theirs: str, ours: str) -> list[str]:
    """Lines of 0.0.12 that no line of aws-mfa begins with, without AWS's own words, which 0.0.12 prints unchanged."""
    lines = ours.splitlines()
    wanted = [line.rstrip().replace("with assumed role: ", "with assumed role ") for line in theirs.splitlines()]
    return [
        line for line in wanted if "An error occured" not in line and not any(our.startswith(line) for our in lines)
    ]


def mode_repaired(ended: Ended) -> bool:
    """0.0.12 keeps the mode that the file had: ours found nothing to repair."""
    return "could be read by others" not in ended.out
