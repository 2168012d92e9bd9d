from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_mfa.errors import BadInput, BrokenFile
from aws_mfa.key_care.formats import keys_in_document, keys_in_sections

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CSV = f"Access key ID,Secret access key\n{ID},{SECRET}\n"
USER_CSV = (
    "User name,Password,Access key ID,Secret access key,Console login link\n"
    f'ann,"p,w""d",{ID},{SECRET},https://123456789012.signin.aws.amazon.com/console\n'
)
INNER = {
    "UserName": "ann",
    "AccessKeyId": ID,
    "Status": "Active",
    "SecretAccessKey": SECRET,
    "CreateDate": "2026-11-22",
}
JSON = json.dumps({"AccessKey": INNER}, indent=4)
FILE = f"# mine\n[work]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\nmfa_serial = GAHT12345678\n"


DATE = "2026-01-01T00:00:00+00:00"
TEXT = f"{ID}\t{DATE}\t{SECRET}\tActive\tann\n"
ROWS = {"AccessKeyId": ID, "CreateDate": DATE, "SecretAccessKey": SECRET, "Status": "Active", "UserName": "ann"}
TABLE = (
    "-" * 67
    + f"\n|{'CreateAccessKey':^65}|\n+{'-' * 65}+\n||{'AccessKey':^63}||\n|+{'-' * 18}+{'-' * 44}+|\n"
    + "".join(f"||  {name:<16}|  {value:<42}||\n" for name, value in ROWS.items())
)
ONE_PAIR = {
    "csv": CSV,
    "csv with user": USER_CSV,
    "csv of a spreadsheet": CSV.replace(",", ";"),
    "csv of Excel": "sep=;\n" + CSV.replace(",", ";"),
    "csv with tabs": USER_CSV.replace(",", "\t"),
    "csv in another order": f"SECRET ACCESS KEY, Access Key Id\n{SECRET}, {ID}",
    "csv in one word": f"AccessKeyId,SecretAccessKey\n{ID},{SECRET}\n",
    "rootkey.csv": f"AWSAccessKeyId={ID}\nAWSSecretKey={SECRET}\n",
    "json": JSON,
    "json of --query AccessKey": json.dumps(INNER),
    "text": f"ACCESSKEY\t{TEXT}",
    "text of --query AccessKey": TEXT,
    "text of two fields": f"{ID}\t{SECRET}\n",
    "text that was pasted": f"ACCESSKEY  {ID}   {DATE}    {SECRET}    Active   ann\n",
    "table": TABLE,
    "table of --query AccessKey": TABLE.replace("||", "|"),
    "yaml": "AccessKey:\n" + "".join(f"  {name}: {value}\n" for name, value in ROWS.items()),
    "yaml-stream": "- AccessKey:\n" + "".join(f"    {name}: '{value}'\n" for name, value in ROWS.items()),
    "lines of a shell": f"export AWS_ACCESS_KEY_ID={ID}\nexport AWS_SECRET_ACCESS_KEY='{SECRET}'\n",
    "lines of PowerShell": f'$Env:AWS_ACCESS_KEY_ID="{ID}"\n$Env:AWS_SECRET_ACCESS_KEY="{SECRET}"\n',
    "file without a section": f"aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n",
}


