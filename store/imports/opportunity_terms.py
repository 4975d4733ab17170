"""What a file of a CRM says of the money of opportunities: of the one that a lead has open."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from domain.money import checked_amount
from domain.refusals import Invalid
from domain.sentences import sentence
from store.imports.import_runs import RowWarning
from store.opportunities.terms import KnownTerms, set_terms, terms_of

_SAID = text(
    """
    SELECT min(opportunity.id) AS id, count(*) AS open, min(position) AS row,
        import_row.beside->'terms' AS terms
    FROM import_row JOIN lead USING (email_key) JOIN opportunity ON opportunity.lead_id = lead.id
    WHERE import_row.beside ? 'terms' AND opportunity.outcome = ''
    GROUP BY lead.id, import_row.beside ORDER BY row
    """
)


def import_terms(connection: Connection, own: str, *, by: str, at: datetime) -> list[RowWarning]:
    """Set amount, currency and expected close of opportunities as the merged rows say.

    Args:
        own: the currency of amounts that name none.
        by: who says so.
        at: journey time, UTC.

    Returns:
        What was not: where a lead has several open, nobody can tell which is meant, and it stays;
        so does the amount where the one of the file can't be one in its currency.
    """
    warnings = []
    for row in connection.execute(_SAID).all():
        if row.open > 1:
            why = sentence(
                "The lead has {number} open opportunities: nobody can tell which one is meant.",
                number=row.open,
            )
            warnings.append(RowWarning(row.row, why))
            continue
        before, said = terms_of(connection, row.id), row.terms
        amount, currency = before.amount, before.currency
        if "amount" in said:
            code = said.get("currency") or currency or own
            try:
                amount, currency = checked_amount(Decimal(said["amount"]), code), code
            except Invalid as refused:
                warnings.append(RowWarning(row.row, str(refused)))
        close = date.fromisoformat(said["close"]) if "close" in said else before.expected_close
        set_terms(connection, row.id, KnownTerms(amount, currency, close), by=by, at=at)
    return warnings
