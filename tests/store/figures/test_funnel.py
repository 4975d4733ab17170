"""The funnel by hand, by another way of counting, and after late news."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, text

from domain.figures.flows import StageMoves, balances
from domain.figures.funnel import Dimension, FunnelReport, Mode, Question, report
from domain.figures.periods import Period
from domain.figures.stages import FUNNEL
from store.figures import funnel
from store.figures.refresh import leads_behind, refresh, remake
from tests.support.lead_histories import BEGIN, History, add_lead, add_moves

ALL = Period(date(2026, 1, 1), date(2027, 1, 1), "UTC")
NOW = BEGIN + timedelta(days=200)


def asked(connection: Connection, **given: object) -> FunnelReport:
    """The funnel of everything, as of :data:`NOW`."""
    question = replace(Question(ALL, NOW), **given)  # type: ignore[arg-type]
    refresh(connection)
    if question.mode == Mode.COHORT:
        return report(question, funnel.cohort_counts(connection, question, []))
    return report(
        question,
        funnel.activity_counts(connection, question, []),
        funnel.move_counts(connection, question, []),
    )


def counted(found: FunnelReport, name: str) -> list[object]:
    """One figure of each stage."""
    return [getattr(stage, name) for stage in found.stages]


def test_how_far_facts_are_behind_is_looked_through_no_further_than_anybody_reads(
    connection: Connection,
) -> None:
    """After an import of a million leads each look at a page would count all of their changes."""
    for _ in range(2):
        add_lead(connection, [(1, "known", 0), (1, "engaged", 1)])

    assert leads_behind(connection) == 2
    assert [leads_behind(connection, most) for most in (4, 3, 1)] == [2, 4, 2]


def test_a_small_history_by_hand(connection: Connection) -> None:
    """A manager adds it up on paper: one lead that went through, one that skipped a stage, one
    that came back from a meeting, one that was recycled and began again, one that waits."""
    add_lead(
        connection,
        [
            (1, "known", 0), (1, "engaged", 2), (1, "mql", 6), (1, "sal", 7), (1, "sql", 10),
            (1, "opportunity", 12), (1, "customer", 40),
        ],
    )  # fmt: skip
    add_lead(connection, [(1, "known", 0), (1, "mql", 4), (1, "recycled", 9), (2, "known", 60)])
    add_lead(connection, [(1, "known", 1), (1, "mql", 3), (1, "sal", 5), (1, "mql", 8)])
    add_lead(connection, [(1, "known", 195)])

    found = asked(connection)

    assert counted(found, "entered") == [5, 3, 3, 2, 1, 1, 1]
    assert counted(found, "implied") == [0, 2, 0, 0, 0, 0, 0]
    assert counted(found, "converted") == [3, 3, 2, 1, 1, 1, 0]
    # The skipped stage counts as reached and times nothing: only the first lead's two days do.
    assert counted(found, "median_days") == [2, 4, 1.5, 3, 2, 28, None]
    assert (found.won, found.median_days_to_won) == (1, 40)
    # Too few to speak of shares.
    assert counted(found, "conversion") == [None] * 7
    assert found.net_new.stages[0].entered == 4
    assert found.recycled.stages[0].entered == 1

    mature = asked(connection, window=10)
    assert counted(mature, "immature")[0] == 1
    assert counted(mature, "converted") == [3, 3, 2, 1, 1, 0, 0]

    moved = asked(connection, mode=Mode.ACTIVITY)
    # The return from the meeting enters mql once more, and leaves sal without going on.
    assert counted(moved, "entered") == [5, 3, 4, 2, 1, 1, 1]
    assert counted(moved, "left") == [3, 3, 3, 2, 1, 1, 0]
    assert counted(moved, "converted") == [3, 3, 2, 1, 1, 1, 0]


def some_history(chance: random.Random) -> History:
    """A lead that goes on, skips, returns, is recycled and begins again."""
    moves: list[tuple[int, str, float]] = []
    at, cycle, place = chance.uniform(0, 60), 1, 0
    moves.append((1, "known", at))
    for _ in range(chance.randrange(9)):
        at += chance.choice((0, 0.25, 3, chance.uniform(0, 30)))
        draw = chance.random()
        if draw < 0.15:
            moves.append((cycle, "recycled", at))
            at, cycle, place = at + chance.uniform(0, 40), cycle + 1, chance.choice((0, 0, 2))
        elif draw < 0.3 and place:
            place = chance.randrange(place)
        else:
            place = min(place + chance.choice((1, 1, 1, 2)), 6)
        moves.append((cycle, FUNNEL[place].value, at))
        if place == 6:
            break
    return moves


def crowd(connection: Connection, leads: int, seed: int) -> random.Random:
    """Leads with histories of all kinds."""
    chance = random.Random(seed)
    for number in range(leads):
        lead = add_lead(
            connection,
            some_history(chance),
            source=chance.choice(("web", "fair", "")),
            country=chance.choice(("DE", "KR")),
            owner=f"rep-{number % 3}",
        )
        if number % 4:
            connection.execute(
                text(
                    "INSERT INTO campaign_touch (key, lead_id, via, source, campaign, at) "
                    "VALUES (:key, :lead, 'page', 'ads', :campaign, :at)"
                ),
                {
                    "key": f"touch-{lead}",
                    "lead": lead,
                    "campaign": f"spring-{number % 2}",
                    "at": BEGIN + timedelta(days=chance.uniform(0, 60)),
                },
            )
    return chance


SECOND_WAY = """
    WITH place AS (
        SELECT lead_id, cycle, at, id, array_position(ARRAY['known', 'engaged', 'mql', 'sal', 'sql',
            'opportunity', 'customer'], to_stage) AS place FROM stage_transition
    ), first AS (
        SELECT lead_id, cycle, stage, (
            SELECT min(at) FROM place AS reached WHERE reached.lead_id = unit.lead_id
                AND reached.cycle = unit.cycle AND reached.place >= stage) AS at, (
            SELECT min(at) FROM place AS reached WHERE reached.lead_id = unit.lead_id
                AND reached.cycle = unit.cycle AND reached.place > stage) AS next_at
        FROM (SELECT DISTINCT lead_id, cycle FROM place) AS unit, generate_series(1, 7) AS stage
    )
    SELECT count(at), count(next_at) FILTER (WHERE stage < 7 AND next_at <= at + interval '14 days'
        AND at <= :now - interval '14 days')
    FROM first WHERE at >= :start AND at < :end GROUP BY stage ORDER BY stage
