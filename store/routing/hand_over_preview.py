"""What giving leads to others would do: done, counted, and taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from store.routing import routing
from store.routing.roster import open_roster, team_policy


@dataclass(frozen=True)
class HandOverPreview:
    """What one rep would get ('' for the unassigned queue), and what the rep's open leads would be
    then, of how many at most (None: the queue has no cap)."""

    to: str
    leads: int
    tasks: int
    meetings: int
    opportunities: int
    open_leads: int
    cap: int | None


_THINGS = {
    "tasks": "SELECT id, owner FROM task WHERE lead_id = ANY(:leads) AND state = 'open'",
    "meetings": "SELECT id, owner FROM meeting WHERE lead_id = ANY(:leads) AND state = 'booked'",
    "opportunities": "SELECT id, owner FROM opportunity WHERE lead_id = ANY(:leads) "
    "AND outcome = ''",
}
_LEADS = "SELECT id, owner FROM lead WHERE id = ANY(:leads)"


def preview(
    connection: Connection, lead_ids: Collection[int], to: str, by: str, now: datetime
) -> list[HandOverPreview]:
    """What :func:`store.routing.routing.reassign` would do, or, with ``to`` '',
    :func:`~store.routing.routing.reassign_by_rules`: who gets most first.

    Args:
        now: journey time, UTC.

    Raises:
        Conflict: it would be refused.
    """
    asked = {"leads": list(lead_ids)}
    before = {name: _owners(connection, query, asked) for name, query in _THINGS.items()}
    owned = _owners(connection, _LEADS, asked)
    trial = connection.begin_nested()
    try:
        if to:
            moved = dict.fromkeys(routing.reassign(connection, lead_ids, to, by, now), to)
        else:
            moved = routing.reassign_by_rules(connection, lead_ids, by, now)
            moved = {lead: owner for lead, owner in moved.items() if owner != owned[lead]}
        after = {name: _owners(connection, query, asked) for name, query in _THINGS.items()}
        roster, team = open_roster(connection, now), team_policy(connection)
    finally:
        trial.rollback()
    leads = Counter(moved.values())
    goes = {
        name: Counter(owner for one, owner in after[name].items() if before[name].get(one) != owner)
        for name in _THINGS
    }
    found = []
    for owner, number in sorted(leads.items(), key=lambda one: (-one[1], one[0])):
        rep = team.rep(owner) if team and owner else None
        found.append(
            HandOverPreview(
                owner,
                number,
                tasks=goes["tasks"][owner],
                meetings=goes["meetings"][owner],
                opportunities=goes["opportunities"][owner],
                open_leads=roster.open_leads.get(owner, 0) if roster else 0,
                cap=rep.cap if rep else None,
            )
        )
    return found


def _owners(connection: Connection, query: str, asked: Mapping[str, object]) -> dict[int, str]:
    return {row.id: row.owner for row in connection.execute(text(query), asked)}
