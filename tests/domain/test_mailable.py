"""What a mail says of its reader: anybody types it into a form, and it goes out in our name."""

from __future__ import annotations

import pytest

from domain.names import mailable, mailable_name
from mail.merge import greeted_as, lead_facts, lead_fields
from store.routing.lead_facts import MailLead

LEAD = MailLead(
    id=1,
    email="ada@leads.example",
    first_name="evil.example",
    last_name="Müller",
    title="see http://evil.example/x",
    country="DE",
    language="de",
    time_zone="Europe/Berlin",
    source="",
    attributes={"plan": "pro", "note": "www.evil.example", "seats": 9, "all": ["a@b.example"]},
    stage="new",
    company="Booking.com",
    owner=None,
)


@pytest.mark.parametrize(
    "name",
    [
        *("Ada", "Anna-Lena", "O’Brien", "D'Arcy", "J. R. R.", "J.R.", "St. John", "Jean-Luc"),
        *(
            "민준",
            "김",
            "王小明",
            "Владимир",
            "محمد",
            "आदित्य",
            "José María",
            "Nguyễn Thị Minh",
            "Ólafur",
        ),
        *("ソフィア・ローレン", "约翰·史密斯", "Maria da Conceição dos Santos"),
    ],
)
def test_people_are_greeted_by_their_names(name: str) -> None:
    """A customer whose name was taken for an attack would be greeted as nobody."""
    assert mailable_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "You won 500 EUR! Claim at http://evil.example/x",
        *("evil.example", "evil.example/x", "t.co", "www.evil", "http://1", "a@b.example", "x@y"),
        *("192.168.0.1", "1.2", "evil．example", "evil。example", "evil․example", "evil dot 7"),
        *("call +49 170 5550199", "Ada\nEvil: now!", "A" * 61, "one two three four five six"),
        *(
            "<b>Ada</b>",
            "{{ x }}",
            "€",
            "...",
            "",
            "  ",
            "💰",
            "evil\u200b.example",
            "ev\u202eil.com",
        ),
    ],
)
def test_what_is_no_name_is_not_said(name: str) -> None:
    """The greeting was “Hi You won 500 EUR! Claim at http://evil.example/x,”."""
    assert mailable_name(name) == ""


def test_signs_nobody_sees_are_taken_out_of_names() -> None:
    """They turn the rest of a line around, or hide what is there."""
    assert mailable_name(" A\u202eda\u200b \n Love\x00lace ") == "Ada Lovelace"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Lift & Co. KG", "Lift & Co. KG"),
        ("A/S Møller", "A/S Møller"),
        ("1. FC Köln", "1. FC Köln"),
        ("Booking.com", "Booking com"),
        ("evil.example", "evil example"),
        ("evil。example", "evil example"),
        ("2026-05-01", "2026-05-01"),
        ("린든무어 주식회사", "린든무어 주식회사"),
        ("two\nlines\x07", "two lines"),
        *(
            (link, "")
            for link in (
                "http://evil", "HTTPS://EVIL.example", "www.evil", "evil.example/x",
                "evil.example?a",
                "ftp://x", "mailto:x", "tel:123", "a@b", "ｈｔｔｐ：／／evil", "evil.example:80",
                "+1 900 555 0199", "call 0900 555 01 99", "x" * 201,
            )
        ),
    ],
)  # fmt: skip
def test_no_other_value_becomes_a_link(value: str, said: str) -> None:
    """Mail programs make links of addresses, domains and numbers by themselves."""
    assert mailable(value) == said


def test_a_mail_gets_clean_fields_and_a_condition_the_facts() -> None:
    """A branch that asks for a domain in the title must go on to work; the mail must not say it."""
    assert lead_fields(LEAD) == {
        "first_name": "",
        "last_name": "Müller",
        "title": "",
        "company": "Booking com",
        "country": "DE",
        "language": "de",
        "attributes": {"plan": "pro", "note": "", "seats": 9, "all": [""]},
    }
    assert lead_facts(LEAD)["title"] == "see http://evil.example/x"
    assert greeted_as(LEAD) == "Müller"
