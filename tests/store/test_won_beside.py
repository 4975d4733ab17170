"""Sales that people open beside a lead's journey: who buys is a customer, wherever it is."""

from __future__ import annotations

import pytest

from store.opportunities import opportunities
from tests.support.scored_leads import NOW, Book


def closes(book: Book, lead: int, outcome: str = "won") -> None:
    """Close an opportunity that was opened beside the lead's journey."""
    with book.database.begin() as connection:
        sale = opportunities.open_opportunity(
            connection, key=f"{opportunities.BESIDE}{lead}", lead_id=lead, stage="a", at=NOW
        )
        for _ in range(2):
            opportunities.close(connection, sale, outcome=outcome, reason="", at=NOW)


@pytest.mark.parametrize("phase", ["Nurture", "FollowUp", "Meeting", "Opportunity", "Recycle"])
def test_a_journey_that_is_elsewhere_is_told_once(book: Book, phase: str) -> None:
    """Marketing would go on persuading a company that pays, and nobody would welcome it."""
    lead = book.lead(phase=phase)

    closes(book, lead)

    assert book.news(lead) == [("signal", "won", 0)]


@pytest.mark.parametrize(
    ("phase", "stage", "news"),
    [
        ("", "known", [("start", "won", 1)]),
        ("ended", "recycled", [("start_again", "won", 2)]),
        ("ended", "customer", []),
        ("Customer", "customer", []),
    ],
)
def test_a_lead_without_a_journey_begins_one_and_a_customer_stays_one(
    book: Book, phase: str, stage: str, news: list[tuple[str, str, int]]
) -> None:
    """A signal to a journey that has ended reaches nobody; a customer is not welcomed twice."""
    lead = book.lead(phase=phase, stage=stage)

    closes(book, lead)

    assert book.news(lead) == news


def test_a_lead_whose_start_is_on_the_way_is_told_when_it_has_begun(book: Book) -> None:
    """The two must not take each other's place."""
    lead = book.lead(phase="")
    book.run(
        "INSERT INTO relay_message (key, workflow_id, kind, name, payload) VALUES ('start:lead-' "
        "|| :id, 'lead-' || :id, 'start', 'Nurture', '{\"reason\": \"new\", \"cycle\": 1}')",
        id=lead,
    )

    closes(book, lead)

    assert book.news(lead) == [("start", "new", 1), ("signal", "won", 0)]


def test_a_sale_beside_that_is_not_won_moves_nobody(book: Book) -> None:
    lead = book.lead(phase="Nurture")

    closes(book, lead, "lost")

    assert book.news(lead) == []
