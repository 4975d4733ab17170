"""Leads that are one person, or are not; and the accounts that leads belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from domain.access import Action
from domain.sentences import sentence
from services.access import changes, found, may_see, team_of
from services.context import Context
from store.access.api_tokens import Caller
from store.matching import account_matches, merges, merging, suspects
from store.matching.merges import Merge


@changes(Action.MERGE_LEADS, "POST /leads/{lead_id}/duplicates/{other_id}/dismiss")
def dismiss(context: Context, caller: Caller, lead_id: int, other_id: int) -> None:
    """Keep that two leads are not the same person: they are suspected no more.

    Raises:
        Missing: there is no such lead for this caller.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        may_see(connection, caller, other_id)
        suspects.dismiss(connection, lead_id, other_id, by=caller.by, now=context.clock.now())


@changes(Action.MERGE_LEADS, "POST /leads/{lead_id}/merge", keep=("other",))
def merge(
    context: Context,
    caller: Caller,
    lead_id: int,
    other: int,
    values: Mapping[str, int] | None = None,
) -> Merge:
    """Make another lead a part of this one, which goes on; the other's journey ends within seconds
    while a worker runs.

    Args:
        other: id of the lead that goes away.
        values: field → id of the lead whose value wins; of the rest the kept lead's does where it
            has one.

    Raises:
        Missing: there is no such lead for this caller.
        Invalid: a choice is none.
        Conflict: it is not possible as things stand; the sentence says what is.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        may_see(connection, caller, other)
        merge_id = merging.merge(
            connection,
            lead_id,
            other,
            dict(values or {}),
            by=caller.by,
            now=context.clock.now(),
        )
        return _merge(connection, merge_id)


@changes(Action.MERGE_LEADS, "POST /merges/{merge_id}/undo")
def undo(context: Context, caller: Caller, merge_id: int) -> Merge:
    """Have two leads again where a merge made one; what is restored is written in
    :func:`store.matching.merging.undo`.

    Raises:
        Missing: there is no such merge for this caller.
        Conflict: it was undone, is too old, or something that happened since makes it impossible.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, _merge(connection, merge_id).lead_id)
        merging.undo(connection, merge_id, by=caller.by, now=context.clock.now())
        return _merge(connection, merge_id)


def _merge(connection: Connection, merge_id: int) -> Merge:
    return found(
        merges.merge_with(connection, merge_id),
        sentence("There is no merge {merge}.", merge=merge_id),
    )


@dataclass(frozen=True)
class MatchedLeads:
    """The account that leads were given to, and how many."""

    account_id: int
    leads: int


@changes(Action.MATCH_ACCOUNTS, "POST /account-matches", keep=("domain", "account_id"))
def match_leads(
    context: Context,
    caller: Caller,
    domain: str,
    account_id: int | None = None,
    name: str = "",
) -> MatchedLeads:
    """Give the leads at a mail domain that have no account to one; an SDR those of the team.

    Args:
        account_id: of an account there is; None for the one called ``name``, which is made if
            there is none.

    Raises:
        Invalid: anybody has an address at the domain, or no account is named.
        Conflict: there is no such account.
    """
    with context.database.begin() as connection:
        account, leads = account_matches.match_leads(
            connection,
            domain.strip().lower(),
            account_id=account_id,
            name=name,
            team=team_of(caller),
            now=context.clock.now(),
        )
        return MatchedLeads(account, leads)
