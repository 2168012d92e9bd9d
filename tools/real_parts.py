"""
Builds the real programs that the tests drive: Debian packages, aws-mfa 0.0.12, AWS CLI 1, SDKs for JavaScript and Go.

Owns .build/. Changes the system only if it runs as root on Debian, and then only adds missing packages; elsewhere it
prints what is skipped and why. Exit code 1 if a part is missing and `CI=true`: nothing may be skipped there.
Uses only package clients (apt-get, pip, npm), with this machine's settings.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, ".build")

TIME_LIMIT_S = 600  # npm tries forever if it reaches nothing

DEBIAN_PACKAGES = [
    # keychains, and programs that lock and show them
    "gnome-keyring", "dbus", "libsecret-tools", "libglib2.0-bin", "libkf5wallet-bin", "libqca-qt5-2-plugins",
    "keepassxc",
    # a display for their dialogs, and the program that shows aws-mfa's
    "xvfb", "xdotool", "zenity",
    # terminals, processes, certificates, the age program
    "tmux", "procps", "openssl", "age",
    # a sandbox, and another machine, from which a socket is asked
    "bubblewrap", "openssh-server", "openssh-client",
    # reads the QR code of `enroll` off a picture of the terminal
    "zbar-tools",
    # follows the URLs that sign in to the console
    "chromium",
    # shells that evaluate printed lines and complete typed ones; what checks the man page
    "dash", "fish", "zsh", "bash-completion", "mandoc",
    # AWS CLI 2.9, as /usr/bin/aws; the SDKs for Go and Ruby
    "awscli", "golang-go", "golang-github-aws-aws-sdk-go-v2-dev", "ruby-aws-sdk-core",
]  # fmt: skip
NODE_PACKAGES = ["nodejs", "npm"]  # only if there is no `node`: a newer one is not replaced

ENVIRONMENTS = {
    "old-tool": ["aws-mfa==0.0.12", "boto3"],  # the tool whose contract is kept
    "aws-cli-1": ["awscli<2"],
}
GO_PACKAGES = "/usr/share/gocode"
GO_READER = os.path.join(ROOT, "tests", "config", "sdk_readers", "go_sdk.go")
# 3.967.0 is the last that runs on the Node.js 18 of Debian 12.
JAVASCRIPT_PACKAGES = ["@aws-sdk/client-sts@3.967.0", "@aws-sdk/credential-providers@3.967.0"]


class Missing(Exception):
    """A part could not be built; the message says which and why."""


def main() -> int:
    """Build every part; print what is missing."""
    skipped = []
    for build in (debian_packages, python_environments, javascript_modules, go_reader):
        started = time.monotonic()
        try:
            if build():
                print(f"real parts: {build.__name__.replace('_', ' ')} built in {time.monotonic() - started:.0f} s")
        except Missing as why:
            skipped.append(str(why))
    for reason in skipped:
        print(f"real parts: skipped: {reason}", file=sys.stderr)
    return 1 if skipped and os.environ.get("CI") == "true" else 0


def debian_packages() -> bool:
    """Install missing packages; return whether any was installed."""
    wanted = DEBIAN_PACKAGES + ([] if shutil.which("node") and shutil.which("npm") else NODE_PACKAGES)
    if not shutil.which("apt-get"):
        raise Missing(f"no apt-get on this system; the tests use the programs of: {' '.join(wanted)}")
    absent = [name for name in wanted if not is_installed(name)]
    if not absent:
        return False
    print(f"real parts: installing {len(absent)} Debian packages, about 2 minutes", flush=True)
    if os.geteuid() != 0:
        raise Missing(f"not root; install them with: sudo apt-get install {' '.join(absent)}")
    try:
        apt_install(absent)
    except Missing:  # a mirror that is being updated answers on the second try
        apt_install(absent)
    return True


def apt_install(names: list[str]) -> None:
    """Fetch the lists and install `names`; waits for another apt-get that is running."""
    apt_get = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    quietly([*apt_get, "update"])
    quietly([*apt_get, "install", "--yes", "--no-install-recommends", *names])


def is_installed(package: str) -> bool:
    """Whether dpkg has `package` unpacked and configured."""
    answer = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return answer.stdout == "installed"


def python_environments() -> bool:
    """Build an environment for each program that needs its own; return whether any was built."""
    built = [build_once(folder, wanted, pip_install) for folder, wanted in ENVIRONMENTS.items()]
    return any(built)


def javascript_modules() -> bool:
    """Build the JavaScript SDK under .build/js; return whether it was built."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise Missing("the JavaScript SDK: no node and npm on the path")
    return build_once("js", JAVASCRIPT_PACKAGES, npm_install)


def go_reader() -> bool:
    """Build the program that reads AWS files with Debian's Go SDK; return whether it was built."""
    if not (shutil.which("go") and os.path.isdir(GO_PACKAGES)):
        raise Missing("the Go SDK: no go on the path, or not the Debian package of the SDK")
    with open(GO_READER, encoding="utf-8") as file:
        return build_once("go", [file.read()], go_build)


def build_once(folder: str, wanted: list[str], install: Callable[[str, list[str]], None]) -> bool:
    """Build .build/`folder` from scratch, unless it is complete with the same contents."""
    target, stamp = os.path.join(BUILD, folder), os.path.join(BUILD, folder, ".complete")
    contents = "\n".join([*wanted, sys.version, ROOT])
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == contents:
                return False
    print(f"real parts: building .build/{folder}, about half a minute", flush=True)
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    install(target, wanted)
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(contents)
    return True


def pip_install(target: str, wanted: list[str]) -> None:
    """Install `wanted` in a new environment at `target`."""
    quietly([sys.executable, "-m", "venv", target])
    scripts = "Scripts" if os.name == "nt" else "bin"
    quietly([os.path.join(target, scripts, "python"), "-m", "pip", "install", "--quiet", *wanted])


def npm_install(target: str, wanted: list[str]) -> None:
    """Install `wanted` under `target`/node_modules."""
    npm = shutil.which("npm") or "npm"
    quietly([npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", target, *wanted])


def go_build(target: str, _source: list[str]) -> None:
    """Compile the reader, with the packages that Debian installs as source."""
    environment = {
        "GO111MODULE": "off",
        "GOPATH": GO_PACKAGES,
        "GOCACHE": os.path.join(target, "cache"),
        "CGO_ENABLED": "0",
    }
    quietly(["go", "build", "-o", os.path.join(target, "go_sdk"), GO_READER], **environment)
    shutil.rmtree(os.path.join(target, "cache"))


def quietly(command: list[str], **variables: str) -> None:
    """Run `command`; its output is printed only if it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **variables}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=environment, timeout=TIME_LIMIT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Missing(f"{' '.join(command[:3])} ... did not end within {TIME_LIMIT_S} s") from None
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        raise Missing(f"{' '.join(command[:3])} ... ended with exit code {done.returncode}")


if __name__ == "__main__":
    sys.exit(main())
