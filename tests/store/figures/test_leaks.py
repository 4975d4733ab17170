"""Leaks by hand, by another way of counting, and as lists of leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from domain.figures.funnel import Dimension, Kind, Question
from domain.figures.leaks import LeakBy, LeakCounts, LeaksReport, baseline_period, leaks_report
from domain.figures.lists import CountedAs, LeadsBehind
from domain.figures.periods import Period
from domain.figures.stages import POSITION
from store.figures import funnel, leaks
from store.figures.lists import cases_behind, statement
from store.figures.refresh import refresh
from tests.store.figures.leak_world import (
    call,
    cross,
    crowd,
    meet,
    promise,
    rest,
    task_done,
)
from tests.support.lead_histories import BEGIN, add_lead

ALL = Period(date(2026, 1, 1), date(2027, 1, 1), "UTC")
NOW = BEGIN + timedelta(days=180)
HOUR = 1 / 24


def asked(connection: Connection, **given: Any) -> LeaksReport:
    """The leaks of everything, as of :data:`NOW`."""
    limits: Mapping[int, float] = given.pop("limits", {})
    question = replace(Question(ALL, NOW), **given)
    refresh(connection)
    by_source = replace(question, by=question.by or Dimension.SOURCE)
    counts = LeakCounts(
        leaks.standing_counts(connection, question, limits, []),
        leaks.decided_counts(connection, question, []),
        leaks.response_counts(connection, question, []),
        leaks.setting_counts(connection, by_source, []),
        leaks.rest_counts(connection, question, []),
    )
    by = LeakBy(question.by) if question.by else None
    return leaks_report(question.period, by, counts, {})


def leads_behind(connection: Connection, figure: CountedAs, **given: Any) -> list[int]:
    """The leads behind a number, one for each case."""
    question = Question(ALL, NOW, only=given.pop("only", {}), window=given.pop("window", None))
    found = statement(LeadsBehind(figure, question, **given))
    return sorted(connection.scalars(text(found.sql), found.values))


def test_who_waits_and_who_was_lost_by_hand(connection: Connection) -> None:
    """A skip, a return from a meeting, a recycled lead that came back, a customer, one that is
    disqualified: a manager finds each where it stands."""
    skipped = add_lead(connection, [(1, "known", 0), (1, "mql", 4)])
    returned = add_lead(connection, [(1, "known", 0), (1, "sal", 4), (1, "mql", 10)])
    back = add_lead(
        connection, [(1, "known", 0), (1, "mql", 3), (1, "recycled", 5), (2, "known", 60)]
    )
    bought = add_lead(connection, [(1, "known", 0), (1, "customer", 9)])
    unfit = add_lead(
        connection, [(1, "known", 0), (1, "sal", 4), (1, "mql", 8), (1, "disqualified", 9)]
    )

    found = asked(connection, limits={2: 171 * 86_400.0})  # fmt: skip

    assert [(one.stage, one.waiting, one.median_days) for one in found.waiting] == [
        ("known", 1, 120),
        ("mql", 2, 173),
    ]
    assert leads_behind(connection, CountedAs.WAITING, stage=POSITION["mql"]) == [skipped, returned]
    # Since its return, not since it was first there.
    late = {"limits": {2: 171 * 86_400.0}, "stage": POSITION["mql"]}
    assert leads_behind(connection, CountedAs.OVERDUE, **late) == [skipped]
    # The furthest stage that it had reached; what is back is lost all the same, in its first cycle.
    assert [(one.stage, one.lost) for one in found.lost if one.lost] == [("mql", 1), ("sal", 1)]
    assert leads_behind(connection, CountedAs.LOST) == [back, unfit]
    assert bought not in leads_behind(connection, CountedAs.WAITING)


def test_what_counts_as_a_first_response_by_hand(connection: Connection) -> None:
    """Each lead is in one of five, by what a person did, and by what was promised about it."""
    moves = [(1, "known", 0.0), (1, "mql", 10.0)]
    leads: dict[str, int] = {}
    for name in ("hour", "promised", "late", "skipped", "before", "none", "itself", "later cycle"):
        history = moves
        if name == "itself":
            history = [*moves, (1, "sal", 11.0)]
        if name == "later cycle":
            history = [*moves, (1, "recycled", 12.0), (2, "known", 20.0)]
        leads[name] = add_lead(connection, history)
        cross(connection, leads[name], 10)
    waits = add_lead(connection, [(1, "known", 0), (1, "mql", 179.9)])
    cross(connection, waits, 179.9)
    promise(connection, waits, 179.9, 181)
    call(connection, leads["hour"], 10 + HOUR)
    promise(connection, leads["promised"], 10, 13)
    call(connection, leads["promised"], 12.9)
    call(connection, leads["late"], 10 + 2 * HOUR)
    task_done(connection, leads["skipped"], 10.01, "skipped")
    call(connection, leads["before"], 9)
    call(connection, leads["itself"], 11.5)
    call(connection, leads["later cycle"], 21)

    row = asked(connection).response[0]

    assert (row.leads, row.in_time, row.late, row.by_itself, row.untried, row.not_due) == (
        *(9, 2, 1),
        *(1, 4, 1),
    )
    assert leads_behind(connection, CountedAs.IN_TIME) == [leads["hour"], leads["promised"]]
    assert leads_behind(connection, CountedAs.LATE) == [leads["late"]]
    # Nothing is left to do about one that is recycled since.
    assert row.untried_open == 3
    assert leads_behind(connection, CountedAs.UNTRIED) == [
        *(leads["skipped"], leads["before"], leads["none"]),
    ]


def test_no_shows_by_hand(connection: Connection) -> None:
    """One that is set anew is two appointments; a day ahead is one of the company's calendar; a
    reminder counts that went out for that setting."""
    lead = add_lead(connection, [(1, "known", 0), (1, "sal", 1)], source="web")
    # 09:00 UTC is 18:00 in Seoul; seven hours later it is the day after there.
    first = meet(connection, lead, 2, 2 + 7 * HOUR, "no_show", reminder="sent")
    meet(connection, lead, 3, 5, "held", again=first, reminder="failed")
    other = add_lead(connection, [(1, "known", 0), (1, "sal", 1)], source="fair")
    meet(connection, other, 2, 40, "no_show")
    meet(connection, other, 2, 50, "cancelled")
    moved = add_lead(connection, [(1, "known", 0), (1, "sal", 1)], source="fair")
    second = meet(connection, moved, 2, 9, "booked")
    meet(connection, moved, 3, 4, "held", again=second)

    seoul = Period(date(2026, 3, 1), date(2026, 6, 1), "Asia/Seoul")
    found = asked(connection, period=seoul).no_shows

    assert [(one.split, one.value, one.meetings, one.no_shows, one.recovered) for one in found] == [
        ("", None, 4, 2, 1),
        ("source", "fair", 2, 1, 0),
        ("source", "web", 2, 1, 1),
        ("ahead", "1_to_2_days", 3, 1, 1),
        ("ahead", "8_days_and_more", 1, 1, 0),
        ("reminder", "reminded", 1, 1, 1),
        ("reminder", "not_reminded", 3, 1, 0),
    ]
    assert leads_behind(connection, CountedAs.NO_SHOW, at="reminded") == [lead]
    assert leads_behind(connection, CountedAs.NO_SHOW, at="8_days_and_more") == [other]
    assert leads_behind(connection, CountedAs.RECOVERED) == [lead]


def test_a_lead_rests_too_long_when_its_day_is_over(connection: Connection) -> None:
    """At 09:00 UTC of day 180, in Seoul the 29th of August: what was to come back that day is not
    late, what was to come back the day before is."""
    late = rest(connection, 100, 179 + 5.9 * HOUR, source="web")
    rest(connection, 100, 179 + 6.1 * HOUR)
    rest(connection, 100, 190)

    seoul = Period(ALL.begins, ALL.ends, "Asia/Seoul")
    found = asked(connection, period=seoul, by=Dimension.SOURCE)

    assert [(one.value, one.leads, one.longest_days) for one in found.resting] == [
        (None, 1, 0.75),
        ("web", 1, 0.75),
    ]
    question = replace(Question(ALL, NOW), period=seoul)
    behind = statement(LeadsBehind(CountedAs.RESTING, question))
    assert connection.scalars(text(behind.sql), behind.values).all() == [late]


def test_the_baseline_is_of_those_who_went_on_with_imported_history(connection: Connection) -> None:
    """By the time at which they went on; a skipped stage and a duration of zero time nothing."""
    for days in range(1, 31):
        add_lead(connection, [(1, "known", 0), (1, "engaged", days), (1, "mql", days)])
    add_lead(connection, [(1, "known", 0), (1, "mql", 2)])
    refresh(connection)
    connection.execute(
        text("UPDATE funnel_unit SET lead_id = NULL, record = id::text WHERE id % 2 = 0")
    )
    connection.execute(text("UPDATE funnel_passage SET imported = true WHERE unit_id % 2 = 0"))

    found = leaks.baseline(connection, Period(date(2026, 3, 1), date(2026, 3, 22), "UTC"))

    # Those after 1 to 19 days: the period ends before the 20th.
    assert set(found) == {0}
    assert (found[0].units, found[0].median / 86_400, found[0].p90 / 86_400) == (19, 10, 17.2)
    assert leaks.baseline(connection, baseline_period(ALL)) == {}


PLACE = (
    "array_position(ARRAY['known', 'engaged', 'mql', 'sal', 'sql', 'opportunity', 'customer'], "
    "to_stage)"
)
WAITING_SECOND_WAY = """
    SELECT to_stage, count(*) FROM (
        SELECT DISTINCT ON (lead_id) lead_id, cycle, to_stage FROM stage_transition
        ORDER BY lead_id, cycle DESC, at DESC, id DESC) AS now
    WHERE to_stage NOT IN ('recycled', 'disqualified', 'customer') GROUP BY 1
