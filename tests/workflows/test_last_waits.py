"""The last wait of a cadence: leads that answer the last mail would come back as strangers, in a
later cycle, if it were skipped. And plans in a lead's own time zone, which may become another."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.cadence import publish_files
from domain.contracts.journey import JOURNEY_QUEUE, Phase
from domain.contracts.journey_sales import SIDE_CADENCE, SideCadenceState
from domain.lead_files.columns import recognise
from domain.lead_files.row import RowReader
from settings import ROOT
from store.imports import lead_import
from tests.support.workflow_world import World, says

MAIL = {"email": "welcome-2-three-numbers"}
TWENTY_DAYS = timedelta(days=20)
ALWAYS = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00"}
SENT = "SELECT count(*) FROM touch WHERE state = 'sent'"
STAYED = "SELECT ended_at - started_at FROM enrollment WHERE exit_reason = :reason"


def publish(here: World, folder: Path, name: str, *steps: Any, **more: Any) -> None:
    """Publish a cadence of these steps."""
    written = {
        "cadence": name,
        "window": {**ALWAYS, "skip_holidays": False},
        "exit_on": ["replied", "booked"],
        "steps": steps,
        **more,
    }
    file = folder / f"{name}.yaml"
    file.write_text(json.dumps(written))
    publish_files(here.database, folder, ROOT / "templates", [file])


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([MAIL, {"wait": "20 days"}], "exhausted"),
        ([MAIL, {"wait": "20 days"}, {"exit": "too_early"}], "too_early"),
        ([{"wait": "8 days"}, {"wait": "12 days"}], "exhausted"),
        (
            [
                MAIL,
                {"wait": "5 days"},
                {
                    "branch": {
                        "if": "score > 50",
                        "then": [{"exit": "ready"}],
                        "else": [{"wait": "15 days"}, {"exit": "cold"}],
                    }
                },
            ],
            "cold",
        ),
    ],
    ids=["end", "exit", "waits only", "in a branch"],
)
async def test_a_lead_stays_until_the_last_wait_is_over(
    here: World, tmp_path: Path, steps: list[Any], reason: str
) -> None:
    publish(here, tmp_path, "patient", *steps)

    ending = await here.ending(await here.start(Phase.NURTURE, here.lead(), cadence="patient"))

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, reason)
    stayed = here.value(STAYED, reason=reason)
    assert TWENTY_DAYS <= stayed < TWENTY_DAYS + timedelta(hours=1)


async def test_a_reply_in_the_last_wait_of_a_nurture_is_a_reply(
    here: World, tmp_path: Path
) -> None:
    publish(here, tmp_path, "patient", MAIL, {"wait": "20 days"}, {"exit": "too_early"})
    lead = here.lead()
    handle = await here.start(Phase.NURTURE, lead, cadence="patient")
    await here.reaches(SENT, 1)
    await here.environment.sleep(timedelta(days=19))

    await here.does(lead, "reply")
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason, ending.cycle) == (Phase.FOLLOW_UP, "replied", 1)


async def test_a_no_show_may_answer_in_the_last_wait(here: World, tmp_path: Path) -> None:
    publish(
        here,
        tmp_path,
        "no-show-recovery",
        {"email": "no-show-1-rebook", "again": True},
        {"wait": "20 days"},
        topic="meetings",
    )
    here.person.will("meeting_outcome", says("no_show"))
    lead = here.lead(phase="Nurture")
    meeting = await here.has_meeting(lead)
    handle = await here.start(Phase.MEETING, lead, reason="booked", meeting_id=meeting)
    await here.environment.sleep(timedelta(hours=2))
    await here.reaches("SELECT count(*) FROM touch WHERE step = 'email-no-show-1-rebook'", 1)
    await here.environment.sleep(timedelta(days=18))

    await here.does(lead, "reply")
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.FOLLOW_UP, "replied")


async def test_the_last_wait_beside_a_sale_ends_with_a_reply(here: World, tmp_path: Path) -> None:
    publish(here, tmp_path, "patient", MAIL, {"wait": "20 days"})
    lead = here.lead(phase="Opportunity")
    state = SideCadenceState(lead, "opportunity-1-help", "patient")
    handle = await here.client.start_workflow(
        SIDE_CADENCE, state, id=state.key, task_queue=JOURNEY_QUEUE
    )
    await here.reaches(SENT, 1)
    await here.environment.sleep(timedelta(days=19))
    assert here.value("SELECT ended_at FROM enrollment") is None

    await here.does(lead, "reply")

    # The phase keeps the news to itself: the end of the wait finds it.
    assert await handle.result() == "replied"


def imports(here: World, **values: str) -> None:
    """A file says of Ada what it says."""
    header = ["email", *values]
    row = RowReader(recognise(header)).read(["ada@lovelace.example", *values.values()])
    with here.database.begin() as connection:
        lead_import.prepare(connection)
        lead_import.stage(connection, [(2, row)])
        lead_import.merge(connection)


@pytest.mark.parametrize(
    ("before", "after", "earlier"),
    [
        ("Asia/Seoul", "UTC", False),
        ("UTC", "Asia/Seoul", True),
        ("America/New_York", "Asia/Tokyo", True),
        ("Asia/Tokyo", "America/New_York", False),
    ],
)
async def test_a_changed_time_zone_moves_what_waits_both_ways_at_once(
    here: World, tmp_path: Path, before: str, after: str, *, earlier: bool
) -> None:
    """The mail would go by the clock of a place where the lead is not, at night or a day late."""
    morning = {**ALWAYS, "from": "09:00", "to": "09:01", "skip_holidays": False}
    publish(here, tmp_path, "mornings", {"wait": "3 days"}, MAIL, window=morning)
    lead = here.lead(time_zone=before, country="")
    await here.start(Phase.NURTURE, lead, cadence="mornings")
    due = "SELECT to_char(due_at AT TIME ZONE :zone, 'HH24:MI') FROM enrollment"
    await here.reaches(due, "09:00", zone=before)
    planned: datetime = here.value("SELECT due_at FROM enrollment")

    imports(here, time_zone=after)
    await here.deliver()

    await here.reaches(due, "09:00", zone=after)
    now: datetime = here.value("SELECT due_at FROM enrollment")
    since: datetime = here.value("SELECT counted_since FROM enrollment")
    assert since + timedelta(days=3) <= now < since + timedelta(days=4)
    assert now != planned
    assert now.astimezone(UTC) > datetime.now(UTC)
