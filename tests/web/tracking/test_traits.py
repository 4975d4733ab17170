"""What ``identify`` says of people, in the many ways in which sites say it."""

from __future__ import annotations

from typing import Any

from tests.web.tracking.conftest import Tracker
from web.tracking.traits import group_of

ADDRESSES: list[dict[str, Any]] = [
    {"Email": "A@Acme.example"},
    {"EMAIL": " A@acme.example "},
    {"email_address": "A@acme.example"},
    {"emailAddress": "A@acme.example"},
    {"e-mail": "A@acme.example"},
    {"email": "", "workEmail": "A@acme.example"},
    {"email": {"value": "A@acme.example", "verified": True}},
    {"email": {"address": "A@acme.example"}},
    {"email": ["A@acme.example", "b@acme.example"]},
    {"email": [None, "nobody", "A@acme.example"]},
    {"email": "mailto:A@acme.example"},
    {"email": None, "mail": "A@acme.example"},
    {"email": True, "Email": "A@acme.example"},
    {"email": "A@acme.example", "mobile": True, "contact": True, "phone": ["+49 30 1234567"]},
    {"email": "A@acme.example", "firstName": ["A"], "title": {"a": 1}, "company": False},
    {"email": "A@acme.example", "title": "t" * 301, "country": 7, "language": [1, 2]},
    {"email": "A@acme.example", "unsubscribed": "perhaps not", "subscribed": {}},
    {"email": "A@acme.example", "": "x", "  ": 1, "deep": {"a": {"b": [{}]}}},
]


def test_an_address_is_read_whatever_stands_beside_it(tracker: Tracker) -> None:
    """Else a form with one odd field makes no lead, and no browser tells anybody."""
    unlike = []
    for number, traits in enumerate(ADDRESSES):
        spelled = {
            name: _renamed(value, f"a{number}@acme.example") for name, value in traits.items()
        }
        answer = tracker.post("identify", {"userId": f"u{number}", "traits": spelled})
        found = tracker.rows(f"SELECT email FROM lead WHERE email_key = 'a{number}@acme.example'")
        if answer.status_code != 200 or found != [(f"a{number}@acme.example",)]:
            unlike.append((traits, answer.text, found))
    assert unlike == []


def _renamed(value: Any, address: str) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(inner, address) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, address) for inner in value]
    return (
        value.replace("A@acme.example", address).replace("A@Acme.example", address)
        if (isinstance(value, str))
        else value
    )


def test_what_is_not_what_its_name_says_is_told_and_kept(tracker: Tracker) -> None:
    """Good facts count beside a bad one, which whoever wrote the site hears of."""
    traits = {
        "email": "anna@acme.example", "firstName": "Anna", "title": "t" * 301, "mobile": True,
        "phone": ["+49 30 1234567", "+49 170 1234567"], "workEmail": "anna@", "lastName": [],
    }  # fmt: skip
    answer = tracker.post("identify", {"userId": "7", "traits": traits}).json()

    assert answer["success"] is True
    assert sorted(one["field"] for one in answer["unread"]) == ["traits.mobile", "traits.title"]
    assert tracker.rows("SELECT first_name, title, phone, attributes FROM lead") == [
        (
            "Anna",
            "",
            "+49301234567",
            {"title": "t" * 301, "mobile": "true", "phone_2": "+49 170 1234567"},
        )
    ]


def test_a_bad_address_is_told_and_the_rest_kept_for_later(tracker: Tracker) -> None:
    """The visitor's name must be there once the right address comes."""
    for address in ("anna@", 5, ["", "x"], "anna@acme.example"):
        traits = {"email": address} | ({"firstName": "Anna"} if address == 5 else {})
        answer = tracker.post("identify", {"userId": "7", "traits": traits})
        wrong = answer.json().get("unread", [])
        assert answer.status_code == 200
        assert bool(wrong) == (address != "anna@acme.example")
        assert all(one["field"].startswith("traits.email") for one in wrong)
    assert tracker.rows("SELECT email, first_name FROM lead") == [("anna@acme.example", "Anna")]


def test_traits_of_rudderstack_are_read(tracker: Tracker) -> None:
    """Its libraries put them in the context only."""
    context = {"traits": {"email": "anna@acme.example", "firstName": "Anna", "seats": 3}}
    tracker.post("identify", {"userId": "7", "context": context, "traits": None})
    later = {"traits": {"firstName": "Old"}}
    tracker.post("identify", {"userId": "7", "context": later, "traits": {"firstName": "Ann"}})

    assert tracker.rows("SELECT email, first_name, attributes FROM lead") == [
        ("anna@acme.example", "Ann", {"seats": "3"})
    ]


def test_a_browser_knows_its_zone_and_language(tracker: Tracker) -> None:
    """Segment's libraries send both by themselves; without them mail comes at night, in English.
    What was said stands against what a browser is set to; what follows from a country does not:
    there are several zones and languages in many."""
    seoul = {"timezone": "Asia/Seoul", "locale": "ko-KR"}
    known = "SELECT time_zone, language FROM lead WHERE email = '{}@acme.example'"

    def identify(who: str, context: dict[str, Any], **traits: Any) -> list[tuple[Any, ...]]:
        said = {"email": f"{who}@acme.example", **traits}
        body = {"userId": who, "traits": said, "context": context}
        assert tracker.post("identify", body).status_code == 200
        return tracker.rows(known.format(who))

    assert identify("new", seoul) == [("Asia/Seoul", "ko")]
    assert identify("said", seoul, timezone="Europe/Paris", language="fr") == [
        ("Europe/Paris", "fr")
    ]
    assert identify("said", seoul) == [("Europe/Paris", "fr")]
    west = {"timezone": "America/Los_Angeles", "locale": "es-US"}
    assert identify("land", {}, country="US") == [("America/New_York", "en")]
    assert identify("land", west) == [("America/Los_Angeles", "es")]
    assert identify("land", {}, country="US") == [("America/Los_Angeles", "es")]
    assert identify("english", {}, language="en") == [("UTC", "en")]
    assert identify("english", seoul) == [("Asia/Seoul", "en")]
    assert identify("odd", {"timezone": 9, "locale": ["ko"]}) == [("UTC", "en")]
    tracker.post("identify", {"anonymousId": "later", "context": seoul})
    body = {"anonymousId": "later", "traits": {"email": "later@acme.example"}}
    tracker.post("identify", body)
    assert tracker.rows(known.format("later")) == [("Asia/Seoul", "ko")]


def test_a_website_is_read_as_in_a_file() -> None:
    """One company would have two domains, and all that have a page at LinkedIn the same."""
    sites = ("https://www.acme.example/about", "linkedin.com/company/acme", "http://[", "n/a")
    domains = [group_of("g1", {"name": "Acme", "website": site}).domain for site in sites]

    assert domains == ["acme.example", "", "", ""]
