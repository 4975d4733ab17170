"""Sales: opened beside a journey, moved on and closed."""

from __future__ import annotations

from sqlalchemy import Connection

from domain.access import Action
from domain.refusals import Conflict
from domain.tasks.completion import Completion
from services.access import changes, found, may_see
from services.context import Context
from services.tasks import finish
from store.access.api_tokens import Caller
from store.opportunities.opportunities import open_beside
from store.views.opportunity_list import OpportunityLine, find_opportunity


@changes(Action.WORK_OPPORTUNITIES, "POST /opportunities")
def open_another(context: Context, caller: Caller, lead_id: int, name: str) -> OpportunityLine:
    """Open another opportunity with a lead, beside whatever its journey does now.

    Args:
        name: what it is about.

    Raises:
        Missing: there is no such lead for this caller.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        made = open_beside(connection, lead_id=lead_id, name=name, at=context.clock.now())
        return found(find_opportunity(connection, made), "")


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
