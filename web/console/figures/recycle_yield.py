"""``/console/figures/recycle``: what came of recycled leads, what it took, and what other waits
would have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated

from fastapi import Query
from markupsafe import Markup
from pydantic import ConfigDict

from domain.access import Action
from domain.figures.money import MOST_NAMED
from domain.figures.recycle_waits import Difference, WaitIs, WaitRow
from domain.figures.recycling import (
    WAIT_BANDS,
    NetNewRow,
    RecycledBy,
    RecycleReport,
    RecycleRow,
    SpendFigures,
    TouchFigures,
)
from web.api import figures_of_sales
from web.api.figures_of_sales import RecycleParameters
from web.console import labels
from web.console.figures.cells import show_wins_without_amount
from web.console.figures.chart import Bars, chart
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.figures.dimensions import DIMENSIONS, value_name
from web.console.figures.figure_page import (
    FigurePage,
    beside,
    in_address,
    percent,
    period_shown,
    show_behind,
)
from web.console.figures.funnel import WINDOWS
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import Cell, empty, facts, quiet, section, show, table
from web.console.sales.opportunity import money
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

PATH = "/figures/recycle"
MOST_PARTS = 40
"""Parts of a split that the page shows; the file has all."""
IN_CHART = 12
BY: Mapping[str, str] = {
    RecycledBy.REASON: N_("Reason"),
    RecycledBy.WAIT: N_("Wait"),
    **{str(by): name for by, name in DIMENSIONS.items()},
}
WAIT_NAMES = dict(
    zip(
        WAIT_BANDS,
        (
            N_("Under 30 days"),
            N_("30 to 59 days"),
            N_("60 to 89 days"),
            N_("90 to 179 days"),
            N_("180 days and more"),
        ),
        strict=True,
    )
)
COMPARED = {
    WaitIs.SHORTER: N_("shorter"),
    WaitIs.USUAL: N_("usual"),
    WaitIs.LONGER: N_("longer"),
}
FATES = (
    N_("Won"),
    N_("Qualified again, not won"),
    N_("Came back, not qualified"),
    N_("Came back lately"),
    N_("Rest still"),
    N_("Stay away"),
)
Row = RecycleRow | NetNewRow


class YieldAddress(RecycleParameters):
    """What stands in the address of the page."""

    model_config = ConfigDict(extra="ignore")


@console_page(PATH, Action.READ_FIGURES, N_("Recycle yield"))
async def recycle_yield(visit: PageVisit, asked: Annotated[YieldAddress, Query()]) -> None:
    """What came of the leads that were recycled in the period; an SDR sees the team's."""
    await YieldPage(visit, PATH, in_address(asked)).open()


class YieldPage(FigurePage[RecycleReport]):
    """The page as it is open."""

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            options = {str(by): _(name) for by, name in BY.items()}
            self.choice(_("Split by"), "by", options, RecycledBy.REASON.value)
            windows = {str(days): ngettext("1 day", "{number} days", days) for days in WINDOWS}
            self.choice(_("Window"), "window", {"": _("As long as it took")} | windows)
        with self.visit.top:
            export_button("/figures/recycle-waits.csv", self.parameters, of=_("Other waits"))
        await self.begin()

    async def read(self) -> RecycleReport:
        """The report."""
        query = RecycleParameters.model_validate(self.parameters())
        return await self.visit.ask(figures_of_sales.show_recycle_yield, query)

    def draw(self, found: RecycleReport) -> None:
        """Charts, tables and what they mean."""
        show(quiet(f"{period_shown(found)} · {found.time_zone}"), "p")
        show_behind(found.behind)
        if not found.whole.recycled:
            empty(_("No lead was recycled in this period."))
            return
        with section(_("What came of them")):
            _fates(found)
            show(_yield(found))
            if len(found.parts) > MOST_PARTS:
                show(quiet(_("The largest are shown; the file has all.")), "p")
            show_wins_without_amount(found.wins_without_amount)
        with section(_("What it took")):
            show(_costs(found))
            if spend := found.net_new.spend:
                show(_spent(spend, found.currency))
            if missing := found.spend_without_rate:
                show(facts({heading("spent"): quiet(_lacking(missing, found.currency))}))
        with section(_("Other waits")):
            within = ngettext(
                "Within 1 day of coming back.",
                "Within {number} days of coming back.",
                found.waits_window,
            )
            show(quiet(within), "p")
            if found.waits:
                show(_waits(found.waits))
            else:
                empty(_("No lead came back long enough ago."))
        show_definitions(
            [
                *("came_back", "requalified", "immature", "worth", "net_new"),
                *("touched", "spent", "other_waits", "unit"),
            ]
        )


def _fates(found: RecycleReport) -> None:
    shown = found.parts[:IN_CHART]
    values = [
        [one.won for one in shown],
        [one.requalified - one.won for one in shown],
        [one.re_entered - one.immature - one.requalified for one in shown],
        [one.immature for one in shown],
        [one.resting for one in shown],
        [one.recycled - one.re_entered - one.resting for one in shown],
    ]
    bars = [Bars(_(name), of) for name, of in zip(FATES, values, strict=True)]
    chart([_part(found, one) for one in shown], bars, caption=_("What came of them"), stacked=True)


