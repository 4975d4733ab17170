"""Leads enrolled by hand: a dry run says what happens, and what is undone is as before."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from cli.cadence import publish_files
from cli.connect import operator
from services import enrollments
from settings import ROOT
from tests.support.time_zones import where_it_is_night
from tests.support.workflow_world import CADENCES, World
from tests.workflows.enrolling import CADENCE, LATE, Marketing, at_rest, named, nurtured

ZONES = {"GB": "Europe/London", "KR": "Asia/Seoul", "US": "America/New_York"}
FIRST_TOUCHES = """
    SELECT date_trunc('hour', min(sent_at)) AS hour FROM touch
    WHERE state = 'sent' AND lead_id <> ALL(:others) GROUP BY lead_id
"""
"""The hours in which leads had their first mail, but for some."""


async def test_what_a_dry_run_says_is_what_then_happens(here: World) -> None:
    """Marketing would agree to 46 mails on Tuesday and send 60 tonight. Two workers have leads
    enter at once, one of which dies before it has committed: nobody enters twice or not at all."""
    leads = [
        named(here, n, country=country, time_zone=zone)
        for n, (country, zone) in enumerate(list(ZONES.items()) * 14)
    ]
    resting, fresh, elsewhere = leads[:6], leads[6:36], leads[36:39]
    with_sales = [named(here, 100 + n, phase="FollowUp", stage="mql") for n in range(6)]
    silent = [named(here, 200 + n) for n in range(6)]
    hot = [named(here, 300 + n, score=200) for n in range(3)]
    closed = [named(here, 400 + n, phase="ended", phase_reason="stopped") for n in range(3)]
    with here.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO suppression (email_key, reason, at) SELECT email_key, 'unsubscribed', "
                "now() FROM lead WHERE id = ANY(:leads)"
            ),
            {"leads": silent},
        )
    for lead in resting:
        await at_rest(here, lead)
    for lead in elsewhere:
        await nurtured(here, lead)
    marketing = Marketing(here)
    chosen = [*leads, *with_sales, *silent, *hot, *closed, 999_999]

    would = marketing.would(chosen)
    run = marketing.enrolls(chosen, reason="spring fair")
    with here.database.connect() as dying:
        assert enrollments.enter_due(dying, await here.now(), LATE)
    await marketing.time_comes(workers=2)
    entering = would.entering
    await here.reaches(
        "SELECT count(*) FROM enrollment_run_lead WHERE state = 'entered' "
        "AND enrollment_id IS NOT NULL",
        entering,
    )
    for _ in range(5 * 12):
        await here.environment.sleep(timedelta(hours=2))
        if len(here.values(FIRST_TOUCHES, others=elsewhere)) >= entering:
            break

    assert (run.waiting, would.selected) == (entering, len(chosen))
    assert {one.why: one.leads for one in would.stays_out} == {
        "with_sales": 6,
        "suppressed": 6,
        "other_cadence": 3,
        "ready": 3,
        "closed": 3,
        "gone": 1,
    }
    assert would.at_rest == len(resting)
    went = Counter(at.astimezone(UTC) for at in here.values(FIRST_TOUCHES, others=elsewhere))
    assert went == Counter({one.at: one.mails for one in would.first_mails})
    in_it = here.values(
        "SELECT lead_id FROM enrollment JOIN cadence_version AS version "
        "ON version.id = cadence_version_id WHERE name = :name ORDER BY lead_id",
        name=CADENCE,
    )
    assert in_it == sorted([*resting, *fresh, *leads[39:]])


async def test_undoing_before_the_first_touch_puts_everybody_back(here: World) -> None:
    """The wrong list was chosen: who rested would be mailed, who was in another cadence would never
    get the rest of it, and who had no journey would have one."""
    night = where_it_is_night(datetime.now(UTC))
    resting, elsewhere, fresh, later = (named(here, n, time_zone=night) for n in range(4))
    await at_rest(here, resting)
    await nurtured(here, elsewhere)
    rests_until = here.value("SELECT recycled_until FROM lead WHERE id = :id", id=resting)
    due = here.value("SELECT due_at FROM enrollment WHERE lead_id = :id", id=elsewhere)
    marketing = Marketing(here)
    run = marketing.enrolls([resting, elsewhere, fresh, later], replaces=True, per_hour=1)
    await marketing.time_comes(timedelta(hours=2))
    await here.reaches("SELECT count(*) FROM enrollment_run_lead WHERE state = 'entered'", 3)

    done = enrollments.undo(marketing.context, operator(), run.id)
    await here.deliver()
    await here.reaches("SELECT count(*) FROM enrollment_run_lead WHERE state = 'undone'", 3)

    assert (done.dropped, done.going_back, done.stay) == (1, 3, 0)
    where = "SELECT phase || ' ' || phase_reason || ' ' || cycle FROM lead WHERE id = :id"
    assert here.value(where, id=resting) == "Recycle no_response 1"
    assert here.value("SELECT recycled_until FROM lead WHERE id = :id", id=resting) == rests_until
    running = (
        "SELECT version.name || ' ' || enrollment.step FROM enrollment JOIN cadence_version "
        "AS version ON version.id = cadence_version_id WHERE lead_id = :id AND ended_at IS NULL"
    )
    assert here.values(running, id=elsewhere) == ["welcome-nurture email-welcome-1-checklist"]
    still = "SELECT due_at FROM enrollment WHERE lead_id = :id AND ended_at IS NULL"
    assert here.value(still, id=elsewhere) == due
    await here.reaches(where, "ended unenrolled 1", id=fresh)
    assert here.value(where, id=later) is None or here.value(where, id=later).strip() == "1"
    assert here.value("SELECT count(*) FROM touch") == 0

    again = marketing.enrolls([resting, fresh, later])
    await marketing.time_comes()
    await here.reaches(
        "SELECT count(*) FROM enrollment_run_lead WHERE state = 'entered' AND run_id = :run",
        3,
        run=again.id,
    )
    assert here.value(where, id=fresh) == "Nurture enrolled 2"


async def test_who_was_touched_stays_and_who_is_paused_goes_back_unsent(here: World) -> None:
    """A lead that has read the first mail would never hear the second; one that was paused on the
    way would enter weeks later, although the enrollment was undone."""
    touched, paused = named(here, 1), named(here, 2, time_zone=where_it_is_night(datetime.now(UTC)))
    await at_rest(here, paused)
    handle = here.client.get_workflow_handle(f"lead-{paused}")
    await handle.signal("pause")
    marketing = Marketing(here)
    run = marketing.enrolls([touched, paused])
    await marketing.time_comes()
    await here.reaches("SELECT count(*) FROM enrollment WHERE lead_id = :id", 1, id=touched)
    with here.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO touch (key, lead_id, enrollment_id, step, channel, state, planned_at) "
                "SELECT 'first', lead_id, id, 'one', 'outbox', 'sent', now() FROM enrollment "
                "WHERE lead_id = :id"
            ),
            {"id": touched},
        )

    done = enrollments.undo(marketing.context, operator(), run.id)
    await here.deliver()
    await handle.signal("resume")
    await here.reaches(
        "SELECT state FROM enrollment_run_lead WHERE lead_id = :id", "undone", id=paused
    )

    assert (done.dropped, done.going_back, done.stay) == (0, 1, 1)
    assert here.value("SELECT phase || cycle FROM lead WHERE id = :id", id=paused) == "Recycle1"
    assert here.value("SELECT count(*) FROM touch WHERE lead_id = :id", id=paused) == 0
    running = "SELECT count(*) FROM enrollment WHERE lead_id = :id AND ended_at IS NULL"
    assert here.value(running, id=touched) == 1


async def test_a_run_that_is_asked_for_twice_is_one(here: World) -> None:
    """A program that got no answer asks again, and its leads would be enrolled once more."""
    leads = [named(here, n) for n in range(3)]
    marketing = Marketing(here)

    first = marketing.enrolls(leads, key="fair-2026")
    second = marketing.enrolls(leads, key="fair-2026")
    await marketing.time_comes()
    await marketing.time_comes()

    assert first.id == second.id
    assert here.value("SELECT count(*) FROM relay_message WHERE name = 'Nurture'") == 3
    await here.reaches("SELECT count(*) FROM enrollment", 3)


@pytest.mark.parametrize("elsewhere", ["FollowUp", "ended"])
async def test_a_lead_that_went_elsewhere_while_it_waited_stays_out(
    here: World, elsewhere: str
) -> None:
    """A lead that sales took on Tuesday would be mailed on Wednesday, when its turn comes."""
    lead = named(here, 1)
    marketing = Marketing(here)
    run = marketing.enrolls([lead])
    with here.database.begin() as connection:
        connection.execute(
            text("UPDATE lead SET phase = :phase WHERE id = :id"), {"phase": elsewhere, "id": lead}
        )

    await marketing.time_comes()

    row = "SELECT state || ' ' || why FROM enrollment_run_lead WHERE run_id = :run"
    why = {"FollowUp": "with_sales", "ended": "closed"}[elsewhere]
    assert here.value(row, run=run.id) == f"left_out {why}"
    assert here.value("SELECT count(*) FROM relay_message") == 0


@pytest.fixture
def capped(here: World, tmp_path: Path) -> None:
    """Two leads a day may enter the cadence."""
    shutil.copytree(CADENCES, tmp_path, dirs_exist_ok=True)
    file = tmp_path / f"{CADENCE}.yaml"
    file.write_text(file.read_text() + "\nentry:\n  daily_cap: 2\n")
    publish_files(here.database, tmp_path, ROOT / "templates")


async def told_after(here: World, marketing: Marketing, after: timedelta) -> int:
    await marketing.time_comes(after)
    told: int = here.value("SELECT count(*) FROM enrollment_run_lead WHERE attempts > 0")
    await here.reaches(
        "SELECT count(*) FROM enrollment_run_lead WHERE state = 'entered' "
        "AND enrollment_id IS NOT NULL",
        told,
    )
    return told


@pytest.mark.usefixtures("capped")
async def test_no_more_leads_enter_in_a_day_after_no_worker_ran_for_some(here: World) -> None:
    """The workers are off over the weekend, and on Monday all leads of three days enter at once,
    although sales asked for two a day."""
    leads = [named(here, n) for n in range(5)]
    marketing = Marketing(here)
    marketing.enrolls(leads)

    assert await told_after(here, marketing, timedelta(days=3)) == 2
    assert await told_after(here, marketing, timedelta(days=3)) == 2
    assert await told_after(here, marketing, timedelta(days=4)) == 4


async def test_a_run_that_stood_still_goes_on_at_its_pace(here: World) -> None:
    """So many an hour, said marketing; what was due meanwhile would enter all at once."""
    marketing = Marketing(here)
    marketing.enrolls([named(here, n) for n in range(4)], per_hour=1)

    assert await told_after(here, marketing, timedelta(days=2)) == 1
    assert await told_after(here, marketing, timedelta(days=2, minutes=50)) == 1
    assert await told_after(here, marketing, timedelta(days=2, minutes=70)) == 2


async def test_no_task_is_opened_for_an_enrollment_that_was_undone(
    here: World, tmp_path: Path
) -> None:
    """Its rep would call a lead that marketing has just taken out again, when its step is due
    before the journey hears of it."""
    shutil.copytree(CADENCES, tmp_path, dirs_exist_ok=True)
    (tmp_path / f"{CADENCE}.yaml").write_text(
        f"cadence: {CADENCE}\nsteps:\n  - wait: 2 days\n"
        "  - task: {title: Call, kind: call, due: 1 day}\n"
    )
    publish_files(here.database, tmp_path, ROOT / "templates")
    lead = named(here, 1)
    await at_rest(here, lead)
    marketing = Marketing(here)
    run = marketing.enrolls([lead])
    await marketing.time_comes()
    await here.reaches("SELECT count(*) FROM enrollment", 1)

    marketing.undoes(run)
    await here.environment.sleep(timedelta(days=3))

    await here.reaches("SELECT phase || cycle FROM lead WHERE id = :id", "Recycle1", id=lead)
    assert here.value("SELECT count(*) FROM task") == 0
