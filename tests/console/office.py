"""What the made-up company's admin set up: people, keys, webhooks, and what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.access import Role
from domain.lead_files.columns import guess
from domain.lead_files.lead_file import read_lead_file
from store.access.api_tokens import create_token, revoke_token
from store.access.users import add_user, find_user
from store.access.write_keys import create_write_key, revoke_write_key
from store.consent.consent import suppress
from store.consent.do_not_market import set_do_not_market
from store.imports.import_runs import NewImport, keep
from store.outbox.outgoing import add_endpoint
from store.tables import Absence, ApiChange, ConsentRecord, TopicOptOut, WebhookDelivery
from tests.support.rows import add, run

LIST = """\
E-mail,Vorname,Last Name,Company,Country,Branche
amelie.roth@lift-bauer.example,Amelie,Roth,Lift Bauer,Germany,Elevators
not an address,Nobody,Here,Acme,Germany,
,Nemo,Nowhere,Acme,France,HVAC
"""
"""A list with two bad rows and columns that nobody knows."""


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in."""

    email: str
    name: str
    role: Role
    rep: str = ""


PEOPLE = (
    Person("clara@perennial.example", "Clara Moss", Role.MARKETING),
    Person("hana@perennial.example", "Hana Lindqvist", Role.SDR, "rep-1"),
    Person("jonas@perennial.example", "Jonas Adeyemi", Role.SDR, "rep-2"),
    Person("jiwoo@perennial.example", "서지우", Role.SDR, "rep-3"),
    Person("marta@perennial.example", "Marta Oliveira", Role.SDR, "rep-4"),
    Person("elif@perennial.example", "Elif Sandberg", Role.SUCCESS, "cs-1"),
    Person("ines@perennial.example", "Ines Moreau", Role.MANAGER, "mgr-world"),
    Person("doyun@perennial.example", "한도윤", Role.MANAGER, "mgr-korea"),
    Person("ops@perennial.example", "Tomasz Ilves", Role.OPS),
    Person("admin@perennial.example", "Mei Castellan", Role.ADMIN),
)
CHANGES = (
    ("rep-1", "POST", "/api/tasks/{}/complete", 200),
    ("Clara Moss", "POST", "/api/publications", 200),
    ("mgr-world", "POST", "/api/leads/{}/move", 200),
    ("crm-sync", "POST", "/api/leads/{}/score", 404),
    ("Mei Castellan", "POST", "/api/tokens", 200),
    ("rep-2", "POST", "/api/meetings/{}/cancel", 409),
    ("mgr-world", "POST", "/api/recycle/{}/extend", 200),
)
DELIVERIES = (
    ("task.opened", "delivered", 1, 200, ""),
    ("meeting.booked", "delivered", 2, 204, ""),
    ("lead.stage_changed", "failed", 10, 503, "the answer was 503"),
    ("sla.breached", "waiting", 3, None, "no answer within 15 s"),
    ("opportunity.closed", "delivered", 1, 200, ""),
)


def furnish(connection: Connection, leads: Sequence[int], now: datetime) -> None:
    """Set everything up; users who are there already stay as they are."""
    for one in PEOPLE:
        if find_user(connection, one.email) is None:
            add_user(connection, one.email, one.name, one.role, one.rep)
    for name in ("website", "old landing page"):
        create_write_key(connection, name, "welcome-nurture")
    revoke_write_key(connection, "old landing page", now)
    create_token(connection, "crm-sync", Role.ADMIN)
    create_token(connection, "reports", Role.OPS)
    create_token(connection, "dialler of rep-2", Role.SDR, "rep-2")
    revoke_token(connection, "reports", now)
    for number, (by, method, path, status) in enumerate(CHANGES * 3):
        values = {"by": by, "method": method, "path": path.format(leads[number]), "status": status}
        add(connection, ApiChange, at=now - timedelta(hours=5 * number), **values)
    _time_off(connection, now)
    _refusals(connection, leads, now)
    account = connection.scalar(
        text("SELECT account_id FROM lead WHERE id = :lead"), {"lead": leads[47]}
    )
    until = now + timedelta(days=21)
    set_do_not_market(
        connection, account, until=until, by="rep-1", reason="Their annual fair", now=now
    )
    _lists(connection)


def _time_off(connection: Connection, now: datetime) -> None:
    for rep, begins, days, reason in (("rep-3", -1, 10, "holiday"), ("rep-4", 12, 5, "training")):
        at = now + timedelta(days=begins)
        add(
            connection,
            Absence,
            rep=rep,
            begins_at=at,
            until=at + timedelta(days=days),
            reason=reason,
            handled_at=at if at < now else None,
        )


def _refusals(connection: Connection, leads: Sequence[int], now: datetime) -> None:
    found = connection.execute(
        text("SELECT id, email_key FROM lead WHERE id = ANY(:leads)"), {"leads": list(leads)}
    )
    keys = {row.id: row.email_key for row in found}
    gone = [
        (keys[leads[38]], "unsubscribed", 2),
        (keys[leads[39]], "bounced", 5),
        (keys[leads[37]], "complained", 30),
        ("info@noisy-newsletter.example", "manual", 80),
    ]
    for key, reason, days in gone:
        at = now - timedelta(days=days)
        suppress(connection, email_key=key, reason=reason, at=at)
        if reason == "unsubscribed":
            link = {"source": "unsubscribe_link", "evidence": "one click"}
            add(connection, ConsentRecord, email_key=key, action="opt_out", at=at, **link)
    opted = {"email_key": keys[leads[31]], "topic": "nurture"}
    run(
        connection,
        f"INSERT INTO {TopicOptOut.__tablename__} VALUES (:email_key, :topic, :at)",
        at=now - timedelta(days=70),
        **opted,
    )


def connect_programs(connection: Connection, leads: Sequence[int], now: datetime) -> None:
    """Two webhook endpoints, one with a log."""
    add_endpoint(connection, "https://hooks.crm.example/perennial", [])
    add_endpoint(connection, "https://chat.example/sales", ["meeting.booked", "sla.breached"])
    endpoint = connection.scalar(
        text("SELECT id FROM webhook_endpoint WHERE url LIKE 'https://hooks.crm%'")
    )
    for number, (event, state, attempts, status, error) in enumerate(DELIVERIES * 3):
        at = now - timedelta(minutes=37 * (number + 1))
        add(
            connection,
            WebhookDelivery,
            endpoint_id=endpoint,
            event_id=f"msg_world{number:04}",
            event_type=event,
            payload={"type": event, "timestamp": at.isoformat(), "data": {"lead": leads[number]}},
            state=state,
            attempts=attempts,
            status=status,
            error=error,
            created_at=at,
            last_attempt_at=at + timedelta(seconds=9),
        )


def _lists(connection: Connection) -> None:
    """Two imports from the browser: one that is done, and one that waits for its marketer."""
    for name in ("fair-munich.csv", "webinar.csv"):
        leads = read_lead_file(LIST.encode())
        fields = guess(leads.header)
        by = "mia@lindenmoor.example"
        keep(connection, NewImport(name, by, leads, LIST.encode(), fields, "fair", ""))
    run(
        connection,
        "UPDATE import_run SET state = 'done', rows = 3, rejected = 2, updated = 1, "
        "started_at = now(), ended_at = now(), "
        """reasons = '{"no e-mail address": 1, "not a valid e-mail address": 1}' """
        "WHERE file_name = 'fair-munich.csv'",
    )
