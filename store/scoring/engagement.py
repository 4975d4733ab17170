"""What leads do, and what follows from it: points, crossings, news for the journey.

Everything works on batches, in a number of statements that does not grow with them. Whoever also
locks visitors or suppressions does so before, in this order: all writers take their locks in one
order. Times are journey time, UTC.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from domain.engagement.bot_detection import TouchTimes, TouchVisit, detect_bots
from domain.engagement.campaigns import campaign_of
from domain.scoring.interest import Worth, cap_of
from domain.scoring.policy import ScoringPolicy
from metrics import EVENTS, count_when_committed
from store.identities.merged_leads import merged_into
from store.published.policies import policy
from store.scoring.campaign_touches import NewTouch, drop_touches, keep_touches
from store.scoring.lead_standing import LeadNow, News, follow, lock_leads
from store.scoring.scoring import event_of, worth

VISITS = ("open", "click")
"""The kinds that machines do too."""
NOTHING_DELIVERED: Mapping[int, int] = {}
UNLIMITED = 2**31 - 1
LONGEST_PERIOD = timedelta(days=31)
"""Of a cap: a month."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


# What counts so far in a period is found by an index that holds nothing else; an event that came
# late may take the place of one that counted.
_INSERT = text(
    """
    WITH event AS (
        SELECT * FROM jsonb_to_recordset(cast(:events AS jsonb)) AS one (
            hash uuid, key text, lead_id bigint, visitor_id bigint, touch_id bigint, kind text,
            name text, rule text, worth int, cap int, period timestamptz, machine text,
            detail jsonb, at timestamptz
        )
    ), fresh AS (
        INSERT INTO engagement_key (hash, month)
        SELECT hash, date_trunc('month', at AT TIME ZONE 'UTC') FROM event ORDER BY hash
        ON CONFLICT DO NOTHING RETURNING hash
    ), new AS (
        SELECT event.* FROM event JOIN fresh USING (hash)
    ), ranked AS (
        SELECT id, key, lead_id, at, points, row_number() OVER (
            PARTITION BY lead_id, rule, period ORDER BY at, key COLLATE "C"
        ) > cap AS over
        FROM (
            SELECT NULL AS id, key, lead_id, rule, period, cap, at, worth AS points
            FROM new WHERE period IS NOT NULL AND machine = '' AND lead_id IS NOT NULL
            UNION ALL
            SELECT id, key, lead_id, rule, period, cap, at, points
            FROM (
                SELECT DISTINCT lead_id, rule, period, cap FROM new
                WHERE period IS NOT NULL AND machine = ''
            ) AS capped JOIN engagement USING (lead_id, rule, period)
            WHERE points <> 0 AND at >= :begin AND at < :end
        ) AS one
    ), lost AS (
        UPDATE engagement SET points = 0 FROM ranked
        WHERE ranked.over AND engagement.id = ranked.id AND engagement.at = ranked.at
            AND engagement.at >= :begin AND engagement.at < :end
        RETURNING ranked.lead_id, ranked.at, -ranked.points AS points
    ), added AS (
        INSERT INTO engagement (key, lead_id, visitor_id, touch_id, kind, name, rule, worth,
                                points, period, machine, detail, at)
        SELECT new.key, new.lead_id, visitor_id, touch_id, kind, name, rule, worth,
            CASE WHEN machine = '' AND coalesce(NOT ranked.over, period IS NULL) THEN worth ELSE 0
                END, period, machine, detail, new.at
        FROM new LEFT JOIN ranked ON ranked.id IS NULL AND ranked.key = new.key
        RETURNING key, id, lead_id, at, points
    )
    SELECT * FROM added UNION ALL SELECT '', 0, lead_id, at, points FROM lost
    """
)
_VISITS_OF = text(
    """
    SELECT one.id, one.lead_id, one.touch_id, one.kind, one.rule, one.period, one.at,
        one.points, one.machine, one.detail->>'url' AS url,
        touch.sent_at, touch.delivered_at
    FROM engagement AS one JOIN touch ON touch.id = one.touch_id
    WHERE one.touch_id = ANY(cast(:touches AS bigint[])) AND one.kind = ANY(:visits)
        AND one.lead_id IS NOT NULL
    """
)
_MARK = text(
    """
    UPDATE engagement SET machine = mark.reason, points = 0
    FROM unnest(cast(:ids AS bigint[]), cast(:ats AS timestamptz[]), cast(:reasons AS text[]))
        AS mark (id, at, reason)
    WHERE engagement.id = mark.id AND engagement.at = mark.at
    """
)
_CAP = text(
    """
    WITH ranked AS (
        SELECT one.id, one.lead_id, one.at, one.points AS before,
            CASE WHEN one.machine = '' AND row_number() OVER (
                PARTITION BY one.lead_id, one.rule, one.period, one.machine = ''
                ORDER BY one.at, one.key COLLATE "C"
            ) <= capped.times THEN one.worth ELSE 0 END AS after
        FROM unnest(cast(:leads AS bigint[]), cast(:rules AS text[]),
                    cast(:periods AS timestamptz[]), cast(:caps AS int[]))
            AS capped (lead_id, rule, period, times)
        JOIN engagement AS one USING (lead_id, rule, period)
        WHERE one.at >= :begin AND one.at < :end
    )
    UPDATE engagement SET points = ranked.after FROM ranked
    WHERE engagement.id = ranked.id AND engagement.at = ranked.at
        AND engagement.at >= :begin AND engagement.at < :end AND ranked.before <> ranked.after
    RETURNING ranked.lead_id, ranked.at, ranked.after - ranked.before AS gained
    """
)


