"""Lines for shells: the real shells read back the same values; what a form cannot quote is refused."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.errors import BadInput
from aws_mfa.handover.environment import Change
from aws_mfa.handover.shell_lines import (
    CMD,
    DOTENV,
    FISH,
    FORMS,
    JSON,
    POWERSHELL,
    SH,
    failure_line,
    form_for,
    lines_of,
)
from needs import needs
from programs import run_program

EVIL = (
    "plain", "", "it's", "''", "a'b'c'", 'say "hi"', "$HOME ${HOME} $(id) `id`", "back\\slash \\' \\\\", "end\\",
    "a;b|c&d>e<f", "  two  blanks  ", "# no comment", "!history !!", "%PATH%", "*?[a]~", "{a,b}", "tab\there",
    "two\nlines\n", "-n", "ünïcödé ‘quotes’", "AbC/+==",
)  # fmt: skip
PRINT = f"""{shlex.quote(sys.executable)} -c 'import json, os; print(json.dumps(dict(os.environ)))'"""
# A shell, its form, and how it evaluates the lines in a file.
EVALUATIONS = [
    ("sh", SH, 'eval "$(cat "$WRITTEN")"'),
    ("dash", SH, 'eval "$(cat "$WRITTEN")"'),
    ("bash", SH, 'eval "$(cat "$WRITTEN")"'),
    ("bash", SH, "set -eu; source <(cat $WRITTEN)"),
    ("zsh", SH, 'eval "$(cat "$WRITTEN")"'),
    ("zsh", SH, 'setopt sh_word_split; set -u; . "$WRITTEN"'),
    ("fish", FISH, "cat $WRITTEN | source"),
    ("fish", FISH, "eval (cat $WRITTEN | string collect)"),
]
if shutil.which("pwsh"):
    EVALUATIONS.append(("pwsh", POWERSHELL, "Get-Content -Raw $Env:WRITTEN | Invoke-Expression"))


def run_shell(
    tmp_path: str, shell: str, lines: str, program: str, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run the program in the shell; `WRITTEN` names a file of the lines."""
    needs(shell)
    path = os.path.join(tmp_path, "lines")
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(lines)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "WRITTEN": path, **environ}
    return run_program([shell, "-c", program], environ)


def evaluated(
    tmp_path: str, shell: str, form: str, take_over: str, change: Change, environ: Mapping[str, str]
) -> dict[str, str]:
    end = f"& {PRINT}" if shell == "pwsh" else PRINT
    done = run_shell(tmp_path, shell, lines_of(change, form), f"{take_over}\n{end}", environ)
    assert (done.returncode, done.stderr) == (0, ""), done
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.real
@pytest.mark.parametrize(("shell", "form", "take_over"), EVALUATIONS)
def test_values_go_through_a_real_shell_unchanged(tmp_path: str, shell: str, form: str, take_over: str) -> None:
    values = {f"VALUE_{number}": text for number, text in enumerate(EVIL)}
    found = evaluated(tmp_path, shell, form, take_over, Change((), values), {})
    assert {name: found.get(name) for name in values} == values


@pytest.mark.real
@pytest.mark.parametrize(("shell", "form", "take_over"), EVALUATIONS)
def test_removed_variables_are_gone_whether_there_or_not(tmp_path: str, shell: str, form: str, take_over: str) -> None:
    """A variable that was not set must not keep the next ones, nor end a `set -e` script."""
    change = Change(("NOT_THERE", "AWS_PROFILE", "NOR_THIS", "AWS_ROLE_ARN"), {"SET": "x"})
    found = evaluated(tmp_path, shell, form, take_over, change, {"AWS_PROFILE": "p", "AWS_ROLE_ARN": "r", "KEPT": "k"})
    assert not {"NOT_THERE", "AWS_PROFILE", "NOR_THIS", "AWS_ROLE_ARN"} & set(found)
    assert (found["SET"], found["KEPT"]) == ("x", "k")


@pytest.mark.real
@pytest.mark.parametrize(
    ("shell", "form", "take_over"), [("bash", SH, "eval $(cat $WRITTEN)"), ("fish", FISH, "eval (cat $WRITTEN)")]
)
def test_an_eval_that_joins_lines_works_for_sessions(tmp_path: str, shell: str, form: str, take_over: str) -> None:
    change = Change(("AWS_PROFILE",), {"A": "AbC/+==", "B": "2026-11-22T06:03:19Z", "C": "work"})
    found = evaluated(tmp_path, shell, form, take_over, change, {"AWS_PROFILE": "p"})
    assert {name: found.get(name) for name in ("A", "B", "C", "AWS_PROFILE")} == {**change.set, "AWS_PROFILE": None}


# How a shell shows the status of the lines that it evaluated; PowerShell raises an exception instead.
SHOW_STATUS = {"fish": "{}\necho $status", "pwsh": "try {{ {}; 0 }} catch {{ 5 }}"}


