"""How many leads of a file sales would get by what the file says of them, before it is imported."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from domain.contracts.journey import Stage
from domain.lead_files.preview import Preview
from domain.lead_files.row import LeadRow
from domain.rules.facts import reach_facts
from domain.scoring.fit import fit_of
from domain.scoring.policy import ScoringPolicy
from domain.scoring.standing import at_least, standing_of
from store.published.policies import PolicyMissing, policy
from store.scoring.sales_pace import waiting


@dataclass(frozen=True)
class ImportPace:
    """Of the first ``rows`` rows of a file ``ready`` would go to sales by what the file says.
    ``whole_file`` is how many of all its rows that comes to, exact for a file that has no more,
    ``hours`` when the last of them would go at ``per_hour``, those that wait already included."""

    rows: int
    ready: int
    whole_file: int
    per_hour: int
    hours: int


def import_pace(connection: Connection, found: Preview, lines: int, now: datetime) -> ImportPace:
    """What a file would hand over to sales. Interest that its leads have shown before is left out.

    Args:
        lines: of the whole file.
        now: journey time, UTC.
    """
    try:
        rules = policy(connection, ScoringPolicy)
    except PolicyMissing:
        return ImportPace(found.rows, 0, 0, 0, 0)
    ready = sum(_is_ready(rules, row, now) for row in found.leads)
    whole = ready
    if not found.whole and found.rows:
        whole = round(ready * max(lines, found.rows) / found.rows)
    per_hour = rules.backlog_per_hour
    before = waiting(connection, rules, now)
    hours = math.ceil((whole + before) / per_hour) if whole else 0
    return ImportPace(found.rows, ready, whole, per_hour, hours)


def _is_ready(rules: ScoringPolicy, row: LeadRow, now: datetime) -> bool:
    lead = {
        "first_name": row.first_name,
        "last_name": row.last_name,
        "title": row.title,
        "company": row.company,
        "country": row.country,
        "language": row.language or row.language_guess,
        "source": row.source,
        "stage": Stage.KNOWN,
        "attributes": row.attributes,
        **reach_facts(row.email, row.phone, opted_out=row.unsubscribed),
    }
    account = {"name": row.company, "domain": row.company_domain, "attributes": {}}
    letter = fit_of(rules, lead, account, now).letter
    return at_least(standing_of(rules, letter, 0).meaning, "mql")
