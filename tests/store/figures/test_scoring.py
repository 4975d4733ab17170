"""Scores against what became of leads, by hand and counted another way."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from domain.figures.funnel import Dimension, Kind, Question
from domain.figures.lists import CountedAs, LeadsBehind
from domain.figures.periods import Period
from domain.figures.scoring import (
    Goal,
    RuleCount,
    ScoringCounts,
    ScoringReport,
    scoring_report,
)
from settings import ROOT
from store.figures import scoring
from store.figures.lists import statement
from store.figures.refresh import refresh
from tests.domain.test_scoring_policy import read
from tests.store.figures.scoring_world import cross, does
from tests.support.lead_histories import BEGIN, add_lead

ALL = Period(date(2026, 1, 1), date(2027, 1, 1), "UTC")
NOW = BEGIN + timedelta(days=180)
RULES = read((ROOT / "cadences" / "scoring.yaml").read_text(encoding="utf-8"))
CONDUCT = ("looked at prices", "read a page", "looked at jobs")


def asked(connection: Connection, goal: Goal = Goal.ACCEPTED, **given: Any) -> ScoringReport:
    """The report on everything, as of :data:`NOW`."""
    question = replace(Question(ALL, NOW), **given)
    refresh(connection)
    versions = scoring.definitions(connection)
    counts = ScoringCounts(
        versions,
        scoring.score_counts(connection, question, goal, versions),
        scoring.fit_counts(connection, question, goal),
        scoring.rules_looked_at(connection, question, goal, RULES),
    )
    return scoring_report(question.period, goal, question.window, RULES, counts)


def crowd(connection: Connection, leads: int, seed: int) -> None:
    """Leads of which some cross, are accepted, won, or come back."""
    chance = random.Random(seed)
    for _ in range(leads):
        moves = [(1, "known", chance.uniform(0, 100))]
        cycle = 1
        if chance.random() < 0.2:
            moves += [(1, "recycled", moves[0][2] + 2), (2, "known", moves[0][2] + 30)]
            cycle = 2
        crossed = moves[-1][2] + chance.uniform(0, 9)
        crosses = chance.random() < 0.7
        if crosses:
            moves.append((cycle, "mql", crossed))
        if chance.random() < 0.5:
            moves.append((cycle, "sal", moves[-1][2] + chance.choice((1, 5, 40))))
            if chance.random() < 0.4:
                moves.append((cycle, "customer", moves[-1][2] + 10))
        lead = add_lead(
            connection,
            moves,
            owner=f"rep-{chance.randrange(3)}",
            source=chance.choice(("web", "fair")),
            fit=chance.choice(("A", "D", "")),
            fit_points=chance.choice((-40, 5, 35, 60)),
            title=chance.choice(("CEO", "Student", "Clerk")),
        )
        if crosses:
            grade = chance.choice(("A1", "B2", "C2"))
            cross(connection, lead, crossed, grade, chance.randrange(30, 90), cycle=cycle)
        for rule in CONDUCT:
            if chance.random() < 0.3:
                does(connection, lead, chance.uniform(0, 120), rule=rule, points=5)


def test_what_counts_of_a_grade_by_hand(connection: Connection) -> None:
    """One accepted in time, one late, one too young, one that sales had before it crossed."""
    moves = [(1, "known", 0.0), (1, "mql", 10.0)]
    for name in ("soon", "late", "never"):
        later = {"soon": [(1, "sal", 12.0)], "late": [(1, "sal", 60.0)], "never": []}[name]
        cross(connection, add_lead(connection, [*moves, *later]), 10, "A1", 62)
    young = add_lead(connection, [(1, "known", 0.0), (1, "mql", 170.0), (1, "sal", 171.0)])
    cross(connection, young, 170, "A1", 62)
    before = add_lead(connection, [(1, "known", 0.0), (1, "sal", 4.0)])
    cross(connection, before, 5, "A1", 62)
    back = [(1, "known", 0.0), (1, "recycled", 5.0), (2, "known", 20.0), (2, "mql", 21.0)]
    cross(connection, add_lead(connection, [*back, (2, "customer", 30.0)]), 21, "B2", 31, cycle=2)

    found = {(one.grade, one.kind): one for one in asked(connection, window=30).grades}
    won = {(one.grade, one.kind): one for one in asked(connection, Goal.WON).grades}

    row = found["A1", None]
    assert (row.leads, row.immature, row.reached, row.share) == (4, 1, 1, None)
    back_again = found["B2", Kind.RECYCLED]
    assert (back_again.leads, back_again.reached) == (1, 1)
    assert (won[None, None].leads, won[None, None].immature, won[None, None].reached) == (5, 0, 1)


SECOND_WAY = """
    SELECT c.grade, count(*), count(*) FILTER (WHERE c.at > :now - interval '20 days'),
        count(*) FILTER (WHERE c.at <= :now - interval '20 days' AND EXISTS (
            SELECT FROM stage_transition AS m WHERE m.lead_id = c.lead_id AND m.cycle = c.cycle
            AND m.to_stage IN ('sal', 'sql', 'opportunity', 'customer')
            AND m.at <= c.at + interval '20 days'))
    FROM crossing AS c WHERE c.at >= :start AND c.at < :end AND NOT EXISTS (
        SELECT FROM stage_transition AS m WHERE m.lead_id = c.lead_id AND m.cycle = c.cycle
        AND m.to_stage IN ('sal', 'sql', 'opportunity', 'customer') AND m.at < c.at)
    GROUP BY 1
