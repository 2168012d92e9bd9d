"""
Every failure a user can meet, one class per situation; imports nothing.

    AwsMfaError                exit 1   unexpected, or a bug
    |-- BadInput               exit 2   what was given cannot be right: a flag, a variable, a setting
    |   |-- BadAnswer                   a line that no person meant to type: it is asked for again
    |   |   `-- BadCode                 not six digits
    |   |-- NothingGiven                a question that wants an answer got none
    |   |-- NoSuchCommand     exit 127  the command to run is not there
    |   `-- CommandNotRunnable  exit 126  it is there, and the system does not run it
    |-- NotSetUp               exit 3   something must be stored or fixed first
    |   |-- NoLongTermKeys              no keys in the vault, the fork's items or the file
    |   |-- NoDevice                    no MFA device known or found
    |   |   `-- SeveralDevices          more than one, and no person to choose
    |   |-- BrokenFile                  a file is not in the format it should have
    |   |-- BadProfile                  a profile in the AWS files contradicts itself or lacks a key
    |   |   `-- SignsElsewhere          its credentials are for another program to get (SSO, web identity, ...)
    |   |-- PermanentKeysInTheWay       the section to be written holds long-term keys
    |   `-- NoThread                    the system starts no further thread
    |-- NeedsHuman             exit 4   a question, and no person who can answer
    |   `-- NobodyAnswered              the question was shown, and no answer came in time
    |-- RefusedByAws           exit 5   AWS refused the call
    |   |-- WrongCode                   wrong, or used before: the next code may be asked for
    |   |   `-- CodeAlreadyUsed         known to be used: it was not sent
    |   |-- UnknownDevice               another user's device, or none
    |   |-- UnknownKey                  key id deleted, inactive, mistyped, of another partition
    |   |-- WrongSecret                 the secret does not belong to the key id
    |   |-- SessionKeysGiven            the "long-term" keys are a session's
    |   |-- ClockSkew                   this machine's clock is off
    |   |-- DurationTooLong             MaxSessionDuration of the role
    |   |-- ChainingLimit               one hour at most when the signer is a session
    |   |-- NotAuthorized               policy, trust policy, or a role that does not exist
    |   |-- SessionExpired              the session used for signing has expired
    |   |-- MalformedPolicy             a session policy that AWS cannot read
    |   |-- TooLargeForSession          session policies and tags over AWS's limit together
    |   |-- TagsRefused                 tags or source identity contradict each other or the role before
    |   |-- RegionDisabled              STS is not active in that region
    |   |-- LimitReached                IAM has as many keys or devices of the user as it allows
    |   |-- AlreadyExists               IAM has a device of this name, or the device is a user's
    |   |-- NoSuchEntity                IAM has no user, key or device of this name
    |   |-- Throttled                   too many requests
    |   `-- AwsFailed          exit 6   neither yes nor no: the code may be spent
    |       `-- AwsServerError          5xx: the same call may work a moment later
    |-- Unreachable            exit 6   no answer from AWS or the keychain
    |   |-- AwsUnreachable              network, DNS, proxy, certificate
    |   |   `-- AnswerLost              the request went out, the answer did not come: the code may be spent
    |   `-- KeychainUnavailable         absent, locked, silent, or not safe to use
    `-- Cancelled              exit 130 the user cancelled (Ctrl-C)
        `-- InputEnded                  the user ended the input instead of answering (Ctrl-D)

Messages are lower case, have no full stop and quote no secret; each hint is one thing to do, as a command if possible.
"""

from __future__ import annotations

HINT = "hint: "


class AwsMfaError(Exception):
    """A failure with its message, the hints that say what to do, and its exit code."""

    exit_code = 1
    most_hints = 3

    def __init__(self, message: str, *hints: str) -> None:
        super().__init__(message)
        self.message = message
        self.hints = hints
        self.shared = ""  # what is said once, if the same stops several profiles; empty: the message

    @property
    def hint_lines(self) -> tuple[str, ...]:
        """The hints that are printed: the first three help most."""
        return tuple(f"{HINT}{hint}" for hint in self.hints[: self.most_hints])

    @property
    def lines(self) -> tuple[str, ...]:
        return (self.message, *self.hint_lines)


class BadInput(AwsMfaError):
    """An argument, a variable or a setting cannot be right; nothing was asked or sent."""

    exit_code = 2


class BadAnswer(BadInput):
    """What was typed at a question cannot be its answer: a person is asked again."""


class BadCode(BadAnswer):
    """The code is not six digits."""


