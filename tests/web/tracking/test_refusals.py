"""People who tell a site that they want no mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from store.access.write_keys import Kind, create_write_key
from store.consent.consent import opt_in
from tests.domain.test_trait_consent import OTHERS, REFUSALS
from tests.web.tracking.conftest import Tracker
from web.tracking.traits import address_in

ANNA = "anna@acme.example"


def _under_way(tracker: Tracker, *addresses: str) -> None:
    with tracker.site.database.begin() as connection:
        for address in addresses:
            connection.execute(
                text(
                    "INSERT INTO lead (email, email_key, phase, stage) "
                    "VALUES (:email, :email, 'nurture', 'known')"
                ),
                {"email": address},
            )


def _suppressed(tracker: Tracker) -> list[str]:
    return [row[0] for row in tracker.rows("SELECT email_key FROM suppression ORDER BY 1")]


def _told_journeys(tracker: Tracker) -> list[str]:
    """Addresses of the leads whose journey hears that they want no mail."""
    return [
        row[0]
        for row in tracker.rows(
            "SELECT email FROM relay_message JOIN lead ON workflow_id = 'lead-' || lead.id "
            "WHERE kind = 'signal' AND payload->>'code' = 'unsubscribed' ORDER BY 1"
        )
    ]


def test_a_trait_that_says_no_stops_mail_and_journey(tracker: Tracker) -> None:
    """A lead that unticks the box in the site's settings must get no further mail, whatever the
    site calls that box; and all others keep theirs."""
    refusing = [f"no{number}@acme.example" for number in range(len(REFUSALS))]
    others = [f"yes{number}@acme.example" for number in range(len(OTHERS))]
    _under_way(tracker, *refusing, *others)
    batch = [
        {"type": "identify", "userId": address, "traits": {**said, "email": address}}
        for address, said in zip(
            refusing + others, [*REFUSALS, *OTHERS], strict=True
        )
    ]  # fmt: skip
    answer = tracker.post("batch", {"batch": batch}).json()

    assert "rejected" not in answer
    assert _suppressed(tracker) == sorted(refusing)
    assert _told_journeys(tracker) == sorted(refusing)
    assert tracker.rows("SELECT DISTINCT source, action FROM consent_record") == [
        ("tracking", "opt_out")
    ]


@pytest.mark.parametrize("kind", ["server", "browser"])
def test_a_new_lead_that_says_no_gets_no_mail(tracker: Tracker, kind: Kind) -> None:
    """The address is suppressed before the first journey could write to it."""
    with tracker.site.database.begin() as connection:
        key = create_write_key(connection, "other", kind=kind) or ""
    traits = {"email": ANNA, "unsubscribed": "true"}
    assert tracker.post("identify", {"userId": "7", "traits": traits}, key=key).status_code == 200

    assert _suppressed(tracker) == [ANNA]
    assert tracker.rows("SELECT kind FROM engagement") == [("unsubscribe",)]


def test_a_no_without_an_address_is_kept_until_there_is_one(tracker: Tracker) -> None:
    """Settings pages name the user only, and the address may come later or have come before."""
    tracker.post("identify", {"userId": "7", "traits": {"marketingConsent": False}})
    assert _suppressed(tracker) == []
    tracker.post("identify", {"userId": "7", "traits": {"email": ANNA}})
    assert _suppressed(tracker) == [ANNA]

    tracker.post("identify", {"userId": "8", "traits": {"email": "bo@acme.example"}})
    tracker.post("identify", {"userId": "8", "context": {"traits": {"optedOut": 1}}})
    assert _suppressed(tracker) == [ANNA, "bo@acme.example"]


EVENTS: list[dict[str, Any]] = [
    {"event": "Unsubscribed"},
    {"event": "Email Marked as Spam", "properties": {"email_subject": "Hello"}},
    {"event": "Preferences Saved", "properties": {"newsletter": False}},
    {"event": "Preferences Saved", "context": {"traits": {"emailOptOut": True}}},
    {"event": "Preferences Saved", "properties": {"mail": {"optedOut": "yes"}}},
]


def test_an_event_that_says_no_counts_for_its_lead(tracker: Tracker) -> None:
    """Segment's e-mail specification tells it by an event."""
    addresses = [f"e{number}@acme.example" for number in range(len(EVENTS))]
    for number, event in enumerate(EVENTS):
        traits = {"email": addresses[number]}
        tracker.post("identify", {"userId": f"u{number}", "traits": traits})
        assert tracker.post("track", {"userId": f"u{number}", **event}).status_code == 200
    tracker.post("track", {"userId": "u0", "event": "Subscription Cancelled"})

    assert _suppressed(tracker) == addresses
    assert len(tracker.events()) == 2 * len(EVENTS) + 1


def test_an_event_that_names_an_address_stops_that_one(tracker: Tracker) -> None:
    """A colleague who unsubscribes somebody in the site's admin is not meant himself; and an
    address that nobody knows yet gets no mail when it comes."""
    tracker.post("identify", {"userId": "7", "traits": {"email": ANNA}})
    properties = {"email": "Bo@Acme.example"}
    event = {"userId": "7", "event": "Unsubscribed", "properties": properties}
    assert tracker.post("track", event).status_code == 200

    assert _suppressed(tracker) == ["bo@acme.example"]
    assert tracker.rows("SELECT email FROM lead") == [(ANNA,)]


