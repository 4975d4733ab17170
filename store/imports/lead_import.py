"""Leads of a file into the database: COPY to a temporary table, then merged by few statements.

Everything happens in the caller's transaction, in this order: :func:`prepare`, :func:`stage` once
or several times, :func:`opt_out_staged`, :func:`one_at_a_time`, :func:`merge`,
:func:`keep_claims`, :func:`judge_fit`, :func:`queue_journeys`.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal, cast

from sqlalchemy import Connection, text

from domain.contracts.journey import ENDED, EventCode
from domain.lead_files.row import LeadRow
from domain.scoring.policy import ScoringPolicy
from store.bounded import allow_long_work
from store.certainty import is_better
from store.consent.consent import opt_out_all
from store.identities.places import plan_anew_for
from store.imports.known_rows import known_by_another_address, known_by_phone
from store.outbox.relay_messages import CHANNEL
from store.published.policies import PolicyMissing, policy
from store.recycle.recycle import contracts_changed
from store.scoring.sales_pace import Pace, pace_of
from store.scoring.scoring import PAGE, refresh_fit

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
    "company_domain",
    "country",
    "language",
    "language_guess",
    "time_zone",
    "time_zone_guess",
    "source",
)
_NUMBER_COLUMNS = ("language_certainty", "time_zone_certainty")
_texts = attrgetter(*_TEXT_COLUMNS)
_numbers = attrgetter(*_NUMBER_COLUMNS)
_as_json = json.JSONEncoder(ensure_ascii=False).encode
_STAGED = "SELECT staged.id FROM lead AS staged JOIN import_row USING (email_key)"
_COPY_SPECIAL = re.compile(r"[\\\t\n\r]")
_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True)
class MergedRow:
    """How many leads are new, and how many rows changed a lead that was there before them."""

    created: int
    updated: int


@dataclass(frozen=True)
class QueuedJourneys:
    """How many journeys were queued, and in how many real seconds the last of them starts."""

    journeys: int
    seconds: float


def one_at_a_time(connection: Connection) -> None:
    """Wait until no other file is being merged; before :func:`merge`."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK})


def prepare(connection: Connection) -> None:
    """Make the temporary table; it is gone at the end of the transaction, which may be long."""
    allow_long_work(connection)
    columns = ", ".join(
        [f"{name} text NOT NULL" for name in _TEXT_COLUMNS]
        + [f"{name} smallint NOT NULL" for name in _NUMBER_COLUMNS]
    )
    connection.execute(
        text(
            f"CREATE TEMPORARY TABLE import_row (position bigint, {columns}, "
            "unsubscribed boolean NOT NULL, attributes jsonb NOT NULL, beside jsonb NOT NULL, "
            "lead_id bigint) "
            "ON COMMIT DROP"
        )
    )


def stage(connection: Connection, rows: Sequence[tuple[int, LeadRow]]) -> None:
    """COPY rows, each with its position in the file, into the temporary table."""
    lines = io.StringIO()
    for position, row in rows:
        fields = [str(position), *_texts(row), *map(str, _numbers(row))]
        fields += ("t" if row.unsubscribed else "f", _as_json(row.attributes))
        fields.append(_as_json(row.beside) if row.beside else "{}")
        if _COPY_SPECIAL.search("".join(fields)):
            fields = [field.translate(_COPY_ESCAPES) for field in fields]
        lines.write("\t".join(fields) + "\n")
    lines.seek(0)
    # SQLAlchemy has no COPY; this is psycopg2's own cursor on the same transaction.
    cursor = cast(Any, connection.connection.cursor())
    try:
        columns = ", ".join(
            (
                *("position", *_TEXT_COLUMNS, *_NUMBER_COLUMNS),
                *("unsubscribed", "attributes", "beside"),
            )
        )
        cursor.copy_expert(f"COPY import_row ({columns}) FROM STDIN", lines)
    finally:
        cursor.close()


def opt_out_staged(
    connection: Connection, rejected: Collection[str] = (), *, file_name: str, now: datetime
) -> int:
    """Suppress the addresses of the rows whose people asked for no mail: before their leads are
    created or locked, and with them, so no journey sends anything in between.

    Rows that say nothing of it, or no, lift nothing.

    Args:
        rejected: keys of such addresses in rows that are not imported.
        file_name: of the file that says so; kept on record.
        now: journey time, UTC.

    Returns:
        How many addresses they are, also those that were suppressed before.
    """
    known_by_another_address(connection)
    known_by_phone(connection)
    found = connection.execute(
        text("SELECT DISTINCT email_key FROM import_row WHERE unsubscribed")
    ).scalars()
    addresses = list(dict.fromkeys([*found, *rejected]))
    if addresses:
        opt_out_all(connection, addresses, at=now, source="import", evidence=file_name)
    return len(addresses)


