"""Values as spreadsheets and people make them are read as they were meant, or not at all."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from domain.contacts.addresses import addresses_in, bare_address
from domain.contacts.companies import company_domain, company_key, company_name
from domain.contacts.dates import Order, possible_orders, read_day
from domain.contacts.phones import Phone, read_phone, zone_of_phone
from domain.contacts.texts import kept, plain, said
from domain.email.addresses import address_key

DAY = date(2027, 6, 30)


@pytest.mark.parametrize(
    "filler",
    [
        *("N/A", "n/a", "NA", "#N/A", "n.a.", "-", "--", "—", ".", "...", "null", "NULL", "nil"),
        *("undefined", "NaN", "nan", "#REF!", "#DIV/0!", "#ERROR!", "#VALUE!", "#NAME?", "(null)"),
        *(
            "[not provided]",
            "[Not Provided]",
            "not set",
            "<null>",
            "?",
            "_",
            "  ",
            "\u200b",
            "&nbsp;",
        ),
    ],
)
def test_what_programs_write_for_nothing_is_nothing(filler: str) -> None:
    """Otherwise people are greeted with "Hi null", and N/A is the largest of all accounts."""
    assert (said(filler), kept(filler)) == ("", "")


@pytest.mark.parametrize(
    "word",
    ["Unknown", "none", "None", "TBD", "없음", "미상", "不明", "なし", "无", "unbekannt",
     "keine Angabe",
     "inconnu", "desconocido", "sconosciuto", "неизвестно", "brak"],
)  # fmt: skip
def test_what_people_write_for_nothing_is_no_name_but_may_be_an_answer(word: str) -> None:
    """ "Current supplier: none" is worth knowing; "Hi none" is not worth sending."""
    assert (said(word), kept(word)) == ("", word)


def test_names_that_look_like_nothing_stay_names() -> None:
    """Na and Nan are people; so is whoever is called Knull."""
    for name in ("Na", "Nan", "Nil", "Knull", "Nadia", "X", "None Such Ltd", "O"):
        assert said(name) == name


def test_text_is_composed_and_its_entities_are_read() -> None:
    """Hi D&#039;Arcy, and two accounts for one R&D GmbH."""
    assert plain("D&#039;Arcy &amp;  Sons") == "D'Arcy & Sons"
    assert plain(unicodedata.normalize("NFD", "Müller\u00a0김민수")) == "Müller 김민수"
    assert plain("R&D; A&B") == "R&D; A&B"
    assert kept("first line\nsecond &lt;b&gt;") == "first line\nsecond <b>"


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        *(("1012345678.0", "KR", "+821012345678"), ("15123456789.0", "DE", "+4915123456789")),
        *(("821012345678.0", "KR", "+821012345678"), ("8.21012345678E+11", "KR", "+821012345678")),
        *(("8,21012345678E+11", "KR", "+821012345678"), ("8.21012E+11", "KR", "")),
        *(("491701234567", "DE", "+491701234567"), ("4.91701234567E+11", "DE", "+491701234567")),
        *(("3912345678", "IT", "+393912345678"), ("436641234567", "AT", "+436641234567")),
        *(("8.21E+11", "", ""), ("#ERROR!", "KR", ""), ("call my desk", "", ""), ("0", "DE", "")),
        *(("'+49 30 901820", "", "+4930901820"), ('="+4930901820"', "", "+4930901820")),
        *(("tel:+49 30 901820", "", "+4930901820"), ("0049 30 901820", "", "+4930901820")),
        *(("p:+4930901820", "", "+4930901820"), ("+49 (0)30 901820", "", "+4930901820")),
        *(("+４９ ３０ ９０１８２０", "", "+4930901820"), ("030/901820", "DE", "+4930901820")),
        *(("+82 10-1234-5678 ext. 12", "", "+821012345678"), ("01012345678", "", "")),
        *(("7701234567", "KZ", "+77701234567"), ("14155552671", "CA", "+14155552671")),
        *(("(415) 555-2671", "US", "+14155552671"), ("123", "US", ""), ("", "US", "")),
    ],
)  # fmt: skip
def test_a_phone_number_is_read_or_is_none(written: str, country: str, number: str) -> None:
    """A float read digit by digit rings at somebody else's."""
    assert read_phone(written, country).number == number


