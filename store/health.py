"""What the database tells of how things stand, asked so that a database that hangs or has no
connection left holds nobody up.

Spans are real seconds, times real time, unless they say otherwise. Every query is cheap: it reads a
small table, or the few rows of a partial index.
"""

from __future__ import annotations

import select
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

import psycopg2
from psycopg2 import extensions, extras
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from store.imports.import_runs import LOCK_CLASS

STATEMENT_SECONDS = 2
LATEST_TOUCHES = 1000

Row = Mapping[str, Any]

VERSION = "SELECT current_setting('server_version') AS version"
REVISION = "SELECT version_num AS revision FROM alembic_version"
WRITE = """
    INSERT INTO write_probe (id, at) VALUES (1, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET at = excluded.at
"""
"""Committed: a standby, a read-only database and a full disk all refuse it."""

SERVER = """
    SELECT current_setting('server_version') AS version,
        pg_database_size(current_database()) AS bytes, clock_timestamp() AS now
"""
SESSIONS = """
    SELECT current_setting('max_connections')::int AS allowed, count(*) AS used,
        count(*) FILTER (WHERE state LIKE 'idle in transaction%'
                         AND state_change < now() - interval '30 seconds') AS idle,
        count(*) FILTER (WHERE wait_event_type = 'Lock'
                         AND query_start < now() - interval '10 seconds') AS blocked
    FROM pg_stat_activity WHERE backend_type = 'client backend'
"""
# A message that was tried is due since it was written; its next try may be later.
RELAY = """
    SELECT kind, count(*) AS messages, max(age) AS oldest, max(attempts) AS attempts,
        max(error) FILTER (WHERE attempts > 2) AS error
    FROM (
        SELECT kind, attempts, error, extract(epoch FROM now() - not_before)::float AS age
        FROM relay_message WHERE outcome = '' AND attempts = 0 AND not_before <= now()
        UNION ALL
        SELECT kind, attempts, error, extract(epoch FROM now() - created_at)::float
        FROM relay_message WHERE outcome = '' AND attempts > 0
    ) AS due
    GROUP BY kind ORDER BY oldest DESC
"""
UNDELIVERABLE = """
    SELECT count(*) AS messages FROM relay_message
    WHERE outcome = 'undeliverable' AND delivered_at > now() - interval '1 day'
"""
NOT_TAKEN = """
    SELECT count(*) AS tasks, extract(epoch FROM now() - min(created_at))::float AS oldest
    FROM relay_message WHERE outcome = '' AND kind = 'complete_task'
        AND created_at < now() - interval '1 minute'
"""
SENDERS = "SELECT domain, state FROM sender_standing WHERE state <> 'good' ORDER BY domain"
TASKS = """
    SELECT kind, count(*) AS open, count(*) FILTER (WHERE due_at < %(now)s) AS late
    FROM task WHERE state = 'open' GROUP BY kind ORDER BY kind
"""
"""``now`` is journey time."""
FAILING = """
    SELECT activity, workflow, error, workflow_id, attempt, failures, first_at, given_up
    FROM failing_activity
    WHERE last_at > now() - CASE WHEN given_up THEN interval '25 hours'
                                 ELSE interval '3 minutes' END
    ORDER BY given_up DESC, failures DESC LIMIT 20
"""
"""What was given up is tried again within a day."""
PAUSES = """
    SELECT channel, reason, detail, opened_at, probes FROM sending_pause
    WHERE ended_at IS NULL ORDER BY opened_at
"""
TOUCHES = """
    SELECT count(*) FILTER (WHERE state = 'failed') AS failed_day,
        count(*) FILTER (WHERE state = 'failed' AND planned_at > %(hour)s) AS failed_hour,
        count(*) FILTER (WHERE state = 'unknown') AS unknown_day,
        count(*) FILTER (WHERE state = 'unknown' AND planned_at > %(hour)s) AS unknown_hour
    FROM touch WHERE state IN ('failed', 'unknown') AND planned_at > %(day)s
"""
"""Times are journey time, as in the two that follow."""
SENDING = """
    SELECT count(*) AS stuck FROM touch
    WHERE state IN ('claimed', 'sending') AND planned_at < %(stuck)s
"""
LATEST = f"""
    SELECT count(*) AS touches, count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state = 'unknown') AS unknown
    FROM (SELECT state FROM touch ORDER BY id DESC LIMIT {LATEST_TOUCHES}) AS latest
"""
WEBHOOKS = """
    SELECT count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state <> 'failed' AND attempts > 2) AS retried,
        count(DISTINCT endpoint_id) AS endpoints
    FROM webhook_delivery
    WHERE state <> 'delivered' AND attempts > 0 AND last_attempt_at > now() - interval '1 day'
"""
JOBS = f"""
    SELECT (SELECT count(*) FROM import_run r WHERE state = 'running' AND NOT EXISTS (
            SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = {LOCK_CLASS}
                AND objid = r.id::oid AND objsubid = 2
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )) AS imports,
        (SELECT count(*) FROM scoring_run
         WHERE finished_at IS NULL AND started_at < %(stuck)s) AS scoring
"""


