"""What browsers say is bounded, and addresses confirm themselves"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0010"
branch_labels = None
depends_on = None

MERGED_ATTRIBUTES = """
CREATE FUNCTION merged_attributes(old jsonb, said jsonb, fill boolean) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce((
        SELECT made.attributes FROM (VALUES
            (1, CASE WHEN fill THEN said || old ELSE old || said END),
            (2, CASE WHEN fill THEN old ELSE old || coalesce(
                (SELECT jsonb_object_agg(key, value) FROM jsonb_each(said) WHERE old ? key), '{}')
                END)
        ) AS made (place, attributes)
        WHERE octet_length(made.attributes::text) <= greatest(65536, octet_length(old::text))
            AND (SELECT count(*) FROM jsonb_object_keys(made.attributes))
                <= greatest(200, (SELECT count(*) FROM jsonb_object_keys(old)))
        ORDER BY place LIMIT 1
    ), old)
$$
"""
"""Attributes with what was said: as much of it as leaves them within 200 keys and 64 KB. Where not
all of it fits, only what was known before changes. ``fill``: what has a value keeps it."""


def upgrade() -> None:
    op.execute(MERGED_ATTRIBUTES)
    # Keys from before may stand in a web page: they may do the least.
    op.add_column(
        "write_key", sa.Column("kind", sa.Text(), server_default="browser", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_write_key_kind"), "write_key", "kind IN ('browser', 'server')"
    )
    op.add_column(
        "inbound_message",
        sa.Column("sender_key", sa.Text(), server_default="", nullable=False),
    )
    op.create_index(
        "ix_inbound_message_unknown",
        "inbound_message",
        ["received_at"],
        postgresql_where=sa.text("lead_id IS NULL"),
    )
    op.create_index(
        "ix_visitor_anonymous",
        "visitor",
        ["last_seen_at"],
        postgresql_where=sa.text("lead_id IS NULL"),
    )
    op.create_table(
        "confirmation",
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("write_key_id", sa.BigInteger(), nullable=False),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("times_asked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_confirmation_lead_id")),
        sa.ForeignKeyConstraint(
            ["write_key_id"], ["write_key.id"], name=op.f("fk_confirmation_write_key_id")
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_confirmation")),
    )
    op.create_index("ix_confirmation_asked", "confirmation", ["write_key_id", "asked_at"])
    op.create_table(
        "lead_claim",
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("write_key_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_claim_lead_id")),
        sa.ForeignKeyConstraint(
            ["write_key_id"], ["write_key.id"], name=op.f("fk_lead_claim_write_key_id")
        ),
        sa.PrimaryKeyConstraint("lead_id", "field", name=op.f("pk_lead_claim")),
    )
    op.create_table(
        "tracking_use",
        sa.Column("write_key_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "write_key_id", "what", "who", "since", name=op.f("pk_tracking_use")
        ),
        # What is counted matters for hours: a crash of the server may take it.
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_tracking_use_since", "tracking_use", ["since"])
