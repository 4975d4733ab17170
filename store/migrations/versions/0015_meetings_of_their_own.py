"""Several appointments of one lead, each with a life of its own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

_FALSE = sa.text("false")
_EMPTY = sa.text("''")


def upgrade() -> None:
    op.add_column(
        "rep", sa.Column("meeting_link", sa.Text(), server_default=_EMPTY, nullable=False)
    )
    op.add_column("meeting", sa.Column("uid", sa.Text(), nullable=True))
    # What is in people's calendars keeps the UID under which it is there.
    op.execute("UPDATE meeting SET uid = 'meeting-' || id")
    op.alter_column(
        "meeting", "uid", nullable=False, server_default=sa.text("(gen_random_uuid())::text")
    )
    op.create_unique_constraint(op.f("uq_meeting_uid"), "meeting", ["uid"])
    for name in ("invited", "beside"):
        op.add_column(
            "meeting", sa.Column(name, sa.Boolean(), server_default=_FALSE, nullable=False)
        )
    op.execute("UPDATE meeting SET invited = provider = ''")
    op.add_column(
        "meeting", sa.Column("cancelled_by", sa.Text(), server_default=_EMPTY, nullable=False)
    )
    for name in ("cancelled_at", "proposed_at"):
        op.add_column("meeting", sa.Column(name, sa.DateTime(timezone=True), nullable=True))

    op.add_column(
        "calendar_booking", sa.Column("booking", sa.Text(), server_default=_EMPTY, nullable=False)
    )
    op.execute("UPDATE calendar_booking SET booking = id")
    for name in ("attendee", "event", "cancelled_by"):
        op.add_column(
            "calendar_booking", sa.Column(name, sa.Text(), server_default=_EMPTY, nullable=False)
        )
    op.create_index(op.f("ix_calendar_booking_booking"), "calendar_booking", ["booking"])
    op.create_index(op.f("ix_calendar_booking_attendee"), "calendar_booking", ["attendee"])
    op.drop_column("calendar_booking", "refused")
