"""Re-exports `aws_mfa.interfaces`, until every import names it."""

from aws_mfa.interfaces import Browser, OpenQuestion, OpenQuestions, Terminal, Turn, Turns

__all__ = ["Browser", "OpenQuestion", "OpenQuestions", "Terminal", "Turn", "Turns"]
