"""Cohort triangle and velocity by hand, and as Python counts them from the histories alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from statistics import quantiles
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from domain.figures.funnel import Kind, Question
from domain.figures.lists import CountedAs, LeadsBehind
from domain.figures.months import (
    Between,
    CohortReport,
    PaceTable,
    VelocityReport,
    cohort_report,
    cohort_tables,
    month_period,
    pace_tables,
    velocity_report,
)
from domain.figures.periods import Period
from domain.figures.stages import FUNNEL
from store.figures import months
from store.figures.lists import cases_behind
from store.figures.refresh import refresh
from tests.store.figures.test_funnel import crowd
from tests.support.lead_histories import BEGIN, add_lead

SPRING = Period(date(2026, 3, 1), date(2026, 7, 1), "Asia/Seoul")
NOW = BEGIN + timedelta(days=200)
KNOWN, MQL, SAL, WON = 0, 2, 3, 6


def triangle(connection: Connection, between: Between, period: Period = SPRING) -> CohortReport:
    """The triangle of everything, as of :data:`NOW`."""
    refresh(connection)
    counts = months.cohort_counts(connection, Question(period, NOW), between)
    return cohort_report(between, period, counts)


def velocities(connection: Connection, between: Between) -> VelocityReport:
    """The velocities of everything, as of :data:`NOW`."""
    refresh(connection)
    question = Question(SPRING, NOW)
    return velocity_report(
        between,
        SPRING,
        months.pace_counts(connection, question, between),
        months.pace_quartiles(connection, question, between),
        months.pace_departures(connection, question, between),
    )


def test_a_small_triangle_by_hand(connection: Connection) -> None:
    """A manager adds it up on paper: of March one won after 20 days, one after 70 and one waits; of
    June, which is not old enough for four months, one won at once. On the first of April it is
    still March in New York."""
    for begins, won in ((0, 20.0), (1, 71.0), (2, None), (30.0, 40.0), (100, 100.5)):
        moves = [(1, "mql", float(begins))]
        add_lead(connection, moves if won is None else [*moves, (1, "customer", won)])
    late = datetime(2026, 4, 1, 2, tzinfo=ZoneInfo("UTC"))
    add_lead(connection, [(1, "mql", (late - BEGIN) / timedelta(days=1))])
    period = Period(date(2026, 3, 1), date(2026, 7, 1), "America/New_York")

    found = triangle(connection, Between(MQL, WON), period).together

    by_month = {one.month: one for one in found.months}
    assert list(by_month) == ["2026-03", "2026-04", "2026-05", "2026-06"]
    march = by_month["2026-03"]
    assert march.entered == 4
    assert [(one.days, one.mature, one.reached) for one in march.cells[:3]] == [
        (30, 4, 1),
        (60, 4, 1),
        (90, 4, 2),
    ]
    # The oldest are there for 200 days.
    assert [one.days for one in march.cells] == [30, 60, 90, 120, 150, 180]
    assert by_month["2026-05"].cells == []
    june = by_month["2026-06"]
    assert [(one.days, one.mature, one.immature, one.reached) for one in june.cells] == [
        *((days, 1, 0, 1) for days in (30, 60, 90))
    ]
    # All months: four of March and one each of April and June, of which the last is 100 days old.
    assert [(one.mature, one.immature, one.reached) for one in found.whole.cells[2:4]] == [
        (6, 0, 4),
        (5, 1, 3),
    ]
    # Too few to speak of shares.
    assert {one.share for one in found.whole.cells} == {None}


class Passed(NamedTuple):
    """A unit from first entering a stage to reaching a later one; times UTC, None for not so
    far."""

    kind: Kind
    entered: datetime
    reached: datetime | None
    implied: bool


def histories(connection: Connection, between: Between) -> Iterator[Passed]:
    """The same from the transitions alone."""
    places = {stage.value: place for place, stage in enumerate(FUNNEL)}
    units = defaultdict(list)
    for row in connection.execute(
        text("SELECT lead_id, cycle, to_stage, at FROM stage_transition ORDER BY at, id")
    ):
        if row.to_stage in places:
            units[row.lead_id, row.cycle].append((places[row.to_stage], row.at))
    for (_lead, cycle), moves in units.items():
        first = [min((at for place, at in moves if place >= one), default=None) for one in range(7)]
        entered, reached = first[between.stage], first[between.reached]
        if entered is None or not SPRING.start <= entered < SPRING.end:
            continue
        implied = any(
            first[one] is not None and (one, first[one]) not in moves
            for one in (between.stage, between.reached)
        )
        yield Passed(Kind.RECYCLED if cycle > 1 else Kind.NET_NEW, entered, reached, implied)


@pytest.mark.parametrize(
    "between", [Between(KNOWN, 1), Between(KNOWN, SAL), Between(MQL, WON)], ids=str
)
def test_the_triangle_is_what_is_counted_from_the_histories(
    connection: Connection, between: Between
) -> None:
    """Figures that only our own code can come to are believed by nobody; and each opens as many
    cases as it says."""
    crowd(connection, 300, seed=7)

    found = triangle(connection, between)

    passed = list(histories(connection, between))
    for kind, table in cohort_tables(found).items():
        own = [one for one in passed if kind in ("all", one.kind)]
        for cohort in (table.whole, *table.months):
            units = [one for one in own if not cohort.month or _month(one) == cohort.month]
            assert cohort.entered == len(units)
            for cell in cohort.cells:
                window = timedelta(days=cell.days)
                old = [one for one in units if one.entered <= NOW - window]
                reached = [
                    one for one in old if one.reached and one.reached - one.entered <= window
                ]
                assert (cell.mature, cell.reached) == (len(old), len(reached))
                assert cell.immature == len(units) - len(old)
                wanted = round(len(reached) / len(old), 4) if len(old) >= 20 else None
                assert cell.share == wanted
    cohort, cell = found.recycled.months[2], found.recycled.months[2].cells[1]
    period = month_period(cohort.month, SPRING)
    behind = LeadsBehind(
        CountedAs.REACHED,
        Question(period, NOW, window=cell.days),
        stage=between.stage,
        reached=between.reached,
        kind=Kind.RECYCLED,
    )
    assert cases_behind(connection, behind).cases == cell.reached
    assert sum(one.entered for one in found.together.months) == found.together.whole.entered > 100


def _month(one: Passed) -> str:
    return f"{one.entered.astimezone(ZoneInfo(SPRING.time_zone)):%Y-%m}"


@pytest.mark.parametrize(
    "between", [Between(KNOWN, 1), Between(MQL, WON), Between(1, SAL)], ids=str
)
def test_the_velocity_is_what_is_counted_from_the_histories(
    connection: Connection, between: Between
) -> None:
    """As above; and what was passed over, or took no time, is in no duration."""
    crowd(connection, 300, seed=5)

    found = velocities(connection, between)

    passed = list(histories(connection, between))
    for kind, table in pace_tables(found).items():
        own = [one for one in passed if kind in ("all", one.kind)]
        _compare(table, own)


def _compare(table: PaceTable, own: list[Passed]) -> None:
    for pace in (table.whole, *table.months):
        units = [one for one in own if not pace.month or _month(one) == pace.month]
        took = [
            (one.reached - one.entered) / timedelta(days=1)
            for one in units
            if one.reached and not one.implied
        ]
        timed = [days for days in took if days > 0]
        reached = sum(one.reached is not None for one in units)
        assert (pace.entered, pace.reached) == (len(units), reached)
        assert (pace.timed, pace.faults) == (len(timed), len(took) - len(timed))
        if len(timed) > 1:
            quarters = quantiles(timed, n=20, method="inclusive")
            expected = [quarters[at] for at in (4, 9, 14, 17)]
            shown = [pace.p25_days, pace.median_days, pace.p75_days, pace.p90_days]
            assert shown == pytest.approx(expected, abs=0.01)


def test_the_censored_median_counts_those_who_wait(connection: Connection) -> None:
    """24 of March: eight went on after four days, three after ten, thirteen wait since long: more
    than half never went on, so there is no median; of those alone who went on it is four."""
    for number in range(24):
        moves = [(1, "known", 0.0)]
        if number < 11:
            moves.append((1, "engaged", 4.0 if number < 8 else 10.0))
        add_lead(connection, moves)
    for _ in range(24):
        add_lead(connection, [(1, "known", 40.0), (1, "engaged", 43.0)])

    found = velocities(connection, Between(KNOWN, 1)).together

    march, april = found.months[:2]
    assert (march.median_days, march.censored_median_days) == (4, None)
    assert (april.median_days, april.censored_median_days) == (3, 3)
    assert (found.whole.timed, found.whole.censored_median_days) == (35, 3)
