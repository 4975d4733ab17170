"""Whether a language and a time zone were said or guessed; what an import did not understand"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from domain.contacts.companies import company_key

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("language_certainty", "time_zone_certainty"):
        op.add_column(
            "lead", sa.Column(name, sa.SmallInteger(), server_default="0", nullable=False)
        )
    # Nobody knows any more what was said: what is there is not replaced by a guess.
    op.execute(
        "UPDATE lead SET language_certainty = 3, time_zone_certainty = 3 "
        "WHERE NOT (country = '' AND time_zone = 'UTC' AND language = 'en')"
    )
    op.add_column(
        "import_run", sa.Column("unsubscribed", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "import_run",
        sa.Column("not_understood", postgresql.JSONB(), server_default="{}", nullable=False),
    )
    op.add_column("import_run", sa.Column("dates", sa.Text(), server_default="", nullable=False))
    _make_company_keys_anew()


def _make_company_keys_anew() -> None:
    """Companies that were two by their legal form stay two; new names find the older of them."""
    connection = op.get_bind()
    known = connection.execute(sa.text("SELECT id, name, name_key FROM account ORDER BY id")).all()
    taken = {row.name_key for row in known}
    for row in known:
        key = company_key(row.name)
        if key not in taken:
            taken.add(key)
            connection.execute(
                sa.text("UPDATE account SET name_key = :key WHERE id = :id"),
                {"key": key, "id": row.id},
            )
