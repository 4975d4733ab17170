"""What the figures of each day were when they were counted, and what has stopped since."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Double, Identity, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class FigureSnapshot(Table):
    """One figure of one day, as it was stated at a time. What is restated keeps its row, with the
    time at which another took its place; of zeros there are none."""

    __tablename__ = "figure_snapshot"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    day: Mapped[date]
    """The company's."""
    subject: Mapped[str]
    """stage, source, money, intake; day for that the day was counted at all."""
    name: Mapped[str] = mapped_column(server_default="")
    """The stage, the source, or the way in."""
    kind: Mapped[str] = mapped_column(server_default="")
    """net_new or recycled; of money its currency."""
    measure: Mapped[str]
    value: Mapped[Decimal] = mapped_column(Numeric)
    stated_at: Mapped[datetime]
    """Journey time, as the other."""
    replaced_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_figure_snapshot_current",
            *("day", "subject", "name", "kind", "measure"),
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
        ),
        Index("ix_figure_snapshot_day", "day", "subject"),
    )


class FigureAnomaly(Table):
    """A series of days that stopped, or collapsed."""

    __tablename__ = "figure_anomaly"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subject: Mapped[str]
    """stage, source or intake."""
    name: Mapped[str]
    day: Mapped[date]
    """The last of the ``days`` in which only ``seen`` came."""
    days: Mapped[int]
    seen: Mapped[int]
    expected: Mapped[float] = mapped_column(Double)
    found_at: Mapped[datetime]
    """Journey time."""
    ended_on: Mapped[date | None]
    """The day whose figures are as usual again."""

    __table_args__ = (
        Index(
            "uq_figure_anomaly_open",
            *("subject", "name"),
            unique=True,
            postgresql_where=text("ended_on IS NULL"),
        ),
        Index("ix_figure_anomaly_day", "day"),
    )