"""
LOST_SECOND_WAY = f"""
    WITH unit AS (
        SELECT lead_id, cycle, max({PLACE}) AS furthest, max(at) AS ended,
            (array_agg(to_stage ORDER BY at DESC, id DESC))[1] AS last FROM stage_transition AS move
        GROUP BY 1, 2
    )
    SELECT furthest, count(*) FROM unit WHERE furthest < 7
        AND (last IN ('recycled', 'disqualified') OR EXISTS (
            SELECT FROM unit AS next WHERE next.lead_id = unit.lead_id AND next.cycle > unit.cycle))
        AND ended >= :start AND ended < :end
    GROUP BY 1
"""
RESPONSE_SECOND_WAY = """
    WITH tries AS (
        SELECT lead_id, at FROM lead_note WHERE kind <> 'note' AND direction = 'out'
        UNION ALL SELECT lead_id, completed_at FROM task
            WHERE state = 'done' AND disposition <> 'skipped'
    ), crossed AS (
        SELECT c.lead_id, c.at, min(t.at) AS tried, (
            SELECT coalesce(min(due_at), c.at + interval '60 minutes') FROM sla_clock AS k
            WHERE k.lead_id = c.lead_id AND k.started_at >= c.at) AS due, (
            SELECT min(m.at) FROM stage_transition AS m WHERE m.lead_id = c.lead_id
            AND m.cycle = c.cycle
            AND to_stage IN ('sal', 'sql', 'opportunity', 'customer')) AS went
        FROM crossing AS c LEFT JOIN tries AS t ON t.lead_id = c.lead_id AND t.at >= c.at
        WHERE c.at >= :start AND c.at < :end GROUP BY c.id
    )
    SELECT CASE WHEN went < tried OR went IS NOT NULL AND tried IS NULL THEN 'by_itself'
        WHEN tried <= due THEN 'in_time' WHEN tried > due THEN 'late'
        WHEN due < :now THEN 'untried' ELSE 'not_due' END AS response, count(*),
        count(*) FILTER (WHERE at <= :now - interval '30 days'
            AND went <= at + interval '30 days') AS went_on
    FROM crossed GROUP BY 1
