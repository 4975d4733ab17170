"""Runs: leads that somebody enrolled in a cadence at once. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, text

from domain.cadences.entry import WhyNot
from domain.contracts.journey import EventCode, journey_id
from domain.names import full_name
from store.journeys.enrollment_candidates import BESIDE
from store.outbox.relay_messages import plan_anew

RunLeadState = Literal["waiting", "told", "entered", "left_out", "dropped", "undoing", "undone"]
UNTOUCHED = """NOT EXISTS (SELECT FROM touch WHERE touch.enrollment_id = one.enrollment_id
        AND touch.state <> 'suppressed')
    AND NOT EXISTS (SELECT FROM task WHERE task.enrollment_id = one.enrollment_id)"""
"""SQL: whether nothing of the cadence has happened to ``one`` lead of a run yet."""
ENTERED_SINCE = f"""
    SELECT started_at AS at FROM enrollment
    WHERE cadence_version_id IN (SELECT id FROM cadence_version WHERE name = :cadence)
        AND started_at >= date_trunc('day', cast(:since AS timestamptz), 'UTC')
        AND NOT key ~ {BESIDE} AND exit_reason <> :undone
"""
"""SQL: when leads entered ``:cadence`` from the day of ``:since`` on, whichever way they came, but
for those that were taken back."""


@dataclass(frozen=True)
class EnrollmentRunLine:
    """A run as a list shows it.

    Attributes:
        selected: how many leads were chosen.
        replaces: whether leads were taken out of other cadences for it.
        reason: why, in the words of who enrolled them.
        way: ``hand``, or what had leads enter (:class:`domain.cadences.triggers.Way`) on that day;
            ``what`` is the segment, the kind of event, the form or the attribute.
        waiting: leads whose time has not come, the last of which enters at ``last_due``.
        on_the_way: whose journeys are told.
        entered: that are in the cadence, or were.
        left_out: reason → leads that did not enter.
        dropped: that the run was undone for before they entered.
        going_back, back: that entered, and go back, or are back, where they were.
    """

    id: int
    cadence: str
    by: str
    at: datetime
    selected: int
    replaces: bool
    per_hour: int | None
    per_day: int | None
    reason: str
    waiting: int
    on_the_way: int
    entered: int
    left_out: Mapping[str, int]
    dropped: int
    going_back: int
    back: int
    last_due: datetime | None
    undone_at: datetime | None
    undone_by: str
    way: str
    what: str

    @property
    def stays_out(self) -> int:
        """How many leads did not enter."""
        return sum(self.left_out.values())


@dataclass(frozen=True)
class RunLead:
    """A lead of a run. ``why`` is of :class:`domain.cadences.entry.WhyNot`, '' for one that enters;
    ``touched`` is whether the cadence has done something to it."""

    lead_id: int
    name: str
    state: RunLeadState
    why: str
    due_at: datetime | None
    entered_at: datetime | None
    left_phase: str
    left_reason: str
    touched: bool


@dataclass(frozen=True)
class NewRun:
    """A run that begins: who enters when, and who does not and why."""

    key: str | None
    cadence: str
    replaces: bool
    per_hour: int | None
    per_day: int | None
    reason: str
    by: str
    entering: Mapping[int, datetime]
    staying: Mapping[int, WhyNot]
    selected: int


@dataclass(frozen=True)
class UndoneRun:
    """What undoing a run came to: ``dropped`` leads had not entered, ``going_back`` ones go back
    where they were, ``stay`` ones were touched or went on."""

    dropped: int
    going_back: int
    stay: int


def lock_enrolling(connection: Connection) -> None:
    """Let nobody else begin a run until the transaction ends: two at once would enroll a lead
    twice."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('enrolling'))"))


def run_with_key(connection: Connection, key: str) -> int | None:
    """The run that a program calls by this key."""
    found: int | None = connection.scalar(
        text("SELECT id FROM enrollment_run WHERE key = :key"), {"key": key}
    )
    return found


