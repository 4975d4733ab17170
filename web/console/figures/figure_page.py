"""A page of figures: its filters stand in the address, its table is taken out as a file."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

from markupsafe import Markup
from nicegui import ui
from pydantic import BaseModel, TypeAdapter, ValidationError

from domain.figures.funnel import MOST_BEHIND
from domain.figures.leaks import baseline_period
from domain.figures.periods import Period
from domain.inputs import Day
from domain.refusals import Invalid, Unavailable
from web.console.lists.export import export_button, written
from web.console.lists.filters import day_field, tick
from web.console.parts import Cell, choice, quiet, show
from web.console.refusals import told
from web.console.times import full_day
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

T = TypeVar("T")
R = TypeVar("R", bound="Reported")
_DAY: TypeAdapter[date] = TypeAdapter(Day)
COMPARE = "compare"
"""In the address beside what the API is asked for."""


class Comparison(StrEnum):
    """What figures stand beside: those of an equally long period, or of the baseline."""

    BEFORE = "before"
    BASELINE = "baseline"


COMPARISONS = {
    Comparison.BEFORE: N_("The period before"),
    Comparison.BASELINE: N_("The twelve months before"),
}


class FigurePage(Generic[T]):
    """The page as it is open."""

    has_baseline = False
    """Whether ``compare`` is a :class:`Comparison`, and not only on or off."""

    def __init__(self, visit: PageVisit, path: str, asked: Mapping[str, Any]) -> None:
        """
        Args:
            path: of the page under ``/console``, and of its figures under ``/api``.
            asked: the page's parameters: those of the API by their names there, and ``compare`` if
                figures can be compared.
        """
        self.visit, self.path = visit, path
        self.asked = dict(asked)
        self.not_compared = ""
        self._turn = 0

    async def read(self) -> T:
        """Ask for the figures."""
        raise NotImplementedError

    def draw(self, found: T) -> None:
        """Show them."""
        raise NotImplementedError

    def above(self) -> None:
        """Show what stands above the figures, and above the sentence that refuses them."""

    def parameters(self) -> dict[str, Any]:
        """What the API is asked for."""
        return {
            name: value
            for name, value in self.asked.items()
            if name != COMPARE and value is not None
        }

    def files(self) -> Mapping[str, str]:
        """The path of each table under ``/api``, without its ending, and what it lists where there
        are several."""
        return {self.path: ""}

    @contextmanager
    def filters(self) -> Iterator[None]:
        """The place for the fields, with the period's before them; call :meth:`begin` after it."""
        bar = ui.element("div").classes("filters")
        with bar.props(f'role="search" aria-label="{_("Figures")}"'):
            self._day(_("From"), "from")
            self._day(_("Until before"), "to")
            yield
            if self.has_baseline:
                options = {one.value: _(name) for one, name in COMPARISONS.items()}
                self.choice(_("Compare with"), COMPARE, {"": _("No comparison"), **options})
            elif COMPARE in self.asked:
                tick(
                    _("Compare with the period before"),
                    bool(self.asked[COMPARE]),
                    lambda on: self.want(compare=on or None),
                )

    async def begin(self) -> None:
        """Show the figures."""
        with self.visit.top:
            for path, of in self.files().items():
                export_button(f"{path}.csv", self.parameters, of=of)
        self._body = ui.element("div").classes("figures")
        await self.refresh()

    def choice(self, label: str, name: str, options: Mapping[str, str], usual: str = "") -> None:
        """A field of one value; ``usual`` is not written into the address."""

        async def chosen(value: str) -> None:
            await self.want(**{name: None if value == usual else value})

        value = str(self.asked[name] or usual)
        choice(label, {**options, **({} if value in options else {value: value})}, value, chosen)

    def _day(self, label: str, name: str) -> None:
        async def chosen(value: str) -> None:
            # Half a day is what stands there while somebody types.
            if not value or _is_day(value):
                await self.want(**{name: value or None})

        day_field(label, str(self.asked[name] or ""), chosen)

    async def want(self, **changed: Any) -> None:
        """Ask for something else: in the address too, which can be passed on."""
        self.asked |= changed
        ui.run_javascript(f"history.replaceState(null, '', {json.dumps(self.address())})")
        await self.refresh()

    def address(self, **changed: str | None) -> str:
        """Of the page as it is, or with other parameters."""
        asked = self.asked | changed
        query = urlencode({k: written(v) for k, v in asked.items() if v is not None})
        return f"/console{self.path}{f'?{query}' if query else ''}"

    async def refresh(self) -> None:
        """Read the figures anew; what is refused is told in their place."""
        self._turn += 1
        turn = self._turn
        self.not_compared = ""
        try:
            found = await self.read()
        except (Invalid, Unavailable) as refused:
            if turn == self._turn:
                self._body.clear()
                with self._body:
                    self.above()
                    show_refused(refused)
            return
        if turn == self._turn:
            self._body.clear()
            with self._body:
                self.above()
                if self.not_compared:
                    show(quiet(self.not_compared), "p").props('role="status"')
                self.draw(found)


