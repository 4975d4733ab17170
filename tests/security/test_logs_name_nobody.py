"""Whatever goes wrong, no log names the person it went wrong with.

Logs are kept for months, read by many and copied elsewhere; erasing a person does not reach them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest
from sqlalchemy import text

from domain.access import Role
from embedded import postgres
from embedded.postgres import EmbeddedPostgres
from settings import ROOT, Settings
from store.access.api_tokens import create_token
from store.access.write_keys import create_write_key
from store.engine import engine
from tests.support.folders import server_folder
from tests.support.web_app import free_port, served

ADDRESS = "ada.lovelace@victims.example"
OTHER = "grace.hopper@victims.example"
TRACES = ("lovelace", "hopper", "victims.example")


def traces(log: Path) -> list[str]:
    """The lines of a log that name one of the two."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if any(trace in line for trace in TRACES)]


@pytest.fixture(params=[True, False], ids=["as we start it", "as it is by itself"])
def server(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[EmbeddedPostgres, bool]]:
    """A server with two people in a table, and whether it was told to be quiet."""
    if not request.param:
        monkeypatch.setattr(postgres, "QUIET_LOG", {})
    folder = server_folder()
    made = EmbeddedPostgres(folder / "postgres", folder / "logs", 0, durable=False)
    made.start()
    made.create_database("people")
    run(
        made,
        "CREATE TABLE person (id int PRIMARY KEY, email text UNIQUE CHECK (email <> 'nobody'))",
        f"INSERT INTO person VALUES (1, '{ADDRESS}'), (2, '{OTHER}')",
    )
    try:
        yield made, request.param
    finally:
        made.stop()
        shutil.rmtree(folder)


def connect(server: EmbeddedPostgres) -> Any:
    """A connection as the application has it."""
    return psycopg2.connect(server.url("people").replace("+psycopg2", ""))


def run(server: EmbeddedPostgres, *statements: str) -> str:
    """Run statements in one transaction; returns the error they end with, or ''."""
    try:
        with closing(connect(server)) as connection, connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except psycopg2.Error as error:
        return type(error).__name__
    return ""


def deadlock(server: EmbeddedPostgres) -> str:
    """Two that wait for each other."""
    met = threading.Barrier(2)
    ends: list[str] = []

    def change(first: int, second: int, email: str) -> None:
        connection = connect(server)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("UPDATE person SET email = email WHERE id = %s", (first,))
                met.wait()
                cursor.execute(
                    "UPDATE person SET email = %s WHERE id = %s", (f"new.{email}", second)
                )
        except psycopg2.Error as error:
            ends.append(type(error).__name__)
        finally:
            connection.close()

    both = [
        threading.Thread(target=change, args=(1, 2, ADDRESS)),
        threading.Thread(target=change, args=(2, 1, OTHER)),
    ]
    for each in both:
        each.start()
    for each in both:
        each.join()
    return ends[0]


def lock_timeout(server: EmbeddedPostgres) -> str:
    """One that waits longer than it may."""
    holder = connect(server)
    try:
        holder.cursor().execute("UPDATE person SET email = email")
        change = f"UPDATE person SET email = 'another.{ADDRESS}' WHERE id = 1"
        return run(server, "SET lock_timeout = '50ms'", change)
    finally:
        holder.close()


def crash(server: EmbeddedPostgres) -> None:
    """A process of the server that dies with a statement in hand; all others go with it."""
    sleeper = threading.Thread(target=run, args=(server, f"SELECT pg_sleep(60), '{ADDRESS}'"))
    sleeper.start()
    with closing(connect(server)) as asking, asking.cursor() as cursor:
        # Within a transaction the first look at what others do is the only one.
        asking.autocommit = True
        while not cursor.rowcount > 0:
            time.sleep(0.05)
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%%'"
            )
        (pid,) = cursor.fetchone()
    os.kill(pid, signal.SIGKILL)
    sleeper.join()
    while run(server, "SELECT 1"):
        time.sleep(0.1)


def test_the_database_logs_no_value(server: tuple[EmbeddedPostgres, bool]) -> None:
    """PostgreSQL by itself logs each statement that fails, the values in its message, the row in
    its details, and with a deadlock or a crash the statements of others. The second run proves
    that each of these would be seen here."""
    there, quiet = server
    errors = {
        run(there, f"INSERT INTO person VALUES (3, '{ADDRESS}')"),
        run(there, f"INSERT INTO person VALUES (1, 'x{ADDRESS}')"),
        run(there, "INSERT INTO person VALUES (3, 'nobody')"),
        run(there, f"SELECT '{ADDRESS}'::int"),
        run(there, f"SELECT '{ADDRESS}'::timestamptz"),
        run(there, f"SELECT '{ADDRESS}' FROM nowhere"),
        run(there, f"SELECT '{ADDRESS}' syntax error"),
        run(there, f"DO $$ BEGIN RAISE WARNING 'seen: {ADDRESS}'; END $$"),
        run(there, f"DO $$ BEGIN RAISE EXCEPTION 'refused: {ADDRESS}'; END $$"),
        run(there, "SET statement_timeout = '50ms'", f"SELECT pg_sleep(9), '{ADDRESS}'"),
        run(there, f"PREPARE one AS SELECT '{ADDRESS}' || $1::int", f"EXECUTE one('{OTHER}')"),
        deadlock(there),
        lock_timeout(there),
    }
    crash(there)
    assert errors >= {
        "", "CheckViolation", "DeadlockDetected", "InvalidDatetimeFormat", "LockNotAvailable",
        "InvalidTextRepresentation", "QueryCanceled", "RaiseException", "SyntaxError",
        "UndefinedTable", "UniqueViolation",
    }  # fmt: skip
    if quiet:
        assert traces(there.log) == []
        assert "was terminated by signal 9" in there.log.read_text()
    else:
        assert len(traces(there.log)) > 10


