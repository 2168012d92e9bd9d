"""
The console script's entry: the quick path first, the full path only where it is needed.

This is the seam of the hot path: what one of the ways needs and the others do not is imported inside a function, on
purpose.
"""

from __future__ import annotations

import os
import sys

_CANCELLED = 130


def start() -> int:
    """Answer and leave, or go the full way; the exit code."""
    argv = sys.argv[1:]
    try:
        text = _quick_text(argv)
        if text is not None:
            _leave(text)
        from aws_mfa.cli.main import main
    except KeyboardInterrupt:
        return _CANCELLED  # while it loads: later `main` itself answers
    return main(argv)


def _quick_text(argv: list[str]) -> str | None:
    """What is printed where the quick path knows it; does not return where it becomes a command."""
    if not argv or argv[0].startswith("-"):
        from aws_mfa.cli.fast.answer import quick_answer

        return quick_answer(argv, os.environ)
    if argv[0] == "credential-process":
        from aws_mfa.cli.fast.session import quick_document

        return quick_document(argv, os.environ)
    if argv[0] == "exec":
        from aws_mfa.cli.fast.session import become_command

        become_command(argv, os.environ)
    return None


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
    except OSError as error:
        try:
            if not isinstance(error, BrokenPipeError) and sys.stderr is not None:
                sys.stderr.write(f"aws-mfa: standard output: {error.strerror}\n")
        finally:
            os._exit(1)
    os._exit(0)
