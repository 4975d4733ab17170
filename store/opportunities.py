"""Opportunities: opened from a held meeting, moved through stages, closed with an outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.journey import Code, Notice, Stage
from store.relay_messages import notify_journey
from store.tables import Lead, Opportunity


def open_opportunity(
    connection: Connection, *, key: str, lead_id: int, stage: str, at: datetime
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
            stage=stage,
            opened_at=at,
        )
        .on_conflict_do_update(index_elements=["key"], set_={"key": key})
        .returning(Opportunity.id)
    ).scalar_one()


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
    position = stages.index(row.stage) if row.stage in stages else 0
    moved_to = stages[min(position + 1, len(stages) - 1)]
    new = connection.execute(
        text(
            """
            INSERT INTO stage_transition
                (lead_id, key, from_stage, to_stage, phase, reason, cycle, at)
            SELECT id, :key, stage, :stage, phase, :reason, cycle, :at
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
    connection.execute(
        update(Opportunity).where(Opportunity.id == opportunity_id).values(stage=moved_to)
    )
    connection.execute(
        update(Lead)
        .where(Lead.id == row.lead_id, Lead.phase == "Opportunity")
        .values(stage=Stage.OPPORTUNITY)
    )
    return moved_to


def close(
    connection: Connection, opportunity_id: int, *, outcome: str, reason: str, at: datetime
) -> None:
    """Close an opportunity and tell the lead's journey, once."""
    row = connection.execute(
        update(Opportunity)
        .where(Opportunity.id == opportunity_id, Opportunity.outcome == "")
        .values(outcome=outcome, outcome_reason=reason, closed_at=at)
        .returning(Opportunity.lead_id)
    ).first()
    if row is not None:
        notify_journey(
            connection,
            row.lead_id,
            key=f"opportunity-{opportunity_id}:closed",
            signal="deal",
            notice=Notice(Code.CLOSED, ref=opportunity_id, reason=outcome),
        )
