"""Users of the console, their sessions, answers held back, and receipts of erasures"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What stands between two words in names and addresses. PostgreSQL's parser would keep some of it
# together (an address, a compound), and takes what is not ASCII for a letter.
APART = "@._-/+~<>&=?#\u00a0\u3000’‘“”–—…·•、。，．：；！？（）「」『』【】《》〈〉［］／＆・＠㈜"
WORDS = f"""
    CREATE FUNCTION lead_words(email text, first_name text, last_name text, title text)
    RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector('simple', translate(
        email || ' ' || first_name || ' ' || last_name || ' ' || last_name || first_name
        || ' ' || title, '{APART}', '{" " * len(APART)}'));
    CREATE FUNCTION account_words(name text, domain text)
    RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector('simple', translate(
        name || ' ' || coalesce(domain, ''), '{APART}', '{" " * len(APART)}'))
"""


def upgrade() -> None:
    op.create_table(
        "console_user",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("rep", sa.Text(), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="", nullable=False),
        sa.Column("theme", sa.Text(), server_default="auto", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("oidc_subject", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_user")),
        sa.UniqueConstraint("email_key", name=op.f("uq_console_user_email_key")),
    )
    op.create_index(
        "ix_console_user_oidc_subject",
        "console_user",
        ["oidc_subject"],
        unique=True,
        postgresql_where=sa.text("oidc_subject <> ''"),
    )
    op.create_table(
        "console_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["console_user.id"], name=op.f("fk_console_session_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_console_session_token_hash")),
    )
    op.create_index(
        op.f("ix_console_session_user_id"), "console_session", ["user_id"], unique=False
    )
    op.create_table(
        "login_link",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["console_user.id"], name=op.f("fk_login_link_user_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_link")),
    )
    op.create_index(op.f("ix_login_link_user_id"), "login_link", ["user_id"], unique=False)
    op.create_table(
        "login_failure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
    )
    op.create_index(op.f("ix_login_failure_at"), "login_failure", ["at"], unique=False)
    for column in ("email_key", "address"):
        op.create_index(f"ix_login_failure_{column}", "login_failure", [column, "at"], unique=False)
    op.create_table(
        "held_answer",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("release_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_held_answer_task_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["console_user.id"], name=op.f("fk_held_answer_user_id")
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_held_answer")),
    )
    for column in ("user_id", "release_at"):
        op.create_index(op.f(f"ix_held_answer_{column}"), "held_answer", [column], unique=False)
    op.create_table(
        "draft",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("based_on", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["console_user.id"], name=op.f("fk_draft_user_id")),
        sa.PrimaryKeyConstraint("kind", "name", "user_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lead_ref", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_lead_ref"), "erasure", ["lead_ref"], unique=False)
    _imports()
    op.execute(WORDS)
    for table, words in (
        ("lead", "lead_words(email, first_name, last_name, title)"),
        ("account", "account_words(name, domain)"),
    ):
        op.add_column(
            table,
            sa.Column(
                "words", postgresql.TSVECTOR(), sa.Computed(words, persisted=True), nullable=False
            ),
        )
        op.create_index(f"ix_{table}_words", table, ["words"], postgresql_using="gin")
    op.create_index("ix_lead_owner", "lead", ["owner"], unique=False)
    op.create_index(
        "ix_lead_active",
        "lead",
        [sa.text("greatest(phase_since, interest_as_of)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_enrollment_running",
        "enrollment",
        ["cadence_version_id", "lead_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _imports() -> None:
    jsonb = postgresql.JSONB(astext_type=sa.Text())
    for column in (
        sa.Column("state", sa.Text(), server_default="done", nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("encoding", sa.Text(), server_default="", nullable=False),
        sa.Column("fields", jsonb, nullable=True),
        sa.Column("lines", sa.Integer(), server_default="0", nullable=False),
        sa.Column("line", sa.Integer(), server_default="0", nullable=False),
        sa.Column("journeys", sa.Integer(), server_default="0", nullable=False),
        sa.Column("starts_for", sa.Double(), server_default="0", nullable=False),
        sa.Column("reasons", jsonb, server_default="{}", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("import_run", column)
    op.create_table(
        "import_file",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("head", jsonb, nullable=True),
        sa.Column("rejects", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name=op.f("fk_import_file_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_import_file")),
    )
