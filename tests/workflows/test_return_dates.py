"""Recycled leads that come back on a day: what a lead would think of us that named one in vain."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.checking.policies import read_policy
from domain.contracts.journey import Phase
from domain.refusals import RecycleRefused
from domain.tasks.completion import Completion
from domain.time.window import is_holiday
from store.published.policies import publish_policy
from store.recycle.recycle import choose_cadence, close_out, extend, reactivate
from tests.support.workflow_world import Ending, Reaction, World, says

LONDON = ZoneInfo("Europe/London")


async def january(here: World) -> int:
    """Let time fly to the middle of the next January; its year."""
    now = await here.now()
    begin = datetime(now.year + 1, 1, 15, 12, tzinfo=UTC)
    await here.environment.sleep(begin - now)
    return begin.year


def early_may_bank_holiday(year: int) -> date:
    """The first Monday in May: summer time, and nobody in London works."""
    first = date(year, 5, 1)
    day = first + timedelta(days=-first.weekday() % 7)
    assert is_holiday(day, "GB")
    return day


async def recycled(here: World, lead: int, reason: str = "lost", **state: object) -> object:
    """The journey of a recycled lead."""
    handle = await here.start(Phase.RECYCLE, lead, reason=reason, **state)
    await here.reaches("SELECT phase FROM lead WHERE id = :id", "Recycle", id=lead)
    return handle


async def over(here: World, handle: object) -> Ending:
    """Let time fly to the end of the phase."""
    return await here.ending(handle)  # type: ignore[arg-type]


async def test_call_me_after_the_holiday_is_a_task_on_that_morning(here: World) -> None:
    """Between the promise and the day lie a clock change and the policy's 180 days; the lead is
    called, not mailed, on the morning of its own clock."""
    day = early_may_bank_holiday(await january(here))
    lead = here.lead()
    handle = await recycled(here, lead)

    await here.returns_on(lead, day)
    ending = await over(here, handle)

    assert (ending.phase, ending.reason, ending.cycle) == (Phase.FOLLOW_UP, "asked_for", 2)
    back = (await here.now()).astimezone(LONDON)
    assert (back.date(), back.hour) == (day, 9)
    assert back.utcoffset() == timedelta(hours=1)


async def test_a_holiday_keeps_the_mail_for_the_next_day(here: World) -> None:
    """A contract ends; the lead is back on the bank holiday, its mail goes the day after."""
    day = early_may_bank_holiday(await january(here))
    with here.database.begin() as connection:
        source = (
            "policy: recycle\ndefault: {wait: 2 weeks, cadence: welcome-nurture}\nreasons: {}\n"
            "contract_end: {attribute: contract_end, before: 30 days}\n"
        )
        rules, problems = read_policy(source, "recycle.yaml")
        assert rules is not None, problems
        publish_policy(connection, source, rules)
    ends = day + timedelta(days=30)
    lead = here.lead(attributes=json.dumps({"contract_end": f"{ends}"}))

    ending = await over(here, await here.start(Phase.RECYCLE, lead, reason="lost"))

    assert (ending.phase, ending.reason) == (Phase.NURTURE, "contract_end")
    assert (await here.now()).astimezone(LONDON).date() == day
    await here.environment.sleep(timedelta(days=2))
    await here.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 1)
    sent = here.value("SELECT sent_at FROM touch").astimezone(LONDON)
    assert (sent.date(), sent.hour) == (day + timedelta(days=1), 9)


async def test_a_day_named_in_the_answer_to_a_task_holds(here: World) -> None:
    lead = here.lead()
    day = (await here.now()).date() + timedelta(days=45)
    answer = Completion(disposition="return", reason="too_early", until=day)
    here.person.will("qualify", lambda _now: answer)
    handle = await here.start(Phase.FOLLOW_UP, lead, reason="score_reached")

    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "too_early")
    await here.reaches("SELECT recycled_until IS NOT NULL FROM lead", True)
    assert here.value("SELECT recycled_until FROM lead").astimezone(LONDON).date() == day


async def test_a_day_set_earlier_or_later_is_planned_anew(here: World) -> None:
    """The rest that began with the policy's wait would go on to its end."""
    lead = here.lead()
    before = await here.now()
    handle = await recycled(here, lead)

    with here.database.begin() as connection:
        extend(connection, lead, (before + timedelta(days=300)).date(), before)
    await here.deliver()
    await here.reaches(
        "SELECT recycled_until > :at FROM lead", True, at=before + timedelta(days=290)
    )
    await here.environment.sleep(timedelta(days=200))
    assert here.value("SELECT phase FROM lead") == "Recycle"
    ending = await over(here, handle)

    assert (ending.phase, ending.reason) == (Phase.NURTURE, "extended")
    assert timedelta(days=299) < await here.now() - before < timedelta(days=301)


