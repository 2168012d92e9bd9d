"""
The classic form's flags (docs/compatibility.md, section 1), with the abbreviations that the old tool accepts.

Abbreviations are resolved here, over the old flags only: a new flag must not make one of them ambiguous.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_mfa import __version__
from aws_mfa.cli.arguments import Parser, duration, parsed, shown_word
from aws_mfa.cli.classic.messages import LEVELS
from aws_mfa.config.profile_names import did_you_mean
from aws_mfa.vaults.choice import VAULTS

if TYPE_CHECKING:
    import argparse

_USAGE = "aws-mfa [flags]\n       aws-mfa COMMAND [arguments]"
_DESCRIPTION = """\
start with: aws-mfa setup

Type an MFA code once, work with short-lived AWS credentials for hours.
Without a command: renew the session of a profile in ~/.aws/credentials."""

_EXAMPLES = """\
examples:
  aws-mfa --profile work
  aws-mfa exec prod -- aws s3 ls

more: aws-mfa COMMAND --help, https://github.com/aws-mfa/aws-mfa/tree/main/docs"""


def _value(metavar: str, text: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # as argparse takes them
    return {"metavar": metavar, "help": text, **more}


_DURATION = "seconds, 8h or 90m: 900 to 129600, a role 43200 (MFA_STS_DURATION; default 43200, with a role 3600)"
_LONG_TERM = "long-term section: PROFILE-TEXT (default: long-term; none: PROFILE)"
_SHORT_TERM = "section of the session: PROFILE-TEXT (default, none: PROFILE)"
_CODE = "the code; other users of this machine can see it in the process list: a pipe hides it"
_VAULT = "where the long-term keys are (AWS_MFA_VAULT; default: where they were stored, else keychain)"
_NO_KEYCHAIN = "keep keys in the credentials file; use no keychain at all"
# Spellings -> arguments of `add_argument`.
_OLD_FLAGS: dict[tuple[str, ...], dict[str, Any]] = {
    ("--device",): _value("ARN", "MFA device: ARN or hardware serial (MFA_DEVICE, aws_mfa_device, mfa_serial)"),
    ("--duration",): _value("TIME", _DURATION, type=duration),
    ("--profile",): _value("NAME", "the profile (AWS_PROFILE; default: default)"),
    ("--long-term-suffix", "--long-suffix"): _value("TEXT", _LONG_TERM),
    ("--short-term-suffix", "--short-suffix"): _value("TEXT", _SHORT_TERM),
    ("--assume-role", "--assume"): _value("ARN", "role to assume; none: no role (MFA_ASSUME_ROLE, assume_role)"),
    ("--role-session-name",): _value("NAME", "name of the role's session (default: the local user's name)"),
    ("--force",): {"action": "store_true", "help": "renew even while the session is good"},
    ("--log-level",): {"choices": list(LEVELS), "default": "DEBUG", "help": "default: DEBUG"},
    ("--setup",): {"action": "store_true", "help": "store long-term keys: the same as aws-mfa setup"},
    ("--token", "--mfa-token"): _value("CODE", _CODE),
    ("--no-keychain",): {"action": "store_true", "help": _NO_KEYCHAIN},
}
_SPELLINGS = (*_OLD_FLAGS, ("--help",))
_KNOWN = {"--version", "--vault", *(name for names in _SPELLINGS for name in names)}
# Commands of other tools -> what does that here.
_OF_OTHER_TOOLS = {
    "help": "aws-mfa --help",
    "version": "aws-mfa --version",
    **dict.fromkeys(("list", "ls"), "aws-mfa status"),
    **dict.fromkeys(("add", "configure", "init"), "aws-mfa setup"),
    **dict.fromkeys(("clear", "logout", "remove"), "aws-mfa forget"),
    **dict.fromkeys(("export", "assume"), "aws-mfa env"),
    "login": "aws-mfa console",
}
_A_PROFILE = "a profile? aws-mfa --profile NAME"


def classic_parser(commands: str) -> Parser:
    """The parser of the classic form; `commands`: their list, for the end of its help."""
    epilog = f"{commands}\n\n{_EXAMPLES}".strip()
    parser = Parser("aws-mfa", usage=_USAGE, description=_DESCRIPTION, epilog=epilog)
    parser.add_argument("--version", action="version", version=f"aws-mfa {__version__}")
    for spellings, options in _OLD_FLAGS.items():
        parser.add_argument(*spellings, **options)
    parser.add_argument("--vault", choices=VAULTS, help=_VAULT)
    return parser


def parse_flags(argv: list[str], commands: str) -> argparse.Namespace:
    """Parse the classic form; usage errors end the program with 2, `--help` and `--version` with 0."""
    parser = classic_parser(commands)
    names = [line.split()[0] for line in commands.splitlines() if line.startswith("  ")]
    if argv and not argv[0].startswith("-"):
        here = _OF_OTHER_TOOLS.get(argv[0])
        near = [f"did you mean: {here}"] if here else did_you_mean(argv[0], names)
        parser.refuse("\n".join([f"there is no command {shown_word(argv[0])}", *near, commands, _A_PROFILE]))
    return parsed(parser, [_spelled_out(word, parser) for word in argv], commands=names)


def _spelled_out(word: str, parser: Parser) -> str:
    """Spell out an abbreviation of an old flag, leave other words; end the program if it is ambiguous."""
    spelling, equals, value = word.partition("=")
    if not spelling.startswith("--") or spelling == "--" or spelling in _KNOWN:
        return word
    fitting = [names for names in _SPELLINGS if any(name.startswith(spelling) for name in names)]
    if len(fitting) > 1:
        likely = [name for names in fitting for name in names if name.startswith(spelling)]
        parser.refuse(f"ambiguous option: {spelling} could match {', '.join(likely)}")
    return f"{fitting[0][0]}{equals}{value}" if fitting else word
