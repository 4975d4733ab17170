"""``/console/figures/pipeline``: how the open opportunities changed, what they will bring, and what
such forecasts were worth."""

from __future__ import annotations

from collections.abc import Awaitable
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from fastapi import Query
from markupsafe import Markup
from nicegui import ui
from pydantic import ConfigDict

from domain.access import Action
from domain.figures.forecast import ForecastReport, ForecastRow, ForecastTest
from domain.figures.pipeline import PARTS, PipelineReport
from domain.money import currency_beside, read_amount
from domain.refusals import Invalid
from services.figures_of_pipeline import FORECAST_DAYS
from web.api import figures_pipeline
from web.api.figures_pipeline import ForecastParameters, PipelineParameters
from web.console import labels
from web.console.figures.chart import Line, lines, waterfall
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.figures.figure_page import (
    FigurePage,
    beside,
    in_address,
    percent,
    period_shown,
    show_refused,
)
from web.console.lists.export import export_button
from web.console.lists.filters import day_field
from web.console.pages import console_page
from web.console.parts import Cell, empty, facts, quiet, section, show, table
from web.console.sales.opportunity import money
from web.console.times import full_day
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

PATH = "/figures/pipeline"
DAYS = (30, 60, 90, 180, 365)
"""Days of a forecast that are offered; the address may have others."""
MOST_MONTHS = 12
"""Past forecasts that the table shows; the file has all."""
PART_NAMES = {
    "open_at_begin": N_("At the beginning"),
    "created": N_("Created"),
    "grown": N_("Grown"),
    "pulled_in": N_("Pulled in"),
    "moved_in": N_("Moved in"),
    "shrunk": N_("Shrunk"),
    "slipped": N_("Slipped"),
    "moved_out": N_("Moved out"),
    "won": N_("Won"),
    "lost": N_("Lost"),
    "open_at_end": N_("At the end"),
}
Found = tuple[PipelineReport | Invalid, ForecastReport | Invalid]
"""The reports, or why one can't be made."""
T = TypeVar("T")


class PipelineAddress(PipelineParameters):
    """What stands in the address of the page."""

    model_config = ConfigDict(extra="ignore")
    days: int = FORECAST_DAYS


@console_page(PATH, Action.READ_MONEY, N_("Pipeline"))
async def pipeline(visit: PageVisit, asked: Annotated[PipelineAddress, Query()]) -> None:
    """The pipeline of the period, and its forecast from today on."""
    await PipelinePage(visit, PATH, in_address(asked)).open()


