from __future__ import annotations

from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.aws_values import arns
from aws_mfa.errors import BadInput

DEVICE = "arn:aws:iam::123456789012:mfa/ann"
ROLE = "arn:aws:iam::123456789012:role/Admin"


class Check(Protocol):
    def __call__(self, text: str, /, *, source: str) -> str: ...


def shown(refused: pytest.ExceptionInfo[BadInput]) -> str:
    return "\n".join((refused.value.message, *refused.value.hints))


@pytest.mark.parametrize(
    ("arn", "partition", "account"),
    [
        (DEVICE, "aws", "123456789012"),
        ("arn:aws-cn:iam::123456789012:mfa/ann", "aws-cn", "123456789012"),
        ("arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess", "aws-us-gov", None),
        *(("GAHT12345678", None, None), ("arn:aws:iam", None, None), ("", None, None)),
    ],
)
def test_partition_and_account_of_an_arn(arn: str, partition: str | None, account: str | None) -> None:
    assert (arns.partition_of(arn), arns.account_of(arn)) == (partition, account)


@pytest.mark.parametrize(
    "device",
    [
        *(DEVICE, "arn:aws-us-gov:iam::123456789012:mfa/ann", "arn:aws-iso-b:iam::123456789012:mfa/ann"),
        *(
            "arn:aws:iam::123456789012:mfa/team/ann@example.com",
            "arn:aws:iam::123456789012:mfa/root-account-mfa-device",
        ),
        *("GAHT12345678", "GEMALTO_00-12345"),
    ],
)
def test_devices_that_sts_accepts(device: str) -> None:
    assert arns.check_device(f" {device}\n", source="--device") == device


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ("arn:aws:iam::123456789012:user/team/ann", "likely: arn:aws:iam::123456789012:mfa/ann"),
        ("arn:aws:iam::123456789012:u2f/user/ann/KEY-1", "aws login"),
        ("arn:aws:sts::123456789012:assumed-role/Admin/ann", "not the ARN of an MFA device"),
        ("arn:aws:iam::12345:mfa/ann", "not a complete ARN"),
        ("arn:aws:iam::123456789012:mfa/", "not a complete ARN"),
        ("arn:aws:iam:us-east-1:123456789012:mfa/ann", "not a complete ARN"),
        ("arn:foo", "not the ARN of an MFA device"),
        ("123456789012:mfa/ann", "likely: arn:aws:iam::123456789012:mfa/ann"),
        ("arn:aws:iam::123456789012:mfa/ann # phone", "likely: arn:aws:iam::123456789012:mfa/ann"),
        ("arn:aws:iam::123456789012:mfa/ann#phone", "aws iam list-mfa-devices"),
        ("arn:aws:iam::123456789012:mfa/größe", "aws iam list-mfa-devices"),
        ("ann", "neither an ARN nor a hardware serial"),
        ("J\u00fcrgens Ger\u00e4t", "neither an ARN nor a hardware serial"),
        ("GAHT1234\u0665678", "neither an ARN nor a hardware serial"),
        ("arn:aws:iam::123456789012:mfa/a b", "neither an ARN nor a hardware serial"),
        ("arn:aws:iam::123456789012:mfa/" + "a" * 300, "neither an ARN nor a hardware serial"),
        ("", "neither an ARN nor a hardware serial"),
    ],
)
def test_what_is_not_a_device_is_named_with_its_source(device: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        arns.check_device(device, source="aws_mfa_device in [work-long-term]")
    assert says in shown(refused)
    assert "aws_mfa_device in [work-long-term]" in refused.value.message


def test_a_secret_key_given_for_the_device_is_not_quoted() -> None:
    secret = "abcd/EFGH+ijkl" * 2 + "0123456789AB"
    with pytest.raises(BadInput) as refused:
        arns.check_device(secret, source="--device")
    assert "secret access key" in refused.value.message
    assert secret not in shown(refused)


def test_an_endless_or_hostile_value_stays_on_one_short_line() -> None:
    with pytest.raises(BadInput) as refused:
        arns.check_device("\x1b[31m\n\u202e" + "x" * 5000, source="--device")
    assert refused.value.message.isprintable()
    assert len(refused.value.message) < 300


@pytest.mark.parametrize("role", [ROLE, "arn:aws-cn:iam::123456789012:role/path/to/Read+Only,=.@-_"])
def test_roles_that_sts_accepts(role: str) -> None:
    assert arns.check_role(f"{role} ", source="--assume-role") == role


@pytest.mark.parametrize(
    ("role", "says"),
    [
        ("arn:aws:sts::123456789012:assumed-role/Admin/ann", "likely: arn:aws:iam::123456789012:role/Admin"),
        ("arn:aws:iam::123456789012:user/ann", "type 'user'"),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "type 'policy'"),
        ("arn:aws:iam::123456789012:instance-profile/web", "type 'instance-profile'"),
        (DEVICE, "type 'mfa'"),
        ("arn:aws:s3:::bucket", "not the ARN of a role"),
        ("Admin", "arn:aws:iam::123456789012:role/Admin"),
        ("arn:aws:iam::1234:role/Admin", "not a complete ARN"),
        ("arn:aws:iam::123456789012:role/", "not a complete ARN"),
        ("arn:aws:iam::123456789012:role/A B", "not a complete ARN"),
        ("arn:aws:iam::123456789012:role/" + "a/" * 1100 + "b", "not a complete ARN"),
    ],
)
def test_what_is_not_a_role_is_explained(role: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        arns.check_role(role, source="MFA_ASSUME_ROLE")
    assert says in shown(refused)
    assert "MFA_ASSUME_ROLE" in refused.value.message


def test_role_and_device_of_two_partitions_are_refused() -> None:
    with pytest.raises(BadInput, match=r"--device.*aws,.*assume_role.*aws-cn"):
        arns.check_same_partition(
            DEVICE, ROLE.replace("aws", "aws-cn"), device_source="--device", role_source="assume_role"
        )
    arns.check_same_partition(DEVICE, ROLE, device_source="", role_source="")
    arns.check_same_partition("GAHT12345678", ROLE, device_source="", role_source="")


@pytest.mark.parametrize("name", ["ab", "ann@example.com", "a" * 64, "A_b=c,d.e-f+g"])
def test_session_names_that_sts_accepts(name: str) -> None:
    assert arns.check_session_name(name, source="--role-session-name") == name


@pytest.mark.parametrize("name", ["", "a", "a" * 65, "DOM\\ann", "a b", "\u00e4\u00f6\u00fc"])
def test_a_bad_session_name_is_refused_with_a_good_one_in_the_hint(name: str) -> None:
    with pytest.raises(BadInput) as refused:
        arns.check_session_name(name, source="--role-session-name")
    (hint,) = refused.value.hints
    proposed = hint.rpartition(" ")[2]
    assert arns.check_session_name(proposed, source="") == proposed


@pytest.mark.parametrize(
    ("user_name", "session_name"),
    [
        *(("ann", "ann"), ("DOM\\user", "DOM-user"), ("J\u00fcrgen", "J-rgen"), ("x" * 100, "x" * 64)),
        *(("a", "aws-mfa"), ("", "aws-mfa"), (None, "aws-mfa"), ("\u674e\u660e", "aws-mfa")),
    ],
)
def test_a_session_name_is_made_of_the_user_name(user_name: str | None, session_name: str) -> None:
    assert arns.sanitised_session_name(user_name) == session_name


@given(st.none() | st.text())
def test_every_user_name_gives_a_session_name_that_sts_accepts(user_name: str | None) -> None:
    name = arns.sanitised_session_name(user_name)
    assert arns.check_session_name(name, source="") == name


@pytest.mark.parametrize("external_id", ["ab", "a" * 1224, "id/with:all,of=them@+.-_"])
def test_external_ids_that_sts_accepts(external_id: str) -> None:
    assert arns.check_external_id(external_id, source="external_id") == external_id


@pytest.mark.parametrize("external_id", ["", "a", "a" * 1225, "with blank", "\u00e4\u00e4"])
def test_a_bad_external_id_is_refused_unquoted(external_id: str) -> None:
    with pytest.raises(BadInput, match="external id given by external_id") as refused:
        arns.check_external_id(external_id, source="external_id")
    if len(external_id) > 1:
        assert external_id not in shown(refused)


@pytest.mark.parametrize("check", [arns.check_device, arns.check_role, arns.check_session_name, arns.check_external_id])
@given(text=st.text(), before=st.sampled_from(["", "arn:", "arn:aws:iam::123456789012:"]))
def test_whatever_is_given_the_answer_is_the_text_or_a_bad_input(check: Check, text: str, before: str) -> None:
    value = before + text
    try:
        answer = check(value, source="here")
    except BadInput as refused:
        assert refused.message.isprintable()  # noqa: PT017  # the claim is about either outcome
    else:
        assert answer in (value, value.strip())
