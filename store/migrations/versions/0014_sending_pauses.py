"""Sending pauses when the trouble is ours"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("touch", sa.Column("refusals", sa.Integer(), server_default="0", nullable=False))
    op.add_column("touch", sa.Column("refused_from", sa.DateTime(timezone=True)))
    op.add_column("touch", sa.Column("returned_at", sa.DateTime(timezone=True)))
    op.create_table(
        "mail_refusal",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("touch_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["touch_id"], ["touch.id"], name=op.f("fk_mail_refusal_touch_id_touch")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_mail_refusal")),
    )
    op.create_index(op.f("ix_mail_refusal_touch_id"), "mail_refusal", ["touch_id"])
    op.create_index("ix_mail_refusal_channel_at", "mail_refusal", ["channel", "at"])
    op.create_table(
        "sending_pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("reported", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("probe_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("probes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending_pause")),
    )
    op.create_index(
        "uq_sending_pause_open",
        "sending_pause",
        ["channel"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
