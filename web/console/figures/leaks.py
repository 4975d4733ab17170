"""``/console/figures/leaks``: where leads get lost on their way, and who they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Protocol, TypeVar

from fastapi import Query
from markupsafe import Markup
from pydantic import ConfigDict

from domain.access import Action, Role
from domain.figures.funnel import FOLDED
from domain.figures.leaks import LEAK_FILTERS, LeakBy, LeaksReport, NoShowRow, ResponseRow
from domain.figures.lists import CountedAs
from web.api import figures_leaks
from web.api.figures_leaks import LeakParameters
from web.console import labels
from web.console.figures.behind import behind
from web.console.figures.cells import days_shown, share_of
from web.console.figures.chart import Bars, chart
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

PATH = "/figures/leaks"
MOST_PARTS = 20
"""Rows of a split that a table shows; the file has all."""
ROWS = {
    "same_day": N_("On the same day"),
    "1_to_2_days": N_("1 or 2 days ahead"),
    "3_to_7_days": N_("3 to 7 days ahead"),
    "8_days_and_more": N_("More than 7 days ahead"),
    "reminded": N_("With a reminder"),
    "not_reminded": N_("Without a reminder"),
}
"""What no-shows are counted by, beside a dimension."""


class _Valued(Protocol):
    @property
    def value(self) -> str | None: ...


Row = TypeVar("Row", bound=_Valued)
Found = tuple[LeaksReport, LeaksReport | None]


class LeaksAddress(LeakParameters):
    """What stands in the address of the page."""

    model_config = ConfigDict(extra="ignore")
    compare: Comparison | None = None


@console_page(PATH, Action.READ_FIGURES, N_("Leaks"))
async def leaks(visit: PageVisit, asked: Annotated[LeaksAddress, Query()]) -> None:
    """The leaks that the address asks for; an SDR sees those of the own leads."""
    await LeaksPage(visit, PATH, in_address(asked)).open()


class LeaksPage(FigurePage[Found]):
    """The leaks as the page is open."""

    has_baseline = True

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            options = {"": _("Nothing")} | {one.value: _(DIMENSIONS[one]) for one in LeakBy}
            self.choice(_("Split by"), "by", options)
            # An SDR sees the own leads, marketing no leaks of one rep.
            hidden = (Role.SDR, Role.MARKETING)
            Narrowing(self, offered(self.visit.caller, LEAK_FILTERS, without_reps=hidden))
        await self.begin()

    def above(self) -> None:
        """What the figures are narrowed to."""
        show_narrowed(self, LEAK_FILTERS)

    async def read(self) -> Found:
        """The report, and the one that it is compared with."""
        return await with_period_before(self, self._asked)

    async def _asked(self, **changed: object) -> LeaksReport:
        query = LeakParameters.model_validate(self.parameters() | changed)
        return await self.visit.ask(figures_leaks.show_leaks, query)

    def draw(self, found: Found) -> None:
        """Charts, tables and what they mean."""
        report, before = found
        self._report = report
        # A year beside a quarter: only shares can be compared.
        self._counts_too = self.asked["compare"] != Comparison.BASELINE
        self._earlier = _Earlier(before)
        said = [period_shown(report), report.time_zone]
        if before:
            said.append(_("compared with {period}", period=period_shown(before)))
        show(quiet(" · ".join(said)), "p")
        show_behind(report.behind)
        with section(_("Waiting for longer than usual")):
            self._waiting()
        with section(_("Lost on the way")):
            self._lost()
        with section(_("The first response")):
            self._responses()
        with section(_("Meetings that were missed")):
            self._no_shows()
        with section(_("Rest after their day")):
            self._resting()
        show_definitions(
            [
                *("waiting", "overdue", "usual", "lost", "handed_over", "in_time", "late"),
                *("by_itself", "not_due", "untried", "went_on", "cost_of_late", "no_show"),
                *("recovered", "resting", "unit"),
            ]
        )

    def _waiting(self) -> None:
        report = self._report
        whole = [one for one in report.waiting if one.value is None]
        if not whole:
            empty(_("No lead waits in a stage."))
            return
        if not any(one.baseline_p90_days for one in whole):
            says = _(
                "Nobody knows what is usual: fewer than 20 leads went on from any stage in the "
                "twelve months before. Imported history counts too."
            )
            show(quiet(says), "p")
        else:
            overdue = [one.overdue or 0 for one in whole]
            others = [one.waiting - (one.overdue or 0) for one in whole]
            bars = [Bars(heading("overdue"), overdue), Bars(_("Others that wait"), others)]
            names = [labels.stage(one.stage) for one in whole]
            chart(names, bars, caption=_("Waiting for longer than usual"), stacked=True)
        rows = [
            (
                *self._named(one.value, labels.stage(one.stage)),
                self._leads(one.waiting, CountedAs.WAITING, one.value, one.stage),
                "–"
                if one.overdue is None
                else beside(
                    self._leads(one.overdue, CountedAs.OVERDUE, one.value, one.stage),
                    percent(one.overdue_share) if one.overdue_share is not None else "",
                ),
                days_shown(one.median_days),
                days_shown(one.longest_days),
                "–"
                if one.baseline_p90_days is None
                else " / ".join(map(days_shown, (one.baseline_median_days, one.baseline_p90_days))),
            )
            for one in self._shown(report.waiting)
        ]
        self._table(
            rows,
            report.waiting,
            (
                (heading("waiting"), "waiting"),
                (heading("overdue"), "overdue"),
                (heading("median"), ""),
                (_("Longest"), ""),
                (heading("usual"), "usual"),
            ),
            caption=_("Waiting for longer than usual"),
            stage=True,
        )

    def _lost(self) -> None:
        report = self._report
        if not report.lost:
            empty(_("Nothing was lost, and nothing went on, in this period."))
            return
        rows = [
            (
                *self._named(one.value, labels.stage(one.stage)),
                self._beside(
                    self._leads(one.lost, CountedAs.LOST, one.value, one.stage),
                    was.lost if was else None,
                ),
                self._beside(f"{one.went_on:,}", was.went_on if was else None),
                beside(
                    share_of(one.lost_share, one.lost + one.went_on),
                    share_of(was.lost_share, was.lost + was.went_on) if was else None,
                ),
            )
            for one in self._shown(report.lost)
            for was in (self._earlier.lost.get((one.value, one.stage)),)
        ]
        columns = ((heading("lost"), "lost"), (_("Went on from it"), ""), (_("Share lost"), "lost"))
        self._table(rows, report.lost, columns, caption=_("Lost on the way"), stage=True)

    def _responses(self) -> None:
        report = self._report
        if not report.response[0].leads:
            empty(_("No lead was handed over in this period."))
            return
        rows = [
            (
                *self._named(one.value),
                self._beside(
                    self._leads(one.leads, CountedAs.HANDED_OVER, one.value),
                    was.leads if was else None,
                ),
                self._beside(
                    self._leads(one.in_time, CountedAs.IN_TIME, one.value),
                    was.in_time if was else None,
                ),
                self._beside(
                    self._leads(one.late, CountedAs.LATE, one.value), was.late if was else None
                ),
                self._beside(f"{one.by_itself:,}", was.by_itself if was else None),
                f"{one.not_due:,}",
                self._untried(one),
            )
            for one in self._shown(report.response)
            for was in (self._earlier.response.get(one.value),)
        ]
        keys = ("handed_over", "in_time", "late", "by_itself", "not_due", "untried")
        columns = tuple((heading(key), key) for key in keys)
        self._table(rows, report.response, columns, caption=_("The first response"))
        rows = [
            (
                *self._named(one.value),
                beside(
                    _went_on(one.in_time_went_on, one.in_time_of, one.in_time_share),
                    percent(was.in_time_share) if was else None,
                ),
                beside(
                    _went_on(one.late_went_on, one.late_of, one.late_share),
                    percent(was.late_share) if was else None,
                ),
                *_cost(one),
            )
            for one in self._shown(report.response)
            for was in (self._earlier.response.get(one.value),)
        ]
        columns = (
            (_("Went on, tried in time"), "went_on"),
            (_("Went on, tried late"), "went_on"),
            (_("Difference"), "cost_of_late"),
            (heading("cost_of_late"), "cost_of_late"),
        )
        self._table(rows, report.response, columns, caption=_("What late answers cost"))

    def _beside(self, figure: Cell, before: int | None) -> Cell:
        """A number above that of the period before; that of a year is none to compare with."""
        return beside(figure, f"{before:,}" if before is not None and self._counts_too else None)

    def _untried(self, one: ResponseRow) -> Cell:
        still = _("{number} open", number=f"{one.untried_open:,}")
        listed = self._leads(one.untried_open, CountedAs.UNTRIED, one.value, text=still)
        return beside(f"{one.untried:,}", listed)

    def _no_shows(self) -> None:
        report = self._report
        if not report.no_shows[0].meetings:
            empty(_("No meeting of this period was kept or missed."))
            return
        by = report.by or LeakBy.SOURCE
        groups = (
            (_(DIMENSIONS[by]), ("", by.value)),
            (_("Booked ahead"), ("ahead",)),
            (_("Reminder"), ("reminder",)),
        )
        for name, splits in groups:
            found = [one for one in report.no_shows if one.split in splits]
            shown = found[: MOST_PARTS + 1]
            rows = [
                (
                    self._row_name(one, by),
                    self._beside(f"{one.meetings:,}", was.meetings if was else None),
                    self._beside(
                        self._missed(one.no_shows, CountedAs.NO_SHOW, one),
                        was.no_shows if was else None,
                    ),
                    beside(_interval(one), percent(was.no_show_share) if was else None),
                    f"{one.rebooked:,}",
                    beside(
                        self._missed(one.recovered, CountedAs.RECOVERED, one),
                        percent(one.recovered_share) if one.recovered_share is not None else "",
                    ),
                )
                for one in shown
                for was in (self._earlier.no_shows.get((one.split, one.value)),)
            ]
            headings = (
                name,
                *(_("Meetings"), heading("no_show"), _("Share"), _("Booked anew")),
                heading("recovered"),
            )
            meanings = {2: meaning("no_show"), 5: meaning("recovered")}
            show(
                table(
                    headings,
                    rows,
                    caption=_("No-shows by {dimension}", dimension=name),
                    numbers=range(1, 6),
                    meanings=meanings,
                )
            )
            if len(shown) < len(found):
                self._says_cut()

    def _row_name(self, one: NoShowRow, by: LeakBy) -> Cell:
        if one.split == "":
            return Markup("<strong>{}</strong>").format(_("Together"))
        if one.split in ("ahead", "reminder"):
            return _(ROWS[one.value or ""])
        return self._part(by, one.value or "")

    def _missed(self, number: int, figure: CountedAs, one: NoShowRow) -> Cell:
        if one.split in ("ahead", "reminder"):
            return self._leads(number, figure, None, one.value or "")
        by = self._report.by or LeakBy.SOURCE
        return self._leads(number, figure, one.value, by=by)

    def _resting(self) -> None:
        report = self._report
        if not report.resting[0].leads:
            empty(_("Every recycled lead came back on its day."))
            return
        rows = [
            (
                *self._named(one.value),
                self._leads(one.leads, CountedAs.RESTING, one.value),
                days_shown(one.longest_days),
            )
            for one in self._shown(report.resting)
        ]
        columns = ((_("Leads"), "resting"), (_("Longest, in days"), ""))
        self._table(rows, report.resting, columns, caption=_("Rest after their day"))

    def _shown(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Those of all, and so many of the parts as the page has room for."""
        parts = 0
        for one in rows:
            parts += one.value is not None
            if parts > MOST_PARTS:
                return
            yield one

    def _table(
        self,
        rows: Sequence[Sequence[Cell]],
        found: Sequence[Row],
        columns: Sequence[tuple[str, str]],
        *,
        caption: str,
        stage: bool = False,
    ) -> None:
        by = self._report.by
        first = [_(DIMENSIONS[by])] if by else [] if stage else [""]
        first += [_("Stage")] if stage else []
        begins = len(first)
        show(
            table(
                (*first, *(name for name, _key in columns)),
                rows,
                caption=caption,
                numbers=range(begins, begins + len(columns)),
                meanings={
                    at: meaning(key) for at, (_name, key) in enumerate(columns, begins) if key
                },
            )
        )
        if len(rows) < len(found):
            self._says_cut()

    def _says_cut(self) -> None:
        show(quiet(_("The largest are shown; the file has all.")), "p")

    def _named(self, value: str | None, stage: str = "") -> tuple[Cell, ...]:
        """The cells that say what a row is of."""
        by = self._report.by
        together = Markup("<strong>{}</strong>").format(_("Together"))
        of = [] if by is None else [together if value is None else self._part(by, value)]
        if stage:
            return (*of, stage)
        return tuple(of) or (together,)

    def _part(self, by: LeakBy, value: str) -> Cell:
        name = value_name(by, value)
        # Marketing sees no leaks of one rep.
        of_a_rep = by == LeakBy.OWNER and self.visit.caller.role == Role.MARKETING
        if value == FOLDED or self._report.by is None or of_a_rep:
            return name
        narrowed = self.address(by=None, **{by.value: value})
        return Markup('<a href="{}">{}</a>').format(narrowed, name)

    def _leads(
        self,
        number: int,
        figure: CountedAs,
        value: str | None,
        at: str = "",
        *,
        by: LeakBy | None = None,
        text: str = "",
    ) -> Cell:
        """A number that opens its leads; of reps that are counted together it opens none."""
        if value == FOLDED:
            return text or f"{number:,}"
        of = [(one.value, self.asked[one]) for one in LEAK_FILTERS if self.asked[one] is not None]
        split = by or self._report.by
        if value is not None and split is not None:
            of = [(name, chosen) for name, chosen in of if name != split] + [(split.value, value)]
        begins, ends = self._report.begins, self._report.ends
        return behind(number, figure, at=at, begins=begins, ends=ends, of=of, text=text)


