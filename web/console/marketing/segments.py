"""``/console/segments``: leads that have something in common, how many there are, and who."""

from __future__ import annotations

from markupsafe import Markup, escape
from nicegui import ui

from domain.access import Action, publishing
from domain.names import full_name
from domain.refusals import Missing, Unavailable
from domain.segments.policy import SegmentsPolicy
from services.segments import SegmentPreview
from store.publishing.publishing import Checked
from store.views.segments import (
    SampledLead,
    SegmentDetail,
    SegmentLine,
    list_segments,
    published_segments,
    segment_named,
)
from web.api import segments as segments_api
from web.console import labels
from web.console.figures.chart import Line, lines
from web.console.frame import name_page
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import Cell, badge, empty, facts, go, link, quiet, section, show, table
from web.console.times import moment, short_day
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

LOOK_SECONDS = 3.0
"""How often a page asks how far the judging is, and who came and went."""
COUNTED_BESIDE = 5
"""Conditions that are counted while one writes: those that were changed."""
REASONS = 5
"""Reasons that are told why a condition can't be answered."""
EDIT = "/policies/segments/edit"


@console_page("/segments", Action.READ_CADENCES, N_("Segments"))
async def segments(visit: PageVisit) -> None:
    """All segments, with the leads in them."""
    with visit.top:
        export_button("/segments")
        if visit.may(publishing("segments")):
            go(_("Edit"), EDIT, main=True, key="e")
    body = ui.element("div")
    shown: list[SegmentLine] | None = None

    async def draw() -> None:
        nonlocal shown
        found = await visit.read(list_segments)
        if found == shown:
            return
        shown = found
        body.clear()
        with body:
            _list(visit, found)

    await draw()
    ui.timer(LOOK_SECONDS, draw)


@console_page("/segments/{name}", Action.READ_CADENCES, N_("Segment"))
async def segment(visit: PageVisit, name: str) -> None:
    """One segment: its condition, how many leads are in it now, and how many were."""
    found = await visit.read(segment_named, name)
    if found is None:
        raise Missing(_("There is no segment '{name}'.", name=name))
    name_page(visit, found.title)
    with visit.top:
        if visit.may(publishing("segments")):
            go(_("Edit"), EDIT, key="e")
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
            _sizes(found)
        counted = ui.element("div")

    shown: SegmentDetail | None = None

    async def draw() -> None:
        nonlocal shown
        now = await visit.read(segment_named, name)
        if now is None or now == shown:
            return
        shown = now
        standing.clear()
        with standing, section(_("Members")):
            show(facts(_standing(now)))

    await draw()
    await count_beside(visit, counted, found.when, _("Counted now"))
    ui.timer(LOOK_SECONDS, draw)


async def count_beside(visit: PageVisit, place: ui.element, when: str, title: str) -> None:
    """Show in a place for how many leads a condition holds, why it can't be answered for some, and
    whom it holds for."""
    place.clear()
    try:
        found = await visit.ask(segments_api.preview, when=when)
    except Unavailable as away:
        with place:
            show(escape(str(away)), "p")
        return
    with place, section(title):
        show(escape(_counted(found)), "p")
        _unanswered(found)
        if found.sample:
            show(
                table(
                    [_("Lead"), _("Company"), _("Stage")],
                    [_sampled(one) for one in found.sample],
                    caption=_("Some of them"),
                )
            )


class ChangedCounts:
    """Below the editor: for how many leads the conditions hold that were changed."""

    place: ui.element

    def __init__(self, visit: PageVisit) -> None:
        self.visit = visit

    def build(self) -> None:
        """Where they are shown."""
        self.place = ui.element("div").classes("stack")

    async def draw(self, checked: Checked) -> None:
        """Count those of a text without mistakes."""
        _text, policy = checked.policies.get("segments", ("", None))
        if not isinstance(policy, SegmentsPolicy):
            return
        known = {one.name: one.when for one in await self.visit.read(published_segments)}
        changed = [one for one in policy.segments if known.get(one.name) != one.when]
        self.place.clear()
        for one in changed[:COUNTED_BESIDE]:
            with self.place:
                there = ui.element("div")
            title = _("{title}, as you have written it", title=one.title)
            await count_beside(self.visit, there, one.when, title)


def _list(visit: PageVisit, found: list[SegmentLine]) -> None:
    if not found:
        empty(
            _("No segments are published."),
            link(_("Write the first one"), EDIT) if visit.may(publishing("segments")) else "",
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
    return {
        _("Leads in it"): f"{one.members:,}",
        _("Can't be said of"): unjudged,
        _("All judged"): _state(one),
    }


def _counted(found: SegmentPreview) -> str:
    counted = found.count
    numbers = {"members": f"{counted.members:,}", "leads": f"{counted.leads:,}"}
    if counted.exact:
        return _("{members} of {leads} leads", **numbers)
    return _(
        "About {members} of {leads} leads, by {sampled} of them",
        **numbers,
        sampled=f"{counted.sampled:,}",
    )


def _unanswered(found: SegmentPreview) -> None:
    counted = found.count
    if not counted.unread:
        return
    said = ngettext(
        "Of 1 lead it can't be said; it is no member:",
        "Of {number} leads it can't be said; they are no members:",
        counted.unread,
    )
    show(escape(said), "p")
    items = Markup().join(
        Markup("<li>{}</li>").format(one.reason) for one in counted.unanswered[:REASONS]
    )
    show(items, "ul")


def _sampled(one: SampledLead) -> list[Cell]:
    name = full_name(one.first_name, one.last_name) or one.email
    return [
        Markup('<span class="two">{}{}</span>').format(
            link(name, f"/leads/{one.id}"), quiet(one.title)
        ),
        one.company,
        badge(labels.stage(one.stage)),
    ]


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
