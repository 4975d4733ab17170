"""Leaks: who may see which, and the baseline that they are compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from domain.access import Action, Role
from domain.figures.funnel import Dimension, Question
from domain.figures.leaks import (
    LEAK_DAYS,
    LeakBy,
    LeakCounts,
    LeaksReport,
    NoShowRow,
    ResponseRow,
    baseline_period,
    is_baseline,
    leaks_report,
)
from domain.refusals import Invalid
from domain.sentences import sentence
from services.access import authorise
from services.context import Context
from services.figures import NAMED_FROM, FigureQuery, fresh_facts, of_own_leads, one_of, recent
from store.access.api_tokens import Caller
from store.figures import leaks as facts

T = TypeVar("T")


def leaks(context: Context, caller: Caller, asked: FigureQuery) -> LeaksReport:
    """Where leads wait, are lost, are answered late or not at all, do not come, or rest on; for an
    SDR of the own leads.

    Args:
        asked: ``by`` is one of :class:`LeakBy`, ``only`` holds some of :data:`LEAK_FILTERS`.
            Without a first day the period has :data:`LEAK_DAYS` days.

    Raises:
        Forbidden: the caller may not read figures.
        Invalid: an unknown dimension, a period in the future, or marketing asks for a rep.
    """
    authorise(caller, Action.READ_FIGURES)
    by = one_of(LeakBy, asked.by, "by") if asked.by else None
    if caller.role == Role.MARKETING and Dimension.OWNER in asked.only:
        raise Invalid(sentence("Marketing sees leaks split by rep, but not of one rep."), "owner")
    with fresh_facts(context) as (connection, behind):
        question = leak_question(context, connection, caller, asked)
        baseline = facts.baseline(connection, baseline_period(question.period))
        limits = {at: one.p90 for at, one in baseline.items() if is_baseline(one)}
        counted = partial(_counted, caller.role == Role.MARKETING and by == LeakBy.OWNER)
        by_source = replace(question, by=question.by or Dimension.SOURCE)
        counts = LeakCounts(
            counted(
                lambda fold: facts.standing_counts(connection, question, limits, fold), "waiting"
            ),
            counted(lambda fold: facts.decided_counts(connection, question, fold), "lost"),
            counted(lambda fold: facts.response_counts(connection, question, fold), "leads"),
            counted(lambda fold: facts.setting_counts(connection, by_source, fold), "settings"),
            counted(lambda fold: facts.rest_counts(connection, question, fold), "leads"),
        )
    return replace(leaks_report(question.period, by, counts, baseline), behind=behind)


def _counted(folds: bool, read: Callable[[Sequence[str]], list[T]], cases: str) -> list[T]:
    """What ``read`` counts of a leak; if it ``folds``, those values together of which there are few
    ``cases``."""
    counts = read([])
    if not folds:
        return counts
    totals: Counter[str] = Counter()
    for one in counts:
        if value := getattr(one, "value", ""):
            totals[value] += getattr(one, cases)
    few = [value for value, number in totals.items() if number < NAMED_FROM]
    return read(few) if few else counts


def leak_question(
    context: Context, connection: Connection, caller: Caller, asked: FigureQuery
) -> Question:
    """What is asked for, understood; narrowed to what the caller may see.

    Raises:
        Invalid: see :func:`leaks`.
    """
    return of_own_leads(caller, recent(context, connection, caller, asked, LEAK_DAYS))


def leak_rows(found: LeaksReport) -> list[dict[str, object]]:
    """The report as one table: a row for each number, with the cases that it is of (``of``), and of
    shares the interval. ``at`` is a stage, or what a row of no-shows is of; ``value`` is that of
    the split, None for all."""
    rows = [
        _row("waiting", one.value, one.stage, one.waiting)
        | {
            "median_days": one.median_days,
            "longest_days": one.longest_days,
            "baseline_median_days": one.baseline_median_days,
            "baseline_p90_days": one.baseline_p90_days,
        }
        for one in found.waiting
    ]
    rows += [
        _row("overdue", one.value, one.stage, one.overdue, one.waiting, share=one.overdue_share)
        for one in found.waiting
        if one.overdue is not None
    ]
    rows += [
        _row("lost", one.value, one.stage, one.lost, one.lost + one.went_on, share=one.lost_share)
        for one in found.lost
    ]
    for answer in found.response:
        rows += _response_rows(answer)
    for meeting in found.no_shows:
        rows += _no_show_rows(meeting)
    rows += [
        _row("resting", one.value, "", one.leads) | {"longest_days": one.longest_days}
        for one in found.resting
    ]
    return rows


def _response_rows(one: ResponseRow) -> list[dict[str, object]]:
    counts = ("in_time", "late", "by_itself", "not_due", "untried")
    rows = [_row(name, one.value, "", getattr(one, name), one.leads) for name in counts]
    rows.append(_row("untried_open", one.value, "", one.untried_open, one.untried))
    for name in ("in_time", "late"):
        went_on, of = getattr(one, f"{name}_went_on"), getattr(one, f"{name}_of")
        share = getattr(one, f"{name}_share")
        rows.append(_row(f"{name}_went_on", one.value, "", went_on, of, share=share))
    cost = _row("cost_of_late", one.value, "", one.cost, one.late_of, share=one.difference)
    return [*rows, cost | {"low": one.difference_low, "high": one.difference_high}]


def _no_show_rows(one: NoShowRow) -> list[dict[str, object]]:
    value, at = (one.value, "") if one.split not in ("ahead", "reminder") else (None, one.value)
    missed = _row("no_show", value, at or "", one.no_shows, one.meetings, share=one.no_show_share)
    return [
        missed | {"low": one.low, "high": one.high},
        _row("rebooked", value, at or "", one.rebooked, one.no_shows),
        _row("recovered", value, at or "", one.recovered, one.no_shows, share=one.recovered_share),
    ]


def _row(
    leak: str,
    value: str | None,
    at: str,
    cases: float | None,
    of: int | None = None,
    *,
    share: float | None = None,
) -> dict[str, object]:
    return {
        "leak": leak,
        "value": value,
        "at": at,
        "cases": cases,
        "of": of,
        "share": share,
        "low": None,
        "high": None,
        "median_days": None,
        "longest_days": None,
        "baseline_median_days": None,
        "baseline_p90_days": None,
    }
