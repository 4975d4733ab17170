"""How the open opportunities changed between two dates: what came in, what went out, and that both
add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from domain.figures.funnel import FEW
from domain.figures.money import RATIO_PLACES, check_rates
from domain.money import DatedRates, decimals


class TermsThen(NamedTuple):
    """What was known of an opportunity at a time."""

    amount: Decimal | None
    currency: str
    expected_close: date | None


class OpportunityThen(NamedTuple):
    """An opportunity at the beginning and at the end of a period; ``before`` is None when it was
    not open yet. ``outcome`` is '' while it is open at the end."""

    before: TermsThen | None
    after: TermsThen
    outcome: str


class ClosingWindow(NamedTuple):
    """Opportunities that are expected to close on the days from ``begins`` until before ``ends``;
    None: whenever."""

    begins: date | None
    ends: date | None

    def holds(self, terms: TermsThen) -> bool:
        """Whether it is one of them."""
        if self.begins is None and self.ends is None:
            return True
        day = terms.expected_close
        return (
            day is not None
            and (self.begins is None or day >= self.begins)
            and (self.ends is None or day < self.ends)
        )


@dataclass(frozen=True)
class PipelineLine:
    """A part of the change: how many opportunities, and by how much the pipeline is more or less
    for them. ``value`` is in the company's currency."""

    part: str
    """open_at_begin, created, grown, pulled_in, moved_in, shrunk, slipped, moved_out, won, lost,
    open_at_end: each but the first and the last adds to the first, and the sum is the last."""
    opportunities: int
    value: Decimal


@dataclass(frozen=True)
class PipelineReport:
    """The pipeline from the beginning of a period to its end."""

    begins: date
    ends: date
    currency: str
    lines: list[PipelineLine]
    later: int
    """Open at both ends and expected to close later than before."""
    earlier: int
    without_amount: int
    """Open at the end without an amount: counted, and in no sum."""
    win_rate: Decimal | None
    """Of the opportunities that were closed in the period the share that was won; None of few."""
    target: Decimal | None
    """What was to be won in the period, in the company's currency."""
    missing: Decimal | None
    """What is missing to the target: nothing when it is reached."""
    coverage: Decimal | None
    """The pipeline at the end over what is missing to the target; None without one, or when
    nothing is missing."""


PARTS = (
    *("open_at_begin", "created", "grown", "pulled_in", "moved_in"),
    *("shrunk", "slipped", "moved_out", "won", "lost", "open_at_end"),
)


def pipeline_report(
    standings: Sequence[OpportunityThen],
    window: ClosingWindow,
    rates: DatedRates,
    *,
    begins: date,
    ends: date,
    last: date,
    target: Decimal | None = None,
    target_currency: str = "",
) -> PipelineReport:
    """How the pipeline changed.

    Args:
        last: the last day of the period: its rates hold for all, so that a currency that rises is
            no growth.
        target: what is to be won in the period, in ``target_currency``; '' for the company's.

    Raises:
        Invalid: an amount is in a currency without a rate for that day.
    """
    known = [terms for one in standings for terms in one[:2] if terms and terms.amount is not None]
    wanted = TermsThen(target, target_currency or rates.into, None)
    check_rates([(terms.currency, last) for terms in (*known, wanted)], rates)
    number = dict.fromkeys(PARTS, 0)
    places = decimals(rates.into)
    value = dict.fromkeys(PARTS, Decimal(0).scaleb(-places))

    def count(part: str, amount: Decimal) -> None:
        number[part] += 1
        value[part] += amount

    def worth(terms: TermsThen) -> Decimal:
        # Rounded before it is summed, so that the parts add up to the last digit.
        exact = rates.worth(terms.amount or Decimal(0), terms.currency, last)
        return Decimal(round(exact * 10**places)).scaleb(-places)

    later = earlier = decided = won = unknown = 0
    for one in standings:
        was, is_now = one.before is not None and window.holds(one.before), window.holds(one.after)
        after = worth(one.after)
        if one.before is not None and was:
            count("open_at_begin", worth(one.before))
        if one.outcome:
            decided += 1
            won += one.outcome == "won"
        if one.before is None:
            if is_now:
                count("created", after)
        elif was and (one.outcome or is_now):
            grown = after - worth(one.before)
            if grown:
                count("grown" if grown > 0 else "shrunk", grown)
            later += not one.outcome and _moved(one.before, one.after) > 0
            earlier += not one.outcome and _moved(one.before, one.after) < 0
        elif was:
            part = "slipped" if _moved(one.before, one.after) > 0 else "moved_out"
            count(part, -worth(one.before))
        elif is_now:
            count("pulled_in" if _moved(one.before, one.after) < 0 else "moved_in", after)
        counted = was or is_now if one.outcome else is_now
        if not counted:
            continue
        if one.outcome:
            count("won" if one.outcome == "won" else "lost", -after)
        else:
            count("open_at_end", after)
            unknown += one.after.amount is None
    wins = -value["won"]
    to_win = None if target is None else worth(wanted)
    missing = None if to_win is None else max(to_win - wins, wins * 0)
    return PipelineReport(
        begins=begins,
        ends=ends,
        currency=rates.into,
        lines=[PipelineLine(part, number[part], value[part]) for part in PARTS],
        later=later,
        earlier=earlier,
        without_amount=unknown,
        win_rate=None if decided < FEW else round(Decimal(won) / decided, RATIO_PLACES),
        target=to_win,
        missing=missing,
        coverage=round(value["open_at_end"] / missing, 2) if missing else None,
    )


def _moved(before: TermsThen, after: TermsThen) -> int:
    """Whether the expected close moved later (1), earlier (-1) or not (0). Nobody can say is later
    than any day."""
    days = [terms.expected_close or date.max for terms in (before, after)]
    return (days[1] > days[0]) - (days[1] < days[0])
