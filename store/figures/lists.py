"""The leads behind a figure: what it counts, as a statement that finds their ids."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.figures.funnel import Question
from domain.figures.leaks import FirstResponse, Reminding
from domain.figures.lists import OF_A_PROMISE, OF_AN_ANSWER, CountedAs, LeadsBehind
from domain.figures.steps import StepKind
from store.figures import leak_cases, scoring, speed, win_loss
from store.figures.funnel import Split, in_period, within
from store.figures.leak_cases import Cases
from store.figures.steps import step_cases


class CasesBehind(NamedTuple):
    """How many cases a figure counts: ``leads`` are the people behind them, ``imported`` those
    cases that are nobody's lead."""

    cases: int
    leads: int
    imported: int


def cases_behind(connection: Connection, behind: LeadsBehind) -> CasesBehind:
    """How many cases and leads there are."""
    found = statement(behind)
    row = connection.execute(
        text(
            "SELECT count(*), count(DISTINCT lead_id), count(*) FILTER (WHERE lead_id IS NULL) "
            f"FROM ({found.sql}) AS counted"
        ),
        found.values,
    ).one()
    return CasesBehind(*row)


def cases_together(connection: Connection, behind: LeadsBehind) -> int:
    """How many cases of a leak there are, of which the number is a part."""
    found = _cases(replace(behind, at=""))
    counted = connection.scalar(text(f"SELECT count(*) FROM ({found.sql}) AS cases"), found.values)
    return counted or 0


def statement(behind: LeadsBehind) -> Cases:
    """A statement with a row for each case, of which ``lead_id`` says whose it is; NULL of imported
    history."""
    if behind.steps is not None:
        return _touches(behind, step_cases(behind.steps))
    found = _cases(behind)
    conditions = [_ONLY[behind.counted]] if behind.counted in _ONLY else []
    values = dict(found.values)
    if behind.at and behind.counted in (*OF_A_PROMISE, *OF_AN_ANSWER):
        conditions.append(f"{'promise' if behind.counted in OF_A_PROMISE else 'reason'} = :of_at")
        values["of_at"] = behind.at
    if behind.stage is not None:
        conditions.append("stage = :of_stage")
        values["of_stage"] = behind.stage
    where = " AND ".join(conditions) or "true"
    return Cases(f"SELECT lead_id FROM ({found.sql}) AS cases WHERE {where}", values)


_ONLY = {
    CountedAs.IMMATURE: "immature",
    CountedAs.CONVERTED: "converted",
    CountedAs.OVERDUE: "overdue",
    CountedAs.IN_TIME: f"response = '{FirstResponse.IN_TIME}'",
    CountedAs.LATE: f"response = '{FirstResponse.LATE}'",
    CountedAs.UNTRIED: f"response = '{FirstResponse.UNTRIED}' AND open",
    CountedAs.NO_SHOW: "missed",
    CountedAs.RECOVERED: "recovered",
    CountedAs.REACHED: "reached",
    CountedAs.TRIED: "tried",
    CountedAs.MET: "met",
    CountedAs.DUE: "due",
    CountedAs.PAST_DUE: "past_due",
    CountedAs.ACCEPTED: "accepted",
    CountedAs.RETURNED: "NOT accepted",
}
"""What a number counts of its cases, where it does not count all."""


def _cases(behind: LeadsBehind) -> Cases:
    question = behind.question
    match behind.counted:
        case CountedAs.ENTERED | CountedAs.IMMATURE | CountedAs.CONVERTED | CountedAs.REACHED:
            return _entered(behind)
        case CountedAs.WAITING | CountedAs.OVERDUE:
            return leak_cases.standing(question, behind.limits)
        case CountedAs.LOST:
            return leak_cases.lost(question)
        case CountedAs.NO_SHOW | CountedAs.RECOVERED:
            return _settings(behind, question)
        case CountedAs.RESTING:
            return leak_cases.resting(question)
        case CountedAs.GRADED:
            return _at(behind, scoring.handed_over(question), "grade")
        case CountedAs.CLOSED_LOST:
            return _at(behind, win_loss.pool(question), "since")
        case CountedAs.MET | CountedAs.DUE | CountedAs.PAST_DUE:
            return speed.promise_cases(question)
        case CountedAs.ACCEPTED | CountedAs.RETURNED:
            return speed.answer_cases(question)
        case (
            CountedAs.HANDED_OVER
            | CountedAs.IN_TIME
            | CountedAs.LATE
            | CountedAs.UNTRIED
            | CountedAs.TRIED
        ):
            return leak_cases.handed_over(question)
        case _:
            raise ValueError(f"{behind.counted} is of touches, which are not said.")


def _touches(behind: LeadsBehind, found: Cases) -> Cases:
    where = behind.counted.removeprefix("step_")
    if behind.counted == CountedAs.STEP_TASK:
        where = f"kind = '{StepKind.TASK}' AND (:of_at = '' OR ends = :of_at)"
    sql = f"SELECT lead_id FROM ({found.sql}) AS cases WHERE {where}"
    return Cases(sql, {**found.values, "of_at": behind.at})


def _entered(behind: LeadsBehind) -> Cases:
    """The units that first entered a stage in the period, as the funnel counts its cohorts."""
    question = behind.question
    split = Split(question, "facts")
    kind = f" AND facts.cycle {'= 1' if behind.kind == 'net_new' else '> 1'}" if behind.kind else ""
    stage = "" if behind.stage is None else " AND facts.stage = :of_stage"
    reached = later = ""
    values: dict[str, object] = {}
    if behind.reached is not None:
        reached = (
            ", coalesce(date_part('epoch', later.at - facts.at) <= :window AND facts.at <= :ripe, "
            "false) AS reached"
        )
        later = (
            " LEFT JOIN funnel_passage AS later"
            " ON later.unit_id = facts.unit_id AND later.stage = :reached_stage"
        )
        values["reached_stage"] = behind.reached
    sql = f"""
        SELECT unit.lead_id, facts.stage, facts.at > :ripe AS immature,
            coalesce(facts.next_seconds <= :window AND facts.at <= :ripe, false) AS converted
            {reached}
        FROM funnel_passage AS facts JOIN funnel_unit AS unit ON unit.id = facts.unit_id
        {later}{split.join}
        WHERE facts.at >= :start AND facts.at < :end{stage}{kind}{split.where}
    """
    return Cases(sql, {**split.values, **in_period(question), **within(question), **values})


def _settings(behind: LeadsBehind, question: Question) -> Cases:
    found = leak_cases.settings(question)
    if behind.at in set(Reminding):
        return _only(found, "reminded", behind.at == Reminding.REMINDED)
    return _at(behind, found, "ahead")


def _at(behind: LeadsBehind, found: Cases, column: str) -> Cases:
    return _only(found, column, behind.at) if behind.at else found


def _only(found: Cases, column: str, value: str | bool) -> Cases:
    sql = f"SELECT * FROM ({found.sql}) AS part WHERE {column} = :at"
    return Cases(sql, {**found.values, "at": value})
