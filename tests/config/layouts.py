"""
Layouts of AWS files that people have, with one profile `ann`, and what SDKs other than Python's read in them.

The readers are small: what each SDK does with blanks, indents, delimiters and comments, line by line.
`test_layouts` compares them with the real SDKs.
"""

from __future__ import annotations

import re

from aws_mfa.config.ini import sections

Values = dict[str, dict[str, str]]


def _keys(indent: str = "", delimiter: str = " = ", newline: str = "\n", spelt: str = "lower") -> str:
    entries = (("aws_access_key_id", "ASIAOLD"), ("aws_secret_access_key", "old"), ("region", "us-east-1"))
    return "".join(f"{indent}{getattr(key, spelt)()}{delimiter}{value}{newline}" for key, value in entries)


# Name -> the text, and which of Python, JavaScript, Ruby and strict readers find the old region in it.
LAYOUTS: dict[str, tuple[str, str]] = {
    "plain": (f"[ann]\n{_keys()}", "pjrs"),
    "no blanks": (f"[ann]\n{_keys(delimiter='=')}", "pjrs"),
    "a blank behind": (f"[ann]\n{_keys(delimiter='= ')}", "pjrs"),
    "tabs around": (f"[ann]\n{_keys(delimiter=chr(9) + '=' + chr(9))}", "pjrs"),
    "colon": (f"[ann]\n{_keys(delimiter=': ')}", "p"),
    "colon without blanks": (f"[ann]\n{_keys(delimiter=':')}", "p"),
    "upper case": (f"[ann]\n{_keys(spelt='upper')}", "ps"),
    "capitals": (f"[ann]\n{_keys(spelt='capitalize')}", "ps"),
    "two blanks": (f"[ann]\n{_keys('  ')}", "pj"),
    "tab": (f"[ann]\n{_keys(chr(9))}", "pj"),
    "tab, colon, upper case": (f"[ann]\n{_keys(chr(9), ':', spelt='upper')}", "p"),
    "first line indented": (f"[ann]\n    output = json\n{_keys()}", "pjrs"),
    "indents that become less": (f"[ann]\n    output = json\n{_keys('  ')}cli_pager =\n", "pj"),
    "CR LF": (f"[ann]\r\n{_keys(newline=chr(13) + chr(10))}", "pjrs"),
    "CR LF and tab": (f"[ann]\r\n{_keys(chr(9), newline=chr(13) + chr(10))}", "pj"),
    "no last newline": (f"[ann]\n{_keys()}".rstrip("\n"), "pjrs"),
    "tab and no last newline": (f"[ann]\n{_keys(chr(9))}".rstrip("\n"), "pj"),
    "comments": (f"# top\n[ann]\n; one\n{_keys()}# two\n\n", "pjrs"),
    "indented comments": (f"[ann]\n{_keys('  ')}    # two\n\t; three = 3\n", "pj"),
    "blank lines": (f"\n\n[ann]\n\n{_keys()}\n   \n\n[other]\nregion = x\n", "pjrs"),
    "nested block behind": (f"[ann]\n{_keys()}s3 =\n    max = 1\n", "pjrs"),
    "nested block before": (f"[ann]\ns3 =\n    max = 1\n{_keys()}", "pjrs"),
    "nested block in an indented section": (f"[ann]\n{_keys('  ')}  s3 =\n      max = 1\n", "pj"),
    "nested block before indented keys": (f"[ann]\n  s3 =\n      max = 1\n{_keys('  ')}", "p"),
    "empty value behind": (f"[ann]\n{_keys()}cli_pager =\n", "pjrs"),
    "indented empty value behind": (f"[ann]\n{_keys(chr(9))}\tcli_pager =\n", "pj"),
    "indented empty value alone": ("[ann]\n    output = json\n    cli_pager =\n", ""),
    "empty region": ("[ann]\nregion =\noutput = json\n", ""),
    "region of two lines": (f"[ann]\n{_keys()}".replace("us-east-1\n", "us-east-1\n   more\n"), "jrs"),
    "empty section": ("[ann]\n", ""),
    "blanks behind the header": (f"[ann]  \n{_keys()}", "pjrs"),
    "comment behind the header": (f"[ann] # mine\n{_keys()}", "pjrs"),
    "next header indented": (f"[ann]\n{_keys('  ')}  [other]\nregion = x\n", "pj"),
    "next header at once": (f"[ann]\n{_keys()}[other]\nregion = x\n", "pjrs"),
    "no section": ("[other]\n\tregion = x\n\tcli_pager =", ""),
    "no line": ("", ""),
    "only a comment": ("# nothing yet", ""),
    "letters of all kinds": (f"# größe \U0001f511\n[ann]\noutput = größe\n{_keys()}", "pjrs"),
}
# What botocore refuses is not changed.
REFUSED = {
    "byte order mark": f"\ufeff[ann]\n{_keys()}",
    "nested block without =": f"[ann]\n{_keys()}s3 =\n    max\n",
    "the same in another section": f"[ann]\n{_keys()}[other]\ns3 =\n    x = 1\n\n    max: 1\n",
    "section again": f"[ann]\n{_keys()}[ann]\n",
    "key again": f"[ann]\n{_keys()}{_keys()}",
    "junk": f"[ann]\n{_keys()}junk\n",
}


def in_config(text: str) -> str:
    """The same layout in the config file."""
    return re.sub(r"\[(ann|other)\]", r"[profile \1]", text)


def python(text: str) -> Values:
    """Ours, which `test_ini` compares with botocore; [DEFAULT] is no matter here."""
    return {section.name: section.values() for section in sections(text)}


def javascript(text: str) -> Values:
    """`parseIni` of @smithy/core: an indented line below an empty value is that value's, keys keep their case."""
    found: Values = {}
    section = below = ""
    for line in re.split(r"\r?\n", text):
        trimmed = re.split(r"(?:^|\s)[;#]", line)[0].strip()
        if trimmed[:1] == "[" and trimmed[-1:] == "]":
            section, below = trimmed[1:-1], ""
        elif section and trimmed.find("=") > 0:
            key, value = map(str.strip, trimmed.split("=", 1))
            if not value:
                below = key
                continue
            if line.lstrip() == line:
                below = ""
            found.setdefault(section, {})[f"{below}.{key}" if below else key] = value
    return found


def ruby(text: str) -> Values:
    """`IniParser` of aws-sdk-core: headers and keys in column 0, and an indented key is in the value before it."""
    found: Values = {}
    section = ""
    for line in text.splitlines(keepends=True):
        kept = re.split(r"\s;", line)[0]
        header = re.match(r"\[([^\[\]]+)\]\s*(#.+)?$", kept)
        item = re.match(r"(.+?)\s*=\s*(.+?)\s*$", kept)
        if header:
            section = header[1]
        elif section and item and not item[1][0].isspace():
            found.setdefault(section, {})[item[1]] = item[2]
    return found


def strict(text: str) -> Values:
    """Newer Go, Rust and Java: a key is in column 0 and has a `=`; its case does not matter."""
    found: Values = {}
    section = ""
    for line in text.splitlines():
        trimmed = line.strip()
        if trimmed.startswith("["):
            section = trimmed[1 : trimmed.find("]")]
        elif section and trimmed and "=" in line and not line[0].isspace() and line[0] not in "#;":
            key, value = map(str.strip, line.split("=", 1))
            found.setdefault(section, {})[key.lower()] = value
    return found


READERS = {"p": python, "j": javascript, "r": ruby, "s": strict}
