"""What figures are split and narrowed by, as people call it and choose it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from markupsafe import Markup
from nicegui import ui

from domain.access import Role
from domain.figures.funnel import FOLDED, Dimension
from domain.refusals import Refusal
from store.access.api_tokens import Caller
from web.api import figures as figures_api
from web.api.figures import FunnelParameters
from web.console import labels
from web.console.figures.figure_page import FigurePage
from web.console.parts import choice, show
from web.console.words import N_, _

DIMENSIONS: Mapping[str, str] = {
    Dimension.SOURCE: N_("Source"),
    Dimension.CAMPAIGN: N_("Campaign"),
    Dimension.CADENCE: N_("Cadence"),
    Dimension.SEGMENT: N_("Segment"),
    Dimension.OWNER: N_("Owner"),
    Dimension.TEAM: N_("Team"),
    Dimension.COUNTRY: N_("Country"),
    Dimension.CYCLE: N_("Cycle"),
}
MOST_VALUES = 100
"""Values that are offered, those with the most leads; the address may have others."""


def value_name(dimension: str, value: str) -> str:
    """A value of a dimension as people call it."""
    if value == FOLDED:
        return _("Fewer than five each")
    if not value:
        return _("None")
    if dimension == Dimension.OWNER:
        return labels.person(value)
    return labels.country(value) if dimension == Dimension.COUNTRY else value


def show_narrowed(page: FigurePage[Any], dimensions: Sequence[Dimension]) -> None:
    """What the figures are narrowed to, each with a way out."""
    chosen = [one for one in dimensions if page.asked.get(one) is not None]
    if not chosen:
        return
    links = Markup(" ").join(
        Markup('<a href="{}" title="{}">{}: {} <b aria-hidden="true">×</b></a>').format(
            page.address(**{one: None}),
            _("Show all again"),
            _(DIMENSIONS[one]),
            value_name(one, page.asked[one]),
        )
        for one in chosen
    )
    show(links, "div").classes("views")


def offered(
    caller: Caller, dimensions: Sequence[Dimension], *, without_reps: Container[Role] = ()
) -> list[Dimension]:
    """By which of these somebody can narrow figures: not by teams who sees one alone, nor by reps
    who has one of these roles."""
    hidden = {Dimension.TEAM} if caller.of_one_team else set()
    if caller.role in without_reps:
        hidden.add(Dimension.OWNER)
    return [one for one in dimensions if one not in hidden]


class Narrowing:
    """Two fields: by what to narrow the figures, and to which of the values that there are."""

    def __init__(self, page: FigurePage[Any], dimensions: Sequence[Dimension]) -> None:
        self._page = page
        self._names = {one.value: _(DIMENSIONS[one]) for one in dimensions}
        choice(_("Only of"), {"": _("Everything"), **self._names}, "", self._chosen)
        self._values = ui.element("div").style("display: contents")

    async def _chosen(self, written: str) -> None:
        self._values.clear()
        if not written:
            await self._page.want(**dict.fromkeys(self._names))
            return
        page, dimension = self._page, Dimension(written)
        asked = {name: page.asked[name] for name in ("from", "to") if page.asked[name]}
        query = FunnelParameters.model_validate(asked | {"by": dimension})
        try:
            found = await page.visit.ask(figures_api.show_funnel, query)
        except Refusal:
            # The figures beneath say what is wrong with the period.
            return
        values = dict.fromkeys(part.value for part in found.parts if part.value != FOLDED)

        async def narrow(value: str) -> None:
            if value:
                await page.want(**{dimension: value.removeprefix("=")})

        with self._values:
            shown = {f"={one}": value_name(dimension, one) for one in list(values)[:MOST_VALUES]}
            choice(_(DIMENSIONS[dimension]), {"": _("Choose …"), **shown}, "", narrow)
