"""``/console/figures/team``: both sides' half of the agreement: how soon and how often sales tries
leads and which promises it keeps, and which leads of marketing it accepts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import Query
from markupsafe import Markup
from pydantic import ConfigDict

from domain.access import Action, Role
from domain.figures.funnel import FOLDED, Dimension
from domain.figures.lists import CountedAs
from domain.figures.months import month_period
from domain.figures.periods import Period
from domain.figures.speed import (
    AnswerFigures,
    Minutes,
    PromiseFigures,
    SpeedBy,
    SpeedReport,
    SpeedRow,
)
from web.api import figures_of_sales
from web.api.figures_of_sales import SpeedParameters
from web.console import labels
from web.console.figures.behind import behind
from web.console.figures.cells import share_of
from web.console.figures.chart import Bars, chart
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.figures.dimensions import DIMENSIONS, Narrowing, offered, show_narrowed, value_name
from web.console.figures.figure_page import (
    FigurePage,
    in_address,
    percent,
    period_shown,
    show_behind,
)
from web.console.figures.monthly import month_label
from web.console.pages import console_page
from web.console.parts import Cell, empty, quiet, section, show, table
from web.console.visit import PageVisit
from web.console.words import N_, _

PATH = "/figures/team"
MOST_PARTS = 40
"""Parts of a split that the page shows; the file has all."""
IN_CHART = 12
FILTERS = (Dimension.OWNER, Dimension.TEAM)
BY = {
    SpeedBy.OWNER: DIMENSIONS[Dimension.OWNER],
    SpeedBy.TEAM: DIMENSIONS[Dimension.TEAM],
    SpeedBy.MONTH: N_("Month"),
}


class TeamAddress(SpeedParameters):
    """What stands in the address of the page."""

    model_config = ConfigDict(extra="ignore")


@console_page(PATH, Action.READ_FIGURES, N_("Team figures"))
async def team(visit: PageVisit, asked: Annotated[TeamAddress, Query()]) -> None:
    """The figures that the address asks for; an SDR sees those of the own leads."""
    await TeamPage(visit, PATH, in_address(asked)).open()


class TeamPage(FigurePage[SpeedReport]):
    """The page as it is open."""

    def files(self) -> dict[str, str]:
        """Both tables: what sales did, and what it answered."""
        return {"/figures/speed": _("Sales"), "/figures/answers": _("Answers by source")}

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            options = {"": _("Nothing")} | {one.value: _(name) for one, name in BY.items()}
            self.choice(_("Split by"), "by", options)
            if self.visit.caller.role != Role.SDR:
                Narrowing(self, offered(self.visit.caller, FILTERS))
        await self.begin()

    def above(self) -> None:
        """What the figures are narrowed to."""
        show_narrowed(self, FILTERS)

    async def read(self) -> SpeedReport:
        """The report."""
        query = SpeedParameters.model_validate(self.parameters())
        return await self.visit.ask(figures_of_sales.show_speed, query)

    def draw(self, found: SpeedReport) -> None:
        """Charts, tables and what they mean."""
        self._report = found
        self._rows = [found.whole, *found.parts[:MOST_PARTS]]
        show(quiet(f"{period_shown(found)} · {found.time_zone}"), "p")
        show_behind(found.behind)
        if len(found.parts) > MOST_PARTS:
            show(quiet(_("The first are shown; the file has all.")), "p")
        with section(_("Sales: speed to lead")):
            self._speed()
        with section(_("Sales: persistence")):
            self._persistence()
        with section(_("Promises of the SLA")):
            self._promises()
        with section(_("Marketing: what sales accepts, by source")):
            self._sources()
        if found.by:
            with section(_("Answers of sales")):
                rows = [(self._name(one), *self._answers(one.answers, one)) for one in self._rows]
                show(_answer_table(_(BY[found.by]), rows, _("Answers of sales")))
        show_definitions(
            [
                *("handed_over", "tried", "minutes", "soon", "persistence", "gap"),
                *("met", "due", "past_due", "promised", "kept_share", "accepted", "returned"),
            ]
        )

    def _speed(self) -> None:
        if not self._report.whole.leads:
            empty(_("No lead was handed over in this period."))
            return
        business = _("Business minutes")
        headings = (
            *(heading("handed_over"), heading("tried"), _("Minutes"), _("≤ 5 min"), _("≤ 1 h")),
            *(business, _("≤ 5 business min"), _("≤ 1 business h")),
        )
        keys = ("handed_over", "tried", "minutes", "soon", "soon", "minutes", "soon", "soon")
        rows = [
            (
                self._name(one),
                self._leads(one.leads, CountedAs.HANDED_OVER, one),
                self._leads(one.tried, CountedAs.TRIED, one),
                *_soon(one.wall),
                *_soon(one.business),
            )
            for one in self._rows
        ]
        self._table(rows, headings, keys, caption=_("Sales: speed to lead"))

    def _persistence(self) -> None:
        if not self._report.whole.leads:
            empty(_("No lead was handed over in this period."))
            return
        wanted = _("≥ {number} in week 1", number=self._report.at_least)
        headings = (
            *(_("Attempts"), _("Per lead"), _("Median"), heading("nine_tenths"), wanted),
            *(_("Gap, median days"), _("Longest gap, days")),
        )
        keys = (*("persistence",) * 5, "gap", "gap")
        rows = [
            (
                self._name(one),
                f"{one.attempts:,}",
                _number(one.attempts_per_lead),
                _number(one.attempts_p50),
                _number(one.attempts_p90),
                _part(one.persistent, one.weeks_over, one.persistent_share),
                _number(one.longest_gap_p50_days),
                _number(one.longest_gap_days),
            )
            for one in self._rows
        ]
        self._table(rows, headings, keys, caption=_("Sales: persistence"))

    def _promises(self) -> None:
        found = [(row, one) for row in self._rows for one in row.promises]
        if not found:
            empty(_("No promise was given in this period."))
            return
        whole = self._report.whole.promises
        chart(
            [labels.promise(one.promise) for one in whole],
            [
                Bars(heading("met"), [one.met for one in whole]),
                Bars(_("Missed, over"), [one.due - one.past_due for one in whole]),
                Bars(heading("past_due"), [one.past_due for one in whole]),
                Bars(heading("promised"), [one.waiting for one in whole]),
            ],
            caption=_("Promises of the SLA"),
            stacked=True,
        )
        keys = ("", "met", "due", "past_due", "promised", "kept_share")
        rows = [
            (self._name(row), labels.promise(one.promise), *self._promise(row, one))
            for row, one in found
        ]
        headings = (_("Promise"), *(heading(key) for key in keys if key))
        self._table(rows, headings, keys, caption=_("Promises of the SLA"))

    def _promise(self, row: SpeedRow, one: PromiseFigures) -> tuple[Cell, ...]:
        decided = one.met + one.due
        return (
            self._leads(one.met, CountedAs.MET, row, one.promise),
            self._leads(one.due, CountedAs.DUE, row, one.promise),
            self._leads(one.past_due, CountedAs.PAST_DUE, row, one.promise),
            f"{one.waiting:,}",
            share_of(one.met_share, decided),
        )

    def _sources(self) -> None:
        sources = self._report.sources
        if not sources:
            empty(_("Sales answered nothing in this period."))
            return
        largest = sorted(sources, key=lambda one: -one.answers.accepted - one.answers.returned)
        shown = largest[:IN_CHART]
        chart(
            [value_name(Dimension.SOURCE, one.source) for one in shown],
            [
                Bars(heading("accepted"), [one.answers.accepted for one in shown]),
                Bars(heading("returned"), [one.answers.returned for one in shown]),
            ],
            caption=_("Marketing: what sales accepts, by source"),
            stacked=True,
        )
        together = Markup("<strong>{}</strong>").format(_("Together"))
        rows = [
            (together, *self._answers(self._report.whole.answers, self._report.whole)),
            *(
                (
                    value_name(Dimension.SOURCE, one.source),
                    *self._answers(one.answers, self._report.whole, one.source),
                )
                for one in largest[:MOST_PARTS]
            ),
        ]
        source = _(DIMENSIONS[Dimension.SOURCE])
        show(_answer_table(source, rows, _("Marketing: what sales accepts, by source")))
        if len(largest) > MOST_PARTS:
            show(quiet(_("The largest are shown; the file has all.")), "p")

    def _answers(
        self, one: AnswerFigures, row: SpeedRow, source: str | None = None
    ) -> tuple[Cell, ...]:
        of = one.accepted + one.returned
        reasons = [
            Markup("{} {}").format(
                labels.reason(reason),
                self._leads(leads, CountedAs.RETURNED, row, reason, source=source),
            )
            for reason, leads in one.reasons.items()
        ]
        return (
            self._leads(one.accepted, CountedAs.ACCEPTED, row, source=source),
            share_of(one.accepted_share, of),
            self._leads(one.returned, CountedAs.RETURNED, row, source=source),
            share_of(one.returned_share, of),
            Markup('<span class="linked">{}</span>').format(Markup(", ").join(reasons) or "–"),
        )

    def _table(
        self,
        rows: Sequence[Sequence[Cell]],
        headings: Sequence[str],
        keys: Sequence[str],
        *,
        caption: str,
    ) -> None:
        by = self._report.by
        show(
            table(
                (_(BY[by]) if by else "", *headings),
                rows,
                caption=caption,
                numbers=[at for at, name in enumerate(headings, 1) if name != _("Promise")],
                meanings={at: meaning(key) for at, key in enumerate(keys, 1) if key},
            )
        )

    def _name(self, row: SpeedRow) -> Cell:
        together = Markup("<strong>{}</strong>").format(_("Together"))
        by, value = self._report.by, row.value
        if value is None or by is None:
            return together
        if by == SpeedBy.MONTH:
            return month_label(value)
        name = value_name(by, value)
        if value == FOLDED or self.asked.get(by) is not None:
            return name
        narrowed = self.address(by=None, **{by.value: value})
        return Markup('<a href="{}">{}</a>').format(narrowed, name)

    def _leads(
        self,
        number: int,
        figure: CountedAs,
        row: SpeedRow,
        at: str = "",
        *,
        source: str | None = None,
    ) -> Cell:
        """A number that opens its leads; of reps that are counted together it opens none, nor for
        marketing the months of one rep."""
        found = self._report
        of = [(one.value, self.asked[one]) for one in FILTERS if self.asked[one] is not None]
        period = Period(
            date.fromisoformat(found.begins), date.fromisoformat(found.ends), found.time_zone
        )
        if row.value is not None and found.by == SpeedBy.MONTH:
            marketing = self.visit.caller.role == Role.MARKETING
            if marketing and self.asked[Dimension.OWNER] is not None:
                return f"{number:,}"
            period = month_period(row.value, period)
        elif row.value is not None and found.by is not None:
            if row.value == FOLDED:
                return f"{number:,}"
            of = [one for one in of if one[0] != found.by] + [(found.by.value, row.value)]
        if source is not None:
            of.append((Dimension.SOURCE.value, source))
        return behind(number, figure, at=at, begins=period.begins, ends=period.ends, of=of)


def _answer_table(first: str, rows: Sequence[Sequence[Cell]], caption: str) -> Markup:
    return table(
        (first, heading("accepted"), _("Share"), heading("returned"), _("Share"), _("Reasons")),
        rows,
        caption=caption,
        numbers=range(1, 5),
        meanings={1: meaning("accepted"), 3: meaning("returned")},
    )


def _soon(one: Minutes) -> tuple[Cell, ...]:
    took = "–" if one.p50 is None else f"{_number(one.p50)} / {_number(one.p90)}"
    return (
        took,
        _part(one.within_5, one.of_5, one.share_5),
        _part(one.within_60, one.of_60, one.share_60),
    )


def _part(part: int, whole: int, share: float | None) -> str:
    if share is not None:
        return percent(share)
    return _("{part} of {whole}", part=f"{part:,}", whole=f"{whole:,}") if whole else "–"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.{0 if value >= 100 else 1}f}"