@dataclass(frozen=True)
class LeadActivity:
    """Something a lead did, or a visitor whom nobody knows yet.

    Attributes:
        key: makes it count once.
        kind: open, click, reply, form, booking, unsubscribe, bounce, complaint, score, page,
            screen, track, soft_bounce, resubscribe or auto_reply.
        at: journey time, UTC.
        name: of a page, a screen or a tracked event.
        detail: ``url``, ``path``, ``properties`` and whatever else is worth keeping, as JSON.
        machine: why this was no person, '' otherwise.
        points: for kind ``score`` the points given; other kinds get theirs from the policy.
    """

    key: str
    kind: str
    at: datetime
    lead_id: int | None = None
    visitor_id: int | None = None
    touch_id: int | None = None
    name: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    machine: str = ""
    points: int = 0


@dataclass(frozen=True)
class PointsChange:
    """How many points one event of a lead gained or lost."""

    lead_id: int
    at: datetime
    points: int


def record(
    connection: Connection,
    happened: Sequence[LeadActivity],
    now: datetime,
    *,
    delivered: Mapping[int, int] = NOTHING_DELIVERED,
    escalate: bool = True,
) -> set[str]:
    """Record what happened, each once per key, and queue what journeys must know of it.

    Args:
        now: journey time, UTC.
        delivered: touches whose delivery was learned of with this batch, id → id of its lead;
            what was done to them before is judged again.
        escalate: whether leads that are ready for sales cross now.

    Returns:
        The keys that are new.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    happened = _each_once(happened)
    concerned = {one.lead_id for one in happened if one.lead_id is not None}
    leads = lock_leads(connection, concerned | set(delivered.values()))
    if moved := merged_into(connection, concerned - leads.keys()):
        happened = [
            replace(one, lead_id=moved.get(one.lead_id or 0, one.lead_id)) for one in happened
        ]
        leads |= lock_leads(connection, set(moved.values()) - leads.keys())
    rules = policy(connection, ScoringPolicy)
    worths = {one.key: _worth(rules, one) for one in happened}
    ids, changes = _insert(connection, rules, happened, worths)
    news = [one for one in happened if one.key in ids]
    count_when_committed(connection, lambda: _count(news))
    touched = {one.touch_id for one in news if one.touch_id and one.kind in VISITS}
    marked = _mark_bots(connection, touched | set(delivered))
    changes += _lose_points(connection, marked)
    places = {(mark.lead_id, mark.rule, mark.period) for mark in marked if mark.period}
    changes += _apply_caps(connection, rules, places)
    _earn(leads, changes, rules)
    machines = {mark.engagement_id for mark in marked}
    drop_touches(connection, machines - set(ids.values()))
    keep_touches(connection, list(_touches(news, ids, machines)))
    follow(
        connection,
        rules,
        leads,
        [
            News(ids[one.key], one.lead_id, one.kind, one.at, worths[one.key].points)
            for one in news
            if one.lead_id is not None and not one.machine and ids[one.key] not in machines
        ],
        now,
        cause="event",
        escalate=escalate,
    )
    return set(ids)


def _touches(
    news: Sequence[LeadActivity], ids: Mapping[str, int], machines: Collection[int]
) -> Iterator[NewTouch]:
    for one in news:
        link = campaign_of(one.detail) if one.detail and not one.machine else None
        if link is not None and ids[one.key] not in machines:
            yield NewTouch(ids[one.key], one.lead_id, one.visitor_id, one.kind, link, one.at)


def recorded_before(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Those of these keys under which something is recorded already."""
    hashes = {_hash(key): key for key in keys}
    rows = connection.execute(
        text("SELECT hash FROM engagement_key WHERE hash = ANY(cast(:hashes AS uuid[]))"),
        {"hashes": list(hashes)},
    )
    return {hashes[found.hex] for found in rows.scalars()}


