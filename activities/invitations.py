"""The calendar invitations that go with mails about a meeting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from temporalio.exceptions import ApplicationError

from activities.resources import Resources
from domain.contracts.journey import SendOne
from domain.email.message import CalendarPart
from domain.email.sender import RepCard, Sender
from domain.meetings.invitation import Invitation, uid_of
from domain.translations.translator import translator_for
from mail.meeting_mails import CALLS_OFF, INVITES, REMINDS
from mail.merge import greeted_as
from mail.senders import brand
from store.meetings.meeting_rows import MeetingDetails, mark_invited, start_to_announce
from store.routing.lead_facts import MailLead
from store.routing.rep_cards import rep_card


@dataclass(frozen=True)
class Invited:
    """The calendar part of a mail, the names of those who meet, and the rep (name, address) whose
    calendar gets it as well, with the language that the rep is written to in."""

    part: CalendarPart
    names: str
    rep: tuple[str, str] | None
    language: str


def invitation(
    resources: Resources,
    connection: Connection,
    lead: MailLead,
    about: MeetingDetails | None,
    *,
    template: str,
    language: str,
    key: str,
    sender: Sender | None,
    now: datetime,
) -> Invited | None:
    """What a mail about a meeting changes in calendars, None for nothing.

    A meeting booked through a calendar service is in them already, by that service; if an
    invitation of ours is too, from before it was booked there, that one is withdrawn.

    Args:
        about: the meeting; None for a mail about none.
        sender: the rep whom the mail is from, None for the company's own sender.
        language: of the mail; the entry is in the lead's own, if there are catalogs of it.
        key: the touch whose booking link the entry shows.
        now: journey time, UTC.
    """
    if about is None or template not in (INVITES, *CALLS_OFF):
        return None
    meeting = about.meeting
    elsewhere = bool(meeting.provider)
    cancelled = meeting.state == "cancelled" or elsewhere
    if elsewhere and not meeting.invited:
        return None
    if not elsewhere and cancelled != (template in CALLS_OFF):
        return None
    _ = translator_for(lead.language, language)
    link = "" if cancelled else resources.links.booking(key)
    if not cancelled and not mark_invited(connection, meeting):
        raise ApplicationError("The meeting has changed hands just now.", type="ChangedHands")
    # Called off before the new rep's invitation went out: calendars have the one of before.
    old = cancelled and not meeting.invited and bool(meeting.old_uid)
    return _invited(
        resources,
        lead,
        about,
        rep_card(connection, meeting.old_owner) if old else about.rep,
        uid=meeting.old_uid if old else meeting.uid,
        cancelled=cancelled,
        description=_("Move or cancel the meeting: {link}", link=link) if link else "",
        manage=link,
        comment="" if elsewhere else meeting.words,
        language=language,
        sender=sender,
        now=now,
    )


def withdrawal(
    resources: Resources,
    connection: Connection,
    lead: MailLead,
    about: MeetingDetails,
    *,
    language: str,
    sender: Sender | None,
    now: datetime,
) -> Invited:
    """What takes the entry of the rep of before out of calendars, after a meeting has changed
    hands.

    Args:
        language, sender, now: as in :func:`invitation`.
    """
    meeting = about.meeting
    card = rep_card(connection, meeting.old_owner)
    return _invited(
        resources,
        lead,
        about,
        card,
        uid=meeting.old_uid,
        cancelled=True,
        language=language,
        sender=sender,
        now=now,
    )


def _invited(
    resources: Resources,
    lead: MailLead,
    about: MeetingDetails,
    card: RepCard | None,
    *,
    uid: str,
    cancelled: bool,
    language: str,
    sender: Sender | None,
    now: datetime,
    description: str = "",
    manage: str = "",
    comment: str = "",
) -> Invited:
    """The entry of the rep with this card, or of the company for nobody's."""
    meeting, settings = about.meeting, resources.settings
    ours = brand(settings)
    # A rep without an address is written to at ours, by the own name.
    named = (card.name, card.email or ours.email) if card else None
    rep = named if card and card.email else None
    organizer = named or (ours.name, ours.email)
    _ = translator_for(lead.language, language)
    names = " / ".join(name for name in (greeted_as(lead), organizer[0]) if name)
    part = Invitation(
        uid=uid_of(uid, settings.email_from.rpartition("@")[2]),
        sequence=meeting.sequence,
        cancelled=cancelled,
        starts_at=meeting.starts_at,
        minutes=meeting.minutes,
        written_at=now,
        summary=_("Meeting: {names}", names=names),
        description=description,
        where=about.where,
        manage=manage,
        organizer=organizer,
        sent_by=(sender or ours).email,
        attendee=(greeted_as(lead), lead.email),
        host=rep,
        comment=comment,
    ).part()
    return Invited(part, names, rep, (card.language if card else "") or _.language)


def comes_too_late(connection: Connection, request: SendOne, now: datetime) -> bool:
    """Whether a mail that announces a meeting would come after its start: reported late, or held up
    by a server that was away. One that an earlier attempt has begun is finished all the same."""
    if request.template not in (INVITES, REMINDS):
        return False
    starts_at = start_to_announce(connection, request.meeting_id, request.key)
    return starts_at is not None and starts_at <= now
