"""Leads that something has enter a cadence, with their journeys."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from cli.cadence import publish_files
from settings import ROOT
from store.scoring.engagement import LeadActivity, record
from store.views.lead_timeline import history
from tests.support.entered import enter
from tests.support.workflow_world import CADENCES, World
from tests.workflows.enrolling import named, nurtured

ENTRY = """
entry: {priority: 5}
enter_when:
  - event: track
    where: event.name == "Trial Started"
"""
IN_IT = (
    "SELECT version.name FROM enrollment JOIN cadence_version AS version "
    "ON version.id = cadence_version_id WHERE lead_id = :id AND ended_at IS NULL"
)


async def test_a_better_cadence_takes_a_lead_over_and_its_page_says_why(
    here: World, tmp_path: Path
) -> None:
    """Whoever begins a trial would get the general mails to their end; or both; and nobody could
    say where the one or the other came from."""
    shutil.copytree(CADENCES, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "mid-funnel.yaml"
    file.write_text(file.read_text() + ENTRY)
    publish_files(here.database, tmp_path, ROOT / "templates")
    lead, resting, other = (named(here, n) for n in range(3))
    await nurtured(here, lead)
    first = here.value("SELECT id FROM enrollment WHERE lead_id = :id", id=lead)
    sales = named(here, 9, phase="FollowUp", stage="mql")
    now = await here.now()
    with here.database.begin() as connection:
        record(
            connection,
            [
                LeadActivity(f"t:{one}", "track", now, lead_id=one, name="Trial Started")
                for one in (lead, resting, sales)
            ]
            + [LeadActivity("t:o", "track", now, lead_id=other, name="Looked")],
            now,
        )
    enter(here.database, now)
    await here.deliver()
    await here.reaches(IN_IT, "mid-funnel", id=lead)
    await here.reaches(IN_IT, "mid-funnel", id=resting)

    assert here.value("SELECT exit_reason FROM enrollment WHERE id = :id", id=first) == "enrolled"
    assert here.value(IN_IT, id=other) is None
    await here.environment.sleep(timedelta(days=30))
    after = "SELECT count(*) FROM touch WHERE enrollment_id = :id AND sent_at > :now"
    assert here.value(after, id=first, now=now) == 0
    with here.database.connect() as connection:
        told = {one: [line.detail for line in history(connection, one)] for one in (lead, sales)}
    assert any(
        "mid-funnel · event · track · instead of welcome-nurture" in line for line in told[lead]
    ), told[lead]
    assert "not in mid-funnel · with sales · event · track" in told[sales]
