"""The events that go out as Standard Webhooks, as ``openapi.json`` describes them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field, create_model

from domain.contracts.webhooks import EVENTS


class StageChange(BaseModel):
    """A lead moved. ``owner`` is a rep's code, '' for none."""

    lead_id: int
    from_stage: Annotated[str, Field(alias="from")]
    to_stage: Annotated[str, Field(alias="to")]
    phase: str
    reason: str
    cycle: int
    owner: str


class LeadReadiness(BaseModel):
    """A lead is ready for sales. ``cause`` is event, fit, rules or entry; ``grade`` is the letter
    of its fit and the level of its interest, such as B1."""

    lead_id: int
    cycle: int
    cause: str
    grade: str
    score: int
    hot: bool


class ErasedLead(BaseModel):
    """Whose data must go."""

    lead_id: int


class MergedLead(BaseModel):
    """``merged_id`` is the lead that went into ``lead_id``, or is out of it again."""

    lead_id: int
    merged_id: int


class TaskEvent(BaseModel):
    """Work for a person; ``due_at`` is journey time."""

    task_id: int
    lead_id: int
    kind: str
    attempt: int
    owner: str
    hot: bool
    due_at: datetime


class TaskCompletion(TaskEvent):
    """How the work ended; ``by`` is who ended it."""

    disposition: str
    reason: str | None
    by: str


class MeetingEvent(BaseModel):
    """An appointment; ``attempt`` counts the times it was set."""

    meeting_id: int
    lead_id: int
    owner: str
    starts_at: datetime
    minutes: int
    attempt: int


class BrokenPromise(BaseModel):
    """A promise that was not kept until ``due_at``; one on trial (``pilot``) alerts nobody."""

    promise: str
    lead_id: int
    task_id: int | None
    owner: str
    team: str
    due_at: datetime
    pilot: bool


class RaisedAlert(BaseModel):
    """What ``owner`` (a rep or a manager, '' for nobody) must hear of, such as a hot_lead;
    ``lead_id`` is null where it is about no single lead."""

    alert_id: int
    kind: str
    lead_id: int | None
    owner: str
    due_at: datetime


class ClosedOpportunity(BaseModel):
    """``outcome`` is won, lost, no_outcome or stalled."""

    opportunity_id: int
    lead_id: int
    account_id: int | None
    owner: str
    stage: str
    outcome: str
    reason: str
    amount: str | None
    """What it was worth, such as 48000.00; null when nobody said."""
    currency: str


DATA: Mapping[str, type[BaseModel]] = {
    "lead.stage_changed": StageChange,
    "lead.became_ready": LeadReadiness,
    "lead.erased": ErasedLead,
    "lead.merged": MergedLead,
    "lead.merge_undone": MergedLead,
    "task.opened": TaskEvent,
    "task.completed": TaskCompletion,
    "sla.breached": BrokenPromise,
    "alert.raised": RaisedAlert,
    "opportunity.closed": ClosedOpportunity,
    **{name: MeetingEvent for name in EVENTS if name.startswith("meeting.")},
}
"""Event type → what its ``data`` holds."""


@functools.cache
def described_webhooks() -> APIRouter:
    """One webhook for each event type, for the description of the API."""
    router = APIRouter()
    for event, says in EVENTS.items():
        title = "".join(part.capitalize() for part in event.replace(".", "_").split("_"))
        body = create_model(
            f"{title}Event",
            type=(str, Field(json_schema_extra={"const": event})),
            timestamp=(datetime, Field(description="When it happened, journey time.")),
            data=(DATA[event], ...),
        )
        body.__doc__ = f"{says[0].upper()}{says[1:]}."
        _add(router, event, says, body)
    return router


def _add(router: APIRouter, event: str, says: str, body: type[BaseModel]) -> None:
    def receive(
        event_body: Any,
        webhook_id: Annotated[str, Header(description="The same when it is sent again.")],
        webhook_timestamp: Annotated[str, Header(description="Seconds since 1970, real time.")],
        webhook_signature: Annotated[
            str, Header(description="Signatures as Standard Webhooks 1.0 makes them: v1,BASE64.")
        ],
    ) -> None:
        """Answer with any 2xx within a few seconds; anything else is tried again for three days.
        An event may come twice, with the same ``webhook-id``."""

    receive.__annotations__["event_body"] = body
    router.post(
        event,
        operation_id=f"on_{event.replace('.', '_')}",
        summary=f"{says[0].upper()}{says[1:]}",
        status_code=204,
        tags=["webhooks"],
    )(receive)
