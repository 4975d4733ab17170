"""Scores counted anew: after leads were merged, their data changed, or the rules did. Times are
journey time, UTC."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, text

from domain.contracts.journey import Phase
from domain.scoring.fit import Fit, fit_of
from domain.scoring.interest import (
    Interest,
    InterestEvent,
    Scored,
    Worth,
    counted,
    score,
    total,
    worth_of,
)
from domain.scoring.policy import Letter, Meaning, ScoringPolicy
from domain.scoring.standing import Standing, at_least, points_to, standing_of
from store.published.policies import policy
from store.routing.lead_facts import FACT_COLUMNS, LeadTraits
from store.scoring.lead_standing import LeadNow, follow, lock_leads, write_leads

GIVEN = "given by hand"
"""The rule under which points stand that a person gave."""

PAGE = 1000
"""Leads at a time."""


def worth(rules: ScoringPolicy, event: InterestEvent, at: datetime, given: int = 0) -> Worth:
    """What an event is worth; ``given`` are the points of one of kind ``score``."""
    if event.kind == "score":
        return Worth(GIVEN, given, None)
    return worth_of(rules, event, at)


def event_of(kind: str, name: str, detail: Mapping[str, Any]) -> InterestEvent:
    """What scoring rules see of an event."""
    return InterestEvent(
        kind,
        name,
        str(detail.get("path", "")),
        str(detail.get("url", "")),
        detail.get("properties", {}),
    )


def recount(
    connection: Connection,
    lead_ids: Collection[int],
    now: datetime,
    *,
    cause: str = "event",
    escalate: bool = True,
) -> int:
    """Count these leads' interest from all that they did, by the rules of now.

    Args:
        now: journey time, UTC.
        cause: kept with the crossings that follow: event, fit, rules.
        escalate: whether leads that are ready cross now.

    Returns:
        How many crossed.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    leads = lock_leads(connection, lead_ids)
    rules = policy(connection, ScoringPolicy)
    _count(connection, rules, leads)
    return follow(connection, rules, leads, [], now, cause=cause, escalate=escalate)


def _count(connection: Connection, rules: ScoringPolicy, leads: Mapping[int, LeadNow]) -> None:
    histories = _histories(connection, list(leads))
    changed = []
    for lead in leads.values():
        rows = histories[lead.id]
        events = [_scored(rules, row) for row in rows]
        points = counted(rules, events)
        lead.interest = total(rules, events)
        changed += [
            (row.id, event, points[event.key])
            for row, event in zip(rows, events, strict=True)
            if _differs(row, event, points[event.key])
        ]
    _rewrite(connection, changed)


