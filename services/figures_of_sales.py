"""Figures of what sales does with leads: how soon and how often it tries them, and what comes of
those that were recycled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, timedelta
from functools import cache

from sqlalchemy import Connection

from domain.access import ALLOWED, Action, Role
from domain.figures.funnel import Dimension, Question, share
from domain.figures.money_rows import SpendRow, name_of
from domain.figures.periods import today_in
from domain.figures.recycle_waits import WAITS_WINDOW
from domain.figures.recycling import (
    YIELD_BY,
    NetNewRow,
    RecycleCounts,
    RecycledBy,
    RecycleReport,
    RecycleRow,
    recycle_report,
)
from domain.figures.scoring import SCORING_DAYS
from domain.figures.speed import SpeedBy, SpeedQuestion, SpeedReport, SpeedRow, speed_report
from domain.refusals import Invalid
from domain.sentences import sentence
from services.access import authorise
from services.context import Context
from services.figures import (
    NAMED_FROM,
    FigureQuery,
    fresh_facts,
    of_own_leads,
    one_of,
    question_of,
    recent,
    refuse_one_rep,
    too_few,
)
from store.access.api_tokens import Caller
from store.figures import money_tables, recycling, speed
from store.figures.money import spend_rows
from store.sla.business_time import calendar_of
from store.sla.sla import terms

AT_LEAST = 5
"""Attempts that are wanted in a first week where no SLA says how many."""


def speed_to_lead(
    context: Context, caller: Caller, asked: FigureQuery, at_least: int | None = None
) -> SpeedReport:
    """How soon and how often leads that crossed were tried, which promises were kept and what was
    answered, by owner, team or month; for an SDR of the own leads.

    Args:
        asked: ``by`` is one of :class:`SpeedBy`, ``only`` holds an owner and a team.
        at_least: attempts wanted in a first week; what the SLA says when left out.

    Raises:
        Forbidden: the caller may not read figures.
        Invalid: an unknown dimension, a period in the future, or marketing asks for a rep with too
            few leads, or for the months of one.
    """
    authorise(caller, Action.READ_FIGURES)
    by = one_of(SpeedBy, asked.by, "by") if asked.by else None
    if at_least is not None and at_least < 1:
        raise Invalid(sentence("At least one attempt is wanted."), "at_least")
    if caller.role == Role.MARKETING and by == SpeedBy.MONTH:
        refuse_one_rep(asked)
    with fresh_facts(context) as (connection, behind):
        question = of_own_leads(
            caller, question_of(context, connection, caller, replace(asked, by=None))
        )
        crossed = speed.crossed_leads(connection, question)
        named_from = NAMED_FROM if caller.role == Role.MARKETING else 0
        if question.only.get(Dimension.OWNER) and len(crossed) < named_from:
            raise too_few()
        promised = terms(connection)
        in_sla = promised.sales.calls_in_first_week if promised else 0
        found = speed_report(
            SpeedQuestion(
                question.period, question.now, by, at_least or in_sla or AT_LEAST, named_from
            ),
            crossed,
            speed.promise_counts(connection, question),
            speed.answer_counts(connection, question),
            cache(lambda owner: calendar_of(connection, owner)),
        )
    return replace(found, behind=behind)


def speed_rows(found: SpeedReport) -> list[dict[str, object]]:
    """The report as a table: a row for all (``value`` None) and one for each part. Each promise has
    columns of its own."""
    promises = [one.promise for one in found.whole.promises]
    return [_flat(row, promises) for row in (found.whole, *found.parts)]


def _flat(row: SpeedRow, promises: list[str]) -> dict[str, object]:
    nested: Mapping[str, object] = asdict(row)
    flat: dict[str, object] = {}
    for name, value in nested.items():
        if name in ("wall", "business") and isinstance(value, Mapping):
            flat |= {f"{name}_{one}": of for one, of in value.items()}
        elif name == "answers" and isinstance(value, Mapping):
            flat |= {one: of for one, of in value.items() if one != "reasons"}
        elif name != "promises":
            flat[name] = value
    known = {one.promise: asdict(one) for one in row.promises}
    for promise in promises:
        for name in ("met", "due", "past_due", "waiting", "met_share"):
            none = None if name == "met_share" else 0
            flat[f"{promise}_{name}"] = known.get(promise, {}).get(name, none)
    return flat


def answer_rows(found: SpeedReport) -> list[dict[str, object]]:
    """What sales answered, as a table: a row for the leads of each source that were accepted, and
    one for each reason why they were returned, with the share ``of`` all that were answered."""
    return [
        {
            "source": one.source,
            "answer": answer,
            "reason": reason,
            "leads": leads,
            "of": of,
            "share": share(leads, of),
        }
        for one in found.sources
        for of in (one.answers.accepted + one.answers.returned,)
        for answer, reason, leads in (
            ("accepted", "", one.answers.accepted),
            *(("returned", reason, leads) for reason, leads in one.answers.reasons.items()),
        )
    ]


def recycle_yield(context: Context, caller: Caller, asked: FigureQuery) -> RecycleReport:
    """What came of the leads that were recycled in the period, against net-new ones; for an SDR of
    the team, and without what it was worth.

    Args:
        asked: without a first day the period has :data:`SCORING_DAYS` days; ``by`` is one of
            :data:`YIELD_BY`, reason when left out; ``only`` holds a team.

    Raises:
        Forbidden: the caller may not read figures.
        Invalid: an unknown dimension, a period in the future, a window longer than there are data,
            or a win in a currency without a rate for its day.
    """
    authorise(caller, Action.READ_FIGURES)
    by = one_of(YIELD_BY, asked.by or RecycledBy.REASON, "by")
    own = by if isinstance(by, Dimension) else None
    with fresh_facts(context) as (connection, behind):
        question = recent(context, connection, caller, replace(asked, by=own), SCORING_DAYS)
        counts = recycling.recycled_counts(connection, question, by, [])
        fold: list[str] = []
        if caller.role == Role.MARKETING and by == Dimension.OWNER:
            fold = [one.value for one in counts if one.value and one.recycled < NAMED_FROM]
            counts = recycling.recycled_counts(connection, question, by, fold)
        of_money = caller.role in ALLOWED[Action.READ_MONEY]
        sums = recycling.won_sums(connection, question, by, fold) if of_money else None
        found = recycle_report(
            question.period,
            RecycleCounts(
                counts,
                recycling.net_new_count(connection, question),
                recycling.touch_counts(connection, question, by, fold),
                recycling.wait_counts(
                    connection, replace(question, window=question.window or WAITS_WINDOW)
                ),
                sums,
                _spend(connection, question) if of_money else None,
                _first_day_of_spend(connection, question),
                _mature_until(question),
            ),
            money_tables.dated_rates(connection, context.settings.company_currency),
            by=by,
            window=question.window,
        )
    return replace(found, behind=behind)


def _spend(connection: Connection, question: Question) -> list[SpendRow] | None:
    """What was spent, of a source if one is asked for; None of what spend is not entered by, and
    of a source that leads of the period have in another spelling too: it is spent for all."""
    if question.only.keys() - {Dimension.SOURCE}:
        return None
    source = question.only.get(Dimension.SOURCE)
    rows = spend_rows(connection, question.period)
    if source is None:
        return rows
    name = name_of(source)
    written = {
        one for one in recycling.net_new_sources(connection, question) if name_of(one) == name
    }
    return None if written - {source} else [one for one in rows if one.source == name]


def _first_day_of_spend(connection: Connection, question: Question) -> date:
    """The first day of the period whose leads are known here: what was spent before brought
    imported ones, which are not among the net-new."""
    first = recycling.first_net_new(connection)
    period = question.period
    return max(period.begins, today_in(period.time_zone, first)) if first else period.ends


def _mature_until(question: Question) -> date:
    """The day from which on leads are immature, or the end of the period."""
    today = today_in(question.period.time_zone, question.now)
    window = timedelta(days=question.window or 0)
    return min(question.period.ends, today - window) if window else question.period.ends


def yield_rows(found: RecycleReport) -> list[dict[str, object]]:
    """The report as a table: a row for all that were recycled (``value`` None), one for each part,
    and one for net-new leads, which entered instead of coming back."""
    rows = [_yield_row("recycled", one) for one in (found.whole, *found.parts)]
    new = _yield_row("net_new", found.net_new)
    names = {"re_entered": "entered", "requalified": "qualified"}
    names["requalification"] = "qualification"
    spent = [name for name in new if name.startswith("spend")]
    return [
        *(row | dict.fromkeys(spent) for row in rows),
        {name: new.get(names.get(name, name)) for name in (*rows[0], *spent)},
    ]


def _yield_row(kind: str, row: RecycleRow | NetNewRow) -> dict[str, object]:
    flat: dict[str, object] = {"kind": kind}
    for name, value in asdict(row).items():
        if name == "touches":
            flat |= value
        elif name == "spend":
            for one in ("spend", "per_lead", "per_mql", "per_win"):
                column = one if one == "spend" else f"spend_{one}"
                flat[column] = value[one] if value else None
        else:
            flat[name] = value
    return flat


def wait_rows(found: RecycleReport) -> list[dict[str, object]]:
    """What came of other waits as a table, a row for each reason and wait."""
    rows: list[dict[str, object]] = []
    for one in found.waits:
        flat: dict[str, object] = {}
        for name, value in asdict(one).items():
            if name.endswith("_more"):
                for part in ("difference", "low", "high"):
                    flat[f"{name.removesuffix('_more')}_{part}"] = value[part] if value else None
            else:
                flat[name] = value
        rows.append(flat)
    return rows