"""


def test_the_report_is_what_another_statement_counts(connection: Connection) -> None:
    """Figures that only our own code can come to are believed by nobody."""
    crowd(connection, 400, seed=7)
    period = Period(date(2026, 3, 20), date(2026, 5, 1), "Asia/Seoul")

    found = asked(connection, period=period, window=14)

    rows = connection.execute(
        text(SECOND_WAY),
        {"start": period.start, "end": period.end, "now": NOW},
    ).all()
    expected = [tuple(row) for row in rows]
    assert [(one.entered, one.converted) for one in found.stages] == expected


@pytest.mark.parametrize("by", list(Dimension))
@pytest.mark.parametrize("mode", list(Mode))
def test_the_parts_add_up_to_the_whole(connection: Connection, by: Dimension, mode: Mode) -> None:
    """A table whose rows do not add up to its sum is sent back, whatever it shows."""
    crowd(connection, 120, seed=3)

    found = asked(connection, by=by, mode=mode, window=14 if mode == Mode.COHORT else None)

    assert len(found.parts) > 1
    for groups in (
        [part.funnel for part in found.parts],
        [found.net_new, found.recycled],
    ):
        assert sum(one.won for one in groups) == found.won
        for name in ("entered", "implied", "converted", "immature", "faults"):
            sums = [sum(getattr(one.stages[n], name) for one in groups) for n in range(len(FUNNEL))]
            assert sums == counted(found, name), name


def test_each_stage_holds_what_it_held_and_what_came_less_what_went(
    connection: Connection,
) -> None:
    """Balance(t1) = balance(t0) + in − out; and at the end it is where the leads stand."""
    crowd(connection, 150, seed=5)
    refresh(connection)
    rows = connection.execute(
        text("SELECT from_stage, to_stage, count(*) FROM funnel_move GROUP BY 1, 2")
    )

    standing = balances(StageMoves(*row) for row in rows)

    last = connection.execute(
        text(
            "SELECT to_stage, count(*) AS units FROM (SELECT DISTINCT ON (lead_id) to_stage FROM "
            "stage_transition ORDER BY lead_id, cycle DESC, at DESC, id DESC) AS now GROUP BY 1"
        )
    )
    assert {stage.value: n for stage, n in standing.items() if n} == {
        row.to_stage: row.units for row in last
    }


def test_what_is_made_again_bit_by_bit_is_what_is_made_at_once(connection: Connection) -> None:
    """News that come late, another source, another owner: the facts would keep what was."""
    chance = crowd(connection, 60, seed=11)
    refresh(connection)
    leads = connection.scalars(text("SELECT id FROM lead ORDER BY id")).all()
    for lead in leads[:20]:
        add_moves(connection, lead, [(1, chance.choice(FUNNEL).value, chance.uniform(0, 90))])
    connection.execute(text("UPDATE lead SET source = 'partner', owner = 'rep-9' WHERE id % 3 = 0"))
    connection.execute(text("DELETE FROM stage_transition WHERE lead_id % 7 = 0 AND cycle = 2"))

    refresh(connection)

    kept = [facts(connection, table) for table in ("unit", "passage", "move")]
    for table in ("passage", "move", "unit"):
        connection.execute(text(f"DELETE FROM funnel_{table}"))
    remake(connection, leads)
    assert kept == [facts(connection, table) for table in ("unit", "passage", "move")]


def facts(connection: Connection, table: str) -> list[object]:
    """All rows of facts, without the ids of units."""
    unit = "" if table == "unit" else "JOIN funnel_unit AS unit ON unit.id = unit_id"
    found = connection.scalars(
        text(
            f"SELECT (to_jsonb(fact) - 'id' - 'unit_id') || jsonb_build_object('lead', "
            f"{'fact' if table == 'unit' else 'unit'}.lead_id) "
            f"FROM funnel_{table} AS fact {unit}"
        )
    )
    return sorted(found, key=str)


def test_the_censored_median_counts_those_who_have_not_gone_on(connection: Connection) -> None:
    """Who entered last week had no time to be slow, and would make the stage look quick or, counted
    as lost, slow. By hand: 8 of 24 went on after four days, then 3 of the 10 who were there for
    longer than a week: 1 − 2/3 · 7/10 is more than a half."""
    for number in range(24):
        moves = [(1, "known", 0.0 if number < 18 else 193.0)]
        if number < 8:
            moves += [(1, "engaged", 4.0)]
        elif number < 11:
            moves += [(1, "engaged", 10.0)]
        add_lead(connection, moves)

    found = asked(connection)

    known = found.stages[0]
    assert (known.entered, known.converted, known.median_days) == (24, 11, 4)
    assert known.censored_median_days == 10
    assert found.net_new.stages[0].censored_median_days == 10
    # Eleven that wait in the next stage are too few.
    assert found.stages[1].censored_median_days is None
    assert asked(connection, mode=Mode.ACTIVITY).stages[0].censored_median_days is None
