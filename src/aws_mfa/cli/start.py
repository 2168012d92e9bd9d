"""
The console script's entry: tries `cli/fast` first, and runs `cli/main` only if that has no answer.

Each path's modules are imported inside a function, so that a run loads only what its own path needs.
"""

from __future__ import annotations

import os
import sys

_CANCELLED = 130
# Whoever has one of them may be an agent: `agents/caller` decides, and has the same names. They stand here because that
# module would cost each run of a person two hundredths.
AGENT_VARIABLES = (
    *("AWS_MFA_AGENT", "CLAUDECODE", "CODEX_THREAD_ID", "GEMINI_CLI", "KIRO_SESSION_ID", "OPENCODE"),
    *("ANTIGRAVITY_AGENT", "AMP_CURRENT_THREAD_ID", "PI_CODING_AGENT", "COPILOT_CLI", "CURSOR_AGENT", "AI_AGENT"),
)


def start() -> int:
    """Print the fast path's text and end the process, or run the full path; return the exit code."""
    _search_own_modules_first()
    if sys.flags.inspect and not sys.flags.interactive:
        _run_and_end(sys.argv[1:])  # does not return
    return _run(sys.argv[1:])


def _run_and_end(argv: list[str]) -> None:
    """Run, and leave no exit to the interpreter: with PYTHONINSPECT, meant for another program, it would not end."""
    import atexit

    try:
        code = _run(argv)
    except SystemExit as error:
        code = int(error.code or 0)
    atexit._run_exitfuncs()  # noqa: SLF001  # `os._exit` would skip them
    os._exit(code)


def _search_own_modules_first() -> None:
    """
    Move to the end of `sys.path` what others add: PYTHONPATH, and the folder of the script that started us.

    An SDK starts us with the environment of any Python program: its modules may be found (a keyring backend), but
    replace none of Python's, of this package or of its dependencies.
    """
    library = os.path.dirname(getattr(os, "__file__", ""))
    before = sys.path[: sys.path.index(library)] if library in sys.path else []
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    added = {*before, *os.environ.get("PYTHONPATH", "").split(os.pathsep)} - {library, own}
    sys.path.sort(key=added.__contains__)


def _run(argv: list[str]) -> int:
    try:
        text = _fast_text(argv)
        if text is not None:
            _print_and_exit(text)
        from aws_mfa.cli.main import main
    except KeyboardInterrupt:
        return _CANCELLED  # Ctrl-C while modules load: later `main` handles it
    return main(argv)


def _fast_text(argv: list[str]) -> str | None:
    """What the fast path prints, None if it has no answer; does not return if the process becomes a command."""
    if not argv or argv[0].startswith("-"):
        from aws_mfa.cli.fast.answer import fast_answer

        return fast_answer(argv, os.environ)
    if argv[0] == "credential-process" and argv[1:2] == ["--from"]:
        from aws_mfa.cli.fast.from_socket import fast_from_socket

        return fast_from_socket(argv)
    if argv[0] == "credential-process":
        from aws_mfa.cli.fast.session import fast_document

        return fast_document(argv, os.environ)
    if argv[0] == "exec":
        from aws_mfa.cli.fast.session import become_command

        become_command(argv, os.environ)
    if argv == ["completion", "profiles"]:
        from aws_mfa.cli.fast.names import fast_names

        return fast_names(os.environ)
    if argv == ["status", "--prompt"]:
        from aws_mfa.cli.fast.segment import segment

        return segment(os.environ)
    return None


def _print_and_exit(text: str) -> None:
    """
    Print and end with `os._exit`: nothing is open, and skipping the interpreter's shutdown saves a seventh of the run.

    Returns if stdout is closed or cannot encode the text: the full path handles that.
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