class NothingGiven(BadInput):
    """The user pressed Enter at a question that needs an answer: it is not asked again."""


class NoSuchCommand(BadInput):
    """The command to run does not exist; the exit code is that of shells."""

    exit_code = 127


class CommandNotRunnable(BadInput):
    """The command to run exists, but the system does not run it; the exit code is that of shells."""

    exit_code = 126


class NotSetUp(AwsMfaError):
    """Something must be stored or fixed before this can work."""

    exit_code = 3


class NoLongTermKeys(NotSetUp):
    """No long-term keys under this name in the vault, the keychain fork's items or the files."""


class NoDevice(NotSetUp):
    """No MFA device is known, and none (or more than one) could be found."""


class SeveralDevices(NoDevice):
    """The user has more than one MFA device, and no person can choose one."""

    most_hints = 8  # IAM's limit of devices


class BrokenFile(NotSetUp):
    """A file is not in the format it should have; the message never quotes a value."""


class BadProfile(NotSetUp):
    """A profile in the AWS files contradicts itself or lacks a key."""


class SignsElsewhere(BadProfile):
    """The profile's credentials are for another program to get (SSO, web identity, ...)."""


class PermanentKeysInTheWay(NotSetUp):
    """The section to be written holds long-term keys: they are never overwritten."""


class NoThread(NotSetUp):
    """A limit of this machine stops a thread that the command cannot do without."""


class NeedsHuman(AwsMfaError):
    """A question must be asked, and no person can answer it here."""

    exit_code = 4


class NobodyAnswered(NeedsHuman):
    """The question was shown where a person could have answered it, and no answer came in time."""


class RefusedByAws(AwsMfaError):
    """AWS refuses the call, with an error code that says why."""

    exit_code = 5


class WrongCode(RefusedByAws):
    """AWS refused the code; a person may be asked for the next one."""


class CodeAlreadyUsed(WrongCode):
    """The code is known to be used: it was not sent."""


class UnknownDevice(RefusedByAws):
    """The device is not one of this user's."""


class UnknownKey(RefusedByAws):
    """AWS does not know the access key id."""


class WrongSecret(RefusedByAws):
    """The secret access key does not belong to the access key id."""


class SessionKeysGiven(RefusedByAws):
    """The stored "long-term" keys are those of a session."""


class ClockSkew(RefusedByAws):
    """The clock of this machine is off by more than AWS allows (15 minutes)."""


class DurationTooLong(RefusedByAws):
    """The role's MaxSessionDuration is shorter than the duration asked for."""


class ChainingLimit(RefusedByAws):
    """Roles assumed with temporary credentials last one hour at most."""


class NotAuthorized(RefusedByAws):
    """A policy refuses the call, or the role does not exist: AWS does not say which."""


class SessionExpired(RefusedByAws):
    """The session that signed the request has expired."""


class MalformedPolicy(RefusedByAws):
    """AWS cannot read the session policy."""


class TooLargeForSession(RefusedByAws):
    """Session policies and tags are over AWS's limit together."""


class TagsRefused(RefusedByAws):
    """Session tags or a source identity contradict each other, or what the previous role in the chain passes on."""


class LimitReached(RefusedByAws):
    """IAM has as many access keys or MFA devices of this user as it allows."""


class AlreadyExists(RefusedByAws):
    """IAM has a device of this name, or the device is a user's."""


class NoSuchEntity(RefusedByAws):
    """IAM has no user, access key or device of this name."""


class RegionDisabled(RefusedByAws):
    """STS is not active for this account in the region."""


class Throttled(RefusedByAws):
    """AWS got too many requests: the same call may work seconds later."""


class AwsFailed(RefusedByAws):
    """AWS failed, or its answer cannot be read; a code that was sent may be spent."""

    exit_code = 6


class AwsServerError(AwsFailed):
    """AWS failed (5xx): the same call may be answered a moment later."""


class Unreachable(AwsMfaError):
    """AWS or the keychain did not answer."""

    exit_code = 6


class AwsUnreachable(Unreachable):
    """AWS could not be reached: network, DNS, proxy or certificate."""


class AnswerLost(AwsUnreachable):
    """The request was sent and its answer was lost: a code that it carried may be spent."""


class KeychainUnavailable(Unreachable):
    """The system keychain is absent, locked, silent, or not safe to use."""


class Cancelled(AwsMfaError):
    """The user cancelled: Ctrl-C, the button Cancel, or a no."""

    exit_code = 130


class InputEnded(Cancelled):
    """The user pressed Ctrl-D (on Windows Ctrl-Z) instead of answering."""