# Whether a row names somebody else than the lead at its address: no part of the name is the same.
_NAMES_ANOTHER = """(
    (r.first_name <> '' AND lead.first_name <> ''
        AND lower(r.first_name) <> lower(lead.first_name)
        OR r.last_name <> '' AND lead.last_name <> ''
        AND lower(r.last_name) <> lower(lead.last_name))
    AND NOT (r.first_name <> '' AND lower(r.first_name) = lower(lead.first_name)
        OR r.last_name <> '' AND lower(r.last_name) = lower(lead.last_name)))"""


def _unless_entered(field: str, taken: str) -> str:
    """SQL: what the lead has of a field then; what a person entered stays."""
    return f"CASE WHEN '{field}' = ANY (lead.entered) THEN lead.{field} ELSE {taken} END"


def _named(field: str) -> str:
    return _unless_entered(
        field,
        f"CASE WHEN {_NAMES_ANOTHER} THEN r.{field} "
        f"ELSE coalesce(nullif(r.{field}, ''), lead.{field}) END",
    )


def _guessed(field: Literal["language", "time_zone"]) -> str:
    return _unless_entered(
        field,
        f"CASE WHEN {is_better(field, 'r', 'lead')} "
        f"THEN coalesce(nullif(r.{field}, ''), r.{field}_guess) ELSE lead.{field} END",
    )


_COUNTRY = _unless_entered("country", "coalesce(nullif(r.country, ''), lead.country)")
_TIME_ZONE = _guessed("time_zone")
# Known leads with a journey under way, of which the file says that they are elsewhere.
_WHO_MOVES = f"""
    SELECT lead.id FROM import_row r JOIN lead USING (email_key)
    WHERE r.lead_id IS NULL AND lead.phase NOT IN ('', 'ended')
        AND (({_TIME_ZONE}) <> lead.time_zone OR {_COUNTRY} <> lead.country)"""

_CLAIMS = text(
    """
    INSERT INTO lead_claim (lead_id, field, value, source, at)
    SELECT lead.id, one.field, one.value, coalesce(nullif(r.source, ''), 'import'), :now
    FROM import_row r JOIN lead USING (email_key)
        LEFT JOIN account ON account.id = lead.account_id, LATERAL (
            VALUES ('first_name', r.first_name, lead.first_name),
                ('last_name', r.last_name, lead.last_name), ('title', r.title, lead.title),
                ('phone', r.phone, lead.phone), ('company', r.company, account.name),
                ('country', r.country, lead.country), ('language', r.language, lead.language),
                ('time_zone', r.time_zone, lead.time_zone)
        ) AS one (field, value, known)
    WHERE r.lead_id IS NULL AND lead.entered <> '{}' AND one.field = ANY (lead.entered)
        AND one.value <> '' AND lower(one.value) IS DISTINCT FROM lower(one.known)
    ON CONFLICT (lead_id, field) DO UPDATE SET value = excluded.value, write_key_id = NULL,
        source = excluded.source, at = excluded.at
    """
)


def new_among(connection: Connection, email_keys: Collection[str]) -> int:
    """How many of these people no lead is yet: keys of addresses, or ``tel:`` and a number."""
    return int(
        connection.execute(
            text(
                "SELECT count(DISTINCT email_key) FROM unnest(cast(:keys AS text[])) AS row "
                "(email_key) WHERE NOT EXISTS ("
                "SELECT FROM lead WHERE lead.email_key = row.email_key) AND NOT EXISTS ("
                "SELECT FROM lead_contact WHERE kind = 'email' AND value_key = row.email_key) "
                "AND NOT EXISTS (SELECT FROM lead WHERE row.email_key LIKE 'tel:%' AND phone <> '' "
                "AND phone = substr(row.email_key, 5))"
            ),
            {"keys": list(email_keys)},
        ).scalar_one()
    )


