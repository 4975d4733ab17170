"""Nurture's arrows: what marketing's leads would miss if one of them led nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError
from temporalio.client import WorkflowHandle
from temporalio.exceptions import ApplicationError

from activities.send_pace import SendPace
from domain.contracts.journey import Phase
from tests.support.time_zones import where_it_is_night
from tests.support.workflow_world import World, says, says_in

HOUR = timedelta(hours=1)
AWAY = OperationalError("claim", None, Exception("The database is away."))
BUSY = ApplicationError("Busy.", type="TryAgain", next_retry_delay=HOUR)
SENT = "SELECT count(*) FROM touch WHERE state = 'sent'"


async def nurtured(here: World, lead: int) -> WorkflowHandle:  # type: ignore[type-arg]
    """A journey in Nurture whose first mail has gone out."""
    handle = await here.start(Phase.NURTURE, lead, cadence="welcome-nurture")
    await here.reaches("SELECT phase FROM lead", "Nurture")
    # No longer than until the first: on some days of the week the second is due three days on.
    for _ in range(16):
        await here.environment.sleep(timedelta(hours=6))
        if here.value(SENT):
            break
    await here.reaches(SENT, 1)
    return handle


async def test_a_silent_lead_gets_every_mail_once_and_is_parked(here: World) -> None:
    handle = await here.start(Phase.NURTURE, here.lead(), cadence="welcome-nurture")

    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "exhausted")
    assert here.values("SELECT step FROM touch WHERE state = 'sent' ORDER BY sent_at") == [
        "email-welcome-1-checklist",
        "email-welcome-2-three-numbers",
        "email-welcome-3-phone",
    ]
    assert here.value("SELECT count(*) FROM outbox_message") == 3
    assert here.value("SELECT exit_reason FROM enrollment") == "exhausted"


@pytest.mark.parametrize(("fails_with", "timers"), [(None, 0), (AWAY, 0), (BUSY, 3)])
async def test_what_cannot_be_done_at_once_is_done_by_the_queue(
    here: World, monkeypatch: pytest.MonkeyPatch, fails_with: Exception | None, timers: int
) -> None:
    """While a provider is slow, or the database away for a moment, every journey would stand
    still, or lose the mail; and a provider that asked for an hour would be asked again at once."""
    allowed = SendPace.allowed

    @contextmanager
    def never_at_once(pace: SendPace, *, at_once: bool) -> Iterator[bool]:
        if at_once and fails_with:
            raise fails_with
        with allowed(pace, at_once=False) as may_send:
            yield may_send and not at_once

    monkeypatch.setattr(SendPace, "allowed", never_at_once)
    # At the end of a window the hour would lead out of it, and the mail be due once more.
    lead = here.lead(time_zone=where_it_is_night(datetime.now(UTC)))
    handle = await here.start(Phase.NURTURE, lead, cadence="welcome-nurture")

    assert (await here.ending(handle)).reason == "exhausted"

    assert here.value("SELECT count(*) FROM outbox_message") == here.value(SENT) == 3
    run = here.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
    events = (await run.fetch_history()).events
    spans = [event.timer_started_event_attributes.start_to_fire_timeout for event in events]
    assert [span.ToTimedelta() for span in spans].count(HOUR) == timers


async def test_mail_goes_only_inside_the_send_window_of_the_lead(here: World) -> None:
    lead = here.lead(time_zone="Asia/Seoul", country="KR")
    handle = await here.start(Phase.NURTURE, lead, cadence="welcome-nurture")

    await here.ending(handle)

    outside = (
        "SELECT count(*) FROM touch WHERE extract(isodow FROM sent_at AT TIME ZONE 'Asia/Seoul') "
        "> 5 OR extract(hour FROM sent_at AT TIME ZONE 'Asia/Seoul') NOT BETWEEN 9 AND 16"
    )
    assert here.value(outside) == 0
    assert here.value(SENT) == 3


async def test_a_score_at_the_threshold_is_escalated_at_once(here: World) -> None:
    lead = here.lead()
    handle = await nurtured(here, lead)

    await here.does(lead, "form")
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.FOLLOW_UP, "score_reached")
    assert here.value(SENT) == 1, "a lead that sales works got another nurture mail"


async def test_many_events_over_the_threshold_make_one_crossing(here: World) -> None:
    lead = here.lead()
    await nurtured(here, lead)

    for _ in range(5):
        await here.does(lead, "form")

    assert here.value("SELECT count(*) FROM relay_message WHERE key LIKE 'crossing:%'") == 1


async def test_a_lead_that_arrives_hot_is_escalated_before_any_mail(here: World) -> None:
    lead = here.lead(score=100)

    ending = await here.ending(await here.start(Phase.NURTURE, lead, cadence="welcome-nurture"))

    assert (ending.phase, ending.reason) == (Phase.FOLLOW_UP, "score_reached")
    assert here.value(SENT) == 0


async def test_a_click_takes_the_other_arm_of_the_branch(here: World) -> None:
    here.person.will("cadence", says("done"))
    lead = here.lead()
    handle = await nurtured(here, lead)

    await here.does(lead, "click")
    ending = await here.ending(handle)

    assert here.person.done == [("cadence", "done")]
    assert "email-welcome-2-three-numbers" not in here.values("SELECT step FROM touch")
    assert ending.reason == "exhausted"


@pytest.mark.parametrize(
    ("kind", "phase", "reason"),
    [
        ("reply", Phase.FOLLOW_UP, "replied"),
        ("unsubscribe", Phase.RECYCLE, "unsubscribed"),
        ("complaint", Phase.RECYCLE, "unsubscribed"),
        ("bounce", Phase.RECYCLE, "bounced"),
    ],
)
async def test_an_answer_ends_the_cadence(
    here: World, kind: str, phase: Phase, reason: str
) -> None:
    lead = here.lead()
    handle = await nurtured(here, lead)

    await here.does(lead, kind)
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (phase, reason)
    assert here.value(SENT) == 1


async def test_a_booking_through_the_link_leads_to_the_meeting(here: World) -> None:
    lead = here.lead()
    handle = await nurtured(here, lead)

    meeting = await here.books(lead, timedelta(days=4))
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.MEETING, "booked")
    assert ending.state
    assert ending.state.meeting_id == meeting


async def test_an_sdr_who_books_in_a_cadence_task_leads_to_the_meeting(here: World) -> None:
    here.person.will("cadence", says_in("meeting_booked", timedelta(days=2)))
    lead = here.lead()
    handle = await nurtured(here, lead)
    await here.does(lead, "click")

    ending = await here.ending(handle)

    assert ending.phase == Phase.MEETING
    assert here.value("SELECT state FROM meeting") == "booked"


async def test_a_suppression_that_lands_first_stops_the_mail_and_not_the_journey(
    here: World,
) -> None:
    lead = here.lead()
    with here.database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO suppression VALUES ('ada@lovelace.example', 'manual', now())"
        )

    ending = await here.ending(await here.start(Phase.NURTURE, lead, cadence="welcome-nurture"))

    assert here.values("SELECT DISTINCT state FROM touch") == ["suppressed"]
    assert here.value("SELECT count(*) FROM outbox_message") == 0
    assert ending.reason == "exhausted"
