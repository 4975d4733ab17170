"""Sales as the console lists them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.checking.policies import read_policy
from store.opportunities.opportunities import open_opportunity, record_qualification
from store.published.policies import publish_policy
from store.views.opportunity_list import (
    OpenOpportunityLine,
    OpportunityFilter,
    OpportunityOrder,
    by_stage,
    list_opportunities,
)
from tests.support.scored_leads import NOW, Book

RULES = """\
policy: opportunity
stages:
  - {name: discovery, expected: 2 weeks}
  - {name: proposal, expected: 3 weeks}
stall_warnings: 1
"""


def sell(book: Book, stage: str, days: float, **known: str) -> int:
    """An opportunity that has been in its stage for so long; its id."""
    with book.database.begin() as connection:
        rules, problems = read_policy(RULES, "opportunity.yaml")
        assert rules is not None, problems
        publish_policy(connection, RULES, rules)
        lead = book.lead(phase="Opportunity", owner="rep-1")
        at = NOW - timedelta(days=days)
        sale = open_opportunity(connection, key=f"sale-{lead}", lead_id=lead, stage=stage, at=at)
        record_qualification(connection, sale, known)
    return sale


def listed(book: Book, wanted: OpportunityFilter, limit: int = 50) -> list[OpenOpportunityLine]:
    """The first page."""
    with book.database.connect() as connection:
        return list_opportunities(connection, NOW, wanted, limit=limit)


def test_a_sale_beyond_what_its_stage_is_to_take_stands_still(book: Book) -> None:
    """A manager would find it when it is lost."""
    still, moving = sell(book, "discovery", 15), sell(book, "proposal", 15)

    found = {one.id: (one.stalled, one.due_at) for one in listed(book, OpportunityFilter())}
    assert found == {
        still: (True, NOW - timedelta(days=1)),
        moving: (False, NOW + timedelta(days=6)),
    }
    assert [one.id for one in listed(book, OpportunityFilter(stalled=True))] == [still]
    with book.database.connect() as connection:
        counts = by_stage(connection, NOW)
    assert [(one.stage, one.open, one.stalled) for one in counts] == [
        ("discovery", 1, 1),
        ("proposal", 1, 0),
    ]


def test_a_sale_shows_what_is_not_known_of_it_and_is_found_by_that(book: Book) -> None:
    known = {"budget": "40,000", "authority": "board", "need": "yes", "timeline": "May"}
    complete, blank = sell(book, "proposal", 1, **known), sell(book, "proposal", 1, budget=" ")

    missing = {
        one.id: (one.qualification["budget"].strip(), one.missing)
        for one in listed(book, OpportunityFilter())
    }
    assert missing == {
        complete: ("40,000", []),
        blank: ("", ["budget", "authority", "need", "timeline"]),
    }
    assert [one.id for one in listed(book, OpportunityFilter(incomplete=True))] == [blank]


@pytest.mark.parametrize("order", ["id", "account", "owner", "stage", "since"])
def test_pages_in_any_order_have_each_sale_once(book: Book, order: OpportunityOrder) -> None:
    """Somebody who sorts a list of many pages would miss some, or see others twice."""
    made = {
        sell(book, stage, days)
        for stage, days in (("proposal", 1), ("discovery", 5), ("proposal", 3), ("discovery", 5))
    }
    seen: list[OpenOpportunityLine] = []
    with book.database.connect() as connection:
        last = None
        while page := list_opportunities(
            connection, NOW, OpportunityFilter(), after=last, limit=1, order=order
        ):
            seen += page
            last = getattr(page[-1], order), page[-1].id

    assert {one.id for one in seen} == made
    assert len(seen) == len(made)
    values = [getattr(one, order) for one in seen]
    assert values == sorted(values, reverse=order == "id")


def test_closed_sales_are_apart_and_pages_go_from_young_to_old(book: Book) -> None:
    first, second, third = (sell(book, "proposal", 1) for _ in range(3))
    book.value("UPDATE opportunity SET outcome = 'won' WHERE id = :id RETURNING 1", id=second)

    assert [one.id for one in listed(book, OpportunityFilter())] == [third, first]
    assert [one.id for one in listed(book, OpportunityFilter(state="won"))] == [second]
    with book.database.connect() as connection:
        after = list_opportunities(
            connection, NOW, OpportunityFilter(state="any"), after=(third, third), limit=1
        )
    assert [one.id for one in after] == [second]
    assert listed(book, OpportunityFilter(team="nobody's")) == []
