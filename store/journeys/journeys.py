"""Where leads stand: stages, phases, owners, enrollments. Times are journey time, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from domain.contracts.journey import (
    IN_SALES,
    Entered,
    EventCode,
    JourneyEvent,
    Phase,
    PhaseEntry,
    Stage,
)
from domain.contracts.journey_sales import OUTBOUND
from domain.scoring.interest import Interest
from domain.scoring.policy import ScoringPolicy
from store.engine import RowGone
from store.meetings.meeting_news import see_through_on_its_own
from store.meetings.meeting_places import SALE_OR_CUSTOMER
from store.meetings.meeting_rows import MEETING, MeetingRow
from store.outbox.outgoing import announce
from store.outbox.relay_messages import notify_journey
from store.published.policies import policy
from store.routing.routing import assign, drain_unassigned
from store.scoring.scoring import standing_now
from store.sla import sla
from store.tables import Meeting


class _Before(NamedTuple):
    """A lead as it was before it entered a phase."""

    id: int
    stage: str
    phase: str
    phase_since: datetime
    cycle: int
    owner: str
    fit: str
    interest: float
    interest_as_of: datetime


def record_entry(connection: Connection, entry: PhaseEntry, at: datetime) -> Entered:
    """Record that a lead entered a phase, once per ``entry.key``; gives it an owner where the
    phase needs one, and closes the enrollment it left. A lead that comes to sales again is routed
    again; one that leaves makes room for one that waits.

    Args:
        at: journey time, UTC.

    Raises:
        RowGone: there is no such lead.
    """
    row = connection.execute(
        text(
            "SELECT id, stage, phase, phase_since, cycle, owner, fit, interest, interest_as_of "
            "FROM lead WHERE id = :id FOR UPDATE"
        ),
        {"id": entry.lead_id},
    ).first()
    if row is None:
        raise RowGone(f"There is no lead {entry.lead_id}.")
    lead = _Before(*row)
    stage = _stage(lead, entry)
    new = connection.execute(
        text(
            """
            INSERT INTO stage_transition
                (lead_id, key, from_stage, to_stage, phase, reason, cycle, at)
            VALUES (:lead_id, :key, :from_stage, :to_stage, :phase, :reason, :cycle, :at)
            ON CONFLICT (key) DO NOTHING RETURNING id
            """
        ),
        {
            "lead_id": entry.lead_id,
            "key": entry.key,
            "from_stage": lead.stage,
            "to_stage": stage,
            "phase": entry.phase,
            "reason": entry.reason,
            "cycle": entry.cycle,
            "at": at,
        },
    ).first()
    owner = lead.owner
    if new is not None:
        came = lead.phase not in IN_SALES
        # A rep who chose a lead itself keeps it.
        anew = came and entry.phase == Phase.FOLLOW_UP and entry.reason != OUTBOUND
        if entry.phase in IN_SALES and (not owner or anew):
            owner = assign(connection, entry.lead_id, at)
        connection.execute(
            text(
                """
                UPDATE lead SET stage = :stage, phase = :phase, phase_reason = :reason,
                    phase_since = :at, cycle = :cycle, owner = :owner, updated_at = :at
                WHERE id = :id
                """
            ),
            {
                "stage": stage,
                "phase": entry.phase,
                "reason": entry.reason,
                "at": at,
                "cycle": entry.cycle,
                "owner": owner,
                "id": entry.lead_id,
            },
        )
        if entry.cycle > lead.cycle:
            _bring_along(connection, entry, lead)
        if entry.phase in SALE_OR_CUSTOMER:
            _leave_meetings(connection, lead)
        leave_enrollments(connection, entry.lead_id, entry.reason, at)
        sla.left_phase(connection, entry.lead_id, entered=entry.phase, cycle=entry.cycle, now=at)
        if not came and entry.phase not in IN_SALES:
            drain_unassigned(connection, at)
        announce(connection, "lead.stage_changed", new.id)
    rules = policy(connection, ScoringPolicy)
    interest = Interest(lead.interest, lead.interest_as_of)
    return Entered(owner, stage, standing_now(rules, lead.fit, interest, at).grade)


def _bring_along(connection: Connection, entry: PhaseEntry, lead: _Before) -> None:
    """Take into a new cycle what came while the lead was still in the one before. To the journey,
    news of an earlier cycle is history: an appointment, its changes and a reply would be lost. An
    appointment with a workflow of its own is none of the journey's."""
    to_meeting = entry.phase == Phase.MEETING
    booked = connection.execute(
        text(
            "UPDATE meeting SET cycle = :cycle WHERE lead_id = :lead AND cycle = :before "
            "AND NOT beside AND state = 'booked' AND (:to_meeting OR starts_at > :since) "
            "RETURNING id, attempt"
        ),
        {
            "cycle": entry.cycle,
            "lead": lead.id,
            "before": lead.cycle,
            "since": lead.phase_since,
            "to_meeting": to_meeting,
        },
    ).all()
    for meeting in () if to_meeting else booked:
        notify_journey(
            connection,
            lead.id,
            key=f"meeting-{meeting.id}-{meeting.attempt}:{EventCode.BOOKED}:cycle-{entry.cycle}",
            signal="meeting",
            event=JourneyEvent(
                EventCode.BOOKED, ref=meeting.id, cycle=entry.cycle, attempt=meeting.attempt
            ),
        )
    if (lead.phase, entry.phase) != (Phase.RECYCLE, Phase.NURTURE):
        return
    # A recycled lead that replies goes to sales, unless something else had reactivated it before.
    reply = connection.execute(
        text(
            "SELECT max(id) FROM engagement "
            "WHERE lead_id = :lead AND kind = 'reply' AND at >= :since"
        ),
        {"lead": lead.id, "since": lead.phase_since},
    ).scalar()
    if reply is not None:
        notify_journey(
            connection,
            lead.id,
            key=f"engagement:{reply}:cycle-{entry.cycle}",
            signal="engagement",
            event=JourneyEvent(EventCode.REPLIED, ref=reply, cycle=entry.cycle),
        )


