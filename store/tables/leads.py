"""Leads, their accounts, and where they stand. Times are ``timestamptz`` in UTC."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Computed,
    Double,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from domain.contracts.journey import IN_SALES
from store.tables.base import Table

IN_SALES_HANDS = "({})".format(", ".join(f"'{phase}'" for phase in IN_SALES))
"""The phases in sales' hands for SQL; literals, so that the index of those leads is used."""


class Account(Table):
    """A company. It has many leads and many opportunities."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    """What makes two names the same company (``domain.contacts.companies``)."""
    domain: Mapped[str | None] = mapped_column(index=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    """The ``groupId`` under which the tracking API knows the company."""
    owner: Mapped[str] = mapped_column(server_default="")
    """Code of the rep to whom the company belongs."""
    do_not_market_until: Mapped[datetime | None]
    """Until when marketing writes to nobody there; ``infinity`` for good."""
    do_not_market_by: Mapped[str] = mapped_column(server_default="")
    do_not_market_reason: Mapped[str] = mapped_column(server_default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    words: Mapped[str] = mapped_column(
        TSVECTOR, Computed("account_words(name, domain)", persisted=True)
    )
    """What the account is found by; the function stands in ``store/migrations/first``."""

    __table_args__ = (Index("ix_account_words", "words", postgresql_using="gin"),)


class Lead(Table):
    """A person. ``stage`` is where the lead stands in the funnel, ``phase`` which workflow type
    runs its journey now ('' before the start, 'ended' after the last)."""

    __tablename__ = "lead"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    """The address in lower case (``domain.contacts.addresses``)."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    first_name: Mapped[str] = mapped_column(server_default="")
    last_name: Mapped[str] = mapped_column(server_default="")
    title: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    """E.164; what could not be read as a number is an attribute."""
    country: Mapped[str] = mapped_column(server_default="")
    """ISO 3166-1 alpha-2, upper case, or ''."""
    language: Mapped[str] = mapped_column(server_default="en")
    """BCP 47 primary language, lower case."""
    language_certainty: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Whether it was said or guessed, by what: a degree of ``domain.lead_files.row``."""
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    """IANA name."""
    time_zone_certainty: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """As that of the language."""
    source: Mapped[str] = mapped_column(server_default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """Columns of the import that are no field of ours, by their normalised header."""
    entered: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    """Fields that a person entered or corrected: no import and no program replaces them."""
    stage: Mapped[str] = mapped_column(server_default="known")
    phase: Mapped[str] = mapped_column(server_default="")
    phase_reason: Mapped[str] = mapped_column(server_default="")
    phase_since: Mapped[datetime | None]
    cycle: Mapped[int] = mapped_column(server_default="1")
    owner: Mapped[str] = mapped_column(server_default="")
    """Code of the rep who owns the lead, e.g. ``rep-3``; '' when nobody does."""
    interest: Mapped[float] = mapped_column(Double, server_default="0")
    """Points as of ``interest_as_of``; they decay from then on."""
    interest_as_of: Mapped[datetime] = mapped_column(server_default=text("to_timestamp(0)"))
    fit: Mapped[str] = mapped_column(server_default="")
    """Letter A to D; '' until the fit rules have seen the lead."""
    fit_points: Mapped[int] = mapped_column(server_default="0")
    """What the fit rules gave it, in points."""
    fit_judged: Mapped[str] = mapped_column(server_default="")
    """The letter sales gave after talking to the lead; it wins over the rules'."""
    return_on: Mapped[date | None]
    """The day on which the lead is to come back from recycle, whatever the policy says."""
    return_why: Mapped[str] = mapped_column(server_default="")
    """contract_end, asked_for."""
    return_cadence: Mapped[str] = mapped_column(server_default="")
    """The nurture that sales chose for the lead's return."""
    recycled_until: Mapped[datetime | None]
    """When the rest of a recycled lead is over, unless it is paused."""
    crossed_cycle: Mapped[int] = mapped_column(server_default="0")
    """The last cycle in which the score crossed the threshold: one crossing a cycle."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    words: Mapped[str] = mapped_column(
        TSVECTOR, Computed("lead_words(email, first_name, last_name, title)", persisted=True)
    )
    """What the lead is found by. Kept, because it takes longer to make than to compare."""
    mailbox: Mapped[str | None] = mapped_column(Computed("lead_mailbox(email_key)", persisted=True))
    """The mailbox that the address is another name of; NULL when it is the address itself."""
    likeness: Mapped[str | None] = mapped_column(
        Computed("lead_likeness(first_name, last_name, account_id, email_key)", persisted=True)
    )
    """Leads with the same one may be the same person; NULL without a whole name."""

    __table_args__ = (
        Index("ix_lead_likeness", "likeness", "id", postgresql_where=text("likeness IS NOT NULL")),
        Index("ix_lead_mailbox", "mailbox", "id", postgresql_where=text("mailbox IS NOT NULL")),
        Index("ix_lead_phone", "phone", "id", postgresql_where=text("phone <> ''")),
        Index("ix_lead_mail_domain", text("split_part(email_key, '@', 2)"), "account_id"),
        # With all that Today counts leads by, which is then read from the index alone.
        Index(
            "ix_lead_stage_phase",
            "stage",
            "phase",
            postgresql_include=["owner", "phase_reason"],
        ),
        Index("ix_lead_words", "words", postgresql_using="gin"),
        Index("ix_lead_owner", "owner"),
        Index(
            "ix_lead_recycled_until", "recycled_until", postgresql_where=text("phase = 'Recycle'")
        ),
        Index("ix_lead_country", "country"),
        # Backwards: people look for a number by its end.
        Index(
            "ix_lead_phone_backwards",
            literal_column("reverse(phone)").label("backwards"),
            postgresql_ops={"backwards": "text_pattern_ops"},
            postgresql_where=text("phone <> ''"),
        ),
        Index("ix_lead_fit_points", text("fit_points DESC"), text("id DESC")),
        # Lists begin with who was active last. It costs each new event of a lead some microseconds.
        Index("ix_lead_active", text("greatest(phase_since, interest_as_of)"), "id"),
        Index(
            "ix_lead_in_sales_hands",
            "owner",
            postgresql_where=text(f"phase IN {IN_SALES_HANDS}"),
        ),
    )


class StageTransition(Table):
    """One move of one lead between stages or phases. ``key`` (the run id of the phase) makes the
    record idempotent."""

    __tablename__ = "stage_transition"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    key: Mapped[str] = mapped_column(unique=True)
    from_stage: Mapped[str]
    to_stage: Mapped[str]
    phase: Mapped[str]
    reason: Mapped[str]
    cycle: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)


class ImportRun(Table):
    """One import of one file: what was asked for, how far it is, what came of it."""

    __tablename__ = "import_run"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    file_name: Mapped[str]
    source: Mapped[str]
    cadence: Mapped[str]
    rows: Mapped[int]
    created: Mapped[int]
    updated: Mapped[int]
    rejected: Mapped[int]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    state: Mapped[str] = mapped_column(server_default="done")
    """ready, running, done, failed. One that runs is locked (``store.imports.import_job``); without
    its lock it was interrupted."""
    by: Mapped[str] = mapped_column(server_default="")
    encoding: Mapped[str] = mapped_column(server_default="")
    fields: Mapped[list[str] | None] = mapped_column(JSONB)
    """Of each column its field, '' for an attribute; NULL for imports of the command line."""
    ready: Mapped[int] = mapped_column(server_default="0")
    """How many of its leads go to sales by what is known of them."""
    ready_hours: Mapped[int] = mapped_column(server_default="0")
    """In how many hours of journey time the last of them does, those before them included."""
    lines: Mapped[int] = mapped_column(server_default="0")
    line: Mapped[int] = mapped_column(server_default="0")
    """The line of the file that was read last, of ``lines``."""
    journeys: Mapped[int] = mapped_column(server_default="0")
    starts_for: Mapped[float] = mapped_column(Double, server_default="0")
    """In how many real seconds after the import the last journey starts."""
    reasons: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """Short reason → rows rejected for it."""
    unsubscribed: Mapped[int] = mapped_column(server_default="0")
    """Addresses whose people want no mail, as the file says."""
    not_understood: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """Field → rows whose value for it could not be read and is kept as an attribute;
    ``no_time_zone`` → rows of people of whom no time zone is known, ``no_email`` → those with a
    phone number and no address."""
    warned: Mapped[int] = mapped_column(server_default="0")
    """Rows that were imported, and of which something was not taken over."""
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    """The first of them: ``row``, as a spreadsheet counts, and ``reason``, as
    :func:`domain.sentences.written` keeps it."""
    dates: Mapped[str] = mapped_column(server_default="")
    """The order of days such as 5/6/2027: dmy, mdy, ymd; '' as the file shows it."""
    error: Mapped[str] = mapped_column(server_default="")
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
