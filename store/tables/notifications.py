"""What people who work here are told of, by which ways, and when."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Time,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class NotificationWay(Table):
    """One way by which a user wants to be told: desktop, mail or chat. Who has no row of the way
    ``desktop`` is told of everything on open pages, and by no other way."""

    __tablename__ = "notification_way"
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"), primary_key=True)
    way: Mapped[str] = mapped_column(primary_key=True)
    kinds: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Of :class:`domain.notifications.kinds.NotificationKind`: what the user chose to hear of."""
    service: Mapped[str] = mapped_column(server_default="")
    """slack or teams, of a chat."""
    sealed_address: Mapped[str] = mapped_column(server_default="")
    """The webhook address of a chat: whoever has it can write there."""
    shown_as: Mapped[str] = mapped_column(server_default="")
    """What of the address may be shown."""
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    """False once it failed for so long that nothing is sent there any more."""
    failures: Mapped[int] = mapped_column(server_default="0")
    """In a row."""
    error: Mapped[str] = mapped_column(server_default="")
    """What was wrong the last time, in a sentence of ours; '' when it worked."""
    next_try_at: Mapped[datetime | None]
    """Real time; none when nothing was wrong."""

    __table_args__ = (CheckConstraint("way IN ('desktop','mail','chat')", name="way"),)


class NotificationHours(Table):
    """When a user wants to be told, on the clocks of a time zone."""

    __tablename__ = "notification_hours"
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"), primary_key=True)
    time_zone: Mapped[str]
    """IANA name."""
    days: Mapped[list[str]] = mapped_column(JSONB)
    """mon … sun: the days on which the user works."""
    begins: Mapped[time | None] = mapped_column(Time)
    ends: Mapped[time | None] = mapped_column(Time)
    """Outside of these hours, and on other days, nothing is sent; none: at any time of the day."""
    digest_at: Mapped[time | None] = mapped_column(Time)
    """When the digest of the morning goes out; none: never."""


class Notification(Table):
    """One thing that one user is told of."""

    __tablename__ = "notification"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"))
    key: Mapped[str]
    """Says what it is about: nobody is told of a thing twice."""
    kind: Mapped[str]
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"))
    anomaly_id: Mapped[int | None] = mapped_column(ForeignKey("figure_anomaly.id"))
    raised_at: Mapped[datetime]
    """Journey time."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    """Real time."""
    seen_at: Mapped[datetime | None]
    """Real time."""

    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_notification_unseen", "user_id", "id", postgresql_where=text("seen_at IS NULL")),
    )


class NotificationDelivery(Table):
    """A notification that goes out by mail or to a chat."""

    __tablename__ = "notification_delivery"
    notification_id: Mapped[int] = mapped_column(
        ForeignKey("notification.id", ondelete="CASCADE"), primary_key=True
    )
    way: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(server_default="waiting")
    """waiting, sending (handed over now), sent, unknown (it may have arrived, so it is not sent
    again), failed, skipped (it was settled before it could be told)."""
    batch: Mapped[str] = mapped_column(server_default="")
    """What goes out in one message; '' before it was tried."""

    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting','sending','sent','unknown','failed','skipped')", name="state"
        ),
        Index(
            "ix_notification_delivery_waiting",
            "user_id",
            "way",
            postgresql_where=text("state IN ('waiting', 'sending')"),
        ),
    )
