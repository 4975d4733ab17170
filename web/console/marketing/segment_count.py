"""For how many leads a condition holds, and for whom, beside where it is written."""

from __future__ import annotations

from markupsafe import Markup, escape
from nicegui import ui

from domain.names import full_name
from domain.refusals import Invalid, Unavailable
from domain.segments.policy import SegmentsPolicy
from services.segments import SegmentPreview
from store.publishing.publishing import Checked
from store.views.segments import SampledLead, published_segments
from web.api import segments as segments_api
from web.console import labels
from web.console.parts import Cell, badge, link, quiet, section, show, table
from web.console.visit import PageVisit
from web.console.words import _, ngettext

COUNTED_BESIDE = 5
"""Conditions that are counted while one writes: those that were changed."""
REASONS = 5
"""Reasons that are told why a condition can't be answered."""


async def count_beside(visit: PageVisit, place: ui.element, when: str, title: str) -> None:
    """Show in a place for how many leads a condition holds, why it can't be answered for some, and
    whom it holds for."""
    place.clear()
    try:
        found = await visit.ask(segments_api.preview, when=when)
    except (Invalid, Unavailable) as problem:
        with place:
            show(escape(str(problem)), "p")
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
