"""Leads that have something in common. Times are journey time, UTC."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class SegmentRow(Table):
    """A segment of the policy in force, and how far the judging of all leads by it is."""

    __tablename__ = "segment"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    condition: Mapped[str]
    asks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Kinds of change after which a lead is judged again: see ``domain.rules.segment_facts``."""
    with_time: Mapped[bool]
    """Whether its condition may be answered otherwise though nothing happens."""
    leads: Mapped[int] = mapped_column(server_default="0")
    """How many there were when the judging of all began."""
    judged: Mapped[int] = mapped_column(server_default="0")
    unjudged: Mapped[int] = mapped_column(server_default="0")
    """Of how many of those the condition could not be answered."""
    members: Mapped[int] = mapped_column(server_default="0")
    """Leads in it: written with them."""
    fails: Mapped[bool] = mapped_column(server_default="false")
    """Whether the condition can't be asked at all, so that nobody is in it."""
    is_known: Mapped[bool] = mapped_column(server_default="false")
    """Whether all were judged by this condition, so that who is in it from now on has joined it."""
    last_lead_id: Mapped[int | None] = mapped_column(BigInteger)
    """The lead that was judged last, by id; NULL while all are not being judged."""
    begun_at: Mapped[datetime | None]
    judged_at: Mapped[datetime | None]
    """When all had been judged; NULL before the first time by this condition."""
    waits_for: Mapped[int | None] = mapped_column(BigInteger)
    """What began before this transaction did not know that the segment asks."""
    settled: Mapped[bool] = mapped_column(server_default="false")
    """Whether all were judged after the last of those was over."""


class SegmentMember(Table):
    """A lead in a segment. It refers to no lead, because it follows from its rows: who is gone is
    taken out."""

    __tablename__ = "segment_member"
    segment_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("segment.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    lead_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, index=True
    )
    since: Mapped[datetime]


class SegmentSize(Table):
    """How many members a segment had on a day (UTC), as it was counted last."""

    __tablename__ = "segment_size"
    segment_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("segment.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    members: Mapped[int]


class SegmentDue(Table):
    """A lead of which something changed that segments ask about; triggers write it
    (``store/migrations/first/segments.sql``)."""

    __tablename__ = "segment_due"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    """As in ``segment.asks``; '' for everything."""
