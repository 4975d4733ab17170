"""The work of people: reps, tasks, meetings, opportunities."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class Rep(Table):
    """A person of the sales side, rep or manager. Only the code enters Temporal."""

    __tablename__ = "rep"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    team: Mapped[str] = mapped_column(server_default="")
    manager: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the person is told of breaches and unassigned leads, and takes no leads."""
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether the newest team policy names the person."""
    meeting_link: Mapped[str] = mapped_column(server_default="")
    """Where the rep's video calls take place; '' when they have no place of their own."""
    present: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether the rep takes new leads now; absences count on top."""


class RepProfile(Table):
    """What a rep says of itself to leads, on a page of the rep's own; '' leaves what the team
    policy says. Publishing that changes none of it."""

    __tablename__ = "rep_profile"
    rep: Mapped[str] = mapped_column(ForeignKey("rep.code"), primary_key=True)
    name: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str] = mapped_column(server_default="")
    signature: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    booking_link: Mapped[str] = mapped_column(server_default="")
    place: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="")


class CalendarFeed(Table):
    """The secret address at which calendar programs read a rep's meetings. Times are real time."""

    __tablename__ = "calendar_feed"
    rep: Mapped[str] = mapped_column(ForeignKey("rep.code"), primary_key=True)
    secret: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of what stands in the address."""
    made_at: Mapped[datetime]
    reads: Mapped[int] = mapped_column(server_default="0")
    """How often it was read since ``reads_since``, an hour ago at most."""
    reads_since: Mapped[datetime]


class BusyCalendar(Table):
    """The address at which a rep's own calendar is read, for the times at which the rep is busy.
    Times are real time."""

    __tablename__ = "busy_calendar"
    rep: Mapped[str] = mapped_column(ForeignKey("rep.code"), primary_key=True)
    url: Mapped[str]
    """Whoever has it may read the calendar: it is shown to nobody."""
    etag: Mapped[str] = mapped_column(server_default="")
    """Of what was read last (RFC 9110, 8.8.3)."""
    look_at: Mapped[datetime] = mapped_column(index=True)
    """When it is read next."""
    read_at: Mapped[datetime | None]
    """When it was read, or found unchanged."""
    counted_at: Mapped[datetime | None]
    """When the busy times were reckoned from it."""
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    """How often in a row it could not be read."""
    trouble: Mapped[str] = mapped_column(server_default="")
    """Code of why not; '' for nothing."""


class BusyTime(Table):
    """When a rep is busy, by the rep's own calendar: these do not overlap. Journey time."""

    __tablename__ = "busy_time"
    rep: Mapped[str] = mapped_column(
        ForeignKey("busy_calendar.rep", ondelete="CASCADE"), primary_key=True
    )
    begins_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]


class RoutingShare(Table):
    """How many leads a rep at work was given, as far as it counts for the next one's turn.

    A rep who leaves has no row; one who comes begins level with the colleagues. Not columns of
    ``rep``: who books an appointment locks that row.
    """

    __tablename__ = "routing_share"
    rep: Mapped[str] = mapped_column(primary_key=True)
    given: Mapped[int]


class Absence(Table):
    """Time off of a rep. ``until`` is when the rep is back."""

    __tablename__ = "absence"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    rep: Mapped[str] = mapped_column(ForeignKey("rep.code"), index=True)
    begins_at: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(server_default="")
    handled_at: Mapped[datetime | None]
    """When the due tasks of the rep were moved to others."""


