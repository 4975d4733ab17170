"""What scores foretell, counted another way."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.figures.funnel import Kind
from domain.figures.intervals import newcombe, of_area, z_of
from domain.figures.periods import Period
from domain.figures.scoring import (
    DefinitionVersion,
    FitCount,
    Goal,
    RuleCount,
    RulesLookedAt,
    RuleVerdict,
    ScoreCount,
    ScoringCounts,
    ScoringReport,
    area,
    lift,
    scoring_report,
    suggestion,
    thresholds,
)
from settings import ROOT
from tests.domain.test_scoring_policy import read

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1), "Asia/Seoul")
RULES = read((ROOT / "cadences" / "scoring.yaml").read_text(encoding="utf-8"))


def reported(counts: ScoringCounts) -> ScoringReport:
    return scoring_report(YEAR, Goal.WON, None, RULES, counts)


def some_points(chance: random.Random, leads: int) -> list[tuple[int, bool]]:
    """Leads with points, and whether they reached the goal: the more of one, the more of the
    other."""
    found = []
    for _ in range(leads):
        points = chance.choice((30, 33, 35, 40, 41, 60, 80))
        found.append((points, chance.random() < points / 120))
    return found


def counted(leads: list[tuple[int, bool]]) -> list[tuple[int, int, int]]:
    return [
        (
            points,
            sum(one[0] == points for one in leads),
            sum(one == (points, True) for one in leads),
        )
        for points in sorted({one[0] for one in leads})
    ]


def test_the_area_is_how_often_a_pair_is_in_the_right_order() -> None:
    """An area that is counted wrongly praises a score that tells nothing."""
    leads = some_points(random.Random(3), 300)
    reached = [points for points, one in leads if one]
    others = [points for points, one in leads if not one]
    right = sum((a > b) + (a == b) / 2 for a in reached for b in others)

    found = area(counted(leads))

    assert found.area == round(right / (len(reached) * len(others)), 4)
    assert (found.reached, found.others) == (len(reached), len(others))
    assert area(counted(leads[:25])).area is None


def test_the_interval_of_an_area_is_that_of_its_paper() -> None:
    """Hanley and McNeil 1982: 0.893 of 51 and 58 has a standard error of 0.032."""
    low, high = of_area(0.893, 51, 58)
    assert ((high - low) / 2 / 1.96, (high + low) / 2) == pytest.approx((0.032, 0.893), abs=6e-4)


def test_each_threshold_is_what_counting_leads_gives() -> None:
    """Whoever raises the threshold by the curve has to get what it says."""
    leads = some_points(random.Random(5), 400)

    found = thresholds(counted(leads))

    assert [one.threshold for one in found] == list(range(30, 85, 5))
    for one in found:
        above = [reached for points, reached in leads if points >= one.threshold]
        assert (one.leads, one.reached) == (len(above), sum(above))
        if len(above) >= 20:
            assert one.precision == round(sum(above) / len(above), 4)
        assert one.recall == round(sum(above) / sum(reached for _points, reached in leads), 4)
    assert (found[0].leads, found[0].recall) == (400, 1.0)
    assert thresholds([]) == []
    assert len(thresholds([(at, 1, 0) for at in range(0, 5000, 7)])) <= 30


def test_the_suggested_threshold_keeps_nine_tenths_and_surely_differs() -> None:
    """A threshold that loses customers, or none that is any better, would be followed all the
    same."""
    chance = random.Random(7)
    for _ in range(40):
        leads = some_points(chance, 500)
        found = suggestion(counted(leads))
        fitting = []
        for at in {points for points, _reached in leads}:
            above = [reached for points, reached in leads if points >= at]
            below = [reached for points, reached in leads if points < at]
            if len(above) < 20 or len(below) < 20:
                continue
            if sum(above) < 0.9 * (sum(above) + sum(below)):
                continue
            if newcombe(sum(above), len(above), sum(below), len(below)).low > 0:
                fitting.append((at, len(below), sum(below)))
        assert (found and (found.threshold, found.left_out, found.missed)) == max(
            fitting, default=None
        )
    alike = [(points, 100, 20) for points in (30, 40, 50, 60)]
    assert suggestion(alike) is None
    assert suggestion([(30, 100, 1), (60, 20, 18)]) is None  # 19 that reached it are too few.
    assert suggestion([(30, 100, 1), (60, 40, 30)]) is not None


def test_grades_add_up_and_each_has_its_lift() -> None:
    """Net-new and recycled leads stand apart, and make up the whole."""
    scores = [
        ScoreCount("A1", 70, False, 1, 60, 10, 25),
        ScoreCount("A1", 80, True, 1, 30, 0, 3),
        ScoreCount("B2", 35, False, 1, 120, 0, 12),
        ScoreCount("C2", 33, True, 1, 12, 0, 6),
    ]
    found = {(one.grade, one.kind): one for one in reported(of_scores(scores)).grades}

    whole = found[None, None]
    assert (whole.leads, whole.immature, whole.reached) == (222, 10, 46)
    for name in ("leads", "immature", "reached"):
        parts = [getattr(one, name) for key, one in found.items() if None not in key]
        assert sum(parts) == getattr(whole, name)
        kinds = [getattr(found[None, kind], name) for kind in Kind]
        assert sum(kinds) == getattr(whole, name)
    a1 = found["A1", None]
    assert a1.share == 0.35
    assert a1.lift == round((28 / 80) / (46 / 212), 4)
    assert a1.lift_low is not None
    assert a1.lift_low < a1.lift < (a1.lift_high or 0)
    few = found["C2", None]
    assert (few.reached, few.share, few.lift) == (6, None, None)


def of_scores(scores: list[ScoreCount]) -> ScoringCounts:
    version = DefinitionVersion(1, datetime.min.replace(tzinfo=UTC), {}, {}, {})
    return ScoringCounts([version], scores, [], RulesLookedAt(0, 0, False, [], {}))


def test_letters_are_those_of_the_rules_points() -> None:
    """What sales judged of one lead says nothing of the rules: points alone count."""
    fits = [
        FitCount(55, False, 40, 0, 20),
        FitCount(50, True, 10, 0, 5),
        FitCount(-5, False, 50, 0, 1),
    ]
    found = reported(ScoringCounts([], [], fits, RulesLookedAt(0, 0, False, [], {})))

    assert {one.grade: one.leads for one in found.letters if one.kind is None} == {
        None: 100,
        "A": 50,
        "D": 50,
    }
    assert found.fit_area.area is not None
    assert found.fit_area.area > 0.7


def test_a_rule_is_never_fired_wrong_or_as_meant() -> None:
    """A rule that gives points to those who never buy hands over the wrong leads day by day."""
    counts = [
        RuleCount("interest", "looked at prices", None, 500, 150),
        RuleCount("interest", "read a page", None, 400, 10),
        RuleCount("interest", "looked at jobs", None, 300, 5),
        RuleCount("interest", "replied", None, 19, 19),
        RuleCount("fit", "decides about money", 20, 500, 52),
        RuleCount("fit", "head count", 20, 200, 2),
        RuleCount("fit", "head count", -20, 300, 90),
    ]
    looked_at = RulesLookedAt(2000, 200, False, counts, {"head count": 700})
    found = {
        (one.rule, one.points): one for one in reported(ScoringCounts([], [], [], looked_at)).rules
    }

    verdicts = {key: one.verdict for key, one in found.items() if one.leads}
    assert verdicts == {
        ("looked at prices", 12): RuleVerdict.AS_MEANT,
        ("read a page", 1): RuleVerdict.WRONG_WAY,
        ("looked at jobs", -10): RuleVerdict.AS_MEANT,
        ("replied", 40): RuleVerdict.FEW,
        ("decides about money", 20): RuleVerdict.UNCLEAR,
        ("head count", 20): RuleVerdict.WRONG_WAY,
        ("head count", -20): RuleVerdict.WRONG_WAY,
    }
    assert found["head count", 20].unanswered == 700
    assert found["started a trial", 40].verdict == RuleVerdict.NEVER
    assert found["replied", 40].lift is None
    # Each row's interval is wide enough for all of them together.
    alone = lift(150, 500, 200, 2000)
    together = found["looked at prices", 12]
    assert (alone.lift_low or 0) > (together.lift_low or 0)
    assert z_of(1) == pytest.approx(1.95996, abs=1e-4)


def test_versions_are_those_in_force_in_the_period_with_their_outcome() -> None:
    """Marketing lowered the bar in May: what sales makes of those leads stands beside it."""
    matrix = {letter: ["hot", "mql", "engaged", "known"] for letter in "ABC"}
    first = datetime.min.replace(tzinfo=UTC)
    may = datetime(2026, 5, 1, tzinfo=UTC)
    versions = [
        DefinitionVersion(1, first, {"1": 60}, {"A": 50}, matrix),
        DefinitionVersion(2, YEAR.start - timedelta(days=1), {"1": 60}, {"A": 50}, matrix),
        DefinitionVersion(3, may, {"1": 40}, {"A": 50}, matrix | {"D": ["mql", "known"]}),
        DefinitionVersion(4, YEAR.end, {"1": 40}, {"A": 50}, matrix),
    ]
    scores = [ScoreCount("A1", 60, False, 2, 50, 0, 25), ScoreCount("D1", 40, False, 3, 40, 10, 3)]
    none = RulesLookedAt(0, 0, False, [], {})

    found = reported(ScoringCounts(versions, scores, [], none)).versions

    assert [(one.version, one.leads, one.share) for one in found] == [(3, 40, 0.1), (2, 50, 0.5)]
    assert found[0].ready == ["A1", "A2", "B1", "B2", "C1", "C2", "D1"]
    assert found[0].hot == ["A1", "B1", "C1"]
    assert found[0].levels == {"1": 40}


def test_what_chance_left_out_is_not_said_to_be_never() -> None:
    """One in a thousand is easily missed by a sample: the rule would be deleted though it works."""
    none = RulesLookedAt(2000, 200, True, [], {}, elsewhere=["looked at prices"])
    found = {one.rule: one.verdict for one in reported(ScoringCounts([], [], [], none)).rules}

    assert found["looked at prices"] == RuleVerdict.FEW
    assert found["replied"] == RuleVerdict.NEVER
    assert found["decides about money"] == RuleVerdict.FEW


def test_a_rule_that_many_have_is_not_called_few_where_nobody_reached_the_goal() -> None:
    """'Few' beside 900 leads is read as a fault of the page."""
    counts = [
        RuleCount("interest", "looked at prices", None, 900, 0),
        RuleCount("interest", "read a page", None, 19, 0),
    ]
    looked_at = RulesLookedAt(2000, 0, False, counts, {})
    found = {one.rule: one.verdict for one in reported(ScoringCounts([], [], [], looked_at)).rules}

    assert (found["looked at prices"], found["read a page"]) == (
        RuleVerdict.UNCLEAR,
        RuleVerdict.FEW,
    )


def test_the_day_of_a_version_is_one_of_the_companys_calendar() -> None:
    """Published on the morning of 2 May in Seoul, it would be told of 1 May."""
    evening = datetime(2026, 5, 1, 22, tzinfo=UTC)
    first = DefinitionVersion(1, datetime.min.replace(tzinfo=UTC), {}, {}, {})
    versions = [first, first._replace(version=2, since=evening)]
    none = RulesLookedAt(0, 0, False, [], {})

    found = reported(ScoringCounts(versions, [], [], none)).versions

    assert [one.first_day("Asia/Seoul") for one in found] == [date(2026, 5, 2), None]
