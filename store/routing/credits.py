"""Turns that reps get back: a lead that did not come, or was none, is not counted as given."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, exists, insert, select, update

from domain.sales.team import TeamPolicy
from store.published.policies import version_of
from store.tables import Assignment, Meeting, RoutingCredit

BackFor = Literal["no_show", "returned"]

_MET = (
    exists()
    .where(
        Meeting.lead_id == Assignment.lead_id,
        Meeting.state == "held",
        Meeting.starts_at >= Assignment.at,
    )
    .label("met")
)


def give_turn_back(connection: Connection, lead_id: int, rep: str, why: BackFor) -> bool:
    """Give ``rep`` back the turn that this lead took, once for each time it took one and never for
    a lead that the rep has met.

    Whoever routes next counts it; before a new team was published is another count.

    Returns:
        Whether it took one that still counts.
    """
    taken = connection.execute(
        select(Assignment.id, Assignment.owner, Assignment.facts, _MET)
        .where(Assignment.lead_id == lead_id, Assignment.cause != "cover", Assignment.owner != "")
        .order_by(Assignment.id.desc())
        .limit(1)
    ).first()
    if taken is None or taken.owner != rep or taken.met or not taken.facts.get("turn"):
        return False
    given_back = connection.execute(
        update(Assignment)
        .where(Assignment.id == taken.id, Assignment.turn_back == "")
        .values(turn_back=why)
    )
    if not given_back.rowcount:
        return False
    if taken.facts.get("version") == version_of(connection, TeamPolicy.name()):
        connection.execute(insert(RoutingCredit).values(rep=rep, turns=1))
    return True


def count_turn_again(connection: Connection, lead_id: int) -> None:
    """Take back what a no-show gave back: the lead did come."""
    again = connection.execute(
        update(Assignment)
        .where(Assignment.lead_id == lead_id, Assignment.turn_back == "no_show")
        .values(turn_back="")
        .returning(Assignment.owner, Assignment.facts)
    ).all()
    version = version_of(connection, TeamPolicy.name())
    for one in again:
        if one.facts.get("version") == version:
            connection.execute(insert(RoutingCredit).values(rep=one.owner, turns=-1))
