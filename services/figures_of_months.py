"""Figures by the month in which units entered a stage: the cohort triangle, and how long they
took."""

from __future__ import annotations

from dataclasses import asdict, fields, replace

from sqlalchemy import Connection

from domain.access import Action, Role
from domain.contracts.journey import Stage
from domain.figures.funnel import Question
from domain.figures.months import (
    Between,
    CohortCell,
    CohortReport,
    VelocityReport,
    cohort_report,
    cohort_tables,
    first_days,
    months_before,
    pace_tables,
    velocity_report,
)
from domain.figures.stages import FUNNEL, POSITION, WON
from domain.refusals import Invalid
from domain.sentences import sentence
from services.access import authorise
from services.context import Context
from services.figures import (
    FigureQuery,
    fresh_facts,
    last_end,
    one_of,
    question_of,
    refuse_one_rep,
)
from store.access.api_tokens import Caller
from store.figures import months as facts

ENTERED = Stage.MQL
"""The stage from which it is counted when nobody names one."""
MOST_MONTHS = 120
_NO_CELL: dict[str, object] = dict.fromkeys(field.name for field in fields(CohortCell))


def cohorts(
    context: Context,
    caller: Caller,
    asked: FigureQuery,
    stage: str | None = None,
    reached: str | None = None,
) -> CohortReport:
    """Of the units that first entered a stage in each month, the share that reached a later one
    within 30, 60, … 360 days; for an SDR of the team.

    Args:
        asked: days and ``only``. Without a first day the period has twelve months.
        stage: where it begins; mql when left out.
        reached: where it ends; customer when left out.

    Raises:
        Forbidden: the caller may not read figures.
        Invalid: an unknown stage, or one that is not later; an unknown dimension, a period in the
            future or too long; or marketing asks for one rep.
    """
    authorise(caller, Action.READ_FIGURES)
    between = between_of(stage or ENTERED, reached or FUNNEL[WON])
    with fresh_facts(context) as (connection, behind):
        question = _question(context, connection, caller, asked)
        counts = facts.cohort_counts(connection, question, between)
    return replace(cohort_report(between, question.period, counts), behind=behind)


def velocity(
    context: Context,
    caller: Caller,
    asked: FigureQuery,
    stage: str | None = None,
    reached: str | None = None,
) -> VelocityReport:
    """How long the units took from one stage to a later one, by the month in which they entered;
    for an SDR of the team.

    Args:
        asked: as of :func:`cohorts`.
        stage: where it begins; mql when left out.
        reached: where it ends; the stage after it when left out.

    Raises:
        Forbidden, Invalid: see :func:`cohorts`.
    """
    authorise(caller, Action.READ_FIGURES)
    begins = stage or ENTERED
    position = POSITION[one_of(FUNNEL[:WON], begins, "stage")]
    between = between_of(begins, reached or FUNNEL[position + 1])
    with fresh_facts(context) as (connection, behind):
        question = _question(context, connection, caller, asked)
        found = velocity_report(
            between,
            question.period,
            facts.pace_counts(connection, question, between),
            facts.pace_quartiles(connection, question, between),
            facts.pace_departures(connection, question, between),
        )
    return replace(found, behind=behind)


def between_of(stage: str, reached: str, named: tuple[str, str] = ("stage", "reached")) -> Between:
    """Two stages of the funnel, the second after the first, as these fields have them.

    Raises:
        Invalid: there is no such stage, or it is not later.
    """
    begins = POSITION[one_of(FUNNEL[:WON], stage, named[0])]
    ends = POSITION[one_of(FUNNEL[1:], reached, named[1])]
    if ends <= begins:
        raise Invalid(
            sentence(
                "'{reached}' does not come after '{stage}': choose a later stage.",
                reached=reached,
                stage=stage,
            ),
            named[1],
        )
    return Between(begins, ends)


def _question(
    context: Context, connection: Connection, caller: Caller, asked: FigureQuery
) -> Question:
    if caller.role == Role.MARKETING:
        refuse_one_rep(asked)
    if asked.begins is None:
        asked = replace(asked, begins=months_before(last_end(context, asked.ends)))
    question = question_of(context, connection, caller, asked)
    if len(first_days(question.period)) > MOST_MONTHS:
        raise Invalid(
            sentence("These are more than {most} months: ask for fewer.", most=MOST_MONTHS), "from"
        )
    return question


def cohort_rows(found: CohortReport) -> list[dict[str, object]]:
    """The triangle as a table: a row for each month and number of days, and one without days for a
    month that is younger than the first. ``kind`` is all, net_new or recycled; ``month`` is None
    for all months."""
    return [
        {"kind": kind, "month": one.month or None, "entered": one.entered, **cell}
        for kind, table in cohort_tables(found).items()
        for one in (table.whole, *table.months)
        for cell in [asdict(cell) for cell in one.cells] or [_NO_CELL]
    ]


def velocity_rows(found: VelocityReport) -> list[dict[str, object]]:
    """The velocities as a table: a row for each month. ``kind`` and ``month`` as of
    :func:`cohort_rows`."""
    return [
        {"kind": kind, **asdict(one), "month": one.month or None}
        for kind, table in pace_tables(found).items()
        for one in (table.whole, *table.months)
    ]