def create_run(connection: Connection, new: NewRun, now: datetime) -> int:
    """Write a run and its leads; they enter when their time comes."""
    run: int = connection.execute(
        text(
            """
            INSERT INTO enrollment_run (key, cadence, selected, replaces, per_hour, per_day, reason,
                by, at)
            VALUES (:key, :cadence, :selected, :replaces, :per_hour, :per_day, :reason, :by, :at)
            RETURNING id
            """
        ),
        {
            "key": new.key,
            "cadence": new.cadence,
            "selected": new.selected,
            "replaces": new.replaces,
            "per_hour": new.per_hour,
            "per_day": new.per_day,
            "reason": new.reason,
            "by": new.by,
            "at": now,
        },
    ).scalar_one()
    connection.execute(
        text(
            """
            INSERT INTO enrollment_run_lead (run_id, lead_id, state, due_at)
            SELECT :run, lead_id, 'waiting', due
            FROM unnest(cast(:leads AS bigint[]), cast(:dues AS timestamptz[]))
                AS one (lead_id, due)
            """
        ),
        {"run": run, "leads": list(new.entering), "dues": list(new.entering.values())},
    )
    staying = {lead: why for lead, why in new.staying.items() if why != WhyNot.GONE}
    connection.execute(
        text(
            """
            INSERT INTO enrollment_run_lead (run_id, lead_id, state, why)
            SELECT :run, lead_id, 'left_out', why
            FROM unnest(cast(:leads AS bigint[]), cast(:whys AS text[])) AS one (lead_id, why)
            """
        ),
        {"run": run, "leads": list(staying), "whys": list(staying.values())},
    )
    return run


def entered_by_day(connection: Connection, cadence: str, since: datetime) -> dict[date, int]:
    """How many leads enter the cadence, or have entered it whichever way they came, on each day
    (UTC) from the day of ``since`` on."""
    rows = connection.execute(
        text(
            f"""
            SELECT cast(at AT TIME ZONE 'UTC' AS date) AS day, count(*) AS leads FROM (
                SELECT coalesce(entered_at, due_at) AS at
                FROM enrollment_run_lead AS one JOIN enrollment_run AS run ON run.id = one.run_id
                WHERE run.cadence = :cadence AND one.state IN ('waiting', 'told', 'entered')
                    AND one.enrollment_id IS NULL
                UNION ALL
                {ENTERED_SINCE}
            ) AS entry WHERE at >= date_trunc('day', cast(:since AS timestamptz), 'UTC') GROUP BY 1
            """
        ),
        {"cadence": cadence, "since": since, "undone": EventCode.UNENROLLED},
    )
    return {row.day: row.leads for row in rows}


_LINES = """
    SELECT run.*, counted.* FROM (
        SELECT * FROM enrollment_run WHERE {condition} ORDER BY id DESC LIMIT :limit
    ) AS run
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_object_agg(state, leads), '{{}}') AS states,
            max(last_due) FILTER (WHERE state = 'waiting') AS last_due,
            (SELECT coalesce(jsonb_object_agg(why, leads), '{{}}') FROM (
                SELECT why, count(*) AS leads FROM enrollment_run_lead
                WHERE run_id = run.id AND state = 'left_out' GROUP BY why) AS reasons) AS left_out
        FROM (
            SELECT state, count(*) AS leads, max(due_at) AS last_due FROM enrollment_run_lead
            WHERE run_id = run.id GROUP BY state
        ) AS by_state
    ) AS counted ORDER BY run.id DESC
"""


def list_runs(
    connection: Connection, *, cadence: str = "", before: int | None = None, limit: int
) -> list[EnrollmentRunLine]:
    """The latest runs first.

    Args:
        cadence: only those into this one; '' for all.
        before: only those with a smaller id.
    """
    condition = (
        "(:cadence = '' OR cadence = :cadence) "
        "AND (cast(:before AS bigint) IS NULL OR id < :before)"
    )
    rows = connection.execute(
        text(_LINES.format(condition=condition)),
        {"cadence": cadence, "before": before, "limit": limit},
    )
    return [_line(row) for row in rows]