def _yield(found: RecycleReport) -> Markup:
    def worth(value: Decimal | None) -> str:
        return money(value, found.currency) if value else "–"

    def line(name: Cell, one: RecycleRow) -> tuple[Cell, ...]:
        wait = one.median_wait_days
        return (
            name,
            *(f"{one.recycled:,}", f"{one.resting:,}"),
            _with_share(one.re_entered, one.re_entry),
            "–" if wait is None else f"{wait:,.1f}",
            f"{one.immature:,}",
            _with_share(one.requalified, one.requalification),
            _with_share(one.won, one.win_rate),
            worth(one.worth),
        )

    new = found.net_new
    rows = [
        *(line(_part(found, one), one) for one in found.parts[:MOST_PARTS]),
        line(Markup("<strong>{}</strong>").format(_("Together")), found.whole),
        (
            heading("net_new"),
            *("", "", f"{new.entered:,}", ""),
            f"{new.immature:,}",
            _with_share(new.qualified, new.qualification),
            _with_share(new.won, new.win_rate),
            worth(new.worth),
        ),
    ]
    return table(
        (
            *(_(BY[found.by]), heading("recycled"), _("Rest still"), heading("came_back")),
            *(_("Median days"), heading("immature"), heading("requalified"), _("Won")),
            heading("worth"),
        ),
        rows,
        caption=_("What came of them"),
        numbers=range(1, 9),
        meanings={
            3: meaning("came_back"),
            5: meaning("immature"),
            6: meaning("requalified"),
            8: meaning("worth"),
        },
    )


def _costs(found: RecycleReport) -> Markup:
    def line(name: Cell, took: TouchFigures) -> tuple[Cell, ...]:
        each = (took.touches_per_lead, took.touches_per_mql, took.touches_per_win)
        return (
            name,
            *(f"{took.mails:,}", f"{took.attempts:,}"),
            *("–" if one is None else f"{one:,.1f}" for one in each),
        )

    return table(
        (
            *(_(BY[found.by]), _("Mails"), _("Attempts")),
            *(_("Touches per lead"), _("Touches per MQL"), _("Touches per win")),
        ),
        [
            *(line(_part(found, one), one.touches) for one in found.parts[:MOST_PARTS]),
            line(Markup("<strong>{}</strong>").format(_("Together")), found.whole.touches),
            line(heading("net_new"), found.net_new.touches),
        ],
        caption=_("What it took"),
        numbers=range(1, 6),
        meanings={1: meaning("touched")},
    )


def _spent(spend: SpendFigures, currency: str) -> Markup:
    return facts(
        {
            heading("spent"): money(spend.spend, currency),
            _("Per lead"): money(spend.per_lead, currency),
            _("Per MQL"): money(spend.per_mql, currency),
            _("Per win"): money(spend.per_win, currency),
        }
    )


def _lacking(missing: Sequence[str], currency: str) -> str:
    return _(
        "There is no rate to {into} for {missing} ({number} in all): enter it, and the sum can be "
        "told.",
        into=currency,
        missing=", ".join(missing[:MOST_NAMED]),
        number=f"{len(missing):,}",
    )


def _waits(rows: Sequence[WaitRow]) -> Markup:
    return table(
        (
            *(_("Reason"), _("Wait"), "", _("Leads")),
            *(heading("requalified"), _("Difference"), _("Won"), _("Difference")),
        ),
        [
            (
                labels.reason(one.reason),
                _(WAIT_NAMES[one.wait]),
                quiet(_(COMPARED[one.compared])),
                f"{one.leads:,}",
                _with_share(one.requalified, one.requalification),
                _more(one, one.requalified_more),
                _with_share(one.won, one.win_rate),
                _more(one, one.won_more),
            )
            for one in rows
        ],
        caption=_("Other waits"),
        numbers=range(3, 8),
        meanings={
            4: meaning("requalified"),
            5: meaning("other_waits"),
            7: meaning("other_waits"),
        },
    )


def _more(row: WaitRow, more: Difference | None) -> Cell:
    if row.compared == WaitIs.USUAL:
        return "–"
    if more is None:
        return quiet(_("too few"))
    return beside(f"{more.difference:+.1%}", f"{more.low:+.1%} … {more.high:+.1%}")


def _with_share(number: int, share: float | None) -> Cell:
    return beside(f"{number:,}", None if share is None else percent(share))


def _part(found: RecycleReport, one: RecycleRow) -> str:
    value = one.value or ""
    if found.by == RecycledBy.WAIT:
        return _(WAIT_NAMES[value]) if value else _("Not come back")
    if found.by == RecycledBy.REASON:
        return labels.reason(value)
    return value_name(found.by, value)