"""
FIT_SECOND_WAY = """
    WITH entered AS (
        SELECT lead_id, cycle, min(at) AS at, min(at) FILTER (
            WHERE to_stage IN ('sal', 'sql', 'opportunity', 'customer')) AS sal
        FROM stage_transition
        WHERE to_stage IN ('known', 'engaged', 'mql', 'sal', 'sql', 'opportunity', 'customer')
        GROUP BY 1, 2
    )
    SELECT CASE WHEN fit_points >= 50 THEN 'A' WHEN fit_points >= 30 THEN 'B'
        WHEN fit_points >= 0 THEN 'C' ELSE 'D' END, count(*),
        count(*) FILTER (WHERE at > :now - interval '20 days'),
        count(*) FILTER (WHERE at <= :now - interval '20 days'
            AND sal <= at + interval '20 days')
    FROM entered JOIN lead ON lead.id = lead_id
    WHERE fit <> '' AND at >= :start AND at < :end GROUP BY 1
"""


def test_grades_and_letters_are_what_another_statement_counts(connection: Connection) -> None:
    """Figures that only our own code can come to are believed by nobody."""
    crowd(connection, 400, seed=6)
    period = Period(date(2026, 3, 10), date(2026, 9, 1), "Asia/Seoul")
    span = {"start": period.start, "end": period.end, "now": NOW - timedelta(days=70)}

    found = asked(connection, period=period, window=20, now=NOW - timedelta(days=70))

    for rows, statement_ in ((found.grades, SECOND_WAY), (found.letters, FIT_SECOND_WAY)):
        counted = {row[0]: tuple(row[1:]) for row in connection.execute(text(statement_), span)}
        shown = {
            one.grade: (one.leads, one.immature, one.reached)
            for one in rows
            if one.kind is None and one.grade is not None
        }
        assert shown == counted
        assert min(map(min, counted.values())) > 0
    mature = sum(one.leads - one.immature for one in found.grades if one.grade and one.kind)
    assert found.thresholds[0].leads == mature


def test_rules_are_counted_lead_by_lead(connection: Connection) -> None:
    """Of interest until the goal was reached, or the lead began anew: what somebody did as a
    customer made no customer of them."""
    crowd(connection, 200, seed=8)
    refresh(connection)
    units = connection.execute(
        text(
            "SELECT lead_id, unit.cycle, known_at, sal_at, title FROM funnel_unit AS unit "
            "JOIN lead ON lead.id = lead_id"
        )
    ).all()
    did = connection.execute(text("SELECT lead_id, rule, at FROM engagement")).all()
    with_rule, reached = Counter[tuple[str, int | None]](), Counter[tuple[str, int | None]]()
    for one in units:
        rules: set[tuple[str, int | None]] = {
            (event.rule, None)
            for event in did
            if event.lead_id == one.lead_id
            and (one.cycle == 1 or event.at >= one.known_at)
            and (one.sal_at is None or event.at < one.sal_at)
            and not any(
                later.lead_id == one.lead_id
                and one.cycle < later.cycle
                and later.known_at <= event.at
                for later in units
            )
        }
        if one.title == "CEO":
            rules.add(("decides about money", 20))
        if one.title == "Student":
            rules.add(("still learns or looks for work", -30))
        with_rule.update(rules)
        reached.update(rules if one.sal_at else ())

    found = scoring.rules_looked_at(connection, Question(ALL, NOW), Goal.ACCEPTED, RULES)

    def shown(one: RuleCount) -> tuple[str, int | None]:
        return one.rule, one.points

    assert {shown(one): (one.leads, one.reached) for one in found.counts} == {
        rule: (number, reached[rule]) for rule, number in with_rule.items()
    }
    assert (found.leads, found.chosen) == (len(units), False)
    assert found.unanswered["head count"] == len(units)


def test_a_version_counts_what_was_handed_over_under_it(connection: Connection) -> None:
    """A version is in force from its rescoring on, in journey time; the first always was."""
    for version, levels in ((1, '{"1": 60}'), (2, '{"1": 40}')):
        policy = connection.scalar(
            text(
                "INSERT INTO policy_version (name, version, digest, source, definition) "
                "VALUES ('scoring', :version, '', '', jsonb_build_object('levels', "
                "cast(:levels AS jsonb), 'letters', '{}'::jsonb, 'matrix', '{}'::jsonb)) "
                "RETURNING id"
            ).bindparams(version=version, levels=levels)
        )
        connection.execute(
            text("INSERT INTO scoring_run (policy_version_id, started_at) VALUES (:id, :at)"),
            {"id": policy, "at": BEGIN + timedelta(days=20 * version)},
        )
    for day in (3, 25, 39, 41, 60):
        lead = add_lead(connection, [(1, "known", 0), (1, "mql", day)])
        cross(connection, lead, day, "A1", 60)

    found = asked(connection).versions

    assert [(one.version, one.leads, one.levels) for one in found] == [
        (2, 2, {"1": 40}),
        (1, 3, {"1": 60}),
    ]


def test_a_grade_opens_as_many_leads_as_it_says(connection: Connection) -> None:
    """Somebody who presses 17 and finds 15 trusts no figure any more."""
    crowd(connection, 100, seed=4)
    found = asked(connection)
    for one in found.grades:
        if one.kind is None:
            behind = LeadsBehind(CountedAs.GRADED, Question(ALL, NOW), at=one.grade or "")
            statement_ = statement(behind)
            assert (
                len(connection.execute(text(statement_.sql), statement_.values).all()) == one.leads
            )


def test_a_team_sees_its_own(connection: Connection) -> None:
    """An SDR would read how other teams do."""
    crowd(connection, 60, seed=5)
    connection.execute(
        text("INSERT INTO rep (code, name, email, team) VALUES ('rep-1', 'a', 'a@a', 'emea')")
    )
    found = asked(connection, only={Dimension.TEAM: "emea"})
    owned = "SELECT count(*) FROM funnel_unit WHERE owner = 'rep-1'"
    assert found.looked_at == connection.scalar(text(owned)) > 0


def test_interest_of_a_later_cycle_is_not_that_of_the_one_before(connection: Connection) -> None:
    """What brought a lead back would praise, or blame, the rule in the cycle that failed."""
    moves = [(1, "known", 0.0), (1, "recycled", 5.0), (2, "known", 20.0), (2, "sal", 30.0)]
    lead = add_lead(connection, moves)
    for days in (21, 25):
        does(connection, lead, days, rule="looked at prices", points=12)
    refresh(connection)

    for window in (None, 60):
        question = Question(ALL, NOW, window=window)
        found = scoring.rules_looked_at(connection, question, Goal.ACCEPTED, RULES)
        of = {one.rule: (one.leads, one.reached) for one in found.counts}
        assert of["looked at prices"] == (1, 1)


def test_a_rule_that_is_worth_nothing_holds_all_the_same(connection: Connection) -> None:
    """'Never holds' of a rule that holds every day sends people to look for a fault."""
    lead = add_lead(connection, [(1, "known", 0)])
    does(connection, lead, 1, rule="looked at prices", points=0)
    does(connection, lead, 1, rule="read a page", points=0, machine="agent")
    connection.execute(
        text("UPDATE engagement SET worth = 5 WHERE rule = 'read a page' AND lead_id = :lead"),
        {"lead": lead},
    )
    refresh(connection)

    found = scoring.rules_looked_at(connection, Question(ALL, NOW), Goal.ACCEPTED, RULES)

    assert {one.rule for one in found.counts if one.about == "interest"} == {"looked at prices"}


def test_what_none_of_the_chosen_had_is_asked_of_all_others(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lead in a thousand asked for a trial: chance will miss it."""
    monkeypatch.setattr(scoring, "LOOKED_AT", 2)
    leads = [add_lead(connection, [(1, "known", 0)]) for _ in range(6)]
    for number, lead in enumerate(leads):
        does(connection, lead, 1, rule=CONDUCT[number % 2])
        # Of some other rule each, that two at most of the chosen have.
        does(connection, lead, 1, rule=[one.rule for one in RULES.interest][number])
    refresh(connection)

    found = scoring.rules_looked_at(connection, Question(ALL, NOW), Goal.ACCEPTED, RULES)

    held = set(connection.scalars(text("SELECT rule FROM engagement")))
    seen = {one.rule for one in found.counts if one.about == "interest"}
    assert found.chosen
    assert set(found.elsewhere) == held - seen != set()

    # Of too many others nobody knows: then no rule of interest is said to hold never.
    monkeypatch.setattr(scoring, "LOOKED_FURTHER", 5)
    found = scoring.rules_looked_at(connection, Question(ALL, NOW), Goal.ACCEPTED, RULES)
    assert set(found.elsewhere) == {one.rule for one in RULES.interest} - seen
