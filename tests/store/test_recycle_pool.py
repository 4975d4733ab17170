"""The recycle pool as marketing works it: found by filters, forecast, decided about in bulk."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.contracts.journey import EventCode
from domain.refusals import RecycleRefused
from store.recycle.recycle_pool import (
    WEEKS,
    PoolFilter,
    PoolLine,
    PoolOrder,
    choices,
    count_pool,
    extend_many,
    forecast,
    notify_many,
    pool_ids,
    pool_page,
)
from tests.store.test_recycle import park, told
from tests.support.scored_leads import NOW, Book

DAY = timedelta(days=1)


def found(book: Book, wanted: PoolFilter) -> list[int]:
    """The leads of the page; the count and the ids are of the same ones."""
    with book.database.connect() as connection:
        lines = pool_page(connection, NOW, wanted)
        ids = pool_ids(connection, wanted)
        assert (len(lines), sorted(line.id for line in lines)) == (
            count_pool(connection, wanted),
            ids,
        )
    return ids


def test_the_pool_is_found_by_each_of_its_filters(book: Book) -> None:
    """Marketing would scroll through thousands for the leads of one reason, or of one cadence."""
    lost, silent = park(book, owner="rep-1"), park(book, "no_response")
    chosen = park(book, "no_response", return_cadence="spring")
    asked = park(book, return_on=date(2026, 9, 1), return_why="asked_for")
    book.lead(phase="Nurture")

    assert found(book, PoolFilter()) == sorted([lost, silent, chosen, asked])
    assert found(book, PoolFilter(reason="lost")) == sorted([lost, asked])
    assert found(book, PoolFilter(owner="rep-1")) == [lost]
    assert found(book, PoolFilter(owner="")) == sorted([silent, chosen, asked])
    assert found(book, PoolFilter(cadence="spring")) == [chosen]
    assert found(book, PoolFilter(cadence="back")) == [silent]
    assert found(book, PoolFilter(asked_for=True)) == [asked]
    assert found(book, PoolFilter(due_before=NOW + 100 * DAY)) == sorted([silent, chosen])
    assert found(book, PoolFilter(due_from=NOW + 100 * DAY)) == sorted([lost, asked])
    assert found(book, PoolFilter(team="nobody's")) == []
    with book.database.connect() as connection:
        options = choices(connection)
    assert options.reasons == {"lost": 2, "no_response": 2}
    assert options.cadences == {"": 2, "back": 1, "spring": 1}


def test_pages_follow_each_other_also_where_leads_come_back_at_once_or_never(book: Book) -> None:
    """One of the second page would be on neither."""
    leads = [park(book) for _ in range(5)]
    book.value(
        "UPDATE lead SET recycled_until = :at WHERE id <> :id RETURNING 1", at=NOW, id=leads[0]
    )
    book.value("UPDATE lead SET recycled_until = NULL WHERE id = :id RETURNING 1", id=leads[0])

    seen: list[PoolLine] = []
    with book.database.connect() as connection:
        last = None
        while page := pool_page(connection, NOW, PoolFilter(), after=last, limit=2):
            seen += page
            last = seen[-1].until, seen[-1].id

    assert [line.id for line in seen] == [*leads[1:], leads[0]]


@pytest.mark.parametrize("order", ["until", "since", "reason", "owner", "cycle"])
def test_pages_in_any_order_have_each_lead_once(book: Book, order: PoolOrder) -> None:
    """Whoever wakes leads page by page would miss some, or see others twice."""
    leads = {park(book) for _ in range(4)}
    book.value(
        "UPDATE lead SET cycle = 2, owner = 'rep-9' WHERE id = :id RETURNING 1", id=min(leads)
    )
    seen: list[PoolLine] = []
    with book.database.connect() as connection:
        last = None
        while page := pool_page(connection, NOW, PoolFilter(), after=last, limit=1, order=order):
            seen += page
            last = getattr(page[-1], order), page[-1].id

    assert {line.id for line in seen} == leads
    assert len(seen) == len(leads)
    if order == "cycle":
        assert seen[0].cycle == 2


def test_the_forecast_shows_every_week_with_the_overdue_in_the_first(book: Book) -> None:
    """A week without returns would be left out of the chart, and the next look like it."""
    for until in (NOW - DAY, NOW + 8 * DAY, NOW + 8 * DAY, NOW + timedelta(weeks=WEEKS)):
        lead = park(book)
        book.value(
            "UPDATE lead SET recycled_until = :at WHERE id = :id RETURNING 1", at=until, id=lead
        )
    book.value("UPDATE lead SET recycled_until = NULL WHERE id = :id RETURNING 1", id=park(book))

    with book.database.connect() as connection:
        ahead = forecast(connection, NOW, PoolFilter(due_before=NOW))

    assert next(iter(ahead.weeks)) == date(2026, 5, 4)
    assert len(ahead.weeks) == WEEKS
    assert [leads for leads in ahead.weeks.values() if leads] == [1, 2]
    assert (ahead.later, ahead.never) == (1, 1)


def test_many_are_told_at_once_and_those_that_rest_no_more_are_left(book: Book) -> None:
    recycled = [park(book) for _ in range(3)]
    gone = book.lead(phase="Nurture")

    with book.database.begin() as connection:
        woken = notify_many(connection, [*recycled[:2], gone], EventCode.REACTIVATED)
        retired = notify_many(connection, recycled[2:], EventCode.CLOSED_OUT)

    assert (woken, retired) == (2, 1)
    assert [told(book, lead)[-1:] for lead in recycled] == [
        ["reactivated"],
        ["reactivated"],
        ["closed_out"],
    ]
    assert told(book, gone) == []


def test_a_lead_that_rests_longer_already_keeps_its_day(book: Book) -> None:
    """Extending a whole list to June would shorten the rest of those that come back in autumn."""
    short, long = park(book, "no_response"), park(book, "lost")
    day = (NOW + 120 * DAY).date()

    with book.database.begin() as connection:
        assert extend_many(connection, [short, long], day, NOW) == 1

    assert book.value("SELECT return_on FROM lead WHERE id = :id", id=short) == day
    assert book.value("SELECT return_on FROM lead WHERE id = :id", id=long) is None
    assert told(book, short)[-1:] == ["replan"]
    with book.database.begin() as connection, pytest.raises(RecycleRefused, match="five years"):
        extend_many(connection, [short], date(2040, 1, 1), NOW)
