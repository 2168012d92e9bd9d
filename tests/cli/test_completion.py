"""Completion: the scripts know every parser, and the names are those of the full path, whatever the files hold."""

from __future__ import annotations

import argparse
import os
import re

import pytest
from hypothesis import example, given

from aws_mfa.cli.commands import completion
from aws_mfa.cli.fast.names import fast_names, lines_of
from aws_mfa.cli.main import COMMANDS, main, whole_parser
from aws_mfa.cli.shells import BASH, FISH, POWERSHELL, SHELLS, ZSH
from aws_mfa.config.profiles import AwsProfiles
from aws_mfa.errors import AwsMfaError
from config.test_profiles import ANY_TEXT, CONFIG_HEADERS, CREDENTIALS_HEADERS, aws_files
from examples import examples
from needs import ROOT
from users_and_modes import posix_only

LONG_TERM = f"[a-long-term]\naws_access_key_id = AKIA{'A' * 16}\naws_secret_access_key = s\n"


def write(home: str, name: str, text: str) -> str:
    path = os.path.join(home, *name.split("/"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return path


@examples(200)
@given(config=aws_files(CONFIG_HEADERS) | ANY_TEXT, credentials=aws_files(CREDENTIALS_HEADERS) | ANY_TEXT)
@example(config="[profile \"two words\"]\n[profile '$(rm x)']\n[profile two words]\n[default]", credentials="")
@example(config="[profile b]\n", credentials=f"[x]\n{LONG_TERM}[b]\n[c-long-term]\naws_session_token = t\n")
def test_the_hot_path_prints_the_names_of_the_full_path_or_leaves_it_to_answer(
    tmp_path_factory: pytest.TempPathFactory, config: str, credentials: str
) -> None:
    folder = str(tmp_path_factory.getbasetemp())
    environ = {
        "AWS_CONFIG_FILE": write(folder, "names/config", config),
        "AWS_SHARED_CREDENTIALS_FILE": write(folder, "names/credentials", credentials),
    }
    try:
        expected = lines_of(AwsProfiles(config, credentials).known_names)
    except AwsMfaError:
        expected = None
    assert fast_names(environ) == expected


def test_a_profile_that_has_only_long_term_keys_is_offered_and_no_long_term_section(home: str) -> None:
    write(home, ".aws/credentials", f"{LONG_TERM}[b]\nregion = x\n")
    assert fast_names({}) == "b\na\n"


@pytest.mark.parametrize("path", ["$HOME/config", "FOLDER"])
def test_a_file_that_only_the_full_path_reads_is_left_to_it(tmp_path: os.PathLike[str], path: str) -> None:
    assert fast_names({"AWS_CONFIG_FILE": path.replace("FOLDER", os.fspath(tmp_path))}) is None


def test_the_full_path_offers_no_name_that_the_output_cannot_hold(
    home: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, ".aws/config", "[profile work]\n[profile caf\u00e9]\n[profile 'a\u200bb']\n")
    monkeypatch.setattr(completion, "escaped", lambda text: text.encode("ascii", "backslashreplace").decode())
    assert main(["completion", "profiles"]) == 0
    assert capsys.readouterr().out == "work\n"


def parsers(parser: argparse.ArgumentParser, name: str = "aws_mfa") -> dict[str, argparse.ArgumentParser]:
    """Each parser of the tree, by its name in the scripts."""
    found = {name: parser}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, child in action.choices.items():
                found |= parsers(child, f"{name}_{word.replace('-', '_')}")
    return found


def test_the_tree_has_every_command_and_subcommand() -> None:
    assert set(parsers(whole_parser())) >= {f"aws_mfa_{name.replace('-', '_')}" for name in COMMANDS}


@pytest.mark.parametrize("shell", [BASH, ZSH])
def test_every_flag_of_every_command_is_in_the_script(shell: str) -> None:
    script = completion.script_for(shell)
    for name, parser in parsers(whole_parser()).items():
        form = r"_shtab_%s_option_strings=\((.*)\)" if shell == BASH else r"_shtab_%s_options=\((.*?)\n\)"
        found = re.search(form % name, script, re.DOTALL if shell == ZSH else 0)
        assert found, name
        flags = [flag for action in parser._actions for flag in action.option_strings if action.help != "==SUPPRESS=="]
        assert [flag for flag in flags if flag not in found[1]] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_every_argument_that_is_a_profile_completes_profiles(shell: str) -> None:
    """Counted: an argument that a new command has is not forgotten."""
    script = completion.script_for(shell)
    assert script.isascii()  # so that every terminal and every file of a shell can hold it
    actions = [action for parser in parsers(whole_parser()).values() for action in parser._actions]
    count = sum(action.dest in ("profile", "profiles", "source_profile") for action in actions)
    uses = {
        BASH: r"_COMPGEN=_aws_mfa_profiles$",
        ZSH: r':_aws_mfa_profiles"$',
        FISH: r'ka "\(command aws-mfa completion profiles ',
        POWERSHELL: r" = '_aws_mfa_profiles'$",
    }
    assert len(re.findall(uses[shell], script, re.MULTILINE)) == count >= len(COMMANDS) / 2


def test_no_recipe_defines_a_function_that_a_script_defines() -> None:
    """The shell has both; one `_aws_mfa` in the other's place would call itself without end."""
    with open(os.path.join(ROOT, "docs", "recipes.md"), encoding="utf-8") as file:
        blocks = re.findall(r"^```(?:bash|zsh|fish)\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)
    form = r"^(?:function\s+)?([\w-]+)\s*\(\)|^function\s+([\w-]+)"
    ours, theirs = (
        {first or second for text in texts for first, second in re.findall(form, text, re.MULTILINE)}
        for texts in (map(completion.script_for, SHELLS), blocks)
    )
    assert {"_aws_mfa", "_aws_mfa_command"} <= ours
    assert {"_aws_mfa_segment", "fish_right_prompt"} <= theirs
    assert ours & theirs == set()


@pytest.mark.parametrize(
    ("environ", "argv", "place"),
    [
        ({"SHELL": "/bin/bash"}, [], ".local/share/bash-completion/completions/aws-mfa"),
        ({"SHELL": "/usr/local/bin/zsh"}, [], ".local/share/zsh/site-functions/_aws-mfa"),
        ({"SHELL": "/usr/bin/fish"}, [], ".config/fish/completions/aws-mfa.fish"),
        ({"SHELL": "/usr/bin/pwsh"}, [], ".config/powershell/completions/aws-mfa.ps1"),
        ({"SHELL": "/bin/nu"}, ["fish"], ".config/fish/completions/aws-mfa.fish"),
        ({"SHELL": "/bin/bash", "XDG_DATA_HOME": "HOME/data"}, [], "data/bash-completion/completions/aws-mfa"),
        ({"SHELL": "/bin/fish", "XDG_CONFIG_HOME": "HOME/conf"}, [], "conf/fish/completions/aws-mfa.fish"),
    ],
)
def test_the_script_is_written_where_the_shell_looks_for_it(
    home: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environ: dict[str, str],
    argv: list[str],
    place: str,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value.replace("HOME", home))
    assert main(["completion", "--install", *argv]) == 0
    path = os.path.join(home, *place.split("/"))
    assert capsys.readouterr().out.splitlines()[0] == f"wrote {path}"
    assert main(["completion", "--install", *argv]) == 0  # its own file is replaced
    with open(path, encoding="utf-8") as file:
        assert "_shtab_aws_mfa" in file.read()


def test_a_file_of_another_program_is_not_replaced(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(home, ".config/fish/completions/aws-mfa.fish", "complete -c aws-mfa -a mine\n")
    assert main(["completion", "--install", "fish"]) == 3
    assert f"{path} is not from aws-mfa, and was not changed" in capsys.readouterr().err
    with open(path, encoding="utf-8") as file:
        assert file.read() == "complete -c aws-mfa -a mine\n"


@posix_only
def test_a_link_into_a_missing_folder_fails_with_a_command(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(home, ".config/fish/completions/aws-mfa.fish", "")
    os.remove(path)
    os.symlink(os.path.join(home, "nowhere", "script"), path)
    assert main(["completion", "--install", "fish"]) == 3
    assert f"hint: make the folder: mkdir -p -m 700 {home}/nowhere" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="there it is PowerShell")
@pytest.mark.parametrize(("given", "says"), [("/bin/nu", "SHELL is nu, which"), ("", "SHELL is not set")])
def test_for_another_shell_the_four_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: str, says: str
) -> None:
    monkeypatch.setenv("SHELL", given)
    assert main(["completion", "--install"]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert "name one of bash, zsh, fish, powershell: aws-mfa completion --install bash" in err
