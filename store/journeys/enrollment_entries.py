"""Leads of a run as they enter the cadence: told when they are due, begun by their journeys, and
back where they were when the run is undone. Times are journey time, UTC.

A lead is told in the transaction that notes so, once for each attempt; its journey says that it
began in the transaction of the enrollment. What dies in between is as it was, or done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.cadences.entry import WhyNot
from domain.contracts.journey import (
    ENDED,
    EventCode,
    JourneyEvent,
    Phase,
    WayBack,
    journey_id,
)
from store.journeys.enrollment_candidates import BESIDE
from store.journeys.enrollment_runs import ENTERED_SINCE
from store.journeys.journeys import EnrollmentRow
from store.outbox.relay_messages import QueuedMessage, journey_start, post_all

MOST_ATTEMPTS = 5
"""How often a journey is told that then goes another way, or is not there."""

_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('entering'))")
# The run first, as an undo does. One that is being undone is left for the next look: waiting for it
# with rows of it in hand, each would wait for the other.
_RUN = text(
    """
    SELECT id, cadence, replaces, coalesce(per_hour, per_day) IS NOT NULL AS paced
    FROM enrollment_run WHERE id = (
        SELECT run_id FROM enrollment_run_lead WHERE state = 'waiting' AND due_at <= :now
        ORDER BY due_at, run_id LIMIT 1)
    FOR NO KEY UPDATE SKIP LOCKED
    """
)
# What stood still goes on at its pace.
_CATCH_UP = text(
    """
    UPDATE enrollment_run_lead SET due_at = due_at + (cast(:now AS timestamptz) - first.due)
    FROM (SELECT min(due_at) AS due FROM enrollment_run_lead
        WHERE run_id = :run AND state = 'waiting') AS first
    WHERE run_id = :run AND state = 'waiting' AND first.due < :late
    """
)
_DUE = text(
    """
    SELECT lead_id FROM enrollment_run_lead
    WHERE run_id = :run AND state = 'waiting' AND due_at <= :now
    ORDER BY due_at, lead_id LIMIT :most FOR UPDATE
    """
)
_ENTERED_TODAY = text(
    f"""
    SELECT (SELECT count(*) FROM enrollment_run_lead AS one
            JOIN enrollment_run AS run ON run.id = run_id
            WHERE run.cadence = :cadence AND one.enrollment_id IS NULL AND (one.state = 'told'
                OR one.state = 'entered'
                    AND entered_at >= date_trunc('day', cast(:since AS timestamptz), 'UTC')))
        + (SELECT count(*) FROM ({ENTERED_SINCE}) AS entry)
    """
)
_PUT_OFF = text(
    """
    UPDATE enrollment_run_lead AS one SET due_at = CASE WHEN :paced
        THEN due_at + (cast(:until AS timestamptz) - first.due) ELSE :until END
    FROM (SELECT min(due_at) AS due FROM enrollment_run_lead
        WHERE run_id = :run AND lead_id = ANY(cast(:leads AS bigint[]))) AS first
    WHERE run_id = :run AND state = 'waiting'
        AND (:paced OR one.lead_id = ANY(cast(:leads AS bigint[])))
    """
)
_LOCK_LEADS = text(
    "SELECT id FROM lead WHERE id = ANY(cast(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
)
_LEFT_OUT = text(
    """
    UPDATE enrollment_run_lead AS one SET state = 'left_out', why = said.why
    FROM unnest(cast(:leads AS bigint[]), cast(:whys AS text[])) AS said (lead_id, why)
    WHERE run_id = :run AND one.lead_id = said.lead_id
    """
)
_TOLD = text(
    """
    UPDATE enrollment_run_lead AS one SET state = 'told', attempts = attempts + 1,
        told_cycle = lead.cycle
    FROM lead WHERE run_id = :run AND one.lead_id = ANY(cast(:leads AS bigint[]))
        AND lead.id = one.lead_id
    RETURNING one.lead_id, one.attempts, lead.phase, lead.cycle
    """
)
# The journey went another way before it heard, and won't any more: looked at once more, which says
# why it stays out, or tells it again. One that has begun in the meantime is locked by that. One
# that was to go back and went to sales, say, instead is not on its way any more.
_UNHEARD = text(
    f"""
    UPDATE enrollment_run_lead AS one SET due_at = :now,
        state = CASE WHEN one.state = 'undoing' THEN 'dropped'
            WHEN attempts < :most THEN 'waiting' ELSE 'left_out' END,
        why = CASE WHEN one.state = 'told' AND attempts >= :most THEN :closed ELSE '' END
    FROM lead WHERE lead.id = one.lead_id AND one.state IN ('told', 'undoing')
        AND one.enrollment_id IS NULL
        AND (lead.phase NOT IN ('', :nurture, :recycle, :ended) OR lead.cycle > one.told_cycle
            OR lead.phase = :ended AND lead.phase_reason <> :unenrolled
            OR EXISTS (SELECT FROM relay_message WHERE outcome = 'undeliverable'
                AND key = 'enrolled:' || run_id || ':' || one.lead_id || ':' || attempts));
    UPDATE enrollment_run_lead AS one SET state = 'undone'
    FROM lead WHERE lead.id = one.lead_id AND one.state = 'undoing'
        AND one.enrollment_id IS NOT NULL
        AND (lead.phase NOT IN ('', :nurture) OR EXISTS (SELECT FROM enrollment
            WHERE enrollment.lead_id = lead.id AND ended_at IS NULL AND NOT key ~ {BESIDE}))
    """
)
_BEGIN = text(
    f"""
    UPDATE enrollment_run_lead AS one
    SET state = CASE one.state WHEN 'told' THEN 'entered' ELSE one.state END, entered_at = :now,
        left_phase = lead.phase, left_reason = lead.phase_reason, left_cycle = lead.cycle,
        left_since = lead.phase_since, left_enrollment_id = (
            SELECT id FROM enrollment WHERE enrollment.lead_id = lead.id AND ended_at IS NULL
                AND NOT key ~ {BESIDE} ORDER BY id DESC LIMIT 1)
    FROM lead WHERE lead.id = one.lead_id AND one.lead_id = :lead
        AND one.state IN ('told', 'undoing') AND one.entered_at IS NULL
    """
)
_BEGUN = text(
    """
    UPDATE enrollment_run_lead SET enrollment_id = :enrollment
    WHERE lead_id = :lead AND state IN ('entered', 'undoing') AND entered_at IS NOT NULL
        AND enrollment_id IS NULL
    RETURNING state = 'undoing'
    """
)
_STAYS_OUT = text(
    """
    UPDATE enrollment_run_lead SET entered_at = NULL, why = :why,
        state = CASE state WHEN 'undoing' THEN 'undone' ELSE 'left_out' END
    WHERE lead_id = :lead AND state IN ('entered', 'undoing') AND entered_at IS NOT NULL
        AND enrollment_id IS NULL
    """
)
# What was undone last is what a lead goes back from; of runs that were undone at once, the one that
# it entered first.
_LAST_UNDONE = """
    SELECT run_id FROM enrollment_run_lead AS one WHERE one.lead_id = :lead
        AND one.state IN ('undoing', 'undone') AND one.entered_at IS NOT NULL
    ORDER BY one.undone_at DESC, one.entered_at LIMIT 1
