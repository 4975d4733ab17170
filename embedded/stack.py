"""PostgreSQL and Temporal together, from one home folder.

Layout of the folder, which is closed to other users: ``postgres/`` and the passwords of its two
roles, ``temporal/temporal.db``, ``logs/``, ``stack.json`` (see
:class:`embedded.state.StackState`) and ``lock``.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from embedded.postgres import EmbeddedPostgres, postgres_programs
from embedded.processes import (
    close_to_others,
    created_at,
    make_folder,
    recorded_process,
    stop_left_over,
)
from embedded.state import (
    HomeLock,
    ServerName,
    StackAddresses,
    StackError,
    StackState,
    read_state,
    write_state,
)
from embedded.temporal import USUAL_PORTS, EmbeddedTemporal, temporal_versions

DATABASE = "perennial"
SERVICE_STOP_SECONDS = 30.0


class EmbeddedStack:
    """The stack of one home folder.

    Ports used last are tried again first, so addresses stay the same over restarts; a taken
    one is replaced by a free one.

    Args:
        home: folder of all data; made at the first start.
        search_attributes: Temporal's custom search attributes, name to type.
        ports: ports to take in any case; keys postgres, temporal, ui, metrics.
    """

    def __init__(
        self,
        home: Path,
        search_attributes: Mapping[str, str],
        *,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        self.home = home.expanduser().resolve()
        self.logs = self.home / "logs"
        wanted = dict(ports or {})
        last = read_state(self.home).ports
        postgres_port = wanted.pop("postgres", None)
        self.postgres = EmbeddedPostgres(
            self.home / "postgres",
            self.logs,
            last.get("postgres", 5432),
            port=postgres_port,
        )
        self.temporal = EmbeddedTemporal(
            self.home / "temporal" / "temporal.db",
            self.logs,
            search_attributes,
            {name: last[name] for name in USUAL_PORTS if name in last},
            ports=wanted,
        )
        self._lock = HomeLock(self.home)
        self._state = StackState()

    def start(self) -> StackAddresses:
        """Start both servers and make the database; return when they accept connections.

        Processes that a killed run left behind are stopped first.

        Raises:
            StackError: the folder is in use, cannot be written, its disk is full, a port that
                was asked for is taken, or a server did not start.
        """
        make_folder(self.home)
        make_folder(self.logs)
        self._lock.acquire()
        try:
            # Earlier releases left what the umask said.
            close_to_others(*(path for path in self.home.iterdir() if path.is_file()))
            close_to_others(*self.logs.iterdir())
            self._clear_left_over()
            self._state = StackState(
                owner_pid=os.getpid(),
                started_at=datetime.now(UTC).isoformat(timespec="seconds"),
                ports=read_state(self.home).ports,
                versions=_versions(),
            )
            write_state(self.home, self._state)
            self.postgres.start()
            self._record("postgres", self.postgres.pid)
            database_url = self.postgres.create_database(DATABASE)
            self.temporal.start()
            self._record("temporal", self.temporal.pid)
            addresses = StackAddresses(
                database_url=database_url,
                temporal_address=self.temporal.address,
                temporal_ui=self.temporal.ui,
                temporal_metrics=self.temporal.metrics,
            )
            ports = {
                **self._state.ports,
                "postgres": self.postgres.port,
                **self.temporal.ports,
            }
            self._state = replace(self._state, addresses=addresses, ports=ports)
            write_state(self.home, self._state)
        except BaseException:
            self.stop()
            raise
        return addresses

    def stop(self) -> None:
        """Stop both servers, Temporal first, and let others use the folder."""
        try:
            self.temporal.stop()
            self.postgres.stop()
        finally:
            if self._state.owner_pid:
                self._state = replace(self._state, owner_pid=0, addresses=None, processes={})
                write_state(self.home, self._state)
            self._lock.release()

    def restart(self, name: ServerName) -> None:
        """Start ``postgres`` or ``temporal`` again after it ended, at the same address.

        Raises:
            StackError: it did not start.
        """
        server: EmbeddedPostgres | EmbeddedTemporal = (
            self.postgres if name == "postgres" else self.temporal
        )
        server.start()
        self._record(name, server.pid)

    def record_service(self, name: str, pid: int) -> None:
        """Note a process that belongs to this run, so that the next start can clear it."""
        self._record(name, pid)

    def record_port(self, name: str, port: int) -> None:
        """Note a service's port for others to find, now and at the next start."""
        self._state = replace(self._state, ports={**self._state.ports, name: port})
        write_state(self.home, self._state)

    def ended(self) -> ServerName | None:
        """Which of the two servers is not running any more; None when both run."""
        if self.postgres.pid is None:
            return "postgres"
        if self.temporal.pid is None:
            return "temporal"
        return None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _record(self, name: str, pid: int | None) -> None:
        if pid is not None:
            self._state = self._state.with_process(name, pid, created_at(pid))
            write_state(self.home, self._state)

    def _clear_left_over(self) -> None:
        """Stop what a killed run left: its services first, they use the servers."""
        processes = read_state(self.home).processes
        for name, (pid, created) in processes.items():
            process = recorded_process(pid, created)
            if process is not None and name not in ("postgres", "temporal"):
                stop_left_over(process, first=signal.SIGTERM, seconds=SERVICE_STOP_SECONDS)
        self.temporal.stop_left_over()
        self.postgres.stop_left_over()


def _versions() -> dict[str, str]:
    try:
        output = subprocess.run(
            [postgres_programs() / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return {"postgres": output.split()[-1], **temporal_versions()}
    except (OSError, subprocess.CalledProcessError) as error:
        raise StackError(
            f"A program of the embedded stack cannot be run ({error}): run make install again."
        ) from error
