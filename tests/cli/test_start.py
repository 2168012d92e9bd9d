"""The console script's entry: what can go wrong before `main` runs."""

from __future__ import annotations

import sys

import pytest

from aws_mfa.cli import start


class Interrupted:
    """A finder of modules; while it works, the user presses Ctrl-C."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "aws_mfa.cli.main":
            raise KeyboardInterrupt


def test_ctrl_c_while_the_full_path_loads_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["aws-mfa", "--force"])
    monkeypatch.delitem(sys.modules, "aws_mfa.cli.main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    assert start.start() == 130
