"""Companies: not marketed to and released, played to, and all their journeys paused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection
from temporalio.client import Client

from domain.access import Action
from domain.refusals import Missing, NoJourney
from domain.sentences import sentence
from services.access import changes, found, team_of
from services.context import Context
from store.access.api_tokens import Caller
from store.consent import do_not_market
from store.consent.do_not_market import AccountLine, Play
from store.routing.presence import team_of_person
from temporal import steering

ORDERS_AT_ONCE = 10


@changes(Action.DO_NOT_MARKET, "POST /accounts/{account_id}/do-not-market", keep=("until",))
def set_do_not_market(
    context: Context,
    caller: Caller,
    account_id: int,
    *,
    until: datetime | None,
    reason: str,
) -> AccountLine:
    """Keep a company out of all marketing; a later one replaces an earlier one.

    Args:
        until: journey time, UTC; None for good.
        reason: in words.

    Raises:
        Missing: there is none that the caller sees.
        Conflict: the time will not do, the caller is nobody's code, or there is no reason.
    """
    with context.database.begin() as connection:
        seen(connection, context, caller, account_id)
        do_not_market.set_do_not_market(
            connection,
            account_id,
            until=until,
            by=caller.by,
            reason=reason,
            now=context.clock.now(),
        )
        return seen(connection, context, caller, account_id)


@changes(Action.DO_NOT_MARKET, "POST /accounts/{account_id}/release")
def release(context: Context, caller: Caller, account_id: int) -> AccountLine:
    """Let marketing write to a company again.

    Raises:
        Missing: there is none that the caller sees.
    """
    with context.database.begin() as connection:
        seen(connection, context, caller, account_id)
        do_not_market.release(connection, account_id)
        return seen(connection, context, caller, account_id)


@changes(Action.DO_NOT_MARKET, "POST /accounts/{account_id}/play", keep=("cadence",))
def play(context: Context, caller: Caller, account_id: int, cadence: str) -> Play:
    """Start a cadence now for the company's leads that are with marketing; an SDR for those of the
    team.

    Raises:
        Missing: there is none that the caller sees.
        Conflict: it is not marketed to.
        CadenceMissing: the cadence is not published.
    """
    with context.database.begin() as connection:
        account = seen(connection, context, caller, account_id)
        visible = _visible(connection, caller, account_id)
        return do_not_market.play(connection, account, cadence, visible)


@changes(Action.DO_NOT_MARKET, "POST /leads/play", keep=("leads", "cadence"))
def play_leads(context: Context, caller: Caller, leads: Sequence[int], cadence: str) -> Play:
    """Start a cadence now for those of these leads that are with marketing, unless their company is
    not marketed to; an SDR for those of the team.

    Raises:
        CadenceMissing: the cadence is not published.
    """
    with context.database.begin() as connection:
        return do_not_market.play_leads(
            connection, leads, cadence, context.clock.now(), team_of(caller)
        )


@changes(Action.DO_NOT_MARKET, "POST /accounts/{account_id}/pause")
def pause(context: Context, caller: Caller, account_id: int) -> list[int]:
    """Freeze the journeys of the company's leads; the time that is left stays left.

    Returns:
        The leads whose journeys were told.

    Raises:
        Missing, TemporalAway
    """
    return _order(context, caller, account_id, "pause")


@changes(Action.DO_NOT_MARKET, "POST /accounts/{account_id}/resume")
def resume(context: Context, caller: Caller, account_id: int) -> list[int]:
    """Let the paused journeys of the company's leads go on.

    Returns:
        The leads whose journeys were told.

    Raises:
        Missing, TemporalAway
    """
    return _order(context, caller, account_id, "resume")


def seen(connection: Connection, context: Context, caller: Caller, account_id: int) -> AccountLine:
    """A company that the caller sees: an SDR one that a rep of the team owns, or one of its leads.

    Raises:
        Missing: there is none.
    """
    none = sentence("There is no account {account}.", account=account_id)
    account = found(
        do_not_market.find_account(connection, f"account-{account_id}", context.clock.now()), none
    )
    team = team_of(caller)
    if team is None or team == team_of_person(connection, account.owner):
        return account
    if not do_not_market.leads_of(connection, account_id, team=team, limit=1):
        raise Missing(none)
    return account


def _visible(connection: Connection, caller: Caller, account_id: int) -> set[int]:
    """The ids of the company's leads that the caller sees."""
    leads = do_not_market.leads_of(connection, account_id, team=team_of(caller))
    return {lead.id for lead in leads}


def _order(context: Context, caller: Caller, account_id: int, what: steering.Order) -> list[int]:
    with context.database.connect() as connection:
        seen(connection, context, caller, account_id)
        visible = _visible(connection, caller, account_id)
        running = do_not_market.journeys_of(connection, account_id)
    leads = [lead for lead in running if lead in visible]
    return context.in_temporal(lambda client: _order_all(client, leads, what)) if leads else []


async def _order_all(client: Client, leads: Sequence[int], what: steering.Order) -> list[int]:
    """Tell the journeys of these leads; those that had one."""
    free = asyncio.Semaphore(ORDERS_AT_ONCE)

    async def tell(lead_id: int) -> bool:
        async with free:
            try:
                await steering.order(client, lead_id, what)
            except NoJourney:
                return False  # It ended a moment ago.
        return True

    told = await asyncio.gather(*(tell(lead_id) for lead_id in leads))
    return [lead_id for lead_id, was_told in zip(leads, told, strict=True) if was_told]
