"""The SLA beside a human task: what happens to a lead whose rep does not come.

A task that waits stops the time-skipping server's clock, so these use compressed time.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.client import WorkflowHandle

from domain.checking.lint import lint_policy
from domain.contracts.journey import Phase
from domain.tasks.completion import Completion
from domain.time.business_time import BusinessCalendar
from embedded.postgres import EmbeddedPostgres
from store.published.policies import publish_policy
from store.tasks import tasks
from tests.support.workflow_world import World, world

AN_HOUR_A_SECOND = 3_600.0
ALWAYS_OPEN = 'time_zone: UTC, hours: {mon-sun: "00:00-24:00"}'
IN_BERLIN = 'time_zone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}, holidays: DE'
TEAM = """\
policy: team
teams:
  - {{team: world, manager: boss, calendar: {{{calendar}}}}}
managers:
  - {{code: boss, name: Ines Moreau, email: ines@perennial.example}}
reps:
  - {{code: rep-1, name: Hana Lindqvist, email: hana@perennial.example}}
  - {{code: rep-2, name: Jonas Adeyemi, email: jonas@perennial.example}}
"""
SLA = """\
policy: sla
pilot: {pilot}
marketing: {{mqls_a_month: 10, hand_over_within: 4 business hours}}
sales:
  accept_within: {accept}
  accept_hot_within: 5 business minutes
  calls_in_first_week: 2
  first_week: 5 business days
  return_within: 10 business days
on_breach:
  - {{after: 0 minutes, do: remind}}
  - {{after: 30 business minutes, do: reassign}}
  - {{after: 2 business hours, do: tell_manager}}
