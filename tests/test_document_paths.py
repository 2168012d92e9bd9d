"""Files, modules and settings that the documents name: each one exists, and no setting is left out."""

from __future__ import annotations

import os
import re

import pytest

from aws_mfa.config.profile_settings import CREDENTIAL_PROCESS, HIDDEN, KEYS, NARROWING, OF_AGENTS
from needs import ROOT
from security.test_where_secrets_leave import PLACES
from test_documents import BLOCK, DOCUMENTS, text_of

PACKAGE = os.path.join(ROOT, "src", "aws_mfa")
# As the documents write the module of a package (`renewal/plan`), and a file of the checkout (`bench/hot_path.py`).
MODULE = re.compile(r"`([a-z_]+(?:/[a-z_]+)+)`")
FILE = re.compile(r"`((?:src|tests|tools|bench|docs)/[\w./-]*)`")


def named(pattern: re.Pattern[str], document: str) -> list[str]:
    """What `pattern` finds between backticks, outside of blocks."""
    return pattern.findall(BLOCK.sub("", text_of(document)))


@pytest.mark.parametrize("document", [*DOCUMENTS, "bench/README.md"])
def test_every_module_and_file_that_a_document_names_exists(document: str) -> None:
    paths = [*named(MODULE, document), *named(FILE, document)]
    assert [path for path in paths if not is_module(path) and not os.path.exists(os.path.join(ROOT, path))] == []


def is_module(path: str) -> bool:
    """Whether this is a module or a package under `src/aws_mfa`."""
    return any(os.path.exists(os.path.join(PACKAGE, path + end)) for end in (".py", "/__init__.py"))


def test_the_security_model_names_every_module_where_a_secret_leaves_and_no_other() -> None:
    section = text_of("docs/security-model.md").split("\n## Where secrets leave the program\n")[1].split("\n## ")[0]
    rows = re.findall(r"\| `([\w/]+)` \|$", section, re.MULTILINE)
    assert {f"{module}.py" for module in rows} == set(PLACES)


def test_every_setting_of_a_profile_is_listed() -> None:
    table = text_of("docs/commands.md").partition("## Settings of a profile")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", "".join(rows))) == KEYS | {
        CREDENTIAL_PROCESS,
        *(HIDDEN + key for key in (*NARROWING, *OF_AGENTS)),
    }
