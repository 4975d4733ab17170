"""``/console/figures/deliverability``: what became of mails, by week and receiving domain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Annotated

from fastapi import Query
from markupsafe import Markup

from domain.access import Action
from domain.figures.deliverability import OTHERS, DeliverabilityReport, MailFigures
from domain.inputs import Day
from web.api import figures_of_data
from web.api.figures_of_data import MailParameters
from web.console.figures.chart import Bars, chart
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.figures.figure_page import (
    COMPARE,
    FigurePage,
    beside,
    percent,
    period_shown,
    with_period_before,
)
from web.console.pages import console_page
from web.console.parts import Cell, empty, link, quiet, section, show, table
from web.console.times import full_day
from web.console.visit import PageVisit
from web.console.words import N_, _

PATH = "/figures/deliverability"
MOST_ROWS = 20
"""Domains that the page shows; the file has all that are told one by one."""
BOUNCES = (
    (N_("Invalid address"), "address_dead"),
    (N_("Mailbox full"), "mailbox_full"),
    (N_("Mail content"), "content"),
    (N_("Sender reputation"), "reputation"),
    (N_("Delivery route"), "routing"),
    (N_("Cause unknown"), "unknown"),
)
Found = tuple[DeliverabilityReport, DeliverabilityReport | None]
Column = tuple[str, Callable[[MailFigures], Cell]]
COLUMNS: Sequence[Column] = (
    ("sent", lambda one: f"{one.sent:,}"),
    ("delivered", lambda one: f"{one.delivered:,}"),
    ("bounced", lambda one: f"{one.bounced:,}"),
    ("bounce_rate", lambda one: percent(one.bounce_rate)),
    ("complained", lambda one: f"{one.complained:,}"),
    ("unsubscribed", lambda one: f"{one.unsubscribed:,}"),
)


@console_page(PATH, Action.READ_FIGURES, N_("Deliverability"))
async def deliverability(
    visit: PageVisit,
    *,
    begins: Annotated[Day | None, Query(alias="from")] = None,
    to: Day | None = None,
    compare: bool = False,
) -> None:
    """What became of the mails of the period; an SDR sees those to the team's leads."""
    asked = {"from": begins, "to": to, COMPARE: compare or None}
    await DeliverabilityPage(visit, PATH, asked).open()


class DeliverabilityPage(FigurePage[Found]):
    """The page as it is open."""

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            pass
        await self.begin()

    async def read(self) -> Found:
        """The report, and that of the period before if it is to be compared."""
        return await with_period_before(self, self._asked)

    async def _asked(self, **changed: object) -> DeliverabilityReport:
        query = MailParameters.model_validate(self.parameters() | changed)
        return await self.visit.ask(figures_of_data.show_deliverability, query)

    def draw(self, found: Found) -> None:
        """Charts, tables and what they mean."""
        report, before = found
        said = [period_shown(report), report.time_zone]
        if before:
            said.append(_("compared with {period}", period=period_shown(before)))
        show(quiet(" · ".join(said)), "p")
        if not report.whole.sent:
            empty(_("No mail was sent in this period."))
            return
        weeks = [(full_day(date.fromisoformat(one.week)), one) for one in report.weeks]
        with section(_("By week")):
            if report.whole.bounced:
                names = [name for name, _one in weeks]
                bars = [
                    Bars(_(label), [getattr(one, kind) for _name, one in weeks])
                    for label, kind in BOUNCES
                ]
                chart(names, bars, caption=_("Why mails bounced"), stacked=True)
            rows = [
                _line(Markup("<strong>{}</strong>").format(_("Together")), report.whole, before),
                *(_line(name, one, None) for name, one in reversed(weeks)),
            ]
            show(_table(_("Week of"), rows, _("By week")))
        with section(_("By receiving domain")):
            domains = ((_domain(one), one) for one in report.domains[:MOST_ROWS])
            rows = [_line(name, one, None) for name, one in domains]
            show(_table(_("Domain"), rows, _("By receiving domain")))
            if len(report.domains) > MOST_ROWS:
                show(quiet(_("The largest are shown; the file has all.")), "p")
        with section(_("Why mails bounced")):
            show(
                table(
                    (_("Week of"), *(_(label) for label, _kind in BOUNCES)),
                    [
                        (name, *(f"{getattr(one, kind):,}" for _label, kind in BOUNCES))
                        for name, one in [(_("Together"), report.whole), *reversed(weeks)]
                    ],
                    caption=_("Why mails bounced"),
                    numbers=range(1, len(BOUNCES) + 1),
                )
            )
        show_definitions([key for key, _cell in COLUMNS])


def _line(name: Cell, one: MailFigures, before: DeliverabilityReport | None) -> tuple[Cell, ...]:
    was = before.whole if before else None
    return (name, *(beside(cell(one), cell(was) if was else None) for _key, cell in COLUMNS))


def _table(first: str, rows: Iterable[Sequence[Cell]], caption: str) -> Markup:
    return table(
        (first, *(heading(key) for key, _cell in COLUMNS)),
        rows,
        caption=caption,
        numbers=range(1, len(COLUMNS) + 1),
        meanings={at: meaning(key) for at, (key, _cell) in enumerate(COLUMNS, 1)},
    )


def _domain(one: MailFigures) -> Cell:
    """The domain, as a link to the leads that have it in their address."""
    if one.domain == OTHERS:
        return _("All others")
    if not one.domain:
        return _("Of people who were erased")
    return link(one.domain, f"/leads?search={one.domain}")
