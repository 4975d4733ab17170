"""Leads of a file into the database: COPY to a temporary table, then merged by few statements.

Everything happens in the caller's transaction, in this order: :func:`prepare`, :func:`stage` once
or several times, :func:`opt_out_staged`, :func:`merge`, :func:`judge_fit`, :func:`queue_journeys`,
:func:`record_run`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, insert, text

from domain.lead_files.row import LeadRow
from domain.scoring.policy import ScoringPolicy
from store.bounded import allow_long_work
from store.consent import opt_out_all
from store.places import places, plan_anew
from store.policies import PolicyMissing, policy
from store.recycle import contracts_changed
from store.relay_messages import CHANNEL
from store.sales_pace import Pace, pace_of
from store.scoring import PAGE, refresh_fit
from store.tables import ImportRun

# Two imports at once would lock the same leads in different orders; any constant number will do.
IMPORT_LOCK = 7_041_983
START_JITTER_SECONDS = 3.0

_TEXT_COLUMNS = (
    "email",
    "email_key",
    "first_name",
    "last_name",
    "title",
    "phone",
    "company",
    "company_key",
    "country",
    "language",
    "language_guess",
    "time_zone",
    "time_zone_guess",
    "source",
)
_KNOWN_BEFORE = (
    "SELECT known.id FROM lead AS known JOIN import_row USING (email_key) "
    "WHERE import_row.lead_id IS NULL"
)
_STAGED = "SELECT staged.id FROM lead AS staged JOIN import_row USING (email_key)"
_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True)
class Merged:
    """How many leads are new, and how many rows changed a lead that was there before them."""

    created: int
    updated: int


@dataclass(frozen=True)
class Queued:
    """How many journeys were queued, and in how many real seconds the last of them starts."""

    journeys: int
    seconds: float


def prepare(connection: Connection) -> None:
    """Make the temporary table; it is gone at the end of the transaction, which may be long."""
    allow_long_work(connection)
    columns = ", ".join(f"{name} text NOT NULL" for name in _TEXT_COLUMNS)
    connection.execute(
        text(
            f"CREATE TEMPORARY TABLE import_row (position bigint, {columns}, "
            "unsubscribed boolean NOT NULL, attributes jsonb NOT NULL, lead_id bigint) "
            "ON COMMIT DROP"
        )
    )


def stage(connection: Connection, rows: Sequence[tuple[int, LeadRow]]) -> None:
    """COPY rows, each with its position in the file, into the temporary table."""
    lines = io.StringIO()
    for position, row in rows:
        fields = [getattr(row, name).translate(_COPY_ESCAPES) for name in _TEXT_COLUMNS]
        attributes = json.dumps(row.attributes, ensure_ascii=False).translate(_COPY_ESCAPES)
        unsubscribed = "t" if row.unsubscribed else "f"
        lines.write("\t".join((str(position), *fields, unsubscribed, attributes)) + "\n")
    lines.seek(0)
    # SQLAlchemy has no COPY; this is psycopg2's own cursor on the same transaction.
    cursor = cast(Any, connection.connection.cursor())
    try:
        columns = ", ".join(("position", *_TEXT_COLUMNS, "unsubscribed", "attributes"))
        cursor.copy_expert(f"COPY import_row ({columns}) FROM STDIN", lines)
    finally:
        cursor.close()


def opt_out_staged(connection: Connection, *, file_name: str, now: datetime) -> int:
    """Suppress the addresses of the staged rows whose people asked for no mail: before their leads
    are created or locked, and with them, so no journey sends anything in between.

    Rows that say nothing of it, or no, lift nothing.

    Args:
        file_name: of the file that says so; kept on record.
        now: journey time, UTC.

    Returns:
        How many addresses they are, also those that were suppressed before.
    """
    found = connection.execute(
        text("SELECT DISTINCT email_key FROM import_row WHERE unsubscribed")
    ).scalars()
    addresses = list(found)
    if addresses:
        opt_out_all(connection, addresses, at=now, source="import", evidence=file_name)
    return len(addresses)


def merge(connection: Connection) -> Merged:
    """Create and update leads and accounts from the staged rows.

    Leads are the same when their ``email_key`` is. A value of the file replaces what is known, an
    empty one leaves it; attributes are merged by key. Several rows of one lead count as if they
    were imported one after the other: the first may create it, the others update it. A guessed
    language or time zone is taken for a new lead, and for a known one when its country changes.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK})
    connection.execute(text("ANALYZE import_row"))
    rows = connection.execute(text("SELECT count(*) FROM import_row")).scalar_one()
    _fold_doubles(connection)
    connection.execute(
        text(
            """
            INSERT INTO account (name, name_key)
            SELECT DISTINCT ON (company_key) company, company_key FROM import_row
            WHERE company_key <> '' ORDER BY company_key, position
            ON CONFLICT (name_key) DO NOTHING
            """
        )
    )
    created = connection.execute(
        text(
            """
            WITH new_lead AS (
                INSERT INTO lead (email, email_key, account_id, first_name, last_name, title,
                    phone, country, language, time_zone, source, attributes)
                SELECT r.email, r.email_key, account.id, r.first_name, r.last_name, r.title,
                    r.phone, r.country,
                    coalesce(nullif(r.language, ''), nullif(r.language_guess, ''), 'en'),
                    coalesce(nullif(r.time_zone, ''), nullif(r.time_zone_guess, ''), 'UTC'),
                    r.source, r.attributes
                FROM import_row r LEFT JOIN account ON account.name_key = r.company_key
                ORDER BY r.position
                ON CONFLICT (email_key) DO NOTHING
                RETURNING id, email_key
            )
            UPDATE import_row r SET lead_id = new_lead.id
            FROM new_lead WHERE r.email_key = new_lead.email_key
            """
        )
    ).rowcount
    before = places(connection, _KNOWN_BEFORE)
    connection.execute(
        text(
            """
            UPDATE lead SET
                email = r.email,
                account_id = coalesce(account.id, lead.account_id),
                first_name = coalesce(nullif(r.first_name, ''), lead.first_name),
                last_name = coalesce(nullif(r.last_name, ''), lead.last_name),
                title = coalesce(nullif(r.title, ''), lead.title),
                phone = coalesce(nullif(r.phone, ''), lead.phone),
                country = coalesce(nullif(r.country, ''), lead.country),
                language = coalesce(nullif(r.language, ''),
                    CASE WHEN r.country NOT IN ('', lead.country)
                         THEN nullif(r.language_guess, '') END,
                    lead.language),
                time_zone = coalesce(nullif(r.time_zone, ''),
                    CASE WHEN r.country NOT IN ('', lead.country)
                         THEN nullif(r.time_zone_guess, '') END,
                    lead.time_zone),
                source = coalesce(nullif(r.source, ''), lead.source),
                attributes = lead.attributes || r.attributes,
                updated_at = now()
            FROM import_row r LEFT JOIN account ON account.name_key = r.company_key
            WHERE lead.email_key = r.email_key AND r.lead_id IS NULL
            """
        )
    )
    plan_anew(connection, before, places(connection, _KNOWN_BEFORE))
    # Whoever imports a file stands for its addresses.
    connection.execute(
        text(
            "UPDATE confirmation SET confirmed_at = now() FROM import_row r "
            "JOIN lead ON lead.email_key = r.email_key "
            "WHERE confirmation.lead_id = lead.id AND confirmed_at IS NULL"
        )
    )
    contracts_changed(
        connection, "SELECT email_key, attributes FROM import_row WHERE lead_id IS NULL"
    )
    return Merged(created, rows - created)


