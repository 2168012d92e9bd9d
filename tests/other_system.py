"""
A pytest plugin (`-p other_system`) that takes away what another system does not have, named in `SIMULATED_SYSTEM`.

Only for collecting tests: libraries that look at the system when they are imported are imported before. Run in a
process of its own.
"""

from __future__ import annotations

import importlib
import os
import pathlib
import shutil
import signal
import socket
import sys
import time
from unittest.mock import MagicMock

import pytest

SYSTEM = os.environ["SIMULATED_SYSTEM"]
ALREADY_THERE = (
    "asyncio", "boto3", "build", "cryptography.x509", "ctypes.util", "hypothesis", "keyring", "multiprocessing.pool",
    "pexpect", "pytest_cov.plugin", "rich.progress", "subprocess", "tempfile", "unittest.mock", "uuid", "webbrowser",
    "xdist.plugin",
)  # fmt: skip
ABSENT = {
    "darwin": ["jeepney", "secretstorage"],
    "linux": ["pyrage"],  # Alpine
    "win32": ["fcntl", "grp", "jeepney", "posix", "pty", "pwd", "resource", "secretstorage", "termios", "tty"],
}
ABSENT_NAMES = {
    "linux": {os: ["memfd_create"]},
    "darwin": {os: ["getresuid", "memfd_create", "posix_fadvise", "sched_getaffinity"]},
    "win32": {
        os: [
            "O_DIRECTORY", "O_NOCTTY", "O_NOFOLLOW", "WEXITSTATUS", "WIFEXITED", "WNOHANG", "chown", "fchown", "fork",
            "forkpty", "getegid", "geteuid", "getgid", "getgroups", "getpgid", "getpgrp", "getsid", "getuid", "killpg",
            "mkfifo", "nice", "openpty", "setpgid", "setsid", "tcgetpgrp", "tcsetpgrp", "ttyname", "uname", "wait4",
        ],
        signal: [
            "SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
            "SIGTTOU", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGXFSZ", "alarm", "pthread_kill", "pthread_sigmask",
        ],
        socket: ["AF_UNIX", "socketpair"],
        time: ["tzset"],
    },
}  # fmt: skip
WINDOWS_MODULES = ("msvcrt", "winreg", "_winapi")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """From here on: pytest itself has started, and has loaded none of our files."""
    for library in ALREADY_THERE:
        importlib.import_module(library)
    for name in ABSENT[SYSTEM]:
        for loaded in [one for one in sys.modules if one.partition(".")[0] == name]:
            del sys.modules[loaded]
        sys.modules[name] = None  # type: ignore[assignment]  # an import of it raises ModuleNotFoundError
    for module, names in ABSENT_NAMES[SYSTEM].items():
        for name in set(names) & set(dir(module)):
            delattr(module, name)
    if SYSTEM == "win32":
        sys.modules.update({name: MagicMock() for name in WINDOWS_MODULES})
        vars(shutil)["_winapi"] = sys.modules["_winapi"]  # `shutil.which` asks it since 3.12
        # What `Path` makes from here on.
        pathlib.Path.__new__.__globals__["WindowsPath"] = pathlib.PosixPath
        os.name = "nt"
    sys.platform = SYSTEM
