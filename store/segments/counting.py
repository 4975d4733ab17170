"""How many leads a condition holds for, and some of them, at once: also of one that is not
published. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from domain.rules.conditions import Condition
from store.segments.answers import (
    Deadline,
    TookTooLong,
    Unanswered,
    answers,
    is_of_the_condition,
    one_by_one,
    reasons,
    within,
)
from store.segments.lead_facts import EVERYBODY, IS_THERE, Rules, Scope, rules_now, these

SECONDS = 0.6
"""How long all leads are counted; what takes longer is estimated."""
ESTIMATE_SECONDS = 0.6
"""How long an estimate is made in SQL, then lead by lead, and how long it is asked why."""
MOST_VALUES = 2_000
"""Values of a fact that a part of a condition is asked for at once."""
SAMPLED = 2_000
"""Leads of which an estimate is made."""
TURN = 50
"""Of which so many are asked lead by lead before it is looked whether there is time for more."""
SHOWN = 10
"""Leads that are shown."""
ASKED_WHY = 200
"""Leads of whom it is told why the condition can't be answered."""
FAILS = "the database can't answer it"
_CANCELED = "57014"

_LEADS = "SELECT count(*) FROM lead WHERE {there} AND {seen}"
_COUNT = """
    SELECT count(*) FILTER (WHERE holds) AS members,
        count(*) FILTER (WHERE holds IS NULL) AS unread, count(*) AS leads,
        (array_agg(id) FILTER (WHERE holds))[1:{shown}] AS some,
        (array_agg(id) FILTER (WHERE holds IS NULL))[1:{why}] AS of_whom_not
    FROM (SELECT id, ({holds}) AS holds FROM ({known}) AS known WHERE is_there) AS judged
"""
# The same leads each time, spread over all.
_SAMPLE = """
    SELECT id FROM lead WHERE hashint8(id) % :one_in = 0 AND {there} AND {seen}
    ORDER BY hashint8(id) LIMIT :most
"""


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
    leads: int = 0
    members: int = 0
    unread: int = 0
    some: Sequence[int] = ()
    of_whom_not: Sequence[int] = ()

    def __add__(self, more: _Tally) -> _Tally:
        return _Tally(
            self.leads + more.leads,
            self.members + more.members,
            self.unread + more.unread,
            [*self.some, *more.some][:SHOWN],
            [*self.of_whom_not, *more.of_whom_not][:ASKED_WHY],
        )


def count_members(
    connection: Connection, condition: Condition, now: datetime, *, among: Scope = EVERYBODY
) -> SegmentCount:
    """Count for how many leads a condition holds, or estimate it where that would take long. Of
    one that the database can't answer, it can't be said of anybody.

    Args:
        now: journey time, UTC.
        among: these leads only; who was erased is not counted.
    """
    asked = text(_LEADS.format(there=IS_THERE, seen=among.of("lead.id")))
    leads: int = connection.execute(asked, among.values).scalar_one()
    try:
        with connection.begin_nested():
            return _counted(connection, condition, rules_now(connection, now), among, leads)
    except (DBAPIError, ValueError) as error:
        if not is_of_the_condition(error):
            raise
    why = [Unanswered(FAILS, leads)] if leads else []
    return SegmentCount(leads, 0, leads, True, leads, why, ())


def _counted(
    connection: Connection, condition: Condition, rules: Rules, among: Scope, leads: int
) -> SegmentCount:
    counted = _all(connection, condition, rules, among, leads)
    exact = counted is not None
    if counted is None:
        counted = _some(connection, condition, rules, _sample(connection, among, leads))
    share = leads / counted.leads if counted.leads and not exact else 1
    why: Sequence[Unanswered] = ()
    if counted.of_whom_not:
        of_whom, until = these(counted.of_whom_not), within(ESTIMATE_SECONDS)
        why = reasons(connection, condition, rules, of_whom, until=until)
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
    connection: Connection, condition: Condition, rules: Rules, among: Scope, leads: int
) -> _Tally | None:
    """The count of all; None when it takes too long."""
    until = within(SECONDS)
    found = _in_sql(connection, condition, rules, among, until)
    if found is None and leads <= SAMPLED:
        with suppress(TookTooLong):
            return _asked(connection, condition, rules, among, until)
    return found


def _some(connection: Connection, condition: Condition, rules: Rules, ids: Sequence[int]) -> _Tally:
    found = _in_sql(connection, condition, rules, these(ids), within(ESTIMATE_SECONDS))
    if found is not None:
        return found
    found, until = _Tally(), within(ESTIMATE_SECONDS)
    for at in range(0, len(ids), TURN):
        found += _asked(connection, condition, rules, these(ids[at : at + TURN]))
        if until.seconds <= 0:
            break
    return found


def _in_sql(
    connection: Connection, condition: Condition, rules: Rules, scope: Scope, until: Deadline
) -> _Tally | None:
    """The count of these leads; None where SQL can't tell it by then."""
    try:
        with connection.begin_nested():
            _limit(connection, until)
            found = answers(
                connection, {0: condition}, rules, scope, until=until, most_values=MOST_VALUES
            )
            if found.apart:
                raise TookTooLong
            statement = _COUNT.format(
                known=found.known, holds=found.holds[0], shown=SHOWN, why=ASKED_WHY
            )
            _limit(connection, until)
            row = connection.execute(text(statement), dict(found.values)).one()
            connection.execute(text("SET LOCAL statement_timeout TO DEFAULT"))
    except TookTooLong:
        return None
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", "") != _CANCELED:
            raise
        return None
    return _Tally(row.leads, row.members, row.unread, row.some or [], row.of_whom_not or [])


def _limit(connection: Connection, until: Deadline) -> None:
    until.check()
    milliseconds = max(1, round(1000 * until.seconds))
    connection.execute(text(f"SET LOCAL statement_timeout = '{milliseconds}ms'"))


def _asked(
    connection: Connection,
    condition: Condition,
    rules: Rules,
    scope: Scope,
    until: Deadline | None = None,
) -> _Tally:
    leads = members = 0
    some: list[int] = []
    unread: list[int] = []
    for lead_id, verdict in one_by_one(connection, condition, rules, scope, until=until):
        leads += 1
        members += verdict.holds
        if verdict.reason:
            unread.append(lead_id)
        elif verdict.holds and len(some) < SHOWN:
            some.append(lead_id)
    return _Tally(leads, members, len(unread), some, unread[:ASKED_WHY])


def _sample(connection: Connection, among: Scope, leads: int) -> Sequence[int]:
    sample = text(_SAMPLE.format(there=IS_THERE, seen=among.of("lead.id")))
    one_in = max(1, leads // (2 * SAMPLED))
    return connection.scalars(sample, {**among.values, "one_in": one_in, "most": SAMPLED}).all()
