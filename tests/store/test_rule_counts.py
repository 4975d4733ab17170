"""What the form of scoring says of today's leads: whoever moves a threshold by it would move it by
numbers that are not there."""

from __future__ import annotations

from datetime import timedelta

from store.scoring.engagement import LeadActivity
from store.scoring.rule_counts import HIGHEST, points_of_leads, rules_fired
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
        fired = rules_fired(connection, NOW - timedelta(days=30))
        points = points_of_leads(connection, RULES, NOW)
        some = forecast(connection, RULES, NOW, lambda _seen: None, most=2)

    assert {rule: tuple(one) for rule, one in fired.items()} == {"click": (2, 1), "open": (1, 1)}
    assert points.interest == {0: 1, 10: 1, HIGHEST: 1}
    assert some.leads == 2
    assert rests
