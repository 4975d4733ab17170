"""Routing: every lead in sales' hands gets an owner, or waits in the unassigned queue.

Whoever routes holds one lock until the transaction ends, so that two leads never race for the
last place of a rep. Locks are taken in this order: tasks, leads, routing; work that somebody
else has locked is passed over, and the sales sweep fixes what that leaves behind.
Times are journey time, UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, text

from domain.contracts.journey import IN_SALES, EventCode, JourneyEvent, journey_id
from domain.refusals import Conflict
from domain.sales.assignments import NOTHING_ASKED, AssignmentFacts
from domain.sentences import sentence
from store.outbox.relay_messages import post
from store.routing.hand_overs import HandOver, notify_new_owner
from store.routing.meetings_handed_over import hand_meetings_over
from store.routing.nudges import end_nudges
from store.routing.roster import Roster, RoutedLead, lock_lead, open_roster, team_policy
from store.routing.unassigned import raise_at_once, raise_overdue, settle
from store.sla.due_times import TimedTask, start_anew
from store.sla.hot_leads import hand_alert_over
from store.sla.sla_recount import recount_leads
from store.tables import IN_SALES_HANDS, Assignment

Cause = Literal["routed", "absence", "sla", "reassigned"]


@dataclass(frozen=True)
class _Why:
    """Why a lead changes hands: the rule that named the owner, or who said so, and what it was
    decided by."""

    cause: str
    rule: str = ""
    by: str = ""
    facts: AssignmentFacts = NOTHING_ASKED


def assign(
    connection: Connection,
    lead_id: int,
    now: datetime,
    *,
    cause: Cause = "routed",
    by: str = "",
    promise: str = "",
    until: datetime | None = None,
) -> str:
    """Give a lead an owner: by the rules, to whoever's turn it is and has room.

    With cause ``routed`` the owner of before may keep the lead, with every other another takes it.
    Of several leads in one transaction, lock the rows of all first.

    Args:
        now: journey time, UTC.
        by: who says that the lead is to be ``reassigned``.
        promise: that of the SLA which was not kept, for the record.
        until: when the owner of before is back, for the record.

    Returns:
        The owner's code; '' when the lead waits in the unassigned queue. When no colleague can take
        a lead because of the SLA, the owner keeps it.

    Raises:
        LookupError: there is no such lead.
    """
    lead = lock_lead(connection, lead_id)
    if lead is None:
        raise LookupError(f"There is no lead {lead_id}.")
    roster = open_roster(connection, now)
    if roster is None:
        return lead.owner
    without = () if cause == "routed" else (lead.owner,)
    choice = roster.choose(lead, without=without)
    back = until.isoformat() if until else ""
    facts = replace(choice.facts, promise=promise, until=back)
    if choice.owner:
        roster.give(choice.owner)
        _hand_over(connection, lead, choice.owner, now, _Why(cause, choice.rule, by, facts))
    elif cause == "sla" and lead.owner:
        return lead.owner
    elif lead.owner or not _waits(connection, lead_id):
        why = _Why("unassigned", choice.rule, by, facts)
        assignment = _hand_over(connection, lead, "", now, why)
        raise_at_once(connection, roster.team, choice.teams, assignment, now)
    return choice.owner


def reassign(
    connection: Connection, lead_ids: Collection[int], to: str, by: str, now: datetime
) -> list[int]:
    """Give leads to a rep because somebody says so: all of them or, refused, none.

    Args:
        by: who says so.
        now: journey time, UTC.

    Returns:
        Those that have changed hands; the others were the rep's already.

    Raises:
        Conflict: there is no such rep or lead, the rep is away for now, or would have more
            open leads than the cap allows.
    """
    leads = _locked(connection, lead_ids)
    roster = open_roster(connection, now)
    moving = [lead for lead in leads if lead.owner != to]
    if moving:
        _refuse(connection, roster, to, moving, now)
    for lead in moving:
        _hand_over(connection, lead, to, now, _Why("reassigned", by=by))
    drain_unassigned(connection, now)
    return [lead.id for lead in moving]


def reassign_by_rules(
    connection: Connection, lead_ids: Collection[int], by: str, now: datetime
) -> dict[int, str]:
    """Take leads from their owners because somebody says so, and give each to the colleague whose
    turn it is.

    Args:
        by: who says so.
        now: journey time, UTC.

    Returns:
        Lead → its owner now; '' for one that waits in the unassigned queue.

    Raises:
        Conflict: there is no such lead, or no team is published.
    """
    leads = _locked(connection, lead_ids)
    if team_policy(connection) is None:
        raise Conflict(sentence("There are no rules yet: publish team.yaml."))
    owners = {
        lead.id: assign(connection, lead.id, now, cause="reassigned", by=by) for lead in leads
    }
    drain_unassigned(connection, now)
    return owners


def _locked(connection: Connection, lead_ids: Collection[int]) -> list[RoutedLead]:
    """The leads as routing sees them, locked."""
    leads = [lock_lead(connection, lead_id) for lead_id in sorted(set(lead_ids))]
    missing = sorted(set(lead_ids) - {lead.id for lead in leads if lead})
    if missing:
        raise Conflict(
            sentence(
                "There is no lead {leads}, so none was reassigned.",
                leads=[str(lead) for lead in missing],
            ),
            "leads",
        )
    return [lead for lead in leads if lead]


def drain_unassigned(connection: Connection, now: datetime) -> list[int]:
    """Give owners to those in the unassigned queue for whom there is room now.

    Args:
        now: journey time, UTC.

    Returns:
        The leads that have owners now.
    """
    if not is_anybody_waiting(connection):
        return []
    roster = open_roster(connection, now)
    if roster is None or not roster.has_room:
        return []
    served, still_waiting = [], []
    for lead in roster.waiting():
        choice = roster.choose(lead)
        if choice.owner:
            roster.give(choice.owner)
            why = _Why("routed", choice.rule, facts=choice.facts)
            _hand_over(connection, lead, choice.owner, now, why)
            served.append(lead.id)
        else:
            still_waiting.append(choice.teams)
    settle(connection, roster.team, still_waiting, now)
    return served


def cover(connection: Connection, tasks: Sequence[TimedTask], now: datetime, away: str) -> int:
    """Have colleagues do tasks of a rep who is back soon; the leads stay with their owners.

    Args:
        tasks: open tasks that the transaction has locked, their leads too.
        away: the rep.

    Returns:
        How many tasks have moved; those for whom nobody has room stay.
    """
    leads = {task.lead_id: lock_lead(connection, task.lead_id) for task in tasks}
    roster = open_roster(connection, now)
    moved = 0
    for task in tasks:
        lead = leads[task.lead_id]
        colleague = roster.choose(lead, without=(away,)).owner if roster and lead else ""
        if roster and colleague:
            roster.give_for_now(colleague)
            why = _Why("cover")
            assignment = _record(connection, task.lead_id, colleague, now, why, previous=away)
            told = HandOver(assignment, task.lead_id, colleague, why.cause)
            notify_new_owner(connection, told, [task], now)
            hand_alert_over(connection, task.lead_id, colleague, now)
            start_anew(connection, [task], colleague, now)
            recount_leads(connection, [task.lead_id], now)
            moved += 1
    return moved


def alert_about_unassigned(connection: Connection, now: datetime) -> int:
    """Alert people about leads that have waited too long, and call off alerts that are history.

    Returns:
        How many leads wait.
    """
    team = team_policy(connection)
    if team is None:
        return 0
    roster = open_roster(connection, now) if is_anybody_waiting(connection) else None
    if roster is None:
        settle(connection, team, [], now)
        return 0
    leads = roster.waiting()
    teams = {lead.id: roster.choose(lead).teams for lead in leads}
    last = connection.execute(
        text(
            "SELECT DISTINCT ON (lead_id) lead_id, id, at FROM assignment "
            "WHERE lead_id = ANY(cast(:leads AS bigint[])) AND cause = 'unassigned' "
            "ORDER BY lead_id, id DESC"
        ),
        {"leads": list(teams)},
    ).all()
    waiting = [(teams[row.lead_id], row.id, row.at) for row in sorted(last, key=lambda r: r.id)]
    raise_overdue(connection, team, waiting, now)
    settle(connection, team, list(teams.values()), now)
    return len(leads)


def realign_tasks(connection: Connection, now: datetime) -> int:
    """Give tasks that somebody held when their lead changed hands to the lead's owner.

    Returns:
        How many there were.
    """
    stray = connection.execute(
        text(
            """
            SELECT task.id, task.lead_id, task.due_in, lead.owner
            FROM task JOIN lead ON lead.id = task.lead_id
            JOIN LATERAL (
                SELECT id, owner, previous FROM assignment
                WHERE assignment.lead_id = lead.id AND cause <> 'cover' ORDER BY id DESC LIMIT 1
            ) AS last ON last.owner = lead.owner
            WHERE task.state = 'open' AND task.kind <> 'to_do' AND task.owner <> lead.owner
                AND task.owner IN ('', last.previous)
                AND NOT EXISTS (
                    SELECT FROM opportunity WHERE opportunity.id = task.opportunity_id
                        AND opportunity.owner = task.owner AND task.kind = 'opportunity')
                AND NOT EXISTS (
                    SELECT FROM assignment WHERE assignment.lead_id = lead.id AND cause = 'cover'
                        AND assignment.owner = task.owner AND assignment.id > last.id)
            FOR UPDATE OF task SKIP LOCKED
            """
        )
    ).all()
    for *task, owner in stray:
        start_anew(connection, [TimedTask(*task)], owner, now)
    return len(stray)


def is_anybody_waiting(connection: Connection) -> bool:
    """Whether the unassigned queue holds a lead."""
    found: bool = connection.execute(
        text(f"SELECT EXISTS (SELECT FROM lead WHERE owner = '' AND phase IN {IN_SALES_HANDS})")
    ).scalar_one()
    return found


def _waits(connection: Connection, lead_id: int) -> bool:
    """Whether the lead went into the queue before, and nobody has taken it since."""
    last = connection.execute(
        text("SELECT cause FROM assignment WHERE lead_id = :lead ORDER BY id DESC LIMIT 1"),
        {"lead": lead_id},
    ).scalar()
    return last == "unassigned"


def _refuse(
    connection: Connection,
    roster: Roster | None,
    to: str,
    leads: Sequence[RoutedLead],
    now: datetime,
) -> None:
    """Raise Conflict when the rep cannot take these."""
    team = team_policy(connection)
    rep = team.rep(to) if team else None
    if team is None or rep is None or roster is None:
        known = [one.code for one in team.reps] if team else sentence("none")
        manager = team is not None and any(one.code == to for one in team.managers)
        raise Conflict(
            sentence(
                "{rep} is a manager and takes no leads. The reps are {reps}.", rep=to, reps=known
            )
            if manager
            else sentence("There is no rep '{rep}'. The reps are {reps}.", rep=to, reps=known),
            "to",
        )
    away = connection.execute(
        text(
            "SELECT max(until) FROM absence WHERE rep = :rep AND begins_at <= :now AND until > :now"
        ),
        {"rep": to, "now": now},
    ).scalar()
    if away is not None:
        raise Conflict(
            sentence(
                "{rep} is away until {until:%Y-%m-%d %H:%M} UTC, and what is due would go to "
                "others at once. Choose another rep, or end the absence.",
                rep=to,
                until=away,
            ),
            "to",
        )
    more = sum(lead.phase in IN_SALES for lead in leads)
    has = roster.open_leads.get(to, 0)
    if has + more > rep.cap:
        raise Conflict(
            sentence(
                "{rep} has {has} open leads and a cap of {cap}, so {more} more are too many. "
                "Choose fewer leads or another rep, or raise the cap in team.yaml.",
                rep=to,
                has=has,
                cap=rep.cap,
                more=more,
            ),
            "to",
        )


_TAKE_OVER = text(
    "UPDATE opportunity SET owner = :owner WHERE id IN (SELECT id FROM opportunity "
    "WHERE lead_id = :lead AND outcome = '' AND owner = ANY(:before) FOR UPDATE SKIP LOCKED)"
)


def _hand_over(
    connection: Connection,
    lead: RoutedLead,
    owner: str,
    now: datetime,
    why: _Why,
) -> int:
    """Write a lead's owner ('' for the queue) with all that goes with the lead.

    Returns:
        The id of the assignment.
    """
    connection.execute(
        text("UPDATE lead SET owner = :owner, updated_at = :now WHERE id = :lead"),
        {"owner": owner, "now": now, "lead": lead.id},
    )
    assignment = _record(connection, lead.id, owner, now, why, previous=lead.owner)
    if owner == lead.owner:
        return assignment
    values = {"lead": lead.id, "before": [lead.owner, ""], "owner": owner}
    # What is locked is being done or closed; whoever does it may want this lead next.
    tasks = connection.execute(
        text(
            "SELECT id, lead_id, due_in FROM task WHERE lead_id = :lead "
            "AND state = 'open' AND owner = ANY(:before) ORDER BY id FOR UPDATE SKIP LOCKED"
        ),
        values,
    )
    moved = [TimedTask(*row) for row in tasks]
    hot = hand_alert_over(connection, lead.id, owner, now) is not None
    end_nudges(connection, lead.id, now)
    start_anew(connection, moved, owner, now)
    if owner and not hot:
        told = HandOver(assignment, lead.id, owner, why.cause, why.by)
        notify_new_owner(connection, told, moved, now)
    recount_leads(connection, [lead.id], now)
    hand_meetings_over(
        connection,
        lead_id=lead.id,
        phase=lead.phase,
        before=[lead.owner, ""],
        owner=owner,
        now=now,
    )
    connection.execute(_TAKE_OVER, values)
    if lead.phase in IN_SALES:
        post(
            connection,
            key=f"assigned:{assignment}",
            workflow_id=journey_id(lead.id),
            kind="signal",
            name="engagement",
            payload=asdict(JourneyEvent(EventCode.ASSIGNED, ref=assignment, reason=owner)),
        )
    return assignment


def _record(
    connection: Connection,
    lead_id: int,
    owner: str,
    now: datetime,
    why: _Why,
    *,
    previous: str,
) -> int:
    made: int = connection.execute(
        insert(Assignment)
        .values(
            lead_id=lead_id,
            owner=owner,
            previous=previous,
            cause=why.cause,
            rule=why.rule,
            by=why.by,
            facts=why.facts.kept(),
            at=now,
        )
        .returning(Assignment.id)
    ).scalar_one()
    return made
