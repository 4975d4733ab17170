"""``/api/suppressions``: who gets no mail, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from domain.access import Action
from domain.consent.policy import LIFTED_BY_THE_LEAD
from domain.email.addresses import address_key
from domain.inputs import ASKED
from domain.lead_files.row import RejectedRowError, checked_email
from domain.sentences import sentence
from store.access.api_tokens import Caller
from store.consent import consent
from store.consent.suppressions import SuppressionLine, lead_with, list_suppressions
from web.api.access import Here, Place, may, sees, team_of
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page
from web.problems import invalid, missing, refused

router = APIRouter(prefix="/suppressions", tags=["suppressions"])
Reader = Annotated[Caller, Depends(may(Action.READ_SUPPRESSIONS))]
Suppressor = Annotated[Caller, Depends(may(Action.SUPPRESS))]
Permitter = Annotated[Caller, Depends(may(Action.PERMIT))]


class Suppression(BaseModel):
    """What mail a lead gets: ``reason`` is why it gets none, '' when it gets some; ``refused``
    are the topics it does not want."""

    lead_id: int
    reason: str
    refused: list[str]


class SuppressionOrder(BaseModel):
    """An order to send a lead no more marketing mail; ``reason`` is kept on record."""

    model_config = ASKED

    reason: str = Field(default="", max_length=2000)


class AddressOrder(SuppressionOrder):
    """The same for an address."""

    address: str = Field(max_length=320)


class Permission(BaseModel):
    """How it is known that a lead wants mail again."""

    model_config = ASKED

    evidence: str = Field(min_length=1, max_length=2000)
    address_works: bool = False
    """Mail came back, and would not any more."""


class AddressPermission(Permission):
    """The same of an address."""

    address: str = Field(max_length=320)


@router.get("")
def list_all(
    here: Place,
    caller: Reader,
    *,
    search: Annotated[str, Query(max_length=320, description="A part of the address.")] = "",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[SuppressionLine]:
    """Addresses that get no mail, the latest first; an SDR's are those of its team's leads."""
    team = team_of(caller)
    return page(
        here,
        "suppressions",
        cursor,
        limit,
        lambda connection, after, most: list_suppressions(
            connection, search=search, team=team, after=after, limit=most
        ),
        key=lambda one: (one.at, one.address),
    )


@router.post("", status_code=201)
def suppress_address(here: Place, caller: Suppressor, body: AddressOrder) -> Done:
    """Send an address no more marketing mail, whether a lead has it or not."""
    email_key = _checked(body.address)
    with here.database.begin() as connection:
        _sees_address(connection, caller, email_key)
        _stop(connection, here, caller, email_key, body.reason)
    return Done(detail=f"{email_key} gets no more marketing mail.")


@router.post("/permit")
def permit_address(here: Place, caller: Permitter, body: AddressPermission) -> Done:
    """Let an address have mail again, and let it be imported again if its person was erased."""
    email_key = _checked(body.address)
    with here.database.begin() as connection:
        _sees_address(connection, caller, email_key)
        _allow(connection, here, caller, email_key, body)
    return Done(detail=f"{email_key} may have mail again.")


@router.get("/{lead_id}", operation_id="get_suppression")
def show(here: Place, caller: Reader, lead_id: int) -> Suppression:
    """Whether a lead gets mail."""
    with here.database.connect() as connection:
        sees(connection, caller, lead_id)
        known = consent.consent_of(connection, consent.email_key_of(connection, lead_id))
    return Suppression(lead_id=lead_id, reason=known.suppressed, refused=sorted(known.refused))


@router.put("/{lead_id}")
def suppress(here: Place, caller: Suppressor, lead_id: int, body: SuppressionOrder) -> Suppression:
    """Send a lead no more marketing mail."""
    with here.database.begin() as connection:
        sees(connection, caller, lead_id)
        _stop(connection, here, caller, consent.email_key_of(connection, lead_id), body.reason)
    return show(here, caller, lead_id)


@router.post("/{lead_id}/permit")
def permit(here: Place, caller: Permitter, lead_id: int, body: Permission) -> Suppression:
    """Let a lead have mail again. What was held back meanwhile stays unsent."""
    with here.database.begin() as connection:
        sees(connection, caller, lead_id)
        _allow(connection, here, caller, consent.email_key_of(connection, lead_id), body)
    return show(here, caller, lead_id)


def _stop(connection: Connection, here: Here, caller: Caller, email_key: str, reason: str) -> None:
    consent.opt_out(
        connection,
        email_key=email_key,
        at=here.clock.now(),
        source="operator",
        evidence=_by(caller, reason),
        reason="manual",
    )


def _allow(
    connection: Connection, here: Here, caller: Caller, email_key: str, body: Permission
) -> None:
    lifted = consent.opt_in(
        connection,
        email_key=email_key,
        at=here.clock.now(),
        source="operator",
        lifts=(*LIFTED_BY_THE_LEAD, *(["bounced"] if body.address_works else [])),
        evidence=_by(caller, body.evidence),
    )
    if lifted is not None:
        return
    if consent.consent_of(connection, email_key).suppressed == "complained":
        raise refused(
            sentence(
                "{address} complained about our mail, and no permission lifts that: call, or wait "
                "until the lead writes.",
                address=email_key,
            )
        )
    raise refused(
        sentence(
            "Mail to {address} bounced; set address_works if you know that the address works "
            "again.",
            address=email_key,
        ),
        "address_works",
    )


def _checked(address: str) -> str:
    try:
        return address_key(checked_email(address.strip()))
    except RejectedRowError as wrong:
        raise invalid(
            "address",
            sentence(
                "'{address}' is no e-mail address: {wrong}", address=address, wrong=str(wrong)
            ),
        ) from None


def _sees_address(connection: Connection, caller: Caller, email_key: str) -> None:
    """Of who sees some leads only, an address must be a lead's that they see."""
    if team_of(caller) is None:
        return
    lead_id = lead_with(connection, email_key)
    if lead_id is None:
        raise missing(
            sentence(
                "There is no lead with the address {address} among those of your team.",
                address=email_key,
            )
        )
    sees(connection, caller, lead_id)


def _by(caller: Caller, words: str) -> str:
    return f"{words} (by {caller.by})".strip()