@pytest.mark.real
@pytest.mark.parametrize(("shell", "form", "take_over"), EVALUATIONS)
def test_only_a_failure_fails_where_it_is_evaluated(tmp_path: str, shell: str, form: str, take_over: str) -> None:
    """A name that was not set, or a command that failed before, is not a failure."""
    program = SHOW_STATUS.get(shell, "{}\necho $?").format(take_over.removeprefix("set -eu; "))
    for text, expected in ((failure_line(5, form), "5"), (lines_of(Change(("NOT_THERE",), {"A": "x"}), form), "0")):
        done = run_shell(tmp_path, shell, text, program, {})
        assert (done.stdout.strip(), done.stderr) == (expected, ""), (text, done)


def test_a_failure_has_no_line_for_programs_that_do_not_evaluate() -> None:
    assert [failure_line(4, form) for form in (CMD, DOTENV, JSON)] == ["", "", ""]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_sh_words_are_what_shlex_reads(value: str) -> None:
    line = lines_of(Change((), {"NAME": value}), SH)
    words = shlex.shlex(line, posix=True, punctuation_chars=";")
    words.whitespace_split = True
    words.commenters = ""
    assert list(words) == ["export", f"NAME={value}", ";"]


def test_powershell_lines_are_these() -> None:
    """PowerShell reads four curly quotation marks as straight ones."""
    change = Change(("AWS_PROFILE",), {"A": "it's", "B": "‘a’ ‚b‛ $x `n"})
    assert lines_of(change, POWERSHELL).splitlines() == [
        "$Env:AWS_PROFILE = $null",
        "$Env:A = 'it''s'",
        "$Env:B = '‘‘a’’ ‚‚b‛‛ $x `n'",
    ]


def test_cmd_lines_are_these() -> None:
    change = Change(("AWS_PROFILE",), {"A": "AbC/+==", "B": "a & b | c > d"})
    assert lines_of(change, CMD).splitlines() == ['set "AWS_PROFILE="', 'set "A=AbC/+=="', 'set "B=a & b | c > d"']


@pytest.mark.parametrize(
    ("form", "value"),
    [
        *((CMD, value) for value in ("100%", 'a"b', "wow!", "a\nb")),
        *((DOTENV, value) for value in ("it's", "a\\b", "${X}", "a\nb")),
    ],
)
def test_what_a_form_cannot_quote_is_refused_by_name_and_never_changed(form: str, value: str) -> None:
    with pytest.raises(BadInput) as failure:
        lines_of(Change((), {"NAME": value}), form)
    assert "NAME" in failure.value.message
    assert value not in failure.value.message


def test_dotenv_is_plain_if_it_can_be_and_quoted_otherwise() -> None:
    """`docker run --env-file` keeps quotation marks; what a session holds has none."""
    change = Change(("AWS_PROFILE",), {"A": "AbC/+==", "B": "2026-11-22T06:03:19Z", "C": "my profile #1", "D": ""})
    assert lines_of(change, DOTENV).splitlines() == ["A=AbC/+==", "B=2026-11-22T06:03:19Z", "C='my profile #1'", "D="]


def test_dotenv_cannot_remove() -> None:
    with pytest.raises(BadInput, match="cannot remove"):
        lines_of(Change(("A",), {}), DOTENV)


def test_json_is_one_object() -> None:
    assert json.loads(lines_of(Change(("B",), {"A": "x"}), JSON)) == {"A": "x"}
    assert json.loads(lines_of(Change(("B",), {}), JSON)) == {"B": None}


@pytest.mark.parametrize("form", sorted(set(FORMS) - {DOTENV}))
def test_nothing_to_remove_leaves_no_empty_line(form: str) -> None:
    assert lines_of(Change((), {"A": "x"}), form).splitlines()[0].strip()


@pytest.mark.parametrize(
    ("callers", "environ", "expected"),
    [
        (["bash", "sshd"], {"SHELL": "/usr/bin/fish"}, SH),
        (["-zsh", "login"], {}, SH),
        (["uv", "make", "fish", "bash"], {}, FISH),
        (["/usr/local/bin/pwsh", "zsh"], {}, POWERSHELL),
        (["direnv", "systemd"], {"SHELL": "/usr/bin/fish"}, FISH),
        (["python3"], {}, SH),
        (["python3"], {"SHELL": "/opt/strange"}, SH),
    ],
)
def test_the_form_is_that_of_the_nearest_shell(callers: list[str], environ: dict[str, str], expected: str) -> None:
    assert form_for(callers, environ, on_windows=False) == expected


def test_on_windows_the_variables_decide() -> None:
    machine = "C:\\Program Files\\WindowsPowerShell\\Modules;C:\\WINDOWS\\system32\\WindowsPowerShell\\v1.0\\Modules"
    assert form_for([], {"PSMODULEPATH": machine}, on_windows=True) == CMD
    inside = f"C:\\Users\\ann\\Documents\\WindowsPowerShell\\Modules;{machine}"
    assert form_for([], {"PSMODULEPATH": inside}, on_windows=True) == POWERSHELL
    git_bash = {"SHELL": "C:\\Program Files\\Git\\usr\\bin\\bash.exe", "PSMODULEPATH": inside}
    assert form_for([], git_bash, on_windows=True) == SH
    assert form_for([], {}, on_windows=True) == CMD


def test_a_shell_without_a_form_is_refused() -> None:
    """It would understand only half of the lines for sh."""
    with pytest.raises(BadInput, match="tcsh"):
        form_for(["tcsh", "bash"], {}, on_windows=False)
