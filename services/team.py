"""Who is at work, who is away, and who owns which lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.access import Action
from domain.refusals import Conflict, Forbidden, Invalid
from domain.sentences import sentence
from services.access import authorise, changes, found, may_see
from services.context import Context
from store import alerts
from store.access.api_tokens import Caller
from store.routing import nudges, presence, routing
from store.routing.hand_over_preview import HandOverPreview, preview
from store.routing.presence import RecordedAbsence

MOST = 1_000
"""Leads that change hands in one transaction."""


@changes(Action.REASSIGN, "POST /team/reassign", keep=("to", "leads"))
def reassign(context: Context, caller: Caller, leads: Sequence[int], to: str) -> list[int]:
    """Give leads to a rep, with their open tasks and booked meetings: all of them or none.

    Returns:
        Those that have changed hands; the others were the rep's already.

    Raises:
        Invalid: there are more than :data:`MOST`.
        Conflict: there is no such lead, or the rep can't take them.
    """
    refuse_too_many(leads)
    with context.database.begin() as connection:
        return routing.reassign(connection, leads, to, caller.by, context.clock.now())


@changes(Action.REASSIGN, "POST /team/reassign", keep=("leads",))
def reassign_by_rules(context: Context, caller: Caller, leads: Sequence[int]) -> Mapping[int, str]:
    """Take leads from their owners: each goes to the colleague whose turn it is, or waits in the
    unassigned queue.

    Returns:
        Lead → owner, '' for who waits.

    Raises:
        Invalid: there are more than :data:`MOST`.
        Conflict: there is no such lead, or there are no rules.
    """
    refuse_too_many(leads)
    with context.database.begin() as connection:
        return routing.reassign_by_rules(connection, leads, caller.by, context.clock.now())


@changes(Action.REASSIGN, "POST /leads/{lead_id}/nudge")
def nudge(context: Context, caller: Caller, lead_id: int) -> str:
    """Have the owner of a lead see, among what they must hear of now, that it waits for them.

    Returns:
        The owner's code.

    Raises:
        Missing: there is no such lead.
        Conflict: nobody owns it, or its owner was nudged and has done nothing since.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        return nudges.nudge(connection, lead_id, context.clock.now())


def look_at_reassigning(
    context: Context, caller: Caller, leads: Sequence[int], to: str
) -> list[HandOverPreview]:
    """Who would get what if leads were given to a rep, or ('') by the rules; nothing is changed. By
    the rules it may be another one's turn by the time that it is done.

    Raises:
        Invalid: there are more than :data:`MOST`.
        Conflict: it would be refused.
    """
    authorise(caller, Action.REASSIGN)
    refuse_too_many(leads)
    with context.database.connect() as connection:
        return preview(connection, leads, to, caller.by, context.clock.now())


@changes(Action.SET_PRESENCE, "PUT /team/{rep}/presence", keep=("present",))
def set_presence(context: Context, caller: Caller, rep: str, *, present: bool) -> list[int]:
    """Say whether a rep takes new leads; who comes back gets leads that wait.

    Returns:
        The leads of the unassigned queue that have owners now.

    Raises:
        Forbidden: it is another rep, and the caller an SDR.
        Conflict: there is no such rep.
    """
    own_rep_only(caller, rep)
    with context.database.begin() as connection:
        return presence.set_presence(connection, rep, present, context.clock.now())


@changes(Action.SET_PRESENCE, "POST /team/{rep}/absences", keep=("begins_at", "until"))
def note_absence(
    context: Context,
    caller: Caller,
    rep: str,
    *,
    begins_at: datetime | None,
    until: datetime,
    reason: str = "",
) -> RecordedAbsence:
    """Note a rep's time off; when it has begun, what is due moves to others at once.

    Args:
        begins_at: journey time, UTC; None for now.

    Raises:
        Forbidden: it is another rep, and the caller an SDR.
        Conflict: there is no such rep, or the time will not do.
    """
    own_rep_only(caller, rep)
    now = context.clock.now()
    with context.database.begin() as connection:
        return presence.record_absence(connection, rep, begins_at or now, until, now, reason=reason)


@changes(Action.SET_PRESENCE, "DELETE /team/{rep}/absences/current")
def end_absence(context: Context, caller: Caller, rep: str) -> list[int]:
    """Have a rep back now, or take back the next absence when none has begun.

    Returns:
        The leads of the unassigned queue that have owners now.

    Raises:
        Forbidden: it is another rep, and the caller an SDR.
        Conflict: there is no such rep or absence.
    """
    own_rep_only(caller, rep)
    with context.database.begin() as connection:
        return presence.end_absence(connection, rep, context.clock.now())


@changes(Action.COMPLETE_TASKS, "POST /team/alerts/{alert_id}/put-away")
def put_away(context: Context, caller: Caller, alert_id: int) -> None:
    """Take an alert off the list; an SDR an own one.

    Raises:
        Missing: it is not open, or another's.
        Conflict: it goes by itself.
    """
    owner = caller.rep if caller.of_one_team else None
    with context.database.begin() as connection:
        kind = found(
            alerts.kind_of_open(connection, alert_id, owner),
            sentence("There is no open alert {alert}.", alert=alert_id),
        )
        if not alerts.put_away(connection, [alert_id], context.clock.now()):
            raise Conflict(
                sentence(
                    "An alert of kind {alert} goes by itself, when its cause is gone.", alert=kind
                )
            )


def own_rep_only(caller: Caller, rep: str) -> None:
    """Whether the caller may act for this rep.

    Raises:
        Forbidden: it is another rep, and the caller an SDR.
    """
    if caller.of_one_team and caller.rep != rep:
        raise Forbidden(
            sentence("This token acts for {own}, not for {rep}.", own=caller.rep, rep=rep)
        )


def refuse_too_many(leads: Sequence[int]) -> None:
    """Whether so many leads may change hands at once: each locks its tasks and meetings.

    Raises:
        Invalid: there are more than :data:`MOST`.
    """
    if len(leads) > MOST:
        raise Invalid(
            sentence(
                "At most {most} leads change hands at once: choose fewer, or narrow the list.",
                most=f"{MOST:,}",
            ),
            "leads",
        )
