"""``/console/figures/scoring``: what grades, rules, mails and pages say of what becomes of
leads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated

from fastapi import Query
from markupsafe import Markup

from domain.access import Action
from domain.figures.content import ContentReport, ContentRow
from domain.figures.funnel import Kind
from domain.figures.lists import CountedAs
from domain.figures.scoring import Area, Goal, GradeRow, RuleVerdict, ScoringReport
from domain.inputs import Code, Day
from web.api import figures_scoring
from web.api.figures_scoring import ContentParameters, ScoringParameters
from web.console import labels
from web.console.figures.behind import behind
from web.console.figures.cells import lifted, share_of
from web.console.figures.chart import Bars, Line, chart, lines
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.figures.figure_page import FigurePage, beside, percent, period_shown, show_behind
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import Cell, Tone, badge, empty, link, quiet, section, show, table
from web.console.times import full_day
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

PATH = "/figures/scoring"
MOST_ROWS = 40
"""Mails and pages that are shown; the file has all."""
GOALS = {Goal.ACCEPTED: N_("Accepted by sales"), Goal.WON: N_("Won")}
VERDICTS: dict[RuleVerdict, tuple[str, Tone]] = {
    RuleVerdict.WRONG_WAY: (N_("the wrong way"), "bad"),
    RuleVerdict.NEVER: (N_("never holds"), "warn"),
    RuleVerdict.UNCLEAR: (N_("unclear"), "quiet"),
    RuleVerdict.AS_MEANT: (N_("as meant"), "good"),
    RuleVerdict.FEW: (N_("few"), "quiet"),
}
ABOUT = {"interest": N_("Interest"), "fit": N_("Fit")}
SEEN = {"mail": N_("Mail"), "page": N_("Page")}
Found = tuple[ScoringReport, ContentReport]


@console_page(PATH, Action.READ_FIGURES, N_("Scoring and content"))
async def scoring(
    visit: PageVisit,
    *,
    begins: Annotated[Day | None, Query(alias="from")] = None,
    to: Day | None = None,
    goal: Code | None = None,
    window: Annotated[int | None, Query(le=10_000)] = None,
) -> None:
    """What the scores of the period foretold; an SDR sees the team's leads."""
    asked = {"from": begins, "to": to, "goal": goal, "window": window}
    await ScoringPage(visit, PATH, asked).open()


