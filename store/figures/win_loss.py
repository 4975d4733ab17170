"""What ended opportunities say: outcomes, reasons, competitors, traits; and the pool of lost
ones."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from domain.contracts.journey import Phase
from domain.figures.funnel import Kind, Question
from domain.figures.win_loss import (
    AGES,
    SINCE,
    ClosedCount,
    LostCount,
    PoolCount,
    TraitCount,
    TraitsLookedAt,
    WinLossBy,
    bands,
)
from store.figures.funnel import Split, in_period
from store.figures.leak_cases import LOST_OUTCOMES, Cases

LOOKED_AT = 20_000
"""Opportunities whose traits are looked at."""
SHARED_BY = 20
"""Opportunities that a trait has at least, to be told of."""
_LONGEST = 60
"""Characters of a value: what is longer is a text, and no trait."""


def _band(edges: Sequence[int], passed: str) -> str:
    whens = " ".join(
        f"WHEN {passed} < interval '{edge} days' THEN '{name}'"
        for edge, name in zip(edges, bands(edges), strict=False)
    )
    return f"CASE {whens} ELSE '{bands(edges)[-1]}' END"


_VALUES = {
    WinLossBy.SEGMENT: "coalesce(facts.segment, '')",
    WinLossBy.SOURCE: "coalesce(facts.source, '')",
    WinLossBy.STAGE: "deal.stage",
    WinLossBy.AGE: _band(AGES, "deal.closed_at - deal.opened_at"),
    WinLossBy.IN_STAGE: _band(AGES, "deal.closed_at - coalesce(deal.stage_since, deal.opened_at)"),
}
_KIND = f"CASE WHEN recycled THEN '{Kind.RECYCLED}' ELSE '{Kind.NET_NEW}' END"


def _closed(question: Question, by: WinLossBy | None) -> Cases:
    """The opportunities that ended in the period, each with the cycle in which it was opened."""
    split = Split(question, "facts")
    sql = f"""
        SELECT deal.id, deal.lead_id, {_VALUES[by] if by else "''"} AS value,
            coalesce(facts.cycle, 1) > 1 AS recycled, deal.outcome = 'won' AS won,
            coalesce(nullif(deal.outcome_reason, ''), deal.outcome) AS reason, deal.competitor,
            extract(epoch FROM deal.closed_at - deal.opened_at) AS seconds
        FROM opportunity AS deal LEFT JOIN LATERAL (
            SELECT segment, source, owner, cycle FROM funnel_unit AS unit
            WHERE unit.lead_id = deal.lead_id
                AND (cycle = 1 OR coalesce(known_at, stage_since) <= deal.opened_at)
            ORDER BY cycle DESC LIMIT 1
        ) AS facts ON true{split.join}
        WHERE deal.outcome <> '' AND deal.closed_at >= :start AND deal.closed_at < :end{split.where}
    """
    return Cases(sql, {**split.values, **in_period(question)})


def _sets(by: WinLossBy | None, *each: str) -> str:
    groups = [(), ("recycled",), *((("value",), ("value", "recycled")) if by else ())]
    return ", ".join(f"({', '.join((*each, *group))})" for group in groups)


def _grouped(by: WinLossBy | None) -> str:
    value = "CASE WHEN grouping(value) = 0 THEN value END" if by else "NULL"
    return f"{value} AS value, CASE WHEN grouping(recycled) = 0 THEN {_KIND} END AS kind"


def closed_counts(
    connection: Connection, question: Question, by: WinLossBy | None
) -> list[ClosedCount]:
    """The opportunities that ended in the period, all, by kind and by value."""
    cases = _closed(question, by)
    rows = connection.execute(
        text(
            f"""
            SELECT {_grouped(by)}, count(*), count(*) FILTER (WHERE won),
                percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE won),
                percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE NOT won)
            FROM ({cases.sql}) AS ended
            GROUP BY GROUPING SETS ({_sets(by)})
            """
        ),
        cases.values,
    )
    return [ClosedCount(value, _kind(kind), *of) for value, kind, *of in rows]


def lost_counts(
    connection: Connection, question: Question, by: WinLossBy | None
) -> list[LostCount]:
    """The lost ones among them by reason, and by competitor."""
    cases = _closed(question, by)
    rows = connection.execute(
        text(
            f"""
            SELECT split, name, {_grouped(by)}, count(*),
                percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)
            FROM ({cases.sql}) AS ended CROSS JOIN LATERAL (
                VALUES ('reason', reason), ('competitor', competitor)) AS named (split, name)
            WHERE NOT won GROUP BY GROUPING SETS ({_sets(by, "split", "name")})
            """
        ),
        cases.values,
    )
    return [
        LostCount(split, name, value, _kind(kind), *of) for split, name, value, kind, *of in rows
    ]


def pool(question: Question) -> Cases:
    """Leads that rest in the pool now after a loss, by the time ``since`` it; ``due`` when they
    were to come back already."""
    split = Split(question, "facts")
    # Only who asks for all that was lost has its index.
    sql = f"""
        SELECT facts.lead_id, {_band(SINCE, "cast(:as_of AS timestamptz) - facts.outcome_at")}
            AS since, facts.cycle > 1 AS recycled,
            coalesce(lead.recycled_until <= :as_of, false) AS due
        FROM funnel_unit AS facts JOIN lead
            ON lead.id = facts.lead_id AND lead.cycle = facts.cycle{split.join}
        WHERE facts.outcome IN {LOST_OUTCOMES} AND facts.outcome = 'lost'
            AND facts.lead_id IS NOT NULL AND lead.phase = '{Phase.RECYCLE}'{split.where}
    """
    return Cases(sql, {**split.values, "as_of": question.now})


def pool_counts(connection: Connection, question: Question) -> list[PoolCount]:
    """The leads of the pool by the time since the loss and kind."""
    cases = pool(question)
    rows = connection.execute(
        text(
            f"SELECT since, {_KIND} AS kind, count(*), count(*) FILTER (WHERE due) "
            f"FROM ({cases.sql}) AS pool GROUP BY 1, 2"
        ),
        cases.values,
    )
    return [PoolCount(since, Kind(kind), *of) for since, kind, *of in rows]


def traits_looked_at(connection: Connection, question: Question) -> TraitsLookedAt:
    """What leads and accounts of ended opportunities have in common, as it is now; of more than
    :data:`LOOKED_AT` of those that chance, the same each time, has chosen."""
    cases = _closed(question, None)
    rows = connection.execute(
        text(
            f"""
            WITH deal AS MATERIALIZED (
                SELECT ended.won, lead.country, lead.language, lead.source, lead.attributes,
                    account.attributes AS of_account
                FROM (
                    SELECT * FROM ({cases.sql}) AS ended ORDER BY hashint8(id) LIMIT {LOOKED_AT}
                ) AS ended JOIN lead ON lead.id = ended.lead_id
                LEFT JOIN account ON account.id = lead.account_id
            )
            SELECT path, key, value, count(*) AS closed, count(*) FILTER (WHERE won) AS won
            FROM (
                SELECT won, path, '' AS key, value FROM deal CROSS JOIN LATERAL (VALUES
                    ('lead.country', country), ('lead.language', language), ('lead.source', source)
                ) AS field (path, value)
                UNION ALL
                SELECT won, 'lead.attributes', key, value
                FROM deal, jsonb_each_text(attributes) AS trait (key, value)
                UNION ALL
                SELECT won, 'account.attributes', key, value
                FROM deal, jsonb_each_text(of_account) AS trait (key, value)
            ) AS trait
            WHERE value <> '' AND length(value) <= {_LONGEST}
            GROUP BY 1, 2, 3 HAVING count(*) >= {SHARED_BY}
            UNION ALL
            SELECT '', '', '', count(*), count(*) FILTER (WHERE won) FROM deal
            """
        ),
        cases.values,
    ).all()
    of_all = next(row for row in rows if not row.path)
    counts = [TraitCount(*row) for row in rows if row.path]
    return TraitsLookedAt(of_all.closed, of_all.won, of_all.closed == LOOKED_AT, counts)


def _kind(code: str | None) -> Kind | None:
    return Kind(code) if code else None
