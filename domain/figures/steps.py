"""What the steps of a cadence brought: mails and tasks, and what leads did after them.

What each figure means stands in ``docs/figures.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from domain.contracts.tasks import TaskKind
from domain.figures.funnel import FEW
from domain.figures.intervals import newcombe, wilson, z_of
from domain.figures.periods import Period
from domain.tasks.rules import TASKS

CREDIT = timedelta(days=30)
"""So long after a touch what the lead became is credited to it, if no other touch came between."""
RESULT_DAYS = 90
"""Days of the results of a cadence, where no others are asked for."""


class StepKind(StrEnum):
    """What a step is that happens to a lead: a mail, a task of a person."""

    MAIL = "mail"
    TASK = "task"


@dataclass(frozen=True)
class StepQuestion:
    """Touches that are asked for: those of a cadence ('': of any) or of a template ('': of any).
    ``version`` None is of all versions; ``step`` and ``language`` '' are all."""

    period: Period
    cadence: str = ""
    template: str = ""
    version: int | None = None
    step: str = ""
    language: str = ""


class StepCount(NamedTuple):
    """Touches of one step of one version: mails in one ``language``, or tasks with one ``end``,
    which is a disposition, or the state of a task that nobody finished."""

    cadence: str
    version: int
    step: str
    kind: StepKind
    language: str
    end: str
    touches: int
    sent: int = 0
    failed: int = 0
    held_back: int = 0
    unsettled: int = 0
    delivered: int = 0
    bounced: int = 0
    opened: int = 0
    clicked: int = 0
    replied: int = 0
    unsubscribed: int = 0
    done: int = 0
    booked: int = 0
    mql: int = 0
    opportunity: int = 0
    won: int = 0

    @property
    def reached(self) -> int:
        """Mails that did not bounce, and tasks that were done."""
        return self.sent - self.bounced + self.done


@dataclass(frozen=True)
class Measure:
    """How many touches had an outcome, and their ``share`` from 0 to 1 with its interval of 95 %;
    None of fewer than 20."""

    number: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class StepFigures:
    """What became of the touches of a step. ``version`` None is all versions together, ``step`` ''
    all steps, ``language`` '' all languages, ``kind`` None mails and tasks together.

    Of mails ``sent``, ``failed``, ``held_back`` and ``unsettled`` add up, with the tasks, to
    ``touches``; ``ends`` says how many tasks ended how: a disposition, or open, withdrawn, expired.
    The share of ``bounced`` is of the mails sent; all others are of mails that did not bounce, and
    of tasks done.
    """

    cadence: str
    version: int | None
    step: str
    kind: StepKind | None
    language: str
    touches: int
    sent: int
    failed: int
    held_back: int
    unsettled: int
    delivered: int
    done: int
    ends: Mapping[str, int]
    bounced: Measure
    opened: Measure
    clicked: Measure
    replied: Measure
    unsubscribed: Measure
    booked: Measure
    mql: Measure
    opportunity: Measure
    won: Measure

    def measures(self) -> dict[str, Measure]:
        """Those that have a share, by name."""
        return {name: getattr(self, name) for name in MEASURES}


OF_MAILS = ("opened", "clicked", "replied", "unsubscribed", "bounced")
"""Outcomes that mails alone have."""
CREDITED = ("booked", "mql", "opportunity", "won")
"""What a lead became, credited to the last touch before."""
MEASURES = (*OF_MAILS, *CREDITED)
UNFINISHED = ("open", "withdrawn", "expired")
"""States of tasks that nobody finished."""
TASK_ENDS: tuple[str, ...] = (*TASKS[TaskKind.CADENCE].dispositions, *UNFINISHED)
"""How tasks of a cadence end."""


@dataclass(frozen=True)
class StepDifference:
    """How the share of an ``outcome`` at a step differs between two versions, the one that is asked
    for less the other, with an interval that holds for all of these together (95 %)."""

    step: str
    kind: StepKind
    outcome: str
    share: float
    other_share: float
    difference: float
    low: float
    high: float

    @property
    def more_than_chance(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, kw_only=True)
class StepResults:
    """What touches of a period brought: together, by step, and by language. ``rows`` are the
    finest: by version, step and language. Of ``behind`` leads the last changes are not counted
    yet."""

    name: str
    begins: str
    ends: str
    time_zone: str
    credit_days: int = CREDIT.days
    whole: StepFigures
    steps: list[StepFigures]
    languages: list[StepFigures]
    rows: list[StepFigures]
    behind: int = 0


@dataclass(frozen=True, kw_only=True)
class MailResults(StepResults):
    """What a mail brought, whichever cadence sent it: ``steps`` are of any."""


@dataclass(frozen=True, kw_only=True)
class CadenceResults(StepResults):
    """What a cadence brought, its steps in the order of reading, and whole versions.
    ``differences`` are from the version ``compared``."""

    version: int | None
    compared: int | None
    versions: list[StepFigures]
    differences: list[StepDifference]


_Key = tuple[str, int | None, str, StepKind | None, str]


def cadence_results(
    question: StepQuestion,
    counts: Sequence[StepCount],
    compared: int | None,
    behind: int,
    order: Sequence[str] = (),
) -> CadenceResults:
    """The report of what was counted of all versions.

    Args:
        compared: the version beside which that of the question stands.
        order: the steps as they are read; others come after them, by name.
    """
    asked = [one for one in counts if question.version in (None, one.version)]
    name, version, period = question.cadence, question.version, question.period
    steps = _grouped(asked, lambda one: (name, version, one.step, one.kind, ""), order)
    differences: list[StepDifference] = []
    if compared is not None:
        others = [one for one in counts if one.version == compared]
        differences = _differences(
            steps, _grouped(others, lambda one: (name, compared, one.step, one.kind, ""))
        )
    mails = [one for one in asked if one.kind == StepKind.MAIL]
    return CadenceResults(
        name=name,
        version=version,
        compared=compared,
        begins=period.begins.isoformat(),
        ends=period.ends.isoformat(),
        time_zone=period.time_zone,
        whole=figures_of((name, version, "", None, ""), asked),
        steps=steps,
        languages=_grouped(
            mails, lambda one: (name, version, one.step, one.kind, one.language), order
        ),
        versions=_grouped(counts, lambda one: (name, one.version, "", None, "")),
        rows=_grouped(
            asked, lambda one: (name, one.version, one.step, one.kind, one.language), order
        ),
        differences=differences,
        behind=behind,
    )


def mail_results(question: StepQuestion, counts: Sequence[StepCount], behind: int) -> MailResults:
    """The report of what was counted of a mail."""
    period = question.period
    return MailResults(
        name=question.template,
        begins=period.begins.isoformat(),
        ends=period.ends.isoformat(),
        time_zone=period.time_zone,
        whole=figures_of(("", None, "", StepKind.MAIL, ""), counts),
        steps=_grouped(counts, lambda one: (one.cadence, None, one.step, one.kind, "")),
        languages=_grouped(counts, lambda one: ("", None, "", one.kind, one.language)),
        rows=_grouped(
            counts, lambda one: (one.cadence, one.version, one.step, one.kind, one.language)
        ),
        behind=behind,
    )


def _grouped(
    counts: Iterable[StepCount], key: Callable[[StepCount], _Key], order: Sequence[str] = ()
) -> list[StepFigures]:
    groups: dict[_Key, list[StepCount]] = {}
    for one in counts:
        groups.setdefault(key(one), []).append(one)
    places = {step: place for place, step in enumerate(order)}

    def place(of: _Key) -> tuple[str, int, int, str, str]:
        cadence, version, step, _kind, language = of
        return cadence, -(version or 0), places.get(step, len(places)), step, language

    return [figures_of(of, groups[of]) for of in sorted(groups, key=place)]


def figures_of(key: _Key, counts: Iterable[StepCount]) -> StepFigures:
    """The figures of these touches together; ``key`` is what they have in common."""
    ends: dict[str, int] = {}
    sums = dict.fromkeys(("reached", *StepCount._fields[6:]), 0)
    for one in counts:
        if one.kind == StepKind.TASK:
            ends[one.end] = ends.get(one.end, 0) + one.touches
        for name in sums:
            sums[name] += getattr(one, name)

    def share(name: str) -> Measure:
        return measure(sums[name], sums["sent"] if name == "bounced" else sums["reached"])

    return StepFigures(
        *key,
        touches=sums["touches"],
        sent=sums["sent"],
        failed=sums["failed"],
        held_back=sums["held_back"],
        unsettled=sums["unsettled"],
        delivered=sums["delivered"],
        done=sums["done"],
        ends=ends,
        bounced=share("bounced"),
        opened=share("opened"),
        clicked=share("clicked"),
        replied=share("replied"),
        unsubscribed=share("unsubscribed"),
        booked=share("booked"),
        mql=share("mql"),
        opportunity=share("opportunity"),
        won=share("won"),
    )


def measure(number: int, of: int) -> Measure:
    """So many of so many."""
    if of < FEW:
        return Measure(number, None, None, None)
    low, high = wilson(number, of)
    return Measure(number, round(number / of, 4), round(low, 4), round(high, 4))


def _differences(
    steps: Sequence[StepFigures], others: Sequence[StepFigures]
) -> list[StepDifference]:
    """Steps that both versions have, of the same kind, as far as both have enough cases."""
    known = {(one.step, one.kind): one for one in others}
    compared = [
        (one, other, kind, name)
        for kind, measures in ((StepKind.MAIL, MEASURES), (StepKind.TASK, CREDITED))
        for one in steps
        if one.kind == kind and (other := known.get((one.step, kind)))
        for name in measures
        if min(_whole(one, name), _whole(other, name)) >= FEW
    ]
    z = z_of(len(compared))
    made = []
    for one, other, kind, name in compared:
        part, of = getattr(one, name).number, _whole(one, name)
        other_part, other_of = getattr(other, name).number, _whole(other, name)
        low, high = newcombe(part, of, other_part, other_of, z)
        share, other_share = part / of, other_part / other_of
        shown = (round(it, 4) for it in (share, other_share, share - other_share, low, high))
        made.append(StepDifference(one.step, kind, name, *shown))
    return made


def _whole(one: StepFigures, name: str) -> int:
    """Of how many touches the share is: that of :attr:`StepCount.reached`, or mails sent."""
    return one.sent if name == "bounced" else one.sent - one.bounced.number + one.done


def flat(rows: Iterable[StepFigures]) -> list[dict[str, object]]:
    """Results as a table: a share stands in a column beside its number, with its interval."""
    table = []
    for row in rows:
        line: dict[str, object] = {}
        for field in fields(row):
            value = getattr(row, field.name)
            if isinstance(value, Measure):
                line[field.name] = value.number
                line[f"{field.name}_share"] = value.share
                line[f"{field.name}_low"] = value.low
                line[f"{field.name}_high"] = value.high
            elif field.name == "ends":
                line |= {f"task_{end}": value.get(end, 0) for end in TASK_ENDS}
            else:
                line[field.name] = value
        table.append(line)
    return table