@pytest.mark.parametrize("text", [*ONE_PAIR.values(), FILE], ids=[*ONE_PAIR, "file"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["", "bom"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_each_kind_is_recognised_by_its_content(text: str, bom: str, newline: str) -> None:
    (found,) = keys_in_document(bom + text.replace("\n", newline), where="FILE")
    assert found.keys.access_key_id == ID
    assert found.keys.secret_access_key.reveal() == SECRET
    assert (found.trouble, found.section) == (None, "work" if "[work]" in text else None)


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        *((kind, "") for kind in ONE_PAIR if kind not in ("csv with user", "csv with tabs")),
        *(("lines of a shell", line) for line in ("DB_PASSWORD=s3\n", "# AKIAOLD s3\n", "export TOKEN=s3\n")),
        *((kind, "other: s3\n") for kind in ("text", "text of two fields", "rootkey.csv", "yaml", "table")),
    ],
)
def test_a_document_is_alone_only_if_every_line_belongs_to_the_keys(kind: str, other: str) -> None:
    (found,) = keys_in_document(f"{ONE_PAIR[kind]}{other}\n", where="FILE")
    assert found.is_alone == (not other)


@pytest.mark.parametrize("document", [{"AccessKey": INNER, "smtp": "s3"}, {"AccessKey": {**INNER, "x": "s3"}}])
def test_json_with_another_value_holds_more_than_the_keys(document: dict[str, object]) -> None:
    assert [found.is_alone for found in keys_in_document(json.dumps(document), where="FILE")] == [False]


@pytest.mark.parametrize("kind", ["json", "text", "text of --query AccessKey", "table", "yaml"])
def test_an_inactive_key_is_marked(kind: str) -> None:
    text = ONE_PAIR[kind]
    assert keys_in_document(text.replace("Active", "Inactive"), where="FILE")[0].is_inactive
    assert not keys_in_document(text, where="FILE")[0].is_inactive


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "FILE, line 1: "),
        (f"{ID}\n{SECRET}\n", "FILE, line 1: "),
        (f"{ID},{SECRET}\n", "FILE, line 1: no columns"),
        (f"User name,Access key ID\nann,{ID}\n", "FILE, line 1: no columns"),
        ("Access key ID,Secret access key\n\n", "FILE, line 1: no keys follow"),
        (f"{CSV}{ID},{SECRET}\n", "FILE, line 3: the keys of a second user"),
        (f"Access key ID,Secret access key\n{ID}\n", "FILE, line 2: it has fewer columns"),
        (f"Access key ID,Secret access key\nASIA{ID},{SECRET}\n", "FILE, line 2: an access key id that begins"),
        (f'Access key ID,Secret access key\n{ID},"{SECRET}', "FILE, line 2: this is not CSV"),
        (f"Access key ID,Secret access key\n{ID},\n", "FILE, line 2: the secret access key holds"),
        (f'{{"AccessKey":\n {{"AccessKeyId": {ID} {SECRET}', "FILE, line 2: this is not JSON"),
        ("{" * 100_000, "FILE, line 1: this is not JSON"),
        (f"AWSAccessKeyId={ID}\n", "FILE: the secret access key holds"),
        (f"AWSAccessKeyId={ID}\nAWSSecretKey={SECRET}\nAWSAccessKeyId={ID}\n", "FILE: two lines"),
        (
            f"export AWS_ACCESS_KEY_ID={ID}\nexport AWS_SECRET_ACCESS_KEY={SECRET}\nexport AWS_SESSION_TOKEN=t\n",
            "FILE: this",
        ),
        (f"ACCESSKEYMETADATA\t{ID}\t{DATE}\tActive\tann\n", "FILE, line 1: "),
        (f"ACCESSKEY\tASIA{ID}\t{DATE}\t{SECRET}\tActive\tann\n", "FILE, line 1: "),
        ('{"AccessKey": "' + ID + '"}', "FILE, line 1: AccessKey is not an object"),
        ('{"AccessKey": {"AccessKeyId": "' + ID + '"}}', "FILE, line 1: no AccessKeyId or no SecretAccessKey"),
        ('{"Credentials": {"AccessKeyId": "' + ID + '"}}', "FILE, line 1: this is a session"),
        (f"[work]\naws_access_key_id = {ID}\n{SECRET}\n", "FILE, line 3: neither a comment"),
    ],
)
def test_a_bad_document_is_named_with_its_line_and_never_quoted(text: str, place: str) -> None:
    with pytest.raises(BadInput) as failed:
        keys_in_document(text, where="FILE")
    assert failed.value.message.startswith(place)
    shown = " ".join((failed.value.message, *failed.value.hints))
    assert ID not in shown
    assert SECRET not in shown
    assert failed.value.__cause__ is None


@given(st.text(alphabet=st.sampled_from("{}[]\",:=\n\r #;abc\ufeff\0'")))
def test_no_text_at_all_raises_anything_but_bad_input(text: str) -> None:
    with contextlib.suppress(BadInput):
        assert keys_in_document(text, where="FILE") == []


def test_sessions_and_halves_in_a_file_are_not_long_term_keys() -> None:
    text = (
        "[session]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\naws_session_token = t\n"
        f"[half]\naws_access_key_id = {ID}\n[device]\naws_mfa_device = d\n"
    )
    assert keys_in_sections(text, where="FILE") == []


def test_permanent_keys_beside_a_token_that_was_left_over_are_found() -> None:
    (found,) = keys_in_sections(f"{FILE}aws_session_token = old\n", where="FILE")
    assert (found.section, found.device) == ("work", "GAHT12345678")
    # The classic device comes before AWS's own.
    (found,) = keys_in_sections(f"{FILE}aws_mfa_device = GAHT87654321\n", where="FILE")
    assert found.device == "GAHT87654321"


def test_a_value_that_is_not_a_key_is_named_with_its_line_and_others_are_found() -> None:
    text = f"[a]\naws_access_key_id = <your key id>\naws_secret_access_key = x\n\n{FILE}"
    first, second = keys_in_sections(text, where="FILE")
    assert (first.trouble or "").startswith("line 2: ")
    assert second.trouble is None


def test_a_secret_of_two_lines_is_not_a_key() -> None:
    (found,) = keys_in_sections(f"[a]\naws_access_key_id = {ID}\naws_secret_access_key = x\n  y\n", where="FILE")
    assert (found.trouble or "").startswith("line 3: ")


def test_a_file_that_sdks_refuse_is_refused() -> None:
    with pytest.raises(BrokenFile):
        keys_in_sections(FILE + FILE, where="FILE")


def test_keys_that_are_being_rotated_are_marked() -> None:
    keys = (
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    )
    beside = (
        "next_access_key_id = AKIAI44QH8DHBEXAMPLE\nnext_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY\n"
    )
    (found,) = keys_in_sections(f"[work]\n{keys}{beside}", where="file")
    assert found.keys.access_key_id == "AKIAIOSFODNN7EXAMPLE"
    assert (found.is_rotating, found.trouble) == (True, None)
