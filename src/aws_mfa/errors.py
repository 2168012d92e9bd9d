"""
Every failure a user can meet, one class per situation: this tree is their description.

The classes that the hot path may need are here; situations.py has the others, which would cost each of its runs a
thirtieth of a bare Python start, and are made when one of them is named. Imports nothing else.

    AwsMfaError                exit 1   unexpected, or a bug
    |-- BadInput               exit 2   what was given cannot be right: a flag, a variable, a setting
    |   |-- BadAnswer                   a line that no person meant to type: it is asked for again
    |   |   `-- BadCode                 not six digits
    |   |-- NothingGiven                Enter at a question that wants an answer: it is not asked again
    |   |-- NoSuchCommand     exit 127  the command to run is not there; exit codes of shells
    |   `-- CommandNotRunnable  exit 126  it is there, and the system does not run it
    |-- NotSetUp               exit 3   something must be stored or fixed first
    |   |-- NoLongTermKeys              no keys in the vault, the fork's items or the file
    |   |-- NoDevice                    no MFA device is known, and none could be found, or more than one
    |   |   `-- SeveralDevices          more than one, and no person to choose
    |   |-- BrokenFile                  a file is not in the format it should have; no value of it is quoted
    |   |-- BadProfile                  a profile in the AWS files contradicts itself or lacks a key
    |   |   `-- SignsElsewhere          its credentials are for another program to get (SSO, web identity, ...)
    |   |-- PermanentKeysInTheWay       the section to be written holds long-term keys: never overwritten
    |   `-- NoThread                    the system starts no further thread
    |-- NeedsHuman             exit 4   a question, and no person who can answer
    |   `-- NobodyAnswered              shown where a person could have answered it, and no answer came in time
    |-- RefusedByAws           exit 5   AWS refused the call
    |   |-- WrongCode                   wrong, or used before: the next code may be asked for
    |   |   `-- CodeAlreadyUsed         known to be used: it was not sent
    |   |-- UnknownDevice               another user's device, or none
    |   |-- UnknownKey                  key id deleted, inactive, mistyped, of another partition
    |   |-- WrongSecret                 the secret does not belong to the key id
    |   |-- SessionKeysGiven            the "long-term" keys are a session's
    |   |-- ClockSkew                   this machine's clock is off by more than AWS allows (15 minutes)
    |   |-- DurationTooLong             MaxSessionDuration of the role
    |   |-- ChainingLimit               one hour at most when the signer is a session
    |   |-- NotAuthorized               policy, trust policy, or no such role: AWS does not say which
    |   |-- SessionExpired              the session used for signing has expired
    |   |-- MalformedPolicy             a session policy that AWS cannot read
    |   |-- TooLargeForSession          session policies and tags over AWS's limit together
    |   |-- TagsRefused                 tags or source identity contradict each other or the role before
    |   |-- RegionDisabled              STS is not active in that region
    |   |-- LimitReached                IAM has as many keys or devices of the user as it allows
    |   |-- AlreadyExists               IAM has a device of this name, or the device is a user's
    |   |-- NoSuchEntity                IAM has no user, key or device of this name
    |   |-- Throttled                   too many requests: the same call may work seconds later
    |   `-- AwsFailed          exit 6   neither yes nor no: the code may be spent
    |       `-- AwsServerError          5xx: the same call may work a moment later
    |-- RefusedByRule          exit 5   the profile's rule for agents leaves nothing to hand over
    |-- Unreachable            exit 6   no answer from AWS or the keychain
    |   |-- AwsUnreachable              network, DNS, proxy, certificate
    |   |   `-- AnswerLost              the request went out, the answer did not come: the code may be spent
    |   `-- KeychainUnavailable         absent, locked, silent, or not safe to use
    `-- Cancelled              exit 130 the user cancelled: Ctrl-C, the button Cancel, or a no
        `-- InputEnded                  the user pressed Ctrl-D (on Windows Ctrl-Z) instead of answering

Messages are lower case, have no full stop and quote no secret; each hint is one thing to do, as a command if possible.
"""

from __future__ import annotations

TYPE_CHECKING = False

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
        self.command: str | None = None  # what a person runs in a terminal, after which the same call works

    @property
    def hint_lines(self) -> tuple[str, ...]:
        """The hints that are printed: the first three help most."""
        return tuple(f"{HINT}{hint}" for hint in self.hints[: self.most_hints])

    @property
    def lines(self) -> tuple[str, ...]:
        return (self.message, *self.hint_lines)


class BadInput(AwsMfaError):
    exit_code = 2


class NotSetUp(AwsMfaError):
    exit_code = 3


class BrokenFile(NotSetUp): ...


class NeedsHuman(AwsMfaError):
    exit_code = 4


class RefusedByAws(AwsMfaError):
    exit_code = 5


class RefusedByRule(AwsMfaError):
    exit_code = 5


class Unreachable(AwsMfaError):
    exit_code = 6


class Cancelled(AwsMfaError):
    exit_code = 130


if TYPE_CHECKING:
    from aws_mfa.situations import *  # noqa: F403  # what `__getattr__` finds
else:

    def __getattr__(name: str) -> object:
        """The other classes of the tree are made when the first of them is named: no run of the hot path needs any."""
        if name.startswith("__"):  # the import system asks for some
            raise AttributeError(name)
        from aws_mfa import situations

        return getattr(situations, name)
