"""A condition that is put together of rows (field, operator, value) and groups, or written as CEL:
what is shown is CEL all the time, and nothing else is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.contacts.attributes import attribute_key
from domain.rules.cel_tree import NoTree
from domain.rules.condition_fields import (
    ConditionField,
    FieldKind,
    RowOperator,
    RowValue,
    field_at,
    fields_of,
    operators_of,
    own_of,
    own_path,
)
from domain.rules.condition_form import (
    EVERY,
    CelRow,
    ConditionPart,
    FieldRow,
    GroupKind,
    RowGroup,
    cel_of,
    group_of,
    mistake_in,
    values_fit,
)
from domain.rules.facts import FactSet
from web.console.marketing.condition_words import (
    KINDS,
    operator_name,
    title_of,
    value_name,
)
from web.console.parts import button, quiet, show
from web.console.refusals import told
from web.console.words import N_, _

OTHERS = {
    "lead.attributes": N_("Another attribute of the lead"),
    "account.attributes": N_("Another attribute of the account"),
    "event.properties": N_("Another property of the event"),
    "engagement.visits": N_("Visits of a page"),
    "engagement.visits_30_days": N_("Visits of a page, last 30 days"),
    "engagement.last_visit": N_("Last visit of a page"),
    "engagement.tracked": N_("An event, how often"),
    "engagement.tracked_30_days": N_("An event, how often in the last 30 days"),
    "engagement.last_tracked": N_("An event, last time"),
    "consent.refuses": N_("Refuses mail about another topic"),
}
PATHS = frozenset({"engagement.visits", "engagement.visits_30_days", "engagement.last_visit"})
"""What is named by the path of a page."""
ANOTHER = N_("Another one, by its name")
NOT_KNOWN = frozenset({"is_not", "contains_not", "contains_none", "none_of", "equals_not", "no"})
"""Of an attribute, what does not hold of a lead that lacks it, though its words may be read so."""
MOST_SUGGESTED = 200
MOST_IN_ORDER = 20
"""Values that are offered in their own order; more are sorted, and can be searched."""


@dataclass(eq=False)
class _OpenRow:
    path: str = ""
    operator: str = ""
    values: list[RowValue] = field(default_factory=list)
    fold: bool = False
    other: str = ""  # Of an attribute that is named by hand: what it stands under.
    typed_in: list[ValidationElement[Any]] = field(default_factory=list)

    def part(self) -> ConditionPart:
        return FieldRow(self.path, self.operator, tuple(self.values), self.fold)


@dataclass(eq=False)
class _OpenCode:
    cel: str = ""
    typed_in: list[ValidationElement[Any]] = field(default_factory=list)

    def part(self) -> ConditionPart:
        return CelRow(self.cel)


@dataclass(eq=False)
class _OpenGroup:
    kind: GroupKind = "all"
    parts: list[_OpenPart] = field(default_factory=list)

    def part(self) -> RowGroup:
        return RowGroup(self.kind, tuple(one.part() for one in self.parts))


_OpenPart: TypeAlias = _OpenRow | _OpenCode | _OpenGroup


class ConditionBuilder:
    """A condition as it is open.

    Args:
        facts: what it may ask for.
        source: CEL to begin with, '' or ``true`` for none.
        changed: called after each change, when :attr:`cel` and :attr:`mistakes` say what it is now.
        every: what is said where there is no row.
        suggested: path of a field, or of what takes any name → values, or names, that are known.
        label: what the condition is for, for those who hear the page.
        before: the same condition as it was open elsewhere; it goes on as it is there, finished or
            not, instead of ``source``.
    """

    def __init__(
        self,
        facts: FactSet,
        source: str,
        changed: Callable[[], object],
        *,
        every: str,
        label: str,
        suggested: Mapping[str, Sequence[str]] = {},
        before: ConditionBuilder | None = None,
    ) -> None:
        self._facts, self._changed, self._every = facts, changed, every
        self._suggested = suggested
        self._root: _OpenGroup = before._root if before else _opened(group_of(source, facts))
        self._text: str | None = before._text if before else None
        self._strict: bool = before is not None and before._strict
        self._all = ui.element("div").classes("builder").props('role="group"')
        self._all.props["aria-label"] = label
        self._draw()

    @property
    def cel(self) -> str:
        """The condition as CEL, ``true`` for one without rows; '' while a row lacks something."""
        if self._text is not None:
            return self._text.strip() or EVERY
        try:
            return cel_of(self._root.part(), self._facts)
        except NoTree:
            return ""

    @property
    def mistakes(self) -> list[str]:
        """What is wrong with it, by row; none when it can be published."""
        if self._text is not None:
            found = [mistake_in(CelRow(self._text), self._facts)] if self._text.strip() else []
        else:
            found = [mistake_in(one.part(), self._facts) for one in _each(self._root)]
            if not any(found):
                found = [mistake_in(self._root.part(), self._facts)]
        return [one for one in found if one]

    def check(self) -> bool:
        """Show what is wrong, also that rows lack something; whether nothing is."""
        self._strict = True
        self._tell()
        return not self.mistakes

    def _draw(self, focus: object = None) -> None:
        """All of it anew; ``focus`` is the part that is gone to, or the group of what is gone."""
        self._all.clear()
        with self._all:
            if self._text is None:
                self._group(self._root, None, focus)
            else:
                self._written()
            with ui.element("div").classes("acts"):
                if self._text is None:
                    button(_("Write it as text"), self._as_text)
                else:
                    button(_("Show it as rows"), self._as_rows)
            self._whole = ui.label("").props('role="alert"').classes("wrong")
            self._tell()

    def _edited(self) -> None:
        # What was pressed may be drawn anew, and gone.
        with self._all:
            self._tell()
            self._changed()

    def _rebuilt(self, focus: object = None) -> None:
        self._draw(focus)
        self._edited()

    def _tell(self) -> None:
        """Each mistake at its row; what a row lacks only once it was asked for."""
        whole = ""
        if self._text is not None:
            said = mistake_in(CelRow(self._text), self._facts) if self._text.strip() else ""
            self._area.without_auto_validation().error = told(said) or None
        else:
            at_rows = False
            for one in _each(self._root):
                said = mistake_in(one.part(), self._facts)
                at_rows = at_rows or bool(said)
                shown = said and (self._strict or self._is_whole(one))
                for typed_in in one.typed_in[-1:]:
                    typed_in.without_auto_validation().error = told(said) if shown else None
            whole = "" if at_rows else mistake_in(self._root.part(), self._facts)
        self._whole.set_text(told(whole))
        self._whole.set_visibility(bool(whole))

    def _is_whole(self, one: _OpenRow | _OpenCode) -> bool:
        if isinstance(one, _OpenCode):
            return bool(one.cel.strip())
        operator = self._operator(one)
        return operator is not None and values_fit(operator.takes, tuple(one.values))

    def _as_text(self) -> None:
        cel = self.cel
        self._text = "" if cel == EVERY else cel
        self._draw()
        self._area.run_method("focus")

    def _as_rows(self) -> None:
        self._root, self._text = _opened(group_of(self._text or "", self._facts)), None
        self._rebuilt(self._root)

    def _written(self) -> None:
        self._area = ui.textarea(_("Condition in CEL"), value=self._text or "")
        self._area.props("outlined dense autogrow spellcheck=false").classes("code-text")

        def typed() -> None:
            self._text = self._area.value or ""
            self._edited()

        self._area.on_value_change(typed)

    def _group(self, group: _OpenGroup, inside: _OpenGroup | None, focus: object) -> None:
        with ui.element("div").classes("builder-group").props('role="group"') as drawn:
            drawn.props["aria-label"] = _(KINDS[group.kind])
            with ui.element("div").classes("builder-head"):
                kind = _select({code: _(name) for code, name in KINDS.items()}, group.kind)
                kind.props["aria-label"] = _("Which of them must hold")

                def chosen() -> None:
                    group.kind = kind.value
                    drawn.props["aria-label"] = _(KINDS[group.kind])
                    self._edited()

                kind.on_value_change(chosen)
                if inside is not None:
                    self._remover(group, inside)
            if not group.parts:
                show(quiet(self._every if inside is None else _("Nothing yet.")), "p")
            for one in group.parts:
                if isinstance(one, _OpenGroup):
                    self._group(one, group, focus)
                else:
                    with ui.element("div").classes("builder-row") as row:
                        self._row(one, group, row, is_new=one is focus)
            with ui.element("div").classes("acts"):
                adding = button(_("Add a condition"), lambda: self._add(group, _OpenRow()))
                button(_("Add a group"), lambda: self._add(group, _OpenGroup("any", [_OpenRow()])))
            if group is focus:
                ui.run_javascript(f"getHtmlElement({adding.id})?.focus()")

    def _add(self, group: _OpenGroup, part: _OpenPart) -> None:
        group.parts.append(part)
        self._rebuilt(part.parts[0] if isinstance(part, _OpenGroup) else part)

    def _remover(self, part: _OpenPart, inside: _OpenGroup) -> None:
        def remove() -> None:
            inside.parts.remove(part)
            self._rebuilt(inside)

        named = _("Remove the group") if isinstance(part, _OpenGroup) else _("Remove the condition")
        pressed = ui.button(icon="close", on_click=remove, color=None)
        pressed.props("flat dense").classes("builder-remove")
        pressed.props["aria-label"] = named

    def _row(
        self, one: _OpenRow | _OpenCode, group: _OpenGroup, drawn: ui.element, *, is_new: bool
    ) -> None:
        """A row; choosing another field or operator draws it anew."""
        one.typed_in.clear()
        if isinstance(one, _OpenCode):
            code = ui.input(_("Condition in CEL"), value=one.cel).classes("code-text")
            code.props("outlined dense spellcheck=false")

            def typed() -> None:
                one.cel = code.value or ""
                self._edited()

            code.on_value_change(typed)
            one.typed_in.append(code)
            self._remover(one, group)
            return

        def again() -> None:
            drawn.clear()
            with drawn:
                self._row(one, group, drawn, is_new=False)
            self._edited()

        self._field(one, again, is_new=is_new)
        if asked := field_at(self._facts, one.path):
            operator = self._operator_of(one, asked, again)
            self._values(one, asked, operator)
            if asked.kind == FieldKind.OWN and one.operator in NOT_KNOWN:
                show(quiet(_("Does not hold where it is not known.")), "p")
        self._remover(one, group)

    def _operator(self, row: _OpenRow) -> RowOperator | None:
        asked = field_at(self._facts, row.path)
        return operators_of(asked).get(row.operator) if asked else None

    def _field(self, row: _OpenRow, again: Callable[[], None], *, is_new: bool) -> None:
        options = self._fields_offered()
        chosen: str | None = row.path or None
        if row.other:
            chosen = _other(row.other)
        elif chosen and chosen not in options:
            options[chosen] = title_of(self._facts, chosen)
        choosing = _select(options, chosen, label=_("Field"), searched=True)
        row.typed_in.append(choosing)

        def choose() -> None:
            row.path, row.other = str(choosing.value or ""), ""
            for owner in own_of(self._facts):
                if row.path == _other(owner):
                    row.path, row.other = "", owner
            asked = field_at(self._facts, row.path)
            row.operator = next(iter(operators_of(asked))) if asked else ""
            row.values, row.fold = [], bool(asked and asked.kind == FieldKind.TEXT)
            again()

        choosing.on_value_change(choose)
        if is_new:
            choosing.run_method("focus")
        if row.other:
            self._own_name(row, again)

    def _own_name(self, row: _OpenRow, again: Callable[[], None]) -> None:
        label = _("Its path, such as /pricing") if row.other in PATHS else _("Its name")
        naming = ui.input(label).props("outlined dense maxlength=200")
        row.typed_in.append(naming)

        def named() -> None:
            name = (naming.value or "").strip()
            if row.other.endswith(".attributes"):
                name = attribute_key(name)
            asked = field_at(self._facts, own_path(row.other, name)) if name else None
            if asked:
                row.path, row.other = asked.path, ""
                row.operator = next(iter(operators_of(asked)))
                again()

        naming.on("blur", named).on("keydown.enter", named)
        naming.run_method("focus")

    def _fields_offered(self) -> dict[str, str]:
        offered = {path: title_of(self._facts, path) for path in fields_of(self._facts)}
        for owner in own_of(self._facts):
            names = self._suggested.get(owner, ())
            paths = [own_path(owner, name) for name in names[:MOST_SUGGESTED]]
            offered |= {path: title_of(self._facts, path) for path in paths}
            offered[_other(owner)] = _(OTHERS.get(owner, ANOTHER))
        return offered

    def _operator_of(
        self, row: _OpenRow, asked: ConditionField, again: Callable[[], None]
    ) -> RowOperator:
        operators = operators_of(asked)
        titles = {code: operator_name(asked, code) for code in operators}
        choosing = _select(titles, row.operator, label=_("Operator"))
        row.typed_in.append(choosing)

        def choose() -> None:
            before = operators[row.operator].takes.removesuffix("s")
            row.operator = str(choosing.value)
            takes = operators[row.operator].takes
            if takes.removesuffix("s") != before:
                row.values = []
            elif not takes.endswith("s"):
                row.values = row.values[:1]
            again()

        choosing.on_value_change(choose)
        return operators[row.operator]

    def _values(self, row: _OpenRow, asked: ConditionField, operator: RowOperator) -> None:
        """The fields of what an operator takes."""
        several = operator.takes in ("texts", "numbers")
        field: ValidationElement[Any]
        if not operator.takes:
            return
        if asked.choices and operator.takes != "days":
            field = _choices(asked, row.values, several=several)
        elif several:
            offered = dict.fromkeys([*row.values, *self._suggested.get(asked.path, ())])
            field = ui.select(
                {one: str(one) for one in offered},
                label=_("Values, each ended with Enter"),
                value=list(row.values),
                multiple=True,
                with_input=True,
                new_value_mode="add-unique",
            ).props("outlined dense use-chips hide-dropdown-icon")
            field.classes("builder-values")
        elif operator.takes in ("number", "days"):
            precision = 0 if operator.takes == "days" else None
            first = row.values[0] if row.values else None
            named = _("Days") if operator.takes == "days" else _("Number")
            field = ui.number(named, value=first, precision=precision)  # type: ignore[arg-type]
            field.props("outlined dense").classes("short")
        else:
            first = str(row.values[0]) if row.values else ""
            known = list(self._suggested.get(asked.path, ()))[:MOST_SUGGESTED]
            field = ui.input(_("Its value"), value=first, autocomplete=known)
            field.props("outlined dense maxlength=400")
            if operator.takes == "day":
                field.props('type="date" stack-label').classes("short")
        row.typed_in.append(field)

        def typed() -> None:
            row.values = _entered(field.value, operator)
            self._edited()

        field.on_value_change(typed)
        if operator.folded:
            self._fold(row)

    def _fold(self, row: _OpenRow) -> None:
        folding = ui.checkbox(_("Capital letters matter"), value=not row.fold).props("dense")

        def folded() -> None:
            row.fold = not folding.value
            self._edited()

        folding.on_value_change(folded)


def _select(
    options: dict[str, str], value: str | None, *, label: str = "", searched: bool = False
) -> ui.select:
    made = ui.select(options, value=value, label=label or None, with_input=searched)
    return made.props("outlined dense options-dense")


def _choices(asked: ConditionField, values: Sequence[RowValue], *, several: bool) -> ui.select:
    options = {one: value_name(asked.path, one) for one in asked.choices if one != ""}
    if len(options) > MOST_IN_ORDER:
        options = dict(sorted(options.items(), key=lambda one: one[1]))
    chosen: Any = list(values) if several else next(iter(values), None)
    made = ui.select(
        options,
        label=_("Values") if several else _("Its value"),
        value=chosen,
        multiple=several,
        with_input=len(options) > MOST_IN_ORDER,
    )
    return made.props(f"outlined dense options-dense {'use-chips' if several else ''}")


def _entered(value: Any, operator: RowOperator) -> list[RowValue]:
    listed = value if isinstance(value, list) else [value]
    if operator.takes in ("number", "numbers", "days"):
        numbers = [one for one in listed if one is not None]
        return [int(one) if float(one).is_integer() else one for one in numbers]
    return [str(one).strip() for one in listed if one is not None and str(one).strip()]


def _other(owner: str) -> str:
    """What stands for a field that is named by hand, among the paths."""
    return f"{owner}.*"


def _each(group: _OpenGroup) -> Iterator[_OpenRow | _OpenCode]:
    for one in group.parts:
        if isinstance(one, _OpenGroup):
            yield from _each(one)
        else:
            yield one


def _opened(group: RowGroup) -> _OpenGroup:
    made = _OpenGroup(group.kind)
    for one in group.parts:
        match one:
            case RowGroup():
                made.parts.append(_opened(one))
            case FieldRow():
                made.parts.append(_OpenRow(one.field, one.operator, list(one.values), one.fold))
            case CelRow():
                made.parts.append(_OpenCode(one.cel))
    return made
