"""A lead that turns out to be elsewhere: its plans would go on by the clock of the old place."""

from __future__ import annotations

import pytest

from domain.identities import TrackingCall
from store.imports import lead_import
from store.tracking.visitors import record_batch
from tests.store.test_lead_import import stage
from tests.store.test_visitors import WEBSITE
from tests.support.scored_leads import NOW, Book
from web.tracking.traits import lead_facts

ADA = {"email": "ada@places.example", "email_key": "ada@places.example", "time_zone": "UTC"}


def imports(book: Book, **said: str) -> None:
    """A file tells of Ada."""
    with book.database.begin() as connection:
        stage(connection, {"email": ADA["email"], **said})
        lead_import.merge(connection)


def identifies(book: Book, **said: str) -> None:
    """A site's server tells of Ada."""
    facts, _ = lead_facts({"email": ADA["email"], **said})
    message = TrackingCall("identify", f"identify-{said}", NOW, anonymous_id="a", facts=facts)
    record_batch(book.database, [message], WEBSITE, NOW)


def told(book: Book) -> list[str]:
    """The workflows that are told to plan anew."""
    found = book.values("SELECT workflow_id FROM relay_message WHERE key LIKE 'moved:%' ORDER BY 1")
    return [str(one) for one in found]


@pytest.mark.parametrize("door", [imports, identifies])
@pytest.mark.parametrize(
    ("phase", "said", "waits"),
    [
        ("Nurture", {"time_zone": "Asia/Seoul"}, True),
        ("Nurture", {"country": "KR"}, True),
        ("Meeting", {"time_zone": "Asia/Seoul"}, True),
        ("FollowUp", {"time_zone": "Asia/Seoul"}, True),
        ("Recycle", {"time_zone": "Asia/Seoul"}, True),
        ("Nurture", {"time_zone": "UTC"}, False),
        ("Nurture", {"title": "CEO"}, False),
        ("", {"time_zone": "Asia/Seoul"}, False),
        ("ended", {"time_zone": "Asia/Seoul"}, False),
    ],
)
def test_what_waits_for_a_lead_hears_that_it_is_elsewhere(
    book: Book, door: object, phase: str, said: dict[str, str], *, waits: bool
) -> None:
    lead = book.lead(phase, **ADA)

    assert callable(door)
    door(book, **said)

    assert told(book) == ([f"lead-{lead}"] if waits else [])


@pytest.mark.parametrize("door", [imports, identifies])
def test_a_cadence_beside_a_sale_hears_it_too(book: Book, door: object) -> None:
    lead = book.lead("Opportunity", **ADA)
    book.run(
        "INSERT INTO cadence_version (name, version, digest, source, definition, templates) "
        "VALUES ('help', 1, '', '', '{}', '{}')"
    )
    book.run(
        f"INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at) "
        f"SELECT 'opportunity-7-help:help', {lead}, id, 1, now() FROM cadence_version"
    )

    assert callable(door)
    door(book, time_zone="Asia/Seoul")

    assert told(book) == ["opportunity-7-help"]
