"""Typed words are never repeated, habitual mistakes get a hint, and the command's own words are not parsed."""

from __future__ import annotations

import os
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.cli.arguments import Parser, cut_at_command, parsed
from aws_mfa.cli.classic.flags import parse_flags
from aws_mfa.cli.commands import exec_command
from aws_mfa.cli.main import COMMANDS, main

SECRET = "wJalrXUtnFEMI/K7MDENG"
ESCAPE = "\x1b[2J"
NUMBERS = ["--duration", "--port"]
SWITCHES = ["--force", "--yes", "--no-input", "--json"]
CHOICES = ["--vault", "--log-level", "--shell"]


def a_parser(*positional: str) -> Parser:
    parser = Parser("aws-mfa exec")
    for name in positional:
        parser.add_argument(name.lower(), metavar=name)
    for flag in SWITCHES:
        parser.add_argument(flag, action="store_true")
    for flag in CHOICES:
        parser.add_argument(flag, choices=["file", "age"])
    for flag in NUMBERS:
        parser.add_argument(flag, type=int)
    parser.add_argument("--token")
    return parser


def said(parser: Parser, argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as leaving:
        parsed(parser, argv)
    assert leaving.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: aws-mfa exec ")
    return err.rpartition("aws-mfa exec: error: ")[2].rstrip("\n")


@pytest.mark.parametrize("value", [SECRET, ESCAPE, "it's", 'say "it"', "(choose from me)", "a=b"])
def test_for_a_value_that_does_not_fit_only_the_flag_is_named(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    for flag in SWITCHES:
        assert said(a_parser(), [f"{flag}={value}"], capsys) == f"argument {flag}: ignored explicit argument"
    for flag in NUMBERS:
        for argv in ([flag, value], [f"{flag}={value}"]):
            assert said(a_parser(), argv, capsys) == f"argument {flag}: invalid int value"
    for flag in CHOICES:
        for argv in ([flag, value], [f"{flag}={value}"]):
            text = said(a_parser(), argv, capsys).replace("'", "")  # of choices, in some versions of Python
            assert text == f"argument {flag}: invalid choice (choose from file, age)"


def test_argparses_message_about_a_flag_is_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(a_parser(), ["--vault"], capsys) == "argument --vault: expected one argument"


@pytest.mark.parametrize(
    ("argv", "profile", "line"),
    [
        (["exec", "--", "true"], "work", "exec work -- COMMAND"),
        (["exec"], None, "exec PROFILE -- COMMAND"),
        (["console"], SECRET, "console PROFILE [flags]"),
        (["--profile", "work", "exec", "--", "true"], None, "exec work -- COMMAND"),
        (["--profile", "work", "plan"], None, "plan work [flags]"),
        (["--profile", SECRET, "renew"], None, "renew PROFILE [flags]"),
        (["--profile", "work", "setup"], None, "setup [flags]"),
        (["--force", "exec", "work"], None, "exec [flags]"),
    ],
)
def test_the_profile_is_shown_where_it_belongs_unless_it_may_be_a_secret(
    argv: list[str], profile: str | None, line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)
    with pytest.raises(SystemExit):
        main(argv)
    assert capsys.readouterr().err.endswith(f": aws-mfa {line}\n")


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        (f"--tokn={SECRET}", "--tokn"),
        (f"--token{SECRET}", "--token..."),
        ("--token918273", "--token..."),
        (f"-p{SECRET}", "-p"),
        ("-pcorrecthorse", "-p"),
        (f"--{SECRET}", None),
        (f"--{ESCAPE}", None),
        (f"-{ESCAPE}", None),
        (SECRET, None),
        (ESCAPE, None),
    ],
)
def test_the_part_of_an_unknown_word_that_may_be_a_secret_is_left_out(
    word: str, shown: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    err = said(a_parser(), [word], capsys)
    for hidden in (SECRET, ESCAPE, "918273", "correcthorse"):
        assert hidden not in err
        assert hidden[1:] not in err
    if shown is not None:
        assert err == f"unrecognized arguments: {shown}"
    else:
        assert err == "one argument too many (not shown, it may be a secret)"


def test_several_words_too_many_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(a_parser(), [SECRET, ESCAPE], capsys) == "2 arguments too many (not shown, they may be secrets)"


def test_every_command_and_the_form_without_one_keep_to_that(capsys: pytest.CaptureFixture[str]) -> None:
    words = [f"--{SECRET}", f"--vault={SECRET}", f"--yes={SECRET}", f"--no-keychain={SECRET}", f"-h{SECRET}"]
    for name in COMMANDS:
        for word in words:
            with pytest.raises(SystemExit) as leaving:
                main([name, word])
            assert leaving.value.code in (0, 2)  # 0: -h is help, whatever follows it in some versions of Python
    for argv in ([word] for word in [*words, SECRET, ESCAPE, f"--log-level={SECRET}", f"--duration={SECRET}"]):
        with pytest.raises(SystemExit):
            parse_flags(argv, "")
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    assert "\x1b" not in out + err


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("work", "there is no command 'work'"),
        ("my-work", "there is no command 'my-work'"),
        (SECRET, "there is no command of that name (not shown: it may be secret)"),
        ("correct-horse-battery-staple", "there is no command of that name (not shown: it may be secret)"),
    ],
)
def test_what_is_not_a_command_may_be_a_profile(word: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_flags([word], "commands:\n  import  move keys")
    lines = capsys.readouterr().err.splitlines()
    assert f"aws-mfa: error: {message}" in lines
    assert lines[-1] == "a profile? aws-mfa --profile NAME"


def test_an_unknown_flag_profile_gets_a_hint_at_the_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """The form without a command has that flag."""
    for argv in (["x", "--profile", "work"], ["x", "--profile=work"]):
        assert "; the profile is given without a flag: aws-mfa exec PROFILE" in said(a_parser("PROFILE"), argv, capsys)
    assert "without a flag" not in said(a_parser(), ["--profile"], capsys)


def test_a_profile_typed_as_an_argument_gets_a_hint_at_the_flag(capsys: pytest.CaptureFixture[str]) -> None:
    parser = a_parser()
    parser.add_argument("--profile")
    assert said(parser, ["work"], capsys).endswith("; the profile is a flag here: aws-mfa exec --profile NAME")
    assert said(parser, ["--regoin", "work"], capsys) == "unrecognized arguments: --regoin"
    with pytest.raises(SystemExit):
        main(["setup", "work"])
    assert "; the profile is a flag here: aws-mfa setup --profile NAME" in capsys.readouterr().err


def test_a_profile_typed_as_the_file_to_import_gets_a_hint_at_the_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "work"]) == 2
    assert "hint: a profile? aws-mfa import --profile NAME\n" in capsys.readouterr().err
    assert main(["import", "./work.csv"]) == 2
    assert "a profile?" not in capsys.readouterr().err


