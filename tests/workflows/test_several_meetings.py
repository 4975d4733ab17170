"""Several appointments of one lead, and what it writes meanwhile: each has a life of its own, and
none of its words is kept from the person it wrote to."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from typing import Any

from icalendar import Calendar
from sqlalchemy import text
from temporalio.client import WorkflowHandle

from domain.contracts.journey import Phase
from tests.support.workflow_world import World, says

SENT = "SELECT template_version.name FROM touch JOIN template_version ON template_version.id = "
SENT += "template_version_id WHERE touch.state = 'sent' ORDER BY touch.id"


async def meets(
    here: World, after: timedelta = timedelta(days=3)
) -> tuple[int, WorkflowHandle[Any, Any]]:
    """A lead in Meeting, confirmed: its id and journey."""
    lead = here.lead(owner="rep-1")
    meeting = await here.books(lead, after)
    handle = await here.start(Phase.MEETING, lead, meeting_id=meeting)
    await here.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 1)
    return lead, handle


async def test_the_second_meeting_is_confirmed_and_reminded_for_itself(here: World) -> None:
    """Both are held: the journey follows the first, and the rep is asked about the second too."""
    here.person.will("meeting_outcome", says("held"))
    lead, handle = await meets(here)
    second = await here.books_elsewhere(lead, timedelta(days=2))
    await here.environment.sleep(timedelta(days=2, hours=1))

    await here.reaches("SELECT state FROM meeting WHERE id = :id", "held", id=second)
    assert here.value("SELECT phase FROM lead") == Phase.MEETING
    first = "SELECT id FROM meeting WHERE NOT beside"
    sent = here.values(f"SELECT step FROM touch WHERE key LIKE 'meeting-' || ({first}) || '-%'")
    assert sent.count("meeting-confirmation") == 1
    await here.ending(handle)
    assert here.values("SELECT state FROM meeting") == ["held", "held"]


async def test_when_the_first_is_called_off_the_journey_follows_the_second(here: World) -> None:
    """A lead that still comes on Thursday must not read that we regret Wednesday, and be
    recycled."""
    here.person.will("meeting_outcome", says("held"))
    lead, handle = await meets(here)
    first = here.value("SELECT id FROM meeting")
    second = await here.books_elsewhere(lead, timedelta(days=4))
    await here.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 2)

    await here.calls_off(first, by="lead")
    await here.reaches("SELECT beside FROM meeting WHERE id = :id", False, id=second)
    await here.deliver()
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.OPPORTUNITY, "held")
    sent = here.values(SENT)
    assert sent.count("meeting-confirmation") == 2, "what was confirmed beside is not again"
    assert sent.count("meeting-cancelled") == 1
    assert "no-show-1-rebook" not in sent


async def test_a_meeting_is_seen_through_by_one_at_a_time(here: World) -> None:
    """News of it that came late took the journey to a meeting that had a workflow of its own: the
    rep was asked twice how it went, and one answer was written over the other."""
    lead = here.lead(owner="rep-1", phase="Opportunity")
    meeting = await here.books_elsewhere(lead, timedelta(days=2))
    beside = here.client.get_workflow_handle(f"lead-{lead}-meeting-{meeting}")
    await here.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 1)
    with here.database.begin() as connection:
        # Meanwhile the lead has come to its next cycle, and took the meeting along.
        connection.execute(text("UPDATE meeting SET cycle = 2"))

    handle = await here.start(Phase.MEETING, lead, meeting_id=meeting)
    await here.reaches("SELECT beside FROM meeting", False)
    await here.deliver()
    assert await beside.result() == "taken_over"
    here.person.will("meeting_outcome", says("held"))
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.OPPORTUNITY, "held")
    assert here.values("SELECT state FROM task") == ["done"]


async def test_a_booking_while_a_sale_is_open_has_its_outcome(here: World) -> None:
    """The opportunity's second call is confirmed and reminded like the first."""
    here.person.will("meeting_outcome", says("held"))
    lead = here.lead(owner="rep-1", phase="Opportunity")
    meeting = await here.books(lead, timedelta(days=2))
    await here.environment.sleep(timedelta(days=2, hours=1))

    await here.reaches("SELECT state FROM meeting WHERE id = :id", "held", id=meeting)
    assert here.values(SENT) == [
        "meeting-confirmation",
        "meeting-reminder",
        "meeting-reminder",
    ]


