"""What a role session carries: tags, source identity and session policies, along a chain and in AWS's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aws_mfa_practice import PracticeAws
from aws_mfa_practice.account import Role, User
from aws_mfa_practice.keys import Session
from aws_mfa_practice.refusals import TRANSITIVE_TAG_SET
from practice.conftest import Client, Connect
from practice.signing import refusal_of

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*", "sts:*"], "Resource": "*"}]}
)


@pytest.fixture
def hub(aws: PracticeAws, ann: User) -> Role:
    return aws.account.add_role("Hub", trusts=ann)


@pytest.fixture
def spoke(aws: PracticeAws, hub: Role) -> Role:
    """A role of another account that the hub may assume."""
    return aws.add_account().add_role("Spoke", trusts=hub)


def asked(role: Role, **more: object) -> dict[str, Any]:
    return {"RoleArn": role.arn, "RoleSessionName": "work", **more}


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def issued(aws: PracticeAws, answer: dict[str, Any]) -> Session:
    return aws.sessions[answer["Credentials"]["AccessKeyId"]]


# Tags


def test_a_session_keeps_the_tags_it_was_asked_with(aws: PracticeAws, sts: Client, hub: Role) -> None:
    wanted = [{"Key": "Cost Center", "Value": "4711"}, {"Key": "Prüfer_.:/=+-@", "Value": ""}]
    answer = sts.assume_role(**asked(hub, Tags=wanted, TransitiveTagKeys=["cost center"]))
    terms = issued(aws, answer).terms
    assert terms.tags == {"Cost Center": "4711", "Prüfer_.:/=+-@": ""}
    assert terms.transitive_tag_keys == ("cost center",)
    assert 0 < answer["PackedPolicySize"] <= 100


def test_a_session_without_terms_has_none_and_its_answer_says_nothing_of_them(
    aws: PracticeAws, sts: Client, hub: Role
) -> None:
    answer = sts.assume_role(**asked(hub))
    assert not {"PackedPolicySize", "SourceIdentity"} & set(answer)
    assert issued(aws, answer).terms.tags == {}


def test_transitive_tags_go_on_along_a_chain_and_the_others_do_not(
    aws: PracticeAws, connect: Connect, sts: Client, hub: Role, spoke: Role
) -> None:
    last = aws.account.add_role("Last", trusts=spoke)
    first = sts.assume_role(**asked(hub, Tags=tags(Team="blue", Shift="night"), TransitiveTagKeys=["team"]))
    second = connect(first["Credentials"]).assume_role(**asked(spoke, Tags=tags(Ticket="7")))
    assert issued(aws, second).terms.tags == {"Team": "blue", "Ticket": "7"}
    third = connect(second["Credentials"]).assume_role(**asked(last))
    assert issued(aws, third).terms.tags == {"Team": "blue"}


def test_an_inherited_tag_cannot_be_set_again_in_any_case(
    connect: Connect, sts: Client, hub: Role, spoke: Role
) -> None:
    first = sts.assume_role(**asked(hub, Tags=tags(Team="blue"), TransitiveTagKeys=["Team"]))
    again = connect(first["Credentials"])
    refusal = refusal_of(lambda: again.assume_role(**asked(spoke, Tags=tags(TEAM="blue"))))
    assert refusal == (400, "InvalidParameterValue", TRANSITIVE_TAG_SET)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"Tags": [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]},
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            {"Tags": tags(Team="a"), "TransitiveTagKeys": ["Teem"]},
            "The specified transitive tag key must be included in the requested tags.",
        ),
        ({"TransitiveTagKeys": ["Team"]}, "The specified transitive tag key must be included in the requested tags."),
        ({"Tags": tags(**{"aws:team": "a"})}, "Tag keys that start with aws: are reserved: aws:team"),
    ],
)
def test_tags_must_not_contradict_themselves(
    sts: Client, hub: Role, parameters: dict[str, object], message: str
) -> None:
    refusal = refusal_of(lambda: sts.assume_role(**asked(hub, **parameters)))
    assert refusal == (400, "InvalidParameterValue", message)


TOO_LONG = "Member must have length less than or equal to"
PATTERN = r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]"


@pytest.mark.parametrize(
    ("wanted", "value", "place", "broken"),
    [
        (tags(**{"k" * 129: ""}), f"'{'k' * 129}'", "tags.1.member.key", f"{TOO_LONG} 128"),
        (tags(a="b", k="v" * 257), f"'{'v' * 257}'", "tags.2.member.value", f"{TOO_LONG} 256"),
        (tags(k="a;b"), "'a;b'", "tags.1.member.value", f"{PATTERN}*"),
        (tags(**{"a\tb": ""}), "'a\tb'", "tags.1.member.key", f"{PATTERN}+"),
        ([{"Key": "k"}], "null", "tags.1.member.value", "Member must not be null"),
        (tags(**{f"k{number}": "" for number in range(51)}), "'[...]'", "tags", f"{TOO_LONG} 50"),
    ],
    ids=["long key", "long value", "semicolon", "tab", "no value", "fifty-one"],
)
def test_tags_have_limits(
    sts: Client, hub: Role, wanted: list[dict[str, str]], value: str, place: str, broken: str
) -> None:
    message = f"1 validation error detected: Value {value} at '{place}' failed to satisfy constraint: {broken}"
    refusal = refusal_of(lambda: sts.assume_role(**asked(hub, Tags=wanted)))
    assert refusal == (400, "ValidationError", message)


def test_an_empty_key_is_too_short(sts: Client, hub: Role) -> None:
    message = refusal_of(lambda: sts.assume_role(**asked(hub, Tags=tags(**{"": "v"}))))[2]
    assert "at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater" in message


def test_fifty_small_tags_are_taken(aws: PracticeAws, sts: Client, hub: Role) -> None:
    answer = sts.assume_role(**asked(hub, Tags=tags(**{f"k{number}": "value" for number in range(50)})))
    assert len(issued(aws, answer).terms.tags) == 50


# Source identity


def test_a_source_identity_stays_along_a_chain(
    aws: PracticeAws, connect: Connect, sts: Client, hub: Role, spoke: Role
) -> None:
    first = sts.assume_role(**asked(hub, SourceIdentity="ann@example.com"))
    assert first["SourceIdentity"] == "ann@example.com"
    chained = connect(first["Credentials"])
    for same in ({}, {"SourceIdentity": "ann@example.com"}):
        assert issued(aws, chained.assume_role(**asked(spoke, **same))).terms.source_identity == "ann@example.com"
    assert refusal_of(lambda: chained.assume_role(**asked(spoke, SourceIdentity="bob"))) == (
        400,
        "ValidationError",
        "The source identity is already set for this assume role session",
    )


@pytest.mark.parametrize("source_identity", ["a", "a" * 65, "ann smith"])
def test_a_source_identity_has_limits(sts: Client, hub: Role, source_identity: str) -> None:
    _, code, message = refusal_of(lambda: sts.assume_role(**asked(hub, SourceIdentity=source_identity)))
    assert (code, "at 'sourceIdentity'" in message) == ("ValidationError", True)


# Session policies


def test_session_policies_are_kept_only_for_this_session(
    aws: PracticeAws, connect: Connect, sts: Client, hub: Role, spoke: Role
) -> None:
    own = aws.account.arn("policy/team/Own")
    answer = sts.assume_role(**asked(hub, Policy=POLICY, PolicyArns=[{"arn": READ_ONLY}, {"arn": own}]))
    terms = issued(aws, answer).terms
    assert (terms.policy, terms.policy_arns) == (POLICY, (READ_ONLY, own))
    assert answer["PackedPolicySize"] > 0
    chained = issued(aws, connect(answer["Credentials"]).assume_role(**asked(spoke))).terms
    assert (chained.policy, chained.policy_arns) == (None, ())


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{", "This policy contains invalid Json"),
        ("[]", "Syntax errors in policy."),
        ('{"Statement": []}', "Syntax errors in policy."),
        ('{"Statement": [{"Effect": "Perhaps"}]}', "Syntax errors in policy."),
        ('{"Statement": [{"Effect": "Allow", "Action": 1}]}', "Syntax errors in policy."),
    ],
)
def test_a_policy_must_be_one(sts: Client, hub: Role, policy: str, message: str) -> None:
    refusal = refusal_of(lambda: sts.assume_role(**asked(hub, Policy=policy)))
    assert refusal == (400, "MalformedPolicyDocument", message)


def test_a_single_statement_needs_no_list(sts: Client, hub: Role) -> None:
    assert sts.assume_role(**asked(hub, Policy='{"Statement": {"Effect": "Deny"}}'))["Credentials"]


def test_a_policy_has_2048_characters_at_most(sts: Client, hub: Role) -> None:
    long_policy = POLICY + " " * (2049 - len(POLICY))
    _, code, message = refusal_of(lambda: sts.assume_role(**asked(hub, Policy=long_policy)))
    assert code == "ValidationError"
    assert message.endswith(
        "at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048"
    )


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::123456789012:role/ReadOnly",
        "arn:aws:iam::aws:policy/",
        "arn:aws-cn:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam::000000000000:policy/OfAnotherAccount",
    ],
)
def test_a_policy_arn_is_of_aws_or_of_the_roles_account(sts: Client, hub: Role, arn: str) -> None:
    refusal = refusal_of(lambda: sts.assume_role(**asked(hub, PolicyArns=[{"arn": arn}])))
    assert refusal == (400, "ValidationError", f"{arn} is invalid")


def test_ten_policy_arns_at_most(sts: Client, hub: Role) -> None:
    _, code, message = refusal_of(lambda: sts.assume_role(**asked(hub, PolicyArns=[{"arn": READ_ONLY}] * 11)))
    assert (code, "at 'policyArns' failed" in message) == ("ValidationError", True)


def test_tags_without_policies_can_be_too_large(sts: Client, hub: Role) -> None:
    """The figure is the one that AWS itself gave for these tags."""
    nine = tags(**{f"T{number}": "a" * 250 for number in range(1, 10)})
    assert refusal_of(lambda: sts.assume_role(**asked(hub, Tags=nine))) == (
        400,
        "PackedPolicyTooLarge",
        "Packed size of session tags consumes 498% of allotted space.",
    )


def test_policy_and_tags_can_be_too_large_together(sts: Client, hub: Role) -> None:
    half = {"Tags": tags(Team="b" * 250)}
    policy = {"Policy": POLICY.replace("s3:*", "s3:" + "x" * 600)}
    assert sts.assume_role(**asked(hub, **half))["PackedPolicySize"] < 100
    assert sts.assume_role(**asked(hub, **policy))["PackedPolicySize"] < 100
    _, code, message = refusal_of(lambda: sts.assume_role(**asked(hub, **half, **policy)))
    assert code == "PackedPolicyTooLarge"
    assert message.endswith("% of allotted space, please use smaller policy.")


# What a role demands, and what it does not take


def test_a_role_can_demand_tags_and_a_source_identity(aws: PracticeAws, sts: Client, ann: User) -> None:
    role = aws.account.add_role("Strict", trusts=ann, needs_tags=["Ticket"], needs_source_identity=True)
    for short in (
        {"Tags": tags(ticket="7")},
        {"SourceIdentity": "ann"},
        {"Tags": tags(T="7"), "SourceIdentity": "ann"},
    ):
        message = refusal_of(lambda: sts.assume_role(**asked(role, **short)))[2]  # noqa: B023
        assert message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {role.arn}")
    assert sts.assume_role(**asked(role, Tags=tags(ticket="7"), SourceIdentity="ann"))["Credentials"]


def test_a_source_identity_may_come_from_the_role_before(
    aws: PracticeAws, connect: Connect, sts: Client, hub: Role
) -> None:
    role = aws.account.add_role("Strict", trusts=hub, needs_source_identity=True)
    first = sts.assume_role(**asked(hub, SourceIdentity="ann"))
    assert connect(first["Credentials"]).assume_role(**asked(role))["SourceIdentity"] == "ann"


def test_a_role_whose_sessions_take_no_tags_refuses_inherited_ones_too(
    aws: PracticeAws, connect: Connect, sts: Client, hub: Role
) -> None:
    plain = aws.account.add_role("Plain", trusts=hub, takes_tags=False, takes_source_identity=False)
    tagged = sts.assume_role(**asked(hub, Tags=tags(Team="blue"), TransitiveTagKeys=["Team"]))
    named = sts.assume_role(**asked(hub, SourceIdentity="ann"))
    for first, action in ((tagged, "sts:TagSession"), (named, "sts:SetSourceIdentity")):
        client = connect(first["Credentials"])
        _, code, message = refusal_of(lambda: client.assume_role(**asked(plain)))  # noqa: B023
        assert (code, f"perform: {action} on resource: {plain.arn}" in message) == ("AccessDenied", True)
    assert connect(sts.assume_role(**asked(hub))["Credentials"]).assume_role(**asked(plain))["Credentials"]


def test_a_session_knows_who_assumed_what(
    aws: PracticeAws, connect: Connect, sts: Client, ann: User, hub: Role, spoke: Role
) -> None:
    phone = ann.add_device()
    with_mfa = sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code())
    assert issued(aws, with_mfa).chain == (ann.arn,)
    first = connect(with_mfa["Credentials"]).assume_role(**asked(hub))
    second = connect(first["Credentials"]).assume_role(**asked(spoke))
    hub_arn, spoke_arn = (answer["AssumedRoleUser"]["Arn"] for answer in (first, second))
    assert issued(aws, second).chain == (ann.arn, hub_arn, spoke_arn)
    assert issued(aws, sts.assume_role(**asked(hub))).chain == (ann.arn, hub_arn)
