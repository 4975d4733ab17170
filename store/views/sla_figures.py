"""How both sides kept their promises in a month, and what sales said of the leads it was given."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, text

from store.sla import sla
from store.sla.business_time import calendar_of
from store.tables import LeadFeedback, SlaAction, SlaClock, Task


@dataclass(frozen=True)
class Kept:
    """How one team or rep kept a promise; promises whose time is not over are in neither count.

    ``owner`` is '' for the team as a whole, ``team`` and ``owner`` for everybody.
    """

    team: str
    owner: str
    promise: str
    kept: int
    broken: int

    @property
    def percent(self) -> float | None:
        """Of those decided, how many were kept; None when none is."""
        decided = self.kept + self.broken
        return round(100 * self.kept / decided, 1) if decided else None


@dataclass(frozen=True)
class Breaches:
    """Breaches of one promise with what was done about them; ``pilot`` ones were only noted."""

    promise: str
    pilot: bool
    action: str
    times: int


@dataclass(frozen=True)
class SlaFigures:
    """A calendar month, UTC.

    ``delivered`` counts leads that crossed and came into a rep's list, ``promised`` those that
    marketing promised (None without a published SLA). The minutes to an answer are business
    minutes of the rep's team, None when nothing was answered. ``verdicts`` counts ``accepted``
    and the reasons of leads that were returned.
    """

    month: str
    promised: int | None
    crossed: int
    delivered: int
    kept: tuple[Kept, ...]
    minutes_to_answer: float | None
    hot_minutes_to_answer: float | None
    breaches: tuple[Breaches, ...]
    verdicts: dict[str, int]


def figures(connection: Connection, year: int, month: int, now: datetime) -> SlaFigures:
    """The figures of a month as they stand at ``now`` (journey time, UTC); a promise belongs to
    the month in which it was given."""
    begin = datetime(year, month, 1, tzinfo=UTC)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    terms = sla.terms(connection)
    given = and_(SlaClock.started_at >= begin, SlaClock.started_at < end)
    rows = connection.execute(
        select(*sla.CLOCK, Task.completed_at, Task.state)
        .outerjoin(Task, Task.id == SlaClock.task_id)
        .where(given)
    )
    clocks, answered = [], []
    for *row, completed_at, task_state in rows:
        clock = sla.ClockRow(*row)
        clocks.append(clock)
        # One that ended without its task was taken from the rep, not answered.
        if task_state == "done" and clock.ended_at == completed_at:
            answered.append(clock)
    crossed, delivered = connection.execute(
        text(
            "SELECT (SELECT count(*) FROM crossing WHERE at >= :begin AND at < :end), "
            "(SELECT count(*) FROM sla_clock WHERE promise = 'hand_over' "
            "AND task_id IS NOT NULL AND state IN ('met', 'breached') "
            "AND ended_at >= :begin AND ended_at < :end)"
        ),
        {"begin": begin, "end": end},
    ).one()
    return SlaFigures(
        month=f"{year}-{month:02}",
        promised=terms.marketing.mqls_a_month if terms else None,
        crossed=crossed,
        delivered=delivered,
        kept=tuple(_kept(clocks, now)),
        minutes_to_answer=_median(connection, answered, "accept"),
        hot_minutes_to_answer=_median(connection, answered, "accept_hot"),
        breaches=_breaches(connection, given),
        verdicts=_verdicts(connection, begin, end),
    )


def _kept(clocks: Sequence[sla.ClockRow], now: datetime) -> Iterable[Kept]:
    counts: defaultdict[tuple[str, str, str], Counter[bool]] = defaultdict(Counter)
    for clock in clocks:
        overdue = clock.state == "running" and clock.due_at < now
        if clock.state in ("met", "breached") or overdue:
            for key in {("", ""), (clock.team, ""), (clock.team, clock.owner)}:
                counts[*key, clock.promise][clock.state == "met"] += 1
    for (team, owner, promise), count in sorted(counts.items()):
        yield Kept(team, owner, promise, count[True], count[False])


def _median(connection: Connection, answered: Sequence[sla.ClockRow], promise: str) -> float | None:
    minutes = []
    for clock in answered:
        ended = clock.ended_at if clock.state in ("met", "breached") else None
        if clock.promise == promise and ended is not None:
            calendar = calendar_of(connection, clock.owner)
            passed = calendar.minutes_between(clock.started_at, ended)
            passed -= sum(calendar.minutes_between(*pause) for pause in sla.pauses_of(clock))
            minutes.append(passed)
    return round(statistics.median(minutes), 1) if minutes else None


def _breaches(connection: Connection, given: ColumnElement[bool]) -> tuple[Breaches, ...]:
    noted = connection.execute(
        select(SlaClock.promise, SlaAction.pilot, SlaAction.action, func.count().label("times"))
        .join(SlaClock, SlaClock.id == SlaAction.clock_id)
        # What was asked for and could not be done was not done.
        .where(given, or_(SlaAction.action == "breach", SlaAction.pilot, SlaAction.detail != ""))
        .group_by(SlaClock.promise, SlaAction.pilot, SlaAction.action)
        .order_by(SlaClock.promise, SlaAction.pilot, func.min(SlaAction.id))
    )
    return tuple(Breaches(**row._mapping) for row in noted)


def _verdicts(connection: Connection, begin: datetime, end: datetime) -> dict[str, int]:
    what = func.coalesce(func.nullif(LeadFeedback.reason, ""), LeadFeedback.verdict)
    rows = connection.execute(
        select(what, func.count())
        .where(LeadFeedback.at >= begin, LeadFeedback.at < end)
        .group_by(what)
        .order_by(func.count().desc(), what)
    )
    return {row[0]: row[1] for row in rows}
