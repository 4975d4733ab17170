"""What is known of an opportunity, and the dates of a customer, without any clock."""

from __future__ import annotations

from datetime import date

import pytest

from domain.checking.checked import CheckedTexts, check_texts
from domain.checking.policies import read_policy
from domain.sales.customers import CustomerPolicy, Months
from domain.sales.opportunities import OpportunityPolicy, missing


def test_what_nobody_recorded_is_missing_and_so_is_an_empty_answer() -> None:
    """A seller would think that the budget is known because somebody typed a blank."""
    assert missing({}) == ["budget", "authority", "need", "timeline"]
    assert missing({"need": "dispatch", "budget": " ", "authority": None}) == [
        "budget",
        "authority",
        "timeline",
    ]
    assert missing(dict.fromkeys(("budget", "authority", "need", "timeline"), "yes")) == []


@pytest.mark.parametrize(
    ("months", "day", "expected"),
    [
        (12, date(2026, 3, 29), date(2027, 3, 29)),
        (12, date(2028, 2, 29), date(2029, 2, 28)),
        (6, date(2026, 8, 31), date(2027, 2, 28)),
        (1, date(2026, 12, 31), date(2027, 1, 31)),
        (120, date(2026, 1, 1), date(2036, 1, 1)),
    ],
)
def test_a_contract_of_months_ends_on_the_day_of_the_month_it_began(
    months: int, day: date, expected: date
) -> None:
    assert Months(months).after(day) == expected


@pytest.mark.parametrize(
    ("line", "place", "sentence"),
    [
        ("dates: {renewal: {after: 1 year, remind: 60 days}}", (2, 26), "is no number of months"),
        ("dates: {birthday: {after: 1 month, remind: 1 day}}", (2, 9), "renewal"),
        ("hand_over: [{task: Call, due: soon}]", (2, 31), "is no span of time"),
        (
            "hand_over: [{task: Call, due: 1 day}, {task: call, due: 1 day}]",
            (2, 39),
            "is already an earlier task",
        ),
    ],
)
def test_a_customer_policy_that_cannot_be_kept_is_refused_with_its_place(
    line: str, place: tuple[int, int], sentence: str
) -> None:
    policy, problems = read_policy(f"policy: customer\n{line}\n", "customer.yaml")

    assert policy is None
    assert sentence in problems[0].message
    assert problems[0].line == place[0]


def test_a_reason_to_lose_that_is_no_code_is_refused() -> None:
    """It travels through Temporal, where no free text may be."""
    text = (
        "policy: opportunity\nstages: [{name: a, expected: 1 week}]\nstall_warnings: 0\n"
        "loss_reasons: [price, Too late]\n"
    )
    policy, problems = read_policy(text, "opportunity.yaml")

    assert policy is None
    assert "'Too late' can't be a reason" in problems[0].message


@pytest.mark.parametrize(
    ("lines", "place", "sentence"),
    [
        (
            "stages: [{name: a, expected: 1 week}]\nloss_reasons: [price, timing, price]\n",
            (4, 31),
            "the reason 'price' is here twice. Delete one",
        ),
        (
            "stages: [{name: a, expected: 1 week}, {name: a, expected: 2 weeks}]\n",
            (3, 46),
            "there is a stage 'a' above already",
        ),
    ],
)
def test_what_stands_twice_in_a_sale_s_policy_is_refused_with_its_place(
    lines: str, place: tuple[int, int], sentence: str
) -> None:
    """Two lines of one reason would be counted as two; an opportunity would never leave the
    stage."""
    text = f"policy: opportunity\nstall_warnings: 0\n{lines}"
    _, problems = read_policy(text, "opportunity.yaml")

    assert [(one.line, one.column) for one in problems] == [place]
    assert sentence in problems[0].message


def test_the_shortest_policies_are_enough() -> None:
    short = {"policy": "opportunity", "stages": [{"name": "a", "expected": "1 week"}]}
    sale = OpportunityPolicy.model_validate(short | {"stall_warnings": 0})
    care = CustomerPolicy.model_validate({"policy": "customer"})

    assert str(sale.expected("gone")) == "1 week"
    assert (care.owner, care.task_ids(), list(care.first_dates(date(2026, 1, 1)))) == ("", [], [])


@pytest.mark.parametrize(
    ("owner", "told"),
    [("success", []), ("cs-1", []), ("sucess", ["there is no rep or team 'sucess'."])],
)
def test_an_owner_of_customers_that_is_no_rep_or_team_is_refused(
    owner: str, told: list[str]
) -> None:
    """Customers would stay with sales, and nobody would notice."""
    texts = {
        "team.yaml": (
            "policy: team\nteams: [{team: success}]\n"
            "reps: [{code: cs-1, name: E, email: e@x.example, team: success}]\n"
        ),
        "customer.yaml": f"policy: customer\nowner: {owner}\n",
    }
    checked = CheckedTexts()
    check_texts(checked, texts, {}, set())

    assert [
        problem.message[: len("there is no rep or team 'sucess'.")]
        for problem in (checked.problems)
    ] == told
