"""Bring a database to the schema this code knows, and tell when the two disagree."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from domain.not_ready import NotReady

# Two processes that start together must not both migrate; any constant number will do.
MIGRATION_LOCK = 7_041_982


class SchemaMismatch(NotReady):
    """The database's schema is not the one this code was written for."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def expected_revision() -> str:
    """The newest schema revision this code knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise SchemaMismatch("store/migrations/versions holds no migration")
    return head


def current_revision(database_url: str) -> str | None:
    """The revision the database is at, None when it was never migrated."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def upgrade(database_url: str) -> None:
    """Migrate the database to :func:`expected_revision`; safe when several processes call it.

    Raises:
        SchemaMismatch: the database is newer than this code.
    """
    engine = create_engine(database_url)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            _refuse_newer(MigrationContext.configure(connection).get_current_revision())
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def require_current(database_url: str) -> None:
    """Check that database and code agree.

    Raises:
        SchemaMismatch: with a sentence that says which of the two is older and what to run.
    """
    current = current_revision(database_url)
    _refuse_newer(current)
    if current != expected_revision():
        raise SchemaMismatch(
            f"The database is at schema {current or 'none'}, this code needs "
            f"{expected_revision()}: run `python starter.py migrate` first."
        )


def _refuse_newer(current: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current is not None and current not in known:
        raise SchemaMismatch(
            f"The database is at schema {current}, which this code does not know (it knows up to "
            f"{expected_revision()}): this worker is older than the schema; deploy the newer code."
        )
