"""``/console/figures/days``: what was stated of each day, then and now."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import Query
from markupsafe import Markup
from pydantic import ConfigDict

from domain.access import Action
from domain.figures.funnel import Kind
from domain.figures.lists import CountedAs
from domain.figures.snapshots import RestatedFigure, Subject
from domain.figures.stages import FUNNEL
from domain.notifications.stopped import name_of_series
from services.figure_lists import KIND
from services.figures_of_days import MOST_RESTATED, DaysReport
from web.api import figures_of_days
from web.api.figures_of_days import DaysParameters
from web.console import labels
from web.console.figures.behind import behind
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.figures.figure_page import FigurePage, beside, in_address, period_shown
from web.console.pages import console_page
from web.console.parts import Cell, empty, quiet, section, show, table
from web.console.times import full_day, moment
from web.console.visit import PageVisit
from web.console.words import N_, _, translator

PATH = "/figures/days"
MOST_ROWS = 60
"""Restatements that the page shows; the file has more."""
SUBJECTS = {
    Subject.STAGE: N_("Stages"),
    Subject.SOURCE: N_("Sources"),
    Subject.MONEY: N_("Money"),
    Subject.INTAKE: N_("News from other programs"),
}
MEASURE_NAMES = {"onward": N_("Went on"), "amount": N_("Value"), "events": N_("Events")}
ENTERED = "entered"


class DaysAddress(DaysParameters):
    """What stands in the address of the page."""

    model_config = ConfigDict(extra="ignore")


@console_page(PATH, Action.READ_MONEY, N_("Figures of each day"))
async def days(visit: PageVisit, asked: Annotated[DaysAddress, Query()]) -> None:
    """The figures of the days that the address asks for."""
    await DaysPage(visit, PATH, in_address(asked)).open()


class DaysPage(FigurePage[DaysReport]):
    """The page as it is open."""

    def files(self) -> dict[str, str]:
        """Both tables: what is stated, and what was restated."""
        return {PATH: _("Days"), "/figures/restated": _("Restated")}

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            subjects = {one.value: _(name) for one, name in SUBJECTS.items()}
            self.choice(_("Of"), "subject", {"": _("Everything"), **subjects})
        await self.begin()

    async def read(self) -> DaysReport:
        """The report."""
        query = DaysParameters.model_validate(self.parameters())
        return await self.visit.ask(figures_of_days.show_days, query)

    def draw(self, found: DaysReport) -> None:
        """What was restated, what each day says, and what that means."""
        show(quiet(f"{period_shown(found)} · {found.time_zone}"), "p")
        with section(_("Restated")):
            if found.restated:
                show(_restated(found.restated[:MOST_ROWS]))
                if len(found.restated) > MOST_ROWS:
                    show(quiet(_("The latest are shown; the file has more.")), "p")
            else:
                empty(_("What was stated of these days holds still."))
        if any(one.subject == Subject.STAGE for one in found.rows):
            with section(_("Leads that entered each stage")):
                show(_entered(found))
                if _all_restated(found):
                    show(quiet(_("Beneath a number stands what was stated at first.")), "p")
        show_definitions(["restated", ENTERED, "stated"])


def _all_restated(found: DaysReport) -> bool:
    return len(found.restated) < MOST_RESTATED


def _restated(found: list[RestatedFigure]) -> Markup:
    # The latest stand first: what a figure said between two of them is in no list of leads.
    newest = set(
        {
            (one.day, one.subject, one.name, one.kind, one.measure): one for one in reversed(found)
        }.values()
    )
    return table(
        (_("Day"), _("Of"), _("Figure"), _("Stated before"), _("Stated since"), _("Since")),
        [
            (
                full_day(one.day),
                _of(one),
                _measure(one),
                f"{one.was:,f}",
                _now(one) if one in newest else f"{one.now:,f}",
                moment(one.at),
            )
            for one in found
        ],
        caption=_("Restated"),
        numbers=(3, 4),
        meanings={4: meaning("restated")},
    )


def _of(one: RestatedFigure) -> str:
    if one.subject == Subject.MONEY:
        return f"{name_of_series(Subject.SOURCE, one.name, translator())} · {one.kind}"
    name = name_of_series(one.subject, one.name, translator())
    return f"{name} · {heading(one.kind)}" if one.kind else name


def _measure(one: RestatedFigure) -> str:
    if one.subject == Subject.SOURCE:
        return labels.stage(one.measure)
    if one.measure in MEASURE_NAMES:
        return _(MEASURE_NAMES[one.measure])
    return heading(one.measure)


def _now(one: RestatedFigure) -> Cell:
    """The number, of a source as a link to its leads."""
    if one.subject != Subject.SOURCE:
        return f"{one.now:,f}"
    return behind(
        int(one.now),
        CountedAs.ENTERED,
        at=one.measure,
        begins=one.day,
        ends=one.day + timedelta(days=1),
        of=[("source", one.name), (KIND, Kind(one.kind))],
    )


def _entered(found: DaysReport) -> Markup:
    """By day and stage how many entered, and beneath it what was stated at first."""
    now: defaultdict[tuple[date, str], Decimal] = defaultdict(Decimal)
    late: defaultdict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for row in found.rows:
        if (row.subject, row.measure) == (Subject.STAGE, ENTERED):
            now[row.day, row.name] += row.value
    # Without the earliest restatements nobody knows what was stated at first.
    for one in found.restated if _all_restated(found) else ():
        if (one.subject, one.measure) == (Subject.STAGE, ENTERED):
            late[one.day, one.name] += one.now - one.was

    def cell(day: date, stage: str) -> Cell:
        if day not in counted:
            return "–"
        stated, since = now[day, stage], late[day, stage]
        return beside(f"{stated:,f}", f"{stated - since:,f}" if since else None)

    counted = set(found.counted)
    length = (found.ends - found.begins).days
    shown = [found.ends - timedelta(days=number + 1) for number in range(length)]
    return table(
        (_("Day"), *(labels.stage(stage) for stage in FUNNEL)),
        [(full_day(day), *(cell(day, stage) for stage in FUNNEL)) for day in shown],
        caption=_("Leads that entered each stage"),
        numbers=range(1, len(FUNNEL) + 1),
    )
