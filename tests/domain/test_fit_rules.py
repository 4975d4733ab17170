"""Points by bands, and rules of which the first counts: lists of all kinds score as they should."""

from __future__ import annotations

from typing import Any

import pytest

from domain.checking.policies import read_policy
from domain.rules.facts import SOME_DAY
from domain.scoring.fit import Fit, fit_of
from domain.scoring.policy import ScoringPolicy
from settings import ROOT
from tests.domain.test_scoring_policy import GOOD, found, read

RULE = "  - {rule: decides, if: 'lead.title.contains(\"CEO\")', points: 20}\n"
RULES = GOOD.replace(
    RULE,
    """\
  - first:
      - {rule: boss, if: 'lead.title == "CEO"', points: 30}
      - {rule: chief, if: 'lead.title.startsWith("C")', points: 10}
      - {rule: anybody, if: 'lead.title != ""', points: 1}
  - rule: head count
    value: [number(lead.attributes.employees), number(account.attributes.employees)]
    bands: {500: 30, 100: 20, 50: 5, 10: 0, 0: -20}
  - {rule: free mail, if: lead.has_free_mail, points: -15}
""",
)
NOBODY: dict[str, Any] = {
    **dict.fromkeys(("first_name", "last_name", "title", "company", "country", "language"), ""),
    "source": "",
    "stage": "known",
    "attributes": {},
    "email_domain": "a.example",
    "has_free_mail": False,
    "has_phone": False,
    "has_opted_out": False,
}


def fit(rules: ScoringPolicy, account: Any = None, **lead: Any) -> Fit:
    """The fit of somebody."""
    whose = {"name": "", "domain": "", "attributes": {}} | (account or {})
    return fit_of(rules, NOBODY | lead, whose, SOME_DAY)


@pytest.mark.parametrize(
    ("title", "points"), [("CEO", 30), ("CTO", 10), ("Clerk", 10), ("Owner", 1), ("", 0)]
)
def test_of_some_rules_the_first_that_fits_counts(title: str, points: int) -> None:
    """A CEO would get the points of three rules, and stand above everybody else."""
    assert fit(read(RULES), title=title).points == points


@pytest.mark.parametrize(
    ("said", "points"),
    [
        ("1,250", 30),
        ("1000+", 30),
        ("250.0", 20),
        ("51-200", 5),
        ("50", 5),
        ("49", 0),
        ("2-10 employees", -20),
        ("-5", 0),
    ],
)
def test_a_number_gives_the_points_of_its_band(said: str, points: int) -> None:
    """Head counts come as people export them; 'below the lowest' is no band."""
    assert fit(read(RULES), attributes={"employees": said}).points == points


def test_the_first_number_that_can_be_read_counts_and_what_can_not_is_said() -> None:
    """One bad column would hide a good one; a bad one alone would be a riddle."""
    rules = read(RULES)
    account = {"attributes": {"employees": "700"}}

    assert fit(rules, account, attributes={"employees": "n/a"}).points == 30
    unread = fit(rules, attributes={"employees": "n/a"})
    assert unread.unanswered == (("head count", "lead.attributes.employees is no number"),)
    unknown = fit(rules)
    assert unknown.unanswered == (("head count", "'employees' is not known of this lead"),)


@pytest.mark.parametrize(
    ("wrong", "right", "problem"),
    [
        (
            "value: [number(lead.attributes.employees),",
            "value: [lead.attributes.employees,",
            "not a number",
        ),
        ("bands: {500: 30,", "bands: {500: many,", ""),
        ("bands: {500: 30, 100: 20, 50: 5, 10: 0, 0: -20}", "bands: {}", ""),
        ("rule: chief", "rule: boss", "there is a rule 'boss' above already"),
        ("rule: free mail", "rule: chief", "there is a rule 'chief' above already"),
        ("lead.has_free_mail,", "lead.has_free_mail == 1,", "different kinds of value"),
        ("- first:\n", "- first: boss\n    also:\n", ""),
        ("number(account.attributes.employees)]", 'number("many")]', "number can't read this text"),
    ],
)
def test_mistakes_in_bands_and_lists_are_named(wrong: str, right: str, problem: str) -> None:
    """They would score everybody wrongly."""
    assert wrong in RULES
    problems = found(RULES.replace(wrong, right, 1))

    assert problems
    assert problem in problems[0]


HEAD_COUNTS = [
    "number_of_employees",
    "employees",
    "no_of_employees",
    "employee_count",
    "company_size",
    "company_employees",
    "직원수",
    "员工人数",
]


@pytest.mark.parametrize("column", HEAD_COUNTS)
@pytest.mark.parametrize("said", ["1,250", "250.0", "1 250", "101-200", "1000+"])
def test_the_shipped_rules_read_head_counts_of_any_list(column: str, said: str) -> None:
    """Fifteen of sixteen leads would miss the points of their company's size."""
    source = (ROOT / "cadences" / "scoring.yaml").read_text(encoding="utf-8")
    rules, problems = read_policy(source, "scoring.yaml")
    assert isinstance(rules, ScoringPolicy), problems

    assert fit(rules, attributes={column: said}).rules == (("head count", 20),)
