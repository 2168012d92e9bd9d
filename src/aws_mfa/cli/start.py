"""
The console script's entry: the quick answer first, the full path only where it is needed.

This is the seam of the hot path: the one import of `cli.main` stands inside a function, on purpose.
"""

from __future__ import annotations

import os
import sys

from aws_mfa.cli.quick_answer import quick_answer


def start() -> int:
    """Answer and leave, or go the full way; the exit code."""
    argv = sys.argv[1:]
    text = quick_answer(argv, os.environ)
    if text is not None:
        _leave(text)
    from aws_mfa.cli.main import main

    return main(argv)


def _leave(text: str) -> None:
    """End without tearing the interpreter down: nothing is open, and it saves a seventh of the run."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(1)
    os._exit(0)
