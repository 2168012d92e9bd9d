"""
Read long-term keys from a text: the console's CSV, what `aws iam create-access-key` prints, or an AWS file. Pure.

The content decides what it is. Any other text is refused with its line. No message quotes a value: it may be a key.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa.aws_values.codes import trouble_with_key_id, trouble_with_secret
from aws_mfa.config.ini import check, line_number, sections
from aws_mfa.config.profile_names import profile_headers
from aws_mfa.config.sections import LONG_TERM_KEYS, kind_of
from aws_mfa.errors import BadInput, BrokenFile
from aws_mfa.model import LongTermKeys, Secret
from aws_mfa.vaults.items import next_keys_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa.config.ini import Section

KEY_ID, SECRET, DEVICE = "aws_access_key_id", "aws_secret_access_key", "aws_mfa_device"
_DEVICE_KEYS = (DEVICE, "mfa_serial")
_CSV_KEY_ID, _CSV_SECRET = "accesskeyid", "secretaccesskey"
# A name and its value on one line: YAML, a table, rootkey.csv, `export` lines of a shell.
_NAMED = re.compile(
    r"""[\s|-]*(?:export\s+|set\s+|\$env:)?["']?(?:aws)?[ _]?"""
    r"""(?P<name>access[ _]?key[ _]?id|secret[ _]?(?:access[ _]?)?key|session[ _]?token)"""
    r"""["']?\s*[=:|]\s*["']?(?P<value>[^\s"'|]*)["']?[\s|;]*""",
    re.IGNORECASE,
)
_TEXT_FIELDS = (2, 5)  # AccessKeyId, SecretAccessKey; or AccessKeyId, CreateDate, SecretAccessKey, Status, UserName
_KINDS = (
    "give the CSV that the IAM console downloads, what `aws iam create-access-key --output json` prints, "
    "or an AWS credentials file"
)


@dataclass
class KeysInText:
    """Keys in a text, their `section` if it has any; `trouble`: why they are no long-term keys, with the line."""

    keys: LongTermKeys
    section: str | None = None
    device: str | None = None
    trouble: str | None = None
    endpoint_url: str | None = None


