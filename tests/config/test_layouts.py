"""What each SDK reads in a file of any layout, before and after a change: our lines are read by all of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aws_mfa.config.edit import with_changes
from aws_mfa.config.ini import check
from aws_mfa.errors import BrokenFile
from config.ini_examples import NAMES, File, files, read_by_sdk
from config.layouts import LAYOUTS, READERS, REFUSED, in_config, javascript, python, ruby
from examples import examples
from needs import ROOT, built, needs
from programs import output_of

SESSION: dict[str, str | None] = {
    "assumed_role": "False",
    "aws_access_key_id": "ASIANEW",
    "aws_secret_access_key": "new+/==",
    "aws_session_token": "t=" * 40,
    "expiration": "2026-01-01 00:00:00",
}
REGION: dict[str, str | None] = {"region": "eu-west-1"}


def edited(layout: str) -> dict[str, tuple[str, str]]:
    """File -> its text before and after a session, or a region, was written."""
    text = LAYOUTS[layout][0]
    config = in_config(text)
    return {
        "credentials": (text, with_changes(text, "ann", SESSION)),
        "config": (config, with_changes(config, "profile ann", REGION)),
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_sdk_reads_what_was_written_in_any_layout(layout: str) -> None:
    before = {letter for letter, read in READERS.items() if region_in(read(LAYOUTS[layout][0])) == "us-east-1"}
    assert before == set(LAYOUTS[layout][1])
    files = edited(layout)
    for read in READERS.values():
        ann = read(files["credentials"][1])["ann"]
        assert {key: ann.get(key) for key in SESSION} == SESSION, (read, files["credentials"][1])
        assert read(files["config"][1])["profile ann"]["region"] == "eu-west-1", (read, files["config"][1])
    for (old, new), changes in zip(files.values(), (SESSION, REGION), strict=True):
        for read in (python, javascript):
            assert others(read(new), changes) == others(read(old), changes), (read, new)


def region_in(found: dict[str, dict[str, str]]) -> str | None:
    return found.get("ann", {}).get("region")


def others(found: dict[str, dict[str, str]], changes: dict[str, str | None]) -> dict[str, dict[str, str]]:
    """What is read besides the changed keys, whatever their case."""
    kept = {
        name: {key: value for key, value in values.items() if key.lower().rpartition(".")[2] not in changes}
        for name, values in found.items()
    }
    return {name: values for name, values in kept.items() if values}


@pytest.mark.parametrize("layout", REFUSED)
def test_what_botocore_cannot_load_is_refused_in_both_files(layout: str) -> None:
    for text in (REFUSED[layout], in_config(REFUSED[layout])):
        with pytest.raises(BrokenFile, match=r"^the file, line \d+: "):
            check(text)
        if not text.startswith("\ufeff"):
            with pytest.raises(Exception, match=r"pars|already exists"):
                read_by_sdk(text)


@examples(60)
@given(file=files(), name=st.sampled_from(("default", "work", "new")))
def test_every_sdk_reads_what_was_written_in_any_text(file: File, name: str) -> None:
    """Headers are in column 0, and their names of letters: all SDKs find those."""
    assume(not any(line.text.strip().startswith("[") for line in file.lines if not line.is_header))
    assume(file.newline in ("\n", "\r\n"))
    plain = {
        section: section if section.replace("-", "").isalpha() else f"x{NAMES.index(section)}" for section in NAMES
    }
    headers = {line.section: f"[{plain[line.section or '']}]" for line in file.lines if line.is_header}
    text = "".join(
        headers[line.section] + line.text[len(line.text.rstrip("\r\n")) :] if line.is_header else line.text
        for line in file.lines
    )
    after = with_changes(text, name, SESSION)
    for read in READERS.values():
        found = read(after).get(name, {})
        assert {key: found.get(key) for key in SESSION} == SESSION, (read, after)


# The real SDKs: each is started once, for all layouts.


def commands() -> dict[str, list[str]]:
    readers = os.path.join(ROOT, "tests", "config", "sdk_readers")
    python_sdk = os.path.join(readers, "python_sdk.py")
    return {
        "boto3": [sys.executable, python_sdk],
        "aws-cli-1": [built("aws-cli-1", "bin", "python"), python_sdk],
        "aws-cli-2": ["/usr/bin/python3", python_sdk],
        "javascript": ["node", os.path.join(readers, "javascript_sdk.cjs")],
        "go": [built("go", "go_sdk")],
        "ruby": ["ruby", os.path.join(readers, "ruby_sdk.rb")],
    }


@pytest.mark.real
@pytest.mark.parametrize("sdk", ["boto3", "aws-cli-1", "aws-cli-2", "javascript", "go", "ruby"])
def test_real_sdks_read_every_layout_as_the_small_readers_do(sdk: str, tmp_path: Path) -> None:
    needs("node", "ruby", "/usr/bin/aws")
    wanted: dict[str, tuple[str, str]] = {}  # case -> text before, or "" where it is after a change; and the file
    for number, layout in enumerate(LAYOUTS):
        for file, texts in edited(layout).items():
            for stage, text in zip(("before", "after"), texts, strict=True):
                case = f"{number:02}-{file}-{stage}"
                wanted[case] = (text, file)
                for name in ("credentials", "config"):
                    (tmp_path / case).mkdir(exist_ok=True)
                    (tmp_path / case / name).write_bytes(text.encode() if name == file else b"")
    more = [os.path.dirname(built("js", "node_modules"))] if sdk == "javascript" else []
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    printed = output_of([*commands()[sdk], str(tmp_path), *more], environment)
    read = {case: (key_id, region) for case, key_id, region in map(str.split, printed.splitlines())}
    assert read.keys() == wanted.keys()
    for case, (text, file) in wanted.items():
        found = dict(zip(("credentials", "config"), read[case], strict=True))[file]
        if case.endswith("after"):
            assert found == ("ASIANEW" if file == "credentials" else "eu-west-1"), (case, text)
        elif sdk != "go":  # it is older than `strict`, and reads more
            reader = {"javascript": javascript, "ruby": ruby}.get(sdk, python)
            key, section = ("aws_access_key_id", "ann") if file == "credentials" else ("region", "profile ann")
            assert found == (reader(text).get(section, {}).get(key, "").split() or ["-"])[0], (case, text)
