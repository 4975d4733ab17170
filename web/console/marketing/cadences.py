"""``/console/cadences``: the cadences there are, and each drawn with the leads on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import Query
from markupsafe import Markup, escape
from nicegui import ui

from domain.access import Action
from domain.cadences.cadence import Cadence, EmailStep, TaskStep
from domain.figures.steps import CadenceResults, StepKind
from domain.inputs import Day
from domain.labels import TASK_KINDS
from services.cadences import cadence_asked_for
from store.published.cadence_states import cadence_status
from store.published.cadences import CadenceSummary, PublishedCadence, list_cadences
from store.published.drafts import list_drafts
from store.published.published_texts import PublishedText, published_texts
from store.views.cadence_figures import (
    CadenceCounts,
    CadenceEntries,
    CadenceStanding,
    cadence_counts,
    cadence_entries,
    leads_on_steps,
)
from web.console import labels
from web.console.frame import name_page
from web.console.lists.export import export_button
from web.console.marketing.bundles import ImportDialog, bundle_button
from web.console.marketing.cadence_state import state_buttons, tell_state
from web.console.marketing.copying import copy_cadence, rename
from web.console.marketing.course import (
    Course,
    entry_text,
    exits_text,
    triggers_text,
    window_text,
)
from web.console.marketing.difference import difference
from web.console.marketing.publishing import publication
from web.console.marketing.results import (
    COMPARE_WITH,
    VERSION,
    CadenceResultsPart,
    days_asked,
)
from web.console.marketing.step_results import Numbers
from web.console.pages import console_page
from web.console.parts import (
    Cell,
    badge,
    button,
    empty,
    facts,
    go,
    link,
    quiet,
    section,
    show,
    table,
)
from web.console.times import moment, span
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

COUNT_SECONDS = 15.0
"""How often the list counts anew: that reads every lead that ever was in a cadence."""
STEPS = 3
"""Steps that the list names of each cadence."""
ENTRIES_OF = timedelta(days=30)
"""How far back the page counts who entered, and who did not."""
LOOK_SECONDS = 3.0
"""How often a cadence's page asks whether leads went on."""


@console_page("/cadences", Action.READ_CADENCES, N_("Cadences"))
async def cadences(visit: PageVisit, *, archived: bool = False) -> None:
    """All published cadences, with the leads in them; those that are archived apart."""
    found = await visit.read(list_cadences, archived=archived)
    others = await visit.read(list_cadences, archived=not archived)
    with visit.top:
        go(_("Enrollments"), "/enrollments")
        export_button("/cadences")
    writing = []
    if visit.may(Action.PUBLISH):
        writing = await visit.read(list_drafts, visit.who.user_id)
        with visit.top:
            button(_("Import a bundle"), ImportDialog(visit).open)
            go(_("Start from another"), "/cadences/starting-points")
            go(_("New cadence"), "/cadences/new", main=True)
    mine = {draft.name for draft in writing if draft.kind == "cadence"}
    if "" in mine:
        show(
            Markup("<p>{} {}</p>").format(
                _("You have begun a new cadence."), link(_("Go on writing"), "/cadences/new")
            )
        )
    known = {one.name for one in (*found, *others)}
    for one in writing:
        if one.kind == "cadence" and one.name and one.name not in known:
            draft = link(one.name, f"/cadences/{one.name}/edit")
            said = _("Your draft, not published yet:")
            show(Markup("<p>{} {}</p>").format(said, draft))
    if archived:
        show(Markup("<p>{}</p>").format(link(_("Cadences in use"), "/cadences")))
    elif others:
        said = ngettext("1 archived cadence", "{number} archived cadences", len(others))
        show(Markup("<p>{}</p>").format(link(said, "/cadences", archived="true")))
    if not found and archived:
        empty(_("No cadence is archived."))
        return
    if not found:
        empty(
            _("No cadence is published."),
            link(_("Write the first one"), "/cadences/new") if visit.may(Action.PUBLISH) else "",
        )
        return
    listing = CadenceList(found, mine)
    listing.draw(await visit.read(cadence_counts))

    async def look() -> None:
        listing.draw(await visit.read(cadence_counts))

    ui.timer(COUNT_SECONDS, look)


