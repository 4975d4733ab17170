"""What pages of figures by month of entering share: two stages to choose, and numbers that open
their leads."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from markupsafe import Markup
from pydantic import ConfigDict

from domain.access import Role
from domain.contracts.journey import Stage
from domain.figures.funnel import Dimension, Kind
from domain.figures.lists import CountedAs
from domain.figures.months import CohortReport, VelocityReport, month_period
from domain.figures.periods import Period
from domain.figures.stages import FUNNEL, WON
from services.figure_lists import KIND, REACHED
from services.figures_of_months import ENTERED
from web.api.figures_of_months import MonthParameters
from web.console import labels
from web.console.figures.behind import behind
from web.console.figures.definitions import heading
from web.console.figures.dimensions import Narrowing, offered, show_narrowed
from web.console.figures.figure_page import FigurePage, period_shown, show_behind
from web.console.parts import Cell, quiet, show
from web.console.times import month_name
from web.console.words import _


class MonthAddress(MonthParameters):
    """What stands in the address of such a page."""

    model_config = ConfigDict(extra="ignore")


MonthReport = CohortReport | VelocityReport
R = TypeVar("R", bound=MonthReport)


class MonthPage(FigurePage[R]):
    """The page as it is open."""

    usual_end = ""
    """The later stage when none is chosen; '' for the one after the first."""

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            stages = {one.value: labels.stage(one) for one in FUNNEL}
            self.choice(_("From stage"), "stage", _without(stages, FUNNEL[WON]), ENTERED.value)
            later = _without(stages, FUNNEL[0])
            if self.usual_end:
                self.choice(_("To stage"), "reached", later, self.usual_end)
            else:
                self.choice(_("To stage"), "reached", {"": _("The next one"), **later})
            # Marketing sees no months of one rep.
            hidden = (Role.MARKETING,)
            Narrowing(self, offered(self.visit.caller, list(Dimension), without_reps=hidden))
        await self.begin()

    def begin_of(self, found: R) -> None:
        """What stands above the figures: which they are, and what they are narrowed to."""
        said = (
            _(
                "{stage} → {reached}",
                stage=labels.stage(found.stage),
                reached=labels.stage(found.reached),
            ),
            _("by the month of entering"),
            period_shown(found),
            found.time_zone,
        )
        show(quiet(" · ".join(said)), "p")
        show_behind(found.behind)

    def leads(
        self,
        found: R,
        number: int,
        month: str,
        kind: str,
        *,
        reached: bool = False,
        window: int | None = None,
        text: str = "",
    ) -> Cell:
        """A number of a month ('' for all) that opens its leads.

        Args:
            kind: all, or a :class:`Kind`.
            reached: whether it counts those that reached the later stage, within ``window`` days.
            text: what is shown for it.
        """
        whole = Period(
            date.fromisoformat(found.begins), date.fromisoformat(found.ends), found.time_zone
        )
        period = month_period(month, whole)
        of = [(one.value, self.asked[one]) for one in Dimension if self.asked[one] is not None]
        if kind != "all":
            of.append((KIND, kind))
        if reached:
            of.append((REACHED, found.reached))
        return behind(
            number,
            CountedAs.REACHED if reached else CountedAs.ENTERED,
            at=found.stage,
            begins=period.begins,
            ends=period.ends,
            window=window,
            of=of,
            text=text,
        )

    def above(self) -> None:
        """What the figures are narrowed to."""
        show_narrowed(self, list(Dimension))


def month_label(month: str) -> Cell:
    """A month (YYYY-MM), or all of them."""
    if not month:
        return Markup("<strong>{}</strong>").format(_("Together"))
    return month_name(date.fromisoformat(f"{month}-01"))


def kind_label(kind: str) -> str:
    """All units, or those of a kind."""
    return _("All leads") if kind == "all" else heading(Kind(kind))


def _without(stages: dict[str, str], one: Stage) -> dict[str, str]:
    return {code: name for code, name in stages.items() if code != one}
