"""One attempt to tell user 1 what waits, as a worker makes it: ``python -m tests.faults.notify_once
WAY``; the settings come from the environment."""

from __future__ import annotations

import sys

from settings import Settings
from store.engine import engine
from tests.support.telling import bring


def notify_once(settings: Settings, way: str) -> str:
    """What became of it, in the words of the activity."""
    database = engine(settings.database_url)
    try:
        return bring(settings, database, 1, way)
    finally:
        database.dispose()


if __name__ == "__main__":
    sys.stdout.write(notify_once(Settings(), sys.argv[1]))