class CadenceList:
    """The list as it is open. ``mine`` are the names of those that the visitor is writing."""

    def __init__(self, found: list[CadenceSummary], mine: set[str]) -> None:
        self.found, self.mine = found, mine
        self.place = ui.element("div")
        self.counts: dict[str, CadenceCounts] | None = None

    def draw(self, counts: dict[str, CadenceCounts]) -> None:
        """Draw it with these figures, unless it has them."""
        if counts == self.counts:
            return
        self.counts = counts
        headings = [
            _("Cadence"),
            _("Version"),
            _("Steps"),
            _("In it now"),
            _("Ever entered"),
            _("Replied"),
            _("Booked"),
            _("Ready for sales"),
            _("Published"),
        ]
        rows = [self._row(one, counts.get(one.name, CadenceCounts())) for one in self.found]
        self.place.clear()
        with self.place:
            show(table(headings, rows, caption=_("Cadences"), numbers=(1, 2, 3, 4, 5, 6, 7)))

    def _row(self, one: CadenceSummary, known: CadenceCounts) -> tuple[Cell, ...]:
        name = link(one.title or one.name, f"/cadences/{one.name}")
        if one.name in self.mine:
            name += Markup(" ") + link(badge(_("your draft"), "warn"), f"/cadences/{one.name}/edit")
        about = [*([one.name] if one.title else []), one.topic, _length(one.length)]
        if one.paused:
            name += Markup(" ") + badge(_("paused"), "warn")
        return (
            Markup('<span class="two cadence">{}{}{}</span>').format(
                name, quiet(" · ".join(about)), _where(known)
            ),
            one.version,
            one.steps,
            link(f"{known.leads:,}", "/leads", cadence=one.name) if known.leads else 0,
            f"{known.entered:,}",
            f"{known.replied:,}",
            f"{known.booked:,}",
            f"{known.ready:,}",
            moment(one.published_at),
        )


def _where(known: CadenceCounts) -> Markup | str:
    """The steps that most leads are before; the cadence's own page has them all."""
    if not known.steps:
        return ""
    said = [f"{_step(step)} {n:,}" for step, n in known.steps.items()]
    more = ["…"] if len(said) > STEPS else []
    return quiet(_("Next: {steps}", steps=" · ".join([*said[:STEPS], *more])))


def _step(code: str) -> str:
    """A step by its mail, or by the kind of its task."""
    kind = code.removeprefix("task-")
    return labels.task_kind(kind) if kind in TASK_KINDS else code.removeprefix("email-")


@console_page("/cadences/{name}", Action.READ_CADENCES, N_("Cadence"))
async def cadence(
    visit: PageVisit,
    name: str,
    *,
    begins: Annotated[Day | None, Query(alias="from")] = None,
    to: Day | None = None,
    version: int | None = None,
    beside: Annotated[int | None, Query(alias=COMPARE_WITH)] = None,
) -> None:
    """A cadence drawn from top to bottom, with what each step brought; the newest version, with the
    results of all, unless one is asked for."""
    published = await visit.read(cadence_asked_for, name, version)
    versions = await visit.read(published_texts, "cadence", name)
    title = published.cadence.title or name
    name_page(visit, title)
    status = await visit.read(cadence_status, name)
    with visit.top:
        state_buttons(visit, name, status)
        bundle_button(published)
    if visit.may(Action.PUBLISH):
        with visit.top:
            button(_("Rename"), partial(rename, visit, name))
            source = next(one.source for one in versions if one.version == published.version)
            copy = partial(copy_cadence, visit, name, source, f"{name}-copy")
            button(_("Make a copy"), copy)
            go(_("Edit"), f"/cadences/{name}/edit", main=True, key="e")
    tell_state(status)
    page = CadencePage(visit, published, await visit.read(leads_on_steps, name))
    asked = days_asked(begins, to) | {VERSION: version, COMPARE_WITH: beside}
    results = CadenceResultsPart(
        visit,
        name,
        asked,
        versions=[one.version for one in versions],
        name_of=page.name_of,
        then=page.show_results,
    )
    results.open()
    with ui.element("div").classes("columns"):
        with ui.element("div"), section(title):
            if published.cadence.description.strip():
                show(escape(published.cadence.description.strip()), "p")
            page.drawing = ui.element("div")
            page.draw()
        with ui.element("div"):
            with section(_("In it now")):
                page.status = ui.element("div")
                page.tell()
            with section(_("Rules")):
                rules = published.cadence
                show(
                    facts(
                        {
                            _("Topic"): rules.topic,
                            _("Mail goes"): window_text(rules.window, visit.language),
                            _("Ends early when"): exits_text(rules),
                            _("Who may enter"): entry_text(rules),
                            _("Length"): _length(rules.length()),
                        }
                    )
                )
            with section(_("Who enters")):
                since = visit.context.clock.now() - ENTRIES_OF
                _who_enters(rules, await visit.read(cadence_entries, name, since))
            with section(_("Versions")):
                _versions(name, published.version, versions, page.standing)
    if version is not None:
        await _compared(published.version, versions)
    await results.begin()
    ui.timer(LOOK_SECONDS, page.look)


