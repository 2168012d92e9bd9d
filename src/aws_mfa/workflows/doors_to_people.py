"""Re-exports `aws_mfa.interfaces`, until every import names it."""

from aws_mfa.interfaces import Browser, RemoteQuestion, RemoteQuestions, Terminal, Turn, Turns

__all__ = ["Browser", "RemoteQuestion", "RemoteQuestions", "Terminal", "Turn", "Turns"]