class _Earlier:
    """The rows of an earlier report, to be found by what they are of."""

    def __init__(self, report: LeaksReport | None) -> None:
        self.lost = {(one.value, one.stage): one for one in report.lost} if report else {}
        self.response = {one.value: one for one in report.response} if report else {}
        self.no_shows = {(one.split, one.value): one for one in report.no_shows} if report else {}


def _went_on(went_on: int, of: int, share: float | None) -> Cell:
    counted = _("{part} of {whole}", part=f"{went_on:,}", whole=f"{of:,}")
    return beside(counted, percent(share)) if share is not None else counted


def _cost(one: ResponseRow) -> tuple[Cell, Cell]:
    few = quiet(_("too few"))
    if one.difference is None or one.difference_low is None or one.difference_high is None:
        return few, few
    points = beside(
        f"{one.difference:+.1%}", f"{one.difference_low:+.1%} … {one.difference_high:+.1%}"
    )
    leads = ngettext("1 lead", "{number} leads", round(one.cost or 0))
    return points, beside(leads, f"{one.cost_low:,.0f} … {one.cost_high:,.0f}")


def _interval(one: NoShowRow) -> Cell:
    if one.no_show_share is None:
        return quiet(_("few")) if one.meetings else "–"
    return beside(percent(one.no_show_share), f"{one.low:.1%} … {one.high:.1%}")