def _fold_doubles(connection: Connection) -> None:
    """Rows of one lead become one: of each field the last value that is not empty."""
    folded = ", ".join(
        f"coalesce((array_agg({name} ORDER BY position DESC) FILTER (WHERE {name} <> ''))[1], '')"
        for name in _TEXT_COLUMNS
        if name != "email_key"
    )
    names = ", ".join(name for name in _TEXT_COLUMNS if name != "email_key")
    connection.execute(
        text(
            f"""
            WITH taken AS (
                DELETE FROM import_row WHERE email_key IN (
                    SELECT email_key FROM import_row GROUP BY email_key HAVING count(*) > 1
                ) RETURNING *
            ), known AS (
                SELECT email_key, jsonb_object_agg(pair.key, pair.value ORDER BY position) AS pairs
                FROM taken, jsonb_each(attributes) AS pair GROUP BY email_key
            )
            INSERT INTO import_row (position, {names}, email_key, unsubscribed, attributes)
            SELECT min(position), {folded}, email_key, bool_or(unsubscribed),
                coalesce((SELECT pairs FROM known WHERE known.email_key = taken.email_key), '{{}}')
            FROM taken GROUP BY email_key
            """
        )
    )


def queue_journeys(connection: Connection, *, cadence: str, per_second: float) -> Queued:
    """Queue a journey for each staged lead that is in none and waits for none.

    The starts are spread at ``per_second`` in the order of the file, each with some jitter, and
    begin when those of earlier imports are through.
    """
    queued = connection.execute(
        text(
            """
            WITH waiting AS (
                SELECT lead.id, row_number() OVER (ORDER BY r.position) AS place
                FROM import_row r JOIN lead ON lead.email_key = r.email_key
                WHERE lead.phase = '' AND NOT EXISTS (
                    SELECT FROM relay_message WHERE key = 'start:lead-' || lead.id)
            ), begin AS (
                SELECT greatest(clock_timestamp(), max(not_before)) AS at FROM relay_message
                WHERE outcome = '' AND attempts = 0 AND kind = 'start' AND name = 'Nurture'
            ), message AS (
                INSERT INTO relay_message (key, workflow_id, kind, name, payload, not_before)
                SELECT 'start:lead-' || id, 'lead-' || id, 'start', 'Nurture',
                    jsonb_build_object('lead_id', id, 'cadence', CAST(:cadence AS text)),
                    begin.at + make_interval(
                        secs => place / CAST(:per_second AS float8) + random() * :jitter)
                FROM waiting, begin ORDER BY place
                ON CONFLICT (key) DO NOTHING
                RETURNING not_before
            )
            SELECT count(*) AS journeys,
                extract(epoch FROM max(not_before) - clock_timestamp())::float8 AS seconds
            FROM message
            """
        ),
        {"cadence": cadence, "per_second": per_second, "jitter": START_JITTER_SECONDS},
    ).one()
    if queued.journeys:
        connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return Queued(queued.journeys, queued.seconds or 0.0)


