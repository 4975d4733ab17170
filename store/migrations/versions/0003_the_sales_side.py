"""Teams, promises, the log of owners, tokens and webhooks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("rep", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("name", name=op.f("uq_api_token_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_table(
        "api_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("rep", sa.Text(), server_default="", nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_change")),
    )
    op.create_index(op.f("ix_api_change_at"), "api_change", ["at"], unique=False)
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("events", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
        sa.UniqueConstraint("url", name=op.f("uq_webhook_endpoint_url")),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rep", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["rep"], ["rep.code"], name=op.f("fk_absence_rep")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_rep"), "absence", ["rep"], unique=False)
    op.create_table(
        "routing_share",
        sa.Column("rep", sa.Text(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rep", name=op.f("pk_routing_share")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name=op.f("fk_webhook_delivery_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "endpoint_id", "event_id", name=op.f("uq_webhook_delivery_endpoint_id_event_id")
        ),
    )
    op.create_index(
        "ix_webhook_delivery_log", "webhook_delivery", ["endpoint_id", "id"], unique=False
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), server_default="", nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_assignment_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_at"), "assignment", ["at"], unique=False)
    op.create_index(op.f("ix_assignment_lead_id"), "assignment", ["lead_id"], unique=False)
    op.create_table(
        "renewal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("opportunity_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_renewal_lead_id")),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunity.id"], name=op.f("fk_renewal_opportunity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal")),
        sa.UniqueConstraint(
            "lead_id", "opportunity_id", "kind", name=op.f("uq_renewal_lead_id_opportunity_id_kind")
        ),
    )
    op.create_index(op.f("ix_renewal_lead_id"), "renewal", ["lead_id"], unique=False)
    op.create_table(
        "lead_feedback",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_feedback_lead_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_lead_feedback_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_feedback")),
        sa.UniqueConstraint("task_id", name=op.f("uq_lead_feedback_task_id")),
    )
    op.create_index(op.f("ix_lead_feedback_at"), "lead_feedback", ["at"], unique=False)
    op.create_index(op.f("ix_lead_feedback_lead_id"), "lead_feedback", ["lead_id"], unique=False)
    op.create_table(
        "sla_clock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("team", sa.Text(), server_default="", nullable=False),
        sa.Column("pilot", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "pauses",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('running','paused','met','breached','void')", name=op.f("ck_sla_clock_state")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_sla_clock_lead_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_sla_clock_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_clock")),
        sa.UniqueConstraint("key", name=op.f("uq_sla_clock_key")),
    )
    op.create_index(op.f("ix_sla_clock_lead_id"), "sla_clock", ["lead_id"], unique=False)
    op.create_index(
        "ix_sla_clock_running",
        "sla_clock",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index(op.f("ix_sla_clock_task_id"), "sla_clock", ["task_id"], unique=False)
    op.create_table(
        "sla_action",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("pilot", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["clock_id"], ["sla_clock.id"], name=op.f("fk_sla_action_clock_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_action")),
        sa.UniqueConstraint("clock_id", "action", name=op.f("uq_sla_action_clock_id_action")),
    )
    op.create_index(op.f("ix_sla_action_clock_id"), "sla_action", ["clock_id"], unique=False)
    op.add_column("account", sa.Column("owner", sa.Text(), server_default="", nullable=False))
    op.add_column("account", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("held_by", sa.Text(), server_default="", nullable=False))
    op.add_column("account", sa.Column("held_reason", sa.Text(), server_default="", nullable=False))
    op.add_column("lead", sa.Column("fit_judged", sa.Text(), server_default="", nullable=False))
    op.add_column("lead", sa.Column("return_on", sa.Date(), nullable=True))
    op.add_column("lead", sa.Column("return_why", sa.Text(), server_default="", nullable=False))
    op.add_column("lead", sa.Column("return_cadence", sa.Text(), server_default="", nullable=False))
    op.add_column("lead", sa.Column("parked_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("enrollment", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("enrollment", sa.Column("held_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("meeting", sa.Column("provider", sa.Text(), server_default="", nullable=False))
    op.add_column("meeting", sa.Column("provider_id", sa.Text(), nullable=True))
    op.add_column(
        "meeting", sa.Column("sequence", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("meeting", sa.Column("join_url", sa.Text(), server_default="", nullable=False))
    op.create_unique_constraint(op.f("uq_meeting_provider_id"), "meeting", ["provider_id"])
    op.create_table(
        "calendar_booking",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("meeting_id", sa.BigInteger(), nullable=True),
        sa.Column("replaces", sa.Text(), server_default="", nullable=False),
        sa.Column("replaced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("host", sa.Text(), server_default="", nullable=False),
        sa.Column("join_url", sa.Text(), server_default="", nullable=False),
        sa.Column("set_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("missed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("missed_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("refused", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_calendar_booking_lead_id")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_calendar_booking_meeting_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_booking")),
    )
    for column in ("lead_id", "meeting_id", "replaces"):
        op.create_index(
            op.f(f"ix_calendar_booking_{column}"), "calendar_booking", [column], unique=False
        )
    op.add_column("opportunity", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "opportunity", sa.Column("stage_since", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "opportunity", sa.Column("help_offered_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "opportunity", sa.Column("competitor", sa.Text(), server_default="", nullable=False)
    )
    op.create_index(
        "ix_lead_in_sales_hands",
        "lead",
        ["owner"],
        unique=False,
        postgresql_where=sa.text("phase IN ('FollowUp', 'Meeting', 'Opportunity')"),
    )
    op.add_column("rep", sa.Column("team", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "rep", sa.Column("manager", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "rep", sa.Column("present", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )
    op.add_column("task", sa.Column("due_in", sa.Text(), server_default="", nullable=False))
