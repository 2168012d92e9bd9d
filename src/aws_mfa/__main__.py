"""`python -m aws_mfa`: the same as the console script."""

from __future__ import annotations

import os
import sys

try:
    _here = os.getcwd()
except OSError:  # the folder was removed: then Python has not put it into sys.path
    _here = ""

# As pip does, before anything else is imported: `python -m` searches the current folder first, which may contain
# another project's json.py.
if not getattr(sys.flags, "safe_path", False) and sys.path and sys.path[0] in ("", _here):
    del sys.path[0]

from aws_mfa.cli.start import start

sys.exit(start())
