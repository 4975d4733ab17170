"""Schema and code: when they disagree, a worker must say so before it touches a lead."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from embedded.postgres import EmbeddedPostgres, postgres_programs
from settings import ROOT
from store import migrate
from store.tables import Table


@pytest.fixture
def empty_database(postgres_server: EmbeddedPostgres) -> str:
    """The URL of a database without any table."""
    return postgres_server.create_database(f"empty_{uuid.uuid4().hex}")


def test_two_workers_that_start_together_migrate_once(empty_database: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate.upgrade, [empty_database] * 2))

    assert migrate.current_revision(empty_database) == migrate.expected_revision()


def test_the_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    """Else a query of ours fails on a database that was migrated, not made."""
    engine = create_engine(database_url)
    config = migrate._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.check(config)
    engine.dispose()


def test_the_migrations_leave_out_nothing_that_the_code_declares(
    database_url: str, empty_database: str
) -> None:
    """Alembic compares no checks, no conditions of indexes, no identities and no unlogged tables:
    the database of a company would take what that of the tests refuses."""
    migrated, declared = create_engine(database_url), create_engine(empty_database)
    with migrated.connect() as connection:
        functions = connection.scalars(
            text(
                "SELECT pg_get_functiondef(oid) FROM pg_proc "
                "WHERE pronamespace = 'public'::regnamespace"
            )
        ).all()
        triggers = connection.scalars(
            # Those of a partition follow from those of its table.
            text(
                "SELECT pg_get_triggerdef(oid) FROM pg_trigger "
                "WHERE NOT tgisinternal AND tgparentid = 0"
            )
        ).all()
    with declared.begin() as connection:
        for function in functions:
            connection.exec_driver_sql(function)
        Table.metadata.create_all(connection)
        for trigger in triggers:
            connection.exec_driver_sql(trigger)
    migrated.dispose()
    declared.dispose()

    assert schema_of(empty_database) == schema_of(database_url)


def schema_of(database_url: str) -> list[list[str]]:
    """The statements that make a database, in any order; so are the columns of a table."""
    dumped = subprocess.run(
        [
            postgres_programs() / "pg_dump",
            "--schema-only",
            "--exclude-table=alembic_version",
            f"--dbname={database_url.replace('+psycopg2', '')}",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # Comments, and words against being run by a newer program that differ each time.
    said = "\n".join(line for line in dumped.splitlines() if not line.startswith(("--", "\\")))
    statements = [one.strip() for one in said.split(";\n")]
    return sorted(sorted(line.rstrip(",") for line in one.splitlines()) for one in statements)


def test_a_database_that_was_never_migrated_is_told_apart(empty_database: str) -> None:
    with pytest.raises(migrate.SchemaMismatch, match=r"starter\.py migrate"):
        migrate.require_current(empty_database)


def test_a_worker_older_than_the_schema_ends_with_a_sentence(database_url: str) -> None:
    """It would misread what newer code has written."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    done = subprocess.run(
        [sys.executable, "worker.py"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url, "TEMPORAL_ADDRESS": "127.0.0.1:1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "this worker is older than the schema" in done.stderr
    assert "Traceback" not in done.stderr