"""
_CAN_GO_ON = """(enrollment.ended_at IS NULL OR enrollment.exit_reason = :enrolled)
    AND NOT EXISTS (SELECT FROM cadence_version AS gone JOIN cadence_state AS state USING (name)
        WHERE gone.id = enrollment.cadence_version_id AND state.archived_at IS NOT NULL
            AND state.takes_out)"""
_WAY_BACK = text(
    f"""
    SELECT left_phase, left_reason, left_cycle, coalesce(version.name, '') AS cadence
    FROM enrollment_run_lead AS one
    LEFT JOIN enrollment ON enrollment.id = one.left_enrollment_id AND {_CAN_GO_ON}
    LEFT JOIN cadence_version AS version ON version.id = enrollment.cadence_version_id
    WHERE one.lead_id = :lead AND one.run_id = ({_LAST_UNDONE})
    """
)
_UNDONE = (
    "UPDATE enrollment_run_lead SET state = 'undone' WHERE lead_id = :lead AND state = 'undoing'"
)
# Asked again after an answer that got lost, it says the same.
_TAKE_UP = text(
    f"""
    WITH back AS (
        SELECT left_enrollment_id FROM enrollment_run_lead
        WHERE lead_id = :lead AND run_id = ({_LAST_UNDONE})
    ), on_again AS (
        UPDATE enrollment SET ended_at = NULL, exit_reason = '' FROM back
        WHERE enrollment.id = back.left_enrollment_id AND {_CAN_GO_ON}
        RETURNING enrollment.id, cadence_version_id
    ), undone AS (
        {_UNDONE} AND EXISTS (SELECT FROM on_again)
    )
    SELECT id, cadence_version_id FROM on_again
    """
)
# What came in the cycle that is taken back is of the one that goes on.
_BACK_AT_REST = text(
    f"""
    WITH back AS ({_UNDONE} RETURNING left_phase, left_reason, left_cycle, left_since), rests AS (
        UPDATE lead SET phase_since = back.left_since,
            crossed_cycle = least(lead.crossed_cycle, lead.cycle)
        FROM back WHERE lead.id = :lead AND lead.phase = back.left_phase
            AND lead.phase_reason = back.left_reason AND lead.cycle = back.left_cycle
        RETURNING lead.id, lead.cycle)
    UPDATE meeting SET cycle = rests.cycle FROM rests
    WHERE meeting.lead_id = rests.id AND meeting.cycle > rests.cycle
    """
)


class DueLeads(NamedTuple):
    """Leads of one run whose time has come, locked."""

    run: int
    cadence: str
    replaces: bool
    paced: bool
    leads: Sequence[int]


@dataclass(frozen=True)
class ToldLead:
    """A lead whose journey is told."""

    lead_id: int
    attempts: int
    phase: str
    cycle: int


def look_again(connection: Connection, now: datetime) -> None:
    """Have those looked at once more whose journeys were told and will not hear of it."""
    connection.execute(
        _UNHEARD,
        {
            "now": now,
            "nurture": Phase.NURTURE,
            "recycle": Phase.RECYCLE,
            "ended": ENDED,
            "unenrolled": EventCode.UNENROLLED,
            "closed": WhyNot.CLOSED,
            "most": MOST_ATTEMPTS,
        },
    )


def is_alone(connection: Connection) -> bool:
    """Whether no other process has leads enter at this moment; none does then until the transaction
    ends: two would let in twice as many as a cadence takes in a day."""
    return bool(connection.scalar(_ALONE))


def due_leads(connection: Connection, now: datetime, most: int, late: timedelta) -> DueLeads | None:
    """Lock the leads of one run whose time has come, and then as leads; None when there are
    none.

    Args:
        late: a run with a pace that is so late stood still, and goes on at its pace from now on.
    """
    run = connection.execute(_RUN, {"now": now}).first()
    if run is None:
        return None
    values = {"run": run.id, "now": now, "most": most, "late": now - late}
    if run.paced:
        connection.execute(_CATCH_UP, values)
    leads = connection.scalars(_DUE, values).all()
    if not leads:
        return None
    connection.execute(_LOCK_LEADS, {"ids": leads})
    return DueLeads(run.id, run.cadence, run.replaces, run.paced, leads)


def entered_today(connection: Connection, cadence: str, now: datetime) -> int:
    """How many leads have entered the cadence on this day (UTC), whichever way they came, or do so
    now."""
    values = {"cadence": cadence, "since": now, "undone": EventCode.UNENROLLED}
    return int(connection.execute(_ENTERED_TODAY, values).scalar_one())


def put_off(connection: Connection, due: DueLeads, leads: Sequence[int], now: datetime) -> None:
    """Have leads enter on the next day (UTC), and all after them as much later where the run has a
    pace."""
    until = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    values = {"run": due.run, "leads": list(leads), "paced": due.paced, "until": until}
    connection.execute(_PUT_OFF, values)


def leave_out(connection: Connection, run: int, whys: Mapping[int, WhyNot]) -> None:
    """Note why these leads of a run don't enter."""
    if whys:
        values = {"run": run, "leads": list(whys), "whys": list(whys.values())}
        connection.execute(_LEFT_OUT, values)


