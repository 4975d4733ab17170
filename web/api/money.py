"""``/api/spend``, ``/api/exchange-rates`` and ``/api/restatements``: what was spent, and what
currencies are worth in the company's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, BeforeValidator, Field, model_validator
from sqlalchemy import Connection

from domain.access import Action
from domain.figures.money_rows import (
    LONGEST,
    RateRow,
    SpendRow,
    checked_rate,
    checked_spend,
    name_of,
)
from domain.inputs import ASKED, Code, Day
from domain.money import Amount
from domain.refusals import Invalid
from services import figures_of_money
from store.access.api_tokens import Caller
from store.figures.money_tables import (
    EnteredFigures,
    RateLine,
    RestatementLine,
    SpendLine,
    list_rates,
    list_restatements,
    list_spend,
)
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Key, Limit, Page, page, page_by_id

router = APIRouter(tags=["money"])
READS = [Depends(may(Action.READ_MONEY))]
Enterer = Annotated[Caller, Depends(may(Action.ENTER_MONEY))]
MOST_ROWS = 10_000
Asked = TypeVar("Asked")
Row = TypeVar("Row")


def _month(written: object) -> object:
    return f"{written}-01" if isinstance(written, str) and len(written) == 7 else written


class NewSpend(BaseModel):
    """What was spent on a source and a campaign of it, in one day or in one month."""

    model_config = ASKED

    source: str = Field(max_length=LONGEST)
    campaign: str = Field(default="", max_length=LONGEST)
    day: Day | None = None
    month: Annotated[Day | None, BeforeValidator(_month)] = Field(
        default=None, examples=["2026-05"]
    )
    amount: Amount
    currency: Code = ""
    """ISO 4217; empty: the company's."""

    @model_validator(mode="after")
    def _one_span(self) -> NewSpend:
        if (self.day is None) == (self.month is None):
            raise ValueError("say either the day or the month")
        return self


class NewRate(BaseModel):
    """What one unit of a currency is worth in the company's, from a day until the next one."""

    model_config = ASKED

    currency: Code
    day: Day
    rate: Amount


class SpendRows(BaseModel):
    """Figures of spend, no two of the same source, campaign and time."""

    model_config = ASKED

    rows: list[NewSpend] = Field(min_length=1, max_length=MOST_ROWS)


class RateRows(BaseModel):
    """Exchange rates, no two of the same currency and day."""

    model_config = ASKED

    rows: list[NewRate] = Field(min_length=1, max_length=MOST_ROWS)


class RefusedRow(BaseModel):
    """A row that was not taken: its place among those that were sent, from 0, and why."""

    row: int
    reason: str


class RowsEntered(BaseModel):
    """What became of the rows: those that were new, the same as before, or replace a figure, which
    is on record; and those that were not taken. The others are in."""

    new: int
    unchanged: int
    restated: int
    refused: list[RefusedRow]


@router.get("/spend", dependencies=READS)
def list_spent(
    context: CurrentContext,
    *,
    source: Annotated[str, Query(max_length=LONGEST, description="Only this one.")] = "",
    begins: Annotated[
        date | None, Query(alias="from", description="Only from this day on.")
    ] = None,
    ends: Annotated[date | None, Query(alias="to", description="Only before this day.")] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[SpendLine]:
    """What was spent on sources and campaigns by day or month, what was entered last first."""

    def read(connection: Connection, *, before: int | None, limit: int) -> Sequence[SpendLine]:
        return list_spend(
            connection,
            source=name_of(source),
            begins=begins,
            ends=ends,
            before=before,
            limit=limit,
        )

    return page_by_id(context, "spend", cursor, limit, read)


@router.post("/spend", operation_id="enter_spend")
def enter_spend(context: CurrentContext, caller: Enterer, body: SpendRows) -> RowsEntered:
    """Enter what was spent. The same again changes nothing; another figure for the same source,
    campaign and time replaces it, and what it was is kept."""
    today = figures_of_money.company_day(context)

    def checked(one: NewSpend) -> SpendRow:
        return checked_spend(
            source=one.source,
            campaign=one.campaign,
            span="month" if one.month else "day",
            day=one.month or one.day or today,
            amount=one.amount,
            currency=one.currency or context.settings.company_currency,
            today=today,
        )

    good, wrong = _sorted(body.rows, checked)
    outcome = figures_of_money.enter_spend(context, caller, [row for _, row in good])
    return _told(outcome, [place for place, _ in good], wrong)


@router.get("/exchange-rates", dependencies=READS)
def list_exchange_rates(
    context: CurrentContext, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[RateLine]:
    """What one unit of each currency is worth in the company's, by currency and day."""
    into = context.settings.company_currency

    def read(connection: Connection, after: Key | None, most: int) -> Sequence[RateLine]:
        last = None if after is None else (str(after[0]), after[1])
        return list_rates(connection, into, after=last, limit=most)

    return page(
        context,
        f"rates in {into}",
        cursor,
        limit,
        read,
        key=lambda one: (one.currency, one.day),
    )


@router.post("/exchange-rates", operation_id="enter_exchange_rates")
def enter_exchange_rates(context: CurrentContext, caller: Enterer, body: RateRows) -> RowsEntered:
    """Enter what currencies are worth in the company's own; as with spend."""
    into = context.settings.company_currency

    def checked(one: NewRate) -> RateRow:
        return checked_rate(one.currency, one.day, Decimal(one.rate), into)

    good, wrong = _sorted(body.rows, checked)
    outcome = figures_of_money.enter_rates(context, caller, [row for _, row in good])
    return _told(outcome, [place for place, _ in good], wrong)


@router.get("/restatements", dependencies=READS)
def list_restated(
    context: CurrentContext, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[RestatementLine]:
    """Figures of spend and rates that were replaced, by whom and when: the newest first."""
    return page_by_id(context, "restatements", cursor, limit, list_restatements)


def _sorted(
    rows: Sequence[Asked], checked: Callable[[Asked], Row]
) -> tuple[list[tuple[int, Row]], dict[int, str]]:
    good: list[tuple[int, Row]] = []
    wrong: dict[int, str] = {}
    for place, one in enumerate(rows):
        try:
            good.append((place, checked(one)))
        except Invalid as refusal:
            wrong[place] = str(refusal)
    return good, wrong


def _told(outcome: EnteredFigures, places: Sequence[int], wrong: dict[int, str]) -> RowsEntered:
    refused = wrong | {places[place]: why for place, why in outcome.refused.items()}
    return RowsEntered(
        new=outcome.new,
        unchanged=outcome.unchanged,
        restated=outcome.restated,
        refused=[RefusedRow(row=place, reason=why) for place, why in sorted(refused.items())],
    )
