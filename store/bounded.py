"""Database sessions that end by themselves: a peer that hangs is as good as dead.

The server ends what waits for us too long (``SESSION_LIMITS``), and we end what waits for the
server too long: a frozen machine, or a firewall that forgot the connection, sends no reset, and
libpq would wait for its answer for ever. TCP's own probes (:data:`SOCKET_LIMITS`) don't find a
peer whose kernel still answers for it, so a thread cuts the connections whose statement is over
its time.

All spans are real seconds.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg2
from psycopg2 import extensions
from sqlalchemy import Connection, text

STATEMENT_SECONDS = 15
LOCK_SECONDS = 12
"""Longer than what holds the lock may be idle, so that who waits gets it and does not fail."""
IDLE_IN_TRANSACTION_SECONDS = 10
CONNECT_SECONDS = 5
ANSWER_SECONDS = 18
"""How long a statement may be without an answer, the server's own limit having passed."""
LONG_STATEMENT_SECONDS = 30 * 60
LONG_IDLE_SECONDS = 60

SESSION_LIMITS = {
    "statement_timeout": STATEMENT_SECONDS,
    "lock_timeout": LOCK_SECONDS,
    "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_SECONDS,
}
"""PostgreSQL's parameters of these names, in seconds."""

SOCKET_LIMITS = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 1000 * ANSWER_SECONDS,
}
"""libpq's connection parameters; ``tcp_user_timeout`` is in milliseconds."""


def allow_long_work(connection: Connection) -> None:
    """Until the end of the transaction statements may take half an hour, and Python a minute
    between them: for imports and other work on all leads at once."""
    for name, seconds in (
        ("statement_timeout", LONG_STATEMENT_SECONDS),
        ("lock_timeout", LONG_STATEMENT_SECONDS),
        ("idle_in_transaction_session_timeout", LONG_IDLE_SECONDS),
    ):
        connection.execute(text(f"SET LOCAL {name} = '{seconds}s'"))
    driver = connection.connection.driver_connection
    if isinstance(driver, BoundedConnection):
        driver.answer_seconds = LONG_STATEMENT_SECONDS + 5


@contextmanager
def waiting_for_lock(connection: Connection, seconds: int) -> Iterator[None]:
    """Within it a statement waits so long for a lock, or as long as it would anyway."""
    names = ("lock_timeout", "statement_timeout")
    before = {
        name: connection.execute(text(f"SELECT current_setting('{name}')")).scalar_one()
        for name in names
    }
    set_to = text(
        "SELECT set_config(name, :until, true) FROM pg_settings WHERE name = :name "
        "AND cast(setting AS bigint) BETWEEN 1 AND 1000 * :seconds"
    )
    for name in names:
        values = {"name": name, "until": f"{seconds}s", "seconds": seconds}
        connection.execute(set_to, values)
    driver = connection.connection.driver_connection
    if isinstance(driver, BoundedConnection):
        driver.answer_seconds = max(driver.answer_seconds, seconds + 3)
    yield
    for name in names:
        connection.execute(
            text("SELECT set_config(:name, :to, true)"), {"name": name, "to": before[name]}
        )


def wait_briefly(connection: Connection, seconds: int = 5) -> None:
    """Until the end of the transaction statements may take so long, of which 1.5 seconds for a
    lock: for somebody who waits for the answer, where what failed can be done later."""
    connection.execute(
        text(f"SET LOCAL lock_timeout = '1500ms'; SET LOCAL statement_timeout = '{seconds}s'")
    )
    driver = connection.connection.driver_connection
    if isinstance(driver, BoundedConnection):
        driver.answer_seconds = max(ANSWER_SECONDS, seconds + 3)


class BoundedConnection(extensions.connection):
    """A connection whose every wait for the server is watched."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.answer_seconds: float = ANSWER_SECONDS
        super().__init__(*args, **kwargs)
        self.cursor_factory = BoundedCursor

    def commit(self) -> None:
        """Commit, or fail when no answer comes in time: then nobody here knows the outcome."""
        with _Watched(self):
            super().commit()
        self.answer_seconds = ANSWER_SECONDS

    def rollback(self) -> None:
        """Roll back, or fail when no answer comes in time."""
        with _Watched(self):
            super().rollback()
        self.answer_seconds = ANSWER_SECONDS


class BoundedCursor(extensions.cursor):
    """A cursor whose every wait for the server is watched."""

    connection: BoundedConnection

    def execute(self, *args: Any, **kwargs: Any) -> None:
        """As psycopg2's."""
        with _Watched(self.connection):
            super().execute(*args, **kwargs)

    def executemany(self, *args: Any, **kwargs: Any) -> None:
        """As psycopg2's."""
        with _Watched(self.connection):
            super().executemany(*args, **kwargs)

    def copy_expert(self, *args: Any, **kwargs: Any) -> None:
        """As psycopg2's."""
        with _Watched(self.connection):
            super().copy_expert(*args, **kwargs)


class _Watched:
    """A wait for the server, noted while it lasts."""

    __slots__ = ("begun", "connection")

    def __init__(self, connection: BoundedConnection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        self.begun = _watch.seconds
        _watch.waits[id(self)] = self

    def __exit__(self, *_: object) -> None:
        _watch.waits.pop(id(self), None)


class _Watch:
    """The thread that cuts connections without an answer.

    It counts seconds by itself instead of reading a clock: while this process is frozen nothing
    is overdue, and what has been answered meanwhile is read when it wakes.
    """

    def __init__(self) -> None:
        self.waits: dict[int, _Watched] = {}
        self.seconds = 0
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """See to it that the thread runs."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="database", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(1)
            self.seconds += 1
            # A copy is made in one go; a list of the items is not, while others come and go.
            for key, wait in self.waits.copy().items():
                over = self.seconds - wait.begun > wait.connection.answer_seconds
                if over and self.waits.pop(key, None) is not None:
                    _cut(wait.connection)


_watch = _Watch()


def _cut(connection: BoundedConnection) -> None:
    """End the connection under whoever waits on it, who gets an OperationalError."""
    with (
        suppress(OSError, psycopg2.Error),
        # A copy of the descriptor: closing the connection stays libpq's business.
        socket.socket(fileno=os.dup(connection.fileno())) as handle,
    ):
        handle.shutdown(socket.SHUT_RDWR)


def connect(*args: Any, **kwargs: Any) -> BoundedConnection:
    """A connection of our kind: psycopg2's ``connection_factory``."""
    _watch.start()
    return BoundedConnection(*args, **kwargs)
