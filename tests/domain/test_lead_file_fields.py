"""Values as people type them become what the journeys need: addresses, countries, time zones."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from domain.contacts.countries import country_code, language_code
from domain.contacts.person_names import split_name
from domain.lead_files.columns import recognise
from domain.lead_files.row import (
    BAD_EMAIL,
    NO_EMAIL,
    NOT_YES_OR_NO,
    TOO_LONG,
    LeadRow,
    RejectedRowError,
    RowReader,
    checked_email,
)
from domain.time.time_zones import time_zone_name


def lead(**values: str) -> LeadRow:
    header = {"email": "dana@acme.example", **values}
    return RowReader(recognise(list(header))).read(list(header.values()))


LOCAL = st.text("abcXYZ019._+-!#'\" é한@", min_size=1, max_size=70)
DOMAIN = st.one_of(
    st.text("abcXYZ019.-_é한", min_size=1, max_size=20),
    st.from_regex(
        r"[a-zA-Z0-9-]{1,64}\.(example|com|kr|local|test|c0m|xn--3e0b707e)", fullmatch=True
    ),
)


@given(LOCAL, DOMAIN)
@example("Info", "Acme.Example")
@example("a" * 242, "acme.example")
@example("a" * 241, "acme.example")
@example("a", "xn--bcher-kva.example")
@example("a" * 200, "bücher" * 8 + ".example")
@example("a", "[127.0.0.1]")
def test_the_quick_check_of_addresses_is_as_strict_as_email_validator(
    local: str, domain: str
) -> None:
    address = f"{local}@{domain}"
    try:
        expected = validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        with pytest.raises(RejectedRowError):
            checked_email(address)
    else:
        assert checked_email(address) == expected


@pytest.mark.parametrize(
    "cell",
    [
        *("Yes", "TRUE", "1", "unsubscribed", "Opted out", "cleaned", "2024-05-01 09:30:00"),
        *("5/1/24", "예", "수신 거부", "是"),
    ],
)
def test_who_unsubscribed_is_known_however_the_export_says_it(cell: str) -> None:
    """A yes that is not understood is a mail to somebody who asked for none."""
    assert lead(Unsubscribed=cell).unsubscribed


def test_one_yes_of_several_columns_is_enough_and_an_unclear_word_is_refused() -> None:
    """An export has a column for each list; a no in the first must not hide a yes in the next."""
    assert lead(**{"Opted out": "no", "Do not email": "yes"}).unsubscribed
    for cell in ("", "No", "false", "0", "Subscribed", "아니오", "否"):
        assert not lead(Unsubscribed=cell).unsubscribed
    with pytest.raises(
        RejectedRowError, match=r"“maybe” under “Unsubscribed” does not say .* write yes or no"
    ) as refused:
        lead(Unsubscribed="maybe")
    assert refused.value.kind == NOT_YES_OR_NO


def test_addresses_that_differ_in_case_only_are_one_lead() -> None:
    assert lead(email=" Dana.Kim@ACME.example ").email_key == "dana.kim@acme.example"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"email": "  "}, NO_EMAIL),
        ({"email": "dana(at)acme.example"}, BAD_EMAIL),
        ({"email": "dana@acme"}, BAD_EMAIL),
        ({"email": "dana@acme.example, kim@acme.example"}, BAD_EMAIL),
        ({"first name": "x" * 201}, TOO_LONG),
        ({"anything": "x" * 40_000}, TOO_LONG),
        ({"consent": "yes; " + "x" * 300}, TOO_LONG),
        ({"unsubscribed": "no; " + "x" * 300}, TOO_LONG),
    ],
)
def test_a_row_that_cannot_be_a_lead_is_rejected_with_a_sentence(
    values: dict[str, str], kind: str
) -> None:
    with pytest.raises(RejectedRowError) as rejected:
        lead(**values)
    assert rejected.value.kind == kind
    assert str(rejected.value).endswith(".")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("South Korea", "KR"), ("대한민국", "KR"), ("Korea, Republic of", "KR"), ("KOR", "KR")),
        *(("united states", "US"), ("U.S.A.", "US"), ("미국", "US"), ("us", "US"), ("UK", "GB")),
        *(("Deutschland", "DE"), ("中国", "CN"), ("Türkiye", "TR"), ("Viet Nam", "VN")),
        *(("FJ", "FJ"), ("Atlantis", ""), ("", ""), ("ZZ", "")),
    ],
)
def test_countries_are_understood_by_name_and_code(written: str, code: str) -> None:
    assert country_code(written) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [("ko-KR", "ko"), ("Korean", "ko"), ("English (US)", "en"), ("en_US", "en"), ("한국어", "ko"),
     ("zh-Hans-CN", "zh"), ("gibberish", ""), ("", "")],
)  # fmt: skip
def test_languages_are_understood_by_name_and_tag(written: str, code: str) -> None:
    assert language_code(written) == code


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Asia/Seoul", "Asia/Seoul"),
        ("asia/seoul", "Asia/Seoul"),
        ("america_slash_new_york", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("(GMT+09:00) Korean Standard Time (Asia/Seoul)", "Asia/Seoul"),
        ("(GMT-08:00) Pacific Time", "America/Los_Angeles"),
        ("KST", "Asia/Seoul"),
        ("UTC+9", "Etc/GMT-9"),
        ("GMT-05:00", "Etc/GMT+5"),
        ("UTC", "UTC"),
        ("+99", ""),
        ("../../etc/passwd", ""),
        ("somewhere", ""),
        ("", ""),
    ],
)
def test_time_zones_are_understood_as_exports_write_them(written: str, name: str) -> None:
    assert time_zone_name(written) == name


@pytest.mark.parametrize(
    ("country", "phone", "read", "region", "zone"),
    [
        ("한국", "010-1234-5678", "+821012345678", "KR", "Asia/Seoul"),
        ("", "+82 10-1234-5678", "+821012345678", "KR", "Asia/Seoul"),
        ("US", "(415) 555-2671", "+14155552671", "US", "America/Los_Angeles"),
        ("US", "+82 10-1234-5678", "+821012345678", "US", "America/New_York"),
        ("US", "", "", "US", "America/New_York"),
        ("", "call my desk", "", "", ""),
        ("Germany", "'+49 30 901820", "+4930901820", "DE", "Europe/Berlin"),
    ],
)
def test_phone_and_country_help_each_other(
    country: str, phone: str, read: str, region: str, zone: str
) -> None:
    found = lead(country=country, phone=phone)
    assert (found.phone, found.country, found.time_zone_guess) == (read, region, zone)


def test_a_country_nobody_knows_is_kept_as_written() -> None:
    found = lead(country="Atlantis")
    assert (found.country, found.attributes) == ("", {"country": "Atlantis"})


def test_the_language_follows_from_the_country_but_never_as_if_it_were_said() -> None:
    found = lead(country="KR")
    assert (found.language, found.language_guess) == ("", "ko")


@pytest.mark.parametrize(
    ("whole", "first", "last"),
    [
        ("김민수", "민수", "김"),
        ("남궁민", "민", "남궁"),
        ("남궁", "궁", "남"),
        ("김 민수", "민수", "김"),
        ("王芳", "芳", "王"),
        ("欧阳娜娜", "娜娜", "欧阳"),
        ("山田 太郎", "太郎", "山田"),
        ("Dana Lee Miller", "Dana Lee", "Miller"),
        ("Miller, Dana", "Dana", "Miller"),
        ("Cher", "Cher", ""),
        ("Mr. Smith", "", "Smith"),
        ("Herr Dr. med. Hans Müller", "Hans", "Müller"),
        ("Ada King-Lovelace, PhD", "Ada", "King-Lovelace"),
        ("Smith, John, MD", "John", "Smith"),
        ("Tan, Dr. Wei", "Wei", "Tan"),
        ("Ada Lovelace (she/her)", "Ada", "Lovelace"),
        ("Md Rahman", "Md", "Rahman"),
        ("Do Thi", "Do", "Thi"),
        ("김민수 팀장님", "민수", "김"),
        ("김민수씨", "민수", "김"),
        ("王先生", "", "王"),
        ("王小明 经理", "小明", "王"),
        ("山田 太郎 様", "太郎", "山田"),
        ("山田さん", "山田", ""),
        ("Dr.", "", ""),
        ("Mr. and Mrs. John Smith", "John", "Smith"),
        ("Mr & Mrs Smith", "", "Smith"),
        ("Michael Herr", "Michael", "Herr"),
        ("Herr, Michael", "Michael", "Herr"),
        ("Jyoti Pani", "Jyoti", "Pani"),
        ("Chidi Mba", "Chidi", "Mba"),
        ("RAHMAN MD", "RAHMAN", "MD"),
        ("김해님", "해님", "김"),
        ("김 민수님", "민수", "김"),
        ("이귀하", "귀하", "이"),
        ("李金殿", "金殿", "李"),
    ],
)
def test_whole_names_are_split_as_their_script_orders_them(
    whole: str, first: str, last: str
) -> None:
    assert split_name(whole) == (first, last)


def test_nobody_is_greeted_by_a_title() -> None:
    """ "Hi Frau," is worse than a greeting without a name; what stood there is kept."""
    found = lead(**{"First name": "Frau", "Last name": "Dr. Weiß (CEO)"})
    assert (found.first_name, found.last_name) == ("", "Weiß")
    assert found.attributes == {"name_as_written": "Frau Dr. Weiß (CEO)"}
    assert lead(**{"First name": "Ada", "Last name": "King"}).attributes == {}
    assert lead(**{"First name": "Ada", "Last name": "Herr"}).last_name == "Herr"


@pytest.mark.parametrize("written", ["US/Canada", "UK / Ireland", "DE; Austria", "Korea & Japan"])
def test_one_of_two_countries_is_not_guessed(written: str) -> None:
    """The law and the time of day of the wrong one would hold."""
    found = lead(country=written)
    assert (found.country, found.time_zone_guess) == ("", "")
    assert found.attributes == {"country": written}


def test_signs_say_something() -> None:
    """An opt-out that is ticked with a sign is one, and four stars are a rating."""
    for ticked in ("✓", "✔", "☑", "✅", "●"):
        assert lead(**{"Has Opted Out Of Email": ticked}).unsubscribed, ticked
    for empty in ("☐", "□", "-", "—", "..", ""):
        assert not lead(**{"Has Opted Out Of Email": empty}).unsubscribed, empty
    with pytest.raises(RejectedRowError, match="does not say whether"):
        lead(**{"Has Opted Out Of Email": "👍"})
    assert lead(Rating="★★★★", VIP="✓").attributes == {"rating": "★★★★", "vip": "✓"}


def test_several_addresses_in_a_cell_are_handed_back() -> None:
    """Which of them is the person's, and whom an opt-out stops, nobody can see."""
    with pytest.raises(RejectedRowError, match="several addresses"):
        RowReader(recognise(["email"])).read(["ada@x.example; bob@x.example"])


def test_the_second_phone_column_fills_in_for_an_empty_first() -> None:
    reader = RowReader(recognise(["email", "Mobile", "Phone Number"]))
    assert reader.read(["a@b.example", "+82 10-1234-5678", " "]).phone == "+821012345678"
    assert reader.read(["a@b.example", "+82 10-1234-5678", "+82 2-312-3456"]).phone == "+8223123456"
