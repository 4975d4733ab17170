"""Times as the visitor reads them: in their zone, in their language."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from babel.dates import (
    format_date,
    format_datetime,
    format_skeleton,
    format_timedelta,
    get_day_names,
)
from markupsafe import Markup
from nicegui import ui

from domain.time.shown import clock, short_zone_name
from domain.time.window import zone
from web.console.visit import PageVisit, visit_of
from web.console.words import _


def moment(at: datetime | None) -> Markup:
    """A time in a list, short: the hour when it is today, else the day; ``console.js`` tells it
    exactly on hover.

    Args:
        at: journey time (any zone); None shows a dash.
    """
    if at is None:
        return Markup("–")
    visit = _visit()
    there = at.astimezone(visit.zone)
    now = visit.context.clock.now().astimezone(visit.zone)
    if there.date() == now.date():
        short = clock(there, visit.language)
    elif abs(there - now) < timedelta(days=300):
        short = format_skeleton("MMMd", there, locale=visit.language)
    else:
        short = format_skeleton("yMMMd", there, locale=visit.language)
    return Markup('<time datetime="{}">{}</time>').format(there.isoformat(), short)


def bounds_of_today(visit: PageVisit) -> tuple[datetime, datetime]:
    """When the visitor's day began and when it ends (journey time, UTC): a day of the calendar,
    which is not always 24 hours."""
    today = visit.context.clock.now().astimezone(visit.zone).date()
    begins = datetime.combine(today, datetime.min.time(), visit.zone)
    return begins.astimezone(UTC), (begins + timedelta(days=1)).astimezone(UTC)


def begin_of_day(visit: PageVisit, written: str, later: int = 0) -> datetime | None:
    """When a day of the visitor's calendar begins (journey time, UTC), or the one that follows it
    ``later`` days after; None for what is no day."""
    try:
        day = date.fromisoformat(written) + timedelta(days=later)
        return datetime.combine(day, datetime.min.time(), visit.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def whole(there: datetime, language: str, width: Literal["short", "medium"] = "short") -> str:
    """A time in full as its own clock shows it: day, time and zone."""
    day = format_skeleton("yMMMEd", there, locale=language)
    return f"{day} {clock(there, language, width)} ({short_zone_name(there, language)})"


def exact(at: datetime) -> str:
    """Day and time in full, with the zone."""
    visit = _visit()
    return whole(at.astimezone(visit.zone), visit.language)


def weekday_time(at: datetime, time_zone: str = "") -> str:
    """Day and hour in a zone (the visitor's when left out): Tue, May 4 10:30 AM."""
    return f"{weekday(at, time_zone)} {hour(at, time_zone)}"


def weekday(at: datetime, time_zone: str = "") -> str:
    """Day with its name, in a zone (the visitor's when left out): Tue, May 4."""
    visit = _visit()
    there = at.astimezone(zone(time_zone) if time_zone else visit.zone)
    return format_skeleton("MMMEd", there, locale=visit.language)


def hour(at: datetime, time_zone: str = "") -> str:
    """Time of day in a zone (the visitor's when left out): 10:30 AM."""
    visit = _visit()
    there = at.astimezone(zone(time_zone) if time_zone else visit.zone)
    return clock(there, visit.language)


def clock_there(time_zone: str) -> str:
    """What time it is now in a zone, with the day of the week: Tue 10:30."""
    visit = _visit()
    there = visit.context.clock.now().astimezone(zone(time_zone))
    return f"{format_datetime(there, 'EEE', locale=visit.language)} {clock(there, visit.language)}"


def day(at: datetime) -> str:
    """The day alone."""
    visit = _visit()
    return format_date(at.astimezone(visit.zone), "medium", locale=visit.language)


def full_day(at: date) -> str:
    """A day of the calendar."""
    return format_date(at, "medium", locale=_visit().language)


def short_day(at: date) -> str:
    """A day of the calendar in little room: Nov 23."""
    return format_skeleton("MMMd", at, locale=_visit().language)


def month_name(first: date) -> str:
    """The month of a day: November 2026."""
    return format_skeleton("yMMMM", first, locale=_visit().language)


def day_names() -> list[str]:
    """Monday to Sunday."""
    names = get_day_names("wide", locale=_visit().language)
    return [names[day] for day in range(7)]


def span(length: timedelta) -> str:
    """A span in its largest unit: 3 days."""
    return format_timedelta(length, locale=_visit().language)


def ago(at: datetime) -> str:
    """How far away a time is: 3 days ago, in 2 hours."""
    visit = _visit()
    return format_timedelta(
        at - visit.context.clock.now(), add_direction=True, locale=visit.language
    )


def real_ago(at: datetime) -> str:
    """How long ago something was that is reckoned in real time: a draft, a session."""
    visit = _visit()
    return format_timedelta(
        at - visit.context.real_now(), add_direction=True, locale=visit.language
    )


def countdown(due: datetime | None) -> Markup:
    """What is left until ``due`` (journey time), counted down by the browser, in words; late in
    red. Its title says when that is."""
    if due is None:
        return Markup("")
    visit = _visit()
    clock = visit.context.clock
    left = (due - clock.now()).total_seconds()
    return Markup(
        '<time class="countdown" role="timer" data-left="{}" data-factor="{}" data-ahead="{}" '
        'data-late="{}" datetime="{}" title="{}"></time>'
    ).format(
        round(left),
        clock.factor,
        # The browser puts the time into its place.
        _("{time} left", time="{time}"),
        _("{time} late", time="{time}"),
        due.isoformat(),
        _("due {time}", time=exact(due)),
    )


def _visit() -> PageVisit:
    return visit_of(ui.context.client)
