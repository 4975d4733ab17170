"""The embedded PostgreSQL alone."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from embedded import StackError, processes
from embedded.postgres import EmbeddedPostgres
from tests.support.folders import server_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that other users can pass through, as a home folder can."""
    made = server_folder()
    yield made
    shutil.rmtree(made)


def server_in(folder: Path, port: int | None = None) -> EmbeddedPostgres:
    """A server on any free port, or on ``port``."""
    return EmbeddedPostgres(folder / "data", folder / "logs", 0, port=port, durable=False)


def run(url: str, *statements: str) -> object:
    """Run the statements and return the first value of the last one."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements[:-1]:
                connection.execute(text(statement))
            return connection.execute(text(statements[-1])).scalar()
    finally:
        engine.dispose()


def test_data_and_address_survive_a_stop_and_a_kill(folder: Path) -> None:
    """Else a marketer loses her leads when the machine restarts or the server crashes."""
    with server_in(folder) as server:
        url = server.create_database("kept")
        run(url, "CREATE TABLE note (words text)", "INSERT INTO note VALUES ('here') RETURNING 1")
        server.stop()
        server.start()
        assert server.url("kept") == url
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert server.pid is None
        server.start()
        assert server.url("kept") == url
        assert run(url, "SELECT words FROM note") == "here"


def test_only_who_knows_the_password_gets_in(folder: Path) -> None:
    """Else any other user of the machine reads the leads through the TCP port."""
    with server_in(folder) as server:
        url = server.create_database("private")
        password = url.split(":")[2].split("@")[0]
        with pytest.raises(OperationalError, match="password authentication failed"):
            run(url.replace(password, "guess"), "SELECT 1")
        assert (folder / "data.password").stat().st_mode & 0o077 == 0


def test_creating_a_database_twice_keeps_the_first(folder: Path) -> None:
    """Else the second start of the stack would fail on the database of the first."""
    with server_in(folder) as server:
        server.create_database("once")
        run(server.url("once"), "CREATE TABLE note (words text)", "SELECT 1")
        assert run(server.create_database("once"), "SELECT count(*) FROM note") == 0


def test_taken_port_is_avoided_or_named(folder: Path) -> None:
    """A developer with a PostgreSQL of her own still gets a start; a port she asked for is an
    error that names it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(StackError, match=f"Port {taken}, asked for as the PostgreSQL port"):
            server_in(folder, port=taken).start()
        server = EmbeddedPostgres(folder / "data", folder / "logs", taken, durable=False)
        with server:
            assert server.port != taken
            assert run(server.url("postgres"), "SELECT 1") == 1


def test_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    """A sentence with the folder, not a traceback."""
    (folder / "file").touch()
    with pytest.raises(StackError, match=r"The folder .*file/sub cannot be written"):
        server_in(folder / "file" / "sub").start()


def test_full_disk_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence with the place and the megabytes, before anything is written."""
    monkeypatch.setattr(processes, "FREE_BYTES_NEEDED", 10**18)
    with pytest.raises(StackError, match=r"has \d+ MB left and Perennial needs"):
        server_in(folder).start()


def test_data_of_another_version_is_refused(folder: Path) -> None:
    """Else PostgreSQL itself refuses in words that do not say what to do."""
    (folder / "data").mkdir()
    (folder / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(StackError, match="is of PostgreSQL 16 and this Perennial brings 18"):
        server_in(folder).start()


def test_interrupted_set_up_is_begun_again(folder: Path) -> None:
    """A kill during the very first start must not leave a folder no later start can use."""
    (folder / "data.new" / "base").mkdir(parents=True)
    (folder / "data.secret").touch()
    with server_in(folder) as server:
        assert run(server.url("postgres"), "SELECT 1") == 1


def test_fresh_databases_are_migrated_and_apart(database_url: str, make_database: object) -> None:
    """Else one test sees another's leads."""
    assert run(database_url, "SELECT count(*) FROM alembic_version") == 1
    run(database_url, "CREATE TABLE note (words text)", "SELECT 1")
    assert callable(make_database)
    assert run(make_database(), "SELECT to_regclass('note')") is None
