"""What people enter about a lead by hand. Times are journey time, UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class LeadCorrection(Table):
    """A person said what a field of a lead is; never changed."""

    __tablename__ = "lead_correction"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    field: Mapped[str]
    """'' for the lead itself, which was entered by hand."""
    before: Mapped[str] = mapped_column(server_default="")
    after: Mapped[str] = mapped_column(server_default="")
    by: Mapped[str]
    at: Mapped[datetime]


class LeadNote(Table):
    """What somebody wrote down of a lead: a note, or a call or mail that happened elsewhere."""

    __tablename__ = "lead_note"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    kind: Mapped[str]
    """note, call, mail."""
    direction: Mapped[str] = mapped_column(server_default="")
    """Of a call or mail: out, in."""
    outcome: Mapped[str] = mapped_column(server_default="")
    """Of a call: a disposition."""
    subject: Mapped[str] = mapped_column(server_default="")
    """Of a mail."""
    text: Mapped[str] = mapped_column(server_default="")
    by: Mapped[str]
    at: Mapped[datetime]
    """When it happened."""
    written_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("kind IN ('note','call','mail')", name="kind"),)


class LeadContact(Table):
    """A further phone number or address of a lead. No mail goes to it."""

    __tablename__ = "lead_contact"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    kind: Mapped[str]
    """phone, email."""
    value: Mapped[str]
    value_key: Mapped[str]
    """The number in E.164, or the address in lower case."""
    label: Mapped[str] = mapped_column(server_default="")
    """What people call it, such as mobile; ``former`` for what it was known by before."""
    by: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('phone','email')", name="kind"),
        Index(
            "uq_lead_contact_email",
            "value_key",
            unique=True,
            postgresql_where=text("kind = 'email'"),
        ),
        Index("ix_lead_contact_phone", "value_key", postgresql_where=text("kind = 'phone'")),
    )


class WrittenMail(Table):
    """A mail that somebody wrote to one lead; its touch is ``written-<id>``."""

    __tablename__ = "written_mail"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    request: Mapped[str] = mapped_column(unique=True)
    """Whoever asks again with it means this mail, not another."""
    by: Mapped[str]
    subject: Mapped[str] = mapped_column(server_default="")
    text: Mapped[str] = mapped_column(server_default="")
    """As it was written; '' for one of a template."""
    compiled: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    """What the mail is rendered from; empty for one of a template."""
    template_version_id: Mapped[int | None] = mapped_column(ForeignKey("template_version.id"))
    at: Mapped[datetime]
