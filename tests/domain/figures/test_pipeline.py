"""How the open opportunities changed between two dates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.figures.pipeline import (
    ClosingWindow,
    OpportunityThen,
    PipelineReport,
    TermsThen,
    pipeline_report,
)
from domain.money import DatedRates
from domain.refusals import Invalid

MAY, JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (5, 6, 7, 8))
RATES = DatedRates("USD", {"EUR": {MAY: Decimal("1.1")}})
SECOND_QUARTER = ClosingWindow(date(2026, 4, 1), JULY)
WHENEVER = ClosingWindow(None, None)


def terms(amount: str | None, close: date | None = JUNE, currency: str = "USD") -> TermsThen:
    """What was known."""
    return TermsThen(None if amount is None else Decimal(amount), currency, close)


def told(*standings: OpportunityThen, window: ClosingWindow = WHENEVER) -> PipelineReport:
    """The report on May, against a target of 1000."""
    return pipeline_report(
        standings,
        window,
        RATES,
        begins=MAY,
        ends=JUNE,
        last=date(2026, 5, 31),
        target=Decimal(1000),
    )


def parts(report: PipelineReport) -> dict[str, tuple[int, Decimal]]:
    """Those of which there is any."""
    return {one.part: (one.opportunities, one.value) for one in report.lines if one.opportunities}


def test_a_month_reckoned_by_hand() -> None:
    """A manager is asked where the pipeline went."""
    report = told(
        OpportunityThen(terms("100"), terms("150"), ""),
        OpportunityThen(terms("80"), terms("60"), "won"),
        OpportunityThen(terms("40"), terms("40"), "lost"),
        OpportunityThen(None, terms("200", currency="EUR"), ""),
        OpportunityThen(None, terms("10"), "no_outcome"),
        OpportunityThen(terms(None), terms(None), ""),
        OpportunityThen(terms("70", JUNE), terms("70", AUGUST), ""),
    )

    assert parts(report) == {
        "open_at_begin": (5, Decimal("290.00")),
        "created": (2, Decimal("230.00")),
        "grown": (1, Decimal("50.00")),
        "shrunk": (1, Decimal("-20.00")),
        "won": (1, Decimal("-60.00")),
        "lost": (2, Decimal("-50.00")),
        "open_at_end": (4, Decimal("440.00")),
    }
    assert (report.later, report.earlier, report.without_amount) == (1, 0, 1)
    assert (report.win_rate, report.coverage) == (None, Decimal("0.47"))


def test_what_slips_out_of_a_quarter_and_what_is_pulled_into_it() -> None:
    """A quarter is missed by what slips, and that is seen before its end."""
    report = told(
        OpportunityThen(terms("100"), terms("110", AUGUST), ""),
        OpportunityThen(terms("30", AUGUST), terms("35"), ""),
        OpportunityThen(terms("7", date(2026, 3, 9)), terms("7"), ""),
        OpportunityThen(terms("5"), terms("5", date(2026, 3, 9)), ""),
        OpportunityThen(terms("3"), terms("3", None), ""),
        OpportunityThen(terms("1", AUGUST), terms("1", AUGUST), "won"),
        window=SECOND_QUARTER,
    )

    assert parts(report) == {
        "open_at_begin": (3, Decimal("108.00")),
        "pulled_in": (1, Decimal("35.00")),
        "moved_in": (1, Decimal("7.00")),
        "slipped": (2, Decimal("-103.00")),
        "moved_out": (1, Decimal("-5.00")),
        "open_at_end": (2, Decimal("42.00")),
    }


def test_without_a_rate_there_is_no_sum() -> None:
    """What is left out of a sum is not seen in it."""
    with pytest.raises(Invalid, match="KRW 2026-05-31"):
        told(OpportunityThen(None, terms("1", currency="KRW"), ""))


TERMS = st.builds(
    TermsThen,
    st.none() | st.decimals(0, 10**6, places=2),
    st.sampled_from(("USD", "EUR")),
    st.none() | st.sampled_from((date(2026, 3, 9), MAY, JUNE, AUGUST)),
)


@given(
    st.lists(
        st.builds(
            OpportunityThen,
            st.none() | TERMS,
            TERMS,
            st.sampled_from(("", "won", "lost", "stalled")),
        )
    ),
    st.sampled_from((WHENEVER, SECOND_QUARTER, ClosingWindow(JUNE, None))),
)
def test_the_parts_add_up_to_the_end(
    standings: list[OpportunityThen], window: ClosingWindow
) -> None:
    """A waterfall that does not land where the pipeline stands is believed by nobody."""
    *before, end = told(*standings, window=window).lines

    assert sum(one.value for one in before) == end.value
