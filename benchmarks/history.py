"""Old events, as years of ingest leave them, written by PostgreSQL itself."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, text

from store.bounded import allow_long_work

MONTHS = 24
EVENTS_OF_A_LEAD = 50

# Filled before it has indexes, which are then made of sorted rows.
_MONTH = """
    CREATE TABLE {table} (LIKE engagement INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    INSERT INTO {table} (id, key, lead_id, visitor_id, kind, name, rule, worth, points, period,
        detail, at)
    SELECT :before + n, 'history:' || :before + n, CASE WHEN n % 2 = 0 THEN who END,
        CASE WHEN n % 2 = 1 THEN who END, 'page', '/features', 'visited the site', 1,
        CASE WHEN n % 4 = 0 THEN 1 ELSE 0 END, date_trunc('day', at, 'UTC'),
        '{{"url": "https://shop.example/features", "path": "/features", "title": "/features",
          "properties": {{"url": "https://shop.example/features", "path": "/features"}}}}', at
    FROM generate_series(1, :events) AS n, LATERAL (
        SELECT 1000000000 + (random() * :leads)::bigint AS who,
            cast(:begin AS timestamptz) + n * (cast(:end AS timestamptz) - :begin) / (:events + 1)
                AS at
    ) AS made;
    ALTER TABLE engagement ATTACH PARTITION {table} FOR VALUES FROM (:begin) TO (:end)
"""
_KEYS = (
    "ALTER TABLE engagement_key DROP CONSTRAINT pk_engagement_key",
    "DROP INDEX ix_engagement_key_month",
    "INSERT INTO engagement_key (hash, month) SELECT gen_random_uuid(), "
    "cast(cast(:now AS timestamptz) - make_interval(months => 1 + cast(n * :months / (:events + 1) "
    "AS int)) AS date) FROM generate_series(cast(:events AS bigint), 1, -1) AS n",
    "ALTER TABLE engagement_key ADD CONSTRAINT pk_engagement_key PRIMARY KEY (hash)",
    "CREATE INDEX ix_engagement_key_month ON engagement_key (month)",
)


def fill(database: Engine, events: int) -> None:
    """Write as many events of the last years, of other visitors, and what keeps them from being
    counted twice."""
    months = _months_before(datetime.now(UTC))
    each = events // len(months)
    for place, (begin, end) in enumerate(zip(months, [*months[1:], _this()], strict=True)):
        with database.begin() as connection:
            allow_long_work(connection)
            connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            connection.execute(
                text(_MONTH.format(table=f"engagement_{begin:%Y_%m}")),
                {
                    "before": 10**12 + place * each,
                    "events": each,
                    "leads": max(1, events // EVENTS_OF_A_LEAD),
                    "begin": begin,
                    "end": end,
                },
            )
    with database.begin() as connection:
        allow_long_work(connection)
        connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        for statement in _KEYS:
            values = {"now": _this(), "months": len(months), "events": each * len(months)}
            connection.execute(text(statement), values if ":now" in statement else {})
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = '30min'"))
        connection.execute(text("VACUUM ANALYZE engagement, engagement_key"))
        connection.invalidate()


def _this() -> datetime:
    return datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _months_before(now: datetime) -> list[datetime]:
    """The beginnings of the last months, the oldest first."""
    places = [12 * now.year + now.month - 1 - back for back in range(MONTHS, 0, -1)]
    return [datetime(place // 12, place % 12 + 1, 1, tzinfo=UTC) for place in places]
