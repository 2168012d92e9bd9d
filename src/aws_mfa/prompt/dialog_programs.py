"""
The programs that show a dialog: zenity and kdialog (Linux), osascript (macOS), PowerShell (Windows, WSL).

Owns, for each, whether there may be a desktop for it, its command line, and what its end means. The question is text to
all of them: nothing in it is taken for markup, for a keyboard shortcut or for a piece of a script. The answer comes on
stdout, never by argv. No display is asked whether it is there: a program that finds none says so.
"""

from __future__ import annotations

import html
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa.system.programs import found_program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_mfa.system.programs import Ended

ANSWERED, CANCELLED, GAVE_UP, NOT_SHOWN = "answered", "cancelled", "gave up", "not shown"

TITLE = "aws-mfa"
_OF_SSH = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")

# Both scripts are constants: the question comes as an argument or a variable and is never put into them.

# Arguments: title, seconds, question. `activate`, or the dialog opens behind the window that has
# the keyboard. An error, such as a login without a desktop, ends it with exit code 1.
APPLESCRIPT = """on run argv
  try
    tell me to activate
  end try
  set {theTitle, theLimit, theQuestion} to argv
  try
    set theReply to display dialog theQuestion with title theTitle default answer "" buttons {"Cancel", "OK"} \
default button "OK" cancel button "Cancel" giving up after (theLimit as integer)
  on error number -128
    return "cancelled"
  end try
  if gave up of theReply then return "gave up"
  return text returned of theReply
end run"""

# There is no double quote in it: two systems quote it on its way. A service or a job of the scheduler has no desktop.
TEXT_VARIABLE, LIMIT_VARIABLE = "AWS_MFA_DIALOG_TEXT", "AWS_MFA_DIALOG_LIMIT_MS"
CANCELLED_CODE, GAVE_UP_CODE, NOT_SHOWN_CODE = 10, 11, 12

POWERSHELL_SCRIPT = f"""$ErrorActionPreference = 'Stop'
trap {{ exit {NOT_SHOWN_CODE} }}
if (-not [Environment]::UserInteractive) {{ exit {NOT_SHOWN_CODE} }}
Add-Type -AssemblyName System.Windows.Forms
$form = New-Object Windows.Forms.Form -Property @{{ Text = 'aws-mfa'; TopMost = $true; AutoSize = $true;
  StartPosition = 'CenterScreen'; FormBorderStyle = 'FixedDialog'; MaximizeBox = $false; MinimizeBox = $false }}
$rows = New-Object Windows.Forms.FlowLayoutPanel -Property @{{ FlowDirection = 'TopDown'; AutoSize = $true }}
$label = New-Object Windows.Forms.Label -Property @{{ UseMnemonic = $false; AutoSize = $true;
  Text = $env:{TEXT_VARIABLE} }}
$answer = New-Object Windows.Forms.TextBox -Property @{{ Width = 320 }}
$ok = New-Object Windows.Forms.Button -Property @{{ Text = 'OK'; DialogResult = 'OK' }}
$cancel = New-Object Windows.Forms.Button -Property @{{ Text = 'Cancel'; DialogResult = 'Cancel' }}
$rows.Controls.AddRange(@($label, $answer, $ok, $cancel))
$form.Controls.Add($rows)
$form.AcceptButton = $ok
$form.CancelButton = $cancel
$form.Add_Shown({{ $form.Activate(); $answer.Focus() }})
$timer = New-Object Windows.Forms.Timer -Property @{{ Interval = [int]$env:{LIMIT_VARIABLE} }}
$timer.Add_Tick({{ $form.DialogResult = 'Abort' }})
$timer.Start()
$end = $form.ShowDialog()
if ($end -eq 'OK') {{ [Console]::Out.Write($answer.Text); exit 0 }}
if ($end -eq 'Abort') {{ exit {GAVE_UP_CODE} }}
exit {CANCELLED_CODE}"""


@dataclass(frozen=True, kw_only=True)
class DialogProgram:
    """
    One of the four.

    `is_offered(environ)` says at a glance whether it may be tried here. `arguments(text, limit_s)` follow its name,
    `variables(text, limit_s, environ)` join its environment. `outcome(ended)` is one of the four above.
    """

    name: str
    is_offered: Callable[[Mapping[str, str]], bool]
    arguments: Callable[[str, float], list[str]]
    variables: Callable[[str, float, Mapping[str, str]], dict[str, str]] = lambda _text, _limit_s, _environ: {}
    outcome: Callable[[Ended], str]


def _is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the user sits behind ssh: what is shown on this machine's own screen, somebody else may see."""
    return any(environ.get(name) for name in _OF_SSH)


