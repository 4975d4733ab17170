"""Mails that came back: whose they are, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.engagement.replies import Kind, Verdict
from store.consent import TroubleReport, opt_out, report_trouble
from store.engagement import Happened, record

_ENGAGEMENT_OF: dict[Kind, str] = {
    "reply": "reply",
    "out_of_office": "auto_reply",
    "auto_reply": "auto_reply",
    "unsubscribe": "unsubscribe",
}


@dataclass(frozen=True)
class Inbound:
    """A mail that was received.

    Attributes:
        message_id: without angle brackets; makes the mail count once.
        answers: Message-IDs of the mails it answers or reports on, the likeliest first.
        sender_key: the sender's address, case-folded; '' if there is none.
        sender, subject, text: kept with the mail and nowhere else.
        at: journey time, UTC.
    """

    message_id: str
    answers: Sequence[str]
    sender_key: str
    sender: str
    subject: str
    text: str
    verdict: Verdict
    at: datetime


@dataclass(frozen=True)
class _Thread:
    lead_id: int
    email_key: str
    touch_id: int | None


def take_inbound(connection: Connection, mail: Inbound) -> bool:
    """Keep a mail with its lead and touch, and do what it asks for or reports.

    A mail from somebody we don't know is kept without a lead, for
    :data:`store.retention.UNKNOWN_MAIL`.

    Returns:
        Whether it was new.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    thread = _thread_of(connection, mail)
    if not _keep(connection, mail, thread):
        return False
    key = f"inbound:{mail.message_id}"
    if mail.verdict.kind == "unsubscribe":
        address = thread.email_key if thread else mail.sender_key
        if address:
            opt_out(connection, email_key=address, at=mail.at, source="reply", evidence=key)
    if thread is None:
        return True
    kind = _ENGAGEMENT_OF.get(mail.verdict.kind, "bounce" if mail.verdict.hard else "soft_bounce")
    if mail.verdict.kind == "bounce":
        trouble = TroubleReport(
            key, thread.email_key, "hard_bounce" if mail.verdict.hard else "soft_bounce", mail.at
        )
        report_trouble(connection, [trouble])
    happened = Happened(
        key, kind, mail.at, lead_id=thread.lead_id, touch_id=thread.touch_id, detail={}
    )
    record(connection, [happened], mail.at)
    return True


def _thread_of(connection: Connection, mail: Inbound) -> _Thread | None:
    """The touch it answers and that touch's lead, or else the lead with the sender's address.

    A bounce comes from a mail server, so only the mail that it returns says whose it is.
    """
    row = connection.execute(
        text(
            """
            SELECT lead.id, lead.email_key, touch.id AS touch_id
            FROM unnest(cast(:ids AS text[])) WITH ORDINALITY AS answered (message_id, place)
            JOIN touch USING (message_id) JOIN lead ON lead.id = touch.lead_id
            ORDER BY answered.place, touch.id DESC LIMIT 1
            """
        ),
        {"ids": [one for one in mail.answers if one]},
    ).first()
    if row is None and mail.sender_key and mail.verdict.kind != "bounce":
        row = connection.execute(
            text(
                "SELECT id, email_key, cast(NULL AS bigint) AS touch_id FROM lead "
                "WHERE email_key = :key"
            ),
            {"key": mail.sender_key},
        ).first()
    return None if row is None else _Thread(row.id, row.email_key, row.touch_id)


def _keep(connection: Connection, mail: Inbound, thread: _Thread | None) -> bool:
    stored = connection.execute(
        text(
            """
            INSERT INTO inbound_message
                (message_id, lead_id, touch_id, kind, sender, sender_key, subject, text,
                 received_at)
            VALUES (:message_id, :lead, :touch, :kind, :sender, :sender_key, :subject, :text, :at)
            ON CONFLICT (message_id) DO NOTHING RETURNING id
            """
        ),
        {
            "message_id": mail.message_id,
            "lead": thread.lead_id if thread else None,
            "touch": thread.touch_id if thread else None,
            "kind": mail.verdict.kind,
            "sender": mail.sender,
            "sender_key": mail.sender_key,
            "subject": mail.subject,
            "text": mail.text,
            "at": mail.at,
        },
    ).first()
    return stored is not None
