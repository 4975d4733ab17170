"""All tables"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FIRST = Path(__file__).parents[1] / "first"
ROOMS = (
    *("functions", "leads", "cadences", "lead_work", "mail", "sales", "engagement", "tracking"),
    "forms",
    "images",
    "snapshots",
    *("access", "console", "notifications", "relay", "health", "figures", "money", "segments"),
    "entries",
)
"""Each only refers to what those before it have made."""


def upgrade() -> None:
    for room in ROOMS:
        # As it stands: what has a colon or a per cent sign is no parameter.
        op.get_bind().exec_driver_sql((FIRST / f"{room}.sql").read_text(encoding="utf-8"))
