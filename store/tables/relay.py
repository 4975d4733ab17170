"""What must reach Temporal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class RelayMessage(Table):
    """What must reach Temporal, written in the transaction that made it true and delivered by
    the relay until accepted. Messages of one workflow are delivered in order of id."""

    __tablename__ = "relay_message"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    workflow_id: Mapped[str]
    kind: Mapped[str]
    """start, start_again, rescore, signal, complete_task, webhook, opportunity, confirm, erase,
    side_meeting, standalone_task."""
    name: Mapped[str] = mapped_column(server_default="")
    """Workflow type or signal name."""
    payload: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    traceparent: Mapped[str] = mapped_column(server_default="")
    """The span in which it was written (W3C Trace Context); '' while traces are off."""
    not_before: Mapped[datetime] = mapped_column(server_default=func.now())
    """Real time, not journey time."""
    leased_until: Mapped[datetime | None]
    """While a relay has it in hand: real time by the database's clock."""
    lease: Mapped[str] = mapped_column(server_default="")
    """Which hand that is."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    outcome: Mapped[str] = mapped_column(server_default="")
    """'', delivered, undeliverable."""
    error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    delivered_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_relay_message_pending", "workflow_id", "id", postgresql_where=text("outcome = ''")
        ),
        Index("ix_relay_message_due", "not_before", "id", postgresql_where=text("outcome = ''")),
        Index(
            "ix_relay_message_tried",
            "attempts",
            postgresql_where=text("outcome = '' AND attempts > 0"),
        ),
        Index(
            "ix_relay_message_undeliverable",
            "delivered_at",
            postgresql_where=text("outcome = 'undeliverable'"),
        ),
    )
