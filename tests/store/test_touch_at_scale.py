"""What a touch asks of the database does not grow with the leads, nor with what was before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from temporalio.testing import ActivityEnvironment

from activities.cadences import CadenceActivities
from activities.resources import Resources
from cli.cadence import CADENCES, TEMPLATES, publish_files
from domain.contracts.journey import BeginCadence, RunStep
from domain.email.links import LinkSigner
from mail.channels.outbox import OutboxChannel
from settings import Clock, Settings
from store.engine import engine
from store.outbox import relay_queue
from store.outbox.relay_messages import plan_anew

Asked = tuple[str, Any]

MORNING = datetime(2026, 5, 5, 9, tzinfo=UTC)
"""A Tuesday, 10:00 in London: mail may go."""
LEADS = 4_000
SMALL = (
    "cadence_version",
    "cadence_state",
    "policy_version",
    "template_version",
    "sending_pause",
    "sender_standing",
    "rep",
    "rep_profile",
    "routing_credit",
)
"""Tables that hold what was published, or is wrong now: they have a few rows for ever."""
OF_SMALL = tuple(f"{kind}_{table}" for kind in ("pk", "ix", "uq") for table in SMALL)

_CROWD = (
    """
    INSERT INTO account (name, name_key) SELECT 'Firm ' || n, 'firm ' || n
    FROM generate_series(1, 1000) AS n
    """,
    """
    INSERT INTO lead (email, email_key, first_name, country, time_zone, phase, account_id)
    SELECT 'a' || n || '@b.example', 'a' || n || '@b.example', 'Ada', 'GB', 'Europe/London',
        CASE WHEN n % 2 = 0 THEN 'Recycle' ELSE '' END, 1 + n % 1000
    FROM generate_series(1, :leads) AS n
    """,
    """
    INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at, ended_at)
    SELECT 'before-' || lead.id, lead.id, version.id, 1, '2026-02-01',
        CASE WHEN lead.id % 4 = 0 THEN timestamptz '2026-02-28' END
    FROM lead, (SELECT max(id) AS id FROM cadence_version) AS version WHERE phase = 'Recycle'
    """,
    """
    INSERT INTO touch (key, lead_id, enrollment_id, step, topic, channel, state, planned_at,
        sent_at, message_id)
    SELECT 'before-' || id || '-' || n, lead_id, id, 'hello', 'nurture', 'outbox',
        CASE WHEN id % 5 = 0 THEN 'unknown' ELSE 'sent' END, '2026-02-03',
        '2026-02-03', id || '-' || n || '@b.example'
    FROM enrollment, generate_series(1, 2) AS n
    """,
    """
    INSERT INTO engagement (key, lead_id, touch_id, kind, at)
    SELECT key, lead_id, id, 'open', sent_at FROM touch
    """,
    """
    INSERT INTO outbox_message (touch_key, message_id, recipient, recipient_key, subject, raw,
        sent_at)
    SELECT key, message_id, 'a', 'a' || id, '', '', sent_at FROM touch
    """,
    """
    INSERT INTO suppression (email_key, reason, at)
    SELECT email_key, 'unsubscribed', now() FROM lead WHERE id % 3 = 1 AND id > 10
    """,
    """
    INSERT INTO topic_opt_out (email_key, topic, at)
    SELECT email_key, 'events', now() FROM lead WHERE id % 3 = 2
    """,
    "INSERT INTO write_key (name, key_hash) VALUES ('site', '')",
    """
    INSERT INTO confirmation (lead_id, write_key_id, cadence, brought_at, confirmed_at)
    SELECT lead.id, write_key.id, '', now(), now() FROM lead, write_key
    WHERE write_key.name = 'site'
    """,
    """
    INSERT INTO inbound_message (message_id, lead_id, kind, sender, subject, text, received_at)
    SELECT id || '@b.example', id, 'reply', email, '', '', now() FROM lead
    """,
    """
    INSERT INTO relay_message (key, workflow_id, kind, outcome, delivered_at)
    SELECT 'before-' || id, 'lead-' || id, 'signal', 'delivered', now() FROM lead
    """,
    """
    INSERT INTO relay_message (key, workflow_id, kind, not_before)
    SELECT 'start:lead-' || id, 'lead-' || id, 'start', now() + id * interval '1 second' FROM lead
    WHERE id % 2 = 1
    """,
)


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """Many leads, most at rest, with what was sent to them and what waits."""
    made = engine(database_url)
    publish_files(made, CADENCES, TEMPLATES)
    with made.begin() as connection:
        for statement in _CROWD:
            connection.execute(text(statement), {"leads": LEADS})
        connection.execute(text("ANALYZE"))
    yield made
    made.dispose()


@contextmanager
def recorded() -> Iterator[list[Asked]]:
    """The statements that are executed meanwhile, with their parameters."""
    asked: list[Asked] = []

    def record(*said: Any) -> None:
        asked.append((said[2], said[3]))

    event.listen(Engine, "before_cursor_execute", record)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", record)


def touch(database: Engine, lead_id: int) -> None:
    """What a journey asks for one mail: to begin, to send, to plan; and a message to it."""
    resources = Resources(
        database,
        OutboxChannel(database, Clock(MORNING, 1.0)),
        LinkSigner("a secret of at least thirty-two bytes", "http://127.0.0.1:1"),
        Settings(demo_time_factor=1.0, demo_time_epoch=MORNING),
    )
    cadences = CadenceActivities(resources)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=MORNING, attempt=2)
    begin = BeginCadence(lead_id, "run", "welcome-nurture", 1)
    enrolled = environment.run(cadences.begin_cadence, begin)
    due = datetime.fromisoformat(enrolled.plan.due)
    environment.info = replace(environment.info, started_time=due + timedelta(seconds=1))
    step = RunStep(enrolled.enrollment_id, enrolled.plan.step, enrolled.plan.due, beside=True)
    environment.run(cadences.run_step, step)


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """The parts of a plan that read a table that grows from its beginning."""
    table, kind = plan.get("Relation Name", ""), plan["Node Type"]
    index = plan.get("Index Name", "")
    if kind == "Seq Scan" and table not in SMALL:
        yield f"{kind} on {table}"
    if index and "Index Cond" not in plan and not index.startswith(OF_SMALL):
        yield f"{kind} of all of {index}"
    for part in plan.get("Plans", ()):
        yield from scans(part)


def scanned(database: Engine, asked: Sequence[Asked]) -> dict[str, list[str]]:
    """Statement → what it reads from the beginning; those that read nothing so are left out."""
    found = {}
    with database.connect() as connection:
        for said, values in asked:
            for one in said.split(";\n"):
                if one.lstrip().startswith(("SELECT", "WITH", "UPDATE", "INSERT")):
                    explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {one}", values)
                    found[one] = list(scans(explained.scalar_one()[0]["Plan"]))
    return {one: parts for one, parts in found.items() if parts}


def test_no_statement_of_a_touch_reads_a_table_that_grows_from_its_beginning(
    database: Engine,
) -> None:
    """With a million leads at rest each mail would cost more than with a thousand, and the relay
    would fall behind."""
    with recorded() as asked:
        touch(database, lead_id=2)
        with database.begin() as connection:
            plan_anew(connection, "test", ["lead-2"])
        relay_queue.settle(
            database,
            [
                (one, relay_queue.RelayDelivery("delivered"))
                for one in relay_queue.lease_due(database, 10)
            ],
        )

    sent = [said for said, _ in asked if "INSERT INTO outbox_message" in said]
    assert sent, "no mail was sent, so its statements were not looked at"
    assert scanned(database, asked) == {}
