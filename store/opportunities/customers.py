"""Customers: who looks after them, and the dates on which they are talked to again. Times are
journey time, UTC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, insert, select, text, update

from domain.sales.customers import CustomerPolicy
from store.published.policies import PolicyMissing, policy
from store.tables import Assignment, Lead, Opportunity, Renewal


def care_policy(connection: Connection) -> CustomerPolicy | None:
    """What happens to customers; None before it is published."""
    try:
        return policy(connection, CustomerPolicy)
    except PolicyMissing:
        return None


@dataclass(frozen=True)
class WonOpportunity:
    """The opportunity that made a lead a customer; times are journey time, UTC."""

    id: int
    owner: str
    closed_at: datetime


def won_opportunity(connection: Connection, lead_id: int) -> WonOpportunity | None:
    """The opportunity that the lead won last; None for one that was moved here by hand."""
    row = connection.execute(
        select(Opportunity.id, Opportunity.owner, Opportunity.closed_at)
        .where(Opportunity.lead_id == lead_id, Opportunity.outcome == "won")
        .order_by(Opportunity.closed_at.desc(), Opportunity.id.desc())
        .limit(1)
    ).first()
    return WonOpportunity(**row._mapping) if row else None


def owner_of(connection: Connection, lead_id: int) -> str:
    """Code of who looks after a customer, '' for nobody."""
    owner: str = connection.execute(select(Lead.owner).where(Lead.id == lead_id)).scalar_one()
    return owner


def hand_over(connection: Connection, lead_id: int, to: str, at: datetime) -> str:
    """Give a customer to the rep or team ``to``; of a team, to who has the fewest customers.

    Returns:
        The owner's code; whoever it was before when ``to`` is '' or nobody.
    """
    owner: str = connection.execute(
        select(Lead.owner).where(Lead.id == lead_id).with_for_update()
    ).scalar_one()
    chosen: str | None = connection.execute(
        text(
            """
            SELECT rep.code FROM rep
            LEFT JOIN lead ON lead.owner = rep.code AND lead.phase = 'Customer'
            WHERE rep.active AND :to <> '' AND (rep.code = :to OR rep.team = :to)
            GROUP BY rep.code
            ORDER BY rep.code = :owner DESC, count(lead.id), rep.code LIMIT 1
            """
        ),
        {"to": to, "owner": owner},
    ).scalar()
    if chosen is None:
        return owner
    _assign(connection, lead_id, owner, chosen, cause="hand_over", at=at)
    return chosen


def end_care(connection: Connection, lead_id: int, at: datetime) -> None:
    """Give a customer that leaves back to who sold to it, or to nobody, and forget its dates."""
    opportunity = won_opportunity(connection, lead_id)
    owner: str = connection.execute(
        select(Lead.owner).where(Lead.id == lead_id).with_for_update()
    ).scalar_one()
    seller = connection.execute(
        text("SELECT code FROM rep WHERE active AND code = :code"),
        {"code": opportunity.owner if opportunity else ""},
    ).scalar()
    _assign(connection, lead_id, owner, seller or "", cause="churned", at=at)
    connection.execute(delete(Renewal).where(Renewal.lead_id == lead_id))


def mark_dates(
    connection: Connection,
    lead_id: int,
    opportunity_id: int | None,
    dates: Iterable[tuple[str, date]],
) -> None:
    """Note the dates that follow from an opportunity; those that are noted stay as they are."""
    for kind, on in dates:
        known = connection.execute(
            select(Renewal.id).where(
                Renewal.lead_id == lead_id,
                Renewal.kind == kind,
                Renewal.opportunity_id.is_not_distinct_from(opportunity_id),
            )
        ).first()
        if known is None:
            connection.execute(
                insert(Renewal).values(
                    lead_id=lead_id, opportunity_id=opportunity_id, kind=kind, on=on
                )
            )


@dataclass(frozen=True)
class DueDate:
    """A date on which a customer is talked to."""

    id: int
    kind: str
    on: date


def dates_of(connection: Connection, lead_id: int) -> list[DueDate]:
    """A customer's dates, the next first."""
    rows = connection.execute(
        select(Renewal.id, Renewal.kind, Renewal.on)
        .where(Renewal.lead_id == lead_id)
        .order_by(Renewal.on, Renewal.id)
    )
    return [DueDate(**row._mapping) for row in rows]


def date_of(connection: Connection, renewal_id: int) -> DueDate | None:
    """The date with this id, or None."""
    row = connection.execute(
        select(Renewal.id, Renewal.kind, Renewal.on).where(Renewal.id == renewal_id)
    ).first()
    return DueDate(**row._mapping) if row else None


def move_date(connection: Connection, renewal_id: int, on: date, to: date | None) -> None:
    """Move a date that was ``on`` this day on, or (``to`` None) forget it; once."""
    mine = (Renewal.id == renewal_id, Renewal.on == on)
    if to is None:
        connection.execute(delete(Renewal).where(*mine))
    else:
        connection.execute(update(Renewal).where(*mine).values(on=to))


def _assign(
    connection: Connection, lead_id: int, owner: str, to: str, *, cause: str, at: datetime
) -> None:
    if to == owner:
        return
    connection.execute(update(Lead).where(Lead.id == lead_id).values(owner=to, updated_at=at))
    connection.execute(
        insert(Assignment).values(lead_id=lead_id, owner=to, previous=owner, cause=cause, at=at)
    )
