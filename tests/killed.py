"""
Programs that run `aws-mfa` and are killed: before a rename, by which every file is replaced, or after an answer of AWS.

The first argument is the number of renames, or of both, that are still made; the others are those of `aws-mfa`.
"""

KILLED_AFTER_RENAMES = """\
import os, runpy, signal, sys
left = int(sys.argv[1])
def look(event, arguments):
    global left
    if event == "os.rename":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
sys.addaudithook(look)
sys.argv = ["aws-mfa", *sys.argv[2:]]
runpy.run_module("aws_mfa", run_name="__main__")
"""

KILLED_AFTER_STEPS = f"""\
import http.client
answered = http.client.HTTPConnection.getresponse
def getresponse(*arguments, **more):
    answer = answered(*arguments, **more)
    look("os.rename", ())
    return answer
http.client.HTTPConnection.getresponse = getresponse
{KILLED_AFTER_RENAMES}"""

# Only before and after the writes of keychain items.
KILLED_AT_KEYCHAIN = f"""\
from aws_mfa.vaults.keychain.vault import KeychainItems
written = KeychainItems._write
def write(self, user, value):
    look("os.rename", ())
    written(self, user, value)
    look("os.rename", ())
KeychainItems._write = write
{KILLED_AFTER_RENAMES.replace("sys.addaudithook(look)", "")}"""