def test_of_several_numbers_in_a_cell_none_is_lost() -> None:
    """For an SDR the mobile number is the better one."""
    assert read_phone("+49 30 901820; +49 151 23456789") == Phone(
        "+4930901820", "DE", ("+49 151 23456789",)
    )
    several = read_phone("+1 415 555 2671 or +1 212 555 0100")
    assert zone_of_phone(several) == "America/Los_Angeles"
    assert read_phone("+49 30 901820 ext 7").others == ("+49 30 901820 ext 7",)


NFD_MULLER = unicodedata.normalize("NFD", "Müller GmbH")
SAME = (
    ("Acme", "ACME, Inc.", "Acme Inc", "acme inc.", "ＡＣＭＥ", "Acme, Incorporated", "Acme  LLC"),
    ("Müller", "Müller GmbH", "MÜLLER GmbH & Co. KG", "Müller AG", NFD_MULLER),
    ("삼성전자", "㈜삼성전자", "(주)삼성전자", "주식회사 삼성전자", "（주）삼성전자"),
    ("삼성", "삼성(주)", "삼성 주식회사"),
    ("山田商事", "株式会社山田商事", "山田商事株式会社", "㍿山田商事", "山田商事（株）"),
    ("华为技术", "华为技术有限公司", "华为技术股份有限公司"),
    ("R&D", "R&D GmbH", "R & D GmbH"),
    ("Żabka", "Żabka Sp. z o.o.", "Żabka sp. z o. o."),
    ("Škoda", "Škoda a.s.", "Škoda, a. s."),
    ("Grupo Sur", "Grupo Sur, S.A. de C.V.", "Grupo Sur SA de CV"),
    ("Dupont", "Dupont S.A.R.L.", "Dupont SARL", "DUPONT SAS"),
    ("Ромашка", 'ООО "Ромашка"', "ООО Ромашка"),
    ("Tata", "Tata Pvt. Ltd.", "Tata Private Limited"),
)  # fmt: skip


def test_one_company_has_one_key_however_it_is_written() -> None:
    """A second account for one company has another rep, and a hold of one holds not the other."""
    keys = [{company_key(name) for name in names} for names in SAME]
    assert [sorted(found) for found in keys if len(found) > 1] == []
    assert len({found.pop() for found in keys}) == len(SAME)


def test_different_companies_keep_different_keys() -> None:
    """Who is merged into another company is written to by that company's plays."""
    names = (
        "Acme",
        "Acme Group",
        "Acme Holding",
        "Co",
        "Ag",
        "Inc",
        "Nestlé Waters",
        "A.B. Co",
        "C&A",
        "CA",
    )
    assert len({company_key(name) for name in names}) == len(names)
    assert company_key("GmbH") == "gmbh"


@pytest.mark.parametrize(
    "name",
    ["N/A", "-", ".", "null", "Unknown", "[not provided]", "Self-employed", "self employed",
     "Freelance",
     "Freelancer", "개인", "프리랜서", "무직", "个人", "自由职业", "フリーランス",
     "Selbständig", "freiberuflich",
     "Indépendant", "Autónomo", "Частное лицо", "Zelfstandig", "None", "a@b.example", "#N/A",
     "없음"],
)  # fmt: skip
def test_people_without_a_company_share_none(name: str) -> None:
    """One account for all freelancers gives a lead in Berlin to the Korean team."""
    assert company_name(name) == ""


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        *(("https://www.acme.example/path?x=1", "acme.example"), ("acme.example", "acme.example")),
        *(("WWW.Acme.Example", "acme.example"), ("http://acme.example:8080", "acme.example")),
        *(("ada@acme.example", "acme.example"),),
        *(("https://shop.acme.example/", "shop.acme.example"),),
        *(("müller.example", "xn--mller-kva.example"), ("acme.example.", "acme.example")),
        *(("https://www.gmail.com", ""), ("gmail.com", ""), ("N/A", ""), ("Acme", ""), ("", "")),
        *(("https://www.linkedin.com/company/acme", ""), ("acme.blogspot.com", "")),
        *(("10.0.0.1", ""), ("yahoo.co.jp", ""), ("ada@hotmail.fr", ""), ("www.gmx.ch", "")),
        *(("straße.example", "xn--strae-oqa.example"), ("STRASSE.example", "strasse.example")),
        *(("https://STRAẞE.example/", "xn--strae-oqa.example"), (f"{'a' * 64}.example", "")),
        *(("not a domain", ""), ("http://", ""), ("http://[::1]/", ""), ("a..b", "")),
    ],
)  # fmt: skip
def test_a_company_s_domain_is_read_from_its_address(written: str, domain: str) -> None:
    """An account of everybody at gmail.com is nobody's."""
    assert company_domain(written) == domain


