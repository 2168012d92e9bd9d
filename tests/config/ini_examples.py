"""AWS files as people and programs write them, generated line by line, and what botocore reads in them."""

from __future__ import annotations

import configparser
import io
import os
import tempfile
from itertools import product
from typing import NamedTuple

from botocore.configloader import raw_config_parse
from hypothesis import strategies as st

NAMES = ("default", "work", "work-long-term", "x]y", "a [b", " blank ", "größe", "profile a", "DEFAULT", "x:y", "#1")
KEYS = ("aws_access_key_id", "AWS_SECRET_ACCESS_KEY", "Expiration", "region", "s3", "a b", "CLÉ", "]k")
NAMES_TO_CHANGE = tuple(name for name in NAMES if name != "DEFAULT")
LINE_ENDS = ("\n", "\n", "\n", "\r\n", "\r\r\n", "\r")
VALUES = ("", "v", "a=b", "a:b", "# a value", "v # kept", "[work]", "é", "x;y", "%(x)s", "k = [default]", "v\0")
COMMENTS = ("# c", "; c", "#", "# \0", "  # indented", "\t; [work]", "# [default]", "#k = v", "", "", "  ", "\t")
BEHIND_HEADERS = ("", "", "", "  ", " # y", " ; note", "junk")
DELIMITERS = ("=", ":", " = ", " : ", "= ", "\t=\t")
MORE = ("max = 1", "[work]", "  b", "x: y", "=")

# Each choice is drawn as a whole: many small draws would cost seconds.
FEW_COMMENTS = st.sampled_from([(), (), *((one,) for one in COMMENTS), ("", "# c"), ("; c", ""), ("", " ")])
SOME_NAMES = st.lists(st.sampled_from(NAMES), unique=True, max_size=4)
SOME_KEYS = st.lists(st.sampled_from(KEYS), unique=True, max_size=4)
HEADERS = st.sampled_from(list(product((0, 0, 0, 1, 2, 4), BEHIND_HEADERS)))
ENTRIES = st.sampled_from(
    list(product((0, 0, 0, 1, 3), DELIMITERS, VALUES, ((), (), *((one,) for one in MORE), ("b", "c = 1"))))
)

Values = dict[str, dict[str, str]]


class Line(NamedTuple):
    """One line with its end, the section it is in, and the key that it belongs to, if any."""

    text: str
    section: str | None
    key: str | None = None
    is_header: bool = False


class File(NamedTuple):
    """A file that SDKs read, line by line."""

    lines: list[Line]
    newline: str

    @property
    def text(self) -> str:
        return "".join(line.text for line in self.lines)


def read_by_sdk(text: str) -> Values:
    """What botocore reads in a file, with nested blocks as text; [DEFAULT] is a section like others here."""
    configparser.RawConfigParser().read_file(io.StringIO(text, newline=None))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "config")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(f"{text}\n[another section]\n")  # with it, the blocks of [DEFAULT] are read, too
        raw_config_parse(path, parse_subsections=True)
    parser = configparser.RawConfigParser(default_section="\0", strict=False)
    parser.read_file(io.StringIO(text, newline=None))
    return {name: dict(parser.items(name)) for name in parser.sections()}


@st.composite
def files(draw: st.DrawFn) -> File:
    """Text in every spelling that SDKs read: no key is indented more than the one before."""
    newline, blank, last_newline = draw(st.sampled_from(list(product(LINE_ENDS, " \t", (True, False)))))
    lines = [Line(text, None) for text in draw(FEW_COMMENTS)]
    deepest = 4
    for name in draw(SOME_NAMES):
        indent, behind = draw(HEADERS)
        header = f"{blank * min(indent, deepest)}[{name}]{behind}"
        lines += [Line(header, name, is_header=True), *(Line(text, name) for text in draw(FEW_COMMENTS))]
        deepest = 4
        for key in draw(SOME_KEYS):
            indent, delimiter, value, more = draw(ENTRIES)
            deepest = min(indent, deepest)
            lines.append(Line(f"{blank * deepest}{key}{delimiter}{value}", name, key.lower()))
            for text in more if value else filter(lambda line: "=" in line, more):  # a nested block
                between = [Line(comment, name) for comment in draw(FEW_COMMENTS)]
                lines += [*between, Line(f"{blank * (deepest + 1)}{text}", name, key.lower())]
            lines += [Line(text, name) for text in draw(FEW_COMMENTS)]
    lines = [line._replace(text=line.text + newline) for line in lines]
    if lines and not last_newline:
        lines.append(lines[-1]._replace(text=lines.pop().text.removesuffix(newline)))
    lines = [line for line in lines if line.text]
    return File(lines, newline if any(line.text.endswith(newline) for line in lines) else "\n")


def any_lines() -> st.SearchStrategy[str]:
    """Lines of every kind in any order, with any line ends; SDKs often refuse the text."""
    indents = st.sampled_from(("", "", "", " ", "  ", "\t"))
    headers = st.builds("[{}]{}".format, st.sampled_from(NAMES), st.sampled_from(BEHIND_HEADERS))
    keys = st.builds("{}{}{}".format, st.sampled_from(KEYS), st.sampled_from(DELIMITERS), st.sampled_from(VALUES))
    junk = st.sampled_from((*COMMENTS, *MORE, "junk", "= v", ": v", "[]", "[] = v", "[]]", "[a", "[k = ]", "]"))
    line = st.builds("{}{}{}".format, indents, headers | keys | junk, st.sampled_from(LINE_ENDS))
    return st.builds(
        "{}{}".format, st.lists(line, max_size=8).map("".join), st.sampled_from(("", "[work]", "k = v", "x"))
    )


def any_characters() -> st.SearchStrategy[str]:
    """Characters that mean something to one of the two parsers, or that Python treats as blanks or line ends."""
    return st.text(alphabet="[]ab=:#; \t\n\n\n\r\r\0\ufeff\x0b\x0c\x1c\x85\xa0\u2028Aİ\u200b", max_size=40)
