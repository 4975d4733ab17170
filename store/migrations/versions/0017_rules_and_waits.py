"""Waits are counted anew from where they began; fit in points."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "enrollment",
        sa.Column("counted_from", sa.Text(), server_default="", nullable=False),
    )
    op.add_column("enrollment", sa.Column("counted_since", sa.DateTime(timezone=True)))
    op.add_column(
        "enrollment",
        sa.Column("unanswered", postgresql.JSONB(), server_default="{}", nullable=False),
    )
    op.add_column("lead", sa.Column("fit_points", sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_lead_fit_points", "lead", [sa.text("fit_points DESC"), sa.text("id DESC")])
    for name in ("ready", "ready_hours"):
        op.add_column(
            "import_run", sa.Column(name, sa.Integer(), server_default="0", nullable=False)
        )
