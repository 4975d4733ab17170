"""``/api/suppressions``: who gets no mail, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from domain.access import Action
from domain.consent import LIFTED_BY_THE_LEAD
from store import consent
from store.api_tokens import Caller
from web.api.access import Place, may, sees
from web.api.problems import refused

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


class Order(BaseModel):
    """An order to send a lead no more marketing mail; ``reason`` is kept on record."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=2000)


class Permission(BaseModel):
    """How it is known that a lead wants mail again."""

    model_config = ConfigDict(extra="forbid")

    evidence: str = Field(min_length=1, max_length=2000)
    address_works: bool = False
    """Mail came back, and would not any more."""


@router.get("/{lead_id}")
def show(here: Place, caller: Reader, lead_id: int) -> Suppression:
    """Whether a lead gets mail."""
    with here.database.connect() as connection:
        sees(connection, caller, lead_id)
        known = consent.consent_of(connection, consent.email_key_of(connection, lead_id))
    return Suppression(lead_id=lead_id, reason=known.suppressed, refused=sorted(known.refused))


@router.put("/{lead_id}")
def suppress(here: Place, caller: Suppressor, lead_id: int, body: Order) -> Suppression:
    """Send a lead no more marketing mail."""
    with here.database.begin() as connection:
        sees(connection, caller, lead_id)
        consent.opt_out(
            connection,
            email_key=consent.email_key_of(connection, lead_id),
            at=here.clock.now(),
            source="operator",
            evidence=_by(caller, body.reason),
            reason="manual",
        )
    return show(here, caller, lead_id)


@router.post("/{lead_id}/permit")
def permit(here: Place, caller: Permitter, lead_id: int, body: Permission) -> Suppression:
    """Let a lead have mail again. What was held back meanwhile stays unsent."""
    with here.database.begin() as connection:
        sees(connection, caller, lead_id)
        email_key = consent.email_key_of(connection, lead_id)
        lifted = consent.opt_in(
            connection,
            email_key=email_key,
            at=here.clock.now(),
            source="operator",
            lifts=(*LIFTED_BY_THE_LEAD, *(["bounced"] if body.address_works else [])),
            evidence=_by(caller, body.evidence),
        )
        if lifted is None:
            why = consent.consent_of(connection, email_key).suppressed
            raise refused(
                f"lead-{lead_id} is suppressed because it {why}; "
                + (
                    "no permission lifts that: call, or wait until the lead writes."
                    if why == "complained"
                    else "set address_works if you know that the address works again."
                ),
                "" if why == "complained" else "address_works",
            )
    return show(here, caller, lead_id)


def _by(caller: Caller, words: str) -> str:
    return f"{words} (by {caller.by})".strip()
