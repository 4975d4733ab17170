"""How many leads a condition holds for, before anybody publishes it."""

from __future__ import annotations

import pytest

from store.segments import counting
from store.segments.answers import compiled
from store.segments.counting import SegmentCount, count_members
from tests.support.scored_leads import NOW, Book

ASKED_ONE_BY_ONE = "lead.title == lead.company"


def counted(book: Book, condition: str, team: str | None = None) -> SegmentCount:
    """The count of now."""
    with book.database.connect() as connection:
        return count_members(connection, compiled(condition), NOW, team=team)


def test_a_condition_is_counted_with_some_leads_and_why_others_can_not_be_said(book: Book) -> None:
    """Half of the list would be missing, and nobody would know which column to fill in."""
    large = book.lead(attributes='{"size": "80"}')
    book.lead(attributes='{"size": "20"}')
    book.lead(attributes='{"size": "many"}')
    book.lead()

    found = counted(book, "number(lead.attributes.size) > 50")

    assert (found.leads, found.members, found.unread, found.exact) == (4, 1, 2, True)
    assert found.sample == [large]
    assert {(one.reason, one.leads) for one in found.unanswered} == {
        ("lead.attributes.size is no number", 1),
        ("'size' is not known of this lead", 1),
    }


def test_a_condition_that_is_asked_one_by_one_is_counted_too(book: Book) -> None:
    """Who compares two fields would be told nothing."""
    book.lead(title="CTO")
    same = book.lead()

    found = counted(book, ASKED_ONE_BY_ONE)

    assert (found.members, found.exact, found.sample) == (1, True, [same])


@pytest.mark.parametrize("condition", ['lead.country == "KR"', ASKED_ONE_BY_ONE])
def test_what_takes_too_long_is_estimated_and_says_so(
    book: Book, condition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A marketer would look at a page that does not answer, or take a guess for a count."""
    book.run(
        "INSERT INTO lead (email, email_key, country, title) SELECT n, n, "
        "CASE WHEN n % 2 = 0 THEN 'KR' ELSE '' END, CASE WHEN n % 2 = 0 THEN '' ELSE 'x' END "
        "FROM generate_series(1, 4000) AS n"
    )
    monkeypatch.setattr(counting, "SECONDS", 0.001)
    monkeypatch.setattr(counting, "SAMPLED", 1000)

    found = counted(book, condition)

    assert (found.leads, found.exact) == (4000, False)
    assert found.sampled <= 1000
    assert 1700 < found.members < 2300
    assert len(found.sample) == counting.SHOWN


def test_only_leads_of_the_team_are_shown(book: Book) -> None:
    """An SDR would read names of other teams' leads; how many there are is no secret."""
    book.run("INSERT INTO rep (code, name, email, team) VALUES ('rep-1', 'R', '', 'west')")
    ours = book.lead(owner="rep-1")
    book.lead()
    for condition in ("cycle == 1", "lead.title == lead.company"):
        found = counted(book, condition, team="west")
        assert (found.members, found.sample) == (2, [ours])