class Reported(Protocol):
    """A report of a period: its first day, and the one after its last, as days or ISO 8601."""

    @property
    def begins(self) -> date | str:
        """The first day."""

    @property
    def ends(self) -> date | str:
        """The day after the last."""


async def with_period_before(
    page: FigurePage[Any], ask: Callable[..., Awaitable[R]]
) -> tuple[R, R | None]:
    """The report that a page asks for, and the one that it is to be compared with, if any; why
    there is none is told above the figures."""
    found = await ask()
    if not page.asked[COMPARE]:
        return found, None
    begins, ends = (date.fromisoformat(str(day)) for day in (found.begins, found.ends))
    first = begins - (ends - begins)
    if page.asked[COMPARE] == Comparison.BASELINE:
        first = baseline_period(Period(begins, ends, "UTC")).begins
    if not _is_day(first):
        # The API knows no days that are long gone.
        return found, None
    try:
        return found, await ask(**{"from": first, "to": begins})
    except Invalid as refused:
        page.not_compared = told(refused.args[0])
        return found, None


def period_shown(report: Reported) -> str:
    """The first and the last day of a report, as people write them."""
    begins, ends = (date.fromisoformat(str(day)) for day in (report.begins, report.ends))
    return f"{full_day(begins)} – {full_day(ends - timedelta(days=1))}"


def show_refused(refused: Invalid | Unavailable) -> None:
    """Why there are no figures, in their place."""
    ui.label(told(refused.args[0])).classes("empty").props('role="alert"')


def in_address(asked: BaseModel) -> dict[str, Any]:
    """The parameters of a page by their names in its address; None for what goes without saying."""
    said = asked.model_dump(by_alias=True, exclude_defaults=True)
    return dict.fromkeys(asked.model_dump(by_alias=True)) | said


def show_behind(leads: int) -> None:
    """That the last changes of so many leads are not counted yet; nothing of none."""
    if leads > MOST_BEHIND:
        many = _(
            "More than {number} changes are not counted yet. They will be soon.",
            number=f"{MOST_BEHIND:,}",
        )
        show(quiet(many), "p").props('role="status"')
    elif leads:
        said = ngettext(
            "The last changes of 1 lead are not counted yet. They will be soon.",
            "The last changes of {number} leads are not counted yet. They will be soon.",
            leads,
        )
        show(quiet(said), "p").props('role="status"')


def beside(now: Cell, before: Cell | None) -> Cell:
    """A figure above the one that it is compared with, if that was asked for."""
    if before is None:
        return now
    return Markup('<span class="two">{}{}</span>').format(now, quiet(before))


def percent(share: float | None) -> str:
    """A share; a dash for none."""
    return "–" if share is None else f"{share:.1%}"


def _is_day(value: str | date) -> bool:
    try:
        _DAY.validate_python(value)
    except ValidationError:
        return False
    return True
