"""``/console/figures/funnel``: how many leads reached each stage, went on, and how long it took."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

from fastapi import Query
from markupsafe import Markup
from pydantic import ConfigDict

from domain.access import Action
from domain.contracts.journey import Stage
from domain.figures.funnel import (
    FEW,
    FOLDED,
    Dimension,
    Funnel,
    FunnelPart,
    FunnelReport,
    Kind,
    Mode,
    StageFigures,
)
from domain.figures.lists import OF_THE_FUNNEL, CountedAs
from services.figure_lists import KIND
from web.api import figures as figures_api
from web.api.figures import FunnelParameters
from web.console import labels
from web.console.figures.behind import behind
from web.console.figures.cells import days_shown
from web.console.figures.chart import COLOURS, Bars, chart
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.figures.dimensions import DIMENSIONS, Narrowing, offered, show_narrowed, value_name
from web.console.figures.figure_page import (
    Comparison,
    FigurePage,
    beside,
    in_address,
    percent,
    period_shown,
    show_behind,
    with_period_before,
)
from web.console.pages import console_page
from web.console.parts import Cell, empty, quiet, section, show, table
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

PATH = "/figures/funnel"
WINDOWS = (7, 14, 30, 60, 90, 180, 365)
"""Days that are offered; the address may have others."""
MOST_PARTS = 40
"""Parts of a split that the page shows; the file has all."""
MODES = {
    Mode.COHORT: N_("Cohort: those who came in the period"),
    Mode.ACTIVITY: N_("Activity: what moved in the period"),
}
RATES = ("conversion", "median", "quartiles", "censored")
"""Columns that do not grow with the period."""
Found = tuple[FunnelReport, FunnelReport | None]
Column = tuple[str, Callable[[StageFigures], Cell]]
Opens = Callable[[int, CountedAs, Stage], Cell]


class FunnelAddress(FunnelParameters):
    """What stands in the address of the page."""

    model_config = ConfigDict(extra="ignore")
    compare: Comparison | None = None


@console_page(PATH, Action.READ_FIGURES, N_("Funnel"))
async def funnel(visit: PageVisit, asked: Annotated[FunnelAddress, Query()]) -> None:
    """The funnel that the address asks for; an SDR sees that of the team."""
    await FunnelPage(visit, PATH, in_address(asked)).open()


class FunnelPage(FigurePage[Found]):
    """The funnel as it is open."""

    has_baseline = True

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            self.choice(
                _("Split by"), "by", {"": _("Nothing")} | {k: _(n) for k, n in DIMENSIONS.items()}
            )
            spans = {str(days): ngettext("1 day", "{number} days", days) for days in WINDOWS}
            self.choice(_("Window"), "window", {"": _("As long as it took")} | spans)
            modes = {mode.value: _(name) for mode, name in MODES.items()}
            self.choice(_("Conversion"), "mode", modes, Mode.COHORT.value)
            Narrowing(self, offered(self.visit.caller, list(Dimension)))
        await self.begin()

    def above(self) -> None:
        """What the figures are narrowed to."""
        show_narrowed(self, list(Dimension))

    async def read(self) -> Found:
        """The funnel, and that of the period before if it is to be compared."""
        return await with_period_before(self, self._asked)

    async def _asked(self, **changed: object) -> FunnelReport:
        query = FunnelParameters.model_validate(self.parameters() | changed)
        return await self.visit.ask(figures_api.show_funnel, query)

    def draw(self, found: Found) -> None:
        """Chart, tables and what they mean."""
        report, before = found
        # A year beside a month: only shares and durations can be compared.
        self._counts_too = self.asked["compare"] != Comparison.BASELINE
        show(self._says(report, before), "p")
        show_behind(report.behind)
        if not any(one.entered for one in report.stages):
            empty(_("No lead entered the funnel in this period."))
            return
        with section(_("Leads by stage")):
            _chart(report)
            show(self._together(report, before))
        if report.by:
            with section(_("Split by {dimension}", dimension=_(DIMENSIONS[report.by]))):
                show(self._parts(report, report.by))
                if len(report.parts) > MOST_PARTS:
                    show(quiet(_("The largest are shown; the file has all.")), "p")
        groups: tuple[tuple[str, Funnel, Funnel | None, Opens], ...] = (
            (_("All leads"), report, before, self._opens(report)),
            *(
                (heading(kind), one, was, self._opens(report, (KIND, kind)))
                for kind, one, was in (
                    (Kind.NET_NEW, report.net_new, before and before.net_new),
                    (Kind.RECYCLED, report.recycled, before and before.recycled),
                )
            ),
        )
        for name, one, earlier, opens in groups:
            with section(name):
                show(self._stages(name, one, earlier, report.mode, opens))
        keys = ["unit", "entered", "implied", "converted", "conversion", "median", "quartiles"]
        keys += ["left"] if report.mode == Mode.ACTIVITY else ["immature", "censored"]
        show_definitions([*keys, "faults", "net_new", "recycled"])

    def _says(self, report: FunnelReport, before: FunnelReport | None) -> Markup:
        """Which period it is, in whose days, and which conversion."""
        parts = [period_shown(report), report.time_zone, _(MODES[report.mode])]
        if report.window:
            days = ngettext("1 day", "{number} days", report.window)
            parts.append(_("within {days}", days=days))
        if before:
            parts.append(_("compared with {period}", period=period_shown(before)))
        return Markup('<span class="quiet">{}</span>').format(" · ".join(parts))

    def _parts(self, report: FunnelReport, by: Dimension) -> Markup:
        """Of each value how many reached each stage, with the conversion to the next beneath."""
        stages = [labels.stage(one.stage) for one in report.stages]
        rows = [
            (
                self._link(by, part),
                heading(part.kind),
                *self._entered(report, by, part),
                percent(part.funnel.overall_conversion),
                days_shown(part.funnel.median_days_to_won),
            )
            for part in report.parts[:MOST_PARTS]
        ]
        last = len(stages) + 2
        return table(
            (_(DIMENSIONS[by]), _("Cycles"), *stages, _("Overall"), _("Days to won")),
            rows,
            caption=_("Split by {dimension}", dimension=_(DIMENSIONS[by])),
            numbers=range(2, last + 2),
            meanings={last: meaning("conversion"), last + 1: meaning("median")},
        )

    def _opens(self, report: FunnelReport, *of: tuple[str, str]) -> Opens:
        """What makes a number of these units open its leads; of moves there is no such list."""
        only = [(one, self.asked[one]) for one in DIMENSIONS if self.asked[one] is not None]

        def opens(number: int, figure: CountedAs, stage: Stage) -> Cell:
            if report.mode != Mode.COHORT or FOLDED in dict(of).values():
                return f"{number:,}"
            return behind(
                number,
                figure,
                at=stage,
                begins=report.begins,
                ends=report.ends,
                window=report.window,
                of=[*only, *of],
            )

        return opens

    def _entered(self, report: FunnelReport, by: Dimension, part: FunnelPart) -> list[Cell]:
        """Of each stage how many of a part reached it, with the conversion beneath."""
        opens = self._opens(report, (by, part.value), (KIND, part.kind))
        return [
            beside(opens(one.entered, CountedAs.ENTERED, one.stage), _rate(one))
            for one in part.funnel.stages
        ]

    def _compares(self, key: str) -> bool:
        return self._counts_too or key in RATES

    def _together(self, report: Funnel, before: Funnel | None) -> Markup:
        def tile(name: str, now: Cell, earlier: Cell, compared: bool = True) -> Markup:
            below = _("before: {figure}", figure=earlier) if before and compared else ""
            return Markup('<div class="tile"><b>{}</b><span>{}</span> {}</div>').format(
                now, name, quiet(below)
            )

        was = before or report
        return Markup('<div class="tiles">{}{}{}</div>').format(
            tile(_("Won"), f"{report.won:,}", f"{was.won:,}", self._counts_too),
            tile(
                _("Overall conversion"),
                percent(report.overall_conversion),
                percent(was.overall_conversion),
            ),
            tile(
                _("Median days to won"),
                days_shown(report.median_days_to_won),
                days_shown(was.median_days_to_won),
            ),
        )

    def _stages(
        self, name: str, now: Funnel, before: Funnel | None, mode: Mode, opens: Opens
    ) -> Markup:
        columns = list(_columns(mode, any(one.faults for one in now.stages)))
        earlier: Sequence[StageFigures | None] = (
            before.stages if before else [None] * len(now.stages)
        )
        rows = [
            (
                labels.stage(one.stage),
                *(
                    beside(
                        opens(getattr(one, key), CountedAs(key), one.stage)
                        if key in OF_THE_FUNNEL
                        else cell(one),
                        None if was is None or not self._compares(key) else cell(was),
                    )
                    for key, cell in columns
                ),
            )
            for one, was in zip(now.stages, earlier, strict=True)
        ]
        return table(
            (_("Stage"), *(heading(key) for key, _cell in columns)),
            rows,
            caption=name,
            numbers=range(1, len(columns) + 1),
            meanings={at: meaning(key) for at, (key, _cell) in enumerate(columns, 1)},
        )

    def _link(self, by: Dimension, part: FunnelPart) -> Cell:
        name = value_name(by, part.value)
        if part.value == FOLDED:
            return name
        narrowed = self.address(by=None, **{by: part.value})
        return Markup('<a href="{}">{}</a>').format(narrowed, name)


def _chart(report: FunnelReport) -> None:
    stages = [labels.stage(one.stage) for one in report.stages]
    if report.by:
        series = list(_largest(report.by, report.parts))
    else:
        series = [
            Bars(heading("net_new"), [one.entered for one in report.net_new.stages]),
            Bars(heading("recycled"), [one.entered for one in report.recycled.stages]),
        ]
    chart(stages, series, caption=_("Leads that entered each stage"), stacked=True)


def _largest(by: Dimension, parts: Sequence[FunnelPart]) -> Iterator[Bars]:
    """The values with the most leads, the others as one."""
    sums: dict[str, list[int]] = {}
    for part in parts:
        entered = [one.entered for one in part.funnel.stages]
        known = sums.setdefault(part.value, [0] * len(entered))
        sums[part.value] = [a + b for a, b in zip(known, entered, strict=True)]
    ordered = sorted(sums, key=lambda value: -sum(sums[value]))
    own = len(ordered) if len(ordered) <= COLOURS else COLOURS - 1
    for value in ordered[:own]:
        yield Bars(value_name(by, value), sums[value])
    if others := ordered[own:]:
        yield Bars(_("All others"), [sum(n) for n in zip(*(sums[v] for v in others), strict=True)])


def _columns(mode: Mode, with_faults: bool) -> Iterator[Column]:
    yield "entered", lambda one: f"{one.entered:,}"
    yield "implied", lambda one: f"{one.implied:,}"
    if mode == Mode.ACTIVITY:
        yield "left", lambda one: f"{one.left or 0:,}"
    yield "converted", lambda one: f"{one.converted:,}"
    if mode == Mode.COHORT:
        yield "immature", lambda one: f"{one.immature:,}"
    yield "conversion", _rate
    yield "median", lambda one: days_shown(one.median_days)
    yield (
        "quartiles",
        lambda one: (
            "–"
            if one.p25_days is None
            else f"{days_shown(one.p25_days)} – {days_shown(one.p75_days)}"
        ),
    )
    if mode == Mode.COHORT:
        yield "censored", lambda one: days_shown(one.censored_median_days)
    if with_faults:
        yield "faults", lambda one: f"{one.faults:,}"


def _rate(one: StageFigures) -> Cell:
    if one.conversion is not None:
        return percent(one.conversion)
    of = one.entered - one.immature if one.left is None else one.left
    return quiet(_("few")) if 0 < of < FEW and one.stage != Stage.CUSTOMER else "–"
