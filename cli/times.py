"""Times as people write and read them at the terminal."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from pydantic_core import PydanticCustomError

from cli.errors import UserError
from domain.cadences.span import Span, parse_span
from domain.cadences.window import zone


def parse_time(text: str, time_zone: str, now: datetime, option: str = "--at") -> datetime:
    """Read ``2026-05-04 10:00`` (in ``time_zone``), ISO 8601 with an offset, or ``+2 days``.

    Raises:
        UserError: it is none of these.
    """
    if match := re.fullmatch(r"\+\s*(.+)", text.strip()):
        try:
            span: Span = parse_span(match[1])
            return now + span.length
        except PydanticCustomError as error:
            raise UserError(f"{option} {text}: {error.message()}.") from None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UserError(
            f"{option} {text}: write a time such as '2026-05-04 10:00' or '+2 days'."
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=zone(time_zone))


def parse_day(text: str, option: str) -> date:
    """Read a day such as ``2027-03-01``; ``option`` is where it was written.

    Raises:
        UserError: it is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UserError(f"{option} {text}: write a day such as 2027-03-01.") from None


def shown_time(at: datetime, now: datetime, time_zone: str = "UTC") -> str:
    """``at`` on a wall clock: the time today, else weekday or date and time."""
    local, today = at.astimezone(zone(time_zone)), now.astimezone(zone(time_zone))
    if local.date() == today.date():
        return f"today {local:%H:%M %Z}"
    if abs(at - now) < timedelta(days=6):
        return f"{local:%a %H:%M %Z}"
    return f"{local:%d %b %Y %H:%M %Z}"
