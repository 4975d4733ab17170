"""What the report on money is made of: leads, MQLs and wins of some days with their origins, and
what was spent. Times are journey time, UTC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from domain.contracts.journey import Stage
from domain.contracts.journey_sales import OUTBOUND
from domain.figures.attribution import AttributionModel, MarketingTouch, credit, with_source
from domain.figures.money import Department, MoneyCounts, Origin, Win
from domain.figures.money_rows import SpendRow, name_of

_FROM_MQL = [Stage.MQL, Stage.SAL, Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER]

# Whatever came after the fact did not bring it about.
_FIRST_TOUCH = """
    LEFT JOIN LATERAL (
        SELECT source, campaign FROM campaign_touch
        WHERE campaign_touch.lead_id = unit.lead_id AND campaign_touch.at <= unit.at
        ORDER BY at, id LIMIT 1
    ) AS touch ON true
"""
_LEADS = text(
    f"""
    SELECT touch.source, touch.campaign, unit.own, 1 AS cycle, count(*) AS number
    FROM (SELECT id AS lead_id, source AS own, created_at AS at FROM lead
          WHERE created_at >= :begins AND created_at < :ends) AS unit {_FIRST_TOUCH}
    GROUP BY 1, 2, 3
    """
)
_MQLS = text(
    f"""
    SELECT touch.source, touch.campaign, unit.own, unit.cycle, count(*) AS number
    FROM (
        SELECT reached.lead_id, reached.cycle, reached.at, lead.source AS own
        FROM (
            SELECT lead_id, cycle, min(at) AS at FROM stage_transition
            WHERE to_stage = ANY(:stages) AND lead_id IN (
                SELECT lead_id FROM stage_transition
                WHERE to_stage = ANY(:stages) AND at >= :begins AND at < :ends)
            GROUP BY lead_id, cycle
        ) AS reached JOIN lead ON lead.id = reached.lead_id
        WHERE reached.at >= :begins AND reached.at < :ends
    ) AS unit {_FIRST_TOUCH}
    GROUP BY 1, 2, 3, 4
    """
)
_WINS = text(
    """
    SELECT opportunity.id, opportunity.amount, opportunity.currency, opportunity.opened_at,
        opportunity.closed_at, lead.created_at, lead.source AS own, entered.cycle, entered.stage,
        EXISTS (
            SELECT FROM stage_transition AS began WHERE began.lead_id = lead.id
                AND began.cycle = entered.cycle AND began.reason = :outbound
                AND began.at <= opportunity.opened_at
        ) AS outbound,
        ARRAY(
            SELECT jsonb_build_array(touch.at, touch.source, touch.campaign)
            FROM campaign_touch AS touch
            WHERE touch.lead_id = lead.id AND touch.at <= opportunity.opened_at
        ) AS touches
    FROM opportunity JOIN lead ON lead.id = opportunity.lead_id
    LEFT JOIN LATERAL (
        SELECT cycle, to_stage AS stage FROM stage_transition AS move
        WHERE move.lead_id = lead.id AND move.at <= opportunity.opened_at
        ORDER BY move.at DESC, move.id DESC LIMIT 1
    ) AS entered ON true
    WHERE opportunity.outcome = 'won'
        AND opportunity.closed_at >= :begins AND opportunity.closed_at < :ends
    ORDER BY opportunity.id
    """
)
_SPEND = text(
    """
    SELECT source, campaign, span, day, amount, currency FROM spend
    WHERE day >= date_trunc('month', cast(:begins AS date)) AND day < :ends
    """
)


def money_counts(
    connection: Connection,
    begins: date,
    ends: date,
    zone: ZoneInfo,
    model: AttributionModel,
) -> MoneyCounts:
    """What happened on the days from ``begins`` until before ``ends`` in the company's zone."""
    span = {
        "begins": datetime.combine(begins, datetime.min.time(), zone),
        "ends": datetime.combine(ends, datetime.min.time(), zone),
    }
    leads = _by_origin(connection.execute(_LEADS, span))
    reached = list(connection.execute(_MQLS, span | {"stages": _FROM_MQL}))
    wins = connection.execute(_WINS, span | {"outbound": OUTBOUND})
    spend = connection.execute(_SPEND, {"begins": begins, "ends": ends})
    return MoneyCounts(
        leads=leads,
        mqls=_by_origin(row for row in reached if row.cycle == 1),
        mqls_recycled=_by_origin(row for row in reached if row.cycle > 1),
        spend=[SpendRow(*row) for row in spend],
        wins=[_win(row, zone, model) for row in wins],
    )


def _by_origin(rows: Iterable[Row[Any]]) -> Mapping[Origin, int]:
    found: dict[Origin, int] = defaultdict(int)
    for row in rows:
        known = row.source is not None
        found[(row.source, row.campaign) if known else (name_of(row.own), "")] += row.number
    return found


def _win(row: Row[Any], zone: ZoneInfo, model: AttributionModel) -> Win:
    touches = [
        MarketingTouch(datetime.fromisoformat(at), source, campaign)
        for at, source, campaign in row.touches
    ]
    found = with_source(touches, row.created_at, name_of(row.own))
    # Of a history that was brought in later, the lead is younger here than what it bought.
    opened_at = max(row.opened_at, row.created_at)
    return Win(
        day=row.closed_at.astimezone(zone).date(),
        amount=row.amount,
        currency=row.currency,
        department=_department(row),
        recycled=(row.cycle or 1) > 1,
        credit=credit(found, model, created_at=row.created_at, opened_at=opened_at),
    )


def _department(row: Row[Any]) -> Department:
    if row.stage == Stage.CUSTOMER:
        return Department.CUSTOMER_SUCCESS
    return Department.SALES if row.outbound else Department.MARKETING