class Assignment(Table):
    """Each time a lead got an owner, lost one, or waited for one; never changed, but for the turn
    that is given back."""

    __tablename__ = "assignment"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    owner: Mapped[str]
    """'' for the unassigned queue."""
    previous: Mapped[str] = mapped_column(server_default="")
    cause: Mapped[str]
    """routed, unassigned, reassigned, absence, sla; cover: a colleague of the owner, who is away
    for a short time, does what is due, and the lead stays."""
    rule: Mapped[str] = mapped_column(server_default="")
    """The routing rule that fitted, or 'account owner'."""
    by: Mapped[str] = mapped_column(server_default="")
    """Who reassigned it."""
    facts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """What it was decided by, as it was then (``domain/sales/assignments.py``)."""
    turn_back: Mapped[str] = mapped_column(server_default="")
    """Why the rep got the turn back that this lead took; '' while it counts."""
    at: Mapped[datetime] = mapped_column(index=True)


class RoutingCredit(Table):
    """A turn that a rep gets back, or that counts after all (-1), until whoever routes next has
    counted it. Whoever books an outcome must not wait for routing, nor routing for them."""

    __tablename__ = "routing_credit"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    rep: Mapped[str]
    turns: Mapped[int]


class SlaClock(Table):
    """One promise about one lead. Times are journey time; business time is counted into them."""

    __tablename__ = "sla_clock"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    promise: Mapped[str]
    """hand_over, accept, accept_hot, first_week, return."""
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"), index=True)
    owner: Mapped[str] = mapped_column(server_default="")
    team: Mapped[str] = mapped_column(server_default="")
    pilot: Mapped[bool] = mapped_column(server_default=text("false"))
    state: Mapped[str]
    """running, paused, met, breached, void."""
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    pauses: Mapped[list[list[str]]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Pairs of ISO 8601 times between which it stood still."""
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state IN ('running','paused','met','breached','void')", name="state"),
        Index("ix_sla_clock_running", "due_at", postgresql_where=text("state = 'running'")),
        Index(
            "ix_sla_clock_decided",
            "ended_at",
            postgresql_where=text("state IN ('met', 'breached')"),
        ),
    )


class SlaAction(Table):
    """What was done about a promise that was not kept."""

    __tablename__ = "sla_action"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("sla_clock.id"), index=True)
    action: Mapped[str]
    """breach, remind, reassign, tell_manager."""
    pilot: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it was only noted."""
    detail: Mapped[str] = mapped_column(server_default="")
    """Codes: who was told, who took over."""
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("clock_id", "action"),)


class LeadFeedback(Table):
    """What sales said of a lead that marketing handed over."""

    __tablename__ = "lead_feedback"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"), unique=True)
    cycle: Mapped[int]
    verdict: Mapped[str]
    """accepted, returned."""
    reason: Mapped[str] = mapped_column(server_default="")
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)


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
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"))
    step: Mapped[str] = mapped_column(server_default="")
    """The step of a cadence that it is; '' for any other task."""
    kind: Mapped[str]
    """qualify, call, meeting_outcome, cadence, opportunity, loss_review, hand_over."""
    title: Mapped[str] = mapped_column(server_default="")
    """What marketing called it; '' for what is worded by its kind."""
    instructions: Mapped[str] = mapped_column(server_default="")
    """What marketing wrote of it."""
    facts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """Codes, numbers and times that sentences about it are made of."""
    dispositions: Mapped[list[str]] = mapped_column(JSONB)
    attempt: Mapped[int] = mapped_column(server_default="1")
    owner: Mapped[str] = mapped_column(server_default="", index=True)
    hot: Mapped[bool] = mapped_column(server_default=text("false"))
    """The lead shows interest right now: minutes count."""
    state: Mapped[str]
    opened_at: Mapped[datetime]
    due_in: Mapped[str] = mapped_column(server_default="")
    """The promise that ``due_at`` is counted from, such as ``4 business hours``: it is counted
    anew when the calendar or the owner changes. '' for a time that somebody set."""
    due_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    snoozed_until: Mapped[datetime | None]
    """Until when it is off its owner's list, journey time; it is back when it is due or hot,
    whatever stands here."""
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
        Index("ix_task_done", "completed_at", postgresql_where=text("state = 'done'")),
        Index("ix_task_open", "owner", "due_at", postgresql_where=text("state = 'open'")),
        Index(
            "ix_task_of_cadence",
            "opened_at",
            postgresql_where=text("enrollment_id IS NOT NULL"),
        ),
        Index(
            "ix_task_step",
            "enrollment_id",
            "step",
            postgresql_where=text("enrollment_id IS NOT NULL"),
        ),
    )


