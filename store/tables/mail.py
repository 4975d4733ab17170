"""Touches, mails in and out, and who wants none."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table

TOUCH_STATES = ("planned", "claimed", "sending", "sent", "failed", "unknown", "suppressed")


class Touch(Table):
    """The ledger: one row per touch, written before the provider is called.

    ``key`` is deterministic (``enrollment-7:welcome:1``, ``meeting-3:reminder-24h:1``).
    ``claim`` names the run and attempt that took the row to ``claimed``; ``sending`` means that it
    may be with the provider.
    """

    __tablename__ = "touch"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"), index=True)
    template_version_id: Mapped[int | None] = mapped_column(ForeignKey("template_version.id"))
    step: Mapped[str]
    topic: Mapped[str] = mapped_column(server_default="")
    """What marketing's mail is about, as its cadence says; '' for operational mail."""
    channel: Mapped[str]
    state: Mapped[str]
    claim: Mapped[str] = mapped_column(server_default="")
    message_id: Mapped[str] = mapped_column(server_default="")
    """RFC 5322 Message-ID, without angle brackets."""
    provider_message_id: Mapped[str] = mapped_column(server_default="")
    error: Mapped[str] = mapped_column(server_default="")
    """A code and a sentence without personal data."""
    planned_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"state IN {TOUCH_STATES!r}", name="state"),
        Index("ix_touch_message_id", "message_id"),
        Index(
            "ix_touch_unsettled",
            "planned_at",
            postgresql_where=text(
                "state IN ('planned', 'claimed', 'sending', 'failed', 'unknown')"
            ),
        ),
        Index(
            "ix_touch_trouble",
            "planned_at",
            postgresql_where=text("state IN ('failed', 'unknown')"),
        ),
    )


class OutboxMessage(Table):
    """An e-mail of the embedded channel ``outbox``: stored, viewable, never sent anywhere."""

    __tablename__ = "outbox_message"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    touch_key: Mapped[str] = mapped_column(unique=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    recipient: Mapped[str]
    recipient_key: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    """The whole message, RFC 5322."""
    sent_at: Mapped[datetime] = mapped_column(index=True)


class InboundMessage(Table):
    """A mail that came back: an answer, an automatic one, or a report."""

    __tablename__ = "inbound_message"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    """RFC 5322 Message-ID without angle brackets, or a digest of a mail that has none."""
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), index=True)
    touch_id: Mapped[int | None] = mapped_column(ForeignKey("touch.id"))
    kind: Mapped[str]
    """reply, out_of_office, auto_reply, unsubscribe, bounce."""
    sender: Mapped[str]
    sender_key: Mapped[str] = mapped_column(server_default="")
    """The sender's address, case-folded; '' if there is none."""
    subject: Mapped[str]
    text: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (
        Index(
            "ix_inbound_message_unknown",
            "received_at",
            postgresql_where=column("lead_id").is_(None),
        ),
    )


class Suppression(Table):
    """An address that gets no (or only operational) mail."""

    __tablename__ = "suppression"
    email_key: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    """unsubscribed, bounced, soft_bounced, complained, manual."""
    at: Mapped[datetime]


class TopicOptOut(Table):
    """A topic about which an address wants no more mail."""

    __tablename__ = "topic_opt_out"
    email_key: Mapped[str] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class ConsentRecord(Table):
    """Each time an address said yes or no, for the record; never changed."""

    __tablename__ = "consent_record"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email_key: Mapped[str] = mapped_column(index=True)
    topic: Mapped[str] = mapped_column(server_default="")
    """'' for everything marketing sends."""
    action: Mapped[str]
    """opt_in, opt_out."""
    source: Mapped[str]
    """unsubscribe_link, preference_page, provider, reply, operator, tracking, import,
    confirmation."""
    evidence: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]
