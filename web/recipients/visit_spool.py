"""Visits that the database can't take now, on disk until it can.

A file each under ``PERENNIAL_HOME/spool/visits``, readable by this user only: the touch's key,
where the link leads, the time and whether a machine came; no address of a person or a computer.
Any number of processes write and read there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

import structlog
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from crash_points import crash_point
from health.visits import LOST, SET_ASIDE, SpoolCounts, counts_of, files_in
from store.published.policies import PolicyMissing
from web.recipients.touched import LinkGone

log = structlog.get_logger(__name__)

MOST_VISITS = 50_000
"""So many wait at most, some 15 MB."""
VISIT_SECONDS = 60
"""Reloading a page and clicking twice are one visit. A longer one would let a scanner's visit
swallow that of the person it reads for."""
FAILURES_IN_A_ROW = 3
_ABANDONED_SECONDS = 60.0


class SpooledVisit(BaseModel):
    """Somebody, or a machine, followed a link of a mail. ``at`` is journey time, UTC; ``url`` is
    '' except for clicks."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["click", "open", "unsubscribe"]
    touch_key: str
    at: datetime
    url: str = ""
    machine: str = ""

    @property
    def key(self) -> str:
        """Makes it count once per touch, link and minute."""
        link = hashlib.sha256(self.url.encode()).hexdigest()[:16]
        minute = int(self.at.timestamp()) // VISIT_SECONDS
        return f"{self.kind}:{self.touch_key}:{link}:{minute}:{self.machine}"


class VisitSpool:
    """The visits of one deployment that wait."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is ``Settings.visit_spool()``."""
        self._folder = folder
        self._aside = self._folder / SET_ASIDE
        self._lost = self._folder / LOST

    def keep(self, visit: SpooledVisit) -> bool:
        """Put ``visit`` on disk, safe from a loss of power. False, and counted as lost, when there
        is no room or the disk fails."""
        try:
            self._write(visit)
        except OSError as error:
            log.error("a visit is lost", kind=visit.kind, error=type(error).__name__)
            with contextlib.suppress(OSError), self._lost.open("ab") as lost:
                lost.write(b".")
            return False
        crash_point("door.spooled")
        return True

    def _write(self, visit: SpooledVisit) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The same visit again is the same file, so nobody fills the disk with one link.
        final = self._folder / f"{hashlib.sha256(visit.key.encode()).hexdigest()[:40]}.json"
        if not final.exists() and files_in(self._folder) >= MOST_VISITS:
            raise OSError("the spool is full")
        draft = self._folder / f".{uuid.uuid4().hex}"
        try:
            with os.fdopen(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                file.write(visit.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            draft.rename(final)
        finally:
            draft.unlink(missing_ok=True)
        # The name is safe only when its folder is.
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def replay(self, record: Callable[[SpooledVisit], object]) -> int:
        """Record what waits; each counts once, so the order does not matter.

        What the database refuses for good is set aside. When it refuses several in a row for now,
        the others wait.

        Returns:
            How many were recorded.
        """
        recorded = failures = 0
        for path in sorted(self._folder.glob("*.json")):
            try:
                visit = SpooledVisit.model_validate_json(path.read_bytes())
                record(visit)
                crash_point("door.replayed")
                recorded += 1
            except FileNotFoundError:
                continue  # Another process was faster.
            except LinkGone:
                log.info("a link of a touch that is gone was followed")
            except (ValueError, DataError, IntegrityError) as error:
                log.error("a visit can't be recorded", error=type(error).__name__)
                self._set_aside(path)
                continue
            except (SQLAlchemyError, PolicyMissing):
                failures += 1
                if failures == FAILURES_IN_A_ROW:
                    break
                continue
            failures = 0
            path.unlink(missing_ok=True)
        self._sweep()
        return recorded

    def _set_aside(self, path: Path) -> None:
        self._aside.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            path.rename(self._aside / path.name)

    def _sweep(self) -> None:
        """Remove what a process that died had begun to write; nobody was answered."""
        for draft in self._folder.glob(".*"):
            with contextlib.suppress(FileNotFoundError):
                if draft.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
                    draft.unlink()

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not files_in(self._folder)

    def counts(self) -> SpoolCounts:
        """What operators should know of it."""
        return counts_of(self._folder)
