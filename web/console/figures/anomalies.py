"""``/console/figures/anomalies``: what has stopped, against the same weekdays before."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from domain.figures.snapshots import Subject
from domain.notifications.stopped import name_of_series
from store.figures.anomalies import Anomaly
from web.api import figures_of_days
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import Cell, badge, empty, link, section, show, table
from web.console.times import full_day
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext, translator

PATH = "/figures/anomalies"
COLUMNS = ("came", "usual_before", "span")


@console_page(PATH, Action.READ_MONEY, N_("Anomalies"))
async def anomalies(visit: PageVisit) -> None:
    """What has stopped and goes on, and what is over."""
    found = (await visit.ask(figures_of_days.show_anomalies)).anomalies
    with visit.top:
        export_button(f"{PATH}.csv")
    going = [one for one in found if one.ended_on is None]
    with ui.element("div").classes("figures"):
        with section(_("Stopped or collapsed")):
            if going:
                show(_table(going, _("Stopped or collapsed")))
            else:
                empty(_("Nothing has stopped: stages, sources and news come in as usual."))
        if over := [one for one in found if one.ended_on is not None]:
            with section(_("As usual again")):
                show(_table(over, _("As usual again")))
        show_definitions(COLUMNS)


def _table(found: Sequence[Anomaly], caption: str) -> Markup:
    return table(
        (_("What"), *(heading(key) for key in COLUMNS), _("Up to"), _("State")),
        [_line(one) for one in found],
        caption=caption,
        numbers=range(1, len(COLUMNS) + 1),
        meanings={at: meaning(key) for at, key in enumerate(COLUMNS, 1)},
    )


def _line(one: Anomaly) -> tuple[Cell, ...]:
    if one.ended_on is None:
        state: Cell = badge(_("Still going on"), "bad")
    else:
        state = _("as usual since {day}", day=full_day(one.ended_on))
    return (
        _name(one),
        f"{one.seen:,}",
        f"{one.expected:,.0f}",
        ngettext("1 day", "{number} days", one.days),
        full_day(one.day),
        state,
    )


def _name(one: Anomaly) -> Cell:
    """What it is, as a link to its leads."""
    name = name_of_series(one.subject, one.name, translator())
    if one.subject == Subject.STAGE:
        return link(name, f"/leads?{urlencode({'stage': one.name})}")
    if one.subject == Subject.SOURCE and one.name:
        return link(name, f"/leads?{urlencode({'source': one.name})}")
    return name
