"""Types of what people and programs enter: each holds only what can be reckoned with and kept."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field

_BEGINS = re.compile(r"\s*\d{4}-\d{2}-\d{2}")
FIRST_YEAR, LAST_YEAR = 1970, 2200
LONGEST_TEXT = 2_000
"""Characters of a text whose field says nothing else."""

ASKED = ConfigDict(extra="forbid", str_max_length=LONGEST_TEXT, allow_inf_nan=False, strict=True)
"""Of every model that is the body of a request: JSON has numbers and truth values of its own, so
nothing else is taken for one."""


def _in_utc(at: datetime) -> datetime:
    # Before it is moved: at the edge of the calendar it could not be.
    _check_year(at.year)
    return at.astimezone(UTC)


def _in_reach(day: date) -> date:
    _check_year(day.year)
    return day


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"the year must be from {FIRST_YEAR} to {LAST_YEAR}")


def _is_written(value: object) -> object:
    if not isinstance(value, date) and not (isinstance(value, str) and _BEGINS.match(value)):
        raise ValueError("it must be text that begins with year, month and day: 2026-05-04")
    return value


Instant = Annotated[
    AwareDatetime,
    Field(strict=False, examples=["2026-05-04T10:00:00+02:00"]),
    BeforeValidator(_is_written),
    AfterValidator(_in_utc),
]
"""A moment, ISO 8601 with its offset; UTC once it is here."""
Day = Annotated[
    date,
    Field(strict=False, examples=["2026-05-04"]),
    BeforeValidator(_is_written),
    AfterValidator(_in_reach),
]
"""A day of the calendar."""
Code = Annotated[str, Field(max_length=100)]
"""A code of ours: of a rep, a disposition, a reason, a cadence."""
