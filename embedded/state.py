"""What runs in a home folder: its lock, and ``stack.json`` with addresses, processes, versions."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

STATE_FILE = "stack.json"
LOCK_FILE = "lock"

ServerName = Literal["postgres", "temporal"]


class StackError(Exception):
    """The embedded stack cannot do what was asked; the message is a sentence for a person."""


@dataclass(frozen=True)
class StackAddresses:
    """Where a running stack listens, all on 127.0.0.1.

    ``database_url`` is a SQLAlchemy URL (``postgresql+psycopg2://…``) and carries the password;
    ``temporal_address`` is ``host:port``; the other two are ``http://`` URLs.
    """

    database_url: str
    temporal_address: str
    temporal_ui: str
    temporal_metrics: str


@dataclass(frozen=True)
class StackState:
    """The content of ``stack.json``.

    ``addresses`` is None while the stack is starting or stopped. ``ports`` outlives a stop, so
    that the next start takes the same ones. ``processes`` maps a name (postgres, temporal,
    worker, web) to its pid and creation time (seconds since the epoch): together they name a
    process even after the pid was given to another. ``started_at`` is UTC, ISO 8601.
    """

    owner_pid: int = 0
    started_at: str = ""
    addresses: StackAddresses | None = None
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, tuple[int, float]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def with_process(self, name: str, pid: int, created: float) -> StackState:
        """This state with one more process in it."""
        return replace(self, processes={**self.processes, name: (pid, created)})


def read_state(home: Path) -> StackState:
    """The state last written in ``home``; an empty one when there is none or it is damaged."""
    try:
        raw: dict[str, Any] = json.loads((home / STATE_FILE).read_text(encoding="utf-8"))
        addresses = raw["addresses"]
        return StackState(
            owner_pid=int(raw["owner_pid"]),
            started_at=str(raw["started_at"]),
            addresses=StackAddresses(**addresses) if addresses else None,
            ports={str(name): int(port) for name, port in raw["ports"].items()},
            processes={
                str(name): (int(pid), float(created))
                for name, (pid, created) in raw["processes"].items()
            },
            versions={str(name): str(version) for name, version in raw["versions"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return StackState()


def write_state(home: Path, state: StackState) -> None:
    """Write ``stack.json`` whole or not at all, readable by its owner only (it has a password)."""
    partial = home / f"{STATE_FILE}.new"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(state), file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(home / STATE_FILE)


def write_secret(path: Path, text: str) -> None:
    """Write a file of ASCII text that only its owner can read, in place of an older one."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)


class HomeLock:
    """Says that one process runs a home folder; the system releases it even after a kill -9."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            StackError: another process has it; the message says which and since when.
        """
        file = (self._home / LOCK_FILE).open("a+", encoding="utf-8")
        # A running_stack() elsewhere holds the lock for an instant to try it: ask a few times.
        for _ in range(20):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                break
        else:
            file.seek(0)
            holder = file.read().strip() or "another process"
            file.close()
            raise StackError(
                f"Perennial already runs from {self._home}: {holder}. Stop it there (Ctrl-C, or "
                "kill with its process number), or set PERENNIAL_HOME to another folder."
            )
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None


def is_locked(home: Path) -> bool:
    """Whether a living process runs the stack of ``home``."""
    try:
        with (home / LOCK_FILE).open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def running_stack(home: Path) -> StackAddresses | None:
    """Where the stack of ``home`` listens; None when it does not run or is still starting."""
    with contextlib.suppress(OSError):
        if is_locked(home):
            return read_state(home).addresses
    return None
