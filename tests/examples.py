"""
How many examples a property is tried with.

`EXAMPLES=20` caps it: `make unit` is run at every save, `make test` and CI try them all.
"""

from __future__ import annotations

import os

from hypothesis import settings

USUAL = 100
MOST = int(os.environ.get("EXAMPLES") or 1_000_000)


def examples(number: int) -> settings:
    """Settings for so many examples, or fewer where they are capped."""
    return settings(max_examples=min(number, MOST))
