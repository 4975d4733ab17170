"""Marketing imports an export as it is: its headers are recognised, nothing is thrown away."""

from __future__ import annotations

import pytest

from domain.lead_files.columns import recognise
from domain.lead_files.encoding import LeadFileError

HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Company Name,Job Title,"
    "Country/Region,Time Zone,Preferred language,Original Traffic Source,Lifecycle Stage"
)
HUBSPOT_KOREAN = (
    "레코드 ID,이름,성,이메일,전화번호,휴대폰 번호,회사 이름,직책,"
    "국가/지역,시간대,기본 언어,소스,라이프사이클 단계"
)
SALESFORCE = (
    "Lead ID,First Name,Last Name,Email Address,Phone,Mobile,Company / Account,Title,"
    "Country,Time Zone,Language,Lead Source,Rating"
)
SALESFORCE_KOREAN = (
    "리드 ID,이름,성,이메일 주소,전화,휴대폰,회사/계정,직함,국가,표준 시간대,언어,리드 소스,등급"
)


@pytest.mark.parametrize("header", [HUBSPOT, HUBSPOT_KOREAN, SALESFORCE, SALESFORCE_KOREAN])
def test_headers_of_crm_exports_are_recognised(header: str) -> None:
    columns = recognise(header.split(","))
    assert columns.fields == {
        "first_name": (1,),
        "last_name": (2,),
        "email": (3,),
        "phone": (4, 5),
        "company": (6,),
        "title": (7,),
        "country": (8,),
        "time_zone": (9,),
        "language": (10,),
        "source": (11,),
    }
    assert [index for _, index in columns.attributes] == [0, 12]


def test_unknown_columns_become_attributes_with_keys_a_condition_can_use() -> None:
    columns = recognise(
        ["email", "Annual Revenue ($)", "업종 구분", "", "annual revenue", "2nd-Note"]
    )
    assert columns.attributes == (
        ("annual_revenue", 1),
        ("업종_구분", 2),
        ("column_4", 3),
        ("annual_revenue_2", 4),
        ("2nd_note", 5),
    )


@pytest.mark.parametrize(
    "header",
    [
        "Unsubscribed",
        "Opted out",
        "Opt-Out",
        "Do not email",
        "Email Opt Out",
        "HasOptedOutOfEmail",
        "Unsubscribed from all email",
        "Opted out of email: Marketing Information",
        "UNSUB_TIME",
        "이메일 수신 거부",
        "수신거부",
        "已退订",
    ],
)
def test_a_column_of_people_who_asked_for_no_mail_is_recognised(header: str) -> None:
    """As an attribute it would be kept, and everybody in it mailed."""
    assert recognise(["Email", header]).fields["unsubscribed"] == (1,)
    said = recognise(["Email", header, "No thanks"], {"No thanks": "unsubscribed"})
    assert {*said.fields["unsubscribed"]} == {1, 2}


def test_a_name_column_alone_holds_the_whole_name() -> None:
    assert recognise(["이름", "이메일"]).fields == {"full_name": (0,), "email": (1,)}
    assert recognise(["First Name", "Email"]).fields == {"first_name": (0,), "email": (1,)}


def test_a_mapping_overrides_what_was_recognised() -> None:
    columns = recognise(["Email", "Partner mail", "a=b"], {"partner MAIL": "email", "a=b": "title"})
    assert columns.fields == {"email": (1,), "title": (2,)}
    assert columns.attributes == (("email", 0),)


def test_a_source_said_for_the_whole_file_keeps_the_column_as_attribute() -> None:
    columns = recognise(["Email", "Lead Source"], source_given=True)
    assert columns.attributes == (("lead_source", 1),)


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({}, "no e-mail column. Its columns are “Nom”, “Tél”; map the one"),
        ({"Mail": "email"}, "the column “Mail”.*“Nom”, “Tél”"),
        ({"Nom": "surname"}, "the field “surname”.*email, first_name, last_name"),
    ],
)
def test_what_is_missing_is_said_with_what_there_is(mapping: dict[str, str], sentence: str) -> None:
    with pytest.raises(LeadFileError, match=sentence):
        recognise(["Nom", "Tél"], mapping)


def test_a_file_without_a_header_is_told_to_have_one_instead_of_losing_its_first_lead() -> None:
    with pytest.raises(LeadFileError, match="first row must name the columns"):
        recognise(["dana@acme.example", "Dana"])


def test_a_mended_rejects_file_comes_in_without_its_own_columns() -> None:
    header = ["rejected_row", "rejected_line", "rejected_reason", "Email", "City"]
    assert recognise(header).attributes == (("city", 4),)
