"""The days on which a team does not work, in the form of its calendar."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from markupsafe import escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.authoring.yaml_source import Path
from domain.sales.team_form import ClosedRow, TeamRow
from web.console.parts import button, show
from web.console.sales.policy_form import doubles_of
from web.console.words import _

Keep = Callable[[Path, ValidationElement[Any]], None]
"""Gets the place of a value in the team's calendar, and the field that it is typed in."""


class ClosedDays:
    """Single days with their names, and stretches of days, each to be changed or removed.

    Args:
        keep: called with each field, again when they are drawn anew.
        forget: called before they are.
    """

    def __init__(self, team: TeamRow, keep: Keep, forget: Callable[[], None]) -> None:
        self._team, self._keep, self._forget = team, keep, forget
        self._single: dict[int, ValidationElement[Any]] = {}
        with ui.element("div").classes("closed-days"):
            show(escape(_("Closed days")), "h4")
            self._rows = ui.element("div").classes("stack")
            with ui.element("div").classes("acts"):
                adding = button(_("Add closed days"), self._add)
                adding.props["aria-label"] = f"{_('Add closed days')}: {team.team}"
        self._draw()

    def doubles(self) -> list[ValidationElement[Any]]:
        """The fields of single days that are there twice."""
        return doubles_of((one.first, self._single.get(id(one))) for one in self._team.extra)

    def _draw(self) -> None:
        self._forget()
        self._rows.clear()
        with self._rows:
            for day in self._team.extra:
                self._row(day, self._team.extra, ("extra_holidays", day.first))
            for at, days in enumerate(self._team.closed):
                self._row(days, self._team.closed, ("closed", at))

    def _row(self, row: ClosedRow, rows: list[ClosedRow], place: Path) -> None:
        single = rows is self._team.extra
        with ui.element("div").classes("days"):
            self._day(row, "first", _("Day") if single else _("First day"), (*place, "from"))
            if not single:
                self._day(row, "last", _("Last day"), (*place, "to"))
            why = ui.input(_("What it is"), value=row.why).props("outlined dense maxlength=100")
            why.on_value_change(lambda change: setattr(row, "why", (change.value or "").strip()))
            self._keep(place if single else (*place, "why"), why)
            removing = button(_("Remove"), partial(self._remove, row, rows), danger=True)
            removing.props["aria-label"] = f"{_('Remove')}: {row.why or row.first}"

    def _day(self, row: ClosedRow, name: str, label: str, place: Path) -> None:
        field = ui.input(label, value=getattr(row, name)).props("type=date outlined dense")
        field.props("stack-label").classes("short")
        field.on_value_change(lambda change: setattr(row, name, change.value or ""))
        self._keep(place, field)
        if name == "first":
            self._single[id(row)] = field

    def _add(self) -> None:
        self._team.closed.append(ClosedRow())
        self._draw()

    def _remove(self, row: ClosedRow, rows: list[ClosedRow]) -> None:
        # Rows may be alike: it is this one that goes.
        del rows[next(at for at, one in enumerate(rows) if one is row)]
        self._draw()
