"""Fit and standing: what decides whom sales calls."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checking.policies import read_policy
from domain.rules.facts import SOME_DAY
from domain.scoring.fit import fit_of, letter_of
from domain.scoring.policy import LETTERS, MEANINGS, Meaning, ScoringPolicy
from domain.scoring.standing import at_least, points_to, standing_of
from settings import ROOT

SHIPPED, _ = read_policy(
    (ROOT / "cadences" / "scoring.yaml").read_text(encoding="utf-8"), "scoring.yaml"
)
assert isinstance(SHIPPED, ScoringPolicy)
POLICY: ScoringPolicy = SHIPPED

NOBODY: dict[str, Any] = dict.fromkeys(
    ("first_name", "last_name", "title", "company", "country", "language", "source", "stage"), ""
) | {"attributes": {}}
NO_ACCOUNT = {"name": "", "domain": "", "attributes": {}}

letters = st.sampled_from(LETTERS)
scores = st.integers(0, 200)
meanings = st.sampled_from(MEANINGS)


def lead(title: str, **attributes: str) -> dict[str, Any]:
    """A lead with a title and attributes."""
    return NOBODY | {"title": title, "attributes": attributes}


def test_a_lead_of_whom_nothing_is_known_is_a_c() -> None:
    """Most leads begin as an address: they must not be shut out, nor alert anybody."""
    fit = fit_of(POLICY, NOBODY, NO_ACCOUNT, SOME_DAY)

    assert (fit.points, fit.letter, fit.rules) == (0, "C", ())
    assert fit_of(POLICY, {}, {}, SOME_DAY).letter == "C"
    assert standing_of(POLICY, "C", 29).meaning == "engaged"
    assert standing_of(POLICY, "C", 30).meaning == "mql"
    assert standing_of(POLICY, "C", 200).meaning == "mql"


@pytest.mark.parametrize(
    ("who", "letter"),
    [
        (lead("Owner", number_of_employees="140", industry="HVAC"), "A"),
        (lead("대표이사", number_of_employees="310", industry="Elevator maintenance"), "A"),
        (lead("VP Operations", number_of_employees="60", industry="Plumbing"), "B"),
        (lead("Operations Analyst", number_of_employees="260", industry="Solar"), "B"),
        (lead("Dispatch Supervisor", number_of_employees="44", industry="Heating"), "C"),
        (lead("Student", industry="HVAC"), "D"),
        (lead("Owner", industry="Field service management software"), "D"),
        (lead("", number_of_employees="3"), "D"),
        (lead("Owner", number_of_employees="about fifty"), "C"),
    ],
)
def test_the_shipped_rules_tell_whom_we_sell_to(who: dict[str, Any], letter: str) -> None:
    """Rules that can't be answered count as false; the rest still count."""
    assert fit_of(POLICY, who, NO_ACCOUNT, SOME_DAY).letter == letter


def test_the_account_makes_a_lead_fit_too() -> None:
    """What a group call says of the company reaches everybody in it; its size may be a number."""
    account = NO_ACCOUNT | {"attributes": {"employees": 120}}

    fit = fit_of(POLICY, lead("Owner"), account, SOME_DAY)

    assert dict(fit.rules)["head count"] == 20
    assert sum(points for _, points in fit.rules) == fit.points


def test_one_odd_attribute_does_not_spoil_the_fit() -> None:
    """What a site sends along is anything: a huge number must not make an owner a stranger."""
    who = lead("Owner") | {"attributes": {"odd": 10**40, "number_of_employees": "140"}}

    assert fit_of(POLICY, who, NO_ACCOUNT, SOME_DAY).points == 40


@given(letters, letters, scores, scores)
def test_more_never_means_less(better: str, worse: str, high: int, low: int) -> None:
    """A lead that fits better or does more must not be handed back for it."""
    better, worse = sorted((better, worse))
    low, high = sorted((low, high))

    above, below = standing_of(POLICY, better, high), standing_of(POLICY, worse, low)

    assert at_least(above.meaning, below.meaning)
    assert above.level <= below.level


@given(st.integers(-100, 100), st.integers(-100, 100))
def test_more_fit_points_never_give_a_worse_letter(one: int, other: int) -> None:
    """Letters are read A to D."""
    assert letter_of(POLICY, max(one, other)) <= letter_of(POLICY, min(one, other))


@given(letters | st.just(""), scores, meanings)
def test_the_points_missing_are_exactly_those(letter: str, score: int, meaning: Meaning) -> None:
    """`lead show` promises an SDR how far a lead is from them."""
    missing = points_to(POLICY, letter, score, meaning)

    if missing is None:
        assert not at_least(standing_of(POLICY, letter, 10_000).meaning, meaning)
        return
    assert at_least(standing_of(POLICY, letter, score + missing).meaning, meaning)
    if missing > 0:
        assert not at_least(standing_of(POLICY, letter, score + missing - 1).meaning, meaning)


def test_a_lead_that_does_not_fit_is_never_handed_over() -> None:
    """An SDR's morning is not for students and competitors."""
    assert points_to(POLICY, "D", 0, "mql") is None
    assert points_to(POLICY, "C", 12, "mql") == 18
    assert points_to(POLICY, "C", 12, "hot") is None
    assert points_to(POLICY, "A", 12, "hot") == 48


def test_a_fit_not_yet_computed_is_read_as_nothing_known() -> None:
    """A lead in the middle of an import already has a grade."""
    assert standing_of(POLICY, "", 30).grade == "C2"
