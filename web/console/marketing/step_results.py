"""What the steps of a cadence brought: beside each in the drawing, and as tables. Each number opens
its leads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from domain.figures.lists import CountedAs
from domain.figures.steps import (
    CREDITED,
    MEASURES,
    MailResults,
    Measure,
    StepDifference,
    StepFigures,
    StepKind,
    StepResults,
)
from web.console import labels
from web.console.figures.behind import behind
from web.console.figures.definitions import heading, meaning
from web.console.figures.figure_page import beside, percent
from web.console.parts import Cell, quiet, table
from web.console.words import N_, _

NUMBERS = ("sent", "delivered", "failed", "held_back", "unsettled")
MAIL_COLUMNS = (
    *("sent", "delivered"),
    *MEASURES,
    *("failed", "held_back", "unsettled"),
)
TASK_COLUMNS = ("task", *CREDITED)
ALWAYS_DRAWN = ("opened", "clicked", "replied")
"""Outcomes that stand in the drawing even where there are none."""
RARE = ("unsubscribed", "bounced", "opportunity", "won", "failed", "held_back", "unsettled")
"""Columns of a table that are left out where there are none, for it to fit."""
UNFINISHED = {
    "open": N_("open"),
    "withdrawn": N_("no longer needed"),
    "expired": N_("past its deadline"),
}
"""How tasks stand that nobody finished."""


@dataclass(frozen=True)
class Numbers:
    """How the numbers of a report are shown: as links to the leads that they count."""

    report: StepResults

    def drawn(self, one: StepFigures) -> Markup:
        """A line below a step of the drawing."""
        if one.kind == StepKind.TASK:
            parts = [self._task_ends(one), *self._outcomes(one, CREDITED, ())]
        else:
            sent = Markup("{} {}").format(heading("step_sent"), self.number(one, "sent"))
            parts = [sent, *self._outcomes(one, MEASURES, ALWAYS_DRAWN)]
            for name in ("failed", "held_back"):
                if getattr(one, name):
                    parts.append(
                        Markup("{} {}").format(heading(f"step_{name}"), self.number(one, name))
                    )
        return Markup('<span class="figures">{}</span>').format(
            Markup(" · ").join(one for one in parts if one)
        )

    def cell(self, one: StepFigures, name: str) -> Cell:
        """A number of a table, above its share."""
        if name == "task":
            return self._task_ends(one)
        if name in NUMBERS:
            return self.number(one, name)
        found: Measure = getattr(one, name)
        number = self.number(one, name)
        if not found.number:
            return number
        return beside(number, _share(found) or _("few"))

    def number(self, one: StepFigures, name: str, at: str = "") -> Markup | str:
        """A number as a link to its leads."""
        if name == "task":
            number = one.ends.get(at, 0) if at else one.touches
        else:
            number = _number(one, name)
        mail = isinstance(self.report, MailResults)
        of = {
            "cadence": one.cadence,
            "template": self.report.name if mail else "",
            "version": str(one.version or ""),
            "step": one.step,
            "language": one.language,
        }
        return behind(
            number,
            CountedAs(f"step_{name}"),
            at=at,
            begins=self.report.begins,
            ends=self.report.ends,
            of=[(key, value) for key, value in of.items() if value],
        )

    def _outcomes(
        self, one: StepFigures, names: Sequence[str], always: Sequence[str]
    ) -> Iterable[Markup]:
        for name in names:
            found: Measure = getattr(one, name)
            if not (found.number or name in always):
                continue
            share = _share(found)
            shown = Markup(" ({})").format(share) if share else ""
            yield Markup("{} {}{}").format(heading(f"step_{name}"), self.number(one, name), shown)

    def _task_ends(self, one: StepFigures) -> Markup:
        said = [
            Markup("{} {}").format(task_end(end), self.number(one, "task", end))
            for end in sorted(one.ends, key=lambda end: (-one.ends[end], end))
        ]
        return Markup(", ").join(said)


def _number(one: StepFigures, name: str) -> int:
    found: Measure | int = getattr(one, name)
    return found.number if isinstance(found, Measure) else found


def _share(found: Measure) -> Markup:
    """A share that tells its interval when it is pointed at; '' of few cases."""
    if found.share is None or found.low is None or found.high is None:
        return Markup()
    interval = _("Interval of 95 %") + f": {found.low:.1%} … {found.high:.1%}"
    return Markup('<span title="{}">{}</span>').format(interval, percent(found.share))


def task_end(end: str) -> str:
    """How a task ended, as people call it."""
    return _(UNFINISHED[end]) if end in UNFINISHED else labels.disposition(end)


def results_table(
    first: str,
    rows: Sequence[tuple[Cell, StepFigures]],
    numbers: Numbers,
    columns: Sequence[str],
    caption: str,
) -> Markup:
    """A table: what each row is of stands in the column ``first``."""
    columns = [
        name
        for name in columns
        if name not in RARE or any(_number(one, name) for _name, one in rows)
    ]
    keys = [f"step_{name}" for name in columns]
    return table(
        (first, *map(heading, keys)),
        [(name, *(numbers.cell(one, column) for column in columns)) for name, one in rows],
        caption=caption,
        numbers=[at for at, name in enumerate(columns, 1) if name != "task"],
        meanings={at: meaning(key) for at, key in enumerate(keys, 1)},
    )


def differences_table(
    found: Sequence[StepDifference], name_of: Callable[[str], Cell], versions: tuple[int, int]
) -> Markup:
    """How shares differ between two versions, the one asked for first."""
    version, other = versions
    return table(
        (
            _("Step"),
            _("Outcome"),
            _("Version {version}", version=version),
            _("Version {version}", version=other),
            _("Difference"),
            _("Interval of 95 %"),
        ),
        [
            (
                name_of(one.step),
                heading(f"step_{one.outcome}"),
                percent(one.share),
                percent(one.other_share),
                Markup("<strong>{}</strong>").format(_points(one.difference))
                if one.more_than_chance
                else _points(one.difference),
                quiet(f"{_points(one.low)} … {_points(one.high)}"),
            )
            for one in found
        ],
        caption=_("Comparison of versions"),
        numbers=(2, 3, 4, 5),
    )


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}"
