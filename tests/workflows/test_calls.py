"""Calls by the policy: how a rep's persistence would fail a lead if one of its rules did not hold.

Each test that is about hours plays in the days around the next clock change, with a holiday on the
Monday after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import WorkflowHandle

from domain.contracts.journey import Phase
from domain.contracts.journey_sales import OUTBOUND
from domain.contracts.waits import JourneyStatus
from domain.tasks.completion import Completion
from domain.time.window import clock_change
from domain.waits import said_of
from store.consent.consent import email_key_of, opt_out
from store.routing.prospects import prospect
from tests.support.follow_up_policies import (
    BUSY_AGAIN,
    FOLLOW_UP,
    OUTBOUND_RULES,
    publish,
    with_calls,
)
from tests.support.workflow_world import Reaction, World, says, says_in, world

LONDON = ZoneInfo("Europe/London")
CALLS = "SELECT count(*) FROM task WHERE kind = 'call'"
OPENED = "SELECT opened_at FROM task WHERE kind = 'call' ORDER BY id"
SOON = timedelta(minutes=2)
TEAM = """
policy: team
teams:
  - team: london
    calendar:
      time_zone: Europe/London
      hours: {{mon-fri: ["09:00-12:00", "13:00-18:00"]}}
      extra_holidays: {{{holiday}: A day off}}
reps:
  - {{code: rep-1, name: Hana Lindqvist, email: hana@perennial.example}}
  - {{code: rep-2, name: Jonas Adeyemi, email: jonas@perennial.example}}
"""


async def goes_to(here: World, at: datetime) -> None:
    """Let time fly to ``at``."""
    await here.environment.sleep(at - await here.now())


async def clocks_about_to_change(here: World) -> date:
    """Let time fly to half past nine on the Friday before London's clocks change; that Friday.

    The team has a holiday on the Monday after.
    """
    now = await here.now() + timedelta(days=4)
    while (
        now.astimezone(LONDON).utcoffset()
        == (later := now + timedelta(days=1)).astimezone(LONDON).utcoffset()
    ):
        now = later
    sunday = clock_change(now, later, LONDON).astimezone(LONDON).date()
    assert sunday.weekday() == 6
    publish(here, TEAM.format(holiday=sunday + timedelta(days=1)))
    friday = sunday - timedelta(days=2)
    await goes_to(here, wall(friday, "09:30"))
    return friday


def wall(day: date, clock: str) -> datetime:
    """A time on London's clocks."""
    return datetime.combine(day, time.fromisoformat(clock), LONDON).astimezone(UTC)


def asks_for(at: datetime) -> Reaction:
    """A lead who wants to be called at a time."""
    return lambda _now: Completion(disposition="call_back", at=at)


def near(times: list[datetime], expected: list[datetime]) -> bool:
    """Whether each time is at most two minutes after the one expected."""
    assert len(times) == len(expected), times
    return all(timedelta() <= a - b < SOON for a, b in zip(times, expected, strict=True))


async def called(here: World, times: int) -> None:
    """Wait until so many calls are done; time stands still meanwhile."""
    await here.reaches(f"{CALLS} AND state = 'done'", times)


async def waits(here: World, handle: WorkflowHandle[Any, Any], what: str) -> str:
    """Wait until the journey says that it waits for ``what``; the whole sentence."""
    sentence = ""
    for _ in range(300):
        status: JourneyStatus = await handle.query("status", result_type=JourneyStatus)
        sentence = said_of(status.wait)
        if what in sentence:
            return sentence
        await asyncio.sleep(0.05)
    raise AssertionError(f"the journey says: {sentence}")


async def called_once(here: World) -> WorkflowHandle[Any, Any]:
    """A journey whose first call has been made as scripted."""
    here.person.will("qualify", says("accept"))
    handle = await here.start(Phase.FOLLOW_UP, here.lead(country=""))
    await waits(here, handle, "call, attempt 1 of")
    await here.environment.sleep(timedelta(minutes=6))
    await called(here, 1)
    await waits(here, handle, "as the lead asked")
    return handle


