"""The results of a cadence and of a mail on their pages: period, versions, tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup, escape
from nicegui import ui

from domain.figures.funnel import FEW
from domain.figures.steps import CadenceResults, MailResults, StepFigures, StepKind, StepResults
from web.api import cadence_results
from web.api.cadence_results import CadenceResultParameters, ResultParameters
from web.console.figures.definitions import show_definitions
from web.console.figures.figure_page import FigurePage, period_shown, show_behind
from web.console.marketing.step_results import (
    MAIL_COLUMNS,
    TASK_COLUMNS,
    Numbers,
    differences_table,
    results_table,
)
from web.console.parts import Cell, choice, empty, link, quiet, section, show
from web.console.visit import PageVisit
from web.console.words import _

VERSION, COMPARE_WITH = "version", "with"
"""In the address: the version that is shown, and the one that it is compared with."""


class CadenceResultsPart(FigurePage[CadenceResults]):
    """The results of a cadence, as part of its page.

    Args:
        versions: those that are published, the newest first.
        name_of: what people call a step.
        then: is given what was found, for the drawing.
    """

    def __init__(
        self,
        visit: PageVisit,
        name: str,
        asked: Mapping[str, Any],
        *,
        versions: Sequence[int],
        name_of: Callable[[str], Cell],
        then: Callable[[CadenceResults], None],
    ) -> None:
        super().__init__(visit, f"/cadences/{name}", asked)
        self.name, self.versions, self.name_of, self.then = name, versions, name_of, then

    def open(self) -> None:
        """The fields; call :meth:`begin` where the tables are to stand."""
        with self.filters():
            every = {str(one): str(one) for one in self.versions[:100]}
            self._version(_("Version"), VERSION, {"": _("All versions"), **every})
            if len(self.versions) > 1:
                others = {one: name for one, name in every.items() if one != self._shown()}
                options = {"": _("No comparison"), **others}
                self._version(_("Compare with version"), COMPARE_WITH, options)

    def files(self) -> Mapping[str, str]:
        """The results alone are a file."""
        return {f"{self.path}/results": ""}

    def parameters(self) -> dict[str, Any]:
        """What the API is asked for."""
        asked = super().parameters()
        asked["compare"] = asked.pop(COMPARE_WITH, None)
        return {name: value for name, value in asked.items() if value is not None}

    async def read(self) -> CadenceResults:
        """Ask for the results."""
        query = CadenceResultParameters.model_validate(self.parameters())
        return await self.visit.ask(cadence_results.show_cadence_results, self.name, query)

    def draw(self, found: CadenceResults) -> None:
        """Tables, and what they mean."""
        self.then(found)
        numbers = Numbers(found)
        with section(_("Results")):
            _show_period(found)
            if not found.whole.touches:
                empty(_("No mail was sent and no task opened in this period."))
                return
            _show_steps(found.steps, numbers, self.name_of)
        if found.compared:
            self._compare(found)
        spoken = [one for one in found.languages if one.language]
        if len({one.language for one in spoken}) > 1:
            with _folded(_("By language")):
                rows = [(self._spoken(one), one) for one in spoken]
                show(results_table(_("Step"), rows, numbers, MAIL_COLUMNS, _("By language")))
        if len(found.versions) > 1:
            with section(_("By version")):
                versions: list[tuple[Cell, StepFigures]] = [
                    (link(one.version, self.path, version=one.version), one)
                    for one in found.versions
                ]
                show(results_table(_("Version"), versions, numbers, MAIL_COLUMNS, _("By version")))
        show_definitions([f"step_{name}" for name in ("task", *MAIL_COLUMNS)])

    def _compare(self, found: CadenceResults) -> None:
        if found.version is None or found.compared is None:
            return
        with section(_("Comparison of versions")):
            if found.differences:
                some = [one for one in found.differences if one.share or one.other_share]
                told = sorted(some or found.differences, key=lambda one: not one.more_than_chance)
                versions = (found.version, found.compared)
                show(differences_table(told, self.name_of, versions))
                said = _(
                    "Differences are in percentage points. One whose interval leaves out zero is "
                    "more than chance, and stands first; of all of them together one in twenty "
                    "such tables errs."
                )
                show(quiet(said), "p")
            else:
                few = _("No step has {number} cases in both versions.", number=FEW)
                show(quiet(few), "p")

    def _shown(self) -> str:
        return str(self.asked[VERSION] or "")

    def _spoken(self, one: StepFigures) -> Markup:
        return Markup("{} {}").format(self.name_of(one.step), one.language)

    def _version(self, label: str, name: str, options: Mapping[str, str]) -> None:
        async def chosen(value: str) -> None:
            changed = {name: value or None}
            if name == COMPARE_WITH and value and not self.asked[VERSION]:
                newest = next(str(one) for one in self.versions if str(one) != value)
                changed[VERSION] = newest
            ui.navigate.to(self.address(**changed).removeprefix("/console"))

        value = str(self.asked[name] or "")
        choice(label, {**options, **({} if value in options else {value: value})}, value, chosen)


class MailResultsPart(FigurePage[MailResults]):
    """The results of a mail, as part of its page."""

    def __init__(self, visit: PageVisit, name: str, asked: Mapping[str, Any]) -> None:
        super().__init__(visit, f"/templates/{name}", asked)
        self.name = name

    def files(self) -> Mapping[str, str]:
        """The results alone are a file."""
        return {f"{self.path}/results": ""}

    def parameters(self) -> dict[str, Any]:
        """What the API is asked for: days alone."""
        return {k: v for k, v in super().parameters().items() if k in ("from", "to")}

    async def read(self) -> MailResults:
        """Ask for the results."""
        query = ResultParameters.model_validate(self.parameters())
        return await self.visit.ask(cadence_results.show_mail_results, self.name, query)

    def draw(self, found: MailResults) -> None:
        """Tables, and what they mean."""
        numbers = Numbers(found)
        with section(_("Results")):
            _show_period(found)
            if not found.whole.touches:
                empty(_("No cadence sent this mail in this period."))
                return
            # A cadence may send it at several steps.
            several = len({one.cadence for one in found.steps}) < len(found.steps)
            rows: list[tuple[Cell, StepFigures]] = [
                (_sender(one, one.step if several else ""), one) for one in found.steps
            ]
            if len(rows) > 1:
                together = Markup("<strong>{}</strong>").format(_("Together"))
                rows.insert(0, (together, found.whole))
            show(results_table(_("Cadence"), rows, numbers, MAIL_COLUMNS, _("Results")))
        if len(found.languages) > 1:
            with section(_("By language")):
                spoken: list[tuple[Cell, StepFigures]] = [
                    (one.language, one) for one in found.languages
                ]
                show(results_table(_("Language"), spoken, numbers, MAIL_COLUMNS, _("By language")))
        show_definitions([f"step_{name}" for name in MAIL_COLUMNS])


def _sender(one: StepFigures, step: str) -> Markup:
    """The cadence, with the step if it is named."""
    name = link(one.cadence, f"/cadences/{one.cadence}")
    return Markup("{} {}").format(name, quiet(step)) if step else name


def _folded(title: str) -> ui.element:
    """A part of the page that opens when it is wanted."""
    with section(title), ui.element("details").classes("file") as made:
        show(escape(_("Show")), "summary")
    return made


def _show_period(found: StepResults) -> None:
    show(quiet(f"{period_shown(found)} · {found.time_zone}"), "p")
    show_behind(found.behind)


def _show_steps(
    steps: Sequence[StepFigures], numbers: Numbers, name_of: Callable[[str], Cell]
) -> None:
    mails = [(name_of(one.step), one) for one in steps if one.kind == StepKind.MAIL]
    tasks = [(name_of(one.step), one) for one in steps if one.kind == StepKind.TASK]
    if mails:
        show(results_table(_("Mail"), mails, numbers, MAIL_COLUMNS, _("Results of the mails")))
    if tasks:
        show(results_table(_("Task"), tasks, numbers, TASK_COLUMNS, _("Results of the tasks")))


def days_asked(begins: date | None, to: date | None) -> dict[str, Any]:
    """The days of an address by their names there."""
    return {"from": begins, "to": to}