class ScoringPage(FigurePage[Found]):
    """The page as it is open."""

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            goals = {one.value: _(name) for one, name in GOALS.items()}
            self.choice(_("Goal"), "goal", goals, usual=Goal.ACCEPTED.value)
            windows = {"": _("As long as it took")} | {
                str(days): _("{days} days", days=days) for days in (30, 60, 90, 180)
            }
            self.choice(_("Within"), "window", windows)
        with self.visit.top:
            export_button("/figures/content.csv", self._days, of=_("Content"))
        await self.begin()

    def _days(self) -> dict[str, object]:
        return {key: one for key, one in self.parameters().items() if key in ("from", "to")}

    async def read(self) -> Found:
        """Both reports."""
        query = ScoringParameters.model_validate(self.parameters())
        days = ContentParameters.model_validate(self._days())
        return (
            await self.visit.ask(figures_scoring.show_scoring, query),
            await self.visit.ask(figures_scoring.show_content, days),
        )

    def draw(self, found: Found) -> None:
        """Charts, tables and what they mean."""
        self._report, content = found
        report = self._report
        show(quiet(f"{period_shown(report)} · {report.time_zone} · {_(GOALS[report.goal])}"), "p")
        show_behind(report.behind)
        with section(_("Grades at the hand-over")):
            self._grades(report.grades, _("Grades at the hand-over"), report.score_area, leads=True)
        with section(_("Thresholds")):
            self._thresholds()
        with section(_("Fit of all that entered the funnel")):
            self._grades(report.letters, _("Fit of all that entered the funnel"), report.fit_area)
        with section(_("Rules")):
            self._rules()
        with section(_("What sales-ready meant")):
            self._versions()
        with section(_("Mails and pages before leads went on")):
            _content(content)
        with section(_("Content for sales")):
            _sales(content)
        show_definitions(
            [
                *("graded", "goal", "immature", "lift", "area", "precision", "recall", "suggested"),
                *("rule_leads", "verdict", "seen", "control", "content_difference", "uses"),
                *("net_new", "recycled"),
            ]
        )

    def _grades(
        self, found: Sequence[GradeRow], caption: str, size: Area, *, leads: bool = False
    ) -> None:
        if not found:
            empty(_("No lead of this period is counted here."))
            return
        by = {(one.grade, one.kind): one for one in found}
        every = [one for one in found if one.kind is None]
        graded = [one for one in every if one.grade is not None]
        if any(one.share is not None for one in graded):
            names = [one.grade or "" for one in graded]
            bars = [Bars(_("Share, in percent"), [_hundred(one.share) for one in graded])]
            chart(names, bars, caption=caption, stacked=False)
        rows = [
            (
                Markup("<strong>{}</strong>").format(one.grade or _("Together")),
                self._leads(one) if leads else f"{one.leads:,}",
                f"{one.immature:,}",
                f"{one.reached:,}",
                share_of(one.share, one.leads - one.immature),
                lifted(one),
                *(_part(by.get((one.grade, kind))) for kind in Kind),
            )
            for one in every
        ]
        headings = (
            _("Grade") if leads else _("Fit"),
            *(_("Leads"), heading("immature"), heading("goal"), _("Share"), heading("lift")),
            *(heading(kind.value) for kind in Kind),
        )
        keys = {2: "immature", 3: "goal", 5: "lift", 6: "net_new", 7: "recycled"}
        keys |= {1: "graded"} if leads else {}
        _table(headings, rows, caption, range(1, 8), keys)
        show(_area(size), "p")

    def _leads(self, one: GradeRow) -> Cell:
        report = self._report
        return behind(
            one.leads,
            CountedAs.GRADED,
            at=one.grade or "",
            begins=report.begins,
            ends=report.ends,
        )

    def _thresholds(self) -> None:
        report = self._report
        if not report.thresholds:
            empty(_("No lead was handed over in this period."))
            return
        if any(one.precision is not None for one in report.thresholds):
            told = [
                Line(heading("precision"), [one.precision for one in report.thresholds]),
                Line(heading("recall"), [one.recall for one in report.thresholds], "dashed"),
                Line(
                    _("Share of the leads"),
                    [one.share_of_leads for one in report.thresholds],
                    "dotted",
                ),
            ]
            names = [str(one.threshold) for one in report.thresholds]
            lines(names, told, caption=_("Thresholds"), percent=True)
        show(self._suggested(), "p")
        rows = [
            (
                f"{one.threshold}",
                f"{one.leads:,}",
                percent(one.share_of_leads),
                f"{one.reached:,}",
                share_of(one.precision, one.leads, one.low, one.high),
                percent(one.recall),
            )
            for one in report.thresholds
        ]
        headings = (
            *(_("Points from"), _("Leads"), _("Share of the leads"), heading("goal")),
            *(heading("precision"), heading("recall")),
        )
        keys = {3: "goal", 4: "precision", 5: "recall"}
        _table(headings, rows, _("Thresholds"), range(6), keys)

    def _suggested(self) -> Markup:
        one = self._report.suggestion
        name = Markup('<a class="means" href="#{}" title="{}">{}</a>').format(
            *meaning("suggested"), heading("suggested")
        )
        if one is None:
            none = _("no higher threshold is surely better.")
            return Markup("{}: {}").format(name, none)
        said = _(
            "{points} points. {fewer} leads fewer, of which {missed} reached the goal; above it "
            "the share is higher by {difference} ({low} … {high}).",
            points=one.threshold,
            fewer=f"{one.left_out:,}",
            missed=f"{one.missed:,}",
            difference=f"{one.difference:.1%}",
            low=f"{one.low:.1%}",
            high=f"{one.high:.1%}",
        )
        policy = link(_("Scoring policy"), "/policies/scoring")
        return Markup("{}: {} {}").format(name, said, policy)

    def _rules(self) -> None:
        report = self._report
        of = ngettext(
            "Of 1 lead that entered the funnel.",
            "Of {number} leads that entered the funnel.",
            report.looked_at,
        )
        _says(of, by_chance=report.chosen)
        rows = [
            (
                labels.rule(one.rule),
                _(ABOUT[one.about]),
                f"{one.points:+}",
                beside(f"{one.leads:,}", _unanswered(one.unanswered)),
                f"{one.reached:,}",
                share_of(one.share, one.leads),
                lifted(one),
                badge(_(VERDICTS[one.verdict][0]), VERDICTS[one.verdict][1]),
            )
            for one in report.rules
        ]
        headings = (
            *(_("Rule"), "", _("Points"), heading("rule_leads"), heading("goal"), _("Share")),
            *(heading("lift"), heading("verdict")),
        )
        keys = {3: "rule_leads", 4: "goal", 6: "lift", 7: "verdict"}
        _table(headings, rows, _("Rules"), range(2, 7), keys)

    def _versions(self) -> None:
        rows = [
            (
                link(str(one.version), "/policies/scoring", version=one.version),
                full_day(day) if (day := one.first_day(self._report.time_zone)) else "–",
                " ".join(one.ready),
                _floors(one.levels),
                _floors(one.letters),
                f"{one.leads:,}",
                f"{one.reached:,}",
                share_of(one.share, one.leads - one.immature, one.low, one.high),
            )
            for one in self._report.versions
        ]
        headings = (
            *(_("Version"), _("Since"), _("Sales-ready are"), _("Interest"), _("Fit")),
            *(_("Leads"), heading("goal"), _("Share")),
        )
        _table(headings, rows, _("What sales-ready meant"), range(5, 8), {6: "goal"})