def tell(connection: Connection, run: int, cadence: str, leads: Sequence[int]) -> None:
    """Have the journeys of these leads begin the cadence; those without one begin a journey."""
    rows = connection.execute(_TOLD, {"run": run, "leads": list(leads)}).all()
    told = [ToldLead(*row) for row in rows]
    messages = (_message(run, cadence, lead) for lead in sorted(told, key=lambda one: one.lead_id))
    post_all(connection, list(messages))


def _message(run: int, cadence: str, lead: ToldLead) -> QueuedMessage:
    if lead.phase in ("", ENDED):
        start = {"cadence": cadence, "cycle": lead.cycle, "reason": EventCode.ENROLLED}
        again = lead.cycle + 1 if lead.phase == ENDED else 0
        return journey_start(lead.lead_id, Phase.NURTURE, start, again=again)
    event = JourneyEvent(EventCode.ENROLLED, ref=run, cycle=lead.cycle, reason=cadence)
    return QueuedMessage(
        key=f"enrolled:{run}:{lead.lead_id}:{lead.attempts}",
        workflow_id=journey_id(lead.lead_id),
        kind="signal",
        name="engagement",
        payload=asdict(event),
    )


def begin(connection: Connection, lead_id: int, now: datetime) -> None:
    """Note where a lead is that leaves for the cadence of a run. Call it before its entry is
    recorded."""
    connection.execute(_BEGIN, {"lead": lead_id, "now": now})