def record_engagement(
    connection: Connection,
    *,
    lead_id: int,
    kind: str,
    at: datetime,
    key: str,
    touch_id: int | None = None,
    points: int = 0,
    detail: Mapping[str, Any] | None = None,
    machine: str = "",
) -> bool:
    """Record one thing a lead does at this moment; see :class:`LeadActivity`.

    Returns:
        Whether it was new.
    """
    one = LeadActivity(
        key,
        kind,
        at,
        lead_id=lead_id,
        touch_id=touch_id,
        points=points,
        detail=detail or {},
        machine=machine,
    )
    return bool(record(connection, [one], at))


def _count(news: Sequence[LeadActivity]) -> None:
    for kind, times in Counter(one.kind for one in news).items():
        EVENTS.labels(kind).inc(times)


def _each_once(happened: Sequence[LeadActivity]) -> list[LeadActivity]:
    """By (time, key), the earliest of each key."""
    first: dict[str, LeadActivity] = {}
    for one in sorted(happened, key=lambda one: (one.at, one.key)):
        first.setdefault(one.key, one)
    return list(first.values())


def _worth(rules: ScoringPolicy, one: LeadActivity) -> Worth:
    return worth(rules, event_of(one.kind, one.name, one.detail), one.at, given=one.points)


def _insert(
    connection: Connection,
    rules: ScoringPolicy,
    happened: Sequence[LeadActivity],
    worths: Mapping[str, Worth],
) -> tuple[dict[str, int], list[PointsChange]]:
    """Key → id of those that are new, and what leads gained and lost by them."""
    if not happened:
        return {}, []
    # One text costs the driver half of what a list for each column does.
    events = [_row(rules, one, worths[one.key]) for one in happened]
    periods = [period for worth in worths.values() if (period := worth.period)]
    rows = connection.execute(_INSERT, {"events": json.dumps(events), **_months(periods)}).all()
    return (
        {key: new for key, new, *_ in rows if new},
        [PointsChange(lead, at, points) for _, _, lead, at, points in rows if lead and points],
    )


def _row(rules: ScoringPolicy, one: LeadActivity, worth: Worth) -> dict[str, object]:
    return {
        "hash": _hash(one.key),
        "key": one.key,
        "lead_id": one.lead_id,
        "visitor_id": one.visitor_id,
        "touch_id": one.touch_id,
        "kind": one.kind,
        "name": one.name,
        "rule": worth.rule,
        "worth": worth.points,
        "cap": worth.period and cap_of(rules, worth.rule),
        "period": worth.period and worth.period.isoformat(),
        "machine": one.machine,
        "detail": one.detail,
        "at": one.at.isoformat(),
    }


