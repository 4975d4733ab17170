"""The meeting's arrows: what sales and the invited would miss if one of them led nowhere."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from temporalio.client import WorkflowHandle

from cli.cadence import publish_files
from domain.contracts.journey import Phase
from domain.contracts.waits import JourneyStatus, WaitKind
from domain.time.window import is_holiday
from settings import ROOT
from tests.support.workflow_world import World, says, says_in

STEPS = "SELECT step FROM touch WHERE state = 'sent' ORDER BY id"


async def booked(here: World, after: timedelta = timedelta(days=3)) -> WorkflowHandle:  # type: ignore[type-arg]
    """A journey in Meeting."""
    lead = here.lead()
    meeting = await here.books(lead, after)
    return await here.start(Phase.MEETING, lead, meeting_id=meeting)


async def test_a_held_meeting_is_confirmed_reminded_and_leads_to_the_opportunity(
    here: World,
) -> None:
    here.person.will("meeting_outcome", says("held"))

    ending = await here.ending(await booked(here))

    assert (ending.phase, ending.reason) == (Phase.OPPORTUNITY, "held")
    assert here.values(STEPS) == [
        "meeting-confirmation",
        "meeting-reminder",
        "meeting-reminder",
    ]
    assert here.value("SELECT state FROM meeting") == "held"
    assert here.value("SELECT to_stage FROM stage_transition") == "sal"


async def test_the_outcome_is_asked_after_the_end(here: World) -> None:
    here.person.will("meeting_outcome", says("held"))

    await here.ending(await booked(here))

    assert here.value(
        "SELECT task.opened_at >= starts_at + interval '30 minutes' FROM task, meeting"
    )


async def test_a_meeting_in_half_an_hour_sends_no_reminder_from_the_past(here: World) -> None:
    here.person.will("meeting_outcome", says("held"))

    await here.ending(await booked(here, timedelta(minutes=30)))

    assert here.values(STEPS) == ["meeting-confirmation"]


async def test_a_meeting_without_a_fit_disqualifies(here: World) -> None:
    here.person.will("meeting_outcome", says("not_a_fit"))

    ending = await here.ending(await booked(here))

    assert (ending.outcome, ending.reason) == ("disqualified", "not_a_fit")
    assert here.value("SELECT stage FROM lead") == "disqualified"


@pytest.mark.parametrize(
    ("state", "follows"),
    [("held", (Phase.OPPORTUNITY, "held")), ("no_show", (Phase.RECYCLE, "no_show"))],
)
async def test_nobody_is_asked_again_how_a_meeting_went(
    here: World, state: str, follows: tuple[str, str]
) -> None:
    """News of a booking that comes late brings a lead to a meeting that was; its rep has said how
    it went, and would be asked, and the first answer written over."""
    lead = here.lead()
    meeting = await here.has_meeting(lead, state)

    ending = await here.ending(await here.start(Phase.MEETING, lead, meeting_id=meeting))

    assert (ending.phase, ending.reason) == follows
    assert here.values("SELECT kind FROM task WHERE kind = 'meeting_outcome'") == []
    assert here.values("SELECT state FROM meeting") == [state]
    assert "meeting-confirmation" not in here.values(STEPS)


async def test_a_no_show_gets_the_recovery_mails_and_then_rests(here: World) -> None:
    here.person.will("meeting_outcome", says("no_show"))

    ending = await here.ending(await booked(here))

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "no_show")
    assert here.values(STEPS)[-2:] == ["email-no-show-1-rebook", "email-no-show-2-shorter"]


async def test_a_no_show_that_rebooks_gets_its_second_meeting(here: World) -> None:
    here.person.will("meeting_outcome", says("no_show"), says("held"))
    handle = await booked(here)
    lead = here.value("SELECT lead_id FROM meeting")
    await here.environment.sleep(timedelta(days=3, hours=1))
    await here.reaches("SELECT count(*) FROM touch WHERE step = 'email-no-show-1-rebook'", 1)

    await here.books(lead, timedelta(days=2))
    ending = await here.ending(handle)

    assert ending.phase == Phase.OPPORTUNITY
    assert here.value("SELECT attempt FROM meeting") == 2
    assert here.values(STEPS).count("meeting-confirmation") == 2


async def test_a_no_show_that_writes_back_is_called(here: World) -> None:
    here.person.will("meeting_outcome", says("no_show"))
    handle = await booked(here)
    lead = here.value("SELECT lead_id FROM meeting")
    await here.environment.sleep(timedelta(days=3, hours=1))
    await here.reaches("SELECT count(*) FROM touch WHERE step = 'email-no-show-1-rebook'", 1)

    await here.does(lead, "reply")
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.FOLLOW_UP, "replied")


async def test_after_the_last_reschedule_attempt_a_no_show_rests_at_once(here: World) -> None:
    here.person.will("meeting_outcome", says("no_show"))
    handle = await booked(here)
    with here.database.begin() as connection:
        connection.exec_driver_sql("UPDATE meeting SET missed = 2")

    # The plan is made before the update in some runs; a move makes a new one.
    await here.books(here.value("SELECT lead_id FROM meeting"), timedelta(days=4))
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "no_show")
    assert "email-no-show-1-rebook" not in here.values(STEPS)


async def test_a_cancelled_meeting_is_confirmed_as_cancelled_and_nothing_else(
    here: World,
) -> None:
    """Who called a meeting off in time has missed nobody, and must not read that it did."""
    handle = await booked(here)
    await here.reaches("SELECT count(*) FROM touch", 1)

    await here.cancels()
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "cancelled")
    assert here.values(STEPS) == ["meeting-confirmation", "meeting-cancelled"]
    assert here.value("SELECT missed FROM meeting") == 0


async def test_a_meeting_that_we_cancel_is_ours_to_set_anew(here: World) -> None:
    """The lead did nothing: it reads that it is our doing, and a rep calls with another time."""
    handle = await booked(here)
    await here.reaches("SELECT count(*) FROM touch", 1)

    await here.cancels(by="us")
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.FOLLOW_UP, "cancelled_by_us")
    assert here.values(STEPS) == ["meeting-confirmation", "meeting-cancelled-by-us"]


async def test_a_moved_meeting_is_confirmed_and_reminded_for_its_new_time(here: World) -> None:
    here.person.will("meeting_outcome", says("held"))
    handle = await booked(here)
    await here.reaches("SELECT count(*) FROM touch", 1)

    await here.books(here.value("SELECT lead_id FROM meeting"), timedelta(days=6))
    ending = await here.ending(handle)

    assert ending.phase == Phase.OPPORTUNITY
    assert here.values(STEPS).count("meeting-confirmation") == 2
    assert here.value("SELECT task.opened_at >= starts_at FROM task, meeting")


async def test_a_meeting_that_the_rep_moved_is_asked_about_again(here: World) -> None:
    here.person.will("meeting_outcome", says_in("rescheduled", timedelta(days=2)), says("held"))

    ending = await here.ending(await booked(here))

    assert ending.phase == Phase.OPPORTUNITY
    assert here.value("SELECT count(*) FROM task") == 2


async def test_an_unsubscribed_lead_still_gets_what_its_meeting_needs(here: World) -> None:
    here.person.will("meeting_outcome", says("held"))
    with here.database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO suppression VALUES ('ada@lovelace.example', 'unsubscribed', now())"
        )

    await here.ending(await booked(here))

    assert len(here.values(STEPS)) == 3


async def test_a_cancellation_that_was_rebooked_since_does_not_undo_the_new_time(
    here: World,
) -> None:
    """The news arrives while the journey is paused; the rep must still be asked for the outcome."""
    here.person.will("meeting_outcome", says("held"))
    handle = await booked(here)
    await here.reaches("SELECT count(*) FROM touch", 1)
    await handle.signal("pause")
    await here.cancels()
    await here.books(here.value("SELECT lead_id FROM meeting"), timedelta(days=5))

    await handle.execute_update("move_to", "Meeting")
    await handle.signal("resume")
    newest = here.client.get_workflow_handle(handle.id)
    await here.reaches(
        "SELECT count(*) FROM touch WHERE step = 'meeting-confirmation' AND state = 'sent'", 2
    )

    waits_for = ""
    for _ in range(300):
        waits_for = (await newest.query("status", result_type=JourneyStatus)).wait.kind
        if waits_for == WaitKind.MEETING:
            break
        await asyncio.sleep(0.05)
    assert waits_for == WaitKind.MEETING
    assert "meeting-cancelled" not in here.values(STEPS)


async def test_a_meeting_called_off_before_its_phase_began_is_not_confirmed(here: World) -> None:
    lead = here.lead()
    meeting = await here.books(lead, timedelta(days=3))
    await here.cancels()

    ending = await here.ending(await here.start(Phase.MEETING, lead, meeting_id=meeting))

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "cancelled")
    assert "meeting-confirmation" not in here.values(STEPS)


async def test_a_meeting_booked_by_the_lead_belongs_to_a_rep(here: World) -> None:
    """Else two leads are given the same hour of one rep."""
    await here.books(here.lead(), timedelta(days=3))

    assert here.value("SELECT owner FROM meeting") == "rep-1"
    assert here.value("SELECT owner FROM lead") == "rep-1"


async def test_a_lead_that_was_let_go_and_books_gets_its_meeting(here: World) -> None:
    """The best sign there is must not end in a relay message that nobody reads."""
    here.person.will("meeting_outcome", says("held"))
    lead = here.lead()
    handle = await here.start(Phase.RECYCLE, lead, reason="unsubscribed")
    assert (await here.ending(handle)).outcome == "closed_out"

    await here.books(lead, timedelta(days=3))
    await here.reaches("SELECT phase FROM lead", "Meeting")

    assert here.value("SELECT cycle FROM lead") == 2
    assert here.value("SELECT outcome FROM relay_message WHERE kind = 'start_again'") == "delivered"


async def test_a_no_show_that_the_calendar_service_saw_waits_for_nobody(here: World) -> None:
    """The lead gets the kind mail within minutes, not when the rep finds the time to say so."""
    handle = await booked(here)
    # An open task stops the server's leaps: the last seconds pass as they do.
    await here.environment.sleep(timedelta(days=3, minutes=29, seconds=57))
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    said_at = await here.now()

    await here.hears_of_no_show()
    await here.reaches("SELECT state FROM touch WHERE step = 'email-no-show-1-rebook'", "sent")
    assert here.value("SELECT state FROM task") == "withdrawn"
    mailed_at = here.value("SELECT sent_at FROM touch WHERE step = 'email-no-show-1-rebook'")
    assert mailed_at - said_at < timedelta(minutes=5)

    assert here.value("SELECT missed FROM meeting") == 1
    assert here.value("SELECT state FROM meeting") == "no_show"
    assert (await handle.query("status"))["phase"] == Phase.MEETING


async def test_a_no_show_reported_while_the_meeting_should_run_ends_the_rest(here: World) -> None:
    handle = await booked(here)
    await here.environment.sleep(timedelta(days=3, minutes=10))

    await here.hears_of_no_show()
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "no_show")
    assert here.value("SELECT count(*) FROM task") == 0


async def test_a_no_show_that_is_taken_back_asks_the_rep(here: World) -> None:
    """A wrong click at the calendar service must not park a lead that came."""
    here.person.will("meeting_outcome", says("held"))
    handle = await booked(here)
    await here.environment.sleep(timedelta(days=3, minutes=20))
    await here.hears_of_no_show()
    await here.reaches("SELECT count(*) FROM touch WHERE step = 'email-no-show-1-rebook'", 1)

    await here.hears_of_no_show(missed=False)
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.OPPORTUNITY, "held")
    assert here.values(STEPS).count("meeting-confirmation") == 1


async def test_every_change_of_a_meeting_reaches_the_leads_calendar(here: World) -> None:
    """One entry that moves and goes, never a second one beside it."""
    handle = await booked(here)
    lead = here.value("SELECT lead_id FROM meeting")
    confirmed = "SELECT count(*) FROM touch WHERE step = 'meeting-confirmation' AND state = 'sent'"
    await here.reaches(confirmed, 1)
    for change, days in ((2, 5), (3, 6)):
        await here.books(lead, timedelta(days=days))
        await here.reaches(confirmed, change)
    await here.cancels()
    await here.ending(handle)

    invitations = []
    mails = "SELECT raw FROM outbox_message WHERE touch_key NOT LIKE 'rep:%' ORDER BY id"
    for raw in here.values(mails):
        for part in message_from_bytes(bytes(raw)).walk():
            if part.get_content_type() == "text/calendar":
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                calendar = Calendar.from_ical(content)
                (event,) = calendar.walk("VEVENT")
                assert part.get_param("method") == calendar["method"]
                invitations.append((str(calendar["method"]), event))
    assert [method for method, _ in invitations] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert len({str(event["uid"]) for _, event in invitations}) == 1
    assert [event["sequence"] for _, event in invitations] == [0, 1, 2, 3]
    starts_at = here.value("SELECT starts_at FROM meeting").replace(microsecond=0)
    assert invitations[-1][1].decoded("dtstart") == starts_at


BRUSSELS = ZoneInfo("Europe/Brussels")


def clocks_go_back(after: datetime) -> datetime:
    """Midnight in Brussels of the next last Sunday of October, at least a week ahead. All Saints'
    is within the week after it."""
    for year in (after.year, after.year + 1):
        day = datetime(year, 10, 31, tzinfo=BRUSSELS)
        while day.weekday() != 6:
            day -= timedelta(days=1)
        if day - after > timedelta(days=7):
            return day
    raise AssertionError("no October ahead")


async def test_a_no_show_is_won_back_by_the_leads_wall_clock(here: World) -> None:
    """The shipped cadence over the change to winter time and a holiday: the mail at once, calls
    and mails on working days by day, then recycle."""
    publish_files(here.database, ROOT / "cadences", ROOT / "templates")
    here.person.will("meeting_outcome", says("no_show"))
    here.person.will("cadence", says("done"))
    change = clocks_go_back(await here.now())
    friday = datetime.combine(change.date() - timedelta(days=2), time(14, 0), BRUSSELS)
    await here.environment.sleep(friday.astimezone(UTC) - timedelta(days=1) - await here.now())
    lead = here.lead(country="BE", time_zone="Europe/Brussels", owner="rep-1")
    meeting = await here.books(lead, friday.astimezone(UTC) - await here.now())

    handle = await here.start(Phase.MEETING, lead, meeting_id=meeting)
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "no_show")
    mails = [
        at.astimezone(BRUSSELS)
        for at in here.values("SELECT sent_at FROM touch WHERE step LIKE '%no-show%' ORDER BY id")
    ]
    calls = [
        at.astimezone(BRUSSELS)
        for at in here.values("SELECT opened_at FROM task WHERE kind = 'cadence' ORDER BY id")
    ]
    assert (len(mails), len(calls)) == (3, 2)
    assert mails[0] - friday - timedelta(minutes=30) < timedelta(minutes=5)
    assert calls[0] - mails[0] < timedelta(hours=2, minutes=5)
    assert mails[0].utcoffset() == timedelta(hours=2)
    for at in (*mails[1:], calls[1]):
        assert at.utcoffset() == timedelta(hours=1)
        assert at.weekday() < 5
        assert not is_holiday(at.date(), "BE")
        # The hour by the wall stays, whatever the clocks did.
        assert at.hour == calls[0].hour


async def test_a_lead_that_misses_a_meeting_in_its_evening_is_written_to_within_minutes(
    here: World,
) -> None:
    """It chose the hour, and sits there; in the morning it has other things to do. What follows
    waits for the day."""
    publish_files(here.database, ROOT / "cadences", ROOT / "templates")
    here.person.will("meeting_outcome", says("no_show"))
    here.person.will("cadence", says("done"))
    now = (await here.now()).astimezone(BRUSSELS)
    night = datetime.combine(now.date() + timedelta(days=3), time(22, 0), BRUSSELS)
    lead = here.lead(country="BE", time_zone="Europe/Brussels", owner="rep-1")
    meeting = await here.books(lead, night.astimezone(UTC) - await here.now())

    await here.ending(await here.start(Phase.MEETING, lead, meeting_id=meeting))

    first, *later = here.values("SELECT sent_at FROM touch WHERE step LIKE '%no-show%' ORDER BY id")
    assert first - night - timedelta(minutes=30) < timedelta(minutes=5)
    assert all(time(7, 30) <= at.astimezone(BRUSSELS).time() < time(20, 30) for at in later)