async def test_what_a_lead_writes_while_it_has_a_meeting_is_a_task_at_once(here: World) -> None:
    """ "I can't make Friday" must not wait until somebody finds that nobody came."""
    lead, _ = await meets(here)
    await here.does(lead, "reply")
    await here.reaches("SELECT count(*) FROM task WHERE kind = 'lead_message'", 1)
    assert here.value("SELECT owner FROM task") == "rep-1"
    await here.does(lead, "reply")
    await here.reaches("SELECT count(*) FROM task WHERE kind = 'lead_message'", 2)


async def test_what_a_lead_writes_while_a_sale_is_open_is_a_task_at_once(here: World) -> None:
    lead = here.lead(owner="rep-1", phase="Opportunity")
    await here.does(lead, "reply")
    await here.reaches("SELECT count(*) FROM task WHERE kind = 'lead_message'", 1)


async def test_a_lead_that_is_won_back_has_one_task_for_its_reply(here: World) -> None:
    """Its reply leads to a call already."""
    lead = here.lead(owner="rep-1", phase="Meeting")
    with here.database.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO meeting (lead_id, owner, starts_at, state) VALUES ({lead}, 'rep-1', "
            "now() - interval '1 hour', 'no_show')"
        )
    await here.does(lead, "reply")
    assert here.values("SELECT count(*) FROM relay_message WHERE kind = 'standalone_task'") == [0]


async def test_our_entry_leaves_the_calendar_when_the_booking_moves_elsewhere(
    here: World,
) -> None:
    """A lead that called off here and booked at a service would see our entry for ever. The rep,
    who has the meeting as well, gets what the lead gets."""
    with here.database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO rep (code, name, email) VALUES ('rep-1', 'Hana L', 'h@perennial.example') "
            "ON CONFLICT (code) DO UPDATE SET name = excluded.name, email = excluded.email"
        )
    lead, handle = await meets(here)
    await handle.signal("pause")
    await here.cancels()
    await here.books_elsewhere(lead, timedelta(days=4))
    await handle.execute_update("move_to", "Meeting")
    await here.client.get_workflow_handle(handle.id).signal("resume")
    confirmed = "SELECT count(*) FROM touch WHERE step = 'meeting-confirmation' AND state = 'sent'"
    await here.reaches(confirmed, 2)
    await here.reaches("SELECT invited FROM meeting", False)

    found: list[tuple[str, str, Any]] = []
    for raw in here.values("SELECT raw FROM outbox_message ORDER BY id"):
        mail = message_from_bytes(bytes(raw))
        for part in mail.walk():
            if part.get_content_type() == "text/calendar":
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                calendar = Calendar.from_ical(content)
                (event,) = calendar.walk("VEVENT")
                found.append((str(mail["To"]), str(calendar["method"]), event))
    to_lead = [(method, event) for to, method, event in found if "lovelace" in to]
    to_rep = [method for to, method, _ in found if "h@perennial.example" in to]
    assert [method for method, _ in to_lead] == to_rep == ["REQUEST", "CANCEL"]
    (_, asked), (_, withdrawn) = to_lead
    assert asked["uid"] == withdrawn["uid"]
    assert withdrawn["sequence"] > asked["sequence"]
    assert str(asked["organizer"]) == "mailto:h@perennial.example"
    assert asked["organizer"].params["SENT-BY"].startswith("mailto:")
    attendees = {str(one): one.params["PARTSTAT"] for one in asked["attendee"]}
    assert attendees == {
        "mailto:ada@lovelace.example": "NEEDS-ACTION",
        "mailto:h@perennial.example": "ACCEPTED",
    }
    assert str(asked["url"]).startswith("http")
