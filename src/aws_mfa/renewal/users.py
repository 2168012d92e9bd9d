"""
The IAM users at the beginning of chains: whose long-term keys sign, with which device, in which region.

Keys are read once per user, a device that no file names is looked up in IAM once; FIDO keys and passkeys do not count,
because STS accepts only codes. A failure here fails every profile of that user, and no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.aws.endpoints import given_sts_url, settings_of_chain
from aws_mfa.aws_values import regions
from aws_mfa.aws_values.arns import check_device, is_fido, partition_of
from aws_mfa.command_lines import quote
from aws_mfa.config.ini import section_values, sections
from aws_mfa.config.profile_names import header_of
from aws_mfa.config.sections import default_long_term
from aws_mfa.errors import AwsMfaError, ClockSkew, NoDevice, NoLongTermKeys, RefusedByAws, SeveralDevices, WrongSecret
from aws_mfa.prompt.providers import until_good
from aws_mfa.renewal.steps import SourceUser
from aws_mfa.vaults.choice import choose_vault, noted_device, noted_key_id, noted_vault
from aws_mfa.vaults.lookup import QuietVault, explained, find_long_term_keys, note_device

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from aws_mfa.aws.endpoints import EndpointSettings
    from aws_mfa.config.chains import Chain
    from aws_mfa.config.profile import Profile
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import LongTermKeys
    from aws_mfa.renewal.request import RenewalRequest
    from aws_mfa.vaults.choice import VaultChoice
    from aws_mfa.vaults.lookup import FoundKeys, KnownProfiles

    Found = TypeVar("Found")


_GIVE_IT = "give it with: --device arn:aws:iam::ACCOUNT:mfa/NAME (IAM console, Security credentials shows it)"


def discover_device(
    keys: LongTermKeys, region: str, interfaces: Interfaces, endpoints: EndpointSettings, *, profile: str
) -> str:
    """Ask IAM for the device, and a person if there are several; it is noted, so that IAM is asked once."""
    devices = usable_devices(listed_devices(keys, region, interfaces, endpoints), profile)
    device = chosen_device(devices, interfaces)
    if len(devices) > 1:
        interfaces.terminal.say(f"to use another device later, {line_for_device(profile, 'ARN', interfaces)}")
    note_device(keys.access_key_id, device, interfaces)
    return device


def line_for_device(profile: str, device: str, interfaces: Interfaces) -> str:
    """`write into [profile work] of ~/.aws/config: mfa_serial = ...`."""
    headers = (section.name for section in sections(interfaces.config.read(), where=interfaces.config.path))
    return f"write into [{header_of(profile, headers)}] of {interfaces.config.path}: mfa_serial = {device}"


def listed_devices(keys: LongTermKeys, region: str, interfaces: Interfaces, endpoints: EndpointSettings) -> list[str]:
    """All devices that IAM lists for this user, passkeys too; `NoDevice` if it refuses."""
    try:
        return interfaces.iam(region, endpoints).list_mfa_devices(keys)
    except (ClockSkew, WrongSecret):
        raise
    except RefusedByAws as error:
        # All refusals are one: to a call without MFA, IAM says even of good keys that it does not know them.
        raise NoDevice(f"IAM did not list the MFA devices: {error.message}", _GIVE_IT) from error


def usable_devices(devices: list[str], profile: str = "PROFILE") -> list[str]:
    """The devices that show codes; `NoDevice` if there are none."""
    add = f"add an authenticator app: aws-mfa enroll {quote(profile)}"
    if not devices:
        raise NoDevice("IAM knows no MFA device of this user", add)
    usable = [check_device(device, source="IAM") for device in devices if not is_fido(device)]
    if not usable:
        raise NoDevice(
            "this user has passkeys or security keys only, and STS never accepts those",
            "sign in with the passkey instead: aws login",
            f"or {add}",
        )
    return usable


def chosen_device(devices: list[str], interfaces: Interfaces, question: str = "Which one has the code?") -> str:
    """The only one, or one chosen from a menu; `SeveralDevices` if no person can choose."""
    if len(devices) == 1:
        return devices[0]
    terminal = interfaces.terminal
    if not terminal.has_human:
        raise SeveralDevices("this user has several MFA devices", *(f"--device {quote(device)}" for device in devices))
    terminal.say("Your MFA devices:")
    for number, device in enumerate(devices, 1):
        terminal.say(f"  {number}  {device}")
    while True:
        answer = until_good(lambda: terminal.ask(f"{question} [1-{len(devices)}]: "), terminal).strip()
        if answer in devices:
            return answer
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(devices):
            return devices[int(answer) - 1]
        terminal.say(f"please answer with a number from 1 to {len(devices)}")


class Users:
    """Finds each user once. If its key id is noted, a vault is opened only to sign: it may be locked until then."""

    def __init__(self, interfaces: Interfaces, known: KnownProfiles, request: RenewalRequest) -> None:
        self.notices: list[str] = []
        self.quiet_vault = QuietVault(interfaces, request.vault, use_keychain=request.use_keychain)
        self._interfaces = interfaces
        self._known = known
        self._request = request
        self._found: dict[str, FoundKeys | AwsMfaError] = {}
        self._source_users: dict[tuple[str | None, ...], SourceUser] = {}

    def user_of(self, chain: Chain) -> SourceUser:
        """The chain's user, one object for equal chains; raises what finding the keys or the device raises."""
        # All roles of a chain are of one partition.
        partition, endpoints = partition_of(chain.wanted.role_arn or ""), settings_of_chain(chain)
        asked = (chain.user.name, chain.mfa_serial, partition, *endpoints.words)
        if asked not in self._source_users:
            try:
                self._source_users[asked] = self._read_user(chain, endpoints)
            except NoLongTermKeys as error:
                raise explained(error, chain.user, self._known.credentials.values(chain.user.name)) from None
        return self._source_users[asked]

    def keys_of(self, section: str) -> LongTermKeys:
        return self._keys(section).keys

    def place_of(self, section: str) -> str:
        """The vault that has these keys, or `fork`."""
        return self._keys(section).place

    def section_of(self, user: Profile) -> str:
        """The vault's name for the user's keys: keys noted there come before those in the profile's own section."""
        noted = default_long_term(user.name)
        return noted if self._noted_key_id(noted) else user.keys_section

    def are_named_by_files(self, chain: Chain) -> bool:
        """
        Whether files or notes name the key id and the device, so that a file changes whenever one of them does.

        Keys in a vault can be replaced there unless they are noted. Keys of the credentials file, used because the
        vault had none, count: a command that stores others in the vault notes that.
        """
        section = self.section_of(chain.user)
        key_id = self._noted_key_id(section)
        if key_id is None and self._keys(section).place != "file":
            return False
        key_id = key_id or self.keys_of(section).access_key_id
        return chain.mfa_serial is not None or noted_device(self._known.notes, key_id) is not None

    def _read_user(self, chain: Chain, endpoints: EndpointSettings) -> SourceUser:
        section = self.section_of(chain.user)
        key_id = self._noted_key_id(section) or self.keys_of(section).access_key_id
        known = chain.mfa_serial or noted_device(self._known.notes, key_id)
        region = self._region(chain, known)
        device = known or _found_once(
            self._request.devices, section, lambda: self._find_device(chain.user, region.name, endpoints)
        )
        partition = regions.partition_of_keys(device, chain.wanted.role_arn or "", region.name)
        url = given_sts_url(self._interfaces.environ, endpoints)
        return SourceUser(chain.user.name, section, key_id, device, region.name, partition, url, endpoints)

    def _keys(self, section: str) -> FoundKeys:
        return _found_once(self._found, section, lambda: self._find_keys(section))

    def _find_keys(self, section: str) -> FoundKeys:
        interfaces = self._interfaces
        values = section_values(self._known.credentials_text, section, where=interfaces.credentials.path)
        found = find_long_term_keys(section, self._vault_of(section), values, interfaces, self._known.profiles)
        if found.notice:
            self.notices.append(f"{section}: {found.notice}")
        return found

    def _vault_of(self, section: str) -> VaultChoice:
        noted, request = noted_vault(self._known.notes, section), self._request
        return choose_vault(request.vault, self._interfaces.environ, noted, use_keychain=request.use_keychain)

    def _noted_key_id(self, section: str) -> str | None:
        """The key id noted for the vault in use; None if there is none, or if another vault was named explicitly."""
        choice = self._vault_of(section)
        is_other = choice.explicit and choice.name != choice.noted
        return None if is_other else noted_key_id(self._known.notes, section)

    def _find_device(self, user: Profile, region: str, endpoints: EndpointSettings) -> str:
        section = self.section_of(user)
        found = self._keys(section)
        stored = self._interfaces.fork.fork_device(section) if found.place == "fork" else None
        if stored:
            return check_device(stored, source="the keychain fork's item")
        try:
            return discover_device(found.keys, region, self._interfaces, endpoints, profile=user.name)
        except NoDevice as error:
            line = line_for_device(user.name, "", self._interfaces)
            hints = (hint.removeprefix("give it with: ").replace("--device ", line) for hint in error.hints)
            raise type(error)(error.message, *hints) from None

    def _region(self, chain: Chain, device: str | None) -> regions.ChosenRegion:
        """The user's region, for all roles: so they share the MFA session, which is valid in every region."""
        environ, asked = self._interfaces.environ, self._request.region
        partition = partition_of_chain(chain, device, asked)
        variables = ((name, environ.get(name)) for name in regions.REGION_VARIABLES)
        of_user = (chain.user.source("region"), chain.user.region)
        chosen = regions.choose_region(((regions.REGION_FLAG, asked), *variables, of_user), partition=partition)
        notices, given = chosen.notices, chain.user.own.get("region")
        is_given = chosen.source in (regions.REGION_FLAG, *regions.REGION_VARIABLES)
        if given and not given.value and chain.user.region is None and not is_given:
            notices.append(f"{given.source} is empty: {chosen.name}, {chosen.source}, is used")
        self.notices += [line for line in notices if line not in self.notices]
        return chosen


def partition_of_chain(chain: Chain, device: str | None, asked: str | None) -> str | None:
    """The partition of the device, else of the first role; `BadInput` if the region `asked` for is in another."""
    role = chain.role_chain[0].role_arn if chain.role_chain else None
    partition = partition_of(device or "") or partition_of(role or "")
    if asked is not None:
        of_region = regions.partition_of_region(chain.user.region).name if chain.user.region else None
        regions.check_region_of_keys(asked, partition or of_region, source=regions.REGION_FLAG)
    return partition


def _found_once(known: dict[str, Found | AwsMfaError], name: str, find: Callable[[], Found]) -> Found:
    """Find it, or return or raise the earlier result: a vault that failed is not asked again for each role."""
    if name not in known:
        try:
            known[name] = find()
        except AwsMfaError as error:
            known[name] = error
    found = known[name]
    if isinstance(found, AwsMfaError):
        raise found
    return found