def begun(connection: Connection, lead_id: int, enrollment_id: int) -> bool:
    """Note the enrollment that the lead has by a run.

    Returns:
        Whether the run was undone meanwhile: then the lead goes back.
    """
    undone = connection.execute(_BEGUN, {"lead": lead_id, "enrollment": enrollment_id}).scalar()
    return bool(undone)


def stay_out(connection: Connection, lead_id: int, why: WhyNot) -> None:
    """Note that the lead had begun to enter by a run and did not, after all."""
    connection.execute(_STAYS_OUT, {"lead": lead_id, "why": why})


def way_back(connection: Connection, lead_id: int) -> WayBack:
    """Where a lead was before it entered the cadence of the run that was undone."""
    about = {"lead": lead_id, "enrolled": EventCode.ENROLLED}
    row = connection.execute(_WAY_BACK, about).first()
    if row is None or (row.left_phase == Phase.NURTURE and not row.cadence):
        return WayBack(Phase.RECYCLE, "exhausted")
    if row.left_phase in ("", ENDED):
        connection.execute(text(_UNDONE), {"lead": lead_id})
        return WayBack("")
    if row.left_phase == Phase.NURTURE:
        return WayBack(Phase.NURTURE, EventCode.UNENROLLED, row.cadence, row.left_cycle)
    return WayBack(row.left_phase, row.left_reason, cycle=row.left_cycle)


def is_undone(connection: Connection, lead_id: int, enrollment_id: int) -> bool:
    """Whether the enrollment was undone; nobody undoes it until the transaction ends."""
    connection.execute(_LOCK_LEADS, {"ids": [lead_id]})
    reason = connection.scalar(
        text("SELECT exit_reason FROM enrollment WHERE id = :id"), {"id": enrollment_id}
    )
    return bool(reason == EventCode.UNENROLLED)


def take_up(connection: Connection, lead_id: int) -> EnrollmentRow | None:
    """Have the lead go on with the enrollment that it was taken out of; None when that had ended
    by itself."""
    row = connection.execute(_TAKE_UP, {"lead": lead_id, "enrolled": EventCode.ENROLLED}).first()
    return None if row is None else EnrollmentRow(row.id, row.cadence_version_id)


def back_at_rest(connection: Connection, lead_id: int) -> None:
    """Have a lead that is back in recycle rest as long as if it had not left. One that comes there
    in another way is left as it is."""
    connection.execute(_BACK_AT_REST, {"lead": lead_id})


def last_cadence(connection: Connection, lead_id: int) -> str:
    """The cadence of the lead's last enrollment that was none beside its phase; '' for none."""
    name = connection.scalar(
        text(
            "SELECT version.name FROM enrollment JOIN cadence_version AS version "
            "ON version.id = cadence_version_id WHERE lead_id = :lead "
            f"AND NOT enrollment.key ~ {BESIDE} ORDER BY enrollment.id DESC LIMIT 1"
        ),
        {"lead": lead_id},
    )
    return str(name or "")
