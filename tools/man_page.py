"""
Keeps docs/aws-mfa.1, the man page that the wheel brings, equal to what the parsers and the documents say.

The description is that of README.md; environment, files and exit status are the tables of docs/commands.md.

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

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(ROOT, "docs", "aws-mfa.1")
TEXTS = {
    "description": "type an MFA code once, work with short-lived AWS credentials for hours",
    "project_name": "aws-mfa",
    "version": __version__,
    "manual_title": "User Commands",
}
SYNOPSIS = ".B aws\\-mfa\n[flags]\n.br\n.B aws\\-mfa\n.I COMMAND\n[arguments]"
HEAD = re.compile(r"^\.TH .*\n")
# Section of the page -> heading in docs/commands.md.
TABLES = {
    "exit status": "Exit codes",
    "environment": "Environment variables, such as AWS_PROFILE and AWS_MFA_VAULT",
    "files": "Files",
}


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
    parser = whole_parser()
    parser.description = description()
    page = Manpage(parser, TEXTS, format="single-commands-section")
    page.add_section("synopsis", "=", SYNOPSIS)
    for section, heading in TABLES.items():
        page.add_section(section, "=", rows_of(heading))
    text = re.sub(r"^usage: (.+?)\n\n", unfilled_usage, str(page), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(
        r"^\.SH COMMENTS\nexamples:\n(.*?)(^\.SH .*)", r"\2.SH EXAMPLES\n\1", text, flags=re.MULTILINE | re.DOTALL
    )
    text = re.sub(r"^((?:  |more: ).+)", r".nf\n\1\n.fi", text, flags=re.MULTILINE).replace("\n.fi\n.nf\n", "\n")
    text = re.sub(r"^(?=['.](?!(?:TH|SH|SS|TP|RS|RE|B|I|br|nf|fi)\b))", r"\\&", text, flags=re.MULTILINE)
    return HEAD.sub(lambda head: head[0].replace("\\-", "-"), text)


def description() -> str:
    """What README.md says below its title, then what `aws-mfa` does without a command."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        first = file.read().split("\n\n")[1]
    return f"{first}\nWithout a command it renews the session of a profile in ~/.aws/credentials."


def rows_of(heading: str) -> str:
    """The table below a heading of docs/commands.md: its first column as terms, with the text of the others."""
    with open(os.path.join(ROOT, "docs", "commands.md"), encoding="utf-8") as file:
        table = file.read().partition(f"\n## {heading}\n\n")[2].partition("\n\n")[0]
    titles, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
    lines = []
    for term, *texts in rows:
        pairs = zip(titles[1:], texts, strict=True)
        named = [f"{title}: {text}" if len(texts) > 1 else text for title, text in pairs if text]
        lines += [".TP", f"\\fB{plain(term)}\\fR", plain("\n.br\n".join(named))]
    return "\n".join(lines)


def plain(markdown: str) -> str:
    """The words of a cell, escaped for roff."""
    words_only = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", markdown).replace("`", "")
    return words_only.replace("\\", "\\e").replace("-", "\\-")


def unfilled_usage(match: re.Match[str]) -> str:
    """A usage as it is written, without the word before it, which its further lines are indented by."""
    return f".nf\n{match[1]}\n.fi\n\n".replace("\n       ", "\n")


if __name__ == "__main__":
    sys.exit(main())
