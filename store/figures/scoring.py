"""What the facts say of scores: leads by grade and points, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.figures.funnel import Question
from domain.figures.scoring import (
    DefinitionVersion,
    FitCount,
    Goal,
    RuleCount,
    RulesLookedAt,
    ScoreCount,
)
from domain.figures.stages import POSITION
from domain.scoring.fit import Fit, fit_of
from domain.scoring.policy import ScoringPolicy
from store.figures.funnel import Split, in_period, within
from store.figures.leak_cases import Cases
from store.routing.lead_facts import FACT_COLUMNS, LeadTraits

LOOKED_AT = 2_000
"""Leads whose rules are looked at: each rule of fit is asked of each anew."""
LOOKED_FURTHER = 50_000
"""Up to so many leads, a rule that none of the chosen had is looked for among all."""
_GOAL_AT = {Goal.ACCEPTED: "sal_at", Goal.WON: "customer_at"}
_FIRST = datetime.min.replace(tzinfo=UTC)
_HELD = "(points <> 0 OR worth = 0 AND machine = '')"
"""Of an event, that its rule held of it: those beyond a cap and of machines get no points, and some
rules give none."""
_VERSIONS = text(
    """
    SELECT version, coalesce(run.started_at, published_at) AS since,
        definition->'levels' AS levels, definition->'letters' AS letters,
        definition->'matrix' AS matrix
    FROM policy_version AS policy LEFT JOIN scoring_run AS run ON run.policy_version_id = policy.id
    WHERE name = 'scoring' ORDER BY version
    """
)


def definitions(connection: Connection) -> list[DefinitionVersion]:
    """The published versions of the scoring policy, the oldest first, which holds from the
    beginning."""
    found = [
        DefinitionVersion(row.version, row.since, row.levels or {}, row.letters or {}, row.matrix)
        for row in connection.execute(_VERSIONS)
    ]
    return [one._replace(since=_FIRST) if not at else one for at, one in enumerate(found)]


def handed_over(question: Question) -> Cases:
    """Leads that were handed over in the period, and that sales had not accepted before, with their
    ``grade`` and score then."""
    split = Split(question, "facts")
    sql = f"""
        SELECT facts.lead_id, crossing.grade, crossing.score, crossing.at, facts.cycle,
            facts.sal_at, facts.customer_at
        FROM crossing JOIN funnel_unit AS facts USING (lead_id, cycle){split.join}
        WHERE crossing.at >= :start AND crossing.at < :end
            AND (facts.sal_at IS NULL OR facts.sal_at >= crossing.at){split.where}
    """
    return Cases(sql, {**split.values, **in_period(question)})


def score_counts(
    connection: Connection, question: Question, goal: Goal, versions: Sequence[DefinitionVersion]
) -> list[ScoreCount]:
    """The leads that were handed over in the period, by grade and score."""
    cases = handed_over(question)
    rows = connection.execute(
        text(
            f"""
            SELECT grade, score, cycle > 1 AS recycled,
                width_bucket(at, cast(:since AS timestamptz[])) AS version, count(*) AS leads,
                count(*) FILTER (WHERE at > :ripe) AS immature,
                count(*) FILTER (WHERE at <= :ripe
                    AND extract(epoch FROM {_GOAL_AT[goal]} - at) <= :window) AS reached
            FROM ({cases.sql}) AS handed_over GROUP BY 1, 2, 3, 4
            """
        ),
        {**cases.values, **within(question), "since": [one.since for one in versions]},
    )
    return [ScoreCount(*row) for row in rows]


def fit_counts(connection: Connection, question: Question, goal: Goal) -> list[FitCount]:
    """The leads that entered the funnel in the period, by the points that the rules of fit give
    them now; those that were never judged are left out."""
    split = Split(question, "facts")
    rows = connection.execute(
        text(
            f"""
            SELECT fit_points, facts.cycle > 1 AS recycled, count(*) AS leads,
                count(*) FILTER (WHERE facts.at > :ripe) AS immature,
                count(*) FILTER (WHERE facts.at <= :ripe
                    AND extract(epoch FROM unit.{_GOAL_AT[goal]} - facts.at) <= :window) AS reached
            FROM funnel_passage AS facts JOIN funnel_unit AS unit ON unit.id = facts.unit_id
            JOIN lead ON lead.id = unit.lead_id{split.join}
            WHERE facts.stage = {POSITION["known"]} AND NOT facts.imported AND lead.fit <> ''
                AND facts.at >= :start AND facts.at < :end{split.where}
            GROUP BY 1, 2
            """
        ),
        {**split.values, **in_period(question), **within(question)},
    )
    return [FitCount(*row) for row in rows]


def rules_looked_at(
    connection: Connection, question: Question, goal: Goal, rules: ScoringPolicy
) -> RulesLookedAt:
    """To which of the leads that entered in the period, and are old enough, each rule gave points;
    of more than :data:`LOOKED_AT` those whose ids chance, the same each time, has chosen.

    Interest counts until the goal is reached, the window is over or the lead begins anew, fit as it
    is now.
    """
    entered = _entered(question, goal)
    leads = connection.execute(
        text(
            f"""
            SELECT lead_id, since, reached, until FROM (
                {entered.sql} ORDER BY hashint8(facts.unit_id) LIMIT {LOOKED_AT}
            ) AS unit
            """
        ),
        entered.values,
    ).all()
    chosen = len(leads) == LOOKED_AT
    interest = _interest(connection, leads)
    fits = _fits(connection, [one.lead_id for one in leads], rules, question.now)
    given, reached = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    unanswered = Counter[str]()
    for one in leads:
        fit = fits.get(one.lead_id)
        if fit is not None:
            given.update(fit.rules)
            reached.update(fit.rules if one.reached else ())
            unanswered.update(name for name, _reason in fit.unanswered)
    of_fit = [
        RuleCount("fit", rule, points, number, reached[rule, points])
        for (rule, points), number in given.items()
    ]
    return RulesLookedAt(
        leads=len(leads),
        reached=sum(one.reached for one in leads),
        chosen=chosen,
        counts=[*of_fit, *interest],
        unanswered=unanswered,
        elsewhere=_elsewhere(connection, entered, rules, interest) if chosen else (),
    )


def _entered(question: Question, goal: Goal) -> Cases:
    """The units that entered in the period and are old enough; ``until`` is when their goal is
    reached, the window over, or their lead began anew."""
    split = Split(question, "facts")
    goal_at = f"unit.{_GOAL_AT[goal]}"
    over = f"facts.at + interval '{question.window} days'" if question.window else "NULL"
    sql = f"""
        SELECT unit.lead_id, CASE WHEN facts.cycle > 1 THEN facts.at END AS since,
            coalesce(extract(epoch FROM {goal_at} - facts.at) <= :window, false) AS reached,
            least({goal_at}, {over}, unit.next_cycle_at) AS until
        FROM funnel_passage AS facts JOIN funnel_unit AS unit ON unit.id = facts.unit_id
        {split.join}
        WHERE facts.stage = {POSITION["known"]} AND NOT facts.imported
            AND facts.at >= :start AND facts.at < :end AND facts.at <= :ripe{split.where}
    """
    return Cases(sql, {**split.values, **in_period(question), **within(question)})


def _fits(
    connection: Connection, ids: Sequence[int], rules: ScoringPolicy, now: datetime
) -> dict[int, Fit]:
    rows = connection.execute(
        text(
            f"SELECT lead.id, {FACT_COLUMNS} FROM lead "
            "LEFT JOIN account ON account.id = lead.account_id WHERE lead.id = ANY(:ids)"
        ),
        {"ids": list(ids)},
    )
    fits = {}
    for row in rows:
        fields = dict(row._mapping)
        lead_id = fields.pop("id")
        lead = LeadTraits(**fields)
        fits[lead_id] = fit_of(rules, lead.lead_facts(), lead.account_facts(), now)
    return fits


def _interest(connection: Connection, leads: Sequence[Row[Any]]) -> list[RuleCount]:
    rows = connection.execute(
        text(
            f"""
            SELECT rule, count(*) AS leads, count(*) FILTER (WHERE reached) AS reached
            FROM unnest(cast(:ids AS bigint[]), cast(:since AS timestamptz[]),
                cast(:until AS timestamptz[]), cast(:reached AS boolean[]))
                AS unit (lead_id, since, until, reached)
            CROSS JOIN LATERAL (
                SELECT DISTINCT rule FROM engagement
                WHERE engagement.lead_id = unit.lead_id AND rule <> '' AND {_HELD}
                    AND at >= coalesce(since, '-infinity') AND at < coalesce(until, 'infinity')
            ) AS gave GROUP BY rule
            """
        ),
        {
            "ids": [one.lead_id for one in leads],
            "since": [one.since for one in leads],
            "until": [one.until for one in leads],
            "reached": [one.reached for one in leads],
        },
    )
    return [RuleCount("interest", row.rule, None, row.leads, row.reached) for row in rows]


def _elsewhere(
    connection: Connection, entered: Cases, rules: ScoringPolicy, seen: Sequence[RuleCount]
) -> Collection[str]:
    """The rules of interest that are not ``seen``, and that held of others that entered; all of
    them where those are too many to look at, so that a page costs the same however many there
    are."""
    tried = {one.rule for one in rules.interest if not one.off}
    unseen = tried - {one.rule for one in seen}
    if not unseen:
        return ()
    many = text(f"SELECT count(*) > :most FROM ({entered.sql} LIMIT :most + 1) AS unit")
    if connection.scalar(many, {**entered.values, "most": LOOKED_FURTHER}):
        return unseen
    return connection.scalars(
        text(
            f"""
            SELECT DISTINCT rule FROM ({entered.sql}) AS unit JOIN engagement
                ON engagement.lead_id = unit.lead_id AND rule = ANY(:unseen) AND {_HELD}
                AND engagement.at >= coalesce(since, '-infinity')
                AND engagement.at < coalesce(until, 'infinity')
            """
        ),
        {**entered.values, "unseen": sorted(unseen)},
    ).all()
