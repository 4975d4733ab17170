"""What came through hosted forms, and what people agreed to there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class FormConsentText(Table):
    """A wording that people agree to; ``version`` counts those of a form in a language from 1. It
    never changes."""

    __tablename__ = "form_consent_text"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    form: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    topic: Mapped[str]
    text: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """Real time."""

    __table_args__ = (UniqueConstraint("form", "language", "version"),)


class FormSubmission(Table):
    """A form that somebody sent. What looks like spam waits for a person, and counts as nothing
    until one says that it was none."""

    __tablename__ = "form_submission"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    form: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    """Of the page that it was sent from: each counts once."""
    state: Mapped[str]
    """taken, spam, released (was spam, and is taken by a person's word)."""
    suspicion: Mapped[str] = mapped_column(server_default="")
    """Why it was kept apart (``domain.forms.spam.SpamSuspicion``); '' for what never was."""
    email_key: Mapped[str]
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), index=True)
    """None as long as it is spam."""
    language: Mapped[str]
    """In which it was read, ISO 639."""
    answers: Mapped[dict[str, Any]]
    """Field → what was typed."""
    facts: Mapped[dict[str, Any]]
    """What that says of a lead."""
    detail: Mapped[dict[str, Any]]
    """Of the event: page, referrer, campaign."""
    visitor: Mapped[str]
    """The ``anonymousId`` under which the site's tracking knows the browser, or one of its own."""
    consent_text_id: Mapped[int | None] = mapped_column(ForeignKey("form_consent_text.id"))
    """What was agreed to; None for nothing."""
    at: Mapped[datetime]
    """Journey time."""
    released_by: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        CheckConstraint("state IN ('taken','spam','released')", name="state"),
        Index("ix_form_submission_email_key", "email_key"),
        Index("ix_form_submission_spam", "at", postgresql_where=text("state = 'spam'")),
        Index(
            "ix_form_submission_spam_of_form",
            "form",
            "id",
            postgresql_where=text("state = 'spam'"),
        ),
        Index(
            "ix_form_submission_taken_of_form",
            "form",
            "id",
            postgresql_where=text("state <> 'spam'"),
        ),
        Index(
            "ix_form_submission_taken_at",
            "form",
            "at",
            postgresql_where=text("state <> 'spam'"),
        ),
    )


class FormDay(Table):
    """How often a form was opened on a day of the journey (UTC), and how much that was sent was
    turned away with word of it."""

    __tablename__ = "form_day"
    form: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    views: Mapped[int] = mapped_column(BigInteger, server_default="0")
    turned_away: Mapped[int] = mapped_column(BigInteger, server_default="0")
