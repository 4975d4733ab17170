"""What shorter and longer waits brought."""

from __future__ import annotations

import pytest

from domain.figures.intervals import newcombe
from domain.figures.recycle_waits import WaitCount, WaitIs, compared_waits
from domain.figures.recycling import WAIT_BANDS

SHORT, MONTH, TWO, THREE, LONG = WAIT_BANDS


def test_each_wait_is_compared_with_that_of_most_leads_of_its_reason() -> None:
    """Who never buys at once and is woken early would make every short wait look bad."""
    rows = compared_waits(
        [
            WaitCount("no_response", LONG, 30, 12, 3),
            WaitCount("no_response", MONTH, 100, 20, 10),
            WaitCount("no_response", SHORT, 20, 1, 0),
            WaitCount("lost", TWO, 200, 10, 1),
        ],
        WAIT_BANDS,
    )

    assert [(one.reason, one.wait, one.compared) for one in rows] == [
        ("lost", TWO, WaitIs.USUAL),
        ("no_response", SHORT, WaitIs.SHORTER),
        ("no_response", MONTH, WaitIs.USUAL),
        ("no_response", LONG, WaitIs.LONGER),
    ]
    _lost, short, usual, long = rows
    assert (usual.requalified_more, usual.won_more) == (None, None)
    assert (short.requalification, usual.requalification) == (0.05, 0.2)
    assert short.requalified_more is not None
    assert short.requalified_more.difference == pytest.approx(-0.15)
    assert long.won_more is not None
    between = newcombe(3, 30, 10, 100)
    assert long.won_more.difference == 0
    assert long.won_more.low == pytest.approx(between.low, abs=1e-4)
    assert long.won_more.high == pytest.approx(between.high, abs=1e-4)


@pytest.mark.parametrize(("few", "usual"), [(19, 100), (10, 19)])
def test_of_few_leads_there_are_numbers_and_no_difference(few: int, usual: int) -> None:
    """One lead more would turn it round."""
    rows = compared_waits(
        [WaitCount("lost", SHORT, few, few, 1), WaitCount("lost", TWO, usual, 1, 1)], WAIT_BANDS
    )

    assert [(one.leads, one.requalified_more, one.won_more) for one in rows] == [
        (few, None, None),
        (usual, None, None),
    ]
    assert rows[0].requalification is None
