"""Cells of tables of figures: a figure with its interval beneath it, and what few cases show."""

from __future__ import annotations

from markupsafe import Markup

from domain.figures.funnel import FEW
from domain.figures.scoring import Lift
from web.console.figures.figure_page import percent
from web.console.parts import Cell, quiet
from web.console.words import _


def two(figure: Cell, beneath: str) -> Markup:
    """A figure above what belongs to it."""
    return Markup('<span class="two">{}{}</span>').format(figure, quiet(beneath))


def share_of(
    share: float | None, of: int, low: float | None = None, high: float | None = None
) -> Cell:
    """A share ``of`` so many, above its interval, if it has one; that they are few, or a dash for
    none."""
    if share is None:
        return quiet(_("few")) if 0 < of < FEW else "–"
    return percent(share) if low is None else two(percent(share), f"{low:.1%} … {high:.1%}")


def lifted(one: Lift) -> Cell:
    """A lift above its interval; a dash for none."""
    if one.lift is None:
        return "–"
    return two(f"{one.lift:.2f}", f"{one.lift_low:.2f} … {one.lift_high:.2f}")
