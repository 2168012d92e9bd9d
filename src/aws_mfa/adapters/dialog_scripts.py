"""
The scripts that show a dialog on macOS and Windows.

Both are constants: the question comes as an argument or a variable and is never put into them.
"""

from __future__ import annotations

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
