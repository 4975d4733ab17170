"""Wins and losses by hand, and counted another way."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from statistics import median
from typing import Any

import pytest
from sqlalchemy import Connection, text

from domain.figures.funnel import Dimension, Question
from domain.figures.lists import CountedAs, LeadsBehind
from domain.figures.periods import Period
from domain.figures.win_loss import WinLossBy, WinLossCounts, WinLossReport, win_loss_report
from store.figures import win_loss
from store.figures.lists import statement
from store.figures.refresh import refresh
from tests.store.figures.leak_world import rest
from tests.store.figures.scoring_world import deal
from tests.support.lead_histories import BEGIN, add_lead

ALL = Period(date(2026, 1, 1), date(2027, 1, 1), "UTC")
NOW = BEGIN + timedelta(days=180)


def asked(connection: Connection, by: WinLossBy | None = None, **given: Any) -> WinLossReport:
    """The report on everything, as of :data:`NOW`."""
    refresh(connection)
    question = Question(given.pop("period", ALL), NOW, **given)
    counts = WinLossCounts(
        win_loss.closed_counts(connection, question, by),
        win_loss.lost_counts(connection, question, by),
        win_loss.pool_counts(connection, question),
        win_loss.traits_looked_at(connection, question),
    )
    return win_loss_report(question.period, by, counts, [])


def crowd(connection: Connection, deals: int, seed: int) -> None:
    """Opportunities of leads in their first or second cycle that end one way or another."""
    chance = random.Random(seed)
    for number in range(deals):
        opened = chance.uniform(0, 60)
        moves = [(1, "known", 0.0), (1, "opportunity", opened)]
        if chance.random() < 0.3:
            moves = [(1, "known", -90.0), (1, "recycled", -80.0), (2, "known", -1.0)]
        segment = chance.choice(("small", "large"))
        lead = add_lead(
            connection,
            moves,
            source=chance.choice(("web", "fair", "")),
            owner=f"rep-{number % 3}",
            country=chance.choice(("KR", "DE")),
            attributes=f'{{"segment": "{segment}", "vans": "{chance.choice((3, 30))}"}}',
        )
        closed = opened + chance.choice((5, 40, 70, 100, 250)) + chance.random()
        outcome = chance.choice(("won", "lost", "lost", "no_outcome", ""))
        if outcome:
            deal(
                connection,
                lead,
                opened,
                closed,
                outcome,
                reason=chance.choice(("price", "timing")) if outcome == "lost" else "",
                competitor=chance.choice(("acme", "")) if outcome == "lost" else "",
                stage=chance.choice(("discovery", "proposal")),
                since=(closed - opened) / 2,
            )


def test_reasons_competitors_and_ages_by_hand(connection: Connection) -> None:
    """A loss to a competitor, one without an outcome, a win of a lead that came back."""
    lead = add_lead(connection, [(1, "known", 0), (1, "opportunity", 5)], source="web")
    deal(connection, lead, 5, 25, "lost", reason="price", competitor="acme")
    deal(connection, lead, 5, 45, "no_outcome")
    back = add_lead(connection, [(1, "known", 0), (1, "recycled", 5), (2, "known", 20)])
    deal(connection, back, 21, 121, "won")
    deal(connection, back, 21, 900, "won")

    found = asked(connection, WinLossBy.AGE)

    outcomes = {(one.value, one.kind): (one.closed, one.won, one.lost) for one in found.outcomes}
    assert outcomes == {
        (None, None): (3, 1, 2),
        (None, "net_new"): (2, 0, 2),
        (None, "recycled"): (1, 1, 0),
        ("under 30", None): (1, 0, 1),
        ("under 30", "net_new"): (1, 0, 1),
        ("30 to 59", None): (1, 0, 1),
        ("30 to 59", "net_new"): (1, 0, 1),
        ("90 to 179", None): (1, 1, 0),
        ("90 to 179", "recycled"): (1, 1, 0),
    }
    whole = found.outcomes[0]
    assert (whole.median_days_to_won, whole.median_days_to_lost) == (100, 30)
    lost = {
        (one.split, one.name): (one.lost, one.of)
        for one in found.lost
        if not one.value and not one.kind
    }
    assert lost == {
        ("reason", "price"): (1, 2),
        ("reason", "no_outcome"): (1, 2),
        ("competitor", "acme"): (1, 2),
        ("competitor", ""): (1, 2),
    }


SECOND_WAY = """
    SELECT lead.source, deal.outcome_reason, deal.competitor, deal.outcome,
        extract(epoch FROM closed_at - opened_at) / 86400 AS days
    FROM opportunity AS deal JOIN lead ON lead.id = deal.lead_id
    WHERE outcome <> '' AND closed_at >= :start AND closed_at < :end
