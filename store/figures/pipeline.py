"""What opportunities were worth at two times, by what was said of them since. Times are journey
time, UTC."""

from __future__ import annotations

from sqlalchemy import Connection, text

from domain.figures.periods import Period
from domain.figures.pipeline import OpportunityThen, TermsThen

# What was said last before a time; where nothing was yet, what the first change found; where
# nothing was ever changed, what is there.
_THEN = """
    LEFT JOIN LATERAL (
        SELECT change.amount, change.currency, change.expected_close
        FROM opportunity_change AS change
        WHERE change.opportunity_id = opportunity.id AND change.at < :{time}
        ORDER BY change.at DESC, change.id DESC LIMIT 1
    ) AS said_{time} ON true
    LEFT JOIN LATERAL (
        SELECT change.amount_before AS amount, change.currency_before AS currency,
            change.expected_close_before AS expected_close
        FROM opportunity_change AS change
        WHERE change.opportunity_id = opportunity.id AND change.at >= :{time}
        ORDER BY change.at, change.id LIMIT 1
    ) AS found_{time} ON true
"""
_TERMS = """
    CASE WHEN said_{time}.currency IS NOT NULL THEN said_{time}.{name}
        WHEN found_{time}.currency IS NOT NULL THEN found_{time}.{name}
        ELSE opportunity.{name} END
"""
_NAMES = ("amount", "currency", "expected_close")
_STANDINGS = text(
    f"""
    SELECT opportunity.opened_at < :start AS there,
        {", ".join(_TERMS.format(time="start", name=name) for name in _NAMES)},
        {", ".join(_TERMS.format(time="end", name=name) for name in _NAMES)},
        CASE WHEN closed_at < :end THEN outcome ELSE '' END
    FROM opportunity {_THEN.format(time="start")} {_THEN.format(time="end")}
    WHERE opened_at < :end AND (closed_at IS NULL OR closed_at >= :start)
    ORDER BY opportunity.id
    """
)


def standings(connection: Connection, period: Period) -> list[OpportunityThen]:
    """The opportunities that were open at some time of a period, at its beginning and its end."""
    rows = connection.execute(_STANDINGS, {"start": period.start, "end": period.end})
    return [
        OpportunityThen(TermsThen(*row[1:4]) if row.there else None, TermsThen(*row[4:7]), row[7])
        for row in rows
    ]
