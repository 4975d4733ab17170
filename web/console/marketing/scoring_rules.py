"""The rules of scoring as rows of a form: what each asks for, what it is worth, and how often it
held of late."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableSequence, Sequence
from functools import partial
from typing import Any

from markupsafe import escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.authoring.yaml_source import Path
from domain.rules.condition_form import EVERY, group_of
from domain.rules.event_facts import EVENT_FACTS, KINDS
from domain.rules.facts import FactSet
from domain.scoring.fit_rules import FIT_FACTS
from domain.scoring.policy import PERIODS
from domain.scoring.scoring_form import (
    Band,
    FirstRows,
    FitRow,
    InterestRow,
    ScoringForm,
    fit_rows,
    number_key,
)
from store.scoring.rule_counts import RuleFired
from store.scoring.scoring import RescoringForecast
from web.console import labels
from web.console.marketing.condition_builder import ConditionBuilder
from web.console.marketing.condition_words import in_words
from web.console.parts import button, show
from web.console.sales.policy_form import doubles_of
from web.console.words import N_, _, ngettext

PER = {"day": N_("a day"), "week": N_("a week"), "month": N_("a month")}
"""Periods of a cap."""
FIRED_DAYS = 30
_RuleRow = InterestRow | FitRow
Rows = MutableSequence[Any]


class RuleRows:
    """All rules of the form as they are open.

    Args:
        suggested: names of attributes that are known, by what they stand under.
        edited: called after each change.
    """

    def __init__(
        self,
        form: ScoringForm,
        suggested: Mapping[str, Sequence[str]],
        edited: Callable[[], object],
    ) -> None:
        self._form, self._suggested, self._edited = form, suggested, edited
        self._fired: Mapping[str, RuleFired] | None = None
        self._fired_said: dict[str, ui.label] = {}
        self.fields: dict[Path, ValidationElement[Any]] = {}
        self._conditions: dict[int, ConditionBuilder] = {}
        self._matched: dict[str, list[ui.label]] = {}
        self._begins: dict[int, ValidationElement[Any]] = {}
        self._interest = ui.element("div")
        self._fit = ui.element("div")

    def build_interest(self) -> None:
        """The rules about what leads do, where the page is being built."""
        self._interest = ui.element("div").classes("stack")
        self._draw_interest()
        with ui.element("div").classes("acts"):
            button(_("Add a rule"), self._add_interest)

    def build_fit(self) -> None:
        """The rules about who leads are, where the page is being built."""
        self._fit = ui.element("div").classes("stack")
        self._draw_fit()
        with ui.element("div").classes("acts"):
            button(_("Add a rule"), lambda: self._add_fit(FitRow()))
            button(
                _("Add a rule by numbers"),
                lambda: self._add_fit(FitRow(values=[""], bands=[Band()])),
            )

    def whole(self) -> bool:
        """Whether all conditions that were opened are complete; shows what is not."""
        checked = [one.check() for one in self._conditions.values()]
        return all(checked)

    def tell_fired(self, fired: Mapping[str, RuleFired] | None) -> None:
        """Say beside each rule of interest what it held of in the last :data:`FIRED_DAYS`; None
        where nobody knows."""
        self._fired = fired
        for rule, place in self._fired_said.items():
            place.set_text(self._what_fired(rule))

    def doubles(self) -> list[ValidationElement[Any]]:
        """The fields of bands that begin where another of the same rule does."""
        return [
            field
            for row in fit_rows(self._form)
            for field in doubles_of(
                (number_key(band.begins), self._begins[id(band)]) for band in row.bands
            )
        ]

    def tell(self, found: RescoringForecast | None) -> None:
        """Say beside each rule of how many leads it would hold."""
        for rule, places in self._matched.items():
            said = ""
            if found is not None and rule in found.matched:
                said = ngettext(
                    "Would hold of 1 lead.",
                    "Would hold of {number} leads.",
                    found.matched[rule],
                )
                if missing := found.unanswered.get(rule, 0):
                    said += " " + _("Not known of {number}.", number=f"{missing:,}")
            for place in places:
                place.set_text(said)

    def _forget(self, part: str) -> None:
        self.fields = {path: one for path, one in self.fields.items() if path[0] != part}

    def _draw_interest(self) -> None:
        self._forget("interest")
        self._fired_said.clear()
        self._interest.clear()
        with self._interest:
            for at, row in enumerate(self._form.interest):
                self._interest_row(at, row)

    def _draw_fit(self) -> None:
        self._forget("fit")
        self._fit.clear()
        with self._fit:
            for at, row in enumerate(self._form.fit):
                if isinstance(row, FirstRows):
                    with ui.element("div").classes("builder-group"):
                        show(escape(_("Of these the first that fits counts.")), "p")
                        for inner, one in enumerate(row.rows):
                            self._fit_row(("fit", at, "first", inner), one, row.rows)
                else:
                    self._fit_row(("fit", at), row, self._form.fit)

    def _redraw(self, row: _RuleRow) -> None:
        if isinstance(row, InterestRow):
            self._draw_interest()
        else:
            self._draw_fit()
        self._edited()

    def _add_interest(self) -> None:
        # What stands below a rule without a condition is never reached.
        self._form.interest.insert(0, InterestRow(on=["page"], points=1))
        self._redraw(self._form.interest[0])
        self._focus(("interest", 0, "rule"))

    def _add_fit(self, row: FitRow) -> None:
        self._form.fit.append(row)
        self._redraw(row)
        self._focus(("fit", len(self._form.fit) - 1, "rule"))

    def _focus(self, path: Path) -> None:
        self.fields[path].run_method("focus")

    def _interest_row(self, at: int, row: InterestRow) -> None:
        path: Path = ("interest", at)
        with self._framed(path, row):
            kinds = ui.select(
                {code: labels.engagement(code) for code in KINDS},
                label=_("When a lead"),
                value=list(row.on),
                multiple=True,
            )
            kinds.props("outlined dense use-chips options-dense").classes("action")
            self._bind((*path, "on"), kinds, lambda value: setattr(row, "on", list(value or ())))
            self._condition(path, row, EVENT_FACTS, _("every time"))
            self._points((*path, "points"), row)
            times = ui.number(_("At most"), value=row.times, precision=0, min=1)
            times.props("outlined dense clearable").classes("short")
            self._bind(
                (*path, "at_most"), times, lambda value: setattr(row, "times", _whole(value))
            )
            per = ui.select({code: _(PER[code]) for code in PERIODS}, value=row.per)
            per.props("outlined dense options-dense").classes("short")
            per.props["aria-label"] = _("Period of the limit")
            self._bind((*path, "per"), per, lambda value: setattr(row, "per", value))
            self._acts(row, self._form.interest)

    def _fit_row(self, path: Path, row: FitRow, rows: Rows) -> None:
        with self._framed(path, row):
            if row.values:
                self._numbers(path, row)
            else:
                self._condition(path, row, FIT_FACTS, _("every lead"))
                self._points((*path, "points"), row)
            self._acts(row, rows)

    def _framed(self, path: Path, row: _RuleRow) -> ui.element:
        framed = ui.element("fieldset").classes("setting rule")
        with framed:
            legend = show(escape(labels.rule(row.rule) or _("New rule")), "legend")
            name = ui.input(_("Name of the rule"), value=row.rule).props(
                "outlined dense maxlength=80"
            )

            def named(value: Any) -> None:
                row.rule = (value or "").strip()
                legend.set_content(str(escape(labels.rule(row.rule))))

            self._bind((*path, "rule"), name, named)
        return framed

    def _bind(
        self, path: Path, field: ValidationElement[Any], keep: Callable[[Any], object]
    ) -> None:
        def typed() -> None:
            keep(field.value)
            self._edited()

        field.on_value_change(typed)
        self.fields[path] = field

    def _points(self, path: Path, row: _RuleRow | Band) -> None:
        points = ui.number(_("Points"), value=row.points, precision=0)
        points.props("outlined dense").classes("short")
        self._bind(path, points, lambda value: setattr(row, "points", _whole(value)))

    def _condition(self, path: Path, row: _RuleRow, facts: FactSet, every: str) -> None:
        """The condition in words; pressed, it opens below as rows."""
        words = ui.input(_("If"), value=_said(row.condition, facts) or every)
        words.props("outlined dense readonly").classes("wide chooses")
        words.props["aria-description"] = _("Enter opens it")
        self.fields[(*path, "if")] = words
        place = ui.element("div").classes("opened")

        def changed() -> None:
            builder = self._conditions[id(row)]
            if cel := builder.cel:
                row.condition = _kept(cel, row)
                words.set_value(_said(row.condition, facts) or every)
            words.error = None
            self._edited()

        def build() -> None:
            with place:
                self._conditions[id(row)] = ConditionBuilder(
                    facts,
                    row.condition,
                    changed,
                    every=every,
                    label=f"{_('If')}: {row.rule}",
                    suggested=self._suggested,
                    before=self._conditions.get(id(row)),
                )

        def toggle() -> None:
            if id(row) not in self._conditions:
                build()
            elif not self._conditions[id(row)].mistakes:
                del self._conditions[id(row)]
                place.clear()

        words.on("click", toggle).on("keydown.enter", toggle)
        if id(row) in self._conditions:
            build()

    def _numbers(self, path: Path, row: FitRow) -> None:
        values = ui.textarea(_("The first of these that is a number"), value="\n".join(row.values))
        values.props("outlined dense autogrow spellcheck=false").classes("wide code-text")

        def kept(value: Any) -> None:
            row.values = [one.strip() for one in (value or "").splitlines() if one.strip()] or [""]

        self._bind((*path, "value"), values, kept)
        with ui.element("div").classes("bands"):
            for at, band in enumerate(row.bands):
                with ui.element("div").classes("band"):
                    self._band((*path, "bands"), at, row, band)
        button(_("Add a band"), lambda: self._add_band(row))

    def _band(self, path: Path, at: int, row: FitRow, band: Band) -> None:
        begins = ui.number(_("From"), value=band.begins)
        begins.props("outlined dense").classes("short")
        self._begins[id(band)] = begins
        self._bind((*path, at), begins, lambda value: setattr(band, "begins", value))
        self._points((*path, number_key(band.begins)), band)
        if len(row.bands) > 1:
            _icon("close", _("Remove the band"), lambda: self._drop(row, band))

    def _add_band(self, row: FitRow) -> None:
        row.bands.append(Band())
        self._redraw(row)

    def _drop(self, row: FitRow, band: Band) -> None:
        row.bands.remove(band)
        self._redraw(row)

    def _acts(self, row: _RuleRow, rows: Rows) -> None:
        at = rows.index(row)
        with ui.element("div").classes("rule-acts"):
            on = ui.switch(_("On"), value=not row.off).props("dense")

            def switched() -> None:
                row.off = not on.value
                self._edited()

            on.on_value_change(switched)
            for text, icon, step in (
                (_("Up"), "arrow_upward", -1),
                (_("Down"), "arrow_downward", 1),
            ):
                if 0 <= at + step < len(rows):
                    _icon(icon, f"{text}: {row.rule}", partial(self._move, rows, row, step))
            _icon("delete", f"{_('Remove')}: {row.rule}", partial(self._remove, rows, row))
            self._figures(row)

    def _figures(self, row: _RuleRow) -> None:
        if isinstance(row, InterestRow) and row.was:
            self._fired_said[row.was] = ui.label(self._what_fired(row.was)).classes("quiet")
        self._matched.setdefault(row.rule, []).append(ui.label().classes("quiet"))

    def _what_fired(self, rule: str) -> str:
        if self._fired is None:
            return ""
        fired = self._fired.get(rule, RuleFired(0, 0))
        return _(
            "In {days} days {times} times, of {leads} leads.",
            days=FIRED_DAYS,
            times=f"{fired.times:,}",
            leads=f"{fired.leads:,}",
        )

    def _move(self, rows: Rows, row: _RuleRow, step: int) -> None:
        at = rows.index(row)
        rows[at], rows[at + step] = rows[at + step], rows[at]
        self._redraw(row)

    def _remove(self, rows: Rows, row: _RuleRow) -> None:
        rows.remove(row)
        self._conditions.pop(id(row), None)
        if not rows and rows is not self._form.fit:
            self._form.fit = [one for one in self._form.fit if not _is_empty(one)]
        self._redraw(row)


def _icon(icon: str, label: str, act: Callable[[], None]) -> None:
    pressed = ui.button(icon=icon, on_click=act, color=None).props("flat dense")
    pressed.classes("builder-remove").props["aria-label"] = label


def _is_empty(one: FitRow | FirstRows) -> bool:
    return isinstance(one, FirstRows) and not one.rows


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _said(condition: str, facts: FactSet) -> str:
    return in_words(group_of(condition, facts), facts)


def _kept(cel: str, row: _RuleRow) -> str:
    """A rule of interest without a condition is of every event; one of fit says so."""
    return "" if cel == EVERY and isinstance(row, InterestRow) else cel
