"""Settings written to a tool's file and taken back: nothing of the user's is lost, whatever the file holds by then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aws_mfa.agents.settings import change, text_with
from aws_mfa.agents.tools import END, TOOLS
from aws_mfa.errors import BrokenFile, Cancelled, NotSetUp
from fakes import FakeInterfaces, as_interfaces

JOURNAL = "~/.aws/mfa/agent-settings"
FILES = ["/h/.aws/credentials", "/h/.aws/config", "/h/.aws/mfa"]
DENIED = TOOLS["claude"]("dev", "/h", FILES, {})[1]["permissions"]["deny"]  # type: ignore[index]
CLAUDE = """\
{
\t"model": "opus",
\t"permissions": {
\t\t"deny": [
\t\t\t"Read(./.env)",
\t\t\t"Read(~/.aws/credentials)"
\t\t],
\t\t"allow": []
\t},
\t"env": {
\t\t"ÄPFEL": "1",
\t\t"AWS_PROFILE": "mine"
\t},
\t"unknown": [
\t\t1.5,
\t\tnull
\t]
}"""
TOML = 'model = "o"\n\n[projects."/src"]\ntrust_level = "trusted"'


def wanted(tool: str = "claude", profile: str = "dev") -> tuple[str, Any]:
    path, settings = TOOLS[tool](profile, "/h", FILES, {})
    return path, settings


class Stage:
    """A tool's file in memory, and what was asked."""

    def __init__(self, text: str | None, tool: str = "claude") -> None:
        self.interfaces = FakeInterfaces()
        self.tool = tool
        self.file = self.interfaces.settings_file(wanted(tool)[0])
        self.file.text = text
        self.asked: list[tuple[str, str]] = []

    def write(self, profile: str = "dev") -> list[str] | None:
        return change(wanted(self.tool, profile), as_interfaces(self.interfaces), self.confirm)

    def undo(self) -> list[str] | None:
        return change(wanted(self.tool), as_interfaces(self.interfaces), None)

    def confirm(self, *texts: str) -> None:
        self.asked.append((texts[0], texts[1]))

    @property
    def value(self) -> Any:  # noqa: ANN401  # JSON
        return json.loads(self.file.read())

    @property
    def journal(self) -> dict[str, Any]:
        return dict(json.loads(self.interfaces.settings_file(JOURNAL).read() or "{}"))


