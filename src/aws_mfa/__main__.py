"""`python -m aws_mfa`: the same as the console script."""

from __future__ import annotations

import sys

from aws_mfa.cli.start import start

sys.exit(start())
