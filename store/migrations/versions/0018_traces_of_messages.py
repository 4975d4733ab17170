"""A message of the relay knows the trace it belongs to; activities that were given up are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "relay_message", sa.Column("traceparent", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "failing_activity",
        sa.Column("given_up", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
