"""The leads behind a figure: an address says which number of which page, and who may look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from domain.access import Action, Role
from domain.figures.funnel import Dimension, Kind, Question
from domain.figures.leaks import BookedAhead, Reminding, baseline_period, is_baseline
from domain.figures.lists import (
    OF_A_MEETING,
    OF_A_PROMISE,
    OF_A_STAGE,
    OF_A_STEP,
    OF_AN_ANSWER,
    OF_SALES,
    OF_THE_FUNNEL,
    OF_THE_TEAM,
    CountedAs,
    LeadsBehind,
)
from domain.figures.stages import FUNNEL, POSITION, WON
from domain.figures.steps import StepQuestion
from domain.figures.win_loss import SINCE, bands
from domain.refusals import Invalid
from domain.scoring.policy import LETTERS, LEVELS
from domain.sentences import sentence
from services.access import authorise
from services.context import Context
from services.figures import NAMED_FROM, FigureQuery, one_of, question_of, too_few
from services.figures_of_leaks import leak_question
from services.figures_of_months import between_of
from store.access.api_tokens import Caller
from store.figures.funnel import owners_with_few
from store.figures.leaks import baseline
from store.figures.lists import CasesBehind, cases_behind, cases_together

KIND, REACHED = "kind", "reached"
"""Beside the dimensions in ``of``: net-new or recycled units; the later stage that was reached."""
CADENCE, TOUCHES = Dimension.CADENCE.value, ("version", "step", "language", "template")
"""The same of touches: which cadence, and what of it."""
_ROWS: Mapping[CountedAs, Sequence[str]] = {
    **dict.fromkeys(OF_A_MEETING, (*BookedAhead, *Reminding)),
    CountedAs.GRADED: [f"{letter}{level}" for letter in LETTERS for level in LEVELS],
    CountedAs.CLOSED_LOST: bands(SINCE),
}
"""What numbers are of that have no stages, where that is known beforehand."""
_SAID = (*OF_A_PROMISE, CountedAs.RETURNED)
"""Those that are of what a policy or a rep says."""


@dataclass(frozen=True)
class FigureAddress:
    """A number of a page of figures. ``figure`` is a :class:`CountedAs`, '' for none; ``at`` is a
    stage, a :class:`BookedAhead` or a :class:`Reminding`, a grade, a time since the loss, a promise
    of the SLA, or why leads were returned; ``of`` has values of dimensions, each as
    ``owner:rep-1``, or ``kind:recycled``, or ``reached:customer``. Days and window as of
    :class:`FigureQuery`."""

    figure: str
    at: str = ""
    begins: date | None = None
    ends: date | None = None
    window: int | None = None
    of: Sequence[str] = ()


def leads_behind(
    connection: Connection, context: Context, caller: Caller, address: FigureAddress
) -> LeadsBehind:
    """The number that is meant, narrowed to what the caller sees of it on its page.

    Raises:
        Forbidden: the caller may not read figures.
        Invalid: there is no such number; or marketing asks for a rep of whom there are few cases.
    """
    authorise(caller, Action.READ_FIGURES)
    counted = one_of(CountedAs, address.figure, "figure")
    only = dict(_pair(one) for one in address.of)
    if counted in OF_A_STEP:
        asked = FigureQuery(address.begins, address.ends)
        return _touches(question_of(context, connection, caller, asked), counted, address.at, only)
    if said := next((one for one in TOUCHES if one in only), None):
        raise _without(counted, f"{said}:{only[said]}", "figure_of")
    kind, reached = only.pop(KIND, ""), only.pop(REACHED, "")
    _belong(counted, address.at, kind, only)
    asked = FigureQuery(address.begins, address.ends, window=address.window, only=only)
    understood = question_of if counted in OF_THE_TEAM else leak_question
    question = understood(context, connection, caller, asked)
    limits = {}
    if counted == CountedAs.OVERDUE:
        usual = baseline(connection, baseline_period(question.period))
        limits = {at: one.p90 for at, one in usual.items() if is_baseline(one)}
    behind = LeadsBehind(
        counted,
        question,
        stage=_stage(counted, address.at),
        reached=_reached(counted, address.at, reached),
        kind=one_of(Kind, kind, "figure_of") if kind else None,
        at=_row(counted, address.at),
        limits=limits,
    )
    if (
        caller.role == Role.MARKETING
        and question.only.get(Dimension.OWNER)
        and _are_few(connection, behind)
    ):
        raise too_few("figure_of")
    return behind


def _touches(question: Question, counted: CountedAs, at: str, of: Mapping[str, str]) -> LeadsBehind:
    """Touches of cadences are counted in the whole company's, as the cadence's page shows them."""
    if said := next((one for one in of if one not in (CADENCE, *TOUCHES)), None):
        raise _without(counted, f"{said}:{of[said]}", "figure_of")
    if at and counted != CountedAs.STEP_TASK:
        raise _without(counted, at, "figure_at")
    if not (of.get(CADENCE) or of.get("template")):
        raise Invalid(
            sentence("Say which cadence: {example}.", example="cadence:welcome-nurture"),
            "figure_of",
        )
    version = of.get("version", "")
    if version and not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Invalid(sentence("A version is a number."), "figure_of")
    steps = StepQuestion(
        question.period,
        cadence=of.get(CADENCE, ""),
        template=of.get("template", ""),
        version=int(version) if version else None,
        step=of.get("step", ""),
        language=of.get("language", ""),
    )
    return LeadsBehind(counted, question, at=at, steps=steps)


def counted_behind(
    connection: Connection, context: Context, caller: Caller, address: FigureAddress
) -> CasesBehind:
    """How many cases the number is, and how many leads are behind them.

    Raises:
        Forbidden, Invalid: see :func:`leads_behind`.
    """
    return cases_behind(connection, leads_behind(connection, context, caller, address))


def _are_few(connection: Connection, behind: LeadsBehind) -> bool:
    """Whether the page of the number folds the rep that it is of."""
    if behind.counted in OF_THE_FUNNEL:
        few = owners_with_few(connection, behind.question, NAMED_FROM)
        return behind.question.only[Dimension.OWNER] in few
    if behind.counted in OF_SALES:
        # Of these a rep is named who was given enough leads, and then with all that there is.
        only = dict(behind.question.only)
        only.pop(Dimension.SOURCE, None)
        question = replace(behind.question, only=only)
        behind = replace(behind, counted=CountedAs.HANDED_OVER, question=question)
    return cases_together(connection, behind) < NAMED_FROM


def _belong(counted: CountedAs, at: str, kind: str, only: Mapping[str, str]) -> None:
    """What is asked about the number is something that it has.

    Raises:
        Invalid: it has no stages or rows, or is not told by kind.
    """
    if at and counted not in (*OF_A_STAGE, *_ROWS, *_SAID):
        raise _without(counted, at, "figure_at")
    if kind and counted not in OF_THE_FUNNEL:
        raise _without(counted, f"{KIND}:{kind}", "figure_of")
    known = {
        **dict.fromkeys(OF_A_PROMISE, (Dimension.OWNER, Dimension.TEAM)),
        **dict.fromkeys(OF_AN_ANSWER, (Dimension.OWNER, Dimension.TEAM, Dimension.SOURCE)),
    }
    for name, value in only.items():
        if name not in known.get(counted, tuple(Dimension)):
            raise _without(counted, f"{name}:{value}", "figure_of")


def _without(counted: CountedAs, asked: str, field: str) -> Invalid:
    return Invalid(
        sentence(
            "The figure '{figure}' is not split that way: leave '{asked}' out.",
            figure=counted.value,
            asked=asked,
        ),
        field,
    )


def _pair(one: str) -> tuple[str, str]:
    name, separator, value = one.partition(":")
    if not separator:
        raise Invalid(
            sentence("Write what the figure is of as {example}.", example="owner:rep-1"),
            "figure_of",
        )
    if name not in (KIND, REACHED, *TOUCHES):
        one_of(Dimension, name, "figure_of")
    return name, value


def _stage(counted: CountedAs, at: str) -> int | None:
    if counted not in OF_A_STAGE or not at:
        return None
    return POSITION[one_of(FUNNEL, at, "figure_at")]


def _reached(counted: CountedAs, stage: str, reached: str) -> int | None:
    if counted == CountedAs.REACHED:
        fields = ("figure_at", "figure_of")
        return between_of(stage, reached or FUNNEL[WON], fields).reached
    if reached:
        raise _without(counted, f"{REACHED}:{reached}", "figure_of")
    return None


def _row(counted: CountedAs, at: str) -> str:
    if counted in _SAID:
        return at
    return one_of(_ROWS[counted], at, "figure_at") if at and counted in _ROWS else ""