class CadencePage:
    """A cadence as it is open, with its figures."""

    drawing: ui.element
    status: ui.element

    def __init__(
        self, visit: PageVisit, published: PublishedCadence, standing: CadenceStanding
    ) -> None:
        self.visit, self.published, self.standing = visit, published, standing
        self._results: dict[tuple[str, StepKind | None], Markup] = {}

    def draw(self) -> None:
        """Draw the cadence with what is known."""
        course = Course(
            self.published.cadence, self.published.templates, self.standing.steps, self._results
        )
        self.drawing.clear()
        with self.drawing:
            show(course.drawn())

    def tell(self) -> None:
        """Say how many leads are in the cadence."""
        name, known = self.published.name, self.standing
        self.status.clear()
        with self.status:
            if not known.leads:
                show(Markup("<p>{}</p>").format(quiet(_("No lead is in this cadence now."))))
                return
            said = ngettext("1 lead", "{number} leads", known.leads)
            show(Markup("<p>{}</p>").format(link(said, "/leads", cadence=name)))
            elsewhere = {
                step: number
                for step, number in known.steps.items()
                if not _has(self.published, step)
            }
            if elsewhere:
                said = ngettext(
                    "1 of them is at a step that this version does not have.",
                    "{number} of them are at steps that this version does not have.",
                    sum(elsewhere.values()),
                )
                show(Markup("<p>{}</p>").format(quiet(said)))

    async def look(self) -> None:
        """Draw anew when leads went on."""
        now = await self.visit.read(leads_on_steps, self.published.name)
        if now != self.standing:
            self.standing = now
            self.draw()
            self.tell()

    def show_results(self, found: CadenceResults) -> None:
        """Draw it with what its steps brought."""
        numbers = Numbers(found)
        self._results = {(one.step, one.kind): numbers.drawn(one) for one in found.steps}
        self.draw()

    def name_of(self, step: str) -> Cell:
        """A step by its mail or its task; one that this version does not have by its code."""
        try:
            known = self.published.cadence.step(step)
        except KeyError:
            return _step(step)
        if isinstance(known, EmailStep):
            return link(known.email, f"/templates/{known.email}", cadence=self.published.name)
        return known.task.title if isinstance(known, TaskStep) else step


def _length(waits: timedelta) -> str:
    days = round(waits / timedelta(days=1))
    return ngettext("1 day", "{number} days", days) if days else span(waits)


def _who_enters(cadence: Cadence, entries: Sequence[CadenceEntries]) -> None:
    """What has leads enter by themselves, and who came lately by which way."""
    if said := triggers_text(cadence):
        lines = Markup("").join(Markup("<li>{}</li>").format(one) for one in said)
        show(Markup("<ul>{}</ul>").format(lines))
    else:
        show(Markup("<p>{}</p>").format(quiet(_("Nobody by itself: people enroll leads."))))
    if not entries:
        return
    show(
        table(
            (_("In the last 30 days"), _("Entered"), _("To come")),
            [
                (
                    Markup('<span class="two">{}{}</span>').format(
                        labels.entry_way(one.way, one.what), _staying_out(one)
                    ),
                    f"{one.entered:,}",
                    f"{one.to_come:,}",
                )
                for one in entries
            ],
            caption=_("Who enters"),
            numbers=(1, 2),
        )
    )
    show(link(_("Enrollments"), "/enrollments", cadence=cadence.name), "p")


def _staying_out(one: CadenceEntries) -> Markup | str:
    if not one.stay_out:
        return ""
    reasons = [f"{labels.why_not(why)} {number:,}" for why, number in one.stay_out.items()]
    return quiet(_("Stay out: {reasons}", reasons=", ".join(reasons)))


def _has(published: PublishedCadence, step: str) -> bool:
    try:
        published.cadence.step(step)
    except KeyError:
        return False
    return True


def _versions(
    name: str, shown: int, versions: list[PublishedText], standing: CadenceStanding
) -> None:
    show(
        table(
            [_("Version"), _("Published"), _("In it now")],
            [
                (
                    one.version
                    if one.version == shown
                    else link(one.version, f"/cadences/{name}", version=one.version),
                    publication(one),
                    f"{standing.versions.get(one.version, 0):,}",
                )
                for one in versions[:20]
            ],
            caption=_("Versions"),
            numbers=(2,),
        )
    )


async def _compared(shown: int, versions: list[PublishedText]) -> None:
    """What a version changed, and what has changed since."""
    at = next(at for at, one in enumerate(versions) if one.version == shown)
    known, newest = versions[at], versions[0]
    pairs = [(versions[at + 1], known)] if at + 1 < len(versions) else []
    for old, new in [*pairs, *([(known, newest)] if at else [])]:
        title = _("Version {old} and version {new}", old=old.version, new=new.version)
        compared = await difference(old.source, new.source, title)
        with section(title):
            show(compared)
