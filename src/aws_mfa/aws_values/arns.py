"""
Shapes of the values sent to STS: device, role, session name, external id; the partition and account of an ARN.

Each value is checked before the user is asked for a code. A `BadInput` names the value, where it was given, and what to
write instead. Only AWS knows whether a device or role exists. AWS's patterns accept ASCII letters only.

Limits: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and `API_GetSessionToken.html`.
"""

from __future__ import annotations

from aws_mfa.errors import BadInput

_LETTERS_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_NAME = frozenset(_LETTERS_DIGITS + "_+=,.@-")
_SERIAL = _NAME | frozenset("/:")
_PRINTABLE = frozenset(map(chr, range(ord("!"), ord("~") + 1)))
_SERIAL_LENGTH = (9, 256)
_ROLE_ARN_LENGTH = (20, 2048)
_SESSION_NAME_LENGTH = (2, 64)
_EXTERNAL_ID_LENGTH = (2, 1224)
_ACCOUNT_DIGITS = 12
_SECRET_KEY_LENGTH = 40
_ROOT_DEVICE = ":mfa/root-account-mfa-device"
_FALLBACK_SESSION_NAME = "aws-mfa"
_NO_FIDO_HINTS = (
    "sign in with the passkey or security key instead: aws login",
    "or add an authenticator app to the user as a second device, and give that one",
)


def partition_of(arn: str) -> str | None:
    """`aws`, `aws-cn`, ...; None if it is not an ARN (a hardware serial)."""
    parts = _parts(arn)
    return parts[1] if parts else None


def account_of(arn: str) -> str | None:
    """The twelve digits of the account; None if there are none."""
    parts = _parts(arn)
    return parts[4] if parts and _is_account(parts[4]) else None


def is_fido(device: str) -> bool:
    """Whether this is a security key or passkey: IAM lists them, STS accepts codes only, and they have none."""
    return ":u2f/" in device


def is_root_device(device: str) -> bool:
    """Whether the ARN shows that the device is the root user's: the name of the console's default."""
    return device.endswith(_ROOT_DEVICE)


def check_device(device: str, *, source: str) -> str:
    """The device's ARN or hardware serial without blanks around it; `BadInput` if STS cannot accept it."""
    device = device.strip()
    given = f"the device given by {source}"
    if is_fido(device):
        what = f"a passkey or security key, and STS accepts codes only: {_quoted(device)}"
        raise BadInput(f"{given} is {what}", *_NO_FIDO_HINTS)
    if device.startswith("arn:"):
        parts = _parts(device)
        kind, _, name = parts[5].partition("/") if parts else ("", "", "")
        if not parts or parts[2] != "iam" or kind != "mfa":
            raise BadInput(f"{given} is not the ARN of an MFA device: {_quoted(device)}", _device_hint(device))
        if parts[3] or not _is_account(parts[4]) or not name.rpartition("/")[2]:
            hint = "its form is: arn:aws:iam::123456789012:mfa/NAME"
            raise BadInput(f"{given} is not a complete ARN: {_quoted(device)}", hint)
    if len(device) == _SECRET_KEY_LENGTH and "-" not in device and ":" not in device:
        # Not quoted: a key pasted into the wrong place.
        raise BadInput(f"{given} looks like a secret access key", _device_hint(device))
    if not _fits(device, _SERIAL, _SERIAL_LENGTH) or (":mfa/" in device and not device.startswith("arn:")):
        raise BadInput(f"{given} is neither an ARN nor a hardware serial: {_quoted(device)}", _device_hint(device))
    return device


def check_role(role_arn: str, *, source: str) -> str:
    """The role's ARN without blanks around it; `BadInput` says which kind of thing was given instead."""
    role_arn = role_arn.strip()
    given = f"the role given by {source}"
    parts = _parts(role_arn)
    if not parts:
        if len(role_arn) == _SECRET_KEY_LENGTH and ":" not in role_arn:
            # Not quoted: a key pasted into the wrong place.
            raise BadInput(f"{given} looks like a secret access key", "give the role's ARN")
        name = role_arn if _fits(role_arn, _NAME, _SESSION_NAME_LENGTH) else "NAME"
        hint = f"give it as: arn:aws:iam::123456789012:role/{name}"
        raise BadInput(f"{given} is not an ARN: {_quoted(role_arn)}", hint)
    if parts[2] != "iam" or parts[5].partition("/")[0] != "role":
        raise BadInput(f"{given} is not the ARN of a role: {_quoted(role_arn)}", _role_hint(parts))
    name_fits = _fits(parts[5].rpartition("/")[2], _NAME, (1, 64))
    is_whole = _fits(role_arn, _PRINTABLE, _ROLE_ARN_LENGTH) and name_fits and not parts[3] and _is_account(parts[4])
    if not is_whole:
        hint = "its form is: arn:aws:iam::123456789012:role/NAME"
        raise BadInput(f"{given} is not a complete ARN: {_quoted(role_arn)}", hint)
    return role_arn


