"""One look at what has leads enter cadences, as a process of its own that can be killed.

``python -m tests.faults.enter_once`` with DATABASE_URL.
"""

from __future__ import annotations

import sys
from datetime import datetime

from settings import Settings
from store.engine import engine
from tests.support.entered import enter

if __name__ == "__main__":
    database = engine(Settings().database_url)
    enter(database, datetime.fromisoformat(sys.argv[1]))
    database.dispose()
