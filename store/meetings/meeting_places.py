"""Where a new setting belongs among a lead's appointments. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from domain.contracts.journey import ENDED, Phase
from store.meetings.meeting_rows import MEETING, MeetingRow
from store.tables import Meeting

SALE_OR_CUSTOMER = (Phase.OPPORTUNITY, Phase.CUSTOMER)
"""Phases that have something else to do than to see an appointment through."""
WON_BACK = ("no_show", "cancelled")
"""States from which a meeting may be set anew: the journey asks the lead for another time."""


@dataclass(frozen=True)
class MeetingSlot:
    """The row that a new setting goes to (None: one of its own), whether a workflow beside the
    journey sees it through, and the lead's other appointments that are still to come about."""

    row: MeetingRow | None
    beside: bool
    others: Sequence[MeetingRow]


def place_of(
    connection: Connection,
    *,
    lead_id: int,
    phase: str,
    cycle: int,
    at: datetime,
    here: bool,
    moves: int,
    by_journey: bool,
) -> MeetingSlot:
    """Where a new setting belongs.

    A booking at a calendar service moves what it is said to move and nothing else. One with us
    moves the appointment that the lead has with us. Without either it is the next try of the one
    that was missed or called off, as long as nothing else stands; or an appointment of its own.

    Args:
        phase, cycle: of the lead; the cycle that begins with the booking when its journey is over.
        at: journey time, UTC.
        here: whether it is booked with us.
        moves: id of the meeting that it moves, 0 when nobody said so.
        by_journey: whether the journey asks for it, and sees through what comes of it.
    """
    found = connection.execute(
        select(*MEETING).where(Meeting.lead_id == lead_id).order_by(Meeting.id.desc())
    )
    rows = [MeetingRow(*row) for row in found]
    standing = [row for row in rows if stands(row, phase, at)]
    row = next((one for one in rows if one.id == moves and _may_move(one, cycle)), None)
    if row is None and here:
        row = next((one for one in standing if not one.provider), None)
    if row is None and not standing and phase not in SALE_OR_CUSTOMER:
        own = next((one for one in rows if one.cycle == cycle and not one.beside), None)
        row = own if own is not None and own.state in WON_BACK else None
    if row is not None:
        beside = row.beside
    else:
        waits = bool(standing) and not by_journey
        beside = phase != ENDED and (waits or phase in SALE_OR_CUSTOMER)
    return MeetingSlot(row, beside, [one for one in standing if row is None or one.id != row.id])


def stands(row: MeetingRow, phase: str, at: datetime) -> bool:
    """Whether a meeting is still to come about, or the journey waits to hear how it went."""
    return row.state == "booked" and (
        row.ends_at > at or (phase == Phase.MEETING and not row.beside)
    )


def _may_move(row: MeetingRow, cycle: int) -> bool:
    again = row.state in WON_BACK and not row.beside and row.cycle == cycle
    return row.state == "booked" or again
