"""The reps at work and whose turn it is, as they are while the routing lock is held. Times are
journey time, UTC."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, text

from crash_points import crash_point
from domain.sales.assignments import AssignmentFacts, First, what_it_read
from domain.sales.routing import Candidate, assign, considered, eligible, rule_for
from domain.sales.team import TeamPolicy, TeamRep
from store.published.policies import PolicyMissing, policy, version_of
from store.routing.lead_facts import FACT_COLUMNS, LeadTraits
from store.tables import IN_SALES_HANDS

ACCOUNT_OWNER = "account owner"
"""The rule of an assignment to the owner of the lead's account, or to the lead's own of before."""

# Taken after the lock on the lead's row: who holds it waits for no row of a lead or a task.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('routing'))")

_AT_WORK = text(
    """
    SELECT code FROM rep WHERE active AND present AND NOT manager AND NOT EXISTS (
        SELECT FROM absence
        WHERE absence.rep = rep.code AND begins_at <= :now AND until > :now)
    """
)

# Leads in sales' hands, and those that were routed but whose journey has not yet come there.
_OPEN_LEADS = text(
    f"""
    SELECT owner, count(*) AS leads FROM (
        SELECT id, owner FROM lead
        WHERE phase IN {IN_SALES_HANDS} AND owner <> ''
        UNION
        SELECT lead.id, lead.owner FROM assignment JOIN lead ON lead.id = assignment.lead_id
        WHERE assignment.at > cast(:now AS timestamptz) - interval '1 day'
            AND assignment.cause = 'routed' AND assignment.owner = lead.owner AND lead.owner <> ''
            AND lead.phase NOT IN {IN_SALES_HANDS}
            AND coalesce(lead.phase_since < assignment.at, true)
    ) AS open GROUP BY owner
    """
)

_FACTS = f"""
    SELECT lead.id, lead.owner, lead.phase, {FACT_COLUMNS},
        coalesce(account.owner, '') AS account_owner,
        coalesce((
            SELECT other.owner FROM lead AS other
            WHERE other.account_id = lead.account_id AND other.id <> lead.id AND other.owner <> ''
                AND other.phase IN {IN_SALES_HANDS}
            GROUP BY other.owner ORDER BY count(*) DESC, other.owner LIMIT 1
        ), '') AS colleagues_owner
    FROM lead LEFT JOIN account ON account.id = lead.account_id
