"""``/api/accounts``: companies, their leads, and holding them out of marketing."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import anyio.from_thread
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from domain.access import Action
from domain.inputs import ASKED, Code, Instant
from domain.sentences import sentence
from store.access.api_tokens import Caller
from store.consent import accounts_hold
from store.consent.accounts_hold import AccountLine, AccountRefused, LeadOfAccount, ScheduledStep
from store.published.cadences import CadenceMissing
from store.routing.presence import team_of_person
from temporal import steering
from web.api.access import Here, Place, found, may, team_of
from web.api.paging import PAGE, Cursor, Key, Limit, Page, by_id, last_id, page
from web.problems import missing, refused

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
        return _seen(connection, here, caller, account_id)


@router.get("/{account_id}/leads")
def list_account_leads(
    here: Place, caller: Reader, account_id: int, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[LeadOfAccount]:
    """The company's leads that the caller sees, in the order of their ids."""

    def after(connection: Connection, last: Key | None, most: int) -> list[LeadOfAccount]:
        _account(connection, here, caller, account_id)
        return accounts_hold.leads_of(
            connection, account_id, team=team_of(caller), after=last_id(last) or 0, limit=most
        )

    return page(here, f"leads of account {account_id}", cursor, limit, after, key=by_id)


@router.post("/{account_id}/hold")
def hold(here: Place, caller: Holder, account_id: int, body: Hold) -> AccountDetail:
    """Hold a company out of all marketing; a later one replaces an earlier one."""
    now = here.clock.now()
    try:
        with here.database.begin() as connection:
            _account(connection, here, caller, account_id)
            accounts_hold.hold(
                connection,
                account_id,
                until=body.until,
                by=caller.by,
                reason=body.reason,
                now=now,
            )
            return _seen(connection, here, caller, account_id)
    except AccountRefused as refusal:
        raise refused(str(refusal)) from None


@router.get("/{account_id}/scheduled")
def list_scheduled(
    here: Place, caller: Reader, account_id: int, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[ScheduledStep]:
    """What marketing has scheduled for the company's leads, the next first."""

    def after(connection: Connection, last: Key | None, most: int) -> list[ScheduledStep]:
        _account(connection, here, caller, account_id)
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
    try:
        with here.database.begin() as connection:
            account = _account(connection, here, caller, account_id)
            visible = _visible(connection, caller, account_id)
            done = accounts_hold.play(connection, account, body.cadence, visible)
    except (AccountRefused, CadenceMissing) as refusal:
        raise refused(str(refusal), "cadence") from None
    return PlayStarted(started=list(done.started), left_alone=list(done.left_alone))


@router.post("/{account_id}/pause")
def pause(here: Place, caller: Holder, account_id: int) -> Told:
    """Freeze the journeys of the company's leads; the time that is left stays left."""
    return _tell(here, caller, account_id, "pause")


@router.post("/{account_id}/resume")
def resume(here: Place, caller: Holder, account_id: int) -> Told:
    """Let the paused journeys of the company's leads go on."""
    return _tell(here, caller, account_id, "resume")


@router.post("/{account_id}/release")
def release(here: Place, caller: Holder, account_id: int) -> AccountDetail:
    """Let marketing write to a company again."""
    with here.database.begin() as connection:
        _account(connection, here, caller, account_id)
        accounts_hold.release(connection, account_id)
        return _seen(connection, here, caller, account_id)


def _tell(here: Here, caller: Caller, account_id: int, what: steering.Order) -> Told:
    with here.database.connect() as connection:
        _account(connection, here, caller, account_id)
        visible = _visible(connection, caller, account_id)
        running = accounts_hold.journeys_of(connection, account_id)
    told = []
    for lead_id in running:
        if lead_id in visible:
            with suppress(steering.NoJourney):
                anyio.from_thread.run(_signal, here, lead_id, what)
                told.append(lead_id)
    return Told(leads=told)


async def _signal(here: Here, lead_id: int, what: steering.Order) -> None:
    await steering.order(await here.temporal(), lead_id, what)


def _seen(connection: Connection, here: Here, caller: Caller, account_id: int) -> AccountDetail:
    account = _account(connection, here, caller, account_id)
    leads = accounts_hold.leads_of(connection, account_id, team=team_of(caller), limit=PAGE)
    return AccountDetail(account=account, leads=leads)


def _account(connection: Connection, here: Here, caller: Caller, account_id: int) -> AccountLine:
    """An SDR sees a company that a rep of the team owns, or one of its leads.

    Raises:
        Problem: 404; there is none that the caller sees.
    """
    none = sentence("There is no account {account}.", account=account_id)
    account = found(
        accounts_hold.find_account(connection, f"account-{account_id}", here.clock.now()), none
    )
    team = team_of(caller)
    if team is not None:
        owner = team_of_person(connection, account.owner)
        if owner != team and not accounts_hold.leads_of(connection, account_id, team=team, limit=1):
            raise missing(none)
    return account


def _visible(connection: Connection, caller: Caller, account_id: int) -> set[int]:
    """The ids of the company's leads that the caller sees."""
    leads = accounts_hold.leads_of(connection, account_id, team=team_of(caller))
    return {lead.id for lead in leads}
