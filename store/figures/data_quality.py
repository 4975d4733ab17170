"""What leads lack, as they are now."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from domain.contracts.journey import Stage
from domain.figures.data_quality import Lacking, QualityCount
from store.tables import IN_SALES_HANDS

LACKING: Mapping[str, str] = {
    Lacking.OWNER: "owner = ''",
    Lacking.COUNTRY: "country = ''",
    Lacking.TIME_ZONE: "time_zone_certainty = 0",
}
"""What a lead may lack → that it does, as an SQL condition on ``lead``."""
_LEADS = text(
    f"""
    SELECT source, count(*) AS leads,
        count(*) FILTER (WHERE {LACKING["owner"]}) AS without_owner,
        count(*) FILTER (WHERE {LACKING["owner"]} AND phase IN {IN_SALES_HANDS}) AS waiting,
        count(*) FILTER (WHERE {LACKING["country"]}) AS without_country,
        count(*) FILTER (WHERE {LACKING["time_zone"]}) AS without_time_zone
    FROM lead WHERE phase_reason <> 'erased'
        AND (cast(:team AS text) IS NULL
            OR owner IN (SELECT code FROM rep WHERE rep.team = :team)
            OR (:customers AND stage = :customer))
    GROUP BY source
    """
)


def quality_counts(
    connection: Connection, team: str | None, *, customers: bool = False
) -> list[QualityCount]:
    """All leads by source, as lists of leads count them.

    Args:
        team: only those of this team; None for all.
        customers: beside those of the team, customers of all.
    """
    seen = {"team": team, "customers": customers, "customer": Stage.CUSTOMER}
    return [QualityCount(*row) for row in connection.execute(_LEADS, seen)]
