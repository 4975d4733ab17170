"""Mails that came in: whose they are, and what follows from them.

Sender, thread and returned mail are weighed together. What somebody wants holds for them and for
nobody else: a mail from one lead in the thread of another is the sender's. What a mail server or a
provider reports is about the recipient of the mail that it returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.consent.policy import Trouble
from domain.engagement.bounces import bounce_kind
from domain.inbound.addresses import same_mailbox
from domain.inbound.invitations import AttendeeAnswer
from domain.inbound.verdict import Kind, MailVerdict
from domain.notifications.kinds import NotificationKind
from store.access.users import is_colleague
from store.alerts import all_managers
from store.consent.consent import TroubleReport, opt_out, report_trouble
from store.identities.merged_leads import LEAD_AT
from store.mail.refused_mail import RefusedMail
from store.mail.sending import record_refusals
from store.meetings.invitation_answers import InvitationAnswer, answer_invitation
from store.notifications.raised import NewNotification, notify
from store.scoring.engagement import LeadActivity, record

_ENGAGEMENT_OF: dict[Kind, str] = {
    "reply": "reply",
    "out_of_office": "auto_reply",
    "auto_reply": "auto_reply",
    "unsubscribe": "unsubscribe",
    "complaint": "complaint",
}
TROUBLE_OF: dict[str, Trouble] = {
    "bounce": "hard_bounce",
    "soft_bounce": "soft_bounce",
    "complaint": "complaint",
}
_OF_PEOPLE = ("reply", "unsubscribe", "meeting_answer", "unclear")
"""Kinds whose sender must be known: a program that answers is in the thread by itself."""

_IS = "coalesce(nullif(mail.settled_as, ''), mail.kind)"
"""SQL: what a mail is, as a person says or else as it was read."""

AWAY_UNTIL = f"""(
    SELECT CASE WHEN {_IS} <> 'reply' THEN away_until END FROM inbound_message AS mail
    WHERE mail.lead_id = lead.id AND ({_IS} = 'reply'
        OR (mail.away_until IS NOT NULL AND {_IS} IN ('out_of_office', 'automatic')))
    ORDER BY mail.received_at DESC, mail.id DESC LIMIT 1
)"""
"""SQL: the day on which a ``lead`` is back that said so, on its own calendar; NULL for one that has
not, or has written since."""

LATER = f"""(
    SELECT later FROM inbound_message AS mail WHERE mail.lead_id = lead.id AND {_IS} = 'reply'
    ORDER BY mail.received_at DESC, mail.id DESC LIMIT 1
)"""
"""SQL: the day from which a ``lead`` wants to hear from us again, as its last reply says."""


@dataclass(frozen=True)
class Inbound:
    """A mail that was received.

    Attributes:
        message_id: without angle brackets; makes the mail count once.
        answers: Message-IDs of the mails it answers or reports on, the likeliest first.
        sender_key: the sender's address, case-folded; '' if there is none.
        sender, subject, text: kept with the mail and nowhere else.
        at: journey time, UTC.
        concerns: keys of the addresses that a report is about, the surest first.
        diagnostic: what the server said of a mail that came back.
        by_mail_system: whether a mail server sent it, or somebody without an address.
    """

    message_id: str
    answers: Sequence[str]
    sender_key: str
    sender: str
    subject: str
    text: str
    verdict: MailVerdict
    at: datetime
    concerns: Sequence[str] = ()
    diagnostic: str = ""
    by_mail_system: bool = False


@dataclass(frozen=True)
class SentTouch:
    """A touch, and the channel that it went out by."""

    id: int
    key: str
    channel: str


@dataclass(frozen=True)
class LeadOf:
    """A lead, and the touch of its that the mail is about, if it is about one."""

    lead_id: int
    email_key: str
    touch: SentTouch | None = None

    @property
    def touch_id(self) -> int | None:
        """Of that touch."""
        return self.touch.id if self.touch else None


@dataclass(frozen=True)
class _Whose:
    """Whose mail it is (None: nobody's we know), and the lead in whose thread it is, or whom a
    report names that proves nothing. A colleague's is nobody's: what a rep writes to a lead comes
    in as well when it answers all."""

    lead: LeadOf | None
    thread: LeadOf | None
    by_colleague: bool = False


def receive_mail(connection: Connection, mail: Inbound) -> bool:
    """Keep a mail with its lead and touch, and do what it asks for or reports. What is unclear, or
    somebody's whom we don't know, waits in the tray for a person.

    A mail from somebody we don't know is kept without a lead, for
    :data:`store.retention.UNKNOWN_MAIL`.

    Returns:
        Whether it was new.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    whose = _reported(connection, mail) if mail.verdict.reported else _sent(connection, mail)
    if not _keep(connection, mail, whose):
        return False
    key = f"inbound:{mail.message_id}"
    if mail.verdict.kind == "unsubscribe" and not whose.by_colleague:
        for address in _who_stops(mail, whose):
            opt_out(connection, email_key=address, at=mail.at, source="reply", evidence=key)
    if mail.verdict.answer is not None:
        _answer_invitation(connection, mail, mail.verdict.answer)
    if whose.lead is not None:
        _count(connection, mail, whose.lead, key)
    return True


def _count(connection: Connection, mail: Inbound, lead: LeadOf, key: str) -> None:
    """Do what follows from the mail for its lead. One that comes back for reasons of ours says
    nothing of the lead, but pauses sending like one that is refused at once."""
    verdict = mail.verdict
    if kind := _engagement(verdict):
        if trouble := TROUBLE_OF.get(kind):
            report_trouble(connection, [TroubleReport(key, lead.email_key, trouble, mail.at)])
        detail = {"meaning": verdict.meaning} if verdict.meaning is not None else {}
        happened = LeadActivity(
            key, kind, mail.at, lead_id=lead.lead_id, touch_id=lead.touch_id, detail=detail
        )
        record(connection, [happened], mail.at)
    if verdict.meaning is not None and lead.touch is not None:
        refused = RefusedMail(
            key, lead.touch.key, verdict.meaning, verdict.status, mail.at, reported=True
        )
        record_refusals(connection, lead.touch.channel, [refused], mail.at)


def _answer_invitation(connection: Connection, mail: Inbound, answer: AttendeeAnswer) -> None:
    """Do what a calendar answered; only what is about no invitation of ours is left to a person."""
    done = answer_invitation(
        connection,
        answer.uid,
        mail.sender_key,
        partstat="" if answer.partstat == "COUNTER" else answer.partstat,
        proposed_at=answer.proposed_at,
        now=mail.at,
        sequence=answer.sequence,
    )
    unread = answer.partstat == "COUNTER" and answer.proposed_at is None
    if done is not InvitationAnswer.NOT_OURS and not unread:
        connection.execute(
            text("UPDATE inbound_message SET tray = '' WHERE message_id = :id"),
            {"id": mail.message_id},
        )


def _engagement(verdict: MailVerdict) -> str:
    """The kind of engagement that a mail is by itself, '' for one that a person must look at."""
    if verdict.meaning is not None:
        return bounce_kind(verdict.meaning)
    if verdict.answer is not None:
        return "auto_reply" if verdict.answer.partstat == "ACCEPTED" else ""
    return _ENGAGEMENT_OF.get(verdict.kind, "")


def _sent(connection: Connection, mail: Inbound) -> _Whose:
    """Of a mail that somebody wrote: the sender's, whatever it answers. A stranger's stays one,
    unless a program answered for whoever got our mail."""
    thread = _thread_of(connection, mail.answers)
    sender = _lead_with(connection, mail.sender_key)
    if sender is not None:
        same = thread is not None and thread.lead_id == sender.lead_id
        return _Whose(thread if same else sender, thread)
    if is_colleague(connection, mail.sender_key):
        return _Whose(None, thread, by_colleague=True)
    if thread is None:
        return _Whose(None, None)
    known = mail.verdict.kind not in _OF_PEOPLE or same_mailbox(mail.sender_key, thread.email_key)
    return _Whose(thread if known else None, thread)


def _reported(connection: Connection, mail: Inbound) -> _Whose:
    """Of a mail that a server or a provider reports on: its recipient's. Our Message-ID proves it;
    an address alone does if it is one that we wrote to, and a mail system says so: else anybody
    could end mail to anybody."""
    if lead := _thread_of(connection, mail.answers):
        return _Whose(lead, None)
    named = written_to(connection, mail.concerns)
    return _Whose(named, None) if mail.by_mail_system else _Whose(None, named)


def _who_stops(mail: Inbound, whose: _Whose) -> list[str]:
    """Addresses that want no more mail: the sender's, known or not, and the one of the lead that it
    is."""
    lead = whose.lead.email_key if whose.lead else ""
    sender = "" if mail.verdict.reported else mail.sender_key
    return sorted({address for address in (sender, lead) if address})


def _thread_of(connection: Connection, answers: Sequence[str]) -> LeadOf | None:
    row = connection.execute(
        text(
            """
            SELECT lead.id, lead.email_key, touch.id AS touch_id, key, channel
            FROM unnest(cast(:ids AS text[])) WITH ORDINALITY AS answered (message_id, place)
            JOIN touch USING (message_id) JOIN lead ON lead.id = touch.lead_id
            ORDER BY answered.place, touch.id DESC LIMIT 1
            """
        ),
        {"ids": [one for one in answers if one]},
    ).first()
    return None if row is None else _with_touch(row)


def _with_touch(row: Row[Any]) -> LeadOf:
    return LeadOf(row.id, row.email_key, SentTouch(row.touch_id, row.key, row.channel))


def _lead_with(connection: Connection, email_key: str) -> LeadOf | None:
    row = connection.execute(
        text(f"SELECT id, email_key FROM lead WHERE id = {LEAD_AT} AND :email <> ''"),
        {"email": email_key},
    ).first()
    return None if row is None else LeadOf(row.id, row.email_key)


def written_to(connection: Connection, addresses: Sequence[str]) -> LeadOf | None:
    """The first of these addresses that is a lead's to whom mail went out, with the latest."""
    row = connection.execute(
        text(
            """
            SELECT lead.id, lead.email_key, sent.id AS touch_id, key, channel
            FROM unnest(cast(:keys AS text[])) WITH ORDINALITY AS told (email_key, place)
            JOIN lead ON lead.id = coalesce(
                (SELECT id FROM lead WHERE email_key = told.email_key),
                (SELECT lead_id FROM lead_contact
                    WHERE kind = 'email' AND value_key = told.email_key))
            JOIN LATERAL (
                SELECT id, key, channel FROM touch WHERE lead_id = lead.id
                    AND state IN ('sending', 'sent', 'unknown') ORDER BY id DESC LIMIT 1
            ) AS sent ON true
            ORDER BY told.place LIMIT 1
            """
        ),
        {"keys": list(addresses)},
    ).first()
    return None if row is None else _with_touch(row)


def _tray(verdict: MailVerdict, whose: _Whose) -> str:
    """Why a person must look at the mail, '' when nobody need."""
    if whose.by_colleague and verdict.kind != "unsubscribe":
        return ""
    if verdict.kind == "unclear":
        return "unclear"
    if verdict.answer is not None and verdict.answer.partstat != "ACCEPTED":
        return "meeting"
    if whose.lead is not None:
        return ""
    if verdict.kind in ("reply", "bounce", "complaint") or verdict.reported:
        return "unmatched"
    # The stranger gets no more mail; whether the lead wants none either is to be seen. A colleague
    # forwards what a lead wrote.
    return "unmatched" if verdict.kind == "unsubscribe" and whose.thread is not None else ""


_KEEP = text(
    """
    INSERT INTO inbound_message
        (message_id, lead_id, touch_id, thread_lead_id, kind, sender, sender_key, subject, text,
         received_at, tray, doubt, status, diagnostic, meeting_uid, partstat, away_until, later)
    VALUES (:message_id, :lead, :touch, :thread, :kind, :sender, :sender_key, :subject, :text,
        :at, :tray, :doubt, :status, :diagnostic, :uid, :partstat, :away_until, :later)
    ON CONFLICT (message_id) DO NOTHING RETURNING id
    """
)


def _keep(connection: Connection, mail: Inbound, whose: _Whose) -> bool:
    verdict, lead, thread = mail.verdict, whose.lead, whose.thread
    others = thread is not None and (lead is None or lead.lead_id != thread.lead_id)
    stored = connection.execute(
        _KEEP,
        {
            "message_id": mail.message_id,
            "lead": lead.lead_id if lead else None,
            "touch": lead.touch_id if lead else None,
            "thread": thread.lead_id if thread and others else None,
            "kind": verdict.kind,
            "sender": mail.sender,
            "sender_key": mail.sender_key,
            "subject": mail.subject,
            "text": mail.text,
            "at": mail.at,
            "tray": _tray(verdict, whose),
            "doubt": verdict.doubt,
            "status": verdict.status,
            "diagnostic": mail.diagnostic[:2000],
            "uid": verdict.answer.uid if verdict.answer else "",
            "partstat": verdict.answer.partstat if verdict.answer else "",
            "away_until": verdict.away_until,
            "later": verdict.later,
        },
    ).first()
    if stored is not None and _tray(verdict, whose):
        _notify(connection, stored.id, lead or thread, mail.at)
    return stored is not None


def _notify(connection: Connection, mail_id: int, whose: LeadOf | None, at: datetime) -> None:
    """Tell the owner of the lead it may be from, else those who see all mail, that a person must
    look at it."""
    lead_id = whose.lead_id if whose else None
    owner = connection.scalar(text("SELECT owner FROM lead WHERE id = :lead"), {"lead": lead_id})
    people = [owner] if owner else all_managers(connection) or [""]
    told = [
        NewNotification(
            f"received-{mail_id}-{person}", NotificationKind.RECEIVED_MAIL, person, lead_id=lead_id
        )
        for person in people
    ]
    notify(connection, told, at)
