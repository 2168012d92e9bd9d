"""
Every failure a user can meet, one class per situation; imports nothing.

    AwsMfaError                exit 1   unexpected, or a bug
    |-- BadInput               exit 2   what was given cannot be right: a flag, a variable, a setting
    |   |-- BadCode                     not six digits
    |   |-- NothingGiven                a question that wants an answer got none
    |   |-- NoSuchCommand     exit 127  the command to run is not there
    |   `-- CommandNotRunnable  exit 126  it is there, and the system does not run it
    |-- NotSetUp               exit 3   something must be stored or mended first
    |   |-- NoLongTermKeys              no keys in the vault, the fork's items or the file
    |   |-- NoDevice                    no MFA device known or found
    |   |   `-- SeveralDevices          more than one, and nobody there to choose
    |   |-- BrokenFile                  a file that cannot be read as what it should be
    |   |-- BadProfile                  a profile in the AWS files cannot be used as it stands
    |   `-- PermanentKeysInTheWay       the section to be written holds long-term keys
    |-- NeedsHuman             exit 4   a question, and nobody there to answer
    |   `-- NobodyAnswered              it was put, and nobody answered in time
    |-- RefusedByAws           exit 5   AWS answered: no
    |   |-- WrongCode                   wrong, or used before: the next code may be asked for
    |   |   `-- CodeAlreadyUsed         known as used before it is sent
    |   |-- UnknownDevice               not this user's
    |   |-- UnknownKey                  key id deleted, inactive, mistyped, of another partition
    |   |-- WrongSecret                 the secret does not belong to the key id
    |   |-- SessionKeysGiven            the "long-term" keys are a session's
    |   |-- ClockSkew                   this machine's clock is off
    |   |-- DurationTooLong             MaxSessionDuration of the role
    |   |-- ChainingLimit               one hour at most from temporary credentials
    |   |-- NotAuthorized               policy, trust policy, or a role that does not exist
    |   |-- SessionExpired              the session used for signing is over
    |   |-- MalformedPolicy             a session policy that AWS cannot read
    |   |-- TooLargeForSession          session policies and tags over AWS's limit together
    |   |-- TagsRefused                 tags or source identity contradict themselves or the role before
    |   |-- RegionDisabled              STS is not active in that region
    |   |-- Throttled                   too many requests
    |   `-- AwsFailed          exit 6   no answer that can be used, be it a no: the code may be spent
    |       `-- AwsServerError          5xx: it may pass by itself
    |-- Unreachable            exit 6   no answer from AWS or the keychain
    |   |-- AwsUnreachable              network, DNS, proxy, certificate
    |   |   `-- AnswerLost              the request went out, the answer did not come: the code may be spent
    |   `-- KeychainUnavailable         absent, locked, silent, or not safe to use
    `-- Cancelled              exit 130 the human said no (Ctrl-C)
        `-- InputEnded                  or ended the input instead of answering (Ctrl-D)

Messages are lower case without a full stop and quote no secret; hints say what to do and can be pasted.
"""

from __future__ import annotations

HINT = "hint: "
"""What a line begins with that says what to do."""


class AwsMfaError(Exception):
    """A failure with its message, the hints that say what to do, and its exit code."""

    exit_code = 1

    def __init__(self, message: str, *hints: str) -> None:
        super().__init__(message)
        self.message = message
        self.hints = hints

    @property
    def hint_lines(self) -> tuple[str, ...]:
        """The hints as they are shown, a line each."""
        return tuple(f"{HINT}{hint}" for hint in self.hints)

    @property
    def lines(self) -> tuple[str, ...]:
        """The message, and below it the hints."""
        return (self.message, *self.hint_lines)


class BadInput(AwsMfaError):
    """Something given by the user cannot be right; nothing was asked or sent."""

    exit_code = 2


class BadCode(BadInput):
    """The code is not six digits."""


class NothingGiven(BadInput):
    """A question that wants an answer was left empty: whoever does that has had enough."""


class NoSuchCommand(BadInput):
    """The command to run is not there; the exit code is the one that shells give."""

    exit_code = 127


class CommandNotRunnable(BadInput):
    """The command to run is there, and the system does not run it; the exit code is the one that shells give."""

    exit_code = 126


class NotSetUp(AwsMfaError):
    """Something must be stored or mended before this can work."""

    exit_code = 3


class NoLongTermKeys(NotSetUp):
    """No long-term keys under this name, in any place that was to be read."""


class NoDevice(NotSetUp):
    """No MFA device is known, and none (or more than one) could be found."""


class SeveralDevices(NoDevice):
    """The user has more than one MFA device, and nobody is there to choose."""


class BrokenFile(NotSetUp):
    """A file cannot be read as what it should be; the message never quotes a value."""


class BadProfile(NotSetUp):
    """A profile in the AWS files cannot be used as it stands."""


class PermanentKeysInTheWay(NotSetUp):
    """The section to be written holds long-term keys: they are never overwritten."""


class NeedsHuman(AwsMfaError):
    """A question must be asked and there is nobody to answer."""

    exit_code = 4


class NobodyAnswered(NeedsHuman):
    """The question was put where somebody might have answered it, and nobody did in time."""


class RefusedByAws(AwsMfaError):
    """AWS answered, and the answer was no."""

    exit_code = 5


class WrongCode(RefusedByAws):
    """AWS refused the code; a person may be asked for the next one."""


class CodeAlreadyUsed(WrongCode):
    """The code is known as used: it was not sent."""


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
    """The role's MaxSessionDuration is shorter than the duration asked."""


class ChainingLimit(RefusedByAws):
    """Roles assumed with temporary credentials last one hour at most."""


class NotAuthorized(RefusedByAws):
    """A policy refuses the call, or the role does not exist: AWS does not tell which."""


class SessionExpired(RefusedByAws):
    """The session that signed the request is over."""


class MalformedPolicy(RefusedByAws):
    """AWS cannot read the session policy."""


class TooLargeForSession(RefusedByAws):
    """Session policies and tags are over AWS's limit together."""


class TagsRefused(RefusedByAws):
    """Session tags or a source identity contradict themselves, or what the role before them hands on."""


class RegionDisabled(RefusedByAws):
    """STS is not active for this account in the region."""


class Throttled(RefusedByAws):
    """Too many requests."""


class AwsFailed(RefusedByAws):
    """AWS failed, or answered what cannot be read; a code that was sent may be spent."""

    exit_code = 6


class AwsServerError(AwsFailed):
    """AWS failed (5xx): the same call may be answered a moment later."""


class Unreachable(AwsMfaError):
    """No answer."""

    exit_code = 6


class AwsUnreachable(Unreachable):
    """AWS could not be reached: network, DNS, proxy or certificate."""


class AnswerLost(AwsUnreachable):
    """The request was sent and its answer was lost: a code that it carried may be spent."""


class KeychainUnavailable(Unreachable):
    """The system keychain is absent, locked, silent, or not safe to use."""


class Cancelled(AwsMfaError):
    """The human said no."""

    exit_code = 130


class InputEnded(Cancelled):
    """The human ended the input instead of answering."""
