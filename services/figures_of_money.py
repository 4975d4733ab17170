"""What was spent and what currencies are worth in the company's own, as it is entered; and what
leads and wins cost and bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from domain.access import Action
from domain.figures.attribution import AttributionModel
from domain.figures.money import MoneyBy, MoneyReport, money_report
from domain.figures.money_rows import RateRow, SpendRow, doubles
from domain.figures.periods import Period, period, today_in
from services.access import authorise, changes
from services.context import Context
from services.figures import fresh_facts, one_of
from store.access.api_tokens import Caller
from store.figures import money_tables
from store.figures.money import money_counts
from store.figures.money_tables import EnteredFigures

DEFAULT_PERIOD = timedelta(days=90)


def company_day(context: Context) -> date:
    """The day it is where the company is."""
    return today_in(context.settings.company_time_zone, context.clock.now())


def report_on_money(
    context: Context,
    caller: Caller,
    *,
    begins: date | None = None,
    ends: date | None = None,
    by: str = MoneyBy.SOURCE,
    model: str = AttributionModel.W,
) -> MoneyReport:
    """What leads, MQLs and wins cost and bring, by source or campaign, in the company's currency.

    Args:
        begins: first day, the company's; 90 days before ``ends`` when left out.
        ends: the day after the last one; tomorrow when left out, so that today is in it.
        by: source or campaign.
        model: how wins are credited: first, last or w.

    Raises:
        Forbidden: the caller may not read what leads cost.
        Invalid: no such dimension or model, no such period, one that is not over yet, or a currency
            without a rate for its day.
    """
    authorise(caller, Action.READ_MONEY)
    dimension = one_of(MoneyBy, by, "by")
    way = one_of(AttributionModel, model, "model")
    days = period_of_money(context, begins, ends)
    with fresh_facts(context) as (connection, behind):
        counts = money_counts(connection, days, way)
        rates = money_tables.dated_rates(connection, context.settings.company_currency)
    found = money_report(counts, rates, begins=days.begins, ends=days.ends, by=dimension, model=way)
    return replace(found, behind=behind)


def period_of_money(context: Context, begins: date | None, ends: date | None) -> Period:
    """The period that is asked for; without a first day the last 90 days.

    Raises:
        Invalid: there is no such period, or it is not over yet.
    """
    first = (ends or company_day(context) + timedelta(days=1)) - DEFAULT_PERIOD
    zone = context.settings.company_time_zone
    return period(begins, ends, first=first, time_zone=zone, now=context.clock.now())


@changes(Action.ENTER_MONEY, "POST /spend")
def enter_spend(context: Context, caller: Caller, rows: Sequence[SpendRow]) -> EnteredFigures:
    """Enter what was spent on sources and campaigns. The same again changes nothing; another figure
    for the same replaces it, and that is kept."""
    refused = doubles([row.of for row in rows])
    places = [place for place in range(len(rows)) if place not in refused]
    with context.database.begin() as connection:
        outcome = money_tables.enter_spend(
            connection, [rows[one] for one in places], by=caller.by, at=context.clock.now()
        )
    return _by_place(outcome, places, refused)


@changes(Action.ENTER_MONEY, "POST /exchange-rates")
def enter_rates(context: Context, caller: Caller, rows: Sequence[RateRow]) -> EnteredFigures:
    """Enter what currencies are worth in the company's, each from a day on; as
    :func:`enter_spend`."""
    refused = doubles([row[:2] for row in rows])
    places = [place for place in range(len(rows)) if place not in refused]
    with context.database.begin() as connection:
        outcome = money_tables.enter_rates(
            connection,
            [rows[one] for one in places],
            context.settings.company_currency,
            by=caller.by,
            at=context.clock.now(),
        )
    return _by_place(outcome, places, refused)


def _by_place(
    outcome: EnteredFigures, places: Sequence[int], refused: dict[int, str]
) -> EnteredFigures:
    late = {places[place]: why for place, why in outcome.refused.items()}
    outcome.refused = dict(sorted((refused | late).items()))
    return outcome