class Meeting(Table):
    """An appointment with a lead; a lead may have several. A rescheduled meeting keeps its row;
    ``attempt`` counts the times it was set."""

    __tablename__ = "meeting"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    owner: Mapped[str] = mapped_column(server_default="")
    starts_at: Mapped[datetime] = mapped_column(index=True)
    minutes: Mapped[int] = mapped_column(server_default="30")
    state: Mapped[str]
    """booked, held, no_show, cancelled."""
    attempt: Mapped[int] = mapped_column(server_default="1")
    missed: Mapped[int] = mapped_column(server_default="0")
    """How many settings of it the lead did not come to."""
    cycle: Mapped[int] = mapped_column(server_default="1")
    booked_by: Mapped[str] = mapped_column(server_default="")
    beside: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether a workflow of its own sees it through, beside the lead's journey."""
    provider: Mapped[str] = mapped_column(server_default="")
    """Where it was booked: calcom, calendly; '' for here."""
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    """``<provider>:<id>`` of the booking there."""
    uid: Mapped[str] = mapped_column(server_default=text("(gen_random_uuid())::text"), unique=True)
    """What stands before the @ of the calendar invitation's UID; no other deployment has it."""
    sequence: Mapped[int] = mapped_column(server_default="0")
    """Revision of the calendar invitation (RFC 5545 SEQUENCE)."""
    invited: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether an invitation of ours has gone out, so that calendars have the UID."""
    cancelled_by: Mapped[str] = mapped_column(server_default="")
    """Who called it off: lead, us; '' when nobody said so."""
    cancelled_at: Mapped[datetime | None]
    """When it was called off: journey time."""
    proposed_at: Mapped[datetime | None]
    """The other time that the lead proposes in answer to the invitation."""
    join_url: Mapped[str] = mapped_column(server_default="")
    place: Mapped[str] = mapped_column(server_default="")
    """The phone number or room where it takes place; '' for a video call (``join_url``), and where
    the rep calls the lead."""
    words: Mapped[str] = mapped_column(server_default="")
    """What the rep writes to the lead with this setting, or as the meeting is called off."""
    mail_subject: Mapped[str] = mapped_column(server_default="")
    """In place of the subject of the mail about it; '' leaves the template's."""
    mail_text: Mapped[str] = mapped_column(server_default="")
    """In place of what that mail says; '' leaves the template's words."""
    old_uid: Mapped[str] = mapped_column(server_default="")
    """What stands before the @ of the UID under which calendars still have the invitation of the
    rep of before, whose code is ``old_owner``; '' for none."""
    old_owner: Mapped[str] = mapped_column(server_default="")
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """When somebody chose the time at which it begins: journey time."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint("state IN ('booked','held','no_show','cancelled')", name="state"),
    )


class MeetingMove(Table):
    """A lead set its appointment to another time on its booking page. What is older than a day goes
    with the lead's next one."""

    __tablename__ = "meeting_move"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    at: Mapped[datetime]


