"""What the form of scoring says of today's leads: whoever moves a threshold by it would move it by
numbers that are not there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from store.scoring.engagement import LeadActivity
from store.scoring.rule_counts import HIGHEST, figures_of_rules, sample_of_leads
from store.scoring.scoring import forecast
from tests.support.scored_leads import NOW, Book, scoring, worth

RULES = scoring(interest=[worth("click", 10), worth("open", 300)])


def test_rules_and_points_are_counted_as_they_are_today(book: Book) -> None:
    """What faded, and what machines did or long ago, is not told as if it were today's."""
    book.publish(RULES)
    rests, clicks, opens = (book.lead() for _ in range(3))
    half = RULES.half_life.length
    book.record(
        LeadActivity("a", "click", NOW - half, lead_id=clicks),
        LeadActivity("b", "click", NOW - half, lead_id=clicks),
        LeadActivity("c", "open", NOW, lead_id=opens),
        LeadActivity("d", "click", NOW - timedelta(days=90), lead_id=opens),
    )

    with book.database.connect() as connection:
        sample = sample_of_leads(connection, 10)
        since = NOW - timedelta(days=30)
        found = figures_of_rules(connection, sample.ids, RULES, since, NOW)
        some = forecast(connection, RULES, NOW, lambda _seen: None, sample.ids[:2])

    assert sample.all
    assert set(sample.ids) == {rests, clicks, opens}
    assert found is not None
    assert found.fired == {"click": (2, 1), "open": (1, 1)}
    assert found.points.interest == {0: 1, 10: 1, HIGHEST: 1}
    assert some.leads == 2


def test_of_many_leads_chance_chooses_without_a_look_at_all(book: Book) -> None:
    """With a million leads the form would be sorting them after each pause in typing."""
    with book.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO lead (email, email_key) "
                "SELECT n || '@a.example', n || '@a.example' FROM generate_series(1, 100) AS n"
            )
        )
        sample = sample_of_leads(connection, 10)
        again = sample_of_leads(connection, 10)
        few = sample_of_leads(connection, 40)

    assert not sample.all
    assert len(set(sample.ids)) == 10
    assert sample == again
    assert max(sample.ids) - min(sample.ids) > 40
    assert (len(set(few.ids)), few.all) == (40, False)


def test_what_takes_too_long_to_count_is_left_out(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form would fail for figures that one can do without."""

    def counted_for_ever(connection: Connection, *_given: object) -> None:
        connection.execute(text("SET LOCAL statement_timeout = 1; SELECT pg_sleep(5)"))

    monkeypatch.setattr("store.scoring.rule_counts._rules_fired", counted_for_ever)
    with book.database.connect() as connection:
        assert figures_of_rules(connection, [1], RULES, NOW, NOW) is None
