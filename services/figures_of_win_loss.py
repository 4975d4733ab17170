"""Wins and losses: why opportunities end as they do, and what those that were won have in
common."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace

from sqlalchemy import Connection

from domain.access import Action
from domain.figures.scoring import SCORING_DAYS
from domain.figures.win_loss import WinLossBy, WinLossCounts, WinLossReport, win_loss_report
from domain.scoring.policy import ScoringPolicy
from services.access import authorise
from services.context import Context
from services.figures import FigureQuery, fresh_facts, one_of, recent
from store.access.api_tokens import Caller
from store.figures import win_loss as facts
from store.published.policies import PolicyMissing, policy


def win_loss(context: Context, caller: Caller, asked: FigureQuery) -> WinLossReport:
    """The opportunities that ended in the period: outcomes, reasons, competitors, traits; and the
    leads that rest after a loss now. For an SDR those of the team's leads.

    Args:
        asked: ``by`` is one of :class:`WinLossBy`. Without a first day the period has
            :data:`SCORING_DAYS` days.

    Raises:
        Forbidden: the caller may not read figures.
        Invalid: an unknown dimension, or a period in the future.
    """
    authorise(caller, Action.READ_FIGURES)
    by = one_of(WinLossBy, asked.by, "by") if asked.by else None
    with fresh_facts(context) as (connection, behind):
        question = recent(context, connection, caller, replace(asked, by=None), SCORING_DAYS)
        # What is lost between the two statements is to be among those that ended.
        lost = facts.lost_counts(connection, question, by)
        counts = WinLossCounts(
            facts.closed_counts(connection, question, by),
            lost,
            facts.pool_counts(connection, question),
            facts.traits_looked_at(connection, question),
        )
        read = _read(connection)
    return replace(win_loss_report(question.period, by, counts, read), behind=behind)


def _read(connection: Connection) -> Collection[str]:
    try:
        rules = policy(connection, ScoringPolicy)
    except PolicyMissing:
        return []
    return {name for asked in rules.fit_conditions.values() for one in asked for name in one.reads}


def win_loss_rows(found: WinLossReport) -> list[dict[str, object]]:
    """The report as one table: ``table`` says what a row is of (outcome, reason, competitor, pool,
    trait), ``name`` which; ``cases`` of ``of`` are won ones of outcomes and traits, lost ones of
    reasons and competitors, and of the pool those to whom we are to come back already."""
    rows = [
        _row("outcome", "", one.won, one.closed, asdict(one) | {"share": one.win_rate})
        | {"median_days": one.median_days_to_won}
        for one in found.outcomes
    ]
    rows += [_row(one.split, one.name, one.lost, one.of, asdict(one)) for one in found.lost]
    rows += [
        _row("pool", one.since or "all", one.due, one.leads, asdict(one)) for one in found.pool
    ]
    rows += [_row("trait", one.condition, one.won, one.closed, asdict(one)) for one in found.traits]
    return rows


_COLUMNS = (
    *("value", "kind", "share", "low", "high", "median_days", "median_days_to_lost"),
    *("lift", "lift_low", "lift_high", "points"),
)


def _row(
    table: str, name: str, cases: int, of: int, values: dict[str, object]
) -> dict[str, object]:
    first = {"table": table, "name": name, "cases": cases, "of": of}
    return first | {column: values.get(column) for column in _COLUMNS}
