"""Re-exports `aws_mfa.interfaces`, until every import names it."""

from aws_mfa.interfaces import Browser, PromptLock, PromptLocks, RemoteQuestion, RemoteQuestions, Terminal

__all__ = ["Browser", "PromptLock", "PromptLocks", "RemoteQuestion", "RemoteQuestions", "Terminal"]
