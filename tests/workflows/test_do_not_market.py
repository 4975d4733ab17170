"""Sales in control of marketing: mail to an account at the wrong moment costs a deal."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from temporalio.client import WorkflowHandle

from domain.contracts.journey import Phase
from domain.contracts.waits import JourneyStatus, Obstacle
from domain.time.window import is_holiday
from store.consent import do_not_market
from tests.support.time_zones import where_it_is_night
from tests.support.workflow_world import World, says

LONDON = ZoneInfo("Europe/London")
SENT = "SELECT step FROM touch WHERE state = 'sent' ORDER BY id"
MAILS = [
    "email-welcome-1-checklist",
    "email-welcome-2-three-numbers",
    "email-welcome-3-phone",
]


def account(here: World, name: str = "Analytical Engines") -> int:
    """Make an account, and a rep who decides about it; returns its id."""
    with here.database.begin() as connection:
        made: int = connection.execute(
            text("INSERT INTO account (name, name_key) VALUES (:name, :key) RETURNING id"),
            {"name": name, "key": name.casefold()},
        ).scalar_one()
    return made


async def keep_out(here: World, account_id: int, until: datetime | None) -> None:
    """Do not market to the account."""
    now = await here.now()
    with here.database.begin() as connection:
        do_not_market.set_do_not_market(
            connection, account_id, until=until, by="rep-1", reason="We negotiate", now=now
        )
    await here.deliver()


async def release(here: World, account_id: int) -> None:
    """Let marketing write again."""
    with here.database.begin() as connection:
        do_not_market.release(connection, account_id)
    await here.deliver()


async def started(here: World, **columns: object) -> tuple[WorkflowHandle, int]:  # type: ignore[type-arg]
    """A journey in Nurture whose first mail has not gone yet."""
    lead = here.lead(**columns)
    handle = await here.start(Phase.NURTURE, lead, cadence="welcome-nurture")
    await here.reaches("SELECT phase FROM lead WHERE id = :id", "Nurture", id=lead)
    return handle, lead


async def test_a_touch_that_was_put_off_goes_afterwards_in_its_window(here: World) -> None:
    """Put off over a clock change until a bank holiday: the mail goes the day after, at nine by the
    lead's clock, and those behind it follow."""
    now = await here.now()
    january = datetime(now.year + 1, 1, 15, 12, tzinfo=UTC)
    await here.environment.sleep(january - now)
    first = date(january.year, 5, 1)
    holiday = first + timedelta(days=-first.weekday() % 7)
    assert is_holiday(holiday, "GB")
    account_id = account(here)
    await keep_out(here, account_id, datetime(holiday.year, 5, holiday.day, tzinfo=UTC))

    handle, lead = await started(here, account_id=account_id)
    await here.environment.sleep(timedelta(days=60))
    await here.reaches("SELECT put_off_from IS NOT NULL FROM enrollment", True)
    assert here.values(SENT) == []
    status = await handle.query("status", result_type=JourneyStatus)
    assert status.wait.because == Obstacle.DO_NOT_MARKET
    with here.database.connect() as connection:
        (step,) = do_not_market.scheduled(connection, await here.now(), account_id=account_id)
    assert (step.lead_id, step.put_off) == (lead, True)
    ending = await here.ending(handle)

    assert (ending.reason, here.values(SENT)) == ("exhausted", MAILS)
    went = here.value("SELECT min(sent_at) FROM touch").astimezone(LONDON)
    assert (went.date(), went.hour) == (holiday + timedelta(days=1), 9)


async def test_do_not_market_for_good_ends_with_its_release(here: World) -> None:
    """The mail that was put off would wait for a year more."""
    account_id = account(here)
    night = where_it_is_night(await here.now())
    handle, _ = await started(here, account_id=account_id, time_zone=night)
    await keep_out(here, account_id, None)
    await here.environment.sleep(timedelta(days=200))
    assert here.values(SENT) == []
    released = await here.now()

    await release(here, account_id)
    ending = await here.ending(handle)

    assert (ending.reason, here.values(SENT)) == ("exhausted", MAILS)
    assert here.value("SELECT min(sent_at) FROM touch") - released < timedelta(days=6)


async def test_what_follows_a_missed_meeting_is_no_marketing(here: World) -> None:
    """A lead that missed its meeting would wait for ever for another time."""
    account_id = account(here)
    await keep_out(here, account_id, None)
    lead = here.lead(account_id=account_id)
    meeting = await here.has_meeting(lead)
    here.person.will("meeting_outcome", says("no_show"))
    handle = await here.start(Phase.MEETING, lead, meeting_id=meeting)

    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "no_show")
    assert "email-no-show-1-rebook" in here.values(SENT)


async def test_a_play_takes_those_who_are_with_marketing(here: World) -> None:
    """A play must not pull a lead out of the hands of the person who calls it."""
    own = account(here)
    nurtured, first = await started(here, account_id=own, email_key="1")
    second = here.lead(account_id=own, email_key="2")
    recycled = await here.start(Phase.RECYCLE, second, reason="lost")
    called = here.lead(account_id=own, email_key="3")
    await here.start(Phase.FOLLOW_UP, called, reason="score_reached")
    await here.reaches("SELECT count(*) FROM lead WHERE phase <> ''", 3)

    with here.database.begin() as connection:
        found = do_not_market.find_account(connection, "analytical  ENGINES", await here.now())
        assert found
        done = do_not_market.play(connection, found, "recycle-reentry")
    await here.deliver()

    assert [lead.id for lead in done.started] == [first, second]
    assert [lead.id for lead in done.left_alone] == [called]
    played = [await here.ending(nurtured), await here.ending(recycled)]
    assert [(one.phase, one.reason) for one in played] == [(Phase.NURTURE, "play")] * 2
    assert [one.cycle for one in played] == [1, 2]
    assert {one.state.cadence for one in played if one.state} == {"recycle-reentry"}
    assert here.value("SELECT phase FROM lead WHERE id = :id", id=called) == "FollowUp"
