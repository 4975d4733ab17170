"""Who is at work: presence, absences, and what becomes of the work of those who are away.

An absence of more than a business day moves the leads that have something due, with all their
tasks; in a shorter one colleagues do what is due, and the leads stay. Times are journey time, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from domain.names import full_name
from domain.refusals import Conflict
from domain.sentences import sentence
from store.routing.roster import lock_routing, team_policy
from store.routing.routing import assign, cover, drain_unassigned
from store.sla.business_time import calendar_of
from store.sla.due_times import TimedTask
from store.tables import IN_SALES_HANDS, Rep


@dataclass(frozen=True)
class RepLine:
    """A rep as a list shows one; times are journey time, UTC."""

    code: str
    name: str
    team: str
    present: bool
    back_at: datetime | None
    """When the rep's absence of now ends."""
    open_leads: int
    cap: int
    weight: int
    open_tasks: int


def set_presence(connection: Connection, rep: str, present: bool, now: datetime) -> list[int]:
    """Whether a rep takes new leads; who comes back gets leads that wait.

    Returns:
        The leads of the unassigned queue that have owners now.

    Raises:
        Conflict: there is no such rep.
    """
    _check_rep(connection, rep)
    # Who routes may look for the time of a rep, and waits for that row then.
    lock_routing(connection)
    connection.execute(
        text("UPDATE rep SET present = :present WHERE code = :rep"),
        {"present": present, "rep": rep},
    )
    return drain_unassigned(connection, now) if present else []


@dataclass(frozen=True)
class RecordedAbsence:
    """An absence, and how many tasks it has moved by now."""

    id: int
    tasks_moved: int


def record_absence(
    connection: Connection,
    rep: str,
    begins_at: datetime,
    until: datetime,
    now: datetime,
    *,
    reason: str = "",
) -> RecordedAbsence:
    """Note time off; when it has begun, what is due moves at once.

    Args:
        until: when the rep is back.
        now: journey time, UTC.

    Raises:
        Conflict: as :func:`add_absence`.
    """
    made = add_absence(connection, rep, begins_at, until, now, reason=reason)
    return RecordedAbsence(made, stand_in(connection, made, now) if begins_at <= now else 0)


def add_absence(
    connection: Connection,
    rep: str,
    begins_at: datetime,
    until: datetime,
    now: datetime,
    *,
    reason: str = "",
) -> int:
    """Note time off; :func:`stand_in` moves what is due once it has begun.

    Args:
        until: when the rep is back.

    Returns:
        The id of the absence.

    Raises:
        Conflict: there is no such rep, it ends before it begins or in the past, or another
            absence is in that time.
    """
    _check_rep(connection, rep)
    if until <= begins_at:
        raise Conflict(
            sentence("The absence ends before it begins. Give the later time as its end."), "until"
        )
    if until <= now:
        raise Conflict(sentence("The absence lies in the past. Choose times ahead."), "until")
    # Two absences entered at once must not overlap either.
    connection.execute(text("SELECT FROM rep WHERE code = :rep FOR UPDATE"), {"rep": rep})
    other = connection.execute(
        text(
            "SELECT begins_at, until FROM absence WHERE rep = :rep AND begins_at < :until "
            "AND until > :begins_at ORDER BY begins_at LIMIT 1"
        ),
        {"rep": rep, "begins_at": begins_at, "until": until},
    ).first()
    if other is not None:
        raise Conflict(
            sentence(
                "{rep} is away from {begins:%Y-%m-%d %H:%M} until {until:%Y-%m-%d %H:%M} UTC "
                "already. End that absence, or choose other times.",
                rep=rep,
                begins=other.begins_at,
                until=other.until,
            ),
            "until",
        )
    made: int = connection.execute(
        text(
            "INSERT INTO absence (rep, begins_at, until, reason) "
            "VALUES (:rep, :begins_at, :until, :reason) RETURNING id"
        ),
        {"rep": rep, "begins_at": begins_at, "until": until, "reason": reason},
    ).scalar_one()
    return made


