"""Leads and their accounts as conditions read them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from domain.rules.facts import reach_facts

OPTED_OUT = """EXISTS (SELECT FROM suppression WHERE suppression.email_key = lead.email_key
        AND suppression.reason NOT IN ('bounced', 'soft_bounced')) AS opted_out"""
"""Whether the lead wants no mail; an address that does not exist says nothing of that."""
LEAD_COLUMNS = """lead.id, lead.email, lead.first_name, lead.last_name, lead.title, lead.country,
        lead.language, lead.time_zone, lead.source, lead.attributes, lead.stage,
        account.name AS company,
        (SELECT rep.name FROM rep WHERE rep.code = lead.owner) AS rep_name,
        (SELECT rep.email FROM rep WHERE rep.code = lead.owner) AS rep_email"""
"""What the merge fields of a mail are made of, for a query over ``lead LEFT JOIN account``."""
FACT_COLUMNS = f"""
    lead.first_name, lead.last_name, lead.title, lead.country, lead.language, lead.source,
    lead.stage, lead.attributes, lead.email, lead.phone,
    {OPTED_OUT},
    coalesce(account.name, '') AS company, coalesce(account.domain, '') AS account_domain,
    coalesce(account.attributes, '{{}}') AS account_attributes
"""
"""What the facts are made of, for a query over ``lead LEFT JOIN account``."""

_FIELDS = (
    *("first_name", "last_name", "title", "company", "country", "language", "source"),
    *("stage", "attributes"),
)


def facts_of_lead(row: Row[Any]) -> dict[str, Any]:
    """The lead of a row with :data:`FACT_COLUMNS`."""
    fields = {name: getattr(row, name) for name in _FIELDS}
    return fields | reach_facts(row.email, row.phone, opted_out=row.opted_out)


def facts_of_account(row: Row[Any]) -> dict[str, Any]:
    """The account of a row with :data:`FACT_COLUMNS`."""
    return {
        "name": row.company,
        "domain": row.account_domain,
        "attributes": row.account_attributes,
    }
