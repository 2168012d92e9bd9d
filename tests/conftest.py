"""
What every test gets: a home of its own, no AWS settings, no keychain, no network but loopback (pyproject.toml).

In CI nothing may be skipped: there a skip is a failure that names its reason.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import tempfile
from itertools import count
from typing import TYPE_CHECKING, TypeVar

import hypothesis
import hypothesis.configuration
import pytest

from examples import MOST, USUAL
from needs import BUILD, needs
from old_tool import OldTool, installed_old_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from classic_stage import ClassicStage

AnyReport = TypeVar("AnyReport", pytest.TestReport, pytest.CollectReport)

FOREIGN_SETTINGS = ("AWS_", "MFA_", "XDG_", "DBUS_", "PYTHON_KEYRING_", "KEYRING_PROPERTY_", "GNOME_KEYRING_")
FOREIGN_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "FORCE_COLOR", "NO_COLOR")
FOREIGN_ROUTES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

# On Linux every part can be had; elsewhere a test of a Linux keychain has nothing to run against.
NOTHING_MAY_BE_SKIPPED = os.environ.get("CI") == "true" and sys.platform == "linux"

gc.disable()
NUMBERS = count()  # of the homes; each process of pytest-xdist has a folder of its own

# No deadline: the machines that run this are small and shared, and a slow example is no wrong one.
hypothesis.settings.register_profile("here", deadline=None, max_examples=min(USUAL, MOST))
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")
hypothesis.configuration.set_hypothesis_home_dir(os.path.join(BUILD, "hypothesis"))


@pytest.fixture(autouse=True, scope="session")
def bare_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An environment without a word on AWS, keychains, screens or proxies; fixtures that outlive a test see it too."""
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.upper().startswith(FOREIGN_SETTINGS) or name.upper() in (*FOREIGN_DISPLAYS, *FOREIGN_ROUTES):
                environment.delenv(name)
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        environment.setenv("COLUMNS", "80")
        set_home(environment, str(tmp_path_factory.mktemp("home-of-the-session")))
        yield


@pytest.fixture(autouse=True, scope="session")
def signals_end_programs() -> None:
    """Programs started here would ignore or hold back what `nohup`, `&` in a script or a CI runner made us ignore."""
    for number in signal.valid_signals() - {getattr(signal, name, None) for name in ("SIGPIPE", "SIGXFSZ")}:
        if signal.getsignal(number) is signal.SIG_IGN:
            # A handler, because it ends with exec, and `nohup` still works.
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else lambda *_: None)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_SETMASK, [])


@pytest.fixture(autouse=True)
def home(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """An empty home directory; no keychain either, unless the test is marked `real`."""
    # Not below the test's own tmp_path: a test may want to list that, or make a folder "home" there.
    folder = os.path.join(tmp_path_factory.getbasetemp(), f"home-{next(NUMBERS)}")
    os.mkdir(folder, 0o700)
    set_home(monkeypatch, folder)
    if not request.node.get_closest_marker("real"):
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return folder


def set_home(environment: pytest.MonkeyPatch, folder: str) -> None:
    """Let `~` be `folder` on every system."""
    environment.setenv("HOME", folder)
    environment.setenv("USERPROFILE", folder)


@pytest.fixture
def runtime() -> Iterator[str]:
    """A runtime folder as Linux desktops have it: only this user's, and in memory."""
    needs("/dev/shm")
    folder = tempfile.mkdtemp(prefix="aws-mfa-test-", dir="/dev/shm")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def stage(home: str) -> Iterator[ClassicStage]:
    """A practice AWS, and Ann, her phone and her keys in `~/.aws/credentials`."""
    from aws_mfa_practice import PracticeAws
    from classic_stage import ClassicStage

    with PracticeAws() as aws:
        yield ClassicStage(home, aws)


@pytest.fixture
def old_tool(home: str) -> Callable[[str], OldTool]:
    """aws-mfa 0.0.12 in this test's home, for the URL of a practice STS: `old_tool(aws.url).run("--force")`."""
    return lambda url: installed_old_tool(home, url)


def pytest_collection_finish() -> None:
    """What collection made, 200 000 objects, stays to the end: the garbage collector need not walk it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test has failed."""
    report = yield
    return fail_if_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI a skipped module has failed."""
    report = yield
    return fail_if_skipped(report)


def fail_if_skipped(report: AnyReport) -> AnyReport:
    """The report, turned into a failure with the same reason where nothing may be skipped; xfail is no skip."""
    if NOTHING_MAY_BE_SKIPPED and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped in CI, and this was: {reason}"
    return report
