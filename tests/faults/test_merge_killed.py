"""A relay is killed between the end of a merged lead's journey and what follows from it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

from sqlalchemy import text

from settings import ROOT
from store.engine import engine
from store.matching import merging
from store.tables import Lead, Opportunity
from tests.support.rows import add
from tests.support.waiting import LONGEST_SECONDS


def test_an_opportunity_goes_on_though_the_relay_died_when_it_had_ended_its_workflow(
    database_url: str,
) -> None:
    """Nobody would be asked for its next stage any more, and nothing would say so."""
    now = datetime.now(UTC)
    database = engine(database_url)
    with database.begin() as connection:
        kept, other = (
            add(connection, Lead, email=one, email_key=one, phase="Opportunity")
            for one in ("a@x.example", "b@x.example")
        )
        add(connection, Opportunity, key="run", lead_id=other, opened_at=now)
        merging.merge(connection, kept, other, {}, by="ops", now=now)

    def relay(fault: str) -> int:
        program = [sys.executable, "-m", "tests.faults.relay_merge_once"]
        settings = {"DATABASE_URL": database_url, "PERENNIAL_FAULT": fault}
        return subprocess.run(
            program, cwd=ROOT, env={**os.environ, **settings}, timeout=LONGEST_SECONDS, check=False
        ).returncode

    again = text("SELECT count(*) FROM relay_message WHERE kind = 'opportunity'")
    assert relay("kill:relay.merged") == -signal.SIGKILL
    with database.begin() as connection:
        assert connection.scalar(again) == 0
        connection.execute(text("UPDATE relay_message SET leased_until = NULL"))
    assert relay("") == 0
    with database.begin() as connection:
        assert connection.scalar(again) == 1
    database.dispose()
