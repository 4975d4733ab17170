"""What a file of a CRM says of the money of opportunities: of the one that a lead has open."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from domain.money import checked_amount
from domain.refusals import Invalid
from store.opportunities.terms import KnownTerms, set_terms, terms_of

_SAID = text(
    """
    SELECT min(opportunity.id) AS id, import_row.beside->'terms' AS terms
    FROM import_row JOIN lead USING (email_key) JOIN opportunity ON opportunity.lead_id = lead.id
    WHERE import_row.beside ? 'terms' AND opportunity.outcome = ''
    GROUP BY lead.id, import_row.beside HAVING count(*) = 1 ORDER BY 1
    """
)


def import_terms(connection: Connection, own: str, *, by: str, at: datetime) -> int:
    """Set amount, currency and expected close of opportunities as the merged rows say; where a
    lead has several open, nobody can tell which is meant, and it stays.

    Args:
        own: the currency of amounts that name none.
        by: who says so.
        at: journey time, UTC.

    Returns:
        How many were changed.
    """
    changed = 0
    for row in connection.execute(_SAID).all():
        before, said = terms_of(connection, row.id), row.terms
        amount, currency = before.amount, before.currency
        if "amount" in said:
            currency = said.get("currency") or currency or own
            try:
                amount = checked_amount(Decimal(said["amount"]), currency)
            except Invalid:
                continue
        close = date.fromisoformat(said["close"]) if "close" in said else before.expected_close
        terms = KnownTerms(amount, currency, close)
        changed += set_terms(connection, row.id, terms, by=by, at=at)
    return changed
