"""``/api/accounts``: companies, their leads, and holding them out of marketing."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from domain.access import Action, Role
from store import accounts_hold
from store.accounts_hold import AccountLine, AccountRefused, LeadOfAccount
from store.api_tokens import Caller
from store.tables import Rep
from web.api.access import Here, Place, found, may, teams_leads
from web.api.problems import missing, refused

router = APIRouter(prefix="/accounts", tags=["accounts"])
Reader = Annotated[Caller, Depends(may(Action.READ_ACCOUNTS))]
Holder = Annotated[Caller, Depends(may(Action.HOLD_ACCOUNTS))]


class AccountDetail(BaseModel):
    """A company and its leads that the caller sees."""

    account: AccountLine
    leads: list[LeadOfAccount]


class Hold(BaseModel):
    """Keep a company out of all marketing."""

    model_config = ConfigDict(extra="forbid")

    until: AwareDatetime | None = None
    """Null: for good."""
    reason: str = Field(default="", max_length=500)


@router.get("/{account_id}")
def show(here: Place, caller: Reader, account_id: int) -> AccountDetail:
    """One company, whether marketing may write to it, and its leads."""
    with here.database.connect() as connection:
        return _seen(connection, here, caller, account_id)


@router.post("/{account_id}/hold")
def hold(here: Place, caller: Holder, account_id: int, body: Hold) -> AccountDetail:
    """Hold a company out of all marketing; a later one replaces an earlier one."""
    now = here.clock.now()
    try:
        with here.database.begin() as connection:
            _seen(connection, here, caller, account_id)
            accounts_hold.hold(
                connection,
                account_id,
                until=body.until.astimezone(UTC) if body.until else None,
                by=caller.by,
                reason=body.reason,
                now=now,
            )
            return _seen(connection, here, caller, account_id)
    except AccountRefused as refusal:
        raise refused(str(refusal), "until") from None


@router.post("/{account_id}/release")
def release(here: Place, caller: Holder, account_id: int) -> AccountDetail:
    """Let marketing write to a company again."""
    with here.database.begin() as connection:
        _seen(connection, here, caller, account_id)
        accounts_hold.release(connection, account_id)
        return _seen(connection, here, caller, account_id)


def _seen(connection: Connection, here: Here, caller: Caller, account_id: int) -> AccountDetail:
    """An SDR sees a company that a rep of the team owns, or one of its leads."""
    none = f"There is no account {account_id}."
    account = found(
        accounts_hold.find_account(connection, f"account-{account_id}", here.clock.now()), none
    )
    leads = accounts_hold.leads_of(connection, account_id)
    if caller.role == Role.SDR:
        ours = teams_leads(connection, caller, {one.id for one in leads})
        leads = [one for one in leads if one.id in ours]
        owner = connection.scalar(
            Rep.__table__.select().with_only_columns(Rep.team).where(Rep.code == account.owner)
        )
        if not leads and owner != caller.team:
            raise missing(none)
    return AccountDetail(account=account, leads=leads)
