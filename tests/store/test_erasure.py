"""Erasing a person: nothing of them may stay, and the figures must stay what they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Engine, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from domain.refusals import Conflict, Missing
from settings import Settings
from store.consent.consent import opt_in
from store.engine import engine
from store.erasure import erasure
from store.erasure.erasure_plan import IMPERSONAL, NOT_OF_LEADS, PLAN
from store.tables import (
    ConsoleUser,
    FormSubmission,
    InboundMessage,
    LeadContact,
    LeadCorrection,
    LeadNote,
    LoginFailure,
    Table,
    Visitor,
    WebhookDelivery,
    WrittenMail,
)
from store.views.figures import loop_figures, reconcile_outbox
from tests.support.rows import add, run
from tests.support.sample_company import World, build

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "a secret"
ADDRESS = "Wilhelmina.Quist@Oddname.example"
KEY = ADDRESS.casefold()
SECOND = "mina.quist@home.example"
TRACES = ("wilhelmina", "quist", "oddname", "9995550142")
WORDS = "Wilhelmina Quist of Oddname, +449995550142"
CODES = {
    *("state", "outcome", "outcome_reason", "exit_reason", "phase", "phase_reason", "time_zone"),
    *("country", "language", "email_key", "touch_key", "recipient_key", "return_cadence"),
    *("return_why", "words"),
}
"""Columns of the plan that hold no words of anybody's."""


def written(table: Any) -> list[Column[Any]]:
    """Columns of a table in which something about a person could be written."""
    return [
        column
        for column in table.columns
        if isinstance(column.type, Text | JSONB | LargeBinary | TSVECTOR)
    ]


def test_what_becomes_of_each_column_was_decided() -> None:
    """A table that is new next year would keep people who were erased."""
    planned = {
        f"{step.table.__tablename__}.{column.name}"
        for step in PLAN
        for column in written(step.table.__table__)
        if not step.leaves or column.name in step.leaves
    }
    gone = {step.table.__tablename__ for step in PLAN if not step.leaves}
    tables = Table.metadata.tables
    columns = {
        f"{name}.{column.name}"
        for name, table in tables.items()
        if name not in NOT_OF_LEADS | gone
        for column in written(table)
    }
    of_leads = {
        name
        for name, table in tables.items()
        if any(key.column.table.name in ("lead", "visitor", "touch") for key in table.foreign_keys)
    }

    assert columns - planned - IMPERSONAL - {f"relay_message.{c}" for c in RELAYED} == set()
    assert IMPERSONAL - columns == IMPERSONAL & planned == set()
    assert NOT_OF_LEADS - set(tables) == NOT_OF_LEADS & of_leads == set()


RELAYED = ("key", "workflow_id", "kind", "name", "payload", "outcome", "error")
"""What the relay brought holds ids and codes only, as all that enters Temporal."""


@pytest.fixture(scope="module")
def world(
    make_database: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, World]]:
    """The made-up company, in which one person has left traces wherever people can."""
    url = make_database()
    database = engine(url)
    home: Path = tmp_path_factory.mktemp("home")
    settings = Settings(database_url=url, perennial_home=home, secret_key=SECRET)
    made = build(database, NOW, settings)
    with database.begin() as connection:
        leave_traces(connection, made, made.selling)
    yield database, made
    database.dispose()


