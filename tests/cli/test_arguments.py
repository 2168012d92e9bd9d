"""What is unknown is told by its flag alone, and what people type by habit is answered with what they meant."""

from __future__ import annotations

import argparse

import pytest

from aws_mfa.cli.arguments import parsed


def a_parser(*positional: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="aws-mfa exec")
    for name in positional:
        parser.add_argument(name.lower(), metavar=name)
    return parser


def said(parser: argparse.ArgumentParser, argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as leaving:
        parsed(parser, argv)
    assert leaving.value.code == 2
    return capsys.readouterr().err


def test_an_argument_that_may_be_a_secret_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    err = said(a_parser("PROFILE"), ["work", "--tokn=123456", "654321"], capsys)
    assert "--tokn" in err
    assert "123456" not in err
    assert "654321" not in err


def test_who_types_profile_as_a_flag_is_told_where_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    """The form without a command has that flag."""
    assert "the profile stands by itself: aws-mfa exec PROFILE" in said(
        a_parser("PROFILE"), ["x", "--profile", "work"], capsys
    )
    assert "stands by itself" not in said(a_parser(), ["--profile"], capsys)
