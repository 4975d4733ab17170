"""Which touches an opportunity is owed to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.figures.attribution import (
    UNKNOWN,
    AttributionModel,
    MarketingTouch,
    credit,
    visits,
    with_source,
)

THEN = datetime(2026, 5, 4, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST, LAST, W = AttributionModel


def touch(hours: float, source: str, campaign: str = "") -> MarketingTouch:
    """A touch so many hours after the first day began."""
    return MarketingTouch(THEN + hours * HOUR, source, campaign)


def shares(
    model: AttributionModel, *touches: MarketingTouch, created: float = 20
) -> dict[str, Fraction]:
    """Source → its part of an opportunity that was opened after 100 hours."""
    found = credit(touches, model, created_at=THEN + created * HOUR, opened_at=THEN + 100 * HOUR)
    return {source: part for (source, _), part in found.items()}


FIVE = [touch(h, s) for h, s in ((0, "ad"), (10, "mail"), (20, "fair"), (50, "blog"), (90, "call"))]


def test_five_touches_reckoned_by_hand() -> None:
    """The money of next year goes where these say."""
    assert shares(FIRST, *FIVE) == {"ad": 1}
    assert shares(LAST, *FIVE) == {"call": 1}
    assert shares(W, *FIVE) == {
        "ad": Fraction(30, 100),
        "fair": Fraction(30, 100),
        "call": Fraction(30, 100),
        "mail": Fraction(5, 100),
        "blog": Fraction(5, 100),
    }


@pytest.mark.parametrize(
    ("touches", "parts"),
    [
        ([touch(0, "ad")], {"ad": Fraction(1)}),
        ([touch(0, "ad"), touch(90, "call")], {"ad": Fraction(2, 3), "call": Fraction(1, 3)}),
        ([touch(30, "ad"), touch(90, "call")], {"ad": Fraction(1, 2), "call": Fraction(1, 2)}),
        (
            [touch(30, "ad"), touch(60, "blog"), touch(90, "call")],
            {"ad": Fraction(3, 7), "call": Fraction(3, 7), "blog": Fraction(1, 7)},
        ),
    ],
)
def test_a_milestone_without_a_touch_of_its_own_leaves_its_part_to_the_others(
    touches: list[MarketingTouch], parts: dict[str, Fraction]
) -> None:
    """A part of the revenue would be nobody's, and the report less than the books."""
    assert shares(W, *touches) == parts


def test_a_touch_after_the_opportunity_was_opened_gets_nothing() -> None:
    """Whoever writes to everybody who buys already would be the best campaign of all."""
    late = touch(100.5, "late")
    for model in AttributionModel:
        assert "late" not in shares(model, *FIVE, late)
        assert credit([late], model, created_at=THEN, opened_at=THEN) == {UNKNOWN: 1}


def test_a_reloaded_page_is_one_touch() -> None:
    """A campaign whose page is slow would get the credit of many."""
    again = [touch(0, "ad"), touch(0.2, "ad"), touch(0.6, "ad"), touch(2, "ad"), touch(0.1, "b")]
    assert visits(again) == [touch(0, "ad"), touch(0.1, "b"), touch(2, "ad")]


def test_the_source_a_lead_was_imported_with_is_its_touch_where_none_came_before() -> None:
    """Leads of a fair have no link: what they bring would be the credit of the first mail."""
    mail, ad = touch(30, "mail"), touch(10, "ad")
    fair = MarketingTouch(THEN + 20 * HOUR, "fair", "")

    assert with_source([mail], fair.at, "fair") == [fair, mail]
    assert with_source([ad, mail], fair.at, "fair") == [ad, mail]
    assert with_source([mail], fair.at, "") == [mail]


@given(
    st.lists(
        st.tuples(st.integers(-200, 200), st.sampled_from("abcd"), st.sampled_from(("", "x"))),
        max_size=12,
    ),
    st.integers(-200, 200),
    st.integers(-200, 200),
    st.sampled_from(AttributionModel),
)
def test_credit_sums_to_one_and_is_given_to_nobody_who_came_late(
    said: list[tuple[int, str, str]], created: int, opened: int, model: AttributionModel
) -> None:
    """Whatever the history: a win is one win, and its value is told once."""
    touches = [touch(*one) for one in said]
    opened_at = THEN + opened * HOUR

    found = credit(touches, model, created_at=THEN + created * HOUR, opened_at=opened_at)

    assert sum(found.values()) == 1
    assert all(part > 0 for part in found.values())
    assert found.keys() <= {UNKNOWN} | {one[1:] for one in touches if one.at <= opened_at}