class PipelinePage(FigurePage[Found]):
    """The page as it is open."""

    async def open(self) -> None:
        """Build the page."""
        self._forecasts: dict[int, ForecastReport] = {}
        with self.filters():
            for label, name in (
                (_("Expected to close from"), "closing_from"),
                (_("Expected to close before"), "closing_to"),
            ):
                self._closing(label, name)
            self._target()
            offered = {str(days): ngettext("1 day", "{number} days", days) for days in DAYS}
            self.choice(_("Forecast period"), "days", offered, str(FORECAST_DAYS))
        with self.visit.top:
            for path, of in (
                ("/figures/forecast", _("Forecast")),
                ("/figures/forecast-stages", _("Stages")),
            ):
                export_button(f"{path}.csv", self._of_forecast, of=of)
        await self.begin()

    def parameters(self) -> dict[str, Any]:
        """What the API is asked for of the change."""
        asked = super().parameters()
        asked.pop("days", None)
        return asked

    def _of_forecast(self) -> dict[str, Any]:
        return {"days": self.asked["days"]} if self.asked["days"] else {}

    def _closing(self, label: str, name: str) -> None:
        async def chosen(value: str) -> None:
            await self.want(**{name: value or None})

        day_field(label, str(self.asked[name] or ""), chosen)

    def _target(self) -> None:
        said = [str(self.asked[name]) for name in ("target", "target_currency") if self.asked[name]]
        box = ui.input(_("Target"), value=" ".join(said), placeholder="250000")
        box.props("clearable stack-label debounce=500")

        async def entered() -> None:
            text = str(box.value or "").strip()
            own = self.visit.context.settings.company_currency
            currency = currency_beside(text)
            amount = read_amount(text, currency or own) if text else None
            box.error = (
                _("'{written}' can't be an amount of money.", written=text)
                if text and amount is None
                else None
            )
            if not box.error:
                target = None if amount is None else f"{amount:f}"
                await self.want(target=target, target_currency=currency or None)

        box.on_value_change(entered)

    async def read(self) -> Found:
        """The change, and the forecast, which only its days change."""
        asked = PipelineParameters.model_validate(self.parameters())
        ahead = ForecastParameters.model_validate(self._of_forecast())
        change = await _or_refused(self.visit.ask(figures_pipeline.show_pipeline, asked))
        if known := self._forecasts.get(ahead.days):
            return change, known
        forecast = await _or_refused(self.visit.ask(figures_pipeline.show_forecast, ahead))
        if isinstance(forecast, ForecastReport):
            self._forecasts[ahead.days] = forecast
        return change, forecast

    def draw(self, found: Found) -> None:
        """Charts, tables and what they mean."""
        change, forecast = found
        if isinstance(change, PipelineReport):
            show(quiet(f"{period_shown(change)} · {change.currency}"), "p")
            some = any(one.opportunities for one in change.lines)
            if not some and isinstance(forecast, ForecastReport) and not forecast.stages:
                empty(_("No opportunity was open in this period."))
                return
        with section(_("Change of the pipeline")):
            if isinstance(change, Invalid):
                show_refused(change)
            else:
                _change(change)
        with section(_("Forecast")):
            if isinstance(forecast, Invalid):
                show_refused(forecast)
            else:
                _forecast(forecast, _ahead(change, forecast))
        if isinstance(forecast, ForecastReport) and forecast.stages:
            with section(_("Weighted by stage")):
                _stages(forecast)
        if isinstance(forecast, ForecastReport) and forecast.months:
            with section(_("What past forecasts were worth")):
                _past(forecast)
        keys = ["waterfall", "stage_win_rate", "coverage", "expected", "weighted", "backtest"]
        show_definitions(keys)


async def _or_refused(asked: Awaitable[T]) -> T | Invalid:
    """One report's refusal leaves the other where it is."""
    try:
        return await asked
    except Invalid as refused:
        return refused


def _ahead(change: PipelineReport | Invalid, forecast: ForecastReport) -> Decimal | None:
    """What is missing to the target; of a period that is over nothing that comes now counts."""
    if isinstance(change, Invalid) or change.ends <= forecast.now.begins:
        return None
    return change.missing


def _change(report: PipelineReport) -> None:
    names = [_(PART_NAMES[one.part]) for one in report.lines]
    waterfall(
        names,
        [float(one.value) for one in report.lines],
        whole=(0, len(PARTS) - 1),
        caption=_("Change of the pipeline"),
    )
    rows = [
        (name, f"{one.opportunities:,}", money(one.value, report.currency))
        for name, one in zip(names, report.lines, strict=True)
    ]
    show(
        table(
            (_("Part"), _("Opportunities"), heading("value")),
            rows,
            caption=_("Change of the pipeline"),
            numbers=(1, 2),
            meanings={0: meaning("waterfall")},
        )
    )
    rate = None if report.win_rate is None else float(report.win_rate)
    show(
        facts(
            {
                _("Close later than expected"): f"{report.later:,}",
                _("Close earlier"): f"{report.earlier:,}",
                heading("stage_win_rate"): percent(rate) if rate is not None else _("too few"),
                _("Target"): money(report.target, report.currency),
                _("Missing to the target"): money(report.missing, report.currency),
                heading("coverage"): "" if report.coverage is None else f"{report.coverage:f} ×",
            }
        )
    )
    _without_amount(report.without_amount)


def _forecast(report: ForecastReport, missing: Decimal | None) -> None:
    now = report.now
    show(quiet(f"{period_shown(now)} · {report.time_zone}"), "p")
    if now.expected_wins is None:
        empty(
            _(
                "Too few to tell: {closed} opportunities were closed in the last 24 months, and it "
                "takes 20. Imported history counts too.",
                closed=f"{report.closed:,}",
            )
        )
        return

    def share_of(target: Decimal | None) -> str:
        if not target or now.expected_value is None:
            return ""
        return percent(float(now.expected_value / target))

    show(
        facts(
            {
                _("Open now"): f"{now.open:,} · {money(now.open_value, report.currency)}",
                _("Expected wins"): _expected_wins(now),
                _("Expected value"): _expected_value(now, report.currency),
                _("Of what is missing to the target"): share_of(missing),
                _("Based on"): _(
                    "{closed} closed opportunities, {won} of them won",
                    closed=f"{report.closed:,}",
                    won=f"{report.won:,}",
                ),
                _("Error of past forecasts"): _tested(report.value_test),
            }
        )
    )
    _without_amount(now.without_amount)