"""
_ONE = text(f"{_FACTS} WHERE lead.id = :lead FOR UPDATE OF lead")
# The queue, the longest waiting first; a lead that is locked is just moving on.
_WAITING = text(
    f"""
    {_FACTS} WHERE lead.owner = '' AND lead.phase IN {IN_SALES_HANDS}
    ORDER BY lead.phase_since, lead.id FOR UPDATE OF lead SKIP LOCKED
    """
)
_SAVE_SHARE = text(
    "INSERT INTO routing_share (rep, given) VALUES (:rep, :given) "
    "ON CONFLICT (rep) DO UPDATE SET given = excluded.given"
)

_TAKE_CREDITS = text(
    # One that is being written counts the next time.
    "DELETE FROM routing_credit WHERE id IN (SELECT id FROM routing_credit "
    "WHERE rep = ANY(cast(:reps AS text[])) FOR UPDATE SKIP LOCKED) RETURNING rep, turns"
)


@dataclass(frozen=True)
class RoutingChoice:
    """Who takes a lead ('' for nobody), by which rule, the teams that might have, and what it was
    decided by."""

    owner: str
    rule: str
    teams: tuple[str, ...]
    facts: AssignmentFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedLead(LeadTraits):
    """A lead as routing sees it, its row locked; owners are codes of reps, '' for none.

    ``colleagues_owner`` has most of the leads of its account that are in sales' hands.
    """

    @property
    def first(self) -> tuple[str, First]:
        """Who is to be asked before the rules, and why."""
        if self.account_owner:
            return self.account_owner, "account"
        if self.owner:
            return self.owner, "lead"
        return self.colleagues_owner, "colleagues" if self.colleagues_owner else ""

    id: int
    owner: str
    phase: str
    account_owner: str
    colleagues_owner: str


class Roster:
    """Chooses reps while the transaction holds the routing lock; made by :func:`open_roster`."""

    def __init__(
        self,
        connection: Connection,
        team: TeamPolicy,
        at_work: dict[str, Candidate],
        open_leads: Mapping[str, int],
        now: datetime,
    ) -> None:
        self.team = team
        self._version = version_of(connection, TeamPolicy.name())
        self._now = now
        self.open_leads = open_leads
        """Open leads by rep, as they were when the lock was taken."""
        self._connection = connection
        self._at_work = at_work

    @property
    def has_room(self) -> bool:
        """Whether anybody at work may take a lead more."""
        return any(one.open_leads < one.cap for one in self._at_work.values())

    def choose(self, lead: RoutedLead, *, without: Collection[str] = ()) -> RoutingChoice:
        """Who takes the lead, ``without`` some; counted as given only by :meth:`give`."""
        facts, account = lead.lead_facts(), lead.account_facts()
        first, because = lead.first
        groups = eligible(self.team, facts, account, self._now, first)
        at_work = {code: one for code, one in self._at_work.items() if code not in without}
        owner = assign(groups, at_work) or ""
        rule = rule_for(self.team, facts, account, self._now)
        named, comes_first = rule.rule if rule else "", False
        if self.team.account_owner_first and owner and owner == first:
            named, comes_first = ACCOUNT_OWNER, True
        reps = [rep for group in groups for code in group if (rep := self.team.rep(code))]
        # Who never takes leads need not hear that nobody does.
        takers = [rep for rep in reps if rep.cap] or reps
        teams = dict.fromkeys(self.team.team_of(rep).team for rep in takers)
        decided_by = AssignmentFacts(
            version=self._version,
            condition=rule.condition if rule and rule.condition != "true" else "",
            knew=what_it_read(rule, {"lead": facts, "account": account}),
            first=because if comes_first else "",
            turn=bool(owner),
            considered=considered(groups, at_work, owner, without),
        )
        return RoutingChoice(owner, named, tuple(teams), decided_by)

    def give(self, owner: str) -> None:
        """Count a lead as given to a rep."""
        one = self._at_work[owner]
        counted = replace(one, given=one.given + 1, open_leads=one.open_leads + 1)
        self._at_work[owner] = counted
        self._connection.execute(_SAVE_SHARE, {"rep": owner, "given": counted.given})

    def give_for_now(self, owner: str) -> None:
        """Count a task as given to a rep, until the transaction ends."""
        one = self._at_work[owner]
        self._at_work[owner] = replace(one, given=one.given + 1)

    def waiting(self) -> list[RoutedLead]:
        """The leads in the unassigned queue, locked, the longest waiting first."""
        return [RoutedLead(**row._mapping) for row in self._connection.execute(_WAITING)]


def lock_lead(connection: Connection, lead_id: int) -> RoutedLead | None:
    """The lead as routing sees it, its row locked; before :func:`open_roster`."""
    row = connection.execute(_ONE, {"lead": lead_id}).first()
    return None if row is None else RoutedLead(**row._mapping)


def lock_routing(connection: Connection) -> None:
    """Take the routing lock until the end of the transaction."""
    connection.execute(_LOCK)
    crash_point("routing.locked")


def open_roster(connection: Connection, now: datetime) -> Roster | None:
    """Take the routing lock until the end of the transaction and look who is at work.

    Lock the rows of leads and tasks that the transaction needs before this: waiting for them
    while others wait for the routing lock would be a deadlock.

    Returns:
        None while no team is published.
    """
    team = team_policy(connection)
    if team is None:
        return None
    lock_routing(connection)
    working = set(connection.execute(_AT_WORK, {"now": now}).scalars())
    reps = [rep for rep in team.reps if rep.code in working]
    given = _shares(connection, team, reps)
    leads = {row.owner: row.leads for row in connection.execute(_OPEN_LEADS, {"now": now})}
    at_work = {
        rep.code: Candidate(rep.code, rep.weight, leads.get(rep.code, 0), rep.cap, given[rep.code])
        for rep in reps
    }
    return Roster(connection, team, at_work, leads, now)


def team_policy(connection: Connection) -> TeamPolicy | None:
    """The team as it was published last, None before the first time."""
    try:
        return policy(connection, TeamPolicy)
    except PolicyMissing:
        return None


def _shares(connection: Connection, team: TeamPolicy, reps: Sequence[TeamRep]) -> dict[str, int]:
    """How many leads each rep at work was given; who has come since begins level with the team."""
    rows = connection.execute(text("SELECT rep, given FROM routing_share"))
    before = {row.rep: row.given for row in rows}
    codes = {rep.code for rep in reps}
    if left := before.keys() - codes:
        connection.execute(
            text("DELETE FROM routing_share WHERE rep = ANY(:codes)"), {"codes": sorted(left)}
        )
    given = {code: count for code, count in before.items() if code in codes}
    for rep in reps:
        if rep.code not in before:
            peers = [
                before[one.code] / one.weight
                for one in reps
                if one.code in before and team.team_of(one) == team.team_of(rep)
            ]
            given[rep.code] = round(rep.weight * sum(peers) / len(peers)) if peers else 0
            connection.execute(_SAVE_SHARE, {"rep": rep.code, "given": given[rep.code]})
    return given | _counted(connection, given)


def _counted(connection: Connection, given: Mapping[str, int]) -> dict[str, int]:
    """Count the turns that reps at work got back since; their shares that are others now."""
    rows = connection.execute(_TAKE_CREDITS, {"reps": sorted(given)}).all()
    turns: dict[str, int] = {}
    for row in rows:
        turns[row.rep] = turns.get(row.rep, 0) + row.turns
    changed = {rep: max(0, given[rep] - back) for rep, back in turns.items()}
    for rep, left in changed.items():
        connection.execute(_SAVE_SHARE, {"rep": rep, "given": left})
    return changed
