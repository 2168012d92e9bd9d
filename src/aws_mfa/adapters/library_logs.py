"""
What botocore writes into a log: no session token, whoever keeps the log, and whatever levels it sets.

Refuses more than that: the loggers are the whole process's, and inside another program that is not ours to silence.
Where the process is ours, `cli/main.py` does.
"""

from __future__ import annotations

import logging

# At DEBUG the one writes down what it signs, the other what is sent: headers, and in them the token.
_LOGGERS_OF_REQUESTS = ("botocore.auth", "botocore.endpoint")


def keep_tokens_out_of_logs() -> None:
    """Drop the DEBUG records of the loggers that tell whole requests; as often as you like."""
    for name in _LOGGERS_OF_REQUESTS:
        # A filter and not a level: `logging.config` resets the levels of loggers below those that it names.
        logging.getLogger(name).addFilter(_is_above_debug)


def _is_above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG
