"""A worker is killed between taking what has leads enter a cadence and giving them their turn."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from domain.cadences.triggers import Way
from settings import ROOT
from tests.services.entering import TRIGGERS, Door, cadence_text, door
from tests.support.waiting import LONGEST_SECONDS

__all__ = ["door"]  # A fixture.

POINTS = ("entries.taken", "entries.put_in_run", "entries.dates_noted", "entries.told")


@pytest.mark.parametrize("seed", range(2))
def test_each_lead_enters_once_whatever_is_killed_between(
    door: Door, database_url: str, seed: int
) -> None:
    """Never twice, never lost: a lead whose trial ends would get the mails twice, or none."""
    chance = random.Random(seed)
    door.publish(cadence_text("spring", *TRIGGERS.values()))
    leads = {door.lead(): chance.choice(list(Way)[1:]) for _ in range(12)}

    def work(fault: str) -> int:
        program = [sys.executable, "-m", "tests.faults.enter_once", door.now.isoformat()]
        settings = {"DATABASE_URL": database_url, "PERENNIAL_FAULT": fault}
        return subprocess.run(
            program, cwd=ROOT, env={**os.environ, **settings}, timeout=LONGEST_SECONDS, check=False
        ).returncode

    deaths = 0
    waiting = list(leads.items())
    while waiting:
        for lead, way in (waiting.pop() for _ in range(min(4, len(waiting)))):
            door.happens(way, lead)
        deaths += work(f"kill:{chance.choice(POINTS)}") == -signal.SIGKILL
        door.now += timedelta(minutes=chance.choice((1, 61)))
    door.now += timedelta(hours=2)
    assert work("") == 0

    assert deaths
    assert door.became() == {lead: ["told"] for lead in leads}
    told = "SELECT count(*) FROM relay_message WHERE key LIKE 'enrolled:%'"
    assert door.book.value(told) == len(leads)
    assert door.book.value("SELECT count(*) FROM entry_due") == 0
