"""Leads that cross, are tried, meet, miss meetings and rest, written as the journeys write it."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from tests.support.lead_histories import BEGIN, History, add_lead

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_CROSS = text(
    "INSERT INTO crossing (lead_id, cycle, at, cause, grade, score, hot) "
    "VALUES (:lead, :cycle, :at, 'event', 'A1', 80, false)"
)
_CALL = text(
    "INSERT INTO lead_note (lead_id, kind, direction, by, at, written_at) "
    "VALUES (:lead, 'call', 'out', 'rep-1', :at, :at)"
)
_TASK = text(
    "INSERT INTO task (key, lead_id, kind, dispositions, owner, state, opened_at, due_at, "
    "deadline_at, disposition, completed_at) VALUES (gen_random_uuid()::text, :lead, 'call', '[]', "
    "'rep-1', 'done', :at, :at, :at, :disposition, :at)"
)
_CLOCK = text(
    "INSERT INTO sla_clock (key, promise, lead_id, owner, state, started_at, due_at) "
    "VALUES (gen_random_uuid()::text, 'accept', :lead, 'rep-1', 'running', :at, :due)"
)
_MEETING = text(
    "INSERT INTO meeting (lead_id, cycle, set_at, starts_at, state) "
    "VALUES (:lead, :cycle, :set_at, :starts_at, 'booked') RETURNING id"
)
_AGAIN = text(
    "UPDATE meeting SET attempt = attempt + 1, set_at = :set_at, starts_at = :starts_at, "
    "state = 'booked' WHERE id = :id"
)
_REMINDED = text(
    "INSERT INTO touch (key, lead_id, step, channel, state, planned_at, sent_at) "
    "VALUES (:key, :lead, 'reminder', 'outbox', :state, :at, :at)"
)


def at(days: float) -> datetime:
    """So many days after the beginning."""
    return BEGIN + timedelta(days=days)


def cross(connection: Connection, lead: int, days: float, cycle: int = 1) -> None:
    """The lead becomes sales-ready."""
    connection.execute(_CROSS, {"lead": lead, "cycle": cycle, "at": at(days)})


def call(connection: Connection, lead: int, days: float) -> None:
    """Somebody calls the lead by hand."""
    connection.execute(_CALL, {"lead": lead, "at": at(days)})


def task_done(connection: Connection, lead: int, days: float, disposition: str) -> None:
    """A call task ends."""
    values = {"lead": lead, "at": at(days), "disposition": disposition}
    connection.execute(_TASK, values)


def promise(connection: Connection, lead: int, days: float, due: float) -> None:
    """Sales promises to accept the lead."""
    connection.execute(_CLOCK, {"lead": lead, "at": at(days), "due": at(due)})


def meet(
    connection: Connection,
    lead: int,
    set_on: float,
    starts: float,
    state: str,
    *,
    cycle: int = 1,
    again: int = 0,
    reminder: str = "",
) -> int:
    """A meeting, or another setting of the one ``again``; ``reminder`` is the state of its mail."""
    when = {"set_at": at(set_on), "starts_at": at(starts)}
    if again:
        connection.execute(_AGAIN, when | {"id": again})
    else:
        again = connection.execute(_MEETING, when | {"lead": lead, "cycle": cycle}).scalar_one()
    attempt = connection.scalar(text("SELECT attempt FROM meeting WHERE id = :id"), {"id": again})
    if reminder:
        key = f"meeting-{again}-{attempt}:reminder-1-hour"
        values = {"key": key, "lead": lead, "state": reminder, "at": at(starts)}
        connection.execute(_REMINDED, values)
    connection.execute(
        text("UPDATE meeting SET state = :state WHERE id = :id"), {"state": state, "id": again}
    )
    return again


def rest(connection: Connection, days: float, until: float, **values: Any) -> int:
    """A lead that is recycled, and was to come back then."""
    lead = add_lead(connection, [(1, "known", days - 1), (1, "recycled", days)], **values)
    connection.execute(
        text("UPDATE lead SET phase = 'Recycle', recycled_until = :until WHERE id = :lead"),
        {"lead": lead, "until": at(until)},
    )
    return lead


def crowd(connection: Connection, leads: int, seed: int) -> None:
    """Leads of which all of that happens to some."""
    chance = random.Random(seed)
    for number in range(leads):
        history = _some_history(chance)
        lead = add_lead(
            connection,
            history,
            source=chance.choice(("web", "fair", "")),
            owner=f"rep-{number % 3}",
            reason=chance.choice(("lost", "no_show")),
            attributes=f'{{"segment": "{chance.choice(("small", "large"))}"}}',
        )
        cycle, _stage, last = history[-1]
        crossed = next((one[2] for one in history if one[:2] == (cycle, "mql")), None)
        if crossed is not None and chance.random() < 0.9:
            cross(connection, lead, crossed, cycle)
            _respond(connection, chance, lead, crossed)
        if chance.random() < 0.5:
            _meet(connection, chance, lead, last, cycle)
        if number % 5 == 0:
            until = 180 + chance.choice((-40, -1.5, 40))
            rest(connection, 100, until, source="web", owner=f"rep-{number % 3}")


def _some_history(chance: random.Random) -> History:
    moves: list[tuple[int, str, float]] = [(1, "known", chance.uniform(0, 90))]
    for stage in ("engaged", "mql", "sal", "sql", "opportunity", "customer"):
        if chance.random() < 0.35:
            break
        if chance.random() < 0.9:
            moves.append((1, stage, moves[-1][2] + chance.choice((0.01, 1, 9))))
    last = moves[-1][2]
    if moves[-1][1] != "customer" and chance.random() < 0.4:
        moves.append((1, chance.choice(("recycled", "disqualified")), last + 3))
        if moves[-1][1] == "recycled" and chance.random() < 0.5:
            moves += [(2, "known", last + 20), (2, "mql", last + 25)]
    return moves


def _respond(connection: Connection, chance: random.Random, lead: int, crossed: float) -> None:
    if chance.random() < 0.5:
        promise(connection, lead, crossed, crossed + chance.choice((0.2, 2)))
    if chance.random() < 0.7:
        call(connection, lead, crossed + chance.choice((-0.1, 0.01, 0.1, 3)))
    if chance.random() < 0.3:
        tried = crossed + chance.uniform(0, 3)
        task_done(connection, lead, tried, chance.choice(("skipped", "no_answer")))


def _meet(
    connection: Connection, chance: random.Random, lead: int, last: float, cycle: int
) -> None:
    starts = last + chance.choice((0.2, 2, 5, 20))
    state = chance.choice(("held", "no_show", "booked", "cancelled"))
    reminder = chance.choice(("", "sent", "failed"))
    made = meet(connection, lead, last, starts, state, cycle=cycle, reminder=reminder)
    if state == "no_show" and chance.random() < 0.6:
        state = chance.choice(("held", "no_show", "cancelled"))
        meet(connection, lead, starts + 1, starts + 4, state, again=made)
