"""``/console/figures/data-quality``: what leads lack; each number opens its leads."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from domain.contracts.journey import IN_SALES
from domain.figures.data_quality import MOST_PAIRS, Lacking, QualityReport, QualityRow
from web.api import figures_of_data
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import Cell, empty, link, quiet, section, show, table
from web.console.visit import PageVisit
from web.console.words import N_, _

PATH = "/figures/data-quality"
COLUMNS: tuple[tuple[str, Callable[[QualityRow], int], list[tuple[str, str]]], ...] = (
    ("leads", lambda one: one.leads, []),
    ("without_owner", lambda one: one.without_owner, [("without", Lacking.OWNER)]),
    (
        "in_sales_without_owner",
        lambda one: one.in_sales_without_owner,
        [("without", Lacking.OWNER), *(("phase", phase) for phase in IN_SALES)],
    ),
    ("without_country", lambda one: one.without_country, [("without", Lacking.COUNTRY)]),
    ("without_time_zone", lambda one: one.without_time_zone, [("without", Lacking.TIME_ZONE)]),
)
"""Of each column: its definition, its number, and the filters of the list that it opens."""


@console_page(PATH, Action.READ_FIGURES, N_("Data quality"))
async def data_quality(visit: PageVisit) -> None:
    """What leads lack now; an SDR sees the team's."""
    report = await visit.ask(figures_of_data.show_data_quality)
    with visit.top:
        export_button(f"{PATH}.csv")
    if not report.whole.leads:
        empty(_("There are no leads yet."))
        return
    with ui.element("div").classes("figures"):
        with section(_("What leads lack")):
            show(_lacking(report))
        with section(_("Suspected duplicates")):
            _duplicates(report)
        show_definitions([key for key, _number, _asked in COLUMNS])


def _lacking(report: QualityReport) -> Markup:
    return table(
        (_("Source"), *(heading(key) for key, _number, _asked in COLUMNS)),
        [_line(one) for one in (report.whole, *report.sources)],
        caption=_("What leads lack"),
        numbers=range(1, len(COLUMNS) + 1),
        meanings={at: meaning(key) for at, (key, _n, _a) in enumerate(COLUMNS, 1)},
    )


def _duplicates(report: QualityReport) -> None:
    pairs = f"{min(report.duplicates, MOST_PAIRS):,}"
    if report.duplicates > MOST_PAIRS:
        said = _("More than {number} pairs may be one person each.", number=pairs)
    else:
        said = _("Pairs that may be one person: {number}", number=pairs)
    show(Markup("{} {}").format(said, link(_("Show them"), "/duplicates")), "p")


def _line(row: QualityRow) -> tuple[Cell, ...]:
    if row.others:
        return (_("All others"), *(f"{number(row):,}" for _key, number, _asked in COLUMNS))
    whole = row.source is None
    name = Markup("<strong>{}</strong>").format(_("All leads")) if whole else row.source
    return (
        name or quiet(_("None")),
        *(_opens(number(row), row.source, asked) for _key, number, asked in COLUMNS),
    )


def _opens(number: int, source: str | None, asked: list[tuple[str, str]]) -> Cell:
    # A list is not narrowed to leads without a source.
    if not number or source == "":
        return f"{number:,}"
    narrowed = asked if source is None else [*asked, ("source", source)]
    return link(f"{number:,}", f"/leads?{urlencode(narrowed)}")