SAID: dict[str, Any] = {"unsubscribed": True, "email": ANNA}
NO: dict[str, Any] = {"type": "identify", "traits": SAID}
REJECTED: list[dict[str, Any]] = [
    NO,
    NO | {"userId": "7", "timestamp": "yesterday"},
    NO | {"userId": "7", "timestamp": "2999-01-01T00:00:00Z"},
    NO | {"userId": {"a": 1}},
    NO | {"userId": "7\0"},
    NO | {"userId": "7", "messageId": []},
    NO | {"userId": "7", "traits": SAID | {"note": "a\0b"}},
    NO | {"userId": "7", "traits": SAID | {"note": "x" * 33_000}},
    NO | {"userId": "7", "traits": {"email": ANNA, "optOut\0": "\ud83d"}},
    {"type": "track", "event": "Unsubscribed", "properties": {"email": ANNA}},
]


def test_a_no_in_a_message_that_is_rejected_counts(tracker: Tracker) -> None:
    """A wrong clock or a missing id is no reason to write to somebody who said no."""
    for rejected in REJECTED:
        answer = tracker.post("batch", {"batch": [rejected]})
        assert answer.status_code == 400, rejected
        assert _suppressed(tracker) == [ANNA], rejected
        with tracker.site.database.begin() as connection:
            connection.execute(text("DELETE FROM suppression"))
            connection.execute(text("DELETE FROM consent_record"))
    assert tracker.rows("SELECT count(*) FROM visitor") == [(0,)]

    tracker.post("identify", {"userId": "7", "traits": {"email": ANNA}})
    late = {"userId": "7", "traits": {"unsubscribed": True}, "timestamp": "yesterday"}
    assert tracker.post("identify", late).status_code == 400
    assert _suppressed(tracker) == [ANNA]


def _nested(levels: int) -> tuple[Any, Any]:
    """A value in that many objects, and in that many arrays."""
    as_map: Any = True
    as_list: Any = True
    for _ in range(levels):
        as_map, as_list = {"more": as_map}, [as_list]
    return as_map, as_list


@pytest.mark.parametrize("deep", _nested(600))
@pytest.mark.parametrize("name", ["unsubscribed", "email", "plan"])
def test_a_message_nested_beyond_all_reason_keeps_no_other_out(
    tracker: Tracker, deep: object, name: str
) -> None:
    """Libraries send a batch that failed again and again, and with it the good messages in it."""
    good = {"type": "identify", "userId": "7", "traits": {"email": ANNA}}
    bad = {"userId": "8", "messageId": "m"}
    batch = [
        good,
        bad | {"type": "identify", "traits": {name: deep}},
        bad | {"type": "identify", "context": {"traits": {name: deep}}},
        bad | {"type": "track", "event": "Saved", "properties": {name: deep}},
        # Its event has a refusal beside, of which the address is looked for.
        bad | {"type": "track", "event": "Unsubscribed", "context": {"traits": {name: deep}}},
    ]
    answer = tracker.post("batch", {"batch": batch})

    assert answer.status_code == 200
    assert [one["index"] for one in answer.json()["rejected"]] == [1, 2, 3]
    assert tracker.rows("SELECT email FROM lead") == [(ANNA,)]


@pytest.mark.parametrize("deep", _nested(5000))
def test_an_address_is_no_list_of_lists(deep: object) -> None:
    """Python can't write down what is nested so deeply, and nobody has checked it before."""
    assert address_in({"email": [deep]}) == {}


@pytest.mark.parametrize("deep", _nested(32))
def test_traits_of_the_context_are_checked_like_all_others(tracker: Tracker, deep: object) -> None:
    """What is too deep in the traits is no less deep where RudderStack's libraries put them."""
    message = {"userId": "7", "context": {"traits": {"plan": deep}}}
    answer = tracker.post("identify", message)

    assert answer.status_code == 400
    assert "context.traits.plan" in answer.text


def test_a_yes_never_opts_in(tracker: Tracker) -> None:
    """A site's own check box lifts no refusal that was given elsewhere."""
    tracker.post("identify", {"userId": "7", "traits": {"email": ANNA, "unsubscribed": True}})
    for said in ({"unsubscribed": False}, {"subscribed": True}, {"marketingConsent": "yes"}):
        tracker.post("identify", {"userId": "7", "traits": {"email": ANNA, **said}})
        tracker.post("track", {"userId": "7", "event": "Subscribed", "properties": said})
    assert _suppressed(tracker) == [ANNA]


def test_a_no_counts_once_and_a_later_yes_stands(tracker: Tracker) -> None:
    """Sites say it at each visit, and libraries send late: neither fills the record, nor takes
    back what the person chose since."""
    _under_way(tracker, ANNA)
    said = {"userId": "7", "traits": {"email": ANNA, "unsubscribed": True}}
    early = said | {"timestamp": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    for body in (said, said, early):
        tracker.post("identify", body)
    assert _told_journeys(tracker) == [ANNA]
    assert tracker.rows("SELECT action FROM consent_record") == [("opt_out",)]

    with tracker.site.database.begin() as connection:
        now = datetime.now(UTC)
        lifts = ("unsubscribed",)
        opt_in(connection, email_key=ANNA, at=now, source="preference_page", lifts=lifts)
    tracker.post("identify", early)
    assert _suppressed(tracker) == []
    tracker.post("identify", said)
    assert _suppressed(tracker) == [ANNA]


def test_an_answer_that_is_neither_is_told(tracker: Tracker) -> None:
    """It is kept with the lead, and whoever wrote the site hears that it is not understood."""
    traits = {"email": ANNA, "marketingConsent": "vielleicht"}
    answer = tracker.post("identify", {"userId": "7", "traits": traits}).json()

    assert [one["field"] for one in answer["unread"]] == ["traits.marketingConsent"]
    assert _suppressed(tracker) == []
    assert tracker.rows("SELECT attributes FROM lead") == [({"marketing_consent": "vielleicht"},)]
