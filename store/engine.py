"""One SQLAlchemy engine per process and database."""

from __future__ import annotations

import functools
from typing import cast

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolFull
from sqlalchemy.pool import QueuePool

from metrics import count_commits
from store import bounded

AWAY = (OperationalError, InterfaceError, InternalError, PoolFull)
"""What is raised when the database is away, hangs, takes no writes, has no connection left, or
ended one of two that stood in each other's way: nothing that the caller could do better, and it
passes by itself. SQLAlchemy's TimeoutError is no DBAPIError.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""


class RowGone(LookupError):
    """A row is not there that something names by its id; the message says which."""


PERMANENT = (DataError, RowGone)
"""What is raised again however often it is tried: a value that PostgreSQL has no place for, and a
row that is gone."""


def engine(database_url: str, pool_size: int = 8) -> Engine:
    """The engine for ``database_url`` (``postgresql+psycopg2://…``), made once per process.

    ``pool_size`` connections are kept; as many again may be opened for a moment. No session of it
    outlives a peer that hangs, see :mod:`store.bounded`.
    """
    return _engine(database_url, pool_size, single_statements=False)


@functools.cache
def single_statements(database: Engine) -> Engine:
    """An engine beside ``database``, made once per process and disposed with it, in which each
    statement is a transaction of its own: one round trip where BEGIN and COMMIT make three. Its
    connections are apart, because changing the mode of one at each use costs more than the
    statement."""
    pool_size = cast(QueuePool, database.pool).size()
    url = database.url.render_as_string(hide_password=False)
    made = _engine(url, pool_size, single_statements=True)
    event.listen(database, "engine_disposed", lambda _: made.dispose())
    return made


@functools.cache
def _engine(database_url: str, pool_size: int, *, single_statements: bool) -> Engine:
    limits = " ".join(f"-c {name}={value}s" for name, value in bounded.SESSION_LIMITS.items())
    made = create_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=2 * bounded.CONNECT_SECONDS,
        # Errors are logged; what they happened with may be somebody's mail.
        hide_parameters=True,
        isolation_level="AUTOCOMMIT" if single_statements else None,
        # What every statement has ended needs no end when its connection is put back.
        pool_reset_on_return=None if single_statements else "rollback",
        connect_args={
            **bounded.SOCKET_LIMITS,
            "options": f"-c timezone=UTC {limits}",
            "connection_factory": bounded.connect,
        },
    )
    event.listen(made, "handle_error", _as_of_the_server)
    count_commits(made)
    return made


def _as_of_the_server(context: ExceptionContext) -> None:
    """The driver refuses text with NUL before it asks the server; for callers it is the same as
    any other value that PostgreSQL can't keep."""
    if isinstance(context.original_exception, ValueError):
        raise DataError(
            context.statement, None, context.original_exception, hide_parameters=True
        ) from None


def server_version(connection: Connection) -> str:
    """The version of PostgreSQL, such as ``17.2``."""
    return str(connection.execute(text("SHOW server_version")).scalar_one())
