"""Recycle's arrows: what a season's harvest would lose if one of them led nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.contracts.journey import EventCode, JourneyEvent, Phase
from tests.support.workflow_world import World


async def test_a_parked_lead_comes_back_with_the_next_cycle_s_cadence(here: World) -> None:
    lead = here.lead(score=55)
    before = await here.now()

    ending = await here.ending(await here.start(Phase.RECYCLE, lead, reason="lost"))

    assert (ending.phase, ending.reason, ending.cycle) == (Phase.NURTURE, "recycled_lost", 2)
    assert ending.state
    assert ending.state.cadence == "recycle-reentry"
    assert timedelta(days=180) < await here.now() - before < timedelta(days=182)


@pytest.mark.parametrize(
    ("kind", "phase", "reason"),
    [
        ("click", Phase.NURTURE, "renewed_interest"),
        ("reply", Phase.FOLLOW_UP, "replied"),
        ("form", Phase.FOLLOW_UP, "score_reached"),
    ],
)
async def test_a_sign_of_life_wakes_a_parked_lead_early(
    here: World, kind: str, phase: Phase, reason: str
) -> None:
    lead = here.lead()
    before = await here.now()
    handle = await here.start(Phase.RECYCLE, lead, reason="lost")
    await here.reaches("SELECT phase FROM lead", "Recycle")

    await here.does(lead, kind)
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason, ending.cycle) == (phase, reason, 2)
    assert await here.now() - before < timedelta(days=1)


@pytest.mark.parametrize(("from_sales", "wakes"), [(True, False), (False, True)])
async def test_a_crossing_that_comes_late_does_not_undo_what_sales_said(
    here: World, from_sales: bool, wakes: bool
) -> None:
    """After an outage the word of it may come when sales has heard "no" already: the lead would be
    called again at once. A lead that only ran out of mails may have crossed this moment."""
    handle = await here.start(
        Phase.RECYCLE, here.lead(), reason="not_interested", from_sales=from_sales
    )
    await here.reaches("SELECT phase FROM lead", "Recycle")

    await handle.signal(
        "engagement", JourneyEvent(EventCode.SCORE_REACHED, cycle=1, reason=Phase.NURTURE)
    )
    ending = await here.ending(handle)

    assert (ending.reason == "score_reached") is wakes


async def test_an_open_does_not_wake_a_parked_lead(here: World) -> None:
    lead = here.lead()
    handle = await here.start(Phase.RECYCLE, lead, reason="lost")
    await here.reaches("SELECT phase FROM lead", "Recycle")

    await here.does(lead, "open")
    ending = await here.ending(handle)

    assert ending.reason == "recycled_lost"


async def test_a_parked_lead_that_books_goes_to_its_meeting(here: World) -> None:
    lead = here.lead()
    handle = await here.start(Phase.RECYCLE, lead, reason="lost")
    await here.reaches("SELECT phase FROM lead", "Recycle")

    await here.books(lead, timedelta(days=2))
    ending = await here.ending(handle)

    assert (ending.phase, ending.cycle) == (Phase.MEETING, 2)


async def test_a_parked_lead_that_has_booked_may_move_and_cancel_its_appointment(
    here: World,
) -> None:
    """The journey would go on in another cycle than its appointment: a new time would be an
    appointment beside the first of which nobody is told, and calling it off would be heard by
    nobody."""
    sent = "SELECT count(*) FROM touch WHERE state = 'sent' AND step = :step"
    lead = here.lead()
    await here.start(Phase.RECYCLE, lead, reason="lost")
    await here.reaches("SELECT phase FROM lead", "Recycle")
    meeting = await here.books(lead, timedelta(days=2))
    await here.reaches(sent, 1, step="meeting-confirmation")

    assert await here.books(lead, timedelta(days=3)) == meeting
    await here.reaches(sent, 2, step="meeting-confirmation")
    await here.cancels()

    await here.reaches(sent, 1, step="meeting-cancelled")
    assert here.values("SELECT cycle FROM meeting") == [2]


@pytest.mark.parametrize("phase", [Phase.NURTURE, Phase.FOLLOW_UP, Phase.RECYCLE])
async def test_an_appointment_that_nobody_said_the_outcome_of_may_be_set_anew(
    here: World, phase: Phase
) -> None:
    """Its row still says that it is booked: the lead chooses another time, is told that it has it,
    and nobody would come."""
    lead = here.lead()
    meeting = await here.has_meeting(lead)
    handle = await here.start(phase, lead, reason="outcome_unknown", cadence="welcome-nurture")
    await here.reaches("SELECT phase FROM lead", phase)

    assert await here.books(lead, timedelta(days=2)) == meeting
    ending = await here.ending(handle)

    assert ending.phase == Phase.MEETING
    assert ending.state
    assert ending.state.meeting_id == meeting


async def test_after_its_last_cycle_a_lead_is_let_go(here: World) -> None:
    handle = await here.start(Phase.RECYCLE, here.lead(), reason="exhausted", cycle=4)

    ending = await here.ending(handle)

    assert (ending.phase, ending.outcome) == ("", "closed_out")
    assert here.value("SELECT phase FROM lead") == "ended"


async def test_an_unsubscribed_lead_never_comes_back(here: World) -> None:
    ending = await here.ending(await here.start(Phase.RECYCLE, here.lead(), reason="unsubscribed"))

    assert ending.outcome == "closed_out"


async def test_the_crossing_of_an_earlier_cycle_wakes_nobody(here: World) -> None:
    lead = here.lead()
    handle = await here.start(Phase.RECYCLE, lead, reason="lost", cycle=2)
    await here.reaches("SELECT phase FROM lead", "Recycle")

    await handle.signal("engagement", {"code": "score_reached", "cycle": 1})
    ending = await here.ending(handle)

    assert ending.reason == "recycled_lost"


async def test_a_lead_that_was_let_go_and_writes_back_is_called(here: World) -> None:
    lead = here.lead()
    await here.ending(await here.start(Phase.RECYCLE, lead, reason="exhausted", cycle=4))

    await here.does(lead, "reply")
    await here.reaches("SELECT phase FROM lead", "FollowUp")

    assert here.value("SELECT cycle FROM lead") == 5


async def test_a_parked_lead_shows_the_interest_it_still_has(here: World) -> None:
    """Ops would look for interested leads and miss those worth waking."""
    ending = await here.ending(
        await here.start(Phase.RECYCLE, here.lead(score=90), reason="lost", score_band="A1")
    )

    assert ending.state
    assert ending.state.score_band == "C1"
