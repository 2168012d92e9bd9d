"""
The programs that show a dialog: zenity and kdialog (Linux), osascript (macOS), PowerShell (Windows, WSL).

The question is plain text to all of them: markup, keyboard shortcuts and script code in it have no effect. No display
is tried beforehand: a program that finds none reports that itself.
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

# Both scripts are constants: the question is an argument or a variable, never a part of them.

# Arguments: title, seconds, question. Without `activate` the dialog opens behind the window that has the keyboard.
# An error, such as a login without a desktop, ends it with exit code 1.
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

# It contains no double quote, because two systems quote it before PowerShell sees it. Services and scheduled jobs are
# not `UserInteractive`: they have no desktop.
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


@dataclass(frozen=True)
class DialogProgram:
    """`ends`: exit code -> ANSWERED, CANCELLED, GAVE_UP, else NOT_SHOWN; `arguments` follow its name."""

    name: str
    ends: Mapping[int, str]
    arguments: Callable[[str, float], list[str]]
    variables: Callable[[str, float, Mapping[str, str]], dict[str, str]] = lambda _text, _limit_s, _environ: {}

    def outcome(self, ended: Ended) -> str:
        end = self.ends.get(ended.code, NOT_SHOWN)
        # zenity also exits with 1 when the display refuses it. GTK 3 and 4 print "cannot open display" and "Failed to
        # open display", always in English.
        if self is ZENITY and end == CANCELLED and b"open display" in ended.stderr:
            return NOT_SHOWN
        if self is OSASCRIPT and end == ANSWERED:
            printed = ended.stdout.decode("utf-8", "replace").strip()
            return printed if printed in (CANCELLED, GAVE_UP) else ANSWERED
        return end


def _zenity_arguments(text: str, limit_s: float) -> list[str]:
    # The text of an entry has no markup, but `_` marks a shortcut and a backslash begins an escape, as in C.
    shown = text.replace("\\", "\\\\").replace("_", "__")
    return ["--entry", f"--title={TITLE}", f"--text={shown}", f"--timeout={limit_s:.0f}"]


def _kdialog_arguments(text: str, _limit_s: float) -> list[str]:
    # Qt guesses whether a text is HTML, so it gets HTML with every character of the question escaped. `&` still marks
    # a shortcut there, unless it is doubled.
    shown = html.escape(text.replace("&", "&&")).replace("\\", "&#92;").replace("\n", "<br>")
    return ["--title", TITLE, "--inputbox", f"<qt>{shown}</qt>", ""]


def _powershell_variables(text: str, limit_s: float, environ: Mapping[str, str]) -> dict[str, str]:
    # WSLENV names the variables that are passed from Linux to Windows; Windows itself ignores it.
    passed = [environ.get("WSLENV", ""), TEXT_VARIABLE, LIMIT_VARIABLE]
    return {
        TEXT_VARIABLE: text,
        LIMIT_VARIABLE: f"{limit_s * 1000:.0f}",
        "WSLENV": ":".join(name for name in passed if name),
    }


ZENITY = DialogProgram("zenity", {0: ANSWERED, 1: CANCELLED, 5: GAVE_UP}, _zenity_arguments)
KDIALOG = DialogProgram("kdialog", {0: ANSWERED, 1: CANCELLED}, _kdialog_arguments)
OSASCRIPT = DialogProgram(
    "osascript", {0: ANSWERED}, lambda text, limit_s: ["-e", APPLESCRIPT, TITLE, f"{limit_s:.0f}", text]
)
POWERSHELL = DialogProgram(
    "powershell.exe",
    {0: ANSWERED, CANCELLED_CODE: CANCELLED, GAVE_UP_CODE: GAVE_UP},
    lambda _text, _limit_s: ["-NoProfile", "-NonInteractive", "-Sta", "-Command", POWERSHELL_SCRIPT],
    _powershell_variables,
)


def offered_programs(environ: Mapping[str, str]) -> list[tuple[DialogProgram, str]]:
    """The installed programs to try and their paths; over ssh only with X: others may see this machine's own screen."""
    is_remote = any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))
    has_display = environ.get("DISPLAY") or (environ.get("WAYLAND_DISPLAY") and not is_remote)
    programs: list[DialogProgram] = []
    if os.name == "posix" and sys.platform != "darwin" and has_display:
        is_kde = "KDE" in environ.get("XDG_CURRENT_DESKTOP", "").split(":")
        programs += (KDIALOG, ZENITY) if is_kde else (ZENITY, KDIALOG)
    if sys.platform == "darwin" and not is_remote:
        programs.append(OSASCRIPT)
    if (os.name == "nt" or environ.get("WSL_DISTRO_NAME")) and not is_remote:
        programs.append(POWERSHELL)
    found = [(program, found_program(program.name, environ)) for program in programs]
    return [(program, path) for program, path in found if path]
