"""The tables of Perennial, one class each. Times are ``timestamptz`` in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """Common metadata: constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: DateTime(timezone=True),
        str: Text,
        dict[str, Any]: JSONB,
    }


class Account(Table):
    """A company. It has many leads and many opportunities."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    """Case-folded, white space collapsed: what makes two names the same company."""
    domain: Mapped[str | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Lead(Table):
    """A person. ``stage`` is where the lead stands in the funnel, ``phase`` which workflow type
    runs its journey now ('' before the start, 'ended' after the last)."""

    __tablename__ = "lead"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    """Case-folded, trimmed address."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    first_name: Mapped[str] = mapped_column(server_default="")
    last_name: Mapped[str] = mapped_column(server_default="")
    title: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    """E.164 where it could be read as a number, else as given."""
    country: Mapped[str] = mapped_column(server_default="")
    """ISO 3166-1 alpha-2, upper case, or ''."""
    language: Mapped[str] = mapped_column(server_default="en")
    """BCP 47 primary language, lower case."""
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    """IANA name."""
    source: Mapped[str] = mapped_column(server_default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """Columns of the import that are no field of ours, by their normalised header."""
    stage: Mapped[str] = mapped_column(server_default="known")
    phase: Mapped[str] = mapped_column(server_default="")
    phase_reason: Mapped[str] = mapped_column(server_default="")
    phase_since: Mapped[datetime | None]
    cycle: Mapped[int] = mapped_column(server_default="1")
    owner: Mapped[str] = mapped_column(server_default="")
    """Code of the rep who owns the lead, e.g. ``rep-3``; '' when nobody does."""
    score: Mapped[int] = mapped_column(server_default="0")
    """Points."""
    crossed_cycle: Mapped[int] = mapped_column(server_default="0")
    """The last cycle in which the score crossed the threshold: one crossing a cycle."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_lead_stage_phase", "stage", "phase"),)


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


class TemplateVersion(Table):
    """One e-mail template in one language as it was when published; never changed."""

    __tablename__ = "template_version"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    language: Mapped[str]
    digest: Mapped[str]
    source: Mapped[str]
    compiled: Mapped[dict[str, Any]]
    """``{"subject": …, "preheader": …, "html": …, "text": …}``: Jinja2 sources, MJML compiled."""
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("name", "language", "digest"),)


class CadenceVersion(Table):
    """A published cadence; never changed. ``templates`` maps template name → language →
    ``template_version.id``."""

    __tablename__ = "cadence_version"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    digest: Mapped[str]
    source: Mapped[str]
    definition: Mapped[dict[str, Any]]
    """The parsed model (``domain.cadences.cadence.Cadence``) as JSON."""
    templates: Mapped[dict[str, Any]]
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("name", "version"),)


class PolicyVersion(Table):
    """A published policy (scoring, follow-up, meeting, opportunity, recycle); never changed."""

    __tablename__ = "policy_version"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    digest: Mapped[str]
    source: Mapped[str]
    definition: Mapped[dict[str, Any]]
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("name", "version"),)


class Rep(Table):
    """A person of the sales team. Only the code enters Temporal."""

    __tablename__ = "rep"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class Enrollment(Table):
    """One pass of one lead through one cadence version."""

    __tablename__ = "enrollment"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """Run id of the phase plus the cadence's name: a retried start finds the same row."""
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    cadence_version_id: Mapped[int] = mapped_column(ForeignKey("cadence_version.id"), index=True)
    cycle: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    exit_reason: Mapped[str] = mapped_column(server_default="")
    step: Mapped[str] = mapped_column(server_default="")
    """Id of the step that comes next."""


TOUCH_STATES = ("planned", "sending", "sent", "failed", "unknown", "suppressed")


class Touch(Table):
    """The ledger: one row per touch, written before the provider is called.

    ``key`` is deterministic (``enrollment-7:welcome:1``, ``meeting-3:reminder-24h:1``).
    ``claim`` names the run and attempt that took the row to ``sending``.
    """

    __tablename__ = "touch"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"), index=True)
    template_version_id: Mapped[int | None] = mapped_column(ForeignKey("template_version.id"))
    step: Mapped[str]
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

    __table_args__ = (
        CheckConstraint(f"state IN {TOUCH_STATES!r}", name="state"),
        Index(
            "ix_touch_unsettled", "state", postgresql_where=text("state IN ('sending','unknown')")
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


class Engagement(Table):
    """Something a lead did. ``key`` makes it count once."""

    __tablename__ = "engagement"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    touch_id: Mapped[int | None] = mapped_column(ForeignKey("touch.id"), index=True)
    kind: Mapped[str]
    """open, click, reply, form, booking, unsubscribe, bounce, complaint, score; and, without
    points, machine_open, soft_bounce, resubscribe."""
    points: Mapped[int] = mapped_column(server_default="0")
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    at: Mapped[datetime] = mapped_column(index=True)


class Suppression(Table):
    """An address that gets no (or only operational) mail."""

    __tablename__ = "suppression"
    email_key: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    """unsubscribed, bounced, complained, manual."""
    at: Mapped[datetime]


class Task(Table):
    """Work for a person.

    States: ``open``, ``done``, ``withdrawn`` (the journey no longer needs it), ``expired`` (past
    its deadline). The row is the guard: the server accepts a completion of a cancelled activity
    without a word.
    """

    __tablename__ = "task"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    opportunity_id: Mapped[int | None] = mapped_column(ForeignKey("opportunity.id"))
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"))
    kind: Mapped[str]
    """qualify, call, meeting_outcome, cadence, opportunity."""
    title: Mapped[str]
    instructions: Mapped[str] = mapped_column(server_default="")
    dispositions: Mapped[list[str]] = mapped_column(JSONB)
    attempt: Mapped[int] = mapped_column(server_default="1")
    owner: Mapped[str] = mapped_column(server_default="", index=True)
    state: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    workflow_id: Mapped[str] = mapped_column(server_default="")
    run_id: Mapped[str] = mapped_column(server_default="")
    disposition: Mapped[str] = mapped_column(server_default="")
    answer: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """What the person entered with the disposition: ``note``, ``at`` (ISO 8601), ``reason``…"""
    completed_by: Mapped[str] = mapped_column(server_default="")
    completed_at: Mapped[datetime | None]
    consumed: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the journey has the disposition already, so that nothing is left to deliver."""
    late: Mapped[bool] = mapped_column(server_default=text("false"))
    """The journey had gone on when the disposition reached it."""

    __table_args__ = (
        CheckConstraint("state IN ('open','done','withdrawn','expired')", name="state"),
        Index("ix_task_open", "owner", "due_at", postgresql_where=text("state = 'open'")),
    )


class Meeting(Table):
    """An appointment with a lead. A rescheduled meeting keeps its row; ``attempt`` counts the
    times it was set."""

    __tablename__ = "meeting"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    owner: Mapped[str] = mapped_column(server_default="")
    starts_at: Mapped[datetime]
    minutes: Mapped[int] = mapped_column(server_default="30")
    state: Mapped[str]
    """booked, held, no_show, cancelled."""
    attempt: Mapped[int] = mapped_column(server_default="1")
    missed: Mapped[int] = mapped_column(server_default="0")
    """How many settings of it the lead did not come to or called off."""
    cycle: Mapped[int] = mapped_column(server_default="1")
    booked_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint("state IN ('booked','held','no_show','cancelled')", name="state"),
    )


class Opportunity(Table):
    """A possible sale. Its own workflow is ``opportunity-<id>``."""

    __tablename__ = "opportunity"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    owner: Mapped[str] = mapped_column(server_default="")
    stage: Mapped[str] = mapped_column(server_default="discovery")
    qualification: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """Budget, authority, need and timeline, as recorded."""
    outcome: Mapped[str] = mapped_column(server_default="")
    """'', won, lost, no_outcome, stalled."""
    outcome_reason: Mapped[str] = mapped_column(server_default="")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class RelayMessage(Table):
    """What must reach Temporal, written in the transaction that made it true and delivered by
    the relay until accepted. Messages of one workflow are delivered in order of id."""

    __tablename__ = "relay_message"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    workflow_id: Mapped[str]
    kind: Mapped[str]
    """start, start_again, signal, complete_task."""
    name: Mapped[str] = mapped_column(server_default="")
    """Workflow type or signal name."""
    payload: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    not_before: Mapped[datetime] = mapped_column(server_default=func.now())
    """Real time, not journey time."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    outcome: Mapped[str] = mapped_column(server_default="")
    """'', delivered, undeliverable."""
    error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    delivered_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_relay_message_pending", "workflow_id", "id", postgresql_where=text("outcome = ''")
        ),
        Index("ix_relay_message_due", "not_before", postgresql_where=text("outcome = ''")),
    )


class ImportRun(Table):
    """One import of one file, for the record."""

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
