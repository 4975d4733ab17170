"""``/api/suppressions``: who gets no mail, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED
from services import suppressions
from services.access import may_see, team_of
from store.access.api_tokens import Caller
from store.consent import consent
from store.consent.consent import Consent
from store.consent.suppressions import SuppressionLine, list_suppressions
from web.api.access import CurrentContext, may
from web.api.inputs import Codes
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page

router = APIRouter(prefix="/suppressions", tags=["suppressions"])
Reader = Annotated[Caller, Depends(may(Action.READ_SUPPRESSIONS))]
Suppressor = Annotated[Caller, Depends(may(Action.SUPPRESS))]
Permitter = Annotated[Caller, Depends(may(Action.PERMIT))]


class LeadSuppression(BaseModel):
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
    context: CurrentContext,
    caller: Reader,
    *,
    search: Annotated[str, Query(max_length=320, description="A part of the address.")] = "",
    reason: Annotated[Codes, Query(description="Why, such as bounced.")] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[SuppressionLine]:
    """Addresses that get no mail, the latest first; an SDR's are those of its team's leads."""
    team = team_of(caller)
    return page(
        context,
        "suppressions",
        cursor,
        limit,
        lambda connection, after, most: list_suppressions(
            connection, search=search, reasons=reason or (), team=team, after=after, limit=most
        ),
        key=lambda one: (one.at, one.address),
    )


@router.post("", status_code=201)
def suppress_address(context: CurrentContext, caller: Suppressor, body: AddressOrder) -> Done:
    """Send an address no more marketing mail, whether a lead has it or not."""
    address = suppressions.suppress_address(context, caller, body.address, body.reason)
    return Done(detail=f"{address} gets no more marketing mail.")


@router.post("/permit")
def permit_address(context: CurrentContext, caller: Permitter, body: AddressPermission) -> Done:
    """Let an address have mail again, and let it be imported again if its person was erased."""
    address = suppressions.permit_address(
        context, caller, body.address, body.evidence, address_works=body.address_works
    )
    return Done(detail=f"{address} may have mail again.")


@router.get("/{lead_id}", operation_id="get_suppression")
def show(context: CurrentContext, caller: Reader, lead_id: int) -> LeadSuppression:
    """Whether a lead gets mail."""
    with context.database.connect() as connection:
        may_see(connection, caller, lead_id)
        known = consent.consent_of(connection, consent.email_key_of(connection, lead_id))
    return _suppression(lead_id, known)


@router.put("/{lead_id}")
def suppress(
    context: CurrentContext, caller: Suppressor, lead_id: int, body: SuppressionOrder
) -> LeadSuppression:
    """Send a lead no more marketing mail."""
    return _suppression(lead_id, suppressions.suppress(context, caller, lead_id, body.reason))


@router.post("/{lead_id}/permit")
def permit(
    context: CurrentContext, caller: Permitter, lead_id: int, body: Permission
) -> LeadSuppression:
    """Let a lead have mail again. What was held back meanwhile stays unsent."""
    known = suppressions.permit(
        context, caller, lead_id, body.evidence, address_works=body.address_works
    )
    return _suppression(lead_id, known)


def _suppression(lead_id: int, known: Consent) -> LeadSuppression:
    return LeadSuppression(lead_id=lead_id, reason=known.suppressed, refused=sorted(known.refused))
