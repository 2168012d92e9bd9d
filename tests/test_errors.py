"""The tree drawn at the head of errors.py is the tree of its classes."""

from __future__ import annotations

import ast
import inspect

import pytest

from aws_mfa import errors, situations
from aws_mfa.errors import AwsMfaError

DRAWN = [line for line in (errors.__doc__ or "").splitlines() if "|" in line or "`" in line or "AwsMfaError" in line]
CLASSES = [
    found
    for found in {**vars(errors), **vars(situations)}.values()
    if inspect.isclass(found) and issubclass(found, AwsMfaError)
]


def drawn_tree() -> dict[str, tuple[str | None, int]]:
    """Name -> (parent, exit code), as the picture has them; a class without a code of its own has its parent's."""
    tree: dict[str, tuple[str | None, int]] = {}
    branch: list[tuple[int, str]] = []
    for line in DRAWN:
        column = len(line) - len(line.lstrip(" |`-"))
        name, *words = line[column:].split()
        assert words[2 * (words[0] == "exit") :], f"{name} is not described"
        branch = [(at, above) for at, above in branch if at < column]
        parent = branch[-1][1] if branch else None
        code = int(words[1]) if words[0] == "exit" else tree[parent or ""][1]
        assert name not in tree
        tree[name] = (parent, code)
        branch.append((column, name))
    return tree


def test_the_tree_drawn_is_the_tree_of_the_classes_and_describes_each() -> None:
    found = {
        kind.__name__: (None if kind is AwsMfaError else kind.__bases__[0].__name__, kind.exit_code) for kind in CLASSES
    }
    assert drawn_tree() == found


def test_the_exit_codes_are_those_of_the_design() -> None:
    codes = {kind.__name__: kind.exit_code for kind in CLASSES if AwsMfaError in kind.__bases__}
    assert codes == {
        "BadInput": 2,
        "NotSetUp": 3,
        "NeedsHuman": 4,
        "RefusedByAws": 5,
        "RefusedByRule": 5,
        "Unreachable": 6,
        "Cancelled": 130,
    }
    assert AwsMfaError.exit_code == 1


@pytest.mark.parametrize("kind", CLASSES)
def test_each_failure_carries_message_and_hints(kind: type[AwsMfaError]) -> None:
    failure = kind("it broke", "fix it", "or not")
    assert (failure.message, failure.hints, str(failure)) == ("it broke", ("fix it", "or not"), "it broke")
    assert kind("it broke").hints == ()


def test_a_failure_is_shown_as_its_message_and_a_line_for_each_hint() -> None:
    failure = AwsMfaError("it broke", "fix it", "or not")
    assert failure.hint_lines == ("hint: fix it", "hint: or not")
    assert failure.lines == ("it broke", *failure.hint_lines)
    assert AwsMfaError("it broke").lines == ("it broke",)


def test_the_two_halves_import_nothing_but_each_other() -> None:
    for half, others in ((errors, {"aws_mfa.situations", "aws_mfa"}), (situations, {"aws_mfa.errors"})):
        nodes = ast.walk(ast.parse(inspect.getsource(half)))
        found = {node.module if isinstance(node, ast.ImportFrom) else None for node in nodes if is_import(node)}
        assert found == {"__future__", *others}


def is_import(node: ast.AST) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def test_every_class_here_belongs_to_the_tree() -> None:
    both = {**vars(errors), **vars(situations)}
    assert [found for found in both.values() if inspect.isclass(found)] == CLASSES


def test_each_class_is_found_by_its_name_and_no_other_name_is() -> None:
    assert [getattr(errors, kind.__name__) for kind in CLASSES] == CLASSES
    with pytest.raises(AttributeError):
        _ = errors.NoSuchClass  # type: ignore[attr-defined]