def _leave_meetings(connection: Connection, lead: _Before) -> None:
    """Give appointments that the journey leaves behind workflows of their own: during an
    opportunity, and with a customer, it sees none through."""
    rows = connection.execute(
        select(*MEETING).where(
            Meeting.lead_id == lead.id, Meeting.state == "booked", Meeting.beside.is_(False)
        )
    )
    for meeting in [MeetingRow(*row) for row in rows]:
        # Of one that was over before, nobody could say how it went.
        if meeting.ends_at > lead.phase_since:
            see_through_on_its_own(connection, meeting)


def _stage(lead: _Before, entry: PhaseEntry) -> str:
    if entry.phase == Phase.NURTURE and lead.stage == Stage.ENGAGED:
        return Stage.ENGAGED
    return entry.stage or lead.stage


def leave_enrollments(connection: Connection, lead_id: int, reason: str, at: datetime) -> None:
    """End whatever cadence the lead is still enrolled in."""
    connection.execute(
        text(
            "UPDATE enrollment SET ended_at = :at, exit_reason = :reason "
            "WHERE lead_id = :lead AND ended_at IS NULL"
        ),
        {"at": at, "reason": reason, "lead": lead_id},
    )


@dataclass(frozen=True)
class EnrollmentRow:
    """An enrollment's id and the cadence version it runs."""

    id: int
    cadence_version_id: int


def enroll(
    connection: Connection,
    *,
    key: str,
    lead_id: int,
    cadence_version_id: int,
    cycle: int,
    at: datetime,
) -> EnrollmentRow:
    """Enroll a lead, once per ``key``."""
    row = connection.execute(
        text(
            """
            INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at)
            VALUES (:key, :lead, :version, :cycle, :at)
            ON CONFLICT (key) DO UPDATE SET key = excluded.key
            RETURNING id, cadence_version_id
            """
        ),
        {
            "key": key,
            "lead": lead_id,
            "version": cadence_version_id,
            "cycle": cycle,
            "at": at,
        },
    ).one()
    return EnrollmentRow(row.id, row.cadence_version_id)


def enrolled_before(connection: Connection, key: str) -> EnrollmentRow | None:
    """The enrollment that an earlier attempt made."""
    row = connection.execute(
        text("SELECT id, cadence_version_id FROM enrollment WHERE key = :key"), {"key": key}
    ).first()
    return None if row is None else EnrollmentRow(row.id, row.cadence_version_id)


def leave_enrollment(connection: Connection, enrollment_id: int, reason: str, at: datetime) -> None:
    """End an enrollment, if it has not ended yet."""
    connection.execute(
        text(
            "UPDATE enrollment SET ended_at = :at, exit_reason = :reason "
            "WHERE id = :id AND ended_at IS NULL"
        ),
        {"at": at, "reason": reason, "id": enrollment_id},
    )


def answer_since(connection: Connection, enrollment_id: int) -> str:
    """What the lead did first since the enrollment began: ``replied``, ``booked`` or ''."""
    kind = connection.execute(
        text(
            "SELECT engagement.kind FROM enrollment JOIN engagement USING (lead_id) "
            "WHERE enrollment.id = :id AND engagement.kind IN ('reply', 'booking') "
            "AND engagement.at >= enrollment.started_at ORDER BY engagement.at LIMIT 1"
        ),
        {"id": enrollment_id},
    ).scalar()
    return {"reply": EventCode.REPLIED, "booking": EventCode.BOOKED}[kind] if kind else ""
