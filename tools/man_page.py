"""
Keeps docs/aws-mfa.1, the man page that the wheel brings, equal to what the parsers say.

It compares the words, as docs_in_step does: the layout differs between versions of Python. `--write` replaces the page
if a word differs; only then its date changes.
"""

from __future__ import annotations

import os
import re
import sys

from argparse_manpage.manpage import Manpage

from aws_mfa import __version__
from aws_mfa.cli.main import whole_parser
from docs_in_step import words

PAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs", "aws-mfa.1")
TEXTS = {
    "description": "type an MFA code once, work with short-lived AWS credentials for hours",
    "project_name": "aws-mfa",
    "version": __version__,
    "manual_title": "User Commands",
}
SYNOPSIS = ".B aws\\-mfa\n[flags]\n.br\n.B aws\\-mfa\n.I COMMAND\n[arguments]"
HEAD = re.compile(r"^\.TH .*\n")


def main() -> int:
    """Return 0 if the page is in step, or `--write` made it so; else print what to do and return 1."""
    os.environ["COLUMNS"] = "80"
    page, written = made(), ""
    if os.path.exists(PAGE):
        with open(PAGE, encoding="utf-8") as file:
            written = file.read()
    if words(HEAD.sub("", page)) == words(HEAD.sub("", written)) and f"aws-mfa {__version__}" in written:
        return 0
    if "--write" not in sys.argv[1:]:
        print("docs/aws-mfa.1 differs from the program's help; fix it with: make format")
        return 1
    with open(PAGE, "w", encoding="utf-8", newline="\n") as file:
        file.write(page)
    return 0


def made() -> str:
    """The page as argparse-manpage makes it, but usages and indented lines are kept as they are written."""
    page = Manpage(whole_parser(), TEXTS, format="single-commands-section")
    page.add_section("synopsis", "=", SYNOPSIS)
    text = re.sub(r"^usage: (.+?)\n\n", r".nf\n\1\n.fi\n\n", str(page), flags=re.MULTILINE | re.DOTALL)
    text = text.replace(".SH COMMENTS\nexamples:\n", ".SH EXAMPLES\n")
    text = re.sub(r"^((?:  |more: ).+)", r".nf\n\1\n.fi", text, flags=re.MULTILINE).replace("\n.fi\n.nf\n", "\n")
    text = re.sub(r"^(?=['.](?!(?:TH|SH|SS|TP|RS|RE|B|I|br|nf|fi)\b))", r"\\&", text, flags=re.MULTILINE)
    return HEAD.sub(lambda head: head[0].replace("\\-", "-"), text)


if __name__ == "__main__":
    sys.exit(main())