def judge_fit(connection: Connection, now: datetime) -> None:
    """Judge how well the staged leads fit, where scoring rules are published.

    Nobody crosses by it: an import must not hand a whole list to sales at once. Those that are
    ready go in their turn (:func:`ready_for_sales`).

    Args:
        now: journey time, UTC.
    """
    ids = (
        connection.execute(
            text(
                "SELECT lead.id FROM import_row r JOIN lead ON lead.email_key = r.email_key "
                "ORDER BY lead.id"
            )
        )
        .scalars()
        .all()
    )
    try:
        for start in range(0, len(ids), PAGE):
            refresh_fit(connection, ids[start : start + PAGE], now, escalate=False)
    except PolicyMissing:
        return  # Publishing the first rules judges everybody.


def ready_for_sales(connection: Connection, now: datetime) -> Pace:
    """How many of the staged leads go to sales by what is known of them, and how fast.

    Args:
        now: journey time, UTC.
    """
    try:
        rules = policy(connection, ScoringPolicy, "scoring")
    except PolicyMissing:
        return Pace(0, 0, 0)
    return pace_of(connection, rules, _STAGED, now)


def published_cadences(connection: Connection) -> list[str]:
    """Names of the cadences that have a published version, in alphabetical order."""
    found = connection.execute(text("SELECT DISTINCT name FROM cadence_version ORDER BY name"))
    return list(found.scalars())


def record_run(
    connection: Connection,
    *,
    file_name: str,
    source: str,
    cadence: str,
    rows: int,
    created: int,
    updated: int,
    rejected: int,
) -> None:
    """Keep a record of the import."""
    connection.execute(
        insert(ImportRun).values(
            file_name=file_name,
            source=source,
            cadence=cadence,
            rows=rows,
            created=created,
            updated=updated,
            rejected=rejected,
        )
    )
