"""Times as people write and read them at the terminal."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime
from typing import TypeVar

from pydantic_core import PydanticCustomError

from cli.errors import UserError
from domain.inputs import FIRST_YEAR, LAST_YEAR
from domain.time.shown import in_english
from domain.time.span import Span, parse_span
from domain.time.window import zone

Moment = TypeVar("Moment", bound=date)


def parse_time(text: str, time_zone: str, now: datetime, option: str = "--at") -> datetime:
    """Read ``2026-05-04 10:00`` (in ``time_zone``), ISO 8601 with an offset, or ``+2 days``.

    Raises:
        UserError: it is none of these.
    """
    if match := re.fullmatch(r"\+\s*(.+)", text.strip()):
        try:
            span: Span = parse_span(match[1])
            return _within_our_years(now + span.length, text, option)
        except PydanticCustomError as error:
            raise UserError(f"{option} {text}: {error.message()}.") from None
    try:
        at = _within_our_years(datetime.fromisoformat(text.strip()), text, option)
    except ValueError:
        what = _no_such_day(text) or "write a time such as '2026-05-04 10:00' or '+2 days'."
        raise UserError(f"{option} {text}: {what}") from None
    return at if at.tzinfo else at.replace(tzinfo=zone(time_zone))


def parse_day(text: str, option: str) -> date:
    """Read a day such as ``2027-03-01``; ``option`` is where it was written.

    Raises:
        UserError: it is none.
    """
    try:
        return _within_our_years(date.fromisoformat(text.strip()), text, option)
    except ValueError:
        what = _no_such_day(text) or "write a day such as 2027-03-01."
        raise UserError(f"{option} {text}: {what}") from None


def _within_our_years(at: Moment, text: str, option: str) -> Moment:
    """The same; beyond these years nothing can be reckoned with, in no time zone.

    Raises:
        UserError: it is beyond them.
    """
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise UserError(f"{option} {text}: the year must be from {FIRST_YEAR} to {LAST_YEAR}.")
    return at


def day_or_none(text: str, option: str) -> date | None:
    """As :func:`parse_day`; None where nothing was written."""
    return parse_day(text, option) if text else None


def _no_such_day(text: str) -> str:
    """What is wrong with a date that its month does not have; '' when it is another mistake."""
    match = re.match(r"(\d{4})-(0[1-9]|1[0-2])-(\d{2})(?!\d)", text.strip())
    if not match or match[1] == "0000":
        return ""
    first = date(int(match[1]), int(match[2]), 1)
    days = monthrange(first.year, first.month)[1]
    return f"{in_english(first, 'MMMM y')} has {days} days." if int(match[3]) > days else ""


def shown_time(at: datetime, now: datetime, time_zone: str = "UTC") -> str:
    """``at`` on a wall clock: the time today, the weekday within the coming six days, else the
    date."""
    local, today = at.astimezone(zone(time_zone)), now.astimezone(zone(time_zone))
    days = (local.date() - today.date()).days
    if days == 0:
        return f"today {local:%H:%M %Z}"
    if 0 < days < 7:
        return in_english(local, "EEE HH:mm")
    return in_english(local, "dd MMM y HH:mm")