async def test_calls_keep_to_business_days_and_go_through_the_parts_of_the_day(
    here: World,
) -> None:
    friday = await clocks_about_to_change(here)
    publish(
        here,
        with_calls(
            "[5 minutes, 1 business day, 1 business day, 2 business days]",
            "spread: [morning, midday, afternoon]",
        ),
    )
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("no_answer"))

    ending = await here.ending(await here.start(Phase.FOLLOW_UP, here.lead(country="")))

    assert ending.reason == "no_response"
    tuesday = friday + timedelta(days=4)
    assert near(
        here.values(OPENED),
        [
            wall(friday, "09:35"),
            wall(tuesday, "11:00"),
            wall(tuesday + timedelta(days=1), "14:00"),
            wall(tuesday + timedelta(days=3), "09:00"),
        ],
    ), "Monday is a holiday; the hour is the same before and after the clock change"


async def test_a_busy_line_is_tried_again_in_business_minutes_and_counts_for_nothing(
    here: World,
) -> None:
    friday = await clocks_about_to_change(here)
    await goes_to(here, wall(friday, "11:40"))
    publish(
        here,
        with_calls(
            "[5 minutes, 1 business day]",
            BUSY_AGAIN,
        ),
    )
    here.person.will("qualify", says("accept"))
    here.person.will("call", *[says("busy")] * 2, says("no_answer"))

    await here.ending(await here.start(Phase.FOLLOW_UP, here.lead(country="")))

    assert here.values("SELECT attempt FROM task WHERE kind = 'call' ORDER BY id") == [1, 1, 1, 2]
    assert near(
        here.values(OPENED)[:3],
        [wall(friday, "11:45"), wall(friday, "13:15"), wall(friday, "13:45")],
    ), "nobody calls at lunch"
    assert here.value("SELECT count(*) FROM touch") == 1, "one mail for attempt 1, not three"


async def test_an_outcome_sends_the_mail_that_the_policy_names(here: World) -> None:
    publish(
        here,
        with_calls(
            "[5 minutes, 1 business day]", "after: {left_voicemail: {mail: outbound-2-last-try}}"
        ),
    )
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("left_voicemail"), says("no_answer"))

    await here.ending(await here.start(Phase.FOLLOW_UP, here.lead(country="")))

    assert here.values("SELECT step FROM touch ORDER BY id") == ["outbound-2-last-try"]


async def test_a_lead_that_wants_no_mail_is_called_and_not_written_to(here: World) -> None:
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("no_answer"))
    lead = here.lead(country="")
    with here.database.begin() as connection:
        opt_out(
            connection,
            email_key=email_key_of(connection, lead),
            at=await here.now(),
            source="operator",
            reason="manual",
        )

    await here.ending(await here.start(Phase.FOLLOW_UP, lead))

    assert here.value(CALLS) == 5
    assert set(here.values("SELECT state FROM touch")) <= {"suppressed"}


async def test_where_lead_and_team_never_meet_the_journey_says_whose_hours_decide(
    here: World,
) -> None:
    await clocks_about_to_change(here)
    here.person.will("qualify", says("accept"))
    lead = here.lead(time_zone="Pacific/Auckland", country="NZ")
    handle = await here.start(Phase.FOLLOW_UP, lead)

    waiting = await waits(here, handle, "call, attempt 1")

    assert "the team's hours never meet the lead's, so the lead's decide" in waiting
    await handle.signal("stop")
    await here.ending(handle)


async def test_looking_at_the_plan_again_does_not_begin_the_gap_anew(here: World) -> None:
    """Else each change of a calendar would put off the calls of everybody."""
    friday = await clocks_about_to_change(here)
    publish(here, with_calls("[2 business days]"))
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("not_interested"))
    handle = await here.start(Phase.FOLLOW_UP, here.lead(country=""))
    await waits(here, handle, "call, attempt 1 of 1")
    await goes_to(here, wall(friday + timedelta(days=4), "15:00"))

    await handle.signal("replan")
    await here.ending(handle)

    assert near(here.values(OPENED), [wall(friday + timedelta(days=5), "09:30")])


