"""What calendars answer to our invitations (iTIP: RFC 5546, 3.2.3 and 3.2.7)."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select, update

from domain.email.addresses import address_key
from store.meetings.meeting_alerts import MeetingAlert, alert_rep
from store.meetings.meeting_rows import MEETING, MeetingRow
from store.meetings.meetings import cancel_meeting
from store.outbox.lead_messages import message_task
from store.outbox.relay_messages import post_all
from store.routing.rep_cards import rep_card
from store.tables import Lead, Meeting


class InvitationAnswer(StrEnum):
    """What an answer to an invitation was taken for."""

    NOT_OURS = "not_ours"
    """No invitation of ours has this UID: read the mail as any other."""
    NOTED = "noted"
    """It changes nothing: accepted, tentative, of an earlier setting, or of one that is over."""
    CANCELLED = "cancelled"
    """The lead declined, and the meeting is called off."""
    TIME_PROPOSED = "time_proposed"
    """The lead asks for another time, and its owner has a task."""
    TOLD = "told"
    """Somebody must look at it: the meeting stays as it is, and its rep has an alert."""


def answer_invitation(
    connection: Connection,
    uid: str,
    attendee: str,
    *,
    partstat: str,
    proposed_at: datetime | None,
    now: datetime,
    sequence: int | None = None,
) -> InvitationAnswer:
    """Do what an attendee answered to one of our invitations. An answer is no reply and no
    interest, whatever the subject of its mail says.

    Args:
        uid: of the event, with what stands after its @.
        attendee: address of who answers, with or without ``mailto:``.
        partstat: ACCEPTED, DECLINED, TENTATIVE, DELEGATED or NEEDS-ACTION (RFC 5545, 3.2.12), in
            any case; '' if it is missing, as some leave it out of a COUNTER.
        proposed_at: journey time (UTC) of the start that a COUNTER proposes, else None.
        now: journey time, UTC.
        sequence: of the event that is answered; None if it is missing.
    """
    row = connection.execute(
        select(*MEETING, Lead.email_key)
        .join(Lead, Lead.id == Meeting.lead_id)
        .where(Meeting.uid == uid.strip().rpartition("@")[0])
        .with_for_update(of=Meeting)
    ).first()
    if row is None:
        return InvitationAnswer.NOT_OURS
    *columns, email_key = row
    meeting = MeetingRow(*columns)
    answer = partstat.strip().upper()
    of_earlier = sequence is not None and sequence < meeting.sequence
    if meeting.state != "booked" or of_earlier or _is_rep(connection, meeting, attendee):
        return InvitationAnswer.NOTED
    asks_for = proposed_at if proposed_at != meeting.starts_at else None
    if asks_for is None and answer not in ("DECLINED", "DELEGATED"):
        return InvitationAnswer.NOTED
    if answer == "DELEGATED" or _address(attendee) != email_key:
        return _tell(connection, meeting, MeetingAlert.ANSWERED, now)
    if asks_for is not None:
        return _propose(connection, meeting, asks_for)
    if not cancel_meeting(connection, meeting_id=meeting.id, at=now, by="lead"):
        # It has begun: the rep is asked how it went anyway, and should know this before.
        return _tell(connection, meeting, MeetingAlert.DECLINED, now)
    _tell(connection, meeting, MeetingAlert.DECLINED, now)
    return InvitationAnswer.CANCELLED


def _propose(connection: Connection, meeting: MeetingRow, at: datetime) -> InvitationAnswer:
    connection.execute(update(Meeting).where(Meeting.id == meeting.id).values(proposed_at=at))
    name = f"meeting-{meeting.id}-{meeting.attempt}-{at.timestamp():.0f}"
    post_all(connection, [message_task(meeting.lead_id, name, about=f"meeting-{meeting.id}")])
    return InvitationAnswer.TIME_PROPOSED


def _tell(
    connection: Connection, meeting: MeetingRow, kind: MeetingAlert, now: datetime
) -> InvitationAnswer:
    about = f"meeting-{meeting.id}-{meeting.attempt}"
    alert_rep(connection, kind, meeting.owner, lead_id=meeting.lead_id, about=about, at=now)
    return InvitationAnswer.TOLD


def _is_rep(connection: Connection, meeting: MeetingRow, attendee: str) -> bool:
    rep = rep_card(connection, meeting.owner)
    return rep is not None and _address(rep.email) == _address(attendee)


def _address(written: str) -> str:
    return address_key(re.sub(r"\Amailto:", "", written.strip(), flags=re.IGNORECASE))
