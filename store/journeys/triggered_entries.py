"""Leads that something has enter a cadence: taken from what waits, and put into the run of the day.
Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from domain.cadences.entry import WhyNot

EACH = timedelta(hours=1)
"""How often it is looked whose date it is."""

_WAITING = text(
    """
    SELECT id, lead_id FROM entry_due WHERE not_before IS NULL OR not_before <= :now
    ORDER BY id LIMIT :most
    """
)
_LOCK_LEADS = text(
    "SELECT id FROM lead WHERE id = ANY(cast(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
)
_READ = text(
    """
    SELECT due.id, due.cadence, due.trigger_id, due.way, due.what, due.lead_id, due.at,
        due.trigger_id IS NULL OR one.id IS NOT NULL AS holds,
        coalesce(one.condition, '') AS condition, due.engagement_id IS NOT NULL AS by_event,
        due.not_before IS NOT NULL AS put_off, coalesce(event.machine, 'gone') AS machine,
        event.kind, event.name, event.detail
    FROM entry_due AS due
    LEFT JOIN cadence_trigger AS one ON one.id = due.trigger_id
    LEFT JOIN engagement AS event ON event.id = due.engagement_id AND event.at = due.at
    WHERE due.id = ANY(cast(:ids AS bigint[])) ORDER BY due.id FOR UPDATE OF due
    """
)
# One that is being undone is passed over: each would wait for what the other has in hand.
_RUN = text(
    """
    SELECT id FROM enrollment_run WHERE cadence = :cadence AND way = :way AND what = :what
        AND trigger_id IS NOT DISTINCT FROM cast(:trigger AS bigint) AND undone_at IS NULL
        AND at >= date_trunc('day', cast(:now AS timestamptz), 'UTC')
    ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    """
)
_NEW_RUN = text(
    """
    INSERT INTO enrollment_run (cadence, selected, replaces, by, at, way, what, trigger_id)
    VALUES (:cadence, 0, false, '', :now, :way, :what, :trigger) RETURNING id
    """
)
# Who stayed out is looked at as often as something happens; who entered does not twice in a day.
_ADD = text(
    """
    WITH added AS (
        INSERT INTO enrollment_run_lead AS one (run_id, lead_id, state, why, due_at)
        SELECT :run, said.lead_id, CASE WHEN said.why = '' THEN 'waiting' ELSE 'left_out' END,
            said.why, said.due
        FROM unnest(cast(:leads AS bigint[]), cast(:whys AS text[]), cast(:dues AS timestamptz[]))
            AS said (lead_id, why, due)
        ON CONFLICT (run_id, lead_id) DO UPDATE SET state = excluded.state, why = excluded.why,
            due_at = excluded.due_at WHERE one.state = 'left_out'
        RETURNING (xmax = 0) AS is_new
    )
    UPDATE enrollment_run SET selected = selected + (SELECT count(*) FROM added WHERE is_new)
    WHERE id = :run
    """
)
_DATE_TRIGGER = text(
    """
    SELECT id, cadence, what, days, since FROM cadence_trigger
    WHERE way = 'date' AND (looked_at IS NULL OR looked_at <= :before)
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)
_WRITTEN = text(
    "SELECT DISTINCT attributes->>:what FROM lead WHERE jsonb_exists(attributes, :what)"
)
_WHOSE = text(
    """
    SELECT id, time_zone, attributes->>:what AS written FROM lead
    WHERE attributes->>:what = ANY(cast(:written AS text[])) AND phase_reason <> 'erased'
    ORDER BY id
    """
)
_NOTE_DATES = text(
    """
    WITH new AS (
        INSERT INTO entry_date (trigger_id, lead_id, day)
        SELECT :trigger, said.lead_id, said.day
        FROM unnest(cast(:leads AS bigint[]), cast(:days AS date[])) AS said (lead_id, day)
        ON CONFLICT DO NOTHING RETURNING lead_id
    )
    INSERT INTO entry_due (cadence, trigger_id, way, what, lead_id, at)
    SELECT :cadence, :trigger, 'date', :what, lead_id, :now FROM new ORDER BY lead_id
    """
)


@dataclass(frozen=True)
class DueEntry:
    """Something that has a lead enter a cadence.

    Attributes:
        trigger_id: None where a form or a write key names the cadence.
        at: when it happened.
        holds: whether the cadence says so still.
        condition: over the event, '' for none.
        event: what the condition reads; None for what is no event.
        machine: which machine did it, '' for none.
        put_off: whether it was looked at before, and is looked at again.
    """

    id: int
    cadence: str
    trigger_id: int | None
    way: str
    what: str
    lead_id: int
    at: datetime
    holds: bool
    condition: str
    event: Mapping[str, Any] | None
    machine: str
    put_off: bool