# aws-mfa's arguments end where the command begins; the command's are not parsed.


def cut(line: str) -> tuple[str, str]:
    parser = Parser("aws-mfa exec")
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
        # A profile that begins with a dash comes behind dashes.
        ("-- -odd -- true -x", "-- -odd", "true -x"),
        ("-- -odd true", "-- -odd", "true"),
        ("-- work -- true", "-- work", "true"),
        ("--no-input -- -odd -- -- x", "--no-input -- -odd", "-- x"),
        ("work -- -odd -- x", "work", "-odd -- x"),
    ],
)
def test_the_cut_is_here(line: str, ours: str, command: str) -> None:
    assert cut(line) == (ours, command)


@given(st.lists(st.sampled_from(["--", "-h", "--token", "--no-input", "--profile", "x", "--server", "-"])))
def test_all_words_after_two_dashes_belong_to_the_command(words: list[str]) -> None:
    line = " ".join(["work", "--no-input", "--", *words])
    assert cut(line) == ("work --no-input", " ".join(words))


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["-p", "work"], "; the profile is given without a flag: aws-mfa exec PROFILE"),
        (
            ["--role-duration", "8h"],
            "\nhint: exec, env, serve and console take --duration 8h; to renew early: --min-remaining 8h",
        ),
        (["-d", "8h"], "\nhint: exec, env, serve and console take --duration 8h; to renew early: --min-remaining 8h"),
        (["-v"], "\nhint: to see what is done, and why: aws-mfa plan PROFILE"),
        (
            ["--region", "eu-west-1"],
            "\nhint: exec, env, serve and console take --region; else set AWS_REGION, or region in the profile",
        ),
        (["--mfa-token", "123456"], "\nhint: --token CODE"),
        (["--ecs-server"], "\nhint: aws-mfa exec --server PROFILE -- COMMAND"),
        (
            ["-j", "--verbose"],
            "\nhint: aws-mfa env PROFILE --shell json\nhint: to see what is done, and why: aws-mfa plan PROFILE",
        ),
    ],
)
def test_another_tools_flag_gets_its_equivalent(argv: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(a_parser("PROFILE"), [*argv, "x"], capsys).partition("unrecognized arguments: ")[2].endswith(hint)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("help", "aws-mfa --help"),
        ("version", "aws-mfa --version"),
        ("list", "aws-mfa status"),
        ("add", "aws-mfa setup"),
        ("login", "aws-mfa console"),
        ("imprt", "import"),
    ],
)
def test_the_near_name_comes_before_the_list(word: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_flags([word], "commands:\n  import  move keys")
    lines = capsys.readouterr().err.partition("aws-mfa: error: ")[2].splitlines()
    assert lines[1:3] == [f"did you mean: {meant}", "commands:"]


@pytest.mark.parametrize(
    ("text", "seconds"), [("8h", 28800), ("90m", 5400), ("1h30m", 5400), ("3600", 3600), ("3600s", 3600), ("-5", -5)]
)
def test_the_flag_of_the_classic_form_takes_times_as_all_others_do(text: str, seconds: int) -> None:
    assert parse_flags([f"--duration={text}"], "").duration == seconds


@pytest.mark.parametrize("text", ["8x", "1h30", "", "h"])
def test_what_is_not_a_time_is_a_usage_error_with_an_example(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        parse_flags([f"--duration={text}"], "")
    assert leaving.value.code == 2
    assert "--duration: not a duration, give for example: 8h, 90m or 3600" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["exec", "--policy-arn=--", "dev"], ["history", "--since=--"], ["--duration=--"]])
def test_two_hyphens_are_no_value(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert "a flag has -- in place of its value" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--policy", "--allow", "--policy-arn"])
@pytest.mark.parametrize("command", ["exec", "env", "credential-process", "serve", "console"])
def test_an_empty_value_of_what_narrows_gives_no_whole_session(
    command: str, flag: str, home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--policy "$FILE"` with a variable that is not set."""
    with mock.patch.dict(os.environ, {"HOME": home, "USERPROFILE": home, "AWS_MFA_VAULT": "file"}):
        assert main([command, "work", flag, ""]) == 2
    said = capsys.readouterr()
    assert "AWS_" not in said.out
    assert said.err.startswith(f"aws-mfa: {flag}")