def find_run(connection: Connection, run: int) -> EnrollmentRunLine | None:
    """One run; None when there is none with this id."""
    row = connection.execute(
        text(_LINES.format(condition="id = :run")), {"run": run, "limit": 1}
    ).first()
    return None if row is None else _line(row)


def run_leads(
    connection: Connection,
    run: int,
    *,
    state: str = "",
    why: str = "",
    team: str | None = None,
    after: int = 0,
    limit: int,
) -> list[RunLead]:
    """The leads of a run by id, in one state and for one reason ('' for any), of one team (None:
    of all), from the one after ``after`` on."""
    rows = connection.execute(
        text(
            f"""
            SELECT one.*, lead.first_name, lead.last_name, lead.email,
                one.enrollment_id IS NOT NULL AND NOT ({UNTOUCHED}) AS touched
            FROM enrollment_run_lead AS one JOIN lead ON lead.id = one.lead_id
            WHERE run_id = :run AND (:state = '' OR state = :state) AND (:why = '' OR why = :why)
                AND one.lead_id > :after AND (cast(:team AS text) IS NULL
                    OR lead.owner IN (SELECT code FROM rep WHERE rep.team = :team))
            ORDER BY one.lead_id LIMIT :limit
            """
        ),
        {"run": run, "state": state, "why": why, "team": team, "after": after, "limit": limit},
    )
    return [
        RunLead(
            row.lead_id,
            full_name(row.first_name, row.last_name) or row.email,
            row.state,
            row.why,
            row.due_at,
            row.entered_at,
            row.left_phase,
            row.left_reason,
            row.touched,
        )
        for row in rows
    ]


def untouched(connection: Connection, run: int) -> int:
    """How many leads of a run can still be taken back."""
    rows = connection.execute(
        text(
            f"""
            SELECT count(*) FROM enrollment_run_lead AS one
            LEFT JOIN enrollment ON enrollment.id = one.enrollment_id
            WHERE run_id = :run AND (state IN ('waiting', 'told')
                OR state = 'entered' AND enrollment.ended_at IS NULL AND {UNTOUCHED})
            """
        ),
        {"run": run},
    )
    return int(rows.scalar_one())


def undo(connection: Connection, run: int, by: str, now: datetime) -> UndoneRun:
    """Take a run back: leads that have not entered don't, those that have but were not touched go
    back where they were.

    A touch is claimed with its lead locked, and none for an enrollment that was undone: of a touch
    and an undo at the same moment one wins.
    """
    values = {"run": run, "by": by, "now": now, "undone": EventCode.UNENROLLED}
    connection.execute(
        text(
            "SELECT FROM enrollment_run WHERE id = :run FOR NO KEY UPDATE; "
            "UPDATE enrollment_run SET undone_at = :now, undone_by = :by "
            "WHERE id = :run AND undone_at IS NULL"
        ),
        values,
    )
    # In the order in which leads that enter are locked.
    connection.execute(_LOCK, values)
    dropped = connection.execute(_DROP, values).rowcount
    connection.execute(
        text(
            "UPDATE enrollment_run_lead SET state = 'undoing', undone_at = :now "
            "WHERE run_id = :run AND state = 'told'"
        ),
        values,
    )
    back = connection.execute(_GO_BACK, values).scalars().all()
    while connection.execute(_FURTHER_BACK, values).rowcount:
        pass
    plan_anew(connection, "unenrolled", map(journey_id, back))
    left = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE undone_at = :now) AS going, "
            "count(*) FILTER (WHERE state = 'entered') AS stay "
            "FROM enrollment_run_lead WHERE run_id = :run"
        ),
        values,
    ).one()
    return UndoneRun(dropped, left.going, left.stay)


