"""
A program that runs `aws-mfa` and is killed before a rename: every file of aws-mfa is replaced by one.

Its first argument is the number of renames that it still makes, the others are those of `aws-mfa`.
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