@dataclass(frozen=True)
class MeetingAhead:
    """A meeting that is to take place with the lead of this name; ``starts_at`` is journey time,
    UTC."""

    id: int
    lead_id: int
    name: str
    starts_at: datetime


def meetings_during(
    connection: Connection, rep: str, begins_at: datetime, until: datetime
) -> list[MeetingAhead]:
    """The rep's booked meetings of which some part lies in this time, the earliest first."""
    rows = connection.execute(
        text(
            "SELECT meeting.id, lead_id, first_name, last_name, email, starts_at FROM meeting "
            "JOIN lead ON lead.id = lead_id WHERE meeting.owner = :rep AND state = 'booked' "
            "AND starts_at < :until AND starts_at + minutes * interval '1 minute' > :begins_at "
            "ORDER BY starts_at, meeting.id"
        ),
        {"rep": rep, "begins_at": begins_at, "until": until},
    )
    return [
        MeetingAhead(
            row.id,
            row.lead_id,
            full_name(row.first_name, row.last_name) or row.email,
            row.starts_at,
        )
        for row in rows
    ]


def moves_leads(connection: Connection, rep: str, begins_at: datetime, until: datetime) -> bool:
    """Whether an absence is of more than a business day, so that leads move and not only tasks."""
    return calendar_of(connection, rep).add_days(begins_at, 1) < until


def end_absence(connection: Connection, rep: str, now: datetime) -> list[int]:
    """Have a rep back now, or take back the next absence when none has begun.

    Returns:
        The leads of the unassigned queue that have owners now.

    Raises:
        Conflict: there is no such rep or absence.
    """
    _check_rep(connection, rep)
    absence = connection.execute(
        text(
            "SELECT id, begins_at FROM absence WHERE rep = :rep AND until > :now "
            "ORDER BY begins_at LIMIT 1 FOR UPDATE"
        ),
        {"rep": rep, "now": now},
    ).first()
    if absence is None:
        raise Conflict(sentence("{rep} is not away, and no absence is planned.", rep=rep))
    if absence.begins_at >= now:
        connection.execute(text("DELETE FROM absence WHERE id = :id"), {"id": absence.id})
        return []
    connection.execute(
        text("UPDATE absence SET until = :now WHERE id = :id"), {"now": now, "id": absence.id}
    )
    return drain_unassigned(connection, now)


def current_absences(connection: Connection, now: datetime) -> list[int]:
    """Ids of the absences of now, those nobody has looked after first."""
    rows = connection.execute(
        text(
            "SELECT id FROM absence WHERE begins_at <= :now AND until > :now "
            "ORDER BY handled_at NULLS FIRST, id"
        ),
        {"now": now},
    )
    return list(rows.scalars())


def stand_in(connection: Connection, absence_id: int, now: datetime) -> int:
    """Move what is due before the rep of an absence of now is back. Again and again: tasks are
    opened while somebody is away, too.

    Returns:
        How many tasks have moved.
    """
    absence = connection.execute(
        text("SELECT rep, begins_at, until FROM absence WHERE id = :id FOR UPDATE"),
        {"id": absence_id},
    ).one()
    due = _due_tasks(connection, absence.rep, absence.until)
    tasks = [task for task, _ in due]
    moved = 0
    if moves_leads(connection, absence.rep, absence.begins_at, absence.until):
        own = [task for task, lead_owner in due if lead_owner == absence.rep]
        for lead_id in sorted({task.lead_id for task in own}):
            assign(connection, lead_id, now, cause="absence", until=absence.until)
        moved = len(own)
        tasks = [task for task in tasks if task not in own]
    moved += cover(connection, tasks, now, absence.rep) if tasks else 0
    connection.execute(
        text("UPDATE absence SET handled_at = coalesce(handled_at, :now) WHERE id = :id"),
        {"now": now, "id": absence_id},
    )
    return moved