def leave_traces(connection: Connection, world: World, lead: int) -> None:
    """Write the person's name, address and phone into everything that is known of the lead."""
    visitor = add(connection, Visitor, lead_id=lead, first_seen_at=NOW, last_seen_at=NOW)
    values = {"kind": "user", "value": KEY, "visitor_id": visitor}
    run(connection, "INSERT INTO visitor_key VALUES (:kind, :value, :visitor_id)", **values)
    run(connection, "UPDATE visitor SET traits = jsonb_build_object('n', :w)", w=WORDS)
    run(
        connection,
        "INSERT INTO calendar_booking (id, lead_id, meeting_id, join_url) "
        "VALUES ('calcom:1', :lead, :meeting, 'https://meet.example/oddname')",
        lead=lead,
        meeting=world.meetings[lead],
    )
    user = add(connection, ConsoleUser, email="x@x.example", email_key="x", name="X", role="admin")
    run(
        connection,
        "INSERT INTO pending_disposition (task_id, answer, user_id, by, release_at) "
        "VALUES (:task, jsonb_build_object('note', :w), :user, 'rep-1', now())",
        task=world.tasks[lead],
        user=user,
        w=WORDS,
    )
    run(
        connection,
        "INSERT INTO renewal (lead_id, kind, \"on\") VALUES (:lead, 'renewal', '2026-09-01')",
        lead=lead,
    )
    run(
        connection,
        "INSERT INTO relay_message (key, workflow_id, kind, name) VALUES "
        "('quist', 'lead-' || :lead, 'signal', 'engagement')",
        lead=lead,
    )
    for sender in (f"Mina <{ADDRESS}>", ADDRESS):
        add(
            connection,
            InboundMessage,
            message_id=f"quist-{sender}",
            lead_id=None,
            kind="reply",
            sender=sender,
            subject="",
            text=WORDS,
            received_at=NOW,
        )
    run(connection, "INSERT INTO write_key (name, key_hash) VALUES ('site', 'x')")
    run(
        connection,
        "INSERT INTO lead_claim SELECT :lead, 'first_name', :w, id, now() FROM write_key "
        "WHERE name = 'site'",
        lead=lead,
        w=WORDS,
    )
    values = {"lead_id": lead, "by": "rep-1", "at": NOW}
    add(connection, LeadCorrection, field="phone", before=WORDS, after=WORDS, **values)
    add(connection, LeadNote, kind="note", text=WORDS, written_at=NOW, **values)
    add(connection, WrittenMail, request="one", subject=WORDS, text=WORDS, **values)
    other = {"kind": "email", "value": SECOND, "value_key": SECOND}
    add(connection, LeadContact, **other, **values)
    run(connection, "INSERT INTO suppression VALUES (:key, 'manual', now())", key=SECOND)
    for number, whose in enumerate(({"lead_id": lead}, {})):
        add(
            connection,
            FormSubmission,
            form="demo",
            key=f"page-{number}",
            state="taken" if whose else "spam",
            email_key=KEY,
            language="en",
            answers={"first_name": WORDS},
            facts={"email": ADDRESS},
            detail={"url": "https://oddname.example"},
            visitor=KEY,
            at=NOW,
            **whose,
        )
    add(
        connection,
        WebhookDelivery,
        endpoint_id=1,
        event_id="task-7-completed",
        event_type="task.completed",
        payload={"type": "task.completed", "data": {"lead_id": lead, "reason": WORDS}},
    )
    run(
        connection,
        "INSERT INTO engagement (key, visitor_id, kind, at) VALUES ('v', :v, 'page', now())",
        v=visitor,
    )
    run(
        connection,
        "UPDATE lead SET email = :email, email_key = :key WHERE id = :lead",
        email=ADDRESS,
        key=KEY,
        lead=lead,
    )
    run(connection, "INSERT INTO suppression VALUES (:key, 'manual', now())", key=KEY)
    run(connection, "INSERT INTO topic_opt_out VALUES (:key, 'nurture', now())", key=KEY)
    run(
        connection,
        "INSERT INTO consent_record (email_key, action, source, at) "
        "VALUES (:key, 'opt_in', 'operator', now())",
        key=KEY,
    )
    add(connection, LoginFailure, email_key=KEY, address="hash", at=NOW)
    for step in PLAN:
        for column in written(step.table.__table__):
            if column.name in step.leaves and column.name not in CODES and column.name != "key":
                plant(connection, step.table.__tablename__, column, step.whose, lead)
    for sender, said in (("MAILER-DAEMON", f"no such user: {KEY}"), ("M. Q.", WORDS)):
        add(
            connection,
            InboundMessage,
            message_id=f"nobody-{sender}",
            lead_id=None,
            kind="bounce",
            sender=sender,
            sender_key=KEY if sender == "M. Q." else "mailer-daemon@mail.example",
            subject="",
            text=said,
            received_at=NOW,
        )


def plant(connection: Connection, table: str, column: Column[Any], whose: str, lead: int) -> None:
    """Write the person's words into a column of the lead's rows."""
    value = "cast(:words AS text) || ' ' || id"
    if isinstance(column.type, JSONB):
        value = f"{column.name} || jsonb_build_object('note', cast(:words AS text))"
    elif isinstance(column.type, LargeBinary):
        value = "convert_to(:words, 'UTF8')"
    if f"{table}.{column.name}" in (
        "lead.email",
        "inbound_message.sender",
        "inbound_message.sender_key",
    ):
        return
    run(
        connection,
        f"UPDATE {table} SET {column.name} = {value} WHERE {whose}",
        words=WORDS,
        lead=lead,
        email_keys=[KEY],
    )


