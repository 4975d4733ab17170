"""Times to choose from: by the visitor's clock with the lead's below, or any other time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from itertools import groupby

from markupsafe import escape
from nicegui import ui

from web.console.parts import button, quiet, show
from web.console.times import hour, weekday, weekday_time
from web.console.visit import PageVisit
from web.console.words import _


def some_of(free: Mapping[date, Sequence[datetime]]) -> list[datetime]:
    """A few of the free times: early, in the middle and late on each of the next three days."""
    chosen = []
    for day in list(free.values())[:3]:
        chosen += sorted({day[0], day[len(day) // 2], day[-1]})
    return chosen


def offer_times(
    visit: PageVisit,
    offered: Sequence[datetime],
    chosen: datetime | None,
    *,
    time_zone: str,
    choose: Callable[[datetime], None],
    type_own: Callable[[datetime | None], None],
    keys: Iterable[str] = (),
    doubt: str = "",
) -> ui.input:
    """Show times to choose from.

    Args:
        chosen: what is chosen already.
        time_zone: the lead's.
        choose: gets the time of a button that is pressed.
        type_own: gets what is typed instead (UTC), None for what is no time, or not yet.
        keys: that press the buttons, in their order.
        doubt: why they may be taken all the same; '' for nothing.

    Returns:
        The field for another time.
    """
    show(escape(_("When? (lead's time below)")), "h3")
    if doubt:
        show(escape(doubt), "p").classes("doubt").props('role="note"')
    key = iter(keys)
    for day, times in groupby(offered, weekday):
        show(quiet(day))
        with ui.element("div").classes("slots"):
            for at in times:
                made = button(hour(at), partial(choose, at), key=next(key, ""))
                made.props(f"aria-pressed={'true' if at == chosen else 'false'}")
                made.props(f'aria-label="{weekday_time(at)}"')
                with made:
                    show(quiet(_theirs(at, time_zone)), "span")
    own = chosen if chosen and chosen not in offered else None
    return (
        ui.input(
            _("Another time, by your clock"),
            value=own.astimezone(visit.zone).strftime("%Y-%m-%dT%H:%M") if own else "",
            on_change=lambda change: type_own(_typed(visit, change.value)),
        )
        .props("type=datetime-local stack-label outlined dense")
        .classes("day")
    )


def _theirs(at: datetime, time_zone: str) -> str:
    """A time by the lead's clock; with the day when it is another one there."""
    same = weekday(at) == weekday(at, time_zone)
    return hour(at, time_zone) if same else weekday_time(at, time_zone)


def _typed(visit: PageVisit, value: str | None) -> datetime | None:
    # What is half typed, or taken out again, is no time: else an earlier one would be booked.
    try:
        return datetime.fromisoformat(value or "").replace(tzinfo=visit.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
