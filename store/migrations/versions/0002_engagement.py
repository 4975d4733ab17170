"""Tracking, scoring by fit and interest, consent"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), server_default="", nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_record")),
    )
    op.create_index(
        op.f("ix_consent_record_email_key"), "consent_record", ["email_key"], unique=False
    )
    op.create_table(
        "topic_opt_out",
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("email_key", "topic", name=op.f("pk_topic_opt_out")),
    )
    op.create_table(
        "write_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("cadence", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_write_key_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_write_key_name")),
    )
    op.create_table(
        "scoring_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("policy_version_id", sa.BigInteger(), nullable=False),
        sa.Column("leads", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rescored", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_lead_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("escalated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rescored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["policy_version_id"],
            ["policy_version.id"],
            name=op.f("fk_scoring_run_policy_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoring_run")),
        sa.UniqueConstraint("policy_version_id", name=op.f("uq_scoring_run_policy_version_id")),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_alert_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("key", name=op.f("uq_alert_key")),
    )
    op.create_index(op.f("ix_alert_lead_id"), "alert", ["lead_id"], unique=False)
    op.create_index(
        "ix_alert_waiting",
        "alert",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_table(
        "crossing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("hot", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_crossing_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crossing")),
        sa.UniqueConstraint("lead_id", "cycle", name=op.f("uq_crossing_lead_id_cycle")),
    )
    op.create_index(op.f("ix_crossing_at"), "crossing", ["at"], unique=False)
    op.create_table(
        "visitor",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "traits",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_visitor_account_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_visitor_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor")),
    )
    op.create_index(op.f("ix_visitor_lead_id"), "visitor", ["lead_id"], unique=False)
    op.create_table(
        "visitor_key",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("visitor_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('anonymous','user')", name=op.f("ck_visitor_key_kind")),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitor.id"], name=op.f("fk_visitor_key_visitor_id")
        ),
        sa.PrimaryKeyConstraint("kind", "value", name=op.f("pk_visitor_key")),
    )
    op.create_index(op.f("ix_visitor_key_visitor_id"), "visitor_key", ["visitor_id"], unique=False)
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("touch_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_inbound_message_lead_id")),
        sa.ForeignKeyConstraint(
            ["touch_id"], ["touch.id"], name=op.f("fk_inbound_message_touch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint("message_id", name=op.f("uq_inbound_message_message_id")),
    )
    op.create_index(
        op.f("ix_inbound_message_lead_id"), "inbound_message", ["lead_id"], unique=False
    )
    op.create_index(
        op.f("ix_inbound_message_received_at"), "inbound_message", ["received_at"], unique=False
    )
    op.add_column("account", sa.Column("external_id", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_account_external_id"), "account", ["external_id"])
    op.add_column("engagement", sa.Column("visitor_id", sa.BigInteger(), nullable=True))
    op.add_column("engagement", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.add_column("engagement", sa.Column("rule", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "engagement", sa.Column("worth", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("engagement", sa.Column("period", sa.DateTime(timezone=True), nullable=True))
    op.add_column("engagement", sa.Column("machine", sa.Text(), server_default="", nullable=False))
    op.alter_column("engagement", "lead_id", existing_type=sa.BIGINT(), nullable=True)
    op.drop_index(op.f("ix_engagement_lead_id"), table_name="engagement")
    op.create_index(
        "ix_engagement_cap",
        "engagement",
        ["lead_id", "rule", "period"],
        unique=False,
        postgresql_where=sa.text("period IS NOT NULL"),
    )
    op.create_index("ix_engagement_lead_id_at", "engagement", ["lead_id", "at"], unique=False)
    op.create_index("ix_engagement_visitor_id", "engagement", ["visitor_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_engagement_visitor_id"), "engagement", "visitor", ["visitor_id"], ["id"]
    )
    op.add_column("lead", sa.Column("interest", sa.Double(), server_default="0", nullable=False))
    op.add_column(
        "lead",
        sa.Column(
            "interest_as_of",
            sa.DateTime(timezone=True),
            server_default=sa.text("to_timestamp(0)"),
            nullable=False,
        ),
    )
    op.add_column("lead", sa.Column("fit", sa.Text(), server_default="", nullable=False))
    # What was earned so far decays from now on; publishing the new scoring rules counts it anew.
    op.execute("UPDATE lead SET interest = score, interest_as_of = now() WHERE score > 0")
    op.execute("UPDATE engagement SET worth = points")
    op.execute(
        "UPDATE engagement SET kind = 'open', machine = 'privacy_proxy' WHERE kind = 'machine_open'"
    )
    op.create_check_constraint(
        op.f("ck_engagement_whose"), "engagement", "lead_id IS NOT NULL OR visitor_id IS NOT NULL"
    )
    op.drop_column("lead", "score")
    op.add_column(
        "task", sa.Column("hot", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("touch", sa.Column("topic", sa.Text(), server_default="", nullable=False))
    op.add_column("touch", sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_touch_message_id", "touch", ["message_id"], unique=False)
