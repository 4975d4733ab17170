"""``/console/cadences``: the cadences there are, and each drawn with the leads on it."""

from __future__ import annotations

from datetime import timedelta

from markupsafe import Markup, escape
from nicegui import ui

from domain.access import Action
from domain.labels import TASK_KINDS
from domain.refusals import CadenceMissing, Missing
from store.published.cadences import CadenceSummary, PublishedCadence, cadence_named, list_cadences
from store.published.drafts import list_drafts
from store.published.published_texts import PublishedText, published_texts
from store.views.cadence_figures import (
    CadenceCounts,
    CadenceStanding,
    MailCounts,
    cadence_counts,
    leads_on_steps,
    mail_counts,
)
from web.console import labels
from web.console.frame import name_page
from web.console.lists.export import export_button
from web.console.marketing.course import Course, entry_text, exits_text, window_text
from web.console.marketing.difference import difference
from web.console.pages import console_page
from web.console.parts import Cell, badge, empty, facts, go, link, quiet, section, show, table
from web.console.times import moment, span
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

COUNT_SECONDS = 15.0
"""How often the list counts anew: that reads every lead that ever was in a cadence."""
STEPS = 3
"""Steps that the list names of each cadence."""
LOOK_SECONDS = 3.0
"""How often a cadence's page asks whether leads went on."""


@console_page("/cadences", Action.READ_CADENCES, N_("Cadences"))
async def cadences(visit: PageVisit) -> None:
    """All published cadences, with the leads in them."""
    found = await visit.read(list_cadences)
    with visit.top:
        go(_("Enrollments"), "/enrollments")
        export_button("/cadences")
    writing = []
    if visit.may(Action.PUBLISH):
        writing = await visit.read(list_drafts, visit.who.user_id)
        with visit.top:
            go(_("New cadence"), "/cadences/new", main=True)
    mine = {draft.name for draft in writing if draft.kind == "cadence"}
    if "" in mine:
        show(
            Markup("<p>{} {}</p>").format(
                _("You have begun a new cadence."), link(_("Go on writing"), "/cadences/new")
            )
        )
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
        name = link(one.name, f"/cadences/{one.name}")
        if one.name in self.mine:
            name += Markup(" ") + link(badge(_("your draft"), "warn"), f"/cadences/{one.name}/edit")
        return (
            Markup('<span class="two cadence">{}{}{}</span>').format(
                name, quiet(f"{one.topic} · {_length(one.length)}"), _where(known)
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
async def cadence(visit: PageVisit, name: str, *, version: int | None = None) -> None:
    """A cadence drawn from top to bottom; the newest version unless another is asked for."""
    try:
        published = await visit.read(cadence_named, name, version)
    except CadenceMissing:
        raise Missing(_("The cadence '{name}' is not published.", name=name)) from None
    versions = await visit.read(published_texts, "cadence", name)
    name_page(visit, name)
    if visit.may(Action.PUBLISH):
        with visit.top:
            go(_("Edit"), f"/cadences/{name}/edit", main=True, key="e")
    page = CadencePage(visit, published, await visit.read(leads_on_steps, name))
    with ui.element("div").classes("columns"):
        with ui.element("div"), section(name):
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
                            _("Enrolled by hand"): entry_text(rules),
                            _("Length"): _length(rules.length()),
                        }
                    )
                )
            with section(_("Versions")):
                _versions(name, published.version, versions, page.standing)
    if version is not None and version != versions[0].version:
        _compared(published.version, versions)
    ui.timer(0.2, page.count_mails, once=True)
    ui.timer(LOOK_SECONDS, page.look)


class CadencePage:
    """A cadence as it is open, with its figures."""

    drawing: ui.element
    status: ui.element

    def __init__(
        self, visit: PageVisit, published: PublishedCadence, standing: CadenceStanding
    ) -> None:
        self.visit, self.published, self.standing = visit, published, standing
        self._mails: dict[str, MailCounts] = {}

    def draw(self) -> None:
        """Draw the cadence with what is known."""
        course = Course(
            self.published.cadence, self.published.templates, self.standing.steps, self._mails
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

    async def count_mails(self) -> None:
        """Add what became of the mails; that takes longer than the rest."""
        self._mails = await self.visit.read(mail_counts, self.published.name)
        if self._mails:
            self.draw()


def _length(waits: timedelta) -> str:
    days = round(waits / timedelta(days=1))
    return ngettext("1 day", "{number} days", days) if days else span(waits)


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
                    moment(one.published_at),
                    f"{standing.versions.get(one.version, 0):,}",
                )
                for one in versions[:20]
            ],
            caption=_("Versions"),
            numbers=(2,),
        )
    )


def _compared(shown: int, versions: list[PublishedText]) -> None:
    newest = versions[0]
    old = next(one for one in versions if one.version == shown)
    title = _("Version {old} and version {new}", old=shown, new=newest.version)
    with section(title):
        show(difference(old.source, newest.source, title))
