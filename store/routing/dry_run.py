"""What another team policy would have done with the leads of the last month. Nothing is written.

Both policies, the one in force and the other, give the same leads in the order in which they came,
under the same assumptions; so what differs is due to the policies. Times are journey time, UTC.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.names import full_name
from domain.sales.routing import Candidate, assign, eligible
from domain.sales.team import TeamPolicy
from store.routing.lead_facts import FACT_COLUMNS, LeadTraits
from store.tables import IN_SALES_HANDS

PERIOD = timedelta(days=30)
"""How far back leads are tried."""
MOST_LEADS = 5000
"""How many are tried at most: the newest."""
LONGEST_SECONDS = 8.0
"""After so long no further lead is tried."""
MOST_EXAMPLES = 20
"""Leads that are named."""

_CAME = """
    FROM assignment WHERE at > :since AND at <= :now AND cause IN ('routed', 'unassigned')
"""
_COUNT = text(f"SELECT count(DISTINCT lead_id) {_CAME}")
# The first time in the period: what followed, such as somebody in the queue being served, is the
# same lead again.
_LEADS = text(
    f"""
    WITH came AS (
        SELECT * FROM (SELECT DISTINCT ON (lead_id) lead_id, at, previous {_CAME}
            ORDER BY lead_id, id) AS first
        ORDER BY at DESC, lead_id LIMIT :most)
    SELECT lead.id, came.at, came.previous, lead.account_id, {FACT_COLUMNS},
        lead.phase IN {IN_SALES_HANDS} AS is_open,
        coalesce(account.owner, '') AS account_owner,
        coalesce((
            SELECT other.owner FROM lead AS other
            WHERE other.account_id = lead.account_id AND other.owner <> ''
                AND other.phase IN {IN_SALES_HANDS} AND other.id NOT IN (SELECT lead_id FROM came)
            GROUP BY other.owner ORDER BY count(*) DESC, other.owner LIMIT 1
        ), '') AS colleagues_owner
    FROM came JOIN lead ON lead.id = came.lead_id LEFT JOIN account ON account.id = lead.account_id
    WHERE lead.phase_reason <> 'erased'
    ORDER BY came.at, lead.id
    """
)
_STANDING = text(
    f"""
    SELECT owner, count(*) AS leads FROM lead
    WHERE owner <> '' AND phase IN {IN_SALES_HANDS} AND id <> ALL(cast(:ids AS bigint[]))
    GROUP BY owner
    """
)


@dataclass(frozen=True)
class ShareOfRep:
    """How many of the leads a rep gets by the policy in force, and by the other."""

    rep: str
    before: int
    after: int


@dataclass(frozen=True)
class MovedLead:
    """A lead that another rep would have got; '' for nobody."""

    lead_id: int
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class RoutingDryRun:
    """What another team policy would have done with the leads that came to sales since ``since``.

    ``of`` came, ``leads`` of them were tried: the newest, and as many as there was time for.
    ``nobody_before`` and ``nobody_after`` would have had no rep; ``unserved`` are the first of
    those that the other policy would leave without, ``moved`` the first that would have gone to
    somebody else.
    """

    since: datetime
    of: int
    leads: int
    differ: int
    nobody_before: int
    nobody_after: int
    shares: tuple[ShareOfRep, ...]
    moved: tuple[MovedLead, ...]
    unserved: tuple[MovedLead, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Came(LeadTraits):
    id: int
    at: datetime
    previous: str
    account_id: int | None
    is_open: bool
    account_owner: str
    colleagues_owner: str


@dataclass
class _Tried:
    """One policy, as it gives one lead after the other: everybody is at work, and has room for what
    they have now and was not among these leads."""

    policy: TeamPolicy
    standing: Mapping[str, int]
    given: Counter[str] = field(default_factory=Counter)
    _candidates: dict[str, Candidate] = field(default_factory=dict)
    _of_accounts: dict[int, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._candidates = {
            rep.code: Candidate(rep.code, rep.weight, self.standing.get(rep.code, 0), rep.cap, 0)
            for rep in self.policy.reps
        }

    def give(self, lead: _Came) -> str:
        """Who gets the lead, '' for nobody."""
        colleagues = self._of_accounts.setdefault(lead.account_id or 0, Counter())
        with_colleagues = lead.colleagues_owner
        if lead.account_id and not with_colleagues and colleagues:
            with_colleagues = min(colleagues, key=lambda code: (-colleagues[code], code))
        first = lead.account_owner or lead.previous or with_colleagues
        groups = eligible(self.policy, lead.lead_facts(), lead.account_facts(), lead.at, first)
        owner = assign(groups, self._candidates) or ""
        self.given[owner] += 1
        if owner:
            one = self._candidates[owner]
            more = int(lead.is_open)
            self._candidates[owner] = replace(
                one, given=one.given + 1, open_leads=one.open_leads + more
            )
            colleagues[owner] += more
        return owner


def dry_run(
    connection: Connection, in_force: TeamPolicy, other: TeamPolicy, now: datetime
) -> RoutingDryRun:
    """What ``other`` would have done with the leads of the last month, compared with the policy
    that is in force."""
    since = now - PERIOD
    asked = {"since": since, "now": now}
    of = int(connection.scalar(_COUNT, asked) or 0)
    rows = connection.execute(_LEADS, asked | {"most": MOST_LEADS})
    came = [_Came(**row._mapping) for row in rows]
    standing = {
        row.owner: row.leads
        for row in connection.execute(_STANDING, {"ids": [one.id for one in came]})
    }
    before, after = _Tried(in_force, standing), _Tried(other, standing)
    given = _give_all(came, before, after)
    moved = [
        MovedLead(lead.id, full_name(lead.first_name, lead.last_name) or lead.email, had, gets)
        for lead, had, gets in given
        if had != gets
    ]
    unserved = [
        MovedLead(lead.id, full_name(lead.first_name, lead.last_name) or lead.email, had, "")
        for lead, had, gets in given
        if not gets
    ]
    codes = dict.fromkeys([*(r.code for r in other.reps), *(r.code for r in in_force.reps)])
    shares = [ShareOfRep(code, before.given[code], after.given[code]) for code in codes]
    return RoutingDryRun(
        since=since,
        of=of,
        leads=len(given),
        differ=len(moved),
        nobody_before=before.given[""],
        nobody_after=after.given[""],
        shares=tuple(one for one in shares if one.before or one.after or other.rep(one.rep)),
        moved=tuple(moved[:MOST_EXAMPLES]),
        unserved=tuple(unserved[:MOST_EXAMPLES]),
    )


def _give_all(came: Sequence[_Came], before: _Tried, after: _Tried) -> list[tuple[_Came, str, str]]:
    """Each lead with who gets it by either policy, as far as there is time."""
    ends, given = time.monotonic() + LONGEST_SECONDS, []
    for lead in came:
        if time.monotonic() > ends:
            break
        given.append((lead, before.give(lead), after.give(lead)))
    return given
