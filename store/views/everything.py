"""What is found by words wherever it is: people, companies, appointments, sales, cadences."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from domain.names import full_name
from store.meetings.meeting_lines import MeetingState
from store.published.policies import PolicyMissing
from store.tables import Account, CadenceVersion, Lead, Meeting, Opportunity, Rep
from store.views.account_page import FoundAccount, find_accounts
from store.views.lead_search import FoundLead, LeadFilter, find_leads

MOST = 6
"""Of each kind."""
OF_SO_MANY = 20
"""Leads and accounts whose appointments and sales are looked through."""


@dataclass(frozen=True)
class FoundMeeting:
    """An appointment that is booked with a lead that was found; journey time, UTC."""

    id: int
    lead_id: int
    lead: str
    starts_at: datetime


@dataclass(frozen=True)
class FoundOpportunity:
    """An opportunity with a lead or at an account that was found, or of such a name."""

    id: int
    lead_id: int
    name: str
    account: str
    stage: str
    outcome: str


@dataclass(frozen=True)
class Everything:
    """The first of each kind."""

    leads: Sequence[FoundLead]
    accounts: Sequence[FoundAccount]
    meetings: Sequence[FoundMeeting]
    opportunities: Sequence[FoundOpportunity]
    cadences: Sequence[str]


def find_everything(
    connection: Connection,
    now: datetime,
    search: str,
    team: str | None,
    *,
    customers: bool = False,
) -> Everything:
    """What the words are found in.

    Args:
        now: journey time, UTC.
        search: as ``LeadFilter.search``; what is blank finds nothing.
        team: only what this team sees; None for all.
        customers: beside its leads, customers of all teams.
    """
    if not search.strip():
        return Everything((), (), (), (), ())
    leads: list[FoundLead] = []
    with suppress(PolicyMissing):
        wanted = LeadFilter(search=search, team=team, customers=customers)
        leads = find_leads(connection, now, wanted, limit=OF_SO_MANY)
    accounts = find_accounts(connection, now, search=search, team=team, limit=OF_SO_MANY)
    people = {one.id: one.name for one in leads}
    return Everything(
        leads[:MOST],
        accounts[:MOST],
        _meetings(connection, people, now),
        _opportunities(connection, list(people), [one.id for one in accounts], team),
        _cadences(connection, search),
    )


def _meetings(connection: Connection, people: dict[int, str], now: datetime) -> list[FoundMeeting]:
    query = (
        select(Meeting.id, Meeting.lead_id, Meeting.starts_at)
        .where(
            Meeting.lead_id.in_(people),
            Meeting.state == MeetingState.BOOKED,
            Meeting.starts_at > now,
        )
        .order_by(Meeting.starts_at)
        .limit(MOST)
    )
    return [
        FoundMeeting(row.id, row.lead_id, people[row.lead_id], row.starts_at)
        for row in connection.execute(query)
    ]


def _opportunities(
    connection: Connection, people: Sequence[int], accounts: Sequence[int], team: str | None
) -> list[FoundOpportunity]:
    query = (
        select(
            Opportunity.id,
            Opportunity.lead_id,
            Opportunity.name,
            Opportunity.stage,
            Opportunity.outcome,
            Account.name.label("account"),
            Lead.first_name,
            Lead.last_name,
            Lead.email,
        )
        .join(Lead, Lead.id == Opportunity.lead_id)
        .outerjoin(Account, Account.id == Opportunity.account_id)
        .where(Opportunity.lead_id.in_(people) | Opportunity.account_id.in_(accounts))
        .order_by(Opportunity.outcome != "", Opportunity.id.desc())
        .limit(MOST)
    )
    if team is not None:
        query = query.where(Lead.owner.in_(select(Rep.code).where(Rep.team == team)))
    return [
        FoundOpportunity(
            row.id,
            row.lead_id,
            row.name or full_name(row.first_name, row.last_name) or row.email,
            row.account or "",
            row.stage,
            row.outcome,
        )
        for row in connection.execute(query)
    ]


def _cadences(connection: Connection, search: str) -> list[str]:
    words = search.casefold().split()
    query = select(CadenceVersion.name).distinct().order_by(CadenceVersion.name).limit(MOST)
    for word in words:
        query = query.where(CadenceVersion.name.icontains(word, autoescape=True))
    return list(connection.scalars(query))