def merge(connection: Connection, *, time_zone: str = "UTC") -> MergedRow:
    """Create and update leads and accounts from the staged rows.

    Leads are the same when their ``email_key`` is. A value of the file replaces what is known, an
    empty one leaves it; attributes are merged by key. Several rows of one lead count as if they
    were imported one after the other, but what they say of different people is not mixed: the last
    one's facts win as a whole. Language and time zone are taken as in :mod:`store.certainty`. What
    a person entered stays (:func:`keep_claims`).

    Args:
        time_zone: IANA name, of new leads of whom nothing tells it.
    """
    # Only what rows are joined by: statistics of the other columns are of no use, and cost.
    connection.execute(text("ANALYZE import_row (email_key, company_key)"))
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
    connection.execute(
        text(
            """
            UPDATE account SET domain = r.company_domain FROM (
                SELECT DISTINCT ON (company_key) company_key, company_domain FROM import_row
                WHERE company_domain <> '' ORDER BY company_key, position
            ) AS r WHERE account.name_key = r.company_key AND account.domain IS NULL
            """
        )
    )
    created = connection.execute(
        text(
            """
            WITH new_lead AS (
                INSERT INTO lead (email, email_key, account_id, first_name, last_name, title,
                    phone, country, language, language_certainty, time_zone, time_zone_certainty,
                    source, attributes)
                SELECT r.email, r.email_key, account.id, r.first_name, r.last_name, r.title,
                    r.phone, r.country,
                    coalesce(nullif(r.language, ''), nullif(r.language_guess, ''), 'en'),
                    r.language_certainty,
                    coalesce(nullif(r.time_zone, ''), nullif(r.time_zone_guess, ''), :time_zone),
                    r.time_zone_certainty, r.source, r.attributes
                FROM import_row r LEFT JOIN account ON account.name_key = r.company_key
                WHERE NOT EXISTS (SELECT FROM lead WHERE lead.email_key = r.email_key)
                ORDER BY r.position
                ON CONFLICT (email_key) DO NOTHING
                RETURNING id, email_key
            )
            UPDATE import_row r SET lead_id = new_lead.id
            FROM new_lead WHERE r.email_key = new_lead.email_key
            """
        ),
        {"time_zone": time_zone},
    ).rowcount
    moved = connection.execute(text(_WHO_MOVES)).scalars().all()
    connection.execute(
        text(
            f"""
            UPDATE lead SET
                email = r.email,
                account_id = CASE WHEN 'company' = ANY (lead.entered) THEN lead.account_id
                    ELSE coalesce(account.id, lead.account_id) END,
                first_name = {_named("first_name")},
                last_name = {_named("last_name")},
                title = {_named("title")},
                phone = {_unless_entered("phone", "coalesce(nullif(r.phone, ''), lead.phone)")},
                country = {_COUNTRY},
                language = {_guessed("language")},
                language_certainty = CASE WHEN {is_better("language", "r", "lead")}
                    THEN r.language_certainty ELSE lead.language_certainty END,
                time_zone = {_TIME_ZONE},
                time_zone_certainty = CASE WHEN {is_better("time_zone", "r", "lead")}
                    THEN r.time_zone_certainty ELSE lead.time_zone_certainty END,
                source = coalesce(nullif(r.source, ''), lead.source),
                attributes = lead.attributes || r.attributes,
                updated_at = now()
            FROM import_row r LEFT JOIN account ON account.name_key = r.company_key
            WHERE lead.email_key = r.email_key AND r.lead_id IS NULL
            """
        )
    )
    plan_anew_for(connection, moved)
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
    return MergedRow(created, rows - created)


def keep_claims(connection: Connection, now: datetime) -> None:
    """Keep what the merged rows say of fields that a person has entered, where it is something
    else.

    Args:
        now: journey time, UTC.
    """
    connection.execute(_CLAIMS, {"now": now})