@pytest.mark.parametrize(
    "written",
    [
        *("2027-06-30", "20270630", "2027.06.30", "2027. 6. 30.", "2027/06/30", "2027/6/30"),
        "2027년 6월 30일",
        *("2027年6月30日", "令和9年6月30日", "30.06.2027", "30. 6. 2027", "30 Jun 2027"),
        "30-Jun-27",
        *("June 30, 2027", "Jun 30 2027", "Wed, 30 Jun 2027", "Wed, 30 Jun 2027 09:00"),
        *("30. Juni 2027", "30 juin 2027"),
        *("30 de junio de 2027", "30 giugno 2027", "30 июня 2027 г.", "30 Haziran 2027"),
        "30 cze 2027",
        *("ngày 30 tháng 6 năm 2027", "2027-06-30T09:30:00Z", "2027-06-30 09:30", "30th June 2027"),
        *("2027-06-30T09:30:00.000+09:00", "30.06.2027 14:05", "1814313600000", "1814313600"),
        "30/6/2027",
        *("6/30/2027", "6/30/2027 2:05 PM", "2027년 6월 30일 오후 2:05", "06-30-2027"),
    ],
)  # fmt: skip
def test_a_day_is_read_in_the_ways_people_write_it(written: str) -> None:
    """A contract whose end is not read is never asked about again."""
    assert read_day(written) == DAY


@pytest.mark.parametrize(
    "written",
    ["20270630123", "2027-W26-3", "5/6/2027", "31/31/2027", "2027-02-30", "30 Foo 2027", "30",
     "6/2027", "June", "soon",
     "", "12345", "1.5", "2027", "0000-00-00", "1234567890123456", "30/06"],
)  # fmt: skip
def test_what_is_no_day_or_may_be_two_is_not_read(written: str) -> None:
    """The 5th of June or the 6th of May: only who wrote it knows."""
    assert read_day(written) is None


@pytest.mark.parametrize(
    ("written", "order", "day"),
    [
        ("5/6/2027", "dmy", date(2027, 6, 5)),
        ("5/6/2027", "mdy", date(2027, 5, 6)),
        ("5-6-27", "dmy", date(2027, 6, 5)),
        ("27/06/05", "ymd", date(2027, 6, 5)),
        ("30/6/2027", "mdy", None),
        ("2027-06-30", "mdy", DAY),
    ],
)
def test_the_order_of_who_wrote_it_decides(written: str, order: Order, day: date | None) -> None:
    """Salesforce writes days in the order of its user."""
    assert read_day(written, order) == day


def test_it_is_told_in_which_orders_a_text_is_a_day() -> None:
    """From a column of days the order is found, or asked."""
    assert possible_orders("30/6/2027") == {"dmy"}
    assert possible_orders("5/6/2027") == {"dmy", "mdy"}
    assert possible_orders("2027-06-30") == {"dmy", "mdy", "ymd"}
    assert possible_orders("no day") == frozenset()


def test_an_address_is_found_in_what_is_around_it() -> None:
    """Mail programs and spreadsheets wrap addresses."""
    for written in (
        "'a@b.example",
        "mailto:a@b.example",
        "Ann <a@b.example>",
        "<a@b.example>;",
        '="a@b.example"',
        "a＠b．example",
        "ａ@b。example",
        "a@b.example (at work)",
    ):
        assert bare_address(written) == "a@b.example"
    assert addresses_in("a@b.example; Ann <c@d.example>, none") == ["a@b.example", "c@d.example"]
    assert address_key(" Straße@B.example ") != address_key("strasse@b.example")
