"""Touches, mails in and out, and who wants none."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

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
    sender: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """The rep it is from, as of the first claim (``domain.email.sender.Sender``), so that a retry
    comes from nobody else; empty for the company's own sender."""
    message_id: Mapped[str] = mapped_column(server_default="")
    """RFC 5322 Message-ID, without angle brackets."""
    provider_message_id: Mapped[str] = mapped_column(server_default="")
    error: Mapped[str] = mapped_column(server_default="")
    """A code and a sentence without personal data."""
    planned_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(server_default="0")
    """How often it was put off, and since when; journey time."""
    refused_from: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    """When it became due again after it was refused for a reason of ours; journey time."""
    waits_for: Mapped[str] = mapped_column(server_default="")
    """The limit, or the stopped sender, that its last attempt met; tells something while it is
    planned."""

    __table_args__ = (
        CheckConstraint(f"state IN {TOUCH_STATES!r}", name="state"),
        Index(
            "ix_touch_held_back",
            "planned_at",
            postgresql_where=text("state = 'suppressed' AND enrollment_id IS NOT NULL"),
        ),
        Index("ix_touch_message_id", "message_id"),
        Index("ix_touch_sent_at", "sent_at", postgresql_where=text("state = 'sent'")),
        Index(
            "ix_touch_unsettled",
            "planned_at",
            postgresql_where=text(
                "state IN ('planned', 'claimed', 'sending', 'failed', 'unknown')"
            ),
        ),
        Index(
            "ix_touch_waits_for",
            "waits_for",
            "id",
            postgresql_where=text("state = 'planned' AND waits_for <> ''"),
        ),
        Index(
            "ix_touch_trouble",
            "planned_at",
            postgresql_where=text("state IN ('failed', 'unknown')"),
        ),
    )


class MailRefusal(Table):
    """Mail that was refused lately: together they tell whether the trouble is ours. Kept for a
    week, where the trouble was ours for what is counted of it."""

    __tablename__ = "mail_refusal"
    key: Mapped[str] = mapped_column(primary_key=True)
    """Makes a report count once."""
    touch_id: Mapped[int] = mapped_column(ForeignKey("touch.id"), index=True)
    channel: Mapped[str]
    meaning: Mapped[str]
    """What ``domain.engagement.bounces`` makes of it."""
    code: Mapped[str]
    at: Mapped[datetime]
    """Journey time."""

    __table_args__ = (Index("ix_mail_refusal_channel_at", "channel", "at"),)


class SendCounter(Table):
    """How many mails went under a limit (``domain.sending.limits.Counter``), by the domain or
    address that it is of. Times are journey time, days the company's."""

    __tablename__ = "send_counter"
    scope: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime]
    day: Mapped[date]
    in_hour: Mapped[int]
    in_day: Mapped[int]
    climbed: Mapped[int]
    began: Mapped[date | None]
    tail: Mapped[datetime | None]
    """The time that the last one who waits was told."""


class SenderStanding(Table):
    """How a domain of ours that mail comes from stands with its receivers
    (``domain.sending.guard``). Times are journey time."""

    __tablename__ = "sender_standing"
    domain: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    trouble: Mapped[str] = mapped_column(server_default="")
    detail: Mapped[str] = mapped_column(server_default="")
    """A code of a receiver's; never a name or an address."""
    since: Mapped[datetime]
    mails: Mapped[int] = mapped_column(server_default="0")
    """What it was judged by: mails of the last 30 days, those that bounced, that were called
    spam."""
    bounced: Mapped[int] = mapped_column(server_default="0")
    complained: Mapped[int] = mapped_column(server_default="0")
    per_day: Mapped[int | None]
    """Mails a day while it is slowed down."""
    usual: Mapped[int] = mapped_column(server_default="0")
    """Mails a day before it was stopped."""
    judged_at: Mapped[datetime | None]
    resumed_at: Mapped[datetime | None]
    """When a person last let it go on; mails from before are judged no more."""
    resumed_by: Mapped[str] = mapped_column(server_default="")


class SendRate(Table):
    """How far the send rate of a channel is used up; ``taken_until`` is real time."""

    __tablename__ = "send_rate"
    channel: Mapped[str] = mapped_column(primary_key=True)
    taken_until: Mapped[datetime]


class SendingPause(Table):
    """A channel that sends nothing, because mail is refused for a reason of ours. Times are
    journey time."""

    __tablename__ = "sending_pause"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    channel: Mapped[str]
    reason: Mapped[str]
    """set_up, reputation or refuses_all."""
    detail: Mapped[str]
    """A code of the provider's, or a sentence of ours; never a name or an address."""
    reported: Mapped[bool]
    """Whether refusals are learned of after the mail was accepted: that a mail is accepted proves
    nothing then."""
    opened_at: Mapped[datetime]
    probe_at: Mapped[datetime]
    """When the next mail may be let through, to see whether it goes."""
    probes: Mapped[int] = mapped_column(server_default="0")
    accepted_at: Mapped[datetime | None]
    """When the last probe was accepted; None since it was reported refused."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(server_default="")
    """Who ordered it; '' when a probe went through."""

    __table_args__ = (
        Index(
            "uq_sending_pause_open",
            "channel",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
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


_IN_TRAY = text("tray <> '' AND settled_at IS NULL")


class InboundMessage(Table):
    """A mail that came back: an answer, an automatic one, or a report."""

    __tablename__ = "inbound_message"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    """RFC 5322 Message-ID without angle brackets, or a digest of a mail that has none."""
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), index=True)
    touch_id: Mapped[int | None] = mapped_column(ForeignKey("touch.id"))
    kind: Mapped[str]
    """What reading made of it: reply, out_of_office, auto_reply, unsubscribe, bounce, complaint,
    meeting_answer, unclear."""
    sender: Mapped[str]
    sender_key: Mapped[str] = mapped_column(server_default="")
    """The sender's address, case-folded; '' if there is none."""
    subject: Mapped[str]
    text: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)
    thread_lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), index=True)
    """The lead whose mail it answers, or on which it reports, when it is not surely that lead's."""
    tray: Mapped[str] = mapped_column(server_default="")
    """Why a person looks at it: unmatched, unclear, meeting; '' when nobody need."""
    doubt: Mapped[str] = mapped_column(server_default="")
    """Of kind unclear: why (``domain.inbound.verdict.Doubt``)."""
    status: Mapped[str] = mapped_column(server_default="")
    """Of a bounce: RFC 3463 or RFC 5321."""
    diagnostic: Mapped[str] = mapped_column(server_default="")
    """Of a bounce: what the server said, which may name people."""
    meeting_uid: Mapped[str] = mapped_column(server_default="")
    partstat: Mapped[str] = mapped_column(server_default="")
    """Of an answer to an invitation (RFC 5545 3.2.12), or COUNTER."""
    away_until: Mapped[date | None]
    """Of out_of_office, and of what may be it: the day on which the sender is back, on their own
    calendar."""
    later: Mapped[date | None]
    """Of a reply: the day from which its sender wants to hear from us again."""
    settled_as: Mapped[str] = mapped_column(server_default="")
    """What a person made of it: reply, opt_out, automatic, bounce, nothing; '' while nobody did."""
    settled_by: Mapped[str] = mapped_column(server_default="")
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_inbound_message_unknown",
            "received_at",
            postgresql_where=column("lead_id").is_(None),
        ),
        Index(
            "ix_inbound_message_tray",
            "id",
            postgresql_where=_IN_TRAY,
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
