"""What leads do, and what follows from it: points, crossings, news for the journey.

Everything works on batches, in a number of statements that does not grow with them. Whoever also
locks visitors or suppressions does so before, in this order: all writers take their locks in one
order. Times are journey time, UTC.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.engagement.bot_detection import TouchTimes, TouchVisit, detect_bots
from domain.scoring.interest import Worth, cap_of
from domain.scoring.policy import ScoringPolicy
from metrics import EVENTS, count_when_committed
from store.published.policies import policy
from store.scoring.lead_standing import LeadNow, News, follow, lock_leads
from store.scoring.scoring import event_of, worth

VISITS = ("open", "click")
"""The kinds that machines do too."""
NOTHING_DELIVERED: Mapping[int, int] = {}
UNLIMITED = 2**31 - 1


_INSERT = text(
    """
    INSERT INTO engagement (key, lead_id, visitor_id, touch_id, kind, name, rule, worth,
                            points, period, machine, detail, at)
    SELECT key, lead_id, visitor_id, touch_id, kind, name, rule, worth,
        points, period, machine, detail, at
    FROM jsonb_to_recordset(cast(:events AS jsonb)) AS one (
        key text, lead_id bigint, visitor_id bigint, touch_id bigint, kind text, name text,
        rule text, worth int, points int, period timestamptz, machine text, detail jsonb,
        at timestamptz
    )
    ORDER BY key
    ON CONFLICT (key) DO NOTHING RETURNING key, id
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
    FROM unnest(cast(:ids AS bigint[]), cast(:reasons AS text[])) AS mark (id, reason)
    WHERE engagement.id = mark.id
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
    )
    UPDATE engagement SET points = ranked.after FROM ranked
    WHERE engagement.id = ranked.id AND ranked.before <> ranked.after
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
    rules = policy(connection, ScoringPolicy)
    worths = {one.key: _worth(rules, one) for one in happened}
    ids = _insert(connection, happened, worths)
    news = [one for one in happened if one.key in ids]
    count_when_committed(connection, lambda: _count(news))
    changes = [
        PointsChange(one.lead_id, one.at, worths[one.key].points)
        for one in news
        if one.lead_id is not None and _counts_at_once(one, worths[one.key])
    ]
    touched = {one.touch_id for one in news if one.touch_id and one.kind in VISITS}
    marked = _mark_bots(connection, touched | set(delivered))
    changes += _lose_points(connection, marked)
    capped = {
        (one.lead_id, worths[one.key].rule, period)
        for one in news
        if one.lead_id is not None and (period := worths[one.key].period)
    }
    capped |= {(mark.lead_id, mark.rule, mark.period) for mark in marked if mark.period}
    changes += _apply_caps(connection, rules, capped)
    _earn(leads, changes, rules)
    machines = {mark.engagement_id for mark in marked}
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


def recorded_before(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Those of these keys under which something is recorded already."""
    rows = connection.execute(
        text("SELECT key FROM engagement WHERE key = ANY(cast(:keys AS text[]))"),
        {"keys": list(keys)},
    )
    return set(rows.scalars())


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


def _counts_at_once(one: LeadActivity, worth: Worth) -> bool:
    return worth.period is None and not one.machine


def _insert(
    connection: Connection, happened: Sequence[LeadActivity], worths: Mapping[str, Worth]
) -> dict[str, int]:
    """Key → id of those that are new."""
    # One text costs the driver half of what a list for each column does.
    events = [_row(one, worths[one.key]) for one in happened]
    rows = connection.execute(_INSERT, {"events": json.dumps(events)})
    return {row.key: row.id for row in rows}


def _row(one: LeadActivity, worth: Worth) -> dict[str, object]:
    return {
        "key": one.key,
        "lead_id": one.lead_id,
        "visitor_id": one.visitor_id,
        "touch_id": one.touch_id,
        "kind": one.kind,
        "name": one.name,
        "rule": worth.rule,
        "worth": worth.points,
        "points": worth.points if _counts_at_once(one, worth) else 0,
        "period": worth.period and worth.period.isoformat(),
        "machine": one.machine,
        "detail": one.detail,
        "at": one.at.isoformat(),
    }


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
    counts: dict[str, int] = {row.kind: row.times for row in rows}
    return {
        "opens": counts.get("open", 0),
        "clicks": counts.get("click", 0),
        "replies": counts.get("reply", 0),
        "forms": counts.get("form", 0),
        "pages": counts.get("page", 0),
        "events": counts.get("track", 0),
    }