def test_a_web_app_whose_database_fails_names_nobody(
    published_url: str, postgres_server: EmbeddedPostgres, tmp_path: Path
) -> None:
    """Ops read the traceback of an error in the web app's log: type, place, SQLSTATE. The text of
    a driver's error has the statement, the row and the value."""
    port = free_port()
    settings = Settings.model_validate(
        {
            "database_url": published_url,
            "perennial_home": tmp_path,
            "web_port": port,
            "secret_key": "a secret of these tests, long enough",
        }
    )
    database = engine(published_url)
    with database.begin() as connection:
        token = create_token(connection, "an admin", Role.ADMIN)
        key = create_write_key(connection, "site", "welcome-nurture")
        connection.execute(text("ALTER TABLE suppression ADD CHECK (email_key = '') NOT VALID"))
        connection.execute(text("ALTER TABLE lead RENAME COLUMN words TO terms"))
    database.dispose()
    log = tmp_path / "web.log"
    with (
        served(settings, log),
        httpx.Client(
            base_url=settings.web_url(), timeout=60, headers={"Connection": "close"}
        ) as anyone,
    ):
        asks = {"Authorization": f"Bearer {token}"}
        answers = [
            anyone.post("/api/suppressions", json={"address": ADDRESS}, headers=asks),
            anyone.get("/api/leads", params={"search": ADDRESS}, headers=asks),
            anyone.get(
                "/api/suppressions", params={"search": ADDRESS, "skip": 10**20 - 1}, headers=asks
            ),
            anyone.post(
                "/v1/identify",
                json={"userId": "ada", "traits": {"email": ADDRESS, "title": "Dr"}},
                auth=(key or "", ""),
            ),
            anyone.post("/sign-in", data={"email": ADDRESS, "password": "not hers"}),
            anyone.get(f"/sign-in?next=/console/leads?search={ADDRESS}"),
        ]
    said = log.read_text(encoding="utf-8")
    assert [answer.status_code for answer in answers][:2] == [500, 500]
    assert "IntegrityError (SQLSTATE 23514)" in said
    assert "ProgrammingError (SQLSTATE 42703)" in said
    assert "suppressions.py" in said
    assert traces(log) == []
    assert traces(postgres_server.log) == []


PROGRAM = f"""
import asyncio, gc, logging, smtplib, sys, threading
import structlog
from sqlalchemy import create_engine, text
from logs import keep_values_out_of_logs
keep_values_out_of_logs(sys.argv[1])
ADDRESS = {ADDRESS!r}
def fail():
    hers = ADDRESS
    try:
        raise smtplib.SMTPRecipientsRefused({{ADDRESS: (550, b"no")}})
    except smtplib.SMTPException as refused:
        raise ValueError(f"mail to {{ADDRESS}} failed") from refused
try:
    fail()
except ValueError as error:
    logging.getLogger("library").error(error)
    logging.getLogger("library").exception(f"it failed: {{error}}")
    logging.getLogger("library").warning("it failed: %r", error)
    logging.getLogger("library").warning("it failed: %(why)s", {{"why": error}})
    structlog.get_logger("ours").error("it failed", error=error, exc_info=True)
    structlog.get_logger("ours").exception("it failed again")
async def main():
    async def forgotten():
        fail()
    task = asyncio.create_task(forgotten())
    await asyncio.sleep(0)
    del task
    gc.collect()
asyncio.run(main())
thread = threading.Thread(target=fail)
thread.start()
thread.join()
class Closing:
    def __del__(self):
        fail()
Closing()
gc.collect()
try:
    group = ExceptionGroup("a group whose error came of the group", [error := KeyError(ADDRESS)])
    error.__context__ = group
    raise group
except ExceptionGroup:
    structlog.get_logger("ours").exception("it failed in circles")
try:
    raise ExceptionGroup(ADDRESS, [KeyError(ADDRESS), OSError(98, "Address already in use")])
except ExceptionGroup as group:
    raise RuntimeError(ADDRESS) from group
"""


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_way_of_logging_an_error_writes_its_text(form: str) -> None:
    """One library that writes the error into its sentence, or one thread that ends, is enough to
    keep an address for as long as logs are kept. And where logs are JSON, one line that is none
    is lost, or stops whoever reads them."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, form], cwd=ROOT, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1
    if form == "json":
        lines = [json.loads(line) for line in said.splitlines()]
        assert all(line["event"] and line["level"] for line in lines)
        assert {line.get("logger") for line in lines} >= {"library", "asyncio"}
    assert said.count("smtplib.SMTPRecipientsRefused") >= 6
    assert "Task exception was never retrieved" in said
    assert "builtins.KeyError" in said
    assert "Address already in use" in said, "what only the system says is kept: it helps"
    assert [line for line in said.splitlines() if any(trace in line for trace in TRACES)] == []