def _content(found: ContentReport) -> None:
    weeks = ngettext("1 week", "{number} weeks", found.weeks)
    said = _(
        "{weeks} from {day} on: of {leads} leads by week {went_on} went on in the week after. "
        "Observed, not tried: who saw something may have been about to go on anyway.",
        weeks=weeks,
        day=full_day(date.fromisoformat(found.begins)),
        leads=f"{found.standing:,}",
        went_on=f"{found.went_on:,}",
    )
    _says(said, by_chance=found.chosen)
    if not found.rows:
        nothing = _(
            "No mail or page was seen by five of these leads while they stood in a stage for a "
            "whole week."
        )
        empty(nothing)
        return
    rows = [
        (
            one.name,
            _(SEEN[one.kind]),
            f"{one.leads:,}",
            f"{one.went_on:,}",
            share_of(one.share, one.compared),
            percent(one.control_share),
            _difference(one),
        )
        for one in found.rows[:MOST_ROWS]
    ]
    headings = (
        *(_("Mail or page"), "", heading("seen"), _("Went on"), _("Share")),
        *(heading("control"), heading("content_difference")),
    )
    keys = {2: "seen", 5: "control", 6: "content_difference"}
    _table(headings, rows, _("Mails and pages before leads went on"), range(2, 7), keys)
    if len(found.rows) > MOST_ROWS:
        show(quiet(_("The largest are shown; the file has all.")), "p")


def _sales(found: ContentReport) -> None:
    nobody = _("Which snippets and talk tracks are used nobody records: they are not counted.")
    show(quiet(nobody), "p")
    if not found.sales:
        empty(_("The policy of content has nothing to send."))
        return
    rows = [
        (
            link(one.title, one.url),
            f"{one.uses:,}" if one.uses else badge(_("nobody uses it"), "warn"),
        )
        for one in found.sales
    ]
    _table((_("Content"), heading("uses")), rows, _("Content for sales"), (1,), {1: "uses"})


def _table(
    headings: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    caption: str,
    numbers: Sequence[int],
    keys: dict[int, str],
) -> None:
    meanings = {at: meaning(key) for at, key in keys.items()}
    show(table(headings, rows, caption=caption, numbers=numbers, meanings=meanings))


def _says(said: str, *, by_chance: bool) -> None:
    chosen = _("They were chosen by chance among more.") if by_chance else ""
    show(quiet(f"{said} {chosen}"), "p")


def _part(one: GradeRow | None) -> Cell:
    if one is None or not one.leads:
        return "–"
    mature = one.leads - one.immature
    counted = _("{part} of {whole}", part=f"{one.reached:,}", whole=f"{mature:,}")
    return beside(counted, percent(one.share) if one.share is not None else "")


def _difference(one: ContentRow) -> Cell:
    if one.difference is None:
        return quiet(_("few"))
    return beside(f"{one.difference:+.1%}", f"{one.low:+.1%} … {one.high:+.1%}")


def _area(found: Area) -> Markup:
    name = Markup('<a class="means" href="#{}" title="{}">{}</a>').format(
        *meaning("area"), heading("area")
    )
    if found.area is None:
        few = _(
            "too few to tell ({reached} reached the goal, {others} did not).",
            reached=f"{found.reached:,}",
            others=f"{found.others:,}",
        )
        return Markup("{}: {}").format(name, few)
    return Markup("{}: {} ({} … {})").format(
        name, *(f"{one:.1%}" for one in (found.area, found.low, found.high))
    )


def _unanswered(leads: int) -> str:
    return _("{number} not known", number=f"{leads:,}") if leads else ""


def _hundred(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _floors(floors: dict[str, int]) -> str:
    return " · ".join(f"{name} ≥ {points}" for name, points in sorted(floors.items()))
