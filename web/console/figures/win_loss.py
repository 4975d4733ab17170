"""``/console/figures/win-loss``: why opportunities end as they do, and what won ones have in
common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from markupsafe import Markup

from domain.access import Action
from domain.figures.funnel import Kind
from domain.figures.lists import CountedAs
from domain.figures.win_loss import LostReasonRow, PoolRow, WinLossBy, WinLossReport
from domain.inputs import Code, Day
from web.api import figures_scoring
from web.api.figures_scoring import WinLossParameters
from web.console import labels
from web.console.figures.behind import behind
from web.console.figures.cells import days_shown, lifted, share_of
from web.console.figures.chart import Bars, chart
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.figures.figure_page import FigurePage, percent, period_shown, show_behind
from web.console.pages import console_page
from web.console.parts import Cell, empty, link, quiet, section, show, table
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

PATH = "/figures/win-loss"
MOST_ROWS = 30
"""Rows of a table that are shown; the file has all."""
BY = {
    WinLossBy.SEGMENT: N_("Segment"),
    WinLossBy.SOURCE: N_("Source"),
    WinLossBy.STAGE: N_("Stage"),
    WinLossBy.AGE: N_("Days since it was opened"),
    WinLossBy.IN_STAGE: N_("Days in its last stage"),
}


@console_page(PATH, Action.READ_FIGURES, N_("Win/loss"))
async def win_loss(
    visit: PageVisit,
    *,
    begins: Annotated[Day | None, Query(alias="from")] = None,
    to: Day | None = None,
    by: Code | None = None,
) -> None:
    """The opportunities that ended in the period; an SDR sees those of the team's leads."""
    await WinLossPage(visit, PATH, {"from": begins, "to": to, "by": by}).open()