async def test_a_pause_is_none_of_the_gap_and_no_call_comes_at_night(here: World) -> None:
    friday = await clocks_about_to_change(here)
    publish(here, with_calls("[4 business hours]"))
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("not_interested"))
    handle = await here.start(Phase.FOLLOW_UP, here.lead(country=""))
    await waits(here, handle, "call, attempt 1 of 1")
    await goes_to(here, wall(friday, "11:30"))

    await handle.signal("pause")
    await goes_to(here, wall(friday + timedelta(days=1), "23:00"))
    await handle.signal("resume")
    await here.ending(handle)

    # Two of the four hours had passed; the rest is Tuesday's, after the holiday.
    assert near(here.values(OPENED), [wall(friday + timedelta(days=4), "11:00")])


async def test_a_call_back_is_made_when_asked_though_nobody_works_then(here: World) -> None:
    friday = await clocks_about_to_change(here)
    asked = wall(friday + timedelta(days=3), "21:15")
    here.person.will("call", asks_for(asked), says("not_interested"))

    await here.ending(await called_once(here))

    assert near(here.values(OPENED)[1:], [asked]), "late on a holiday, on the new clock"


async def test_a_call_back_survives_a_new_owner_a_new_calendar_and_a_new_plan(
    here: World,
) -> None:
    friday = await clocks_about_to_change(here)
    asked = wall(friday + timedelta(days=5), "10:00")
    here.person.will("call", asks_for(asked), says("not_interested"))
    handle = await called_once(here)

    with here.database.begin() as connection:
        connection.exec_driver_sql("UPDATE lead SET owner = 'rep-2', time_zone = 'Asia/Seoul'")
    publish(here, TEAM.format(holiday=friday + timedelta(days=5)))
    publish(here, with_calls("[5 minutes]"))
    for days in (1, 2, 3):
        await goes_to(here, wall(friday + timedelta(days=days), "12:00"))
        await handle.signal("replan")
    await here.ending(handle)

    assert near(here.values(OPENED)[1:], [asked])


async def test_a_call_back_whose_time_passed_in_a_pause_is_made_at_once(here: World) -> None:
    friday = await clocks_about_to_change(here)
    here.person.will("call", asks_for(wall(friday, "16:00")), says("not_interested"))
    handle = await called_once(here)
    await goes_to(here, wall(friday, "12:00"))

    await handle.signal("pause")
    resumed = wall(friday + timedelta(days=4), "08:10")
    await goes_to(here, resumed)
    await handle.signal("resume")
    await here.ending(handle)

    assert near(here.values(OPENED)[1:], [resumed])


async def test_a_pause_before_its_time_does_not_put_off_a_call_back(here: World) -> None:
    friday = await clocks_about_to_change(here)
    asked = wall(friday + timedelta(days=4), "16:00")
    here.person.will("call", asks_for(asked), says("not_interested"))
    handle = await called_once(here)

    await handle.signal("pause")
    await goes_to(here, wall(friday + timedelta(days=3), "12:00"))
    await handle.signal("resume")
    await here.ending(handle)

    assert near(here.values(OPENED)[1:], [asked])


async def test_a_call_back_is_kept_though_a_call_came_between(here: World) -> None:
    """The lead writes before its time and does not pick up then."""
    friday = await clocks_about_to_change(here)
    asked = wall(friday + timedelta(days=5), "10:00")
    publish(here, with_calls("[5 minutes]"))
    here.person.will("call", asks_for(asked), says("no_answer"), says("no_answer"))
    handle = await called_once(here)
    lead = here.value("SELECT id FROM lead")
    await goes_to(here, wall(friday, "15:00"))

    await here.does(lead, "reply")
    await called(here, 2)
    ending = await here.ending(handle)

    assert near(here.values(OPENED)[1:], [wall(friday, "15:00"), asked])
    assert ending.reason == "no_response"