def keys_in_document(text: str, *, where: str) -> list[KeysInText]:
    """The keys of an AWS file (any number), or of another known text (one pair); `BadInput` for any other text."""
    text = text.removeprefix("\ufeff")
    # The first line that is neither blank nor a comment.
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = next((line for line in lines if line[0] not in "#;"), "")
    if first.startswith("{"):
        return [_in_json(text, where)]
    if first.startswith("["):
        try:
            found = keys_in_sections(text, where=where)
        except BrokenFile as error:
            raise BadInput(error.message) from None
        for keys in found:  # SDKs have the profile without the first word of the header in a config file
            keys.section = next(iter(profile_headers([keys.section or ""])), keys.section)
        return found
    fields = first.removeprefix("ACCESSKEY").split()
    if len(fields) in _TEXT_FIELDS and fields[0].startswith("AKIA"):
        return [_one_pair({_CSV_KEY_ID: fields[0], _CSV_SECRET: fields[len(fields) // 2]}, where)]
    named = [found for found in map(_NAMED.fullmatch, lines) if found]
    if any("key" in found["name"].lower() for found in named):
        return [_in_named_lines(named, where)]
    if any(mark in first for mark in ",;\t"):
        return [_in_csv(text, where)]
    raise BadInput(f"{where}, line 1: no long-term keys in a known format", _KINDS)


def keys_in_sections(text: str, *, where: str, is_checked: bool = True) -> list[KeysInText]:
    """The long-term keys of an AWS file, in order; raises `BrokenFile` for a text that SDKs would refuse."""
    if is_checked:
        check(text, where=where)
    holding = (section for section in sections(text, where=where) if kind_of(section.values()) == LONG_TERM_KEYS)
    return [_in_section(section, text) for section in holding]


def _in_section(section: Section, text: str) -> KeysInText:
    values = section.values()
    keys = LongTermKeys(values.get(KEY_ID, ""), Secret(values[SECRET]))
    lines = {entry.key: line_number(text, entry.lines[0][0]) for entry in section.entries}
    bad = _bad_half(keys) if keys.access_key_id else (SECRET, "a secret access key without its id")
    trouble = f"line {lines[bad[0]]}: {bad[1]}" if bad else None
    if next_keys_of(values):
        trouble = "the rotation of these keys is not over: aws-mfa rotate --resume"
    device = next((values[key] for key in _DEVICE_KEYS if values.get(key)), None)
    return KeysInText(keys, section.name, device=device, trouble=trouble, endpoint_url=values.get("endpoint_url"))


def _in_named_lines(named: list[re.Match[str]], where: str) -> KeysInText:
    values: dict[str, str] = {}
    for found in named:
        name = found["name"].lower().replace("_", "").replace(" ", "").replace("secretkey", _CSV_SECRET)
        if name in values:
            raise BadInput(f"{where}: two lines with the same name", "keep only the lines of one pair of keys")
        values[name] = found["value"]
    return _one_pair(values, where)


def _in_csv(text: str, where: str) -> KeysInText:
    """The console's two shapes, and any other CSV with these two columns, also of a spreadsheet (`;`, tabs)."""
    text = re.sub(r"\A\s*(sep=.\r?\n)?", "", text)  # the line is Excel's
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="", strict=True, delimiter=delimiter)
    try:
        columns = ["".join(name.lower().split()) for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        rows = [(reader.line_num, row) for row in reader if any(row.values())]
    except csv.Error:
        raise BadInput(f"{where}, line {reader.reader.line_num}: this is not CSV", "download it again") from None
    if not {_CSV_KEY_ID, _CSV_SECRET}.issubset(columns):
        raise BadInput(f'{where}, line 1: no columns "Access key ID" and "Secret access key"', _KINDS)
    if not rows:
        raise BadInput(f"{where}, line 1: no keys follow", "download it again from the IAM console")
    if len(rows) > 1:
        raise BadInput(
            f"{where}, line {rows[1][0]}: the keys of a second user",
            "keep only the header and the row of one user, and name the profile with --profile",
        )
    line, row = rows[0]
    return _one_pair(row, f"{where}, line {line}")


def _in_json(text: str, where: str) -> KeysInText:
    """`{"AccessKey": {...}}`, or the inner object, as `--query AccessKey` prints it."""
    document, line = None, 1
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        line = error.lineno
    except (ValueError, RecursionError):
        pass
    if document is None:
        # Raised outside the handlers: a JSON error carries the whole document.
        raise BadInput(f"{where}, line {line}: this is not JSON", _KINDS)
    place, found = f"{where}, line 1", document.get("AccessKey", document)
    if not isinstance(found, dict):
        raise BadInput(f"{place}: AccessKey is not an object", _KINDS)
    values = {name.lower(): value for name, value in found.items() if isinstance(value, str)}
    if "Credentials" in document:
        values["sessiontoken"] = "somewhere in it"
    if "sessiontoken" not in values and not (_CSV_KEY_ID in values and _CSV_SECRET in values):
        raise BadInput(
            f"{place}: no AccessKeyId or no SecretAccessKey",
            "AWS shows a secret once, when the key is made: aws iam create-access-key",
        )
    return _one_pair(values, place)


def _one_pair(values: Mapping[str, str], place: str) -> KeysInText:
    """The keys in these values, whose names are in lower case without blanks, as AWS calls them."""
    if values.get("sessiontoken"):
        raise BadInput(f"{place}: this is a session, not long-term keys", _KINDS)
    keys = LongTermKeys(values.get(_CSV_KEY_ID, "").strip(), Secret(values.get(_CSV_SECRET, "").strip()))
    if bad := _bad_half(keys):
        raise BadInput(f"{place}: {bad[1]}", "copy the whole keys from where they were made")
    return KeysInText(keys)


def _bad_half(keys: LongTermKeys) -> tuple[str, str] | None:
    """Which of the two cannot be a long-term key, and why."""
    if trouble := trouble_with_key_id(keys.access_key_id):
        return KEY_ID, trouble
    trouble = trouble_with_secret(keys.secret_access_key)
    return (SECRET, trouble) if trouble else None
