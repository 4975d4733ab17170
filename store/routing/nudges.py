"""Nudges: a manager asks the owner of a lead to look at it. Times are journey time, UTC."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from domain.refusals import Conflict
from domain.sentences import sentence
from store.alerts import NewAlert, close_alerts, raise_alerts
from store.tables import Lead, Rep

NUDGE = "nudge"
"""The kind of the alert."""


def nudge(connection: Connection, lead_id: int, now: datetime) -> str:
    """Put a lead on the list of what its owner must hear of now.

    Returns:
        The owner's code.

    Raises:
        Conflict: nobody owns it, or its owner was nudged and has done nothing since.
    """
    owner, name = connection.execute(
        select(Lead.owner, Rep.name)
        .outerjoin(Rep, Rep.code == Lead.owner)
        .where(Lead.id == lead_id)
    ).one()
    if not owner:
        raise Conflict(sentence("Nobody owns this lead: give it to somebody instead."))
    alert = NewAlert(f"{NUDGE}:{lead_id}:{owner}", NUDGE, owner, now, lead_id)
    if not raise_alerts(connection, [alert], now, again=True):
        raise Conflict(
            sentence("{name} was nudged already and has done nothing since.", name=name or owner)
        )
    return str(owner)


def end_nudges(connection: Connection, lead_id: int, now: datetime) -> None:
    """Take the nudges about a lead off the lists: somebody did something, or it is another's."""
    close_alerts(connection, lead_id, [f"{NUDGE}:{lead_id}:"], now)