class Overdue(Exception):
    """The database did not answer in time."""


class Probe:
    """A connection of its own, of no pool, every wait of which ends with the probe's time.

    Statements commit by themselves. A server that hangs, or whose packets vanish, costs no more
    than ``seconds`` for all that is asked together.

    Raises:
        psycopg2.Error: the database refused.
        Overdue: it did not answer in time.
    """

    def __init__(self, database_url: str, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        url = make_url(database_url)
        parts = {**url.query, **url.translate_connect_args(username="user", database="dbname")}
        parts.setdefault("options", f"-c timezone=UTC -c statement_timeout={STATEMENT_SECONDS}s")
        self._connection = psycopg2.connect(
            **parts,
            async_=True,
            application_name="perennial-health",
            cursor_factory=extras.RealDictCursor,
        )
        try:
            self._wait()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def do(self, statement: str) -> None:
        """Do what has no answer."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            self._wait()

    def ask(self, query: str, **values: object) -> list[Row]:
        """The rows of a query; ``values`` for its ``%(name)s``.

        Raises:
            psycopg2.Error, Overdue
        """
        cursor = self._connection.cursor()
        cursor.execute(query, values or None)
        self._wait()
        return list(cursor.fetchall())

    def _wait(self) -> None:
        """Until the server has answered (psycopg2's manual: asynchronous support)."""
        while (state := self._connection.poll()) != extensions.POLL_OK:
            left = self._until - time.monotonic()
            if left <= 0:
                raise Overdue
            handle = [self._connection.fileno()]
            if state == extensions.POLL_READ:
                select.select(handle, [], [], left)
            else:
                select.select([], handle, [], left)


def record_failing(
    connection: Connection,
    *,
    activity: str,
    workflow: str,
    error: str,
    workflow_id: str,
    attempt: int,
    given_up: bool = False,
) -> None:
    """Count a failure of an activity that keeps failing.

    What was quiet for an hour begins anew.

    Args:
        workflow: type of the workflow that waits for it.
        error: type of the failure.
        attempt: which attempt failed, from 1.
        given_up: whether no other attempt could fix it.
    """
    connection.execute(
        text(
            """
            INSERT INTO failing_activity AS known
                (activity, workflow, error, workflow_id, attempt, failures, first_at, last_at,
                 given_up)
            VALUES (:activity, :workflow, :error, :workflow_id, :attempt, 1, now(), now(),
                    :given_up)
            ON CONFLICT (activity, workflow, error) DO UPDATE SET
                workflow_id = excluded.workflow_id, attempt = excluded.attempt,
                given_up = excluded.given_up,
                failures = CASE WHEN known.last_at < now() - interval '1 hour' THEN 1
                                ELSE known.failures + 1 END,
                first_at = CASE WHEN known.last_at < now() - interval '1 hour' THEN now()
                                ELSE known.first_at END,
                last_at = now()
            """
        ),
        {
            "activity": activity,
            "workflow": workflow,
            "error": error,
            "workflow_id": workflow_id,
            "attempt": attempt,
            "given_up": given_up,
        },
    )


def kept_for_journey(connection: Connection, workflow_id: str) -> datetime | None:
    """Since when a person's disposition waits for this workflow to take it; None when none does,
    or not for a minute yet."""
    waiting: datetime | None = connection.execute(
        text(
            """
            SELECT min(created_at) FROM relay_message
            WHERE workflow_id = :workflow_id AND outcome = '' AND kind = 'complete_task'
                AND created_at < now() - interval '1 minute'
            """
        ),
        {"workflow_id": workflow_id},
    ).scalar()
    return waiting
