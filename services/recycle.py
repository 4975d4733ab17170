"""Leads that rest: when they come back and to what, reactivated, extended, closed out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from domain.access import Action
from domain.contracts.journey import EventCode
from domain.sales.recycle import ASKED_FOR
from services.access import changes, may_see, team_of
from services.context import Context
from store.access.api_tokens import Caller
from store.recycle import recycle, recycle_pool
from store.recycle.recycle_pool import PoolFilter

AT_ONCE = 500
"""Leads that are decided about in one transaction."""


@dataclass(frozen=True)
class RecycleDecided:
    """How many leads it was decided about. ``left`` are as they were: not recycled any more, or to
    rest that long already."""

    leads: int
    left: int


@changes(Action.CHANGE_RECYCLE, "POST /recycle/{lead_id}/until", keep=("until",))
def return_on(
    context: Context, caller: Caller, lead_id: int, until: date, why: str = ASKED_FOR
) -> bool:
    """Set the day on which a lead comes back, whatever the policy says; one that is not recycled
    keeps it for when it is.

    Args:
        until: in the lead's own time zone.
        why: a code; a lead that ``asked_for`` the day is called on it.

    Returns:
        Whether it is recycled now.

    Raises:
        Missing: there is no such lead for this caller.
        RecycleRefused: the day is not to come, or too far away, or ``why`` is no code.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        return recycle.return_on(connection, lead_id, until, context.clock.now(), why=why)


@changes(Action.CHANGE_RECYCLE, "POST /recycle/{lead_id}/return-to", keep=("cadence",))
def return_to(context: Context, caller: Caller, lead_id: int, cadence: str) -> None:
    """Choose the cadence a lead comes back to; '' for the policy's again.

    Raises:
        Missing: there is no such lead for this caller.
        CadenceMissing: the cadence is not published.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        recycle.choose_cadence(connection, lead_id, cadence)


@changes(Action.CHANGE_RECYCLE, "POST /recycle/{lead_id}/reactivate")
def reactivate(context: Context, caller: Caller, lead_id: int) -> None:
    """Bring a recycled lead back now, to the nurture it would have come back to.

    Raises:
        Missing: there is no such lead for this caller.
        RecycleRefused: it is not recycled.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        recycle.reactivate(connection, lead_id)


@changes(Action.CHANGE_RECYCLE, "POST /recycle/{lead_id}/extend", keep=("until",))
def extend(context: Context, caller: Caller, lead_id: int, until: date) -> None:
    """Let a recycled lead rest longer than it was to.

    Raises:
        Missing: there is no such lead for this caller.
        RecycleRefused: it is not recycled, or rests that long already, or the day will not do.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        recycle.extend(connection, lead_id, until, context.clock.now())


@changes(Action.CHANGE_RECYCLE, "POST /recycle/{lead_id}/close-out")
def close_out(context: Context, caller: Caller, lead_id: int) -> None:
    """Let a recycled lead go; should it write or book one day, it comes back all the same.

    Raises:
        Missing: there is no such lead for this caller.
        RecycleRefused: it is not recycled.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        recycle.close_out(connection, lead_id)


@changes(Action.CHANGE_RECYCLE, "POST /recycle/reactivate", keep=("leads",))
def reactivate_many(context: Context, caller: Caller, chosen: PoolFilter) -> RecycleDecided:
    """Bring many recycled leads back now."""
    return _decide_many(
        context,
        caller,
        chosen,
        lambda c, ids: recycle_pool.notify_many(c, ids, EventCode.REACTIVATED),
    )


@changes(Action.CHANGE_RECYCLE, "POST /recycle/extend", keep=("leads", "until"))
def extend_many(
    context: Context, caller: Caller, chosen: PoolFilter, until: date
) -> RecycleDecided:
    """Let many recycled leads rest longer.

    Args:
        until: in the time zone of each.

    Raises:
        RecycleRefused: the day has come somewhere, or is too far away.
    """
    now = context.clock.now()
    recycle_pool.refuse_day(until, now)
    return _decide_many(
        context, caller, chosen, lambda c, ids: recycle_pool.extend_many(c, ids, until, now)
    )


@changes(Action.CHANGE_RECYCLE, "POST /recycle/close-out", keep=("leads",))
def close_out_many(context: Context, caller: Caller, chosen: PoolFilter) -> RecycleDecided:
    """Let many recycled leads go; one that writes or books one day comes back all the same."""
    return _decide_many(
        context,
        caller,
        chosen,
        lambda c, ids: recycle_pool.notify_many(c, ids, EventCode.CLOSED_OUT),
    )


def _decide_many(
    context: Context,
    caller: Caller,
    chosen: PoolFilter,
    decision: Callable[[Connection, Sequence[int]], int],
) -> RecycleDecided:
    with context.database.connect() as connection:
        ids = recycle_pool.pool_ids(connection, replace(chosen, team=team_of(caller)))
    decided = 0
    # Not all at once: what happens to these leads meanwhile waits for the locks on them.
    for begin in range(0, len(ids), AT_ONCE):
        with context.database.begin() as connection:
            decided += decision(connection, ids[begin : begin + AT_ONCE])
    return RecycleDecided(decided, len(chosen.leads or ids) - decided)
