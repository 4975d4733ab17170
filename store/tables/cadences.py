"""What marketing published, and who goes through it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


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
    published_by: Mapped[str] = mapped_column(server_default="")
    """A rep's code, or what its caller is called."""
    note: Mapped[str] = mapped_column(server_default="")
    """What they say of it."""

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
    published_by: Mapped[str] = mapped_column(server_default="")
    """A rep's code, or what its caller is called."""
    note: Mapped[str] = mapped_column(server_default="")
    """What they say of it."""

    __table_args__ = (UniqueConstraint("name", "version"),)


class CadenceState(Table):
    """A cadence that somebody has paused or archived; one without a row is neither."""

    __tablename__ = "cadence_state"
    name: Mapped[str] = mapped_column(primary_key=True)
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str] = mapped_column(server_default="")
    """A rep's code, or what its caller is called; of ``archived_by`` the same."""
    archived_at: Mapped[datetime | None]
    archived_by: Mapped[str] = mapped_column(server_default="")
    takes_out: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the leads in it leave, as it is archived."""
    told_to: Mapped[int | None] = mapped_column(BigInteger)
    """Id of the last enrollment that was told what has changed; NULL when all were."""


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
    published_by: Mapped[str] = mapped_column(server_default="")
    """A rep's code, or what its caller is called."""
    note: Mapped[str] = mapped_column(server_default="")
    """What they say of it."""

    __table_args__ = (UniqueConstraint("name", "version"),)


class Enrollment(Table):
    """One pass of one lead through one cadence version."""

    __tablename__ = "enrollment"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """Run id of the phase plus the cadence's name: a retried start finds the same row."""
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    cadence_version_id: Mapped[int] = mapped_column(ForeignKey("cadence_version.id"))
    cycle: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    exit_reason: Mapped[str] = mapped_column(server_default="")
    step: Mapped[str] = mapped_column(server_default="")
    """Id of the step that comes next."""
    due_at: Mapped[datetime | None]
    """When it is due."""
    put_off_from: Mapped[datetime | None]
    """When it was due before it was put off, as while the account is do-not-market."""
    counted_from: Mapped[str] = mapped_column(server_default="")
    """The step at which the waits before ``due_at`` begin."""
    counted_since: Mapped[datetime | None]
    """When they began: from then ``due_at`` is counted anew when the lead's place changes."""
    unanswered: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    """Branch → why its condition could not be answered when the lead came to it."""

    __table_args__ = (
        Index("ix_enrollment_started_at", "cadence_version_id", "started_at"),
        Index(
            "ix_enrollment_running",
            "cadence_version_id",
            "lead_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class EnrollmentRun(Table):
    """Leads that somebody enrolled in a cadence at once, or that one thing had enter in a day."""

    __tablename__ = "enrollment_run"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str | None] = mapped_column(unique=True)
    """What the program that asked calls it: asked again, it is the same run."""
    cadence: Mapped[str]
    selected: Mapped[int]
    """How many leads were chosen."""
    replaces: Mapped[bool]
    """Whether leads were taken out of other cadences for it."""
    per_hour: Mapped[int | None]
    per_day: Mapped[int | None]
    reason: Mapped[str] = mapped_column(server_default="")
    """Why, in the words of who enrolled them."""
    by: Mapped[str]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(server_default="")
    way: Mapped[str] = mapped_column(server_default="hand")
    """Of :class:`domain.cadences.triggers.Way`; ``what`` is the segment, the kind of event, the
    form or the attribute."""
    what: Mapped[str] = mapped_column(server_default="")
    trigger_id: Mapped[int | None] = mapped_column(BigInteger)
    """The ``cadence_trigger``, which may be gone by now."""

    __table_args__ = (
        Index("ix_enrollment_run_of_day", "cadence", "at", postgresql_where=text("way <> 'hand'")),
    )


class EnrollmentRunLead(Table):
    """One lead of a run, and what became of it."""

    __tablename__ = "enrollment_run_lead"
    run_id: Mapped[int] = mapped_column(ForeignKey("enrollment_run.id"), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True, index=True)
    state: Mapped[str]
    """waiting (until ``due_at``), told (its journey is), entered, left_out (for ``why``), dropped
    (undone before), undoing (on its way back), undone."""
    why: Mapped[str] = mapped_column(server_default="")
    """Of :class:`domain.cadences.entry.WhyNot`."""
    due_at: Mapped[datetime | None]
    told_cycle: Mapped[int | None]
    """The cycle in which its journey was told."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    """How often its journey was told."""
    entered_at: Mapped[datetime | None]
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"), index=True)
    left_phase: Mapped[str] = mapped_column(server_default="")
    """Where it was before, with the reason, the cycle and since when; '' without a journey."""
    left_reason: Mapped[str] = mapped_column(server_default="")
    left_cycle: Mapped[int | None]
    left_since: Mapped[datetime | None]
    left_enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"))
    """The enrollment that it was taken out of."""
    undone_at: Mapped[datetime | None]
    """When its run was undone, for one that goes back, or is back."""

    __table_args__ = (
        Index("ix_enrollment_run_lead_due", "due_at", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_enrollment_run_lead_told",
            "run_id",
            postgresql_where=text("state IN ('told', 'undoing')"),
        ),
    )


class CadenceTrigger(Table):
    """What has leads enter a cadence by themselves, of its newest version."""

    __tablename__ = "cadence_trigger"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    cadence: Mapped[str]
    way: Mapped[str]
    """Of :class:`domain.cadences.triggers.Way`; ``what`` is the segment, the kind of event, the
    form or the attribute."""
    what: Mapped[str]
    condition: Mapped[str] = mapped_column(server_default="")
    """Over the event, '' for none."""
    days: Mapped[int] = mapped_column(server_default="0")
    """From the date to the entry."""
    those_in_it: Mapped[bool] = mapped_column(server_default="false")
    since: Mapped[datetime]
    """What was before has nobody enter. Journey time."""
    looked_at: Mapped[datetime | None]
    """When it was looked last whose date it is. Journey time."""

    __table_args__ = (
        UniqueConstraint("cadence", "way", "what", "condition", "days", "those_in_it"),
    )


class EntryDue(Table):
    """Something has happened that has a lead enter a cadence: a worker looks whether it may."""

    __tablename__ = "entry_due"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    cadence: Mapped[str]
    trigger_id: Mapped[int | None] = mapped_column(BigInteger)
    """NULL where a form or a write key names the cadence."""
    way: Mapped[str]
    what: Mapped[str] = mapped_column(server_default="")
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    engagement_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime]
    """When it happened, journey time."""
    not_before: Mapped[datetime | None]
    """When it is looked at again, for one that is about to be somewhere else."""


class EntryDate(Table):
    """A day on which a lead entered by a date of its own, so that it does so once."""

    __tablename__ = "entry_date"
    trigger_id: Mapped[int] = mapped_column(
        ForeignKey("cadence_trigger.id", ondelete="CASCADE"), primary_key=True
    )
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True, index=True)
    day: Mapped[date] = mapped_column(primary_key=True)
