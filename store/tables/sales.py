"""The work of people: reps, tasks, meetings, opportunities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class Rep(Table):
    """A person of the sales team. Only the code enters Temporal."""

    __tablename__ = "rep"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class Task(Table):
    """Work for a person.

    States: ``open``, ``done``, ``withdrawn`` (the journey no longer needs it), ``expired`` (past
    its deadline). The row is the guard: the server accepts a completion of a cancelled activity
    without a word.
    """

    __tablename__ = "task"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    opportunity_id: Mapped[int | None] = mapped_column(ForeignKey("opportunity.id"))
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"))
    kind: Mapped[str]
    """qualify, call, meeting_outcome, cadence, opportunity."""
    title: Mapped[str]
    instructions: Mapped[str] = mapped_column(server_default="")
    dispositions: Mapped[list[str]] = mapped_column(JSONB)
    attempt: Mapped[int] = mapped_column(server_default="1")
    owner: Mapped[str] = mapped_column(server_default="", index=True)
    hot: Mapped[bool] = mapped_column(server_default=text("false"))
    """The lead shows interest right now: minutes count."""
    state: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    workflow_id: Mapped[str] = mapped_column(server_default="")
    run_id: Mapped[str] = mapped_column(server_default="")
    disposition: Mapped[str] = mapped_column(server_default="")
    answer: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """What the person entered with the disposition: ``note``, ``at`` (ISO 8601), ``reason``…"""
    completed_by: Mapped[str] = mapped_column(server_default="")
    completed_at: Mapped[datetime | None]
    consumed: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the journey has the disposition already, so that nothing is left to deliver."""
    late: Mapped[bool] = mapped_column(server_default=text("false"))
    """The journey had gone on when the disposition reached it."""

    __table_args__ = (
        CheckConstraint("state IN ('open','done','withdrawn','expired')", name="state"),
        Index("ix_task_open", "owner", "due_at", postgresql_where=text("state = 'open'")),
    )


class Meeting(Table):
    """An appointment with a lead. A rescheduled meeting keeps its row; ``attempt`` counts the
    times it was set."""

    __tablename__ = "meeting"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    owner: Mapped[str] = mapped_column(server_default="")
    starts_at: Mapped[datetime]
    minutes: Mapped[int] = mapped_column(server_default="30")
    state: Mapped[str]
    """booked, held, no_show, cancelled."""
    attempt: Mapped[int] = mapped_column(server_default="1")
    missed: Mapped[int] = mapped_column(server_default="0")
    """How many settings of it the lead did not come to or called off."""
    cycle: Mapped[int] = mapped_column(server_default="1")
    booked_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint("state IN ('booked','held','no_show','cancelled')", name="state"),
    )


class Opportunity(Table):
    """A possible sale. Its own workflow is ``opportunity-<id>``."""

    __tablename__ = "opportunity"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    owner: Mapped[str] = mapped_column(server_default="")
    stage: Mapped[str] = mapped_column(server_default="discovery")
    qualification: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """Budget, authority, need and timeline, as recorded."""
    outcome: Mapped[str] = mapped_column(server_default="")
    """'', won, lost, no_outcome, stalled."""
    outcome_reason: Mapped[str] = mapped_column(server_default="")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