def _on_display(environ: Mapping[str, str]) -> bool:
    """Whether a display is named that this user can see: over ssh, X forwarding alone."""
    is_named = environ.get("DISPLAY") or (environ.get("WAYLAND_DISPLAY") and not _is_remote(environ))
    return os.name == "posix" and sys.platform != "darwin" and bool(is_named)


def _zenity_arguments(text: str, limit_s: float) -> list[str]:
    # In the text of an entry `_` marks a shortcut and a backslash begins an escape as in C; there is no markup.
    shown = text.replace("\\", "\\\\").replace("_", "__")
    return ["--entry", f"--title={TITLE}", f"--text={shown}", f"--timeout={limit_s:.0f}"]


def _zenity_outcome(ended: Ended) -> str:
    # Exit code 1 is Cancel, Escape, the closed window, and also a display that refuses: GTK 3 and 4 say "cannot open
    # display" and "Failed to open display", in English always.
    if ended.code == 1 and b"open display" not in ended.stderr:
        return CANCELLED
    return {0: ANSWERED, 5: GAVE_UP}.get(ended.code, NOT_SHOWN)


def _kdialog_arguments(text: str, limit_s: float) -> list[str]:
    del limit_s
    # Qt guesses whether a text is HTML: so it gets HTML, with every character of the question escaped. Then `&` marks a
    # shortcut still, and two of them are one.
    shown = html.escape(text.replace("&", "&&")).replace("\\", "&#92;").replace("\n", "<br>")
    return ["--title", TITLE, "--inputbox", f"<qt>{shown}</qt>", ""]


def _kdialog_outcome(ended: Ended) -> str:
    return {0: ANSWERED, 1: CANCELLED}.get(ended.code, NOT_SHOWN)


def _osascript_arguments(text: str, limit_s: float) -> list[str]:
    return ["-e", APPLESCRIPT, TITLE, f"{limit_s:.0f}", text]


def _osascript_outcome(ended: Ended) -> str:
    if ended.code != 0:
        return NOT_SHOWN
    said = ended.stdout.decode("utf-8", "replace").strip()
    return said if said in (CANCELLED, GAVE_UP) else ANSWERED


def _on_windows(environ: Mapping[str, str]) -> bool:
    return (os.name == "nt" or bool(environ.get("WSL_DISTRO_NAME"))) and not _is_remote(environ)


def _powershell_arguments(text: str, limit_s: float) -> list[str]:
    del text, limit_s
    return ["-NoProfile", "-NonInteractive", "-Sta", "-Command", POWERSHELL_SCRIPT]


def _powershell_variables(text: str, limit_s: float, environ: Mapping[str, str]) -> dict[str, str]:
    # WSLENV names what crosses from Linux to Windows; Windows itself does not look at it.
    crossing = [environ.get("WSLENV", ""), TEXT_VARIABLE, LIMIT_VARIABLE]
    return {
        TEXT_VARIABLE: text,
        LIMIT_VARIABLE: f"{limit_s * 1000:.0f}",
        "WSLENV": ":".join(name for name in crossing if name),
    }


def _powershell_outcome(ended: Ended) -> str:
    return {0: ANSWERED, CANCELLED_CODE: CANCELLED, GAVE_UP_CODE: GAVE_UP}.get(ended.code, NOT_SHOWN)


ZENITY = DialogProgram(
    name="zenity",
    is_offered=_on_display,
    arguments=_zenity_arguments,
    outcome=_zenity_outcome,
)
KDIALOG = DialogProgram(
    name="kdialog",
    is_offered=_on_display,
    arguments=_kdialog_arguments,
    outcome=_kdialog_outcome,
)
OSASCRIPT = DialogProgram(
    name="osascript",
    is_offered=lambda environ: sys.platform == "darwin" and not _is_remote(environ),
    arguments=_osascript_arguments,
    outcome=_osascript_outcome,
)
POWERSHELL = DialogProgram(
    name="powershell.exe",
    is_offered=_on_windows,
    arguments=_powershell_arguments,
    variables=_powershell_variables,
    outcome=_powershell_outcome,
)


def offered_programs(environ: Mapping[str, str]) -> list[tuple[DialogProgram, str]]:
    """The programs that may be tried here and are installed, with their paths, in the order in which they are tried."""
    on_kde = "KDE" in environ.get("XDG_CURRENT_DESKTOP", "").split(":")
    programs = [*((KDIALOG, ZENITY) if on_kde else (ZENITY, KDIALOG)), OSASCRIPT, POWERSHELL]
    found = ((program, found_program(program.name, environ)) for program in programs if program.is_offered(environ))
    return [(program, path) for program, path in found if path]
