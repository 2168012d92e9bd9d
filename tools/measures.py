"""
Measures of the source: how large it is and how finely divided. Prints each with its bound; `--check` fails above one.

Reads only source text and imports nothing of the project. The practice AWS is a separate package and not counted.
"""

from __future__ import annotations

import ast
import os
import re
import statistics
import sys
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGE = os.path.join("src", "aws_mfa")
NOT_COUNTED = ("__init__.py", "py.typed", "__pycache__")
MAY_HAVE_MORE = (PACKAGE, os.path.join(PACKAGE, "cli", "commands"))
SMALL_LINES = 4

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module(NamedTuple):
    """A source file."""

    path: str
    text: str

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())


class Measure(NamedTuple):
    """A figure, its bound (None: no bound), and a list of what it counted, if that is useful."""

    name: str
    figure: float
    bound: float | None
    is_least: bool = False
    found: tuple[str, ...] = ()

    @property
    def is_exceeded(self) -> bool:
        """Whether the figure is on the wrong side of its bound."""
        if self.bound is None:
            return False
        return self.figure < self.bound if self.is_least else self.figure > self.bound


def modules_in(root: str, folder: str) -> list[Module]:
    """All Python files below a folder, without the practice AWS."""
    found = []
    for path, folders, names in os.walk(os.path.join(root, folder)):
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", "practice", "aws_mfa_practice"))
        for name in sorted(name for name in names if name.endswith(".py")):
            whole = os.path.join(path, name)
            with open(whole, encoding="utf-8") as file:
                found.append(Module(os.path.relpath(whole, root), file.read()))
    return found


def functions_in(module: Module) -> Iterator[tuple[Function, bool]]:
    """Every function, and whether a Protocol or Python prescribes it: members of Protocols, `__names__`."""
    pending: list[tuple[ast.AST, bool]] = [(ast.parse(module.text), False)]
    while pending:
        node, in_protocol = pending.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield child, in_protocol or (child.name.startswith("__") and child.name.endswith("__"))
            is_protocol = isinstance(child, ast.ClassDef) and any(_is_protocol(base) for base in child.bases)
            pending.append((child, in_protocol or is_protocol))


def _is_protocol(base: ast.expr) -> bool:
    return re.match(r"(typing\.)?Protocol\b", ast.unparse(base)) is not None


def lines_of(function: Function) -> int:
    """How many lines the function has, with its signature, without its docstring and decorators."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def measures(root: str) -> list[Measure]:
    """All measures of the tree."""
    modules = modules_in(root, PACKAGE)
    lines = sum(module.lines for module in modules)
    tests = sum(module.lines for module in modules_in(root, "tests"))
    words = Counter(word for module in modules for word in re.findall(r"\w+", module.text))
    long, lengths, small = [], [], []
    for module in modules:
        for function, is_prescribed in functions_in(module):
            place = f"{module.path}:{function.lineno} {function.name}"
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            long.append((length, place))
            if not is_prescribed:
                lengths.append(lines_of(function))
                # Two words: its `def`, and the one mention.
                if lengths[-1] <= SMALL_LINES and words[function.name] == 2:  # noqa: PLR2004
                    small.append(place)
    folders = _folders(root)
    packages = [module for module in modules if os.path.basename(module.path) not in ("__init__.py", "__main__.py")]
    return [
        Measure("lines of source", lines, 27_200),
        Measure("modules", sum(not module.path.endswith("__init__.py") for module in modules), 185),
        Measure("longest function", *_largest(long, 40)),
        Measure("median function, without docstring", statistics.median(lengths or [0]), 6, is_least=True),
        Measure("functions of <= 4 lines, mentioned once", len(small), 40, found=tuple(small)),
        Measure("entries of the fullest folder", *_largest(folders, 12)),
        _listed("modules above 400 lines", packages, lambda module: module.lines > 400),  # noqa: PLR2004
        _listed("modules below 60 lines", packages, lambda module: module.lines < 60),  # noqa: PLR2004
        Measure("test lines per source line", round(tests / max(lines, 1), 2), 1.5),
    ]


def _folders(root: str) -> list[tuple[int, str]]:
    counted = []
    for path, folders, names in os.walk(os.path.join(root, PACKAGE)):
        here = os.path.relpath(path, root)
        folders[:] = [name for name in folders if name not in NOT_COUNTED and name != "practice"]
        if here not in MAY_HAVE_MORE:
            counted.append((len(folders) + sum(name not in NOT_COUNTED for name in names), here))
    return counted


def _largest(counted: list[tuple[int, str]], bound: int) -> tuple[int, int, bool, tuple[str, ...]]:
    """The largest figure, its bound, and every figure above the bound."""
    above = sorted((one for one in counted if one[0] > bound), reverse=True)
    return (
        max((count for count, _ in counted), default=0),
        bound,
        False,
        tuple(f"{count} {name}" for count, name in above),
    )


def _listed(name: str, modules: list[Module], is_meant: Callable[[Module], bool]) -> Measure:
    found = tuple(f"{module.lines} {module.path}" for module in modules if is_meant(module))
    return Measure(name, len(found), None, found=found)


def main(argv: list[str]) -> int:
    """Print the table, with `--list` also what was counted. Return 1 if `--check` finds a bound exceeded."""
    found = measures(ROOT)
    for measure in found:
        bound = "" if measure.bound is None else f"{'>=' if measure.is_least else '<='} {measure.bound:g}"
        mark = "  exceeded" if measure.is_exceeded else ""
        print(f"{measure.name:<38} {measure.figure:>9g} {bound:>9}{mark}".rstrip())
        if "--list" in argv:
            print(*(f"    {one}" for one in measure.found), sep="\n")
    return 1 if "--check" in argv and any(measure.is_exceeded for measure in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
