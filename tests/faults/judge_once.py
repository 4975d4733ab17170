"""One judging of the leads of which something changed, as a process of its own that can be killed.

``python -m tests.faults.judge_once`` with DATABASE_URL.
"""

from __future__ import annotations

from datetime import UTC, datetime

from settings import Settings
from store.engine import engine
from store.segments.membership import judge_changed

if __name__ == "__main__":
    database = engine(Settings().database_url)
    with database.begin() as connection:
        judge_changed(connection, datetime.now(UTC))
    database.dispose()
