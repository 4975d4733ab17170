"""Leads that are enrolled by hand and taken back while something else happens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from cli.connect import operator
from domain.contracts.journey import EventCode, JourneyEvent, Phase
from services import cadences, enrollments
from store.journeys.enrollment_runs import EnrollmentRunLine
from store.outbox.relay_messages import notify_journey
from tests.support.time_zones import where_it_is_night
from tests.support.workflow_world import World
from tests.workflows.enrolling import LATE, Marketing, at_rest, named, nurtured

WHERE = "SELECT phase || ' ' || phase_reason || ' ' || cycle FROM lead WHERE id = :id"
RUNNING = """
    SELECT version.name FROM enrollment JOIN cadence_version AS version
        ON version.id = cadence_version_id WHERE lead_id = :id AND ended_at IS NULL
"""
STATES = "SELECT state FROM enrollment_run_lead WHERE lead_id = :id ORDER BY run_id"


async def twice_enrolled(
    here: World, marketing: Marketing
) -> tuple[int, EnrollmentRunLine, EnrollmentRunLine]:
    """A lead that rested, and was enrolled in one cadence and out of that in another."""
    night = where_it_is_night(datetime.now(UTC))
    lead, beside = named(here, 1, time_zone=night), named(here, 2, time_zone=night)
    await at_rest(here, lead)
    first = marketing.enrolls([lead, beside], "welcome-nurture")
    await marketing.time_comes()
    await here.reaches(RUNNING, "welcome-nurture", id=lead)
    await here.reaches(RUNNING, "welcome-nurture", id=beside)
    second = marketing.enrolls([lead], replaces=True)
    await marketing.time_comes()
    await here.reaches(RUNNING, "mid-funnel", id=lead)
    return lead, first, second


@pytest.mark.parametrize("latest_first", [True, False])
async def test_two_runs_that_are_undone_one_after_the_other_leave_no_mail(
    here: World, *, latest_first: bool
) -> None:
    """Marketing takes both runs back, and the lead, which rested before, would be in the first
    cadence for good."""
    marketing = Marketing(here)
    lead, first, second = await twice_enrolled(here, marketing)

    if latest_first:
        marketing.undoes(second)
        await here.deliver()
        await here.reaches(WHERE, "Nurture unenrolled 2", id=lead)
        await here.reaches(RUNNING, "welcome-nurture", id=lead)
        done = marketing.undoes(first)
        assert (done.going_back, done.stay) == (2, 0)
    else:
        done = marketing.undoes(first)
        assert (done.going_back, done.stay) == (1, 1)
        assert marketing.undoes(second).going_back == 1
    await here.deliver()

    await here.reaches(WHERE, "Recycle no_response 1", id=lead)
    await here.reaches("SELECT phase FROM lead WHERE id <> :id", "ended", id=lead)
    assert here.values(RUNNING, id=lead) == []
    assert here.values(STATES, id=lead) == ["undone", "undone"]
    assert here.value("SELECT count(*) FROM touch") == 0


async def test_a_run_that_is_undone_while_the_lead_goes_back_to_it_takes_it_further(
    here: World,
) -> None:
    """The journey has not heard of the first undoing when the second comes."""
    marketing = Marketing(here)
    lead, first, second = await twice_enrolled(here, marketing)

    marketing.undoes(second)
    marketing.undoes(first)
    await here.deliver()

    await here.reaches(WHERE, "Recycle no_response 1", id=lead)
    assert here.values(RUNNING, id=lead) == []
    assert here.value("SELECT count(*) FROM touch") == 0


async def test_nobody_goes_back_into_a_cadence_that_was_archived_since(here: World) -> None:
    """Its leads were taken out: one that is put back would be mailed on, about what is over."""
    marketing = Marketing(here)
    lead, _first, second = await twice_enrolled(here, marketing)
    cadences.archive(marketing.context, operator(), "welcome-nurture", take_out=True)

    marketing.undoes(second)
    await here.deliver()

    await here.reaches("SELECT phase FROM lead WHERE id = :id", "Recycle", id=lead)
    assert here.values(RUNNING, id=lead) == []
    assert here.values(STATES, id=lead) == ["entered", "undone"]


async def enrolled_from_rest(here: World, marketing: Marketing) -> tuple[int, EnrollmentRunLine]:
    lead = named(here, 1, time_zone=where_it_is_night(datetime.now(UTC)))
    await at_rest(here, lead)
    run = marketing.enrolls([lead])
    await marketing.time_comes()
    await here.reaches(WHERE, "Nurture enrolled 2", id=lead)
    return lead, run


def says(here: World, lead: int, code: EventCode, cycle: int, **more: Any) -> None:
    with here.database.begin() as connection:
        event = JourneyEvent(code, cycle=cycle, **more)
        notify_journey(connection, lead, key=f"news-{code}", signal="engagement", event=event)


@pytest.mark.parametrize(
    ("code", "phase"),
    [
        (EventCode.REPLIED, Phase.FOLLOW_UP),
        (EventCode.SCORE_REACHED, Phase.FOLLOW_UP),
        (EventCode.BOOKED, Phase.MEETING),
        (EventCode.PLAY, Phase.NURTURE),
    ],
)
async def test_who_answers_while_it_goes_back_goes_there(
    here: World, code: EventCode, phase: Phase
) -> None:
    """A reply in the second in which marketing takes the enrollment back would reach nobody, nor
    an appointment or a play that sales starts for its account."""
    marketing = Marketing(here)
    lead, run = await enrolled_from_rest(here, marketing)
    ref = await here.has_meeting(lead) if code == EventCode.BOOKED else 0

    marketing.undoes(run)
    says(here, lead, code, cycle=2, ref=ref, reason="onboarding")
    await here.deliver()

    await here.reaches(WHERE, f"{phase} {code} 2", id=lead)
    if code == EventCode.PLAY:
        await here.reaches(RUNNING, "onboarding", id=lead)
    with here.database.begin() as connection:
        enrollments.enter_due(connection, await here.now(), LATE)
    assert here.values(STATES, id=lead) == ["undone"]


async def test_news_of_the_cycle_that_was_taken_back_wakes_a_lead_that_rests_again(
    here: World,
) -> None:
    """A reply that is told a second after the lead is back would be of a cycle that never was, and
    an appointment, and a crossing."""
    marketing = Marketing(here)
    lead, run = await enrolled_from_rest(here, marketing)
    meeting = await here.has_meeting(lead)
    with here.database.begin() as connection:
        connection.execute(text("UPDATE meeting SET cycle = 2"))
        connection.execute(text("UPDATE lead SET crossed_cycle = 2"))
    marketing.undoes(run)
    await here.deliver()
    await here.reaches(WHERE, "Recycle no_response 1", id=lead)

    assert here.value("SELECT cycle FROM meeting WHERE id = :id", id=meeting) == 1
    assert here.value("SELECT crossed_cycle FROM lead WHERE id = :id", id=lead) == 1
    says(here, lead, EventCode.REPLIED, cycle=2)
    await here.deliver()
    await here.reaches(WHERE, "FollowUp replied 2", id=lead)


@pytest.mark.parametrize(
    ("phase", "state"), [("FollowUp", "undone"), ("ended", "undone"), ("Nurture", "undoing")]
)
async def test_a_lead_that_goes_elsewhere_is_not_on_its_way_back_for_ever(
    here: World, phase: str, state: str
) -> None:
    """The run would go on taking back for ever, and no other could enroll the lead."""
    marketing = Marketing(here)
    lead, run = await enrolled_from_rest(here, marketing)
    await here.client.get_workflow_handle(f"lead-{lead}").signal("pause")
    marketing.undoes(run)
    with here.database.begin() as connection:
        connection.execute(text("UPDATE lead SET phase = :phase"), {"phase": phase})
        enrollments.enter_due(connection, datetime.now(UTC), LATE)

    assert here.values(STATES, id=lead) == [state]


async def test_a_lead_goes_back_from_the_run_that_was_undone_last(here: World) -> None:
    """It was taken back once before, and would go where it was then."""
    marketing = Marketing(here)
    lead = named(here, 1, time_zone=where_it_is_night(datetime.now(UTC)))
    await nurtured(here, lead)
    for phase in ("Nurture unenrolled 1", "Recycle moved 1"):
        run = marketing.enrolls([lead], replaces=True)
        await marketing.time_comes()
        await here.reaches(RUNNING, "mid-funnel", id=lead)
        marketing.undoes(run)
        await here.deliver()
        await here.reaches(WHERE, phase, id=lead)
        await here.client.get_workflow_handle(f"lead-{lead}").execute_update("move_to", "Recycle")
        await here.reaches(WHERE, "Recycle moved 1", id=lead)
