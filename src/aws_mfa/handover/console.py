"""
Sign in to the AWS console with a profile's session: makes a URL that is valid for 15 minutes.

A role's session signs in directly. A user's MFA session cannot: a user without a role gets a session of
`GetFederationToken`, which is signed with the long-term keys, takes no code and so carries no proof of MFA. It may do
what the user may, less if policies narrow it. The root user is refused: no policy is certain to narrow a root session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_mfa.aws import sign_in
from aws_mfa.aws.endpoints import real_region, settings_of_chain
from aws_mfa.aws_values.arns import partition_of
from aws_mfa.aws_values.regions import REGION_FLAG, REGION_VARIABLES, choose_region, doubt_about, partition_of_region
from aws_mfa.aws_values.text import SHORTEST_S, duration_text
from aws_mfa.config.ini import check_if_small
from aws_mfa.errors import BadInput, BadProfile, NotAuthorized
from aws_mfa.handover.hand_over import hand_over
from aws_mfa.renewal.make_plan import check_flags, check_lasts, wanted_chain
from aws_mfa.renewal.plan import shortest
from aws_mfa.renewal.users import Users, partition_of_chain
from aws_mfa.vaults.lookup import KnownProfiles

if TYPE_CHECKING:
    from aws_mfa.aws_values.narrowing import Grant
    from aws_mfa.config.chains import Chain
    from aws_mfa.interfaces import Interfaces
    from aws_mfa.model import Secret, Session
    from aws_mfa.renewal.request import RenewalRequest

_WITHOUT_MFA = "without proof of MFA: policies that demand it will refuse"
_USE_A_ROLE = "use a profile with a role, whose trust policy can ask for MFA"


@dataclass(frozen=True)
class Page:
    """A page of the console: `url` signs in as `arn`, with a session until `expires_at` (seconds since the epoch)."""

    url: Secret
    arn: str
    expires_at: float
    notices: tuple[str, ...]


def console(request: RenewalRequest, interfaces: Interfaces, *, service: str | None = None) -> Page:
    """Return the page of a service, None: the console's home. Raises what `hand_over` raises, and AWS's refusals."""
    for file in (interfaces.config, interfaces.credentials):
        file.check_trusted()  # an endpoint that stands there gets the session itself
    watch = interfaces.watch_files()
    known = KnownProfiles(interfaces)
    check_if_small(known.config_text, where=interfaces.config.path)
    users = Users(interfaces, known, request)
    try:
        chain = wanted_chain(request.profile, known, request, users)
    except BadProfile as error:
        raise users.quiet_vault.explained(error) from None
    region = _region(chain, interfaces, request.region)
    page = sign_in.console_page(service, region)
    endpoints = settings_of_chain(chain)
    endpoint = sign_in.sign_in_endpoint(region, interfaces.environ, endpoints)
    notices: tuple[str, ...] = ()
    if chain.role_chain:
        session, _ = hand_over(request, interfaces, known, watch)
        arn = chain.wanted.role_arn or ""
    else:
        grant = interfaces.grant(chain.wanted)
        check_flags(chain, request.overlay, grant)
        session, arn = _federated(request, chain, region, users, interfaces, grant)
        doubts = filter(None, [doubt_about(request.region or "", REGION_FLAG)])
        told = (*doubts, *([grant.notice] if grant.notice else []))
        notices = (*users.notices, *told, f"{request.profile} has no role: signed in {_WITHOUT_MFA}")
    token = interfaces.sign_in(region, endpoints).token(session)
    return Page(sign_in.login_url(endpoint, page, token), arn, session.expires_at, notices)


def _region(chain: Chain, interfaces: Interfaces, asked: str | None) -> str:
    """The region asked for, else the profile's; `BadInput` if the one asked for is in another partition."""
    partition = partition_of_chain(chain, chain.mfa_serial, asked)
    given = [(REGION_FLAG, asked), *((name, interfaces.environ.get(name)) for name in REGION_VARIABLES)]
    given += [(profile.source("region"), profile.region) for profile in (chain.wanted, chain.user)]
    chosen = choose_region(given, partition=partition)
    return real_region(chosen.name, partition_of_region(chosen.name))


def _federated(
    request: RenewalRequest, chain: Chain, region: str, users: Users, interfaces: Interfaces, grant: Grant
) -> tuple[Session, str]:
    """A session of the user without a role, and the user's ARN."""
    if request.token is not None:
        raise BadInput(f"{request.profile} has no role: signing in takes no code", f"leave it out, or {_USE_A_ROLE}")
    longest_s, duration_s = sign_in.LONGEST_CONSOLE_S, request.duration_s
    if duration_s is None:
        duration_s = min(chain.user.duration_s or longest_s, longest_s)
    duration_s = shortest(duration_s, grant.longest_s) or longest_s
    if not SHORTEST_S <= duration_s <= longest_s:
        limits = f"{duration_text(SHORTEST_S)} to {duration_text(longest_s)}"
        what = f"--duration {duration_text(duration_s)}: the console signs a user in for {limits}"
        raise BadInput(what, f"use for example: --duration {min(max(duration_s, SHORTEST_S), longest_s)}")
    check_lasts(chain, duration_s, request.min_remaining_s)
    keys = users.keys_of(users.section_of(chain.user))
    sts = interfaces.sts(region, settings_of_chain(chain))
    identity = sts.get_caller_identity(keys)
    name = sign_in.federated_name(identity.arn, grant.agent)
    if name is None:
        raise NotAuthorized(
            f"the long-term keys are those of {identity.arn}, which is not an IAM user: it cannot sign in this way",
            "use the keys of an IAM user, and delete the root user's: they cannot be restricted",
        )
    overlay = request.overlay or grant.overlay
    partition = partition_of(identity.arn) or "aws"
    try:
        session = sts.get_federation_token(
            keys,
            name,
            duration_s,
            policy=overlay.inline,
            policy_arns=overlay.policy_arns if overlay else (sign_in.administrator_access_arn(partition),),
        )
    except NotAuthorized as refused:
        raise NotAuthorized(refused.message, _USE_A_ROLE, *refused.hints) from None
    narrower = {"policies": overlay.inline, "policy_arns": " ".join(overlay.policy_arns)}
    interfaces.note_hand_over(request.profile, session, {name: text for name, text in narrower.items() if text})
    return session, identity.arn
