"""Figures of what cadences and mails brought, step by step."""

from __future__ import annotations

from datetime import date, timedelta

from domain.access import Action
from domain.cadences.cadence import walk
from domain.figures.periods import Period, period
from domain.figures.steps import (
    RESULT_DAYS,
    CadenceResults,
    MailResults,
    StepQuestion,
    cadence_results,
    mail_results,
)
from domain.refusals import Invalid, Missing
from domain.sentences import sentence
from services.access import authorise
from services.cadences import cadence_asked_for
from services.context import Context
from services.figures import fresh_facts, last_end
from store.access.api_tokens import Caller
from store.figures.steps import step_counts
from store.published.published_texts import languages_of


def results_of_cadence(
    context: Context,
    caller: Caller,
    name: str,
    begins: date | None = None,
    ends: date | None = None,
    *,
    version: int | None = None,
    compare: int | None = None,
) -> CadenceResults:
    """What a cadence brought in a period, step by step, whoever's the leads are.

    Args:
        begins: first day, the company's; :data:`RESULT_DAYS` before ``ends`` when left out.
        ends: the day after the last one; tomorrow when left out.
        version: only of this version; None for all.
        compare: beside this version; it needs ``version``.

    Raises:
        Forbidden: the caller may not read cadences.
        Missing: there is no such cadence, or version.
        Invalid: an empty period, or one in the future; ``compare`` without ``version``.
    """
    authorise(caller, Action.READ_CADENCES)
    if compare is not None and version is None:
        raise Invalid(sentence("Name the version that is to be compared, too."), "version")
    with fresh_facts(context) as (connection, behind):
        published = cadence_asked_for(connection, name, version)
        if compare is not None:
            cadence_asked_for(connection, name, compare)
        question = StepQuestion(_period(context, begins, ends), cadence=name, version=version)
        # Of all versions: they stand beside each other.
        every = StepQuestion(question.period, cadence=name)
        counts = step_counts(connection, every)
        order = [step.id for _where, step in walk(published.cadence.steps, ())]
        return cadence_results(question, counts, compare, behind, order)


def results_of_mail(
    context: Context,
    caller: Caller,
    name: str,
    begins: date | None = None,
    ends: date | None = None,
) -> MailResults:
    """What a mail brought in a period, whichever cadence sent it; days as of
    :func:`results_of_cadence`.

    Raises:
        Forbidden: the caller may not read cadences.
        Missing: no such mail is published.
        Invalid: an empty period, or one in the future.
    """
    authorise(caller, Action.READ_CADENCES)
    with fresh_facts(context) as (connection, behind):
        if not languages_of(connection, name):
            raise Missing(sentence("The mail '{name}' is not published.", name=name))
        question = StepQuestion(_period(context, begins, ends), template=name)
        return mail_results(question, step_counts(connection, question), behind)


def _period(context: Context, begins: date | None, ends: date | None) -> Period:
    first = last_end(context, ends) - timedelta(days=RESULT_DAYS)
    time_zone = context.settings.company_time_zone
    return period(begins, ends, first=first, time_zone=time_zone, now=context.clock.now())