"""
ACTIONS = "SELECT string_agg(action, ' ' ORDER BY id) FROM sla_action WHERE clock_id = 1"
WHOLE_STORY = "breach remind reassign tell_manager"


class Floor:
    """A world with a team and an SLA."""

    def __init__(self, here: World, calendar: str, accept: str, pilot: bool) -> None:
        self.here = here
        self.publish(TEAM.format(calendar=calendar))
        self.publish(SLA.format(accept=accept, pilot=str(pilot).lower()))

    def publish(self, source: str) -> None:
        """Put a policy in force."""
        policy, problems = lint_policy(source, "x.yaml", ())
        assert policy is not None, problems
        with self.here.database.begin() as connection:
            publish_policy(connection, source, policy)

    async def escalates(
        self, *, hot: bool = False, at: datetime | None = None
    ) -> WorkflowHandle[Any, Any]:
        """A lead comes to sales and waits for its rep."""
        lead = self.here.lead()
        if at is not None:
            self.here.settings.begin(at)
        if hot:
            now = await self.here.now()
            with self.here.database.begin() as connection:
                connection.execute(
                    text(
                        "INSERT INTO alert (key, kind, lead_id, raised_at, due_at) "
                        "VALUES ('hot', 'hot_lead', :lead, :now, :now)"
                    ),
                    {"lead": lead, "now": now},
                )
        handle = await self.here.start(Phase.FOLLOW_UP, lead, reason="score_reached")
        await self.here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
        return handle

    async def accepts(self) -> None:
        """The rep who has the task now accepts the lead."""
        now = await self.here.now()
        task, owner = self.row("SELECT id, owner FROM task WHERE state = 'open'")
        with self.here.database.begin() as connection:
            tasks.complete_task(connection, task, Completion(disposition="accept"), owner, now)
        await self.here.deliver()

    def row(self, query: str) -> Any:
        """The one row of a query."""
        with self.here.database.connect() as connection:
            return connection.execute(text(query)).one()


async def timers(handle: WorkflowHandle[Any, Any]) -> int:
    """How many timers of a journey run."""
    running: set[int] = set()
    for event in (await handle.fetch_history()).events:
        if event.HasField("timer_started_event_attributes"):
            running.add(event.event_id)
        elif event.HasField("timer_canceled_event_attributes"):
            running.remove(event.timer_canceled_event_attributes.started_event_id)
        elif event.HasField("timer_fired_event_attributes"):
            running.remove(event.timer_fired_event_attributes.started_event_id)
    return len(running)


@pytest.fixture
def make_floor(postgres_server: EmbeddedPostgres, published: str) -> Any:
    """Makes worlds with a team and an SLA."""

    @asynccontextmanager
    async def make(
        *,
        calendar: str = ALWAYS_OPEN,
        accept: str = "60 business minutes",
        pilot: bool = False,
        factor: float = AN_HOUR_A_SECOND,
    ) -> AsyncIterator[Floor]:
        name = f"world_{uuid.uuid4().hex}"
        url = postgres_server.create_database(name, template=published)
        async with world(url, factor) as here:
            yield Floor(here, calendar, accept, pilot)
        postgres_server.drop_database(name)

    return make


async def test_a_lead_accepted_in_time_is_kept_and_the_first_week_begins(make_floor: Any) -> None:
    async with make_floor(accept="10 business hours") as floor:
        await floor.escalates()
        await floor.accepts()

        await floor.here.reaches("SELECT state FROM sla_clock WHERE promise = 'accept'", "met")
        assert floor.here.values(
            "SELECT promise FROM sla_clock WHERE state = 'running' ORDER BY id"
        ) == ["first_week", "return"]
        assert floor.here.value("SELECT count(*) FROM sla_action") == 0


async def test_a_lead_nobody_answers_is_reminded_of_reassigned_and_told_to_the_manager(
    make_floor: Any,
) -> None:
    async with make_floor() as floor:
        await floor.escalates()

        await floor.here.reaches(ACTIONS, WHOLE_STORY)

        await floor.here.deliver()
        assert floor.row("SELECT owner FROM lead") == ("rep-2",)
        assert floor.row("SELECT owner, state FROM task") == ("rep-2", "open")
        owners = floor.here.values("SELECT owner FROM alert WHERE key LIKE 'sla_%' ORDER BY id")
        assert owners[0] == "rep-1"
        assert "boss" in owners
        # The colleague's answer still counts.
        await floor.accepts()
        await floor.here.reaches("SELECT verdict FROM lead_feedback", "accepted")


async def test_a_hot_lead_is_the_manager_s_after_minutes(make_floor: Any) -> None:
    async with make_floor() as floor:
        await floor.escalates(hot=True)

        await floor.here.reaches(ACTIONS, WHOLE_STORY)

        promise, given = floor.row(
            "SELECT promise, due_at - started_at FROM sla_clock WHERE id = 1"
        )
        assert (promise, given) == ("accept_hot", timedelta(minutes=5))


async def test_a_pilot_says_what_would_have_happened_and_does_nothing(make_floor: Any) -> None:
    async with make_floor(pilot=True) as floor:
        await floor.escalates()

        await floor.here.reaches(ACTIONS, WHOLE_STORY)

        assert set(floor.here.values("SELECT pilot FROM sla_action")) == {True}
        assert floor.row("SELECT owner FROM task") == ("rep-1",)
        assert floor.here.value("SELECT count(*) FROM alert") == 0


async def test_a_paused_journey_breaks_no_promise(make_floor: Any) -> None:
    """An operator who looks into a lead for a day would make its rep late."""
    async with make_floor(accept="4 business hours") as floor:
        handle = await floor.escalates()
        await handle.signal("pause")
        await floor.here.reaches("SELECT state FROM sla_clock", "paused")

        assert await timers(handle) == 0  # So nothing looks at the promise when it is due.
        floor.here.settings.begin(await floor.here.now() + timedelta(hours=5))
        await handle.signal("resume")
        await floor.here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)

        assert floor.row("SELECT state FROM sla_clock") == ("running",)
        (longer,) = floor.row("SELECT due_at - started_at FROM sla_clock")
        assert longer > timedelta(hours=9)
        await floor.here.reaches("SELECT state FROM sla_clock WHERE id = 1", "breached")


@pytest.mark.parametrize(
    ("begins", "due_on"),
    [
        # Half past three in Berlin, before the night in which the clocks go forward.
        (datetime(2026, 3, 27, 14, 30, tzinfo=UTC), date(2026, 3, 30)),
        # Half past three before Good Friday; Monday is a holiday too.
        (datetime(2026, 4, 2, 13, 30, tzinfo=UTC), date(2026, 4, 7)),
    ],
    ids=["clock change", "holidays"],
)
async def test_the_journey_looks_when_the_team_is_back_at_work(
    make_floor: Any, begins: datetime, due_on: date
) -> None:
    """A rep would find reminders of Saturday night on Monday, and the lead with a colleague."""
    async with make_floor(calendar=IN_BERLIN, accept="2 business hours", factor=40_000.0) as floor:
        await floor.escalates(at=begins)

        await floor.here.reaches(
            "SELECT count(*) FROM sla_action WHERE clock_id = 1 AND action = 'remind'", 1
        )

        started, due = floor.row("SELECT started_at, due_at FROM sla_clock WHERE id = 1")
        calendar = BusinessCalendar.model_validate(
            {"time_zone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:00"}, "holidays": "DE"}
        )
        assert due == calendar.add(started, 120)
        assert due.date() == due_on
        (told,) = floor.row("SELECT at FROM sla_action WHERE action = 'remind' AND clock_id = 1")
        assert told >= due
