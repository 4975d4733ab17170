"""``/api/accounts``: companies, their leads, and keeping them out of marketing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from domain.access import Action
from domain.inputs import ASKED, Code, Instant
from services import accounts
from services.access import team_of
from store.access.api_tokens import Caller
from store.consent import do_not_market
from store.consent.do_not_market import AccountLine, LeadOfAccount, Play, ScheduledStep
from store.views.account_page import FoundAccount, find_accounts
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Key, Limit, Page, by_id, last_id, page

router = APIRouter(prefix="/accounts", tags=["accounts"])
Reader = Annotated[Caller, Depends(may(Action.READ_ACCOUNTS))]
DoNotMarketer = Annotated[Caller, Depends(may(Action.DO_NOT_MARKET))]


class AccountDetail(BaseModel):
    """A company and the first of its leads that the caller sees; ``/accounts/{account_id}/leads``
    has all."""

    account: AccountLine
    leads: list[LeadOfAccount]


class DoNotMarketRequest(BaseModel):
    """Keep a company out of all marketing."""

    model_config = ASKED

    until: Instant | None = None
    """Null: for good."""
    reason: str = Field(default="", max_length=500)


class PlayRequest(BaseModel):
    """A published cadence."""

    model_config = ASKED

    cadence: Code


class Notified(BaseModel):
    """The leads whose journeys were told."""

    leads: list[int]


@router.get("")
def list_accounts(
    context: CurrentContext,
    caller: Reader,
    *,
    search: Annotated[
        str,
        Query(max_length=200, description="Beginnings of words in name and domain; all must fit."),
    ] = "",
    owner: Annotated[Code, Query(description="A rep.")] = "",
    do_not_market: Annotated[bool, Query(description="Only those kept out of marketing.")] = False,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[FoundAccount]:
    """Companies by name, with what is open there; an SDR's token sees its team's, and counts the
    team's leads."""
    return page(
        context,
        "accounts",
        cursor,
        limit,
        lambda connection, after, most: find_accounts(
            connection,
            context.clock.now(),
            search=search,
            owner=owner,
            do_not_market=do_not_market,
            team=team_of(caller),
            after=("", 0) if after is None else (after[0], after[1]),
            limit=most,
        ),
        key=lambda one: (one.name_key, one.id),
    )


@router.get("/{account_id}")
def show(context: CurrentContext, caller: Reader, account_id: int) -> AccountDetail:
    """One company, whether marketing may write to it, and its leads."""
    with context.database.connect() as connection:
        account = accounts.seen(connection, context, caller, account_id)
        leads = do_not_market.leads_of(connection, account_id, team=team_of(caller), limit=PAGE)
    return AccountDetail(account=account, leads=leads)


@router.get("/{account_id}/leads")
def list_account_leads(
    context: CurrentContext,
    caller: Reader,
    account_id: int,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[LeadOfAccount]:
    """The company's leads that the caller sees, in the order of their ids."""

    def after(connection: Connection, last: Key | None, most: int) -> list[LeadOfAccount]:
        accounts.seen(connection, context, caller, account_id)
        return do_not_market.leads_of(
            connection, account_id, team=team_of(caller), after=last_id(last) or 0, limit=most
        )

    return page(context, f"leads of account {account_id}", cursor, limit, after, key=by_id)


@router.post("/{account_id}/do-not-market", operation_id="set_do_not_market")
def set_do_not_market(
    context: CurrentContext, caller: DoNotMarketer, account_id: int, body: DoNotMarketRequest
) -> AccountDetail:
    """Keep a company out of all marketing; a later one replaces an earlier one."""
    accounts.set_do_not_market(context, caller, account_id, until=body.until, reason=body.reason)
    return show(context, caller, account_id)


@router.get("/{account_id}/scheduled")
def list_scheduled(
    context: CurrentContext,
    caller: Reader,
    account_id: int,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[ScheduledStep]:
    """What marketing has scheduled for the company's leads, the next first."""

    def after(connection: Connection, last: Key | None, most: int) -> list[ScheduledStep]:
        accounts.seen(connection, context, caller, account_id)
        return do_not_market.scheduled(
            connection,
            context.clock.now(),
            account_id=account_id,
            team=team_of(caller),
            after=last,
            limit=most,
        )

    return page(
        context,
        f"scheduled for account {account_id}",
        cursor,
        limit,
        after,
        key=lambda one: (one.due_at, one.enrollment_id),
    )


@router.post("/{account_id}/play")
def play(
    context: CurrentContext, caller: DoNotMarketer, account_id: int, body: PlayRequest
) -> Play:
    """Start a cadence now for the company's leads that are with marketing; an SDR for those of the
    team."""
    return accounts.play(context, caller, account_id, body.cadence)


@router.post("/{account_id}/pause")
def pause(context: CurrentContext, caller: DoNotMarketer, account_id: int) -> Notified:
    """Freeze the journeys of the company's leads; the time that is left stays left."""
    return Notified(leads=accounts.pause(context, caller, account_id))


@router.post("/{account_id}/resume")
def resume(context: CurrentContext, caller: DoNotMarketer, account_id: int) -> Notified:
    """Let the paused journeys of the company's leads go on."""
    return Notified(leads=accounts.resume(context, caller, account_id))


@router.post("/{account_id}/release")
def release(context: CurrentContext, caller: DoNotMarketer, account_id: int) -> AccountDetail:
    """Let marketing write to a company again."""
    accounts.release(context, caller, account_id)
    return show(context, caller, account_id)
