"""``/console/recycle-settings``: how long leads rest, by why they came back and which time round it
is, in a grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.access import Action
from domain.authoring.yaml_source import Path
from domain.sales.recycle import KNOWN_REASONS, RecyclePolicy
from domain.sales.recycle_form import CycleCell, RestRow, form_of, with_form
from store.published.cadences import enterable_cadences
from store.published.published_texts import PublishedText
from store.publishing.known_attributes import attribute_names
from web.console import labels
from web.console.labels import reason as reason_label
from web.console.pages import console_page
from web.console.parts import button, quiet, section, show
from web.console.sales.policy_form import Fields, PolicyForm, policy_to_change
from web.console.visit import PageVisit
from web.console.words import N_, _

COMMON_DAYS = (7, 14, 30, 60, 90, 120, 180, 360)
"""Waits that are offered; others are typed."""
FEWEST_CYCLES = 4
"""Columns of the grid; more where the file tells of more."""
AS_BEFORE, STOP = "as before", "stop"


@console_page("/recycle-settings", Action.PUBLISH, N_("Recycling"))
async def recycle_settings(visit: PageVisit) -> None:
    """What ``recycle.yaml`` says, for whoever publishes it."""
    published, policy = await policy_to_change(visit, RecyclePolicy)
    cadences = await visit.read(enterable_cadences)
    names = (await visit.read(attribute_names)).values()
    attributes = sorted(frozenset[str]().union(*names))
    RecycleSettings(visit, published, policy, cadences, attributes).build()


class RecycleSettings:
    """The form as it is open."""

    def __init__(
        self,
        visit: PageVisit,
        published: PublishedText,
        policy: RecyclePolicy,
        cadences: list[str],
        attributes: list[str],
    ) -> None:
        self.visit, self._published = visit, published
        self._cadences, self._attributes = cadences, attributes
        self._begun, self.form = form_of(policy), form_of(policy)
        self._fields: dict[Path, ValidationElement[Any]] = {}

    def build(self) -> None:
        """All of it, where the page is being built."""
        PolicyForm(
            self.visit,
            "recycle",
            self._published,
            lambda data: with_form(data, self._begun, self.form),
            self._where,
        )
        with section(_("How long leads rest")):
            said = _(
                "A cell says what is different from that time on. “Stays away” ends it for good, "
                "whatever stands behind it."
            )
            show(quiet(said), "p")
            self._grid = ui.element("div").classes("scroll recycle-grid")
            with ui.element("div").classes("acts"):
                self._adding()
        with section(_("When a contract ends")), ui.element("fieldset").classes("setting"):
            self._contract()
        self._draw()

    def _where(self) -> Fields:
        return self._fields

    def _cycles(self) -> range:
        last = max(max(row.cells, default=1) for row in (*self.form.rows, self.form.default))
        return range(2, max(FEWEST_CYCLES, last) + 1)

    def _draw(self) -> None:
        self._fields = {
            path: one for path, one in self._fields.items() if path[0] == "contract_end"
        }
        self._grid.clear()
        cycles = self._cycles()
        with self._grid, ui.element("table"):
            show(escape(_("How long leads rest")), "caption")
            with ui.element("thead"), ui.element("tr"):
                for heading in (
                    *(_("Reason"), _("Comes back to"), _("Interest wakes it"), _("First time")),
                    *(_("Time {cycle}", cycle=cycle) for cycle in cycles),
                    "",
                ):
                    show(escape(heading), "th").props('scope="col"')
            with ui.element("tbody"):
                for row in self.form.rows:
                    self._row(row, ("reasons", row.reason), reason_label(row.reason), cycles)
                self._row(self.form.default, ("default",), _("Any other reason"), cycles)

    def _row(self, row: RestRow, path: Path, name: str, cycles: range) -> None:
        with ui.element("tr"):
            show(escape(name), "th").props('scope="row"')
            with self._cell(_("Comes back to")):
                offered = {"": _("The cadence before")} | {one: one for one in self._cadences}
                offered.setdefault(row.cadence, row.cadence)
                cadence = ui.select(offered, value=row.cadence)
                self._bind((*path, "cadence"), cadence, f"{name}: {_('Comes back to')}")
                cadence.on_value_change(lambda: setattr(row, "cadence", cadence.value or ""))
            with self._cell(_("Interest wakes it")):
                early = ui.checkbox(value=row.reactivates_early).props("dense")
                early.props["aria-label"] = f"{name}: {_('Interest wakes it')}"
                early.bind_value_to(row, "reactivates_early")
            with self._cell(_("First time")):
                self._first(row, path, name)
            for cycle in cycles:
                with self._cell(_("Time {cycle}", cycle=cycle)):
                    self._later(row, path, name, cycle)
            with self._cell(""):
                if path != ("default",):
                    removing = ui.button(
                        icon="close", color=None, on_click=lambda: self._remove(row)
                    )
                    removing.props("flat dense").classes("builder-remove")
                    removing.props["aria-label"] = f"{_('Remove')}: {name}"

    @staticmethod
    def _cell(label: str) -> ui.element:
        cell = ui.element("td")
        cell.props["data-label"] = label
        return cell

    def _bind(self, path: Path, field: ValidationElement[Any], label: str) -> None:
        field.props("outlined dense options-dense")
        field.props["aria-label"] = label
        self._fields[path] = field

    def _wait(self, options: Mapping[str, str], value: str) -> ui.select:
        """A wait to choose or to type."""
        days = {f"{number} days": _("{days} days", days=number) for number in COMMON_DAYS}
        offered = {**options, **days}
        offered.setdefault(value, value)
        return ui.select(
            offered,
            value=value,
            with_input=True,
            new_value_mode="add-unique",
            key_generator=lambda typed: typed,
        )

    def _first(self, row: RestRow, path: Path, name: str) -> None:
        first = row.cells.get(1, CycleCell())
        value = STOP if first.stop else first.wait or row.wait
        field = self._wait({STOP: _("Stays away")}, value)
        self._bind((*path, "wait"), field, f"{name}: {_('First time')}")

        def chosen() -> None:
            cell = row.cells.setdefault(1, CycleCell())
            cell.stop, cell.wait = field.value == STOP, ""
            if field.value and field.value != STOP:
                row.wait = str(field.value)

        field.on_value_change(chosen)

    def _later(self, row: RestRow, path: Path, name: str, cycle: int) -> None:
        cell = row.cells.get(cycle, CycleCell())
        value = STOP if cell.stop else cell.wait or AS_BEFORE
        field = self._wait({AS_BEFORE: _("as before"), STOP: _("Stays away")}, value)
        self._bind(
            (*path, "cycles", str(cycle)), field, f"{name}: {_('Time {cycle}', cycle=cycle)}"
        )

        def chosen() -> None:
            at = row.cells.setdefault(cycle, CycleCell())
            at.stop = field.value == STOP
            at.wait = "" if field.value in (None, AS_BEFORE, STOP) else str(field.value)

        field.on_value_change(chosen)
        others = []
        if cell.cadence is not None:
            others.append(cell.cadence or _("The cadence before"))
        if cell.reactivates_early is not None:
            wakes = _("interest wakes it") if cell.reactivates_early else _("only a reply wakes it")
            others.append(wakes)
        if others:
            show(quiet(" · ".join(others)), "p")

    def _adding(self) -> None:
        known = {one.reason for one in self.form.rows}
        offered = {code: reason_label(code) for code in sorted(KNOWN_REASONS - known)}
        adding = ui.select(
            offered,
            label=_("Another reason to add"),
            with_input=True,
            new_value_mode="add-unique",
            key_generator=lambda typed: typed,
        ).props("outlined dense options-dense")

        def add() -> None:
            reason = str(adding.value or "").strip()
            if reason and all(one.reason != reason for one in self.form.rows):
                usual = self.form.default
                cells = {cycle: CycleCell(**vars(one)) for cycle, one in usual.cells.items()}
                self.form.rows.append(
                    RestRow(reason, usual.wait, usual.cadence, usual.reactivates_early, cells)
                )
                self._draw()
            adding.set_value(None)

        button(_("Add"), add)

    def _remove(self, row: RestRow) -> None:
        self.form.rows.remove(row)
        with self._grid:
            self._draw()

    def _contract(self) -> None:
        said = _("Leads whose contract with somebody else ends are talked to before that day.")
        show(quiet(said), "p")
        offered = {"": _("No attribute")} | {one: labels.attribute(one) for one in self._attributes}
        offered.setdefault(self.form.attribute, self.form.attribute)
        attribute = ui.select(offered, label=_("Attribute with the day"), value=self.form.attribute)
        attribute.props("outlined dense options-dense").classes("action")
        attribute.bind_value_to(self.form, "attribute")
        before = ui.input(_("So long before it"), value=self.form.before).props("outlined dense")
        before.on_value_change(lambda: setattr(self.form, "before", (before.value or "").strip()))
        self._fields["contract_end", "attribute"] = attribute
        self._fields["contract_end", "before"] = before
