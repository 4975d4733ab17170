"""Who is a member of which segment, kept up to date by what happened.

Triggers write down of which lead what changed, in the transaction that changes it
(``store/migrations/first/segments.sql``). :func:`judge_changed` judges those leads by the segments
that ask about that. :func:`judge_all` judges all leads by a segment that is new, or whose answers
change with time. Both hold one lock, so nobody writes what was read earlier over what was read
later. Times are journey time, UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from crash_points import crash_point
from domain.rules.conditions import Condition, ConditionError
from domain.rules.segment_facts import asks_about, changes_with_time
from domain.segments.policy import SegmentsPolicy
from store.bounded import waiting_for_lock
from store.segments.answers import (
    Asking,
    Deadline,
    TookTooLong,
    answers,
    asking,
    compiled,
    is_of_the_condition,
    narrow,
    one_by_one,
    within,
)
from store.segments.lead_facts import Rules, Scope, between, rules_now, these

BATCH = 2_000
"""Changes that are judged in one transaction."""
JUDGEMENTS = 200_000
"""In one transaction of the judging of all leads, over all segments that it judges by."""
SLICE = 25_000
"""Leads of such a transaction at most."""
ONE_BY_ONE = 5_000
"""How often conditions are asked lead by lead in one transaction."""
SECONDS = 4.0
"""After which time a transaction that asks conditions begins anew with fewer leads: whoever
publishes waits for it."""
PUBLISHING_WAITS = 60
"""Seconds: longer than any such transaction takes."""
AGAIN = timedelta(hours=1)
"""After which time all are judged again where answers change with time."""

_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('segments'))")
_WAIT = text("SELECT pg_advisory_xact_lock(hashtext('segments'))")
_TAKE = text(
    """
    DELETE FROM segment_due WHERE id <= (
        SELECT max(id) FROM (SELECT id FROM segment_due ORDER BY id LIMIT :most) AS first)
    RETURNING lead_id, kind
    """
)
_ALL = text("SELECT id, condition, asks FROM segment WHERE NOT fails ORDER BY id")
_COUNTED = """
    counted AS (
        UPDATE segment SET members = members + moved.number
        FROM (SELECT segment_id, sum(number) AS number FROM ({moves}) AS each GROUP BY segment_id)
            AS moved
        WHERE segment.id = moved.segment_id
    )
"""
_FORGET = f"""
    WITH gone AS (
        DELETE FROM segment_member WHERE {{whose}}
            AND NOT EXISTS (SELECT FROM lead WHERE lead.id = lead_id)
        RETURNING segment_id
    ), {_COUNTED.format(moves="SELECT segment_id, -1 AS number FROM gone")}
    SELECT 1
"""
_FORGET_GONE = text(_FORGET.format(whose="segment_id = ANY(cast(:segments AS bigint[]))"))
_GONE = text(_FORGET.format(whose="lead_id = ANY(cast(:leads AS bigint[]))"))
_MOVES = """SELECT segment_id, -1 AS number FROM gone
    UNION ALL SELECT segment_id, 1 AS number FROM came"""
_WRITE = f"""
    WITH known AS MATERIALIZED ({{known}}), judged AS MATERIALIZED (
        SELECT told.segment_id, known.id, known.is_there AND told.holds AS holds
        FROM known, LATERAL (VALUES {{told}}) AS told (segment_id, holds)
    ), gone AS (
        DELETE FROM segment_member AS member USING judged
        WHERE member.segment_id = judged.segment_id AND member.lead_id = judged.id
            AND judged.holds IS NOT TRUE
        RETURNING member.segment_id
    ), came AS (
        INSERT INTO segment_member (segment_id, lead_id, since)
        SELECT segment_id, id, :at FROM judged WHERE holds ON CONFLICT DO NOTHING
        RETURNING segment_id
    ), {_COUNTED.format(moves=_MOVES)}
    SELECT segment_id, count(*) FILTER (WHERE holds IS NULL) AS unread
    FROM judged GROUP BY segment_id