class DateTriggerRow(NamedTuple):
    """A trigger by a date of leads, locked; ``what`` is the attribute."""

    id: int
    cadence: str
    what: str
    days: int
    since: datetime


class LeadWithDate(NamedTuple):
    """A lead and the date as it is written."""

    id: int
    time_zone: str
    written: str


def due_entries(connection: Connection, now: datetime, most: int) -> list[DueEntry]:
    """The oldest entries that are to be looked at, locked after their leads."""
    waiting = connection.execute(_WAITING, {"now": now, "most": most}).all()
    connection.execute(_LOCK_LEADS, {"ids": sorted({one.lead_id for one in waiting})})
    found = []
    for row in connection.execute(_READ, {"ids": [one.id for one in waiting]}):
        event = None
        if row.by_event:
            detail = row.detail or {}
            event = {
                "kind": row.kind or "",
                "name": row.name or "",
                "path": str(detail.get("path", "")),
                "url": str(detail.get("url", "")),
                "properties": detail.get("properties", {}),
            }
        found.append(
            DueEntry(
                *(row.id, row.cadence, row.trigger_id, row.way, row.what, row.lead_id, row.at),
                holds=row.holds,
                condition=row.condition,
                event=event,
                machine=row.machine if row.by_event else "",
                put_off=row.put_off,
            )
        )
    return found


def settle(connection: Connection, entries: Collection[DueEntry]) -> None:
    """These were looked at."""
    connection.execute(
        text("DELETE FROM entry_due WHERE id = ANY(cast(:ids AS bigint[]))"),
        {"ids": [one.id for one in entries]},
    )


def look_again(connection: Connection, entries: Collection[DueEntry], at: datetime) -> None:
    """Have these looked at once more, not before then."""
    connection.execute(
        text("UPDATE entry_due SET not_before = :at WHERE id = ANY(cast(:ids AS bigint[]))"),
        {"ids": [one.id for one in entries], "at": at},
    )


def put_in_run(
    connection: Connection,
    like: DueEntry,
    entering: Mapping[int, datetime],
    staying: Mapping[int, WhyNot],
    now: datetime,
) -> None:
    """Write leads into the run of the day of what has them enter: when, or why they don't."""
    about = {
        "cadence": like.cadence,
        "way": like.way,
        "what": like.what,
        "trigger": like.trigger_id,
        "now": now,
    }
    run = connection.scalar(_RUN, about) or connection.scalar(_NEW_RUN, about)
    out = {lead: why for lead, why in staying.items() if why != WhyNot.GONE}
    connection.execute(
        _ADD,
        {
            "run": run,
            "leads": [*entering, *out],
            "whys": [*([""] * len(entering)), *out.values()],
            "dues": [*entering.values(), *([now] * len(out))],
        },
    )


def date_trigger(connection: Connection, now: datetime) -> DateTriggerRow | None:
    """One trigger by a date that was not looked at lately; None when there is none."""
    row = connection.execute(_DATE_TRIGGER, {"before": now - EACH}).first()
    return None if row is None else DateTriggerRow(*row)


def written_dates(connection: Connection, attribute: str) -> Sequence[str]:
    """What leads have as this attribute, each once."""
    return connection.scalars(_WRITTEN, {"what": attribute}).all()


def leads_with(
    connection: Connection, attribute: str, written: Collection[str]
) -> list[LeadWithDate]:
    """The leads that have one of these as the attribute."""
    rows = connection.execute(_WHOSE, {"what": attribute, "written": list(written)})
    return [LeadWithDate(*row) for row in rows]


def note_dates(
    connection: Connection, trigger: DateTriggerRow, days: Mapping[int, date], now: datetime
) -> None:
    """Have leads (by id) enter for this date of theirs, those that have not; all were looked at."""
    connection.execute(
        _NOTE_DATES,
        {
            "trigger": trigger.id,
            "cadence": trigger.cadence,
            "what": trigger.what,
            "leads": list(days),
            "days": list(days.values()),
            "now": now,
        },
    )
    connection.execute(
        text("UPDATE cadence_trigger SET looked_at = :now WHERE id = :id"),
        {"now": now, "id": trigger.id},
    )
