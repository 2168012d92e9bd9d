"""
The IAM users at the beginning of chains: whose long-term keys sign, with which device, in which region.

Keys are read once per user, a device that no file names is asked of IAM once. What fails here fails every profile of
that user, and no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_mfa.rules import arns
from aws_mfa.rules.ini_text import section_values
from aws_mfa.rules.regions import choose_region
from aws_mfa.rules.session_steps import Base
from aws_mfa.rules.vault_choice import choose_vault, noted_vault
from aws_mfa.workflows.devices import discover_device
from aws_mfa.workflows.keys import find_long_term_keys

if TYPE_CHECKING:
    from aws_mfa.model import LongTermKeys
    from aws_mfa.rules.profile_chains import Chain
    from aws_mfa.rules.regions import ChosenRegion
    from aws_mfa.workflows.keys import FoundKeys
    from aws_mfa.workflows.outside import Outside


class Users:
    """Finds each user once. `keys` holds the long-term keys by section, `notices` what is to be said about them."""

    def __init__(self, outside: Outside, credentials_text: str, *, vault: str | None, no_keychain: bool) -> None:
        self.keys: dict[str, LongTermKeys] = {}
        self.notices: list[str] = []
        self._outside = outside
        self._credentials_text = credentials_text
        self._vault = vault
        self._no_keychain = no_keychain
        self._found: dict[str, FoundKeys] = {}
        self._devices: dict[str, str] = {}

    def base_of(self, chain: Chain) -> Base:
        """The chain's user; raises what finding keys or device raises."""
        section = chain.base.keys_section
        found = self._keys(section)
        region = self._region(chain)
        device = chain.mfa_serial or self._device(section, found, region.name)
        return Base(
            chain.base.name,
            section,
            found.keys.access_key_id,
            device,
            region=region.name,
            partition=arns.partition_of(device) or arns.partition_of(chain.wanted.role_arn or "") or "aws",
            endpoint_url=chain.base.sts_endpoint_url,
        )

    def _keys(self, section: str) -> FoundKeys:
        if section not in self._found:
            outside = self._outside
            noted = noted_vault(outside.known_keys.read(), section)
            choice = choose_vault(self._vault, outside.environ, noted, no_keychain=self._no_keychain)
            values = section_values(self._credentials_text, section, where=outside.credentials.path)
            found = find_long_term_keys(section, choice, values, outside)
            if found.notice:
                self.notices.append(f"{section}: {found.notice}")
            self._found[section] = found
            self.keys[section] = found.keys
        return self._found[section]

    def _device(self, section: str, found: FoundKeys, region: str) -> str:
        if section not in self._devices:
            stored = self._outside.fork.fork_device(section) if found.place == "fork" else None
            device = stored or discover_device(found.keys, region, self._outside)
            self._devices[section] = arns.check_device(device, source="IAM")
        return self._devices[section]

    def _region(self, chain: Chain) -> ChosenRegion:
        """The user's, for all roles: so the MFA session and its connection are shared; it is good in every region."""
        environ = self._outside.environ
        role = chain.hops[0].role_arn if chain.hops else None
        partition = arns.partition_of(chain.mfa_serial or "") or arns.partition_of(role or "")
        chosen = choose_region(
            (
                ("AWS_REGION", environ.get("AWS_REGION")),
                ("AWS_DEFAULT_REGION", environ.get("AWS_DEFAULT_REGION")),
                (chain.base.source("region"), chain.base.region),
            ),
            partition=partition,
        )
        if chosen.passed_over:
            self.notices += [f"{reason}: it is not used" for reason in chosen.passed_over if reason not in self.notices]
        return chosen
