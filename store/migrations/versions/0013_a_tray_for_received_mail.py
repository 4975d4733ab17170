"""What is known of received mail, and what a person made of it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0017"
branch_labels = None
depends_on = None

_WORDS = ("tray", "doubt", "status", "diagnostic", "meeting_uid", "partstat", "settled_as",
          "settled_by")  # fmt: skip


def upgrade() -> None:
    for name in _WORDS:
        op.add_column(
            "inbound_message", sa.Column(name, sa.Text(), server_default="", nullable=False)
        )
    for name in ("away_until", "later"):
        op.add_column("inbound_message", sa.Column(name, sa.Date(), nullable=True))
    op.add_column(
        "inbound_message", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("inbound_message", sa.Column("thread_lead_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_inbound_message_thread_lead_id"),
        "inbound_message",
        "lead",
        ["thread_lead_id"],
        ["id"],
    )
    op.create_index(
        op.f("ix_inbound_message_thread_lead_id"), "inbound_message", ["thread_lead_id"]
    )
    op.create_index(
        "ix_inbound_message_tray",
        "inbound_message",
        ["id"],
        postgresql_where=sa.text("tray <> '' AND settled_at IS NULL"),
    )
