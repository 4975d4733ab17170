"""The tray: received mails of which a person must say what they are, or whose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import Connection, text

from domain.engagement.bounces import BounceMeaning, bounce_kind, bounce_meaning
from domain.names import full_name
from domain.refusals import Conflict
from domain.sentences import sentence
from store.access.users import is_colleague
from store.consent.consent import TroubleReport, opt_out, report_trouble
from store.mail.inbound import TROUBLE_OF, written_to
from store.mail.refused_mail import LATELY, RefusedMail
from store.mail.sending import record_refusals
from store.scoring.engagement import LeadActivity, record

SettledAs = Literal["reply", "opt_out", "automatic", "bounce", "nothing"]
SETTLED_AS: tuple[SettledAs, ...] = get_args(SettledAs)
"""What a received mail may turn out to be. ``nothing`` puts it away."""
_ENGAGEMENT_OF: dict[SettledAs, str] = {
    "reply": "reply",
    "opt_out": "unsubscribe",
    "automatic": "auto_reply",
}


@dataclass(frozen=True)
class ReceivedMail:
    """A received mail as a person reads it. Times are journey time, UTC.

    Attributes:
        kind, tray, doubt, status, partstat: as in ``store.tables.InboundMessage``.
        lead_id, lead: whose it is; None and '' while that is open.
        maybe_id, maybe: the lead whose it may be: the one who has the sender's address by now, or
            else the one whose mail it answers, or whom it reports on.
        away_until, later: days that its sender names.
        settled_as: what a person made of it, '' while nobody did.
    """

    id: int
    received_at: datetime
    kind: str
    tray: str
    doubt: str
    sender: str
    subject: str
    text: str
    status: str
    partstat: str
    meeting_uid: str
    lead_id: int | None
    lead: str
    maybe_id: int | None
    maybe: str
    away_until: date | None
    later: date | None
    settled_as: str
    settled_by: str
    settled_at: datetime | None


_MAILS = text(
    """
    SELECT mail.id, received_at, kind, tray, doubt, sender, subject, left(text, 4000) AS text,
        status, partstat, meeting_uid, away_until, later, settled_as, settled_by, settled_at,
        own.id AS own_id, own.first_name AS own_first, own.last_name AS own_last,
        own.email AS own_email,
        maybe.id AS maybe_id, maybe.first_name AS maybe_first, maybe.last_name AS maybe_last,
        maybe.email AS maybe_email
    FROM inbound_message AS mail
    LEFT JOIN lead AS own ON own.id = mail.lead_id
    LEFT JOIN lead AS sender_lead ON mail.lead_id IS NULL AND mail.sender_key <> ''
        AND sender_lead.id = coalesce(
            (SELECT id FROM lead WHERE email_key = mail.sender_key),
            (SELECT lead_id FROM lead_contact
                WHERE kind = 'email' AND value_key = mail.sender_key))
    LEFT JOIN lead AS maybe ON mail.lead_id IS NULL
        AND maybe.id = coalesce(sender_lead.id, mail.thread_lead_id)
    WHERE tray <> '' AND (cast(:waiting AS boolean) IS NULL OR (settled_at IS NULL) = :waiting)
        AND (cast(:id AS bigint) IS NULL OR mail.id = :id)
        AND (cast(:before AS bigint) IS NULL OR mail.id < :before)
        AND (cast(:team AS text) IS NULL OR coalesce(own.owner, maybe.owner) IN (
            SELECT code FROM rep WHERE rep.team = :team))
    ORDER BY mail.id DESC LIMIT :limit
    """
)


def received_mails(
    connection: Connection,
    *,
    waiting: bool = True,
    team: str | None = None,
    before: int | None = None,
    limit: int,
) -> list[ReceivedMail]:
    """The tray, the newest first.

    Args:
        waiting: those that nobody has settled; else those that somebody has.
        team: only mails that are, or may be, of this team's leads; None for all.
        before: the id of the last mail of the page before.
    """
    return _read(connection, waiting=waiting, id=None, team=team, before=before, limit=limit)


def received_mail(
    connection: Connection, mail_id: int, team: str | None = None
) -> ReceivedMail | None:
    """One mail of the tray, settled or not."""
    found = _read(connection, waiting=None, id=mail_id, team=team, before=None, limit=1)
    return found[0] if found else None


def _read(connection: Connection, **values: object) -> list[ReceivedMail]:
    return [
        ReceivedMail(
            id=row.id,
            received_at=row.received_at,
            kind=row.kind,
            tray=row.tray,
            doubt=row.doubt,
            sender=row.sender,
            subject=row.subject,
            text=row.text,
            status=row.status,
            partstat=row.partstat,
            meeting_uid=row.meeting_uid,
            lead_id=row.own_id,
            lead=full_name(row.own_first, row.own_last) or row.own_email if row.own_id else "",
            maybe_id=row.maybe_id,
            maybe=full_name(row.maybe_first, row.maybe_last) or row.maybe_email
            if row.maybe_id
            else "",
            away_until=row.away_until,
            later=row.later,
            settled_as=row.settled_as,
            settled_by=row.settled_by,
            settled_at=row.settled_at,
        )
        for row in connection.execute(_MAILS, values)
    ]


def assign_mail(connection: Connection, mail_id: int, lead_id: int) -> None:
    """Say whose a waiting mail is; what it is stays open.

    Raises:
        Conflict: there is none, or it is settled.
    """
    _lock(connection, mail_id)
    connection.execute(
        text("UPDATE inbound_message SET lead_id = :lead WHERE id = :id"),
        {"lead": lead_id, "id": mail_id},
    )


def settle_mail(
    connection: Connection, mail_id: int, settled_as: SettledAs, *, by: str, now: datetime
) -> None:
    """Say what a waiting mail is, and do what follows from that: a reply counts as of when it came,
    an opt-out stops its sender, known or not, unless it is a colleague, and the lead that it was
    assigned to.

    Args:
        by: who says so.
        now: journey time, UTC.

    Raises:
        Conflict: there is none, it is settled, or it is nobody's yet and must be somebody's.
    """
    mail = _lock(connection, mail_id)
    key = f"inbound:{mail.message_id}"
    email_key = connection.scalar(
        text("SELECT email_key FROM lead WHERE id = :lead"), {"lead": mail.lead_id}
    )
    if settled_as in ("reply", "bounce") and email_key is None:
        raise Conflict(sentence("Nobody knows whose this mail is: assign it to a lead first."))
    kind = _ENGAGEMENT_OF.get(settled_as, "")
    if settled_as == "opt_out":
        # Who forwards what a lead wrote asks for nothing.
        forwarded = email_key != mail.sender_key and is_colleague(connection, mail.sender_key)
        sender = "" if forwarded else mail.sender_key
        addresses = sorted({one for one in (sender, email_key) if one})
        if forwarded and not addresses:
            raise Conflict(
                sentence("A colleague sent this on: assign it to the lead that wants no more.")
            )
        if not addresses:
            raise Conflict(
                sentence("This mail has no sender: assign it to the lead that wants no more.")
            )
        for address in addresses:
            opt_out(connection, email_key=address, at=now, source="reply", evidence=key)
    meaning = None
    if settled_as == "bounce":
        meaning = bounce_meaning(mail.status, mail.diagnostic or mail.text)
        if kind := bounce_kind(meaning):
            report_trouble(connection, [TroubleReport(key, email_key, TROUBLE_OF[kind], now)])
    if kind and mail.lead_id is not None:
        happened = LeadActivity(key, kind, mail.received_at, lead_id=mail.lead_id)
        record(connection, [happened], now)
    if meaning is not None:
        _record_refusal(connection, mail, email_key, meaning, now)
    connection.execute(
        text(
            "UPDATE inbound_message SET settled_as = :settled, settled_by = :by, "
            "settled_at = :now WHERE id = :id"
        ),
        {"settled": settled_as, "by": by, "now": now, "id": mail_id},
    )


def _record_refusal(
    connection: Connection, mail: _Waiting, email_key: str, meaning: BounceMeaning, now: datetime
) -> None:
    """Have what came back lately count for whether sending must pause, with the latest mail to its
    recipient. What came back earlier tells nothing of now."""
    lead = written_to(connection, [email_key])
    if lead is not None and lead.touch is not None and mail.received_at > now - LATELY:
        refused = RefusedMail(
            f"inbound:{mail.message_id}",
            lead.touch.key,
            meaning,
            mail.status,
            mail.received_at,
            reported=True,
        )
        record_refusals(connection, lead.touch.channel, [refused], now)


@dataclass(frozen=True)
class _Waiting:
    """A waiting mail, its row locked."""

    message_id: str
    sender_key: str
    lead_id: int | None
    received_at: datetime
    status: str
    diagnostic: str
    text: str


def _lock(connection: Connection, mail_id: int) -> _Waiting:
    row = connection.execute(
        text(
            "SELECT message_id, sender_key, lead_id, received_at, status, diagnostic, text, "
            "settled_at, settled_by FROM inbound_message WHERE id = :id AND tray <> '' "
            "FOR NO KEY UPDATE"
        ),
        {"id": mail_id},
    ).first()
    if row is None:
        raise Conflict(sentence("There is no such mail in the tray."))
    if row.settled_at is not None:
        raise Conflict(sentence("{by} has settled this mail already.", by=row.settled_by))
    return _Waiting(*row[:7])
