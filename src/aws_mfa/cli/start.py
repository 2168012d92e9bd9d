"""
The console script's entry: the quick answer first, the full path only where it is needed.

This is the seam of the hot path: the one import of `cli.main` stands inside a function, on purpose.
"""

from __future__ import annotations

import os
import sys

from aws_mfa.cli.quick_answer import quick_answer

_CANCELLED = 130


def start() -> int:
    """Answer and leave, or go the full way; the exit code."""
    argv = sys.argv[1:]
    text = quick_answer(argv, os.environ)
    if text is not None:
        _leave(text)
    try:
        from aws_mfa.cli.main import main
    except KeyboardInterrupt:
        return _CANCELLED  # while it loads: later `main` itself answers
    return main(argv)


def _leave(text: str) -> None:
    """
    End without tearing the interpreter down: nothing is open, and it saves a seventh of the run.

    Returns where stdout is closed or cannot spell the text: the full path knows what to do then.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (AttributeError, UnicodeError):
        return
    except OSError:
        os._exit(1)
    os._exit(0)
