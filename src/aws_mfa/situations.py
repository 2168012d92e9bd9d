"""
The failures of single situations; the tree at the head of `errors` describes them, and gives them out.

A module of its own, because making these classes takes a thirtieth of a bare Python start, and no hot path needs one.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput, Cancelled, NeedsHuman, NotSetUp, RefusedByAws, Unreachable


class BadAnswer(BadInput): ...


class BadCode(BadAnswer): ...


class NothingGiven(BadInput): ...


class NoSuchCommand(BadInput):
    exit_code = 127


class CommandNotRunnable(BadInput):
    exit_code = 126


class NoLongTermKeys(NotSetUp): ...


class NoDevice(NotSetUp): ...


class SeveralDevices(NoDevice):
    most_hints = 8  # IAM's limit of devices


class BadProfile(NotSetUp): ...


class SignsElsewhere(BadProfile): ...


class PermanentKeysInTheWay(NotSetUp): ...


class NoThread(NotSetUp): ...


class NobodyAnswered(NeedsHuman): ...


class WrongCode(RefusedByAws): ...


class CodeAlreadyUsed(WrongCode): ...


class UnknownDevice(RefusedByAws): ...


class UnknownKey(RefusedByAws): ...


class WrongSecret(RefusedByAws): ...


class SessionKeysGiven(RefusedByAws): ...


class ClockSkew(RefusedByAws): ...


class DurationTooLong(RefusedByAws): ...


class ChainingLimit(RefusedByAws): ...


class NotAuthorized(RefusedByAws): ...


class SessionExpired(RefusedByAws): ...


class MalformedPolicy(RefusedByAws): ...


class TooLargeForSession(RefusedByAws): ...


class TagsRefused(RefusedByAws): ...


class LimitReached(RefusedByAws): ...


class AlreadyExists(RefusedByAws): ...


class NoSuchEntity(RefusedByAws): ...


class RegionDisabled(RefusedByAws): ...


class Throttled(RefusedByAws): ...


class AwsFailed(RefusedByAws):
    exit_code = 6


class AwsServerError(AwsFailed): ...


class AwsUnreachable(Unreachable): ...


class AnswerLost(AwsUnreachable): ...


class KeychainUnavailable(Unreachable): ...


class InputEnded(Cancelled): ...