"""


def test_outcomes_and_reasons_are_what_counting_deals_gives(connection: Connection) -> None:
    """Figures that only our own code can come to are believed by nobody."""
    crowd(connection, 300, seed=3)
    period = Period(date(2026, 3, 10), date(2026, 8, 1), "Asia/Seoul")
    found = asked(connection, WinLossBy.SOURCE, period=period)
    span = {"start": period.start, "end": period.end}
    rows = connection.execute(text(SECOND_WAY), span).all()

    for one in found.outcomes:
        if one.kind is None:
            of = [row for row in rows if one.value in (None, row.source)]
            assert (one.closed, one.won) == (len(of), sum(row.outcome == "won" for row in of))
            days = [float(row.days) for row in of if row.outcome != "won"]
            assert one.median_days_to_lost == pytest.approx(median(days), abs=0.01)
    lost = [row for row in rows if row.outcome != "won"]
    for split, names in (
        ("reason", [row.outcome_reason or row.outcome for row in lost]),
        ("competitor", [row.competitor for row in lost]),
    ):
        shown = {
            one.name: one.lost
            for one in found.lost
            if one.split == split and one.value is None and one.kind is None
        }
        assert shown == Counter(names)


@pytest.mark.parametrize("by", list(WinLossBy))
def test_the_parts_add_up_to_the_whole(connection: Connection, by: WinLossBy) -> None:
    """A table whose rows do not add up to its sum is sent back, whatever it shows."""
    crowd(connection, 150, seed=9)
    found = asked(connection, by)

    for kind in (None, "net_new", "recycled"):
        for name in ("closed", "won", "lost"):
            of = [one for one in found.outcomes if one.kind == kind]
            whole = sum(getattr(one, name) for one in of if one.value is None)
            assert sum(getattr(one, name) for one in of if one.value is not None) == whole > 0
    whole_lost = found.outcomes[0].lost
    for split in ("reason", "competitor"):
        of_split = [one for one in found.lost if one.split == split]
        for parts in (
            [one for one in of_split if one.value is None and one.kind is None],
            [one for one in of_split if one.value is None and one.kind is not None],
            [one for one in of_split if one.value is not None and one.kind is not None],
        ):
            assert sum(one.lost for one in parts) == whole_lost


def test_the_pool_by_the_time_since_the_loss_opens_its_leads(connection: Connection) -> None:
    """Whom to write to again after half a year, and nobody who is back or was recycled for
    something else."""
    old = rest(connection, -220, 200, reason="lost")
    new = rest(connection, 170, 171, reason="lost")
    rest(connection, 100, 200, reason="no_show")
    add_lead(
        connection,
        [(1, "known", 0), (1, "opportunity", 2), (1, "recycled", 5), (2, "known", 60)],
        reason="lost",
    )

    found = asked(connection).pool

    shown = {one.since: (one.leads, one.due) for one in found if one.kind is None}
    assert shown == {None: (2, 1), "under 30": (1, 1), "365 and more": (1, 0)}
    for at, leads in (("", [old, new]), ("under 30", [new]), ("365 and more", [old])):
        behind = statement(LeadsBehind(CountedAs.CLOSED_LOST, Question(ALL, NOW), at=at))
        assert sorted(connection.scalars(text(behind.sql), behind.values)) == leads


def test_traits_are_those_that_twenty_share(connection: Connection) -> None:
    """Of leads and of their accounts, counted deal by deal."""
    crowd(connection, 200, seed=2)
    account = connection.scalar(
        text(
            "INSERT INTO account (name, name_key, attributes) "
            "VALUES ('A', 'a', '{\"trade\": \"HVAC\"}') RETURNING id"
        )
    )
    connection.execute(text("UPDATE lead SET account_id = :id"), {"id": account})
    found = asked(connection, only={Dimension.SOURCE: "web"})
    rows = connection.execute(
        text(
            "SELECT outcome = 'won' AS won, country, lead.attributes->>'vans' AS vans "
            "FROM opportunity JOIN lead ON lead.id = lead_id WHERE outcome <> '' "
            "AND source = 'web' AND closed_at < '2027-01-01'"
        )
    ).all()

    shown = {one.condition: (one.closed, one.won) for one in found.traits}

    for condition, of in (
        ('lead.country == "KR"', [row.won for row in rows if row.country == "KR"]),
        ('lead.attributes.vans == "30"', [row.won for row in rows if row.vans == "30"]),
        ('account.attributes.trade == "HVAC"', [row.won for row in rows]),
    ):
        assert shown[condition] == (len(of), sum(of))
    assert found.traits_of == len(rows)
    assert min(one.closed for one in found.traits) >= 20
