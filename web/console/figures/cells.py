"""Cells of tables of figures: what few cases show, shares and lifts above their intervals, days."""

from __future__ import annotations

from domain.figures.funnel import FEW
from domain.figures.scoring import Lift
from web.console.figures.figure_page import beside, percent
from web.console.parts import Cell, quiet, show
from web.console.words import _, ngettext


def share_of(
    share: float | None, of: int, low: float | None = None, high: float | None = None
) -> Cell:
    """A share ``of`` so many, above its interval, if it has one; that they are few, or a dash for
    none."""
    if share is None:
        return quiet(_("few")) if 0 < of < FEW else "–"
    return percent(share) if low is None else beside(percent(share), f"{low:.1%} … {high:.1%}")


def lifted(one: Lift) -> Cell:
    """A lift above its interval; a dash for none."""
    if one.lift is None:
        return "–"
    return beside(f"{one.lift:.2f}", f"{one.lift_low:.2f} … {one.lift_high:.2f}")


def days_shown(days: float | None) -> str:
    """Days; a dash for none."""
    return "–" if days is None else f"{days:,.1f}"


def show_wins_without_amount(wins: int) -> None:
    """That so many wins are in no sum of money; nothing of none."""
    if wins:
        said = ngettext(
            "1 win has no amount: it is in no sum of money.",
            "{number} wins have no amount: they are in no sum of money.",
            wins,
        )
        show(quiet(said), "p")
