"""Figures of what the others rest on: whether mail arrives, and what leads lack."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta

from domain.access import Action
from domain.figures.data_quality import MOST_PAIRS, QualityReport, quality_report
from domain.figures.deliverability import DeliverabilityReport, deliverability_report
from domain.figures.periods import period, today_in
from services.access import authorise, sees_customers, team_of
from services.context import Context
from store.access.api_tokens import Caller
from store.figures.data_quality import quality_counts
from store.figures.deliverability import mail_counts
from store.matching.suspects import suspicions

DEFAULT_PERIOD = timedelta(weeks=12)


def deliverability(
    context: Context, caller: Caller, begins: date | None = None, ends: date | None = None
) -> DeliverabilityReport:
    """What became of the mails that were sent in the period, by week and receiving domain; for an
    SDR those to the team's leads.

    Args:
        begins: first day, the company's; twelve weeks before ``ends`` when left out.
        ends: the day after the last one; tomorrow when left out.

    Raises:
        Forbidden: the caller may not read figures.
        Invalid: an empty period, or one in the future.
    """
    authorise(caller, Action.READ_FIGURES)
    time_zone, now = context.settings.company_time_zone, context.clock.now()
    first = (ends or today_in(time_zone, now) + timedelta(days=1)) - DEFAULT_PERIOD
    days = period(begins, ends, first=first, time_zone=time_zone, now=now)
    with context.database.connect() as connection:
        return deliverability_report(days, mail_counts(connection, days, team_of(caller)))


def data_quality(context: Context, caller: Caller) -> QualityReport:
    """What leads lack now, by source, and how many pairs may be one person; for an SDR of the
    team's leads, for customer success of all customers besides.

    Raises:
        Forbidden: the caller may not read figures.
    """
    authorise(caller, Action.READ_FIGURES)
    team = team_of(caller)
    with context.database.connect() as connection:
        counts = quality_counts(connection, team, customers=sees_customers(caller))
    with context.database.connect() as connection:
        pairs = suspicions(connection, team=team, limit=MOST_PAIRS + 1)
    return quality_report(counts, len(pairs))


def quality_rows(found: QualityReport) -> list[dict[str, object]]:
    """The report as a table: a row for all leads, and one for each source."""
    return [
        {**asdict(one), "duplicates": found.duplicates if one is found.whole else None}
        for one in (found.whole, *found.sources)
    ]