def check_same_partition(device: str, role_arn: str, *, device_source: str, role_source: str) -> None:
    """Raise `BadInput` if device and role are in different partitions: no keys are valid in two."""
    of_device, of_role = partition_of(device), partition_of(role_arn)
    if of_device and of_role and of_device != of_role:
        raise BadInput(
            f"the device ({device_source}) is in partition {of_device}, the role ({role_source}) in {of_role}",
            "keys work in one partition only: use a profile with the keys and the device of the role's partition",
        )


def check_session_name(name: str, *, source: str) -> str:
    """The role session name; `BadInput` unless it is 2 to 64 letters, digits or `_+=,.@-`."""
    if not _fits(name, _NAME, _SESSION_NAME_LENGTH):
        raise BadInput(
            f"the role session name given by {source} must be 2 to 64 letters, digits or _+=,.@-: {_quoted(name)}",
            f"use for example: --role-session-name {sanitised_session_name(name)}",
        )
    return name


def check_external_id(external_id: str, *, source: str) -> str:
    """The external id; `BadInput`, which does not quote it, unless it is 2 to 1224 characters that AWS accepts."""
    if not _fits(external_id, _SERIAL, _EXTERNAL_ID_LENGTH):
        raise BadInput(
            f"the external id given by {source} must be 2 to 1224 letters, digits or _+=,.@:/-",
            "copy it again from the owner of the role, without blanks and quotes around it",
        )
    return external_id


def sanitised_session_name(user_name: str | None) -> str:
    r"""A role session name made of the local user name: `DOM\user` -> `DOM-user`; without a usable one `aws-mfa`."""
    name = "".join(character if character in _NAME else "-" for character in user_name or "")
    name = name[: _SESSION_NAME_LENGTH[1]]
    return name if len(name) >= _SESSION_NAME_LENGTH[0] and name.strip("-") else _FALLBACK_SESSION_NAME


def agent_session_name(agent: str, profile: str, user_name: str) -> str:
    """The role session name of an agent's session: CloudTrail shows agent, profile and user, cut at 64 characters."""
    return sanitised_session_name(f"agent={agent},{profile.rpartition('/')[2]},{user_name}")


def _device_hint(device: str) -> str:
    word = device.partition(" ")[0]  # people put comments behind it
    parts = _parts(word if word.startswith("arn:") else f"arn:aws:iam::{word}")
    if parts and _is_account(parts[4]) and parts[5].startswith(("user/", "mfa/")):
        likely = f"arn:{parts[1]}:iam::{parts[4]}:mfa/{parts[5].rpartition('/')[2] or 'NAME'}"
        if likely != device and _fits(likely, _SERIAL, _SERIAL_LENGTH):
            return f"the device's ARN is likely: {likely}"
    return "list your devices with: aws iam list-mfa-devices"


def _role_hint(parts: list[str]) -> str:
    kind, _, rest = parts[5].partition("/")
    if kind == "assumed-role" and _is_account(parts[4]):
        role = rest.partition("/")[0]
        return f"that is a session of a role; the role's ARN is likely: arn:{parts[1]}:iam::{parts[4]}:role/{role}"
    if parts[2] == "iam" and kind in ("user", "group", "policy", "instance-profile", "mfa"):
        return f"it names a resource of type '{kind}'; a role's ARN is: arn:{parts[1]}:iam::{parts[4]}:role/NAME"
    return f"a role's ARN is: arn:{parts[1]}:iam::123456789012:role/NAME"


def _parts(arn: str) -> list[str] | None:
    """The six parts of `arn:partition:service:region:account:resource`; None if it is not an ARN."""
    parts = arn.split(":", 5)
    known_partition = len(parts) == 6 and (parts[1] == "aws" or parts[1].startswith("aws-"))  # noqa: PLR2004
    return parts if known_partition and parts[0] == "arn" else None


def _is_account(text: str) -> bool:
    return len(text) == _ACCOUNT_DIGITS and text.isascii() and text.isdigit()


def _fits(text: str, allowed: frozenset[str], length: tuple[int, int]) -> bool:
    return length[0] <= len(text) <= length[1] and allowed.issuperset(text)


def _quoted(text: str) -> str:
    """The value on one line, without control characters, cut after 120 characters."""
    return ascii(text if len(text) <= 120 else text[:120] + "...")  # noqa: PLR2004
