"""The journal of rotations: what is written is read, and what is left to do is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.errors import BrokenFile
from aws_mfa.vaults.journal import (
    GOING_BACK,
    INACTIVE,
    SWITCHED,
    Place,
    Rotation,
    reminders,
    rotations_in,
    with_grace,
    with_rotation,
    without_rotation,
)
from fakes import ANN, NOW

DAY_S = 86400.0
BEGUN = Rotation("AKIAOLD1", ANN, "work", (Place("keychain", "work-long-term"), Place("config", "profile a b")), NOW)
OFF_SINCE = "inactive key ...OLD1 of work since 2026-11-22"
OFF = replace(BEGUN, state=INACTIVE, new_id="AKIANEW2", inactive_at=NOW)


@given(
    st.builds(
        replace,
        st.just(BEGUN),
        state=st.sampled_from((SWITCHED, INACTIVE, GOING_BACK)),
        new_id=st.just("AKIANEW2"),
        inactive_at=st.just(NOW),
        grace_s=st.sampled_from((None, 0.0, 7 * DAY_S)),
    )
)
def test_what_is_written_is_read(rotation: Rotation) -> None:
    text = with_rotation(with_rotation("", BEGUN), rotation)
    assert rotations_in(text) == [rotation]
    assert rotations_in(with_grace(text, rotation.old_id, 3.0)) == [replace(rotation, grace_s=3.0)]
    assert with_grace(without_rotation(text, rotation.old_id), rotation.old_id, 3.0) == ""


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("place 1 = keychain work-long-term\n", ""),
        ("place 2 = config profile a b\n", ""),
        ("place 1 = keychain", "place 1 = pass"),
        ("new_access_key_id = AKIANEW2\n", ""),
        ("AKIANEW2", "AKIAOLD1"),
        ("inactive_at = 2026-11-22T06:03:19Z\n", ""),
        ("grace_s = 604800", f"grace_s = {'9' * 15}"),
        ("started_at = 2026", "started_at = x"),
        ("state = inactive", "state = of mind"),
        ("profile = work\n", ""),
        (f"user = {ANN}\n", ""),
    ],
)
def test_an_entry_that_is_not_as_it_was_written_is_refused(line: str, instead: str) -> None:
    text = with_rotation("", replace(OFF, grace_s=7 * DAY_S))
    assert text.count(line) == 1
    with pytest.raises(BrokenFile, match=r"key \.\.\.OLD1 in ~/.aws/mfa/rotations is not as"):
        rotations_in(text.replace(line, instead))


@pytest.mark.parametrize(
    ("rotation", "line"),
    [
        (
            BEGUN,
            "the rotation of key ...OLD1 of work is not over: aws-mfa rotate --resume, or aws-mfa rotate --rollback",
        ),
        (
            OFF,
            (
                "inactive key ...OLD1 of work since 2026-11-22, to be deleted once nothing else needs it: "
                "aws-mfa rotate --resume --delete"
            ),
        ),
        (
            replace(OFF, grace_s=7 * DAY_S),
            f"{OFF_SINCE}, to be deleted on 2026-11-29 (then run: aws-mfa rotate --resume)",
        ),
        (
            replace(OFF, grace_s=0.0),
            "inactive key ...OLD1 of work since 2026-11-22, to be deleted now: aws-mfa rotate --resume",
        ),
    ],
)
def test_each_rotation_that_is_not_over_has_a_line_with_its_command(rotation: Rotation, line: str) -> None:
    other = replace(BEGUN, old_id="AKIAOLD3", started_at=NOW + 1)
    assert reminders(with_rotation(with_rotation("", other), rotation), NOW)[0] == line
    assert reminders("", NOW) == []
