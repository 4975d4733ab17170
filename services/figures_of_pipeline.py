"""How the open opportunities changed, and what they will bring."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from domain.access import Action
from domain.figures.forecast import (
    OBSERVED_MONTHS,
    ForecastCounts,
    ForecastReport,
    ForecastRow,
    forecast_bounds,
    forecast_moments,
    forecast_report,
)
from domain.figures.pipeline import ClosingWindow, PipelineReport, pipeline_report
from domain.money import checked_amount, checked_currency
from domain.refusals import Invalid
from domain.sales.opportunities import OpportunityPolicy
from domain.sentences import sentence
from services.access import authorise
from services.context import Context
from services.figures_of_money import period_of_money
from store.access.api_tokens import Caller
from store.figures import forecast as facts
from store.figures import money_tables
from store.figures.pipeline import standings
from store.published.policies import PolicyMissing, policy

WHENEVER = ClosingWindow(None, None)
FORECAST_DAYS = 90
MOST_DAYS = 365


def pipeline(
    context: Context,
    caller: Caller,
    *,
    begins: date | None = None,
    ends: date | None = None,
    closing: ClosingWindow = WHENEVER,
    target: Decimal | None = None,
    target_currency: str = "",
) -> PipelineReport:
    """How the open opportunities changed between two dates, in the company's currency.

    Args:
        begins: first day, the company's; 90 days before ``ends`` when left out.
        ends: the day after the last one; tomorrow when left out, so that today is in it.
        closing: only those that are expected to close then.
        target: what is to be won in the period.
        target_currency: of the target; '' for the company's.

    Raises:
        Forbidden: the caller may not read what leads bring.
        Invalid: no such period, one that is not over yet, no such currency, or one without a rate
            for the last day.
    """
    authorise(caller, Action.READ_MONEY)
    days = period_of_money(context, begins, ends)
    own = context.settings.company_currency
    if target_currency:
        target_currency = checked_currency(target_currency, "target_currency")
    if target is not None:
        target = checked_amount(target, target_currency or own, "target")
    with context.database.connect() as connection:
        found = standings(connection, days)
        rates = money_tables.dated_rates(connection, own)
    return pipeline_report(
        found,
        closing,
        rates,
        begins=days.begins,
        ends=days.ends,
        last=days.ends - timedelta(days=1),
        target=target,
        target_currency=target_currency,
    )


def forecast(context: Context, caller: Caller, days: int = FORECAST_DAYS) -> ForecastReport:
    """What the opportunities that are open now will bring within so many days, weighted by the
    stages that they are in, and what such forecasts were worth in the past.

    Raises:
        Forbidden: the caller may not read what leads bring.
        Invalid: fewer days than one or more than a year, or an amount is in a currency without a
            rate for today.
    """
    authorise(caller, Action.READ_MONEY)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(
            sentence("A forecast is of 1 to {most} days.", most=MOST_DAYS),
            "days",
        )
    zone, now = context.settings.company_time_zone, context.clock.now()
    own = context.settings.company_currency
    bounds = forecast_bounds(now, zone)
    moments = forecast_moments(bounds, zone, days)
    with context.database.connect() as connection:
        order = _stages(connection)
        stages = facts.stage_counts(connection, bounds[-2 - OBSERVED_MONTHS], now)
        counts = ForecastCounts(
            facts.age_closings(connection, bounds),
            facts.open_then(connection, moments, own),
            sorted(stages, key=lambda one: order.get(one.stage, len(order))),
        )
        rates = money_tables.dated_rates(connection, own)
    return forecast_report(moments, counts, rates, days=days, time_zone=zone)


def forecast_rows(found: ForecastReport) -> list[ForecastRow]:
    """The forecasts as a table: those of past months, then that of now."""
    return [*found.months, found.now]


def _stages(connection: Connection) -> dict[str, int]:
    """The stages of opportunities that are published, with their places."""
    try:
        listed = policy(connection, OpportunityPolicy).stages
    except PolicyMissing:
        return {}
    return {stage.name: place for place, stage in enumerate(listed)}
