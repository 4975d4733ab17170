"""What the made-up company sent, and what the leads did with it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from mail.channels.base import EmailMessage
from mail.links import link_signer
from mail.merge import merge_fields
from mail.senders import brand
from mail.text import mail_text
from settings import Settings
from store.published.cadences import PublishedCadence, template_version
from store.routing.lead_facts import mail_lead
from store.scoring.engagement import LeadActivity, record
from store.tables import Enrollment, InboundMessage, OutboxMessage, Touch
from tests.console.journeys import PATHS
from tests.support.rows import add, run

STEPS = (
    ("email-welcome-1-checklist", 0),
    ("email-welcome-2-three-numbers", 3),
    ("email-welcome-3-worked-example", 8),
    ("email-welcome-4-busy-season", 15),
)
"""Steps of the welcome cadence that are mails, and the days after its beginning."""
FAILED, UNKNOWN, SUPPRESSED = 45, 46, 38
"""Leads (by position) whose last mail did not go as it should."""
ANSWERED = (6, 21)
SCANNED = (4, 11, 50)


@dataclass(frozen=True)
class Post:
    """The post room: what it needs to write mails as the worker does."""

    database: Engine
    settings: Settings
    cadence: PublishedCadence

    def send(
        self, connection: Connection, lead: int, touch_key: str, step: str, at: datetime
    ) -> int:
        """Render a step's mail for a lead into the outbox; id of its template's version."""
        template_name = step.removeprefix("email-")
        row = mail_lead(connection, lead)
        assert row is not None
        template = template_version(
            self.database, self.cadence.template_version_id(template_name, row.language)
        )
        links = link_signer(self.settings)
        mail = mail_text(
            template.compiled,
            merge_fields(connection, self.settings, row, None, row.language),
            self.settings,
            links,
            key=touch_key,
            sender=brand(self.settings),
        )
        message = EmailMessage(
            touch_key=touch_key,
            message_id=message_id(touch_key),
            sender_name=self.settings.email_from_name,
            sender_email=self.settings.email_from,
            recipient_name=f"{row.first_name} {row.last_name}".strip(),
            recipient_email=row.email,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            headers={"List-Unsubscribe": f"<{links.unsubscribe(touch_key)}>"},
        )
        add(
            connection,
            OutboxMessage,
            touch_key=touch_key,
            message_id=message.message_id,
            recipient=row.email,
            recipient_key=row.email.casefold(),
            subject=mail.subject,
            raw=message.to_bytes(at),
            sent_at=at,
        )
        return template.id


def message_id(touch_key: str) -> str:
    """The Message-ID of a touch."""
    return f"{uuid.uuid5(uuid.NAMESPACE_URL, touch_key)}@lindenmoor.example"


def send_mails(
    connection: Connection, post: Post, leads: Sequence[int], now: datetime
) -> dict[int, list[int]]:
    """Send every lead the mails that its time in the cadence has brought.

    Returns:
        Lead → ids of the touches that were sent.
    """
    sent: dict[int, list[int]] = {}
    for position, lead in enumerate(leads):
        path = PATHS[position]
        begun = next((move for move in path.moves if move.phase == "Nurture"), None)
        if begun is not None:
            left = path.moves[-1] if path.moves[-1].phase != "Nurture" else None
            until = now - timedelta(days=left.days) if left else now
            start = now - timedelta(days=begun.days)
            sent[lead] = _run(connection, post, position, lead, (start, until, now))
            if left:
                run(
                    connection,
                    "UPDATE enrollment SET ended_at = :at, exit_reason = :why, step = '', "
                    "due_at = NULL WHERE lead_id = :lead",
                    at=until,
                    why=path.moves[path.moves.index(begun) + 1].reason,
                    lead=lead,
                )
    return sent


def _run(
    connection: Connection,
    post: Post,
    position: int,
    lead: int,
    times: tuple[datetime, datetime, datetime],
) -> list[int]:
    start, until, now = times
    due = [(step, start + timedelta(days=days, hours=1)) for step, days in STEPS]
    ahead = [(step, at) for step, at in due if at >= now] or [
        ("task-call", now + timedelta(days=2))
    ]
    enrollment = add(
        connection,
        Enrollment,
        key=f"world-{lead}:welcome-nurture",
        lead_id=lead,
        cadence_version_id=post.cadence.id,
        cycle=PATHS[position].cycle,
        started_at=start,
        step=ahead[0][0],
        due_at=ahead[0][1],
    )
    touches = []
    gone = [(step, at) for step, at in due if at < until]
    for step, at in gone:
        key = f"enrollment-{enrollment}:{step}:1"
        state, error = "sent", ""
        if (step, at) == gone[-1]:
            state, error = {
                FAILED: ("failed", "address: the provider refused the address"),
                UNKNOWN: ("unknown", "the attempt that sent it never came back"),
                SUPPRESSED: ("suppressed", "unsubscribed"),
            }.get(position, (state, error))
        template = post.send(connection, lead, key, step, at) if state == "sent" else None
        touch = add(
            connection,
            Touch,
            key=key,
            lead_id=lead,
            enrollment_id=enrollment,
            template_version_id=template,
            step=step,
            topic="nurture",
            channel="outbox",
            state=state,
            error=error,
            message_id=message_id(key),
            planned_at=at,
            sent_at=at if state == "sent" else None,
            delivered_at=at + timedelta(seconds=4) if state == "sent" else None,
        )
        if state == "sent":
            touches.append(touch)
    return touches


def engage(
    connection: Connection, leads: Sequence[int], sent: dict[int, list[int]], now: datetime
) -> None:
    """Let the leads read, click, browse and answer, and machines click too."""
    events: list[LeadActivity] = []
    for position, lead in enumerate(leads):
        events += _mail_events(connection, position, lead, sent.get(lead, []))
        if PATHS[position].score > 20:
            events += _site_events(lead, now)
    record(connection, events, now)
    for position in ANSWERED:
        _answer(connection, leads[position], sent[leads[position]][-1], now)
    _fill_tray(connection, now)


def _mail_events(
    connection: Connection, position: int, lead: int, touches: Sequence[int]
) -> Iterator[LeadActivity]:
    for number, touch in enumerate(touches):
        at: Any = connection.scalar(text("SELECT sent_at FROM touch WHERE id = :id"), {"id": touch})
        mail: Any = {"lead_id": lead, "touch_id": touch}
        if position in SCANNED:
            machine = at + timedelta(seconds=3)
            yield LeadActivity(f"w:s:{touch}", "open", machine, machine="agent", **mail)
            yield LeadActivity(f"w:c:{touch}", "click", machine, machine="all_links", **mail)
        if position % 3 != 2:
            read = at + timedelta(minutes=25 + position)
            proxy = "privacy_proxy" if position % 7 == 1 else ""
            yield LeadActivity(f"w:o:{touch}", "open", read, machine=proxy, **mail)
            if number % 2 == 0 and PATHS[position].score > 10:
                url = {"url": "https://example.com/guides/dispatch-checklist"}
                click = read + timedelta(minutes=2)
                yield LeadActivity(f"w:k:{touch}", "click", click, detail=url, **mail)


def _site_events(lead: int, now: datetime) -> Iterator[LeadActivity]:
    for number, (days, path) in enumerate(
        ((8.2, "/"), (8.19, "/customers/northgate"), (7.1, "/pricing"), (6.9, "/compare"))
    ):
        at = now - timedelta(days=days)
        detail = {"path": path, "url": f"https://lindenmoor.example{path}"}
        key = f"w:p:{lead}:{number}"
        yield LeadActivity(key, "page", at, lead_id=lead, name=path, detail=detail)
    if lead % 2:
        at = now - timedelta(days=6.5)
        yield LeadActivity(f"w:t:{lead}", "track", at, lead_id=lead, name="Savings Calculated")


def _fill_tray(connection: Connection, now: datetime) -> None:
    """Mails that nobody can tell what, or whose, they are."""
    said = (
        ("k.roth@roth-partner.example", "AW: Fewer empty shifts", "reply", "",
         "Guten Tag,\ndas klingt gut. Rufen Sie mich bitte am Donnerstag an: 030 901820.\n"),
        ("mina.seo@hanbit.example", "Re: Your checklist", "unclear", "stop",
         "Is there a way not to get this every week? The numbers were useful, though.\n"),
        ("postmaster@acme.example", "Digest", "unclear", "mail_system",
         "Two messages were held back this week.\n"),
    )  # fmt: skip
    for number, (sender, subject, kind, doubt, words) in enumerate(said):
        add(
            connection,
            InboundMessage,
            message_id=f"tray-{number}@leads.example",
            kind=kind,
            tray="unclear" if doubt else "unmatched",
            doubt=doubt,
            sender=sender,
            sender_key=sender,
            subject=subject,
            text=words,
            received_at=now - timedelta(hours=2 + number),
        )


def _answer(connection: Connection, lead: int, touch: int, now: datetime) -> None:
    at = now - timedelta(hours=3)
    record(
        connection, [LeadActivity(f"w:r:{touch}", "reply", at, lead_id=lead, touch_id=touch)], now
    )
    add(
        connection,
        InboundMessage,
        message_id=f"answer-{touch}@leads.example",
        lead_id=lead,
        touch_id=touch,
        kind="reply",
        sender="lead@leads.example",
        subject="Re: Three numbers",
        text="Thanks. The second visits are what hurts. Could we talk next week?\n",
        received_at=at,
    )
