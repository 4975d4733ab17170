"""``/console/duplicates``: leads that may be one person, and what a lead's page says of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from markupsafe import Markup
from nicegui import ui

import services.duplicates
from domain.access import Action
from domain.contacts.merging import Likeness
from store.matching.merges import Merge
from store.matching.suspects import SuspectLead, Suspicion
from web.api import duplicates as duplicates_api
from web.console import labels
from web.console.admin.parts import item, items
from web.console.frame import say_done
from web.console.paged import PagedList
from web.console.pages import console_page
from web.console.parts import badge, button, empty, go, link, quiet, section, show, sure
from web.console.times import day, moment
from web.console.visit import PageVisit
from web.console.words import N_, _


@console_page("/duplicates", Action.READ_LEADS, N_("Suspected duplicates"))
async def duplicates(visit: PageVisit) -> None:
    """The pairs that the visitor sees, those that are surest first."""
    show(
        quiet(
            _(
                "Two leads that may be the same person: by mailbox, phone number, or name and "
                "company. Merge them, so that one journey goes on, or say that they are two."
            )
        ),
        "p",
    )
    await _List(visit).open()


class _List:
    """The list as it is open."""

    def __init__(self, visit: PageVisit) -> None:
        self.visit = visit
        self._read = PagedList(visit, duplicates_api.list_duplicates, draw=self._draw)

    async def open(self) -> None:
        """Read the first page."""
        await self._read.more()

    def _draw(self, found: Sequence[Suspicion]) -> None:
        if not found:
            empty(_("No two leads look like the same person."), link(_("All leads"), "/leads"))
            return
        with ui.element("ul").classes("items"):
            for one in found:
                line = Markup('<span class="two">{}{}</span>').format(
                    _lead(one.lead) + _lead(one.other), marks(one.why)
                )
                with ui.element("li") as row:
                    show(line).classes("what")
                    with ui.element("div").classes("acts"):
                        _choices(self.visit, one, partial(self._dismissed, row))

    async def _dismissed(self, row: ui.element) -> None:
        row.delete()


class LikelyDuplicates:
    """The part of a lead's page: who may be the same person, and what was merged into it.

    Args:
        changed: called after something was done.
    """

    def __init__(
        self, visit: PageVisit, lead_id: int, changed: Callable[[], Awaitable[None]]
    ) -> None:
        self.visit, self.lead_id, self._changed = visit, lead_id, changed
        self._body = ui.element("div")

    async def refresh(self) -> None:
        """Show what there is; nothing for most leads."""
        found = await self.visit.ask(duplicates_api.list_duplicates_of, self.lead_id)
        merges = await self.visit.ask(duplicates_api.list_merges, self.lead_id)
        self._body.clear()
        with self._body:
            if found:
                with section(_("May be the same person")), items():
                    for one in found:
                        text = Markup('<span class="two">{}{}</span>').format(
                            _lead(one.other), marks(one.why)
                        )
                        with item(text):
                            _choices(self.visit, one, self._dismissed)
            if merges:
                with section(_("Merged into this lead")), items():
                    for merge in merges:
                        with item(_merged(merge)):
                            if self.visit.may(Action.MERGE_LEADS):
                                button(_("Undo the merge"), partial(self._undo, merge))

    async def _dismissed(self) -> None:
        await self._changed()

    async def _undo(self, merge: Merge) -> None:
        question = _(
            "Have {name} as a lead of its own again? What came with it goes back. Values of this "
            "lead become what they were unless somebody changed them since. What stops mail stays "
            "for both. The journey of {name} begins anew: with sales, or in recycle.",
            name=merge.name or merge.email,
        )
        if await sure(question, _("Undo the merge")):
            await self.visit.act(services.duplicates.undo, merge.id)
            say_done(_("The merge is undone."))
            await self._changed()


def _choices(visit: PageVisit, one: Suspicion, dismissed: Callable[[], Awaitable[None]]) -> None:
    if not visit.may(Action.MERGE_LEADS):
        return

    async def dismiss() -> None:
        await visit.act(services.duplicates.dismiss, one.lead.id, one.other.id)
        say_done(_("They are not suspected any more."))
        await dismissed()

    go(_("Compare and merge"), f"/leads/{one.lead.id}/merge/{one.other.id}")
    button(_("Not the same person"), dismiss)


def marks(why: Sequence[Likeness]) -> Markup:
    """What speaks for two leads being one person, as marks."""
    shown = Markup(" ").join(badge(labels.likeness(one)) for one in why)
    return Markup("<span>{}</span>").format(shown)


def _lead(one: SuspectLead) -> Markup:
    about = ", ".join(part for part in (one.email, one.company, one.phone) if part)
    return Markup("<b>{}</b> {}").format(link(one.name, f"/leads/{one.id}"), quiet(about))


def _merged(merge: Merge) -> Markup:
    said = _(
        "{number}, by {who}; can be undone until {day}.",
        number=f"#{merge.merged_id}",
        who=labels.person(merge.by),
        day=day(merge.undo_until),
    )
    return Markup("<b>{}</b> {} {}").format(
        merge.name or merge.email, moment(merge.at), quiet(said)
    )
