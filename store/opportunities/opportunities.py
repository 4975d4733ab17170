"""Opportunities: opened from a held meeting or beside it, moved through stages, closed. Times are
journey time, UTC."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.contracts.journey import (
    ENDED,
    EventCode,
    JourneyEvent,
    Phase,
    Stage,
    opportunity_workflow_id,
)
from domain.refusals import OpportunityRefused
from domain.sales.opportunities import OTHER, UNLISTED, OpportunityPolicy
from domain.sentences import sentence
from store.alerts import NewAlert, close_alerts, raise_alerts
from store.outbox.outgoing import announce
from store.outbox.relay_messages import (
    journey_start,
    notify_journey,
    post,
    post_all,
    start_again,
)
from store.published.policies import PolicyMissing, policy
from store.tables import Lead, Opportunity

BESIDE = "beside:"
"""The key of an opportunity that people opened beside the journey's own begins so."""


def open_opportunity(
    connection: Connection, *, key: str, lead_id: int, stage: str, at: datetime, name: str = ""
) -> int:
    """Open an opportunity for a lead, once per ``key``.

    Returns:
        Its id.
    """
    lead = select(Lead.account_id, Lead.owner).where(Lead.id == lead_id)
    row = connection.execute(lead).one()
    return connection.execute(
        insert(Opportunity)
        .values(
            key=key,
            lead_id=lead_id,
            account_id=row.account_id,
            owner=row.owner,
            name=name,
            stage=stage,
            stage_since=at,
            opened_at=at,
        )
        .on_conflict_do_update(index_elements=["key"], set_={"key": key})
        .returning(Opportunity.id)
    ).scalar_one()


def open_beside(connection: Connection, *, lead_id: int, name: str, at: datetime) -> int:
    """Open another opportunity with a lead, beside whatever its journey does, and have its
    workflow started.

    Args:
        at: journey time, UTC.

    Returns:
        Its id.
    """
    rules = policy(connection, OpportunityPolicy)
    opportunity_id = open_opportunity(
        connection,
        key=f"{BESIDE}{uuid.uuid4()}",
        lead_id=lead_id,
        stage=rules.stages[0].name,
        at=at,
        name=name,
    )
    post(
        connection,
        key=f"opportunity-{opportunity_id}:start",
        workflow_id=opportunity_workflow_id(opportunity_id),
        kind="opportunity",
        payload={"opportunity_id": opportunity_id, "lead_id": lead_id},
    )
    return opportunity_id


def record_qualification(
    connection: Connection, opportunity_id: int, fields: Mapping[str, str]
) -> None:
    """Record budget, authority, need and timeline as far as they are known."""
    connection.execute(
        text(
            "UPDATE opportunity SET qualification = qualification || cast(:fields AS jsonb) "
            "WHERE id = :id"
        ),
        {"fields": json.dumps(dict(fields)), "id": opportunity_id},
    )


def loss_reasons(connection: Connection) -> Sequence[str]:
    """Codes of why opportunities are lost or returned: what the policy lists, or ``UNLISTED``."""
    return _listed(connection) or UNLISTED


def loss_reason(connection: Connection, reason: str) -> str:
    """The code under which the journey hears of ``reason``. What no policy lists may be what
    somebody typed, of a person perhaps: it stays with the task.

    Raises:
        OpportunityRefused: the policy lists other reasons to lose an opportunity.
    """
    known = _listed(connection)
    if reason in (known or UNLISTED):
        return reason
    if not known:
        return OTHER
    raise OpportunityRefused(
        sentence(
            "'{reason}' is no reason to lose an opportunity; choose one of {reasons}.",
            reason=reason,
            reasons=list(known),
        )
    )


def _listed(connection: Connection) -> Sequence[str]:
    try:
        return policy(connection, OpportunityPolicy).loss_reasons
    except PolicyMissing:
        return ()


def record_competitor(connection: Connection, opportunity_id: int, competitor: str) -> None:
    """Record whom an opportunity was lost to."""
    connection.execute(
        update(Opportunity)
        .where(Opportunity.id == opportunity_id, Opportunity.outcome == "")
        .values(competitor=competitor)
    )


def next_stage(stages: Sequence[str], stage: str) -> str:
    """The stage after ``stage``; the last stays, and one that is gone counts as the first."""
    position = stages.index(stage) if stage in stages else 0
    return stages[min(position + 1, len(stages) - 1)]


