"""A worker is killed between taking what changed and saying who is in a segment by it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

from sqlalchemy import text

from domain.segments.policy import Segment, SegmentsPolicy
from settings import ROOT
from store.engine import engine
from store.segments.membership import judge_all, publish_segments
from store.tables import Lead
from tests.support.rows import add
from tests.support.waiting import LONGEST_SECONDS


def test_a_change_is_judged_though_the_worker_died_that_had_taken_it(database_url: str) -> None:
    """The lead would stay out of the segment, and the cadence that it enters would never begin."""
    database = engine(database_url)
    segment = Segment(name="korea", title="Korea", when='lead.country == "KR"')
    with database.begin() as connection:
        publish_segments(connection, SegmentsPolicy(policy="segments", segments=(segment,)))
    with database.begin() as connection:
        judge_all(connection, datetime.now(UTC))
    with database.begin() as connection:
        lead = add(connection, Lead, email="a@x.example", email_key="a@x.example", country="KR")

    def judge(fault: str) -> int:
        program = [sys.executable, "-m", "tests.faults.judge_once"]
        settings = {"DATABASE_URL": database_url, "PERENNIAL_FAULT": fault}
        return subprocess.run(
            program, cwd=ROOT, env={**os.environ, **settings}, timeout=LONGEST_SECONDS, check=False
        ).returncode

    def members() -> list[int]:
        with database.begin() as connection:
            return list(connection.scalars(text("SELECT lead_id FROM segment_member")))

    assert judge("kill:segments.taken") == -signal.SIGKILL
    assert members() == []
    assert judge("") == 0
    assert members() == [lead]
    database.dispose()