# File -> its text before; each is the file of a tool that has settings of its own already.
TEXTS = {
    "missing": None,
    "empty": "",
    "blank": " \n",
    "settings": CLAUDE,
    "no indentation": '{"a":{"b":[]}}',
    "windows": CLAUDE.replace("\n", "\r\n") + "\r\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("tool", ["claude", "cursor", "vscode", "mcp"])
def test_json_is_written_once_and_taken_back_to_the_byte(tool: str, text: str | None) -> None:
    stage = Stage(text, tool)
    assert stage.write() == []
    assert stage.asked == [(text or "", stage.file.text)]
    written = stage.file.text
    assert stage.write() is None
    assert (stage.file.text, len(stage.asked)) == (written, 1)
    assert stage.undo() == []
    assert (stage.file.text, stage.journal) == (text, {})
    assert stage.undo() is None


@pytest.mark.parametrize("text", [None, "", TOML, TOML + "\n", TOML + "\r\n\r\n\r\n"])
def test_toml_is_written_once_and_taken_back_to_the_byte(text: str | None) -> None:
    stage = Stage(text, "codex")
    assert stage.write() == []
    assert stage.file.read().endswith(f"{END}\n\n{text}" if text else f"{END}\n")
    assert stage.write() is None
    assert stage.undo() == []
    assert stage.file.text == text


def test_order_unknown_names_and_other_entries_stay_and_only_what_is_missing_is_added() -> None:
    stage = Stage(CLAUDE)
    stage.write()
    value = stage.value
    assert list(value) == ["model", "permissions", "env", "unknown", "awsAuthRefresh"]
    assert list(value["permissions"]) == ["deny", "allow"]
    assert value["permissions"]["deny"] == ["Read(./.env)", *DENIED]
    assert value["env"] == {"ÄPFEL": "1", "AWS_PROFILE": "dev"}
    assert value["unknown"] == [1.5, None]
    gone = set(CLAUDE.splitlines()) - set(stage.file.read().splitlines())
    assert gone == {f'\t\t\t"{DENIED[0]}"', '\t\t"AWS_PROFILE": "mine"', "\t]"}  # a comma is added to two of them


def test_the_layout_is_the_files_own() -> None:
    for text, line in (
        (CLAUDE, '\n\t"awsAuthRefresh"'),
        (TEXTS["windows"], '\r\n\t"awsAuthRefresh"'),
        (None, '\n  "env"'),
    ):
        stage = Stage(text)
        stage.write()
        assert line in stage.file.read()
        assert stage.file.read().endswith("\n") == (text != CLAUDE)


@pytest.mark.parametrize("tool", TOOLS)
def test_another_profile_replaces_the_first_and_one_undo_takes_both_back(tool: str) -> None:
    before = "x = 1\n" if tool == "codex" else '{\n  "x": 1\n}\n'
    stage = Stage(before, tool)
    stage.write()
    is_named = tool != "cursor"  # it has no setting for a profile
    assert (stage.write("prod") is not None) == is_named
    assert ("prod" in stage.file.read(), "dev" in stage.file.read().replace("/dev", "")) == (is_named, False)
    assert stage.undo() == []
    assert stage.file.text == before


def test_of_a_file_that_was_changed_since_only_what_was_written_is_removed() -> None:
    stage = Stage(CLAUDE)
    stage.write()
    value = stage.value
    value["permissions"]["deny"].insert(0, "Read(./new)")
    value["permissions"]["allow"].append("Bash(ls)")
    del value["unknown"]
    value["new"] = {"a": 1}
    stage.file.text = json.dumps(value)
    assert stage.undo() == []
    mine = json.loads(CLAUDE)
    del mine["unknown"]
    mine["permissions"] = {"deny": ["Read(./new)", *mine["permissions"]["deny"]], "allow": ["Bash(ls)"]}
    assert stage.value == {**mine, "new": {"a": 1}}


def test_what_has_a_third_value_by_then_stays_and_is_named() -> None:
    stage = Stage('{"env": {}}')
    stage.write()
    stage.file.text = json.dumps({**stage.value, "env": {"AWS_PROFILE": "third"}, "awsAuthRefresh": "mine"})
    assert stage.undo() == ["env.AWS_PROFILE", "awsAuthRefresh"]
    assert stage.value == {"env": {"AWS_PROFILE": "third"}, "awsAuthRefresh": "mine"}


def test_what_the_user_took_away_is_not_brought_back() -> None:
    stage = Stage('{"permissions": {"deny": ["a"]}, "env": {"AWS_PROFILE": "mine"}}')
    stage.write()
    stage.file.text = '{"permissions": {"deny": []}}'
    assert stage.undo() is None
    assert stage.file.text == '{"permissions": {"deny": []}}'


@pytest.mark.parametrize("edit", ["", "[tui]\n"])
def test_the_block_is_cut_out_of_toml_that_was_changed_since(edit: str) -> None:
    stage = Stage(TOML + "\n", "codex")
    stage.write()
    stage.file.text = f"# mine\n{stage.file.read()}{edit}"
    assert stage.undo() == []
    assert stage.file.text == f"# mine\n{TOML}\n{edit}"


def test_a_block_that_was_changed_since_stays_and_is_named() -> None:
    stage = Stage(TOML, "codex")
    stage.write()
    changed = stage.file.text = stage.file.read().replace('"dev"', '"mine"')
    assert stage.undo() == ["the block of aws-mfa"]
    assert stage.file.text == changed


@pytest.mark.parametrize("text", [None, "", "{}"])
def test_a_file_that_was_removed_or_emptied_since_stays_so(text: str | None) -> None:
    stage = Stage(CLAUDE)
    stage.write()
    stage.file.text = text
    stage.undo()
    assert stage.file.read() in (text, "", "{}", "{}\n")


NOT_EDITED = {
    "comment": '{\n  // mine\n  "a": 1\n}',
    "trailing comma": '{"a": 1,}',
    "a list": "[]",
    "half": '{"a": "secret-of-the-tool',
    "too deep": "[" * 100_000,
    "twice": '{"a": 1}{"b": 2}',
    "a name twice": '{"a": 1, "a": 2}',
    "too large a number": '{"a": 1e999}',
}


@pytest.mark.parametrize("text", NOT_EDITED.values(), ids=NOT_EDITED)
def test_json_that_an_edit_could_spoil_is_left_alone(text: str) -> None:
    stage = Stage(text)
    with pytest.raises(BrokenFile) as refused:
        stage.write()
    assert (stage.file.text, stage.asked, stage.journal) == (text, [], {})
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is refused.value.__context__ is None


@pytest.mark.parametrize("entry", [5, {}, {"before": 5, "after": []}, {"before": None}])
def test_a_damaged_journal_is_named_and_the_file_stays(entry: object) -> None:
    stage = Stage(CLAUDE)
    stage.write()
    stage.file.text = text = stage.file.read().replace("}", "} ", 1)
    (path,) = stage.journal
    stage.interfaces.settings_file(JOURNAL).text = json.dumps({path: entry})
    for act in (stage.write, stage.undo):
        with pytest.raises(BrokenFile, match="agent-settings: damaged"):
            act()
        assert stage.file.text == text


def test_comments_that_were_added_since_are_not_lost_by_an_undo() -> None:
    stage = Stage(CLAUDE)
    stage.write()
    commented = stage.file.text = f"// mine\n{stage.file.read()}"
    with pytest.raises(BrokenFile):
        stage.undo()
    assert stage.file.text == commented
    assert stage.journal


@pytest.mark.parametrize(
    "line",
    [
        "[shell_environment_policy]", "[ shell_environment_policy.set ]", '["shell_environment_policy"]',
        'shell_environment_policy = { inherit = "core" }', "shell_environment_policy.inherit = 1",
        "[permissions.aws-mfa]", '[permissions."aws-mfa".filesystem]', "permissions.aws-mfa.extends = 1",
        "permissions = {}", "[permissions]", "['permissions'.'aws-mfa']", "'default_permissions' = 'a'",
        "# >>> aws-mfa agent setup codex", 'sandbox_mode = "read-only"', "[sandbox_workspace_write]",
        'default_permissions = ":mine"',
    ],
)  # fmt: skip
def test_tables_that_toml_would_have_twice_are_refused(line: str) -> None:
    stage = Stage(f"{TOML}\n{line}\n", "codex")
    with pytest.raises(BrokenFile, match="not changed, because it has settings under"):
        stage.write()
    assert stage.file.text == f"{TOML}\n{line}\n"


@pytest.mark.parametrize("line", ["[permissions.mine]", "# [shell_environment_policy]", "shell_environment = 1"])
def test_other_tables_of_the_same_kind_are_no_conflict(line: str) -> None:
    assert text_with(wanted("codex"), line).endswith(f"{END}\n\n{line}")


def test_a_no_writes_nothing_not_even_the_journal() -> None:
    stage = Stage(CLAUDE)

    def no(*_: str) -> None:
        raise Cancelled("no")

    with pytest.raises(Cancelled):
        change(wanted(), as_interfaces(stage.interfaces), no)
    assert (stage.file.text, stage.journal) == (CLAUDE, {})


def test_a_file_that_changes_while_the_question_is_open_is_not_overwritten() -> None:
    stage = Stage(CLAUDE)

    def edited(*_: str) -> None:
        stage.file.text = "{}"

    with pytest.raises(NotSetUp):
        change(wanted(), as_interfaces(stage.interfaces), edited)
    assert stage.file.text == "{}"


def test_a_write_that_fails_leaves_the_file_and_undo_finds_nothing() -> None:
    stage = Stage(CLAUDE)
    stage.file.failure = NotSetUp("disk full")
    with pytest.raises(NotSetUp):
        stage.write()
    assert (stage.file.text, list(stage.journal)) == (CLAUDE, [stage.file.path])
    stage.file.failure = None
    assert stage.undo() is None
    assert stage.write() == []
    assert stage.undo() == []
    assert stage.file.text == CLAUDE


def test_a_second_write_that_fails_is_taken_back_with_the_first() -> None:
    stage = Stage(CLAUDE)
    stage.write()
    stage.file.failure = NotSetUp("disk full")
    with pytest.raises(NotSetUp):
        stage.write("prod")
    stage.file.failure = None
    assert stage.undo() == []
    assert stage.file.text == CLAUDE


def test_two_files_are_taken_back_apart() -> None:
    first = Stage(CLAUDE)
    first.write()
    second = first.interfaces.settings_file(wanted("mcp")[0])
    second.text = '{"mcpServers": {"aws": {"command": "mine", "args": ["x"]}}}'
    change(wanted("mcp"), as_interfaces(first.interfaces), first.confirm)
    assert json.loads(second.text)["mcpServers"]["aws"]["args"][-1] == "dev"  # replaced whole, not mixed
    assert first.undo() == []
    assert (first.file.text, list(first.journal)) == (CLAUDE, [second.path])
