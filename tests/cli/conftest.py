"""The stage of the classic form: a fresh home and a practice AWS for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_mfa_practice import PracticeAws
from classic_stage import ClassicStage

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.fixture
def stage(home: str) -> Generator[ClassicStage]:
    """Ann, her phone and her keys in `~/.aws/credentials`."""
    with PracticeAws() as aws:
        yield ClassicStage(home, aws)