"""
NO_SHOW_SECOND_WAY = """
    SELECT lead.source, count(*), count(*) FILTER (WHERE setting.state = 'no_show')
    FROM meeting_setting AS setting, meeting, lead
    WHERE meeting.id = setting.meeting_id AND lead.id = meeting.lead_id
        AND setting.starts_at >= :start AND setting.starts_at < :end
        AND setting.state IN ('held', 'no_show')
    GROUP BY 1
"""


def test_each_leak_is_what_another_statement_counts(connection: Connection) -> None:
    """Figures that only our own code can come to are believed by nobody."""
    crowd(connection, 400, seed=4)
    period = Period(date(2026, 3, 20), date(2026, 5, 10), "Asia/Seoul")
    span = {"start": period.start, "end": period.end, "now": NOW}

    found = asked(connection, period=period)

    def counted(statement: str) -> dict[Any, Any]:
        rows = connection.execute(text(statement), span).all()
        return {row[0]: row[1] if len(row) == 2 else tuple(row[1:]) for row in rows}

    assert {one.stage.value: one.waiting for one in found.waiting} == counted(WAITING_SECOND_WAY)
    lost = {POSITION[one.stage] + 1: one.lost for one in found.lost if one.lost}
    assert lost == counted(LOST_SECOND_WAY)
    row, responses = found.response[0], counted(RESPONSE_SECOND_WAY)
    names = ("in_time", "late", "by_itself", "untried", "not_due")
    assert {name: getattr(row, name) for name in names if getattr(row, name)} == {
        name: of[0] for name, of in responses.items()
    }
    assert row.in_time_went_on == responses["in_time"][1]
    assert row.late_went_on == responses["late"][1]
    shown = {
        one.value: (one.meetings, one.no_shows) for one in found.no_shows if one.split == "source"
    }
    assert shown == counted(NO_SHOW_SECOND_WAY)
    assert min(row.in_time, row.late, row.by_itself, row.untried, found.no_shows[0].recovered) > 0


@pytest.mark.parametrize("by", list(LeakBy))
def test_the_parts_add_up_to_the_whole(connection: Connection, by: LeakBy) -> None:
    """A table whose rows do not add up to its sum is sent back, whatever it shows."""
    crowd(connection, 150, seed=9)

    found = asked(connection, by=Dimension(by), limits=dict.fromkeys(range(6), 86_400.0))

    for rows, names in (
        (found.waiting, ("waiting",)),
        (found.lost, ("lost", "went_on")),
        (found.response, ("leads", "in_time", "late", "by_itself", "untried", "untried_open")),
        ([one for one in found.no_shows if one.split in ("", by)], ("meetings", "no_shows")),
        (found.resting, ("leads",)),
    ):
        whole, parts = Counter[Any](), Counter[Any]()
        for one in rows:
            for name in names:
                key = (name, getattr(one, "stage", ""))
                (whole if one.value is None else parts)[key] += getattr(one, name)
        assert whole == parts
        assert whole.total() > 0


def test_a_number_opens_as_many_leads_as_it_says(connection: Connection) -> None:
    """Somebody who presses 17 and finds 15 trusts no figure any more: of each number, whole and
    part, and of the funnel's cohorts too."""
    crowd(connection, 150, seed=2)
    found = asked(connection, by=Dimension.SOURCE)

    def behind(figure: CountedAs, value: str | None, **given: Any) -> int:
        only = {} if value is None else {Dimension.SOURCE: value}
        return len(leads_behind(connection, figure, only=only, **given))

    for one in found.waiting:
        place = POSITION[one.stage]
        assert behind(CountedAs.WAITING, one.value, stage=place) == one.waiting
    for lost in found.lost:
        assert behind(CountedAs.LOST, lost.value, stage=POSITION[lost.stage]) == lost.lost
    for row in found.response:
        assert behind(CountedAs.HANDED_OVER, row.value) == row.leads
        assert behind(CountedAs.IN_TIME, row.value) == row.in_time
        assert behind(CountedAs.LATE, row.value) == row.late
        assert behind(CountedAs.UNTRIED, row.value) == row.untried_open
    for missed in found.no_shows:
        at = "" if missed.split in ("", "source") else missed.value
        value = missed.value if missed.split == "source" else None
        assert behind(CountedAs.NO_SHOW, value, at=at) == missed.no_shows
        assert behind(CountedAs.RECOVERED, value, at=at) == missed.recovered
    for resting in found.resting:
        assert behind(CountedAs.RESTING, resting.value) == resting.leads
    question = Question(ALL, NOW, by=Dimension.SOURCE, window=20)
    for count in funnel.cohort_counts(connection, question, []):
        of = {"stage": count.stage, "kind": count.kind, "window": 20}
        assert behind(CountedAs.ENTERED, count.value, **of) == count.entered
        assert behind(CountedAs.IMMATURE, count.value, **of) == count.immature
        assert behind(CountedAs.CONVERTED, count.value, **of) == count.converted


def test_a_number_says_how_many_of_its_cases_are_leads(connection: Connection) -> None:
    """A list that is shorter than its figure needs a reason: imported history, and a lead that is
    there with two cycles."""
    add_lead(connection, [(1, "known", 0), (1, "recycled", 5), (2, "known", 60)])
    add_lead(connection, [(1, "known", 0)])
    refresh(connection)
    connection.execute(
        text("UPDATE funnel_unit SET lead_id = NULL, record = 'a' WHERE lead_id = 2")
    )
    behind = LeadsBehind(CountedAs.ENTERED, Question(ALL, NOW), stage=POSITION["known"])

    every = cases_behind(connection, behind)
    again = cases_behind(connection, replace(behind, kind=Kind.RECYCLED))

    assert (every.cases, every.leads, every.imported) == (3, 1, 1)
    assert (again.cases, again.leads, again.imported) == (1, 1, 0)
