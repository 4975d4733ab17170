"""Who is a member of which segment, kept up to date by what happened.

Triggers write down of which lead what changed, in the transaction that changes it
(``store/migrations/first/segments.sql``). :func:`judge_changed` judges those leads by the segments
that ask about that. :func:`judge_all` judges all leads by a segment that is new, or whose answers
change with time. Both hold one lock, so nobody writes what was read earlier over what was read
later. Times are journey time, UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, text

from crash_points import crash_point
from domain.rules.conditions import Condition, ConditionError
from domain.rules.segment_facts import asks_about, changes_with_time
from domain.segments.policy import SegmentsPolicy
from store.segments.answers import answers, compiled, one_by_one
from store.segments.lead_facts import Rules, Scope, between, rules_now, these

BATCH = 2_000
"""Changes that are judged in one transaction."""
JUDGEMENTS = 200_000
"""In one transaction of the judging of all leads, over all segments that it judges by."""
SLICE = 25_000
"""Leads of such a transaction at most."""
ONE_BY_ONE = 5_000
"""The same where a condition is asked lead by lead."""
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
_ALL = text("SELECT id, condition, asks FROM segment ORDER BY id")
_FORGET_GONE = text(
    "DELETE FROM segment_member WHERE segment_id = ANY(cast(:segments AS bigint[])) "
    "AND NOT EXISTS (SELECT FROM lead WHERE lead.id = lead_id)"
)
_GONE = text(
    "DELETE FROM segment_member WHERE lead_id = ANY(cast(:leads AS bigint[])) "
    "AND NOT EXISTS (SELECT FROM lead WHERE lead.id = lead_id)"
)
_WRITE = """
    WITH known AS MATERIALIZED ({known}), judged AS MATERIALIZED (
        SELECT told.segment_id, known.id, known.is_there AND told.holds AS holds
        FROM known, LATERAL (VALUES {told}) AS told (segment_id, holds)
    ), gone AS (
        DELETE FROM segment_member AS member USING judged
        WHERE member.segment_id = judged.segment_id AND member.lead_id = judged.id
            AND judged.holds IS NOT TRUE
    ), came AS (
        INSERT INTO segment_member (segment_id, lead_id, since)
        SELECT segment_id, id, :at FROM judged WHERE holds ON CONFLICT DO NOTHING
    )
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
        OR (with_time AND begun_at <= :again)
        OR (NOT settled
            AND cast(cast(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) >= waits_for)
    ORDER BY last_lead_id IS NULL, last_lead_id DESC, judged_at NULLS FIRST, id
    """
)
_BEGIN = text(
    """
    UPDATE segment SET last_lead_id = 0, judged = 0, unjudged = 0, begun_at = :now,
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
_END = text(
    "UPDATE segment SET last_lead_id = NULL, judged_at = :now "
    "WHERE id = ANY(cast(:segments AS bigint[]))"
)
_SIZE = text(
    """
    INSERT INTO segment_size (segment_id, day, members)
    SELECT id, cast(cast(:now AS timestamptz) AT TIME ZONE 'UTC' AS date),
        (SELECT count(*) FROM segment_member WHERE segment_id = segment.id)
    FROM segment
    WHERE cast(:segments AS bigint[]) IS NULL OR id = ANY(cast(:segments AS bigint[]))
    ON CONFLICT (segment_id, day) DO UPDATE SET members = excluded.members
    """
)


@dataclass(frozen=True)
class Changes:
    """How many changes were taken, and of how many leads they were."""

    taken: int
    leads: int


def publish_segments(connection: Connection, policy: SegmentsPolicy) -> None:
    """Have the segments of a policy hold: all leads are judged by those that are new or have
    another condition, and those that are not in it any more go."""
    names = [one.name for one in policy.segments]
    connection.execute(_WAIT)
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
                    judged_at = NULL, waits_for = NULL, settled = false
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
    connection.execute(_WAIT)
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
        _judge(connection, asked, rules_now(connection, now), these(everybody))
    connection.execute(_GONE, {"leads": list(everybody)})
    return Changes(len(taken), len(everybody))


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
    size = most or _size(connection, together, rules)
    last, leads = connection.execute(_NEXT, {"after": after, "size": size}).one()
    if leads:
        unread = _judge(connection, together, rules, between(after, last))
        connection.execute(
            _GO_ON,
            [
                {"segment": one, "last": last, "leads": leads, "unread": unread[one]}
                for one in together
            ],
        )
    if leads < size:
        connection.execute(_FORGET_GONE, segments)
        connection.execute(_END, segments)
        connection.execute(_SIZE, segments)
    return True


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


def _size(connection: Connection, segments: Mapping[int, str], rules: Rules) -> int:
    """How many leads a transaction judges by these segments."""
    found = answers(connection, _compiled(segments), rules, between(0, 0))
    return ONE_BY_ONE if found.apart else min(SLICE, JUDGEMENTS // len(segments))


def _judge(
    connection: Connection, segments: Mapping[int, str], rules: Rules, scope: Scope
) -> dict[int, int]:
    """Write which of these leads are members of segments, given by id and condition; of how many
    it can't be said, for each."""
    conditions = _compiled(segments)
    found = answers(connection, conditions, rules, scope)
    values: dict[str, Any] = {**found.values, "at": rules.now}
    # Who can't read a condition, as an older version of ours, makes nobody a member.
    holds = dict.fromkeys(segments, "cast(NULL AS boolean)") | dict(found.holds)
    for key in found.apart:
        said = {
            lead_id: (None if verdict.reason else verdict.holds)
            for lead_id, _owner, verdict in one_by_one(connection, conditions[key], rules, scope)
        }
        holds[key] = _TOLD.format(key)
        values[f"holding_{key}"] = [one for one, told in said.items() if told]
        values[f"unread_{key}"] = [one for one, told in said.items() if told is None]
    told = ", ".join(f"(cast({key} AS bigint), {one})" for key, one in holds.items())
    statement = text(_WRITE.format(known=found.known, told=told))
    unread = {row.segment_id: row.unread for row in connection.execute(statement, values)}
    return {key: unread.get(key, 0) for key in segments}


def _compiled(segments: Mapping[int, str]) -> dict[int, Condition]:
    conditions = {}
    for key, condition in segments.items():
        with suppress(ConditionError):
            conditions[key] = compiled(condition)
    return conditions
