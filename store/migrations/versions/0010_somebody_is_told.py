"""What tells that something is wrong is found quickly"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "write_probe",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_probe")),
    )
    op.create_table(
        "failing_activity",
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("workflow_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("activity", "workflow", "error", name=op.f("pk_failing_activity")),
    )
    op.create_index(
        "ix_relay_message_tried",
        "relay_message",
        ["attempts"],
        postgresql_where=sa.text("outcome = '' AND attempts > 0"),
    )
    op.create_index(
        "ix_relay_message_undeliverable",
        "relay_message",
        ["delivered_at"],
        postgresql_where=sa.text("outcome = 'undeliverable'"),
    )
    op.create_index(
        "ix_touch_trouble",
        "touch",
        ["planned_at"],
        postgresql_where=sa.text("state IN ('failed', 'unknown')"),
    )
    op.create_index(
        "ix_webhook_delivery_trouble",
        "webhook_delivery",
        ["last_attempt_at"],
        postgresql_where=sa.text("state <> 'delivered' AND attempts > 0"),
    )
