"""Touches that an attempt has claimed, and surely not handed over yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tell a claim from a hand-over, and find what is unsettled by its time."""
    op.drop_constraint("ck_touch_state", "touch")
    op.create_check_constraint(
        op.f("ck_touch_state"),
        "touch",
        "state IN ('planned', 'claimed', 'sending', 'sent', 'failed', 'unknown', 'suppressed')",
    )
    op.drop_index("ix_touch_unsettled", "touch")
    op.create_index(
        "ix_touch_unsettled",
        "touch",
        ["planned_at"],
        postgresql_where=sa.text("state IN ('planned', 'claimed', 'sending', 'failed', 'unknown')"),
    )


def downgrade() -> None:
    """Back to one mark: what is claimed may be tried again."""
    op.execute("UPDATE touch SET state = 'planned' WHERE state = 'claimed'")
    op.drop_index("ix_touch_unsettled", "touch")
    op.create_index(
        "ix_touch_unsettled",
        "touch",
        ["state"],
        postgresql_where=sa.text("state IN ('sending','unknown')"),
    )
    op.drop_constraint("ck_touch_state", "touch")
    op.create_check_constraint(
        op.f("ck_touch_state"),
        "touch",
        "state IN ('planned', 'sending', 'sent', 'failed', 'unknown', 'suppressed')",
    )
