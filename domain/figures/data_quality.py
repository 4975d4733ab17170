"""What leads lack, and how many may be there twice.

What each figure means stands in ``docs/figures.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

MOST_SOURCES = 100
MOST_PAIRS = 1000
"""Up to here pairs of suspected duplicates are counted exactly."""


class Lacking(StrEnum):
    """What a lead may lack."""

    OWNER = "owner"
    COUNTRY = "country"
    TIME_ZONE = "time_zone"
    """Nothing says where it is: its mails go by the company's clocks."""


class QualityCount(NamedTuple):
    """Leads of one source, and how many of them lack something."""

    source: str
    leads: int
    without_owner: int
    in_sales_without_owner: int
    without_country: int
    without_time_zone: int


@dataclass(frozen=True)
class QualityRow:
    """Leads of one ``source``; None for all, and for those of the sources that are not told one by
    one ``others``. Of those without an owner, ``in_sales_without_owner`` wait for a rep."""

    source: str | None
    others: bool
    leads: int
    without_owner: int
    in_sales_without_owner: int
    without_country: int
    without_time_zone: int


@dataclass(frozen=True)
class QualityReport:
    """All leads as they are now, and by source, those with most leads first. ``duplicates`` are
    pairs that may be one person; one more than 1000 for all that are more."""

    whole: QualityRow
    sources: list[QualityRow]
    duplicates: int


def quality_report(counts: Sequence[QualityCount], duplicates: int) -> QualityReport:
    """The report of what was counted; sources beyond the largest are one row."""
    ordered = sorted(counts, key=lambda one: (-one.leads, one.source))
    sources = [_row(one.source, [one]) for one in ordered[:MOST_SOURCES]]
    if rest := ordered[MOST_SOURCES:]:
        sources.append(_row(None, rest, others=True))
    return QualityReport(_row(None, ordered), sources, duplicates)


def _row(source: str | None, counts: Sequence[QualityCount], *, others: bool = False) -> QualityRow:
    return QualityRow(
        source,
        others,
        sum(one.leads for one in counts),
        sum(one.without_owner for one in counts),
        sum(one.in_sales_without_owner for one in counts),
        sum(one.without_country for one in counts),
        sum(one.without_time_zone for one in counts),
    )
