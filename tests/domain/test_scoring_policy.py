"""scoring.yaml: a mistake that is not named here scores every lead wrongly, and nobody sees it."""

from __future__ import annotations

import pytest

from domain.checking.policies import read_policy
from domain.scoring.policy import ScoringPolicy
from settings import ROOT

GOOD = """\
policy: scoring
half_life: 21 days
interest:
  - {rule: opened, on: open, points: 1, at_most: 3 per week}
  - {rule: prices, on: [page, screen], if: 'event.path.startsWith("/pricing")', points: 12}
  - {rule: looked, on: page, points: 1}
levels: {1: 60, 2: 30, 3: 10}
fit:
  - {rule: decides, if: 'lead.title.contains("CEO")', points: 20}
letters: {A: 30, B: 15, C: 0}
matrix:
  A: [hot, mql, engaged, known]
  B: [hot, mql, engaged, known]
  C: [mql, mql, engaged, known]
  D: [engaged, engaged, known, known]
hot_within: 15 minutes
"""


def found(text: str) -> list[str]:
    """The problems of a scoring file, without its name."""
    return [str(problem).removeprefix("x:") for problem in read_policy(text, "x")[1]]


def read(text: str) -> ScoringPolicy:
    """A scoring policy that must be right."""
    policy, problems = read_policy(text, "x")
    assert problems == []
    assert isinstance(policy, ScoringPolicy)
    return policy


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ("half_life: 21 days\n", "", "1:1: 'half_life:' is missing here"),
        ("21 days", "0 days", "2:12: '0 days' is no time at all"),
        ("21 days", "soon", "2:12: 'soon' is no span of time"),
        ("21 days", "101 years", "2:12: unknown unit 'years'"),
        ("21 days", "9000 weeks", "2:12: '9000 weeks' is more than 100 years"),
        ("half_life", "half_live", "2:1: unknown key 'half_live'. Did you mean 'half_life'?"),
        ("on: open", "on: opn", "4:24: unknown kind of event 'opn'. Did you mean 'open'?"),
        ("on: open", "on: score", "4:24: unknown kind of event 'score'"),
        ("on: open", "on: []", "4:24: this is empty"),
        ("on: open", "on: 7", "4:24: this must be a kind of event or a list of them"),
        ("[page, screen]", "[page, scren]", "5:31: unknown kind of event 'scren'. Did you mean"),
        ("points: 1, at", "points: lots, at", "4:38: this must be a whole number"),
        ("points: 1, at", "points: true, at", "4:38: this must be a whole number"),
        ("points: 1, at", "points: 99999, at", "4:38: input should be less than or equal to"),
        ("points: 1, at_most", "at_most", "4:5: 'points:' is missing here"),
        ("3 per week", "often", "4:50: 'often' is no limit. Write a number and a period"),
        ("3 per week", "3 per wek", "4:50: unknown period 'wek'. Did you mean 'week'?"),
        ("3 per week", "0 per week", "4:50: a rule that counts 0 times never counts"),
        ("3 per week", "", "4:49: there is nothing after the colon"),
        ("rule: opened,", "rule: '',", "4:12: a rule needs a name"),
        ("rule: looked", "rule: opened", "6:12: there is a rule 'opened' above already"),
        ("looked, on: page", "looked, on: open", "6:12: no event ever reaches this rule: 'opened'"),
        ("event.path", "event.pth", "5:51: unknown field 'pth' of event. Did you mean 'path'?"),
        ("event.path", "event.plan", "5:51: unknown field 'plan' of event. For one of your own"),
        ("event.path", "lead.title", "5:45: unknown variable 'lead'"),
        ('startsWith("/pricing")', "size()", "5:45: this gives a number, not yes or no"),
        ("startsWith(", "startWith(", "5:56: unknown function 'startWith'. Did you mean"),
        ("'event.path.startsWith(\"/pricing\")'", "", "5:43: there is nothing after the colon"),
        ("lead.title", "lead.titel", "9:31: unknown field 'titel' of lead. Did you mean 'title'?"),
        ("lead.title", "event.name", "9:26: unknown variable 'event'"),
        ("lead.title", "account.size", "9:34: unknown field 'size' of account."),
        ("{1: 60, 2: 30, 3: 10}", "{1: 60, 2: 60, 3: 10}", "7:20: level 2 begins at 60 points"),
        ("{1: 60, 2: 30, 3: 10}", "{1: 60, 2: 30}", "7:9: the level 3 is missing"),
        (", 3: 10}", ", 3: 10, 4: 5}", "7:34: unknown level '4'. Use 1, 2, 3"),
        (", 3: 10}", ", 3: 0}", "7:27: level 3 must begin at 1 point or more"),
        ("levels: {1: 60, 2: 30, 3: 10}", "levels: 30", "7:9: this must be keys with values"),
        ("B: 15, C: 0", "B: 15, C: 15", "10:28: letter C begins at 15 points"),
        ("B: 15, C: 0", "B: 15, E: 0", "10:28: unknown letter 'E'. Use A, B, C"),
        ("C: [mql, mql", "C: [mql, sales", "14:12: 'sales' is not known here. Use one of"),
        ("C: [mql, mql, engaged, known]", "C: [mql, mql]", "14:6: a row has four cells"),
        ("C: [mql, mql", "C: [mql, hot", "14:12: interest 2 means hot here, more than"),
        ("B: [hot", "B: [mql", ""),
        ("C: [mql", "C: [hot", ""),
        ("B: [hot, mql", "B: [engaged, engaged", "14:7: the row C means mql here, more than B"),
        ("  D: [engaged, engaged, known, known]\n", "", "12:3: the row D is missing"),
        ("15 minutes", "now", "16:13: 'now' is no span of time"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_mend(
    right: str, wrong: str, problem: str
) -> None:
    """Marketing fixes its file without asking anybody; '' is for what is no mistake."""
    assert right in GOOD
    problems = found(GOOD.replace(right, wrong, 1))

    if problem:
        assert [line for line in problems if line.startswith(problem)], problems
    else:
        assert problems == []


def test_several_mistakes_are_told_at_once() -> None:
    """Else mending a file takes as many attempts as it has mistakes."""
    text = GOOD.replace("on: open", "on: opn").replace("15 minutes", "now").replace("A: 30", "A: 3")

    assert [line.split(":")[0] for line in found(text)] == ["4", "10", "16"]


def test_a_published_policy_reads_back_as_it_was_written() -> None:
    """It is kept as JSON: a rule that lost its condition or cap there would score everybody."""
    policy = read(GOOD)

    again = ScoringPolicy.model_validate(policy.model_dump(mode="json", by_alias=True))

    assert again == policy
    assert again.interest[1].condition == 'event.path.startsWith("/pricing")'
    assert str(again.interest[0].at_most) == "3 per week"
    assert again.levels == {1: 60, 2: 30, 3: 10}


@pytest.mark.parametrize(
    "folder", ["cadences", "tests/workflows/cadences", "tests/faults/cadences"]
)
def test_our_own_files_are_right(folder: str) -> None:
    """What ships is published on a machine where nobody knows these rules yet."""
    read((ROOT / folder / "scoring.yaml").read_text(encoding="utf-8"))


def test_the_shipped_points_of_answers_are_the_agreed_ones() -> None:
    """Sales and marketing planned with them: three clicks, or one reply, or one booking."""
    policy = read((ROOT / "cadences/scoring.yaml").read_text(encoding="utf-8"))

    worth = {rule.on[0]: rule.points for rule in policy.interest if not rule.condition}
    agreed = {"open": 1, "click": 10, "reply": 40, "form": 25, "booking": 60, "unsubscribe": -20}
    assert agreed.items() <= worth.items()
    assert policy.levels == {1: 60, 2: 30, 3: 10}
