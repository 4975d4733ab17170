"""Rules of fit that follow from what was won, as a person can publish them."""

from __future__ import annotations

from datetime import date

import pytest

from domain.figures.funnel import Kind
from domain.figures.periods import Period
from domain.figures.win_loss import (
    ClosedCount,
    LostCount,
    TraitCount,
    TraitsLookedAt,
    WinLossBy,
    WinLossCounts,
    WinLossReport,
    win_loss_report,
)
from tests.domain.test_fit_rules import fit
from tests.domain.test_scoring_policy import GOOD, read

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1), "UTC")
COMMANDS = "\x1b]0;x\x07 \x9b31m \x85 \u2028 \U0001f600"
VALUES = ("HVAC", 'O\'Neil "x" \\ y', "업종", "two\nlines", "a: b #c", "{x}", COMMANDS)
NOTHING = TraitsLookedAt(0, 0, False, [])
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
    found = reported(trait("HVAC", 200, 150), asked=("lead.attributes.industry",))

    assert (found.traits[0].asked_already, found.suggested) == (True, "")


def test_a_rule_that_asks_for_a_longer_name_asks_for_something_else() -> None:
    """A rule for ``employees`` would keep the one for ``employee`` from being suggested."""
    found = reported(trait("HVAC", 200, 150), asked=("lead.attributes.industry_code",))

    assert (found.traits[0].asked_already, bool(found.suggested)) == (False, True)


def test_nothing_that_commands_a_terminal_stands_in_a_suggestion() -> None:
    """An attribute that somebody sent us would write into the terminal of an operator."""
    found = reported(trait(COMMANDS, 200, 150), trait("x", 200, 150, COMMANDS))

    for said in (found.suggested, *(one.condition for one in found.traits)):
        assert said.replace("\n", "").isprintable()


def test_values_that_look_alike_get_names_of_their_own() -> None:
    """The policy refuses two rules of one name, and nothing of it is published."""
    long = "x" * 59
    found = reported(
        *(trait(one, 200, 150) for one in ("a b", "a  b", "a\tb")),
        *(trait(one, 200, 150, "k" * 30) for one in (long + "1", long + "2")),
    )

    assert len(read(GOOD.replace(RULE, found.suggested)).fit) == 5


def outcomes(by: WinLossBy, *lost: tuple[str, int]) -> WinLossReport:
    """Opportunities that were all lost, by value."""
    whole = sum(number for _value, number in lost)
    every = [(None, whole), *lost]
    counts = WinLossCounts(
        [ClosedCount(value, None, number, 0, None, 1.0) for value, number in every],
        [LostCount("reason", "price", value, None, number, 1.0) for value, number in every],
        [],
        NOTHING,
    )
    return win_loss_report(YEAR, by, counts, [])


def test_the_largest_values_come_first_and_ages_in_their_order() -> None:
    """A table that is cut after 30 rows of 'a' hides the segment that loses most."""
    sources = outcomes(WinLossBy.SOURCE, ("a", 1), ("b", 9), ("", 3))
    ages = outcomes(WinLossBy.AGE, ("under 30", 1), ("90 to 179", 9), ("30 to 59", 3))

    for rows in (sources.outcomes, sources.lost):
        assert [one.value for one in rows] == [None, "b", "", "a"]
    for rows in (ages.outcomes, ages.lost):
        assert [one.value for one in rows] == [None, "under 30", "30 to 59", "90 to 179"]


def test_a_loss_that_is_counted_once_only_breaks_no_report() -> None:
    """It is recorded, or its lead erased, between two statements."""
    lost = [LostCount("reason", "price", None, Kind.NET_NEW, 1, 1.0)]
    counts = WinLossCounts([ClosedCount(None, None, 0, 0, None, None)], lost, [], NOTHING)

    assert win_loss_report(YEAR, None, counts, []).lost == []