def _due_tasks(connection: Connection, rep: str, until: datetime) -> list[tuple[TimedTask, str]]:
    """The open tasks of the rep that are due before ``until``, locked with their leads, and who
    owns these. What others hold is looked after the next time."""
    tasks = connection.execute(
        text(
            "SELECT id, lead_id FROM task WHERE owner = :rep AND state = 'open' "
            "AND due_at < :until ORDER BY id FOR UPDATE SKIP LOCKED"
        ),
        {"rep": rep, "until": until},
    ).all()
    leads = connection.execute(
        text(
            "SELECT id FROM lead WHERE id = ANY(cast(:leads AS bigint[])) "
            "ORDER BY id FOR UPDATE SKIP LOCKED"
        ),
        {"leads": [task.lead_id for task in tasks]},
    ).scalars()
    found = connection.execute(
        text(
            "SELECT task.id, task.lead_id, task.due_in, lead.owner FROM task "
            "JOIN lead ON lead.id = task.lead_id WHERE task.id = ANY(cast(:tasks AS bigint[])) "
            "AND lead.id = ANY(cast(:leads AS bigint[])) ORDER BY task.id"
        ),
        {"tasks": [task.id for task in tasks], "leads": list(leads)},
    )
    return [(TimedTask(*task), owner) for *task, owner in found]


def is_known(connection: Connection, code: str) -> bool:
    """Whether this is the code of a rep or manager, the name of a token of the API, or the address
    of a user of the console."""
    known: bool = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM rep WHERE code = :code) "
            "OR EXISTS (SELECT FROM api_token WHERE name = :code) "
            "OR EXISTS (SELECT FROM console_user WHERE email = :code)"
        ),
        {"code": code},
    ).scalar_one()
    return known


def team_of_person(connection: Connection, code: str) -> str | None:
    """The team of a rep or manager, '' for none; None when there is no such person."""
    return connection.scalar(select(Rep.team).where(Rep.code == code))


def reps(connection: Connection, now: datetime) -> list[RepLine]:
    """The reps of the newest team, in the order of its file; none before one is published."""
    team = team_policy(connection)
    if team is None:
        return []
    rows = connection.execute(
        text(
            f"""
            SELECT code, present,
                (SELECT max(until) FROM absence
                 WHERE rep = rep.code AND begins_at <= :now AND until > :now) AS back_at,
                (SELECT count(*) FROM lead WHERE lead.owner = rep.code
                 AND phase IN {IN_SALES_HANDS}) AS open_leads,
                (SELECT count(*) FROM task
                 WHERE task.owner = rep.code AND state = 'open') AS open_tasks
            FROM rep WHERE active AND NOT manager
            """
        ),
        {"now": now},
    )
    found = {row.code: row for row in rows}
    return [
        RepLine(
            rep.code,
            rep.name,
            team.team_of(rep).team,
            found[rep.code].present,
            found[rep.code].back_at,
            found[rep.code].open_leads,
            rep.cap,
            rep.weight,
            found[rep.code].open_tasks,
        )
        for rep in team.reps
        if rep.code in found
    ]


class PersonLine(NamedTuple):
    """Somebody of the newest team policy."""

    code: str
    name: str
    manager: bool


def people_at_work(connection: Connection) -> list[PersonLine]:
    """The reps and managers of the newest team policy, by name."""
    people = select(Rep.code, Rep.name, Rep.manager).where(Rep.active).order_by(Rep.name, Rep.code)
    return [PersonLine(*row) for row in connection.execute(people)]


def names_of_people(connection: Connection) -> dict[str, str]:
    """Code → name of everybody who is or was a rep or a manager, by name."""
    people = connection.execute(select(Rep.code, Rep.name).order_by(Rep.name, Rep.code))
    return {row.code: row.name for row in people}


def _check_rep(connection: Connection, code: str) -> None:
    team = team_policy(connection)
    if team is None or team.rep(code) is None:
        known = [rep.code for rep in team.reps] if team else sentence("none: publish team.yaml")
        raise Conflict(
            sentence("There is no rep '{rep}'. The reps are {reps}.", rep=code, reps=known)
        )
