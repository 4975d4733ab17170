"""What scoring rules would make of today's leads, beside the form in which they are changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from nicegui import ui

from domain.scoring.policy import MEANINGS
from domain.scoring.scoring_form import ScoringForm
from store.scoring.rule_counts import HIGHEST, LeadSample, PointsNow
from store.scoring.scoring import RescoringForecast
from web.console.figures.chart import Bars, ChartMark, columns
from web.console.marketing.publishing import MEANT
from web.console.parts import quiet, show, table
from web.console.words import _, ngettext

WIDTH = 5
"""Points that one bar stands for."""
MOST_BARS = 80


class ScoringForecast:
    """How many leads mean what, now and with the rules of the form, and where thresholds stand
    among the points that leads have."""

    def __init__(self) -> None:
        self._points: PointsNow | None = None
        self._drawn: object = None

    def build(self) -> None:
        """Its places, where the page is being built."""
        self._said = ui.element("div").props('role="status"')
        self._curves = ui.element("div").classes("stack")
        self._counted = ui.label().classes("quiet")

    def tell_points(self, points: PointsNow | None, sample: LeadSample, form: ScoringForm) -> None:
        """Say how many leads of a sample have how many points by the rules in force; None where
        counting took too long."""
        self._points = points
        said = ""
        if points is None:
            said = _(
                "How often rules held could not be counted in time: load the page again later."
            )
        elif not sample.all:
            said = _(
                "How often rules held, and the points, are counted of {leads} leads that chance "
                "has chosen.",
                leads=f"{len(sample.ids):,}",
            )
        self._counted.set_text(said)
        self.draw(form)

    def draw(self, form: ScoringForm) -> None:
        """Curves of points with the thresholds of a form."""
        wanted = (self._points, dict(form.levels), dict(form.letters))
        # A chart that goes before the browser has made it is an error there.
        if self._points is None or wanted == self._drawn:
            return
        self._drawn = wanted
        self._curves.clear()
        with self._curves:
            _curve(_("Leads by points of interest, today"), self._points.interest, form.levels)
            _curve(_("Leads by points of fit, today"), self._points.fit, form.letters)

    def tell_none(self) -> None:
        """Say that there is none, for the form has mistakes."""
        self._said.clear()
        with self._said:
            show(quiet(_("The forecast waits until all fields are right.")), "p")

    def tell(self, found: RescoringForecast | None, *, sampled: bool) -> None:
        """Say what the rules would do; None for those that are in force.

        Args:
            sampled: whether it was asked of some leads only.
        """
        self._said.clear()
        with self._said:
            if found is None:
                show(quiet(_("These are the rules in force: nothing would change.")), "p")
                return
            show(
                table(
                    [_("Leads that mean"), _("Now"), _("With the new rules")],
                    [
                        (
                            _(MEANT[one]),
                            f"{found.before.get(one, 0):,}",
                            f"{found.after.get(one, 0):,}",
                        )
                        for one in MEANINGS
                    ],
                    caption=_("What the new rules would do"),
                    numbers=(1, 2),
                )
            )
            crossing = ngettext(
                "1 lead would go to sales now.",
                "{number} leads would go to sales now.",
                found.would_cross,
            )
            show(quiet(crossing), "p")
            if sampled:
                of = _(
                    "Of {leads} leads that chance has chosen; before you publish, it is counted of "
                    "all.",
                    leads=f"{found.leads:,}",
                )
                show(quiet(of), "p")


def _curve(caption: str, points: Mapping[int, int], floors: Mapping[str, int | None]) -> None:
    if not points:
        return
    wanted = [at for at in floors.values() if at is not None]
    lowest, highest = min([0, *points, *wanted]), min(HIGHEST, max([0, *points, *wanted]))
    width = WIDTH
    while (highest - lowest) / width > MOST_BARS:
        width *= 2
    bars: Counter[int] = Counter()
    for at, leads in points.items():
        bars[at // width] += leads
    begins = range(lowest // width, highest // width + 1)
    labels = [str(one * width) for one in begins]
    marks = [
        ChartMark(name, str(at // width * width))
        for name, at in floors.items()
        if at is not None and str(at // width * width) in labels
    ]
    ui.label(caption).classes("quiet")
    columns(labels, Bars(_("Leads"), [bars[one] for one in begins]), marks, caption=caption)
