"""What narrows role sessions: checked before a code is asked for, and never quoted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.aws_values.narrowing import Overlay
from aws_mfa.aws_values.policies import check_policy, check_policy_arns, check_policy_partitions
from aws_mfa.command_lines import quote
from aws_mfa.errors import BadInput

OF_AWS = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
OWN = "arn:aws-cn:iam::123456789012:policy/team/Small"
CANARY = "invented-canary"


def test_arns_of_managed_policies_are_taken_each_once() -> None:
    assert check_policy_arns([OF_AWS, OWN, OF_AWS]) == (OF_AWS, OWN)
    assert check_policy_arns([]) == ()


@pytest.mark.parametrize(
    "arn",
    [
        *("", "ReadOnlyAccess", "arn:aws:iam::aws:policy/", "arn:aws:iam::aws:policy/team/"),
        *("arn:aws:iam::123456789012:role/Admin", "arn:aws:s3::aws:policy/X", "arn:aws:iam::12345:policy/X"),
        *("arn:aws:iam:eu-west-1:aws:policy/X", f"{OF_AWS} ", f"{OF_AWS}\n", f"{OF_AWS}é", "arn:foo:iam::aws:policy/X"),
        OF_AWS + "x" * 2048,
    ],
)
def test_what_is_no_managed_policy_is_refused_with_the_form(arn: str) -> None:
    with pytest.raises(BadInput, match="is not the ARN of a managed policy") as refused:
        check_policy_arns([OF_AWS, arn])
    assert "arn:aws:iam::aws:policy/NAME" in refused.value.hints[0]
    assert "\n" not in refused.value.message


def test_aws_takes_ten_policies_read_only_one_of_them() -> None:
    ten = [f"{OF_AWS}{number}" for number in range(10)]
    assert len(check_policy_arns(ten)) == 10
    assert len(check_policy_arns(ten[:9], read_only=True)) == 9
    with pytest.raises(BadInput, match=r"^11 policy ARNs are given: AWS accepts 10 at most$"):
        check_policy_arns([*ten, OWN])
    with pytest.raises(BadInput, match=r"^11 policy ARNs, ReadOnlyAccess one of them, are given"):
        check_policy_arns(ten, read_only=True)


def test_a_policy_is_put_on_one_line() -> None:
    text = '\ufeff{\r\n  "Version": "2012-10-17",\n  "Statement": []\n}\n'
    assert check_policy(text, "p.json") == '{"Version":"2012-10-17","Statement":[]}'


@given(st.dictionaries(st.text(max_size=5), st.lists(st.text(max_size=5), max_size=3), max_size=4))
def test_a_policy_means_the_same_on_one_line(policy: dict[str, list[str]]) -> None:
    line = check_policy(json.dumps(policy, indent=2), "p.json")
    assert json.loads(line) == policy
    assert line.isascii()
    assert line.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        *("", CANARY, f'{{"Statement": "{CANARY}"', f'{{"{CANARY}": 1, "{CANARY}": 2}}', "[" * 100_000),
        *(f'["{CANARY}"]', f'"{CANARY}"', "null", "NaN"),
    ],
)
def test_what_is_no_policy_is_refused_and_not_quoted(text: str) -> None:
    """A duplicate key too: parsers differ in which value they use."""
    with pytest.raises(BadInput, match=r"^the policy in my p\.json is ") as refused:
        check_policy(text, "my p.json")
    assert CANARY not in str(refused.value) + "".join(refused.value.hints)
    assert refused.value.__cause__ is None


def test_the_hint_can_be_pasted() -> None:
    with pytest.raises(BadInput) as refused:
        check_policy("", "my p.json")
    assert refused.value.hints == (f"look at it: python -m json.tool {quote('my p.json')}",)


def test_a_policy_has_2048_characters_at_most() -> None:
    left = 2048 - len('{"a":""}')
    assert len(check_policy(json.dumps({"a": "x" * left}), "p.json")) == 2048
    with pytest.raises(BadInput, match=r"^the policy in p\.json has 2049 characters: AWS accepts 2048 at most$"):
        check_policy(json.dumps({"a": "x" * (left + 1)}), "p.json")


def test_a_policy_of_another_partition_than_the_roles_is_refused_and_that_of_its_own_is_named() -> None:
    role = "arn:aws-us-gov:iam::123456789012:role/x"
    read_only = Overlay(read_only=True).arns("aws-us-gov")
    check_policy_partitions(read_only, role)
    with pytest.raises(BadInput, match="is in partition aws-us-gov, where AWS does not know that policy") as refused:
        check_policy_partitions([*read_only, "arn:aws:iam::aws:policy/job/X"], role)
    (hint,) = refused.value.hints
    assert hint.endswith("--policy-arn arn:aws-us-gov:iam::aws:policy/job/X")


def test_read_only_is_awss_own_policy_of_the_partition() -> None:
    read_only = Overlay(read_only=True)
    assert read_only.arns("aws-us-gov") == ("arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess",)
    assert check_policy_arns([*read_only.arns("aws")]) == read_only.arns("aws")
