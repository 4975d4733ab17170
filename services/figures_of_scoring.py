"""Figures of scoring and content: what grades, rules, mails and pages say of what becomes of
leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import Connection

from domain.access import Action
from domain.figures.content import ContentReport, content_report, weeks_of
from domain.figures.leaks import LEAK_DAYS
from domain.figures.periods import today_in
from domain.figures.scoring import SCORING_DAYS, Goal, ScoringCounts, ScoringReport, scoring_report
from domain.sales.content import ContentPolicy
from domain.scoring.policy import ScoringPolicy
from services.access import authorise
from services.context import Context
from services.figures import FigureQuery, fresh_facts, one_of, recent
from store.access.api_tokens import Caller
from store.figures import content as content_facts
from store.figures import scoring as facts
from store.published.policies import PolicyMissing, policy


def scoring(
    context: Context, caller: Caller, asked: FigureQuery, goal: str = Goal.ACCEPTED
) -> ScoringReport:
    """What became of leads by grade, score, fit, rule and version of the definition; for an SDR of
    the team's.

    Args:
        asked: without a first day the period has :data:`SCORING_DAYS` days.
        goal: a :class:`Goal`.

    Raises:
        Forbidden: the caller may not read figures.
        Invalid: an unknown goal, a period in the future, a window longer than there are data.
        PolicyMissing: no scoring policy is published.
    """
    authorise(caller, Action.READ_FIGURES)
    toward = one_of(Goal, goal, "goal")
    with fresh_facts(context) as (connection, behind):
        question = recent(context, connection, caller, asked, SCORING_DAYS)
        rules = policy(connection, ScoringPolicy)
        versions = facts.definitions(connection)
        counts = ScoringCounts(
            versions,
            facts.score_counts(connection, question, toward, versions),
            facts.fit_counts(connection, question, toward),
            facts.rules_looked_at(connection, question, toward, rules),
        )
    found = scoring_report(question.period, toward, question.window, rules, counts)
    return replace(found, behind=behind)


def content(context: Context, caller: Caller, asked: FigureQuery) -> ContentReport:
    """What leads saw before they went on, against others that did not see it, and which content for
    sales is used; for an SDR of the team's leads.

    Args:
        asked: without a first day the period has :data:`LEAK_DAYS` days.

    Raises:
        Forbidden: the caller may not read figures.
        Invalid: a period in the future.
    """
    authorise(caller, Action.READ_FIGURES)
    with fresh_facts(context) as (connection, behind):
        question = recent(context, connection, caller, asked, LEAK_DAYS)
        weeks = weeks_of(question.period, today_in(question.period.time_zone, question.now))
        seen = content_facts.exposures(connection, question, weeks)
        used = content_facts.uses(connection, question, _items(connection))
    found = content_report(question.period, len(weeks), seen, used)
    return replace(found, behind=behind)


def _items(connection: Connection) -> Sequence[tuple[str, str]]:
    try:
        return [(one.title, one.url) for one in policy(connection, ContentPolicy).items]
    except PolicyMissing:
        return []


def scoring_rows(found: ScoringReport) -> list[dict[str, object]]:
    """The report as one table: ``table`` says what a row is of (grade, letter, threshold, rule,
    version), ``name`` which; ``of`` are the cases, ``share`` those of them that reached the goal.
    """
    rows = [
        _row("grade", one.grade or "all", one.leads - one.immature, one.reached, asdict(one))
        for one in found.grades
    ]
    rows += [
        _row("letter", one.grade or "all", one.leads - one.immature, one.reached, asdict(one))
        for one in found.letters
    ]
    rows += [
        _row(
            "threshold",
            one.threshold,
            one.leads,
            one.reached,
            asdict(one) | {"share": one.precision},
        )
        for one in found.thresholds
    ]
    rows += [
        _row("rule", one.rule, one.leads, one.reached, asdict(one) | {"kind": one.about})
        for one in found.rules
    ]
    rows += [
        _row("version", one.version, one.leads - one.immature, one.reached, asdict(one))
        for one in found.versions
    ]
    return rows


_COLUMNS = (
    *("kind", "points", "immature", "share", "low", "high", "lift", "lift_low", "lift_high"),
    *("share_of_leads", "recall", "unanswered", "verdict"),
)


def _row(
    table: str, name: str | int, of: int, reached: int, values: dict[str, object]
) -> dict[str, object]:
    first = {"table": table, "name": name, "of": of, "reached": reached}
    return first | {column: values.get(column) for column in _COLUMNS}


def content_rows(found: ContentReport) -> list[dict[str, object]]:
    """The report as one table: mails, pages, and the content for sales (``sales``) with its uses as
    ``leads``."""
    rows = [asdict(one) for one in found.rows]
    nothing = dict.fromkeys(rows[0]) if rows else {}
    return rows + [
        {**nothing, "kind": "sales", "name": one.title, "leads": one.uses} for one in found.sales
    ]