class WinLossPage(FigurePage[WinLossReport]):
    """The page as it is open."""

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            options = {"": _("Nothing")} | {one.value: _(name) for one, name in BY.items()}
            self.choice(_("Split by"), "by", options)
        await self.begin()

    async def read(self) -> WinLossReport:
        """The report."""
        query = WinLossParameters.model_validate(self.parameters())
        return await self.visit.ask(figures_scoring.show_win_loss, query)

    def draw(self, found: WinLossReport) -> None:
        """Charts, tables and what they mean."""
        self._report = found
        show(quiet(f"{period_shown(found)} · {found.time_zone}"), "p")
        show_behind(found.behind)
        with section(_("Won and lost")):
            self._outcomes()
        with section(_("Why they were lost")):
            self._lost("reason", _("Reason"), _("Why they were lost"))
        with section(_("To whom they were lost")):
            self._lost("competitor", _("Competitor"), _("To whom they were lost"))
        with section(_("Rest after a loss, now")):
            self._pool()
        with section(_("What won ones have in common")):
            self._traits()
        show_definitions(
            [
                *("win_rate", "lost_deals", "closed_lost", "due_back", "lift", "suggested_points"),
                *("net_new", "recycled"),
            ]
        )

    def _outcomes(self) -> None:
        report = self._report
        if not report.outcomes or not report.outcomes[0].closed:
            empty(_("No opportunity ended in this period."))
            return
        parts = [one for one in report.outcomes if one.value is not None and one.kind is None]
        if parts:
            bars = [
                Bars(_("Won"), [one.won for one in parts[:MOST_ROWS]]),
                Bars(_("Lost"), [one.lost for one in parts[:MOST_ROWS]]),
            ]
            names = [self._value(one.value) for one in parts[:MOST_ROWS]]
            chart(names, bars, caption=_("Won and lost"), stacked=True)
        rows = [
            (
                self._of(one.value, one.kind),
                f"{one.closed:,}",
                f"{one.won:,}",
                f"{one.lost:,}",
                share_of(one.win_rate, one.closed, one.low, one.high),
                days_shown(one.median_days_to_won),
                days_shown(one.median_days_to_lost),
            )
            for one in report.outcomes
            if one.value is None or one.kind is None
        ]
        headings = (
            *("", _("Ended"), _("Won"), heading("lost_deals"), heading("win_rate")),
            *(_("Days to the win (median)"), _("Days to the loss (median)")),
        )
        self._table(headings, rows, _("Won and lost"), {3: "lost_deals", 4: "win_rate"})

    def _lost(self, split: str, name: str, caption: str) -> None:
        found = [one for one in self._report.lost if one.split == split]
        if not found:
            empty(_("No opportunity was lost in this period."))
            return
        by = {(one.name, one.value, one.kind): one.lost for one in found}
        every = [one for one in found if one.kind is None]
        whole = [one for one in every if one.value is None]
        if len(whole) > 1:
            names = [_named(one) for one in whole[:MOST_ROWS]]
            bars = [
                Bars(
                    heading(kind.value),
                    [by.get((one.name, None, kind), 0) for one in whole[:MOST_ROWS]],
                )
                for kind in Kind
            ]
            chart(names, bars, caption=caption, stacked=True)
        split_by = self._report.by
        rows = [
            (
                *([self._of(one.value, None)] if split_by else []),
                _named(one),
                f"{one.lost:,}",
                share_of(one.share, one.of),
                *(f"{by.get((one.name, one.value, kind), 0):,}" for kind in Kind),
                days_shown(one.median_days),
            )
            for one in every
        ]
        headings = (
            *([_(BY[split_by])] if split_by else []),
            *(name, _("Lost"), _("Share")),
            *(heading(kind.value) for kind in Kind),
            _("Days to the loss (median)"),
        )
        self._table(headings, rows, caption, {}, first=2 if split_by else 1)

    def _pool(self) -> None:
        pool = self._report.pool
        if not pool or not pool[0].leads:
            empty(_("No lead rests after a loss."))
            return
        by = {(one.since, one.kind): one for one in pool}
        every = [one for one in pool if one.kind is None]
        spans = [one for one in every if one.since is not None]
        names = [days_since(one.since or "") for one in spans]
        bars = [
            Bars(heading(kind.value), [_leads(by.get((one.since, kind))) for one in spans])
            for kind in Kind
        ]
        chart(names, bars, caption=_("Rest after a loss, now"), stacked=True)
        rows = [
            (
                self._of(None, None) if one.since is None else days_since(one.since),
                behind(one.leads, CountedAs.CLOSED_LOST, at=one.since or ""),
                *(f"{_leads(by.get((one.since, kind))):,}" for kind in Kind),
                f"{one.due:,}",
            )
            for one in every
        ]
        headings = (
            *(_("Since the loss"), heading("closed_lost")),
            *(heading(kind.value) for kind in Kind),
            heading("due_back"),
        )
        keys = {1: "closed_lost", 4: "due_back"}
        self._table(headings, rows, _("Rest after a loss, now"), keys)

    def _traits(self) -> None:
        report = self._report
        of = ngettext("Of 1 opportunity.", "Of {number} opportunities.", report.traits_of)
        chosen = _("They were chosen by chance among more.") if report.chosen else ""
        show(quiet(f"{of} {chosen}"), "p")
        if not report.traits:
            empty(_("No trait is shared by 20 opportunities that ended."))
            return
        rows = [
            (
                Markup("<code>{}</code>").format(one.condition),
                f"{one.closed:,}",
                f"{one.won:,}",
                percent(one.share),
                lifted(one),
                quiet(_("a rule asks for it"))
                if one.asked_already
                else f"{one.points:+}"
                if one.points
                else "–",
            )
            for one in report.traits
        ]
        headings = (
            *(_("Trait"), _("Ended"), _("Won"), _("Share")),
            *(heading("lift"), heading("suggested_points")),
        )
        keys = {4: "lift", 5: "suggested_points"}
        self._table(headings, rows, _("What won ones have in common"), keys)
        if report.suggested:
            says = _(
                "Suggested rules of fit: read them, put those that you believe into the scoring "
                "policy, and publish it there. Nothing is published from here."
            )
            path = "/policies/scoring/edit"
            if not self.visit.may(Action.DRAFT):
                path = "/policies/scoring"
            show(Markup("<p>{} {}</p>").format(says, link(_("Scoring policy"), path)))
            show(Markup('<pre class="source" tabindex="0">{}</pre>').format(report.suggested))

    def _of(self, value: str | None, kind: Kind | None) -> Cell:
        if kind is not None:
            return heading(kind.value)
        if value is None:
            return Markup("<strong>{}</strong>").format(_("Together"))
        return self._value(value)

    def _value(self, value: str | None) -> str:
        by = self._report.by
        if by in (WinLossBy.AGE, WinLossBy.IN_STAGE):
            return days_since(value or "")
        if by == WinLossBy.STAGE:
            return labels.opportunity_stage(value or "")
        return value or _("None")

    def _table(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        caption: str,
        keys: dict[int, str],
        *,
        first: int = 1,
    ) -> None:
        meanings = {at: meaning(key) for at, key in keys.items()}
        numbers = range(first, len(headings))
        show(table(headings, rows[:MOST_ROWS], caption=caption, numbers=numbers, meanings=meanings))
        if len(rows) > MOST_ROWS:
            show(quiet(_("The first are shown; the file has all.")), "p")


def days_since(span: str) -> str:
    """A span of days of :func:`domain.figures.win_loss.bands` as people read it."""
    first, *last = re.findall(r"\d+", span)
    if span.startswith("under"):
        return _("Under {days} days", days=first)
    if last:
        return _("{first} to {last} days", first=first, last=last[0])
    return _("{days} days and more", days=first)


def _named(one: LostReasonRow) -> str:
    if not one.name:
        return _("None named")
    return labels.reason(one.name) if one.split == "reason" else labels.competitor(one.name)


def _leads(one: PoolRow | None) -> int:
    return one.leads if one else 0