def _expected_wins(one: ForecastRow) -> Cell:
    return beside(f"{one.expected_wins:,.1f}", f"{one.wins_low:,.1f} … {one.wins_high:,.1f}")


def _expected_value(one: ForecastRow, currency: str) -> Cell:
    if one.expected_value is None:
        return _("no rate")
    return beside(
        money(one.expected_value, currency),
        f"{money(one.value_low, currency)} … {money(one.value_high, currency)}",
    )


def _without_amount(number: int) -> None:
    if number:
        said = ngettext(
            "1 open opportunity has no amount: it is in no sum of money.",
            "{number} open opportunities have no amount: they are in no sum of money.",
            number,
        )
        show(quiet(said), "p")


def _stages(report: ForecastReport) -> None:
    rows: list[tuple[Cell, ...]] = [
        (
            labels.opportunity_stage(one.stage),
            f"{one.open:,}",
            money(one.value, report.currency),
            f"{one.closed:,}",
            f"{one.won:,}",
            quiet(_("too few")) if one.win_rate is None else percent(one.win_rate),
            "–" if one.weighted is None else money(one.weighted, report.currency),
        )
        for one in report.stages
    ]
    together = (
        f"{sum(one.open for one in report.stages):,}",
        money(sum((one.value for one in report.stages), Decimal(0)), report.currency),
        *("", "", ""),
        money(report.weighted, report.currency),
    )
    rows.append((Markup("<strong>{}</strong>").format(_("Together")), *together))
    show(
        table(
            (
                *(_("Stage"), _("Open"), heading("value"), _("Closed"), _("Won")),
                *(heading("stage_win_rate"), heading("weighted")),
            ),
            rows,
            caption=_("Weighted by stage"),
            numbers=range(1, 7),
            meanings={5: meaning("stage_win_rate"), 6: meaning("weighted")},
        )
    )
    if report.unweighted:
        said = _(
            "{value} of stages with too few closed opportunities are in no weighted sum.",
            value=money(report.unweighted, report.currency),
        )
        show(quiet(said), "p")


def _past(report: ForecastReport) -> None:
    months = report.months
    lines(
        [full_day(one.begins) for one in months],
        [
            Line(heading("expected"), [one.expected_wins for one in months]),
            Line(_("At least"), [one.wins_low for one in months], "dotted"),
            Line(_("At most"), [one.wins_high for one in months], "dotted"),
            Line(_("Actual"), [one.wins for one in months], "dashed"),
        ],
        caption=_("Wins that were expected, and that came"),
        percent=False,
    )
    show(
        facts(
            {
                heading("wins"): _tested(report.wins_test),
                heading("value"): _tested(report.value_test),
            }
        )
    )
    rows = [
        (
            full_day(one.begins),
            f"{one.open:,}",
            _expected_wins(one),
            f"{one.wins:,}",
            _expected_value(one, report.currency),
            money(one.value, report.currency) or "–",
        )
        for one in months[: -MOST_MONTHS - 1 : -1]
    ]
    show(
        table(
            (
                *(_("From"), _("Open"), _("Expected wins"), _("Actual")),
                *(_("Expected value"), _("Actual")),
            ),
            rows,
            caption=_("What past forecasts were worth"),
            numbers=range(1, 6),
            meanings={2: meaning("expected"), 4: meaning("expected")},
        )
    )
    if len(months) > MOST_MONTHS:
        show(quiet(_("The latest are shown; the file has all.")), "p")


def _tested(test: ForecastTest) -> str:
    """How far such forecasts were off, and how often the interval held."""
    if not test.months:
        return _("No forecast of a past month can be judged yet.")
    within = _("{within} of {months} within the interval", within=test.within, months=test.months)
    if test.error is None or test.bias is None:
        too_few = _("too few wins to tell an error")
        return f"{within} · {too_few}"
    off = _("{error} off, {bias} on balance", error=f"{test.error:.1%}", bias=f"{test.bias:+.1%}")
    return f"{off} · {within}"
