"""How many leads a condition holds for, before anybody publishes it."""

from __future__ import annotations

from typing import cast

import pytest
from sqlalchemy import event

from store.segments import counting, lead_facts
from store.segments.answers import compiled
from store.segments.counting import SegmentCount, count_members
from store.segments.lead_facts import EVERYBODY, Scope, seen
from tests.support.scored_leads import NOW, Book

ASKED_ONE_BY_ONE = "lead.title == lead.company"


FAILING = "1 / (lead.id - lead.id)"
"""In place of a fact."""


def counted(book: Book, condition: str, among: Scope = EVERYBODY) -> SegmentCount:
    """The count of now."""
    with book.database.connect() as connection:
        return count_members(connection, compiled(condition), NOW, among=among)


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


def test_who_sees_one_team_is_told_of_no_other_leads(book: Book) -> None:
    """By a condition with a mail domain or a name an SDR would learn who is a lead of others;
    customer success sees customers of all."""
    book.run("INSERT INTO rep (code, name, email, team) VALUES ('rep-1', 'R', '', 'west')")
    ours = book.lead(owner="rep-1")
    book.lead()
    customer = book.lead(stage="customer")
    for condition in ("cycle == 1", "number(lead.title) < 5 || cycle == 1", ASKED_ONE_BY_ONE):
        own = counted(book, condition, seen("west"))
        more = counted(book, condition, seen("west", customers=True))
        assert (own.leads, own.members, own.sample) == (1, 1, [ours])
        assert (more.leads, more.members, set(more.sample)) == (2, 2, {ours, customer})
        assert counted(book, condition).members == 3
    unread = counted(book, 'lead.attributes.plan == "pro"', seen("west"))
    assert (unread.unread, [one.leads for one in unread.unanswered]) == (1, [1])


@pytest.mark.parametrize("condition", ["cycle == 1", ASKED_ONE_BY_ONE])
def test_who_was_erased_is_not_counted(book: Book, condition: str) -> None:
    """Nine leads of ten would be told as ten, as if all ten were there."""
    for _ in range(9):
        book.lead()
    book.lead(phase_reason="erased")

    found = counted(book, condition)

    assert (found.leads, found.members, found.exact, found.sampled) == (9, 9, True, 9)


def test_who_was_erased_is_in_no_estimate(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a list of which half was erased, half would be missing."""
    book.run(
        "INSERT INTO lead (email, email_key, phase_reason) SELECT n, n, "
        "CASE WHEN n % 2 = 0 THEN 'erased' ELSE '' END FROM generate_series(1, 400) AS n"
    )
    monkeypatch.setattr(counting, "SECONDS", 0)

    found = counted(book, "cycle == 1")

    assert (found.leads, found.members, found.exact, found.sampled) == (200, 200, False, 200)


def test_cel_has_no_more_time_than_sql(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes a condition about texts of which each lead has its own would wait a minute
    for its count."""
    book.run(
        "INSERT INTO lead (email, email_key, last_name, first_name) "
        "SELECT n, n, 'Name ' || n, 'First ' || n FROM generate_series(1, 2500) AS n"
    )
    slow = " || ".join(
        f'lead.{name}_name.matches("(?i)^x.*{n}{n}{n}$")'
        for n in range(10)
        for name in ("last", "first")
    )
    monkeypatch.setattr(counting, "MOST_VALUES", 20_000)
    monkeypatch.setattr(counting, "SECONDS", 0.1)
    monkeypatch.setattr(counting, "ESTIMATE_SECONDS", 0.1)

    found = counted(book, slow)

    assert not found.exact
    assert found.sampled < 2500


def test_each_fact_is_looked_up_once(book: Book) -> None:
    """All leads would be gone through again for each part that is about the same."""
    book.lead(title="CTO")
    asked: list[str] = []
    parts = 'lead.title.matches("C") || lead.title.matches("T") || lead.title.matches("O")'
    with book.database.connect() as connection:
        event.listen(connection, "before_cursor_execute", lambda *what: asked.append(what[2]))
        assert count_members(connection, compiled(parts), NOW).members == 1

    assert sum("SELECT DISTINCT" in one for one in asked) == 1


@pytest.mark.parametrize("condition", ["cycle == 1", "daysSince(lead.created) > 3000000000"])
def test_what_the_database_can_not_answer_can_not_be_said_of_anybody(
    book: Book, condition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page would fail, and what is wrong with it would not be told."""
    book.lead()
    if condition == "cycle == 1":
        monkeypatch.setitem(cast(dict[str, str], lead_facts._PLAIN), "cycle", FAILING)

    found = counted(book, condition)

    if condition == "cycle == 1":
        assert (found.members, found.unread, found.sample) == (0, 1, ())
        assert [one.reason for one in found.unanswered] == [counting.FAILS]
    else:
        assert (found.members, found.unread) == (0, 0)
