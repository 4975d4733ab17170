"""Rules of fit that follow from what was won, as a person can publish them."""

from __future__ import annotations

from datetime import date

import pytest

from domain.figures.periods import Period
from domain.figures.win_loss import (
    TraitCount,
    TraitsLookedAt,
    WinLossCounts,
    WinLossReport,
    win_loss_report,
)
from tests.domain.test_fit_rules import fit
from tests.domain.test_scoring_policy import GOOD, read

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1), "UTC")
VALUES = ("HVAC", 'O\'Neil "x" \\ y', "업종", "two\nlines", "a: b #c", "{x}")
RULE = "fit:\n  - {rule: decides, if: 'lead.title.contains(\"CEO\")', points: 20}\n"


def reported(*counts: TraitCount, asked: tuple[str, ...] = ()) -> WinLossReport:
    looked_at = TraitsLookedAt(1000, 200, False, counts)
    return win_loss_report(YEAR, None, WinLossCounts([], [], [], looked_at), asked)


def trait(value: str, closed: int, won: int, key: str = "industry") -> TraitCount:
    return TraitCount("lead.attributes", key, value, closed, won)


def test_points_follow_from_the_nearer_end_of_the_lift() -> None:
    """Points for what chance brought would send sales after the wrong leads."""
    found = reported(
        trait("good", 200, 100), trait("bad", 300, 12), trait("none", 60, 0), trait("so", 400, 82)
    )
    points = {one.condition.partition('"')[2][:-1]: one.points for one in found.traits}

    good = next(one for one in found.traits if "good" in one.condition)
    assert good.lift == 2.5
    # The lower end is 2.05 or so: one doubling.
    assert points == {"good": 10, "bad": -15, "none": -10, "so": 0}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("key", ["industry", "업종", 'a "b"'])
def test_a_suggested_rule_can_be_published_and_holds_for_whom_it_was_found(
    value: str, key: str
) -> None:
    """What is pasted and then refused, or holds of nobody, is never tried again."""
    found = reported(trait(value, 200, 150, key))

    rules = read(GOOD.replace(RULE, found.suggested))

    [rule] = rules.fit
    assert fit(rules, attributes={key: value}).points == getattr(rule, "points", 0) > 0
    assert fit(rules, attributes={key: "other"}).points == 0


def test_several_rules_have_names_of_their_own() -> None:
    """Two rules of one name are refused by the policy."""
    of_account = TraitCount("account.attributes", "industry", "HVAC", 200, 150)
    country = TraitCount("lead.country", "", "KR", 200, 150)
    found = reported(*(trait(one, 200, 150) for one in VALUES), of_account, country)

    assert len(read(GOOD.replace(RULE, found.suggested)).fit) == len(VALUES) + 2


def test_what_a_rule_asks_for_already_is_not_suggested_again() -> None:
    """It would count twice."""
    asked = ('lead.attributes.industry.contains("HVAC")',)
    found = reported(trait("HVAC", 200, 150), asked=asked)

    assert (found.traits[0].asked_already, found.suggested) == (True, "")
