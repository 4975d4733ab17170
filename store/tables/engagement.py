"""What leads and visitors did, and what it came to."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    event,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class Visitor(Table):
    """Somebody the tracking API saw. A visitor without a lead is anonymous; once identified, its
    history is the lead's."""

    __tablename__ = "visitor"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    traits: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """What was said of an anonymous visitor, kept for the lead it may become."""
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_visitor_anonymous", "last_seen_at", postgresql_where=text("lead_id IS NULL")),
    )


class VisitorKey(Table):
    """A name under which the tracking API knows a visitor: an ``anonymousId`` or a ``userId``."""

    __tablename__ = "visitor_key"
    kind: Mapped[str] = mapped_column(primary_key=True)
    """anonymous, user."""
    value: Mapped[str] = mapped_column(primary_key=True)
    visitor_id: Mapped[int] = mapped_column(ForeignKey("visitor.id"), index=True)

    __table_args__ = (CheckConstraint("kind IN ('anonymous','user')", name="kind"),)


class WriteKey(Table):
    """A source that may write to the tracking API. Only a hash of the key is kept."""

    __tablename__ = "write_key"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    key_hash: Mapped[str] = mapped_column(unique=True)
    """SHA-256, hexadecimal. The keys are random and long: nothing slower is needed."""
    cadence: Mapped[str] = mapped_column(server_default="")
    """The cadence in which leads begin whom this source identifies first; '' for none."""
    kind: Mapped[str] = mapped_column(server_default="browser")
    """browser: anybody may read it in a page, so it may only report and fill what is empty;
    server."""
    form: Mapped[str] = mapped_column(server_default="")
    """The hosted form in whose name it writes, with a key that nobody has; '' for one that was
    made."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("kind IN ('browser', 'server')", name="kind"),)


class Engagement(Table):
    """Something a lead or a visitor did, kept by month: see :mod:`store.scoring.event_months`.

    Whoever writes it has locked its lead, visitor or touch before: foreign keys would look each up
    once more, and dropping a month would lock the tables that all others need.
    """

    __tablename__ = "engagement"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str]
    """What made it count once: see :class:`EngagementKey`."""
    lead_id: Mapped[int | None] = mapped_column(BigInteger)
    visitor_id: Mapped[int | None] = mapped_column(BigInteger)
    touch_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str]
    """open, click, reply, form, booking, unsubscribe, bounce, complaint, score, page, screen,
    track; and, without points, soft_bounce, resubscribe, auto_reply."""
    name: Mapped[str] = mapped_column(server_default="")
    """Of a page, a screen or a tracked event."""
    rule: Mapped[str] = mapped_column(server_default="")
    """The rule of the scoring policy that gave the points; '' for none."""
    worth: Mapped[int] = mapped_column(server_default="0")
    """Points that the rule gives."""
    points: Mapped[int] = mapped_column(server_default="0")
    """Points that count: 0 over the rule's cap, and for what a machine did."""
    period: Mapped[datetime | None]
    """Start of the period in which the rule's cap counts; none without a cap."""
    machine: Mapped[str] = mapped_column(server_default="")
    """Why this was no person: agent, network, prefetch, all_links, privacy_proxy; '' otherwise."""
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    at: Mapped[datetime] = mapped_column(primary_key=True)

    __table_args__ = (
        CheckConstraint("lead_id IS NOT NULL OR visitor_id IS NOT NULL", name="whose"),
        Index("ix_engagement_lead_id_at", "lead_id", "at"),
        Index(
            "ix_engagement_mail",
            "at",
            postgresql_where=text(
                "kind IN ('bounce', 'soft_bounce', 'reply', 'complaint', 'unsubscribe')"
            ),
        ),
        Index("ix_engagement_touch_id", "touch_id", postgresql_where=text("touch_id IS NOT NULL")),
        Index(
            "ix_engagement_visitor_id",
            "visitor_id",
            postgresql_where=text("visitor_id IS NOT NULL"),
        ),
        Index(
            "ix_engagement_cap",
            "lead_id",
            "rule",
            "period",
            postgresql_where=text("period IS NOT NULL AND points <> 0"),
        ),
        {"postgresql_partition_by": "RANGE (at)"},
    )


event.listen(
    Engagement.__table__,
    "after_create",
    lambda _table, connection, **_: connection.exec_driver_sql(
        "CREATE TABLE engagement_other PARTITION OF engagement DEFAULT"
    ),
)


class EngagementKey(Table):
    """Makes an engagement count once, whichever month a second copy of it says it is of."""

    __tablename__ = "engagement_key"
    hash: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    """BLAKE2b of the key, 128 bits: the index is a third of what it would be with the keys."""
    month: Mapped[date] = mapped_column(index=True)
    """First day (UTC) of the month of its engagement. It goes when that month is dropped."""


class CampaignTouch(Table):
    """Somebody came by a link of a campaign: what its UTM parameters say. The first and the last
    touch of a lead are those with the earliest and the latest time, whenever they arrived here."""

    __tablename__ = "campaign_touch"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """``event:<engagement id>``, or ``import:`` with the lead and a hash of what a file says."""
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    visitor_id: Mapped[int | None] = mapped_column(ForeignKey("visitor.id", ondelete="CASCADE"))
    via: Mapped[str]
    """The kind of the engagement that told of it, or import."""
    source: Mapped[str]
    """``utm_source``, in lower case as medium and campaign."""
    medium: Mapped[str] = mapped_column(server_default="")
    campaign: Mapped[str] = mapped_column(server_default="")
    content: Mapped[str] = mapped_column(server_default="")
    term: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("lead_id IS NOT NULL OR visitor_id IS NOT NULL", name="whose"),
        Index("ix_campaign_touch_lead_id_at", "lead_id", "at"),
        Index(
            "ix_campaign_touch_visitor_id",
            "visitor_id",
            postgresql_where=text("visitor_id IS NOT NULL"),
        ),
    )


class Crossing(Table):
    """A lead that became sales-ready: once a cycle."""

    __tablename__ = "crossing"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    cycle: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
    cause: Mapped[str]
    """event, fit, rules (new scoring rules), entry (ready when nurture began)."""
    grade: Mapped[str]
    """Fit letter and interest level, such as ``B1``."""
    score: Mapped[int]
    hot: Mapped[bool]

    __table_args__ = (UniqueConstraint("lead_id", "cycle"),)


class Alert(Table):
    """Something a person must hear of now."""

    __tablename__ = "alert"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    """hot_lead, hot_unanswered (for the manager), sla_reminder, sla_breach, stalled (an
    opportunity), outcome_missing (of a meeting), sending_paused,
    sender_stopped, unassigned: nobody can take leads,
    ``unassigned:<team>:<person>:…``, and those of ``store.meetings.meeting_alerts``."""
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), index=True)
    owner: Mapped[str] = mapped_column(server_default="")
    """Code of the rep it is for; '' while nobody owns the lead."""
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_alert_waiting", "due_at", postgresql_where=text("answered_at IS NULL")),
    )


class ScoringRun(Table):
    """The rescoring of all leads after new scoring rules were published."""

    __tablename__ = "scoring_run"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    policy_version_id: Mapped[int] = mapped_column(ForeignKey("policy_version.id"), unique=True)
    leads: Mapped[int] = mapped_column(server_default="0")
    """How many there were to rescore."""
    rescored: Mapped[int] = mapped_column(server_default="0")
    last_lead_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """The lead that was rescored last; they go by id."""
    escalated: Mapped[int] = mapped_column(server_default="0")
    started_at: Mapped[datetime]
    rescored_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