def advance(
    connection: Connection, opportunity_id: int, *, task_id: int, stages: list[str], at: datetime
) -> str:
    """Move to the stage after the one it is in, once per task; the last stage stays.

    Returns:
        The stage now.
    """
    row = connection.execute(
        select(Opportunity.stage, Opportunity.lead_id)
        .where(Opportunity.id == opportunity_id)
        .with_for_update()
    ).one()
    moved_to = next_stage(stages, row.stage)
    new = connection.execute(
        text(
            """
            INSERT INTO stage_transition
                (lead_id, key, from_stage, to_stage, phase, reason, cycle, at)
            SELECT id, :key, stage, CASE WHEN phase = 'Opportunity' THEN :stage ELSE stage END,
                phase, :reason, cycle, :at
            FROM lead WHERE id = :lead
            ON CONFLICT (key) DO NOTHING RETURNING id
            """
        ),
        {
            "key": f"opportunity-{opportunity_id}:task-{task_id}",
            "stage": Stage.OPPORTUNITY,
            "reason": moved_to,
            "at": at,
            "lead": row.lead_id,
        },
    ).first()
    if new is None:
        return str(row.stage)
    announce(connection, "lead.stage_changed", new.id)
    connection.execute(
        update(Opportunity)
        .where(Opportunity.id == opportunity_id)
        .values(stage=moved_to, stage_since=at)
    )
    connection.execute(
        update(Lead)
        .where(Lead.id == row.lead_id, Lead.phase == Phase.OPPORTUNITY)
        .values(stage=Stage.OPPORTUNITY)
    )
    return moved_to


def close(
    connection: Connection, opportunity_id: int, *, outcome: str, reason: str, at: datetime
) -> None:
    """Close an opportunity, once. The journey hears of the outcome of its own; when another is
    won, the lead becomes a customer, wherever its journey is."""
    row = connection.execute(
        update(Opportunity)
        .where(Opportunity.id == opportunity_id, Opportunity.outcome == "")
        .values(outcome=outcome, outcome_reason=reason, closed_at=at)
        .returning(Opportunity.lead_id, Opportunity.key)
    ).first()
    if row is None:
        return
    announce(connection, "opportunity.closed", opportunity_id)
    answer_stall(connection, row.lead_id, opportunity_id, at)
    if row.key.startswith(BESIDE):
        if outcome == "won":
            _make_customer(connection, row.lead_id, opportunity_id)
    else:
        notify_journey(
            connection,
            row.lead_id,
            key=f"opportunity-{opportunity_id}:closed",
            signal="opportunity",
            event=JourneyEvent(EventCode.CLOSED, ref=opportunity_id, reason=outcome),
        )


def _make_customer(connection: Connection, lead_id: int, opportunity_id: int) -> None:
    """Bring a lead that bought beside its journey to the customer phase."""
    lead = connection.execute(
        select(Lead.phase, Lead.stage, Lead.cycle).where(Lead.id == lead_id).with_for_update()
    ).one()
    if lead.phase == Phase.CUSTOMER or (lead.phase, lead.stage) == (ENDED, Stage.CUSTOMER):
        return
    if lead.phase == ENDED:
        start_again(connection, lead_id, phase=Phase.CUSTOMER, cycle=lead.cycle + 1, reason="won")
        return
    # A lead without a journey begins one; where its start is on the way already, that one is told.
    start = journey_start(lead_id, Phase.CUSTOMER, {"cycle": lead.cycle, "reason": "won"})
    if lead.phase or not post_all(connection, [start]):
        notify_journey(
            connection,
            lead_id,
            key=f"opportunity-{opportunity_id}:won",
            signal="opportunity",
            event=JourneyEvent(EventCode.WON, ref=opportunity_id),
        )


def raise_stall(connection: Connection, opportunity_id: int, *, key: str, at: datetime) -> None:
    """Alert the owner of an opportunity that stands still, once per ``key``."""
    row = connection.execute(
        select(Opportunity.lead_id, Opportunity.owner).where(Opportunity.id == opportunity_id)
    ).one()
    alert = NewAlert(f"{_stall_key(opportunity_id)}{key}", "stalled", row.owner, at, row.lead_id)
    raise_alerts(connection, [alert], at)


def answer_stall(connection: Connection, lead_id: int, opportunity_id: int, at: datetime) -> None:
    """Take the alerts about a lead's opportunity off the lists: its owner has seen to it."""
    close_alerts(connection, lead_id, [_stall_key(opportunity_id)], at)


def _stall_key(opportunity_id: int) -> str:
    return f"stalled:opportunity-{opportunity_id}:"


def offer_help(connection: Connection, opportunity_id: int, at: datetime) -> int:
    """Note when marketing's help was offered; the lead's cycle."""
    connection.execute(
        update(Opportunity)
        .where(Opportunity.id == opportunity_id, Opportunity.help_offered_at.is_(None))
        .values(help_offered_at=at)
    )
    cycle: int = connection.execute(
        select(Lead.cycle)
        .join(Opportunity, Opportunity.lead_id == Lead.id)
        .where(Opportunity.id == opportunity_id)
    ).scalar_one()
    return cycle
