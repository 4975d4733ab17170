"""How soon opportunities were closed and what was open at past moments, counted a second way."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, text

from domain.figures.forecast import forecast_bounds, forecast_moments
from domain.figures.win_rates import AGES
from store.figures.forecast import age_closings, open_then, stage_counts
from tests.support.lead_histories import add_lead

NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SEOUL = "Asia/Seoul"
STAGES = ("discovery", "evaluation", "proposal")


class Sold(NamedTuple):
    """An opportunity as the test made it: amounts with the times from which on they held."""

    opened_at: datetime
    closed_at: datetime | None
    outcome: str
    said: list[tuple[datetime | None, str | None, str]]
    stages: list[str]
    imported: bool = False


def add(connection: Connection, lead: int, one: Sold) -> None:
    """Write it down as the product does."""
    _since, amount, currency = one.said[-1]
    if one.imported:
        connection.execute(
            text(
                "INSERT INTO funnel_unit (record, cycle, stage, stage_since, opportunity_at, "
                "outcome, outcome_at, amount, currency) VALUES (gen_random_uuid()::text, 1, 5, "
                "coalesce(:closed, :at), :at, :outcome, :closed, :amount, :currency)"
            ),
            {
                "at": one.opened_at,
                "outcome": one.outcome,
                "closed": one.closed_at,
                "amount": amount,
                "currency": currency,
            },
        )
        return
    number: int = connection.execute(
        text(
            "INSERT INTO opportunity (key, lead_id, opened_at, stage, stage_since, amount, "
            "currency) VALUES (gen_random_uuid()::text, :lead, :at, :stage, :at, :amount, "
            ":currency) RETURNING id"
        ),
        {
            "lead": lead,
            "at": one.opened_at,
            "stage": one.stages[0],
            "amount": amount,
            "currency": currency,
        },
    ).scalar_one()
    for place, stage in enumerate(one.stages[1:], 1):
        connection.execute(
            text("UPDATE opportunity SET stage = :stage, stage_since = :at WHERE id = :id"),
            {"stage": stage, "at": one.opened_at + place * DAY, "id": number},
        )
    connection.execute(
        text("UPDATE opportunity SET closed_at = :at, outcome = :outcome WHERE id = :id"),
        {"at": one.closed_at, "outcome": one.outcome, "id": number},
    )
    for before, after in zip(one.said, one.said[1:], strict=False):
        connection.execute(
            text(
                "INSERT INTO opportunity_change (opportunity_id, amount_before, currency_before, "
                "amount, currency, by, at) "
                "VALUES (:id, :was, :was_in, :amount, :currency, 'x', :at)"
            ),
            {
                "id": number,
                "was": before[1],
                "was_in": before[2],
                "amount": after[1],
                "currency": after[2],
                "at": after[0],
            },
        )


def some(chance: random.Random) -> Sold:
    """An opportunity of the last six years."""
    opened = NOW - chance.uniform(0, 2200) * DAY
    closed = opened + chance.choice((0.0, *(chance.uniform(0, 500) for _ in range(9)))) * DAY
    over = closed < NOW and chance.random() < 0.9
    said: list[tuple[datetime | None, str | None, str]] = []
    at: datetime | None = None
    for _ in range(chance.randrange(1, 4)):
        amount = chance.choice((None, "10", "20.5", "300"))
        said.append((at, amount, "" if amount is None else chance.choice(("EUR", "USD"))))
        at = max(at or opened, opened) + chance.uniform(0, 60) * DAY
    imported = closed > opened and chance.random() < 0.3
    return Sold(
        opened,
        closed if over else None,
        chance.choice(("won", "lost", "stalled")) if over else "",
        [(None, *said[-1][1:])] if imported else said,
        list(STAGES[: chance.randrange(1, 4)]),
        imported,
    )


@pytest.mark.parametrize("seed", range(3))
def test_what_is_counted_is_what_another_way_counts(connection: Connection, seed: int) -> None:
    """Rates that are off by a month, or an amount that was said later, would make each past
    forecast look better or worse than it was."""
    chance = random.Random(seed)
    lead = add_lead(connection, [(1, "known", 0.0)])
    history = [some(chance) for _ in range(150)]
    for one in history:
        add(connection, lead, one)
    bounds = forecast_bounds(NOW, SEOUL)
    moments = forecast_moments(bounds, SEOUL, 60)

    known = max((one.closed_at or one.opened_at for one in history if one.imported), default=NOW)
    assert any(one.imported and one.closed_at is None for one in history)

    closings = {(one.place, one.age): one.closings for one in age_closings(connection, bounds)}
    standing = open_then(connection, moments, "KRW")
    stages = stage_counts(connection, bounds[24], NOW)

    for place in range(len(bounds) - 1):
        for age in range(len(AGES)):
            days, won, lost = counted(history, bounds[place], bounds[place + 1], age, known)
            found = closings.get((place, age))
            assert ((found.won, found.lost) if found else (0, 0)) == (won, lost)
            assert (found.days if found else 0) == pytest.approx(days, abs=1e-5)
    expected: dict[tuple[Any, ...], Any] = defaultdict(int)
    for moment in moments:
        for one in history:
            if not (one.opened_at < moment.at and (one.closed_at or NOW) >= moment.at):
                continue
            if one.imported and moment.until > known:
                continue
            _at, amount, currency = [
                said for said in one.said if said[0] is None or said[0] < moment.at
            ][-1]
            won = (
                one.outcome == "won" and one.closed_at is not None and one.closed_at < moment.until
            )
            key = (moment.place, (moment.at - one.opened_at) // DAY, currency)
            expected[*key, "number"] += 1
            expected[*key, "amount"] += Decimal(amount or 0)
            expected[*key, "squares"] += Decimal(amount or 0) ** 2
            expected[*key, "without"] += amount is None
            expected[*key, "won"] += won
            expected[*key, "won_amount"] += Decimal(one.said[-1][1] or 0) if won else 0
    assert {key: of for key, of in rolled(standing).items() if of} == {
        key: of for key, of in expected.items() if of
    }
    for stage in stages:
        been = [
            one
            for one in history
            if not one.imported
            and stage.stage in one.stages
            and one.closed_at
            and one.closed_at >= bounds[24]
        ]
        now = [
            one
            for one in history
            if not one.imported and one.stages[-1] == stage.stage and one.closed_at is None
        ]
        assert (stage.closed, stage.won) == (
            len(been),
            sum(one.outcome == "won" for one in been),
        )
        assert stage.without_amount + sum(number for number, _a in stage.open.values()) == len(now)
        assert sum(amount for _n, amount in stage.open.values()) == sum(
            Decimal(one.said[-1][1] or 0) for one in now
        )


def test_what_was_open_at_the_import_makes_no_rate_too_high_and_is_not_open_now(
    connection: Connection,
) -> None:
    """Of a CRM with a hundred open and ten won opportunities the ten alone would count: each
    opportunity would seem to be won within days. And a win that the file dates in the future, or
    one that nobody has heard of since, is not open now."""
    lead = add_lead(connection, [(1, "known", 0.0)])
    opened, last = NOW - 400 * DAY, NOW - 380 * DAY
    said: list[tuple[datetime | None, str | None, str]] = [(None, "10", "EUR")]
    for closed, outcome, number in (
        (None, "", 100),
        (last, "won", 10),
        (NOW + 30 * DAY, "won", 3),
    ):
        for _ in range(number):
            add(connection, lead, Sold(opened, closed, outcome, said, [], imported=True))
    bounds = forecast_bounds(NOW, SEOUL)

    found = age_closings(connection, bounds)
    standing = open_then(connection, forecast_moments(bounds, SEOUL, 30), "EUR")

    assert sum(one.closings.won for one in found) == 10
    assert sum(one.closings.lost for one in found) == 0
    assert sum(one.closings.days for one in found) == pytest.approx(113 * 20)
    assert standing == []


def counted(
    history: list[Sold], begins: datetime, ends: datetime, age: int, known: datetime
) -> tuple[float, int, int]:
    """The days that opportunities were open at an age in a month, and how many were closed; of
    imported ones until what is known of them ends."""
    days, won, lost = 0.0, 0, 0
    for one in history:
        closed = one.closed_at or (known if one.imported else datetime.max.replace(tzinfo=UTC))
        first = one.opened_at + AGES[age] * DAY
        last = one.opened_at + (AGES[age + 1] if age + 1 < len(AGES) else 10_000) * DAY
        lasts = min(closed, last, ends) - max(first, begins)
        days += max(lasts, timedelta()) / DAY
        if one.closed_at and begins <= closed < ends and first <= closed < last:
            won += one.outcome == "won"
            lost += one.outcome != "won"
    return days, won, lost


def rolled(standing: Any) -> dict[tuple[Any, ...], Any]:
    """What was found, in the same shape."""
    found: dict[tuple[Any, ...], Any] = defaultdict(int)
    for one in standing:
        key = (one.place, one.age, one.currency)
        found[*key, "number"] += one.number
        found[*key, "amount"] += one.amount or 0
        found[*key, "squares"] += one.squares or 0
        found[*key, "without"] += one.without_amount
        found[*key, "won"] += one.won
        found[*key, "won_amount"] += one.won_amount or 0
    return found