_LOCK = text(
    """
    SELECT FROM enrollment_run_lead WHERE run_id = :run AND state IN ('waiting', 'told', 'entered')
    ORDER BY lead_id FOR UPDATE;
    SELECT FROM lead WHERE id IN (SELECT lead_id FROM enrollment_run_lead WHERE run_id = :run
        AND state IN ('waiting', 'told', 'entered')) ORDER BY id FOR NO KEY UPDATE
    """
)
# What no relay has in hand is not brought any more; of what one has, the journey finds out by
# itself that it is undone.
_DROP = text(
    """
    WITH unsent AS (
        DELETE FROM relay_message WHERE id IN (
            SELECT message.id FROM relay_message AS message
            JOIN enrollment_run_lead AS one ON one.run_id = :run AND one.state = 'told'
                AND message.key = 'enrolled:' || :run || ':' || one.lead_id || ':' || one.attempts
            WHERE message.outcome = '' AND coalesce(leased_until <= clock_timestamp(), true)
            FOR UPDATE OF message SKIP LOCKED)
        RETURNING workflow_id
    )
    UPDATE enrollment_run_lead SET state = 'dropped'
    WHERE run_id = :run AND (state = 'waiting' OR state = 'told'
        AND 'lead-' || lead_id IN (SELECT workflow_id FROM unsent))
    """
)
_GO_BACK = text(
    f"""
    WITH back AS (
        UPDATE enrollment SET ended_at = :now, exit_reason = :undone, due_at = NULL
        FROM enrollment_run_lead AS one
        WHERE one.run_id = :run AND one.state = 'entered' AND enrollment.id = one.enrollment_id
            AND enrollment.ended_at IS NULL AND {UNTOUCHED}
        RETURNING one.lead_id
    )
    UPDATE enrollment_run_lead AS one SET state = 'undoing', undone_at = :now FROM back
    WHERE one.run_id = :run AND one.lead_id = back.lead_id
    RETURNING one.lead_id
    """
)
# The enrollment that a lead would go back to may be of a run that was undone as well.
_FURTHER_BACK = text(
    f"""
    WITH further AS (
        UPDATE enrollment_run_lead AS one SET state = 'undoing', undone_at = :now
        FROM enrollment_run_lead AS later, enrollment_run AS run
        WHERE one.state = 'entered' AND run.id = one.run_id AND run.undone_at IS NOT NULL
            AND later.lead_id = one.lead_id AND later.left_enrollment_id = one.enrollment_id
            AND later.state = 'undoing'
            AND one.lead_id IN (SELECT lead_id FROM enrollment_run_lead WHERE run_id = :run)
            AND {UNTOUCHED}
        RETURNING one.lead_id, one.enrollment_id, later.run_id
    ), passed AS (
        UPDATE enrollment_run_lead AS later SET state = 'undone', undone_at = :now FROM further
        WHERE later.lead_id = further.lead_id AND later.run_id = further.run_id
    )
    UPDATE enrollment SET exit_reason = :undone, due_at = NULL FROM further
    WHERE enrollment.id = further.enrollment_id
    """
)


def _line(row: Row[Any]) -> EnrollmentRunLine:
    states = row.states
    return EnrollmentRunLine(
        id=row.id,
        cadence=row.cadence,
        by=row.by,
        at=row.at,
        selected=row.selected,
        replaces=row.replaces,
        per_hour=row.per_hour,
        per_day=row.per_day,
        reason=row.reason,
        waiting=states.get("waiting", 0),
        on_the_way=states.get("told", 0),
        entered=states.get("entered", 0),
        left_out=row.left_out,
        dropped=states.get("dropped", 0),
        going_back=states.get("undoing", 0),
        back=states.get("undone", 0),
        last_due=row.last_due,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        way=row.way,
        what=row.what,
    )
