"""``/console/segments``: leads that have something in common, how many there are, and who."""

from __future__ import annotations

from markupsafe import Markup, escape
from nicegui import ui

from domain.access import Action, publishing
from domain.refusals import Missing
from services.access import sees_customers, team_of
from store.views.segments import (
    SegmentDetail,
    SegmentLine,
    list_segments,
    segment_named,
)
from web.console.figures.chart import Line, lines
from web.console.frame import name_page
from web.console.lists.export import export_button
from web.console.marketing.segment_count import count_beside
from web.console.pages import console_page
from web.console.parts import Cell, badge, empty, facts, go, link, quiet, section, show, table
from web.console.times import moment, short_day
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

LOOK_SECONDS = 3.0
"""How often a page asks how far the judging is, and who came and went."""
EDIT, NEW = "/policies/segments/edit", "/segments/new"


@console_page("/segments", Action.READ_CADENCES, N_("Segments"))
async def segments(visit: PageVisit) -> None:
    """All segments, with the leads in them."""
    with visit.top:
        export_button("/segments")
        if visit.may(publishing("segments")):
            go(_("Edit as text"), EDIT, key="e")
            go(_("New segment"), NEW, main=True, key="n")
    body = ui.element("div")
    team, customers = team_of(visit.caller), sees_customers(visit.caller)
    shown: list[SegmentLine] | None = None

    async def draw() -> None:
        nonlocal shown
        found = await visit.read(list_segments)
        if found == shown:
            return
        shown = found
        if team is not None:
            # To count a team's members is work: it is done when members came or went.
            found = await visit.read(list_segments, team=team, customers=customers)
        body.clear()
        with body:
            _list(visit, found)

    await draw()
    ui.timer(LOOK_SECONDS, draw)


@console_page("/segments/{name}", Action.READ_CADENCES, N_("Segment"))
async def segment(visit: PageVisit, name: str) -> None:
    """One segment: its condition, how many leads are in it now, and how many were."""
    team, customers = team_of(visit.caller), sees_customers(visit.caller)
    found = await visit.read(segment_named, name)
    if found is None:
        raise Missing(_("There is no segment '{name}'.", name=name))
    name_page(visit, found.title)
    with visit.top:
        if visit.may(publishing("segments")):
            go(_("Edit"), f"/segments/{name}/edit", key="e")
        if visit.may(Action.READ_LEADS):
            go(_("Show its leads"), f"/leads?segment={name}", main=True)
    with ui.element("div").classes("columns"):
        with ui.element("div"):
            standing = ui.element("div")
            with section(_("Condition")):
                if found.description:
                    show(escape(found.description), "p")
                show(Markup('<pre class="source" tabindex="0">{}</pre>').format(found.when))
                if found.with_time:
                    show(quiet(_("Days go by or interest fades: all are judged each hour.")), "p")
            if team is None:
                _sizes(found)
        counted = ui.element("div")

    shown: SegmentDetail | None = None

    async def draw() -> None:
        nonlocal shown
        now = await visit.read(segment_named, name)
        if now is None or now == shown:
            return
        shown = now
        if team is not None:
            now = await visit.read(segment_named, name, team=team, customers=customers) or now
        standing.clear()
        with standing, section(_("Members")):
            show(facts(_standing(now)))

    await draw()
    await count_beside(visit, counted, found.when, _("Counted now"))
    ui.timer(LOOK_SECONDS, draw)


def _list(visit: PageVisit, found: list[SegmentLine]) -> None:
    if not found:
        empty(
            _("No segments are published."),
            link(_("Make the first one"), NEW) if visit.may(publishing("segments")) else "",
        )
        return
    show(
        table(
            [_("Segment"), _("Leads"), _("Judged")],
            [_row(one) for one in found],
            caption=_("Segments"),
            numbers=(1,),
        )
    )


def _row(one: SegmentLine) -> list[Cell]:
    return [
        Markup('<span class="two">{}{}</span>').format(
            link(one.title, f"/segments/{one.name}"), quiet(one.description)
        ),
        link(f"{one.members:,}", f"/leads?segment={one.name}"),
        _state(one),
    ]


def _state(one: SegmentLine) -> Cell:
    if one.fails:
        return badge(_("can't be asked"), "warn")
    if one.state == "waiting":
        return badge(_("waits for a worker"), "warn")
    if one.state == "judging":
        so_far = _("{judged} of {leads}", judged=f"{one.judged:,}", leads=f"{one.leads:,}")
        return badge(so_far, "warn")
    return moment(one.judged_at)


def _standing(one: SegmentDetail) -> dict[str, Cell]:
    unjudged = (
        ngettext(
            "1 lead: it lacks what the condition asks for",
            "{number} leads: they lack what the condition asks for",
            one.unjudged,
        )
        if one.unjudged
        else ""
    )
    if one.fails:
        unjudged = _("anybody: this condition can't be asked. Write it another way")
    return {
        _("Leads in it"): f"{one.members:,}",
        _("Can't be said of"): unjudged,
        _("All judged"): _state(one),
    }


def _sizes(one: SegmentDetail) -> None:
    if len(one.sizes) < 2:
        return
    days = list(reversed(one.sizes))
    with section(_("How it grows")):
        lines(
            [short_day(size.day) for size in days],
            [Line(_("Leads in it"), [size.members for size in days])],
            caption=_("How it grows"),
            percent=False,
        )
