"""Who may do what in the embedded PostgreSQL: as in production, two roles.

``perennial``, whose password the application has, owns its databases and may do nothing else: a
statement that somebody smuggles in can't read the server's files or run a program on it.
``postgres`` is the superuser. Data folders of earlier releases have ``perennial`` as their
superuser; they are brought to this at their next start, at whichever step the last one died.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from embedded.state import write_secret

USER = "perennial"
SUPERUSER = "postgres"
_CARETAKER = "perennial_handover"

# In one database: everything that the superuser made for the application. Sequences of columns go
# with their tables, and the schema belongs to whoever owns the database.
_OWNED = """
SELECT format('ALTER %%s %%s OWNER TO %%I', kind, name, %(user)s) FROM (
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                        WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
           oid::regclass::text AS name
    FROM pg_class AS made
    WHERE relnamespace = 'public'::regnamespace AND relowner = 10
      AND relkind IN ('r', 'p', 'v', 'm', 'S')
      AND NOT (relkind = 'S' AND EXISTS (
          SELECT FROM pg_depend WHERE objid = made.oid AND classid = 'pg_class'::regclass
                                  AND deptype IN ('a', 'i')))
    UNION ALL
    SELECT 'ROUTINE', oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proowner = 10
    UNION ALL
    SELECT 'TYPE', oid::regtype::text FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typowner = 10 AND typtype IN ('e', 'd')
) AS found
"""


def separate_roles(url: Callable[[str, str], str], passwords: Mapping[str, Path]) -> None:
    """See to it that ``perennial`` is no superuser and owns what the application uses.

    Args:
        url: libpq URL for a role and a database of the running server.
        passwords: the file with the password of each of the two roles.
    """
    if not _gets_in(url, passwords):
        _hand_over(url, passwords)
    with _connected(url(SUPERUSER, "postgres")) as run:
        run(f"DROP ROLE IF EXISTS {_CARETAKER}")
        if not run("SELECT 1 FROM pg_roles WHERE rolname = %s", (USER,)):
            run(f"CREATE ROLE {USER}")
        run(
            f"ALTER ROLE {USER} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION "
            "NOBYPASSRLS PASSWORD %s",
            (_read(passwords[USER]),),
        )
        databases = run(
            "SELECT datname FROM pg_database WHERE datdba = 10 AND datallowconn "
            "AND datname NOT IN ('postgres', 'template0', 'template1')"
        )
    for (database,) in databases:
        _give(url(SUPERUSER, database), database)


def _gets_in(url: Callable[[str, str], str], passwords: Mapping[str, Path]) -> bool:
    """Whether the superuser has its name and its password already."""
    if not passwords[SUPERUSER].exists():
        return False
    try:
        psycopg2.connect(url(SUPERUSER, "postgres")).close()
    except psycopg2.OperationalError:
        return False
    return True


def _hand_over(url: Callable[[str, str], str], passwords: Mapping[str, Path]) -> None:
    """Give the superuser ``perennial`` of an older folder its new name, and its own a new role.

    The first role of a server stays a superuser for ever and can't rename itself.
    """
    if not passwords[SUPERUSER].exists():
        write_secret(passwords[SUPERUSER], secrets.token_urlsafe(24))
    password = _read(passwords[SUPERUSER])
    with _connected(url(USER, "postgres")) as run:
        run(f"DROP ROLE IF EXISTS {_CARETAKER}")
        run(f"CREATE ROLE {_CARETAKER} SUPERUSER LOGIN PASSWORD %s", (password,))
    caretaker = url(SUPERUSER, "postgres").replace(f"//{SUPERUSER}:", f"//{_CARETAKER}:", 1)
    with _connected(caretaker) as run:
        run("BEGIN")
        run(f"ALTER ROLE {USER} RENAME TO {SUPERUSER}")
        run(f"ALTER ROLE {SUPERUSER} PASSWORD %s", (password,))
        run(f"CREATE ROLE {USER} LOGIN PASSWORD %s", (_read(passwords[USER]),))
        run("COMMIT")


def _give(url: str, database: str) -> None:
    """Make ``perennial`` the owner of a database and of all that is in it, or of nothing."""
    with _connected(url) as run:
        run("BEGIN")
        for (statement,) in run(_OWNED, {"user": USER}):
            run(statement)
        run(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(
                sql.Identifier(database), sql.Identifier(USER)
            )
        )
        run("COMMIT")


@contextmanager
def _connected(url: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """A function that runs a statement and gives its rows; each is a transaction of its own."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:

            def run(statement: str | sql.Composable, values: Any = None) -> list[tuple[Any, ...]]:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []

            yield run
    finally:
        connection.close()


def _read(file: Path) -> str:
    return file.read_text(encoding="ascii").strip()
