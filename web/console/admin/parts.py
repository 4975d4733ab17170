"""What the admin's pages share: rows with buttons, and secrets that are shown once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from babel.dates import format_date, format_skeleton
from markupsafe import Markup, escape
from nicegui import ui

from domain.time.shown import clock
from web.console.parts import button, show
from web.console.times import whole
from web.console.visit import visit_of
from web.console.words import _


@contextmanager
def items() -> Iterator[None]:
    """A list of things with buttons; each is an :func:`item`."""
    with ui.element("ul").classes("items"):
        yield


@contextmanager
def item(text: Markup) -> Iterator[None]:
    """One of them; its buttons are made inside."""
    with ui.element("li"):
        show(text).classes("what")
        with ui.element("div").classes("acts"):
            yield


def real_time(at: datetime | None, *, in_log: bool = False) -> Markup:
    """A real time (tokens, users, changes), which is no journey time; a dash for None.

    Args:
        in_log: also of other days than today with the time of day.
    """
    if at is None:
        return Markup("–")
    visit = visit_of(ui.context.client)
    there = at.astimezone(visit.zone)
    hours = clock(there, visit.language)
    short = format_date(there, "medium", locale=visit.language)
    if in_log:
        short = f"{format_skeleton('MMMd', there, locale=visit.language)} {hours}"
    if there.date() == datetime.now(visit.zone).date():
        short = hours
    exact = whole(there, visit.language, "medium")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        there.isoformat(), exact, short
    )


async def show_once(title: str, secret: str, sentence: str) -> None:
    """Show what can't be shown again, until it is closed.

    Args:
        title: what it is, translated, as is ``sentence``, which says what it is for.
    """
    with ui.dialog().props("persistent") as dialog, ui.card().classes("ask"):
        show(escape(title), "h2")
        show(escape(sentence), "p")
        field = ui.input(title, value=secret).props("outlined dense readonly").classes("once")
        field.props["aria-label"] = title
        with ui.element("div").classes("acts"):
            button(_("Copy"), lambda: _copy(secret), main=True)
            button(_("I have kept it"), lambda: dialog.submit(True))
    await dialog
    dialog.delete()


def _copy(secret: str) -> None:
    ui.clipboard.write(secret)
    ui.notify(_("Copied."))