def refresh_fit(
    connection: Connection, lead_ids: Collection[int], now: datetime, *, escalate: bool = True
) -> int:
    """Judge anew how well these leads fit, after their data or their account's changed.

    Returns:
        How many crossed by it.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    leads = lock_leads(connection, lead_ids)
    rules = policy(connection, ScoringPolicy)
    changed = _judge(connection, rules, leads, now)
    return follow(connection, rules, changed, [], now, cause="fit", escalate=escalate)


def _judge(
    connection: Connection, rules: ScoringPolicy, leads: Mapping[int, LeadNow], now: datetime
) -> dict[int, LeadNow]:
    """Those of the leads that have another fit letter now. Points that don't change the letter are
    written as well, and change nothing else."""
    changed, others = {}, []
    for row in _traits(connection, list(leads)):
        lead, fit = leads[row.id], _fit(rules, row, now)
        if fit.letter != lead.fit:
            changed[row.id] = lead
        elif fit.points != lead.fit_points:
            others.append(lead)
        lead.fit, lead.fit_points = fit.letter, fit.points
    write_leads(connection, others, now)
    return changed


def rescore(connection: Connection, lead_ids: Collection[int], now: datetime) -> None:
    """Fit and interest of these leads by the rules of now; nobody crosses."""
    leads = lock_leads(connection, lead_ids)
    rules = policy(connection, ScoringPolicy)
    _judge(connection, rules, leads, now)
    _count(connection, rules, leads)
    follow(connection, rules, leads, [], now, cause="rules", escalate=False)


@dataclass(frozen=True)
class RescoringForecast:
    """What new rules would make of all leads: how many have each meaning now and then, and what
    becomes of those that would be ready (mql or hot). ``would_cross`` are in nurture and would be
    handed to sales, ``on_entry`` when their journey begins; all others are with sales, were handed
    over in this cycle already, rest, or have ended. ``matched`` and ``unanswered`` say of how many
    leads each rule would hold, and of how many it could not be answered."""

    leads: int
    before: Mapping[Meaning, int]
    after: Mapping[Meaning, int]
    would_cross: int
    on_entry: int
    matched: Mapping[str, int]
    unanswered: Mapping[str, int]

    @property
    def ready(self) -> int:
        """How many would be ready, wherever they are."""
        return self.after.get("mql", 0) + self.after.get("hot", 0)

    @property
    def matched_by_none(self) -> list[str]:
        """The rules that would hold of no lead, in their order."""
        return [rule for rule, leads in self.matched.items() if not leads]


def forecast(
    connection: Connection,
    rules: ScoringPolicy,
    now: datetime,
    told: Callable[[int], None],
    ids: Sequence[int] | None = None,
) -> RescoringForecast:
    """What publishing ``rules`` would do; nothing is written.

    Args:
        now: journey time, UTC.
        told: called with the number of leads looked at so far.
        ids: the leads of whom it is asked, None for all.

    Raises:
        PolicyMissing: there are no rules yet that these could replace.
    """
    old = policy(connection, ScoringPolicy)
    before: Counter[Meaning] = Counter()
    after: Counter[Meaning] = Counter()
    names = [*(rule.rule for rule in rules.interest if not rule.off), *rules.fit_conditions]
    matched, unanswered = Counter(dict.fromkeys(names, 0)), Counter[str]()
    becomes: Counter[str] = Counter()
    seen = 0
    for page in _pages(connection, ids):
        traits = _traits(connection, page)
        histories = _histories(connection, page)
        for row in traits:
            is_now = standing_now(old, row.fit, row.points, now)
            events = [_scored(rules, one) for one in histories[row.id]]
            points = score(total(rules, events).at(now, rules.half_life.length))
            fit = _fit(rules, row, now)
            will_be = standing_of(rules, fit.letter, points)
            before[is_now.meaning] += 1
            after[will_be.meaning] += 1
            matched.update({one.rule for one in events if one.rule in matched})
            matched.update(name for name, _ in fit.rules)
            unanswered.update(name for name, _ in fit.unanswered)
            if row.crossed_cycle < row.cycle and at_least(will_be.meaning, "mql"):
                becomes[row.phase] += 1
        seen += len(page)
        told(seen)
    return RescoringForecast(
        seen, before, after, becomes[Phase.NURTURE], becomes[""], matched, unanswered
    )


def _pages(connection: Connection, ids: Sequence[int] | None) -> Iterator[Sequence[int]]:
    last = 0
    if ids is None:
        while page := page_of_leads(connection, last):
            last = page[-1]
            yield page
        return
    for begin in range(0, len(ids), PAGE):
        yield ids[begin : begin + PAGE]


def points_now(rules: ScoringPolicy, interest: Interest, now: datetime) -> int:
    """The score of a lead with this interest; ``now`` is journey time, UTC."""
    return score(interest.at(now, rules.half_life.length))


def standing_now(rules: ScoringPolicy, fit: str, interest: Interest, now: datetime) -> Standing:
    """Where a lead stands with this interest and fit letter ('' while nobody has judged it);
    ``now`` is journey time, UTC."""
    return standing_of(rules, fit, points_now(rules, interest, now))


def how_many_leads(connection: Connection) -> int:
    """How many leads there are."""
    leads: int = connection.execute(text("SELECT count(*) FROM lead")).scalar_one()
    return leads


def page_of_leads(connection: Connection, after: int, size: int = PAGE) -> list[int]:
    """The ids of the next leads after the id ``after``, ascending."""
    rows = connection.execute(
        text("SELECT id FROM lead WHERE id > :after ORDER BY id LIMIT :size"),
        {"after": after, "size": size},
    )
    return list(rows.scalars())


@dataclass(frozen=True)
class ScoreLine:
    """Events that one rule gave points for, as the explanation of a score shows them.

    ``points`` is what they gave, ``left`` what of it has not decayed; ``over_cap`` and
    ``machines`` count the events that gave nothing.
    """

    rule: str
    times: int
    last: datetime
    points: int
    left: float
    over_cap: int
    machines: int


@dataclass(frozen=True)
class Explanation:
    """Why a lead stands where it does. ``to_mql`` and ``to_hot`` are the points missing: 0 for
    none, None where this fit never gets there."""

    fit: Fit
    score: int
    standing: Standing
    interest: tuple[ScoreLine, ...]
    to_mql: int | None
    to_hot: int | None
    branches: tuple[tuple[str, str], ...] = ()
    """Branches of cadences, the latest first, whose condition could not be answered when the lead
    came to them, each with the reason: it went to ``else``."""


def explain(connection: Connection, lead_id: int, now: datetime) -> Explanation:
    """A score, line by line, by the rules in force; the lines of interest by what they give now.

    Raises:
        PolicyMissing: no scoring policy is published.
        LookupError: there is no such lead.
    """
    rules = policy(connection, ScoringPolicy)
    half_life = rules.half_life.length
    traits = _traits(connection, [lead_id])[0]
    fit = _fit(rules, traits, now)
    lines = _lines(connection, lead_id, now, half_life)
    points = points_now(rules, traits.points, now)
    return Explanation(
        fit,
        points,
        standing_of(rules, fit.letter, points),
        tuple(sorted(lines, key=lambda line: (-abs(line.left), line.rule))),
        points_to(rules, fit.letter, points, "mql"),
        points_to(rules, fit.letter, points, "hot"),
        _unanswered_branches(connection, lead_id),
    )


# A rule's points as ``Interest.plus`` sums them, decayed to its last event. So small a power that
# a double has no room for it is 0.
_LINES = text(
    """
    SELECT rule, count(*) FILTER (WHERE points <> 0) AS times, max(at) AS last,
        sum(points) AS points,
        sum(CASE WHEN age < 1000 THEN points * power(0.5, age) ELSE 0 END) AS left_then,
        count(*) FILTER (WHERE worth <> 0 AND points = 0 AND machine = '') AS over_cap,
        count(*) FILTER (WHERE machine <> '') AS machines
    FROM (
        SELECT rule, points, worth, machine, at, cast(extract(epoch FROM
            max(at) OVER (PARTITION BY rule) - at) AS double precision) / :half_life AS age
        FROM engagement WHERE lead_id = :lead AND rule <> ''
    ) AS event GROUP BY rule
    """
)


def _lines(
    connection: Connection, lead_id: int, now: datetime, half_life: timedelta
) -> list[ScoreLine]:
    asked = {"lead": lead_id, "half_life": half_life.total_seconds()}
    return [
        ScoreLine(
            row.rule,
            row.times,
            row.last,
            row.points,
            Interest(row.left_then, row.last).at(now, half_life),
            row.over_cap,
            row.machines,
        )
        for row in connection.execute(_LINES, asked)
    ]


def _unanswered_branches(connection: Connection, lead_id: int) -> tuple[tuple[str, str], ...]:
    rows = connection.execute(
        text(
            """
            SELECT version.name || ' · ' || branch.key AS branch, branch.value AS reason
            FROM enrollment JOIN cadence_version AS version ON version.id = cadence_version_id,
                jsonb_each_text(unanswered) AS branch
            WHERE lead_id = :lead ORDER BY enrollment.id DESC, branch.key LIMIT 20
            """
        ),
        {"lead": lead_id},
    )
    return tuple((row.branch, row.reason) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged(LeadTraits):
    """A lead as scoring sees it."""

    id: int
    phase: str
    cycle: int
    crossed_cycle: int
    fit: str
    fit_judged: Letter | Literal[""]
    interest: float
    interest_as_of: datetime

    @property
    def points(self) -> Interest:
        """Its interest as it was written last."""
        return Interest(self.interest, self.interest_as_of)


def _fit(rules: ScoringPolicy, lead: _Judged, now: datetime) -> Fit:
    fit = fit_of(rules, lead.lead_facts(), lead.account_facts(), now)
    # What sales found out wins over the rules.
    return replace(fit, letter=lead.fit_judged) if lead.fit_judged else fit


def _traits(connection: Connection, ids: Sequence[int]) -> list[_Judged]:
    rows = connection.execute(
        text(
            f"""
            SELECT lead.id, phase, cycle, crossed_cycle, fit, fit_judged, interest, interest_as_of,
                {FACT_COLUMNS}
            FROM lead LEFT JOIN account ON account.id = lead.account_id
            WHERE lead.id = ANY(cast(:ids AS bigint[]))
            """
        ),
        {"ids": list(ids)},
    )
    return [_Judged(**row._mapping) for row in rows]


class _CountedEngagement(NamedTuple):
    """An engagement with what it counted for."""

    id: int
    lead_id: int
    key: str
    kind: str
    name: str
    rule: str
    worth: int
    points: int
    period: datetime | None
    machine: str
    detail: Mapping[str, Any]
    at: datetime


def _histories(
    connection: Connection, ids: Sequence[int]
) -> defaultdict[int, list[_CountedEngagement]]:
    rows = connection.execute(
        text(
            """
            SELECT id, lead_id, key, kind, name, rule, worth, points, period, machine, detail, at
            FROM engagement WHERE lead_id = ANY(cast(:ids AS bigint[]))
            """
        ),
        {"ids": list(ids)},
    )
    histories = defaultdict(list)
    for row in rows:
        histories[row.lead_id].append(_CountedEngagement(*row))
    return histories


def _scored(rules: ScoringPolicy, row: _CountedEngagement) -> Scored:
    event = event_of(row.kind, row.name, row.detail)
    found = worth(rules, event, row.at, given=row.worth)
    return Scored(row.key, row.at, found.rule, found.points, found.period, row.machine)


def _rewrite(connection: Connection, rows: Sequence[tuple[int, Scored, int]]) -> None:
    """Write rule, worth, period and the points that count of engagements, by their ids."""
    if not rows:
        return
    connection.execute(
        text(
            """
            UPDATE engagement SET rule = new.rule, worth = new.worth, period = new.period,
                points = new.points
            FROM unnest(cast(:ids AS bigint[]), cast(:ats AS timestamptz[]),
                        cast(:rules AS text[]), cast(:worths AS int[]),
                        cast(:periods AS timestamptz[]), cast(:points AS int[]))
                AS new (id, at, rule, worth, period, points)
            WHERE engagement.id = new.id AND engagement.at = new.at
            """
        ),
        {
            "ids": [one for one, _, _ in rows],
            "ats": [event.at for _, event, _ in rows],
            "rules": [event.rule for _, event, _ in rows],
            "worths": [event.worth for _, event, _ in rows],
            "periods": [event.period for _, event, _ in rows],
            "points": [points for _, _, points in rows],
        },
    )


def _differs(row: _CountedEngagement, event: Scored, points: int) -> bool:
    before = (row.rule, row.worth, row.period, row.points)
    return before != (event.rule, event.worth, event.period, points)
