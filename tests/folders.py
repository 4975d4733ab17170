"""Where the servers that tests start keep their data."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 * 1024**3


def server_folder() -> Path:
    """An empty folder of its own, in memory where the machine has room; the caller removes it.

    A fresh database is some four hundred files: made on a disk they cost ten times as much as
    everything else that a test of the store does. It is not pytest's own folder: that forbids
    other users to pass, and as root PostgreSQL is one.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    return Path(tempfile.mkdtemp(prefix="perennial-tests-", dir=MEMORY if roomy else None))
