"""
Records docs/demo.svg, the picture in the README: a real session in a real terminal (tmux), against the practice AWS.

The home and the keychain (gnome-keyring, as in the tests) are thrown away; account, names and keys are invented. The
picture loads nothing: no font, no script. Run it again when what it shows has changed.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from aws_mfa_practice import PracticeAws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_mfa_practice.account import User

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PICTURE = os.path.join(ROOT, "docs", "demo.svg")
AWS_CLI = os.path.join(ROOT, ".build", "aws-cli-1", "bin", "aws")  # `make real-parts` puts it there
COLUMNS, LINES = 80, 50
MEMORY = "/dev/shm"  # where a session is stored in memory, as in the runtime folder of a desktop
PROMPT, SHOWN_PROMPT = "$ ", "\\[\\e[1;32m\\]$\\[\\e[0m\\] "
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
THEME = TerminalTheme(
    (30, 32, 40), (222, 224, 230),
    [(70, 74, 88), (240, 110, 110), (130, 200, 120), (230, 190, 100), (110, 160, 240), (200, 130, 220), (90, 200, 210),
     (222, 224, 230)],
)  # fmt: skip
CONFIG = """\
[profile dev]
role_arn = {dev}
source_profile = work
region = eu-central-1

[profile prod]
role_arn = {prod}
source_profile = work
region = eu-central-1
"""


class Terminal:
    """A tmux session with a shell, typed into as a person does."""

    def __init__(self, folder: str, environ: Mapping[str, str]) -> None:
        self._tmux = ["tmux", "-S", os.path.join(folder, "tmux"), "-f", os.devnull]
        self._environ = dict(environ)
        size = ["-x", str(COLUMNS), "-y", str(LINES)]
        self._run("new-session", "-d", *size, f"env PS1={shlex.quote(SHOWN_PROMPT)} bash --norc --noprofile")
        self.wait_for(PROMPT)

    def _run(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], env=self._environ, capture_output=True, text=True, check=True)
        return done.stdout

    def screen(self, *flags: str) -> str:
        return self._run("capture-pane", "-p", *flags).rstrip("\n")

    def wait_for(self, ending: str) -> None:
        """Wait until the screen ends with the text."""
        until = time.monotonic() + 60
        while not self.screen().rstrip().endswith(ending.rstrip()) or self.screen() == "":
            if time.monotonic() > until:
                raise SystemExit(f"no {ending!r} came:\n{self.screen()}")
            time.sleep(0.1)
        time.sleep(0.2)

    def type(self, line: str) -> None:
        self._run("send-keys", "-l", line)
        self._run("send-keys", "Enter")
        time.sleep(0.3)

    def command(self, line: str, *answers: tuple[str, str]) -> None:
        """Type a command, and the answer to each question that ends with a text."""
        self.type(line)
        for question, answer in answers:
            self.wait_for(question)
            self.type(answer)
        self.wait_for(f"\n{PROMPT}")

    def end(self) -> None:
        self._run("kill-server")


def main() -> int:
    """Record, and write the picture, or the file that is named."""
    sys.path.insert(0, os.path.join(ROOT, "tests"))
    from real_keychains import a_gnome_keyring  # noqa: PLC0415  # brings pytest along

    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, PracticeAws() as aws, a_gnome_keyring() as keychain:
        aws.account.account_id = "123456789012"
        ann, roles = aws.account.add_user("ann"), {}
        for name, role, account_id in (("dev", "Developer", "444455556666"), ("prod", "Admin", "777788889999")):
            account = aws.add_account()
            account.account_id = account_id
            roles[name] = account.add_role(role, trusts=ann, mfa=True).arn
        environ = prepared(folder, aws.url, keychain.environ, CONFIG.format(**roles))
        terminal = Terminal(folder, environ)
        try:
            play(terminal, ann)
            text = terminal.screen("-e").rpartition("\n")[0]
        finally:
            terminal.end()
    with open(sys.argv[1] if sys.argv[1:] else PICTURE, "w", encoding="utf-8", newline="\n") as file:
        file.write(drawn(text))
    return 0


def play(terminal: Terminal, ann: User) -> None:
    """What the picture shows."""
    keys, phone = ann.keys, ann.add_device()
    answers = [("key_id:", keys.access_key_id), ("access_key:", keys.secret_access_key), ("]:", "eu-central-1")]
    terminal.command("aws-mfa setup --profile work", *answers)
    identity = "aws sts get-caller-identity --query Arn --output text"
    terminal.command(f"aws-mfa exec prod -- {identity}", ("/ann:", phone.code()))
    terminal.command(f"aws-mfa exec dev -- {identity}")
    terminal.command("aws-mfa status")


def prepared(folder: str, url: str, environ: Mapping[str, str], config: str) -> dict[str, str]:
    """The variables of the terminal: a throwaway home with this config, and the two programs that are typed."""
    home, programs = os.path.join(folder, "home"), os.path.join(folder, "bin")
    os.makedirs(os.path.join(home, ".aws"), mode=0o700)
    os.mkdir(programs)
    with open(os.path.join(home, ".aws", "config"), "w", encoding="utf-8") as file:
        file.write(config)
    for program in (os.path.join(sysconfig.get_path("scripts"), "aws-mfa"), AWS_CLI):
        os.symlink(program, os.path.join(programs, os.path.basename(program)))
    return {"HOME": home, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8", "LOGNAME": "ann", "TZ": "Europe/Berlin", "XDG_RUNTIME_DIR": folder,
            "DBUS_SESSION_BUS_ADDRESS": environ["DBUS_SESSION_BUS_ADDRESS"],
            "AWS_ENDPOINT_URL": url, "AWS_EC2_METADATA_DISABLED": "true"}  # fmt: skip


def drawn(text: str) -> str:
    """The screen as SVG, without the fonts that rich would load from a server."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text), soft_wrap=True)
    svg = console.export_svg(title="aws-mfa", theme=THEME, unique_id="demo")
    svg = re.sub(r"<!--.*?-->\s*|@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return re.sub(r"font-family: [^;]+;", f"font-family: {FONTS};", svg)


if __name__ == "__main__":
    sys.exit(main())