def traces(connection: Connection) -> set[str]:
    """Columns of the database in which something of the person can be read."""
    found = set()
    for name, table in Table.metadata.tables.items():
        for column in written(table):
            read = f"cast({column.name} AS text)"
            if isinstance(column.type, LargeBinary):
                read = f"encode({column.name}, 'escape')"
            query = f"SELECT count(*) FROM {name} WHERE {read} ILIKE ANY(:traces)"
            if connection.scalar(text(query), {"traces": [f"%{one}%" for one in TRACES]}):
                found.add(f"{name}.{column.name}")
    return found


def figures(connection: Connection) -> tuple[object, ...]:
    """All that people are shown of how things went."""
    return (
        loop_figures(connection),
        reconcile_outbox(connection),
        connection.scalar(text("SELECT count(*) FROM touch WHERE state = 'sent'")),
        connection.scalar(text("SELECT sum(points) FROM engagement")),
    )


def test_an_erased_person_can_be_found_nowhere_and_still_counts(
    world: tuple[Engine, World],
) -> None:
    """A name that is left in one table is a fine; a figure of last month that changes, a riddle.
    What an activity writes a moment later goes as well, and an import does not bring them back."""
    database, made = world
    lead = made.selling
    with database.begin() as connection:
        before = traces(connection)
        counted = figures(connection)
        announced = erasure.known_of(connection, lead)
    erased = {step.table.__tablename__ for step in PLAN if step.table.__tablename__ in announced}
    assert {"lead", "task", "touch", "outbox_message", "inbound_message", "engagement"} <= erased
    assert len(before) > 25

    with database.begin() as connection:
        receipt = erasure.erase(
            connection,
            lead,
            address=ADDRESS,
            by="admin@perennial.example",
            reason="asked for it",
            secret=SECRET,
            now=NOW,
        )

    with database.begin() as connection:
        assert traces(connection) == set()
        assert figures(connection) == counted
        assert receipt.counts == announced
        assert connection.execute(
            text("SELECT email, phase, phase_reason FROM lead WHERE id = :id"), {"id": lead}
        ).one() == (f"erased-{lead}", "ended", "erased")
        waiting = connection.execute(
            text("SELECT kind, not_before > now() FROM relay_message WHERE outcome = ''")
        ).all()
        assert waiting == [("erase", False), ("erase", True), ("webhook", False)]
        assert erasure.erased_among(connection, SECRET, [KEY, "b@x.example"]) == {KEY}
        assert erasure.receipts(
            connection, secret=SECRET, address=f" {ADDRESS}", before=None, limit=9
        ) == [receipt]

        run(connection, "UPDATE lead SET first_name = 'Quist' WHERE id = :lead", lead=lead)
        run(
            connection,
            'UPDATE task SET answer = \'{"note": "quist"}\' WHERE lead_id = :lead',
            lead=lead,
        )
        erasure.clear_again(connection, lead, last=True)
        assert traces(connection) == set()
        assert (
            connection.scalar(
                text("SELECT count(*) FROM touch WHERE key ~ '^enrollment' AND lead_id = :lead"),
                {"lead": lead},
            )
            == 0
        )
        # Programs that have a copy are told whose it is by the number they know it by.
        (told,) = connection.execute(
            text(
                "SELECT payload->'data' AS data, state FROM webhook_delivery "
                "WHERE event_type = 'lead.erased'"
            )
        )
        assert (told.data, told.state) == ({"lead_id": lead}, "waiting")

        opt_in(connection, email_key=KEY, at=NOW, source="operator", lifts=(), evidence="a form")
        assert erasure.erased_among(connection, SECRET, [KEY]) == set()


def test_nobody_is_erased_by_a_wrong_number(world: tuple[Engine, World]) -> None:
    """There is no way back: a slip of the finger must not do it."""
    database, made = world
    lead = made.nurtured
    with database.begin() as connection:
        for who, address, refusal in (
            (lead, "somebody@else.example", Conflict),
            (987_654, "a@b.example", Missing),
        ):
            with pytest.raises(refusal):
                erasure.erase(
                    connection, who, address=address, by="x", reason="", secret=SECRET, now=NOW
                )
        erasure.clear_again(connection, lead, last=True)
        assert connection.scalar(text("SELECT first_name FROM lead WHERE id = :id"), {"id": lead})
