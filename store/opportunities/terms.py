"""What opportunities are worth and when they are expected to close, with what was said before.
Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from store.tables import Opportunity, OpportunityChange


class KnownTerms(NamedTuple):
    """What is known of the money of an opportunity."""

    amount: Decimal | None
    """None while nobody said."""
    currency: str
    """ISO 4217; '' without an amount."""
    expected_close: date | None


@dataclass(frozen=True)
class TermsChange:
    """What was said, by whom, and what it was before; ``at`` is journey time, UTC."""

    id: int
    opportunity_id: int
    amount_before: Decimal | None
    amount: Decimal | None
    currency_before: str
    currency: str
    expected_close_before: date | None
    expected_close: date | None
    by: str
    at: datetime


def terms_of(connection: Connection, opportunity_id: int) -> KnownTerms:
    """What is known now; it stays so until the end of the transaction."""
    row = connection.execute(
        select(Opportunity.amount, Opportunity.currency, Opportunity.expected_close)
        .where(Opportunity.id == opportunity_id)
        .with_for_update()
    ).one()
    return KnownTerms(*row)


def set_terms(
    connection: Connection, opportunity_id: int, terms: KnownTerms, *, by: str, at: datetime
) -> bool:
    """Say what an opportunity is worth and when it closes, and keep what was said before.

    Args:
        by: who says so.
        at: journey time, UTC.

    Returns:
        Whether that is something new.
    """
    before = terms_of(connection, opportunity_id)
    if before == terms:
        return False
    connection.execute(
        update(Opportunity).where(Opportunity.id == opportunity_id).values(**terms._asdict())
    )
    connection.execute(
        insert(OpportunityChange).values(
            opportunity_id=opportunity_id,
            **terms._asdict(),
            **{f"{name}_before": value for name, value in before._asdict().items()},
            by=by,
            at=at,
        )
    )
    return True


def changes_of(
    connection: Connection, opportunity_id: int, *, before: int | None = None, limit: int = 100
) -> Sequence[TermsChange]:
    """What was said of an opportunity, the newest first.

    Args:
        before: the last one of the page before; None for the first page.
    """
    query = select(*OpportunityChange.__table__.c).where(
        OpportunityChange.opportunity_id == opportunity_id
    )
    if before is not None:
        query = query.where(OpportunityChange.id < before)
    rows = connection.execute(query.order_by(OpportunityChange.id.desc()).limit(limit))
    return [TermsChange(**row._mapping) for row in rows]
