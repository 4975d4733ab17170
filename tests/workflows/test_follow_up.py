"""Follow-up's arrows: what an SDR's leads would miss if one of them led nowhere."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text

from domain.contracts.journey import Phase
from domain.tasks.completion import Completion, MailDecision
from store.routing.routing import assign
from store.views.dossier import mails_of
from tests.support.workflow_world import World, says, says_in

CALLS = "SELECT count(*) FROM task WHERE kind = 'call'"


async def test_an_escalated_lead_becomes_an_mql_of_the_rep_whose_turn_it_is(here: World) -> None:
    first = here.lead(email="first@x.example", email_key="first@x.example")
    with here.database.begin() as connection:
        assert assign(connection, first, await here.now()) == "rep-1"
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("unqualified"))
    lead = here.lead()

    await here.ending(await here.start(Phase.FOLLOW_UP, lead, reason="score_reached"))

    assert here.value("SELECT owner FROM lead WHERE id = :id", id=lead) == "rep-2"
    assert here.values("SELECT to_stage FROM stage_transition ORDER BY id") == [
        "mql",
        "disqualified",
    ]


@pytest.mark.parametrize(
    ("code", "phase", "reason", "outcome"),
    [
        ("too_early", "Recycle", "too_early", ""),
        ("not_a_fit", "Recycle", "not_a_fit", ""),
        ("bad_data", "", "bad_data", "disqualified"),
        ("competitor", "", "competitor", "disqualified"),
    ],
)
async def test_a_returned_lead_goes_where_its_reason_says(
    here: World, code: str, phase: str, reason: str, outcome: str
) -> None:
    here.person.will("qualify", says("return", reason=code))

    ending = await here.ending(await here.start(Phase.FOLLOW_UP, here.lead()))

    assert (ending.phase, ending.reason, ending.outcome) == (phase, reason, outcome)
    assert here.value(CALLS) == 0


async def test_unanswered_calls_are_made_to_the_last_attempt_and_then_recycled(
    here: World,
) -> None:
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("no_answer"), says("left_voicemail"), says("busy"))

    ending = await here.ending(await here.start(Phase.FOLLOW_UP, here.lead()))

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "no_response")
    assert here.value(CALLS) == 5
    assert here.values("SELECT step FROM touch WHERE state = 'sent'") == [
        "follow-up-after-call",
        "follow-up-after-call",
    ], "the policy mails after attempts 1 and 3"


async def test_calls_keep_the_gaps_and_the_hours_of_the_lead(here: World) -> None:
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("no_answer"))
    lead = here.lead(time_zone="America/New_York", country="US")

    await here.ending(await here.start(Phase.FOLLOW_UP, lead))

    opened = here.values(
        "SELECT opened_at AT TIME ZONE 'America/New_York' FROM task WHERE kind = 'call' "
        "ORDER BY opened_at"
    )
    assert all(9 <= at.hour < 18 and at.weekday() < 5 for at in opened)
    assert all(later.date() > earlier.date() for earlier, later in pairwise(opened))
    assert len(opened) == 5


@pytest.mark.parametrize(
    ("code", "phase", "reason", "outcome"),
    [
        ("not_interested", "Recycle", "not_interested", ""),
        ("wrong_number", "Recycle", "wrong_number", ""),
        ("unqualified", "", "unqualified", "disqualified"),
    ],
)
async def test_a_call_that_decides_ends_the_attempts(
    here: World, code: str, phase: str, reason: str, outcome: str
) -> None:
    here.person.will("qualify", says("accept"))
    here.person.will("call", says(code))

    ending = await here.ending(await here.start(Phase.FOLLOW_UP, here.lead()))

    assert (ending.phase, ending.reason, ending.outcome) == (phase, reason, outcome)
    assert here.value(CALLS) == 1


async def test_a_call_that_books_leads_to_the_meeting(here: World) -> None:
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("no_answer"), says_in("meeting_booked", timedelta(days=3)))

    ending = await here.ending(await here.start(Phase.FOLLOW_UP, here.lead()))

    assert ending.phase == Phase.MEETING
    assert ending.state
    assert ending.state.meeting_id == here.value("SELECT id FROM meeting")


async def test_a_call_back_is_made_when_the_lead_asked_for_it(here: World) -> None:
    here.person.will("qualify", says("accept"))
    here.person.will("call", says_in("call_back", timedelta(days=20)), says("not_interested"))

    await here.ending(await here.start(Phase.FOLLOW_UP, here.lead()))

    first, second = here.values("SELECT opened_at FROM task WHERE kind = 'call' ORDER BY id")
    assert timedelta(days=20) <= second - first < timedelta(days=20, minutes=5)


async def test_a_call_back_on_the_last_attempt_is_still_made(here: World) -> None:
    here.person.will("qualify", says("accept"))
    here.person.will(
        "call",
        *[says("no_answer")] * 4,
        says_in("call_back", timedelta(days=2)),
        says("not_interested"),
    )

    ending = await here.ending(await here.start(Phase.FOLLOW_UP, here.lead()))

    assert ending.reason == "not_interested"
    assert here.value(CALLS) == 6


async def test_a_lead_that_books_by_itself_needs_no_call(here: World) -> None:
    here.person.will("qualify", says("accept"))
    lead = here.lead()
    handle = await here.start(Phase.FOLLOW_UP, lead)
    await here.reaches("SELECT count(*) FROM task WHERE kind = 'qualify' AND state = 'done'", 1)

    await here.books(lead, timedelta(days=2))
    ending = await here.ending(handle)

    assert ending.phase == Phase.MEETING


async def test_a_booking_withdraws_the_open_task(here: World) -> None:
    lead = here.lead()
    handle = await here.start(Phase.FOLLOW_UP, lead)
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)

    await here.books(lead, timedelta(days=2))
    ending = await here.ending(handle)

    assert ending.phase == Phase.MEETING
    assert here.value("SELECT state FROM task WHERE kind = 'qualify'") == "withdrawn"


MAILS = "SELECT count(*) FROM outbox_message"


async def test_the_mail_after_a_call_goes_in_the_words_of_who_called_or_not_at_all(
    here: World,
) -> None:
    """A lead that was on the phone would read that nobody could reach it, or get the mail twice."""
    here.person.will("qualify", says("accept"))
    mail = MailDecision(subject="Your question", text="Hello {{ lead.first_name }}, as I said.")
    here.person.will(
        "call",
        lambda _now: Completion(disposition="no_answer", mail=mail),
        says("no_answer"),
        lambda _now: Completion(disposition="no_answer", mail=MailDecision(skip=True)),
        says("not_interested"),
    )

    lead = here.lead(first_name="Jane")
    ending = await here.ending(await here.start(Phase.FOLLOW_UP, lead))

    assert ending.reason == "not_interested"
    assert here.value(MAILS) == 1
    assert here.value("SELECT subject FROM outbox_message") == "Your question"
    raw = here.value("SELECT convert_from(raw, 'utf8') FROM outbox_message")
    assert "as I said" in raw
    assert here.value("SELECT count(*) FROM touch WHERE key LIKE '%after-call:task-%'") == 1
    with here.database.begin() as connection:
        # Of a mail that a provider sent nothing is kept here but the decision.
        connection.execute(text("DELETE FROM outbox_message"))
        assert [one.what for one in mails_of(connection, lead, limit=9)] == ["Your question"]
