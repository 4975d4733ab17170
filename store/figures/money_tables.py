"""Spend and exchange rates: entered, replaced with a record of it, listed. Times are journey time,
UTC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.figures.money_rows import RateRow, SpendRow
from domain.money import DatedRates
from domain.sentences import sentence
from store.tables import ExchangeRate, Restatement, Spend

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('figures of money'))")


@dataclass
class EnteredFigures:
    """What became of rows that were entered. ``refused`` has the place of a row among them and why
    it was not taken."""

    new: int = 0
    unchanged: int = 0
    restated: int = 0
    refused: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SpendLine:
    """What was spent; ``at`` is when it was entered so, journey time, UTC."""

    id: int
    source: str
    campaign: str
    span: str
    day: date
    amount: Decimal
    currency: str
    by: str
    at: datetime


@dataclass(frozen=True)
class RateLine:
    """What one unit of ``currency`` is worth in ``into_currency`` from ``day`` until the next."""

    currency: str
    into_currency: str
    day: date
    rate: Decimal
    by: str
    at: datetime


@dataclass(frozen=True)
class RestatementLine:
    """A figure that was replaced; ``at`` is journey time, UTC."""

    id: int
    kind: str
    of: str
    before: str
    after: str
    by: str
    at: datetime


def enter_spend(
    connection: Connection, rows: Sequence[SpendRow], *, by: str, at: datetime
) -> EnteredFigures:
    """Enter what was spent. The same figure again changes nothing, another one for the same
    replaces it; a month and days of it for one campaign would count twice, so that is refused.

    Args:
        rows: no two of the same.
        by: who says so.
        at: journey time, UTC.
    """
    connection.execute(_ONE_AT_A_TIME)
    sources = sorted({one.source for one in rows})
    found = connection.execute(select(*Spend.__table__.c).where(Spend.source.in_(sources)))
    known = {(one.source, one.campaign, one.span, one.day): one for one in found}
    months: dict[tuple[str, str, date], set[str]] = defaultdict(set)
    for source, campaign, span, day in known:
        months[source, campaign, day.replace(day=1)].add(span)
    outcome = EnteredFigures()
    for place, row in enumerate(rows):
        spans = months[row.source, row.campaign, row.day.replace(day=1)]
        if spans - {row.span}:
            outcome.refused[place] = _both(row)
            continue
        spans.add(row.span)
        before = known.get(row.of)
        if before is None:
            connection.execute(insert(Spend).values(**row._asdict(), by=by, at=at))
            outcome.new += 1
        elif (before.amount, before.currency) == (row.amount, row.currency):
            outcome.unchanged += 1
        else:
            values = {"amount": row.amount, "currency": row.currency, "by": by, "at": at}
            connection.execute(update(Spend).where(Spend.id == before.id).values(**values))
            outcome.restated += 1
            month = f"{row.day:%Y-%m}" if row.span == "month" else f"{row.day}"
            was, is_now = (f"{one.currency} {one.amount:f}" for one in (before, row))
            of = f"{row.source} / {row.campaign or '-'} / {month}"
            _restate(connection, kind="spend", of=of, before=was, after=is_now, by=by, at=at)
    return outcome


def _both(row: SpendRow) -> str:
    if row.span == "month":
        return sentence(
            "Days of {month} were entered for this source and campaign: enter the month or its "
            "days, not both.",
            month=f"{row.day:%Y-%m}",
        )
    return sentence(
        "The whole of {month} was entered for this source and campaign: enter the month or its "
        "days, not both.",
        month=f"{row.day:%Y-%m}",
    )


def enter_rates(
    connection: Connection, rows: Sequence[RateRow], into: str, *, by: str, at: datetime
) -> EnteredFigures:
    """Enter what currencies are worth in ``into``; as :func:`enter_spend`."""
    connection.execute(_ONE_AT_A_TIME)
    found = connection.execute(
        select(*ExchangeRate.__table__.c).where(ExchangeRate.into_currency == into)
    )
    known = {(one.currency, one.day): one.rate for one in found}
    outcome = EnteredFigures()
    for row in rows:
        before = known.get((row.currency, row.day))
        if before == row.rate:
            outcome.unchanged += 1
            continue
        values = {"rate": row.rate, "by": by, "at": at}
        connection.execute(
            upsert(ExchangeRate)
            .values(currency=row.currency, into_currency=into, day=row.day, **values)
            .on_conflict_do_update(index_elements=["currency", "into_currency", "day"], set_=values)
        )
        if before is None:
            outcome.new += 1
        else:
            outcome.restated += 1
            of = f"{row.currency} to {into} / {row.day}"
            was, is_now = f"{before:f}", f"{row.rate:f}"
            _restate(connection, kind="rate", of=of, before=was, after=is_now, by=by, at=at)
    return outcome


def _restate(connection: Connection, **values: str | datetime) -> None:
    connection.execute(insert(Restatement).values(**values))


def dated_rates(connection: Connection, into: str) -> DatedRates:
    """What currencies are worth in ``into``, whenever."""
    rates: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for row in connection.execute(
        select(ExchangeRate.currency, ExchangeRate.day, ExchangeRate.rate).where(
            ExchangeRate.into_currency == into
        )
    ):
        rates[row.currency][row.day] = row.rate
    return DatedRates(into, rates)


def list_spend(
    connection: Connection,
    *,
    source: str = "",
    begins: date | None = None,
    ends: date | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[SpendLine]:
    """What was spent, what was entered last first.

    Args:
        source: only this one; '' for all.
        begins: only from this day on.
        ends: only before this day.
        before: the last one of the page before.
    """
    query = select(*Spend.__table__.c).order_by(Spend.id.desc()).limit(limit)
    if source:
        query = query.where(Spend.source == source)
    if begins is not None:
        query = query.where(Spend.day >= begins)
    if ends is not None:
        query = query.where(Spend.day < ends)
    if before is not None:
        query = query.where(Spend.id < before)
    return [SpendLine(**row._mapping) for row in connection.execute(query)]


def list_rates(
    connection: Connection,
    into: str,
    *,
    after: tuple[str, date] | None = None,
    limit: int = 100,
) -> list[RateLine]:
    """What currencies are worth in ``into``, by currency and day.

    Args:
        after: currency and day of the last one of the page before.
    """
    query = (
        select(*ExchangeRate.__table__.c)
        .where(ExchangeRate.into_currency == into)
        .order_by(ExchangeRate.currency, ExchangeRate.day)
        .limit(limit)
    )
    if after is not None:
        query = query.where(
            func.row(ExchangeRate.currency, ExchangeRate.day) > func.row(after[0], after[1])
        )
    return [RateLine(**row._mapping) for row in connection.execute(query)]


def list_restatements(
    connection: Connection, *, before: int | None = None, limit: int = 100
) -> list[RestatementLine]:
    """Figures that were replaced, the newest first."""
    query = select(*Restatement.__table__.c).order_by(Restatement.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Restatement.id < before)
    return [RestatementLine(**row._mapping) for row in connection.execute(query)]