def _fold_doubles(connection: Connection) -> None:
    """Rows of one address become one: the last that names somebody, and of each field it leaves
    empty the last value in rows that name nobody else."""
    names = [name for name in _TEXT_COLUMNS if name != "email_key"]
    latest = (
        "coalesce((array_agg({name} ORDER BY {best}same.position DESC) "
        "FILTER (WHERE {name} <> ''))[1], '')"
    )
    folded = ", ".join(
        latest.format(
            name=name,
            best=f"{name.removesuffix('_guess')}_certainty DESC, " if "_guess" in name else "",
        )
        for name in names
    )
    numbers = ", ".join(f"max({name})" for name in _NUMBER_COLUMNS)
    connection.execute(
        text(
            f"""
            WITH taken AS (
                DELETE FROM import_row WHERE email_key IN (
                    SELECT email_key FROM import_row GROUP BY email_key HAVING count(*) > 1
                ) RETURNING *
            ), chosen AS (
                SELECT DISTINCT ON (email_key) email_key, lower(first_name) AS first_name,
                    lower(last_name) AS last_name
                FROM taken
                ORDER BY email_key, (first_name || last_name <> '') DESC, position DESC
            ), same AS (
                SELECT taken.* FROM taken JOIN chosen USING (email_key)
                WHERE lower(taken.first_name) IN ('', chosen.first_name)
                    AND lower(taken.last_name) IN ('', chosen.last_name)
            ), known AS (
                SELECT email_key, jsonb_object_agg(pair.key, pair.value ORDER BY position) AS pairs
                FROM same, jsonb_each(attributes) AS pair GROUP BY email_key
            ), told AS (
                SELECT email_key, min(position) AS position, bool_or(unsubscribed) AS unsubscribed
                FROM taken GROUP BY email_key
            )
            INSERT INTO import_row (position, {", ".join(names)}, {", ".join(_NUMBER_COLUMNS)},
                email_key, unsubscribed, attributes, beside)
            SELECT min(told.position), {folded},
                {numbers}, same.email_key, bool_or(told.unsubscribed),
                coalesce((SELECT pairs FROM known WHERE known.email_key = same.email_key), '{{}}'),
                coalesce((array_agg(same.beside ORDER BY same.position DESC)
                    FILTER (WHERE same.beside <> '{{}}'))[1], '{{}}')
            FROM same JOIN told USING (email_key) GROUP BY same.email_key
            """
        )
    )


def queue_journeys(connection: Connection, *, cadence: str, per_second: float) -> QueuedJourneys:
    """Queue a journey for each staged lead that has an address, is in none and waits for none.

    The starts are spread at ``per_second`` in the order of the file, each with some jitter, and
    begin when those of earlier imports are through.
    """
    queued = connection.execute(
        text(
            """
            WITH waiting AS (
                SELECT lead.id, row_number() OVER (ORDER BY r.position) AS place, begins.*
                FROM import_row r JOIN lead ON lead.email_key = r.email_key, LATERAL (
                    -- Whose only journey was an enrollment that was undone has had none.
                    SELECT 'start:lead-' || lead.id AS key, 'start' AS kind, '{}'::jsonb AS cycle
                    WHERE lead.phase = ''
                    UNION ALL
                    SELECT 'start-again:lead-' || lead.id || ':' || lead.cycle + 1, 'start_again',
                        jsonb_build_object('cycle', lead.cycle + 1)
                    WHERE lead.phase = :ended AND lead.phase_reason = :undone
                ) AS begins
                WHERE lead.email <> '' AND NOT EXISTS (
                    SELECT FROM relay_message WHERE relay_message.key = begins.key)
            ), begin AS (
                SELECT greatest(clock_timestamp(), max(not_before)) AS at FROM relay_message
                WHERE outcome = '' AND attempts = 0 AND kind = 'start' AND name = 'Nurture'
            ), message AS (
                INSERT INTO relay_message (key, workflow_id, kind, name, payload, not_before)
                SELECT key, 'lead-' || id, kind, 'Nurture',
                    jsonb_build_object('lead_id', id, 'cadence', CAST(:cadence AS text)) || cycle,
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
        {
            "cadence": cadence,
            "per_second": per_second,
            "jitter": START_JITTER_SECONDS,
            "ended": ENDED,
            "undone": EventCode.UNENROLLED,
        },
    ).one()
    if queued.journeys:
        connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return QueuedJourneys(queued.journeys, queued.seconds or 0.0)


def judge_fit(connection: Connection, now: datetime) -> None:
    """Judge how well the staged leads fit, where scoring rules are published.

    Nobody crosses by it: an import must not hand a whole list to sales at once. Those that are
    ready go in their turn (:func:`ready_for_sales`).

    Args:
        now: journey time, UTC.
    """
    ids = connection.execute(
        text(f"{_STAGED} ORDER BY staged.id").execution_options(stream_results=True)
    ).scalars()
    with suppress(PolicyMissing):  # Publishing the first rules judges everybody.
        for some in ids.partitions(PAGE):
            refresh_fit(connection, some, now, escalate=False)
    ids.close()


def ready_for_sales(connection: Connection, now: datetime) -> Pace:
    """How many of the staged leads go to sales by what is known of them, and how fast.

    Args:
        now: journey time, UTC.
    """
    try:
        rules = policy(connection, ScoringPolicy)
    except PolicyMissing:
        return Pace(0, 0, 0)
    return pace_of(connection, rules, _STAGED, now)