@pytest.fixture
async def hurried(published_url: str) -> AsyncIterator[World]:
    """A world in which eleven journey days are a second: people who wait hold up the clock."""
    async with world(published_url, 1_000_000.0) as ready:
        yield ready


async def test_a_call_back_that_nobody_made_comes_onto_the_list_again(hurried: World) -> None:
    """An expired task must not be the end of what was agreed with the lead."""
    here = hurried
    publish(here, with_calls("[5 minutes]"))
    here.person.will("qualify", says("accept"))
    here.person.will("call", says_in("call_back", timedelta(days=2)))
    handle = await here.start(Phase.FOLLOW_UP, here.lead(country=""))
    await here.reaches(f"{CALLS} AND state = 'done'", 1)
    here.person.reactions["call"].clear()
    await here.reaches(f"{CALLS} AND state = 'expired'", 1)

    here.person.will("call", says("not_interested"))
    ending = await here.ending(handle)

    assert ending.reason == "not_interested"
    assert set(here.values("SELECT attempt FROM task WHERE kind = 'call'")) == {1}


async def test_who_accepts_to_call_now_gets_the_call_at_once(here: World) -> None:
    """A rep with the phone in hand would wait for a task of their own, in calling hours or not."""
    await clocks_about_to_change(here)
    publish(here, with_calls("[2 days]"))
    here.person.will("qualify", says("accept_and_call"))
    here.person.will("call", says("not_interested"))

    ending = await here.ending(await here.start(Phase.FOLLOW_UP, here.lead(country="")))

    assert ending.reason == "not_interested"
    opened = here.value(
        "SELECT call.opened_at - qualify.completed_at FROM task AS call, task AS qualify "
        "WHERE call.kind = 'call' AND qualify.kind = 'qualify'"
    )
    assert opened < timedelta(hours=1)


async def prospected(here: World, **columns: Any) -> int:
    """A lead whom sales chose, under way."""
    lead = here.lead(**columns)
    now = await here.now()
    with here.database.begin() as connection:
        done = prospect(connection, [f"lead-{lead}"], now, owner="rep-2")
    assert (done.queued, done.refused) == ([lead], [])
    await here.deliver()
    return lead


async def test_a_prospect_is_called_by_its_own_rules_and_then_recycled(here: World) -> None:
    friday = await clocks_about_to_change(here)
    publish(here, FOLLOW_UP + OUTBOUND_RULES)
    here.person.will("call", says("no_answer"))

    ending = await here.ending(
        await here.start(Phase.FOLLOW_UP, here.lead(country=""), reason=OUTBOUND, stage="known")
    )

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "no_response")
    assert here.value("SELECT count(*) FROM task WHERE kind = 'qualify'") == 0
    assert here.values("SELECT facts FROM task ORDER BY id")[0] == {"attempts": 3}
    assert near(
        here.values(OPENED),
        [
            wall(friday, "09:35"),
            wall(friday + timedelta(days=5), "09:35"),
            wall(friday + timedelta(days=7), "09:35"),
        ],
    )
    assert here.values("SELECT step FROM touch ORDER BY id") == [
        "outbound-1-why-you",
        "outbound-2-last-try",
    ]
    # The journey goes on meanwhile, in its next phase.
    stages = here.values("SELECT to_stage FROM stage_transition WHERE phase = 'FollowUp'")
    assert stages == ["known"], "it is no mql"


async def test_a_prospect_stays_with_the_rep_who_chose_it(here: World) -> None:
    lead = await prospected(here)
    await here.reaches("SELECT phase || ' ' || phase_reason FROM lead", "FollowUp outbound")

    assert here.value("SELECT owner FROM lead WHERE id = :id", id=lead) == "rep-2"
    now = await here.now()
    with here.database.begin() as connection:
        again = prospect(connection, [str(lead), "nobody@x.example"], now)
    assert again.queued == []
    assert [why.split(";")[0] for _, why in again.refused] == [
        "It is in FollowUp because of outbound",
        "There is no such lead",
    ]