class CalendarBooking(Table):
    """A booking of one person at Cal.com or Calendly, as far as it was reported. Reports come late,
    twice and in any order: this is what they add up to."""

    __tablename__ = "calendar_booking"
    id: Mapped[str] = mapped_column(primary_key=True)
    """``<provider>:<id there>``; with ``#2`` and so on for further people in the same booking."""
    booking: Mapped[str] = mapped_column(server_default="", index=True)
    """``<provider>:<id there>``."""
    attendee: Mapped[str] = mapped_column(server_default="", index=True)
    """Whose booking it is: the case-folded address, or ``tel:`` and the phone number."""
    event: Mapped[str] = mapped_column(server_default="")
    """The event that several may take part in, as the service calls it."""
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"), index=True)
    """The meeting it was made into."""
    replaces: Mapped[str] = mapped_column(server_default="", index=True)
    """The booking whose place it took (``booking`` of that one)."""
    replaced: Mapped[bool] = mapped_column(server_default=text("false"))
    """Another booking took its place."""
    starts_at: Mapped[datetime | None]
    """None while only others told of it."""
    minutes: Mapped[int] = mapped_column(server_default="0")
    host: Mapped[str] = mapped_column(server_default="")
    """Code of the rep, '' when the host is none of ours."""
    join_url: Mapped[str] = mapped_column(server_default="")
    set_told_at: Mapped[datetime | None]
    """When the provider told of this time, by its own clock."""
    cancelled: Mapped[bool] = mapped_column(server_default=text("false"))
    cancelled_by: Mapped[str] = mapped_column(server_default="")
    """lead, us; '' when the service did not say."""
    missed: Mapped[bool] = mapped_column(server_default=text("false"))
    missed_told_at: Mapped[datetime | None]
    applied: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether its time reached the meeting."""


class Opportunity(Table):
    """A possible opportunity. Its own workflow is ``opportunity-<id>``."""

    __tablename__ = "opportunity"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    owner: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str] = mapped_column(server_default="")
    stage: Mapped[str] = mapped_column(server_default="discovery")
    stage_since: Mapped[datetime | None]
    help_offered_at: Mapped[datetime | None]
    """When marketing's help was offered for an opportunity that stands still."""
    qualification: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """Budget, authority, need and timeline, as recorded."""
    outcome: Mapped[str] = mapped_column(server_default="")
    """'', won, lost, no_outcome, stalled."""
    outcome_reason: Mapped[str] = mapped_column(server_default="")
    competitor: Mapped[str] = mapped_column(server_default="")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    amount: Mapped[Decimal | None]
    """What it is worth, with the decimal places of its currency; None while nobody said."""
    currency: Mapped[str] = mapped_column(server_default="")
    """ISO 4217; '' without an amount."""
    expected_close: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("amount IS NULL OR amount >= 0 AND currency <> ''", name="amount"),
        Index("ix_opportunity_open", "account_id", postgresql_where=text("outcome = ''")),
        Index("ix_opportunity_closed", "closed_at", postgresql_where=text("outcome <> ''")),
    )


class OpportunityChange(Table):
    """What was said of the money of an opportunity, and what it was before. Journey time."""

    __tablename__ = "opportunity_change"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    opportunity_id: Mapped[int] = mapped_column(ForeignKey("opportunity.id"))
    amount_before: Mapped[Decimal | None]
    amount: Mapped[Decimal | None]
    currency_before: Mapped[str] = mapped_column(server_default="")
    currency: Mapped[str] = mapped_column(server_default="")
    expected_close_before: Mapped[date | None]
    expected_close: Mapped[date | None]
    by: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_opportunity_change_opportunity_id", "opportunity_id", "at"),)


class OpportunityStageEntry(Table):
    """A stage that an opportunity has come to: a trigger of ``opportunity`` writes it
    (``store/migrations/first/sales.sql``). Journey time."""

    __tablename__ = "opportunity_stage"
    opportunity_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("opportunity.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    since: Mapped[datetime] = mapped_column(primary_key=True)
    stage: Mapped[str]


class Renewal(Table):
    """A date on which a customer is to be talked to again."""

    __tablename__ = "renewal"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    opportunity_id: Mapped[int | None] = mapped_column(ForeignKey("opportunity.id"))
    kind: Mapped[str]
    """renewal, upsell."""
    on: Mapped[date]

    __table_args__ = (UniqueConstraint("lead_id", "opportunity_id", "kind"),)