"""
_TOLD = """CASE WHEN id = ANY(cast(:holding_{0} AS bigint[])) THEN true
    WHEN id = ANY(cast(:unread_{0} AS bigint[])) THEN NULL ELSE false END"""
# What began before the segment was there may have changed a lead without writing that down: when it
# is over, all are judged once more.
_DUE = text(
    """
    SELECT id, condition, last_lead_id FROM segment
    WHERE last_lead_id IS NOT NULL OR judged_at IS NULL
        OR ((with_time OR fails) AND begun_at <= :again)
        OR (NOT settled
            AND cast(cast(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) >= waits_for)
    ORDER BY last_lead_id IS NULL, last_lead_id DESC, judged_at NULLS FIRST, id
    """
)
_BEGIN = text(
    """
    UPDATE segment SET last_lead_id = 0, judged = 0, unjudged = 0, fails = false,
        begun_at = :now,
        leads = (SELECT count(*) FROM lead),
        waits_for = coalesce(waits_for, now.next),
        settled = now.oldest >= coalesce(waits_for, now.next)
    FROM (SELECT cast(cast(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS oldest,
        cast(cast(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint) AS next) AS now
    WHERE id = ANY(cast(:segments AS bigint[]))
    """
)
_NEXT = text(
    "SELECT max(id) AS last, count(*) AS leads "
    "FROM (SELECT id FROM lead WHERE id > :after ORDER BY id LIMIT :size) AS next"
)
_GO_ON = text(
    "UPDATE segment SET last_lead_id = :last, judged = judged + :leads, "
    "unjudged = unjudged + :unread WHERE id = :segment"
)
_FAIL = text(
    """
    WITH gone AS (
        DELETE FROM segment_member WHERE segment_id = ANY(cast(:segments AS bigint[]))
    )
    UPDATE segment SET fails = true, is_known = false, members = 0, judged = leads,
        unjudged = leads, last_lead_id = NULL, begun_at = :now, judged_at = :now
    WHERE id = ANY(cast(:segments AS bigint[]))
    """
)
_END = text(
    "UPDATE segment SET last_lead_id = NULL, judged_at = :now, is_known = NOT fails "
    "WHERE id = ANY(cast(:segments AS bigint[]))"
)
_SIZE = text(
    """
    INSERT INTO segment_size (segment_id, day, members)
    SELECT id, cast(cast(:now AS timestamptz) AT TIME ZONE 'UTC' AS date), members FROM segment
    WHERE cast(:segments AS bigint[]) IS NULL OR id = ANY(cast(:segments AS bigint[]))
    ON CONFLICT (segment_id, day) DO UPDATE SET members = excluded.members
    """
)


@dataclass(frozen=True)
class Changes:
    """How many changes were taken, of how many leads they were, and whether there may be more."""

    taken: int
    leads: int
    more: bool = False


def publish_segments(connection: Connection, policy: SegmentsPolicy) -> None:
    """Have the segments of a policy hold: all leads are judged by those that are new or have
    another condition, and those that are not in it any more go."""
    names = [one.name for one in policy.segments]
    wait_for_judging(connection)
    connection.execute(
        text("DELETE FROM segment WHERE name <> ALL(cast(:names AS text[]))"), {"names": names}
    )
    for one in policy.segments:
        connection.execute(
            text(
                """
                INSERT INTO segment (name, condition, asks, with_time)
                VALUES (:name, :condition, :asks, :with_time)
                ON CONFLICT (name) DO UPDATE SET condition = excluded.condition,
                    asks = excluded.asks, with_time = excluded.with_time, last_lead_id = NULL,
                    judged_at = NULL, waits_for = NULL, settled = false, fails = false,
                    is_known = false
                WHERE segment.condition <> excluded.condition
                """
            ),
            {
                "name": one.name,
                "condition": one.when,
                "asks": sorted(asks_about(one.when)),
                "with_time": changes_with_time(one.when),
            },
        )


def judge_all_again(connection: Connection, kind: str) -> None:
    """Have all leads judged by the segments that ask about this kind of change: new rules of
    scoring change what their facts are."""
    wait_for_judging(connection)
    connection.execute(
        text("UPDATE segment SET judged_at = NULL, last_lead_id = NULL WHERE :kind = ANY(asks)"),
        {"kind": kind},
    )


def judge_changed(connection: Connection, now: datetime, *, most: int = BATCH) -> Changes:
    """Judge the leads of which something changed, the oldest changes first, unless another process
    judges at this moment.

    Args:
        now: journey time, UTC.
        most: how many changes.
    """
    if not connection.scalar(_LOCK):
        return Changes(0, 0)
    try:
        with connection.begin_nested():
            return _judge_oldest(connection, now, most, within(SECONDS))
    except TookTooLong:
        every = {one.id: one.condition for one in connection.execute(_ALL).all()}
        few = min(most, _few(_asking(every, rules_now(connection, now))))
        return replace(_judge_oldest(connection, now, few, None), more=True)


def _judge_oldest(
    connection: Connection, now: datetime, most: int, until: Deadline | None
) -> Changes:
    taken = connection.execute(_TAKE, {"most": most}).all()
    crash_point("segments.taken")
    if not taken:
        return Changes(0, 0)
    by_kind: dict[str, set[int]] = defaultdict(set)
    for lead_id, kind in taken:
        by_kind[kind].add(lead_id)
    changed = set(by_kind)
    asked = {
        one.id: one.condition
        for one in connection.execute(_ALL).all()
        if "" in changed or not changed.isdisjoint(one.asks)
    }
    everybody = set().union(*by_kind.values())
    if asked:
        _judge(connection, asked, rules_now(connection, now), these(everybody), until)
    connection.execute(_GONE, {"leads": list(everybody)})
    return Changes(len(taken), len(everybody), more=len(taken) >= most)


def changes_waiting(connection: Connection, most: int) -> int:
    """How many changes wait to be judged; ``most`` for so many or more."""
    waiting = text("SELECT count(*) FROM (SELECT FROM segment_due LIMIT :most) AS first")
    return cast(int, connection.scalar(waiting, {"most": most}))


def judge_all(connection: Connection, now: datetime, *, most: int | None = None) -> bool:
    """Judge some more leads by a segment by which all are to be judged, unless another process
    judges at this moment.

    Args:
        now: journey time, UTC.
        most: how many leads; None for as many as a transaction should.

    Returns:
        Whether there were any.
    """
    if not connection.scalar(_LOCK):
        return False
    due = connection.execute(_DUE, {"again": now - AGAIN}).all()
    # Those that are as far as the first go on with it.
    together = {one.id: one.condition for one in due if one.last_lead_id == due[0].last_lead_id}
    if not together:
        return False
    segments = {"segments": list(together), "now": now}
    if due[0].last_lead_id is None:
        connection.execute(_BEGIN, segments)
    rules = rules_now(connection, now)
    after = due[0].last_lead_id or 0
    each = _asking(together, rules)
    size = most or _size(each)
    try:
        leads = _judge_next(connection, together, rules, after, size=size, until=within(SECONDS))
    except TookTooLong:
        size = min(size, _few(each))
        leads = _judge_next(connection, together, rules, after, size=size, until=None)
    if leads < size:
        connection.execute(_FORGET_GONE, segments)
        connection.execute(_END, segments)
        connection.execute(_SIZE, segments)
    return True


def _judge_next(
    connection: Connection,
    segments: Mapping[int, str],
    rules: Rules,
    after: int,
    *,
    size: int,
    until: Deadline | None,
) -> int:
    """Judge the next leads by these segments; how many there were."""
    last, leads = connection.execute(_NEXT, {"after": after, "size": size}).one()
    if leads:
        unread = _judge(connection, segments, rules, between(after, last), until)
        for key, number in unread.items():
            done = {"segment": key, "last": last, "leads": leads, "unread": number}
            connection.execute(_GO_ON, done)
    return cast(int, leads)


def keep_sizes(connection: Connection, now: datetime) -> None:
    """Note how many members each segment has today, once a day.

    Args:
        now: journey time, UTC.
    """
    noted = text(
        "SELECT EXISTS (SELECT FROM segment WHERE NOT EXISTS (SELECT FROM segment_size "
        "WHERE segment_id = segment.id "
        "AND day = cast(cast(:now AS timestamptz) AT TIME ZONE 'UTC' AS date)))"
    )
    if connection.scalar(noted, {"now": now}) and connection.scalar(_LOCK):
        connection.execute(_SIZE, {"segments": None, "now": now})


def wait_for_judging(connection: Connection) -> None:
    """Have nobody judge before the transaction ends."""
    with waiting_for_lock(connection, PUBLISHING_WAITS):
        connection.execute(_WAIT)


def _asking(segments: Mapping[int, str], rules: Rules) -> list[Asking]:
    return [asking(one, rules) for one in _compiled(segments).values()]


def _size(each: Sequence[Asking]) -> int:
    """How many leads a transaction judges by segments that take this."""
    apart = sum(one.apart for one in each)
    most = min(SLICE, JUDGEMENTS // max(1, len(each)))
    return max(1, min(most, ONE_BY_ONE // apart) if apart else most)


def _few(each: Sequence[Asking]) -> int:
    """How many it judges where each part was asked of each of them."""
    return max(1, ONE_BY_ONE // max(1, sum(one.parts for one in each)))


def _judge(
    connection: Connection,
    segments: Mapping[int, str],
    rules: Rules,
    scope: Scope,
    until: Deadline | None,
) -> dict[int, int]:
    """Write which of these leads are members of segments, given by id and condition; of how many
    it can't be said, for each. One that fails is left out: nobody is a member by it until all are
    judged again, and the others are judged without it.

    Raises:
        TookTooLong: there was not enough time to ask all; some may be written.
    """
    conditions = _compiled(segments)
    # Who can't read a condition, as an older version of ours, makes nobody a member.
    fails = segments.keys() - conditions.keys()
    unread: dict[int, int] = {}
    for group in narrow(conditions):
        found = _written(connection, group, rules, scope, until)
        if found is not None:
            unread |= found
            continue
        for key, one in group.items():
            alone = _written(connection, {key: one}, rules, scope, until)
            if alone is None:
                fails |= {key}
            else:
                unread |= alone
    if fails:
        connection.execute(_FAIL, {"segments": list(fails), "now": rules.now})
    return {key: unread.get(key, 0) for key in segments.keys() - fails}


def _written(
    connection: Connection,
    conditions: Mapping[int, Condition],
    rules: Rules,
    scope: Scope,
    until: Deadline | None,
) -> dict[int, int] | None:
    """The same of conditions that can be read; None, and nothing is written, if one fails."""
    try:
        with connection.begin_nested():
            found = answers(connection, conditions, rules, scope, until=until)
            holds, values = dict(found.holds), dict(found.values)
            for key in found.apart:
                one = conditions[key]
                said = {
                    lead_id: (None if verdict.reason else verdict.holds)
                    for lead_id, verdict in one_by_one(connection, one, rules, scope, until=until)
                }
                holds[key] = _TOLD.format(key)
                values[f"holding_{key}"] = [one for one, told in said.items() if told]
                values[f"unread_{key}"] = [one for one, told in said.items() if told is None]
            return _write(connection, found.known, values, holds, rules.now)
    except (DBAPIError, ValueError) as error:
        if not is_of_the_condition(error):
            raise
        return None


def _write(
    connection: Connection,
    known: str,
    values: Mapping[str, object],
    holds: Mapping[int, str],
    at: datetime,
) -> dict[int, int]:
    """Of how many leads it can't be said, for each that was asked of any."""
    told = ", ".join(f"(cast({key} AS bigint), {one})" for key, one in holds.items())
    statement = text(_WRITE.format(known=known, told=told))
    rows = connection.execute(statement, {**values, "at": at})
    return {row.segment_id: row.unread for row in rows}


def _compiled(segments: Mapping[int, str]) -> dict[int, Condition]:
    conditions = {}
    for key, condition in segments.items():
        with suppress(ConditionError):
            conditions[key] = compiled(condition)
    return conditions