def _hash(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def _months(periods: Collection[datetime]) -> dict[str, datetime]:
    """The span in which events of these periods lie: other months need not be looked at."""
    begin = min(periods, default=NEVER)
    return {"begin": begin, "end": max(periods, default=begin) + LONGEST_PERIOD}


@dataclass(frozen=True)
class _Mark:
    """An engagement that turned out to be a machine's."""

    engagement_id: int
    lead_id: int
    rule: str
    period: datetime | None
    at: datetime
    points: int
    reason: str


def _mark_bots(connection: Connection, touches: set[int]) -> list[_Mark]:
    """Judge all visits of these touches, earlier ones too: only together do they tell whether a
    person made them. Returns those that are newly found to be a machine's, or another one's."""
    if not touches:
        return []
    rows = connection.execute(
        _VISITS_OF,
        {"touches": sorted(touches), "visits": list(VISITS)},
    ).all()
    by_touch = defaultdict(list)
    for row in rows:
        by_touch[row.touch_id].append(row)
    marked = []
    for visits in by_touch.values():
        reasons = detect_bots(
            TouchTimes(visits[0].sent_at, visits[0].delivered_at),
            [TouchVisit(row.id, row.kind, row.at, row.url or "", row.machine) for row in visits],
        )
        marked += [
            _Mark(row.id, row.lead_id, row.rule, row.period, row.at, row.points, reasons[row.id])
            for row in visits
            if reasons[row.id] not in ("", row.machine)
        ]
    return marked


def _lose_points(connection: Connection, marked: Sequence[_Mark]) -> list[PointsChange]:
    if not marked:
        return []
    connection.execute(
        _MARK,
        {
            "ids": [mark.engagement_id for mark in marked],
            "ats": [mark.at for mark in marked],
            "reasons": [mark.reason for mark in marked],
        },
    )
    return [PointsChange(mark.lead_id, mark.at, -mark.points) for mark in marked]


def _apply_caps(
    connection: Connection, rules: ScoringPolicy, capped: set[tuple[int, str, datetime]]
) -> list[PointsChange]:
    """Let the first events of each period count, up to the rule's cap, whichever came here first.

    ``domain.scoring.interest.counted`` says the same of a whole history.
    """
    if not capped:
        return []
    groups = sorted(capped)
    rows = connection.execute(
        _CAP,
        {
            "leads": [lead for lead, _, _ in groups],
            "rules": [rule for _, rule, _ in groups],
            "periods": [period for _, _, period in groups],
            "caps": [cap_of(rules, rule) or UNLIMITED for _, rule, _ in groups],
            **_months([period for _, _, period in groups]),
        },
    )
    return [PointsChange(row.lead_id, row.at, row.gained) for row in rows]


def _earn(
    leads: Mapping[int, LeadNow], changes: Sequence[PointsChange], rules: ScoringPolicy
) -> None:
    half_life = rules.half_life.length
    for change in changes:
        if change.points:
            lead = leads[change.lead_id]
            lead.interest = lead.interest.plus(change.points, change.at, half_life)


def engagement_facts(connection: Connection, lead_id: int) -> dict[str, int]:
    """Counts of what the lead itself did, as cadence conditions see them."""
    rows = connection.execute(
        text(
            "SELECT kind, count(*) AS times FROM engagement "
            "WHERE lead_id = :lead AND machine = '' GROUP BY kind"
        ),
        {"lead": lead_id},
    )
    return _as_facts({row.kind: row.times for row in rows})


def facts_of_leads(connection: Connection, lead_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """As :func:`engagement_facts`, of each of these leads."""
    rows = connection.execute(
        text(
            "SELECT lead_id, kind, count(*) AS times FROM engagement "
            "WHERE lead_id = ANY(cast(:leads AS bigint[])) AND machine = '' GROUP BY 1, 2"
        ),
        {"leads": list(lead_ids)},
    )
    counts: dict[int, dict[str, int]] = {lead_id: {} for lead_id in lead_ids}
    for row in rows:
        counts[row.lead_id][row.kind] = row.times
    return {lead_id: _as_facts(counted) for lead_id, counted in counts.items()}


def _as_facts(counts: Mapping[str, int]) -> dict[str, int]:
    return {
        "opens": counts.get("open", 0),
        "clicks": counts.get("click", 0),
        "replies": counts.get("reply", 0),
        "forms": counts.get("form", 0),
        "pages": counts.get("page", 0),
        "events": counts.get("track", 0),
    }