async def test_a_pause_does_not_put_off_the_day_that_was_promised(here: World) -> None:
    lead = here.lead()
    before = await here.now()
    handle = await recycled(here, lead)
    await here.returns_on(lead, (before + timedelta(days=60)).date())
    await here.reaches(
        "SELECT recycled_until < :at FROM lead", True, at=before + timedelta(days=62)
    )

    await handle.signal("pause")  # type: ignore[attr-defined]
    await here.environment.sleep(timedelta(days=40))
    await handle.signal("resume")  # type: ignore[attr-defined]
    ending = await over(here, handle)

    assert ending.reason == "asked_for"
    assert await here.now() - before < timedelta(days=62)


@pytest.mark.parametrize("reason", ["not_interested", "not_a_fit", "too_early"])
async def test_a_click_does_not_bring_back_whom_sales_turned_down(here: World, reason: str) -> None:
    """Their interest has not faded yet: the SDR would have them back the next day."""
    source = (
        "policy: recycle\ndefault: "
        "{wait: 30 days, cadence: recycle-reentry, reactivates_early: false}\n"
        "reasons: {}\n"
    )
    rules, _ = read_policy(source, "recycle.yaml")
    with here.database.begin() as connection:
        assert rules
        publish_policy(connection, source, rules)
    lead = here.lead(score=25, crossed_cycle=1)
    before = await here.now()
    handle = await recycled(here, lead, reason)

    await here.does(lead, "click")
    ending = await over(here, handle)

    assert ending.reason == f"recycled_{reason}"
    assert await here.now() - before > timedelta(days=29)


async def test_sales_wakes_a_lead_to_the_nurture_it_chose(here: World) -> None:
    lead = here.lead()
    handle = await recycled(here, lead)
    with here.database.begin() as connection:
        choose_cadence(connection, lead, "welcome-nurture")
    await here.deliver()

    with here.database.begin() as connection:
        reactivate(connection, lead)
    await here.deliver()
    ending = await over(here, handle)

    assert (ending.phase, ending.reason, ending.cycle) == (Phase.NURTURE, "reactivated", 2)
    assert ending.state
    assert ending.state.cadence == "welcome-nurture"


async def test_sales_lets_a_parked_lead_go(here: World) -> None:
    lead = here.lead()
    handle = await recycled(here, lead)

    with here.database.begin() as connection:
        close_out(connection, lead)
    await here.deliver()
    ending = await over(here, handle)

    assert (ending.outcome, ending.reason) == ("closed_out", "closed_out")
    with (
        here.database.begin() as connection,
        pytest.raises(RecycleRefused, match="is not recycled"),
    ):
        reactivate(connection, lead)


async def test_a_mail_of_an_earlier_cycle_is_not_sent_again(here: World) -> None:
    """The lead would read the same mail each season."""
    lead = here.lead(cycle=2)
    first = await here.start(Phase.NURTURE, lead, cadence="recycle-reentry", cycle=2)
    assert (await here.ending(first)).reason == "exhausted"
    sent = "SELECT step FROM touch WHERE state = 'sent' ORDER BY id"
    once = ["email-reentry-1-what-changed", "email-reentry-2-cost-of-waiting"]
    assert here.values(sent) == once
    here_now = await here.now()

    # The next run of the same journey: recycled, and back in the third cycle.
    await here.reaches("SELECT phase FROM lead", "Recycle")
    await here.environment.sleep(timedelta(days=120))
    await here.reaches("SELECT max(cycle) FROM enrollment", 3)
    await here.reaches(
        "SELECT count(*) FROM enrollment WHERE cycle = 3 AND exit_reason = 'exhausted'", 1
    )

    assert here.values(sent) == once
    assert await here.now() > here_now


REASONS: dict[str, tuple[Phase, dict[str, Reaction]]] = {
    "too_early": (Phase.FOLLOW_UP, {"qualify": says("return", "too_early")}),
    "not_interested": (
        Phase.FOLLOW_UP,
        {"qualify": says("accept"), "call": says("not_interested")},
    ),
    "no_response": (Phase.FOLLOW_UP, {"qualify": says("accept"), "call": says("no_answer")}),
    "no_show": (Phase.MEETING, {"meeting_outcome": says("no_show")}),
    "stalled": (Phase.OPPORTUNITY, {"opportunity": says("return", "no_budget")}),
    "lost": (Phase.OPPORTUNITY, {"opportunity": says("lost", "price")}),
    "exhausted": (Phase.NURTURE, {}),
}


@pytest.mark.parametrize("reason", REASONS)
async def test_whatever_fails_is_parked_with_its_reason(here: World, reason: str) -> None:
    """A lead that failed without landing here is never heard of again."""
    phase, script = REASONS[reason]
    for kind, reaction in script.items():
        here.person.will(kind, reaction)
    lead = here.lead(owner="rep-1")
    state = {"meeting_id": await here.has_meeting(lead)} if phase == Phase.MEETING else {}
    handle = await here.start(phase, lead, cadence="welcome-nurture", **state)
    if phase == Phase.OPPORTUNITY:
        await here.reaches("SELECT outcome <> '' FROM opportunity", True)
        await here.deliver()

    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, reason)
    await here.reaches("SELECT phase FROM lead WHERE id = :id", "Recycle", id=lead)
    await here.reaches(
        "SELECT recycled_until > phase_since FROM lead WHERE id = :id", True, id=lead
    )
