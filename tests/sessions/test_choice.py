"""Which session store is used, and who chose it."""

from __future__ import annotations

import pytest

from aws_mfa.errors import BadInput
from aws_mfa.sessions.places import choose_store


@pytest.mark.parametrize(
    ("value", "has_runtime_folder", "name", "explicit"),
    [
        *((None, True, "memory", False), ("", True, "memory", False), (None, False, "sealed", False)),
        *(("memory", True, "memory", True), ("sealed", True, "sealed", True), ("plain", False, "plain", True)),
        ("none", True, "none", True),
    ],
)
def test_the_variable_decides_else_memory_else_sealed(
    value: str | None, *, has_runtime_folder: bool, name: str, explicit: bool
) -> None:
    environ = {} if value is None else {"AWS_MFA_SESSION_STORE": value}
    choice = choose_store(environ, has_runtime_folder=has_runtime_folder)
    assert (choice.name, choice.explicit) == (name, explicit)


@pytest.mark.parametrize("value", ["Memory", "disk", " plain"])
def test_a_name_that_is_not_a_store_is_refused_with_the_stores(value: str) -> None:
    with pytest.raises(BadInput, match="is not a session store") as failure:
        choose_store({"AWS_MFA_SESSION_STORE": value}, has_runtime_folder=True)
    assert failure.value.hints == ("choose one of: memory, sealed, plain, none",)


def test_memory_without_a_runtime_folder_is_refused_and_not_replaced() -> None:
    with pytest.raises(BadInput, match="XDG_RUNTIME_DIR is not a folder of yours with mode 0700"):
        choose_store({"AWS_MFA_SESSION_STORE": "memory"}, has_runtime_folder=False)
