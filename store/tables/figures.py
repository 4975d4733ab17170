"""The facts that figures are counted from, as ``store.figures.refresh`` makes them of the other
tables. Stages are positions in ``domain.figures.stages.STAGES``."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class FunnelUnit(Table):
    """One lead in one cycle, or one record of imported history: when it first reached each stage of
    the funnel, what it is counted by, and what became of it. It refers to no lead, because it
    follows from its rows and goes with them."""

    __tablename__ = "funnel_unit"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int | None] = mapped_column(BigInteger)
    """NULL for imported history."""
    record: Mapped[str] = mapped_column(server_default="")
    """A hash of what imported history calls it, '' for a lead of ours."""
    cycle: Mapped[int]
    known_at: Mapped[datetime | None]
    engaged_at: Mapped[datetime | None]
    mql_at: Mapped[datetime | None]
    sal_at: Mapped[datetime | None]
    sql_at: Mapped[datetime | None]
    opportunity_at: Mapped[datetime | None]
    customer_at: Mapped[datetime | None]
    implied: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """A bit for each stage (1 for the first) that was skipped and filled in."""
    stage: Mapped[int] = mapped_column(SmallInteger)
    """Where it stands, or stood when its cycle was over."""
    stage_since: Mapped[datetime]
    next_cycle: Mapped[int | None]
    """In which the same lead came back; NULL while there is none, and for imported history."""
    next_cycle_at: Mapped[datetime | None]
    """When it did."""
    outcome: Mapped[str] = mapped_column(server_default="")
    """won, lost, recycled, disqualified, ended; '' while it is open."""
    outcome_at: Mapped[datetime | None]
    outcome_reason: Mapped[str] = mapped_column(server_default="")
    source: Mapped[str] = mapped_column(server_default="")
    campaign: Mapped[str] = mapped_column(server_default="")
    cadence: Mapped[str] = mapped_column(server_default="")
    """The first that it was enrolled in."""
    segment: Mapped[str] = mapped_column(server_default="")
    owner: Mapped[str] = mapped_column(server_default="")
    """Whoever had the lead last in that cycle."""
    country: Mapped[str] = mapped_column(server_default="")
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    """What imported history says that it was won or lost with."""
    currency: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        CheckConstraint("(lead_id IS NULL) <> (record = '')", name="whose"),
        UniqueConstraint("lead_id", "cycle"),
        Index(
            "ix_funnel_unit_record", "record", unique=True, postgresql_where=text("record <> ''")
        ),
        # With all that those who wait are counted by, which is then read from the index alone.
        Index(
            "ix_funnel_unit_open",
            "stage",
            "stage_since",
            postgresql_include=["lead_id", "owner", "source", "segment"],
            postgresql_where=text("outcome = '' AND lead_id IS NOT NULL"),
        ),
        Index(
            "ix_funnel_unit_lost",
            "outcome_at",
            postgresql_where=text(
                "outcome IN ('lost', 'recycled', 'disqualified', 'ended') AND lead_id IS NOT NULL"
            ),
        ),
    )


class FunnelPassage(Table):
    """The first entry of a unit into a stage: all that a funnel counts, narrow and by time. What it
    is split by is that of the unit."""

    __tablename__ = "funnel_passage"
    unit_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("funnel_unit.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    stage: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    implied: Mapped[bool]
    next_seconds: Mapped[float | None] = mapped_column(Double)
    """Until the next stage was reached, or one beyond; negative where the data say so."""
    timed_next: Mapped[bool]
    """Whether there is a next stage and neither end of ``next_seconds`` is implied."""
    before_seconds: Mapped[float | None] = mapped_column(Double)
    """Since the stage before was reached: the ``next_seconds`` of that."""
    timed_before: Mapped[bool]
    won_seconds: Mapped[float | None] = mapped_column(Double)
    """Until the last stage."""
    timed_won: Mapped[bool]
    cycle: Mapped[int]
    imported: Mapped[bool]
    source: Mapped[str]
    campaign: Mapped[str]
    cadence: Mapped[str]
    segment: Mapped[str]
    owner: Mapped[str]
    country: Mapped[str]

    __table_args__ = (
        Index("ix_funnel_passage_stage_at", "stage", "at"),
        # What a baseline is made of, which is read from the index alone.
        Index(
            "ix_funnel_passage_took",
            "stage",
            "at",
            postgresql_include=["before_seconds"],
            postgresql_where=text("timed_before AND before_seconds > 0"),
        ),
    )


class FunnelMove(Table):
    """A unit's move from a stage to another, in either direction: NULL is where it comes from at
    the beginning of its cycle, and where it goes when the next begins."""

    __tablename__ = "funnel_move"
    unit_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("funnel_unit.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    from_stage: Mapped[int | None] = mapped_column(SmallInteger)
    to_stage: Mapped[int | None] = mapped_column(SmallInteger)
    cycle: Mapped[int]


class FiguresDue(Table):
    """A lead whose facts are to be made again; triggers of the tables they follow from write it
    (``store/migrations/first/figures.sql``)."""

    __tablename__ = "figures_due"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    about: Mapped[int] = mapped_column(BigInteger)


class MeetingSetting(Table):
    """A meeting as it was set at one attempt, and what became of that: a trigger of ``meeting``
    writes it (``store/migrations/first/figures.sql``). Journey time."""

    __tablename__ = "meeting_setting"
    meeting_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("meeting.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    set_at: Mapped[datetime]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str]
    """As of ``meeting``; ``booked`` also of one that was moved before it began."""


class LeadCount(Table):
    """A change of how many leads of an owner stand in a stage; their sum is how many there are.
    Triggers of ``lead`` write it (``store/migrations/first/figures.sql``)."""

    __tablename__ = "lead_count"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    stage: Mapped[str]
    owner: Mapped[str]
    not_started: Mapped[bool]
    """Whether their journeys have not begun."""
    leads: Mapped[int] = mapped_column(BigInteger)
