"""
Read long-term keys from a text: the console's CSV, what `aws iam create-access-key` prints, or an AWS file. Pure.

The content decides what it is. Any other text is refused with its line. No message quotes a value: it may be a key.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aws_mfa.aws_values.codes import trouble_with_key_id, trouble_with_secret
from aws_mfa.config.edit import without_keys
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
    r"""(?P<name>access[ _]?key[ _]?id|secret[ _]?(?:access[ _]?)?key|session[ _]?token|status)"""
    r"""["']?\s*[=:|]\s*["']?(?P<value>[^\s"'|]*)["']?[\s|;]*""",
    re.IGNORECASE,
)
# What AWS prints beside them, the lines of a table included; all others may be somebody's other secrets.
_BESIDE = re.compile(r"[\s|+-]*(?:CreateAccessKey|AccessKey:?|(?:CreateDate|UserName)\b.*)?[\s|+-]*", re.IGNORECASE)
_JSON_NAMES = frozenset(("AccessKeyId", "CreateDate", "SecretAccessKey", "Status", "UserName"))
_TEXT_FIELDS = (2, 5)  # AccessKeyId, SecretAccessKey; or AccessKeyId, CreateDate, SecretAccessKey, Status, UserName
_KINDS = (
    "give the CSV that the IAM console downloads, what `aws iam create-access-key --output json` prints, "
    "or an AWS credentials file"
)


@dataclass
class KeysInText:
    """
    Long-term keys in a text, and their `section`, None for a document that names no profile.

    `trouble`: why they cannot be long-term keys, with the line. `lines` are those of id and secret in an AWS file;
    `is_alone`: the document holds nothing else that somebody may want to keep.
    """

    keys: LongTermKeys
    section: str | None = None
    device: str | None = None
    trouble: str | None = None
    is_inactive: bool = False
    endpoint_url: str | None = None
    lines: tuple[int, ...] = ()
    is_alone: bool = True
    is_rotating: bool = False  # a second pair is beside them


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
        rest = text
        for keys in found:
            rest = without_keys(rest, keys.section or "", (KEY_ID, SECRET))
            # SDKs have the profile without the first word of the header in a config file.
            keys.section = next(iter(profile_headers([keys.section or ""])), keys.section)
        return [replace(keys, is_alone=not rest.strip()) for keys in found]
    fields = first.removeprefix("ACCESSKEY").split()
    if len(fields) in _TEXT_FIELDS and fields[0].startswith("AKIA"):
        values = {_CSV_KEY_ID: fields[0], _CSV_SECRET: fields[len(fields) // 2], "status": "".join(fields[3:4])}
        return [replace(_one_pair(values, where), is_alone=len(lines) == 1)]
    named = [found for found in map(_NAMED.fullmatch, lines) if found]
    if any("key" in found["name"].lower() for found in named):
        is_alone = all(_NAMED.fullmatch(line) or _BESIDE.fullmatch(line) for line in lines)
        return [replace(_in_named_lines(named, where), is_alone=is_alone)]
    if any(mark in first for mark in ",;\t"):
        return [_in_csv(text, where)]
    raise BadInput(f"{where}, line 1: no long-term keys in a known format", _KINDS)


def keys_in_sections(text: str, *, where: str, is_checked: bool = True) -> list[KeysInText]:
    """The long-term keys of an AWS file, in order; raises `BrokenFile` for a text that SDKs would refuse."""
    if is_checked:
        check(text, where=where)
    return [
        _in_section(section, text)
        for section in sections(text, where=where)
        if kind_of(section.values()) == LONG_TERM_KEYS
    ]


def _in_section(section: Section, text: str) -> KeysInText:
    values = section.values()
    keys = LongTermKeys(values.get(KEY_ID, ""), Secret(values[SECRET]))
    lines = {entry.key: line_number(text, entry.lines[0][0]) for entry in section.entries}
    bad = _bad_half(keys) if keys.access_key_id else (SECRET, "a secret access key without its id")
    trouble = f"line {lines[bad[0]]}: {bad[1]}" if bad else None
    device = next((values[key] for key in _DEVICE_KEYS if values.get(key)), None)
    of_keys = tuple(sorted(lines[key] for key in (KEY_ID, SECRET) if key in lines))
    url, is_rotating = values.get("endpoint_url"), next_keys_of(values) is not None
    return KeysInText(keys, section.name, device, trouble, endpoint_url=url, lines=of_keys, is_rotating=is_rotating)


def _in_named_lines(named: list[re.Match[str]], where: str) -> KeysInText:
    """One pair of keys from lines with a name and a value each."""
    values: dict[str, str] = {}
    for found in named:
        name = found["name"].lower().replace("_", "").replace(" ", "").replace("secretkey", _CSV_SECRET)
        if name in values:
            raise BadInput(f"{where}: two lines with the same name", "keep only the lines of one pair of keys")
        values[name] = found["value"]
    return _one_pair(values, where)


def _in_csv(text: str, where: str) -> KeysInText:
    """The console's two shapes, and any other CSV with these two columns, also of a spreadsheet (`;`, tabs)."""
    text = re.sub(r"\A\s*sep=.\r?\n", "", text)  # Excel's line
    delimiter = max(",;\t", key=text.lstrip().partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    try:
        filled = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error:
        raise BadInput(f"{where}, line {reader.line_num}: this is not CSV", "download it again") from None
    (header_line, header), *rows = filled or [(1, [])]
    columns = ["".join(name.lower().split()) for name in header]
    if _CSV_KEY_ID not in columns or _CSV_SECRET not in columns:
        raise BadInput(f'{where}, line {header_line}: no columns "Access key ID" and "Secret access key"', _KINDS)
    if not rows:
        raise BadInput(f"{where}, line {header_line}: no keys follow", "download it again from the IAM console")
    if len(rows) > 1:
        raise BadInput(
            f"{where}, line {rows[1][0]}: the keys of a second user",
            "keep only the header and the row of one user, and name the profile with --profile",
        )
    line, row = rows[0]
    values = dict(zip(columns, row, strict=False))
    if _CSV_KEY_ID not in values or _CSV_SECRET not in values:
        raise BadInput(f"{where}, line {line}: it has fewer columns than the header", "download it again")
    found = _one_pair(values, f"{where}, line {line}")
    return replace(found, is_alone=not values.get("password", "").strip())


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
    is_alone = found.keys() <= _JSON_NAMES and (found is document or len(document) == 1)
    return replace(_one_pair(values, place), is_alone=is_alone)


def _one_pair(values: Mapping[str, str], place: str) -> KeysInText:
    """The keys in these values, whose names are in lower case without blanks, as AWS calls them."""
    if values.get("sessiontoken"):
        raise BadInput(f"{place}: this is a session, not long-term keys", _KINDS)
    keys = LongTermKeys(values.get(_CSV_KEY_ID, "").strip(), Secret(values.get(_CSV_SECRET, "").strip()))
    if bad := _bad_half(keys):
        raise BadInput(f"{place}: {bad[1]}", "copy the whole keys from where they were made")
    return KeysInText(keys, is_inactive=values.get("status") == "Inactive")


def _bad_half(keys: LongTermKeys) -> tuple[str, str] | None:
    """Which of the two cannot be a long-term key, and why."""
    if trouble := trouble_with_key_id(keys.access_key_id):
        return KEY_ID, trouble
    trouble = trouble_with_secret(keys.secret_access_key)
    return (SECRET, trouble) if trouble else None
