"""What was spent, and what currencies are worth in the company's own, as it is entered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from domain.access import Action
from domain.figures.money_rows import RateRow, SpendRow, doubles
from services.access import changes
from services.context import Context
from store.access.api_tokens import Caller
from store.figures import money_tables
from store.figures.money_tables import EnteredFigures


def company_day(context: Context) -> date:
    """The day it is where the company is."""
    return context.clock.now().astimezone(ZoneInfo(context.settings.lead_time_zone)).date()


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
