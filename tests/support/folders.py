"""Where the servers that tests start keep their data."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 * 1024**3
PREFIX = "perennial-tests-"
SERVERS = {"postgres", "temporal"}


def server_folder() -> Path:
    """An empty folder of its own, in memory where the machine has room; the caller removes it.

    A fresh database is some four hundred files: made on a disk they cost ten times as much as
    everything else that a test of the store does. It is not pytest's own folder: that forbids
    other users to pass, and as root PostgreSQL is one.

    Folders of test processes that were killed are removed first.
    """
    if MEMORY.is_dir():
        remove_left_over(MEMORY)
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    parent = MEMORY if roomy else None
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent))


def remove_left_over(parent: Path) -> None:
    """Remove the folders in ``parent`` whose test process is gone, and end its servers.

    Runs of other checkouts and other workers of this run keep theirs: they are alive.
    """
    for folder in parent.glob(f"{PREFIX}*"):
        made_by = re.match(rf"{PREFIX}(\d+)-", folder.name)
        if made_by is None or psutil.pid_exists(int(made_by[1])):
            continue
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                inside = any(word.startswith(f"{folder}/") for word in process.cmdline())
                if inside and process.name() in SERVERS:
                    process.send_signal(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)
