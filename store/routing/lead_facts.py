"""Leads and their accounts as conditions read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from domain.rules.facts import reach_facts
from store.routing.rep_cards import card_columns

OPTED_OUT = """EXISTS (SELECT FROM suppression WHERE suppression.email_key = lead.email_key
        AND suppression.reason NOT IN ('bounced', 'soft_bounced')) AS opted_out"""
"""Whether the lead wants no mail; an address that does not exist says nothing of that."""
LEAD_COLUMNS = f"""lead.id, lead.email, lead.first_name, lead.last_name, lead.title, lead.country,
        lead.language, lead.time_zone, lead.source, lead.attributes, lead.stage,
        account.name AS company,
        {card_columns("lead.owner")} AS owner"""
"""What a :class:`MailLead` is made of, for a query over ``lead LEFT JOIN account``."""
FACT_COLUMNS = f"""
    lead.first_name, lead.last_name, lead.title, lead.country, lead.language, lead.source,
    lead.stage, lead.attributes, lead.email, lead.phone,
    {OPTED_OUT},
    coalesce(account.name, '') AS company, coalesce(account.domain, '') AS account_domain,
    coalesce(account.attributes, '{{}}') AS account_attributes
"""
"""What a :class:`LeadTraits` is made of, for a query over ``lead LEFT JOIN account``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLead:
    """A lead as mail is written to it; ``company`` and the card of the rep who owns it
    (for :func:`domain.email.sender.card_of`) are None for none."""

    id: int
    email: str
    first_name: str
    last_name: str
    title: str
    country: str
    language: str
    time_zone: str
    source: str
    attributes: Mapping[str, Any]
    stage: str
    company: str | None
    owner: Mapping[str, Any] | None


def mail_lead(connection: Connection, lead_id: int) -> MailLead | None:
    """One lead, or None."""
    row = connection.execute(
        text(
            f"SELECT {LEAD_COLUMNS} FROM lead LEFT JOIN account ON account.id = lead.account_id "
            "WHERE lead.id = :id"
        ),
        {"id": lead_id},
    ).first()
    return None if row is None else MailLead(**row._mapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTraits:
    """What is known of a lead and of its account."""

    first_name: str
    last_name: str
    title: str
    country: str
    language: str
    source: str
    stage: str
    attributes: Mapping[str, Any]
    email: str
    phone: str
    opted_out: bool
    company: str
    account_domain: str
    account_attributes: Mapping[str, Any]

    def lead_facts(self) -> dict[str, object]:
        """The lead as conditions read it."""
        fields = {name: getattr(self, name) for name in _FIELDS}
        return fields | reach_facts(self.email, self.phone, opted_out=self.opted_out)

    def account_facts(self) -> dict[str, object]:
        """The account as conditions read it."""
        return {
            "name": self.company,
            "domain": self.account_domain,
            "attributes": self.account_attributes,
        }


_FIELDS = (
    *("first_name", "last_name", "title", "company", "country", "language", "source"),
    *("stage", "attributes"),
)


def lead_traits(connection: Connection, lead_id: int) -> LeadTraits:
    """What is known of one lead and of its account."""
    row = connection.execute(
        text(
            f"SELECT {FACT_COLUMNS} FROM lead LEFT JOIN account ON account.id = lead.account_id "
            "WHERE lead.id = :lead"
        ),
        {"lead": lead_id},
    ).one()
    return LeadTraits(**row._mapping)
