"""Pure figures: stages that were passed over, balances, curves, periods, histories."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contracts.journey import Stage
from domain.figures.flows import StageMoves, balances, flows
from domain.figures.funnel import share
from domain.figures.periods import Period, period
from domain.figures.stages import FUNNEL, STAGES, first_entries
from domain.figures.survival import Departures, censored_median
from domain.refusals import Invalid

NOW = datetime(2026, 3, 31, 16, tzinfo=UTC)


def at(days: float) -> datetime:
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=days)


def test_a_stage_that_is_passed_over_is_reached_with_the_one_beyond_it() -> None:
    """Without it conversion from that stage would be over one."""
    entries = first_entries([("known", at(0)), ("sal", at(3)), ("mql", at(5)), ("recycled", at(9))])

    assert {stage.value: (one.at, one.implied) for stage, one in entries.items()} == {
        "known": (at(0), False),
        "engaged": (at(3), True),
        "mql": (at(3), True),
        "sal": (at(3), False),
    }


@st.composite
def histories(draw: st.DrawFn) -> list[list[tuple[int, int | None, int | None]]]:
    """Units as they move: day, from, to; some go out of their cycle."""
    units = []
    for _ in range(draw(st.integers(1, 8))):
        place: int | None = None
        day = 0
        moves: list[tuple[int, int | None, int | None]] = []
        for _ in range(draw(st.integers(1, 8))):
            day += draw(st.integers(0, 4))
            goal = draw(st.sampled_from([one for one in range(len(STAGES)) if one != place]))
            moves.append((day, place, goal))
            place = goal
        if draw(st.booleans()):
            moves.append((day + 1, place, None))
        units.append(moves)
    return units


@given(histories(), st.integers(0, 20), st.integers(0, 20))
def test_each_stage_holds_what_it_held_and_what_came_less_what_went(
    units: list[list[tuple[int, int | None, int | None]]], first: int, second: int
) -> None:
    """Else a manager can't tell from the flows what is in the pipe."""
    begin, end = sorted((first, second))
    moves = [move for unit in units for move in unit]

    def until(day: int) -> dict[Stage, int]:
        return balances(StageMoves(*move[1:], 1) for move in moves if move[0] < day)

    between = flows(StageMoves(*move[1:], 1) for move in moves if begin <= move[0] < end)

    for stage in STAGES:
        flow = between[stage]
        assert until(end)[stage] == until(begin)[stage] + flow.entered - flow.left
    # And what stands where is where the units are.
    standing = [
        [move for move in unit if move[0] < end][-1][2] for unit in units if unit[0][0] < end
    ]
    assert until(end) == {stage: standing.count(place) for place, stage in enumerate(STAGES)}


def test_those_who_wait_still_count_for_as_long_as_they_have_waited() -> None:
    """By hand (Kaplan and Meier), of six units: 5/6 stay after the first, 5/6 · 3/4 after the
    third, and half of those after the fifth; of the last one nobody knows."""
    went = [Departures(*one) for one in ((1, 1, 1), (2, 0, 1), (3, 1, 2), (5, 1, 1), (8, 0, 1))]

    assert censored_median(went) == 5
    # Without those that wait, the third would be the median.
    assert censored_median([Departures(one.seconds, one.gone, one.gone) for one in went]) == 3
    assert censored_median([Departures(1, 1, 1), Departures(9, 0, 3)]) is None
    # Two thirds of three quarters are not quite a half as binary numbers.
    assert censored_median([Departures(1, 1, 1), Departures(3, 1, 3)]) == 3


def test_a_period_is_half_open_days_of_the_company() -> None:
    """At 01:00 of 1 April in Seoul it is March in Greenwich; days change their length, too."""
    seoul = Period(date(2026, 3, 1), date(2026, 4, 1), "Asia/Seoul")
    berlin = Period(date(2026, 3, 29), date(2026, 3, 30), "Europe/Berlin")

    assert (seoul.start, seoul.end) == (
        datetime(2026, 2, 28, 15, tzinfo=UTC),
        datetime(2026, 3, 31, 15, tzinfo=UTC),
    )
    assert berlin.end - berlin.start == timedelta(hours=23)
    # It is 1 April there already.
    today = period(None, None, first=date(2026, 3, 1), time_zone="Asia/Seoul", now=NOW)
    assert today == Period(date(2026, 3, 1), date(2026, 4, 2), "Asia/Seoul")
    with pytest.raises(Invalid, match="2026-04-03 is in the future"):
        period(None, date(2026, 4, 3), first=date(2026, 3, 1), time_zone="Asia/Seoul", now=NOW)
    assert today.before.ends == today.begins


def test_of_few_cases_no_share_is_told() -> None:
    assert (share(5, 19), share(5, 20)) == (None, 0.25)
    assert [stage.value for stage in FUNNEL][-1] == "customer"
