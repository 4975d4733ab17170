"""Messages for Temporal are leased"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "relay_message", sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("relay_message", sa.Column("lease", sa.Text(), server_default="", nullable=False))
