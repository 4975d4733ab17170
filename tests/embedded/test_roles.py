"""Who may do what in the embedded PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import pytest
from psycopg2 import sql

from embedded.postgres import EmbeddedPostgres
from embedded.roles import SUPERUSER, USER
from embedded.state import write_secret
from store import migrate
from tests.support.folders import server_folder

pytestmark = pytest.mark.xdist_group("roles")


@contextmanager
def started() -> Iterator[EmbeddedPostgres]:
    """A server with the migrated database ``perennial`` and one lead in it."""
    folder = server_folder()
    made = EmbeddedPostgres(folder / "postgres", folder / "logs", 0, durable=False)
    made.start()
    migrate.upgrade(made.create_database("perennial"))
    run(made, "INSERT INTO lead (email, email_key) VALUES ('ada@x.example', 'ada@x.example')")
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """One for a test that changes its roles."""
    with started() as made:
        yield made


@pytest.fixture(scope="module")
def unchanged() -> Iterator[EmbeddedPostgres]:
    """One for all that may change nothing."""
    with started() as made:
        yield made


def run(server: EmbeddedPostgres, *statements: str, url: str = "") -> None:
    """Run statements as the application does, or at ``url``."""
    address = url or server.url("perennial")
    connection = psycopg2.connect(address.replace("+psycopg2", ""))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('/etc/passwd')",
        "CREATE TABLE got (line text); COPY got FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/perennial-got'",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "ALTER SYSTEM SET log_statement = 'all'",
        "SET log_min_messages = 'debug5'",
        "CREATE ROLE intruder SUPERUSER",
        "SET ROLE postgres",
        "SELECT * FROM pg_authid",
    ],
)
def test_a_smuggled_statement_reaches_no_file_and_no_role(
    unchanged: EmbeddedPostgres, statement: str
) -> None:
    """Else one SQL injection reads the machine's files, or gives itself every right."""
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(unchanged, statement)


def test_the_superuser_has_a_password_of_its_own_in_a_closed_file(
    unchanged: EmbeddedPostgres,
) -> None:
    """Else who has the application's password has the server."""
    server = unchanged
    password = server.data_dir.with_name("postgres.superuser-password")
    assert password.stat().st_mode & 0o077 == 0
    assert password.read_text() != server.data_dir.with_name("postgres.password").read_text()
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        run(server, "SELECT 1", url=server.url("perennial").replace(USER, SUPERUSER, 1))


@pytest.mark.parametrize("died_after", ["", "the first role", "the new name"])
def test_a_folder_of_an_earlier_release_keeps_its_data_and_loses_the_superuser(
    server: EmbeddedPostgres, died_after: str
) -> None:
    """There the application was the superuser; whoever upgrades must lose neither the leads nor
    the right to migrate them, even if the first start dies half way."""
    url = server.url("perennial")
    _as_an_earlier_release_made_it(server)
    run(server, "SELECT pg_read_file('PG_VERSION')")
    if died_after:
        write_secret(server.data_dir.with_name("postgres.superuser-password"), "half-way")
        run(server, "CREATE ROLE perennial_handover SUPERUSER LOGIN PASSWORD 'half-way'")
    if died_after == "the new name":
        _rename(server, USER, SUPERUSER, "half-way", by="perennial_handover")
        password = url.split(":")[2].split("@")[0]
        superuser = server.superuser_url("perennial")
        run(server, f"CREATE ROLE perennial LOGIN PASSWORD '{password}'", url=superuser)
    server.stop()
    server.start()

    assert server.url("perennial") == url
    run(
        server,
        "UPDATE lead SET first_name = 'Ada'",
        "ALTER TABLE lead ADD COLUMN later int",
        "ALTER FUNCTION lead_words(text, text, text, text) RENAME TO words_of_lead",
        "CREATE TABLE next_release (id int)",
        "INSERT INTO lead (email, email_key) VALUES ('bob@x.example', 'bob@x.example')",
    )
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(server, "SELECT pg_read_file('PG_VERSION')")
    with pytest.raises(psycopg2.errors.UndefinedObject):
        run(server, "DROP ROLE perennial_handover", url=server.superuser_url("postgres"))


def _as_an_earlier_release_made_it(server: EmbeddedPostgres) -> None:
    """One superuser, ``perennial``, who owns everything and whose password the application has."""
    password = server.data_dir.with_name("postgres.password").read_text()
    run(
        server,
        "REASSIGN OWNED BY perennial TO postgres",
        "DROP OWNED BY perennial",
        "DROP ROLE perennial",
        "CREATE ROLE somebody SUPERUSER LOGIN PASSWORD 'somebody'",
        url=server.superuser_url("perennial"),
    )
    _rename(server, SUPERUSER, USER, password, by="somebody")
    run(server, "DROP ROLE somebody")
    server.data_dir.with_name("postgres.superuser-password").unlink()


def _rename(server: EmbeddedPostgres, role: str, name: str, password: str, *, by: str) -> None:
    connection = psycopg2.connect(
        host="127.0.0.1",
        port=server.port,
        user=by,
        password="half-way" if by != "somebody" else by,
        dbname="postgres",
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("ALTER ROLE {} RENAME TO {}").format(sql.Identifier(role), sql.Identifier(name))
        )
        cursor.execute(
            sql.SQL("ALTER ROLE {} PASSWORD %s").format(sql.Identifier(name)), (password,)
        )
    connection.close()
