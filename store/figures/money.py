"""What the report on money is made of: leads, MQLs and wins of some days with their origins, and
what was spent. Times are journey time, UTC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from domain.contracts.journey import Stage
from domain.contracts.journey_sales import OUTBOUND
from domain.figures.attribution import AttributionModel, MarketingTouch, credit, with_source
from domain.figures.money import Department, MoneyCounts, Origin, Win
from domain.figures.money_rows import SpendRow, name_of
from domain.figures.periods import Period

# Whatever came after the fact did not bring it about. Imported history is nobody's lead and has the
# origin that its file says.
_BY_ORIGIN = """
    SELECT touch.source, touch.campaign, unit.own, unit.own_campaign, unit.recycled,
        count(*) AS number
    FROM ({units}) AS unit
    LEFT JOIN LATERAL (
        SELECT source, campaign FROM campaign_touch
        WHERE campaign_touch.lead_id = unit.lead_id AND campaign_touch.at <= unit.at
        ORDER BY at, id LIMIT 1
    ) AS touch ON true
    WHERE unit.at >= :begins AND unit.at < :ends
    GROUP BY 1, 2, 3, 4, 5
"""
_LEADS = text(
    _BY_ORIGIN.format(
        units="""
        SELECT id AS lead_id, source AS own, '' AS own_campaign, created_at AS at,
            false AS recycled
        FROM lead
        UNION ALL
        SELECT NULL, source, campaign, known_at, false FROM funnel_unit WHERE lead_id IS NULL
        """
    )
)
_MQLS = text(
    _BY_ORIGIN.format(
        units="""
        SELECT lead.id AS lead_id, lead.source AS own, '' AS own_campaign, mql_at AS at,
            funnel_unit.cycle > 1 AS recycled
        FROM funnel_unit JOIN lead ON lead.id = funnel_unit.lead_id
        UNION ALL
        SELECT NULL, source, campaign, mql_at, false FROM funnel_unit WHERE lead_id IS NULL
        """
    )
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
_IMPORTED_WINS = text(
    """
    SELECT outcome_at, amount, currency, source, campaign FROM funnel_unit
    WHERE lead_id IS NULL AND outcome = 'won' AND outcome_at >= :begins AND outcome_at < :ends
    ORDER BY id
    """
)
_SPEND = text(
    """
    SELECT source, campaign, span, day, amount, currency FROM spend
    WHERE day >= date_trunc('month', cast(:begins AS date)) AND day < :ends
    """
)


def money_counts(connection: Connection, period: Period, model: AttributionModel) -> MoneyCounts:
    """What happened in a period; the facts of leads are those that were made last."""
    span = {"begins": period.start, "ends": period.end}
    zone = ZoneInfo(period.time_zone)
    reached = connection.execute(_MQLS, span).all()
    wins = connection.execute(_WINS, span | {"outbound": OUTBOUND})
    return MoneyCounts(
        leads=_by_origin(connection.execute(_LEADS, span)),
        mqls=_by_origin(row for row in reached if not row.recycled),
        mqls_recycled=_by_origin(row for row in reached if row.recycled),
        spend=spend_rows(connection, period),
        wins=[
            *(_win(row, zone, model) for row in wins),
            *(_imported_win(row, zone) for row in connection.execute(_IMPORTED_WINS, span)),
        ],
    )


def spend_rows(connection: Connection, period: Period) -> list[SpendRow]:
    """What was spent on the days of a period, and on its months as a whole."""
    days = {"begins": period.begins, "ends": period.ends}
    return [SpendRow(*row) for row in connection.execute(_SPEND, days)]


def _by_origin(rows: Iterable[Row[Any]]) -> Mapping[Origin, int]:
    found: dict[Origin, int] = defaultdict(int)
    for row in rows:
        known = row.source is not None
        own = (name_of(row.own), name_of(row.own_campaign))
        found[(row.source, row.campaign) if known else own] += row.number
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


def _imported_win(row: Row[Any], zone: ZoneInfo) -> Win:
    """What history says was won: it names one origin, and not who found it."""
    return Win(
        day=row.outcome_at.astimezone(zone).date(),
        amount=row.amount,
        currency=row.currency,
        department=Department.UNKNOWN,
        recycled=False,
        credit={(name_of(row.source), name_of(row.campaign)): Fraction(1)},
    )


def _department(row: Row[Any]) -> Department:
    if row.stage == Stage.CUSTOMER:
        return Department.CUSTOMER_SUCCESS
    return Department.SALES if row.outbound else Department.MARKETING
