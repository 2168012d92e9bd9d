"""aws-mfa's arguments end where the command begins; the command's are not parsed."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.cli.arguments import cut_at_command
from aws_mfa.cli.commands import exec_command


def cut(line: str) -> tuple[str, str]:
    parser = argparse.ArgumentParser(prog="aws-mfa exec", allow_abbrev=False)
    exec_command.add_arguments(parser)
    ours, command = cut_at_command(parser, line.split())
    return " ".join(ours), " ".join(command)


@pytest.mark.parametrize(
    ("line", "ours", "command"),
    [
        ("work", "work", ""),
        ("work --", "work", ""),
        ("work -- aws s3 ls", "work", "aws s3 ls"),
        ("work aws s3 ls --profile x", "work", "aws s3 ls --profile x"),
        ("work aws --no-input --token 1 -- x -h", "work", "aws --no-input --token 1 -- x -h"),
        ("--no-input work --read-only aws", "--no-input work --read-only", "aws"),
        ("work --min-remaining 6h aws", "work --min-remaining 6h", "aws"),
        ("work --min-remaining=6h aws", "work --min-remaining=6h", "aws"),
        ("--token 123456 work --policy - cat", "--token 123456 work --policy -", "cat"),
        ("work --server -- --odd-name --server", "work --server", "--odd-name --server"),
        ("work -- -- x", "work", "-- x"),
        ("-- work", "", "work"),
        ("work --min-remaining", "work --min-remaining", ""),
        ("work -h", "work -h", ""),
        ("", "", ""),
    ],
)
def test_the_cut_is_here(line: str, ours: str, command: str) -> None:
    assert cut(line) == (ours, command)


@given(st.lists(st.sampled_from(["--", "-h", "--token", "--no-input", "--profile", "x", "--server", "-"])))
def test_all_words_after_two_dashes_belong_to_the_command(words: list[str]) -> None:
    line = " ".join(["work", "--no-input", "--", *words])
    assert cut(line) == ("work --no-input", " ".join(words))
