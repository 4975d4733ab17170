"""Sessions of the database end by themselves, whichever side hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psutil
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from store import bounded
from store.bounded import allow_long_work
from store.engine import engine

HOLD = text("SELECT pg_advisory_xact_lock(1)")


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine whose bounds are as in production, only shorter."""
    limits = {
        "statement_timeout": 3,
        "lock_timeout": 2,
        "idle_in_transaction_session_timeout": 1,
    }
    monkeypatch.setattr(bounded, "SESSION_LIMITS", limits)
    monkeypatch.setattr(bounded, "ANSWER_SECONDS", 4)
    made = engine(database_url)
    yield made
    made.dispose()


def test_who_freezes_with_a_lock_loses_it(database: Engine) -> None:
    """A frozen worker would stop routing for everybody until somebody ended it."""
    holds, waits = database.connect(), database.connect()
    holds.execute(HOLD)

    waits.execute(HOLD)

    with pytest.raises(OperationalError, match=r"terminating connection|closed the connection"):
        holds.execute(text("SELECT 1"))
    with suppress(OperationalError):
        holds.close()
    waits.close()


def test_nobody_waits_for_a_lock_for_ever(database: Engine) -> None:
    """A lock whose holder works on and on would take the threads of all workers, one by one."""
    over = threading.Event()
    held = threading.Event()

    def work() -> None:
        with database.begin() as connection:
            connection.execute(HOLD)
            held.set()
            while not over.wait(0.1):
                connection.execute(text("SELECT 1"))

    busy = threading.Thread(target=work)
    busy.start()
    assert held.wait(30)
    with pytest.raises(OperationalError, match="lock timeout"), database.begin() as connection:
        connection.execute(HOLD)
    over.set()
    busy.join()


def test_a_statement_that_never_ends_is_ended(database: Engine) -> None:
    """It would hold its locks, and a thread of the worker, as long as it lasts."""
    with pytest.raises(OperationalError, match="statement timeout"), database.connect() as one:
        one.execute(text("SELECT pg_sleep(60)"))


@pytest.mark.parametrize(
    "act",
    [
        lambda connection: connection.execute(text("SELECT 1")),
        Connection.commit,
        Connection.rollback,
    ],
    ids=["execute", "commit", "rollback"],
)
def test_a_server_that_says_nothing_more_is_given_up(
    database: Engine, act: Callable[[Connection], object]
) -> None:
    """A connection that vanished without a reset stopped the relays of all workers for good."""
    connection = database.connect()
    pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    silent = psutil.Process(pid)
    silent.suspend()
    begun = time.monotonic()
    try:
        with pytest.raises(OperationalError):
            act(connection)
        assert time.monotonic() - begun > 3
        with database.connect() as another:
            assert another.execute(text("SELECT 1")).scalar() == 1
    finally:
        silent.resume()
    connection.invalidate()
    connection.close()


def test_an_import_may_take_its_time_and_only_the_import(database: Engine) -> None:
    """A million rows take minutes: the import would be cut off, or leave its thread unbounded."""
    connection = database.connect()
    with connection.begin():
        allow_long_work(connection)
        connection.execute(text("SELECT pg_sleep(6)"))
    with pytest.raises(OperationalError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(60)"))
    driver = connection.connection.driver_connection
    assert isinstance(driver, bounded.BoundedConnection)
    assert driver.answer_seconds == 4
    connection.close()


def test_parameters_reach_the_server(database_url: str) -> None:
    """A misspelt name of a limit is ignored or refused by no one but the server."""
    production = engine(database_url)
    with production.connect() as connection:
        shown = {
            name: connection.execute(text(f"SHOW {name}")).scalar()
            for name in bounded.SESSION_LIMITS
        }
        assert shown == {
            "statement_timeout": "15s",
            "lock_timeout": "12s",
            "idle_in_transaction_session_timeout": "10s",
        }
        driver = connection.connection.driver_connection
        assert driver is not None
        used = driver.get_dsn_parameters()
        assert {name: used[name] for name in bounded.SOCKET_LIMITS} == {
            name: str(value) for name, value in bounded.SOCKET_LIMITS.items()
        }
    production.dispose()
