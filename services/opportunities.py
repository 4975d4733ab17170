"""Sales: opened beside a journey, moved on and closed; what they are worth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypedDict

from sqlalchemy import Connection

from domain.access import Action
from domain.money import checked_amount, checked_currency
from domain.refusals import Conflict, Invalid
from domain.sentences import sentence
from domain.tasks.completion import Completion
from services.access import changes, found, may_see
from services.context import Context
from services.tasks import finish
from store.access.api_tokens import Caller
from store.opportunities.opportunities import open_beside
from store.opportunities.terms import KnownTerms, set_terms, terms_of
from store.views.opportunity_list import OpportunityLine, find_opportunity


class SaidTerms(TypedDict, total=False):
    """What is said of the money of an opportunity; what is left out stays as it is.

    ``amount`` None: nobody knows any more. ``currency`` '': that of the amount so far, else the
    company's. ``expected_close`` None: nobody can say.
    """

    amount: Decimal | None
    currency: str
    expected_close: date | None


@changes(Action.WORK_OPPORTUNITIES, "POST /opportunities")
def open_another(
    context: Context, caller: Caller, lead_id: int, name: str, said: SaidTerms | None = None
) -> OpportunityLine:
    """Open another opportunity with a lead, beside whatever its journey does now.

    Args:
        name: what it is about.
        said: what it is worth and when it closes, as far as that is known.

    Raises:
        Missing: there is no such lead for this caller.
        Invalid: as :func:`change_terms`.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        made = open_beside(connection, lead_id=lead_id, name=name, at=context.clock.now())
        if said:
            _say(context, connection, caller, made, said)
        return found(find_opportunity(connection, made), "")


@changes(Action.WORK_OPPORTUNITIES, "PATCH /opportunities/{opportunity_id}")
def change_terms(
    context: Context, caller: Caller, opportunity_id: int, said: SaidTerms
) -> OpportunityLine:
    """Say what an opportunity is worth and when it is expected to close; one that is closed too.
    What it was before is kept.

    Raises:
        Missing: there is none for this caller.
        Invalid: no such currency, no such amount in it, or a currency without an amount.
    """
    with context.database.begin() as connection:
        seen(connection, caller, opportunity_id)
        _say(context, connection, caller, opportunity_id, said)
        return found(find_opportunity(connection, opportunity_id), "")


def _say(
    context: Context, connection: Connection, caller: Caller, opportunity_id: int, said: SaidTerms
) -> None:
    before = terms_of(connection, opportunity_id)
    amount = said.get("amount", before.amount)
    expected_close = said.get("expected_close", before.expected_close)
    written = said.get("currency", "").strip()
    currency = checked_currency(written) if written else before.currency
    if amount is None:
        if written:
            raise Invalid(sentence("Say the amount too: a currency alone is no money."), "amount")
        terms = KnownTerms(None, "", expected_close)
    else:
        currency = currency or context.settings.company_currency
        terms = KnownTerms(checked_amount(amount, currency), currency, expected_close)
    set_terms(connection, opportunity_id, terms, by=caller.by, at=context.clock.now())


@changes(Action.WORK_OPPORTUNITIES, "POST /opportunities/{opportunity_id}/advance")
def advance(
    context: Context, caller: Caller, opportunity_id: int, completion: Completion
) -> OpportunityLine:
    """Move an opportunity to its next stage, by ending the task its owner has; the opportunity as
    it was.

    Raises:
        Missing: there is none for this caller.
        Conflict: it is closed, or has no open task.
        TaskOver, TaskRefused: see :func:`services.tasks.complete`.
    """
    return _answer(context, caller, opportunity_id, completion)


@changes(
    Action.WORK_OPPORTUNITIES, "POST /opportunities/{opportunity_id}/close", keep=("disposition",)
)
def close(
    context: Context, caller: Caller, opportunity_id: int, completion: Completion
) -> OpportunityLine:
    """Close an opportunity, by ending the task its owner has; the opportunity as it was.

    Args:
        completion: with the disposition won, lost or no_outcome.

    Raises:
        Missing, Conflict, TaskOver, TaskRefused: as :func:`advance`.
    """
    return _answer(context, caller, opportunity_id, completion)


def seen(connection: Connection, caller: Caller, opportunity_id: int) -> OpportunityLine:
    """An opportunity with a lead that the caller sees.

    Raises:
        Missing: there is none.
    """
    line = found(
        find_opportunity(connection, opportunity_id), f"There is no opportunity {opportunity_id}."
    )
    may_see(connection, caller, line.lead_id)
    return line


def _answer(
    context: Context, caller: Caller, opportunity_id: int, completion: Completion
) -> OpportunityLine:
    with context.database.connect() as connection:
        line = seen(connection, caller, opportunity_id)
    if line.outcome:
        raise Conflict(
            f"Opportunity {opportunity_id} was closed on {line.closed_at:%Y-%m-%d}: {line.outcome}."
        )
    if line.task_id is None:
        raise Conflict(
            f"Opportunity {opportunity_id} has no open task now: its workflow opens one in a "
            "moment, or its journey is paused."
        )
    finish(context, caller, line.task_id, completion)
    return line
