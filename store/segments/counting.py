"""How many leads a condition holds for, and some of them, at once: also of one that is not
published. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from domain.rules.conditions import Condition
from store.segments.answers import Unanswered, answers, one_by_one, reasons
from store.segments.lead_facts import EVERYBODY, Rules, Scope, rules_now, these

SECONDS = 0.6
"""How long all leads are counted; what takes longer is estimated."""
SAMPLED = 2_000
"""Leads of which an estimate is made."""
SHOWN = 10
"""Leads that are shown."""
ASKED_WHY = 200
"""Leads of whom it is told why the condition can't be answered."""
_CANCELED = "57014"

_COUNT = """
    SELECT count(*) FILTER (WHERE holds) AS members,
        count(*) FILTER (WHERE holds IS NULL) AS unread, count(*) AS leads,
        (array_agg(id) FILTER (WHERE holds AND {visible}))[1:{shown}] AS some,
        (array_agg(id) FILTER (WHERE holds IS NULL))[1:{why}] AS of_whom_not
    FROM (
        SELECT id, owner, is_there AND ({holds}) AS holds FROM ({known}) AS known
    ) AS judged
"""
# The same leads each time, spread over all.
_SAMPLE = text(
    "SELECT id FROM lead WHERE hashint8(id) % :one_in = 0 ORDER BY hashint8(id) LIMIT :most"
)
_VISIBLE = "owner IN (SELECT code FROM rep WHERE rep.team = :team)"


@dataclass(frozen=True)
class SegmentCount:
    """How many leads a condition holds for.

    Attributes:
        leads: how many there are.
        members: for how many it holds.
        unread: for how many it can't be answered; they are no members.
        exact: whether all were asked; else the counts are estimates.
        sampled: how many were asked.
        unanswered: why it could not be answered, of some of those.
        sample: ids of some for whom it holds.
    """

    leads: int
    members: int
    unread: int
    exact: bool
    sampled: int
    unanswered: Sequence[Unanswered]
    sample: Sequence[int]


@dataclass(frozen=True)
class _Tally:
    leads: int
    members: int
    unread: int
    some: Sequence[int]
    of_whom_not: Sequence[int]


def count_members(
    connection: Connection, condition: Condition, now: datetime, *, team: str | None
) -> SegmentCount:
    """Count for how many leads a condition holds, or estimate it where that would take long.

    Args:
        now: journey time, UTC.
        team: show only leads of its people; None for all.
    """
    rules = rules_now(connection, now)
    leads: int = connection.execute(text("SELECT count(*) FROM lead")).scalar_one()
    counted = _all(connection, condition, rules, team, leads)
    exact = counted is not None
    if counted is None:
        counted = _some(connection, condition, rules, _sample(connection, leads), team)
    why = (
        reasons(connection, condition, rules, these(counted.of_whom_not))
        if counted.of_whom_not
        else ()
    )
    share = leads / counted.leads if counted.leads else 1
    return SegmentCount(
        leads,
        round(counted.members * share),
        round(counted.unread * share),
        exact,
        counted.leads,
        why,
        counted.some,
    )


def _all(
    connection: Connection, condition: Condition, rules: Rules, team: str | None, leads: int
) -> _Tally | None:
    """The count of all; None when it takes too long."""
    try:
        with connection.begin_nested():
            milliseconds = round(1000 * SECONDS)
            connection.execute(text(f"SET LOCAL statement_timeout = '{milliseconds}ms'"))
            found = _in_sql(connection, condition, rules, EVERYBODY, team)
            connection.execute(text("SET LOCAL statement_timeout TO DEFAULT"))
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", "") != _CANCELED:
            raise
        return None
    if found is None and leads <= SAMPLED:
        return _asked(connection, condition, rules, EVERYBODY, team)
    return found


def _some(
    connection: Connection, condition: Condition, rules: Rules, scope: Scope, team: str | None
) -> _Tally:
    found = _in_sql(connection, condition, rules, scope, team)
    return found or _asked(connection, condition, rules, scope, team)


def _in_sql(
    connection: Connection, condition: Condition, rules: Rules, scope: Scope, team: str | None
) -> _Tally | None:
    found = answers(connection, {0: condition}, rules, scope)
    if found.apart:
        return None
    statement = _COUNT.format(
        known=found.known,
        holds=found.holds[0],
        shown=SHOWN,
        why=ASKED_WHY,
        visible="true" if team is None else _VISIBLE,
    )
    values: dict[str, Any] = dict(found.values) | ({} if team is None else {"team": team})
    row = connection.execute(text(statement), values).one()
    return _Tally(row.leads, row.members, row.unread, row.some or [], row.of_whom_not or [])


def _asked(
    connection: Connection, condition: Condition, rules: Rules, scope: Scope, team: str | None
) -> _Tally:
    visible = text("SELECT code FROM rep WHERE rep.team = :team")
    owners = None if team is None else set(connection.scalars(visible, {"team": team}))
    leads = members = 0
    some: list[int] = []
    unread: list[int] = []
    for lead_id, owner, verdict in one_by_one(connection, condition, rules, scope):
        leads += 1
        members += verdict.holds
        if verdict.reason:
            unread.append(lead_id)
        elif verdict.holds and len(some) < SHOWN and (owners is None or owner in owners):
            some.append(lead_id)
    return _Tally(leads, members, len(unread), some, unread[:ASKED_WHY])


def _sample(connection: Connection, leads: int) -> Scope:
    one_in = max(1, leads // (2 * SAMPLED))
    ids = connection.scalars(_SAMPLE, {"one_in": one_in, "most": SAMPLED}).all()
    return these(ids)
