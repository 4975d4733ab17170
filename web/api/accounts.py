"""``/api/accounts``: companies, their leads, and holding them out of marketing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from domain.access import Action
from domain.inputs import ASKED, Code, Instant
from services import accounts
from services.access import team_of
from store.access.api_tokens import Caller
from store.consent import accounts_hold
from store.consent.accounts_hold import AccountLine, LeadOfAccount, ScheduledStep
from web.api.access import Place, may
from web.api.paging import PAGE, Cursor, Key, Limit, Page, by_id, last_id, page

router = APIRouter(prefix="/accounts", tags=["accounts"])
Reader = Annotated[Caller, Depends(may(Action.READ_ACCOUNTS))]
Holder = Annotated[Caller, Depends(may(Action.HOLD_ACCOUNTS))]


class AccountDetail(BaseModel):
    """A company and the first of its leads that the caller sees; ``/accounts/{account_id}/leads``
    has all."""

    account: AccountLine
    leads: list[LeadOfAccount]


class Hold(BaseModel):
    """Keep a company out of all marketing."""

    model_config = ASKED

    until: Instant | None = None
    """Null: for good."""
    reason: str = Field(default="", max_length=500)


class PlayRequest(BaseModel):
    """A published cadence."""

    model_config = ASKED

    cadence: Code


class PlayStarted(BaseModel):
    """The leads that begin the cadence, and those in sales' hands or without a journey."""

    started: list[LeadOfAccount]
    left_alone: list[LeadOfAccount]


class Told(BaseModel):
    """The leads whose journeys were told."""

    leads: list[int]


@router.get("/{account_id}")
def show(here: Place, caller: Reader, account_id: int) -> AccountDetail:
    """One company, whether marketing may write to it, and its leads."""
    with here.database.connect() as connection:
        account = accounts.seen(connection, here, caller, account_id)
        leads = accounts_hold.leads_of(connection, account_id, team=team_of(caller), limit=PAGE)
    return AccountDetail(account=account, leads=leads)


@router.get("/{account_id}/leads")
def list_account_leads(
    here: Place, caller: Reader, account_id: int, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[LeadOfAccount]:
    """The company's leads that the caller sees, in the order of their ids."""

    def after(connection: Connection, last: Key | None, most: int) -> list[LeadOfAccount]:
        accounts.seen(connection, here, caller, account_id)
        return accounts_hold.leads_of(
            connection, account_id, team=team_of(caller), after=last_id(last) or 0, limit=most
        )

    return page(here, f"leads of account {account_id}", cursor, limit, after, key=by_id)


@router.post("/{account_id}/hold")
def hold(here: Place, caller: Holder, account_id: int, body: Hold) -> AccountDetail:
    """Hold a company out of all marketing; a later one replaces an earlier one."""
    accounts.hold(here, caller, account_id, until=body.until, reason=body.reason)
    return show(here, caller, account_id)


@router.get("/{account_id}/scheduled")
def list_scheduled(
    here: Place, caller: Reader, account_id: int, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[ScheduledStep]:
    """What marketing has scheduled for the company's leads, the next first."""

    def after(connection: Connection, last: Key | None, most: int) -> list[ScheduledStep]:
        accounts.seen(connection, here, caller, account_id)
        return accounts_hold.scheduled(
            connection,
            here.clock.now(),
            account_id=account_id,
            team=team_of(caller),
            after=last,
            limit=most,
        )

    return page(
        here,
        f"scheduled for account {account_id}",
        cursor,
        limit,
        after,
        key=lambda one: (one.due_at, one.enrollment_id),
    )


@router.post("/{account_id}/play")
def play(here: Place, caller: Holder, account_id: int, body: PlayRequest) -> PlayStarted:
    """Start a cadence now for the company's leads that are with marketing; an SDR for those of the
    team."""
    done = accounts.play(here, caller, account_id, body.cadence)
    return PlayStarted(started=list(done.started), left_alone=list(done.left_alone))


@router.post("/{account_id}/pause")
def pause(here: Place, caller: Holder, account_id: int) -> Told:
    """Freeze the journeys of the company's leads; the time that is left stays left."""
    return Told(leads=accounts.pause(here, caller, account_id))


@router.post("/{account_id}/resume")
def resume(here: Place, caller: Holder, account_id: int) -> Told:
    """Let the paused journeys of the company's leads go on."""
    return Told(leads=accounts.resume(here, caller, account_id))


@router.post("/{account_id}/release")
def release(here: Place, caller: Holder, account_id: int) -> AccountDetail:
    """Let marketing write to a company again."""
    accounts.release(here, caller, account_id)
    return show(here, caller, account_id)
