"""``/console/today``: how the day stands. Each figure opens the list that it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from domain.contracts.journey import Stage
from services.access import sees_customers, team_of
from store.views.figures import NOT_STARTED
from store.views.today import (
    DayFigures,
    DecidedPromise,
    SentMail,
    day_figures,
    leads_by_stage,
    mails_sent,
    promises_decided,
)
from web.console import labels
from web.console.labels import promise as promise_label
from web.console.labels import stage as stage_label
from web.console.pages import console_page
from web.console.parts import Cell, Tone, badge, empty, link, quiet, section, show, table
from web.console.times import bounds_of_today, day, moment
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

SECONDS = 30.0
"""How often the figures are counted anew."""
MOST = 500
"""Promises and mails that a list of today shows."""


@console_page("/today", Action.READ_LEADS, N_("Today"))
async def today(visit: PageVisit) -> None:
    """The day in the visitor's zone; an SDR sees the team's."""
    with visit.top:
        date = show(Markup(), "span")
    figures = ui.element("div").classes("page-parts")
    shown: list[object] = []

    async def count() -> None:
        now = visit.context.clock.now()
        begins, ends = bounds_of_today(visit)
        team = team_of(visit.caller)
        counted = await visit.read(day_figures, begins, ends, now, team)
        customers = sees_customers(visit.caller)
        stages = await visit.read(leads_by_stage, team, customers=customers)
        if shown == [day(now), counted, stages]:
            return  # Whoever has tabbed to a figure stays there.
        shown[:] = day(now), counted, stages
        date.set_content(quiet(day(now)))
        figures.clear()
        with figures:
            _sales(visit, counted)
            _mails(counted)
            _stages(stages)

    await count()
    ui.timer(SECONDS, count, immediate=False)


def _stages(stages: Mapping[str, int]) -> None:
    with section(_("Leads by stage")):
        if stages:
            show(_funnel(stages))
            if waiting := stages.get(NOT_STARTED):
                show(_not_started(waiting), "p")
        else:
            empty(_("There are no leads yet."), link(_("Import a list"), "/import"))


def _sales(visit: PageVisit, figures: DayFigures) -> None:
    decided = figures.kept + figures.broken
    tiles = [
        _tile(f"{figures.tasks_open:,}", _("Tasks open"), "/inbox?tab=team"),
        _tile(
            f"{figures.tasks_late:,}",
            _("Tasks late"),
            "/inbox?tab=team&late=1",
            tone="bad" if figures.tasks_late else "plain",
        ),
        _tile(
            f"{figures.unassigned:,}",
            _("Waiting for a rep"),
            "/inbox?tab=unassigned",
            tone="warn" if figures.unassigned else "plain",
        ),
        _tile(
            f"{figures.kept / decided:.0%}" if decided else "–",
            _("SLA kept, {kept} of {decided}", kept=figures.kept, decided=decided),
            "/today/promises",
            tone="warn" if figures.broken else "plain",
        ),
        _tile(f"{figures.meetings:,}", _("Meetings"), "/meetings?on=today&state=standing"),
        _tile(f"{figures.no_shows:,}", _("No-shows"), "/meetings?on=today&state=no_show"),
    ]
    with section(_("Sales")):
        _show_tiles(tiles if visit.may(Action.READ_TASKS) else tiles[3:])


def _mails(figures: DayFigures) -> None:
    with section(_("Mail")):
        _show_tiles(
            [
                _tile(f"{figures.sent:,}", _("Mails sent"), "/today/mails"),
                _tile(
                    f"{figures.bounced:,}",
                    _("Leads whose mail bounced"),
                    "/leads?did=bounced",
                    tone="warn" if figures.bounced else "plain",
                ),
                _tile(f"{figures.answered:,}", _("Leads that answered"), "/leads?did=answered"),
            ]
        )


def _show_tiles(tiles: Sequence[Markup]) -> None:
    show(Markup().join(tiles)).classes("tiles")


def _tile(figure: str, name: str, path: str, *, tone: Tone = "plain") -> Markup:
    return Markup('<a class="tile {}" href="/console{}"><b>{}</b><span>{}</span></a>').format(
        tone, path, figure, name
    )


def _funnel(stages: Mapping[str, int]) -> Markup:
    """A bar for each stage, in the order of the funnel."""
    most = max(stages.values())
    bars = [
        Markup(
            '<li><a href="/console/leads?stage={}"><span>{}</span>'
            '<i style="inline-size: {}%"></i><b>{}</b></a></li>'
        ).format(
            name,
            stage_label(name),
            round(100 * stages.get(name, 0) / most, 1),
            f"{stages.get(name, 0):,}",
        )
        for name in Stage
    ]
    return Markup('<ol class="funnel">{}</ol>').format(Markup().join(bars))


def _not_started(leads: int) -> Markup:
    told = ngettext(
        "The journey of 1 of them has not begun.",
        "The journeys of {number} of them have not begun.",
        leads,
    )
    return link(told, "/leads", phase=NOT_STARTED)


@console_page("/today/promises", Action.READ_LEADS, N_("Promises decided today"))
async def promises(visit: PageVisit) -> None:
    """The promises that were kept or broken today, the broken ones first."""
    begins, ends = bounds_of_today(visit)
    found = await visit.read(promises_decided, begins, ends, team_of(visit.caller), MOST)
    if not found:
        empty(_("No promise was kept or broken today."), link(_("How the SLA was kept"), "/team"))
        return
    rows: list[tuple[Cell, ...]] = [
        (
            badge(_("kept"), "good") if one.kept else badge(_("broken"), "bad"),
            promise_label(one.promise),
            _who(one),
            labels.person(one.owner) or one.team,
            moment(one.due_at),
            moment(one.ended_at),
        )
        for one in found
    ]
    headings = (_("State"), _("Promise"), _("Lead"), _("Rep"), _("Due"), _("Decided"))
    show(table(headings, rows, caption=_("Promises decided today")))
    _capped(len(found))
    show(link(_("How the SLA was kept"), "/team"), "p")


@console_page("/today/mails", Action.READ_LEADS, N_("Mails sent today"))
async def mails(visit: PageVisit) -> None:
    """The mails that were sent today, over whichever channel, the last first."""
    begins, ends = bounds_of_today(visit)
    found = await visit.read(mails_sent, begins, ends, team_of(visit.caller), MOST)
    if not found:
        empty(_("No mail was sent today."), link(_("Look at the cadences"), "/cadences"))
        return
    rows: list[tuple[Cell, ...]] = [
        (moment(one.sent_at), _who(one), one.what, labels.person(one.owner) or "–") for one in found
    ]
    headings = (_("When"), _("Lead"), _("Mail"), _("Owner"))
    show(table(headings, rows, caption=_("Mails sent today")))
    _capped(len(found))


def _who(one: DecidedPromise | SentMail) -> Markup:
    return Markup('<span class="two">{}{}</span>').format(
        link(one.name, f"/leads/{one.lead_id}"), quiet(one.company)
    )


def _capped(shown: int) -> None:
    if shown == MOST:
        show(quiet(_("Only the first {number} are shown.", number=MOST)), "p")
